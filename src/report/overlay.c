/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/overlay.h"

#include <string.h>
#include <time.h>

#include "report/text.h"

static double mib(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

static void add_log(const struct overlay_status *status, struct str *out)
{
	const time_t second = (time_t)status->created_s;
	char date[32] = "?";
	struct tm parts;

	if (gmtime_r(&second, &parts) != NULL)
		(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", &parts);
	str_addf(out, "plan      %s of %s\n", status->plan_id, date);
	str_addf(out, "undo      scope %s; the log (%s) holds %.1f MiB of the old disk in %.1f "
		      "of %.1f MiB\n",
		 plan_scope_names[status->scope], plan_undo_names[status->undo],
		 mib(status->saved_bytes), mib(status->log_used_bytes),
		 mib(status->log_all_bytes));
}

void report_write_overlay(const struct overlay_status *status, struct str *out)
{
	str_addf(out, "state     %s\n", status->state != NULL ? status->state : "no undo log");
	if (status->has_log)
		add_log(status, out);
	if (status->has_outcome)
		str_addf(out, "written   %.1f MiB; %.1f MiB were right already%s\n",
			 mib(status->written_bytes), mib(status->equal_bytes),
			 status->was_resumed ? "; this went on where it was" : "");
	if (status->log_file != NULL) {
		str_add(out, "log       ");
		report_add_clean(out, status->log_file, strlen(status->log_file));
		str_add(out, "\n");
	}
	if (status->next != NULL)
		str_addf(out, "next      %s\n", status->next);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/overlay_log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "report/text.h"
#include "sys/file.h"
#include "sys/self.h"

char *cmd_overlay_log_path(const char *disk)
{
	autofree char *real = realpath(disk, NULL);
	const char *name = real != NULL ? real : disk;
	const char *slash = strrchr(name, '/');
	autostr struct str file = STR_EMPTY;

	str_addf(&file, "overlay-%s.log", slash != NULL ? slash + 1 : name);
	return sys_state_path(file.bytes);
}

int cmd_overlay_log_open(const char *path, const char *disk, struct cmd_overlay_log *out,
			 struct error *err)
{
	char *place = path != NULL ? str_copy(path) : cmd_overlay_log_path(disk);
	const bool is_usual = path == NULL;
	int fd = -1;

	if (place != NULL && (!is_usual || sys_dir_make_above(place, 0700, NULL) == 0))
		fd = open(place, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY,
			  0600);
	if (fd >= 0) {
		*out = (struct cmd_overlay_log){.fd = fd, .path = place};
		return 0;
	}
	free(place);
	return is_usual ? 0 : error_sys(err, "open the log '%s'", path);
}

void cmd_overlay_log_add(const struct cmd_overlay_log *log, const char *fmt, ...)
{
	const time_t now = time(NULL);
	autostr struct str line = STR_EMPTY;
	char date[32] = "", text[1024];
	struct tm parts;
	va_list arguments;
	int written;

	if (log->fd < 0)
		return;
	va_start(arguments, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, arguments);
	va_end(arguments);
	if (gmtime_r(&now, &parts) != NULL)
		(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &parts);
	str_addf(&line, "%s  ", date);
	report_add_clean(&line, text, strlen(text));
	str_add(&line, "\n");
	written = sys_fd_write(log->fd, line.bytes, line.length, NULL);
	(void)written; /* it is the display's spare, and has none itself */
}

void cmd_overlay_log_close(struct cmd_overlay_log *log)
{
	if (log->fd >= 0)
		(void)close(log->fd); /* each line was written when it was said */
	free(log->path);
	*log = CMD_OVERLAY_LOG_NONE;
}

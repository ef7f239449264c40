/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/overlay_apart.h"

#include <string.h>

#include "base/own.h"
#include "guest/vfs_aside.h"
#include "record/plan_json.h"
#include "report/plan.h"
#include "sys/apart.h"
#include "sys/file.h"
#include "sys/nameless.h"
#include "sys/sandbox.h"

/* Spools of layers, and copies of file systems that a program or the kernel reads. */
enum { SPOOLS = 8, COPIES = 16, TEXT_MOST_BYTES = 16 * 1024 * 1024 };

/* What the other process sends, in front of both texts. */
struct answer {
	int result;
	int is_shown; /* there are texts */
	uint64_t json_bytes, text_bytes;
	struct error error;
};

void overlay_planned_clear(struct overlay_planned *planned)
{
	plan_clear(&planned->plan);
	str_clear(&planned->json);
	str_clear(&planned->text);
}

static void add_sandbox(int result, const struct error *why, struct plan *plan)
{
	if (result == 0)
		plan_add_check(plan, "sandbox", CHECK_GOOD,
			       "what read the image could open nothing for writing");
	else
		plan_add_check(plan, "sandbox", CHECK_GOOD,
			       "not available (%s): what read the image could have "
			       "written",
			       why->cause);
}

static void tell_refusal(const struct plan *plan, struct answer *answer)
{
	const struct plan_check *refusal = plan_refusal(plan);

	if (refusal != NULL)
		answer->result = error_set(&answer->error, ERROR_REFUSED, "%s: %.200s",
					   refusal->name, refusal->text);
}

static void send_answer(int fd, struct answer *answer, const struct str *json,
			const struct str *text)
{
	answer->json_bytes = json->length;
	answer->text_bytes = text->length;
	if (sys_fd_write(fd, answer, sizeof(*answer), NULL) != 0 ||
	    sys_fd_write(fd, json->bytes, json->length, NULL) != 0 ||
	    sys_fd_write(fd, text->bytes, text->length, NULL) != 0)
		_exit(1); /* whoever asked has ended, or will hear that it was cut */
}

/* The process that looks at all. */
static void plan_here(int fd, void *data)
{
	const struct overlay_request *request = data;
	autostr struct str json = STR_EMPTY, text = STR_EMPTY;
	struct answer answer = {0};
	struct plan plan = {0};
	struct error why = {0};
	const int sandbox = sys_sandbox_enter(&why);

	answer.result = overlay_plan(request, &plan, &answer.error);
	if (answer.result == 0) {
		answer.is_shown = 1;
		add_sandbox(sandbox, &why, &plan);
		record_write_plan(&plan, &json);
		report_write_plan(&plan, &text);
		tell_refusal(&plan, &answer);
	}
	send_answer(fd, &answer, &json, &text);
	plan_clear(&plan);
}

static int take_text(struct sys_apart *apart, uint64_t length, uint64_t most,
		     struct str *out, struct error *err)
{
	autofree char *bytes = NULL;

	if (length > most)
		return error_set(err, ERROR_INPUT, "the plan is longer than %llu MiB",
				 (unsigned long long)(most >> 20));
	bytes = mem_zero((size_t)length + 1, 1);
	if (sys_apart_take(apart, bytes, (size_t)length, err) != 0)
		return -1;
	str_add_bytes(out, bytes, (size_t)length);
	return 0;
}

/* It may have been led astray: its error is a kind that a plan can end in, and a text that ends. */
static int take_error(const struct error *come, struct error *err)
{
	static const enum error_kind kinds[] = {ERROR_USAGE,   ERROR_INPUT,
						ERROR_REFUSED, ERROR_VERIFY,
						ERROR_PARTIAL, ERROR_INTERRUPTED};
	struct error error = *come;
	size_t i;

	error.trail[sizeof(error.trail) - 1] = error.cause[sizeof(error.cause) - 1] =
		'\0';
	error.kind = ERROR_SYSTEM;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (come->kind == kinds[i])
			error.kind = kinds[i];
	if (err != NULL)
		*err = error;
	return -1;
}

/* A plan that may be obeyed is read like one from a file, and shown as it was read. */
static int take_plan(struct overlay_planned *out, struct error *err)
{
	if (record_read_plan(out->json.bytes, out->json.length, &out->plan, err) != 0)
		return -1;
	str_clear(&out->json);
	str_clear(&out->text);
	record_write_plan(&out->plan, &out->json);
	report_write_plan(&out->plan, &out->text);
	return 0;
}

static int take_answer(struct sys_apart *apart, struct overlay_planned *out,
		       struct error *err)
{
	struct answer answer;

	if (sys_apart_take(apart, &answer, sizeof(answer), err) != 0)
		return error_frame(err, "look at the image and the disk");
	if (answer.is_shown != 0 &&
	    (take_text(apart, answer.json_bytes, PLAN_JSON_MOST_BYTES, &out->json, err) !=
		     0 ||
	     take_text(apart, answer.text_bytes, TEXT_MOST_BYTES, &out->text, err) != 0))
		return -1;
	if (answer.result != 0)
		return take_error(&answer.error, err);
	return take_plan(out, err);
}

static void keep_files(const struct overlay_request *request)
{
	const char *folder = request->options.spool_folder;

	sys_nameless_keep(folder != NULL ? folder : sys_nameless_folder("/tmp"), SPOOLS);
	sys_nameless_keep(sys_nameless_folder("/var/tmp"), COPIES);
}

int overlay_plan_apart(const struct overlay_request *request, struct overlay_planned *out,
		       struct error *err)
{
	struct overlay_request copy = *request;
	struct sys_apart apart = SYS_APART_NONE;
	int result;

	if (vfs_aside_begin(err) != 0)
		return -1;
	keep_files(request);
	result = sys_apart_start(plan_here, &copy, &apart, err);
	sys_nameless_drop();
	if (result == 0)
		result = take_answer(&apart, out, err);
	sys_apart_end(&apart);
	vfs_aside_end();
	return result;
}

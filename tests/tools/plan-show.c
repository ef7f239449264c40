/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan-show json|screen FILE - read a plan and write it again, or as a person reads it. Exit
 * status 3 when it is none.
 * plan-show lines FILE - each line is a plan: tell "good" or what is wrong with it. */
#include <stdio.h>
#include <string.h>

#include "record/plan_json.h"
#include "report/plan.h"

static int read_all(const char *path, struct str *out)
{
	FILE *file = fopen(path, "re");
	char bytes[4096];
	size_t got;

	if (file == NULL)
		return -1;
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		str_add_bytes(out, bytes, got);
	return fclose(file);
}

static int tell_lines(const char *line)
{
	struct plan plan = {0};
	struct error err = {0};
	char said[600];

	for (; *line != '\0'; line += strcspn(line, "\n") + 1) {
		if (record_read_plan(line, strcspn(line, "\n"), &plan, &err) == 0)
			(void)puts("good");
		else
			(void)puts(error_text(&err, said, sizeof(said)));
		plan_clear(&plan);
		err = (struct error){0};
	}
	return 0;
}

int main(int argc, char **argv)
{
	autostr struct str text = STR_EMPTY, out = STR_EMPTY;
	struct plan plan = {0};
	struct error err = {0};
	char said[600];

	if (argc != 3 || read_all(argv[2], &text) != 0)
		return 2;
	if (strcmp(argv[1], "lines") == 0)
		return tell_lines(text.bytes);
	if (record_read_plan(text.bytes, text.length, &plan, &err) != 0) {
		(void)fprintf(stderr, "%s\n", error_text(&err, said, sizeof(said)));
		return 3;
	}
	if (strcmp(argv[1], "json") == 0)
		record_write_plan(&plan, &out);
	else
		report_write_plan(&plan, &out);
	plan_clear(&plan);
	return fwrite(out.bytes, 1, out.length, stdout) == out.length ? 0 : 1;
}

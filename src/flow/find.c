/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "flow/find.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "record/run_json.h"
#include "store/store.h"
#include "sys/file.h"
#include "sys/self.h"

enum { RUN_FILE_MOST = 64 << 20 };

static int read_file(const char *path, struct runs *out, struct error *err)
{
	autostr struct str text = STR_EMPTY;

	if (sys_file_read(AT_FDCWD, path, RUN_FILE_MOST, &text, err) != 0)
		return -1;
	return record_read_json(text.bytes, path, out, err);
}

/* "FILE#2": the second run of the file. Returns 1 when @reference is no such thing. */
static int read_numbered_file(const char *reference, struct runs *out, struct error *err)
{
	const char *mark = strrchr(reference, '#');
	autofree char *path =
		mark != NULL ? strndup(reference, (size_t)(mark - reference)) : NULL;
	struct runs all = {0};
	unsigned long number;
	char *end;

	if (path == NULL || access(path, F_OK) != 0)
		return 1;
	number = strtoul(mark + 1, &end, 10);
	if (*end != '\0' || end == mark + 1)
		return 1;
	if (read_file(path, &all, err) != 0) {
		runs_clear(&all);
		return -1;
	}
	if (number < 1 || number > all.count) {
		(void)error_set(err, ERROR_INPUT, "'%s' has %zu runs, not %lu", path,
				all.count, number);
		runs_clear(&all);
		return -1;
	}
	*runs_add(out) = all.runs[number - 1];
	all.runs[number - 1] = (struct run){0};
	runs_clear(&all);
	return 0;
}

int flow_find_runs(const char *reference, struct runs *out, struct error *err)
{
	autofree char *path = NULL;
	struct store *store = NULL;
	int result;

	if (strcmp(reference, "article") == 0) {
		if (sys_self_find(SYS_SELF_DATA, "article.json", &path, err) != 0)
			return -1;
		return read_file(path, out, err);
	}
	if (access(reference, F_OK) == 0)
		return read_file(reference, out, err);
	result = read_numbered_file(reference, out, err);
	if (result <= 0)
		return result;
	if (store_default_path(&path, err) != 0 || store_open(path, &store, err) != 0)
		return -1;
	result = store_load(store, reference, out, err);
	store_close(store);
	return result;
}

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
#include "record/unixbench_import.h"
#include "store/store.h"
#include "sys/file.h"
#include "sys/self.h"
#include "virt/facts.h"
#include "virt/read.h"

enum { RUN_FILE_MOST = 64 << 20, BLOCK = 64 * 1024 };

/* Anything that does not begin like a run file may hold a report, and be of any length. */
static int read_report(int fd, const char *path, const char *first, size_t length,
		       struct runs *out, struct error *err)
{
	struct unixbench_import *import = unixbench_import_new(path);
	autofree char *block = mem_zero(BLOCK, 1);
	ssize_t more;

	unixbench_import_feed(import, first, length);
	while ((more = read(fd, block, BLOCK)) > 0)
		unixbench_import_feed(import, block, (size_t)more);
	if (unixbench_import_end(import, out, err) != 0 || more < 0)
		return more < 0 ? error_sys(err, "read '%s'", path) : -1;
	return 0;
}

static int read_file(const char *path, struct runs *out, struct error *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	autostr struct str text = STR_EMPTY;
	char first[512];
	ssize_t length = fd >= 0 ? read(fd, first, sizeof(first) - 1) : -1;

	if (length < 0)
		return error_sys(err, "open '%s'", path);
	first[length] = '\0';
	if (first[strspn(first, " \t\r\n")] != '{')
		return read_report(fd, path, first, (size_t)length, out, err);
	if (sys_file_read(AT_FDCWD, path, RUN_FILE_MOST, &text, err) != 0)
		return -1;
	return record_read_json(text.bytes, path, out, err);
}

int flow_import(const char *path, const char *log_path, const char *label,
		struct runs *out, struct error *err)
{
	autoclose int log_fd = -1;
	struct verdict machine = {0};
	const size_t first = out->count;
	int result = -1;
	size_t i;

	if (log_path != NULL) {
		log_fd = open(log_path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (log_fd < 0)
			return error_sys(err, "open '%s'", log_path);
	}
	if (read_file(path, out, err) == 0 &&
	    (log_fd < 0 || virt_identify(NULL, log_fd, &machine, err) == 0))
		result = 0;
	for (i = first; result == 0 && i < out->count; i++) {
		struct run *run = &out->runs[i];

		if (log_fd >= 0)
			facts_add_verdict(&machine, &run->environment);
		if (label != NULL) {
			free(run->label);
			run->label = str_copy(label);
		}
	}
	verdict_clear(&machine);
	return result;
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "flow/find.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "record/run_json.h"
#include "record/unixbench_import.h"
#include "store/store.h"
#include "sys/self.h"
#include "virt/facts.h"
#include "virt/read.h"

enum { RUN_FILE_MOST = 64 << 20, BLOCK = 64 * 1024 };

/* Reads up to @most bytes more; a pipe gives them in pieces. Returns how many, or -1. */
static ssize_t read_more(int fd, char *block, size_t most)
{
	ssize_t length;

	do
		length = read(fd, block, most);
	while (length < 0 && errno == EINTR);
	return length;
}

/* Anything that does not begin like a run file may hold a report, and be of any length. */
static int read_report(int fd, const char *path, const char *first, size_t length,
		       struct runs *out, struct error *err)
{
	struct unixbench_import *import = unixbench_import_new(path);
	autofree char *block = mem_zero(BLOCK, 1);
	ssize_t more;

	unixbench_import_feed(import, first, length);
	while ((more = read_more(fd, block, BLOCK)) > 0)
		unixbench_import_feed(import, block, (size_t)more);
	if (unixbench_import_end(import, out, err) != 0 || more < 0)
		return more < 0 ? error_sys(err, "read '%s'", path) : -1;
	return 0;
}

static int read_run_file(int fd, const char *path, const char *first, size_t length,
			 struct runs *out, struct error *err)
{
	autofree char *block = mem_zero(BLOCK, 1);
	autostr struct str text = STR_EMPTY;
	const size_t before = out->count;
	ssize_t more;

	str_add_bytes(&text, first, length);
	while ((more = read_more(fd, block, BLOCK)) > 0) {
		str_add_bytes(&text, block, (size_t)more);
		if (text.length > RUN_FILE_MOST)
			return error_set(err, ERROR_INPUT, "'%s' is longer than %d bytes",
					 path, RUN_FILE_MOST);
	}
	if (more < 0)
		return error_sys(err, "read '%s'", path);
	if (record_read_json(text.bytes, path, out, err) != 0)
		return -1;
	return out->count > before
		       ? 0
		       : error_set(err, ERROR_INPUT, "'%s' holds no run", path);
}

/* The file may be a pipe: it is opened and read once. */
static int read_file(const char *path, struct runs *out, struct error *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char first[512];
	ssize_t length = fd >= 0 ? read_more(fd, first, sizeof(first) - 1) : -1;

	if (length < 0)
		return error_sys(err, "open '%s'", path);
	first[length] = '\0';
	if (first[strspn(first, " \t\r\n")] == '{')
		return read_run_file(fd, path, first, (size_t)length, out, err);
	return read_report(fd, path, first, (size_t)length, out, err);
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

/* A file, or "article": the three machines that moult comes from. Returns 1 when @name is
 * neither. */
static int read_named(const char *name, struct runs *out, struct error *err)
{
	autofree char *path = NULL;

	if (strcmp(name, "article") != 0)
		return access(name, F_OK) == 0 ? read_file(name, out, err) : 1;
	if (sys_self_find(SYS_SELF_DATA, "article.json", &path, err) != 0)
		return -1;
	return read_file(path, out, err);
}

/* "NAME#2": the second of its runs. Returns 1 when @reference is no such thing. */
static int read_numbered(const char *reference, struct runs *out, struct error *err)
{
	const char *mark = strrchr(reference, '#');
	autofree char *name =
		mark != NULL ? strndup(reference, (size_t)(mark - reference)) : NULL;
	struct runs all = {0};
	unsigned long number;
	char *end;
	int result;

	if (name == NULL)
		return 1;
	number = strtoul(mark + 1, &end, 10);
	if (*end != '\0' || end == mark + 1)
		return 1;
	result = read_named(name, &all, err);
	if (result == 0 && (number < 1 || number > all.count))
		result = error_set(err, ERROR_INPUT, "'%s' has %zu runs, not %lu", name,
				   all.count, number);
	if (result == 0) {
		*runs_add(out) = all.runs[number - 1];
		all.runs[number - 1] = (struct run){0};
	}
	runs_clear(&all);
	return result;
}

int flow_find_runs(const char *reference, struct runs *out, struct error *err)
{
	autofree char *path = NULL;
	struct store *store = NULL;
	int result;

	result = read_named(reference, out, err);
	if (result == 1)
		result = read_numbered(reference, out, err);
	if (result <= 0)
		return result;
	if (store_default_path(&path, err) != 0 || store_open(path, &store, err) != 0)
		return -1;
	result = store_load(store, reference, out, err);
	store_close(store);
	return result;
}

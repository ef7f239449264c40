/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "virt/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "model/mask.h"
#include "sys/file.h"
#include "sys/root.h"

enum { ONE_CALL = 4096, LINE_MOST = 4096, NAMES_MOST = 4096 };

int place_open(const char *path, struct place *out, struct error *err)
{
	const int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);

	if (root < 0 && errno == ENOTDIR)
		return error_set(err, ERROR_INPUT,
				 "'%s' is no folder: --root takes a captured tree, --log "
				 "a kernel log",
				 path);
	if (root < 0)
		return error_sys(err, "open '%s'", path);
	*out = PLACE_THIS;
	out->root = root;
	return 0;
}

static bool is_empty_folder(int folder)
{
	const struct dirent *entry;
	DIR *list = fdopendir(dup(folder));
	bool is_empty = true;

	while (list != NULL && (entry = readdir(list)) != NULL)
		is_empty = is_empty && entry->d_name[0] == '.' &&
			   (entry->d_name[1] == '\0' || entry->d_name[1] == '.');
	if (list != NULL)
		(void)closedir(list);
	return is_empty;
}

int place_save_in(struct place *place, const char *path, bool is_raw, struct error *later,
		  struct error *err)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return error_sys(err, "make '%s'", path);
	place->save = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->save < 0)
		return error_sys(err, "open '%s'", path);
	if (!is_empty_folder(place->save))
		return error_set(err, ERROR_REFUSED,
				 "'%s' is not empty: name a new folder for the capture",
				 path);
	place->is_raw = is_raw;
	place->save_err = later;
	return 0;
}

void place_close(struct place *place)
{
	if (place->root >= 0)
		(void)close(place->root);
	if (place->save >= 0)
		(void)close(place->save);
	*place = PLACE_THIS;
}

/* The names that a machine gives itself; they stand in the kernel log too. */
static void host_name(char out[HOST_NAME_MAX + 1])
{
	if (gethostname(out, HOST_NAME_MAX) != 0)
		out[0] = '\0';
	out[HOST_NAME_MAX] = '\0';
}

static char *masked(const char *text)
{
	char host[HOST_NAME_MAX + 1];

	host_name(host);
	return mask_text(text, host);
}

/* What is there already, or is a file where a folder should be, is no failure. */
static void note_failure(const struct place *place, const char *path)
{
	if (errno != EEXIST && errno != EISDIR && errno != ENOTDIR &&
	    place->save_err->kind == ERROR_NONE)
		(void)error_sys(place->save_err, "save '%s'", path);
}

/* Makes the folders of "/a/b/c" beneath the saved tree, and opens a's b. */
static int open_parent(const struct place *place, const char *path, char **out_name)
{
	autofree char *clean = place->is_raw ? str_copy(path) : masked(path);
	int folder = dup(place->save), next;
	const char *at = clean, *slash;

	for (at += strspn(at, "/"); folder >= 0 && (slash = strchr(at, '/')) != NULL;
	     at = slash + strspn(slash, "/")) {
		autofree char *name = strndup(at, (size_t)(slash - at));

		(void)mkdirat(folder, name, 0700);
		next = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (next < 0)
			note_failure(place, path);
		(void)close(folder);
		folder = next;
	}
	*out_name = str_copy(at);
	return folder;
}

void place_save(const struct place *place, const char *name, const char *bytes,
		size_t length)
{
	autofree char *last = NULL;
	autofree char *clean = NULL;
	struct error err = {0};
	off_t at;

	if (place->save < 0)
		return;
	autoclose int folder = open_parent(place, name, &last);
	autoclose int fd =
		folder < 0 || last[0] == '\0'
			? -1
			: openat(folder, last, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0) {
		note_failure(place, name);
		return;
	}
	if (!place->is_raw && memchr(bytes, '\0', length) == NULL) {
		clean = masked(bytes);
		bytes = clean;
		length = strlen(clean);
	}
	/* a file that is read twice is kept once, as far as it was read */
	at = lseek(fd, 0, SEEK_END);
	if (strcmp(name, PLACE_CALLS) != 0) {
		if (at >= (off_t)length)
			return;
		(void)lseek(fd, 0, SEEK_SET);
	}
	if (sys_fd_write(fd, bytes, length, &err) != 0 &&
	    place->save_err->kind == ERROR_NONE)
		*place->save_err = err;
}

static int read_here(const char *path, size_t most, struct str *out, struct error *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char block[ONE_CALL];
	size_t left = most;
	ssize_t length;

	if (fd < 0)
		return error_sys(err, "open '%s'", path);
	while (left > 0) {
		length = read(fd, block, left < sizeof(block) ? left : sizeof(block));
		if (length < 0)
			return error_sys(err, "read '%s'", path);
		if (length == 0)
			break;
		str_add_bytes(out, block, (size_t)length);
		left -= (size_t)length;
		if (most <= ONE_CALL)
			break;
	}
	return 0;
}

int place_read(const struct place *place, const char *path, size_t most, struct str *out,
	       struct error *err)
{
	const size_t before = out->length;

	if (place->root >= 0)
		return sys_root_read(place->root, path, most, out, err);
	if (path[0] != '/')
		return error_set(err, ERROR_INPUT, "'%s' is only in captured trees",
				 path);
	if (read_here(path, most, out, err) != 0)
		return -1;
	place_save(place, path, out->bytes + before, out->length - before);
	return 0;
}

char *place_line(const struct place *place, const char *path)
{
	struct str text = STR_EMPTY;
	const char *start;

	if (place_read(place, path, LINE_MOST, &text, NULL) != 0) {
		str_clear(&text);
		return NULL;
	}
	start = text.bytes + strspn(text.bytes, " \t");
	autofree char *line = strndup(start, strcspn(start, "\n"));

	str_clear(&text);
	return line != NULL ? str_copy(str_trim_end(line)) : NULL;
}

/* Saves that a folder is there. */
static void save_folder(const struct place *place, const char *path)
{
	autostr struct str inside = STR_EMPTY;
	autofree char *last = NULL;

	if (place->save < 0)
		return;
	str_addf(&inside, "%s/", path);
	autoclose int folder = open_parent(place, inside.bytes, &last);

	(void)folder;
}

bool place_has(const struct place *place, const char *path)
{
	struct stat info;
	int fd;

	if (place->root < 0) {
		if (stat(path, &info) != 0)
			return false;
		if (S_ISDIR(info.st_mode))
			save_folder(place, path);
		else
			place_save(place, path, "", 0);
		return true;
	}
	fd = sys_root_open(place->root, path, O_PATH, NULL);
	if (fd < 0)
		return false;
	(void)close(fd);
	return true;
}

static void save_link(const struct place *place, const char *path, const char *target)
{
	autofree char *name = NULL;

	if (place->save < 0)
		return;
	autoclose int folder = open_parent(place, path, &name);

	if (folder >= 0 && symlinkat(target, folder, name) != 0)
		note_failure(place, path);
}

char *place_link(const struct place *place, const char *path)
{
	struct str target = STR_EMPTY;
	char block[PATH_MAX];
	ssize_t length;

	if (place->root >= 0) {
		if (sys_root_link(place->root, path, &target, NULL) != 0)
			return NULL;
		return target.room != 0 ? target.bytes : str_copy("");
	}
	length = readlink(path, block, sizeof(block) - 1);
	if (length < 0)
		return NULL;
	block[length] = '\0';
	save_link(place, path, block);
	return str_copy(block);
}

static int compare_names(const void *first, const void *second)
{
	return strcmp(*(char *const *)first, *(char *const *)second);
}

/* Links in these folders lead to folders. */
static void save_name(const struct place *place, const char *folder, const char *name,
		      unsigned char type)
{
	autostr struct str path = STR_EMPTY;

	if (place->save < 0)
		return;
	str_addf(&path, "%s/%s", folder, name);
	if (type == DT_DIR || type == DT_LNK)
		save_folder(place, path.bytes);
	else
		place_save(place, path.bytes, "", 0);
}

int place_list(const struct place *place, const char *path, struct str *out,
	       struct error *err)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	const int fd = place->root < 0 ? open(path, flags)
				       : sys_root_open(place->root, path, flags, err);
	DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
	char *names[NAMES_MOST];
	const struct dirent *entry;
	size_t count = 0, i;

	if (list == NULL)
		return error_sys(err, "list '%s'", path);
	while (count < NAMES_MOST && (entry = readdir(list)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		names[count++] = str_copy(entry->d_name);
		save_name(place, path, entry->d_name, entry->d_type);
	}
	(void)closedir(list);
	qsort(names, count, sizeof(names[0]), compare_names);
	for (i = 0; i < count; i++) {
		str_addf(out, "%s\n", names[i]);
		free(names[i]);
	}
	return (int)count;
}

char *place_call(const struct place *place, const char *name, const char *value)
{
	autostr struct str text = STR_EMPTY;
	const char *line;
	size_t length;

	if (place->root < 0) {
		str_addf(&text, "%s: %s\n", name,
			 value == NULL					    ? ""
			 : strcmp(name, "host.name") == 0 && !place->is_raw ? "(masked)"
									    : value);
		if (value != NULL)
			place_save(place, PLACE_CALLS, text.bytes, text.length);
		return str_copy(value);
	}
	if (place_read(place, PLACE_CALLS, 64 * 1024, &text, NULL) != 0)
		return NULL;
	length = strlen(name);
	for (line = text.bytes; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) == 0 &&
		    strncmp(line + length, ": ", 2) == 0)
			return strndup(line + length + 2,
				       strcspn(line + length + 2, "\n"));
	}
	return NULL;
}

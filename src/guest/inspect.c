/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/inspect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/read.h"
#include "guest/text.h"

/* In this order: later ones ask for the services. */
static const struct guest_reader *const readers[] = {
	&guest_reader_os,    &guest_reader_services, &guest_reader_kernels,
	&guest_reader_boot,  &guest_reader_fstab,    &guest_reader_network,
	&guest_reader_cloud, &guest_reader_access,   &guest_reader_identity,
};

static bool is_absence(const struct error *err)
{
	return err->kind == ERROR_SYSTEM && (err->os == ENOENT || err->os == ENOTDIR);
}

static void keep_problem(struct inspect *look, const char *path, const struct error *err)
{
	if (!is_absence(err))
		guest_problem_add(look->guest, path, err->cause);
}

bool inspect_large(struct inspect *look, const char *path, size_t most, struct str *out)
{
	struct error err = {0};

	if (vfs_read(look->vfs, path, most, out, &err) == 0)
		return true;
	keep_problem(look, path, &err);
	return false;
}

bool inspect_text(struct inspect *look, const char *path, struct str *out)
{
	return inspect_large(look, path, READ_CONFIG_MOST, out);
}

struct head {
	char *out;
	size_t size, length;
};

static int take_head(const void *bytes, size_t length, void *data, struct error *err)
{
	struct head *head = data;
	const size_t left = head->size - head->length;

	(void)err;
	if (length > left)
		length = left;
	memcpy(head->out + head->length, bytes, length);
	head->length += length;
	return head->length == head->size;
}

size_t inspect_head(struct inspect *look, const char *path, void *out, size_t size)
{
	struct head head = {.out = out, .size = size};
	struct error err = {0};

	if (vfs_stream(look->vfs, path, take_head, &head, &err) == 0)
		return head.length;
	keep_problem(look, path, &err);
	return 0;
}

bool inspect_settings(struct inspect *look, const char *path, struct guest_settings *out)
{
	autostr struct str text = STR_EMPTY;

	if (!inspect_text(look, path, &text))
		return false;
	text_shell_settings(text.bytes, path, out);
	return true;
}

void inspect_names(struct inspect *look, const char *folder, const char *suffix,
		   struct guest_words *out)
{
	struct error err = {0};
	char **names = NULL;
	size_t i;

	if (vfs_names(look->vfs, folder, suffix, &names, &err) != 0) {
		keep_problem(look, folder, &err);
		return;
	}
	for (i = 0; names[i] != NULL; i++) {
		guest_words_add(out, names[i], strlen(names[i]));
		free(names[i]);
	}
	free(names);
}

bool inspect_is_null(struct inspect *look, const char *path)
{
	autostr struct str target = STR_EMPTY;

	return vfs_readlink(look->vfs, path, &target, NULL) == 0 &&
	       strcmp(target.bytes, "/dev/null") == 0;
}

const char *inspect_first(struct inspect *look, const char *const *paths)
{
	for (; *paths != NULL; paths++)
		if (vfs_exists(look->vfs, *paths))
			return *paths;
	return NULL;
}

bool inspect_is_started(const struct inspect *look, const char *const *names)
{
	for (; *names != NULL; names++)
		if (guest_words_has(&look->services, *names) &&
		    !guest_words_has(&look->masked, *names))
			return true;
	return false;
}

int guest_inspect(struct vfs *root, struct guest *out, struct error *err)
{
	struct guest guest = {0};
	struct inspect look = {.vfs = root, .guest = &guest};
	struct vfs_stat stat;
	size_t i;

	if (vfs_stat(root, "/", true, &stat, err) != 0)
		return -1;
	for (i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		readers[i]->read(&look);
	guest_words_clear(&look.services);
	guest_words_clear(&look.masked);
	*out = guest;
	return 0;
}

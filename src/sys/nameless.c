/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "sys/nameless.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

enum { FOLDERS_MOST = 2, FILES_MOST = 16 };

/* What was opened in advance in one folder. */
static struct kept {
	char *folder;
	int fds[FILES_MOST];
	unsigned left;
	int os; /* why there are no more */
} kept[FOLDERS_MOST];

static unsigned kept_count;

const char *sys_nameless_folder(const char *otherwise)
{
	const char *folder = getenv("TMPDIR");

	return folder != NULL && folder[0] != '\0' ? folder : otherwise;
}

static int open_new(const char *folder)
{
	autostr struct str path = STR_EMPTY;
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);

	if (fd >= 0)
		return fd;
	/* kernels and file systems without O_TMPFILE */
	str_addf(&path, "%s/moult-XXXXXX", folder);
	fd = mkostemp(path.bytes, O_CLOEXEC);
	if (fd >= 0 && unlink(path.bytes) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static int take_kept(const char *folder)
{
	int os = EPERM;
	unsigned i;

	for (i = 0; i < kept_count; i++) {
		if (strcmp(kept[i].folder, folder) != 0)
			continue;
		if (kept[i].left > 0)
			return kept[i].fds[--kept[i].left];
		os = kept[i].os;
	}
	errno = os;
	return -1;
}

int sys_nameless_open(const char *folder, struct error *err)
{
	const int fd = kept_count > 0 ? take_kept(folder) : open_new(folder);

	return fd >= 0 ? fd : error_sys(err, "make a temporary file in '%s'", folder);
}

void sys_nameless_keep(const char *folder, unsigned count)
{
	struct kept *here = &kept[kept_count];
	int fd = 0;

	if (kept_count == FOLDERS_MOST)
		return;
	*here = (struct kept){.folder = str_copy(folder), .os = EMFILE};
	while (here->left < count && here->left < FILES_MOST && fd >= 0) {
		fd = open_new(folder);
		if (fd >= 0)
			here->fds[here->left++] = fd;
		else
			here->os = errno;
	}
	kept_count++;
}

void sys_nameless_drop(void)
{
	for (; kept_count > 0; kept_count--) {
		struct kept *last = &kept[kept_count - 1];

		while (last->left > 0)
			(void)close(last->fds[--last->left]); /* nothing is in it */
		free(last->folder);
	}
}

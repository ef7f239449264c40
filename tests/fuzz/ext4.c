/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ext4.c - damaged ext2, ext3 and ext4, with journals to replay. An input is what an image has beside
 * zeros: records of a number (16 bits, little endian) and the 128 bytes that lie at that place. Seeds are
 * made by tests/tools/make-ext4-seeds. */
#include <string.h>

#include "base/own.h"
#include "fuzz.h"
#include "guest/vfs.h"

enum {
	IMAGE_BYTES = 4 << 20,
	CHUNK_BYTES = 128,
	RECORD_BYTES = 2 + CHUNK_BYTES,
	STEPS_MOST = 400,
	FILE_MOST = 4 << 20,
	DEPTH_MOST = 5
};

static unsigned char image[IMAGE_BYTES];

static int image_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		      struct error *err)
{
	(void)blocks;
	(void)err;
	memcpy(buffer, image + offset, length);
	return 0;
}

static const struct blocks_ops image_ops = {.read = image_read};

/* Writes the chunks of an input, or zeros to where they were. */
static void lay_out(const uint8_t *bytes, size_t size, bool is_written)
{
	size_t at, place;

	for (; size >= RECORD_BYTES; bytes += RECORD_BYTES, size -= RECORD_BYTES) {
		place = bytes[0] | (size_t)bytes[1] << 8;
		at = place % (IMAGE_BYTES / CHUNK_BYTES) * CHUNK_BYTES;
		if (is_written)
			memcpy(image + at, bytes + 2, CHUNK_BYTES);
		else
			memset(image + at, 0, CHUNK_BYTES);
	}
}

/* A walk with an end, whatever it meets. */
struct walk {
	struct vfs *vfs;
	const char *path;
	unsigned *steps;
	unsigned depth;
	char last[256]; /* the name before this one */
};

static int take(const void *bytes, size_t length, void *data, struct error *err)
{
	size_t *total = data;

	(void)err;
	fuzz_require(bytes != NULL && length > 0 && length <= 1 << 20,
		     "a piece is 1 byte to 1 MiB", NULL);
	*total += length;
	return *total >= FILE_MOST ? 1 : 0;
}

static void go(const struct walk *above, const char *path);

static int visit(const struct vfs_entry *entry, void *data)
{
	struct walk *walk = data;
	struct str autostr path = STR_EMPTY;

	fuzz_require(entry->name[0] != '\0' && strchr(entry->name, '/') == NULL,
		     "a name is one", entry->name);
	fuzz_require(strcmp(walk->last, entry->name) <= 0, "names are sorted",
		     entry->name);
	memcpy(walk->last, entry->name, strlen(entry->name) + 1);
	str_addf(&path, "%s/%s", walk->path, entry->name);
	go(walk, path.bytes);
	return *walk->steps > STEPS_MOST ? 1 : 0;
}

static void go(const struct walk *above, const char *path)
{
	struct walk walk = {.vfs = above->vfs,
			    .path = path,
			    .steps = above->steps,
			    .depth = above->depth + 1};
	struct str autostr text = STR_EMPTY;
	struct error err = {0};
	struct vfs_stat stat;
	size_t total = 0;

	if (walk.depth > DEPTH_MOST || ++*walk.steps > STEPS_MOST)
		return;
	(void)vfs_exists(walk.vfs, path);
	if (vfs_stat(walk.vfs, path, false, &stat, &err) != 0) {
		fuzz_require(err.kind == ERROR_INPUT || err.kind == ERROR_SYSTEM,
			     "what is damaged is told", path);
		return;
	}
	if (stat.kind == VFS_LINK)
		(void)!vfs_readlink(walk.vfs, path, &text, &err);
	if (stat.kind == VFS_FILE && vfs_stream(walk.vfs, path, take, &total, &err) == 0)
		fuzz_require(total == stat.size_bytes || total >= FILE_MOST,
			     "a file is as long as it says", path);
	if (stat.kind == VFS_FOLDER)
		(void)!vfs_list(walk.vfs, path, visit, &walk, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct blocks blocks = {.ops = &image_ops, .size_bytes = IMAGE_BYTES, .fd = -1};
	struct walk walk = {0};
	struct error err = {0};
	struct vfs *vfs = NULL;
	unsigned steps = 0;

	/* what lies elsewhere than at 1024 is no matter of this one */
	lay_out(bytes, size, true);
	if (image[1024 + 56] == 0x53 && image[1024 + 57] == 0xef) {
		if (vfs_open(&blocks, &vfs, &err) == 0) {
			walk.vfs = vfs;
			walk.steps = &steps;
			go(&walk, "");
			vfs_close(vfs);
		} else {
			fuzz_require(err.kind != ERROR_NONE, "a failure has a reason",
				     NULL);
		}
	}
	lay_out(bytes, size, false);
	return 0;
}

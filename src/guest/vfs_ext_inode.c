/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_ext_inode.c - inodes, and what is kept inside of one.
 * Format: Documentation/filesystems/ext4 of Linux (inodes.rst, inlinedata.rst, attributes.rst). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/own.h"
#include "guest/vfs_ext.h"

enum { INLINE_START_BYTES = 60, ATTRIBUTE_SYSTEM = 7 };
static const uint32_t attributes_magic = 0xea020000;

int ext_inode_read(struct ext *ext, uint64_t number, struct ext2_inode_large *out,
		   struct error *err)
{
	struct ext2_inode_large inode = {0};
	errcode_t code;

	/* the first ones are the file system's own: journal, resize, quota */
	if (number > UINT32_MAX ||
	    (number != EXT2_ROOT_INO && number < EXT2_FIRST_INO(ext->fs->super)))
		return error_set(err, ERROR_INPUT,
				 "a name leads to inode %" PRIu64 ", which is no file's",
				 number);
	ext->view.error.kind = ERROR_NONE;
	code = ext2fs_read_inode_full(ext->fs, (ext2_ino_t)number, EXT2_INODE(&inode),
				      sizeof(inode));
	if (code != 0)
		return ext_fail(&ext->view, code, "read an inode", err);
	if ((inode.i_mode & S_IFMT) == 0 || inode.i_links_count == 0)
		return error_set(err, ERROR_INPUT,
				 "a name leads to inode %" PRIu64 ", which is not in use",
				 number);
	*out = inode;
	return 0;
}

/* Finds the attribute "system.data" among those that lie in the inode behind its fields. */
static const char *find_data(const char *bytes, size_t length, size_t *out_length)
{
	struct ext2_ext_attr_entry entry;
	size_t at = 0;

	while (length - at >= sizeof(entry)) {
		memcpy(&entry, bytes + at, sizeof(entry));
		if (entry.e_name_len == 0 && entry.e_name_index == 0)
			break;
		if (entry.e_name_len > length - at - sizeof(entry))
			break;
		if (entry.e_name_index == ATTRIBUTE_SYSTEM && entry.e_name_len == 4 &&
		    entry.e_value_inum == 0 && entry.e_value_offs <= length &&
		    entry.e_value_size <= length - entry.e_value_offs &&
		    memcmp(bytes + at + sizeof(entry), "data", 4) == 0) {
			*out_length = entry.e_value_size;
			return bytes + entry.e_value_offs;
		}
		at += EXT2_EXT_ATTR_LEN(entry.e_name_len);
		if (at > length)
			break;
	}
	return NULL;
}

/* Adds what is too much for the 60 bytes of i_block. */
static void add_rest(const char *inode, size_t size, struct str *out)
{
	const size_t extra_at = offsetof(struct ext2_inode_large, i_extra_isize);
	size_t at, length = 0;
	const char *data;
	uint16_t extra;
	uint32_t magic;

	if (size < sizeof(struct ext2_inode_large))
		return;
	memcpy(&extra, inode + extra_at, sizeof(extra));
	at = (size_t)EXT2_GOOD_OLD_INODE_SIZE + extra;
	if (at > size || size - at < sizeof(magic))
		return;
	memcpy(&magic, inode + at, sizeof(magic));
	if (magic != attributes_magic)
		return;
	at += sizeof(magic);
	data = find_data(inode + at, size - at, &length);
	if (data != NULL)
		str_add_bytes(out, data, length);
}

int ext_inode_read_inline(struct ext *ext, uint64_t number, struct str *out,
			  struct error *err)
{
	const size_t size = EXT2_INODE_SIZE(ext->fs->super);
	autofree char *inode = mem_zero(1, size);
	const errcode_t code =
		ext2fs_read_inode_full(ext->fs, (ext2_ino_t)number,
				       (struct ext2_inode *)(void *)inode, (int)size);

	if (code != 0)
		return ext_fail(&ext->view, code, "read an inode", err);
	str_add_bytes(out, inode + offsetof(struct ext2_inode, i_block),
		      INLINE_START_BYTES);
	add_rest(inode, size, out);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs-list.c - asks guest/vfs.h, for tests: vfs-list FILE[@OFFSET[:SIZE]] WHAT [PATH [MORE...]]
 *
 * FILE is an image, or a folder. With NOFD=1 the image is read as a source is that has no
 * descriptor, like a qcow2. ATTACH="FILE=PATH" puts another one there.
 * SUBVOLUME=NAME looks at that one of a btrfs.
 * LVM=NAME looks at that logical volume, LVM=? lists them; OTHER=FILE is a further physical one.
 * WHAT: tree     all names beneath PATH, one a line: kind, mode, uid, gid, size, mtime, name, SHA-256
 *                or target
 *       list     the names of a folder, with their kinds
 *       names    those that end in MORE
 *       cat      a file's bytes
 *       read     the same by vfs_read, at most MORE bytes
 *       head     the first MORE bytes of it, by vfs_stream
 *       stat     kind, mode, uid, gid, size, mtime, following a link
 *       lstat    the same of a link itself
 *       link     a link's target
 *       exists   yes or no
 *       type     what it lies on, and the warning
 *                (PATH is "" for the whole)
 *       count    how many bytes "tree" read of the image
 * Exit status: the kind of the error (base/error.h), or 0. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "guest/lvm.h"
#include "guest/vfs.h"

struct file_blocks {
	struct blocks blocks;
	int fd;
	uint64_t offset;
};

static int file_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		     struct error *err)
{
	const struct file_blocks *file = (struct file_blocks *)blocks;
	char *place = buffer;
	ssize_t got;

	while (length > 0) {
		got = pread(file->fd, place, length, (off_t)(file->offset + offset));
		if (got < 0)
			return error_sys(err, "read");
		if (got == 0)
			return error_set(err, ERROR_INPUT, "the file became shorter");
		place += got;
		offset += (uint64_t)got;
		length -= (size_t)got;
	}
	return 0;
}

static int file_extent(struct blocks *blocks, uint64_t offset, struct blocks_extent *out,
		       struct error *err)
{
	const struct file_blocks *file = (struct file_blocks *)blocks;
	const off_t at = (off_t)(file->offset + offset);
	off_t data = lseek(file->fd, at, SEEK_DATA);
	off_t hole;

	if (data < 0 && errno == ENXIO)
		data = (off_t)(file->offset + blocks->size_bytes);
	if (data < 0)
		return error_sys(err, "seek");
	if (data > at) {
		*out = (struct blocks_extent){.length_bytes = (uint64_t)(data - at),
					      .is_hole = true};
		return 0;
	}
	hole = lseek(file->fd, at, SEEK_HOLE);
	if (hole < 0)
		return error_sys(err, "seek");
	*out = (struct blocks_extent){.length_bytes = (uint64_t)(hole - at)};
	return 0;
}

static void file_close(struct blocks *blocks)
{
	(void)close(((struct file_blocks *)blocks)->fd);
	free(blocks);
}

static const struct blocks_ops file_ops = {
	.read = file_read, .extent = file_extent, .close = file_close};

static int fail(const struct error *err)
{
	char text[600];

	fprintf(stderr, "vfs-list: %s\n", error_text(err, text, sizeof(text)));
	return (int)err->kind;
}

static int open_blocks(const char *name, uint64_t offset, uint64_t size,
		       struct blocks **out, struct error *err)
{
	struct file_blocks *file;
	const int fd = open(name, O_RDONLY | O_CLOEXEC);
	off_t end;

	if (fd < 0)
		return error_sys(err, "open '%s'", name);
	end = lseek(fd, 0, SEEK_END);
	file = mem_zero(1, sizeof(*file));
	file->fd = fd;
	file->offset = offset;
	file->blocks.ops = &file_ops;
	file->blocks.size_bytes = size != 0 ? size : (uint64_t)end - offset;
	file->blocks.fd = getenv("NOFD") != NULL ? -1 : fd;
	file->blocks.fd_offset = offset;
	*out = &file->blocks;
	return 0;
}

static struct blocks *beneath[2]; /* physical volumes, closed last */

/* Puts the volume $LVM in the place of the blocks. */
static int open_volume(struct blocks **blocks, struct error *err)
{
	struct blocks *physicals[2] = {*blocks, NULL};
	struct lvm *lvm;
	size_t i;

	if (getenv("OTHER") != NULL &&
	    open_blocks(getenv("OTHER"), 0, 0, &physicals[1], err) != 0)
		return -1;
	beneath[1] = physicals[1];
	if (!lvm_is_physical(*blocks))
		return error_set(err, ERROR_INPUT, "no physical volume");
	if (lvm_open(physicals, physicals[1] != NULL ? 2 : 1, &lvm, err) != 0)
		return -1;
	for (i = 0; lvm_volume(lvm, i) != NULL; i++)
		if (strcmp(getenv("LVM"), "?") == 0)
			printf("%s/%s\n", lvm_group(lvm), lvm_volume(lvm, i));
	if (lvm_open_volume(lvm, getenv("LVM"), blocks, err) != 0) {
		lvm_close(lvm);
		return -1;
	}
	lvm_close(lvm);
	beneath[0] = physicals[0];
	return 0;
}

/* Opens FILE[@OFFSET[:SIZE]], or a folder. @out_blocks: NULL for a folder. */
static int open_name(const char *argument, struct blocks **out_blocks, struct vfs **out,
		     struct error *err)
{
	autofree char *name = str_copy(argument);
	char *at = strrchr(name, '@');
	uint64_t offset = 0, size = 0;
	struct stat info;
	char *colon;
	int fd;

	*out_blocks = NULL;
	if (at != NULL && strspn(at + 1, "0123456789:") == strlen(at + 1)) {
		*at = '\0';
		offset = strtoull(at + 1, &colon, 10);
		size = *colon == ':' ? strtoull(colon + 1, NULL, 10) : 0;
	}
	if (stat(name, &info) != 0)
		return error_sys(err, "open '%s'", name);
	if (S_ISDIR(info.st_mode)) {
		fd = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		return vfs_open_folder(fd, out, err);
	}
	if (open_blocks(name, offset, size, out_blocks, err) != 0)
		return -1;
	if (getenv("LVM") != NULL && open_volume(out_blocks, err) != 0)
		return -1;
	return vfs_open(*out_blocks, out, err);
}

static const char kinds[] = "ofdl";

static int take_digest(const void *bytes, size_t length, void *data, struct error *err)
{
	(void)err;
	return EVP_DigestUpdate(data, bytes, length) == 1 ? 0 : -1;
}

static int put_digest(struct vfs *vfs, const char *path, struct error *err)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0, i;
	int result;

	(void)EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	result = vfs_stream(vfs, path, take_digest, context, err);
	(void)EVP_DigestFinal_ex(context, digest, &length);
	EVP_MD_CTX_free(context);
	for (i = 0; i < length && result == 0; i++)
		printf("%02x", digest[i]);
	return result;
}

static void put_stat(const struct vfs_stat *stat)
{
	printf("%c %06o %" PRIu32 ":%" PRIu32 " %" PRIu64 " %" PRId64, kinds[stat->kind],
	       stat->mode, stat->uid, stat->gid,
	       stat->kind == VFS_FILE || stat->kind == VFS_LINK ? stat->size_bytes : 0,
	       stat->mtime_s);
}

struct tree {
	struct vfs *vfs;
	const char *path;
	struct error *err;
	int result;
};

static int put_tree(struct vfs *vfs, const char *path, struct error *err);

static int visit_tree(const struct vfs_entry *entry, void *data)
{
	struct tree *tree = data;
	struct str path = STR_EMPTY;

	str_addf(&path, "%s/%s", tree->path, entry->name);
	tree->result = put_tree(tree->vfs, path.bytes, tree->err);
	str_clear(&path);
	return tree->result;
}

static int put_rest(struct vfs *vfs, const char *path, const struct vfs_stat *stat,
		    struct error *err)
{
	struct str autostr target = STR_EMPTY;

	if (stat->kind == VFS_FILE)
		return put_digest(vfs, path, err);
	if (stat->kind != VFS_LINK)
		return 0;
	if (vfs_readlink(vfs, path, &target, err) != 0)
		return -1;
	printf("-> %s", target.bytes);
	return 0;
}

static int put_tree(struct vfs *vfs, const char *path, struct error *err)
{
	struct tree tree = {.vfs = vfs, .path = path, .err = err};
	struct vfs_stat stat;

	if (vfs_stat(vfs, path, false, &stat, err) != 0)
		return -1;
	put_stat(&stat);
	printf(" %s ", path[0] != '\0' ? path : "/");
	if (put_rest(vfs, path, &stat, err) != 0)
		return -1;
	putchar('\n');
	if (stat.kind == VFS_FOLDER && vfs_list(vfs, path, visit_tree, &tree, err) != 0)
		return -1;
	return tree.result;
}

static int visit_list(const struct vfs_entry *entry, void *data)
{
	(void)data;
	printf("%c %s\n", kinds[entry->kind], entry->name);
	return 0;
}

static int put_names(struct vfs *vfs, const char *path, const char *suffix,
		     struct error *err)
{
	char **names;
	size_t i;

	if (vfs_names(vfs, path, suffix, &names, err) != 0)
		return -1;
	for (i = 0; names[i] != NULL; i++) {
		puts(names[i]);
		free(names[i]);
	}
	free(names);
	return 0;
}

struct head {
	uint64_t left;
};

static int take_head(const void *bytes, size_t length, void *data, struct error *err)
{
	struct head *head = data;
	const size_t part = length < head->left ? length : (size_t)head->left;

	(void)err;
	(void)fwrite(bytes, 1, part, stdout);
	head->left -= part;
	return head->left == 0 ? 1 : 0;
}

static int put_head(struct vfs *vfs, const char *path, uint64_t most, struct error *err)
{
	struct head head = {.left = most};

	return vfs_stream(vfs, path, take_head, &head, err);
}

static int put_read(struct vfs *vfs, const char *path, size_t most, struct error *err)
{
	struct str autostr bytes = STR_EMPTY;

	if (vfs_read(vfs, path, most, &bytes, err) != 0)
		return -1;
	(void)fwrite(bytes.bytes, 1, bytes.length, stdout);
	return 0;
}

static int put_one(struct vfs *vfs, const char *path, bool follow, struct error *err)
{
	struct vfs_stat stat;

	if (vfs_stat(vfs, path, follow, &stat, err) != 0)
		return -1;
	put_stat(&stat);
	putchar('\n');
	return 0;
}

static int put_link(struct vfs *vfs, const char *path, struct error *err)
{
	struct str autostr target = STR_EMPTY;

	if (vfs_readlink(vfs, path, &target, err) != 0)
		return -1;
	puts(target.bytes);
	return 0;
}

static int put_type(const struct vfs *vfs)
{
	puts(vfs_type(vfs));
	if (vfs_warning(vfs) != NULL)
		puts(vfs_warning(vfs));
	return 0;
}

static int answer(struct vfs *vfs, const char *what, const char *path, const char *more,
		  struct error *err)
{
	if (strcmp(what, "tree") == 0 || strcmp(what, "count") == 0)
		return put_tree(vfs, path, err);
	if (strcmp(what, "list") == 0)
		return vfs_list(vfs, path, visit_list, NULL, err);
	if (strcmp(what, "names") == 0)
		return put_names(vfs, path, more, err);
	if (strcmp(what, "cat") == 0)
		return put_head(vfs, path, UINT64_MAX, err);
	if (strcmp(what, "head") == 0)
		return put_head(vfs, path, strtoull(more, NULL, 10), err);
	if (strcmp(what, "read") == 0)
		return put_read(vfs, path, strtoull(more, NULL, 10), err);
	if (strcmp(what, "stat") == 0 || strcmp(what, "lstat") == 0)
		return put_one(vfs, path, what[0] == 's', err);
	if (strcmp(what, "link") == 0)
		return put_link(vfs, path, err);
	if (strcmp(what, "exists") == 0)
		return puts(vfs_exists(vfs, path) ? "yes" : "no") < 0 ? -1 : 0;
	if (strcmp(what, "type") == 0)
		return put_type(vfs);
	return error_set(err, ERROR_USAGE, "unknown: %s", what);
}

/* Goes on with another subvolume. */
static int change(struct vfs **vfs, const char *name, struct error *err)
{
	struct vfs *other;

	if (vfs_open_subvolume(*vfs, name, &other, err) != 0)
		return -1;
	vfs_close(*vfs);
	*vfs = other;
	return 0;
}

static int attach(struct vfs *vfs, const char *plan, struct blocks **out_blocks,
		  struct error *err)
{
	autofree char *name = str_copy(plan);
	char *path = strchr(name, '=');
	struct vfs *other;

	*path++ = '\0';
	if (open_name(name, out_blocks, &other, err) != 0)
		return -1;
	if (vfs_attach(vfs, path, other, err) == 0)
		return 0;
	vfs_close(other);
	return -1;
}

int main(int argc, char **argv)
{
	struct blocks *blocks = NULL, *others = NULL;
	struct error err = {0};
	struct vfs *vfs = NULL;
	int result;

	if (argc < 3)
		return ERROR_USAGE;
	result = open_name(argv[1], &blocks, &vfs, &err);
	if (result == 0 && getenv("SUBVOLUME") != NULL)
		result = change(&vfs, getenv("SUBVOLUME"), &err);
	if (result == 0 && getenv("ATTACH") != NULL)
		result = attach(vfs, getenv("ATTACH"), &others, &err);
	if (result == 0)
		result = answer(vfs, argv[2], argc > 3 ? argv[3] : "",
				argc > 4 ? argv[4] : "", &err);
	if (strcmp(argv[2], "count") == 0 && blocks != NULL)
		fprintf(stderr, "%" PRIu64 " bytes in %" PRIu64 " reads\n",
			blocks->read_bytes, blocks->read_calls);
	vfs_close(vfs);
	blocks_close(others);
	blocks_close(blocks);
	blocks_close(beneath[0]);
	blocks_close(beneath[1]);
	return result == 0 ? 0 : fail(&err);
}

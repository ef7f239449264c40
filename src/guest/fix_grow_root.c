/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_grow_root.c - a root that is smaller than the disk of the machine. It grows at the first boot, by
 * the guest's own programs: those that made its file system know which features it may have. A unit
 * of systemd does it once and removes itself; where cloud-init grows the root, nothing is needed.
 * Nobody has to ask for it: room behind the root that nothing uses is the sign. Sources: sfdisk(8),
 * partx(8), resize2fs(8), xfs_growfs(8), btrfs-filesystem(8); cloud-init, "Growpart". */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_lines.h"
#include "guest/fix_rows.h"

#define UNIT   "moult-grow-root.service"
#define UNITS  "/etc/systemd/system/"
#define WANTS  "multi-user.target.wants/"
#define SCRIPT "/usr/local/sbin/moult-grow-root"

enum {
	ROOM_LEAST =
		64 << 20 /* bytes that are worth it: tables and alignment take some */
};

static const char unit[] =
	"# Grows the root to the end of its disk at the first boot, and removes itself.\n"
	"[Unit]\n"
	"Description=Grow the root file system to the end of its disk\n"
	"ConditionPathIsReadWrite=/\n"
	"After=local-fs.target\n"
	"\n"
	"[Service]\n"
	"Type=oneshot\n"
	"ExecStart=/bin/sh " SCRIPT "\n"
	"\n"
	"[Install]\n"
	"WantedBy=multi-user.target\n";

/* Behind it comes the command that grows the file system. */
static const char script_begin[] =
	"#!/bin/sh\n"
	"# Grows the partition of the root into the free space behind it, then its file\n"
	"# system. What fails is tried again at the next boot.\n"
	"set -eu\n"
	"PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
	"device=$(findmnt -n -o SOURCE /)\n"
	"device=$(readlink -f \"${device%%\\[*}\")\n"
	"place=$(readlink -f \"/sys/class/block/${device##*/}\")\n"
	"if [ -e \"$place/partition\" ]; then\n"
	"\tnumber=$(cat \"$place/partition\")\n"
	"\tdisk=${place%/*}\n"
	"\tdisk=/dev/${disk##*/}\n"
	"\techo ', +' | sfdisk -q --no-reread --no-tell-kernel -N \"$number\" \"$disk\"\n"
	"\tpartx --update --nr \"$number\" \"$disk\"\n"
	"fi\n";

static const char script_end[] = "rm -f " UNITS WANTS UNIT " " UNITS UNIT " " SCRIPT "\n";

/* How file systems grow while they are mounted. */
static const struct {
	const char *type, *program, *command;
} growers[] = {
	{"ext4", "resize2fs", "resize2fs \"$device\"\n"},
	{"ext3", "resize2fs", "resize2fs \"$device\"\n"},
	{"xfs", "xfs_growfs", "xfs_growfs /\n"},
	{"btrfs", "btrfs", "btrfs filesystem resize max /\n"},
};

/* The disk that the system will lie on. */
static uint64_t disk_bytes(const struct fix *fix)
{
	const struct platform *platform = fix->platform;
	uint64_t most = fix->image->layout.size_bytes;
	size_t i;

	for (i = 0; i < platform->disk_count; i++)
		if (platform->disks[i].is_boot &&
		    platform->disks[i].size_bytes != UINT64_MAX &&
		    platform->disks[i].size_bytes > most)
			most = platform->disks[i].size_bytes;
	return most;
}

/* The free bytes behind the root's partition. */
static uint64_t room_behind(const struct fix *fix, const struct layout_partition *root)
{
	const struct layout *layout = &fix->image->layout;
	const uint64_t begin = root->start_bytes + root->size_bytes;
	uint64_t end = disk_bytes(fix);
	size_t i;

	for (i = 0; i < layout->partition_count; i++) {
		const struct layout_partition *part = &layout->partitions[i];

		if (part->start_bytes >= begin && part->start_bytes < end)
			end = part->start_bytes;
	}
	return end > begin ? end - begin : 0;
}

/* The room that the root of an image does not use. A file system without a partition has all of its
 * disk. */
static uint64_t room_of(const struct fix *fix, const struct inspect_volume *root)
{
	const struct layout_partition *part = fix_partition(fix->image, root->partition);
	const uint64_t disk = disk_bytes(fix), image = fix->image->layout.size_bytes;

	if (part != NULL && part->start_bytes != UINT64_MAX &&
	    part->size_bytes != UINT64_MAX)
		return room_behind(fix, part);
	return root->partition == 0 && disk > image ? disk - image : 0;
}

static bool has_program(struct fix *fix, const char *name)
{
	static const char *const folders[] = {"/usr/sbin", "/sbin", "/usr/bin", "/bin"};
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		autostr struct str path = STR_EMPTY;

		str_addf(&path, "%s/%s", folders[i], name);
		if (vfs_exists(fix->vfs, path.bytes))
			return true;
	}
	return false;
}

/* As the guest is edited so far: it may just have been switched off. */
static bool is_grown_by_cloud(struct fix *fix)
{
	const struct guest_cloud *cloud = &fix->image->guest.cloud;

	return cloud->is_installed && !cloud->is_disabled &&
	       !vfs_exists(fix->vfs, "/etc/cloud/cloud-init.disabled") &&
	       has_program(fix, "growpart");
}

/* What keeps the root from growing. Returns: a reason, or NULL */
static const char *obstacle(struct fix *fix, const struct inspect_volume *root)
{
	const struct layout_partition *part = fix_partition(fix->image, root->partition);
	const char *init = fix->image->guest.system.init;

	if (root->name != NULL)
		return "the root is a logical volume: give it the new space by growpart, "
		       "pvresize and lvextend -r";
	if (init == NULL || strcmp(init, "systemd") != 0)
		return "the root is smaller than the disk, and only systemd can start "
		       "what grows it: run growpart and resize2fs";
	if (part != NULL && part->is_logical)
		return "the root is a logical partition: its extended one has to grow "
		       "first";
	if (part != NULL && !has_program(fix, "sfdisk"))
		return "the root is smaller than the disk, and the guest has no sfdisk "
		       "that grows its partition: install fdisk";
	if (part != NULL && !has_program(fix, "partx"))
		return "the root is smaller than the disk, and the guest has no partx";
	return NULL;
}

/* The script that is to run once. Returns: whether the guest has a program for its file system */
static bool add_script(struct fix *fix, const struct inspect_volume *root,
		       struct str *out)
{
	size_t i;

	for (i = 0; i < sizeof(growers) / sizeof(growers[0]); i++) {
		if (root->type == NULL || strcmp(growers[i].type, root->type) != 0 ||
		    !has_program(fix, growers[i].program))
			continue;
		str_add(out, script_begin);
		str_add(out, growers[i].command);
		str_add(out, script_end);
		return true;
	}
	return false;
}

static void put_unit(struct fix *fix, const struct str *script, uint64_t room)
{
	static const struct edit_owner program = {.mode = 0755};
	const struct str text = {(char *)(unsigned long)unit, strlen(unit), 0};
	autostr struct str what = STR_EMPTY;
	const char *prevents = "the rest of the disk is used by nothing";

	str_addf(&what, "the root grows by %" PRIu64 " MiB at the first boot",
		 room >> 20);
	(void)fix_put(fix, SCRIPT, script, &program, what.bytes, prevents);
	(void)fix_put(fix, UNITS UNIT, &text, NULL, "a unit starts it, once", prevents);
	(void)fix_link(fix, UNITS WANTS UNIT, UNITS UNIT, "the unit is enabled",
		       prevents);
}

static bool detect(const struct fix *fix)
{
	const struct inspect_volume *root =
		fix->image->has_guest ? fix_volume_at(fix->image, "/") : NULL;

	return root != NULL && room_of(fix, root) >= ROOM_LEAST;
}

static int plan(struct fix *fix, struct error *err)
{
	const struct inspect_volume *root = fix_volume_at(fix->image, "/");
	autostr struct str script = STR_EMPTY;
	const char *reason;

	(void)err;
	if (is_grown_by_cloud(fix))
		return 0;
	reason = obstacle(fix, root);
	if (reason == NULL && !add_script(fix, root, &script))
		reason =
			"the root is smaller than the disk, and the guest has no program "
			"that grows its file system";
	if (reason != NULL)
		fix_gap(fix, "/", reason);
	else
		put_unit(fix, &script, room_of(fix, root));
	return 0;
}

/* Whether it has grown is seen on the machine. */
static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	(void)after;
	if (!vfs_exists(fix->vfs, UNITS UNIT) || vfs_exists(fix->vfs, SCRIPT))
		return true;
	str_add(why, UNITS UNIT " has nothing to start");
	return false;
}

const struct fixer fixer_grow_root = {
	.name = "grow-root",
	.does = "lets the root grow to the end of a larger disk at the first boot",
	.detect = detect,
	.plan = plan,
	.check = check,
};

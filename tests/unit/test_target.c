/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disk/target.h over captured machines (tests/tools/capture-disks makes them): what loop devices
 * cannot show. The others are in tests/disk/target.bats. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/target_scan.h"
#include "sys/file.h"

enum { MIB = 1024 * 1024 };

static struct target target;
static int root = -1;

static void open_machine(const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", MACHINES, name);
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(root >= 0);
}

static int end(void **state)
{
	(void)state;
	target_clear(&target);
	if (root >= 0)
		(void)close(root);
	root = -1;
	return 0;
}

static void look_at(const char *name)
{
	target_clear(&target);
	target.kind = TARGET_DEVICE;
	target.device = system_device_named(root, name);
	assert_true(target.device != 0);
	target_read_system(root, &target);
	assert_string_equal(target.name, name);
}

static void check_uses(const char *const uses[])
{
	char text[512];
	size_t i;

	for (i = 0; i < target.use_count; i++) {
		(void)snprintf(text, sizeof(text), "%s: %s by %s",
			       target_use_names[target.uses[i].kind], target.uses[i].on,
			       target.uses[i].name);
		if (uses[i] == NULL || strcmp(uses[i], text) != 0)
			print_message("# use %zu: %s\n", i, text);
		assert_non_null(uses[i]);
		assert_string_equal(text, uses[i]);
	}
	assert_null(uses[i]);
}

static void lvm_carries_the_root_and_swap(void **state)
{
	static const char *const uses[] = {"held: sda2 by LVM vg-root (dm-0)",
					   "held: sda2 by LVM vg-swap (dm-1)",
					   "mounted: dm-0 by /",
					   "mounted: sda1 by /boot",
					   "swap: dm-1 by /dev/mapper/vg-swap",
					   NULL};

	(void)state;
	open_machine("disks");
	look_at("sda");
	check_uses(uses);
	assert_true(target.holds_root);
	assert_false(target.is_root_in_memory);
}

static void a_scsi_disk_is_described(void **state)
{
	(void)state;
	open_machine("disks");
	look_at("sda");
	assert_string_equal(target.serial, "scsi-one");
	assert_string_equal(target.wwn, "naa.5000c50015ea71aa");
	assert_string_equal(target.model, "QEMU HARDDISK");
	assert_int_equal(target.size_bytes, 256 * MIB);
	assert_int_equal(target.sector_bytes, 512);
	assert_false(target.is_read_only);
	assert_int_equal(target.partition_count, 2);
	assert_string_equal(target.partitions[0].name, "sda1");
	assert_int_equal(target.partitions[0].start_bytes, MIB);
	assert_int_equal(target.partitions[0].size_bytes, 32 * MIB);
	assert_int_equal(target.partitions[1].device, makedev(8, 2));
}

static void md_and_btrfs_are_used_through_each_disk(void **state)
{
	static const char *const one[] = {"held: vda1 by md raid1 (md127)",
					  "mounted: md127 by /srv",
					  "mounted: vda2 by /home", NULL};
	static const char *const two[] = {"held: vdb1 by md raid1 (md127)",
					  "mounted: md127 by /srv",
					  "mounted: vda2 by /home", NULL};

	(void)state;
	open_machine("disks");
	look_at("vda");
	check_uses(one);
	assert_string_equal(target.serial, "virtio-one");
	assert_null(target.wwn);
	assert_false(target.holds_root);
	look_at("vdb");
	check_uses(two);
	assert_null(target.serial);
	assert_false(target.holds_root);
}

static void an_encrypted_nvme_is_used(void **state)
{
	static const char *const uses[] = {"held: nvme0n1 by dm-crypt secret (dm-2)",
					   "mounted: dm-2 by /data", NULL};

	(void)state;
	open_machine("disks");
	look_at("nvme0n1");
	check_uses(uses);
	assert_string_equal(target.serial, "nvme-one");
	assert_string_equal(target.model, "QEMU NVMe Ctrl");
}

static void a_partition_belongs_to_its_disk(void **state)
{
	static const char *const uses[] = {"mounted: sda1 by /boot", NULL};

	(void)state;
	open_machine("disks");
	look_at("sda1");
	check_uses(uses);
	assert_true(target.is_partition);
	assert_int_equal(target.whole, makedev(8, 0));
	assert_string_equal(target.serial, "scsi-one");
	assert_false(target.holds_root);
	look_at("dm-0");
	assert_false(target.is_partition);
	assert_true(target.holds_root);
}

static void images_lie_on_what_is_under_them(void **state)
{
	(void)state;
	open_machine("disks");
	look_at("vdb");
	assert_true(target_holds_path(root, &target, "/home/x.img", makedev(0, 77)));
	assert_true(target_holds_path(root, &target, "/srv/x.img", makedev(9, 127)));
	assert_false(target_holds_path(root, &target, "/boot/x.img", makedev(8, 1)));
	assert_false(target_holds_path(root, &target, "/x.img", makedev(253, 0)));
	look_at("sda");
	assert_true(target_holds_path(root, &target, "/x.img", makedev(253, 0)));
	assert_true(target_holds_path(root, &target, "/dev/sda2", makedev(8, 2)));
	assert_false(target_holds_path(root, &target, "/dev/vda", makedev(254, 0)));
	look_at("sda1"); /* the whole disk holds it, its neighbour does not */
	assert_true(target_holds_path(root, &target, "/dev/sda", makedev(8, 0)));
	assert_false(target_holds_path(root, &target, "/dev/sda2", makedev(8, 2)));
}

static void a_rescue_is_in_memory(void **state)
{
	(void)state;
	open_machine("rescue");
	target.kind = TARGET_DEVICE;
	target.device = makedev(8, 0);
	target_read_system(root, &target);
	assert_int_equal(target.use_count, 0);
	assert_false(target.holds_root);
	assert_true(target.is_root_in_memory);
	assert_true(target.memory_bytes > 100 * MIB);
	assert_true(target.memory_bytes < 1024 * (uint64_t)MIB);
}

static void a_live_system_needs_its_medium(void **state)
{
	static const char *const uses[] = {"held: sda2 by LVM vg-root (dm-0)",
					   "held: sda2 by LVM vg-swap (dm-1)",
					   "mounted: sda1 by /run/medium",
					   "loop device: /run/medium/rootfs.img by loop0",
					   "mounted: loop0 by /run/ro",
					   "mounted: over by /",
					   NULL};

	(void)state;
	open_machine("live");
	look_at("sda");
	check_uses(uses);
	assert_true(target.holds_root);
	assert_false(target.is_root_in_memory);
	look_at("vda");
	assert_false(target.holds_root);
}

static void put_file(const char *folder, const char *name, const char *text)
{
	autostr struct str path = STR_EMPTY;
	struct error err = {0};

	str_addf(&path, "%s/%s", folder, name);
	assert_int_equal(sys_file_write(path.bytes, text, strlen(text), &err), 0);
}

/* A tree of one file of mounts, loop0, and dm-0 that is made of it. */
static void check_root(const char *mounts, bool expected)
{
	static const char *const folders[] = {
		"proc",
		"proc/self",
		"sys",
		"sys/dev",
		"sys/dev/block",
		"sys/class",
		"sys/class/block",
		"sys/class/block/loop0",
		"sys/class/block/loop0/loop",
		"sys/class/block/sda",
		"sys/class/block/dm-0",
		"sys/class/block/dm-0/slaves",
		"sys/class/block/dm-0/slaves/loop0",
	};
	autofree char *folder = NULL;
	struct error err = {0};
	size_t i;

	assert_int_equal(sys_dir_make_temporary("/tmp", &folder, &err), 0);
	root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mkdirat(root, folders[i], 0700), 0);
	(void)symlinkat("../../class/block/loop0", root, "sys/dev/block/7:0");
	(void)symlinkat("../../class/block/dm-0", root, "sys/dev/block/253:0");
	put_file(folder, "proc/self/mountinfo", mounts);
	put_file(folder, "sys/class/block/sda/dev", "8:0\n");
	put_file(folder, "sys/class/block/loop0/dev", "7:0\n");
	put_file(folder, "sys/class/block/loop0/loop/backing_file",
		 "/run/medium/a.img\n");
	target_clear(&target);
	target.kind = TARGET_DEVICE;
	target.device = makedev(8, 0);
	target_read_system(root, &target);
	(void)close(root);
	root = -1;
	assert_int_equal(sys_dir_remove(folder, &err), 0);
	if (target.is_root_in_memory != expected)
		print_message("# %s", mounts);
	assert_int_equal(target.is_root_in_memory, expected);
}

#define OVERLAY                                                                          \
	"30 1 0:23 / / rw - overlay over "                                               \
	"rw,lowerdir=/run/no:/run/ro,upperdir=/run/rw/up,workdir=/run/rw/work\n"

/* The lines are those of the captured live system, with the medium copied into memory, as the
 * boot option toram of live-boot does it; and with one layer that is on a disk. */
static void all_layers_of_a_root_are_looked_at(void **state)
{
	(void)state;
	check_root(OVERLAY "33 30 0:40 / /run/medium rw - tmpfs none rw\n"
			   "34 30 7:0 / /run/ro rw - ext4 /dev/loop0 rw\n"
			   "36 30 0:22 / /run/no rw - tmpfs none rw\n"
			   "35 30 0:22 / /run/rw rw - tmpfs none rw\n",
		   true);
	check_root(OVERLAY "33 30 8:1 / /run/medium rw - ext4 /dev/sda1 rw\n"
			   "34 30 7:0 / /run/ro rw - ext4 /dev/loop0 rw\n"
			   "36 30 0:22 / /run/no rw - tmpfs none rw\n"
			   "35 30 0:22 / /run/rw rw - tmpfs none rw\n",
		   false);
	check_root(OVERLAY "33 30 0:40 / /run/medium rw - tmpfs none rw\n"
			   "34 30 7:0 / /run/ro rw - ext4 /dev/loop0 rw\n"
			   "36 30 0:22 / /run/no rw - tmpfs none rw\n"
			   "35 30 8:1 / /run/rw rw - ext4 /dev/sda1 rw\n",
		   false);
	/* a layer that is not to be seen any more */
	check_root(OVERLAY "34 30 0:40 / /run/ro rw - tmpfs none rw\n"
			   "35 30 0:22 / /run/rw rw - tmpfs none rw\n",
		   false);
}

static void a_root_may_be_of_other_kinds(void **state)
{
	(void)state;
	check_root("1 1 0:2 / / rw - rootfs rootfs rw\n", true);
	check_root("1 1 0:2 / / rw shared:1 - tmpfs rootfs rw\n", true);
	check_root("1 1 1:0 / / rw - ext2 /dev/ram0 rw\n", true);
	check_root("1 1 0:2 / / rw - rootfs rootfs rw\n"
		   "2 1 8:1 / / rw - ext4 /dev/sda1 rw\n",
		   false);
	/* as Fedora's live systems: dm over a loop device */
	check_root("2 1 253:0 / / rw - ext4 /dev/mapper/live-rw rw\n"
		   "3 2 0:9 / /run rw - tmpfs tmpfs rw\n",
		   true);
	check_root("2 1 253:0 / / rw - ext4 /dev/mapper/live-rw rw\n"
		   "3 2 8:1 / /run/medium rw - ext4 /dev/sda1 rw\n",
		   false);
	check_root("2 1 0:31 / / rw - nfs4 server:/root rw\n", false);
	check_root("", false);
	check_root("nonsense\n1 2 3\n1 1 0:2 / / rw -\n- - - - - - - - - -\n", false);
}

/* Without /sys/fs/btrfs the source that a line names is all that is known. */
static void a_btrfs_is_found_by_its_source(void **state)
{
	(void)state;
	check_root("1 1 0:31 / / rw - btrfs /dev/sda rw\n", false);
	assert_true(target.holds_root);
	check_root("1 1 0:31 / / rw - btrfs /dev/loop0 rw\n", false);
	assert_false(target.holds_root);
}

/* The overlay of a mount over itself, and loop devices in a circle, come to an end. */
static void circles_come_to_an_end(void **state)
{
	(void)state;
	check_root("1 1 0:9 / / rw - overlay o rw,lowerdir=/a,upperdir=/b\n"
		   "2 1 0:8 / /a rw - overlay p rw,lowerdir=/b\n"
		   "3 1 0:7 / /b rw - overlay q rw,lowerdir=/a\n",
		   false);
	check_root("1 1 7:0 / / rw - ext4 /dev/loop0 rw\n", false);
}

static void layers_are_taken_apart(void **state)
{
	static const char options[] =
		"rw,lowerdir=/a:/b\\:c::/d,x=/no,upperdir=/e\\,f,workdir=/w,lowerdir+=/g";
	static const char *const expected[] = {"/a", "/b:c", "/d", "/e,f", "/g"};
	const char *rest = options;
	char *layer;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		layer = system_next_layer(&rest);
		assert_non_null(layer);
		assert_string_equal(layer, expected[i]);
		free(layer);
	}
	assert_null(system_next_layer(&rest));
}

static void this_machines_root_is_found(void **state)
{
	struct stat info;

	(void)state;
	assert_int_equal(stat("/", &info), 0);
	if (major(info.st_dev) == 0) {
		print_message("# skip: the root here has no device of its own\n");
		skip();
	}
	root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	target.kind = TARGET_DEVICE;
	target.device = info.st_dev;
	target_read_system(root, &target);
	assert_true(target.holds_root);
	assert_false(target.is_root_in_memory);
	assert_true(target.size_bytes > 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_teardown(name, end)
	const struct CMUnitTest cases[] = {
		CASE(lvm_carries_the_root_and_swap),
		CASE(a_scsi_disk_is_described),
		CASE(md_and_btrfs_are_used_through_each_disk),
		CASE(an_encrypted_nvme_is_used),
		CASE(a_partition_belongs_to_its_disk),
		CASE(images_lie_on_what_is_under_them),
		CASE(a_rescue_is_in_memory),
		CASE(a_live_system_needs_its_medium),
		CASE(all_layers_of_a_root_are_looked_at),
		CASE(a_root_may_be_of_other_kinds),
		CASE(a_btrfs_is_found_by_its_source),
		CASE(circles_come_to_an_end),
		CASE(layers_are_taken_apart),
		CASE(this_machines_root_is_found),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(cases, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_fix.c - the frame of the fixers, and the fixers fstab, hostname, ssh-keys and machine-id, on guests in a
 * folder: what a file holds before and after. What stands in "after" was written from fstab(5), systemd.mount(5)
 * and the "Xen" pages of Debian's wiki; hostname(5), hosts(5) and the Debian Reference 5.1.1; sshd(8). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/fix.h"
#include "guest/inspect.h"
#include "sys/file.h"

#define T(text) ((char *)(unsigned long)(text))
#define ROOT_UUID "11111111-2222-3333-4444-555555555555"
#define SWAP_UUID "22222222-2222-3333-4444-555555555555"
#define DATA_UUID "33333333-2222-3333-4444-555555555555"
#define OFTEN "nofail,x-systemd.device-timeout=5s"

enum { SECTOR = 512, DISK = 8 * SECTOR };

/* A disk in memory. */
struct memory {
	struct blocks blocks;
	unsigned char bytes[DISK];
};

/* A guest in a folder, on a disk of three partitions, and an adaptation of it. */
struct world {
	char folder[32], old_folder[32];
	struct vfs *vfs, *old;
	struct inspection image;
	struct layout_content contents[3];
	struct layout_partition partitions[3];
	struct inspect_volume volume;
	struct platform platform;
	struct fix_wishes wishes;
	struct adaptation out;
	struct memory disk;
	struct fix fix;
};

static int memory_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length, struct error *err)
{
	(void)err;
	memcpy(buffer, ((struct memory *)blocks)->bytes + offset, length);
	return 0;
}

static const struct blocks_ops memory_ops = { .read = memory_read };

static void put_below(const char *folder, const char *path, const char *text)
{
	autostr struct str full = STR_EMPTY;
	FILE *file;

	str_addf(&full, "%s%s", folder, path);
	assert_int_equal(sys_dir_make_above(full.bytes, 0755, NULL), 0);
	file = fopen(full.bytes, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void put(const struct world *world, const char *path, const char *text)
{
	put_below(world->folder, path, text);
}

static void make_disk(struct world *world)
{
	struct layout_content *contents = world->contents;
	size_t i;

	contents[0] = (struct layout_content){ .type = T("ext4"), .usage = T("filesystem"), .uuid = T(ROOT_UUID) };
	contents[1] = (struct layout_content){ .type = T("swap"), .usage = T("other"), .uuid = T(SWAP_UUID) };
	contents[2] = (struct layout_content){
		.type = T("xfs"), .usage = T("filesystem"), .uuid = T(DATA_UUID), .label = T("data") };
	for (i = 0; i < 3; i++)
		world->partitions[i] = (struct layout_partition){
			.number = (unsigned)i + 1, .contents = &contents[i], .content_count = 1 };
	world->image.layout =
		(struct layout){ .kind = LAYOUT_MBR, .partitions = world->partitions, .partition_count = 3 };
	world->volume = (struct inspect_volume){ .partition = 1, .type = T("ext4"), .folder = T("/") };
	world->image.volumes = &world->volume;
	world->image.volume_count = 1;
	world->disk.blocks = (struct blocks){ .ops = &memory_ops, .size_bytes = DISK, .fd = -1 };
}

static int set_up(void **state)
{
	struct world *world = mem_zero(1, sizeof(*world));
	autostr struct str init = STR_EMPTY;

	(void)snprintf(world->folder, sizeof(world->folder), "/tmp/moult-fix-XXXXXX");
	(void)snprintf(world->old_folder, sizeof(world->old_folder), "/tmp/moult-fix-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	assert_non_null(mkdtemp(world->old_folder));
	put(world, "/etc/os-release", "ID=debian\nVERSION_ID=12\n");
	put(world, "/lib/systemd/systemd", "");
	str_addf(&init, "%s/sbin/init", world->folder);
	assert_int_equal(sys_dir_make_above(init.bytes, 0755, NULL), 0);
	assert_int_equal(symlink("/lib/systemd/systemd", init.bytes), 0);
	make_disk(world);
	assert_int_equal(platform_by_name("kvm-virtio-bios", &world->platform, NULL), 0);
	*state = world;
	return 0;
}

static struct vfs *open_tree(const char *folder)
{
	const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct vfs *vfs;

	assert_true(fd >= 0);
	assert_int_equal(vfs_open_folder(fd, &vfs, NULL), 0);
	return vfs;
}

/* Begins when all files are there. */
static void begin(struct world *world, const char *fixer)
{
	world->vfs = open_tree(world->folder);
	assert_int_equal(guest_inspect(world->vfs, &world->image.guest, NULL), 0);
	world->image.has_guest = true;
	world->fix = (struct fix){ .fixer = fix_by_name(fixer),
				   .edits = edit_begin(world->vfs, 1700000000),
				   .disk = &world->disk.blocks,
				   .image = &world->image,
				   .platform = &world->platform,
				   .wishes = &world->wishes,
				   .out = &world->out };
	world->fix.vfs = edit_vfs(world->fix.edits);
	assert_non_null(world->fix.fixer);
}

static void plan(struct world *world, const char *fixer)
{
	begin(world, fixer);
	assert_true(world->fix.fixer->detect(&world->fix));
	assert_int_equal(world->fix.fixer->plan(&world->fix, NULL), 0);
}

/* What the check says of the guest as edited. */
static bool is_right(struct world *world)
{
	struct inspection after = world->image;
	autostr struct str why = STR_EMPTY;
	bool result;

	after.guest = (struct guest){ 0 };
	assert_int_equal(guest_inspect(world->fix.vfs, &after.guest, NULL), 0);
	result = world->fix.fixer->check(&world->fix, &after, &why);
	assert_int_equal(result, why.length == 0);
	guest_clear(&after.guest);
	return result;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	edit_end(world->fix.edits);
	fix_writes_clear(&world->fix.writes);
	vfs_close(world->vfs);
	vfs_close(world->old);
	adaptation_clear(&world->out);
	guest_clear(&world->image.guest);
	platform_clear(&world->platform);
	(void)sys_dir_remove(world->folder, NULL);
	(void)sys_dir_remove(world->old_folder, NULL);
	free(world);
	return 0;
}

static void assert_text(struct world *world, const char *path, const char *wanted)
{
	autostr struct str now = STR_EMPTY;

	assert_int_equal(vfs_read(world->fix.vfs, path, 1 << 20, &now, NULL), 0);
	assert_string_equal(now.bytes, wanted);
}

/* A second run finds nothing to do. */
static void assert_settled(struct world *world)
{
	const size_t steps = edit_steps(world->fix.edits), lines = world->out.line_count;

	assert_int_equal(world->fix.fixer->plan(&world->fix, NULL), 0);
	assert_int_equal(edit_steps(world->fix.edits), steps);
	assert_int_equal(world->out.line_count, lines);
}

static bool has_gap(const struct world *world, const char *place, const char *part)
{
	size_t i;

	for (i = 0; i < world->out.gap_count; i++)
		if (strcmp(world->out.gaps[i].place, place) == 0 && strstr(world->out.gaps[i].reason, part) != NULL)
			return true;
	return false;
}

/* An fstab before and after, one behaviour a row. */
static const struct fstab_row {
	const char *name, *before, *after;
} fstab_rows[] = {
	{ "names of a Xen guest",
	  "/dev/xvda1 / ext3 defaults 1 1\n/dev/xvda2 swap swap sw 0 0\n/dev/xvda3\t/srv\txfs noatime\n",
	  "UUID=" ROOT_UUID " / ext3 defaults 1 1\nUUID=" SWAP_UUID " swap swap sw 0 0\nUUID=" DATA_UUID
	  "\t/srv\txfs noatime\n" },
	{ "a second disk that stays behind, of the same numbers",
	  "/dev/xvda1 / ext4 defaults 0 1\n/dev/xvdb1 /mnt ext4 defaults,noatime 0 2\n/dev/xvdb2 none swap sw 0 0\n",
	  "UUID=" ROOT_UUID " / ext4 defaults 0 1\n/dev/xvdb1 /mnt ext4 defaults,noatime," OFTEN " 0 2\n"
	  "# moult: not on this machine: /dev/xvdb2 none swap sw 0 0\n" },
	{ "a root by UUID, and the first disk by name",
	  "UUID=" ROOT_UUID " / ext4 defaults 0 1\n/dev/sda2 none swap sw 0 0\n",
	  "UUID=" ROOT_UUID " / ext4 defaults 0 1\nUUID=" SWAP_UUID " none swap sw 0 0\n" },
	{ "comments, blanks and a last line without its end",
	  "# /etc/fstab\n\n  /dev/sda1\t/   ext4 \t defaults  0 1 # the root\n#/dev/sda2 none swap\n \t\nproc /proc proc defaults",
	  "# /etc/fstab\n\n  UUID=" ROOT_UUID
	  "\t/   ext4 \t defaults  0 1 # the root\n#/dev/sda2 none swap\n \t\nproc /proc proc defaults" },
	{ "a UUID that is gone, few fields", "UUID=" ROOT_UUID " / ext4\nUUID=0-1 /data xfs\nLABEL=gone /more ext4 ro 0 2\n",
	  "UUID=" ROOT_UUID " / ext4\nUUID=0-1 /data xfs defaults," OFTEN "\nLABEL=gone /more ext4 ro," OFTEN " 0 2\n" },
	{ "a root that is named wrongly", "UUID=dead / ext4 defaults 0 1\n", "UUID=" ROOT_UUID " / ext4 defaults 0 1\n" },
	{ "another kind of content at that number", "/dev/sda1 / ext4 defaults 0 1\n/dev/sda2 /srv ext4 defaults 0 2\n",
	  "UUID=" ROOT_UUID " / ext4 defaults 0 1\n/dev/sda2 /srv ext4 defaults," OFTEN " 0 2\n" },
	{ "by the disk's serial number",
	  "/dev/disk/by-id/ata-X_1-part1 / ext4 defaults 0 1\n/dev/disk/by-id/ata-X_1-part3 /srv xfs defaults 0 2\n",
	  "UUID=" ROOT_UUID " / ext4 defaults 0 1\nUUID=" DATA_UUID " /srv xfs defaults 0 2\n" },
	{ "nothing to do",
	  "UUID=\"" ROOT_UUID "\" / ext4 defaults 0 1\nLABEL=data /srv xfs defaults\ntmpfs /tmp tmpfs size=1G\n"
	  "/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0\nhost:/x /net nfs defaults\n/srv /bound none bind\n"
	  "UUID=gone /may ext4 nofail 0 2\n",
	  NULL },
};

static void test_fstab(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(fstab_rows) / sizeof(fstab_rows[0]); i++) {
		const struct fstab_row *row = &fstab_rows[i];
		struct world *world;

		print_message("# %s\n", row->name);
		set_up(state);
		world = *state;
		put(world, "/etc/fstab", row->before);
		plan(world, "fstab");
		assert_text(world, "/etc/fstab", row->after != NULL ? row->after : row->before);
		assert_int_equal(world->out.line_count, row->after != NULL ? 1 : 0);
		assert_int_equal(world->out.gap_count, 0);
		assert_true(is_right(world));
		assert_settled(world);
		tear_down(state);
	}
	set_up(state);
}

static void test_fstab_bare(void **state)
{
	struct world *world = *state;

	world->image.layout = (struct layout){ .contents = world->contents, .content_count = 1 };
	world->volume.partition = 0;
	put(world, "/etc/fstab", "/dev/xvda1 / ext4 noatime 0 1\n/dev/xvda2 none swap sw 0 0\n");
	plan(world, "fstab");
	assert_text(world, "/etc/fstab",
		    "UUID=" ROOT_UUID " / ext4 noatime 0 1\n# moult: not on this machine: /dev/xvda2 none swap sw 0 0\n");
	assert_settled(world);
}

/* What cannot be read stays as it is, and is told. */
static void test_fstab_is_odd(void **state)
{
	struct world *world = *state;
	autostr struct str path = STR_EMPTY;

	str_addf(&path, "%s/etc/fstab", world->folder);
	assert_int_equal(mkfifo(path.bytes, 0644), 0);
	plan(world, "fstab");
	assert_true(has_gap(world, "/etc/fstab", "no regular file"));
	assert_int_equal(edit_count(world->fix.edits), 0);
}

static void test_fstab_check_fails(void **state)
{
	struct world *world = *state;

	put(world, "/etc/fstab", "UUID=" ROOT_UUID " / ext4 defaults 0 1\nUUID=gone /data ext4 defaults 0 2\n");
	begin(world, "fstab");
	assert_false(is_right(world));
}

static void test_hostname(void **state)
{
	struct world *world = *state;

	put(world, "/etc/hostname", "old\n");
	put(world, "/etc/hosts", "# mine\n127.0.0.1 localhost\n127.0.1.1\told.lan old # own\n::1 localhost\n");
	world->wishes.hostname = "web1.example.org";
	plan(world, "hostname");
	assert_text(world, "/etc/hostname", "web1\n");
	assert_text(world, "/etc/hosts",
		    "# mine\n127.0.0.1 localhost\n127.0.1.1\tweb1.example.org web1 # own\n::1 localhost\n");
	assert_true(is_right(world));
	assert_settled(world);
}

static void test_hostname_is_new(void **state)
{
	struct world *world = *state;

	put(world, "/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n");
	put(world, "/usr/bin/cloud-init", "");
	put(world, "/etc/cloud/cloud.cfg", "preserve_hostname: false\n");
	world->wishes.hostname = "web1";
	plan(world, "hostname");
	assert_text(world, "/etc/hostname", "web1\n");
	assert_text(world, "/etc/hosts", "127.0.0.1 localhost\n127.0.1.1\tweb1\n::1 localhost\n");
	assert_text(world, "/etc/cloud/cloud.cfg.d/99-moult-hostname.cfg",
		    "# written by moult adapt\npreserve_hostname: true\n");
	assert_settled(world);
}

static void test_hostname_leads_out(void **state)
{
	struct world *world = *state;
	autostr struct str path = STR_EMPTY;

	str_addf(&path, "%s/etc/hostname", world->folder);
	assert_int_equal(symlink("/run/nowhere", path.bytes), 0);
	world->wishes.hostname = "web1";
	plan(world, "hostname");
	assert_true(has_gap(world, "/etc/hostname", "leads nowhere"));
	assert_false(is_right(world));
}

static void put_users(const struct world *world, const char *shadow)
{
	put(world, "/etc/passwd",
	    "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1001::/home/ann:/bin/sh\nsvc:x:5:5::/:/usr/sbin/nologin\n");
	put(world, "/etc/shadow", shadow);
	put(world, "/usr/sbin/sshd", "");
	put(world, "/etc/systemd/system/multi-user.target.wants/ssh.service", "");
	put(world, "/etc/ssh/sshd_config", "UsePAM yes\n");
	put(world, "/etc/ssh/ssh_host_rsa_key.pub", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB host\n");
	put(world, "/root/.profile", "");
	put(world, "/home/ann/.profile", "");
}

static void test_keys(void **state)
{
	struct world *world = *state;
	struct vfs_stat info;

	put_users(world, "root:!:1::::::\nann:!:1::::::\n");
	world->wishes.user = "ann";
	world->wishes.authorized_keys = "# who\nssh-ed25519 AAAA1 a@b\n\nssh-ed25519 AAAA2 c@d";
	plan(world, "ssh-keys");
	assert_text(world, "/home/ann/.ssh/authorized_keys", "ssh-ed25519 AAAA1 a@b\nssh-ed25519 AAAA2 c@d\n");
	assert_int_equal(vfs_stat(world->fix.vfs, "/home/ann/.ssh/authorized_keys", false, &info, NULL), 0);
	assert_int_equal(info.mode & 07777, 0600);
	assert_int_equal(info.uid, 1000);
	assert_int_equal(info.gid, 1001);
	assert_int_equal(vfs_stat(world->fix.vfs, "/home/ann/.ssh", false, &info, NULL), 0);
	assert_int_equal(info.mode & 07777, 0700);
	assert_int_equal(info.uid, 1000);
	assert_int_equal(world->out.gap_count, 0); /* PAM judges accounts: '!' is no hindrance */
	assert_settled(world);
}

static void test_keys_are_added(void **state)
{
	struct world *world = *state;

	put_users(world, "root:*:1::::::\n");
	put(world, "/root/.ssh/authorized_keys", "# mine\nfrom=\"192.0.2.1\" ssh-rsa AAAA9 old");
	world->wishes.authorized_keys = "ssh-ed25519 AAAA1 a@b\n";
	plan(world, "ssh-keys");
	assert_text(world, "/root/.ssh/authorized_keys",
		    "# mine\nfrom=\"192.0.2.1\" ssh-rsa AAAA9 old\nssh-ed25519 AAAA1 a@b\n");
	assert_settled(world);
}

/* Each keeps sshd from taking the key: it is told. */
static const struct refusal_row {
	const char *config, *shadow, *user, *place, *reason;
} refusal_rows[] = {
	{ "UsePAM yes\nPermitRootLogin no\n", "root:*:1::::::\n", NULL, "user root", "PermitRootLogin no" },
	{ "PubkeyAuthentication no\n", "root:*:1::::::\n", NULL, "user root", "takes no keys" },
	{ "UsePAM no\n", "root:!:1::::::\n", NULL, "user root", "locked" },
	{ "AuthorizedKeysFile none\n", "root:*:1::::::\n", NULL, "user root", "in no file" },
	{ "UsePAM yes\n", "ann:*:1::::::\n", "bob", "user bob", "no such user" },
	{ "UsePAM yes\n", "svc:*:1::::::\n", "svc", "user svc", "no such user" },
};

static void test_keys_are_refused(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(refusal_rows) / sizeof(refusal_rows[0]); i++) {
		const struct refusal_row *row = &refusal_rows[i];
		struct world *world;

		tear_down(state);
		set_up(state);
		world = *state;
		put_users(world, row->shadow);
		put(world, "/etc/ssh/sshd_config", row->config);
		world->wishes.authorized_keys = "ssh-ed25519 AAAA1 a@b\n";
		world->wishes.user = row->user;
		plan(world, "ssh-keys");
		assert_true(has_gap(world, row->place, row->reason));
	}
}

static void test_old_keys(void **state)
{
	struct world *world = *state;
	struct vfs_stat info;

	put_users(world, "root:*:1::::::\n");
	put_below(world->old_folder, "/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
	put_below(world->old_folder, "/etc/shadow", "root:*:1::::::\n");
	put_below(world->old_folder, "/root/.ssh/authorized_keys", "ssh-rsa AAAA7 boss\n");
	put_below(world->old_folder, "/etc/ssh/ssh_host_rsa_key", "PRIVATE\n");
	put_below(world->old_folder, "/etc/ssh/ssh_host_rsa_key.pub", "ssh-rsa AAAA8 host\n");
	world->old = open_tree(world->old_folder);
	world->wishes.old = world->old;
	world->wishes.want_old_keys = true;
	plan(world, "ssh-keys");
	assert_text(world, "/etc/ssh/ssh_host_rsa_key", "PRIVATE\n");
	assert_text(world, "/etc/ssh/ssh_host_rsa_key.pub", "ssh-rsa AAAA8 host\n");
	assert_int_equal(vfs_stat(world->fix.vfs, "/etc/ssh/ssh_host_rsa_key", false, &info, NULL), 0);
	assert_int_equal(info.mode & 07777, 0600);
	assert_int_equal(info.uid, 0);
	assert_text(world, "/root/.ssh/authorized_keys", "ssh-rsa AAAA7 boss\n");
	assert_settled(world);
}

static void test_host_keys_are_made(void **state)
{
	struct world *world = *state;
	autostr struct str path = STR_EMPTY, target = STR_EMPTY;

	put_users(world, "root:$6$x:1::::::\n");
	str_addf(&path, "%s/etc/ssh/ssh_host_rsa_key.pub", world->folder);
	assert_int_equal(unlink(path.bytes), 0);
	begin(world, "ssh-keys");
	assert_false(is_right(world));
	assert_true(world->fix.fixer->detect(&world->fix));
	assert_int_equal(world->fix.fixer->plan(&world->fix, NULL), 0);
	assert_int_equal(vfs_readlink(world->fix.vfs,
				      "/etc/systemd/system/multi-user.target.wants/moult-ssh-keygen.service", &target,
				      NULL),
			 0);
	assert_string_equal(target.bytes, "/etc/systemd/system/moult-ssh-keygen.service");
	assert_true(vfs_exists(world->fix.vfs, target.bytes));
	assert_settled(world);
}

static void test_machine_id(void **state)
{
	struct world *world = *state;

	put(world, "/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	plan(world, "machine-id");
	assert_true(is_right(world));
	assert_int_equal(edit_count(world->fix.edits), 0);
	edit_end(world->fix.edits);
	vfs_close(world->vfs);
	guest_clear(&world->image.guest);
	put(world, "/etc/machine-id", "my machine\n");
	plan(world, "machine-id");
	assert_false(is_right(world));
}

/* Boot blocks: what is there already is no write, and a later write sees an earlier one. */
static void test_blocks(void **state)
{
	struct world *world = *state;
	unsigned char bytes[2 * SECTOR];

	begin(world, "machine-id");
	memset(bytes, 7, sizeof(bytes));
	memset(world->disk.bytes, 7, SECTOR);
	assert_false(fix_write_blocks(&world->fix, 0, bytes, SECTOR, "same", "nothing"));
	assert_true(fix_write_blocks(&world->fix, 100, bytes, SECTOR, "a part of it", "nothing"));
	assert_false(fix_write_blocks(&world->fix, SECTOR, bytes, 100, "written before", "nothing"));
	assert_false(fix_write_blocks(&world->fix, DISK - 1, bytes, SECTOR, "beyond the end", "nothing"));
	assert_int_equal(world->fix.writes.count, 1);
	assert_string_equal(world->out.lines[0].place, "bytes 100 to 611");
	assert_int_equal(world->out.gap_count, 1);
	assert_false(fix_put_esp(&world->fix, "/EFI/x", bytes, 1, "x", "y"));
	assert_true(has_gap(world, "ESP:/EFI/x", "no EFI system partition"));
}

/* The hands: each edit is a line, the same again is none, what a guest forbids is a gap. */
static void test_hands(void **state)
{
	struct world *world = *state;
	autostr struct str text = STR_EMPTY, zero = STR_EMPTY;
	const struct edit_owner owner = { .mode = 0600 };

	put(world, "/etc/a", "a\n");
	put(world, "/etc/b/c", "c\n");
	begin(world, "machine-id");
	str_add(&text, "a\n");
	assert_false(fix_put(&world->fix, "/etc/a", &text, NULL, "x", "y"));
	assert_true(fix_put(&world->fix, "/etc/a", &text, &owner, "mode", "y"));
	assert_false(fix_put(&world->fix, "/etc/b", &text, NULL, "x", "y"));
	assert_true(has_gap(world, "/etc/b", "no regular file"));
	assert_true(fix_append(&world->fix, "/etc/a", "b\n", 2, "x", "y"));
	assert_text(world, "/etc/a", "a\nb\n");
	assert_false(fix_remove(&world->fix, "/etc/none", "x", "y"));
	assert_true(fix_remove(&world->fix, "/etc/b/c", "x", "y"));
	assert_true(fix_link(&world->fix, "/etc/l", "a", "x", "y"));
	assert_false(fix_link(&world->fix, "/etc/l", "a", "x", "y"));
	assert_int_equal(world->out.line_count, 4);
	str_add_bytes(&zero, "a\0b", 3);
	assert_true(fix_put(&world->fix, "/etc/z", &zero, NULL, "x", "y"));
	str_clear(&text);
	assert_false(fix_text(&world->fix, "/etc/z", &text));
	assert_string_equal(text.bytes, "");
	assert_true(has_gap(world, "/etc/z", "no text"));
	assert_false(fix_text(&world->fix, "/etc/none", &text));
	assert_int_equal(world->out.gap_count, 2);
}

/* Only what is asked for works. */
static void test_choice(void **state)
{
	struct world *world = *state;
	struct guest_words only = { 0 }, skip = { 0 };

	put(world, "/etc/fstab", "/dev/sda1 / ext4 defaults 0 1\n");
	put(world, "/etc/hosts", "127.0.0.1 localhost\n");
	world->wishes.hostname = "web1";
	begin(world, "fstab");
	guest_words_add(&only, "hostname", 8);
	assert_int_equal(fix_plan(&world->fix, &only, &skip, NULL), 0);
	assert_text(world, "/etc/fstab", "/dev/sda1 / ext4 defaults 0 1\n");
	assert_int_equal(world->out.line_count, 2);
	guest_words_add(&skip, "hostname", 8);
	assert_int_equal(fix_plan(&world->fix, &only, &skip, NULL), 0);
	assert_int_equal(world->out.line_count, 2);
	guest_words_clear(&only);
	guest_words_clear(&skip);
	assert_null(fix_by_name("nothing"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_fstab, tear_down),
		TEST(test_fstab_bare),
		TEST(test_fstab_is_odd),
		TEST(test_fstab_check_fails),
		TEST(test_hostname),
		TEST(test_hostname_is_new),
		TEST(test_hostname_leads_out),
		TEST(test_keys),
		TEST(test_keys_are_added),
		TEST(test_keys_are_refused),
		TEST(test_old_keys),
		TEST(test_host_keys_are_made),
		TEST(test_machine_id),
		TEST(test_blocks),
		TEST(test_hands),
		TEST(test_choice),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

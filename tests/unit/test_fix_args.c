/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_fix_args.c - the fixers of loaders' configurations, consoles and storage on trees of files (tests/fix/SOURCES
 * tells what they follow): each tree is fixed, held to the one that was written before, fixed again, and each grub.cfg
 * shown to grub-script-check. Then single texts. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"
#include "guest/fix.h"
#include "guest/fix_arguments.h"
#include "guest/inspect.h"

#define T(text)	  ((char *)(unsigned long)(text))
#define ROOT_UUID "0a1b2c3d-1111-4222-8333-444455556666"

static char folder[] = "/tmp/moult-fix-XXXXXX";

/* The fixers that these trees are about. */
static char *names[] = {T("root-argument"), T("foreign-arguments"), T("grub-search"), T("console"), T("resume"),
			T("recordfail"),    T("storage"),	    T("debconf"),     T("grow-root")};

/* A disk with GPT and the guest's tree, on a machine. */
struct world {
	struct inspection image;
	struct layout_content root_content;
	struct layout_partition partitions[2];
	struct inspect_volume volumes[2];
	struct platform platform;
	struct fix_wishes wishes;
	struct adaptation out;
	struct vfs *vfs;
	struct fix fix;
};

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void run(const char *format, ...)
{
	char *words = NULL, *line = NULL;
	va_list list;

	va_start(list, format);
	assert_true(vasprintf(&words, format, list) > 0);
	va_end(list);
	assert_true(asprintf(&line, "exec >&2; %s", words) > 0); /* our own output is TAP */
	if (system(line) != 0)
		fail_msg("failed: %s", words);
	free(line);
	free(words);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	run("rm -rf %s", folder);
	return 0;
}

static void must(int result, const struct error *err)
{
	char text[512];

	if (result != 0)
		fail_msg("%s", error_text(err, text, sizeof(text)));
}

static void make_disk(struct world *world)
{
	world->root_content = (struct layout_content){
		.type = T("ext4"), .usage = T("filesystem"), .uuid = T(ROOT_UUID), .label = T("cloudimg-rootfs")};
	world->partitions[0] = (struct layout_partition){.number = 1, .start_bytes = 1 << 20, .size_bytes = 1 << 30,
							 .uuid = "aaaaaaaa-0000-0000-0000-000000000001", .role = ROLE_DATA,
							 .contents = &world->root_content, .content_count = 1};
	world->partitions[1] = (struct layout_partition){
		.number = 15, .start_bytes = (1 << 20) + (1 << 30), .size_bytes = 1 << 20, .role = ROLE_ESP};
	world->volumes[0] = (struct inspect_volume){.partition = 1, .type = T("ext4"), .folder = T("/")};
	world->volumes[1] = (struct inspect_volume){.partition = 15, .type = T("vfat"), .folder = T("/boot/efi")};
	world->image.layout = (struct layout){.kind = LAYOUT_GPT, .partitions = world->partitions, .partition_count = 2,
					      .size_bytes = (1 << 30) + (4 << 20)};
	world->image.volumes = world->volumes;
	world->image.volume_count = 2;
	world->image.name = T("image");
	world->image.can_seek = true;
	world->image.has_guest = true;
}

/* @tree: a folder of the host */
static void begin(struct world *world, const char *tree, const char *machine)
{
	struct error err = {0};

	*world = (struct world){0};
	make_disk(world);
	must(platform_by_name(machine, &world->platform, &err), &err);
	must(vfs_open_folder(open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC), &world->vfs, &err), &err);
	must(guest_inspect(world->vfs, &world->image.guest, &err), &err);
	world->fix = (struct fix){.edits = edit_begin(world->vfs, 1700000000), .image = &world->image,
				  .platform = &world->platform, .wishes = &world->wishes, .out = &world->out};
	world->fix.vfs = edit_vfs(world->fix.edits);
}

static void plan(struct world *world)
{
	const struct guest_words only = {names, sizeof(names) / sizeof(names[0])}, none = {0};
	struct error err = {0};

	must(fix_plan(&world->fix, &only, &none, &err), &err);
}

/* What the fixers say of the guest as edited. */
static void check(struct world *world)
{
	const struct guest_words only = {names, sizeof(names) / sizeof(names[0])}, none = {0};
	struct inspection after = world->image;
	struct error err = {0};
	size_t i;

	after.guest = (struct guest){0};
	must(guest_inspect(world->fix.vfs, &after.guest, &err), &err);
	fix_check(&world->fix, &after, &only, &none);
	guest_clear(&after.guest);
	for (i = 0; i < world->out.gap_count; i++)
		print_error("gap: %s: %s: %s\n", world->out.gaps[i].fixer, world->out.gaps[i].place,
			    world->out.gaps[i].reason);
}

static void end(struct world *world)
{
	edit_end(world->fix.edits);
	vfs_close(world->vfs);
	guest_clear(&world->image.guest);
	platform_clear(&world->platform);
	adaptation_clear(&world->out);
}

static bool has_line(const struct world *world, const char *place, const char *what)
{
	size_t i;

	for (i = 0; i < world->out.line_count; i++)
		if (strcmp(world->out.lines[i].place, place) == 0 && strstr(world->out.lines[i].what, what) != NULL)
			return true;
	return false;
}

static void print_lines(const struct world *world)
{
	size_t i;

	for (i = 0; i < world->out.line_count; i++)
		print_error("# %s: %s: %s (%s)\n", world->out.lines[i].fixer, world->out.lines[i].place,
			    world->out.lines[i].what, world->out.lines[i].prevents);
}

/* A tree, its machine, and how many lines its plan has. */
static const struct tree_row {
	const char *name, *machine;
	size_t lines;
	const char *wrong; /* fixers whose check finds the guest wrong before, in their order */
} trees[] = {
	{"debian-bullseye", "kvm-virtio-bios", 10, "root-argument foreign-arguments resume recordfail "},
	{"debian-bookworm", "kvm-virtio-bios", 10, "root-argument foreign-arguments resume recordfail "},
	{"debian-trixie", "kvm-virtio-bios", 10, "root-argument foreign-arguments resume recordfail "},
	{"ubuntu-14.04", "kvm-virtio-bios", 15, "root-argument foreign-arguments resume storage debconf "},
	{"ubuntu-20.04", "kvm-virtio-uefi", 11, "foreign-arguments grub-search storage debconf "},
	{"extlinux", "xen-pv", 11, "root-argument foreign-arguments console debconf "},
};

/* What the checks say of a guest that no fixer has seen. */
static void expect_wrong(struct world *world, const char *wanted)
{
	autostr struct str wrong = STR_EMPTY;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct fixer *fixer = fix_by_name(names[i]);
		autostr struct str why = STR_EMPTY;

		assert_non_null(fixer);
		if (fixer->detect(&world->fix) && !fixer->check(&world->fix, &world->image, &why))
			str_addf(&wrong, "%s ", names[i]);
	}
	assert_string_equal(wrong.bytes, wanted);
}

static void fix_tree(const struct tree_row *row)
{
	struct error err = {0};
	struct world world;

	begin(&world, folder, row->machine);
	expect_wrong(&world, row->wrong);
	plan(&world);
	check(&world);
	if (getenv("SHOW") != NULL)
		print_lines(&world);
	if (world.out.line_count != row->lines)
		print_lines(&world);
	assert_int_equal(world.out.gap_count, 0);
	assert_int_equal(world.out.line_count, row->lines);
	must(edit_commit(world.fix.edits, &err), &err);
	end(&world);
}

/* A second run finds nothing to do. */
static void fix_again(const struct tree_row *row)
{
	struct world world;

	begin(&world, folder, row->machine);
	plan(&world);
	check(&world);
	print_lines(&world);
	assert_int_equal(world.out.line_count, 0);
	assert_int_equal(world.out.gap_count, 0);
	assert_int_equal(edit_count(world.fix.edits), 0);
	end(&world);
}

static void test_trees(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		const char *name = trees[i].name;

		run("cd %s && rm -rf ./* && cp -a " TREES "/%s/before/. .", folder, name);
		fix_tree(&trees[i]);
		/* what must differ, and nothing else */
		run("cd %s && mkdir ../moult-fix-want.$PPID && cp -a " TREES "/%s/before/. ../moult-fix-want.$PPID && "
		    "cp -a " TREES "/%s/after/. ../moult-fix-want.$PPID && "
		    "if [ -e " TREES "/%s/removed ]; then while read -r path; do rm ../moult-fix-want.$PPID$path; done < "
		    "" TREES "/%s/removed; fi; diff -ru --no-dereference ../moult-fix-want.$PPID .; "
		    "result=$?; rm -rf ../moult-fix-want.$PPID; exit $result",
		    folder, name, name, name, name);
		run("cd %s && if [ -e boot/grub/grub.cfg ]; then grub-script-check boot/grub/grub.cfg; fi", folder);
		fix_again(&trees[i]);
	}
}

/* The same texts as GRUB has them in its menu's file and in its settings: begins, machine, what comes out. */
static void fix_text_of(const char *machine, const char *name, const char *text, void (*change)(struct world *world),
			struct str *out, struct world *world)
{
	struct error err = {0};

	run("cd %s && rm -rf ./* && mkdir -p boot/grub etc/default usr/lib/systemd usr/sbin usr/bin && "
	    "mkdir sbin && ln -s /usr/lib/systemd/systemd sbin/init && touch usr/lib/systemd/systemd boot/vmlinuz-1 && echo ID=debian > etc/os-release && "
	    "printf 'menuentry a {\\n\\tlinux /boot/vmlinuz-1 root=UUID=" ROOT_UUID " console=ttyS0\\n"
	    "\\tinitrd /boot/initrd.img-1\\n}\\n' > boot/grub/grub.cfg && touch boot/initrd.img-1",
	    folder);
	if (text != NULL) {
		char path[256];
		FILE *file;

		(void)snprintf(path, sizeof(path), "%s%s", folder, name);
		run("mkdir -p $(dirname %s)", path);
		file = fopen(path, "we");
		assert_non_null(file);
		assert_true(fputs(text, file) >= 0);
		assert_int_equal(fclose(file), 0);
	}
	begin(world, folder, machine);
	if (change != NULL)
		change(world);
	plan(world);
	if (out != NULL)
		must(vfs_read(world->fix.vfs, name, 1 << 20, out, &err), &err);
}

static void expect_text(const char *machine, const char *name, const char *text, void (*change)(struct world *world),
			const char *wanted)
{
	autostr struct str now = STR_EMPTY;
	struct world world;

	fix_text_of(machine, name, text, change, &now, &world);
	assert_string_equal(now.bytes, wanted);
	end(&world);
}

#define MENU "/boot/grub/grub.cfg"
#define ENTRY(line)                                                                                                            \
	"menuentry a {\n\tlinux /boot/vmlinuz-1" line "\n\tinitrd /boot/initrd.img-1\n}\n"
#define BARE_ENTRY(line) "menuentry a {\n\tlinux /boot/vmlinuz-1" line "\n}\n"

static void make_volume(struct world *world)
{
	world->volumes[0].name = T("my-vg/root");
}

static void make_hostile_volume(struct world *world)
{
	world->volumes[0].name = T("vg/a\nmenuentry 'x' {");
}

static void test_root(void **state)
{
	(void)state;
	expect_text("kvm-virtio-bios", MENU, ENTRY(" root=/dev/sda1 ro"), NULL, ENTRY(" root=UUID=" ROOT_UUID " ro"));
	/* a name that the machine has, of the right partition; and of a wrong one */
	expect_text("kvm-virtio-bios", MENU, ENTRY(" root=/dev/vda1 ro"), NULL, ENTRY(" root=/dev/vda1 ro"));
	expect_text("kvm-virtio-bios", MENU, ENTRY(" root=/dev/vda15"), NULL, ENTRY(" root=UUID=" ROOT_UUID));
	expect_text("kvm-virtio-bios", MENU, ENTRY(" root=UUID=ffffffff-1111-4222-8333-444455556666"), NULL,
		    ENTRY(" root=UUID=" ROOT_UUID));
	expect_text("kvm-virtio-bios", MENU, ENTRY(" \"root=/dev/sda1\" 'a b'"), NULL,
		    ENTRY(" root=UUID=" ROOT_UUID " 'a b'"));
	/* what only GRUB knows, and another system's kernel */
	expect_text("kvm-virtio-bios", MENU, ENTRY(" root=$mine"), NULL, ENTRY(" root=$mine"));
	expect_text("kvm-virtio-bios", MENU,
		    ENTRY(" root=/dev/vda1") "menuentry b {\n\tlinux /boot/vmlinuz-9 root=/dev/sda5\n}\n", NULL,
		    ENTRY(" root=/dev/vda1") "menuentry b {\n\tlinux /boot/vmlinuz-9 root=/dev/sda5\n}\n");
	/* the kernel alone knows no UUID of a file system */
	expect_text("kvm-virtio-bios", MENU, BARE_ENTRY(" root=/dev/sda1"), NULL,
		    BARE_ENTRY(" root=PARTUUID=aaaaaaaa-0000-0000-0000-000000000001"));
	expect_text("kvm-virtio-bios", MENU, BARE_ENTRY(" root=UUID=" ROOT_UUID), NULL,
		    BARE_ENTRY(" root=PARTUUID=aaaaaaaa-0000-0000-0000-000000000001"));
	/* a volume stays; a name by the disk becomes the volume */
	expect_text("kvm-virtio-bios", MENU, ENTRY(" root=/dev/mapper/my--vg-root"), make_volume,
		    ENTRY(" root=/dev/mapper/my--vg-root"));
	expect_text("kvm-virtio-bios", MENU, ENTRY(" root=/dev/sda1"), make_volume, ENTRY(" root=/dev/mapper/my--vg-root"));
	expect_text("kvm-virtio-bios", MENU, ENTRY(" root=/dev/sda1"), make_hostile_volume, ENTRY(" root=/dev/sda1"));
	/* Xen's entries: the kernel is the first module */
	expect_text("xen-hvm", MENU,
		    "menuentry a {\n\tmultiboot2 /boot/xen.gz placeholder root=/dev/sda1\n\tmodule2 /boot/vmlinuz-1 placeholder "
		    "root=/dev/sda1\n\tmodule2 --nounzip /boot/initrd.img-1\n}\n",
		    NULL,
		    "menuentry a {\n\tmultiboot2 /boot/xen.gz placeholder root=/dev/sda1\n\tmodule2 /boot/vmlinuz-1 placeholder "
		    "root=UUID=" ROOT_UUID "\n\tmodule2 --nounzip /boot/initrd.img-1\n}\n");
	expect_text("kvm-virtio-bios", MENU, ENTRY(" root=/dev/vda1 rootfstype=xfs"), NULL,
		    ENTRY(" root=/dev/vda1 rootfstype=ext4"));
	expect_text("kvm-virtio-bios", MENU, ENTRY(" root=/dev/vda1 rootfstype=xfs,ext4"), NULL,
		    ENTRY(" root=/dev/vda1 rootfstype=xfs,ext4"));
}

static void make_small(struct world *world)
{
	world->platform.memory_bytes = 1 << 30;
}

static void test_foreign(void **state)
{
	(void)state;
	/* of Xen: they stay there */
	expect_text("xen-hvm", MENU, ENTRY(" clocksource=xen earlyprintk=xen console=ttyS0"), NULL,
		    ENTRY(" clocksource=xen earlyprintk=xen console=ttyS0"));
	expect_text("xen-hvm", MENU, ENTRY(" clocksource=kvm-clock console=ttyS0"), NULL, ENTRY(" console=ttyS0"));
	expect_text("kvm-virtio-bios", MENU, ENTRY(" clocksource=tsc earlyprintk=ttyS0 noapictimer"), NULL,
		    ENTRY(" clocksource=tsc earlyprintk=ttyS0 noapictimer"));
	expect_text("kvm-virtio-bios", MENU, ENTRY(" crashkernel=768M idebus=66 rd.lvm.lv=vg/root"), make_small, ENTRY(""));
	expect_text("kvm-virtio-bios", MENU, ENTRY(" crashkernel=256M crashkernel=1G-4G:900M"), make_small,
		    ENTRY(" crashkernel=256M crashkernel=1G-4G:900M"));
}

static void test_console(void **state)
{
	(void)state;
	expect_text("kvm-virtio-bios", MENU, ENTRY(" console=hvc0"), NULL, ENTRY(" console=tty0 console=ttyS0,115200n8"));
	/* the last one is /dev/console: who has put the screen there keeps it */
	expect_text("kvm-virtio-bios", MENU, ENTRY(" console=hvc0 console=tty0 a"), NULL,
		    ENTRY(" console=ttyS0,115200n8 console=tty0 a"));
	expect_text("kvm-virtio-bios", MENU, ENTRY(" console=tty0 console=hvc0 console=xvc0"), NULL,
		    ENTRY(" console=tty0 console=ttyS0,115200n8"));
	expect_text("kvm-virtio-bios", MENU, ENTRY(" console=ttyS0,9600 console=hvc0"), NULL,
		    ENTRY(" console=ttyS0,9600 console=tty0"));
	/* nothing is told: the screen is the kernel's own choice */
	expect_text("kvm-virtio-bios", MENU, ENTRY(" quiet"), NULL, ENTRY(" quiet"));
	expect_text("xen-pv", MENU, ENTRY(" quiet"), NULL, ENTRY(" quiet console=hvc0"));
	expect_text("xen-pv", MENU, ENTRY(""), NULL, ENTRY(" console=hvc0"));
	expect_text("xen-pv", MENU, ENTRY(" console=tty0"), NULL, ENTRY(" console=tty0 console=hvc0"));
	expect_text("xen-pv", MENU, ENTRY(" console=tty0 console=ttyS0 a"), NULL, ENTRY(" console=tty0 console=hvc0 a"));
	expect_text("xen-hvm", MENU, ENTRY(" console=hvc0"), NULL, ENTRY(" console=hvc0"));
	/* GRUB's own */
	expect_text("xen-pv", MENU, "serial --unit=0 --speed=9600\nif a; then\n  terminal_output serial\nfi\n" ENTRY(" console=hvc0"),
		    NULL, "# no such port: serial --unit=0 --speed=9600\nif a; then\n  terminal_output console\nfi\n" ENTRY(" console=hvc0"));
	expect_text("kvm-virtio-bios", MENU, "serial --unit=1 --speed=9600\nterminal_output serial\n" ENTRY(" console=tty0"), NULL,
		    "serial --unit=0 --speed=115200\nterminal_output serial\n" ENTRY(" console=tty0"));
}

static void test_settings(void **state)
{
	const char *name = "/etc/default/grub";

	(void)state;
	expect_text("kvm-virtio-bios", name, "GRUB_CMDLINE_LINUX=console=hvc0", NULL,
		    "GRUB_CMDLINE_LINUX=\"console=tty0 console=ttyS0,115200n8\"");
	expect_text("kvm-virtio-bios", name, "A=1 GRUB_CMDLINE_LINUX_DEFAULT='noapic  quiet' # noapic\n", NULL,
		    "A=1 GRUB_CMDLINE_LINUX_DEFAULT='quiet' # noapic\n");
	expect_text("kvm-virtio-bios", name, "GRUB_CMDLINE_LINUX=\"noapic root=/dev/sda1 \\\n  a=\\\"x y\\\" idebus=1\"\n", NULL,
		    "GRUB_CMDLINE_LINUX=\"root=UUID=" ROOT_UUID " \\\n  a=\\\"x y\\\"\"\n");
	/* a value of several pieces is left alone, as is a text in another one */
	expect_text("kvm-virtio-bios", name, "GRUB_CMDLINE_LINUX=\"noapic \"$A\nX='\nGRUB_CMDLINE_LINUX=noapic\n'\n", NULL,
		    "GRUB_CMDLINE_LINUX=\"noapic \"$A\nX='\nGRUB_CMDLINE_LINUX=noapic\n'\n");
	expect_text("kvm-virtio-bios", name, "GRUB_TIMEOUT=\"-1\"\nGRUB_TIMEOUT_STYLE=menu\n", NULL,
		    "GRUB_TIMEOUT=5\nGRUB_TIMEOUT_STYLE=menu\n");
	expect_text("kvm-virtio-bios", name, "GRUB_CMDLINE_LINUX=\"\n", NULL, "GRUB_CMDLINE_LINUX=\"\n");
}

static void test_resume(void **state)
{
	struct guest_kernel *kernel;
	autostr struct str now = STR_EMPTY;
	struct error err = {0};
	struct world world;

	(void)state;
	expect_text("kvm-virtio-bios", MENU, ENTRY(" resume=UUID=" ROOT_UUID " resume_offset=1"), NULL,
		    ENTRY(" resume=UUID=" ROOT_UUID " resume_offset=1"));
	expect_text("kvm-virtio-bios", "/etc/initramfs-tools/conf.d/resume", "RESUME=auto\n", NULL, "RESUME=auto\n");
	/* what the initramfs was made with */
	fix_text_of("kvm-virtio-bios", MENU, NULL, NULL, NULL, &world);
	assert_int_equal(world.out.line_count, 0);
	assert_int_equal(world.image.guest.kernel_count, 1);
	kernel = &world.image.guest.kernels[0];
	guest_settings_add(&kernel->initramfs.settings, "RESUME", "UUID=ffffffff-1111-4222-8333-444455556666",
			   "conf/conf.d/zz-resume-auto");
	plan(&world);
	must(vfs_read(world.fix.vfs, MENU, 1 << 20, &now, &err), &err);
	assert_string_equal(now.bytes, ENTRY(" root=UUID=" ROOT_UUID " console=ttyS0 noresume"));
	end(&world);
}

static void make_larger(struct world *world)
{
	world->image.layout.partition_count = 1;
	world->platform.disks[0].size_bytes = (uint64_t)4 << 30;
}

static void make_larger_behind_esp(struct world *world)
{
	world->platform.disks[0].size_bytes = (uint64_t)4 << 30;
}

static void make_larger_volume(struct world *world)
{
	make_larger(world);
	make_volume(world);
}

/* As the fixer of cloud-init does it in the same set. */
static void make_larger_without_cloud(struct world *world)
{
	struct error err = {0};

	make_larger(world);
	must(edit_put(world->fix.edits, "/etc/cloud/cloud-init.disabled", "", 0, NULL, &err), &err);
}

/* @programs: of the guest; @gap: NULL: none. Returns: whether a unit is made */
static bool grows(const char *programs, void (*change)(struct world *world), const char *gap)
{
	const char *unit = "/etc/systemd/system/moult-grow-root.service";
	struct vfs_stat stat = {0};
	struct error err = {0};
	struct world world;
	bool is_made;

	fix_text_of("kvm-virtio-bios", MENU, NULL, NULL, NULL, &world);
	end(&world);
	run("cd %s && for name in %s; do mkdir -p $(dirname $name) && touch $name; done", folder, programs);
	begin(&world, folder, "kvm-virtio-bios");
	change(&world);
	plan(&world);
	is_made = vfs_exists(world.fix.vfs, unit);
	assert_int_equal(world.out.gap_count, gap != NULL);
	if (gap != NULL)
		assert_non_null(strstr(world.out.gaps[0].reason, gap));
	if (is_made) {
		must(vfs_stat(world.fix.vfs, "/usr/local/sbin/moult-grow-root", true, &stat, &err), &err);
		assert_int_equal(stat.mode & 07777, 0755);
		must(vfs_stat(world.fix.vfs, "/etc/systemd/system/multi-user.target.wants/moult-grow-root.service", true,
			      &stat, &err),
		     &err);
		assert_true(has_line(&world, "/usr/local/sbin/moult-grow-root", "3071 MiB"));
		must(edit_commit(world.fix.edits, &err), &err);
		run("sh -n %s/usr/local/sbin/moult-grow-root", folder);
		if (system("command -v systemd-analyze > /dev/null") == 0)
			run("cd %s && sed 's,/usr/local/sbin/moult-grow-root,/bin/true,' .%s > ./moult-grow-root.service && "
			    "systemd-analyze verify ./moult-grow-root.service",
			    folder, unit);
		end(&world);
		begin(&world, folder, "kvm-virtio-bios");
		change(&world);
		plan(&world);
		assert_int_equal(world.out.line_count, 0);
	}
	end(&world);
	return is_made;
}

static void test_grow(void **state)
{
	(void)state;
	assert_true(grows("usr/sbin/sfdisk usr/bin/partx sbin/resize2fs", make_larger, NULL));
	assert_false(grows("usr/sbin/sfdisk usr/bin/partx sbin/resize2fs", make_larger_behind_esp, NULL));
	assert_false(grows("usr/bin/partx sbin/resize2fs", make_larger, "no sfdisk"));
	assert_false(grows("usr/sbin/sfdisk usr/bin/partx", make_larger, "its file system"));
	assert_false(grows("usr/sbin/sfdisk usr/bin/partx sbin/resize2fs", make_larger_volume, "logical volume"));
	assert_false(grows("usr/bin/cloud-init usr/bin/growpart", make_larger, NULL));
	assert_true(grows("usr/bin/cloud-init usr/bin/growpart usr/sbin/sfdisk usr/bin/partx sbin/resize2fs",
			  make_larger_without_cloud, NULL));
	assert_true(grows("usr/bin/cloud-init usr/bin/growpart etc/cloud/cloud-init.disabled usr/sbin/sfdisk usr/bin/partx "
			  "sbin/resize2fs",
			  make_larger, NULL));
}

/* The script of the unit, with programs that only say what they would do. */
static void test_grow_script(void **state)
{
	(void)state;
	assert_true(grows("usr/sbin/sfdisk usr/bin/partx sbin/resize2fs", make_larger, NULL));
	run("cd %s && mkdir -p stub sys/block/vda/vda1 sys/class/block && echo 1 > sys/block/vda/vda1/partition && "
	    "ln -s ../../block/vda/vda1 sys/class/block/vda1 && "
	    "for name in sfdisk partx resize2fs rm; do printf '#!/bin/sh\\necho %%s \"$@\" >> %s/did\\n' $name > stub/$name; done && "
	    "printf '#!/bin/sh\\necho /dev/vda1\\n' > stub/findmnt && chmod 755 stub/* && "
	    "sed -e 's,^PATH=,&%s/stub:,' -e 's,/sys/class,%s/sys/class,' usr/local/sbin/moult-grow-root > script && "
	    "sh script && sed 's,/etc/systemd.*,...,' did > told && printf '%%s\\n' "
	    "'sfdisk -q --no-reread --no-tell-kernel -N 1 /dev/vda' 'partx --update --nr 1 /dev/vda' 'resize2fs /dev/vda1' "
	    "'rm -f ...' | diff - told",
	    folder, folder, folder, folder);
}

#define NO_GRUB "Name: a/b\nTemplate: a/b\nValue: x\nOwners: a\n\n"
#define DEVICES(value, flags)                                                                                                  \
	NO_GRUB "Name: grub-pc/install_devices\nTemplate: grub-pc/install_devices\n" value "Owners: grub-pc\n" flags "\n"     \
	"Name: grub-pc/install_devices_empty\nTemplate: grub-pc/install_devices_empty\n"

static void test_debconf(void **state)
{
	const char *name = "/var/cache/debconf/config.dat";

	(void)state;
	/* as a package that was installed without a question leaves it (seen in a root of mmdebstrap) */
	expect_text("kvm-virtio-bios", name, DEVICES("", "") "Owners: grub-pc\n\n", NULL,
		    DEVICES("Value: /dev/vda\n", "Flags: seen\n") "Owners: grub-pc\n\n");
	expect_text("nvme-uefi", name, DEVICES("Value: /dev/sda\n", "Flags: seen\n") "Value: false\nOwners: grub-pc\n\n", NULL,
		    DEVICES("Value: \n", "Flags: seen\n") "Value: true\nOwners: grub-pc\nFlags: seen\n\n");
	/* who has chosen none keeps it, and so does a disk that is there */
	expect_text("kvm-virtio-bios", name, DEVICES("Value: \n", "") "Value: true\nOwners: grub-pc\n\n", NULL,
		    DEVICES("Value: \n", "") "Value: true\nOwners: grub-pc\n\n");
	expect_text("kvm-virtio-bios", name, DEVICES("Value: /dev/vda\n", "Flags: seen\n") "Owners: grub-pc\n\n", NULL,
		    DEVICES("Value: /dev/vda\n", "Flags: seen\n") "Owners: grub-pc\n\n");
	expect_text("kvm-virtio-bios", name,
		    DEVICES("Value: /dev/disk/by-id/ata-X\n", "Flags: seen\nVariables:\n RAW_CHOICES = Value: y\n") "Owners: grub-pc\n",
		    NULL, DEVICES("Value: /dev/vda\n", "Flags: seen\nVariables:\n RAW_CHOICES = Value: y\n") "Owners: grub-pc\n");
	expect_text("kvm-virtio-bios", name, NO_GRUB, NULL, NO_GRUB);
}

/* Nothing of the host is read, and nothing ends the run. */
static void test_hostile(void **state)
{
	struct world world;

	(void)state;
	fix_text_of("kvm-virtio-bios", MENU, NULL, NULL, NULL, &world);
	end(&world);
	run("cd %s && mkdir -p etc/default/grub.d etc/initramfs-tools/conf.d var/cache/debconf && mkfifo etc/crypttab && "
	    "ln -s ../../../../../../etc/shadow etc/default/grub && truncate -s 10G var/cache/debconf/config.dat && "
	    "mkdir etc/default/grub.d/a.cfg && printf 'RESUME=/dev/sda2\\0' > etc/initramfs-tools/conf.d/resume && "
	    "ln -s loop etc/inittab && ln -s inittab etc/loop",
	    folder);
	begin(&world, folder, "kvm-virtio-bios");
	plan(&world);
	print_lines(&world);
	assert_int_equal(world.out.line_count, 0);
	assert_true(world.out.gap_count >= 4);
	end(&world);
}

/* Texts that end in the middle of everything: each prefix of one is edited without harm. */
static void test_prefixes(void **state)
{
	static const char text[] = "GRUB_CMDLINE_LINUX=\"noapic 'a b' \\\" $X\" # c\nlinux (hd0)/vmlinuz 'root=/dev/sda1' \\\n\tnoapic;"
				   "# kopt=root=x noapic\nappend noapic\nkernel --a /boot/xen.gz\nmodule /v noapic\n";
	static const enum arguments_form forms[] = {ARGUMENTS_GRUB, ARGUMENTS_LEGACY, ARGUMENTS_EXTLINUX, ARGUMENTS_SHELL};
	const struct arguments_editor nothing = {0};
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(text); i++)
		for (k = 0; k < sizeof(forms) / sizeof(forms[0]); k++) {
			autofree char *part = strndup(text, i);
			autostr struct str now = STR_EMPTY;

			assert_int_equal(arguments_edit(part, forms[k], &nothing, &now), 0);
			assert_string_equal(now.bytes, part);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trees),	   cmocka_unit_test(test_root),	      cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_console),	   cmocka_unit_test(test_settings),   cmocka_unit_test(test_resume),
		cmocka_unit_test(test_grow),	   cmocka_unit_test(test_grow_script), cmocka_unit_test(test_debconf),
		cmocka_unit_test(test_hostile),	   cmocka_unit_test(test_prefixes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

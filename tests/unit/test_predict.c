/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_predict.c - the judges of a prediction on facts made by hand: a system that boots, is reached and lets
 * somebody in, and one change of it for each thing that a judge looks at. Whether real disks behave so is seen in
 * tests/cli/predict.bats and tests/vm. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

#include "base/str.h"
#include "guest/parse.h"
#include "guest/predict.h"
#include "model/device.h"

#define T(text)	      ((char *)(unsigned long)(text))
#define WORDS(array)  {.list = (array), .count = sizeof(array) / sizeof((array)[0])}
#define ROOT_UUID     "11111111-2222-3333-4444-555555555555"
#define ESP_UUID      "ABCD-1234"
#define KERNEL	      "/boot/vmlinuz-6.1.0"
#define INITRD	      "/boot/initrd.img-6.1.0"

/* All that the tests change, so that each begins afresh. */
struct world {
	struct inspection image;
	struct platform platform;
	struct prediction result;
	struct layout_content root_content, esp_content;
	struct layout_partition partitions[3];
	struct layout_core core, efi_core;
	struct inspect_volume volumes[2];
	struct inspect_efi_file efi_files[1];
	struct inspect_efi_config efi_configs[1];
	struct guest_loader loader;
	struct guest_entry entry;
	char *initrds[1], *consoles[1], *modules[16], *releases[1], *gateways[1], *addresses[1], *sources[2];
	struct guest_boot_file boot_files[2];
	struct guest_kernel kernel;
	struct guest_mount mounts[2];
	struct guest_interface interface;
	struct guest_stack stack;
	struct guest_key key;
	struct guest_user user;
	struct guest_pin pin;
};

static void add_module(struct world *world, const char *name, const char *needs)
{
	guest_modules_add(&world->kernel.modules, name, needs, false);
	world->modules[world->kernel.initramfs.modules.count++] = T(name);
}

static void make_kernel(struct world *world)
{
	struct guest_kernel *kernel = &world->kernel;

	*kernel = (struct guest_kernel){
		.path = T(KERNEL), .release = T("6.1.0"), .format = T("bzImage"), .config_path = T("/boot/config-6.1.0")};
	kernel->initramfs.path = T(INITRD);
	kernel->initramfs.modules.list = world->modules;
	world->releases[0] = T("6.1.0");
	kernel->initramfs.releases = (struct guest_words){world->releases, 1};
	add_module(world, "ahci", "libahci");
	add_module(world, "ext4", "");
	add_module(world, "libahci", "");
	add_module(world, "nvme", "");
	add_module(world, "sd_mod", "");
	add_module(world, "virtio", "");
	add_module(world, "virtio_blk", "virtio");
	add_module(world, "virtio_pci", "virtio");
	add_module(world, "xen_blkfront", "");
	guest_modules_add(&kernel->modules, "virtio_net", "virtio", false); /* not in the initramfs */
	guest_modules_add(&kernel->modules, "xen_netfront", "", false);
	guest_modules_add(&kernel->modules, "dm_mod", "", false);
	guest_modules_sort(&kernel->modules);
	guest_modules_alias(&kernel->modules, "pci:v00001AF4d*sv*sd*bc*sc*i*", "virtio_pci");
	guest_modules_alias(&kernel->modules, "virtio:d00000002v*", "virtio_blk");
	guest_modules_alias(&kernel->modules, "virtio:d00000001v*", "virtio_net");
	guest_modules_alias(&kernel->modules, "pci:v*d*sv*sd*bc01sc06i01*", "ahci");
	guest_modules_alias(&kernel->modules, "pci:v*d*sv*sd*bc01sc08i02*", "nvme");
	guest_modules_alias(&kernel->modules, "scsi:t-0x00*", "sd_mod");
	guest_modules_alias(&kernel->modules, "xen:vbd", "xen_blkfront");
	guest_modules_alias(&kernel->modules, "xen:vif", "xen_netfront");
	guest_settings_add(&kernel->config, "CONFIG_XEN", "y", "/boot/config-6.1.0");
	guest_settings_add(&kernel->config, "CONFIG_XEN_PV", "y", "/boot/config-6.1.0");
	guest_settings_add(&kernel->config, "CONFIG_XEN_PVH", "y", "/boot/config-6.1.0");
}

static void make_disk(struct world *world)
{
	struct layout *layout = &world->image.layout;

	world->root_content =
		(struct layout_content){.type = T("ext4"), .usage = T("filesystem"), .uuid = T(ROOT_UUID), .label = T("system")};
	world->esp_content = (struct layout_content){.type = T("vfat"), .usage = T("filesystem"), .uuid = T(ESP_UUID)};
	world->partitions[0] = (struct layout_partition){
		.number = 1, .role = ROLE_DATA, .uuid = "aaaaaaaa-0000-0000-0000-000000000001", .contents = &world->root_content,
		.content_count = 1};
	world->partitions[1] =
		(struct layout_partition){.number = 15, .role = ROLE_ESP, .contents = &world->esp_content, .content_count = 1};
	world->partitions[2] = (struct layout_partition){.number = 14, .role = ROLE_BIOS_BOOT};
	*layout = (struct layout){.kind = LAYOUT_GPT, .partitions = world->partitions, .partition_count = 3};
	world->core = (struct layout_core){.prefix = T("(hd0,gpt1)/boot/grub")};
	layout->boot = (struct layout_boot){.kind = BOOT_GRUB2, .core = &world->core};
	world->volumes[0] = (struct inspect_volume){.partition = 1, .type = T("ext4"), .folder = T("/")};
	world->volumes[1] = (struct inspect_volume){.partition = 15, .type = T("vfat"), .folder = T("/boot/efi")};
	world->image.volumes = world->volumes;
	world->image.volume_count = 2;
	world->efi_core = (struct layout_core){.prefix = T("/EFI/debian"), .module_count = 1};
	world->efi_files[0] = (struct inspect_efi_file){.path = T("/EFI/BOOT/BOOTX64.EFI"), .grub = &world->efi_core};
	world->efi_configs[0] = (struct inspect_efi_config){
		.path = T("/EFI/debian/grub.cfg"),
		.text = T("search.fs_uuid " ROOT_UUID " root\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n")};
	world->image.efi_files = world->efi_files;
	world->image.efi_file_count = 1;
	world->image.efi_configs = world->efi_configs;
	world->image.efi_config_count = 1;
}

static void make_boot(struct world *world)
{
	struct guest *guest = &world->image.guest;

	world->initrds[0] = T(INITRD);
	world->consoles[0] = T("ttyS0,115200n8");
	world->entry = (struct guest_entry){.title = T("Debian"), .source = T("/boot/grub/grub.cfg"), .kernel = T(KERNEL),
					    .initrds = WORDS(world->initrds), .device = T("uuid=" ROOT_UUID),
					    .arguments = T("root=UUID=" ROOT_UUID " ro console=ttyS0,115200n8"),
					    .root = T("UUID=" ROOT_UUID), .root_flag = T("ro"), .consoles = WORDS(world->consoles)};
	world->loader = (struct guest_loader){.kind = T("grub2"), .config = T("/boot/grub/grub.cfg"), .timeout_s = 5,
					      .entries = &world->entry, .entry_count = 1};
	world->boot_files[0] = (struct guest_boot_file){T(KERNEL), T(KERNEL)};
	world->boot_files[1] = (struct guest_boot_file){T(INITRD), T(INITRD)};
	guest->loaders = &world->loader;
	guest->loader_count = 1;
	guest->boot_files = world->boot_files;
	guest->boot_file_count = 2;
	guest->kernels = &world->kernel;
	guest->kernel_count = 1;
	world->mounts[0] = (struct guest_mount){T("UUID=" ROOT_UUID), T("/"), T("ext4"), T("defaults"), 1};
	world->mounts[1] = (struct guest_mount){T("UUID=" ESP_UUID), T("/boot/efi"), T("vfat"), T("umask=0077"), 1};
	guest->mounts = world->mounts;
	guest->mount_count = 2;
}

static void make_people(struct world *world)
{
	struct guest *guest = &world->image.guest;

	world->interface = (struct guest_interface){.stack = T("systemd-networkd"), .source = T("/etc/systemd/network/a.network"),
						    .name = T("en*"), .is_pattern = true, .is_up_at_boot = true,
						    .ip4 = GUEST_METHOD_DHCP};
	world->stack = (struct guest_stack){"systemd-networkd", true, true};
	guest->network.interfaces = &world->interface;
	guest->network.interface_count = 1;
	guest->network.stacks = &world->stack;
	guest->network.stack_count = 1;
	world->key = (struct guest_key){.type = T("ssh-ed25519")};
	world->user = (struct guest_user){.name = T("admin"), .uid = 1000, .has_login_shell = true,
					  .password = GUEST_PASSWORD_SET, .keys = {&world->key, 1}};
	guest->access.users = &world->user;
	guest->access.user_count = 1;
	guest->access.has_sshd = true;
	guest->access.is_sshd_enabled = true;
	guest->identity.host_keys.list = &world->key;
	guest->identity.host_keys.count = 1;
	guest->system = (struct guest_system){.family = GUEST_DEBIAN, .id = T("debian"), .version = T("12"),
					      .pretty_name = T("Debian"), .architecture = T("x86_64"), .init = T("systemd")};
}

static struct world *begin(const char *platform)
{
	struct world *world = mem_zero(1, sizeof(*world));

	world->image.name = T("image.raw");
	world->image.has_guest = true;
	make_disk(world);
	make_kernel(world);
	make_boot(world);
	make_people(world);
	assert_int_equal(platform_by_name(platform, &world->platform, NULL), 0);
	return world;
}

static void end(struct world *world)
{
	guest_modules_clear(&world->kernel.modules);
	guest_settings_clear(&world->kernel.config);
	guest_settings_clear(&world->image.guest.access.sshd);
	prediction_clear(&world->result);
	platform_clear(&world->platform);
	free(world);
}

static void judge(struct world *world)
{
	guest_predict(&world->image, &world->platform, &world->result);
}

/* Judge, and compare a link; the fixer is compared when it does not hold. */
static void expect(struct world *world, enum prediction_step step, enum prediction_verdict verdict,
		   enum prediction_fixer fixer)
{
	const struct prediction_link *link = &world->result.links[step];

	judge(world);
	if (link->verdict != verdict || (verdict != PREDICT_HOLDS && link->fixer != fixer))
		print_error("%s: %s (%s)\n", prediction_steps[step].name, prediction_verdict_names[link->verdict], link->says);
	assert_int_equal(link->verdict, verdict);
	if (verdict != PREDICT_HOLDS)
		assert_int_equal(link->fixer, fixer);
	end(world);
}

/* Judge, and look for words in what a broken link says. */
static void expect_words(struct world *world, enum prediction_step step, const char *words)
{
	judge(world);
	assert_int_equal(world->result.links[step].verdict, PREDICT_BROKEN);
	if (strstr(world->result.links[step].says, words) == NULL)
		print_error("%s\n", world->result.links[step].says);
	assert_non_null(strstr(world->result.links[step].says, words));
	end(world);
}

/* The first broken link of the boot chain. */
static void expect_first(struct world *world, enum prediction_step step, enum prediction_fixer fixer)
{
	judge(world);
	if (prediction_first_bad(&world->result, CHAIN_BOOT) != step)
		print_error("%s\n", world->result.links[step].says);
	assert_int_equal(prediction_first_bad(&world->result, CHAIN_BOOT), step);
	assert_int_equal(world->result.links[step].verdict, PREDICT_BROKEN);
	assert_int_equal(world->result.links[step].fixer, fixer);
	assert_int_equal(prediction_error(&world->result), ERROR_VERIFY);
	end(world);
}

static void a_good_system_holds_on_each_machine(void **state)
{
	static const char *const names[] = {"kvm-virtio-bios", "kvm-virtio-uefi", "ahci-bios", "nvme-uefi"};
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct world *world = begin(names[i]);

		if (strcmp(names[i], "ahci-bios") == 0) {
			guest_modules_add(&world->kernel.modules, "e1000e", "", false);
			guest_modules_sort(&world->kernel.modules);
		}
		judge(world);
		for (k = 0; k < STEP_COUNT; k++) {
			if (world->result.links[k].verdict != PREDICT_HOLDS)
				print_error("%s: %s: %s\n", names[i], prediction_steps[k].name, world->result.links[k].says);
			assert_int_equal(world->result.links[k].verdict, PREDICT_HOLDS);
		}
		assert_int_equal(prediction_error(&world->result), ERROR_NONE);
		end(world);
	}
}

static void the_firmware_must_find_something(void **state)
{
	struct world *world = begin("kvm-virtio-uefi");

	(void)state;
	world->image.layout.partitions[1].role = ROLE_DATA;
	expect_first(world, STEP_FIRMWARE, FIXER_GRUB_UEFI);
	world = begin("kvm-virtio-bios");
	world->image.layout.boot.kind = BOOT_NONE;
	expect_first(world, STEP_FIRMWARE, FIXER_GRUB_BIOS);
	world = begin("xen-pv");
	world->image.guest.loader_count = 0;
	expect_first(world, STEP_FIRMWARE, FIXER_LOADER);
}

static void boot_blocks_must_lead_to_a_menu(void **state)
{
	struct world *world = begin("kvm-virtio-bios");

	(void)state;
	world->core.problem = T("no core.img begins there");
	expect_first(world, STEP_BOOT_BLOCKS, FIXER_GRUB_BIOS);
	world = begin("kvm-virtio-bios");
	world->core.prefix = T("(hd0,gpt7)/boot/grub");
	expect_words(world, STEP_BOOT_BLOCKS, "a place that this disk does not have");
	world = begin("kvm-virtio-bios");
	world->core.prefix = T("(hd1,gpt1)/boot/grub");
	expect_first(world, STEP_BOOT_BLOCKS, FIXER_GRUB_BIOS);
	world = begin("kvm-virtio-bios");
	world->core.prefix = T("(,gpt1)/grub");
	expect_first(world, STEP_BOOT_BLOCKS, FIXER_GRUB_BIOS);
	world = begin("kvm-virtio-bios");
	world->core.config = T("search.fs_uuid 99999999-2222-3333-4444-555555555555 root hd0,gpt1\n");
	expect_words(world, STEP_BOOT_BLOCKS, "a file system that is not on this disk");
	world = begin("kvm-virtio-bios");
	world->core.config = T("search.fs_uuid " ROOT_UUID " root hd0,gpt1\nset prefix=($root)'/boot/grub'\n");
	expect(world, STEP_BOOT_BLOCKS, PREDICT_HOLDS, FIXER_NONE);
	world = begin("kvm-virtio-bios");
	world->image.layout.boot.kind = BOOT_UNKNOWN;
	expect(world, STEP_BOOT_BLOCKS, PREDICT_UNKNOWN, FIXER_GRUB_BIOS);
}

static void boot_code_may_start_the_active_partition(void **state)
{
	struct world *world = begin("kvm-virtio-bios");

	(void)state;
	world->image.layout.boot.kind = BOOT_SYSLINUX_GPTMBR;
	expect_first(world, STEP_BOOT_BLOCKS, FIXER_GRUB_BIOS);
	world = begin("kvm-virtio-bios");
	world->image.layout.boot.kind = BOOT_SYSLINUX_GPTMBR;
	world->partitions[0].boot.kind = BOOT_EXTLINUX;
	world->loader.kind = T("extlinux");
	expect_first(world, STEP_BOOT_BLOCKS, FIXER_GRUB_BIOS);
	world = begin("kvm-virtio-bios");
	world->image.layout.boot.kind = BOOT_SYSLINUX_GPTMBR;
	world->partitions[0].is_active = true;
	world->partitions[0].boot.kind = BOOT_EXTLINUX;
	world->loader.kind = T("extlinux");
	expect(world, STEP_BOOT_BLOCKS, PREDICT_HOLDS, FIXER_NONE);
	world = begin("kvm-virtio-bios");
	world->image.layout.boot.kind = BOOT_SYSLINUX_GPTMBR;
	world->partitions[0].is_active = true;
	expect_first(world, STEP_BOOT_BLOCKS, FIXER_GRUB_BIOS);
}

static void uefi_needs_the_fallback_path(void **state)
{
	struct world *world = begin("nvme-uefi");

	(void)state;
	world->efi_files[0].path = T("/EFI/debian/grubx64.efi");
	expect_first(world, STEP_BOOT_BLOCKS, FIXER_GRUB_UEFI);
	world = begin("nvme-uefi");
	world->image.efi_config_count = 0;
	expect_first(world, STEP_BOOT_BLOCKS, FIXER_GRUB_UEFI);
	/* Debian's removable image looks in the ESP's own /boot/grub */
	world = begin("nvme-uefi");
	world->efi_core.prefix = T("/boot/grub");
	expect_first(world, STEP_BOOT_BLOCKS, FIXER_GRUB_UEFI);
	world = begin("nvme-uefi");
	world->efi_core.prefix = T("/boot/grub");
	world->efi_configs[0].path = T("/BOOT/grub/grub.cfg");
	expect(world, STEP_BOOT_BLOCKS, PREDICT_HOLDS, FIXER_NONE);
	world = begin("nvme-uefi");
	world->efi_files[0].is_shim = true;
	expect(world, STEP_BOOT_BLOCKS, PREDICT_UNKNOWN, FIXER_GRUB_UEFI);
	world = begin("nvme-uefi");
	world->efi_files[0].grub = NULL;
	expect(world, STEP_BOOT_BLOCKS, PREDICT_UNKNOWN, FIXER_GRUB_UEFI);
	world = begin("nvme-uefi");
	world->efi_configs[0].text = T("search --no-floppy --fs-uuid --set=root 99999999-2222-3333-4444-555555555555\n");
	expect_first(world, STEP_BOOT_BLOCKS, FIXER_GRUB_UEFI);
}

static void the_entry_names_files_that_are_there(void **state)
{
	struct world *world = begin("kvm-virtio-bios");

	(void)state;
	world->entry.kernel = T("/boot/vmlinuz-5.10.0");
	expect_first(world, STEP_LOADER, FIXER_LOADER);
	world = begin("kvm-virtio-bios");
	world->initrds[0] = T("/boot/initrd.img-5.10.0");
	expect_first(world, STEP_LOADER, FIXER_LOADER);
	world = begin("kvm-virtio-bios");
	world->loader.timeout_s = -1;
	expect_first(world, STEP_LOADER, FIXER_RECORDFAIL);
	world = begin("xen-pv");
	world->loader.timeout_s = -1;
	expect(world, STEP_LOADER, PREDICT_HOLDS, FIXER_NONE);
	world = begin("kvm-virtio-bios");
	world->loader.default_entry = -1;
	expect(world, STEP_LOADER, PREDICT_UNKNOWN, FIXER_LOADER);
	/* a search that finds nothing leaves GRUB where its menu is */
	world = begin("kvm-virtio-bios");
	world->entry.device = T("uuid=99999999-2222-3333-4444-555555555555");
	expect(world, STEP_LOADER, PREDICT_HOLDS, FIXER_NONE);
	world = begin("kvm-virtio-bios");
	world->entry.arguments = T("root=UUID=" ROOT_UUID " ro single");
	expect_first(world, STEP_LOADER, FIXER_LOADER);
	world = begin("kvm-virtio-bios");
	world->entry.device = T("hd0,gpt15");
	expect_first(world, STEP_LOADER, FIXER_LOADER);
}

static void the_kernel_must_fit(void **state)
{
	struct world *world = begin("kvm-virtio-bios");

	(void)state;
	world->image.guest.system.architecture = T("aarch64");
	expect_first(world, STEP_KERNEL, FIXER_NONE);
	world = begin("kvm-virtio-bios");
	world->kernel.format = T("unknown");
	expect_first(world, STEP_KERNEL, FIXER_NONE);
	world = begin("kvm-virtio-bios");
	world->image.guest.system.family = GUEST_RHEL;
	world->image.guest.system.version = T("10.1");
	world->platform.cpu_level = 2;
	expect_first(world, STEP_KERNEL, FIXER_NONE);
	world = begin("kvm-virtio-bios");
	world->image.guest.system.family = GUEST_RHEL;
	world->image.guest.system.version = T("9.4");
	world->platform.cpu_level = 2;
	expect(world, STEP_KERNEL, PREDICT_HOLDS, FIXER_NONE);
	world = begin("kvm-virtio-bios");
	guest_settings_add(&world->kernel.config, "CONFIG_X86_64_XEN", "y", "/boot/config-6.1.0");
	expect_first(world, STEP_KERNEL, FIXER_NONE);
}

static void xen_needs_its_kernel(void **state)
{
	struct world *world = begin("xen-pv");

	(void)state;
	expect(world, STEP_KERNEL, PREDICT_HOLDS, FIXER_NONE);
	world = begin("xen-pv");
	guest_settings_clear(&world->kernel.config);
	guest_settings_add(&world->kernel.config, "CONFIG_XEN", "y", "/boot/config-6.1.0");
	expect_first(world, STEP_KERNEL, FIXER_NONE);
	/* before 4.12 there was no choice */
	world = begin("xen-pv");
	guest_settings_clear(&world->kernel.config);
	guest_settings_add(&world->kernel.config, "CONFIG_XEN", "y", "/boot/config-3.13.0");
	world->kernel.release = T("3.13.0-32-generic");
	world->releases[0] = world->kernel.release;
	expect(world, STEP_KERNEL, PREDICT_HOLDS, FIXER_NONE);
	world = begin("xen-pvh");
	guest_settings_clear(&world->kernel.config);
	expect_first(world, STEP_KERNEL, FIXER_NONE);
	world = begin("xen-pv");
	world->kernel.config_path = NULL;
	expect(world, STEP_KERNEL, PREDICT_UNKNOWN, FIXER_NONE);
}

/* Take a module out of the initramfs. */
static void drop(struct world *world, const char *name)
{
	size_t i;

	for (i = 0; i < world->kernel.initramfs.modules.count; i++)
		if (strcmp(world->modules[i], name) == 0)
			world->modules[i] = T("something_else");
}

static void the_initramfs_has_the_drivers(void **state)
{
	static const char *const needed[] = {"virtio_blk", "virtio_pci", "virtio", "ext4"};
	struct world *world;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		world = begin("kvm-virtio-bios");
		drop(world, needed[i]);
		expect_first(world, STEP_INITRAMFS, FIXER_INITRAMFS);
	}
	world = begin("kvm-virtio-bios");
	drop(world, "ahci");
	expect(world, STEP_INITRAMFS, PREDICT_HOLDS, FIXER_NONE);
	world = begin("ahci-bios");
	drop(world, "sd_mod");
	expect_first(world, STEP_INITRAMFS, FIXER_INITRAMFS);
	world = begin("kvm-virtio-bios");
	world->releases[0] = T("6.1.1");
	expect_first(world, STEP_INITRAMFS, FIXER_INITRAMFS);
	world = begin("kvm-virtio-bios");
	world->kernel.initramfs.problem = T("cut short");
	expect(world, STEP_INITRAMFS, PREDICT_UNKNOWN, FIXER_INITRAMFS);
	/* built in: the initramfs need not have it */
	world = begin("kvm-virtio-bios");
	drop(world, "virtio_blk");
	guest_modules_add(&world->kernel.modules, "virtio_blk", "", true);
	guest_modules_sort(&world->kernel.modules);
	expect(world, STEP_INITRAMFS, PREDICT_HOLDS, FIXER_NONE);
	/* virtio_scsi is no module of this kernel */
	world = begin("kvm-scsi-bios");
	expect_first(world, STEP_INITRAMFS, FIXER_NONE);
}

/* What an HVM of Xen shows depends on whether the kernel has the driver at all. */
static void a_disk_of_xen_shows_itself_in_two_ways(void **state)
{
	struct world *world = begin("xen-hvm");

	(void)state;
	world->entry.root = T("/dev/xvda1");
	expect(world, STEP_ROOT, PREDICT_HOLDS, FIXER_NONE);
	world = begin("xen-hvm");
	drop(world, "xen_blkfront");
	expect_first(world, STEP_INITRAMFS, FIXER_INITRAMFS);
	world = begin("xen-hvm");
	free(world->kernel.modules.aliases[6].module);
	world->kernel.modules.aliases[6].module = strdup("not_there");
	add_module(world, "ata_piix", "");
	guest_modules_alias(&world->kernel.modules, "pci:v00008086d00007010sv*sd*bc*sc*i*", "ata_piix");
	guest_modules_sort(&world->kernel.modules);
	world->entry.root = T("/dev/sda1");
	judge(world);
	assert_int_equal(world->result.links[STEP_INITRAMFS].verdict, PREDICT_HOLDS);
	assert_int_equal(world->result.links[STEP_ROOT].verdict, PREDICT_HOLDS);
	end(world);
}

static void the_root_is_there_under_its_name(void **state)
{
	static const struct {
		const char *root;
		enum prediction_verdict verdict;
	} rows[] = {
		{"/dev/vda1", PREDICT_HOLDS},
		{"LABEL=system", PREDICT_HOLDS},
		{"PARTUUID=aaaaaaaa-0000-0000-0000-000000000001", PREDICT_HOLDS},
		{"/dev/xvda1", PREDICT_BROKEN},
		{"/dev/sda1", PREDICT_BROKEN},
		{"/dev/vda2", PREDICT_BROKEN},
		{"UUID=99999999-2222-3333-4444-555555555555", PREDICT_BROKEN},
		{"UUID=" ESP_UUID, PREDICT_BROKEN},
		{"/dev/mapper/vg-root", PREDICT_BROKEN},
	};
	struct world *world;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world = begin("kvm-virtio-bios");
		world->entry.root = T(rows[i].root);
		expect(world, STEP_ROOT, rows[i].verdict, FIXER_ROOT_ARGUMENT);
	}
	world = begin("kvm-virtio-bios");
	world->entry.root = NULL;
	expect(world, STEP_ROOT, PREDICT_UNKNOWN, FIXER_ROOT_ARGUMENT);
	/* only an initramfs finds it by UUID */
	world = begin("kvm-virtio-bios");
	world->entry.initrds.count = 0;
	expect(world, STEP_ROOT, PREDICT_BROKEN, FIXER_ROOT_ARGUMENT);
	world = begin("kvm-virtio-bios");
	world->root_content.type = T("crypto_LUKS");
	world->entry.root = T("/dev/mapper/vg-root");
	expect(world, STEP_ROOT, PREDICT_UNKNOWN, FIXER_ROOT_ARGUMENT);
}

static void a_volume_needs_lvm_in_the_initramfs(void **state)
{
	struct world *world = begin("kvm-virtio-bios");
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		if (i > 0)
			world = begin("kvm-virtio-bios");
		world->volumes[1] = (struct inspect_volume){.name = T("debian-vg/root"), .type = T("ext4"), .folder = T("/")};
		world->volumes[0].folder = T("/boot");
		world->boot_files[0].path = T("/boot" KERNEL);
		world->boot_files[1].path = T("/boot" INITRD);
		world->loader.config = T("/boot/boot/grub/grub.cfg");
		world->entry.root = T("/dev/mapper/debian--vg-root");
		world->mounts[0].device = world->entry.root;
		if (i > 0)
			world->modules[world->kernel.initramfs.modules.count++] = T("dm_mod");
		world->kernel.initramfs.has_lvm = i != 1;
		if (i < 2) {
			expect_first(world, STEP_INITRAMFS, FIXER_INITRAMFS);
			continue;
		}
		judge(world);
		assert_int_equal(prediction_of_chain(&world->result, CHAIN_BOOT), PREDICT_HOLDS);
		end(world);
	}
}

static void fstab_names_what_is_there(void **state)
{
	static const struct {
		const char *device, *folder, *type, *options;
		enum prediction_verdict verdict;
	} rows[] = {
		{"/dev/xvdb1", "/data", "ext4", "defaults", PREDICT_BROKEN},
		{"/dev/xvdb1", "/data", "ext4", "nofail", PREDICT_HOLDS},
		{"/dev/xvdb1", "/data", "ext4", "noauto,user", PREDICT_HOLDS},
		{"/dev/xvdb1", "none", "swap", "sw", PREDICT_HOLDS},
		{"/dev/vda7", "/data", "ext4", "defaults", PREDICT_BROKEN},
		{"LABEL=gone", "/data", "ext4", "defaults", PREDICT_BROKEN},
		{"tmpfs", "/tmp", "tmpfs", "defaults", PREDICT_HOLDS},
		{"server:/export", "/data", "nfs", "defaults", PREDICT_HOLDS},
		{"/dev/xvda1", "/", "ext4", "defaults", PREDICT_BROKEN},
	};
	struct world *world;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world = begin("kvm-virtio-bios");
		world->mounts[1] = (struct guest_mount){T(rows[i].device), T(rows[i].folder), T(rows[i].type),
							T(rows[i].options), 0};
		expect(world, STEP_FSTAB, rows[i].verdict, FIXER_FSTAB);
	}
	world = begin("kvm-virtio-bios");
	world->mounts[1].device = T("LABEL=gone");
	world->entry.root_flag = T("rw");
	expect(world, STEP_FSTAB, PREDICT_BROKEN, FIXER_FSTAB);
	world = begin("kvm-virtio-bios");
	world->mounts[0].device = T("/dev/xvda1");
	world->entry.root_flag = T("rw");
	expect(world, STEP_FSTAB, PREDICT_HOLDS, FIXER_NONE);
}

/* A machine whose network is known. */
static struct platform_nic *with_network(struct world *world)
{
	struct platform_nic *nic = &world->platform.nics[0];

	nic->mac = strdup("52:54:00:12:34:56");
	nic->stable = strdup("ens3");
	nic->ip4 = PLATFORM_STATIC;
	guest_words_add(&nic->addresses, "192.0.2.7/24", strlen("192.0.2.7/24"));
	platform_add_route(nic, "default", "192.0.2.1", false);
	return nic;
}

static void with_static(struct world *world, const char *address, const char *gateway)
{
	world->interface.ip4 = GUEST_METHOD_STATIC;
	world->addresses[0] = T(address);
	world->interface.addresses = (struct guest_words){world->addresses, 1};
	world->gateways[0] = T(gateway);
	world->interface.gateways = (struct guest_words){world->gateways, 1};
}

static void the_card_needs_a_driver_and_a_configuration(void **state)
{
	static const struct {
		const char *name, *mac;
		enum prediction_verdict verdict;
	} rows[] = {
		{"en*", NULL, PREDICT_HOLDS},	{"ens3", NULL, PREDICT_HOLDS},
		{"ens4", NULL, PREDICT_BROKEN}, {"eth0", NULL, PREDICT_BROKEN},
		{NULL, NULL, PREDICT_HOLDS},	{NULL, "52:54:00:12:34:56", PREDICT_HOLDS},
		{NULL, "52:54:00:12:34:57", PREDICT_BROKEN},
	};
	struct world *world;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world = begin("kvm-virtio-bios");
		(void)with_network(world);
		world->interface.name = T(rows[i].name);
		world->interface.mac = T(rows[i].mac);
		expect(world, STEP_NETWORK, rows[i].verdict, FIXER_NETWORK);
	}
	world = begin("ahci-bios"); /* e1000e is no module of this kernel */
	expect(world, STEP_NIC, PREDICT_BROKEN, FIXER_NONE);
	world = begin("kvm-virtio-bios");
	world->stack.is_enabled = false;
	expect(world, STEP_NETWORK, PREDICT_BROKEN, FIXER_NETWORK);
	world = begin("kvm-virtio-bios");
	world->interface.is_up_at_boot = false;
	expect(world, STEP_NETWORK, PREDICT_BROKEN, FIXER_NETWORK);
}

static void a_name_may_be_the_kernels_or_tied_to_a_mac(void **state)
{
	struct world *world = begin("kvm-virtio-bios");

	(void)state;
	(void)with_network(world);
	world->interface.name = T("eth0");
	world->entry.arguments = T("ro net.ifnames=0");
	expect(world, STEP_NETWORK, PREDICT_HOLDS, FIXER_NONE);
	world = begin("kvm-virtio-bios");
	(void)with_network(world);
	world->interface.name = T("lan0");
	world->pin = (struct guest_pin){T("lan0"), T("52:54:00:12:34:56"), T("/etc/systemd/network/10-lan0.link")};
	world->image.guest.network.pins = &world->pin;
	world->image.guest.network.pin_count = 1;
	expect(world, STEP_NETWORK, PREDICT_HOLDS, FIXER_NONE);
	world = begin("xen-pv");
	world->interface.name = T("eth0");
	expect(world, STEP_NETWORK, PREDICT_BROKEN, FIXER_NETWORK);
	world = begin("xen-pv");
	world->interface.name = T("eth0");
	world->image.guest.system.version = T("11");
	expect(world, STEP_NETWORK, PREDICT_HOLDS, FIXER_NONE);
}

/* udev of upstart's days writes a rule for each new card: one that keeps "eth0" for a gone card moves the others. */
static void a_rule_for_a_gone_card_takes_its_name(void **state)
{
	static const char *const inits[] = { "upstart", "systemd", "upstart" };
	static const char *const macs[] = { "00:16:3e:00:00:01", "00:16:3e:00:00:01", "52:54:00:12:34:56" };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct world *world = begin("kvm-virtio-bios");

		(void)with_network(world);
		world->interface.name = T("eth0");
		world->entry.arguments = T("ro net.ifnames=0");
		world->image.guest.system.init = T(inits[i]);
		world->pin = (struct guest_pin){T("eth0"), T(macs[i]), T("/etc/udev/rules.d/70-persistent-net.rules")};
		world->image.guest.network.pins = &world->pin;
		world->image.guest.network.pin_count = 1;
		expect(world, STEP_NETWORK, i == 0 ? PREDICT_BROKEN : PREDICT_HOLDS, FIXER_NETWORK);
	}
}

static void fixed_addresses_are_compared(void **state)
{
	struct world *world = begin("kvm-virtio-bios");

	(void)state;
	(void)with_network(world);
	with_static(world, "192.0.2.7/24", "192.0.2.1");
	expect(world, STEP_ADDRESS, PREDICT_HOLDS, FIXER_NONE);
	world = begin("kvm-virtio-bios");
	(void)with_network(world);
	with_static(world, "198.51.100.7/24", "198.51.100.1");
	expect(world, STEP_ADDRESS, PREDICT_BROKEN, FIXER_NETWORK);
	world = begin("kvm-virtio-bios");
	with_static(world, "192.0.2.7/24", "192.0.2.1");
	expect(world, STEP_ADDRESS, PREDICT_UNKNOWN, FIXER_NETWORK);
	world = begin("kvm-virtio-bios"); /* its address was fixed: does one answer? */
	(void)with_network(world);
	expect(world, STEP_ADDRESS, PREDICT_UNKNOWN, FIXER_NETWORK);
	world = begin("kvm-virtio-bios");
	with_network(world)->ip4 = PLATFORM_DHCP;
	expect(world, STEP_ADDRESS, PREDICT_HOLDS, FIXER_NONE);
}

static void a_gateway_outside_the_net_is_on_the_link_or_lost(void **state)
{
	struct world *world = begin("kvm-virtio-bios");

	(void)state;
	(void)with_network(world);
	with_static(world, "192.0.2.7/32", "192.0.2.1");
	expect(world, STEP_ADDRESS, PREDICT_BROKEN, FIXER_NETWORK);
	world = begin("kvm-virtio-bios");
	(void)with_network(world);
	with_static(world, "192.0.2.7/32", "192.0.2.1");
	world->interface.is_gateway_on_link = true;
	expect(world, STEP_ADDRESS, PREDICT_HOLDS, FIXER_NONE);
	world = begin("kvm-virtio-bios");
	(void)with_network(world);
	with_static(world, "192.0.2.7/30", "192.0.2.1");
	expect(world, STEP_ADDRESS, PREDICT_BROKEN, FIXER_NETWORK);
	world = begin("kvm-virtio-bios");
	(void)with_network(world);
	with_static(world, "192.0.2.7/29", "192.0.2.1");
	expect(world, STEP_ADDRESS, PREDICT_HOLDS, FIXER_NONE);
}

static void cloud_init_waits_for_one_source_alone(void **state)
{
	static const struct {
		const char *first, *second;
		enum prediction_verdict verdict;
	} rows[] = {
		{"Ec2", NULL, PREDICT_BROKEN},	     {"Ec2", "None", PREDICT_BROKEN},
		{"NoCloud", "None", PREDICT_HOLDS}, {"NoCloud", "Ec2", PREDICT_HOLDS},
	};
	struct world *world;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world = begin("kvm-virtio-bios");
		world->image.guest.cloud.is_installed = true;
		world->sources[0] = T(rows[i].first);
		world->sources[1] = T(rows[i].second);
		world->image.guest.cloud.datasources =
			(struct guest_words){world->sources, rows[i].second != NULL ? 2 : 1};
		expect(world, STEP_CLOUD, rows[i].verdict, FIXER_CLOUD_INIT);
	}
}

static void sshd_needs_keys_and_somebody(void **state)
{
	struct world *world = begin("kvm-virtio-bios");

	(void)state;
	world->image.guest.access.is_sshd_enabled = false;
	expect(world, STEP_SSH, PREDICT_BROKEN, FIXER_NONE);
	world = begin("kvm-virtio-bios");
	world->image.guest.identity.host_keys.count = 0;
	expect(world, STEP_SSH, PREDICT_BROKEN, FIXER_SSH_KEYS);
	world = begin("kvm-virtio-bios");
	world->image.guest.identity.host_keys.count = 0;
	world->image.guest.identity.host_key_maker = T("sshd-keygen");
	expect(world, STEP_SSH, PREDICT_HOLDS, FIXER_NONE);
	world = begin("kvm-virtio-bios");
	world->image.guest.identity.host_keys.count = 0;
	world->image.guest.cloud.is_installed = true;
	expect(world, STEP_SSH, PREDICT_UNKNOWN, FIXER_SSH_KEYS);
	world = begin("kvm-virtio-bios");
	world->user.keys.count = 0;
	world->user.password = GUEST_PASSWORD_LOCKED;
	expect(world, STEP_SSH, PREDICT_BROKEN, FIXER_SSH_KEYS);
	world = begin("kvm-virtio-bios");
	world->user.keys.count = 0;
	guest_settings_add(&world->image.guest.access.sshd, "PasswordAuthentication", "no", "/etc/ssh/sshd_config");
	expect(world, STEP_SSH, PREDICT_BROKEN, FIXER_SSH_KEYS);
	world = begin("kvm-virtio-bios");
	world->user.uid = 0;
	guest_settings_add(&world->image.guest.access.sshd, "PermitRootLogin", "no", "/etc/ssh/sshd_config");
	expect(world, STEP_SSH, PREDICT_BROKEN, FIXER_SSH_KEYS);
}

static void a_console_needs_a_prompt_and_a_password(void **state)
{
	struct world *world = begin("xen-pv");

	(void)state;
	expect(world, STEP_CONSOLE, PREDICT_BROKEN, FIXER_CONSOLE); /* hvc0 alone, and console=ttyS0 */
	world = begin("xen-pv");
	world->consoles[0] = T("hvc0");
	expect(world, STEP_CONSOLE, PREDICT_HOLDS, FIXER_NONE);
	world = begin("kvm-virtio-bios");
	world->user.password = GUEST_PASSWORD_LOCKED;
	expect(world, STEP_CONSOLE, PREDICT_BROKEN, FIXER_SSH_KEYS);
}

static void one_way_in_is_enough(void **state)
{
	struct world *world = begin("kvm-virtio-bios");

	(void)state;
	world->image.guest.access.is_sshd_enabled = false;
	judge(world);
	assert_int_equal(prediction_of_chain(&world->result, CHAIN_LOGIN), PREDICT_HOLDS);
	assert_int_equal(prediction_error(&world->result), ERROR_NONE);
	end(world);
	world = begin("xen-pv");
	world->image.guest.access.is_sshd_enabled = false;
	judge(world);
	assert_int_equal(prediction_of_chain(&world->result, CHAIN_LOGIN), PREDICT_BROKEN);
	assert_int_equal(prediction_error(&world->result), ERROR_PARTIAL);
	end(world);
}

static void without_a_system_nothing_can_be_told(void **state)
{
	struct world *world = begin("kvm-virtio-bios");

	(void)state;
	world->image.has_guest = false;
	judge(world);
	assert_int_equal(prediction_of_chain(&world->result, CHAIN_BOOT), PREDICT_UNKNOWN);
	assert_int_equal(prediction_error(&world->result), ERROR_VERIFY);
	end(world);
}

/* As depmod(8) of kmod 30 writes them. */
static void lists_of_modules_are_read(void **state)
{
	static const char builtin[] = "virtio_pci.alias=pci:v00001AF4d*sv*sd*bc*sc*i*\0virtio_pci.license=GPL\0usb.alias=usb:v*\0"
				      "cut.alias=pci:";
	struct guest_modules modules = {0};
	struct guest_words found = {0};

	(void)state;
	modules_parse("kernel/drivers/block/virtio_blk.ko.xz: kernel/drivers/virtio/virtio-ring.ko.xz kernel/drivers/virtio/virtio.ko.xz\n"
		      "kernel/drivers/virtio/virtio.ko.xz:\n",
		      "kernel/drivers/virtio/virtio_pci.ko\n", &modules);
	module_aliases_parse("# Aliases extracted from modules themselves.\nalias virtio:d00000002v* virtio_blk\n"
			     "alias acpi*:ACPI0001:* other\nalias virtio:d\n",
			     &modules);
	module_builtin_parse(builtin, sizeof(builtin) - 1, &modules);
	assert_int_equal(modules.count, 3);
	assert_string_equal(guest_modules_find(&modules, "virtio_blk")->needs, "virtio_ring virtio");
	assert_true(guest_modules_find(&modules, "virtio_pci")->is_builtin);
	assert_null(guest_modules_find(&modules, "virtio_net"));
	assert_int_equal(modules.alias_count, 2);
	guest_modules_for(&modules, "virtio:d00000002v00001AF4", &found);
	guest_modules_for(&modules, "pci:v00001AF4d00001001sv00001AF4sd00000002bc01sc00i00", &found);
	assert_int_equal(found.count, 2);
	assert_string_equal(found.list[0], "virtio_blk");
	assert_string_equal(found.list[1], "virtio_pci");
	guest_words_clear(&found);
	guest_modules_clear(&modules);
}

static void names_of_devices_are_split(void **state)
{
	static const struct {
		const char *device, *disk;
		unsigned number;
	} rows[] = {
		{"/dev/xvda1", "xvda", 1},   {"/dev/vda", "vda", 0},	       {"/dev/sdaa12", "sdaa", 12},
		{"/dev/nvme0n1", "nvme0n1", 0}, {"/dev/nvme0n1p3", "nvme0n1", 3}, {"/dev/mmcblk0p2", "mmcblk0", 2},
		{"/dev/mmcblk0", "mmcblk0", 0},
	};
	static const char *const none[] = {"UUID=1", "/dev/", "/dev/mapper/vg-root", "/dev/7", "vda1"};
	char disk[16];
	unsigned number;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(device_split(rows[i].device, disk, sizeof(disk), &number));
		assert_string_equal(disk, rows[i].disk);
		assert_int_equal(number, rows[i].number);
	}
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(device_split(none[i], disk, sizeof(disk), &number));
}

static void volumes_are_named_in_two_ways(void **state)
{
	(void)state;
	assert_true(device_is_volume("/dev/debian-vg/root", "debian-vg/root"));
	assert_true(device_is_volume("/dev/mapper/debian--vg-root", "debian-vg/root"));
	assert_false(device_is_volume("/dev/mapper/debian-vg-root", "debian-vg/root"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_system_holds_on_each_machine),
		cmocka_unit_test(the_firmware_must_find_something),
		cmocka_unit_test(boot_blocks_must_lead_to_a_menu),
		cmocka_unit_test(boot_code_may_start_the_active_partition),
		cmocka_unit_test(uefi_needs_the_fallback_path),
		cmocka_unit_test(the_entry_names_files_that_are_there),
		cmocka_unit_test(the_kernel_must_fit),
		cmocka_unit_test(xen_needs_its_kernel),
		cmocka_unit_test(the_initramfs_has_the_drivers),
		cmocka_unit_test(a_disk_of_xen_shows_itself_in_two_ways),
		cmocka_unit_test(the_root_is_there_under_its_name),
		cmocka_unit_test(a_volume_needs_lvm_in_the_initramfs),
		cmocka_unit_test(fstab_names_what_is_there),
		cmocka_unit_test(the_card_needs_a_driver_and_a_configuration),
		cmocka_unit_test(a_name_may_be_the_kernels_or_tied_to_a_mac),
		cmocka_unit_test(a_rule_for_a_gone_card_takes_its_name),
		cmocka_unit_test(fixed_addresses_are_compared),
		cmocka_unit_test(a_gateway_outside_the_net_is_on_the_link_or_lost),
		cmocka_unit_test(cloud_init_waits_for_one_source_alone),
		cmocka_unit_test(sshd_needs_keys_and_somebody),
		cmocka_unit_test(a_console_needs_a_prompt_and_a_password),
		cmocka_unit_test(one_way_in_is_enough),
		cmocka_unit_test(without_a_system_nothing_can_be_told),
		cmocka_unit_test(lists_of_modules_are_read),
		cmocka_unit_test(names_of_devices_are_split),
		cmocka_unit_test(volumes_are_named_in_two_ways),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

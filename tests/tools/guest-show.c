/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-show FOLDER - what guest_inspect() finds in a tree, one fact a line.
 * guest-show --initramfs FILE - what is in an initramfs: its segments, then its modules. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "guest/inspect.h"
#include "guest/parse.h"
#include "guest/vfs.h"
#include "sys/file.h"

static void show(const char *key, const char *value)
{
	if (value != NULL)
		(void)printf("%s: %s\n", key, value);
}

static void show_words(const char *key, const struct guest_words *words)
{
	size_t i;

	if (words->count == 0)
		return;
	(void)printf("%s:", key);
	for (i = 0; i < words->count; i++)
		(void)printf(" %s", words->list[i]);
	(void)printf("\n");
}

static void show_settings(const char *key, const struct guest_settings *settings)
{
	size_t i;

	for (i = 0; i < settings->count; i++)
		(void)printf("%s: %s=%s (%s)\n", key, settings->list[i].key, settings->list[i].value,
			     settings->list[i].source);
}

static void show_system(const struct guest_system *system)
{
	show("system.family", guest_family_name(system->family));
	show("system.id", system->id);
	show("system.version", system->version);
	show("system.pretty_name", system->pretty_name);
	show("system.codename", system->codename);
	show("system.source", system->source);
	show("system.architecture", system->architecture);
	show("system.init", system->init);
	show("system.selinux", system->selinux);
}

static void show_initramfs(const struct guest_initramfs *initramfs)
{
	size_t i;

	show("initramfs", initramfs->path);
	show("initramfs.maker", initramfs->maker);
	show("initramfs.problem", initramfs->problem);
	for (i = 0; i < initramfs->segment_count; i++)
		(void)printf("initramfs.segment: %s %llu+%llu %llu files\n", initramfs->segments[i].compression,
			     (unsigned long long)initramfs->segments[i].offset_bytes,
			     (unsigned long long)initramfs->segments[i].size_bytes,
			     (unsigned long long)initramfs->segments[i].file_count);
	show_words("initramfs.releases", &initramfs->releases);
	show_words("initramfs.modules", &initramfs->modules);
	show_words("initramfs.hooks", &initramfs->hooks);
	show_settings("initramfs.setting", &initramfs->settings);
}

static void show_drivers(const struct guest_kernel *kernel)
{
	static const char *const places[] = { "absent", "module", "builtin" };
	size_t i;

	for (i = 0; i < kernel->driver_count; i++)
		if (kernel->drivers[i].place != GUEST_DRIVER_ABSENT)
			(void)printf("kernel.driver: %s %s%s\n", kernel->drivers[i].name,
				     places[kernel->drivers[i].place],
				     kernel->drivers[i].is_in_initramfs ? " initramfs" : "");
}

static void show_kernel(const struct guest_kernel *kernel)
{
	show("kernel", kernel->path);
	show("kernel.release", kernel->release);
	show("kernel.banner", kernel->banner);
	show("kernel.format", kernel->format);
	if (kernel->boot_protocol != 0)
		(void)printf("kernel.boot_protocol: %u.%u\nkernel.load_flags: 0x%x\n", kernel->boot_protocol >> 8,
			     kernel->boot_protocol & 0xff, kernel->load_flags);
	show("kernel.config", kernel->config_path);
	show_settings("kernel.option", &kernel->config);
	show("kernel.modules", kernel->modules_path);
	if (kernel->modules_path != NULL)
		(void)printf("kernel.module_count: %llu%s%s\n", (unsigned long long)kernel->module_count,
			     kernel->has_modules_dep ? " dep" : "", kernel->has_modules_builtin ? " builtin" : "");
	show_drivers(kernel);
	if (kernel->initramfs.path != NULL)
		show_initramfs(&kernel->initramfs);
}

static void show_entry(const struct guest_entry *entry, int index)
{
	(void)printf("entry %d: %s\n", index, entry->title != NULL ? entry->title : "-");
	show("  id", entry->id);
	show("  source", entry->source);
	show("  xen", entry->xen);
	show("  kernel", entry->kernel);
	show_words("  initrd", &entry->initrds);
	show("  device", entry->device);
	show("  arguments", entry->arguments);
	show("  root", entry->root);
	show("  root_flag", entry->root_flag);
	show("  resume", entry->resume);
	show_words("  consoles", &entry->consoles);
}

static void show_loader(const struct guest_loader *loader)
{
	size_t i;

	(void)printf("loader: %s %s\n", loader->kind, loader->config);
	show("loader.rule", loader->default_rule);
	(void)printf("loader.default: %d\n", loader->default_entry);
	if (loader->timeout_s != GUEST_TIMEOUT_UNKNOWN)
		(void)printf("loader.timeout_s: %d\n", loader->timeout_s);
	for (i = 0; i < loader->entry_count; i++)
		show_entry(&loader->entries[i], (int)i);
}

static void show_mounts(const struct guest *guest)
{
	size_t i;

	for (i = 0; i < guest->mount_count; i++)
		(void)printf("mount: %s on %s type %s (%s) %d\n", guest->mounts[i].device, guest->mounts[i].folder,
			     guest->mounts[i].type, guest->mounts[i].options, guest->mounts[i].pass);
	show_words("crypt", &guest->crypt_names);
}

static void show_interface(const struct guest_interface *interface)
{
	(void)printf("interface: %s %s%s\n", interface->name != NULL ? interface->name : "-", interface->stack,
		     interface->is_up_at_boot ? " up" : "");
	show("  source", interface->source);
	show("  mac", interface->mac);
	show("  match", interface->match);
	(void)printf("  methods: %s %s\n", guest_method_name(interface->ip4), guest_method_name(interface->ip6));
	show_words("  addresses", &interface->addresses);
	show_words("  gateways", &interface->gateways);
	show_words("  dns", &interface->dns);
	if (interface->mtu_bytes != 0)
		(void)printf("  mtu: %d\n", interface->mtu_bytes);
}

static void show_network(const struct guest_network *network)
{
	size_t i;

	for (i = 0; i < network->stack_count; i++)
		if (network->stacks[i].is_installed)
			(void)printf("stack: %s%s\n", network->stacks[i].name,
				     network->stacks[i].is_enabled ? " enabled" : "");
	for (i = 0; i < network->interface_count; i++)
		show_interface(&network->interfaces[i]);
	for (i = 0; i < network->pin_count; i++)
		(void)printf("pin: %s %s (%s)\n", network->pins[i].name, network->pins[i].mac,
			     network->pins[i].source);
	show_words("resolvers", &network->resolvers);
}

static void show_cloud(const struct guest_cloud *cloud)
{
	if (!cloud->is_installed)
		return;
	(void)printf("cloud-init:%s%s%s%s\n", cloud->is_disabled ? " disabled" : " enabled",
		     cloud->has_nocloud_seed ? " seed" : "", cloud->is_network_disabled ? " no-network" : "",
		     cloud->has_instance ? " instance" : "");
	show("cloud-init.version", cloud->version);
	show("cloud-init.disabled_by", cloud->disabled_by);
	show_words("cloud-init.datasources", &cloud->datasources);
	show("cloud-init.datasources_source", cloud->datasources_source);
	show("cloud-init.network_source", cloud->network_source);
}

static void show_keys(const char *key, const struct guest_keys *keys)
{
	size_t i;

	for (i = 0; i < keys->count; i++)
		(void)printf("%s: %s %s (%s)\n", key, keys->list[i].type, keys->list[i].fingerprint,
			     keys->list[i].source);
}

static void show_access(const struct guest_access *access)
{
	size_t i;

	for (i = 0; i < access->user_count; i++) {
		(void)printf("user: %s %u %s password %s%s\n", access->users[i].name, access->users[i].uid,
			     access->users[i].shell, guest_password_name(access->users[i].password),
			     access->users[i].has_login_shell ? "" : " no-shell");
		show_keys("  key", &access->users[i].keys);
	}
	if (access->has_sshd)
		(void)printf("sshd:%s\n", access->is_sshd_enabled ? " enabled" : "");
	show_settings("sshd.setting", &access->sshd);
	for (i = 0; i < access->getty_count; i++)
		(void)printf("getty: %s (%s)\n", access->gettys[i].line, access->gettys[i].source);
}

static void show_identity(const struct guest_identity *identity)
{
	show("machine-id", guest_machine_id_name(identity->machine_id));
	(void)printf("dbus-machine-id: %s%s\n", guest_machine_id_name(identity->dbus_machine_id),
		     identity->is_dbus_shared ? " shared" : "");
	show("hostname", identity->hostname);
	show_keys("host-key", &identity->host_keys);
	if (identity->has_random_seed)
		(void)printf("random-seed\n");
	if (identity->has_credential_secret)
		(void)printf("credential-secret\n");
}

static void show_guest(const struct guest *guest)
{
	size_t i;

	show_system(&guest->system);
	for (i = 0; i < guest->kernel_count; i++)
		show_kernel(&guest->kernels[i]);
	for (i = 0; i < guest->loader_count; i++)
		show_loader(&guest->loaders[i]);
	show_settings("grub-default", &guest->grub_defaults);
	show_mounts(guest);
	show_network(&guest->network);
	show_cloud(&guest->cloud);
	show_access(&guest->access);
	show_identity(&guest->identity);
	for (i = 0; i < guest->problem_count; i++)
		(void)printf("problem: %s: %s\n", guest->problems[i].path, guest->problems[i].reason);
}

static int fail(const struct error *err)
{
	char text[600];

	(void)fprintf(stderr, "guest-show: %s\n", error_text(err, text, sizeof(text)));
	return (int)err->kind;
}

static int show_file(const char *path)
{
	struct guest_initramfs initramfs = { 0 };
	struct initramfs *reader;
	struct str bytes = STR_EMPTY;
	struct error err = { 0 };
	int result;

	if (sys_file_read(AT_FDCWD, path, (size_t)1 << 30, &bytes, &err) != 0)
		return fail(&err);
	reader = initramfs_begin(&initramfs);
	result = initramfs_feed(reader, (const uint8_t *)bytes.bytes, bytes.length, true, &err);
	initramfs_end(reader);
	show_initramfs(&initramfs);
	guest_initramfs_clear(&initramfs);
	str_clear(&bytes);
	return result == 0 ? 0 : fail(&err);
}

int main(int argc, char **argv)
{
	struct guest guest = { 0 };
	struct vfs *vfs = NULL;
	struct error err = { 0 };
	int fd, result;

	if (argc == 3 && strcmp(argv[1], "--initramfs") == 0)
		return show_file(argv[2]);
	fd = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd < 0) {
		(void)fprintf(stderr, "usage: guest-show FOLDER | guest-show --initramfs FILE\n");
		return 2;
	}
	if (vfs_open_folder(fd, &vfs, &err) != 0)
		return fail(&err);
	result = guest_inspect(vfs, &guest, &err);
	vfs_close(vfs);
	if (result != 0)
		return fail(&err);
	show_guest(&guest);
	guest_clear(&guest);
	return 0;
}

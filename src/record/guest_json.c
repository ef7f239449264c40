/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest_json.c - the system inside a disk, as JSON. */
#include <stdio.h>

#include "record/inspection_json.h"
#include "record/json_put.h"

static void put_flag(json_t *object, const char *key, bool value)
{
	json_put(object, key, json_boolean(value));
}

static json_t *words_array(const struct guest_words *words)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < words->count; i++)
		(void)json_array_append_new(list, json_put_value(words->list[i]));
	return list;
}

static json_t *settings_array(const struct guest_settings *settings)
{
	json_t *list = json_array(), *object;
	size_t i;

	for (i = 0; i < settings->count; i++) {
		object = json_object();
		json_put_text(object, "key", settings->list[i].key);
		json_put_text(object, "value", settings->list[i].value);
		json_put_text(object, "source", settings->list[i].source);
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *keys_array(const struct guest_keys *keys)
{
	json_t *list = json_array(), *object;
	size_t i;

	for (i = 0; i < keys->count; i++) {
		object = json_object();
		json_put_text(object, "type", keys->list[i].type);
		json_put_text(object, "fingerprint", keys->list[i].fingerprint);
		json_put_text(object, "source", keys->list[i].source);
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *system_object(const struct guest_system *system)
{
	json_t *object = json_object();

	json_put_text(object, "family", guest_family_name(system->family));
	json_put_text(object, "id", system->id);
	json_put_text(object, "version", system->version);
	json_put_text(object, "pretty_name", system->pretty_name);
	json_put_text(object, "codename", system->codename);
	json_put_text(object, "source", system->source);
	json_put_text(object, "architecture", system->architecture);
	json_put_text(object, "init", system->init);
	json_put_text(object, "selinux", system->selinux);
	return object;
}

static json_t *initramfs_object(const struct guest_initramfs *initramfs)
{
	json_t *object, *segments = json_array(), *segment;
	size_t i;

	if (initramfs->path == NULL) {
		json_decref(segments);
		return json_null();
	}
	object = json_object();
	json_put_text(object, "path", initramfs->path);
	json_put_text(object, "maker", initramfs->maker);
	json_put_text(object, "problem", initramfs->problem);
	json_put_count(object, "size_bytes", (int64_t)initramfs->size_bytes);
	json_put_count(object, "unpacked_bytes", (int64_t)initramfs->unpacked_bytes);
	for (i = 0; i < initramfs->segment_count; i++) {
		segment = json_object();
		json_put_text(segment, "compression", initramfs->segments[i].compression);
		json_put_count(segment, "offset_bytes",
			       (int64_t)initramfs->segments[i].offset_bytes);
		json_put_count(segment, "size_bytes",
			       (int64_t)initramfs->segments[i].size_bytes);
		json_put_count(segment, "files",
			       (int64_t)initramfs->segments[i].file_count);
		(void)json_array_append_new(segments, segment);
	}
	json_put(object, "segments", segments);
	json_put(object, "modules", words_array(&initramfs->modules));
	json_put(object, "releases", words_array(&initramfs->releases));
	json_put(object, "hooks", words_array(&initramfs->hooks));
	json_put(object, "settings", settings_array(&initramfs->settings));
	return object;
}

static json_t *drivers_array(const struct guest_kernel *kernel)
{
	static const char *const places[] = {"absent", "module", "builtin"};
	json_t *list = json_array(), *object;
	size_t i;

	for (i = 0; i < kernel->driver_count; i++) {
		object = json_object();
		json_put_text(object, "name", kernel->drivers[i].name);
		json_put_text(object, "place", places[kernel->drivers[i].place]);
		put_flag(object, "in_initramfs", kernel->drivers[i].is_in_initramfs);
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *kernel_object(const struct guest_kernel *kernel)
{
	json_t *object = json_object();

	json_put_text(object, "path", kernel->path);
	json_put_text(object, "release", kernel->release);
	json_put_text(object, "banner", kernel->banner);
	json_put_text(object, "format", kernel->format);
	json_put_count(object, "boot_protocol", kernel->boot_protocol);
	json_put_count(object, "load_flags", kernel->load_flags);
	json_put_text(object, "config_path", kernel->config_path);
	json_put(object, "config", settings_array(&kernel->config));
	json_put_text(object, "modules_path", kernel->modules_path);
	put_flag(object, "modules_dep", kernel->has_modules_dep);
	put_flag(object, "modules_builtin", kernel->has_modules_builtin);
	json_put_count(object, "modules", (int64_t)kernel->module_count);
	json_put(object, "drivers", drivers_array(kernel));
	json_put(object, "initramfs", initramfs_object(&kernel->initramfs));
	return object;
}

static json_t *entry_object(const struct guest_entry *entry)
{
	json_t *object = json_object();

	json_put_text(object, "title", entry->title);
	json_put_text(object, "id", entry->id);
	json_put_text(object, "source", entry->source);
	json_put_text(object, "kernel", entry->kernel);
	json_put_text(object, "xen", entry->xen);
	json_put(object, "initrds", words_array(&entry->initrds));
	json_put_text(object, "device", entry->device);
	json_put_text(object, "arguments", entry->arguments);
	json_put_text(object, "root", entry->root);
	json_put_text(object, "root_flag", entry->root_flag);
	json_put_text(object, "resume", entry->resume);
	json_put(object, "consoles", words_array(&entry->consoles));
	return object;
}

static json_t *loader_object(const struct guest_loader *loader)
{
	json_t *object = json_object(), *entries = json_array();
	size_t i;

	json_put_text(object, "kind", loader->kind);
	json_put_text(object, "config", loader->config);
	json_put_text(object, "default_rule", loader->default_rule);
	json_put(object, "default_entry",
		 loader->default_entry >= 0 ? json_integer(loader->default_entry)
					    : json_null());
	json_put(object, "timeout_s",
		 loader->timeout_s > -2 ? json_integer(loader->timeout_s) : json_null());
	for (i = 0; i < loader->entry_count; i++)
		(void)json_array_append_new(entries, entry_object(&loader->entries[i]));
	json_put(object, "entries", entries);
	return object;
}

static json_t *mounts_array(const struct guest *guest)
{
	json_t *list = json_array(), *object;
	size_t i;

	for (i = 0; i < guest->mount_count; i++) {
		object = json_object();
		json_put_text(object, "device", guest->mounts[i].device);
		json_put_text(object, "folder", guest->mounts[i].folder);
		json_put_text(object, "type", guest->mounts[i].type);
		json_put_text(object, "options", guest->mounts[i].options);
		json_put_count(object, "pass", guest->mounts[i].pass);
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *interface_object(const struct guest_interface *interface)
{
	json_t *object = json_object();

	json_put_text(object, "stack", interface->stack);
	json_put_text(object, "source", interface->source);
	json_put_text(object, "name", interface->name);
	json_put_text(object, "mac", interface->mac);
	json_put_text(object, "match", interface->match);
	put_flag(object, "pattern", interface->is_pattern);
	put_flag(object, "up_at_boot", interface->is_up_at_boot);
	json_put_text(object, "ip4", guest_method_name(interface->ip4));
	json_put_text(object, "ip6", guest_method_name(interface->ip6));
	json_put(object, "addresses", words_array(&interface->addresses));
	json_put(object, "gateways", words_array(&interface->gateways));
	json_put(object, "dns", words_array(&interface->dns));
	json_put(object, "mtu_bytes",
		 interface->mtu_bytes > 0 ? json_integer(interface->mtu_bytes)
					  : json_null());
	return object;
}

static json_t *network_object(const struct guest_network *network)
{
	json_t *object = json_object(), *stacks = json_array(),
	       *interfaces = json_array(), *pins = json_array(), *item;
	size_t i;

	for (i = 0; i < network->stack_count; i++) {
		item = json_object();
		json_put_text(item, "name", network->stacks[i].name);
		put_flag(item, "installed", network->stacks[i].is_installed);
		put_flag(item, "enabled", network->stacks[i].is_enabled);
		(void)json_array_append_new(stacks, item);
	}
	for (i = 0; i < network->interface_count; i++)
		(void)json_array_append_new(interfaces,
					    interface_object(&network->interfaces[i]));
	for (i = 0; i < network->pin_count; i++) {
		item = json_object();
		json_put_text(item, "name", network->pins[i].name);
		json_put_text(item, "mac", network->pins[i].mac);
		json_put_text(item, "source", network->pins[i].source);
		(void)json_array_append_new(pins, item);
	}
	json_put(object, "stacks", stacks);
	json_put(object, "interfaces", interfaces);
	json_put(object, "pins", pins);
	json_put(object, "resolvers", words_array(&network->resolvers));
	return object;
}

static json_t *cloud_object(const struct guest_cloud *cloud)
{
	json_t *object = json_object();

	put_flag(object, "installed", cloud->is_installed);
	put_flag(object, "disabled", cloud->is_disabled);
	json_put_text(object, "disabled_by", cloud->disabled_by);
	json_put_text(object, "version", cloud->version);
	json_put(object, "datasources", words_array(&cloud->datasources));
	json_put_text(object, "datasources_source", cloud->datasources_source);
	put_flag(object, "nocloud_seed", cloud->has_nocloud_seed);
	put_flag(object, "network_disabled", cloud->is_network_disabled);
	json_put_text(object, "network_source", cloud->network_source);
	put_flag(object, "instance", cloud->has_instance);
	return object;
}

static json_t *users_array(const struct guest_access *access)
{
	json_t *list = json_array(), *object;
	size_t i;

	for (i = 0; i < access->user_count; i++) {
		object = json_object();
		json_put_text(object, "name", access->users[i].name);
		json_put_count(object, "uid", access->users[i].uid);
		json_put_text(object, "home", access->users[i].home);
		json_put_text(object, "shell", access->users[i].shell);
		put_flag(object, "login_shell", access->users[i].has_login_shell);
		json_put_text(object, "password",
			      guest_password_name(access->users[i].password));
		json_put(object, "keys", keys_array(&access->users[i].keys));
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *access_object(const struct guest_access *access)
{
	json_t *object = json_object(), *gettys = json_array(), *item;
	size_t i;

	json_put(object, "users", users_array(access));
	put_flag(object, "sshd", access->has_sshd);
	put_flag(object, "sshd_enabled", access->is_sshd_enabled);
	json_put(object, "sshd_settings", settings_array(&access->sshd));
	for (i = 0; i < access->getty_count; i++) {
		item = json_object();
		json_put_text(item, "line", access->gettys[i].line);
		json_put_text(item, "source", access->gettys[i].source);
		(void)json_array_append_new(gettys, item);
	}
	json_put(object, "gettys", gettys);
	return object;
}

static json_t *identity_object(const struct guest_identity *identity)
{
	json_t *object = json_object();

	json_put_text(object, "machine_id", guest_machine_id_name(identity->machine_id));
	json_put_text(object, "dbus_machine_id",
		      guest_machine_id_name(identity->dbus_machine_id));
	put_flag(object, "dbus_shared", identity->is_dbus_shared);
	json_put_text(object, "hostname", identity->hostname);
	json_put(object, "host_keys", keys_array(&identity->host_keys));
	put_flag(object, "random_seed", identity->has_random_seed);
	put_flag(object, "credential_secret", identity->has_credential_secret);
	return object;
}

static json_t *problems_array(const struct guest *guest)
{
	json_t *list = json_array(), *object;
	size_t i;

	for (i = 0; i < guest->problem_count; i++) {
		object = json_object();
		json_put_text(object, "path", guest->problems[i].path);
		json_put_text(object, "reason", guest->problems[i].reason);
		(void)json_array_append_new(list, object);
	}
	return list;
}

json_t *json_put_guest(const struct guest *guest)
{
	json_t *object = json_object(), *kernels = json_array(), *loaders = json_array();
	size_t i;

	json_put(object, "system", system_object(&guest->system));
	for (i = 0; i < guest->kernel_count; i++)
		(void)json_array_append_new(kernels, kernel_object(&guest->kernels[i]));
	json_put(object, "kernels", kernels);
	for (i = 0; i < guest->loader_count; i++)
		(void)json_array_append_new(loaders, loader_object(&guest->loaders[i]));
	json_put(object, "loaders", loaders);
	json_put(object, "grub_defaults", settings_array(&guest->grub_defaults));
	json_put(object, "fstab", mounts_array(guest));
	json_put(object, "crypttab", words_array(&guest->crypt_names));
	json_put(object, "network", network_object(&guest->network));
	json_put(object, "cloud_init", cloud_object(&guest->cloud));
	json_put(object, "access", access_object(&guest->access));
	json_put(object, "identity", identity_object(&guest->identity));
	json_put(object, "problems", problems_array(guest));
	return object;
}

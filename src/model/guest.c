/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/guest.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

const char *guest_family_name(enum guest_family family)
{
	static const char *const names[] = {"unknown", "debian", "rhel",
					    "suse",    "alpine", "arch"};

	return names[family];
}

const char *guest_method_name(enum guest_method method)
{
	static const char *const names[] = {"none",   "dhcp",	    "static",  "auto",
					    "manual", "link-local", "disabled"};

	return names[method];
}

const char *guest_password_name(enum guest_password password)
{
	static const char *const names[] = {"unknown", "set", "empty", "locked", "none"};

	return names[password];
}

const char *guest_machine_id_name(enum guest_machine_id state)
{
	static const char *const names[] = {"absent", "empty", "uninitialized", "present",
					    "invalid"};

	return names[state];
}

void guest_words_add(struct guest_words *words, const char *text, size_t length)
{
	char *copy = mem_zero(length + 1, 1);

	if (length > 0)
		memcpy(copy, text, length);
	words->list = mem_grow(words->list, words->count, sizeof(*words->list));
	words->list[words->count++] = copy;
}

bool guest_words_has(const struct guest_words *words, const char *text)
{
	size_t i;

	for (i = 0; i < words->count; i++)
		if (strcmp(words->list[i], text) == 0)
			return true;
	return false;
}

void guest_words_clear(struct guest_words *words)
{
	size_t i;

	for (i = 0; i < words->count; i++)
		free(words->list[i]);
	free(words->list);
	*words = (struct guest_words){0};
}

void guest_settings_add(struct guest_settings *settings, const char *key,
			const char *value, const char *source)
{
	settings->list =
		mem_grow(settings->list, settings->count, sizeof(*settings->list));
	settings->list[settings->count++] = (struct guest_setting){
		.key = str_copy(key),
		.value = str_copy(value),
		.source = str_copy(source),
	};
}

const char *guest_settings_value(const struct guest_settings *settings, const char *key)
{
	size_t i;

	for (i = settings->count; i > 0; i--)
		if (strcmp(settings->list[i - 1].key, key) == 0)
			return settings->list[i - 1].value;
	return NULL;
}

void guest_settings_clear(struct guest_settings *settings)
{
	size_t i;

	for (i = 0; i < settings->count; i++) {
		free(settings->list[i].key);
		free(settings->list[i].value);
		free(settings->list[i].source);
	}
	free(settings->list);
	*settings = (struct guest_settings){0};
}

void guest_keys_add(struct guest_keys *keys, const char *type, const char *fingerprint,
		    const char *source)
{
	keys->list = mem_grow(keys->list, keys->count, sizeof(*keys->list));
	keys->list[keys->count++] = (struct guest_key){
		.type = str_copy(type),
		.fingerprint = str_copy(fingerprint),
		.source = str_copy(source),
	};
}

static void clear_keys(struct guest_keys *keys)
{
	size_t i;

	for (i = 0; i < keys->count; i++) {
		free(keys->list[i].type);
		free(keys->list[i].fingerprint);
		free(keys->list[i].source);
	}
	free(keys->list);
}

void guest_modules_add(struct guest_modules *modules, const char *name, const char *needs,
		       bool is_builtin)
{
	modules->list = mem_grow(modules->list, modules->count, sizeof(*modules->list));
	modules->list[modules->count++] = (struct guest_module){
		.name = str_copy(name),
		.needs = str_copy(needs),
		.is_builtin = is_builtin,
	};
}

void guest_modules_alias(struct guest_modules *modules, const char *pattern,
			 const char *module)
{
	modules->aliases = mem_grow(modules->aliases, modules->alias_count,
				    sizeof(*modules->aliases));
	modules->aliases[modules->alias_count++] = (struct guest_alias){
		.pattern = str_copy(pattern),
		.module = str_copy(module),
	};
}

static int compare_modules(const void *a, const void *b)
{
	const struct guest_module *first = a, *second = b;
	const int order = strcmp(first->name, second->name);

	return order != 0 ? order : second->is_builtin - first->is_builtin;
}

void guest_modules_sort(struct guest_modules *modules)
{
	if (modules->count > 1)
		qsort(modules->list, modules->count, sizeof(*modules->list),
		      compare_modules);
}

const struct guest_module *guest_modules_find(const struct guest_modules *modules,
					      const char *name)
{
	size_t low = 0, high = modules->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (strcmp(modules->list[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < modules->count && strcmp(modules->list[low].name, name) == 0
		       ? &modules->list[low]
		       : NULL;
}

void guest_modules_for(const struct guest_modules *modules, const char *modalias,
		       struct guest_words *out)
{
	size_t i;

	for (i = 0; i < modules->alias_count; i++) {
		const struct guest_alias *alias = &modules->aliases[i];

		if (fnmatch(alias->pattern, modalias, 0) == 0 &&
		    !guest_words_has(out, alias->module))
			guest_words_add(out, alias->module, strlen(alias->module));
	}
}

void guest_boot_file_add(struct guest *guest, const char *path, const char *real)
{
	guest->boot_files = mem_grow(guest->boot_files, guest->boot_file_count,
				     sizeof(*guest->boot_files));
	guest->boot_files[guest->boot_file_count++] = (struct guest_boot_file){
		.path = str_copy(path),
		.real = str_copy(real),
	};
}

void guest_problem_add(struct guest *guest, const char *path, const char *reason)
{
	guest->problems =
		mem_grow(guest->problems, guest->problem_count, sizeof(*guest->problems));
	guest->problems[guest->problem_count++] = (struct guest_problem){
		.path = str_copy(path),
		.reason = str_copy(reason),
	};
}

void guest_entry_clear(struct guest_entry *entry)
{
	free(entry->title);
	free(entry->id);
	free(entry->source);
	free(entry->kernel);
	free(entry->xen);
	guest_words_clear(&entry->initrds);
	free(entry->device);
	free(entry->arguments);
	free(entry->root);
	free(entry->root_flag);
	free(entry->resume);
	guest_words_clear(&entry->consoles);
	*entry = (struct guest_entry){0};
}

void guest_interface_clear(struct guest_interface *interface)
{
	free(interface->stack);
	free(interface->source);
	free(interface->name);
	free(interface->mac);
	free(interface->match);
	guest_words_clear(&interface->addresses);
	guest_words_clear(&interface->gateways);
	guest_words_clear(&interface->dns);
	*interface = (struct guest_interface){0};
}

void guest_loader_clear(struct guest_loader *loader)
{
	size_t i;

	for (i = 0; i < loader->entry_count; i++)
		guest_entry_clear(&loader->entries[i]);
	free(loader->entries);
	free(loader->kind);
	free(loader->config);
	free(loader->default_rule);
	*loader = (struct guest_loader){0};
}

void guest_initramfs_clear(struct guest_initramfs *initramfs)
{
	size_t i;

	for (i = 0; i < initramfs->segment_count; i++)
		free(initramfs->segments[i].compression);
	free(initramfs->segments);
	free(initramfs->path);
	free(initramfs->maker);
	free(initramfs->problem);
	guest_words_clear(&initramfs->modules);
	guest_words_clear(&initramfs->releases);
	guest_words_clear(&initramfs->hooks);
	guest_settings_clear(&initramfs->settings);
	*initramfs = (struct guest_initramfs){0};
}

static void clear_system(struct guest_system *system)
{
	free(system->id);
	free(system->version);
	free(system->pretty_name);
	free(system->codename);
	free(system->source);
	free(system->architecture);
	free(system->init);
	free(system->selinux);
}

void guest_modules_clear(struct guest_modules *modules)
{
	size_t i;

	for (i = 0; i < modules->count; i++) {
		free(modules->list[i].name);
		free(modules->list[i].needs);
	}
	for (i = 0; i < modules->alias_count; i++) {
		free(modules->aliases[i].pattern);
		free(modules->aliases[i].module);
	}
	free(modules->list);
	free(modules->aliases);
	*modules = (struct guest_modules){0};
}

static void clear_kernel(struct guest_kernel *kernel)
{
	free(kernel->path);
	free(kernel->release);
	free(kernel->banner);
	free(kernel->format);
	free(kernel->config_path);
	free(kernel->modules_path);
	free(kernel->drivers);
	guest_modules_clear(&kernel->modules);
	guest_settings_clear(&kernel->config);
	guest_initramfs_clear(&kernel->initramfs);
}

static void clear_mount(struct guest_mount *mount)
{
	free(mount->device);
	free(mount->folder);
	free(mount->type);
	free(mount->options);
}

static void clear_network(struct guest_network *network)
{
	size_t i;

	for (i = 0; i < network->interface_count; i++)
		guest_interface_clear(&network->interfaces[i]);
	for (i = 0; i < network->pin_count; i++) {
		free(network->pins[i].name);
		free(network->pins[i].mac);
		free(network->pins[i].source);
	}
	free(network->stacks);
	free(network->interfaces);
	free(network->pins);
	guest_words_clear(&network->resolvers);
}

static void clear_cloud(struct guest_cloud *cloud)
{
	free(cloud->disabled_by);
	free(cloud->version);
	free(cloud->datasources_source);
	free(cloud->network_source);
	guest_words_clear(&cloud->datasources);
}

static void clear_access(struct guest_access *access)
{
	size_t i;

	for (i = 0; i < access->user_count; i++) {
		free(access->users[i].name);
		free(access->users[i].home);
		free(access->users[i].shell);
		clear_keys(&access->users[i].keys);
	}
	for (i = 0; i < access->getty_count; i++) {
		free(access->gettys[i].line);
		free(access->gettys[i].source);
	}
	free(access->users);
	free(access->gettys);
	guest_settings_clear(&access->sshd);
}

void guest_clear(struct guest *guest)
{
	size_t i;

	clear_system(&guest->system);
	for (i = 0; i < guest->kernel_count; i++)
		clear_kernel(&guest->kernels[i]);
	for (i = 0; i < guest->loader_count; i++)
		guest_loader_clear(&guest->loaders[i]);
	for (i = 0; i < guest->mount_count; i++)
		clear_mount(&guest->mounts[i]);
	for (i = 0; i < guest->problem_count; i++) {
		free(guest->problems[i].path);
		free(guest->problems[i].reason);
	}
	for (i = 0; i < guest->boot_file_count; i++) {
		free(guest->boot_files[i].path);
		free(guest->boot_files[i].real);
	}
	free(guest->boot_files);
	free(guest->kernels);
	free(guest->loaders);
	free(guest->mounts);
	free(guest->problems);
	guest_settings_clear(&guest->grub_defaults);
	guest_words_clear(&guest->crypt_names);
	clear_network(&guest->network);
	clear_cloud(&guest->cloud);
	clear_access(&guest->access);
	free(guest->identity.hostname);
	free(guest->identity.host_key_maker);
	clear_keys(&guest->identity.host_keys);
	*guest = (struct guest){0};
}

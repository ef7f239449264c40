/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/inspect_guest.h"

#include <string.h>

#include "report/text.h"

enum {
	USERS_SHOWN = 6,
	INTERFACES_SHOWN = 6,
	KERNELS_SHOWN = 4,
	LOADERS_SHOWN = 4,
	PROBLEMS_SHOWN = 5,
	WORDS_SHOWN = 6
};

/* A line that begins with a word of its own; nothing for an empty text. */
static void add_line(struct str *out, const char *word, const struct str *text)
{
	if (text->length == 0)
		return;
	str_addf(out, "%-8s", word);
	report_add_wrapped(out, text->bytes, 8, 8);
}

static void add_words(struct str *line, const struct guest_words *words)
{
	struct report_list list = {.out = line, .separator = " ", .most = WORDS_SHOWN};
	size_t i;

	for (i = 0; i < words->count; i++)
		report_list_add(&list, words->list[i]);
	report_add_more(line, words->count, WORDS_SHOWN);
}

static void add_system(const struct guest *guest, struct str *out)
{
	const struct guest_system *system = &guest->system;
	autostr struct str line = STR_EMPTY;

	report_add_value(&line, "",
			 system->pretty_name != NULL ? system->pretty_name
			 : system->id != NULL	     ? system->id
						     : "an unknown system");
	report_add_value(&line, ", ", system->architecture);
	report_add_value(&line, ", ", system->init);
	report_add_value(&line, ", SELinux ", system->selinux);
	add_line(out, "System", &line);
}

static void add_kernel(const struct guest_kernel *kernel, struct str *out)
{
	autostr struct str line = STR_EMPTY;
	size_t i, built_in = 0;

	report_add_value(&line, "",
			 kernel->release != NULL ? kernel->release : kernel->path);
	if (kernel->modules_path == NULL)
		str_add(&line, ", no modules");
	if (kernel->initramfs.path == NULL) {
		str_add(&line, ", no initramfs");
	} else {
		str_addf(&line, "; initramfs of %s with",
			 kernel->initramfs.maker != NULL ? kernel->initramfs.maker
							 : "an unknown maker");
		for (i = 0; i < kernel->driver_count; i++) {
			if (kernel->drivers[i].is_in_initramfs)
				str_addf(&line, " %s", kernel->drivers[i].name);
			built_in += kernel->drivers[i].place == GUEST_DRIVER_BUILTIN;
		}
		if (kernel->initramfs.problem != NULL)
			str_addf(&line, " (%s)", kernel->initramfs.problem);
	}
	if (built_in > 0)
		str_addf(&line, "; %zu of the boot drivers are built in", built_in);
	add_line(out, "Kernel", &line);
}

static void add_loader(const struct guest_loader *loader, struct str *out)
{
	autostr struct str line = STR_EMPTY;
	const struct guest_entry *entry;

	report_add_value(&line, "", loader->kind);
	report_add_value(&line, ", ", loader->config);
	str_addf(&line, ", %zu entr%s", loader->entry_count,
		 loader->entry_count == 1 ? "y" : "ies");
	if (loader->default_entry < 0) {
		str_add(&line, "; which one is the default cannot be told");
		add_line(out, "Boots", &line);
		return;
	}
	entry = &loader->entries[loader->default_entry];
	report_add_value(&line, "; default \"",
			 entry->title != NULL ? entry->title : "-");
	report_add_value(&line,
			 "\": ", entry->kernel != NULL ? entry->kernel : "no kernel");
	report_add_value(&line, " root=", entry->root);
	if (entry->consoles.count > 0) {
		str_add(&line, ", console ");
		add_words(&line, &entry->consoles);
	}
	add_line(out, "Boots", &line);
}

static void add_interface(const struct guest_interface *interface, struct str *line)
{
	report_add_value(line, "; ",
			 interface->name != NULL  ? interface->name
			 : interface->mac != NULL ? interface->mac
						  : "any");
	if (interface->ip4 != GUEST_METHOD_NONE)
		str_addf(line, " %s", guest_method_name(interface->ip4));
	if (interface->ip6 != GUEST_METHOD_NONE)
		str_addf(line, " ip6 %s", guest_method_name(interface->ip6));
	if (interface->addresses.count > 0) {
		str_add(line, " ");
		add_words(line, &interface->addresses);
	}
	if (interface->gateways.count > 0) {
		str_add(line, " via ");
		add_words(line, &interface->gateways);
	}
}

static void add_network(const struct guest_network *network, struct str *out)
{
	autostr struct str line = STR_EMPTY;
	size_t i, shown = 0;

	for (i = 0; i < network->stack_count; i++)
		if (network->stacks[i].is_enabled)
			str_addf(&line, "%s%s", line.length > 0 ? ", " : "",
				 network->stacks[i].name);
	if (line.length == 0)
		str_add(&line, "nothing that is enabled sets it up");
	for (i = 0; i < network->interface_count; i++) {
		if (network->interfaces[i].name != NULL &&
		    strcmp(network->interfaces[i].name, "lo") == 0)
			continue;
		if (shown++ < INTERFACES_SHOWN)
			add_interface(&network->interfaces[i], &line);
	}
	report_add_more(&line, shown, INTERFACES_SHOWN);
	add_line(out, "Network", &line);
}

static bool can_log_in(const struct guest_user *user)
{
	return user->has_login_shell &&
	       (user->keys.count > 0 || user->password == GUEST_PASSWORD_SET ||
		user->password == GUEST_PASSWORD_EMPTY);
}

static void add_login(const struct guest_access *access, struct str *out)
{
	autostr struct str line = STR_EMPTY;
	struct report_list gettys = {.out = &line, .separator = " ", .most = WORDS_SHOWN};
	size_t i, shown = 0;

	for (i = 0; i < access->user_count; i++) {
		const struct guest_user *user = &access->users[i];

		if (!can_log_in(user) || shown++ >= USERS_SHOWN)
			continue;
		report_add_value(&line, shown > 1 ? ", " : "", user->name);
		str_addf(&line, " (password %s, %zu key%s)",
			 guest_password_name(user->password), user->keys.count,
			 user->keys.count == 1 ? "" : "s");
	}
	report_add_more(&line, shown, USERS_SHOWN);
	if (shown == 0)
		str_add(&line, "nobody has a password or a key");
	str_add(&line, access->is_sshd_enabled ? "; sshd is enabled"
		       : access->has_sshd      ? "; sshd is not enabled"
					       : "; no sshd");
	if (access->getty_count > 0)
		str_add(&line, "; gettys on ");
	for (i = 0; i < access->getty_count; i++)
		report_list_add(&gettys, access->gettys[i].line);
	report_add_more(&line, access->getty_count, WORDS_SHOWN);
	add_line(out, "Login", &line);
}

static void add_cloud(const struct guest_cloud *cloud, struct str *out)
{
	autostr struct str line = STR_EMPTY;

	if (!cloud->is_installed)
		return;
	report_add_value(&line, "",
			 cloud->version != NULL ? cloud->version : "installed");
	if (cloud->is_disabled)
		str_add(&line, ", disabled");
	if (cloud->datasources.count > 0) {
		str_add(&line, ", looks at ");
		add_words(&line, &cloud->datasources);
	}
	if (cloud->has_nocloud_seed)
		str_add(&line, ", with a NoCloud seed");
	if (cloud->is_network_disabled)
		str_add(&line, ", leaves the network alone");
	add_line(out, "Cloud", &line);
}

static void add_identity(const struct guest_identity *identity, struct str *out)
{
	autostr struct str line = STR_EMPTY;

	report_add_value(&line, "",
			 identity->hostname != NULL ? identity->hostname
						    : "no host name");
	str_addf(&line, ", machine-id %s, %zu ssh host key%s%s%s",
		 guest_machine_id_name(identity->machine_id), identity->host_keys.count,
		 identity->host_keys.count == 1 ? "" : "s",
		 identity->has_random_seed ? ", a random seed" : "",
		 identity->has_credential_secret ? ", a credential secret" : "");
	add_line(out, "Is", &line);
}

static void add_problems(const struct guest *guest, struct str *out)
{
	size_t i;

	for (i = 0; i < guest->problem_count && i < PROBLEMS_SHOWN; i++) {
		autostr struct str line = STR_EMPTY;

		report_add_value(&line, "not read: ", guest->problems[i].path);
		str_addf(&line, ": %s", guest->problems[i].reason);
		str_add(out, "  ");
		report_add_wrapped(out, line.bytes, 4, 2);
	}
	report_add_more_line(out, guest->problem_count, PROBLEMS_SHOWN);
}

void report_write_guest(const struct guest *guest, struct str *out)
{
	size_t i;

	add_system(guest, out);
	for (i = 0; i < guest->kernel_count && i < KERNELS_SHOWN; i++)
		add_kernel(&guest->kernels[i], out);
	report_add_more_line(out, guest->kernel_count, KERNELS_SHOWN);
	if (guest->kernel_count == 0)
		str_add(out, "Kernel  none in /boot\n");
	for (i = 0; i < guest->loader_count && i < LOADERS_SHOWN; i++)
		add_loader(&guest->loaders[i], out);
	report_add_more_line(out, guest->loader_count, LOADERS_SHOWN);
	if (guest->loader_count == 0)
		str_add(out, "Boots   by no configuration that is known\n");
	add_network(&guest->network, out);
	add_login(&guest->access, out);
	add_cloud(&guest->cloud, out);
	add_identity(&guest->identity, out);
	add_problems(guest, out);
}

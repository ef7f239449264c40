/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_network.c - which programs set up the network, and what they are told: one reader for each
 * kind of configuration; names that are tied to MACs by udev. */
#include <string.h>

#include "base/own.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

enum { INTERFACES_MOST = 1000, PINS_MOST = 1000 };

static const struct stack {
	const char *name;
	const char *files[5];	 /* one of them: it is installed */
	const char *services[4]; /* one of them is started: it is enabled */
} stacks[] = {
	{"ifupdown",
	 {"/sbin/ifup", "/usr/sbin/ifup", "/etc/network/interfaces"},
	 {"networking"}},
	{"netplan",
	 {"/usr/sbin/netplan", "/usr/libexec/netplan/generate", "/lib/netplan/generate"},
	 {NULL}},
	{"systemd-networkd",
	 {"/usr/lib/systemd/systemd-networkd", "/lib/systemd/systemd-networkd"},
	 {"systemd-networkd"}},
	{"NetworkManager",
	 {"/usr/sbin/NetworkManager", "/usr/bin/NetworkManager"},
	 {"NetworkManager", "network-manager"}},
	{"ifcfg", {"/etc/sysconfig/network-scripts/ifup-eth"}, {"network"}},
	{"wicked",
	 {"/usr/sbin/wicked", "/sbin/wicked"},
	 {"wickedd", "wicked", "network"}},
};

enum { STACK_COUNT = sizeof(stacks) / sizeof(stacks[0]) };

struct guest_interface *read_add_interface(struct guest_network *network,
					   const char *stack, const char *source)
{
	struct guest_interface *interface;

	if (network->interface_count == INTERFACES_MOST)
		return NULL;
	network->interfaces = mem_grow(network->interfaces, network->interface_count,
				       sizeof(*network->interfaces));
	interface = &network->interfaces[network->interface_count++];
	*interface = (struct guest_interface){
		.stack = str_copy(stack),
		.source = str_copy(source),
	};
	return interface;
}

void read_add_pin(struct guest_network *network, const char *name, const char *mac,
		  const char *source)
{
	struct guest_pin *pin;

	if (network->pin_count == PINS_MOST)
		return;
	network->pins =
		mem_grow(network->pins, network->pin_count, sizeof(*network->pins));
	pin = &network->pins[network->pin_count++];
	*pin = (struct guest_pin){
		.name = str_copy(name),
		.mac = str_copy(mac),
		.source = str_copy(source),
	};
	(void)text_lower(pin->mac);
}

/* The text behind @start in a rule, up to the next quote. @out: added. Returns: found */
static bool rule_value(const char *rule, const char *start, struct str *out)
{
	const char *value = strstr(rule, start);

	if (value == NULL)
		return false;
	value += strlen(start);
	str_add_bytes(out, value, strcspn(value, "\""));
	return true;
}

void udev_pins_parse(const char *text, const char *source, struct guest_network *out)
{
	autofree char *copy = str_copy(text);
	char *rest = copy;
	const char *line;

	while ((line = text_next_joined(&rest)) != NULL) {
		autostr struct str name = STR_EMPTY, mac = STR_EMPTY;

		if (line[0] != '#' && rule_value(line, "NAME=\"", &name) &&
		    rule_value(line, "ATTR{address}==\"", &mac))
			read_add_pin(out, name.bytes, mac.bytes, source);
	}
}

static void read_udev(struct inspect *look)
{
	static const char *const paths[] = {
		"/etc/udev/rules.d/70-persistent-net.rules",
		"/etc/udev/rules.d/30-net_persistent_names.rules"};
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		autostr struct str text = STR_EMPTY;

		if (inspect_text(look, paths[i], &text))
			udev_pins_parse(text.bytes, paths[i], &look->guest->network);
	}
}

static void read_resolvers(struct inspect *look)
{
	autostr struct str text = STR_EMPTY;
	autofree char *copy = NULL;
	char *rest, *line;

	/* often a link into /run, which an image does not have */
	if (!vfs_exists(look->vfs, "/etc/resolv.conf") ||
	    !inspect_text(look, "/etc/resolv.conf", &text))
		return;
	copy = str_copy(text.bytes);
	for (rest = copy; (line = text_next_line(&rest)) != NULL;) {
		const char *key = text_next_word(&line), *value = text_next_word(&line);

		if (key != NULL && value != NULL && strcmp(key, "nameserver") == 0 &&
		    look->guest->network.resolvers.count < 16)
			guest_words_add(&look->guest->network.resolvers, value,
					strlen(value));
	}
}

static struct guest_stack *find_stack(struct guest_network *network, const char *name)
{
	size_t i;

	for (i = 0; i < network->stack_count; i++)
		if (strcmp(network->stacks[i].name, name) == 0)
			return &network->stacks[i];
	return NULL;
}

static void find_stacks(struct inspect *look)
{
	struct guest_network *network = &look->guest->network;
	size_t i;

	network->stacks = mem_zero(STACK_COUNT, sizeof(*network->stacks));
	network->stack_count = STACK_COUNT;
	for (i = 0; i < STACK_COUNT; i++)
		network->stacks[i] = (struct guest_stack){
			.name = stacks[i].name,
			.is_installed = inspect_first(look, stacks[i].files) != NULL,
		};
	for (i = 0; i < STACK_COUNT; i++)
		network->stacks[i].is_enabled =
			network->stacks[i].is_installed &&
			inspect_is_started(look, stacks[i].services);
}

/* netplan has no service: its generator runs at each boot and starts networkd, unless its files
 * name NetworkManager. */
static void conclude_netplan(struct guest_network *network, bool has_manager)
{
	struct guest_stack *netplan = find_stack(network, "netplan");
	struct guest_stack *networkd = find_stack(network, "systemd-networkd");
	size_t i;

	if (netplan == NULL || networkd == NULL) /* both have a row in the table */
		return;
	for (i = 0; netplan->is_installed && i < network->interface_count; i++)
		if (strcmp(network->interfaces[i].stack, "netplan") == 0)
			netplan->is_enabled = true;
	if (netplan->is_enabled && !has_manager)
		networkd->is_enabled = networkd->is_installed;
}

static void read_network(struct inspect *look)
{
	static void (*const readers[])(struct inspect * look) = {
		read_ifupdown, read_netplan, read_networkd,
		read_keyfiles, read_ifcfg,   read_wicked};
	size_t i;

	find_stacks(look);
	for (i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		readers[i](look);
	conclude_netplan(&look->guest->network, look->is_netplan_for_manager);
	read_udev(look);
	read_resolvers(look);
}

const struct guest_reader guest_reader_network = {.name = "network",
						  .read = read_network};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_ifcfg.c - ifcfg files, of RHEL (sysconfig.txt of initscripts, nm-settings-ifcfg-rh(5)) and of
 * SUSE (ifcfg(5), ifcfg-routes(5) of wicked): one name, two meanings. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

enum { NUMBERED_MOST = 32 };

/* A key with a number behind it: "IPADDR2". Returns: its value, or NULL */
static const char *numbered(const struct guest_settings *settings, const char *key,
			    int number)
{
	autostr struct str name = STR_EMPTY;

	str_addf(&name, "%s%d", key, number);
	return guest_settings_value(settings, name.bytes);
}

static const char *plain_or_numbered(const struct guest_settings *settings,
				     const char *key, int number)
{
	return number < 0 ? guest_settings_value(settings, key)
			  : numbered(settings, key, number);
}

/* The prefix that belongs to an address; -1: none is told */
static int prefix_of(const struct guest_settings *settings, const char *key, int number)
{
	const char *prefix = plain_or_numbered(settings, key, number);
	const char *netmask = plain_or_numbered(settings, "NETMASK", number);

	if (prefix != NULL)
		return text_prefix_length(prefix);
	return netmask != NULL ? text_prefix_length(netmask) : -1;
}

/* IPADDR, IPADDR0, IPADDR1 ... each with its prefix. */
static void read_addresses(const struct guest_settings *settings, const char *prefix,
			   struct guest_interface *out)
{
	int number;

	for (number = -1; number < NUMBERED_MOST; number++) {
		const char *address = plain_or_numbered(settings, "IPADDR", number);

		if (address != NULL && address[0] != '\0')
			text_add_address(&out->addresses, address,
					 prefix_of(settings, prefix, number));
	}
}

static void add_values(const struct guest_settings *settings, const char *key,
		       struct guest_words *out)
{
	int number;

	for (number = -1; number < NUMBERED_MOST; number++) {
		const char *value = plain_or_numbered(settings, key, number);

		if (value != NULL)
			text_add_words(out, value, " \t");
	}
}

static void set_lower(char **place, const char *text)
{
	text_replace(place, text != NULL && text[0] != '\0' ? text : NULL);
	if (*place != NULL)
		(void)text_lower(*place);
}

static bool says(const struct guest_settings *settings, const char *key, const char *word)
{
	const char *value = guest_settings_value(settings, key);

	return value != NULL && strcasecmp(value, word) == 0;
}

static void read_ip6(const struct guest_settings *settings, struct guest_interface *out)
{
	if (guest_settings_value(settings, "IPV6ADDR") != NULL) {
		add_values(settings, "IPV6ADDR", &out->addresses);
		add_values(settings, "IPV6ADDR_SECONDARIES", &out->addresses);
		out->ip6 = GUEST_METHOD_STATIC;
	} else if (text_is_yes(guest_settings_value(settings, "DHCPV6C"))) {
		out->ip6 = GUEST_METHOD_DHCP;
	} else if (says(settings, "IPV6INIT", "no")) {
		out->ip6 = GUEST_METHOD_DISABLED;
	} else if (text_is_yes(guest_settings_value(settings, "IPV6INIT")) &&
		   !says(settings, "IPV6_AUTOCONF", "no")) {
		out->ip6 = GUEST_METHOD_AUTO;
	}
}

void ifcfg_interface(const struct guest_settings *settings, const char *source,
		     struct guest_network *out)
{
	const char *device = guest_settings_value(settings, "DEVICE");
	const char *mtu = guest_settings_value(settings, "MTU");
	const char *onboot = guest_settings_value(settings, "ONBOOT");
	struct guest_interface *interface;

	if (device != NULL && strcmp(device, "lo") == 0)
		return;
	interface = read_add_interface(out, "ifcfg", source);
	if (interface == NULL)
		return;
	text_replace(&interface->name, device);
	set_lower(&interface->mac, guest_settings_value(settings, "HWADDR"));
	read_addresses(settings, "PREFIX", interface);
	if (says(settings, "BOOTPROTO", "dhcp") || says(settings, "BOOTPROTO", "bootp"))
		interface->ip4 = GUEST_METHOD_DHCP;
	else if (interface->addresses.count > 0)
		interface->ip4 = GUEST_METHOD_STATIC;
	else
		interface->ip4 = GUEST_METHOD_MANUAL;
	read_ip6(settings, interface);
	add_values(settings, "GATEWAY", &interface->gateways);
	add_values(settings, "IPV6_DEFAULTGW", &interface->gateways);
	add_values(settings, "DNS", &interface->dns);
	interface->mtu_bytes = mtu != NULL ? (int)strtol(mtu, NULL, 10) : 0;
	interface->is_up_at_boot = onboot == NULL || text_is_yes(onboot);
}

/* What BOOTPROTO of SUSE means for each family. */
static const struct {
	const char *word;
	enum guest_method ip4, ip6;
} bootprotos[] = {
	{"dhcp", GUEST_METHOD_DHCP, GUEST_METHOD_DHCP},
	{"dhcp4", GUEST_METHOD_DHCP, GUEST_METHOD_NONE},
	{"dhcp6", GUEST_METHOD_NONE, GUEST_METHOD_DHCP},
	{"auto", GUEST_METHOD_DHCP, GUEST_METHOD_AUTO},
	{"autoip", GUEST_METHOD_LINK_LOCAL, GUEST_METHOD_NONE},
	{"none", GUEST_METHOD_MANUAL, GUEST_METHOD_NONE},
	{"dhcp+autoip", GUEST_METHOD_DHCP, GUEST_METHOD_NONE},
};

static void set_wicked_methods(const struct guest_settings *settings,
			       struct guest_interface *out)
{
	size_t i;

	for (i = 0; i < out->addresses.count; i++) {
		if (strchr(out->addresses.list[i], ':') != NULL)
			out->ip6 = GUEST_METHOD_STATIC;
		else
			out->ip4 = GUEST_METHOD_STATIC;
	}
	for (i = 0; i < sizeof(bootprotos) / sizeof(bootprotos[0]); i++) {
		if (!says(settings, "BOOTPROTO", bootprotos[i].word))
			continue;
		if (bootprotos[i].ip4 != GUEST_METHOD_NONE)
			out->ip4 = bootprotos[i].ip4;
		if (bootprotos[i].ip6 != GUEST_METHOD_NONE)
			out->ip6 = bootprotos[i].ip6;
	}
}

void wicked_interface(const struct guest_settings *settings, const char *name,
		      const char *source, struct guest_network *out)
{
	const char *mode = guest_settings_value(settings, "STARTMODE");
	const char *mtu = guest_settings_value(settings, "MTU");
	struct guest_interface *interface;
	size_t i;

	if (strcmp(name, "lo") == 0)
		return;
	interface = read_add_interface(out, "wicked", source);
	if (interface == NULL)
		return;
	interface->name = str_copy(name);
	read_addresses(settings, "PREFIXLEN", interface);
	/* "IPADDR_x": any suffix makes a further address */
	for (i = 0; i < settings->count; i++)
		if (text_starts(settings->list[i].key, "IPADDR_"))
			text_add_address(&interface->addresses, settings->list[i].value,
					 -1);
	set_wicked_methods(settings, interface);
	interface->mtu_bytes = mtu != NULL ? (int)strtol(mtu, NULL, 10) : 0;
	interface->is_up_at_boot =
		mode != NULL && strcmp(mode, "manual") != 0 && strcmp(mode, "off") != 0;
}

/* Names that are no interface's: copies that editors and package managers leave. */
static bool is_ifcfg(const char *name)
{
	static const char *const endings[] = {"~",	   ".bak",	 ".old",
					      ".orig",	   ".rpmnew",	 ".rpmsave",
					      ".template", ".scpmbackup"};
	size_t i;

	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (text_ends(name, endings[i]))
			return false;
	return text_starts(name, "ifcfg-") && strcmp(name, "ifcfg-lo") != 0;
}

/* What is made of a file: its settings, the name of the interface, the path of the file. */
typedef void take_file(const struct guest_settings *settings, const char *name,
		       const char *source, struct guest_network *out);

/* In a file of RHEL the interface stands inside. */
static void take_ifcfg(const struct guest_settings *settings, const char *name,
		       const char *source, struct guest_network *out)
{
	(void)name;
	ifcfg_interface(settings, source, out);
}

/* Take all files of a folder. Returns: whether anything is in it */
static bool read_files(struct inspect *look, const char *folder, take_file *take)
{
	struct guest_words names = {0};
	bool has_any;
	size_t i;

	inspect_names(look, folder, "", &names);
	for (i = 0; i < names.count; i++) {
		autostr struct str path = STR_EMPTY;
		struct guest_settings settings = {0};

		if (!is_ifcfg(names.list[i]))
			continue;
		str_addf(&path, "%s/%s", folder, names.list[i]);
		if (inspect_settings(look, path.bytes, &settings))
			take(&settings, names.list[i] + strlen("ifcfg-"), path.bytes,
			     &look->guest->network);
		guest_settings_clear(&settings);
	}
	has_any = names.count > 0;
	guest_words_clear(&names);
	return has_any;
}

void read_ifcfg(struct inspect *look)
{
	struct guest_network *network = &look->guest->network;
	struct guest_settings common = {0};
	size_t i, first = network->interface_count;
	bool has_folder;

	has_folder = read_files(look, "/etc/sysconfig/network-scripts", take_ifcfg);
	/* a gateway for the whole system, as EL 6 and before have it */
	if (has_folder && inspect_settings(look, "/etc/sysconfig/network", &common))
		for (i = first; i < network->interface_count; i++)
			if (network->interfaces[i].gateways.count == 0 &&
			    network->interfaces[i].ip4 == GUEST_METHOD_STATIC)
				add_values(&common, "GATEWAY",
					   &network->interfaces[i].gateways);
	guest_settings_clear(&common);
}

/* "default 192.0.2.1 - eth0" in the file for all or for one interface. */
static void read_routes(struct inspect *look, const char *path,
			struct guest_interface *interface)
{
	autostr struct str text = STR_EMPTY;
	autofree char *copy = NULL;
	char *rest, *line;

	if (!inspect_text(look, path, &text))
		return;
	copy = str_copy(text.bytes);
	for (rest = copy; (line = text_next_line(&rest)) != NULL;) {
		const char *to = text_next_word(&line), *via = text_next_word(&line);
		const char *mask = text_next_word(&line), *device = text_next_word(&line);

		(void)mask;
		if (to == NULL || via == NULL || strcmp(to, "default") != 0)
			continue;
		if (device == NULL || strcmp(device, "-") == 0 ||
		    strcmp(device, interface->name) == 0)
			guest_words_add(&interface->gateways, via, strlen(via));
	}
}

static void read_routes_of(struct inspect *look, struct guest_interface *interface)
{
	autostr struct str path = STR_EMPTY;

	str_addf(&path, "/etc/sysconfig/network/ifroute-%s", interface->name);
	read_routes(look, path.bytes, interface);
	if (interface->ip4 == GUEST_METHOD_STATIC ||
	    interface->ip6 == GUEST_METHOD_STATIC)
		read_routes(look, "/etc/sysconfig/network/routes", interface);
}

void read_wicked(struct inspect *look)
{
	struct guest_network *network = &look->guest->network;
	struct guest_settings config = {0};
	const char *dns;
	size_t i, first = network->interface_count;

	(void)read_files(look, "/etc/sysconfig/network", wicked_interface);
	(void)inspect_settings(look, "/etc/sysconfig/network/config", &config);
	dns = guest_settings_value(&config, "NETCONFIG_DNS_STATIC_SERVERS");
	for (i = first; i < network->interface_count; i++) {
		read_routes_of(look, &network->interfaces[i]);
		if (dns != NULL)
			text_add_words(&network->interfaces[i].dns, dns, " \t");
	}
	guest_settings_clear(&config);
}

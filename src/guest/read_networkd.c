/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_networkd.c - systemd-networkd's files and systemd's names of interfaces: systemd.network(5),
 * systemd.netdev(5), systemd.link(5). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

enum { SETTINGS_MOST = 4096 };

void ini_parse(const char *text, const char *source, struct guest_settings *out)
{
	autofree char *copy = str_copy(text), *section = str_copy("");
	char *rest = copy, *line, *value;

	while ((line = text_next_joined(&rest)) != NULL && out->count < SETTINGS_MOST) {
		autostr struct str key = STR_EMPTY;

		if (line[0] == '#' || line[0] == ';')
			continue;
		if (line[0] == '[') {
			line[strcspn(line, "]")] = '\0';
			text_replace(&section, line + 1);
			continue;
		}
		value = strchr(line, '=');
		if (value == NULL)
			continue;
		*value++ = '\0';
		str_addf(&key, "%s.%s", section, str_trim_end(line));
		guest_settings_add(out, key.bytes, value + strspn(value, " \t"), source);
	}
}

static void add_pin_of(const struct guest_settings *settings, const char *name,
		       const char *source, struct guest_network *out)
{
	static const char *const keys[] = {"Match.MACAddress",
					   "Match.PermanentMACAddress"};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *mac = guest_settings_value(settings, keys[i]);

		if (mac != NULL && mac[0] != '\0')
			read_add_pin(out, name, mac, source);
	}
}

void link_pin(const struct guest_settings *settings, const char *source,
	      struct guest_network *out)
{
	const char *name = guest_settings_value(settings, "Link.Name");

	if (name != NULL && name[0] != '\0')
		add_pin_of(settings, name, source, out);
}

void netdev_interface(const struct guest_settings *settings, const char *source,
		      struct guest_network *out)
{
	const char *name = guest_settings_value(settings, "NetDev.Name");
	const char *kind = guest_settings_value(settings, "NetDev.Kind");
	struct guest_interface *interface;
	autostr struct str match = STR_EMPTY;

	if (name == NULL || kind == NULL)
		return;
	interface = read_add_interface(out, "systemd-networkd", source);
	if (interface == NULL)
		return;
	str_addf(&match, "kind=%s", kind);
	interface->name = str_copy(name);
	interface->match = str_copy(match.bytes);
	interface->is_up_at_boot = true;
}

/* [Match] of containers and virtual interfaces: not about this machine's cards. */
static bool is_for_others(const struct guest_settings *settings)
{
	static const char *const keys[] = {"Match.Virtualization", "Match.Kind",
					   "Match.Type", "Match.WLANInterfaceType"};
	static const char *const drivers[] = {"veth", "bridge", "tun"};
	const char *driver = guest_settings_value(settings, "Match.Driver");
	size_t i;

	for (i = 0; driver != NULL && i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(driver, drivers[i]) == 0)
			return true;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = guest_settings_value(settings, keys[i]);

		if (value != NULL && value[0] != '\0' && strcmp(value, "ether") != 0 &&
		    strcmp(value, "!container") != 0 && strcmp(value, "no") != 0)
			return true;
	}
	return false;
}

static void read_match(const struct guest_settings *settings, struct guest_interface *out)
{
	const char *name = guest_settings_value(settings, "Match.Name");
	const char *mac = guest_settings_value(settings, "Match.MACAddress");
	const char *type = guest_settings_value(settings, "Match.Type");
	const char *driver = guest_settings_value(settings, "Match.Driver");
	autostr struct str match = STR_EMPTY;

	if (mac == NULL)
		mac = guest_settings_value(settings, "Match.PermanentMACAddress");
	text_replace(&out->name, name);
	out->is_pattern = name != NULL && strpbrk(name, "*?[ !") != NULL;
	text_replace(&out->mac, mac);
	if (out->mac != NULL)
		(void)text_lower(out->mac);
	if (driver != NULL)
		str_addf(&match, "driver=%s", driver);
	else if (type != NULL)
		str_addf(&match, "type=%s", type);
	if (match.length > 0)
		out->match = str_copy(match.bytes);
}

/* One setting; an empty value takes what was before it back. */
static void read_setting(const struct guest_setting *setting, struct guest_interface *out)
{
	const char *key = setting->key, *value = setting->value;
	struct guest_words *list = NULL;

	if (strcmp(key, "Network.Address") == 0 || strcmp(key, "Address.Address") == 0)
		list = &out->addresses;
	else if (strcmp(key, "Network.Gateway") == 0 || strcmp(key, "Route.Gateway") == 0)
		list = &out->gateways;
	else if (strcmp(key, "Network.DNS") == 0)
		list = &out->dns;
	if (list == NULL)
		return;
	if (value[0] == '\0')
		guest_words_clear(list);
	text_add_words(list, value, " \t");
}

static void read_methods(const struct guest_settings *settings,
			 struct guest_interface *out)
{
	const char *dhcp = guest_settings_value(settings, "Network.DHCP");
	const char *accept = guest_settings_value(settings, "Network.IPv6AcceptRA");
	size_t i;

	for (i = 0; i < out->addresses.count; i++) {
		if (strchr(out->addresses.list[i], ':') != NULL)
			out->ip6 = GUEST_METHOD_STATIC;
		else
			out->ip4 = GUEST_METHOD_STATIC;
	}
	if (out->ip6 == GUEST_METHOD_NONE && text_is_yes(accept))
		out->ip6 = GUEST_METHOD_AUTO;
	if (dhcp == NULL)
		return;
	/* "both", "v4" and "v6" are its older words */
	if (text_is_yes(dhcp) || strcmp(dhcp, "ipv4") == 0 || strcmp(dhcp, "both") == 0 ||
	    strcmp(dhcp, "v4") == 0)
		out->ip4 = GUEST_METHOD_DHCP;
	if (text_is_yes(dhcp) || strcmp(dhcp, "ipv6") == 0 || strcmp(dhcp, "both") == 0 ||
	    strcmp(dhcp, "v6") == 0)
		out->ip6 = GUEST_METHOD_DHCP;
}

void networkd_interface(const struct guest_settings *settings, const char *source,
			struct guest_network *out)
{
	const char *mtu = guest_settings_value(settings, "Link.MTUBytes");
	const char *unmanaged = guest_settings_value(settings, "Link.Unmanaged");
	const char *on_link = guest_settings_value(settings, "Route.GatewayOnLink");
	struct guest_interface *interface;
	size_t i;

	if (settings->count == 0 || is_for_others(settings))
		return;
	interface = read_add_interface(out, "systemd-networkd", source);
	if (interface == NULL)
		return;
	read_match(settings, interface);
	for (i = 0; i < settings->count; i++)
		read_setting(&settings->list[i], interface);
	read_methods(settings, interface);
	interface->is_gateway_on_link = text_is_yes(on_link);
	interface->mtu_bytes = mtu != NULL ? (int)strtol(mtu, NULL, 10) : 0;
	interface->is_up_at_boot = !text_is_yes(unmanaged);
}

/* Of two files with one name the one in the earlier folder counts. /run is empty in an image. */
static const char *const folders[] = {"/etc/systemd/network", "/usr/lib/systemd/network",
				      "/lib/systemd/network"};

enum { FOLDER_COUNT = sizeof(folders) / sizeof(folders[0]) };

static void read_ini(struct inspect *look, const char *path, struct guest_settings *out)
{
	autostr struct str text = STR_EMPTY;

	if (inspect_text(look, path, &text))
		ini_parse(text.bytes, path, out);
}

/* What NAME.d/ in any folder adds, behind the file itself. */
static void read_dropins(struct inspect *look, const char *name,
			 struct guest_settings *out)
{
	size_t i, k;

	for (k = FOLDER_COUNT; k > 0; k--) {
		autostr struct str folder = STR_EMPTY;
		struct guest_words names = {0};

		str_addf(&folder, "%s/%s.d", folders[k - 1], name);
		inspect_names(look, folder.bytes, ".conf", &names);
		for (i = 0; i < names.count; i++) {
			autostr struct str path = STR_EMPTY;

			str_addf(&path, "%s/%s", folder.bytes, names.list[i]);
			read_ini(look, path.bytes, out);
		}
		guest_words_clear(&names);
	}
}

typedef void take_settings(const struct guest_settings *settings, const char *source,
			   struct guest_network *out);

static void read_kind(struct inspect *look, const char *suffix, take_settings *take)
{
	struct guest_words seen = {0};
	size_t i, k;

	for (k = 0; k < FOLDER_COUNT; k++) {
		struct guest_words names = {0};

		inspect_names(look, folders[k], suffix, &names);
		for (i = 0; i < names.count; i++) {
			autostr struct str path = STR_EMPTY;
			struct guest_settings settings = {0};

			if (guest_words_has(&seen, names.list[i]))
				continue;
			guest_words_add(&seen, names.list[i], strlen(names.list[i]));
			str_addf(&path, "%s/%s", folders[k], names.list[i]);
			if (inspect_is_null(look, path.bytes))
				continue;
			read_ini(look, path.bytes, &settings);
			read_dropins(look, names.list[i], &settings);
			take(&settings, path.bytes, &look->guest->network);
			guest_settings_clear(&settings);
		}
		guest_words_clear(&names);
	}
	guest_words_clear(&seen);
}

void read_networkd(struct inspect *look)
{
	read_kind(look, ".network", networkd_interface);
	read_kind(look, ".netdev", netdev_interface);
	read_kind(look, ".link", link_pin);
}

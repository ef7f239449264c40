/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_keyfile.c - NetworkManager's connections. Source: nm-settings-keyfile(5). */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

static const struct {
	const char *word;
	enum guest_method method;
} methods[] = {
	{"manual", GUEST_METHOD_STATIC},   {"disabled", GUEST_METHOD_DISABLED},
	{"ignore", GUEST_METHOD_DISABLED}, {"link-local", GUEST_METHOD_LINK_LOCAL},
	{"dhcp", GUEST_METHOD_DHCP},	   {"shared", GUEST_METHOD_STATIC},
};

/* "auto" is DHCP for IPv4, and router advertisements for IPv6. */
static enum guest_method method_of(const char *word, bool is_ip6)
{
	size_t i;

	for (i = 0; word != NULL && i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i].word, word) == 0)
			return methods[i].method;
	if (word == NULL || strcmp(word, "auto") != 0)
		return GUEST_METHOD_NONE;
	return is_ip6 ? GUEST_METHOD_AUTO : GUEST_METHOD_DHCP;
}

/* "address1=192.0.2.7/24,192.0.2.1": the second part is a gateway. */
static void read_address(const char *value, struct guest_interface *out)
{
	const size_t length = strcspn(value, ",");

	guest_words_add(&out->addresses, value, length);
	if (value[length] == ',')
		text_add_words(&out->gateways, value + length + 1, ",; \t");
}

static bool is_address_key(const char *key)
{
	return text_starts(key, "address") &&
	       (strcmp(key, "addresses") == 0 ||
		key[strspn(key + strlen("address"), "0123456789") + strlen("address")] ==
			'\0');
}

static void read_setting(const struct guest_setting *setting, struct guest_interface *out)
{
	const char *key = setting->key;

	if (!text_starts(key, "ipv4.") && !text_starts(key, "ipv6."))
		return;
	key += strlen("ipv4.");
	if (is_address_key(key))
		read_address(setting->value, out);
	else if (strcmp(key, "gateway") == 0)
		guest_words_add(&out->gateways, setting->value, strlen(setting->value));
	else if (strcmp(key, "dns") == 0)
		text_add_words(&out->dns, setting->value, ";, \t");
}

/* "route1=192.0.2.1/32" without a next hop is a route to what is on the link. */
static bool is_on_link(const struct guest_setting *setting,
		       const struct guest_words *gateways)
{
	const size_t length = strcspn(setting->value, "/");
	size_t i;

	if (!text_starts(setting->key, "ipv4.route") &&
	    !text_starts(setting->key, "ipv6.route"))
		return false;
	if (strcmp(setting->value + length, "/32") != 0 &&
	    strcmp(setting->value + length, "/128") != 0)
		return false;
	for (i = 0; i < gateways->count; i++)
		if (strlen(gateways->list[i]) == length &&
		    strncmp(gateways->list[i], setting->value, length) == 0)
			return true;
	return false;
}

static const char *first_of(const struct guest_settings *settings,
			    const char *const *keys)
{
	const char *value = NULL;

	for (; *keys != NULL && value == NULL; keys++)
		value = guest_settings_value(settings, *keys);
	return value;
}

void keyfile_interface(const struct guest_settings *settings, const char *source,
		       struct guest_network *out)
{
	static const char *const macs[] = {"ethernet.mac-address",
					   "802-3-ethernet.mac-address", NULL};
	static const char *const mtus[] = {"ethernet.mtu", "802-3-ethernet.mtu", NULL};
	const char *type = guest_settings_value(settings, "connection.type");
	const char *start = guest_settings_value(settings, "connection.autoconnect");
	const char *mtu = first_of(settings, mtus);
	struct guest_interface *interface;
	size_t i;

	if (type == NULL || strcmp(type, "loopback") == 0)
		return;
	interface = read_add_interface(out, "NetworkManager", source);
	if (interface == NULL)
		return;
	text_replace(&interface->name,
		     guest_settings_value(settings, "connection.interface-name"));
	text_replace(&interface->mac, first_of(settings, macs));
	if (interface->mac != NULL)
		(void)text_lower(interface->mac);
	for (i = 0; i < settings->count; i++)
		read_setting(&settings->list[i], interface);
	for (i = 0; i < settings->count; i++)
		if (is_on_link(&settings->list[i], &interface->gateways))
			interface->is_gateway_on_link = true;
	interface->ip4 = method_of(guest_settings_value(settings, "ipv4.method"), false);
	interface->ip6 = method_of(guest_settings_value(settings, "ipv6.method"), true);
	interface->mtu_bytes = mtu != NULL ? (int)strtol(mtu, NULL, 10) : 0;
	interface->is_up_at_boot = start == NULL || text_is_yes(start);
}

void read_keyfiles(struct inspect *look)
{
	static const char *const folders[] = {
		"/etc/NetworkManager/system-connections",
		"/usr/lib/NetworkManager/system-connections"};
	size_t i, k;

	for (k = 0; k < sizeof(folders) / sizeof(folders[0]); k++) {
		struct guest_words names = {0};

		inspect_names(look, folders[k], "", &names);
		for (i = 0; i < names.count; i++) {
			autostr struct str path = STR_EMPTY, text = STR_EMPTY;
			struct guest_settings settings = {0};

			str_addf(&path, "%s/%s", folders[k], names.list[i]);
			if (!inspect_text(look, path.bytes, &text))
				continue;
			ini_parse(text.bytes, path.bytes, &settings);
			keyfile_interface(&settings, path.bytes, &look->guest->network);
			guest_settings_clear(&settings);
		}
		guest_words_clear(&names);
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_interfaces.c - /etc/network/interfaces of Debian's ifupdown, of busybox and of ifupdown-ng.
 * Source: interfaces(5). */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

enum { FILES_MOST = 256, DEPTH_MOST = 8 };

/* A stanza as it is read. */
struct stanza {
	struct guest_network *out;
	const char *source;
	include_read *include;
	void *data;
	struct guest_words *up;
	size_t interface; /* index + 1 of the one that options are for; 0: none */
	bool has_method;
	int prefix;	      /* of its netmask; negative: none */
	size_t first_address; /* of this stanza */
};

static const struct {
	const char *word;
	enum guest_method method;
} methods[] = {
	{"dhcp", GUEST_METHOD_DHCP},	 {"static", GUEST_METHOD_STATIC},
	{"manual", GUEST_METHOD_MANUAL}, {"auto", GUEST_METHOD_AUTO},
	{"loopback", GUEST_METHOD_NONE},
};

static enum guest_method method_of(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i].word, word) == 0)
			return methods[i].method;
	return GUEST_METHOD_MANUAL; /* ppp, tunnel, wvdial ... */
}

/* ifupdown-ng: a stanza without a method is static if it has addresses. */
static void set_by_address(struct guest_interface *interface, size_t first)
{
	size_t i;

	for (i = first; i < interface->addresses.count; i++) {
		if (strchr(interface->addresses.list[i], ':') != NULL)
			interface->ip6 = GUEST_METHOD_STATIC;
		else
			interface->ip4 = GUEST_METHOD_STATIC;
	}
}

/* "address" may stand before or behind "netmask": the prefix is added at the stanza's end. */
static void end_stanza(struct stanza *stanza)
{
	struct guest_interface *interface;
	size_t i;

	if (stanza->interface == 0)
		return;
	interface = &stanza->out->interfaces[stanza->interface - 1];
	for (i = stanza->first_address;
	     stanza->prefix >= 0 && i < interface->addresses.count; i++) {
		autostr struct str text = STR_EMPTY;

		if (strchr(interface->addresses.list[i], '/') != NULL)
			continue;
		str_addf(&text, "%s/%d", interface->addresses.list[i], stanza->prefix);
		text_replace(&interface->addresses.list[i], text.bytes);
	}
	if (!stanza->has_method && interface->addresses.count > stanza->first_address)
		set_by_address(interface, stanza->first_address);
	stanza->interface = 0;
}

/* Both families of a name, and its aliases' stanzas by the same name, are one interface. */
static struct guest_interface *find_or_add(struct stanza *stanza, const char *name)
{
	struct guest_network *out = stanza->out;
	struct guest_interface *interface;
	size_t i;

	for (i = 0; i < out->interface_count; i++) {
		interface = &out->interfaces[i];
		if (interface->name != NULL && strcmp(interface->name, name) == 0 &&
		    strcmp(interface->stack, "ifupdown") == 0)
			break;
	}
	if (i == out->interface_count) {
		interface = read_add_interface(out, "ifupdown", stanza->source);
		if (interface == NULL)
			return NULL;
		interface->name = str_copy(name);
		interface->is_pattern = strpbrk(name, "*?[") != NULL;
	}
	stanza->interface = i + 1;
	return &out->interfaces[i];
}

static void begin_iface(struct stanza *stanza, char *rest)
{
	const char *name = text_next_word(&rest), *family = text_next_word(&rest);
	const char *method = text_next_word(&rest);
	struct guest_interface *interface;

	/* Alpine and ifupdown-ng allow a stanza without family and method */
	if (name == NULL || strcmp(name, "lo") == 0)
		return;
	interface = find_or_add(stanza, name);
	if (interface == NULL)
		return;
	stanza->has_method = method != NULL;
	stanza->prefix = -1;
	stanza->first_address = interface->addresses.count;
	if (method == NULL)
		return;
	if (strcmp(family, "inet6") == 0)
		interface->ip6 = method_of(method);
	else
		interface->ip4 = method_of(method);
}

/* "post-up ip route add default via 192.0.2.1 dev eth0": how a gateway that lies in no net is told.
 * The route to it alone stands before it. */
static void read_command(struct guest_interface *interface, char *rest)
{
	const char *word = text_next_word(&rest), *to, *via;

	if (word == NULL || (strcmp(word, "ip") != 0 && !text_ends(word, "/ip")))
		return;
	word = text_next_word(&rest);
	if (word != NULL && (strcmp(word, "-6") == 0 || strcmp(word, "-4") == 0))
		word = text_next_word(&rest);
	if (word == NULL || (strcmp(word, "route") != 0 && strcmp(word, "r") != 0))
		return;
	word = text_next_word(&rest);
	to = text_next_word(&rest);
	via = text_next_word(&rest);
	if (via == NULL || strcmp(to, "default") != 0 || strcmp(via, "via") != 0 ||
	    (strcmp(word, "add") != 0 && strcmp(word, "replace") != 0))
		return;
	word = text_next_word(&rest);
	if (word != NULL)
		guest_words_add(&interface->gateways, word, strlen(word));
}

static void read_option(struct stanza *stanza, const char *key, char *rest)
{
	struct guest_interface *interface =
		&stanza->out->interfaces[stanza->interface - 1];
	const char *value;

	if (strcmp(key, "up") == 0 || strcmp(key, "post-up") == 0) {
		read_command(interface, rest);
		return;
	}
	value = text_next_word(&rest);
	if (value == NULL)
		return;
	if (strcmp(key, "address") == 0) {
		text_add_address(&interface->addresses, value, -1);
	} else if (strcmp(key, "netmask") == 0) {
		stanza->prefix = text_prefix_length(value);
	} else if (strcmp(key, "gateway") == 0) {
		guest_words_add(&interface->gateways, value, strlen(value));
	} else if (strcmp(key, "use") == 0 && strcmp(value, "dhcp") == 0) {
		interface->ip4 = GUEST_METHOD_DHCP; /* ifupdown-ng */
	} else if (strcmp(key, "mtu") == 0) {
		interface->mtu_bytes = (int)strtol(value, NULL, 10);
	} else if (text_starts(key, "dns-nameserver")) {
		guest_words_add(&interface->dns, value, strlen(value));
		while ((value = text_next_word(&rest)) != NULL)
			guest_words_add(&interface->dns, value, strlen(value));
	}
}

static bool begin_stanza(struct stanza *stanza, const char *key, char *rest)
{
	if (strcmp(key, "iface") == 0) {
		end_stanza(stanza);
		begin_iface(stanza, rest);
	} else if (strcmp(key, "auto") == 0 || text_starts(key, "allow-")) {
		end_stanza(stanza);
		if (stanza->up->count < FILES_MOST)
			text_add_words(stanza->up, rest, " \t");
	} else if (strcmp(key, "source") == 0 || strcmp(key, "source-directory") == 0) {
		autostr struct str path = STR_EMPTY;
		const char *name = text_next_word(&rest);

		end_stanza(stanza);
		str_addf(&path, "%s%s", name != NULL ? name : "",
			 strcmp(key, "source") != 0 ? "/" : "");
		if (stanza->include != NULL && name != NULL)
			stanza->include(path.bytes, stanza->data);
	} else if (strcmp(key, "mapping") == 0 || text_starts(key, "no-")) {
		end_stanza(stanza);
	} else {
		return false;
	}
	return true;
}

void interfaces_parse(const char *text, const char *source, include_read *include,
		      void *data, struct guest_network *out, struct guest_words *out_up)
{
	struct stanza stanza = {.out = out,
				.source = source,
				.include = include,
				.data = data,
				.up = out_up,
				.prefix = -1};
	autofree char *copy = str_copy(text);
	char *rest = copy, *line;

	while ((line = text_next_joined(&rest)) != NULL) {
		const char *key = text_next_word(&line);

		if (key == NULL || key[0] == '#' || begin_stanza(&stanza, key, line))
			continue;
		if (stanza.interface != 0)
			read_option(&stanza, key, line);
	}
	end_stanza(&stanza);
}

struct including {
	struct inspect *look;
	struct guest_words up;
	unsigned count, depth;
};

static void include_pattern(const char *pattern, void *data);

static void include_file(struct including *including, const char *path)
{
	autostr struct str text = STR_EMPTY;

	/* files that name each other end here too */
	if (including->count++ >= FILES_MOST || including->depth == DEPTH_MOST)
		return;
	including->depth++;
	if (inspect_text(including->look, path, &text))
		interfaces_parse(text.bytes, path, include_pattern, including,
				 &including->look->guest->network, &including->up);
	including->depth--;
}

/* Names that source-directory takes: letters, digits, "_" and "-" alone. */
static bool is_plain(const char *name)
{
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_-")] == '\0';
}

static void include_pattern(const char *pattern, void *data)
{
	struct including *including = data;
	autostr struct str whole = STR_EMPTY, folder = STR_EMPTY;
	struct guest_words names = {0};
	const char *name;
	size_t i;

	/* relative ones begin beside the file "interfaces" */
	str_addf(&whole, "%s%s", pattern[0] != '/' ? "/etc/network/" : "", pattern);
	name = strrchr(whole.bytes, '/');
	str_add_bytes(&folder, whole.bytes, (size_t)(name - whole.bytes));
	inspect_names(including->look, folder.bytes, "", &names);
	for (i = 0; i < names.count && including->count < FILES_MOST; i++) {
		autostr struct str path = STR_EMPTY;

		if (name[1] == '\0' ? !is_plain(names.list[i])
				    : fnmatch(name + 1, names.list[i], FNM_PERIOD) != 0)
			continue;
		str_addf(&path, "%s/%s", folder.bytes, names.list[i]);
		include_file(including, path.bytes);
	}
	guest_words_clear(&names);
}

/* "/e*=card" brings up what has such a name by the stanza "card"; "/1" behind it means the first alone.
 * @out_name: the pattern is added. Returns: whether the word is one, and of this stanza */
static bool is_pattern_of(const char *word, const char *stanza, struct str *out_name)
{
	const char *logical = strchr(word, '=');

	if (word[0] != '/' || logical == NULL || strcmp(logical + 1, stanza) != 0)
		return false;
	str_add_bytes(out_name, word + 1, strcspn(word + 1, "/="));
	return true;
}

static void set_up(const struct guest_words *up, struct guest_interface *interface)
{
	autostr struct str name = STR_EMPTY;
	size_t i;

	interface->is_up_at_boot = guest_words_has(up, interface->name);
	for (i = 0; i < up->count && !interface->is_up_at_boot; i++)
		if (is_pattern_of(up->list[i], interface->name, &name)) {
			text_replace(&interface->name, name.bytes);
			interface->is_pattern = true;
			interface->is_up_at_boot = true;
		}
}

void read_ifupdown(struct inspect *look)
{
	struct including including = {.look = look};
	struct guest_network *network = &look->guest->network;
	size_t i;

	include_file(&including, "/etc/network/interfaces");
	for (i = 0; i < network->interface_count; i++)
		set_up(&including.up, &network->interfaces[i]);
	guest_words_clear(&including.up);
}

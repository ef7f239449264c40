/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_net_ifupdown.c - /etc/network/interfaces. What was told of the card becomes a comment, and new
 * stanzas follow at the end of the file; a card that is not there is brought up when it comes, and not
 * at boot, where it would fail networking.service or be waited for. Source: interfaces(5) of ifupdown
 * 0.7 and 0.8; Debian's wiki, NetworkConfiguration. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_net.h"
#include "guest/text.h"

#define MAIN_FILE   "/etc/network/interfaces"
#define MORE_FOLDER "/etc/network/interfaces.d"

/* A file as it is gone through. */
struct pass {
	const struct net_cards *cards;
	bool is_replaced; /* the stanza that options are of */
	unsigned replaced, later;
	struct str gone; /* names of cards that are not there */
	struct str out;
};

/* Whether a stanza's name is that of a card which gets a new one: "eth0", "eth0:1". */
static bool is_replaced(const struct net_cards *cards, const char *name)
{
	const size_t length = strcspn(name, ":");
	size_t i;

	for (i = 0; i < cards->count; i++) {
		const struct net_card *card = &cards->list[i];
		const char *old = card->old != NULL ? card->old->name : NULL;

		if (!card->needs_config)
			continue;
		if (card->name != NULL && strncmp(card->name, name, length) == 0 &&
		    card->name[length] == '\0')
			return true;
		/* one that may be it */
		if (card->name == NULL && old != NULL && strcmp(old, name) == 0)
			return true;
	}
	return false;
}

/* Whether a name of an "auto" line is of a card that the machine does not have. */
static bool is_gone(const struct net_cards *cards, const char *name)
{
	return net_is_card_name(name) && !net_is_there(cards, name);
}

static void add_comment(struct pass *pass, const char *lines, size_t length)
{
	const char *end;

	for (; length > 0; length -= (size_t)(end - lines), lines = end) {
		end = memchr(lines, '\n', length);
		end = end != NULL ? end + 1 : lines + length;
		str_add(&pass->out, "# ");
		str_add_bytes(&pass->out, lines, (size_t)(end - lines));
	}
}

/* "auto eth0 eth1": what is told anew leaves the line, what is gone comes later. */
static void take_auto(struct pass *pass, const char *key, char *names, const char *lines,
		      size_t length)
{
	const bool is_boot = strcmp(key, "auto") == 0 || strcmp(key, "allow-auto") == 0;
	autostr struct str stays = STR_EMPTY, later = STR_EMPTY;
	const char *name;
	bool is_changed = false;

	while ((name = text_next_word(&names)) != NULL) {
		if (is_replaced(pass->cards, name)) {
			is_changed = true;
		} else if (is_boot && is_gone(pass->cards, name)) {
			str_addf(&later, " %s", name);
		} else {
			str_addf(&stays, " %s", name);
		}
	}
	if (!is_changed && later.length == 0) {
		str_add_bytes(&pass->out, lines, length);
		return;
	}
	str_add(&pass->out,
		later.length > 0 ? "# moult: not a card of this machine; was:\n"
				 : "# moult: told at the end of " MAIN_FILE "; was:\n");
	add_comment(pass, lines, length);
	if (stays.length > 0)
		str_addf(&pass->out, "%s%s\n", key, stays.bytes);
	if (later.length > 0)
		str_addf(&pass->out, "allow-hotplug%s\n", later.bytes);
	str_add(&pass->gone, later.bytes);
	pass->later += later.length > 0;
}

static bool is_heading(const char *key)
{
	static const char *const keys[] = {"auto",   "iface",  "mapping",
					   "source", "rename", "source-directory"};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return text_starts(key, "allow-") || text_starts(key, "no-");
}

/* A line with what backslashes continue. @lines: as it stands there, with its end */
static void take_line(struct pass *pass, const char *lines, size_t length)
{
	autostr struct str copy = STR_EMPTY;
	char *rest, *line;
	const char *key, *name;

	str_add_bytes(&copy, lines, length);
	rest = copy.bytes;
	line = text_next_joined(&rest);
	key = line != NULL ? text_next_word(&line) : NULL;
	if (key != NULL && is_heading(key)) {
		pass->is_replaced = false;
		if (strcmp(key, "auto") == 0 || text_starts(key, "allow-")) {
			take_auto(pass, key, line, lines, length);
			return;
		}
		name = strcmp(key, "iface") == 0 ? text_next_word(&line) : NULL;
		pass->is_replaced = name != NULL && is_replaced(pass->cards, name);
		if (pass->is_replaced) {
			str_add(&pass->out, "# moult: of another machine; was:\n");
			pass->replaced++;
		}
	}
	if (pass->is_replaced && key != NULL && key[0] != '#')
		add_comment(pass, lines, length);
	else
		str_add_bytes(&pass->out, lines, length);
}

/* The length of a line at the beginning of @text, with what a backslash at its end continues; a
 * comment is not continued. */
static size_t line_length(const char *text)
{
	const bool is_comment = text[strspn(text, " \t")] == '#';
	const char *end = strchrnul(text, '\n');

	while (*end != '\0' && !is_comment && end > text && end[-1] == '\\')
		end = strchrnul(end + 1, '\n');
	return (size_t)(end - text) + (*end != '\0');
}

static void add_dns(const struct fix *fix, const struct net_card *card, struct str *out)
{
	autostr struct str names = STR_EMPTY, domains = STR_EMPTY;

	if (net_add_resolvers(fix, card, " ", &names))
		str_addf(out, "\tdns-nameservers %s\n", names.bytes);
	if (net_add_domains(fix, card, " ", &domains))
		str_addf(out, "\tdns-search %s\n", domains.bytes);
}

/* ifupdown before 0.8 does not tell the kernel that a gateway is on the link, so the route to it comes
 * first; "replace", so that a second ifup is no failure. */
static void add_route(const struct net_card *card, const struct platform_route *route,
		      bool is_ip6, struct str *out)
{
	const char *ip = is_ip6 ? "ip -6" : "ip", *gateway = route->gateway;
	const bool is_on_link = gateway != NULL && net_is_on_link(card->nic, route);

	if (is_on_link && net_is_first_by(card->nic, route))
		str_addf(out, "\tpost-up %s route replace %s dev %s\n", ip, gateway,
			 card->name);
	if (gateway == NULL)
		str_addf(out, "\tpost-up %s route replace %s dev %s\n", ip, route->to,
			 card->name);
	else if (strcmp(route->to, "default") == 0 && !is_on_link)
		str_addf(out, "\tgateway %s\n", gateway);
	else
		str_addf(out, "\tpost-up %s route replace %s via %s dev %s\n", ip,
			 route->to, gateway, card->name);
}

static void add_routes(const struct net_card *card, bool is_ip6, struct str *out)
{
	const struct platform_nic *nic = card->nic;
	size_t i;

	for (i = 0; i < nic->route_count; i++) {
		const struct platform_route *route = &nic->routes[i];
		const char *side = route->gateway != NULL ? route->gateway : route->to;

		if (net_is_ip6(side) == is_ip6 && net_wants_route(nic, route))
			add_route(card, route, is_ip6, out);
	}
}

/* All versions know an address and its netmask apart. */
static void add_address(const char *text, bool is_ip6, struct str *out)
{
	const char *slash = strchr(text, '/');
	const unsigned long bits =
		slash != NULL ? strtoul(slash + 1, NULL, 10) : (is_ip6 ? 128 : 32);
	const uint32_t mask =
		bits == 0 || bits > 32 ? 0 : (uint32_t)(0xffffffffU << (32 - bits));
	char dotted[INET_ADDRSTRLEN] = "";
	const struct in_addr address = {.s_addr = htonl(mask)};

	(void)inet_ntop(AF_INET, &address, dotted, sizeof(dotted));
	str_addf(out, "\taddress %.*s\n", (int)strcspn(text, "/"), text);
	if (is_ip6)
		str_addf(out, "\tnetmask %lu\n", bits);
	else
		str_addf(out, "\tnetmask %s\n", dotted);
}

/* Further addresses have stanzas of their own by the same name. */
static void add_fixed(const struct fix *fix, const struct net_card *card, bool is_ip6,
		      struct str *out)
{
	const struct platform_nic *nic = card->nic;
	bool is_first = true;
	size_t i;

	for (i = 0; i < nic->addresses.count; i++) {
		if (net_is_ip6(nic->addresses.list[i]) != is_ip6)
			continue;
		str_addf(out, "iface %s %s static\n", card->name,
			 is_ip6 ? "inet6" : "inet");
		add_address(nic->addresses.list[i], is_ip6, out);
		if (is_first && is_ip6)
			str_add(out, "\taccept_ra 0\n");
		if (is_first && nic->mtu_bytes != 0 && nic->mtu_bytes != 1500)
			str_addf(out, "\tmtu %u\n", nic->mtu_bytes);
		if (is_first)
			add_routes(card, is_ip6, out);
		if (is_first && (!is_ip6 || !net_is_fixed(nic, false)))
			add_dns(fix, card, out);
		is_first = false;
	}
}

static bool has_client(const struct fix *fix, const char *name)
{
	static const char *const folders[] = {"/sbin", "/usr/sbin", "/bin", "/usr/bin"};
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		autostr struct str path = STR_EMPTY;

		str_addf(&path, "%s/%s", folders[i], name);
		if (vfs_exists(fix->vfs, path.bytes))
			return true;
	}
	return false;
}

/* dhcpcd, which Debian 13 has for dhclient, serves both families in one: with a second stanza for it,
 * the first one's address is lost. */
static void add_ip6(const struct fix *fix, const struct net_card *card, struct str *out)
{
	const bool is_asked =
		card->nic->ip6 == PLATFORM_DHCP && has_client(fix, "dhclient");

	if (net_is_fixed(card->nic, true))
		add_fixed(fix, card, true, out);
	else if (card->nic->ip6 == PLATFORM_AUTO || card->nic->ip6 == PLATFORM_DHCP)
		str_addf(out, "iface %s inet6 %s\n", card->name,
			 is_asked ? "dhcp" : "auto");
}

static void add_stanzas(struct fix *fix, const struct net_card *card, struct str *out)
{
	str_addf(out, "\n# moult: the network of this machine\nauto %s\n", card->name);
	if (net_is_fixed(card->nic, false))
		add_fixed(fix, card, false, out);
	else
		str_addf(out, "iface %s inet %s\n", card->name,
			 net_asks(card->nic) ? "dhcp" : "manual");
	add_ip6(fix, card, out);
}

/* A card whose name is not to be told: the first one by any of the kernel's and udev's names. */
static void add_pattern(struct fix *fix, struct str *out)
{
	if (net_is_before(&fix->image->guest.system, "10", "18.10")) {
		fix_gap(fix, MAIN_FILE,
			"what the card will be called is not known, and this ifupdown "
			"takes no patterns: name the machine by a file that has its MAC");
		return;
	}
	str_add(out, "\n# moult: the first card, whatever it is called\n"
		     "auto /e*/1=moult\niface moult inet dhcp\n");
}

static void add_cards(struct fix *fix, const struct net_cards *cards, struct str *out)
{
	bool asks = false;
	size_t i;

	for (i = 0; i < cards->count; i++) {
		const struct net_card *card = &cards->list[i];

		if (!card->needs_config)
			continue;
		asks = asks || net_asks(card->nic);
		if (out->length > 0 && out->bytes[out->length - 1] != '\n')
			str_add(out, "\n");
		if (card->name != NULL)
			add_stanzas(fix, card, out);
		else
			add_pattern(fix, out);
	}
	if (asks && !has_client(fix, "dhclient") && !has_client(fix, "udhcpc") &&
	    !has_client(fix, "dhcpcd"))
		fix_gap(fix, MAIN_FILE, "the system has no program that asks by DHCP");
}

static void describe(const struct pass *pass, bool is_main, struct str *what,
		     struct str *prevents)
{
	size_t i;

	for (i = 0; is_main && i < pass->cards->count; i++)
		if (pass->cards->list[i].needs_config) {
			str_addf(what, "%s", what->length > 0 ? "; " : "");
			net_describe(&pass->cards->list[i], what);
		}
	if (what->length > 0)
		str_add(prevents, "nothing gives the card the machine's address");
	if (pass->replaced > 0 && what->length == 0) {
		str_add(what, "stanzas of another machine become comments");
		str_add(prevents, "the card gets two addresses, one of them wrong");
	}
	if (pass->later > 0) {
		str_addf(what, "%sbrought up when it comes, not at boot:%s",
			 what->length > 0 ? "; " : "", pass->gone.bytes);
		str_addf(prevents,
			 "%snetworking.service fails, or waits, for a card "
			 "that is gone",
			 prevents->length > 0 ? "; " : "");
	}
}

static void edit_file(struct fix *fix, const struct net_cards *cards, const char *path)
{
	const bool is_main = strcmp(path, MAIN_FILE) == 0;
	autostr struct str text = STR_EMPTY, what = STR_EMPTY, prevents = STR_EMPTY;
	struct pass pass = {.cards = cards, .gone = STR_EMPTY, .out = STR_EMPTY};
	const char *at;
	size_t length;

	if (!fix_text(fix, path, &text) && vfs_exists(fix->vfs, path))
		return; /* told as a gap */
	for (at = text.bytes; *at != '\0'; at += length) {
		length = line_length(at);
		take_line(&pass, at, length);
	}
	if (is_main)
		add_cards(fix, cards, &pass.out);
	describe(&pass, is_main, &what, &prevents);
	if (what.length > 0 && strcmp(text.bytes, pass.out.bytes) != 0)
		(void)fix_put(fix, path, &pass.out, NULL, what.bytes, prevents.bytes);
	str_clear(&pass.gone);
	str_clear(&pass.out);
}

static void add_path(struct guest_words *paths, const char *path)
{
	if (!guest_words_has(paths, path))
		guest_words_add(paths, path, strlen(path));
}

/* The files that tell ifupdown something: those whose stanzas were read, and those of the usual
 * folder, which may hold "auto" lines alone. */
static void find_files(const struct fix *fix, struct guest_words *out)
{
	const struct guest_network *network = &fix->image->guest.network;
	autofree char **names = NULL;
	size_t i;

	add_path(out, MAIN_FILE);
	for (i = 0; i < network->interface_count; i++)
		if (strcmp(network->interfaces[i].stack, net_ifupdown.name) == 0)
			add_path(out, network->interfaces[i].source);
	if (vfs_names(fix->vfs, MORE_FOLDER, "", &names, NULL) != 0)
		return;
	for (i = 0; names[i] != NULL; i++) {
		autofree char *name = names[i];
		autostr struct str path = STR_EMPTY;
		struct vfs_stat status;

		str_addf(&path, MORE_FOLDER "/%s", name);
		if (vfs_stat(fix->vfs, path.bytes, true, &status, NULL) == 0 &&
		    status.kind == VFS_FILE)
			add_path(out, path.bytes);
	}
}

static void write_all(struct fix *fix, const struct net_cards *cards)
{
	struct guest_words paths = {0};
	size_t i;

	find_files(fix, &paths);
	for (i = 0; i < paths.count; i++)
		edit_file(fix, cards, paths.list[i]);
	guest_words_clear(&paths);
}

const struct net_stack net_ifupdown = {
	.name = "ifupdown",
	.is_by_name = true,
	.write = write_all,
};

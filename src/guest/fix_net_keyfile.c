/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_net_keyfile.c - a connection of NetworkManager for each card, bound to its MAC. Others that would
 * take the card too are left: that with the highest priority is started, and those that no card fits
 * are waited for by nothing. A file that others may read is not taken. Source:
 * nm-settings-keyfile(5), nm-settings(5). */
#include <string.h>

#include "guest/fix_net.h"

static const char *name_of(const struct net_card *card)
{
	return card->name != NULL ? card->name : "card";
}

static void add_head(const struct net_card *card, struct str *out)
{
	str_addf(out,
		 "# Written by moult: the network of this machine.\n"
		 "[connection]\nid=moult-%s\ntype=ethernet\nautoconnect=true\n"
		 "autoconnect-priority=100\n",
		 name_of(card));
	if (card->nic->mac == NULL && card->name != NULL)
		str_addf(out, "interface-name=%s\n", card->name);
	str_add(out, "\n[ethernet]\n");
	if (card->nic->mac != NULL)
		str_addf(out, "mac-address=%s\n", card->nic->mac);
	if (card->nic->mtu_bytes != 0 && card->nic->mtu_bytes != 1500)
		str_addf(out, "mtu=%u\n", card->nic->mtu_bytes);
}

/* A gateway outside all nets needs a route to itself; one without a next hop is on the link. */
static void add_route(const struct platform_nic *nic, const struct platform_route *route,
		      bool is_ip6, unsigned *number, struct str *out)
{
	const bool is_default = strcmp(route->to, "default") == 0;

	if (net_is_on_link(nic, route) && net_is_first_by(nic, route))
		str_addf(out, "route%u=%s/%u\n", ++*number, route->gateway,
			 is_ip6 ? 128U : 32U);
	if (is_default && route->gateway != NULL)
		str_addf(out, "gateway=%s\n", route->gateway);
	else
		str_addf(out, "route%u=%s%s%s\n", ++*number,
			 is_default ? "0.0.0.0/0" : route->to,
			 route->gateway != NULL ? "," : "",
			 route->gateway != NULL ? route->gateway : "");
}

static void add_fixed(const struct platform_nic *nic, bool is_ip6, struct str *out)
{
	unsigned number = 0;
	size_t i;

	str_add(out, "method=manual\n");
	for (i = 0; i < nic->addresses.count; i++)
		if (net_is_ip6(nic->addresses.list[i]) == is_ip6)
			str_addf(out, "address%u=%s\n", ++number, nic->addresses.list[i]);
	for (i = 0, number = 0; i < nic->route_count; i++) {
		const struct platform_route *route = &nic->routes[i];
		const char *side = route->gateway != NULL ? route->gateway : route->to;

		if (net_is_ip6(side) == is_ip6 && net_wants_route(nic, route))
			add_route(nic, route, is_ip6, &number, out);
	}
}

static void add_words_of(const char *list, bool is_ip6, struct guest_words *out)
{
	const char *end;

	for (; *list != '\0'; list = *end != '\0' ? end + 1 : end) {
		end = list + strcspn(list, " ");
		if ((memchr(list, ':', (size_t)(end - list)) != NULL) == is_ip6)
			guest_words_add(out, list, (size_t)(end - list));
	}
}

/* Nameservers stand with the family that they are reached by. */
static void add_dns(const struct fix *fix, const struct net_card *card, bool is_ip6,
		    struct str *out)
{
	autostr struct str all = STR_EMPTY, domains = STR_EMPTY;
	struct guest_words words = {0};
	size_t i;

	if (net_add_resolvers(fix, card, " ", &all))
		add_words_of(all.bytes, is_ip6, &words);
	for (i = 0; i < words.count; i++)
		str_addf(out, "%s%s;%s", i == 0 ? "dns=" : "", words.list[i],
			 i + 1 == words.count ? "\n" : "");
	if (words.count > 0 && net_add_domains(fix, card, ";", &domains))
		str_addf(out, "dns-search=%s;\n", domains.bytes);
	guest_words_clear(&words);
}

static void add_family(const struct fix *fix, const struct net_card *card, bool is_ip6,
		       struct str *out)
{
	const struct platform_nic *nic = card->nic;

	str_add(out, is_ip6 ? "\n[ipv6]\n" : "\n[ipv4]\n");
	if (net_is_fixed(nic, is_ip6))
		add_fixed(nic, is_ip6, out);
	else if (!is_ip6)
		str_add(out, net_asks(nic) ? "method=auto\n" : "method=disabled\n");
	else
		str_add(out, "method=auto\n"); /* DHCPv6 too, as advertisements say */
	add_dns(fix, card, is_ip6, out);
}

static void write_card(struct fix *fix, const struct net_card *card)
{
	static const struct edit_owner owner = {.mode = 0600};
	autostr struct str text = STR_EMPTY, path = STR_EMPTY, what = STR_EMPTY;

	add_head(card, &text);
	add_family(fix, card, false, &text);
	add_family(fix, card, true, &text);
	str_addf(&path, "/etc/NetworkManager/system-connections/00-moult-%s.nmconnection",
		 name_of(card));
	str_add(&what, "a connection for ");
	net_describe(card, &what);
	(void)fix_put(
		fix, path.bytes, &text, &owner, what.bytes,
		"no connection is for this card: it is asked for by DHCP, or has no "
		"address");
}

static void write_all(struct fix *fix, const struct net_cards *cards)
{
	size_t i;

	for (i = 0; i < cards->count; i++)
		if (cards->list[i].needs_config)
			write_card(fix, &cards->list[i]);
}

const struct net_stack net_keyfile = {
	.name = "NetworkManager",
	.writes_dns = true,
	.write = write_all,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_net_networkd.c - a .network file for each card, found by its MAC, in front of all others: of the
 * files that match a card the first by name counts. Those of cards that are gone wait for nothing:
 * systemd-networkd-wait-online(8) asks for cards that are there. Source: systemd.network(5). */
#include <string.h>

#include "guest/fix_net.h"

static void add_match(const struct net_card *card, struct str *out)
{
	str_add(out, "# Written by moult: the network of this machine.\n[Match]\n");
	if (card->nic->mac != NULL)
		str_addf(out, "MACAddress=%s\n", card->nic->mac);
	else
		str_addf(out, "Name=%s\n", card->name != NULL ? card->name : "en* eth*");
	if (card->nic->mtu_bytes != 0 && card->nic->mtu_bytes != 1500)
		str_addf(out, "\n[Link]\nMTUBytes=%u\n", card->nic->mtu_bytes);
}

/* "DHCP=" knows four words; what router advertisements ask for comes with IPv6AcceptRA. */
static void add_methods(const struct platform_nic *nic, struct str *out)
{
	const bool asks6 = nic->ip6 == PLATFORM_DHCP;

	str_addf(out, "\n[Network]\nDHCP=%s\n",
		 net_asks(nic) ? (asks6 ? "yes" : "ipv4") : (asks6 ? "ipv6" : "no"));
	if (net_is_fixed(nic, true))
		str_add(out, "IPv6AcceptRA=no\n");
	else if (nic->ip6 == PLATFORM_AUTO || asks6)
		str_add(out, "IPv6AcceptRA=yes\n");
}

static void add_addresses(const struct fix *fix, const struct net_card *card,
			  struct str *out)
{
	const struct platform_nic *nic = card->nic;
	autostr struct str names = STR_EMPTY, domains = STR_EMPTY;
	size_t i;

	for (i = 0; i < nic->addresses.count; i++)
		if (net_is_fixed(nic, net_is_ip6(nic->addresses.list[i])))
			str_addf(out, "Address=%s\n", nic->addresses.list[i]);
	if (net_add_resolvers(fix, card, "\nDNS=", &names))
		str_addf(out, "DNS=%s\n", names.bytes);
	if (net_add_domains(fix, card, " ", &domains))
		str_addf(out, "Domains=%s\n", domains.bytes);
}

/* Before systemd 245 the key was written "GatewayOnlink"; a key that is not known is passed over
 * with a warning. */
static void add_route(const struct fix *fix, const struct platform_nic *nic,
		      const struct platform_route *route, struct str *out)
{
	str_add(out, "\n[Route]\n");
	if (strcmp(route->to, "default") != 0)
		str_addf(out, "Destination=%s\n", route->to);
	else if (route->gateway == NULL)
		str_add(out, "Destination=0.0.0.0/0\n");
	if (route->gateway == NULL) {
		str_add(out, "Scope=link\n");
		return;
	}
	str_addf(out, "Gateway=%s\n", route->gateway);
	if (!route->is_on_link && !net_is_on_link(nic, route))
		return;
	str_add(out, "GatewayOnLink=yes\n");
	if (net_is_before(&fix->image->guest.system, "11", "20.04"))
		str_add(out, "GatewayOnlink=yes\n");
}

static void write_card(struct fix *fix, const struct net_card *card)
{
	autostr struct str text = STR_EMPTY, path = STR_EMPTY, what = STR_EMPTY;
	size_t i;

	add_match(card, &text);
	add_methods(card->nic, &text);
	add_addresses(fix, card, &text);
	for (i = 0; i < card->nic->route_count; i++)
		if (net_wants_route(card->nic, &card->nic->routes[i]))
			add_route(fix, card->nic, &card->nic->routes[i], &text);
	str_addf(&path, "/etc/systemd/network/00-moult-%s.network",
		 card->name != NULL ? card->name : "card");
	str_add(&what, "a file for ");
	net_describe(card, &what);
	(void)fix_put(fix, path.bytes, &text, NULL, what.bytes,
		      "no file is for this card: it stays without an address");
}

/* systemctl enable, without its links for D-Bus and the socket, which it does not need. */
static void enable(struct fix *fix)
{
	const struct guest_network *network = &fix->image->guest.network;
	size_t i;

	for (i = 0; i < network->stack_count; i++)
		if (strcmp(network->stacks[i].name, "systemd-networkd") == 0 &&
		    network->stacks[i].is_enabled)
			return;
	(void)fix_link(fix,
		       "/etc/systemd/system/multi-user.target.wants/"
		       "systemd-networkd.service",
		       "/lib/systemd/system/systemd-networkd.service",
		       "systemd-networkd is started at boot",
		       "nothing sets up the network");
}

static void write_all(struct fix *fix, const struct net_cards *cards)
{
	size_t i;

	for (i = 0; i < cards->count; i++)
		if (cards->list[i].needs_config) {
			write_card(fix, &cards->list[i]);
			enable(fix);
		}
}

const struct net_stack net_networkd = {
	.name = "systemd-networkd",
	.writes_dns = true,
	.write = write_all,
};

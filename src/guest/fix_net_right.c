/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_net_right.c - what the machine gives a card, and whether a configuration of the guest does the
 * same. */
#include <ctype.h>
#include <string.h>

#include "guest/fix_net.h"
#include "guest/reach.h"
#include "guest/text.h"

enum { NAME_MOST = 15 }; /* of the kernel, IFNAMSIZ with its NUL is 16 */

bool net_is_ip6(const char *address)
{
	return strchr(address, ':') != NULL;
}

bool net_is_fixed(const struct platform_nic *nic, bool is_ip6)
{
	return (is_ip6 ? nic->ip6 : nic->ip4) == PLATFORM_STATIC;
}

bool net_asks(const struct platform_nic *nic)
{
	return nic->ip4 == PLATFORM_DHCP ||
	       (nic->ip4 != PLATFORM_STATIC &&
		(nic->ip6 == PLATFORM_UNKNOWN || nic->ip6 == PLATFORM_NONE));
}

/* Whether two texts are one address, with or without the length of a single one. */
static bool is_same_host(const char *to, const char *address)
{
	const size_t length = strlen(address);

	return strncmp(to, address, length) == 0 &&
	       (to[length] == '\0' || strcmp(to + length, "/32") == 0 ||
		strcmp(to + length, "/128") == 0);
}

static bool is_of_gateway(const struct platform_nic *nic,
			  const struct platform_route *route)
{
	size_t i;

	for (i = 0; route->gateway == NULL && i < nic->route_count; i++)
		if (nic->routes[i].gateway != NULL &&
		    is_same_host(route->to, nic->routes[i].gateway))
			return true;
	return false;
}

bool net_wants_route(const struct platform_nic *nic, const struct platform_route *route)
{
	const bool is_ip6 =
		net_is_ip6(route->gateway != NULL ? route->gateway : route->to);

	return net_is_fixed(nic, is_ip6) && !is_of_gateway(nic, route);
}

bool net_is_on_link(const struct platform_nic *nic, const struct platform_route *route)
{
	return route->gateway != NULL && !text_starts(route->gateway, "fe80:") &&
	       !reach_has_net(&nic->addresses, route->gateway);
}

bool net_is_first_by(const struct platform_nic *nic, const struct platform_route *route)
{
	const struct platform_route *other;

	for (other = nic->routes; other < route; other++)
		if (other->gateway != NULL &&
		    strcmp(other->gateway, route->gateway) == 0 &&
		    net_wants_route(nic, other))
			return false;
	return true;
}

static bool add_words(const struct guest_words *words, const char *between,
		      struct str *out)
{
	bool is_any = false;
	size_t i;

	for (i = 0; i < words->count; i++) {
		/* one that runs on the machine itself serves nobody else */
		if (text_starts(words->list[i], "127.") ||
		    strcmp(words->list[i], "::1") == 0)
			continue;
		str_addf(out, "%s%s", is_any ? between : "", words->list[i]);
		is_any = true;
	}
	return is_any;
}

static bool has_fixed(const struct net_card *card)
{
	return card == NULL || net_is_fixed(card->nic, false) ||
	       net_is_fixed(card->nic, true);
}

bool net_add_resolvers(const struct fix *fix, const struct net_card *card,
		       const char *between, struct str *out)
{
	return has_fixed(card) && add_words(&fix->platform->resolvers, between, out);
}

bool net_add_domains(const struct fix *fix, const struct net_card *card,
		     const char *between, struct str *out)
{
	return has_fixed(card) && add_words(&fix->platform->domains, between, out);
}

bool net_is_before(const struct guest_system *system, const char *debian,
		   const char *ubuntu)
{
	if (system->id == NULL || system->version == NULL)
		return false;
	if (strcmp(system->id, "debian") == 0)
		return debian != NULL &&
		       text_compare_versions(system->version, debian) < 0;
	return strcmp(system->id, "ubuntu") == 0 && ubuntu != NULL &&
	       text_compare_versions(system->version, ubuntu) < 0;
}

bool net_is_plain(const char *name)
{
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_-.")] == '\0';
}

bool net_is_card_name(const char *name)
{
	static const char *const starts[] = {"eth", "en", "em", "wl", "net", "lan", "p"};
	size_t i;

	if (!net_is_plain(name) || strlen(name) > NAME_MOST ||
	    strchr(name, '.') != NULL || name[strcspn(name, "0123456789")] == '\0')
		return false;
	for (i = 0; i + 1 < sizeof(starts) / sizeof(starts[0]); i++)
		if (text_starts(name, starts[i]))
			return true;
	return name[0] == 'p' && isdigit((unsigned char)name[1]); /* "p1p1" */
}

bool net_is_there(const struct net_cards *cards, const char *name)
{
	size_t i;

	for (i = 0; i < cards->count; i++) {
		const char *own = cards->list[i].name;

		if (own != NULL ? strcmp(own, name) == 0 : text_starts(name, "en"))
			return true;
	}
	return false;
}

void net_describe(const struct net_card *card, struct str *out)
{
	const struct platform_nic *nic = card->nic;
	size_t i, start;

	str_addf(out, "%s: ",
		 card->name != NULL ? card->name
		 : nic->mac != NULL ? nic->mac
				    : "any card");
	start = out->length;
	if (net_asks(nic))
		str_add(out, "DHCP");
	for (i = 0; i < nic->addresses.count; i++)
		if (net_is_fixed(nic, net_is_ip6(nic->addresses.list[i])))
			str_addf(out, "%s%s", out->length > start ? ", " : "",
				 nic->addresses.list[i]);
	for (i = 0; i < nic->route_count; i++)
		if (strcmp(nic->routes[i].to, "default") == 0 &&
		    nic->routes[i].gateway != NULL &&
		    net_wants_route(nic, &nic->routes[i]))
			str_addf(out, " by %s%s", nic->routes[i].gateway,
				 net_is_on_link(nic, &nic->routes[i]) ? " on the link"
								      : "");
	if (nic->ip6 == PLATFORM_AUTO || nic->ip6 == PLATFORM_DHCP)
		str_addf(out, "%s%s", out->length > start ? ", " : "",
			 nic->ip6 == PLATFORM_AUTO ? "router advertisements" : "DHCPv6");
}

/* Whether a configuration has each fixed address of a family with its net, and no other. */
static bool has_addresses(const struct guest_interface *interface,
			  const struct platform_nic *nic, bool is_ip6)
{
	size_t i;

	for (i = 0; i < nic->addresses.count; i++)
		if (net_is_ip6(nic->addresses.list[i]) == is_ip6 &&
		    !guest_words_has(&interface->addresses, nic->addresses.list[i]))
			return false;
	for (i = 0; i < interface->addresses.count; i++)
		if (net_is_ip6(interface->addresses.list[i]) == is_ip6 &&
		    !reach_has_address(&nic->addresses, interface->addresses.list[i]))
			return false;
	return true;
}

static bool has_gateway(const struct platform_nic *nic, const char *gateway)
{
	size_t i;

	for (i = 0; i < nic->route_count; i++)
		if (strcmp(nic->routes[i].to, "default") == 0 &&
		    nic->routes[i].gateway != NULL &&
		    strcmp(nic->routes[i].gateway, gateway) == 0)
			return true;
	return false;
}

/* Whether the default gateways are those of the machine, and can be reached. */
static bool has_gateways(const struct guest_interface *interface,
			 const struct platform_nic *nic, bool is_ip6)
{
	size_t i;

	for (i = 0; i < nic->route_count; i++) {
		const struct platform_route *route = &nic->routes[i];

		if (strcmp(route->to, "default") != 0 || route->gateway == NULL ||
		    net_is_ip6(route->gateway) != is_ip6)
			continue;
		if (!guest_words_has(&interface->gateways, route->gateway) ||
		    !reach_can_go(interface, route->gateway))
			return false;
	}
	for (i = 0; i < interface->gateways.count; i++)
		if (net_is_ip6(interface->gateways.list[i]) == is_ip6 &&
		    !has_gateway(nic, interface->gateways.list[i]))
			return false;
	return true;
}

/* What does without a word: cards listen to router advertisements unless they are told not to. */
static bool is_family_right(const struct guest_interface *interface,
			    const struct platform_nic *nic, bool is_ip6)
{
	const enum guest_method method = is_ip6 ? interface->ip6 : interface->ip4;

	switch (is_ip6 ? nic->ip6 : nic->ip4) {
	case PLATFORM_STATIC:
		return method == GUEST_METHOD_STATIC &&
		       has_addresses(interface, nic, is_ip6) &&
		       has_gateways(interface, nic, is_ip6);
	case PLATFORM_DHCP:
		return method == GUEST_METHOD_DHCP ||
		       (is_ip6 &&
			(method == GUEST_METHOD_AUTO || method == GUEST_METHOD_NONE)) ||
		       (method == GUEST_METHOD_STATIC &&
			has_addresses(interface, nic, is_ip6));
	case PLATFORM_AUTO:
		return method == GUEST_METHOD_AUTO || method == GUEST_METHOD_DHCP ||
		       method == GUEST_METHOD_NONE;
	case PLATFORM_UNKNOWN:
	case PLATFORM_NONE:
	case PLATFORM_ADDRESSING_COUNT:
		break;
	}
	return true;
}

static bool has_resolvers(const struct fix *fix, const struct guest_interface *interface,
			  const struct net_card *card)
{
	autostr struct str wanted = STR_EMPTY;
	char *rest;
	const char *word;

	if (strcmp(interface->stack, "ifupdown") == 0 ||
	    !net_add_resolvers(fix, card, " ", &wanted))
		return true;
	for (rest = wanted.bytes; (word = text_next_word(&rest)) != NULL;)
		if (!guest_words_has(&interface->dns, word))
			return false;
	return true;
}

static bool has_mtu(const struct guest_interface *interface,
		    const struct platform_nic *nic)
{
	return (!net_is_fixed(nic, false) && !net_is_fixed(nic, true)) ||
	       nic->mtu_bytes == 0 || nic->mtu_bytes == 1500 ||
	       (int)nic->mtu_bytes == interface->mtu_bytes;
}

bool net_is_right(const struct fix *fix, const struct platform_nic *nic, const char *name,
		  const struct guest_interface **out_interface)
{
	const struct guest *guest = &fix->image->guest;
	const struct reach_card card = {nic, name};
	const struct net_card as_card = {.nic = nic};
	enum prediction_verdict verdict;
	const struct guest_interface *interface = reach_find(guest, &card, &verdict);

	*out_interface = verdict != PREDICT_BROKEN ? interface : NULL;
	if (verdict == PREDICT_BROKEN)
		return reach_is_automatic(guest) && net_asks(nic);
	return verdict == PREDICT_HOLDS && is_family_right(interface, nic, false) &&
	       is_family_right(interface, nic, true) &&
	       has_resolvers(fix, interface, &as_card) && has_mtu(interface, nic);
}

/* What packages bring for containers is no sign of any. */
static bool is_layer(const struct guest_interface *interface)
{
	static const char *const starts[] = {"br", "bond", "vlan", "team"};
	const char *name = interface->name;
	size_t i;

	if (name == NULL || text_starts(interface->source, "/usr/lib/") ||
	    text_starts(interface->source, "/lib/") ||
	    (interface->addresses.count == 0 && interface->ip4 != GUEST_METHOD_DHCP))
		return false;
	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (text_starts(name, starts[i]))
			return true;
	return strchr(name, '.') != NULL;
}

const struct guest_interface *net_find_layer(const struct guest *guest)
{
	size_t i;

	for (i = 0; i < guest->network.interface_count; i++)
		if (is_layer(&guest->network.interfaces[i]))
			return &guest->network.interfaces[i];
	return NULL;
}

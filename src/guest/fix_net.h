/* SPDX-License-Identifier: GPL-2.0-or-later */
/** fix_net.h - what the fixers of the network share: the cards of the machine as the guest is to have
 * them, and the programs that can be told so, one file each. */
#ifndef GUEST_FIX_NET_H
#define GUEST_FIX_NET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "guest/fix.h"

/** A card of the machine in the guest. */
struct net_card {
	const struct platform_nic *nic;
	char *name;	   /* that the guest is to call it; NULL: not to be told */
	bool needs_pin;	   /* it would be called otherwise, or perhaps */
	bool needs_config; /* none of the guest takes it and gives what the machine has */
	const struct guest_interface *old; /* that may take it now; NULL: none */
};

/** The cards of the machine, that of the default route first. */
struct net_cards {
	struct net_card *list;
	size_t count;
	const struct net_stack *stack; /* NULL: none that can be told */
};

/** A program that sets up the network, and how it is told. */
struct net_stack {
	const char *name; /* of struct guest_stack */
	bool is_by_name;  /* it knows cards by their names alone */
	bool sets_name;	  /* it can name a card itself */
	bool writes_dns;  /* it passes on the nameservers that its files name */

	/** Tell it the cards that need it, and let those that are not there keep nothing up. What
	 * is right already is not touched. */
	void (*write)(struct fix *fix, const struct net_cards *cards);
};

extern const struct net_stack net_ifupdown, net_netplan, net_networkd, net_keyfile;

/** Find out what the guest of `fix->image` is to do with each card.
 *
 * @out:    the caller clears it
 */
void net_cards_find(const struct fix *fix, struct net_cards *out);

/** Give the memory back. */
void net_cards_clear(struct net_cards *cards);

/** Whether the guest of `fix->image` has a configuration that takes the card by this name and gives
 * what the machine has. @out_interface: that takes it, or may take it; NULL: none */
bool net_is_right(const struct fix *fix, const struct platform_nic *nic, const char *name,
		  const struct guest_interface **out_interface);

/** The configuration of a bridge, bond or VLAN that the guest has its addresses on. Returns: it,
 * or NULL */
const struct guest_interface *net_find_layer(const struct guest *guest);

/** Whether a name of the guest can stand in a file as it is: letters, digits, "_", "-" and ".". */
bool net_is_plain(const char *name);

/** Whether a name is one that kernel or udev give to network cards, not a bridge's or a VLAN's. */
bool net_is_card_name(const char *name);

/** Whether a card of the machine has this name. One that is not known is one of udev's, "en...". */
bool net_is_there(const struct net_cards *cards, const char *name);

/** Whether an address, route or gateway is of IPv6. */
bool net_is_ip6(const char *address);

/** Whether the machine's addresses of a family are fixed. */
bool net_is_fixed(const struct platform_nic *nic, bool is_ip6);

/** Whether the card is to ask for an address of IPv4: it did, or nothing is known of it. */
bool net_asks(const struct platform_nic *nic);

/** Whether a route is to be told: one of a family with fixed addresses, that does not follow from
 * a gateway on the link. */
bool net_wants_route(const struct platform_nic *nic, const struct platform_route *route);

/** Whether the gateway of a route lies in none of the card's nets, so that it must be told to be
 * on the link. */
bool net_is_on_link(const struct platform_nic *nic, const struct platform_route *route);

/** Whether no route in front of this one of the card goes by the same gateway, which it has. */
bool net_is_first_by(const struct platform_nic *nic, const struct platform_route *route);

/** The nameservers of the machine that serve others too, with @between between them, if the card
 * has fixed addresses.
 *
 * @card:   NULL: whatever it has
 * @out:    added to
 * Returns: whether there is one
 */
bool net_add_resolvers(const struct fix *fix, const struct net_card *card,
		       const char *between, struct str *out);

/** As net_add_resolvers for the domains that names are looked for in. */
bool net_add_domains(const struct fix *fix, const struct net_card *card,
		     const char *between, struct str *out);

/** What a card gets, for a line: "eth0: 192.0.2.7/24 by 192.0.2.1", "any card: DHCP". */
void net_describe(const struct net_card *card, struct str *out);

/** Whether the guest is Debian or Ubuntu and older than a version. NULL: whatever it is */
bool net_is_before(const struct guest_system *system, const char *debian,
		   const char *ubuntu);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_network.c - the machine's addresses, routes and nameservers go into the program that the guest
 * sets its network up with; a card that asks by DHCP gets a file only where none takes it. Each
 * program's file is written by fix_net_NAME.c. */
#include <string.h>

#include "base/own.h"
#include "guest/fix_net.h"
#include "guest/fix_rows.h"

#define PLACE "/etc"

static bool detect(const struct fix *fix)
{
	return fix->image->has_guest && fix->platform->nic_count > 0;
}

static bool needs_config(const struct net_cards *cards)
{
	size_t i;

	for (i = 0; i < cards->count; i++)
		if (cards->list[i].needs_config)
			return true;
	return false;
}

/* Says what of the new cards cannot be told. Returns: whether all can */
static bool can_tell(struct fix *fix, const struct net_cards *cards)
{
	const struct guest_interface *layer = net_find_layer(&fix->image->guest);
	autostr struct str reason = STR_EMPTY;

	if (layer != NULL) {
		str_addf(&reason,
			 "its addresses are those of %s, which it makes of its cards: "
			 "they are left as they are, set them by hand",
			 layer->name);
		fix_gap(fix, layer->source, reason.bytes);
		return false;
	}
	if (cards->stack == NULL) {
		fix_gap(fix, PLACE,
			"it sets its network up by no program that can be told: neither "
			"ifupdown, netplan, systemd-networkd nor NetworkManager is at "
			"work");
		return false;
	}
	return true;
}

/* Programs beside the chosen one may wait for cards that are gone. */
static void write_others(struct fix *fix, const struct net_cards *cards)
{
	static const struct net_stack *const stacks[] = {&net_ifupdown, &net_netplan};
	const struct guest_network *network = &fix->image->guest.network;
	struct net_cards others = {.count = cards->count};
	size_t i, k;

	others.list = mem_zero(cards->count, sizeof(*others.list));
	for (i = 0; i < cards->count; i++) {
		others.list[i] = cards->list[i];
		others.list[i].needs_config = false;
	}
	for (i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++)
		for (k = 0; k < network->stack_count; k++)
			if (network->stacks[k].is_enabled &&
			    strcmp(network->stacks[k].name, stacks[i]->name) == 0 &&
			    (stacks[i] != cards->stack || !needs_config(cards)))
				stacks[i]->write(fix, &others);
	free(others.list);
}

static void tell_unknown(struct fix *fix, const struct net_cards *cards)
{
	const struct platform_nic *nic = cards->list[0].nic;

	if (cards->list[0].needs_config && nic->ip4 == PLATFORM_UNKNOWN)
		fix_gap(fix, PLACE,
			"the machine's addresses are not known: its card asks by DHCP; "
			"give a file of 'moult identify --platform' made there to "
			"carry them over");
}

static int plan(struct fix *fix, struct error *err)
{
	struct net_cards cards;

	(void)err;
	net_cards_find(fix, &cards);
	if (needs_config(&cards) && can_tell(fix, &cards)) {
		cards.stack->write(fix, &cards);
		tell_unknown(fix, &cards);
	}
	write_others(fix, &cards);
	net_cards_clear(&cards);
	return 0;
}

static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	struct fix then = *fix;
	struct net_cards cards;
	bool is_right = true;
	size_t i;

	then.image = after;
	net_cards_find(&then, &cards);
	for (i = 0; i < cards.count; i++) {
		if (!cards.list[i].needs_config)
			continue;
		str_add(why, is_right ? "no configuration gives the machine's network to "
				      : ", ");
		net_describe(&cards.list[i], why);
		is_right = false;
	}
	net_cards_clear(&cards);
	return is_right;
}

const struct fixer fixer_network = {
	.name = "network",
	.does = "carries the machine's addresses over to its card",
	.detect = detect,
	.plan = plan,
	.check = check,
};

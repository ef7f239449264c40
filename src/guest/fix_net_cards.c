/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_net_cards.c - which cards of the machine the guest is to bring up, by which name, and whether it
 * would already. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_net.h"
#include "guest/reach.h"
#include "guest/text.h"

/* The name by which the guest knew the card that others came in by: what else of it speaks of that
 * name (rules of a firewall, say) stays true when the new card gets it. */
static const char *main_name(const struct guest *guest, const struct net_stack *stack)
{
	const char *found = NULL;
	int best = 0;
	size_t i;

	for (i = 0; i < guest->network.interface_count; i++) {
		const struct guest_interface *interface = &guest->network.interfaces[i];
		const int rank = !interface->is_up_at_boot		 ? 1
				 : interface->gateways.count > 0	 ? 4
				 : interface->ip4 == GUEST_METHOD_DHCP	 ? 3
				 : interface->ip4 == GUEST_METHOD_STATIC ? 2
									 : 1;

		if (strcmp(interface->stack, stack->name) != 0 ||
		    interface->name == NULL || interface->is_pattern ||
		    !net_is_card_name(interface->name) || rank <= best)
			continue;
		found = interface->name;
		best = rank;
	}
	return found;
}

/* Names that the kernel gives itself cannot be exchanged between cards. */
static bool is_free(const struct fix *fix, const struct net_cards *cards,
		    const char *name)
{
	const struct platform *platform = fix->platform;
	size_t i;

	if (text_starts(name, "eth") && platform->nic_count > 1 &&
	    !net_is_before(&fix->image->guest.system, "8", "15.04"))
		return false;
	for (i = 0; i < platform->nic_count; i++)
		if (platform->nics[i].stable != NULL &&
		    strcmp(platform->nics[i].stable, name) == 0 &&
		    &platform->nics[i] != cards->list[cards->count - 1].nic)
			return false;
	for (i = 0; i + 1 < cards->count; i++)
		if (cards->list[i].name != NULL && strcmp(cards->list[i].name, name) == 0)
			return false;
	return true;
}

/* Which program is told: that whose configuration takes the card, else one that is at work. */
static const struct {
	const struct net_stack *stack;
	bool needs_interface; /* it counts only when it has something to do */
	bool needs_enabled;
} choices[] = {
	{&net_netplan, true, true},   {&net_ifupdown, true, true},
	{&net_networkd, true, true},  {&net_keyfile, false, true},
	{&net_networkd, false, true}, {&net_ifupdown, false, true},
	{&net_netplan, false, false}, {&net_networkd, false, false},
	{&net_keyfile, false, false},
};

static bool is_chosen(const struct guest_network *network, size_t choice)
{
	const char *name = choices[choice].stack->name;
	bool is_there = false;
	size_t i;

	for (i = 0; i < network->stack_count; i++)
		if (strcmp(network->stacks[i].name, name) == 0)
			is_there = choices[choice].needs_enabled
					   ? network->stacks[i].is_enabled
					   : network->stacks[i].is_installed;
	for (i = 0; is_there && choices[choice].needs_interface; i++) {
		if (i == network->interface_count)
			return false;
		/* what a package brings for containers and the like is no sign of work */
		if (strcmp(network->interfaces[i].stack, name) == 0 &&
		    !text_starts(network->interfaces[i].source, "/usr/lib/") &&
		    !text_starts(network->interfaces[i].source, "/lib/"))
			break;
	}
	return is_there;
}

static const struct net_stack *stack_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (strcmp(choices[i].stack->name, name) == 0)
			return choices[i].stack;
	return NULL;
}

/* Whether a program is at work that no writer is there for. */
static bool has_other(const struct guest_network *network)
{
	size_t i;

	for (i = 0; i < network->stack_count; i++)
		if (network->stacks[i].is_enabled &&
		    stack_of(network->stacks[i].name) == NULL)
			return true;
	return false;
}

static const struct net_stack *choose(const struct guest *guest,
				      const struct guest_interface *taking)
{
	size_t i;

	if (taking != NULL)
		return stack_of(taking->stack);
	for (i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (is_chosen(&guest->network, i) &&
		    (choices[i].needs_enabled || !has_other(&guest->network)))
			return choices[i].stack;
	return NULL;
}

/* Whether its name is tied to its MAC already. */
static bool is_pinned(const struct guest *guest, const struct net_card *card)
{
	size_t i;

	for (i = 0; i < guest->network.pin_count; i++)
		if (strcmp(guest->network.pins[i].mac, card->nic->mac) == 0)
			return true;
	return false;
}

/* A name for a card that a program knows by its name alone, or gives one itself. */
static void choose_name(const struct fix *fix, const char *old_name,
			struct net_cards *cards)
{
	struct net_card *card = &cards->list[cards->count - 1];
	autostr struct str made = STR_EMPTY;

	if (cards->stack == NULL || card->nic->mac == NULL ||
	    is_pinned(&fix->image->guest, card) ||
	    (!cards->stack->is_by_name && !cards->stack->sets_name))
		return;
	if (old_name != NULL && is_free(fix, cards, old_name)) {
		text_replace(&card->name, old_name);
	} else if (card->name == NULL && cards->stack->is_by_name) {
		str_addf(&made, "net%zu", cards->count - 1);
		text_replace(&card->name, made.bytes);
	}
	card->needs_pin = cards->stack->is_by_name && card->name != NULL;
	card->needs_config = !net_is_right(fix, card->nic, card->name, &card->old);
}

/* A name that the kernel gives to the only card needs no tie. */
static bool is_sure(const struct fix *fix, const struct net_card *card, const char *own)
{
	return own != NULL && strcmp(own, card->name) == 0 && text_starts(own, "eth") &&
	       fix->platform->nic_count == 1;
}

/* The first card is judged whatever is known of it: somebody has to come in. */
static bool brings_addresses(const struct platform_nic *nic)
{
	return nic->addresses.count > 0 || nic->ip4 == PLATFORM_DHCP ||
	       nic->ip6 == PLATFORM_DHCP || nic->ip6 == PLATFORM_AUTO;
}

static void add_card(const struct fix *fix, const struct platform_nic *nic,
		     struct net_cards *cards)
{
	const struct guest *guest = &fix->image->guest;
	autofree char *own = fix_nic_name(fix, nic);
	const char *old_name = NULL;
	struct net_card *card;

	cards->list = mem_grow(cards->list, cards->count, sizeof(*cards->list));
	card = &cards->list[cards->count++];
	*card = (struct net_card){.nic = nic, .name = str_copy(own)};
	if (cards->count > 1 && !brings_addresses(nic))
		return;
	card->needs_config = !net_is_right(fix, nic, own, &card->old);
	if (cards->count == 1) {
		cards->stack = choose(guest, card->old);
		if (cards->stack != NULL)
			old_name = main_name(guest, cards->stack);
	}
	if (!card->needs_config)
		return;
	choose_name(fix, old_name, cards);
	if (card->needs_pin && is_sure(fix, card, own))
		card->needs_pin = false;
}

void net_cards_find(const struct fix *fix, struct net_cards *out)
{
	const struct platform *platform = fix->platform;
	const struct platform_nic *first = reach_first_nic(platform);
	size_t i;

	*out = (struct net_cards){0};
	if (first == NULL)
		return;
	add_card(fix, first, out);
	for (i = 0; i < platform->nic_count; i++)
		if (&platform->nics[i] != first)
			add_card(fix, &platform->nics[i], out);
}

void net_cards_clear(struct net_cards *cards)
{
	size_t i;

	for (i = 0; i < cards->count; i++)
		free(cards->list[i].name);
	free(cards->list);
	*cards = (struct net_cards){0};
}

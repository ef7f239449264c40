/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "guest/reach.h"

#include <arpa/inet.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/text.h"

const struct platform_nic *reach_first_nic(const struct platform *platform)
{
	size_t i, k;

	for (i = 0; i < platform->nic_count; i++)
		for (k = 0; k < platform->nics[i].route_count; k++)
			if (strcmp(platform->nics[i].routes[k].to, "default") == 0)
				return &platform->nics[i];
	return platform->nic_count > 0 ? &platform->nics[0] : NULL;
}

static bool has_enabled_stack(const struct guest *guest, const char *name)
{
	size_t i;

	for (i = 0; i < guest->network.stack_count; i++)
		if (strcmp(guest->network.stacks[i].name, name) == 0)
			return guest->network.stacks[i].is_enabled;
	return true; /* one that is no stack of the table */
}

/* "ens*" takes what systemd names by slot, "en*" all of its names: a name that is not known in
 * full begins with "en". */
static enum prediction_verdict match_name(const struct guest_interface *interface,
					  const struct reach_card *card)
{
	const char *pattern = interface->name;

	if (card->name != NULL)
		return fnmatch(pattern, card->name, 0) == 0 ? PREDICT_HOLDS
							    : PREDICT_BROKEN;
	if (strcmp(pattern, "en*") == 0 || strcmp(pattern, "e*") == 0 ||
	    strcmp(pattern, "*") == 0)
		return PREDICT_HOLDS;
	return text_starts(pattern, "en") ? PREDICT_UNKNOWN : PREDICT_BROKEN;
}

enum prediction_verdict reach_match(const struct guest_interface *interface,
				    const struct reach_card *card)
{
	if (interface->mac != NULL) {
		if (card->nic->mac == NULL)
			return PREDICT_UNKNOWN;
		return strcmp(interface->mac, card->nic->mac) == 0 ? PREDICT_HOLDS
								   : PREDICT_BROKEN;
	}
	if (interface->name != NULL)
		return match_name(interface, card);
	if (interface->match == NULL)
		return PREDICT_HOLDS;
	return strcmp(interface->match, "type=ether") == 0 ? PREDICT_HOLDS
							   : PREDICT_UNKNOWN;
}

static bool gives_addresses(const struct guest_interface *interface)
{
	return interface->is_up_at_boot && (interface->ip4 == GUEST_METHOD_DHCP ||
					    interface->ip4 == GUEST_METHOD_STATIC ||
					    interface->ip6 == GUEST_METHOD_DHCP ||
					    interface->ip6 == GUEST_METHOD_STATIC ||
					    interface->ip6 == GUEST_METHOD_AUTO);
}

const struct guest_interface *reach_find(const struct guest *guest,
					 const struct reach_card *card,
					 enum prediction_verdict *out_verdict)
{
	const struct guest_interface *best = NULL;
	enum prediction_verdict verdict;
	size_t i;

	*out_verdict = PREDICT_BROKEN;
	for (i = 0; i < guest->network.interface_count; i++) {
		const struct guest_interface *interface = &guest->network.interfaces[i];

		if (!gives_addresses(interface) ||
		    !has_enabled_stack(guest, interface->stack))
			continue;
		verdict = reach_match(interface, card);
		if (best == NULL || verdict < *out_verdict) {
			best = interface;
			*out_verdict = verdict;
		}
	}
	return best;
}

bool reach_is_taken(const struct guest *guest, const struct platform_nic *nic,
		    const char *name)
{
	const char *init = guest->system.init;
	size_t i;

	if (init != NULL && strcmp(init, "systemd") == 0)
		return false;
	for (i = 0; i < guest->network.pin_count; i++) {
		const struct guest_pin *pin = &guest->network.pins[i];

		if (text_ends(pin->source, ".rules") && strcmp(pin->name, name) == 0 &&
		    (nic->mac == NULL || strcmp(pin->mac, nic->mac) != 0))
			return true;
	}
	return false;
}

bool reach_is_automatic(const struct guest *guest)
{
	size_t i;

	for (i = 0; i < guest->network.stack_count; i++)
		if (strcmp(guest->network.stacks[i].name, "NetworkManager") == 0 &&
		    guest->network.stacks[i].is_enabled)
			return true;
	return false;
}

/* Without the prefix length. @out: of at least 64 bytes */
static const char *bare(const char *address, char *out)
{
	(void)snprintf(out, 64, "%s", address);
	out[strcspn(out, "/")] = '\0';
	return out;
}

bool reach_has_address(const struct guest_words *list, const char *address)
{
	char mine[64], other[64];
	size_t i;

	(void)bare(address, mine);
	for (i = 0; i < list->count; i++)
		if (strcmp(bare(list->list[i], other), mine) == 0)
			return true;
	return false;
}

bool reach_has_net(const struct guest_words *addresses, const char *gateway)
{
	unsigned char via[16], own[16];
	const int family = strchr(gateway, ':') != NULL ? AF_INET6 : AF_INET;
	char text[64];
	size_t i;

	if (inet_pton(family, gateway, via) != 1)
		return true; /* a name is not judged */
	for (i = 0; i < addresses->count; i++) {
		const char *slash = strchr(addresses->list[i], '/');
		const unsigned bits =
			slash != NULL ? (unsigned)strtoul(slash + 1, NULL, 10) : 0;
		const unsigned bytes = bits / 8, rest = bits % 8;

		if (slash == NULL || bits > (family == AF_INET ? 32 : 128) ||
		    inet_pton(family, bare(addresses->list[i], text), own) != 1 ||
		    memcmp(own, via, bytes) != 0 ||
		    (rest > 0 && (own[bytes] ^ via[bytes]) >> (8 - rest) != 0))
			continue;
		return true;
	}
	return false;
}

/* ifupdown tells the kernel that the gateway is on the link; others must be told to. Router
 * advertisements give link-local ones. */
bool reach_can_go(const struct guest_interface *interface, const char *gateway)
{
	return interface->is_gateway_on_link || text_starts(gateway, "fe80:") ||
	       reach_has_net(&interface->addresses, gateway) ||
	       strcmp(interface->stack, "ifupdown") == 0;
}

static bool is_local_source(const char *name)
{
	return strcmp(name, "NoCloud") == 0 || strcmp(name, "None") == 0 ||
	       strcmp(name, "ConfigDrive") == 0;
}

bool reach_waits_for_cloud(const struct guest_cloud *cloud)
{
	const struct guest_words *list = &cloud->datasources;
	const bool is_taken = list->count == 1 ||
			      (list->count == 2 && strcmp(list->list[1], "None") == 0);

	return cloud->is_installed && !cloud->is_disabled && is_taken &&
	       !is_local_source(list->list[0]);
}

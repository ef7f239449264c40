/* SPDX-License-Identifier: GPL-2.0-or-later */
/* predict_reach.c - the network: has the card a driver, which configuration takes it, does it give
 * the machine's addresses, does cloud-init stand in the way. Sources: systemd.net-naming-scheme(7);
 * interfaces(5), netplan(5), systemd.network(5); ds-identify of cloud-init (a list of one source, or
 * of one and None, is taken without looking). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/card.h"
#include "guest/predict_links.h"
#include "guest/text.h"

/* A card as the guest will see it. */
struct card {
	const struct platform_nic *nic;
	char *name; /* NULL: not known; then it is one of udev's */
	bool is_pinned;
};

static void judge_driver(struct predict *predict, const struct platform_nic *nic)
{
	const struct guest_kernel *kernel = predict->kernel;
	size_t i;

	for (i = 0; i < nic->chain.count; i++) {
		const struct platform_driver *device = &nic->chain.list[i];
		struct guest_words modules = {0};

		if (!predict_is_judged(device))
			continue;
		predict_modules(kernel, device, &modules);
		if (!predict_knows(kernel, &modules)) {
			prediction_judge(predict->out, STEP_NIC, PREDICT_BROKEN,
					 FIXER_NONE,
					 "the kernel has no driver for the network card");
			prediction_add_evidence(predict->out, STEP_NIC, "platform",
						"%s: %s%s%s", nic->name, device->modalias,
						device->name != NULL ? ", driven by "
								     : "",
						device->name != NULL ? device->name : "");
		}
		guest_words_clear(&modules);
	}
}

static const struct platform_nic *first_nic(const struct platform *platform)
{
	size_t i, k;

	for (i = 0; i < platform->nic_count; i++)
		for (k = 0; k < platform->nics[i].route_count; k++)
			if (strcmp(platform->nics[i].routes[k].to, "default") == 0)
				return &platform->nics[i];
	return platform->nic_count > 0 ? &platform->nics[0] : NULL;
}

static void judge_nic(struct predict *predict, const struct platform_nic *nic)
{
	const struct guest_kernel *kernel = predict->kernel;

	if (nic == NULL) {
		prediction_judge(predict->out, STEP_NIC, PREDICT_UNKNOWN, FIXER_NONE,
				 "no network card of the machine is known");
		return;
	}
	if (kernel == NULL || kernel->modules.count == 0) {
		prediction_judge(predict->out, STEP_NIC, PREDICT_UNKNOWN, FIXER_NONE,
				 "which drivers the system has is not known");
		return;
	}
	judge_driver(predict, nic);
	prediction_judge(predict->out, STEP_NIC, PREDICT_HOLDS, FIXER_NONE,
			 "the system has a driver for the network card");
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
					  const struct card *card)
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

/* Whether a configuration takes the card. */
static enum prediction_verdict match(const struct guest_interface *interface,
				     const struct card *card)
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

/* The configuration that fits best. @out_verdict: how well */
static const struct guest_interface *find_interface(const struct predict *predict,
						    const struct card *card,
						    enum prediction_verdict *out_verdict)
{
	const struct guest *guest = &predict->image->guest;
	const struct guest_interface *best = NULL;
	enum prediction_verdict verdict;
	size_t i;

	*out_verdict = PREDICT_BROKEN;
	for (i = 0; i < guest->network.interface_count; i++) {
		const struct guest_interface *interface = &guest->network.interfaces[i];

		if (!gives_addresses(interface) ||
		    !has_enabled_stack(guest, interface->stack))
			continue;
		verdict = match(interface, card);
		if (best == NULL || verdict < *out_verdict) {
			best = interface;
			*out_verdict = verdict;
		}
	}
	return best;
}

static const char *text_of(const struct guest_interface *interface)
{
	if (interface->name != NULL)
		return interface->name;
	return interface->mac != NULL	  ? interface->mac
	       : interface->match != NULL ? interface->match
					  : "any card";
}

/* NetworkManager, and cloud-init with a source, set up a card that no file names. */
static bool is_automatic(const struct guest *guest)
{
	size_t i;

	for (i = 0; i < guest->network.stack_count; i++)
		if (strcmp(guest->network.stacks[i].name, "NetworkManager") == 0 &&
		    guest->network.stacks[i].is_enabled)
			return true;
	return false;
}

static void add_card(struct predict *predict, const struct card *card)
{
	prediction_add_evidence(predict->out, STEP_NETWORK, "platform",
				"the card will be called %s%s%s%s",
				card->name != NULL ? card->name : "by its slot (en...)",
				card->is_pinned ? ", as the system ties it to its MAC"
						: "",
				card->nic->mac != NULL ? ", MAC " : "",
				card->nic->mac != NULL ? card->nic->mac : "");
}

static const struct guest_interface *judge_network(struct predict *predict,
						   const struct card *card)
{
	enum prediction_verdict verdict;
	const struct guest_interface *interface = find_interface(predict, card, &verdict);

	if ((interface == NULL || verdict == PREDICT_BROKEN) &&
	    is_automatic(&predict->image->guest)) {
		prediction_judge(
			predict->out, STEP_NETWORK, PREDICT_HOLDS, FIXER_NONE,
			"NetworkManager asks by DHCP on cards that no file names");
		return NULL;
	}
	if (interface == NULL) {
		prediction_judge(predict->out, STEP_NETWORK, PREDICT_BROKEN,
				 FIXER_NETWORK, "no configuration brings a card up");
		return NULL;
	}
	add_card(predict, card);
	prediction_add_evidence(predict->out, STEP_NETWORK, interface->source,
				"%s: for %s", interface->stack, text_of(interface));
	if (verdict == PREDICT_BROKEN)
		prediction_judge(predict->out, STEP_NETWORK, PREDICT_BROKEN,
				 FIXER_NETWORK, "no configuration is for the card");
	else if (verdict == PREDICT_UNKNOWN)
		prediction_judge(predict->out, STEP_NETWORK, PREDICT_UNKNOWN,
				 FIXER_NETWORK,
				 "whether the configuration is for the card cannot be "
				 "told");
	else
		prediction_judge(predict->out, STEP_NETWORK, PREDICT_HOLDS, FIXER_NONE,
				 "%s brings the card up", interface->source);
	return verdict == PREDICT_BROKEN ? NULL : interface;
}

/* Without the prefix length. @out: of at least 64 bytes */
static const char *bare(const char *address, char *out)
{
	(void)snprintf(out, 64, "%s", address);
	out[strcspn(out, "/")] = '\0';
	return out;
}

static bool has_address(const struct guest_words *list, const char *address)
{
	char mine[64], other[64];
	size_t i;

	(void)bare(address, mine);
	for (i = 0; i < list->count; i++)
		if (strcmp(bare(list->list[i], other), mine) == 0)
			return true;
	return false;
}

/* Whether a gateway lies in the net of one of the addresses. */
static bool is_reachable(const struct guest_words *addresses, const char *gateway)
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
static void judge_gateways(struct predict *predict,
			   const struct guest_interface *interface)
{
	size_t i;

	for (i = 0; i < interface->gateways.count; i++) {
		const char *gateway = interface->gateways.list[i];

		if (interface->is_gateway_on_link || text_starts(gateway, "fe80:") ||
		    is_reachable(&interface->addresses, gateway) ||
		    strcmp(interface->stack, "ifupdown") == 0)
			continue;
		prediction_judge(predict->out, STEP_ADDRESS, PREDICT_BROKEN,
				 FIXER_NETWORK,
				 "the gateway %s lies in none of its nets, and nothing "
				 "says that it is on the link",
				 gateway);
		prediction_add_evidence(predict->out, STEP_ADDRESS, interface->source,
					"gateway %s", gateway);
	}
}

static void judge_static(struct predict *predict, const struct guest_interface *interface,
			 const struct platform_nic *nic)
{
	size_t i, right = 0;

	if (nic->addresses.count == 0) {
		prediction_judge(
			predict->out, STEP_ADDRESS, PREDICT_UNKNOWN, FIXER_NETWORK,
			"its addresses are fixed, and the machine's are not known");
		return;
	}
	for (i = 0; i < interface->addresses.count; i++)
		right += has_address(&nic->addresses, interface->addresses.list[i]);
	if (right == 0) {
		prediction_judge(predict->out, STEP_ADDRESS, PREDICT_BROKEN,
				 FIXER_NETWORK,
				 "its fixed addresses are not the "
				 "machine's");
		prediction_add_evidence(predict->out, STEP_ADDRESS, "platform",
					"the machine has %s", nic->addresses.list[0]);
	}
	if (interface->addresses.count > 0)
		prediction_add_evidence(predict->out, STEP_ADDRESS, interface->source,
					"address %s", interface->addresses.list[0]);
}

static void judge_address(struct predict *predict,
			  const struct guest_interface *interface,
			  const struct platform_nic *nic)
{
	const bool asks = interface->ip4 == GUEST_METHOD_DHCP ||
			  interface->ip6 == GUEST_METHOD_DHCP ||
			  interface->ip6 == GUEST_METHOD_AUTO;

	if (interface->ip4 == GUEST_METHOD_STATIC ||
	    (interface->ip6 == GUEST_METHOD_STATIC &&
	     interface->ip4 != GUEST_METHOD_DHCP)) {
		judge_gateways(predict, interface);
		judge_static(predict, interface, nic);
		prediction_judge(predict->out, STEP_ADDRESS, PREDICT_HOLDS, FIXER_NONE,
				 "its fixed addresses are the machine's");
		return;
	}
	if (asks && nic->ip4 == PLATFORM_STATIC)
		prediction_judge(predict->out, STEP_ADDRESS, PREDICT_UNKNOWN,
				 FIXER_NETWORK,
				 "it asks for an address, and the machine's was fixed: "
				 "whether one answers cannot be told");
	prediction_judge(predict->out, STEP_ADDRESS, PREDICT_HOLDS, FIXER_NONE,
			 "it asks for an address");
}

static bool is_local_source(const char *name)
{
	return strcmp(name, "NoCloud") == 0 || strcmp(name, "None") == 0 ||
	       strcmp(name, "ConfigDrive") == 0;
}

static void judge_cloud(struct predict *predict)
{
	const struct guest_cloud *cloud = &predict->image->guest.cloud;
	const struct guest_words *list = &cloud->datasources;
	const bool is_taken = list->count == 1 ||
			      (list->count == 2 && strcmp(list->list[1], "None") == 0);

	if (cloud->is_installed && !cloud->is_disabled && is_taken &&
	    !is_local_source(list->list[0])) {
		prediction_judge(predict->out, STEP_CLOUD, PREDICT_BROKEN,
				 FIXER_CLOUD_INIT,
				 "cloud-init waits for the source %s, which the machine "
				 "may not have",
				 list->list[0]);
		prediction_add_evidence(predict->out, STEP_CLOUD,
					cloud->datasources_source != NULL
						? cloud->datasources_source
						: "/etc/cloud",
					"datasource_list has it alone");
		return;
	}
	prediction_judge(predict->out, STEP_CLOUD, PREDICT_HOLDS, FIXER_NONE,
			 !cloud->is_installed ? "there is none"
			 : cloud->is_disabled
				 ? "it is disabled"
				 : "it looks for its source first, or has one "
				   "of its own");
}

void predict_reach(struct predict *predict)
{
	const struct platform_nic *nic = first_nic(predict->platform);
	const struct guest_interface *interface;
	struct card card = {.nic = nic};

	judge_nic(predict, nic);
	judge_cloud(predict);
	if (nic == NULL)
		return;
	card.name = card_name(&predict->image->guest, predict->entry, predict->platform,
			      nic, &card.is_pinned);
	interface = judge_network(predict, &card);
	if (interface != NULL)
		judge_address(predict, interface, nic);
	else if (predict->out->links[STEP_NETWORK].verdict == PREDICT_HOLDS)
		prediction_judge(predict->out, STEP_ADDRESS, PREDICT_HOLDS, FIXER_NONE,
				 "it asks for an address");
	free(card.name);
}

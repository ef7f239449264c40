/* SPDX-License-Identifier: GPL-2.0-or-later */
/* predict_reach.c - the network: has the card a driver, which configuration takes it, does it give
 * the machine's addresses, does cloud-init stand in the way. Sources: systemd.net-naming-scheme(7);
 * interfaces(5), netplan(5), systemd.network(5). */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/card.h"
#include "guest/predict_links.h"
#include "guest/reach.h"

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

static const char *text_of(const struct guest_interface *interface)
{
	if (interface->name != NULL)
		return interface->name;
	return interface->mac != NULL	  ? interface->mac
	       : interface->match != NULL ? interface->match
					  : "any card";
}

static void add_card(struct predict *predict, const struct reach_card *card,
		     const char *why)
{
	prediction_add_evidence(predict->out, STEP_NETWORK, "platform",
				"the card will be called %s%s%s%s",
				card->name != NULL ? card->name : "by its slot (en...)",
				why, card->nic->mac != NULL ? ", MAC " : "",
				card->nic->mac != NULL ? card->nic->mac : "");
}

static const struct guest_interface *
judge_network(struct predict *predict, const struct reach_card *card, const char *why)
{
	enum prediction_verdict verdict;
	const struct guest_interface *interface =
		reach_find(&predict->image->guest, card, &verdict);

	if ((interface == NULL || verdict == PREDICT_BROKEN) &&
	    reach_is_automatic(&predict->image->guest)) {
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
	add_card(predict, card, why);
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

static void judge_gateways(struct predict *predict,
			   const struct guest_interface *interface)
{
	size_t i;

	for (i = 0; i < interface->gateways.count; i++) {
		const char *gateway = interface->gateways.list[i];

		if (reach_can_go(interface, gateway))
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
		right += reach_has_address(&nic->addresses, interface->addresses.list[i]);
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

static void judge_asking(struct predict *predict, const struct platform_nic *nic)
{
	if (nic->ip4 == PLATFORM_STATIC)
		prediction_judge(predict->out, STEP_ADDRESS, PREDICT_UNKNOWN,
				 FIXER_NETWORK,
				 "it asks for an address, and the machine's was fixed: "
				 "whether one answers cannot be told");
	prediction_judge(predict->out, STEP_ADDRESS, PREDICT_HOLDS, FIXER_NONE,
			 "it asks for an address");
}

static void judge_address(struct predict *predict,
			  const struct guest_interface *interface,
			  const struct platform_nic *nic)
{
	if (interface->ip4 == GUEST_METHOD_STATIC ||
	    (interface->ip6 == GUEST_METHOD_STATIC &&
	     interface->ip4 != GUEST_METHOD_DHCP)) {
		judge_gateways(predict, interface);
		judge_static(predict, interface, nic);
		prediction_judge(predict->out, STEP_ADDRESS, PREDICT_HOLDS, FIXER_NONE,
				 "its fixed addresses are the machine's");
		return;
	}
	judge_asking(predict, nic);
}

static void judge_cloud(struct predict *predict)
{
	const struct guest_cloud *cloud = &predict->image->guest.cloud;

	if (reach_waits_for_cloud(cloud)) {
		prediction_judge(predict->out, STEP_CLOUD, PREDICT_BROKEN,
				 FIXER_CLOUD_INIT,
				 "cloud-init waits for the source %s, which the machine "
				 "may not have",
				 cloud->datasources.list[0]);
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

/* Where udev itself ties each new card to a name, one that it gave to another card is not free. The
 * next one is. @name: replaced; Returns: whether it was taken */
static bool shift_name(const struct guest *guest, const struct platform_nic *nic,
		       char **name)
{
	bool is_taken = false;
	unsigned number = 0;

	while (*name != NULL && reach_is_taken(guest, nic, *name)) {
		autostr struct str next = STR_EMPTY;

		str_addf(&next, "eth%u", ++number);
		free(*name);
		*name = str_copy(next.bytes);
		is_taken = true;
	}
	return is_taken;
}

static void judge_card(struct predict *predict, const struct platform_nic *nic)
{
	const struct guest *guest = &predict->image->guest;
	bool is_pinned, is_shifted;
	autofree char *name =
		card_name(guest, predict->entry, predict->platform, nic, &is_pinned);
	const struct guest_interface *interface;

	is_shifted = !is_pinned && shift_name(guest, nic, &name);
	interface = judge_network(
		predict, &(struct reach_card){nic, name},
		is_pinned    ? ", as the system ties it to its MAC"
		: is_shifted ? ", as the system ties the names before it to other MACs"
			     : "");
	if (interface != NULL)
		judge_address(predict, interface, nic);
	else if (predict->out->links[STEP_NETWORK].verdict == PREDICT_HOLDS)
		judge_asking(predict, nic);
}

void predict_reach(struct predict *predict)
{
	const struct platform_nic *nic = reach_first_nic(predict->platform);

	judge_nic(predict, nic);
	judge_cloud(predict);
	if (nic != NULL)
		judge_card(predict, nic);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "guest/card.h"

#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/predict_links.h"
#include "guest/text.h"

/* Whether udev renames cards by their place. Before systemd, and where the kernel is told not to,
 * they are called eth0 and so on. */
static bool has_stable_names(const struct guest *guest, const struct guest_entry *entry)
{
	return guest->system.init != NULL && strcmp(guest->system.init, "systemd") == 0 &&
	       !predict_has_argument(entry, "net.ifnames=0");
}

/* systemd names Xen's cards since version 252, which Debian 12 and Ubuntu 22.10 brought. */
static bool names_xen_cards(const struct guest_system *system)
{
	if (system->id == NULL || system->version == NULL)
		return true;
	if (strcmp(system->id, "debian") == 0)
		return text_compare_versions(system->version, "12") >= 0;
	if (strcmp(system->id, "ubuntu") == 0)
		return text_compare_versions(system->version, "22.10") >= 0;
	return true;
}

static const char *pinned_name(const struct guest_network *network, const char *mac)
{
	size_t i;

	for (i = 0; mac != NULL && i < network->pin_count; i++)
		if (strcmp(network->pins[i].mac, mac) == 0)
			return network->pins[i].name;
	return NULL;
}

/* The kernel counts the cards as it finds them: as the machine lists them. */
static char *counted_name(const struct platform *platform, const struct platform_nic *nic)
{
	struct str name = STR_EMPTY;
	size_t i = 0;

	while (i < platform->nic_count && &platform->nics[i] != nic)
		i++;
	str_addf(&name, "eth%zu", i < platform->nic_count ? i : 0);
	return name.bytes;
}

char *card_name(const struct guest *guest, const struct guest_entry *entry,
		const struct platform *platform, const struct platform_nic *nic,
		bool *out_is_pinned)
{
	const char *pinned = pinned_name(&guest->network, nic->mac);

	if (out_is_pinned != NULL)
		*out_is_pinned = pinned != NULL;
	if (pinned != NULL)
		return str_copy(pinned);
	if (!has_stable_names(guest, entry) ||
	    (nic->stable != NULL && text_starts(nic->stable, "enX") &&
	     !names_xen_cards(&guest->system)))
		return counted_name(platform, nic);
	return str_copy(nic->stable);
}

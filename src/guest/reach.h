/* SPDX-License-Identifier: GPL-2.0-or-later */
/** reach.h - which configuration of a guest takes a network card of a machine, and whether the
 * machine's gateway can be reached by it: what the prediction says, the fixers mend. */
#ifndef GUEST_REACH_H
#define GUEST_REACH_H

#include <stdbool.h>

#include "model/guest.h"
#include "model/platform.h"
#include "model/prediction.h"

/** A card as the guest will see it. */
struct reach_card {
	const struct platform_nic *nic;
	const char *name; /* NULL: not known; then it is one of udev's */
};

/** The card that others come in by: that of the default route, else the first. Returns: it, or
 * NULL when the machine has none */
const struct platform_nic *reach_first_nic(const struct platform *platform);

/** Whether a configuration takes a card. */
enum prediction_verdict reach_match(const struct guest_interface *interface,
				    const struct reach_card *card);

/** The configuration that takes a card best, of those that give addresses at boot and whose
 * program is enabled.
 *
 * @out_verdict: how well
 * Returns: it, or NULL when there is none at all
 */
const struct guest_interface *reach_find(const struct guest *guest,
					 const struct reach_card *card,
					 enum prediction_verdict *out_verdict);

/** Whether a name is not free for a card, as a rule of udev gives it to another MAC, and the guest's
 * udev writes a rule for each new card.
 *
 * Source:  75-persistent-net-generator.rules of udev before systemd's names
 */
bool reach_is_taken(const struct guest *guest, const struct platform_nic *nic,
		    const char *name);

/** Whether cards that no file names are asked for by DHCP, as NetworkManager does. */
bool reach_is_automatic(const struct guest *guest);

/** Whether an address is in a list, whatever its prefix length. */
bool reach_has_address(const struct guest_words *list, const char *address);

/** Whether a gateway lies in the net of one of the addresses, which have prefix lengths. */
bool reach_has_net(const struct guest_words *addresses, const char *gateway);

/** Whether a configuration's gateway can be reached by it: it lies in one of its nets, or it is
 * told to be on the link. */
bool reach_can_go(const struct guest_interface *interface, const char *gateway);

/** Whether cloud-init takes a source without looking whether it is there, and then waits for
 * it.
 *
 * Source: ds-identify of cloud-init: a list of one source, or of one and None, is not looked for
 */
bool reach_waits_for_cloud(const struct guest_cloud *cloud);

#endif

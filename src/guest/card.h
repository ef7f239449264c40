/* SPDX-License-Identifier: GPL-2.0-or-later */
/** card.h - what a guest will call a network card of a machine. */
#ifndef GUEST_CARD_H
#define GUEST_CARD_H

#include <stdbool.h>

#include "model/guest.h"
#include "model/platform.h"

/** The name of a card: that of a pin by its MAC, ethN where the kernel is told net.ifnames=0 or
 * nothing renames cards, else the stable one.
 *
 * @entry:  that starts the guest; NULL: not known
 * @out_is_pinned: NULL is allowed
 * Source:  systemd.net-naming-scheme(7); NEWS of systemd 252 for Xen's cards
 * Returns: a text that the caller frees; NULL: not to be told
 */
char *card_name(const struct guest *guest, const struct guest_entry *entry,
		const struct platform *platform, const struct platform_nic *nic,
		bool *out_is_pinned);

#endif

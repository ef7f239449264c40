/* SPDX-License-Identifier: GPL-2.0-or-later */
/** platform.h - what a machine offers a system: its firmware, disks, network cards, consoles,
 * CPU, as /proc, /sys and the kernel tell them. */
#ifndef VIRT_PLATFORM_H
#define VIRT_PLATFORM_H

#include "model/platform.h"
#include "model/verdict.h"
#include "virt/place.h"

/** The file of a captured tree that sys_network_text() has filled. */
#define PLACE_NETWORK "network.txt"

/** Read what a machine offers. What cannot be read is not there.
 *
 * @verdict: what the machine is: how Xen runs it is not to be seen in one file
 * @out:     zeroed by the caller, who clears it
 */
void platform_read(const struct place *place, const struct verdict *verdict,
		   struct platform *out);

/** Read its disks and network cards, with their drivers. Only platform_read() calls it. */
void platform_read_devices(const struct place *place, struct platform *out);

/** Read addresses and routes of the network cards. Only platform_read() calls it. */
void platform_read_network(const struct place *place, struct platform *out);

/** Take what sys_network_text() told for the cards that are there already. */
void platform_take_network(const char *text, struct platform *out);

#endif

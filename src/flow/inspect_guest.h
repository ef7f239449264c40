/* SPDX-License-Identifier: GPL-2.0-or-later */
/** inspect_guest.h - find the system in a disk: which of its file systems is the root, what the
 * others are to it. */
#ifndef FLOW_INSPECT_GUEST_H
#define FLOW_INSPECT_GUEST_H

#include "model/blocks.h"
#include "model/inspection.h"

/** Open all file systems of a disk, put those that the root's fstab names where they belong,
 * and read the guest.
 *
 * @want_tree: list all paths of the guest as well
 * @out:    its layout is there; volumes, files of the ESP and the guest are added. What
 *          cannot be read is said there, and is no failure
 */
void flow_inspect_guest(struct blocks *disk, bool want_tree, struct inspection *out);

#endif

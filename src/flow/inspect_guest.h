/* SPDX-License-Identifier: GPL-2.0-or-later */
/** inspect_guest.h - find the system in a disk: which of its file systems is the root, what the
 * others are to it. */
#ifndef FLOW_INSPECT_GUEST_H
#define FLOW_INSPECT_GUEST_H

#include "flow/inspect_parts.h"

/** The file systems of a disk, while they are open: those that the root's fstab names are attached
 * to it. Start zeroed. */
struct inspect_system {
	struct parts parts;
	struct part *root; /* NULL: no system was found */
};

/** Open all file systems of a disk, and put together what makes its system.
 *
 * @disk:   stays the caller's and must outlive the system
 * @out:    its layout is there; volumes and files of the ESP are added. What cannot be read is
 *          said there, and is no failure
 */
void inspect_system_open(struct inspect_system *system, struct blocks *disk,
			 struct inspection *out);

/** Read the guest. @root: its files: as they lie there, or as a set of edits shows them */
void inspect_system_read(const struct inspect_system *system, struct vfs *root,
			 struct inspection *out);

/** Whether it is an EFI system partition that could be opened. */
bool inspect_is_esp(const struct part *part);

/** Read what lies in an EFI system partition. @vfs: its files */
void inspect_esp(struct vfs *vfs, struct inspection *out);

/** Close it. */
void inspect_system_close(struct inspect_system *system);

/** Open all file systems of a disk, put those that the root's fstab names where they belong,
 * and read the guest.
 *
 * @want_tree: list all paths of the guest as well
 * @out:    its layout is there; volumes, files of the ESP and the guest are added. What
 *          cannot be read is said there, and is no failure
 */
void flow_inspect_guest(struct blocks *disk, bool want_tree, struct inspection *out);

#endif

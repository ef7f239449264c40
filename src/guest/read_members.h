/* SPDX-License-Identifier: GPL-2.0-or-later */
/** read_members.h - what the files in an initramfs say about it. */
#ifndef GUEST_READ_MEMBERS_H
#define GUEST_READ_MEMBERS_H

#include <stdbool.h>

#include "guest/parse.h"
#include "model/guest.h"

/** Note what a member's name tells: a module, a hook, the program that made it all.
 *
 * Returns: whether its content is to be read too
 */
bool member_note(const struct cpio_member *member, struct guest_initramfs *out);

/** Read a member's content into the settings. */
void member_read(const struct cpio_member *member, const char *content,
		 struct guest_initramfs *out);

/** Sort the lists, and take what is in them twice out. */
void members_conclude(struct guest_initramfs *out);

#endif

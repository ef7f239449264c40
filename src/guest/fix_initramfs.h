/* SPDX-License-Identifier: GPL-2.0-or-later */
/** fix_initramfs.h - the part of initramfs-drivers that changes the guest's own configuration. */
#ifndef GUEST_FIX_INITRAMFS_H
#define GUEST_FIX_INITRAMFS_H

#include "guest/fix.h"

/** Have the next initramfs that the guest makes hold modules too.
 *
 * @maker:  that makes it: "initramfs-tools", "dracut"; NULL or another one is nothing
 * Source:  initramfs-tools(7), initramfs.conf(5), dracut.conf(5)
 */
void fix_initramfs_config(struct fix *fix, const char *maker,
			  const struct guest_words *modules);

#endif

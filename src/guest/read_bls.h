/* SPDX-License-Identifier: GPL-2.0-or-later */
/** read_bls.h - entries of the Boot Loader Specification, for GRUB and for systemd-boot. */
#ifndef GUEST_READ_BLS_H
#define GUEST_READ_BLS_H

#include "guest/read.h"

/** Read the entries of a folder, the newest version first.
 *
 * @vars:   what $name stands for in them; may be empty
 * @loader: entries are added
 */
void read_bls_entries(struct inspect *look, const char *folder,
		      const struct guest_settings *vars, struct guest_loader *loader);

#endif

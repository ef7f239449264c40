/* SPDX-License-Identifier: GPL-2.0-or-later */
/** lvm_group.h - what the files of the LVM reader share. */
#ifndef GUEST_LVM_GROUP_H
#define GUEST_LVM_GROUP_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "guest/lvm_text.h"
#include "model/blocks.h"

enum { LVM_SECTOR_BYTES = 512, LVM_UUID_BYTES = 32, LVM_PHYSICALS_MOST = 64 };

/** A physical volume that was given to us. */
struct physical {
	struct blocks *blocks;
	char uuid[LVM_UUID_BYTES];
};

/** An open group. */
struct lvm {
	struct physical physicals[LVM_PHYSICALS_MOST];
	size_t physical_count;
	struct lvm_text text;
	size_t group, volumes; /* sections of the text; no volumes: 0 */
	uint64_t extent_bytes;
};

/** Set the error of a physical volume that is damaged. Returns: -1 always */
int lvm_damaged(const char *what, struct error *err);

#endif

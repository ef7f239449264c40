/* SPDX-License-Identifier: GPL-2.0-or-later */
/** lvm.h - logical volumes of LVM2 as blocks, without the kernel's device mapper: linear and
 * striped ones, read-only. */
#ifndef GUEST_LVM_H
#define GUEST_LVM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/blocks.h"

struct lvm;

/** Whether an LVM2 physical volume lies in @blocks: it has a label in its first four sectors. */
bool lvm_is_physical(struct blocks *blocks);

/** Whether a physical volume is in no group yet: vgcreate(8) writes the first metadata, and there
 * are none. */
bool lvm_is_unused(struct blocks *blocks);

/** Read the metadata of a volume group.
 *
 * @physicals: @count physical volumes, of which those that are no part of the first one's group
 *          are left out; they stay the caller's and must outlive what is opened
 * @out:    given back by lvm_close
 * Errors:  ERROR_INPUT when the first is no physical volume, or its metadata is damaged;
 *          ERROR_PARTIAL when it holds none; those of the blocks
 * Returns: 0 or -1
 */
nodiscard int lvm_open(struct blocks *const *physicals, size_t count, struct lvm **out,
		       struct error *err);

/** The name of the group. */
const char *lvm_group(const struct lvm *lvm);

/** The names of its logical volumes that a user sees, in the order of the metadata.
 *
 * @index:  from 0 on
 * Returns: the name, or NULL behind the last
 */
const char *lvm_volume(const struct lvm *lvm, size_t index);

/** Open a logical volume as blocks.
 *
 * @out:    the caller closes it; it may outlive @lvm, not the physical volumes
 * Errors:  ERROR_INPUT when there is none of that name, or it leads out of its physical volumes;
 *          ERROR_PARTIAL when it is of a kind that only the kernel maps (thin, raid, mirror,
 *          snapshot), or a physical volume is missing
 * Returns: 0 or -1
 */
nodiscard int lvm_open_volume(struct lvm *lvm, const char *name, struct blocks **out,
			      struct error *err);

/** Where a byte of a volume lies.
 *
 * @volume: opened by lvm_open_volume
 * @offset: inside of it
 * @out_at: byte of the physical volume
 * @out_length: how many bytes from there on lie behind each other
 * Returns: the physical volume, one of those that lvm_open was given
 */
const struct blocks *lvm_locate(struct blocks *volume, uint64_t offset, uint64_t *out_at,
				uint64_t *out_length);

/** Give the group back; NULL is harmless. */
void lvm_close(struct lvm *lvm);

#endif

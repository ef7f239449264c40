/* SPDX-License-Identifier: GPL-2.0-or-later */
/** grub_lead.h - how a GRUB that we place finds the guest's menu: by the UUID of the file system that
 * it lies on. */
#ifndef GUEST_GRUB_LEAD_H
#define GUEST_GRUB_LEAD_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "model/inspection.h"

/** Where a menu is, as GRUB sees it; start zeroed. */
struct grub_lead {
	const char *uuid; /* of its file system; the inspection's */
	char *folder;	  /* there: "/boot/grub", "/@/boot/grub", "/grub" */
	bool is_legacy;	  /* a menu.lst; else a grub.cfg */
	const char *menu; /* the guest's path of it; the inspection's */
};

/** Find the guest's menu: of GRUB 2, else of GRUB legacy.
 *
 * @out:    the caller clears it; untouched on failure
 * @out_why: why there is none to lead to, one sentence; static
 * Returns: whether there is one
 */
bool grub_lead_find(const struct inspection *image, struct grub_lead *out,
		    const char **out_why);

/** Write the commands that lead there from where GRUB was started; its own disk comes before others.
 *
 * @is_early: before normal mode, in core.img; else as a grub.cfg
 * @out:    added to
 * Source:  GRUB's manual, "Embedded configuration"; what grub-install writes
 */
void grub_lead_write(const struct grub_lead *lead, bool is_early, struct str *out);

/** Give the memory back. */
void grub_lead_clear(struct grub_lead *lead);

/** Put commands into a core.img that was made with room for them.
 *
 * @core:   of grub-mkimage -O i386-pc, whole; replaced
 * @commands: no longer than the room
 * Errors:  ERROR_INPUT when it is no such image; ERROR_SYSTEM
 * Source:  GRUB's util/mkimage.c, boot/i386/pc/startup_raw.S
 * Returns: 0 or -1
 */
nodiscard int grub_core_lead(struct str *core, const struct str *commands,
			     struct error *err);

/** Say in boot.img and core.img where on the disk the core will lie, as grub-bios-setup does.
 *
 * @boot:   512 bytes; changed
 * @core:   changed, and filled up to whole sectors of 512 bytes
 * @lba:    of its first sector, in sectors of 512 bytes
 * Source:  GRUB's include/grub/i386/pc/boot.h, util/setup.c
 */
void grub_core_place(struct str *boot, struct str *core, uint64_t lba);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/** adapt.h - make the system on a disk fit a machine: what is changed is worked out in memory, judged,
 * and then brought to the disk, or given to who writes it otherwise. */
#ifndef FLOW_ADAPT_H
#define FLOW_ADAPT_H

#include "flow/inspect_guest.h"
#include "guest/fix.h"

/** What is asked for. */
struct adapt_request {
	const char *name; /* of the image, for people */
	const struct platform *platform;
	struct fix_wishes wishes;
	struct guest_words only, skip; /* names of fixers; empty: all, none */
	int64_t time_s;		       /* seconds since 1970 for what is changed */
};

/** An adaptation that was worked out. Start zeroed. */
struct adapt {
	struct blocks *disk;   /* the caller's: as it is */
	struct blocks *future; /* with the boot blocks as they will be */
	struct inspect_system system;
	struct inspection before;
	struct edits *edits; /* of the guest's files */
	struct edits *esp; /* of an EFI system partition that the guest does not mount */
	char *esp_folder;  /* where it mounts it otherwise */
	struct fix fix;
	struct adaptation out;
};

/** Work out what makes a system fit. Nothing is written.
 *
 * @disk:   stays the caller's and must outlive @adapt
 * @request: must outlive @adapt
 * @adapt:  filled; adapt_close gives it back, also on failure
 * Errors:  ERROR_REFUSED with the reason: no system that is known, edits that the file system
 *          cannot take; ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int adapt_plan(struct adapt *adapt, struct blocks *disk,
			 const struct adapt_request *request, struct error *err);

/** Whether nothing is to be written: the system fits, or what it lacks is not mended. */
bool adapt_is_empty(const struct adapt *adapt);

/** Ask for all bytes of the disk that change, the boot blocks last, whole sectors, no place twice.
 *
 * @visit:  its offset is one of the disk
 * Errors:  ERROR_REFUSED when a file system that only the kernel writes is changed; those of
 *          @visit
 * Returns: 0 or -1
 */
nodiscard int adapt_ranges(struct adapt *adapt, edit_visit *visit, void *data,
			   struct error *err);

/** Where an adaptation is brought to. */
struct adapt_place {
	struct sink *sink;  /* the disk */
	const char *beside; /* a file for a list of changes; NULL: none can be kept */
	bool is_file; /* an image: the list lies beside it, and as safely as it does */
};

/** Bring it to the disk. What a kill or a power cut leaves:
 *
 *	one ext with a journal   the old set or the new one, whatever comes next
 *	several file systems or  in an image file: one list of all changes is beside it before the
 *	boot blocks              first of them is written; without it the old set is there, with it
 *	                         the next adapt brings the new one
 *	the same on a device     the file systems one after the other, each old or new, the ESP by a
 *	                         list, then the boot blocks by a list: the next adapt does the
 *	                         rest, as the fixers find what is missing. A list in memory
 *	                         (/run) does not outlive a power cut
 *	xfs, btrfs               each file old or new, then as on a device
 *
 * Errors:  those of edit_commit: ERROR_WRITTEN when a part is there and another is not
 * Returns: 0 or -1
 */
nodiscard int adapt_commit(struct adapt *adapt, const struct adapt_place *place,
			   struct error *err);

/** Give it back; what was not committed is forgotten. */
void adapt_close(struct adapt *adapt);

#endif

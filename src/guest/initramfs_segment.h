/* SPDX-License-Identifier: GPL-2.0-or-later */
/** initramfs_segment.h - drivers for an initramfs: an archive that is put behind those that it has,
 * and wins over them by coming later. */
#ifndef GUEST_INITRAMFS_SEGMENT_H
#define GUEST_INITRAMFS_SEGMENT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "guest/module_lists.h"
#include "guest/vfs.h"
#include "model/guest.h"

/** What of an initramfs a further archive has to go with; start zeroed. */
struct initramfs_holds {
	char *base; /* folder of the kernel's modules: "usr/lib/modules/6.1.0" */
	struct guest_words modules; /* their paths from there on */
	bool is_lib_link;	    /* "lib" leads to "usr/lib" */
	struct str conf;	    /* what conf/modules says; empty: it is not there */
	char *hooks; /* folder of dracut's hooks: "usr/lib/dracut/hooks"; NULL: none */
	uint64_t size_bytes;
	bool has_lz4_end; /* its last archive is an lz4 stream of the old kind */
};

/** Drivers that are to be added. */
struct initramfs_drivers {
	const struct guest_kernel *kernel;
	struct module_lists lists; /* what is kept is in it, or is added */
	struct guest_words added;  /* modules, each behind what it needs */
	struct guest_words loads;  /* of these or others, those that are loaded by name */
};

/** Read what an initramfs holds.
 *
 * @kernel: whose it is
 * @out:    the caller clears it, also on failure
 * Errors:  those of initramfs_feed() and vfs_stream()
 * Returns: 0 or -1
 */
nodiscard int initramfs_hold(struct vfs *vfs, const struct guest_kernel *kernel,
			     struct initramfs_holds *out, struct error *err);

/** Note in the lists which modules an initramfs holds, and under what paths.
 *
 * @out_unknown: a module that no list has; NULL where all are in one
 */
void initramfs_mark(const struct initramfs_holds *holds, struct module_lists *lists,
		    const char **out_unknown);

/** Make the archive: the modules as they lie in the guest, where nothing says that the initramfs's
 * kmod reads that compression decompressed; the lists of all modules; what loads them by name.
 *
 * @vfs:    of the guest
 * @out:    the zeros in front of it and the archive are added; untouched on failure
 * Errors:  those of vfs_read(); ERROR_INPUT for a module that is damaged or too large
 * Returns: 0 or -1
 */
nodiscard int initramfs_segment(struct vfs *vfs, const struct initramfs_holds *holds,
				struct initramfs_drivers *drivers, struct str *out,
				struct error *err);

/** Give the memory back. */
void initramfs_holds_clear(struct initramfs_holds *holds);

#endif

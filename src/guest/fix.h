/* SPDX-License-Identifier: GPL-2.0-or-later */
/** fix.h - the fixers: each mends one kind of thing that keeps a guest from booting on a machine,
 * from being reached there, or from letting somebody in. One file each, one row each.
 *
 * A fixer reads through the set of edits, so that it sees what those before it have changed, and
 * puts its edits into the set; nothing reaches a disk before the whole set is committed, which is
 * the same for all of them (edit_commit, or the plan of an overlay). What it cannot do is a gap:
 * one line, and the rest goes on. A guest is not trusted: a fixer opens regular files only, and no
 * more than READ_CONFIG_MOST of one. */
#ifndef GUEST_FIX_H
#define GUEST_FIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "guest/edit.h"
#include "model/adaptation.h"
#include "model/inspection.h"
#include "model/platform.h"

/** What the user asked for beside a guest that fits. */
struct fix_wishes {
	const char *hostname;	     /* NULL: it stays */
	const char *authorized_keys; /* text of public keys, one a line; NULL: none */
	const char *user;	     /* who gets them; NULL: root */
	struct vfs *old;	     /* the system that ran on the machine; NULL: none */
	bool want_old_keys;	 /* its ssh host keys and authorized_keys come along */
	const char *grub_folder; /* of this program: GRUB's images; NULL: none */
};

/** Bytes of the disk outside all file systems: boot blocks. */
struct fix_write {
	uint64_t offset; /* byte of the disk */
	void *bytes;
	size_t length;
};

/** The places outside file systems that are written, in this order, the last one when all else is
 * on the disk. */
struct fix_writes {
	struct fix_write *list;
	size_t count;
};

struct fixer;

/** An adaptation under way. */
struct fix {
	const struct fixer *fixer; /* whose turn it is */
	struct edits *edits;	   /* of the guest's files */
	struct edits *esp;	   /* of the EFI system partition; NULL: there is none */
	const char *esp_folder; /* where it lies in `esp`: NULL: at its root; "/boot/efi"
				   where the guest mounts it, and `esp` is `edits` */
	struct vfs *vfs;	/* the guest's files as edited so far: edit_vfs(edits) */
	struct blocks *disk;	/* as it is before the first write */
	struct fix_writes writes;	/* boot blocks */
	const struct inspection *image; /* as it was read before the first edit */
	const struct platform *platform;
	const struct fix_wishes *wishes;
	struct adaptation *out;
};

/** A fixer. */
struct fixer {
	const char *name; /* "fstab" */
	const char *does; /* one line for --help, lower case */

	/** Whether it has anything to do with such a guest on such a machine (it may still find
	 * that all is right). */
	bool (*detect)(const struct fix *fix);

	/** Put the edits into the set, with a line for each; a guest that fits already gets none.
	 *
	 * Errors:  ERROR_SYSTEM only; what the guest makes impossible is a gap
	 * Returns: 0 or -1
	 */
	int (*plan)(struct fix *fix, struct error *err);

	/** Look at the guest once more as the set makes it.
	 *
	 * @after:  the same guest, read again through the set
	 * @why:    what is still wrong, added to
	 * Returns: whether it is right now
	 */
	bool (*check)(const struct fix *fix, const struct inspection *after,
		      struct str *why);
};

/** All fixers in the order in which they work; ends in NULL. */
extern const struct fixer *const fixers[];

/** Find a fixer. Returns: it, or NULL */
const struct fixer *fix_by_name(const char *name);

/** Let the fixers work.
 *
 * @only, @skip: names; empty: all, none
 * Errors:  those of the fixers
 * Returns: 0 or -1
 */
nodiscard int fix_plan(struct fix *fix, const struct guest_words *only,
		       const struct guest_words *skip, struct error *err);

/** Ask all fixers that have worked whether the guest is right now. What is not becomes a gap.
 *
 * @after:  the guest as the set makes it
 */
void fix_check(struct fix *fix, const struct inspection *after,
	       const struct guest_words *only, const struct guest_words *skip);

/** Read a configuration file of the guest as edited so far. One that is not there is nothing;
 * what else keeps it from being read becomes a gap.
 *
 * @out:    added to
 * Returns: whether it was read
 */
bool fix_text(struct fix *fix, const char *path, struct str *out);

/** Give a file a new content, with a line for the plan. The same content again is no edit and no
 * line. A guest that does not allow it is a gap.
 *
 * @owner:  as edit_put
 * @what, @prevents: of the line
 * Returns: whether an edit was made
 */
bool fix_put(struct fix *fix, const char *path, const struct str *content,
	     const struct edit_owner *owner, const char *what, const char *prevents);

/** As fix_put for bytes that are added to the end of a file. */
bool fix_append(struct fix *fix, const char *path, const void *bytes, size_t length,
		const char *what, const char *prevents);

/** As fix_put for a file or link that goes away. One that is not there is no edit. */
bool fix_remove(struct fix *fix, const char *path, const char *what,
		const char *prevents);

/** As fix_put for a symbolic link; one that is there and the same is no edit. */
bool fix_link(struct fix *fix, const char *path, const char *target, const char *what,
	      const char *prevents);

/** As fix_put for a file of the EFI system partition. @path: "/EFI/BOOT/BOOTX64.EFI" */
bool fix_put_esp(struct fix *fix, const char *path, const void *bytes, size_t length,
		 const char *what, const char *prevents);

/** Write boot blocks, with a line for the plan; bytes that are there already are no write.
 *
 * @bytes:  copied
 * Returns: whether a write was made
 */
bool fix_write_blocks(struct fix *fix, uint64_t offset, const void *bytes, size_t length,
		      const char *what, const char *prevents);

/** Lay writes over bytes that were read from the disk. @offset: of the disk */
void fix_writes_lay(const struct fix_writes *writes, uint64_t offset, void *bytes,
		    size_t length);

/** Give the memory of writes back. */
void fix_writes_clear(struct fix_writes *writes);

/** Say what cannot be done. @reason: one sentence, lower case, without full stop */
void fix_gap(struct fix *fix, const char *place, const char *reason);

/** A check by the prediction: whether a link of the guest as edited is not broken.
 *
 * @after:  as the check of a fixer has it
 * @why:    what the link says is added when it is
 * Returns: whether it is not
 */
bool fix_check_link(const struct fix *fix, const struct inspection *after,
		    enum prediction_step step, struct str *why);

/** The name that the guest will give to a network card of the machine, as far as can be told: that
 * of a pin by MAC, ethN where its kernel's arguments say net.ifnames=0 or it has no udev that renames,
 * else the stable one.
 *
 * Returns: a text that the caller frees; NULL: not to be told
 */
char *fix_nic_name(const struct fix *fix, const struct platform_nic *nic);

#endif

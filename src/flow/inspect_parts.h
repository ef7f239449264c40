/* SPDX-License-Identifier: GPL-2.0-or-later */
/** inspect_parts.h - the file systems of a disk, those of its logical volumes too, while they are
 * open. */
#ifndef FLOW_INSPECT_PARTS_H
#define FLOW_INSPECT_PARTS_H

#include "guest/vfs.h"
#include "model/blocks.h"
#include "model/inspection.h"

/** A file system of the disk, while it is open. */
struct part {
	const struct layout_partition *partition; /* NULL: the whole disk */
	const struct layout_content *content;
	struct blocks *blocks;
	struct vfs *vfs;       /* NULL: not open, or attached elsewhere */
	struct vfs *opened;    /* the same, wherever it is attached */
	size_t volume;	       /* of the inspection */
	char *name;	       /* of a logical volume, "group/root"; NULL: a partition */
	struct layout *inside; /* of a logical volume: holds its content */
};

/** All of them, and the physical volumes below the logical ones; start zeroed. */
struct parts {
	struct part *list;
	size_t count;
	struct blocks **physicals;
	uint64_t *physical_starts; /* where each begins on the disk, bytes */
	size_t physical_count;
	unsigned first_physical; /* number of its partition; 0: the whole disk */
};

/** Open all file systems of a disk. What keeps one shut is a problem of its volume.
 *
 * @disk:   stays the caller's and must outlive the parts
 * @out:    its layout is there; a volume is added for each part
 */
void parts_open(struct parts *parts, struct blocks *disk, struct inspection *out);

/** Where a byte of a part lies on the disk.
 *
 * @out_length: how many bytes from there on lie behind each other, as far as the part goes
 * Returns: byte of the disk
 */
uint64_t parts_locate(const struct parts *parts, const struct part *part, uint64_t offset,
		      uint64_t *out_length);

/** Close them. */
void parts_close(struct parts *parts);

#endif

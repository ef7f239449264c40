/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/adapt_look.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "disk/layout.h"

/* A disk with writes laid over it. */
struct future {
	struct blocks blocks;
	struct blocks *disk;
	const struct fix_writes *writes;
};

static int future_read(struct blocks *blocks, uint64_t offset, void *buffer,
		       size_t length, struct error *err)
{
	const struct future *future = (struct future *)blocks;

	if (blocks_read(future->disk, offset, buffer, length, err) != 0)
		return -1;
	fix_writes_lay(future->writes, offset, buffer, length);
	return 0;
}

static void future_close(struct blocks *blocks)
{
	free(blocks);
}

static const struct blocks_ops future_ops = {
	.read = future_read,
	.close = future_close,
};

struct blocks *adapt_open_future(struct blocks *disk, const struct fix_writes *writes)
{
	struct future *future = mem_zero(1, sizeof(*future));

	future->blocks.ops = &future_ops;
	future->blocks.size_bytes = disk->size_bytes;
	future->blocks.sector_bytes = disk->sector_bytes;
	future->blocks.fd = -1;
	future->disk = disk;
	future->writes = writes;
	return &future->blocks;
}

static void copy_volumes(const struct inspection *from, struct inspection *out)
{
	size_t i;

	for (i = 0; i < from->volume_count; i++) {
		const struct inspect_volume *volume = &from->volumes[i];

		*inspection_add_volume(out) = (struct inspect_volume){
			.partition = volume->partition,
			.name = str_copy(volume->name),
			.subvolume = str_copy(volume->subvolume),
			.type = str_copy(volume->type),
			.folder = str_copy(volume->folder),
			.problem = str_copy(volume->problem),
			.warning = str_copy(volume->warning),
		};
	}
}

static void look_at_esp(const struct adapt *adapt, const struct part *part,
			struct inspection *out)
{
	struct vfs *vfs = NULL;

	if (adapt->esp != NULL)
		vfs = edit_vfs_of(adapt->esp, part->opened);
	if (vfs == NULL)
		vfs = edit_vfs_of(adapt->edits, part->opened);
	inspect_esp(vfs != NULL ? vfs : part->opened, out);
}

int adapt_look_again(const struct adapt *adapt, struct inspection *out, struct error *err)
{
	const struct parts *parts = &adapt->system.parts;
	size_t i;

	out->name = str_copy(adapt->before.name);
	if (disk_read_layout(adapt->future, DISK_ALL, &out->layout, err) != 0)
		return -1;
	copy_volumes(&adapt->before, out);
	for (i = 0; i < parts->count; i++)
		if (inspect_is_esp(&parts->list[i]))
			look_at_esp(adapt, &parts->list[i], out);
	inspect_system_read(&adapt->system, edit_vfs(adapt->edits), out);
	return 0;
}

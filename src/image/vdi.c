/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vdi.c - VirtualBox's disks, read by QEMU, which refuses those that stand on another file.
 * Source: the header as VirtualBox documents it in VDICore.h. */
#include "image/format.h"
#include "image/nbd.h"

enum {
	SIGNATURE_OFFSET = 64,
	DATA_OFFSET = 344,
	BLOCK_BYTES_OFFSET = 376,
	ALLOCATED_OFFSET = 388,
	HEADER_BYTES = 400,
};

static bool vdi_probe(const struct format_view *view)
{
	return view->head_bytes >= SIGNATURE_OFFSET + 4 &&
	       format_le(view->head + SIGNATURE_OFFSET, 4) == 0xbeda107f;
}

/* QEMU takes for zeros what a cut file does not have. */
static int vdi_open_blocks(struct blocks *inner, const struct format_context *context,
			   struct blocks **out, struct error *err)
{
	uint8_t header[HEADER_BYTES];
	uint64_t needed;

	(void)context;
	if (inner->size_bytes < HEADER_BYTES)
		return format_is_cut("vdi", err);
	if (blocks_read(inner, 0, header, sizeof(header), err) != 0)
		return -1;
	needed = format_le(header + DATA_OFFSET, 4) +
		 format_le(header + BLOCK_BYTES_OFFSET, 4) *
			 format_le(header + ALLOCATED_OFFSET, 4);
	if (needed > inner->size_bytes)
		return format_is_cut("vdi", err);
	return nbd_open_blocks(inner, "vdi", out, err);
}

const struct format format_vdi = {
	.name = "vdi",
	.probe = vdi_probe,
	.open_blocks = vdi_open_blocks,
	.needs_fd = true,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vdi.c - VirtualBox's disks, read by QEMU, which refuses those that stand on another file.
 * Source: the header as VirtualBox documents it in VDICore.h. */
#include "image/format.h"
#include "image/nbd.h"

enum { SIGNATURE_OFFSET = 64 };

static bool vdi_probe(const struct format_view *view)
{
	return view->head_bytes >= SIGNATURE_OFFSET + 4 &&
	       format_le(view->head + SIGNATURE_OFFSET, 4) == 0xbeda107f;
}

static int vdi_open_blocks(struct blocks *inner, const struct format_context *context,
			   struct blocks **out, struct error *err)
{
	(void)context;
	return nbd_open_blocks(inner, "vdi", out, err);
}

const struct format format_vdi = {
	.name = "vdi",
	.probe = vdi_probe,
	.open_blocks = vdi_open_blocks,
	.needs_fd = true,
};

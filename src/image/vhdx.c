/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vhdx.c - Hyper-V's newer disks, read by QEMU, which refuses those that stand on another
 * file and those whose log was not replayed. Source: [MS-VHDX]. */
#include <string.h>

#include "image/format.h"
#include "image/nbd.h"

static bool vhdx_probe(const struct format_view *view)
{
	return view->head_bytes >= 8 && memcmp(view->head, "vhdxfile", 8) == 0;
}

static int vhdx_open_blocks(struct blocks *inner, const struct format_context *context,
			    struct blocks **out, struct error *err)
{
	(void)context;
	return nbd_open_blocks(inner, "vhdx", out, err);
}

const struct format format_vhdx = {
	.name = "vhdx",
	.probe = vhdx_probe,
	.open_blocks = vhdx_open_blocks,
	.needs_fd = true,
};

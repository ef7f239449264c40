/* SPDX-License-Identifier: GPL-2.0-or-later */
/* formats.c - the formats that are read: the first whose probe fits counts; none: raw. */
#include "image/format.h"

static const struct format *const formats[] = {
	&format_gz,   &format_bz2, &format_xz,	  &format_zst,
	&format_lz4,  &format_tar, &format_qcow2, &format_vmdk,
	&format_vhdx, &format_vdi, &format_vhd,	  &format_refused,
};

const struct format *format_find(const struct format_view *view)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i]->probe(view))
			return formats[i];
	return NULL;
}

int format_is_cut(const char *name, struct error *err)
{
	return error_set(err, ERROR_INPUT,
			 "the %s is shorter than what is in it: get it again, it is cut",
			 name);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/inflate.h"

#include <inttypes.h>
#include <string.h>

static const struct inflate_format *const formats[] = {
	&inflate_gzip, &inflate_bzip2, &inflate_xz,	    &inflate_lzma,
	&inflate_zstd, &inflate_lz4,   &inflate_lz4_legacy,
};

const struct inflate_format *inflate_detect(const void *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (length >= formats[i]->magic_bytes &&
		    memcmp(bytes, formats[i]->magic, formats[i]->magic_bytes) == 0)
			return formats[i];
	return NULL;
}

int inflate_open(const struct inflate_format *format, uint64_t most_bytes,
		 struct inflate **out, struct error *err)
{
	struct inflate *inflate = NULL;

	if (most_bytes < format->least_bytes)
		return error_set(err, ERROR_INPUT,
				 "%s may need %" PRIu64 " bytes of memory, and %" PRIu64
				 " are allowed",
				 format->name, format->least_bytes, most_bytes);
	if (format->open(most_bytes, &inflate, err) != 0)
		return -1;
	inflate->format = format;
	*out = inflate;
	return 0;
}

int inflate_step(struct inflate *inflate, struct inflate_io *io, enum inflate_state *out,
		 struct error *err)
{
	enum inflate_state state = INFLATE_MORE;
	size_t in_bytes, out_bytes;

	if (inflate->is_over)
		return error_set(err, ERROR_INPUT, "the %s stream is already over",
				 inflate->format->name);
	do {
		in_bytes = io->in_bytes;
		out_bytes = io->out_bytes;
		if (inflate->format->step(inflate, io, &state, err) != 0)
			return -1;
	} while (state == INFLATE_MORE && io->out_bytes > 0 &&
		 (io->in_bytes != in_bytes || io->out_bytes != out_bytes));
	if (state == INFLATE_MORE && io->is_last && io->out_bytes > 0)
		return error_set(err, ERROR_INPUT, "the %s stream is cut short",
				 inflate->format->name);
	inflate->is_over = state == INFLATE_END;
	*out = state;
	return 0;
}

void inflate_close(struct inflate *inflate)
{
	if (inflate != NULL)
		inflate->format->close(inflate);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/lzma_raw.h"

#include <lzma.h>
#include <stdint.h>

#include "base/own.h"

enum { DICTIONARY_BYTES = 64 * 1024 };

static void set_options(lzma_options_lzma *options, lzma_filter filters[2])
{
	/* the preset's other values are for the encoder alone */
	(void)lzma_lzma_preset(options, 9);
	options->dict_size = DICTIONARY_BYTES;
	options->lc = 3;
	options->lp = 0;
	options->pb = 2;
	filters[0] = (lzma_filter){LZMA_FILTER_LZMA1, options};
	filters[1] = (lzma_filter){LZMA_VLI_UNKNOWN, NULL};
}

bool sys_lzma_unpack(const void *bytes, size_t length, void *out, size_t out_length)
{
	lzma_options_lzma options;
	lzma_filter filters[2];
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret result;

	set_options(&options, filters);
	result = lzma_raw_decoder(&stream, filters);
	stream.next_in = bytes;
	stream.avail_in = length;
	stream.next_out = out;
	stream.avail_out = out_length;
	while (result == LZMA_OK && stream.avail_out > 0 && stream.avail_in > 0)
		result = lzma_code(&stream, LZMA_RUN);
	lzma_end(&stream);
	return stream.avail_out == 0;
}

int sys_lzma_pack(const void *bytes, size_t length, struct str *out, struct error *err)
{
	/* what cannot be made smaller grows by less than this */
	const size_t room = length + length / 2 + 4096;
	autofree uint8_t *packed = mem_zero(room, 1);
	lzma_options_lzma options;
	lzma_filter filters[2];
	size_t used = 0;

	set_options(&options, filters);
	if (lzma_raw_buffer_encode(filters, NULL, bytes, length, packed, &used, room) !=
	    LZMA_OK)
		return error_set(err, ERROR_SYSTEM, "liblzma could not compress");
	str_add_bytes(out, packed, used);
	return 0;
}

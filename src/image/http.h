/* SPDX-License-Identifier: GPL-2.0-or-later */
/** http.h - the parts of the download. */
#ifndef IMAGE_HTTP_H
#define IMAGE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a server said in front of the bytes. */
struct http_reply {
	unsigned status;
	bool is_wrong; /* not as RFC 9110 has it */
	bool has_location;
	uint64_t length_bytes; /* of what follows, or STREAM_LENGTH_UNKNOWN */
	uint64_t first_byte;   /* of a range */
	uint64_t total_bytes;  /* of what a range is from, or STREAM_LENGTH_UNKNOWN */
	char validator[128];   /* as If-Range takes it; "": none */
};

/** Parse a status line and header fields.
 *
 * @text:   up to the empty line
 * @length: bytes
 */
void http_parse_reply(const char *text, size_t length, struct http_reply *out);

#endif

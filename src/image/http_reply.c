/* SPDX-License-Identifier: GPL-2.0-or-later */
/* http_reply.c - what a server says in front of the bytes (RFC 9110, RFC 9112). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "image/http.h"
#include "model/stream.h"

enum { DIGITS_MOST = 18 };

/* Digits up to @end. Returns: whether there is a number, and nothing else but blanks */
static bool number(const char *text, const char *end, uint64_t *out)
{
	uint64_t value = 0;
	int digits = 0;

	for (; text < end && *text >= '0' && *text <= '9'; text++) {
		if (digits++ == DIGITS_MOST)
			return false;
		value = value * 10 + (uint64_t)(*text - '0');
	}
	while (text < end && (*text == ' ' || *text == '\t'))
		text++;
	if (digits == 0 || text != end)
		return false;
	*out = value;
	return true;
}

static void take_length(struct http_reply *reply, const char *value, const char *end)
{
	uint64_t length;

	reply->is_wrong |= !number(value, end, &length);
	if (reply->is_wrong)
		return;
	/* of two that differ nobody knows which one is true (RFC 9112, 6.3) */
	reply->is_wrong = reply->length_bytes != STREAM_LENGTH_UNKNOWN &&
			  reply->length_bytes != length;
	reply->length_bytes = length;
}

/* "bytes FIRST-LAST/TOTAL"; the total may be "*". */
static void take_range(struct http_reply *reply, const char *value, const char *end)
{
	const char *dash = memchr(value, '-', (size_t)(end - value));
	const char *slash = memchr(value, '/', (size_t)(end - value));
	uint64_t total;

	if (end - value < 6 || strncasecmp(value, "bytes ", 6) != 0 || dash == NULL ||
	    slash == NULL || !number(value + 6, dash, &reply->first_byte)) {
		reply->is_wrong = true;
		return;
	}
	if (number(slash + 1, end, &total))
		reply->total_bytes = total;
}

static void take_validator(struct http_reply *reply, const char *value, const char *end,
			   bool is_tag)
{
	const size_t length = (size_t)(end - value);

	/* a weak tag does not promise the same bytes; a tag is better than a date */
	if ((is_tag && strncmp(value, "W/", 2) == 0) ||
	    (!is_tag && reply->validator[0] != '\0') ||
	    length >= sizeof(reply->validator))
		return;
	memcpy(reply->validator, value, length);
	reply->validator[length] = '\0';
}

static void take_tag(struct http_reply *reply, const char *value, const char *end)
{
	take_validator(reply, value, end, true);
}

static void take_date(struct http_reply *reply, const char *value, const char *end)
{
	take_validator(reply, value, end, false);
}

static void take_location(struct http_reply *reply, const char *value, const char *end)
{
	reply->has_location = value < end;
}

static const struct {
	const char *name;
	void (*take)(struct http_reply *reply, const char *value, const char *end);
} fields[] = {
	{"content-length:", take_length},
	{"content-range:", take_range},
	{"etag:", take_tag},
	{"last-modified:", take_date},
	{"location:", take_location},
};

static void take_line(struct http_reply *reply, const char *line, const char *end)
{
	const char *value;
	size_t i, length;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		length = strlen(fields[i].name);
		if ((size_t)(end - line) < length ||
		    strncasecmp(line, fields[i].name, length) != 0)
			continue;
		value = line + length;
		while (value < end && (*value == ' ' || *value == '\t'))
			value++;
		fields[i].take(reply, value, end);
	}
}

void http_parse_reply(const char *text, size_t length, struct http_reply *out)
{
	const char *end = text + length, *line = text, *stop, *next;
	struct http_reply reply = {
		.length_bytes = STREAM_LENGTH_UNKNOWN,
		.total_bytes = STREAM_LENGTH_UNKNOWN,
	};
	const char *space = memchr(text, ' ', length);
	uint64_t status = 0;

	if (length < 5 || strncmp(text, "HTTP/", 5) != 0 || space == NULL ||
	    end - space < 4 || !number(space + 1, space + 4, &status))
		reply.is_wrong = true;
	reply.status = (unsigned)status;
	for (; line < end; line = next) {
		stop = memchr(line, '\n', (size_t)(end - line));
		next = stop != NULL ? stop + 1 : end;
		if (stop == NULL)
			stop = end;
		if (stop > line && stop[-1] == '\r')
			stop--;
		if (line != text)
			take_line(&reply, line, stop);
	}
	*out = reply;
}

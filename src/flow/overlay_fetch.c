/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/overlay_fetch.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "model/sink.h"
#include "sys/aside.h"

enum { AHEAD = 4 }; /* enough to be ahead of a disk that is slow for a moment */

/* A piece that is being fetched. */
struct fetched {
	struct chunk chunk;
	int result;
	struct error err;
};

struct fetch {
	const struct plan *plan;
	struct stream *stream;
	const struct piece *next, *end;
	struct aside *aside;
	struct fetched jobs[AHEAD];
	struct fetched *taken; /* that the caller looks at */
};

/* Read up to @wanted bytes; as long as only holes come, the buffer is not touched. */
static int take(struct stream *stream, struct chunk *out, size_t wanted, size_t *out_got,
		struct error *err)
{
	struct stream_piece next;
	size_t done, some;

	for (done = 0; done < wanted; done += some) {
		if (stream_next(stream, out->bytes + done, wanted - done, &next, err) !=
		    0)
			return -1;
		if (next.length_bytes == 0)
			break;
		some = wanted - done;
		if (next.length_bytes < some)
			some = (size_t)next.length_bytes;
		stream->hole_left = next.length_bytes - some;
		if (out->is_zero && !next.is_hole) {
			memset(out->bytes, 0, done);
			out->is_zero = false;
		}
		if (!out->is_zero && next.is_hole)
			memset(out->bytes + done, 0, some);
	}
	*out_got = done;
	return 0;
}

static bool has_edits(const struct plan *plan, const struct piece *piece)
{
	const struct plan_edit *edit;
	size_t i;

	for (i = 0; i < plan->edit_count; i++) {
		edit = &plan->edits[i];
		if (edit->offset < piece->offset + piece->length &&
		    piece->offset < edit->offset + edit->length)
			return true;
	}
	return false;
}

int fetch_fill(const struct plan *plan, struct stream *stream, const struct piece *piece,
	       struct chunk *out, struct error *err)
{
	const uint64_t size = plan->image.size_bytes;
	const bool is_edited = has_edits(plan, piece);
	size_t wanted = 0, got = 0;

	out->is_zero = true;
	if (piece->offset < size) {
		wanted = piece->length;
		if (wanted > size - piece->offset)
			wanted = (size_t)(size - piece->offset);
		if (stream_skip(stream, piece->offset - stream_place(stream), err) != 0 ||
		    take(stream, out, wanted, &got, err) != 0)
			return -1;
	}
	if (got != wanted)
		return error_set(err, ERROR_INPUT,
				 "the image ends after %llu bytes, and the plan has %llu",
				 (unsigned long long)stream_place(stream),
				 (unsigned long long)size);
	if (out->is_zero && !is_edited)
		return 0;
	if (is_edited)
		stream_settle(stream);
	if (out->is_zero)
		wanted = 0; /* holes left the buffer as it was */
	memset(out->bytes + wanted, 0, piece->length - wanted);
	plan_lay_edits(plan, piece->offset, out->bytes, piece->length);
	out->is_zero = sink_is_zero(out->bytes, piece->length) != 0;
	return 0;
}

/* The work of the thread. Behind an error, and behind the last piece, nothing is left to do. */
static void fetch_one(void *data, void *job)
{
	struct fetch *fetch = data;
	struct fetched *fetched = job;

	if (fetch->next == fetch->end)
		return;
	fetched->result = fetch_fill(fetch->plan, fetch->stream, fetch->next,
				     &fetched->chunk, &fetched->err);
	fetch->next = fetched->result == 0 ? fetch->next + 1 : fetch->end;
}

int fetch_open(const struct plan *plan, struct stream *stream,
	       const struct pieces *pieces, struct fetch **out, struct error *err)
{
	struct fetch *fetch = mem_zero(1, sizeof(*fetch));
	unsigned i;

	fetch->plan = plan;
	fetch->stream = stream;
	fetch->next = pieces->list;
	fetch->end = pieces->list + pieces->count;
	if (aside_open(fetch_one, fetch, AHEAD, &fetch->aside, err) != 0) {
		free(fetch);
		return -1;
	}
	for (i = 0; i < AHEAD; i++) {
		fetch->jobs[i].chunk.bytes = sink_buffer(plan->chunk_bytes);
		aside_give(fetch->aside, &fetch->jobs[i]);
	}
	*out = fetch;
	return 0;
}

int fetch_next(struct fetch *fetch, struct chunk **out, struct error *err)
{
	if (fetch->taken != NULL)
		aside_give(fetch->aside, fetch->taken);
	fetch->taken = aside_take(fetch->aside);
	if (fetch->taken->result != 0) {
		if (err != NULL)
			*err = fetch->taken->err;
		return -1;
	}
	*out = &fetch->taken->chunk;
	return 0;
}

void fetch_close(struct fetch *fetch)
{
	unsigned i;

	if (fetch == NULL)
		return;
	aside_close(fetch->aside);
	for (i = 0; i < AHEAD; i++)
		free(fetch->jobs[i].chunk.bytes);
	free(fetch);
}

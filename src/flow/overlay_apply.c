/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "flow/overlay.h"
#include "flow/overlay_fetch.h"
#include "flow/overlay_pieces.h"
#include "flow/overlay_write.h"
#include "sys/digest.h"

enum { HELD_MOST_BYTES = 64 * 1024 * 1024 };

/* One apply. */
struct apply {
	const struct overlay_work *work;
	struct pieces pieces;
	struct writer writer;
	struct overlay_outcome *outcome;
	struct chunk chunk; /* a piece of the boot ranges as it is to be */
	uint64_t done_bytes;
};

static void tell(struct apply *apply, const char *phase, uint64_t total_bytes)
{
	const struct overlay_progress progress = {
		.phase = phase,
		.done_bytes = apply->done_bytes,
		.total_bytes = total_bytes,
		.written_bytes = apply->outcome->written_bytes,
	};

	if (apply->work->progress != NULL)
		apply->work->progress(apply->work->data, &progress);
}

static int check_end(struct apply *apply, struct stream *stream, struct error *err)
{
	const uint64_t size = apply->work->plan->image.size_bytes;
	size_t more = 0;

	if (stream_place(stream) < size &&
	    stream_skip(stream, size - stream_place(stream), err) != 0)
		return -1;
	if (stream_read(stream, apply->chunk.bytes, 1, &more, err) != 0)
		return -1;
	if (more != 0)
		return error_set(err, ERROR_INPUT,
				 "the image is longer than the %llu bytes of the plan",
				 (unsigned long long)size);
	return apply->work->source.check(apply->work->source.data, err);
}

static int stop_if_asked(const struct apply *apply, struct error *err)
{
	if (apply->work->is_stopped == NULL ||
	    !apply->work->is_stopped(apply->work->data))
		return 0;
	return error_set(err, ERROR_INTERRUPTED, "interrupted");
}

static int write_body_piece(struct apply *apply, struct piece *piece, struct chunk *chunk,
			    struct error *err)
{
	if (piece->phase == PHASE_BOOT)
		return writer_digest(&apply->writer, piece, chunk, err);
	if (writer_put(&apply->writer, piece, chunk, err) != 0)
		return -1;
	apply->done_bytes += piece->length;
	tell(apply, "writing", apply->pieces.body_bytes);
	return apply->writer.count == 0 ? stop_if_asked(apply, err) : 0;
}

static bool is_body(const struct piece *piece)
{
	return piece->phase == PHASE_BODY;
}

/* Those that were not written were read from the medium, and were right. */
static bool is_changed(const struct piece *piece)
{
	return piece->is_changed;
}

/* Let the disk read what comes next. @next: the first piece that was not asked for yet */
static void read_ahead(struct apply *apply, bool (*is_read)(const struct piece *piece),
		       size_t *next)
{
	const struct piece *piece;

	for (; *next < apply->pieces.count; (*next)++) {
		piece = &apply->pieces.list[*next];
		if (is_read(piece) &&
		    !writer_expect(&apply->writer, piece->offset, piece->length))
			return;
	}
}

static int write_pieces(struct apply *apply, struct fetch *fetch, struct error *err)
{
	struct chunk *chunk;
	size_t i, next = 0;

	for (i = 0; i < apply->pieces.count; i++) {
		read_ahead(apply, is_body, &next);
		if (fetch_next(fetch, &chunk, err) != 0)
			return writer_fail(&apply->writer, err);
		if (write_body_piece(apply, &apply->pieces.list[i], chunk, err) != 0)
			return -1;
	}
	return writer_send(&apply->writer, err);
}

/* Go once through the image: the body is written, of the boot ranges only the digests are
 * taken. */
static int write_body(struct apply *apply, struct error *err)
{
	struct fetch *fetch = NULL;
	struct stream *stream;
	int result;

	if (apply->work->source.open(apply->work->source.data, &stream, err) != 0)
		return -1;
	result = fetch_open(apply->work->plan, stream, &apply->pieces, &fetch, err);
	if (result == 0)
		result = write_pieces(apply, fetch, err);
	fetch_close(fetch);
	if (result == 0)
		result = check_end(apply, stream, err);
	stream_close(stream);
	return result;
}

static int read_back_body(struct apply *apply, struct error *err)
{
	uint64_t total = 0;
	size_t i, next = 0;

	if (sink_flush(apply->work->disk, err) != 0)
		return -1;
	for (i = 0; i < apply->pieces.count; i++)
		total += is_changed(&apply->pieces.list[i]) ? apply->pieces.list[i].length
							    : 0;
	apply->done_bytes = 0;
	for (i = 0; i < apply->pieces.count; i++) {
		if (!is_changed(&apply->pieces.list[i]))
			continue;
		read_ahead(apply, is_changed, &next);
		if (writer_check(&apply->writer, &apply->pieces.list[i], err) != 0 ||
		    stop_if_asked(apply, err) != 0)
			return -1;
		apply->done_bytes += apply->pieces.list[i].length;
		tell(apply, "reading back", total);
	}
	return writer_settle(&apply->writer, err);
}

/* Tell the log what stands there now. */
static int log_digests(struct apply *apply, enum plan_phase phase, enum undo_state state,
		       struct error *err)
{
	struct undo *log = apply->writer.log;
	const bool is_known = phase == PHASE_BODY ? apply->writer.is_body_known
						  : apply->writer.is_boot_known;
	autofree struct undo_digest *list = NULL;
	size_t i, count = 0;

	if (log == NULL || undo_state_of(log) == UNDO_COMPLETE)
		return 0;
	list = mem_zero(apply->pieces.count + 1, sizeof(*list));
	for (i = 0; i < apply->pieces.count; i++) {
		const struct piece *piece = &apply->pieces.list[i];

		if (piece->phase != phase)
			continue;
		list[count] = (struct undo_digest){piece->offset, piece->length, {0}};
		memcpy(list[count++].sha, piece->sha, UNDO_SHA_BYTES);
	}
	if (!is_known && undo_add_digests(log, list, count, err) != 0)
		return -1;
	return undo_set_state(log, state, err);
}

/* A boot piece that came before its turn. */
struct waiting {
	const struct piece *piece;
	struct chunk chunk;
};

/* The boot ranges while they are committed. */
struct boot {
	struct apply *apply;
	struct piece **order;
	size_t count, next;
	size_t first; /* that was not read back yet */
	struct waiting *waiting;
	size_t waiting_count;
	uint64_t held_bytes;
};

/* Write what is due, and read it back. */
static int commit_batch(struct boot *boot, struct error *err)
{
	struct apply *apply = boot->apply;
	size_t i;

	if (writer_send(&apply->writer, err) != 0 ||
	    sink_flush(apply->work->disk, err) != 0)
		return -1;
	for (i = boot->first; i < boot->next; i++)
		if (boot->order[i]->is_changed &&
		    writer_check(&apply->writer, boot->order[i], err) != 0)
			return -1;
	if (writer_settle(&apply->writer, err) != 0)
		return -1;
	boot->first = boot->next;
	tell(apply, "boot", apply->pieces.boot_bytes);
	return 0;
}

static struct chunk *find_waiting(struct boot *boot, const struct piece *piece)
{
	size_t i;

	for (i = 0; i < boot->waiting_count; i++)
		if (boot->waiting[i].piece == piece)
			return &boot->waiting[i].chunk;
	return NULL;
}

/* A range is on stable storage before the next one begins. */
static int commit_one(struct boot *boot, struct chunk *chunk, struct error *err)
{
	struct piece *piece = boot->order[boot->next];
	bool is_last;

	if (writer_put(&boot->apply->writer, piece, chunk, err) != 0)
		return -1;
	boot->apply->done_bytes += piece->length;
	boot->next++;
	is_last = boot->next == boot->count ||
		  boot->order[boot->next]->range != piece->range;
	return is_last ? commit_batch(boot, err) : 0;
}

/* Keep the chunk until it is the piece's turn; another buffer takes its place. */
static int let_wait(struct boot *boot, const struct piece *piece, struct error *err)
{
	const uint32_t chunk_bytes = boot->apply->work->plan->chunk_bytes;
	struct chunk *chunk = &boot->apply->chunk;

	boot->held_bytes += chunk_bytes;
	if (boot->held_bytes > HELD_MOST_BYTES)
		return error_set(err, ERROR_REFUSED,
				 "the image's boot ranges do not lie in the order "
				 "in which they are committed, and are larger than "
				 "%d MiB",
				 HELD_MOST_BYTES >> 20);
	boot->waiting =
		mem_grow(boot->waiting, boot->waiting_count, sizeof(boot->waiting[0]));
	boot->waiting[boot->waiting_count++] = (struct waiting){piece, *chunk};
	chunk->bytes = sink_buffer(chunk_bytes);
	return 0;
}

/* Commit a piece in its turn, and those that waited for it; or let it wait. */
static int take_boot_piece(struct boot *boot, const struct piece *piece,
			   struct error *err)
{
	struct chunk *chunk = &boot->apply->chunk;

	if (boot->order[boot->next] != piece)
		return let_wait(boot, piece, err);
	do {
		if (commit_one(boot, chunk, err) != 0)
			return -1;
		chunk = boot->next < boot->count
				? find_waiting(boot, boot->order[boot->next])
				: NULL;
	} while (chunk != NULL);
	return 0;
}

static int read_boot_piece(struct boot *boot, struct stream *stream, struct piece *piece,
			   struct error *err)
{
	unsigned char sha[UNDO_SHA_BYTES];
	struct chunk *chunk = &boot->apply->chunk;

	if (fetch_fill(boot->apply->work->plan, stream, piece, chunk, err) != 0)
		return -1;
	if (chunk->is_zero)
		sys_sha256_zeros(piece->length, sha);
	else
		sys_sha256(chunk->bytes, piece->length, sha);
	if (memcmp(sha, piece->sha, sizeof(sha)) != 0)
		return error_set(err, ERROR_VERIFY,
				 "the image changed between its first and its second "
				 "reading");
	return take_boot_piece(boot, piece, err);
}

/* What lies beyond the image needs no reading and is often first in the order. */
static int commit_boot(struct boot *boot, struct stream *stream, struct error *err)
{
	struct pieces *pieces = &boot->apply->pieces;
	const uint64_t size = boot->apply->work->plan->image.size_bytes;
	unsigned pass;
	size_t i;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < pieces->count; i++) {
			struct piece *piece = &pieces->list[i];

			if (piece->phase == PHASE_BOOT &&
			    (piece->offset >= size) == (pass == 0) &&
			    read_boot_piece(boot, stream, piece, err) != 0)
				return -1;
		}
	return 0;
}

static int write_boot(struct apply *apply, struct error *err)
{
	struct boot boot = {.apply = apply};
	struct stream *stream;
	int result;
	size_t i;

	apply->done_bytes = 0;
	if (apply->work->source.open(apply->work->source.data, &stream, err) != 0)
		return -1;
	boot.order = pieces_boot(&apply->pieces, &boot.count);
	result = commit_boot(&boot, stream, err);
	stream_close(stream);
	for (i = 0; i < boot.waiting_count; i++)
		free(boot.waiting[i].chunk.bytes);
	free(boot.waiting);
	free(boot.order);
	return result;
}

/* A part of what the plan keeps, outside all ranges or a piece of one. */
static int keep_part(struct apply *apply, uint64_t offset, size_t length, bool is_kept,
		     struct error *err)
{
	struct undo *log = apply->writer.log;

	if (undo_saved(log, offset, length) != NULL)
		return 0;
	if (writer_keep(&apply->writer, offset, length, is_kept, err) != 0)
		return -1;
	return stop_if_asked(apply, err);
}

/* The stretch from @at on that is one piece, or lies before the next piece. */
static int keep_next(struct apply *apply, uint64_t *at, uint64_t end, size_t *next,
		     struct error *err)
{
	const struct pieces *pieces = &apply->pieces;
	const uint32_t chunk = apply->work->plan->chunk_bytes;
	uint64_t stop = *at - *at % chunk + chunk;
	const struct piece *piece;

	while (*next < pieces->count &&
	       pieces->list[*next].offset + pieces->list[*next].length <= *at)
		(*next)++;
	piece = *next < pieces->count ? &pieces->list[*next] : NULL;
	if (piece != NULL && piece->offset <= *at) {
		*at = piece->offset + piece->length;
		return keep_part(apply, piece->offset, piece->length, false, err);
	}
	if (piece != NULL && piece->offset < stop)
		stop = piece->offset;
	if (end < stop)
		stop = end;
	if (keep_part(apply, *at, (size_t)(stop - *at), true, err) != 0)
		return -1;
	*at = stop;
	return 0;
}

/* Save all that the plan keeps before anything is written. */
static int keep_all(struct apply *apply, struct error *err)
{
	const struct plan *plan = apply->work->plan;
	size_t i, next = 0;
	uint64_t at;

	if (apply->writer.log == NULL || plan->keep_count == 0 ||
	    apply->writer.is_body_known)
		return 0;
	for (i = 0; i < plan->keep_count; i++)
		for (at = plan->keeps[i].offset;
		     at < plan->keeps[i].offset + plan->keeps[i].length;)
			if (keep_next(apply, &at,
				      plan->keeps[i].offset + plan->keeps[i].length,
				      &next, err) != 0)
				return -1;
	if (writer_settle(&apply->writer, err) != 0)
		return -1;
	undo_index(apply->writer.log);
	return undo_sync(apply->writer.log, err);
}

static size_t body_count(const struct pieces *pieces)
{
	size_t i, count = 0;

	for (i = 0; i < pieces->count; i++)
		count += pieces->list[i].phase == PHASE_BODY;
	return count;
}

/* Without a record nothing was written yet, and the log itself may be cut: a flush lies between
 * its ends and its first record. A new one is begun then. */
static bool may_resume(const struct undo *log, const struct plan *plan)
{
	return undo_record_count(log) > 0 &&
	       strcmp(undo_header_of(log)->plan_id, plan->id) == 0 &&
	       undo_state_of(log) <= UNDO_COMPLETE;
}

static void resume(struct apply *apply, struct undo *log)
{
	size_t count;

	(void)undo_digests(log, &count);
	apply->writer.is_body_known = count > 0;
	apply->writer.is_boot_known = count > body_count(&apply->pieces);
	apply->writer.has_begun = apply->outcome->was_resumed = true;
	apply->writer.log = log;
}

/* The log of an interrupted apply, or a new one. */
static int open_log(struct apply *apply, struct error *err)
{
	const struct plan *plan = apply->work->plan;
	struct undo_header header = {
		.disk_bytes = plan->disk.size_bytes,
		.sector_bytes = plan->disk.sector_bytes,
		.chunk_bytes = plan->chunk_bytes,
		.scope = plan->scope,
		.place = plan->undo,
		.area_offset = plan->undo_offset,
		.area_bytes = plan->undo_bytes,
		.partition_offset = plan->partition_offset,
		.partition_bytes = plan->partition_bytes,
		.created_s = plan->created_s,
	};
	bool is_needed = false;
	struct undo *log;

	if (apply->work->log == NULL)
		return 0;
	memcpy(header.plan_id, plan->id, sizeof(header.plan_id));
	if (undo_open(apply->work->log, plan->undo_offset, plan->undo_bytes, &log,
		      NULL) == 0) {
		if (may_resume(log, plan)) {
			resume(apply, log);
			return 0;
		}
		is_needed = undo_record_count(log) > 0 &&
			    undo_state_of(log) != UNDO_ROLLED_BACK;
		undo_close(log);
	}
	if (is_needed)
		return error_set(
			err, ERROR_REFUSED,
			"the log is of another overlay, or of a rollback that is under "
			"way: see 'moult overlay status'");
	return undo_create(apply->work->log, &header, apply->work->plan_json,
			   &apply->writer.log, err);
}

static int ask_before_boot(const struct apply *apply, struct error *err)
{
	const struct overlay_source *source = &apply->work->source;

	if (apply->writer.is_boot_known)
		return 0; /* it may have run since */
	return source->before_boot != NULL ? source->before_boot(source->data, err) : 0;
}

static int apply_all(struct apply *apply, struct error *err)
{
	if (open_log(apply, err) != 0 || keep_all(apply, err) != 0 ||
	    write_body(apply, err) != 0 || read_back_body(apply, err) != 0)
		return -1;
	if (apply->writer.log != NULL &&
	    undo_state_of(apply->writer.log) == UNDO_WRITING &&
	    log_digests(apply, PHASE_BODY, UNDO_BODY, err) != 0)
		return -1;
	if (ask_before_boot(apply, err) != 0 || write_boot(apply, err) != 0)
		return -1;
	return log_digests(apply, PHASE_BOOT, UNDO_COMPLETE, err);
}

/* A wrong digest brings the old disk back by itself. */
static int go_back(struct apply *apply, struct error *err)
{
	/* nobody asked for it, so nobody stops it */
	const struct overlay_watch watch = {apply->work->progress, NULL,
					    apply->work->data};
	struct error second = {0};
	char text[256];

	if (apply->writer.log == NULL)
		return error_frame(err,
				   "the disk holds a mix of old and new, and nothing "
				   "was saved (--scope none)");
	if (overlay_rollback(apply->writer.log, apply->work->disk, &watch, &second) ==
	    0) {
		apply->outcome->was_rolled_back = true;
		return error_frame(err, "the old disk is there again");
	}
	(void)error_text(&second, text, sizeof(text));
	return error_frame(err,
			   "the old disk could not be brought back (%.80s): try 'moult "
			   "overlay rollback'",
			   text);
}

/* Nothing was written: a log that was begun has nothing to go back to. */
static int forget_log(struct apply *apply, struct error *err)
{
	const struct plan *plan = apply->work->plan;
	struct error second = {0};

	if (apply->writer.log != NULL && undo_wipe(apply->work->log, plan->undo_offset,
						   plan->undo_bytes, &second) != 0)
		return error_frame(err, "nothing was written but an empty undo log");
	return -1;
}

/* Say what state the disk is in. */
static int explain(struct apply *apply, struct error *err)
{
	struct error second = {0};

	if (!apply->writer.has_begun)
		return forget_log(apply, err);
	if (err->kind == ERROR_VERIFY)
		return go_back(apply, err);
	err->kind = ERROR_WRITTEN;
	if (sink_flush(apply->work->disk, &second) != 0)
		(void)error_frame(err, "what was written last may be lost");
	if (apply->writer.log == NULL)
		return error_frame(err,
				   "the disk is written in part: 'moult overlay apply' "
				   "goes on; there is no way back (--scope none)");
	return error_frame(err,
			   "the disk is written in part: 'moult overlay apply' goes on, "
			   "'moult overlay rollback' goes back");
}

static void tell_log(const struct undo *log, struct overlay_outcome *out)
{
	out->has_log = true;
	out->state = undo_state_of(log);
	out->log_saved_bytes = undo_saved_bytes(log);
	undo_room(log, &out->log_used_bytes, &out->log_all_bytes);
}

int overlay_apply(const struct overlay_work *work, struct overlay_outcome *out,
		  struct error *err)
{
	struct apply apply = {.work = work, .outcome = out};
	struct error own = {0};
	int result;

	if (plan_check_shape(work->plan, err) != 0)
		return -1;
	*out = (struct overlay_outcome){0};
	pieces_make(work->plan, &apply.pieces);
	apply.writer.disk = work->disk;
	apply.writer.outcome = out;
	apply.chunk.bytes = sink_buffer(work->plan->chunk_bytes);
	result = writer_begin(&apply.writer, work->plan->chunk_bytes, &own);
	if (result == 0)
		result = apply_all(&apply, &own);
	if (result != 0)
		(void)explain(&apply, &own);
	if (apply.writer.log != NULL)
		tell_log(apply.writer.log, out);
	writer_end(&apply.writer);
	undo_close(apply.writer.log);
	free(apply.chunk.bytes);
	pieces_clear(&apply.pieces);
	if (result != 0 && err != NULL)
		*err = own;
	return result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/overlay_write.h"

#include <stdlib.h>
#include <string.h>

#include "sys/aside.h"
#include "sys/digest.h"

static const unsigned char *bytes_of(const struct writer *writer,
				     const struct chunk *chunk)
{
	return chunk->is_zero ? writer->zeros : chunk->bytes;
}

/* What the second thread does. It touches its job, the zeros and the packer alone. */

static void hash(struct writer_job *job, const unsigned char *bytes)
{
	if (sink_is_zero(bytes, job->length))
		sys_sha256_zeros(job->length, job->sha);
	else
		sys_sha256(bytes, job->length, job->sha);
	job->has_sha = true;
}

static void compare(struct writer *writer, struct writer_job *job)
{
	const unsigned char *bytes = bytes_of(writer, &job->chunk);

	job->is_equal = job->chunk.is_zero ? sink_is_zero(job->old, job->length) != 0
					   : memcmp(job->old, bytes, job->length) == 0;
	if (!job->is_equal || job->is_sha_wanted)
		hash(job, bytes);
	if (!job->is_equal && job->may_save)
		undo_pack(writer->packer, job->is_known ? bytes : job->old, job->length,
			  &job->packed);
}

static void hash_chunk(struct writer *writer, struct writer_job *job)
{
	hash(job, bytes_of(writer, &job->chunk));
}

static void hash_old(struct writer *writer, struct writer_job *job)
{
	(void)writer;
	hash(job, job->old);
}

static void pack_old(struct writer *writer, struct writer_job *job)
{
	undo_pack(writer->packer, job->old, job->length, &job->packed);
}

/* What the caller's thread does with the result. */

static void hold(struct writer *writer, struct writer_job *job)
{
	struct chunk *held = &writer->chunks[writer->count];
	unsigned char *free_bytes = held->bytes;

	*held = job->chunk;
	job->chunk.bytes = free_bytes;
	writer->held[writer->count++] = job->piece;
}

/* What was complete is so no longer. */
static int open_state(struct writer *writer, struct error *err)
{
	if (writer->log == NULL || undo_state_of(writer->log) == UNDO_WRITING)
		return 0;
	if (writer->held[0]->phase == PHASE_BOOT &&
	    undo_state_of(writer->log) == UNDO_BODY)
		return 0;
	return undo_set_state(writer->log, UNDO_WRITING, err);
}

static int write_held(struct writer *writer, struct error *err)
{
	struct piece *piece;
	unsigned i;

	if (writer->count == 0)
		return 0;
	if (open_state(writer, err) != 0 ||
	    (writer->log != NULL && undo_sync(writer->log, err) != 0))
		return -1;
	for (i = 0; i < writer->count; i++) {
		piece = writer->held[i];
		writer->has_begun = true;
		if (sink_write(writer->disk, piece->offset,
			       bytes_of(writer, &writer->chunks[i]), piece->length,
			       err) != 0)
			return -1;
		piece->is_changed = true;
		writer->outcome->written_bytes += piece->length;
	}
	writer->count = 0;
	return 0;
}

static int end_put(struct writer *writer, struct writer_job *job, struct error *err)
{
	if (job->is_equal) {
		writer->outcome->equal_bytes += job->length;
		return 0;
	}
	if (job->may_save) {
		writer->outcome->saved_bytes += job->length;
		if (undo_add_packed(writer->log, job->offset, &job->packed, false, err) !=
		    0)
			return -1;
	}
	hold(writer, job);
	/* without a log there is no flush to be shared */
	if (writer->log == NULL || writer->count == WRITER_BATCH)
		return write_held(writer, err);
	return 0;
}

static int end_digest(struct writer *writer, struct writer_job *job, struct error *err)
{
	(void)writer;
	(void)job;
	(void)err;
	return 0;
}

static int end_check(struct writer *writer, struct writer_job *job, struct error *err)
{
	(void)writer;
	if (memcmp(job->sha, job->piece->sha, sizeof(job->sha)) == 0)
		return 0;
	return error_set(err, ERROR_VERIFY,
			 "the %zu bytes at byte %llu are not what was written "
			 "there: the disk lies, or is failing",
			 job->length, (unsigned long long)job->offset);
}

static int end_keep(struct writer *writer, struct writer_job *job, struct error *err)
{
	writer->outcome->saved_bytes += job->length;
	return undo_add_packed(writer->log, job->offset, &job->packed, job->is_kept, err);
}

static const struct {
	bool has_old, sets_sha;
	void (*work)(struct writer *writer, struct writer_job *job);
	int (*end)(struct writer *writer, struct writer_job *job, struct error *err);
} verbs[] = {
	[WRITER_PUT] = {true, true, compare, end_put},
	[WRITER_DIGEST] = {false, true, hash_chunk, end_digest},
	[WRITER_CHECK] = {true, false, hash_old, end_check},
	[WRITER_KEEP] = {true, false, pack_old, end_keep},
};

static void work(void *data, void *job)
{
	verbs[((struct writer_job *)job)->verb].work(data, job);
}

int writer_begin(struct writer *writer, uint32_t chunk_bytes, struct error *err)
{
	unsigned i;

	for (i = 0; i < WRITER_BATCH; i++)
		writer->chunks[i].bytes = sink_buffer(chunk_bytes);
	for (i = 0; i < WRITER_ASIDE; i++) {
		writer->jobs[i].chunk.bytes = sink_buffer(chunk_bytes);
		writer->jobs[i].old = sink_buffer(chunk_bytes);
	}
	for (i = 0; i < WRITER_AHEAD; i++)
		writer->ahead[i].bytes = sink_buffer(chunk_bytes);
	writer->zeros = sink_buffer(chunk_bytes);
	writer->packer = undo_packer_open();
	return aside_open(work, writer, WRITER_ASIDE, &writer->aside, err);
}

void writer_end(struct writer *writer)
{
	unsigned i;

	sink_forget(writer->disk);
	aside_close(writer->aside);
	undo_packer_close(writer->packer);
	for (i = 0; i < WRITER_BATCH; i++)
		free(writer->chunks[i].bytes);
	for (i = 0; i < WRITER_ASIDE; i++) {
		free(writer->jobs[i].chunk.bytes);
		free(writer->jobs[i].old);
		undo_packed_clear(&writer->jobs[i].packed);
	}
	for (i = 0; i < WRITER_AHEAD; i++)
		free(writer->ahead[i].bytes);
	free(writer->zeros);
}

/* The oldest job comes to its end. */
static int settle_one(struct writer *writer, struct error *err)
{
	struct writer_job *job = aside_take(writer->aside);

	if (verbs[job->verb].sets_sha && job->has_sha)
		memcpy(job->piece->sha, job->sha, sizeof(job->sha));
	return verbs[job->verb].end(writer, job, err);
}

int writer_settle(struct writer *writer, struct error *err)
{
	while (aside_count(writer->aside) > 0)
		if (settle_one(writer, err) != 0)
			return -1;
	return 0;
}

int writer_fail(struct writer *writer, struct error *err)
{
	struct error first = {0};

	if (writer_settle(writer, &first) != 0 && err != NULL)
		*err = first;
	return -1;
}

int writer_send(struct writer *writer, struct error *err)
{
	if (writer_settle(writer, err) != 0)
		return -1;
	return write_held(writer, err);
}

bool writer_expect(struct writer *writer, uint64_t offset, size_t length)
{
	struct writer_ahead *next;

	if (writer->ahead_count == WRITER_AHEAD)
		return false;
	next = &writer->ahead[(writer->next_ahead + writer->ahead_count) % WRITER_AHEAD];
	next->offset = offset;
	next->length = length;
	sink_ahead(writer->disk, offset, next->bytes, length);
	writer->ahead_count++;
	return true;
}

/* Read what stands on the disk, or take what was begun. */
static int read_old(struct writer *writer, struct writer_job *job, struct error *err)
{
	struct writer_ahead *next = &writer->ahead[writer->next_ahead];
	unsigned char *free_bytes = job->old;

	if (writer->ahead_count > 0 && next->offset == job->offset &&
	    next->length == job->length) {
		job->old = next->bytes;
		next->bytes = free_bytes;
		writer->next_ahead = (writer->next_ahead + 1) % WRITER_AHEAD;
		writer->ahead_count--;
	}
	return sink_read(writer->disk, job->offset, job->old, job->length, err);
}

/* Hand a job to the second thread, with what stands on the disk.
 * @chunk: NULL: none is needed */
static int give(struct writer *writer, const struct writer_job *asked,
		struct chunk *chunk, struct error *err)
{
	struct writer_job *job;
	unsigned char *bytes;

	if (aside_count(writer->aside) == WRITER_ASIDE && settle_one(writer, err) != 0)
		return -1;
	job = &writer->jobs[writer->next_job];
	job->verb = asked->verb;
	job->piece = asked->piece;
	job->offset = asked->offset;
	job->length = asked->length;
	if (verbs[job->verb].has_old && read_old(writer, job, err) != 0)
		return writer_fail(writer, err);
	job->may_save = asked->may_save;
	job->is_sha_wanted = asked->is_sha_wanted;
	job->is_known = asked->is_known;
	job->is_kept = asked->is_kept;
	job->has_sha = false;
	if (chunk != NULL) {
		bytes = job->chunk.bytes;
		job->chunk = *chunk;
		chunk->bytes = bytes;
	}
	writer->next_job = (writer->next_job + 1) % WRITER_ASIDE;
	aside_give(writer->aside, job);
	return 0;
}

int writer_put(struct writer *writer, struct piece *piece, struct chunk *chunk,
	       struct error *err)
{
	const bool is_body = piece->phase == PHASE_BODY;
	const bool is_known = is_body ? writer->is_body_known : writer->is_boot_known;
	const struct writer_job asked = {
		.verb = WRITER_PUT,
		.piece = piece,
		.offset = piece->offset,
		.length = piece->length,
		.may_save = writer->log != NULL &&
			    undo_saved(writer->log, piece->offset, piece->length) == NULL,
		/* the log is told the digest of each piece of the body once */
		.is_sha_wanted = is_body && writer->log != NULL && !is_known,
		.is_known = is_known,
	};

	return give(writer, &asked, chunk, err);
}

int writer_digest(struct writer *writer, struct piece *piece, struct chunk *chunk,
		  struct error *err)
{
	const struct writer_job asked = {
		.verb = WRITER_DIGEST,
		.piece = piece,
		.offset = piece->offset,
		.length = piece->length,
	};

	return give(writer, &asked, chunk, err);
}

int writer_keep(struct writer *writer, uint64_t offset, size_t length, bool is_kept,
		struct error *err)
{
	const struct writer_job asked = {
		.verb = WRITER_KEEP,
		.offset = offset,
		.length = length,
		.is_kept = is_kept,
	};

	return give(writer, &asked, NULL, err);
}

int writer_check(struct writer *writer, struct piece *piece, struct error *err)
{
	const struct writer_job asked = {
		.verb = WRITER_CHECK,
		.piece = piece,
		.offset = piece->offset,
		.length = piece->length,
	};

	return give(writer, &asked, NULL, err);
}

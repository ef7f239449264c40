/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/overlay_write.h"

#include <stdlib.h>
#include <string.h>

#include "sys/digest.h"

void writer_begin(struct writer *writer, uint32_t chunk_bytes)
{
	unsigned i;

	for (i = 0; i < WRITER_BATCH; i++)
		writer->bytes[i] = sink_buffer(chunk_bytes);
	writer->old = sink_buffer(chunk_bytes);
}

void writer_end(struct writer *writer)
{
	unsigned i;

	for (i = 0; i < WRITER_BATCH; i++)
		free(writer->bytes[i]);
	free(writer->old);
}

static int save(struct writer *writer, const struct piece *piece, const void *bytes,
		struct error *err)
{
	const bool is_known = piece->phase == PHASE_BODY ? writer->is_body_known
							 : writer->is_boot_known;
	const void *old = is_known ? bytes : writer->old;

	if (writer->log == NULL ||
	    undo_saved(writer->log, piece->offset, piece->length) != NULL)
		return 0;
	writer->outcome->saved_bytes += piece->length;
	return undo_add(writer->log, piece->offset, old, piece->length, false, err);
}

int writer_put(struct writer *writer, struct piece *piece, const void *bytes,
	       struct error *err)
{
	if (sink_read(writer->disk, piece->offset, writer->old, piece->length, err) != 0)
		return -1;
	if (memcmp(writer->old, bytes, piece->length) == 0) {
		writer->outcome->equal_bytes += piece->length;
		return 0;
	}
	if (save(writer, piece, bytes, err) != 0)
		return -1;
	memcpy(writer->bytes[writer->count], bytes, piece->length);
	writer->held[writer->count++] = piece;
	return writer->count == WRITER_BATCH ? writer_send(writer, err) : 0;
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

int writer_send(struct writer *writer, struct error *err)
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
		if (sink_write(writer->disk, piece->offset, writer->bytes[i],
			       piece->length, err) != 0)
			return -1;
		piece->is_changed = true;
		writer->outcome->written_bytes += piece->length;
	}
	writer->count = 0;
	return 0;
}

int writer_check(struct writer *writer, const struct piece *piece, struct error *err)
{
	unsigned char sha[UNDO_SHA_BYTES];

	if (sink_read(writer->disk, piece->offset, writer->old, piece->length, err) != 0)
		return -1;
	sys_sha256(writer->old, piece->length, sha);
	if (memcmp(sha, piece->sha, sizeof(sha)) != 0)
		return error_set(err, ERROR_VERIFY,
				 "the %zu bytes at byte %llu are not what was written "
				 "there: the disk lies, or is failing",
				 piece->length, (unsigned long long)piece->offset);
	return 0;
}

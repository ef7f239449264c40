/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "flow/overlay.h"
#include "sys/digest.h"

/* One rollback. */
struct rollback {
	struct undo *log;
	struct sink *disk;
	unsigned char *bytes, *old;
	uint64_t total_bytes;
	struct overlay_progress progress;
	const struct overlay_watch *watch; /* NULL: nobody */
};

static void tell(struct rollback *rollback, const char *phase, uint64_t more_bytes)
{
	rollback->progress.phase = phase;
	rollback->progress.total_bytes = rollback->total_bytes;
	rollback->progress.done_bytes += more_bytes;
	if (rollback->watch != NULL && rollback->watch->progress != NULL)
		rollback->watch->progress(rollback->watch->data, &rollback->progress);
}

static int stop_if_asked(const struct rollback *rollback, struct error *err)
{
	const struct overlay_watch *watch = rollback->watch;

	if (watch == NULL || watch->is_stopped == NULL || !watch->is_stopped(watch->data))
		return 0;
	return error_set(err, ERROR_INTERRUPTED, "interrupted");
}

static int is_as_written(struct rollback *rollback, const struct undo_digest *digest,
			 struct error *err)
{
	unsigned char sha[UNDO_SHA_BYTES];

	if (digest->length > undo_header_of(rollback->log)->chunk_bytes)
		return error_set(err, ERROR_INPUT,
				 "a digest of the undo log is too long");
	if (sink_read(rollback->disk, digest->offset, rollback->bytes,
		      (size_t)digest->length, err) != 0)
		return -1;
	sys_sha256(rollback->bytes, (size_t)digest->length, sha);
	return memcmp(sha, digest->sha, sizeof(sha)) == 0;
}

/* With scope until-boot the old disk is what was saved and what was right already: both must
 * be as apply left them. */
static int check_untouched(struct rollback *rollback, struct error *err)
{
	const struct undo_digest *digests;
	const bool is_complete = undo_state_of(rollback->log) == UNDO_COMPLETE;
	size_t i, count;
	int same;

	if (undo_header_of(rollback->log)->scope != SCOPE_UNTIL_BOOT)
		return 0;
	digests = undo_digests(rollback->log, &count);
	for (i = 0; i < count; i++) {
		if (stop_if_asked(rollback, err) != 0)
			return -1;
		if (!is_complete && undo_saved(rollback->log, digests[i].offset,
					       digests[i].length) != NULL)
			continue;
		same = is_as_written(rollback, &digests[i], err);
		if (same < 0)
			return -1;
		if (same == 0)
			return error_set(
				err, ERROR_REFUSED,
				"the new system has run: what lies at byte %llu is "
				"no longer what was written, and scope until-boot "
				"saved only what the overlay changed; 'moult overlay "
				"commit' keeps the new system",
				(unsigned long long)digests[i].offset);
	}
	return 0;
}

static int restore_record(struct rollback *rollback, const struct undo_record *record,
			  struct error *err)
{
	const size_t length = (size_t)record->length;

	if (undo_load(rollback->log, record, rollback->old, err) != 0 ||
	    sink_read(rollback->disk, record->offset, rollback->bytes, length, err) != 0)
		return -1;
	if (memcmp(rollback->bytes, rollback->old, length) != 0) {
		if (sink_write(rollback->disk, record->offset, rollback->old, length,
			       err) != 0)
			return -1;
		rollback->progress.written_bytes += length;
	}
	tell(rollback, "rolling back", length);
	return 0;
}

/* From the end of the disk to its beginning: what it boots by is last, when all the rest is on
 * stable storage. */
static int restore_all(struct rollback *rollback, struct error *err)
{
	size_t i = undo_record_count(rollback->log);

	while (i-- > 0)
		if (stop_if_asked(rollback, err) != 0 ||
		    (i == 0 && sink_flush(rollback->disk, err) != 0) ||
		    restore_record(rollback, undo_record_at(rollback->log, i), err) != 0)
			return -1;
	return sink_flush(rollback->disk, err);
}

static int read_back(struct rollback *rollback, struct error *err)
{
	const size_t count = undo_record_count(rollback->log);
	const struct undo_record *record, *before = NULL;
	unsigned char sha[UNDO_SHA_BYTES];
	size_t i;

	rollback->progress.done_bytes = 0;
	for (i = 0; i < count; i++, before = record) {
		if (stop_if_asked(rollback, err) != 0)
			return -1;
		record = undo_record_at(rollback->log, i);
		if (before != NULL && before->offset == record->offset)
			continue; /* the one that was saved first is the true one */
		if (sink_read(rollback->disk, record->offset, rollback->bytes,
			      (size_t)record->length, err) != 0)
			return -1;
		sys_sha256(rollback->bytes, (size_t)record->length, sha);
		if (memcmp(sha, record->old_sha, sizeof(sha)) != 0)
			return error_set(err, ERROR_VERIFY,
					 "what was restored at byte %llu reads back "
					 "otherwise: the disk lies, or is failing",
					 (unsigned long long)record->offset);
		tell(rollback, "reading back", record->length);
	}
	return 0;
}

static int run(struct rollback *rollback, struct error *err)
{
	size_t i;

	undo_index(rollback->log);
	for (i = 0; i < undo_record_count(rollback->log); i++)
		rollback->total_bytes += undo_record_at(rollback->log, i)->length;
	if (check_untouched(rollback, err) != 0)
		return -1;
	if (undo_state_of(rollback->log) != UNDO_ROLLING_BACK &&
	    undo_set_state(rollback->log, UNDO_ROLLING_BACK, err) != 0)
		return -1;
	if (restore_all(rollback, err) == 0 && read_back(rollback, err) == 0 &&
	    undo_set_state(rollback->log, UNDO_ROLLED_BACK, err) == 0)
		return 0;
	if (err != NULL && err->kind != ERROR_VERIFY)
		err->kind = ERROR_WRITTEN;
	return error_frame(err, "the old disk is there in part; 'moult overlay rollback' "
				"goes on");
}

int overlay_rollback(struct undo *log, struct sink *disk,
		     const struct overlay_watch *watch, struct error *err)
{
	const uint32_t chunk = undo_header_of(log)->chunk_bytes;
	struct rollback rollback = {.log = log,
				    .disk = disk,
				    .bytes = sink_buffer(chunk),
				    .old = sink_buffer(chunk),
				    .watch = watch};
	int result = 0;

	if (undo_header_of(log)->disk_bytes != disk->size_bytes)
		result = error_set(
			err, ERROR_REFUSED,
			"the undo log is of a disk of %llu bytes, and this one has "
			"%llu",
			(unsigned long long)undo_header_of(log)->disk_bytes,
			(unsigned long long)disk->size_bytes);
	else if (undo_state_of(log) != UNDO_ROLLED_BACK)
		result = run(&rollback, err);
	free(rollback.bytes);
	free(rollback.old);
	return result;
}

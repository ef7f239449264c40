/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/overlay_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/layout.h"
#include "disk/table_edit.h"
#include "flow/overlay_check.h"
#include "flow/overlay_unseen.h"
#include "image/spool.h"
#include "record/plan_json.h"

static bool is_regular(const char *path)
{
	struct stat there;

	return stat(path, &there) == 0 && S_ISREG(there.st_mode);
}

static int open_log_at(struct overlay_disk *out, const char *undo, enum sink_mode mode,
		       struct error *err)
{
	uint64_t offset, bytes;
	int found;

	out->log_sink = out->disk;
	if (undo != NULL &&
	    sink_open_disk(undo, is_regular(undo), mode, &out->log_sink, err) != 0)
		return -1;
	found = undo != NULL ? undo_find_start(out->log_sink, &offset, &bytes, err)
			     : undo_find_tail(out->log_sink, &offset, &bytes, err);
	if (found <= 0)
		return found;
	return undo_open(out->log_sink, offset, bytes, &out->log, err);
}

int overlay_disk_open(const char *path, bool is_file, const char *undo,
		      enum sink_mode mode, struct overlay_disk *out, struct error *err)
{
	if (sink_open_disk(path, is_file, mode, &out->disk, err) != 0)
		return error_frame(err, "%.100s", path);
	out->path = str_copy(path);
	if (open_log_at(out, undo, mode, err) != 0)
		return error_frame(err, "%.100s", undo != NULL ? undo : path);
	return 0;
}

void overlay_disk_close(struct overlay_disk *disk)
{
	undo_close(disk->log);
	if (disk->log_sink != disk->disk)
		sink_close(disk->log_sink);
	sink_close(disk->disk);
	if (disk->is_changed)
		target_renew(disk->path, disk->gone_bytes);
	free(disk->path);
	*disk = (struct overlay_disk){0};
}

/* The image of a plan, as often as the engine wants it. */
struct picture {
	const struct plan *plan;
	struct image_options options;
	struct image *image;
	struct sink *disk;
	/* Its boot ranges, until what was written was judged; NULL: it is not. */
	struct blocks *boot;
};

struct picture_stream {
	struct stream stream;
	struct picture *picture;
};

/* Of what came from @at on, put aside what lies in boot ranges. */
static int put_aside(const struct picture *picture, uint64_t at,
		     const unsigned char *bytes, uint64_t length, struct error *err)
{
	const struct plan_range *range;
	uint64_t start, end;
	size_t i;

	for (i = 0; i < picture->plan->range_count; i++) {
		range = &picture->plan->ranges[i];
		start = range->offset > at ? range->offset : at;
		end = range->offset + range->length;
		if (end > at + length)
			end = at + length;
		if (range->phase == PHASE_BOOT && start < end &&
		    spool_put(picture->boot, &picture->options, start,
			      bytes + (start - at), (size_t)(end - start), err) != 0)
			return -1;
	}
	return 0;
}

static int picture_next(struct stream *stream, void *buffer, size_t room,
			struct stream_piece *out, struct error *err)
{
	struct picture *picture = ((struct picture_stream *)stream)->picture;
	const uint64_t at = stream_place(picture->image->stream);

	if (stream_next(picture->image->stream, buffer, room, out, err) != 0)
		return -1;
	return picture->boot != NULL && !out->is_hole
		       ? put_aside(picture, at, buffer, out->length_bytes, err)
		       : 0;
}

static int picture_skip(struct stream *stream, uint64_t length, struct error *err)
{
	struct picture *picture = ((struct picture_stream *)stream)->picture;

	return stream_skip(picture->image->stream, length, err);
}

static void picture_settle(struct stream *stream)
{
	struct picture *picture = ((struct picture_stream *)stream)->picture;

	stream_settle(picture->image->stream);
}

static void picture_close(struct stream *stream)
{
	struct picture *picture = ((struct picture_stream *)stream)->picture;

	image_close(picture->image);
	picture->image = NULL;
	free(stream);
}

static const struct stream_ops picture_ops = {
	.next = picture_next,
	.skip = picture_skip,
	.settle = picture_settle,
	.close = picture_close,
};

/* What is put aside is read. */
static const struct stream_ops picture_aside_ops = {
	.next = picture_next,
	.settle = picture_settle,
	.close = picture_close,
};

static int picture_open(void *data, struct stream **out, struct error *err)
{
	struct picture *picture = data;
	struct picture_stream *stream;

	if (image_open_stream(picture->plan->image.name, &picture->options,
			      &picture->image, err) != 0)
		return -1;
	stream = mem_zero(1, sizeof(*stream));
	stream->stream.ops = picture->boot != NULL ? &picture_aside_ops : &picture_ops;
	stream->stream.length_bytes = STREAM_LENGTH_UNKNOWN;
	stream->picture = picture;
	picture->options.want_digests =
		false; /* the second reading is held to the first */
	*out = &stream->stream;
	return 0;
}

static int picture_check(void *data, struct error *err)
{
	const struct picture *picture = data;
	const struct plan_image *image = &picture->plan->image;
	struct image_digests required = {0};

	if (image->no_digest)
		return 0;
	memcpy(required.sha256, image->sha256, sizeof(required.sha256));
	memcpy(required.sha512, image->sha512, sizeof(required.sha512));
	return sums_check(&required, &picture->image->published, err);
}

/* What may have changed since the plan, or what it could not know. */
static int picture_before_boot(void *data, struct error *err)
{
	struct picture *picture = data;
	struct blocks *disk;
	int result;

	if (picture->boot == NULL)
		return 0;
	disk = sink_open_blocks(picture->disk);
	result = overlay_judge_written(picture->plan, disk, picture->boot, err);
	blocks_close(disk);
	blocks_close(picture->boot);
	picture->boot = NULL;
	return result;
}

static bool is_same_text(const char *one, const char *other)
{
	return strcmp(one != NULL ? one : "", other != NULL ? other : "") == 0;
}

static int moved(const char *what, struct error *err)
{
	return error_set(
		err, ERROR_REFUSED,
		"stale-plan: the disk is not as it was planned (%s); make a new plan",
		what);
}

/* The disk itself, before it is opened for writing. */
static int check_target(const struct plan *plan, struct error *err)
{
	const struct plan_disk *disk = &plan->disk;
	const struct plan_check *refusal;
	struct target target = {0};
	struct plan judged = {0};
	int result = 0;

	if (target_look(disk->path, disk->is_file, &target, err) != 0)
		return -1;
	overlay_check_target(&target, &judged);
	refusal = plan_refusal(&judged);
	if (refusal != NULL)
		result = error_set(err, ERROR_REFUSED, "%s: %s", refusal->name,
				   refusal->text);
	else if (target.size_bytes != disk->size_bytes)
		result = moved("its size", err);
	else if (target.sector_bytes != disk->sector_bytes)
		result = moved("its sectors", err);
	else if (!is_same_text(target.serial, disk->serial) ||
		 !is_same_text(target.wwn, disk->wwn))
		result = moved("its serial number", err);
	plan_clear(&judged);
	target_clear(&target);
	return result;
}

/* What the disk holds: unless this plan has begun to change it. */
static int check_content(const struct plan *plan, const struct overlay_disk *disk,
			 struct error *err)
{
	char ends[PLAN_DIGEST_TEXT];
	struct blocks *blocks;
	int result;

	if (disk->log != NULL &&
	    strcmp(undo_header_of(disk->log)->plan_id, plan->id) == 0 &&
	    undo_state_of(disk->log) != UNDO_ROLLED_BACK)
		return 0;
	if (disk->log != NULL && undo_record_count(disk->log) > 0 &&
	    undo_state_of(disk->log) != UNDO_ROLLED_BACK)
		return error_set(
			err, ERROR_REFUSED,
			"other-undo: the undo log is of another overlay; see 'moult "
			"overlay status'");
	blocks = sink_open_blocks(disk->disk);
	result = overlay_ends_of(blocks, ends, err);
	blocks_close(blocks);
	if (result == 0 && strcmp(ends, plan->disk.ends_sha256) != 0)
		result = moved("what its first or last MiB holds", err);
	return result;
}

/* A new file for the log, as long as it may become; it has no blocks yet. */
static int make_log_file(const struct plan *plan, struct error *err)
{
	autoclose int fd = -1;
	struct stat there;

	if (plan->undo != UNDO_FILE || stat(plan->undo_path, &there) == 0)
		return 0;
	fd = open(plan->undo_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_sys(err, "make the undo log '%s'", plan->undo_path);
	if (ftruncate(fd, (off_t)plan->undo_bytes) != 0 || fsync(fd) != 0)
		return error_sys(err, "make room in the undo log '%s'", plan->undo_path);
	return 0;
}

/* @is_judged: whether what was written is looked at before the disk may boot by it */
static int obey(const struct plan *plan, const char *plan_json,
		const struct image_options *options, const struct overlay_watch *watch,
		bool is_judged, struct overlay_disk *disk, struct overlay_outcome *out,
		struct error *err)
{
	struct picture picture = {.plan = plan, .options = *options, .disk = disk->disk};
	const struct overlay_work work = {
		.plan = plan,
		.plan_json = plan_json,
		.source = {.open = picture_open,
			   .check = picture_check,
			   .before_boot = picture_before_boot,
			   .data = &picture},
		.disk = disk->disk,
		.log = plan->scope == SCOPE_NONE ? NULL : disk->log_sink,
		.progress = watch->progress,
		.is_stopped = watch->is_stopped,
		.data = watch->data,
	};
	int result;

	picture.options.want_digests = !plan->image.no_digest;
	picture.options.is_published_enough = true;
	picture.options.keeps_bytes = true;
	picture.options.is_sha256_enough = plan->image.sha512[0] == '\0';
	if (is_judged && overlay_is_judged(plan) &&
	    spool_open_part(options, plan->disk.size_bytes, &picture.boot, err) != 0)
		return -1;
	disk->is_changed = true;
	result = overlay_apply(&work, out, err);
	blocks_close(picture.boot);
	return result;
}

int overlay_run_apply(const struct plan *plan, const char *plan_json,
		      const struct image_options *options,
		      const struct overlay_watch *watch, struct overlay_outcome *out,
		      struct error *err)
{
	const struct plan_check *refusal = plan_refusal(plan);
	struct overlay_disk disk = {0};
	int result = -1;

	if (refusal != NULL)
		return error_set(err, ERROR_REFUSED, "%s: %s", refusal->name,
				 refusal->text);
	if (plan_check_shape(plan, err) != 0 ||
	    overlay_take_input(plan->image.name, overlay_is_unseen(plan), options, err) !=
		    0 ||
	    check_target(plan, err) != 0 || make_log_file(plan, err) != 0)
		return -1;
	if (overlay_disk_open(plan->disk.path, plan->disk.is_file, plan->undo_path,
			      SINK_ALONE, &disk, err) == 0 &&
	    check_content(plan, &disk, err) == 0)
		result = obey(plan, plan_json, options, watch, true, &disk, out, err);
	overlay_disk_close(&disk);
	return result;
}

static int need_log(const struct overlay_disk *disk, struct error *err)
{
	if (disk->log != NULL)
		return 0;
	return error_set(
		err, ERROR_REFUSED,
		"there is no undo log; where it lies elsewhere, name it by --undo");
}

int overlay_run_rollback(struct overlay_disk *disk, const struct overlay_watch *watch,
			 struct error *err)
{
	if (need_log(disk, err) != 0)
		return -1;
	disk->is_changed = true;
	return overlay_rollback(disk->log, disk->disk, watch, err);
}

static int write_release(struct sink *sink, const struct plan *plan, struct error *err)
{
	size_t i;

	for (i = 0; i < plan->range_count; i++) {
		const struct plan_range *range = &plan->ranges[i];
		autofree unsigned char *bytes = sink_buffer((size_t)range->length);

		if (sink_read(sink, range->offset, bytes, (size_t)range->length, err) !=
		    0)
			return -1;
		plan_lay_edits(plan, range->offset, bytes, (size_t)range->length);
		if (sink_write(sink, range->offset, bytes, (size_t)range->length, err) !=
			    0 ||
		    sink_flush(sink, err) != 0)
			return -1;
	}
	return 0;
}

/* Take the moult partition out of the table as it is now. */
static int release_partition(struct overlay_disk *disk, struct error *err)
{
	const struct undo_header *header = undo_header_of(disk->log);
	struct blocks *blocks = sink_open_blocks(disk->disk);
	struct layout layout = {0};
	struct plan plan = {0};
	int result;

	plan.disk.size_bytes = disk->disk->size_bytes;
	plan.disk.sector_bytes = disk->disk->sector_bytes;
	plan.partition_offset = header->partition_offset;
	plan.partition_bytes = header->partition_bytes;
	result = disk_read_layout(blocks, DISK_TABLE, &layout, err);
	if (result == 0)
		result = table_plan_release(blocks, &layout, &plan, err);
	if (result == 0)
		result = write_release(disk->disk, &plan, err);
	disk->is_changed = true;
	disk->gone_bytes = header->partition_offset;
	plan_clear(&plan);
	layout_clear(&layout);
	blocks_close(blocks);
	return result;
}

/* The body is there, and what the disk boots by is not: whatever was judged of it, it is to be
 * kept. */
static int finish(struct overlay_disk *disk, struct error *err)
{
	autofree char *json = str_copy(undo_plan_of(disk->log));
	const struct image_options options = {0};
	const struct overlay_watch watch = {0};
	struct overlay_outcome outcome = {0};
	struct plan plan = {0};
	int result;

	if (record_read_plan(json, strlen(json), &plan, err) != 0)
		return error_frame(err, "the plan in the undo log");
	undo_close(disk->log);
	disk->log = NULL;
	result = overlay_take_input(plan.image.name, overlay_is_unseen(&plan), &options,
				    err);
	if (result == 0 && plan.disk.size_bytes != disk->disk->size_bytes)
		result = moved("its size", err);
	if (result == 0)
		result = obey(&plan, json, &options, &watch, false, disk, &outcome, err);
	if (result == 0)
		result = undo_open(disk->log_sink, plan.undo_offset, plan.undo_bytes,
				   &disk->log, err);
	plan_clear(&plan);
	return result;
}

int overlay_run_commit(struct overlay_disk *disk, struct error *err)
{
	const struct undo_header *header;

	if (need_log(disk, err) != 0)
		return -1;
	if (undo_state_of(disk->log) == UNDO_BODY && finish(disk, err) != 0)
		return -1;
	header = undo_header_of(disk->log);
	if (undo_state_of(disk->log) != UNDO_COMPLETE &&
	    undo_state_of(disk->log) != UNDO_ROLLED_BACK)
		return error_set(
			err, ERROR_REFUSED,
			"the overlay is not complete (%s): without its log nothing "
			"could go on or go back",
			undo_state_names[undo_state_of(disk->log)]);
	if (undo_state_of(disk->log) == UNDO_COMPLETE && header->partition_bytes > 0 &&
	    release_partition(disk, err) != 0)
		return -1;
	return undo_wipe(disk->log_sink, header->area_offset, header->area_bytes, err);
}

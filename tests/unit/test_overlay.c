/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The overlay engine on disks in memory: what it makes, what comes back, and every state that a
 * power cut may leave. CRASH_STATES says how many of these; 1000 without it. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/str.h"
#include "disk/recorder.h"
#include "flow/overlay.h"

enum {
	MIB = 1024 * 1024,
	CHUNK = 64 * 1024,
	DISK = 4 * MIB,
	IMAGE = 2 * MIB + 300 * 1024, /* the log lies behind it */
};

static uint32_t noise = 1;

static uint32_t next_noise(void)
{
	noise ^= noise << 13;
	noise ^= noise >> 17;
	noise ^= noise << 5;
	return noise;
}

/* Stretches of zeros, of text and of noise, so that pieces are of every kind. */
static void make_bytes(unsigned char *bytes, size_t length, uint32_t seed)
{
	size_t i, kind;

	noise = seed;
	for (i = 0; i < length; i++) {
		kind = i / (CHUNK / 2) * 7 % 5;
		if (kind > 1)
			bytes[i] =
				kind == 2
					? (unsigned char)next_noise()
					: (unsigned char)((unsigned char)"moult"[i % 5] +
							  seed);
		else
			bytes[i] = 0;
	}
}

/* An image that lies in memory. */
struct memory {
	struct stream stream;
	const unsigned char *bytes;
	size_t length;
	size_t fails_at; /* an error beyond it; 0: none */
	uint32_t noise;	 /* of its own, as another thread reads it; 0: it never dawdles */
};

/* The reader is now ahead of the writer, now behind it. */
static void dawdle(uint32_t *state)
{
	const struct timespec wait = {.tv_nsec = 100 * 1000};

	if (*state == 0)
		return;
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	if (*state % 8 == 0)
		(void)nanosleep(&wait, NULL);
}

static int memory_next(struct stream *stream, void *buffer, size_t room,
		       struct stream_piece *out, struct error *err)
{
	struct memory *memory = (struct memory *)stream;
	const unsigned char *bytes = memory->bytes + stream->position_bytes;
	size_t left = memory->length - (size_t)stream->position_bytes, zeros = 0;

	dawdle(&memory->noise);
	if (memory->fails_at != 0 && stream->position_bytes >= memory->fails_at)
		return error_set(err, ERROR_INPUT, "planted");
	if (memory->fails_at != 0)
		left = memory->fails_at - (size_t)stream->position_bytes;
	while (zeros < left && bytes[zeros] == 0)
		zeros++;
	if (zeros >= 4096) { /* a hole, as long as it is */
		*out = (struct stream_piece){zeros, true};
		return 0;
	}
	if (left > CHUNK / 2 - stream->position_bytes % (CHUNK / 2))
		left = CHUNK / 2 - stream->position_bytes % (CHUNK / 2);
	if (left > room)
		left = room;
	memcpy(buffer, bytes, left);
	*out = (struct stream_piece){left, false};
	return 0;
}

static void memory_close(struct stream *stream)
{
	free(stream);
}

static const struct stream_ops memory_ops = {.next = memory_next, .close = memory_close};

/* The image of a test. */
struct picture {
	unsigned char *bytes;
	size_t length;
	bool has_wrong_digest;
	size_t fails_at;
	uint32_t noise;
};

static int picture_open(void *data, struct stream **out, struct error *err)
{
	const struct picture *picture = data;
	struct memory *memory = mem_zero(1, sizeof(*memory));

	(void)err;
	memory->stream.ops = &memory_ops;
	memory->stream.length_bytes = STREAM_LENGTH_UNKNOWN;
	memory->bytes = picture->bytes;
	memory->length = picture->length;
	memory->fails_at = picture->fails_at;
	memory->noise = picture->noise;
	*out = &memory->stream;
	return 0;
}

static int picture_check(void *data, struct error *err)
{
	if (((const struct picture *)data)->has_wrong_digest)
		return error_set(err, ERROR_VERIFY, "the digest is wrong");
	return 0;
}

/* A whole case: an old disk, an image, a plan, and what the disk must become. */
struct stage {
	unsigned char *disk, *old, *wanted;
	struct picture picture;
	struct plan plan;
	bool is_apart;	    /* the log lies on another disk */
	unsigned char *log; /* that disk */
	struct recorder_tape tape;
	struct sink *sink, *log_sink;
	struct overlay_outcome outcome;
	const unsigned char *before;	/* the disk before a second apply */
	bool (*is_stopped)(void *data); /* asked with the stage */
	unsigned stop_after;		/* so many times asked */
};

static void plan_ranges(struct plan *plan)
{
	unsigned char table[512];

	plan_add_range(plan, PHASE_BODY, MIB, IMAGE - MIB, "image");
	plan_add_range(plan, PHASE_BODY, DISK - 128 * 1024, 512, "stale signature");
	plan_add_range(plan, PHASE_BOOT, DISK - 33 * 512, 33 * 512, "GPT backup");
	plan_add_range(plan, PHASE_BOOT, 34 * 512, MIB - 34 * 512, "gap");
	plan_add_range(plan, PHASE_BOOT, 512, 33 * 512, "GPT");
	plan_add_range(plan, PHASE_BOOT, 0, 512, "MBR");
	memset(table, 0xa5, sizeof(table));
	plan_add_edit(plan, 512, table, sizeof(table), "the table's end moves");
	plan_add_edit(plan, DISK - 512, table, sizeof(table), "the table's end moves");
}

static void make_wanted(struct stage *stage)
{
	size_t i;

	memcpy(stage->wanted, stage->old, DISK);
	for (i = 0; i < stage->plan.range_count; i++) {
		const struct plan_range *range = &stage->plan.ranges[i];
		size_t at;

		for (at = (size_t)range->offset; at < range->offset + range->length; at++)
			stage->wanted[at] = at < IMAGE ? stage->picture.bytes[at] : 0;
		plan_lay_edits(&stage->plan, range->offset, stage->wanted + range->offset,
			       (size_t)range->length);
	}
}

static void stage_begin_at(struct stage *stage, enum plan_scope scope, bool is_apart)
{
	*stage =
		(struct stage){.is_apart = is_apart,
			       .log = mem_zero(DISK, 1),
			       .disk = mem_zero(DISK, 1),
			       .old = mem_zero(DISK, 1),
			       .wanted = mem_zero(DISK, 1),
			       .picture = {.bytes = mem_zero(IMAGE, 1), .length = IMAGE}};
	make_bytes(stage->old, DISK, 11);
	make_bytes(stage->picture.bytes, IMAGE, 22);
	memset(stage->old, 0x0d, 512); /* by which a disk boots */
	memset(stage->picture.bytes, 0x1d, 512);
	/* a part is the same on both sides */
	memcpy(stage->picture.bytes + MIB + 5 * CHUNK, stage->old + MIB + 5 * CHUNK,
	       CHUNK);
	/* whole chunks of zeros, on one side and on both */
	memset(stage->picture.bytes + MIB + 8 * CHUNK, 0, 3 * CHUNK);
	memset(stage->old + MIB + 9 * CHUNK, 0, CHUNK);
	memset(stage->old + MIB + 12 * CHUNK, 0, CHUNK);
	memcpy(stage->disk, stage->old, DISK);
	(void)snprintf(stage->plan.id, sizeof(stage->plan.id), "%032d", 7);
	stage->plan.chunk_bytes = CHUNK;
	stage->plan.disk.size_bytes = DISK;
	stage->plan.disk.sector_bytes = 512;
	stage->plan.image.size_bytes = IMAGE;
	stage->plan.scope = scope;
	if (scope != SCOPE_NONE && is_apart) {
		stage->plan.undo = UNDO_DEVICE;
		stage->plan.undo_bytes = DISK;
	} else if (scope != SCOPE_NONE) {
		stage->plan.undo = UNDO_TAIL;
		stage->plan.undo_offset = IMAGE + 4096 - IMAGE % 4096;
		stage->plan.undo_bytes = DISK - 256 * 1024 - stage->plan.undo_offset;
	}
	if (scope == SCOPE_FULL)
		plan_add_keep(&stage->plan, 0, is_apart ? DISK : stage->plan.undo_offset);
	plan_ranges(&stage->plan);
	make_wanted(stage);
	stage->sink = recorder_open(stage->disk, DISK, 512, &stage->tape, 0);
	stage->log_sink = is_apart ? recorder_open(stage->log, DISK, 512, &stage->tape, 1)
				   : stage->sink;
}

static void stage_begin(struct stage *stage, enum plan_scope scope)
{
	stage_begin_at(stage, scope, false);
}

/* The threads of this program. */
static unsigned thread_count(void)
{
	DIR *folder = opendir("/proc/self/task");
	unsigned count = 0;

	assert_non_null(folder);
	while (readdir(folder) != NULL)
		count++;
	(void)closedir(folder);
	return count;
}

static unsigned threads_before;

/* The kernel takes a thread off its list a moment after it was waited for. */
static void assert_no_thread_is_left(void)
{
	const struct timespec wait = {.tv_nsec = 1000 * 1000};
	unsigned tries;

	for (tries = 0; tries < 2000 && thread_count() != threads_before; tries++)
		(void)nanosleep(&wait, NULL);
	assert_int_equal(thread_count(), threads_before);
}

static void stage_end(struct stage *stage)
{
	assert_no_thread_is_left();
	if (stage->log_sink != stage->sink)
		sink_close(stage->log_sink);
	sink_close(stage->sink);
	recorder_clear(&stage->tape);
	plan_clear(&stage->plan);
	free(stage->log);
	free(stage->disk);
	free(stage->old);
	free(stage->wanted);
	free(stage->picture.bytes);
}

static int apply_on(struct stage *stage, struct sink *sink, struct sink *log,
		    struct error *err)
{
	const struct overlay_work work = {
		.plan = &stage->plan,
		.plan_json = "{\"schema\":\"moult.plan/1\"}",
		.source = {.open = picture_open,
			   .check = picture_check,
			   .data = &stage->picture},
		.disk = sink,
		.log = stage->plan.scope == SCOPE_NONE ? NULL : log,
		.is_stopped = stage->is_stopped,
		.data = stage,
	};

	return overlay_apply(&work, &stage->outcome, err);
}

/* Everything but the log is as @wanted says. */
static bool is_like(const struct stage *stage, const unsigned char *disk,
		    const unsigned char *wanted)
{
	const size_t start = stage->is_apart ? DISK : (size_t)stage->plan.undo_offset;
	const size_t end =
		stage->is_apart ? DISK : start + (size_t)stage->plan.undo_bytes;

	return memcmp(disk, wanted, start) == 0 &&
	       memcmp(disk + end, wanted + end, DISK - end) == 0;
}

static struct undo *open_log(const struct stage *stage, struct sink *sink)
{
	struct undo *log = NULL;

	if (undo_open(sink, stage->plan.undo_offset, stage->plan.undo_bytes, &log,
		      NULL) != 0)
		return NULL;
	return log;
}

static int roll_back(struct stage *stage, struct sink *sink, struct sink *log_sink,
		     struct error *err)
{
	const struct overlay_watch watch = {NULL, stage->is_stopped, stage};
	struct undo *log = open_log(stage, log_sink);
	int result;

	if (log == NULL)
		return 0; /* nothing was begun */
	result = overlay_rollback(log, sink, &watch, err);
	undo_close(log);
	return result;
}

static void expect(int result, const struct error *err)
{
	char text[512];

	if (result != 0)
		fail_msg("%s", error_text(err, text, sizeof(text)));
}

static void test_applies_and_comes_back(void **state)
{
	static const enum plan_scope scopes[] = {SCOPE_UNTIL_BOOT, SCOPE_FULL};
	struct stage stage;
	struct error err = {0};
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		stage_begin(&stage, scopes[i]);
		expect(apply_on(&stage, stage.sink, stage.log_sink, &err), &err);
		assert_true(is_like(&stage, stage.disk, stage.wanted));
		assert_true(stage.outcome.written_bytes > 0);
		expect(apply_on(&stage, stage.sink, stage.log_sink, &err), &err);
		assert_int_equal(stage.outcome.written_bytes, 0);
		expect(roll_back(&stage, stage.sink, stage.log_sink, &err), &err);
		assert_true(is_like(&stage, stage.disk, stage.old));
		stage_end(&stage);
	}
}

static void test_refuses_to_roll_back_a_system_that_ran(void **state)
{
	struct stage stage;
	struct error err = {0};

	(void)state;
	stage_begin(&stage, SCOPE_UNTIL_BOOT);
	expect(apply_on(&stage, stage.sink, stage.log_sink, &err), &err);
	stage.disk[MIB + 5 * CHUNK + 9] ^= 1; /* where nothing was saved */
	assert_int_equal(roll_back(&stage, stage.sink, stage.log_sink, &err), -1);
	assert_int_equal(err.kind, ERROR_REFUSED);
	stage_end(&stage);
	stage_begin(&stage, SCOPE_FULL);
	expect(apply_on(&stage, stage.sink, stage.log_sink, &err), &err);
	memset(stage.disk + MIB, 0x77, MIB);
	expect(roll_back(&stage, stage.sink, stage.log_sink, &err), &err);
	assert_true(is_like(&stage, stage.disk, stage.old));
	stage_end(&stage);
}

static void test_a_wrong_digest_brings_the_old_disk_back(void **state)
{
	struct stage stage;
	struct error err = {0};

	(void)state;
	stage_begin(&stage, SCOPE_UNTIL_BOOT);
	stage.picture.has_wrong_digest = true;
	assert_int_equal(apply_on(&stage, stage.sink, stage.log_sink, &err), -1);
	assert_int_equal(err.kind, ERROR_VERIFY);
	assert_true(stage.outcome.was_rolled_back);
	assert_true(is_like(&stage, stage.disk, stage.old));
	stage_end(&stage);
}

static void test_an_image_of_another_length_is_noticed(void **state)
{
	static const int changes[] = {-512, 512};
	struct stage stage;
	struct error err = {0};
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		stage_begin(&stage, SCOPE_UNTIL_BOOT);
		stage.picture.bytes = realloc(stage.picture.bytes, IMAGE + 512);
		memset(stage.picture.bytes + IMAGE, 1, 512);
		stage.picture.length = (size_t)(IMAGE + changes[i]);
		assert_int_equal(apply_on(&stage, stage.sink, stage.log_sink, &err), -1);
		assert_int_equal(err.kind, ERROR_WRITTEN);
		expect(roll_back(&stage, stage.sink, stage.log_sink, &err), &err);
		assert_true(is_like(&stage, stage.disk, stage.old));
		stage_end(&stage);
	}
}

/* Each write and each flush fails once: the status says so, and both ways lead on. */
static void test_every_failing_step(void **state)
{
	static const int causes[] = {EIO, ENOSPC};
	struct recorder_fault fault = {.kind = FAULT_FAILS};
	struct stage stage;
	struct error err;
	size_t step;
	int result = -1;

	(void)state;
	for (step = 0; result != 0; step++) {
		err = (struct error){0};
		stage_begin(&stage, SCOPE_UNTIL_BOOT);
		fault.step = step;
		fault.os = causes[step % 2];
		recorder_plant(stage.sink, &fault);
		result = apply_on(&stage, stage.sink, stage.log_sink, &err);
		recorder_plant(stage.sink, &(struct recorder_fault){0});
		if (result != 0)
			assert_true(err.kind == ERROR_WRITTEN ||
				    err.kind == ERROR_SYSTEM);
		if (err.kind == ERROR_SYSTEM)
			assert_true(is_like(&stage, stage.disk, stage.old));
		if (result != 0 && step % 2 == 0) {
			expect(apply_on(&stage, stage.sink, stage.log_sink, &err), &err);
			assert_true(is_like(&stage, stage.disk, stage.wanted));
		}
		err = (struct error){0};
		expect(roll_back(&stage, stage.sink, stage.log_sink, &err), &err);
		assert_true(is_like(&stage, stage.disk, stage.old));
		stage_end(&stage);
	}
	print_message("# %zu steps failed\n", step - 1);
	assert_true(step > 30);
}

/* What was done to the disk so far is the beginning of what @whole tells. */
static void assert_begins(const struct recorder_tape *tape, size_t count,
			  const struct recorder_tape *whole)
{
	size_t i;

	assert_true(count <= whole->count);
	for (i = 0; i < count; i++) {
		assert_int_equal(tape->steps[i].kind, whole->steps[i].kind);
		assert_int_equal(tape->steps[i].offset, whole->steps[i].offset);
		assert_int_equal(tape->steps[i].length, whole->steps[i].length);
		assert_memory_equal(tape->steps[i].bytes, whole->steps[i].bytes,
				    tape->steps[i].length);
	}
}

/* How many pieces of the body that lie before a byte of the image are written. */
static size_t changed_before(const struct stage *stage, size_t end)
{
	size_t at, count = 0;

	for (at = MIB; at + CHUNK <= end; at += CHUNK)
		count += memcmp(stage->old + at, stage->wanted + at, CHUNK) != 0;
	return count;
}

/* The reader is a thread of its own; its errors come as if it were none: the pieces before the one
 * that could not be read are written, and nothing else. */
static void test_an_error_of_the_source_comes_in_its_place(void **state)
{
	struct stage whole, stage;
	struct error err = {0};
	size_t at, written, wanted;

	(void)state;
	stage_begin(&whole, SCOPE_NONE);
	expect(apply_on(&whole, whole.sink, whole.log_sink, &err), &err);
	for (at = CHUNK / 2; at < IMAGE; at += CHUNK / 2) {
		err = (struct error){0};
		stage_begin(&stage, SCOPE_NONE);
		stage.picture.fails_at = at;
		stage.picture.noise = (uint32_t)at;
		assert_int_equal(apply_on(&stage, stage.sink, stage.log_sink, &err), -1);
		assert_string_equal(err.cause, "planted");
		wanted = changed_before(&stage, at);
		assert_int_equal(err.kind, wanted > 0 ? ERROR_WRITTEN : ERROR_INPUT);
		written = stage.tape.count - (wanted > 0); /* and a flush */
		assert_int_equal(written, wanted);
		assert_begins(&stage.tape, written, &whole.tape);
		stage_end(&stage);
	}
	stage_end(&whole);
}

/* However far the reader is ahead, the steps are the same. */
static void test_the_order_is_that_of_one_thread(void **state)
{
	struct stage whole, stage;
	struct error err = {0};
	uint32_t seed;

	(void)state;
	stage_begin(&whole, SCOPE_NONE);
	expect(apply_on(&whole, whole.sink, whole.log_sink, &err), &err);
	assert_int_equal(whole.outcome.written_bytes + whole.outcome.equal_bytes,
			 IMAGE + 512 + 33 * 512);
	assert_true(whole.outcome.equal_bytes >= 2 * CHUNK);
	for (seed = 1; seed <= 20; seed++) {
		stage_begin(&stage, SCOPE_NONE);
		stage.picture.noise = seed;
		expect(apply_on(&stage, stage.sink, stage.log_sink, &err), &err);
		assert_true(is_like(&stage, stage.disk, stage.wanted));
		assert_int_equal(stage.tape.count, whole.tape.count);
		assert_begins(&stage.tape, stage.tape.count, &whole.tape);
		stage_end(&stage);
	}
	stage_end(&whole);
}

static bool stop_some_time(void *data)
{
	struct stage *stage = data;

	return stage->stop_after-- == 0;
}

/* A stop at any place leaves no thread, and both ways lead on. */
static void test_a_stop_at_any_place(void **state)
{
	struct stage stage;
	struct error err;
	unsigned after;
	int result = -1;

	(void)state;
	for (after = 0; result != 0; after++) {
		err = (struct error){0};
		stage_begin(&stage, after % 2 == 0 ? SCOPE_UNTIL_BOOT : SCOPE_FULL);
		stage.is_stopped = stop_some_time;
		stage.stop_after = after;
		stage.picture.noise = after + 1;
		result = apply_on(&stage, stage.sink, stage.log_sink, &err);
		if (result != 0)
			assert_true(err.kind == ERROR_INTERRUPTED ||
				    err.kind == ERROR_WRITTEN);
		stage.is_stopped = NULL;
		if (after % 3 == 0) {
			expect(apply_on(&stage, stage.sink, stage.log_sink, &err), &err);
			assert_true(is_like(&stage, stage.disk, stage.wanted));
		}
		err = (struct error){0};
		expect(roll_back(&stage, stage.sink, stage.log_sink, &err), &err);
		assert_true(is_like(&stage, stage.disk, stage.old));
		stage_end(&stage);
	}
	print_message("# %u stops\n", after - 1);
	assert_true(after > 10);
}

/* A rollback that is stopped at any place goes on. */
static void test_a_rollback_stops_at_any_place(void **state)
{
	struct stage stage;
	struct error err;
	unsigned after;
	int result = -1;

	(void)state;
	for (after = 0; result != 0; after++) {
		err = (struct error){0};
		stage_begin(&stage, after % 2 == 0 ? SCOPE_UNTIL_BOOT : SCOPE_FULL);
		expect(apply_on(&stage, stage.sink, stage.log_sink, &err), &err);
		stage.is_stopped = stop_some_time;
		stage.stop_after = after;
		result = roll_back(&stage, stage.sink, stage.log_sink, &err);
		stage.is_stopped = NULL;
		if (result != 0)
			assert_true(err.kind == ERROR_INTERRUPTED
					    ? is_like(&stage, stage.disk, stage.wanted)
					    : err.kind == ERROR_WRITTEN);
		err = (struct error){0};
		expect(roll_back(&stage, stage.sink, stage.log_sink, &err), &err);
		assert_true(is_like(&stage, stage.disk, stage.old));
		stage_end(&stage);
	}
	print_message("# %u stops\n", after - 1);
	assert_true(after > 30);
}

/* The body is what the plan says. */
static bool has_new_body(const struct stage *stage, const unsigned char *disk)
{
	size_t i;

	for (i = 0; i < stage->plan.range_count; i++) {
		const struct plan_range *range = &stage->plan.ranges[i];

		if (range->phase == PHASE_BODY &&
		    memcmp(disk + range->offset, stage->wanted + range->offset,
			   (size_t)range->length) != 0)
			return false;
	}
	return true;
}

/* A disk that drops or changes one write of the overlay is noticed, whichever it is. */
static void test_a_lying_disk_is_noticed(void **state)
{
	struct recorder_fault fault = {0};
	struct stage stage;
	struct error err;
	size_t step, count, noticed = 0;
	enum recorder_wrong kind;

	(void)state;
	stage_begin(&stage, SCOPE_NONE);
	expect(apply_on(&stage, stage.sink, stage.log_sink, &err), &err);
	count = stage.tape.count;
	stage_end(&stage);
	for (kind = FAULT_DROPPED; kind <= FAULT_CHANGED; kind++)
		for (step = 0; step < count; step++) {
			err = (struct error){0};
			stage_begin(&stage, SCOPE_NONE);
			fault.kind = kind;
			fault.step = step;
			recorder_plant(stage.sink, &fault);
			if (apply_on(&stage, stage.sink, stage.log_sink, &err) != 0) {
				assert_int_equal(err.kind, ERROR_VERIFY);
				if (!has_new_body(&stage, stage.disk))
					assert_memory_equal(stage.disk, stage.old, 512);
				noticed++;
			} else {
				assert_true(is_like(&stage, stage.disk, stage.wanted));
			}
			stage_end(&stage);
		}
	print_message("# noticed %zu\n", noticed);
	assert_true(noticed > 20);
}

static size_t keep_some(void *data, const struct recorder_step *step)
{
	const uint32_t choice = next_noise() % 4;

	(void)data;
	if (choice == 0)
		return 0;
	if (choice == 1) /* torn */
		return next_noise() % (step->length / 512 + 1) * 512;
	return step->length;
}

static size_t keep_all(void *data, const struct recorder_step *step)
{
	(void)data;
	return step->length;
}

/* A disk and its log as a cut left them. */
struct cut {
	unsigned char *disk, *log;
	struct sink *sink, *log_sink;
};

static void cut_open(const struct stage *stage, struct cut *cut)
{
	cut->sink = recorder_open(cut->disk, DISK, 512, NULL, 0);
	cut->log_sink =
		stage->is_apart ? recorder_open(cut->log, DISK, 512, NULL, 1) : cut->sink;
}

static void cut_close(struct cut *cut)
{
	if (cut->log_sink != cut->sink)
		sink_close(cut->log_sink);
	sink_close(cut->sink);
}

/* What the log says of the disk is true, and a disk that boots has what it boots into. */
static void judge_status(const struct stage *stage, const unsigned char *disk,
			 const struct undo *log)
{
	const enum undo_state said = log != NULL ? undo_state_of(log) : UNDO_ROLLED_BACK;
	const bool is_new_sector = memcmp(disk, stage->wanted, 512) == 0;

	if (said == UNDO_ROLLED_BACK)
		assert_true(is_like(stage, disk, stage->old));
	if (said == UNDO_BODY)
		assert_true(has_new_body(stage, disk));
	if (said == UNDO_COMPLETE)
		assert_true(is_like(stage, disk, stage->wanted));
	if (said < UNDO_ROLLING_BACK && is_new_sector)
		assert_true(is_like(stage, disk, stage->wanted));
	if (said == UNDO_ROLLING_BACK && memcmp(disk, stage->old, 512) == 0)
		assert_true(is_like(stage, disk, stage->old));
}

/* One state that a cut may leave: the old disk comes back, or the new one is made. */
static void judge_state(struct stage *stage, struct cut *cut, bool is_new_wanted)
{
	struct error err = {0};
	struct undo *log;

	cut_open(stage, cut);
	log = open_log(stage, cut->log_sink);
	judge_status(stage, cut->disk, log);
	if (is_new_wanted && (log == NULL || undo_state_of(log) != UNDO_ROLLING_BACK)) {
		expect(apply_on(stage, cut->sink, cut->log_sink, &err), &err);
		assert_true(is_like(stage, cut->disk, stage->wanted));
	}
	undo_close(log);
	expect(roll_back(stage, cut->sink, cut->log_sink, &err), &err);
	assert_true(is_like(stage, cut->disk, stage->old));
	cut_close(cut);
}

/* What is said to be complete is as the first apply and the system that ran left it, or all of
 * it was made again. */
static void judge_again_status(const struct stage *stage, const struct cut *cut)
{
	struct undo *log = open_log(stage, cut->log_sink);

	assert_non_null(log);
	if (undo_state_of(log) == UNDO_COMPLETE)
		assert_true(is_like(stage, cut->disk, stage->before) ||
			    is_like(stage, cut->disk, stage->wanted));
	else
		assert_true(undo_state_of(log) <= UNDO_BODY);
	if (undo_state_of(log) == UNDO_BODY)
		assert_true(has_new_body(stage, cut->disk));
	undo_close(log);
}

/* A second apply over a system that has run: it is made again, and the old one can come back;
 * or that is refused, and what is there stays. */
static void judge_again(struct stage *stage, struct cut *cut, bool is_new_wanted)
{
	struct error err = {0};
	int result;

	cut_open(stage, cut);
	judge_again_status(stage, cut);
	if (is_new_wanted) {
		expect(apply_on(stage, cut->sink, cut->log_sink, &err), &err);
		assert_true(is_like(stage, cut->disk, stage->wanted));
	}
	result = roll_back(stage, cut->sink, cut->log_sink, &err);
	if (result == 0)
		assert_true(is_like(stage, cut->disk, stage->old));
	else
		assert_int_equal(err.kind, ERROR_REFUSED);
	if (is_new_wanted)
		assert_int_equal(result, 0);
	cut_close(cut);
}

/* Replay what was done to a disk (and its log) that was as in @before, cut at every step. */
static void cut_everywhere(struct stage *stage, const struct cut *before, size_t states,
			   void (*judge)(struct stage *stage, struct cut *cut,
					 bool is_new_wanted))
{
	struct cut cut = {.disk = mem_zero(DISK, 1), .log = mem_zero(DISK, 1)};
	const size_t steps = stage->tape.count;
	size_t i, count;

	for (i = 0; i < states; i++) {
		count = i <= steps ? i : next_noise() % (steps + 1);
		memcpy(cut.disk, before->disk, DISK);
		memcpy(cut.log, before->log, DISK);
		recorder_replay(&stage->tape, count, 0, cut.disk,
				i <= steps && i % 2 == 0 ? keep_all : keep_some, NULL);
		recorder_replay(&stage->tape, count, 1, cut.log,
				i <= steps && i % 2 == 0 ? keep_all : keep_some, NULL);
		judge(stage, &cut, i % 3 != 0);
	}
	free(cut.disk);
	free(cut.log);
}

static size_t states_wanted(void)
{
	const char *text = getenv("CRASH_STATES");

	return text != NULL ? strtoul(text, NULL, 10) : 1000;
}

/* How a stage is when its tape begins. */
static void remember(const struct stage *stage, struct cut *out)
{
	*out = (struct cut){.disk = mem_zero(DISK, 1), .log = mem_zero(DISK, 1)};
	memcpy(out->disk, stage->disk, DISK);
	memcpy(out->log, stage->log, DISK);
}

static void forget(struct cut *before)
{
	free(before->disk);
	free(before->log);
}

static void cut_apply(enum plan_scope scope, bool is_apart, size_t states)
{
	struct stage stage;
	struct cut before;
	struct error err = {0};

	stage_begin_at(&stage, scope, is_apart);
	remember(&stage, &before);
	expect(apply_on(&stage, stage.sink, stage.log_sink, &err), &err);
	noise = 5;
	cut_everywhere(&stage, &before, states, judge_state);
	forget(&before);
	stage_end(&stage);
}

static void cut_rollback(enum plan_scope scope, bool is_apart, size_t states)
{
	struct stage stage;
	struct cut before;
	struct error err = {0};

	stage_begin_at(&stage, scope, is_apart);
	expect(apply_on(&stage, stage.sink, stage.log_sink, &err), &err);
	remember(&stage, &before);
	recorder_clear(&stage.tape);
	expect(roll_back(&stage, stage.sink, stage.log_sink, &err), &err);
	noise = 6;
	cut_everywhere(&stage, &before, states, judge_state);
	forget(&before);
	stage_end(&stage);
}

/* The new system has run, and the image is written once more. */
static void cut_second_apply(bool is_apart, size_t states)
{
	struct stage stage;
	struct cut before;
	struct error err = {0};
	size_t i;

	stage_begin_at(&stage, SCOPE_UNTIL_BOOT, is_apart);
	expect(apply_on(&stage, stage.sink, stage.log_sink, &err), &err);
	for (i = MIB; i < IMAGE; i += 3 * CHUNK / 2)
		stage.disk[i] ^= 0x55;
	stage.disk[MIB + 5 * CHUNK + 9] ^= 1; /* where nothing was saved */
	remember(&stage, &before);
	stage.before = before.disk;
	recorder_clear(&stage.tape);
	expect(apply_on(&stage, stage.sink, stage.log_sink, &err), &err);
	noise = 7;
	cut_everywhere(&stage, &before, states, judge_again);
	forget(&before);
	stage_end(&stage);
}

static size_t keep_none(void *data, const struct recorder_step *step)
{
	(void)data;
	(void)step;
	return 0;
}

/* The number of the first step that changes the disk outside the log. */
static size_t first_new_write(const struct stage *stage)
{
	const uint64_t start = stage->plan.undo_offset;
	const uint64_t end = start + stage->plan.undo_bytes;
	size_t i;

	for (i = 0; i < stage->tape.count; i++) {
		const struct recorder_step *step = &stage->tape.steps[i];

		if (step->kind == STEP_WRITE && step->disk == 0 &&
		    (stage->is_apart || step->offset < start || step->offset >= end))
			return i;
	}
	fail_msg("nothing was written");
	return 0;
}

static void assert_state_at(struct stage *stage, const struct cut *before, size_t count,
			    enum undo_state wanted)
{
	struct cut cut = {.disk = mem_zero(DISK, 1), .log = mem_zero(DISK, 1)};
	struct undo *log;

	memcpy(cut.disk, before->disk, DISK);
	memcpy(cut.log, before->log, DISK);
	recorder_replay(&stage->tape, count, 0, cut.disk, keep_none, NULL);
	recorder_replay(&stage->tape, count, 1, cut.log, keep_none, NULL);
	cut_open(stage, &cut);
	log = open_log(stage, cut.log_sink);
	assert_non_null(log);
	assert_int_equal(undo_state_of(log), wanted);
	undo_close(log);
	cut_close(&cut);
	free(cut.disk);
	free(cut.log);
}

/* A complete overlay whose disk was altered, at @at, is applied again: the first write finds
 * that the log no longer says "complete", on stable storage. */
static void open_again(bool is_apart, size_t at)
{
	struct stage stage;
	struct cut before;
	struct error err = {0};

	stage_begin_at(&stage, SCOPE_UNTIL_BOOT, is_apart);
	expect(apply_on(&stage, stage.sink, stage.log_sink, &err), &err);
	stage.disk[at] ^= 0x55;
	remember(&stage, &before);
	recorder_clear(&stage.tape);
	assert_state_at(&stage, &before, 0, UNDO_COMPLETE);
	expect(apply_on(&stage, stage.sink, stage.log_sink, &err), &err);
	assert_state_at(&stage, &before, first_new_write(&stage), UNDO_WRITING);
	assert_state_at(&stage, &before, stage.tape.count, UNDO_COMPLETE);
	assert_true(is_like(&stage, stage.disk, stage.wanted));
	forget(&before);
	stage_end(&stage);
}

static void test_a_second_apply_says_that_it_writes(void **state)
{
	(void)state;
	open_again(false, MIB + 7);		/* the body, which was changed */
	open_again(false, MIB + 5 * CHUNK + 7); /* the body, where nothing was saved */
	open_again(false, 512 + 7);		/* the GPT alone */
	open_again(true, MIB + 7);
	open_again(true, 7); /* the MBR alone */
}

static void test_a_cut_while_it_writes(void **state)
{
	const size_t states = states_wanted() / 10;

	(void)state;
	cut_apply(SCOPE_UNTIL_BOOT, false, 3 * states);
	cut_apply(SCOPE_UNTIL_BOOT, true, states);
	cut_apply(SCOPE_FULL, false, states);
}

static void test_a_cut_while_it_goes_back(void **state)
{
	const size_t states = states_wanted() / 10;

	(void)state;
	cut_rollback(SCOPE_UNTIL_BOOT, false, states);
	cut_rollback(SCOPE_UNTIL_BOOT, true, states);
	cut_rollback(SCOPE_FULL, false, states);
}

static void test_a_cut_while_it_writes_again(void **state)
{
	const size_t states = states_wanted() / 10;

	(void)state;
	cut_second_apply(false, states);
	cut_second_apply(true, states);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_applies_and_comes_back),
		cmocka_unit_test(test_refuses_to_roll_back_a_system_that_ran),
		cmocka_unit_test(test_a_wrong_digest_brings_the_old_disk_back),
		cmocka_unit_test(test_an_image_of_another_length_is_noticed),
		cmocka_unit_test(test_every_failing_step),
		cmocka_unit_test(test_an_error_of_the_source_comes_in_its_place),
		cmocka_unit_test(test_the_order_is_that_of_one_thread),
		cmocka_unit_test(test_a_stop_at_any_place),
		cmocka_unit_test(test_a_rollback_stops_at_any_place),
		cmocka_unit_test(test_a_lying_disk_is_noticed),
		cmocka_unit_test(test_a_second_apply_says_that_it_writes),
		cmocka_unit_test(test_a_cut_while_it_writes),
		cmocka_unit_test(test_a_cut_while_it_goes_back),
		cmocka_unit_test(test_a_cut_while_it_writes_again),
	};

	threads_before = thread_count();
#ifdef __SANITIZE_THREAD__
	threads_before++; /* its own, which begins with the first one of ours */
#endif
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

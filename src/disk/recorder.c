/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

struct recorder {
	struct sink sink;
	unsigned char *bytes;
	struct recorder_tape *tape;
	unsigned disk;
	struct recorder_fault fault;
	size_t step;
};

static void tape_add(struct recorder *recorder, enum recorder_kind kind, uint64_t offset,
		     const void *bytes, size_t length)
{
	struct recorder_tape *tape = recorder->tape;
	struct recorder_step *step;

	if (tape == NULL)
		return;
	tape->steps = mem_grow(tape->steps, tape->count, sizeof(tape->steps[0]));
	step = &tape->steps[tape->count++];
	*step = (struct recorder_step){.kind = kind,
				       .disk = recorder->disk,
				       .offset = offset,
				       .length = length,
				       .bytes = mem_zero(length + 1, 1)};
	memcpy(step->bytes, bytes, length);
}

/* Whether the fault is due at this step. */
static bool is_due(struct recorder *recorder)
{
	return recorder->fault.kind != FAULT_NONE &&
	       recorder->step++ == recorder->fault.step;
}

static int recorder_read(struct sink *sink, uint64_t offset, void *buffer, size_t length,
			 struct error *err)
{
	(void)err;
	memcpy(buffer, ((struct recorder *)sink)->bytes + offset, length);
	return 0;
}

static int recorder_write(struct sink *sink, uint64_t offset, const void *buffer,
			  size_t length, struct error *err)
{
	struct recorder *recorder = (struct recorder *)sink;
	const bool is_wrong = is_due(recorder);

	if (is_wrong && recorder->fault.kind == FAULT_FAILS) {
		errno = recorder->fault.os;
		return error_sys(err, "write at byte %llu", (unsigned long long)offset);
	}
	if (is_wrong && recorder->fault.kind == FAULT_DROPPED)
		return 0;
	tape_add(recorder, STEP_WRITE, offset, buffer, length);
	memcpy(recorder->bytes + offset, buffer, length);
	if (is_wrong)
		recorder->bytes[offset + length / 2] ^= 1;
	return 0;
}

static int recorder_flush(struct sink *sink, struct error *err)
{
	struct recorder *recorder = (struct recorder *)sink;

	if (is_due(recorder) && recorder->fault.kind == FAULT_FAILS) {
		errno = recorder->fault.os;
		return error_sys(err, "flush");
	}
	tape_add(recorder, STEP_FLUSH, 0, "", 0);
	return 0;
}

static void recorder_close(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops recorder_ops = {
	.read = recorder_read,
	.write = recorder_write,
	.flush = recorder_flush,
	.close = recorder_close,
};

struct sink *recorder_open(unsigned char *bytes, uint64_t size_bytes,
			   unsigned sector_bytes, struct recorder_tape *tape,
			   unsigned disk)
{
	struct recorder *recorder = mem_zero(1, sizeof(*recorder));

	recorder->sink.ops = &recorder_ops;
	recorder->sink.size_bytes = size_bytes;
	recorder->sink.sector_bytes = sector_bytes;
	recorder->bytes = bytes;
	recorder->tape = tape;
	recorder->disk = disk;
	return &recorder->sink;
}

void recorder_plant(struct sink *sink, const struct recorder_fault *fault)
{
	((struct recorder *)sink)->fault = *fault;
	((struct recorder *)sink)->step = 0;
}

/* Where the last flush of a disk stands before @count; what is before it is safe. */
static size_t safe_until(const struct recorder_tape *tape, size_t count, unsigned disk)
{
	while (count > 0 && (tape->steps[count - 1].kind != STEP_FLUSH ||
			     tape->steps[count - 1].disk != disk))
		count--;
	return count;
}

void recorder_replay(const struct recorder_tape *tape, size_t count, unsigned disk,
		     unsigned char *bytes,
		     size_t (*keep)(void *data, const struct recorder_step *step),
		     void *data)
{
	const size_t safe = safe_until(tape, count, disk);
	const struct recorder_step *step;
	size_t i, length;

	for (i = 0; i < count; i++) {
		step = &tape->steps[i];
		if (step->kind != STEP_WRITE || step->disk != disk)
			continue;
		length = step->length;
		if (i >= safe && keep != NULL)
			length = keep(data, step);
		if (length > step->length)
			length = step->length;
		memcpy(bytes + step->offset, step->bytes, length);
	}
}

void recorder_clear(struct recorder_tape *tape)
{
	size_t i;

	for (i = 0; i < tape->count; i++)
		free(tape->steps[i].bytes);
	free(tape->steps);
	*tape = (struct recorder_tape){0};
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/** recorder.h - a sink in memory that remembers the order of all that was asked of it, so
 * that a test can make every state in which a power cut may leave a disk. */
#ifndef DISK_RECORDER_H
#define DISK_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/sink.h"

/** What can be asked. */
enum recorder_kind { STEP_WRITE, STEP_FLUSH };

/** What was asked. */
struct recorder_step {
	enum recorder_kind kind;
	unsigned disk; /* of the sinks that share a tape */
	uint64_t offset;
	size_t length;
	unsigned char *bytes;
};

/** The steps of one or more sinks in their order. */
struct recorder_tape {
	struct recorder_step *steps;
	size_t count;
};

/** How a step goes wrong. */
enum recorder_wrong { FAULT_NONE, FAULT_FAILS, FAULT_DROPPED, FAULT_CHANGED };

/** A fault that is planted: the step with this number fails, or is dropped or changed
 * without a word. */
struct recorder_fault {
	enum recorder_wrong kind;
	size_t step; /* counted over all writes and flushes of the sink */
	int os;	     /* FAULT_FAILS: errno */
};

/** Open a sink over memory.
 *
 * @bytes:  @size_bytes, changed in place; stays the caller's
 * @tape:   the steps are added; NULL: nobody looks. Stays the caller's
 * @disk:   number of this sink on the tape
 * Returns: a sink that the caller closes
 */
struct sink *recorder_open(unsigned char *bytes, uint64_t size_bytes,
			   unsigned sector_bytes, struct recorder_tape *tape,
			   unsigned disk);

/** Plant a fault. */
void recorder_plant(struct sink *sink, const struct recorder_fault *fault);

/** Do the first @count steps of the tape to @bytes, as far as they are of @disk.
 *
 * @keep:   called for each write after the disk's last flush in them: how many sectors of
 *          the write came to the disk, from its first on; NULL: all
 */
void recorder_replay(const struct recorder_tape *tape, size_t count, unsigned disk,
		     unsigned char *bytes,
		     size_t (*keep)(void *data, const struct recorder_step *step),
		     void *data);

/** Give the memory back; the tape is empty. */
void recorder_clear(struct recorder_tape *tape);

#endif

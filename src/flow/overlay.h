/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay.h - obey a plan: write an image over a disk, go back, and tell how far it is. Works on
 * sinks and a source of bytes: what these are, and who asked, is the caller's matter. */
#ifndef FLOW_OVERLAY_H
#define FLOW_OVERLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "disk/undo.h"
#include "model/plan.h"
#include "model/sink.h"
#include "model/stream.h"

/** Where the image's bytes come from. */
struct overlay_source {
	/* Begin at the first byte of the disk image; asked twice. */
	int (*open)(void *data, struct stream **out, struct error *err);
	/* Whether what came is what had to come; asked once the stream told its end.
	 * Errors: ERROR_VERIFY. */
	int (*check)(void *data, struct error *err);
	/* Whether the disk may boot by it, asked once the body was read back, before any boot
	 * range is written. Errors: any; it ends there, with the way on and back. */
	int (*before_boot)(void *data, struct error *err); /* NULL: it may */
	void *data;					   /* of all three */
};

/** How far it is. */
struct overlay_progress {
	const char
		*phase; /* "keeping", "writing", "reading back", "boot", "rolling back" */
	uint64_t done_bytes, total_bytes;
	uint64_t written_bytes; /* so far, zeros included */
};

/** What is to be done, and with what. */
struct overlay_work {
	const struct plan *plan;
	const char *plan_json; /* kept in a new log */
	struct overlay_source source;
	struct sink *disk;
	struct sink *log; /* may be the disk; NULL: scope none */
	void (*progress)(void *data, const struct overlay_progress *progress);
	bool (*is_stopped)(void *data); /* asked after each batch */
	void *data;
};

/** What happened. */
struct overlay_outcome {
	uint64_t written_bytes, equal_bytes; /* of the plan's ranges */
	uint64_t saved_bytes;		     /* old bytes that went to the log */
	bool has_log;
	enum undo_state state;	  /* of the log */
	uint64_t log_saved_bytes; /* old bytes that are in it, of earlier sessions too */
	uint64_t log_used_bytes, log_all_bytes;
	bool was_resumed;
	bool was_rolled_back; /* the digest was wrong, and the old disk is there again */
};

/** Write the image over the disk. Called again, it goes on, and at the end it writes nothing.
 *
 * @out:    filled as far as it went, also on failure
 * Errors:  ERROR_INTERRUPTED, ERROR_SYSTEM, ERROR_INPUT, ERROR_REFUSED before the first byte was
 *          written; ERROR_VERIFY when the digest or the read-back is wrong; ERROR_WRITTEN for
 *          all others once a byte was written, with the state and the next step
 * Returns: 0 or -1
 */
nodiscard int overlay_apply(const struct overlay_work *work, struct overlay_outcome *out,
			    struct error *err);

/** Who is told how far it is, and who may stop it. */
struct overlay_watch {
	void (*progress)(void *data, const struct overlay_progress *progress);
	bool (*is_stopped)(void *data); /* NULL: nobody */
	void *data;
};

/** Bring the old disk back from its log.
 *
 * @log:    open; its sink may be the disk
 * @watch:  NULL: nobody is told, and nobody stops it
 * Errors:  ERROR_REFUSED when the new system has run (scope until-boot), with the reason;
 *          ERROR_INTERRUPTED before the first byte was written; ERROR_WRITTEN, ERROR_VERIFY,
 *          ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int overlay_rollback(struct undo *log, struct sink *disk,
			       const struct overlay_watch *watch, struct error *err);

#endif

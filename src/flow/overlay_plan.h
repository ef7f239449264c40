/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_plan.h - decide how an image is to be written over a disk. Nothing is written, but the
 * unlinked spool of an image that cannot seek. */
#ifndef FLOW_OVERLAY_PLAN_H
#define FLOW_OVERLAY_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "guest/fix.h"
#include "image/image.h"
#include "image/sums.h"
#include "model/plan.h"

/** What is asked for. */
struct overlay_request {
	const char *image; /* path, "-", or a http(s) address */
	const char *disk;
	bool is_file;	      /* the disk is a regular file */
	const char *platform; /* the machine that is to start from it; NULL: this one */
	struct sums_request sums;
	bool no_digest;
	enum plan_scope scope;
	const char *undo;	/* file or device for the log; NULL: in the disk's tail */
	const char *waived[16]; /* names of checks */
	size_t waived_count;
	uint32_t chunk_bytes; /* 0: PLAN_CHUNK_BYTES */
	struct image_options options;
	bool want_adapt; /* the image's system is made to fit the machine on the way */
	struct fix_wishes wishes;
	int64_t time_s; /* of what that changes, since 1970 */
};

/** Make of standard input, where it is the image and a pipe, what can be read twice: a spool takes
 * its place. Called before overlay_plan, by the process that will also apply.
 *
 * @image:  as named; all but "-" is left alone
 * @is_unseen: whether that it cannot be looked into is waived
 * Errors:  ERROR_REFUSED when there is no room for it: "unseen: ...", or, waived, "read-twice: ...";
 *          those of a stream
 * Returns: 0 or -1
 */
nodiscard int overlay_take_input(const char *image, bool is_unseen,
				 const struct image_options *options, struct error *err);

/** Decide. Every refusal is a check in @out; whether one refuses, plan_refusal tells.
 *
 * @out:    zeroed by the caller, who clears it, also on failure
 * Errors:  ERROR_USAGE (a name that cannot be waived, options that need each other),
 *          ERROR_INPUT (the image is damaged), ERROR_SYSTEM, ERROR_INTERRUPTED
 * Returns: 0 or -1
 */
nodiscard int overlay_plan(const struct overlay_request *request, struct plan *out,
			   struct error *err);

/** Whether a plan is what a request asks for: the same image, digest, scope and place of the log,
 * so that an interrupted apply can go on.
 *
 * @image:  as the request names it
 */
bool overlay_is_plan_for(const struct plan *plan, const struct overlay_request *request,
			 const char *image);

/** SHA-256 over the first and the last MiB of a disk: whether it is still as it was planned.
 *
 * Errors:  those of the blocks
 * Returns: 0 or -1
 */
nodiscard int overlay_ends_of(struct blocks *disk, char out[PLAN_DIGEST_TEXT],
			      struct error *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_fetch.h - the image's bytes piece by piece: read, decoded and hashed as they were
 * published in a thread of its own, some pieces ahead of who writes them. */
#ifndef FLOW_OVERLAY_FETCH_H
#define FLOW_OVERLAY_FETCH_H

#include "base/error.h"
#include "flow/overlay_pieces.h"
#include "model/plan.h"
#include "model/stream.h"

struct fetch;

/** What is to stand where a piece is: the image's bytes, zeros beyond its end, with the edits
 * over them.
 *
 * @stream: stands before the piece, or at it
 * @out:    its bytes are filled; undefined on failure
 * Errors:  ERROR_INPUT when the image is shorter than the plan says; those of the stream
 * Returns: 0 or -1
 */
nodiscard int fetch_fill(const struct plan *plan, struct stream *stream,
			 const struct piece *piece, struct chunk *out, struct error *err);

/** Begin to fetch all pieces in the order of their offsets. What is given here stays the
 * caller's, who must not touch the stream before fetch_close.
 *
 * @out:    closed by fetch_close
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int fetch_open(const struct plan *plan, struct stream *stream,
			 const struct pieces *pieces, struct fetch **out,
			 struct error *err);

/** The next piece, of which there is one; an error comes in the place of the piece that could
 * not be fetched, and ends it.
 *
 * @out:    valid until the next call; its buffer may be exchanged for another one
 * Errors:  those of fetch_fill
 * Returns: 0 or -1
 */
nodiscard int fetch_next(struct fetch *fetch, struct chunk **out, struct error *err);

/** End; the stream is the caller's again, and stands somewhere unless all pieces were taken.
 * NULL is harmless. */
void fetch_close(struct fetch *fetch);

#endif

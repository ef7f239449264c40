/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_run.h - overlays on the disks of this machine: open what a plan names, check that
 * nothing moved, and obey. */
#ifndef FLOW_OVERLAY_RUN_H
#define FLOW_OVERLAY_RUN_H

#include "disk/sink_open.h"
#include "flow/overlay.h"
#include "flow/overlay_plan.h"

/** A disk, and the undo log that belongs to it. Start zeroed. */
struct overlay_disk {
	struct sink *disk, *log_sink; /* the same for a log in the disk's tail */
	struct undo *log;	      /* NULL: there is none */
	char *path;
	bool is_changed; /* its table may be another now: the kernel is told when it is closed */
	uint64_t gone_bytes; /* start of the partition that was taken out; 0: none */
};

/** Open a disk and look for its log, in its tail or in @undo.
 *
 * @undo:   file or device; NULL: the tail
 * @mode:   of the disk and of the log
 * @out:    zeroed; closed by overlay_disk_close, also on failure
 * Errors:  ERROR_REFUSED (no disk, in use), ERROR_INPUT (a damaged log), ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int overlay_disk_open(const char *path, bool is_file, const char *undo,
				enum sink_mode mode, struct overlay_disk *out,
				struct error *err);

/** Close it. */
void overlay_disk_close(struct overlay_disk *disk);

/** Obey a plan: every line of it that can move is checked again first.
 *
 * @plan_json: the plan as it is kept in the log
 * @out:    filled as far as it went
 * Errors:  ERROR_REFUSED: something moved, or uses the disk now; those of overlay_apply
 * Returns: 0 or -1
 */
nodiscard int overlay_run_apply(const struct plan *plan, const char *plan_json,
				const struct image_options *options,
				const struct overlay_watch *watch,
				struct overlay_outcome *out, struct error *err);

/** Bring the old disk back.
 *
 * @disk:   opened for writing
 * Errors:  ERROR_REFUSED when there is no log; those of overlay_rollback
 * Returns: 0 or -1
 */
nodiscard int overlay_run_rollback(struct overlay_disk *disk,
				   const struct overlay_watch *watch, struct error *err);

/** Keep the new system: the moult partition leaves the table, and the log is forgotten. The new
 * system may be the one that runs. Where the body is there and the boot ranges are not, as when a
 * judgement stopped it, they are written first.
 *
 * @disk:   opened for writing, SINK_SHARED is enough
 * Errors:  ERROR_REFUSED when there is no log, or the body is not there; those of overlay_apply;
 *          ERROR_WRITTEN
 * Returns: 0 or -1
 */
nodiscard int overlay_run_commit(struct overlay_disk *disk, struct error *err);

#endif

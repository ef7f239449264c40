/* SPDX-License-Identifier: GPL-2.0-or-later */
/** plan.h - an overlay as it was decided: the only thing that apply obeys. Plain facts; all
 * places and lengths are bytes of the disk. */
#ifndef MODEL_PLAN_H
#define MODEL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/platform.h"
#include "model/prediction.h"

enum {
	PLAN_CHUNK_BYTES = 1024 * 1024,
	PLAN_ID_TEXT = 33,	     /* 128 random bits in hexadecimal */
	PLAN_DIGEST_TEXT = 65,	     /* SHA-256 in hexadecimal */
	PLAN_LINE_MOST_BYTES = 1023, /* of a check, a step, what a prediction says */
	PLAN_EVIDENCE_MOST = 16	     /* of a link of the prediction */
};

/** What of the old disk can come back. */
enum plan_scope {
	SCOPE_UNTIL_BOOT, /* what apply changes; until the new system has run */
	SCOPE_FULL, /* every chunk that the old systems use and the new one can reach */
	SCOPE_ALL,  /* every chunk of the disk; the log lies outside it */
	SCOPE_NONE,
	SCOPE_COUNT
};

/** Names of the scopes: "until-boot", "full", "all", "none". */
extern const char *const plan_scope_names[SCOPE_COUNT];

/** Where the undo log lies. */
enum plan_undo { UNDO_NONE, UNDO_TAIL, UNDO_FILE, UNDO_DEVICE, UNDO_COUNT };

/** Names of the places: "none", "tail", "file", "device". */
extern const char *const plan_undo_names[UNDO_COUNT];

/** The disk that is written over, as it was seen; NULL or "": it has none. */
struct plan_disk {
	char *path;
	bool is_file; /* a regular file */
	uint64_t size_bytes;
	unsigned sector_bytes;
	char *serial, *wwn, *model;
	char *table_id; /* of the old partition table */
	char *confirm; /* what has to be typed: serial, WWN, table id, or a file's base name */
	char **content_ids; /* UUIDs of what lies on it */
	size_t content_count;
	/* SHA-256 over the first and last MiB as they were: whether anything moved */
	char ends_sha256[PLAN_DIGEST_TEXT];
};

/** The image. */
struct plan_image {
	char *name;		       /* as given; made absolute when it is a file */
	char *layers;		       /* "xz, raw" */
	char sha256[PLAN_DIGEST_TEXT]; /* required of the published bytes; "": not */
	char sha512[129];
	bool no_digest;	     /* asked for: nothing is required */
	uint64_t size_bytes; /* expanded */
	uint64_t published_bytes;
	char *system; /* "Debian GNU/Linux 12 (bookworm)"; NULL: none found */
};

/** Bytes that stand in place of the image's, or beyond its end. */
struct plan_edit {
	uint64_t offset;
	size_t length;
	unsigned char *bytes;
	char *reason;
	bool is_guest; /* of the system's files and boot blocks: the lines tell what for */
};

/** A thing that is changed in the guest. */
struct plan_line {
	char *fixer, *place, *what;
	char *prevents; /* the failure without it */
};

/** When a range is written. */
enum plan_phase {
	PHASE_BODY, /* first, in any order */
	PHASE_BOOT, /* after the read-back, in the order of the plan */
	PHASE_COUNT
};

/** Names of the phases: "body", "boot". */
extern const char *const plan_phase_names[PHASE_COUNT];

/** A range that is written: the image's bytes, zeros beyond its end, with the edits over
 * them. */
struct plan_range {
	uint64_t offset, length;
	enum plan_phase phase;
	char *what; /* "image", "MBR", "GPT backup", "stale linux_raid_member" */
};

/** A range that is saved whether it is changed or not, for the scopes full and all. */
struct plan_keep {
	uint64_t offset, length;
};

/** How a check ended. */
enum plan_verdict { CHECK_GOOD, CHECK_WAIVED, CHECK_REFUSED, CHECK_COUNT };

/** Names of the verdicts: "good", "waived", "refused". */
extern const char *const plan_verdict_names[CHECK_COUNT];

/** A refusal that was looked for. */
struct plan_check {
	const char *name; /* a row of plan_check_rows */
	enum plan_verdict verdict;
	char *text; /* what was seen; for a refusal with the next step in it */
};

/** What can be refused. */
struct plan_check_row {
	const char *name;
	bool can_waive; /* a judgement; what protects data cannot be waived */
};

/** All of them; ends in a row without name. */
extern const struct plan_check_row plan_check_rows[];

/** A plan; start zeroed. */
struct plan {
	char id[PLAN_ID_TEXT];
	int64_t created_s; /* since 1970, UTC */
	uint32_t chunk_bytes;
	struct plan_disk disk;
	struct plan_image image;
	enum plan_scope scope;
	enum plan_undo undo;
	char *undo_path;		  /* of a file or device; NULL in the tail */
	uint64_t undo_offset, undo_bytes; /* the log's area; in the tail on the disk */
	uint64_t partition_offset, partition_bytes; /* the moult partition; 0: none */
	struct plan_range *ranges;
	size_t range_count;
	struct plan_edit *edits;
	size_t edit_count;
	struct plan_keep *keeps; /* ascending */
	size_t keep_count;
	struct plan_check *checks;
	size_t check_count;
	char **steps; /* that the program cannot do itself */
	size_t step_count;
	bool is_adapted; /* to the machine; what that changes: lines, and edits of the guest */
	struct plan_line *lines;
	size_t line_count;
	struct platform platform;     /* the machine that is to start from the disk */
	struct prediction prediction; /* whether the image will, edits included */
};

/** Add a range; neighbours of one phase and name are joined. Empty ones are left out. */
void plan_add_range(struct plan *plan, enum plan_phase phase, uint64_t offset,
		    uint64_t length, const char *what);

/** Add an edit; the bytes are copied. */
void plan_add_edit(struct plan *plan, uint64_t offset, const void *bytes, size_t length,
		   const char *reason);

/** Add a line; each text is copied, and cut to PLAN_LINE_MOST_BYTES. */
void plan_add_line(struct plan *plan, const char *fixer, const char *place,
		   const char *what, const char *prevents);

/** Add a range to keep, behind all others; neighbours are joined. */
void plan_add_keep(struct plan *plan, uint64_t offset, uint64_t length);

/** Add a check. @name: of a row */
void plan_add_check(struct plan *plan, const char *name, enum plan_verdict verdict,
		    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/** Add a step that the user does. */
void plan_add_step(struct plan *plan, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** The row of a check. Returns: NULL when there is none of that name */
const struct plan_check_row *plan_check_row_of(const char *name);

/** The first check that refuses. Returns: NULL when there is none */
const struct plan_check *plan_refusal(const struct plan *plan);

/** Put the edits that touch a range over its bytes. */
void plan_lay_edits(const struct plan *plan, uint64_t offset, void *bytes, size_t length);

/** Whether a plan can be obeyed at all: ranges and edits lie on the disk, in whole sectors,
 * ranges do not overlap each other, and none lies in the log's area; edits lie in ranges;
 * what is kept lies on the disk, ascends and is not in the log's area.
 *
 * Errors:  ERROR_INPUT
 * Returns: 0 or -1
 */
nodiscard int plan_check_shape(const struct plan *plan, struct error *err);

/** Give the memory back; the plan is zeroed. */
void plan_clear(struct plan *plan);

#endif

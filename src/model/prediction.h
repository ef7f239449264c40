/* SPDX-License-Identifier: GPL-2.0-or-later */
/** prediction.h - whether a system will boot on a machine, be reached there and let somebody in:
 * three chains of links, each judged with its evidence and with what would mend it. */
#ifndef MODEL_PREDICTION_H
#define MODEL_PREDICTION_H

#include <stddef.h>

#include "base/error.h"
#include "model/guest.h"

/** What is asked. */
enum prediction_chain {
	CHAIN_BOOT,  /* it comes up */
	CHAIN_REACH, /* and answers on the network */
	CHAIN_LOGIN, /* and somebody gets in */
	CHAIN_COUNT
};

/** Names of the chains: "boot", "reach", "login". */
extern const char *const prediction_chain_names[CHAIN_COUNT];

/** How a link stands; a later one is worse. */
enum prediction_verdict {
	PREDICT_HOLDS,
	PREDICT_UNKNOWN, /* cannot be told from what lies on the disk */
	PREDICT_BROKEN,
	PREDICT_VERDICT_COUNT
};

/** Names of the verdicts: "holds", "unknown", "broken". */
extern const char *const prediction_verdict_names[PREDICT_VERDICT_COUNT];

/** The links, each of one chain, in the order in which they are needed. */
enum prediction_step {
	STEP_FIRMWARE,
	STEP_BOOT_BLOCKS,
	STEP_LOADER,
	STEP_KERNEL,
	STEP_INITRAMFS,
	STEP_ROOT,
	STEP_FSTAB,
	STEP_NIC,
	STEP_NETWORK,
	STEP_ADDRESS,
	STEP_CLOUD,
	STEP_SSH, /* this one and the next are two ways in: one is enough */
	STEP_CONSOLE,
	STEP_COUNT
};

/** Name and chain of each link. */
struct prediction_step_row {
	const char *name; /* "boot-blocks" */
	enum prediction_chain chain;
};
extern const struct prediction_step_row prediction_steps[STEP_COUNT];

/** What would mend a link. */
enum prediction_fixer {
	FIXER_NONE,
	FIXER_GRUB_BIOS,
	FIXER_GRUB_UEFI,
	FIXER_LOADER,
	FIXER_RECORDFAIL,
	FIXER_ROOT_ARGUMENT,
	FIXER_CONSOLE,
	FIXER_INITRAMFS,
	FIXER_FSTAB,
	FIXER_NETWORK,
	FIXER_CLOUD_INIT,
	FIXER_SSH_KEYS,
	FIXER_COUNT
};

/** Name of each fixer, and what it does. */
struct prediction_fixer_row {
	const char *name; /* "initramfs-drivers" */
	const char *does; /* "adds the missing drivers to the initramfs" */
};
extern const struct prediction_fixer_row prediction_fixers[FIXER_COUNT];

/** What was seen. */
struct prediction_evidence {
	char *source; /* a path of the guest, a place on the disk, or "platform" */
	char *text;   /* what stands there */
};

/** A link of a chain. */
struct prediction_link {
	enum prediction_verdict verdict;
	char *says; /* one sentence; NULL: it was not judged */
	struct prediction_evidence *evidence;
	size_t evidence_count;
	enum prediction_fixer fixer;
};

/** In what a system can be for another machine as a whole. */
enum prediction_mismatch {
	MISMATCH_FIRMWARE,
	MISMATCH_ARCHITECTURE,
	MISMATCH_CPU_LEVEL,
	MISMATCH_COUNT
};

/** Names of these: "firmware", "architecture", "cpu-level". */
extern const char *const prediction_mismatch_names[MISMATCH_COUNT];

/** All of it; start zeroed. */
struct prediction {
	char *image, *platform; /* names */
	char *system;		/* in the image; NULL: none was found */
	struct prediction_link links[STEP_COUNT];
	struct guest_words provider;	  /* what the provider must be told */
	char *mismatches[MISMATCH_COUNT]; /* one sentence; NULL: it fits */
};

/** Say how a link stands; a worse verdict than before replaces the sentence, an equal or better one
 * changes nothing.
 *
 * @fmt:    one sentence, lower case, without full stop
 */
void prediction_judge(struct prediction *prediction, enum prediction_step step,
		      enum prediction_verdict verdict, enum prediction_fixer fixer,
		      const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/** Say that a link is broken, as the system is for another machine as a whole. @fmt: as for
 * prediction_judge */
void prediction_add_mismatch(struct prediction *prediction, enum prediction_step step,
			     enum prediction_mismatch mismatch,
			     enum prediction_fixer fixer, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/** Add what was seen; the text is formatted. */
void prediction_add_evidence(struct prediction *prediction, enum prediction_step step,
			     const char *source, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** Add a step for the provider, once. */
void prediction_add_provider(struct prediction *prediction, const char *text);

/** How a chain stands: as its worst link does; of the two ways in, as the better one. */
enum prediction_verdict prediction_of_chain(const struct prediction *prediction,
					    enum prediction_chain chain);

/** The first link of a chain that is as bad as the chain. Returns: it, STEP_COUNT when it holds */
enum prediction_step prediction_first_bad(const struct prediction *prediction,
					  enum prediction_chain chain);

/** Cut what a hostile guest could make endless. @text_most: bytes of a text. @evidence_most: of a
 * link */
void prediction_cut(struct prediction *prediction, size_t text_most,
		    size_t evidence_most);

/** The kind of error that follows: ERROR_VERIFY when it is not sure to boot, ERROR_PARTIAL when only
 * reach or login is not sure, ERROR_NONE. */
enum error_kind prediction_error(const struct prediction *prediction);

/** Give the memory back. */
void prediction_clear(struct prediction *prediction);

#endif

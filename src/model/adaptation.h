/* SPDX-License-Identifier: GPL-2.0-or-later */
/** adaptation.h - what makes the system of an image fit a machine: lines with reasons, what was
 * not done, and how the prediction stands before and after. */
#ifndef MODEL_ADAPTATION_H
#define MODEL_ADAPTATION_H

#include <stddef.h>

#include "model/guest.h"
#include "model/prediction.h"

/** One thing that is changed. */
struct adaptation_line {
	const char *fixer; /* its name; static */
	char *place; /* path of the guest, "ESP:/EFI/BOOT/BOOTX64.EFI", or "bytes 0 to 439" */
	char *what;  /* "root=/dev/xvda1 becomes root=UUID=... in 4 lines" */
	char *prevents; /* the failure: "the initramfs waits for /dev/xvda1 and gives up" */
};

/** One thing that was not done, and has to be known. */
struct adaptation_gap {
	const char *fixer; /* its name; static */
	char *place;
	char *reason; /* one sentence, lower case, without full stop */
};

/** All of it; start zeroed. */
struct adaptation {
	char *image, *platform; /* names */
	struct adaptation_line *lines;
	size_t line_count;
	struct adaptation_gap *gaps;
	size_t gap_count;
	struct prediction before, after;
};

/** Add a line; texts are copied. */
void adaptation_add_line(struct adaptation *adaptation, const char *fixer,
			 const char *place, const char *what, const char *prevents);

/** Add what was not done; texts are copied. The same again is added once. */
void adaptation_add_gap(struct adaptation *adaptation, const char *fixer,
			const char *place, const char *reason);

/** Give the memory back. */
void adaptation_clear(struct adaptation *adaptation);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/** compared.h - all that is said of two runs: what `moult compare` shows. */
#ifndef MODEL_COMPARED_H
#define MODEL_COMPARED_H

#include "model/compare.h"
#include "model/explanation.h"

/** Two runs, compared and explained; start zeroed. */
struct compared {
	const struct run *first, *second; /* somebody else's */
	struct comparison comparison;
	struct explanation explanation; /* ends with explanation_clear */
	bool has_split;			/* both were measured in both profiles */
	struct compare_split split;
};

#endif

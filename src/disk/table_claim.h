/* SPDX-License-Identifier: GPL-2.0-or-later */
/** table_claim.h - ranges that are committed in an order, none over another: what two of
 * them want belongs to the later one. */
#ifndef DISK_TABLE_CLAIM_H
#define DISK_TABLE_CLAIM_H

#include <stddef.h>
#include <stdint.h>

#include "model/plan.h"

/** A range that is wanted. */
struct table_claim {
	uint64_t start, end; /* bytes, whole sectors */
	const char *what;
};

/** Claims in the order in which they are committed; start zeroed. */
struct table_claims {
	struct table_claim *list;
	size_t count;
	uint64_t limit; /* nothing beyond it is claimed */
	unsigned sector_bytes;
};

#define autoclaims __attribute__((cleanup(table_claims_clear)))

/** Claim the whole sectors that hold a range; what lies beyond the limit is left out. */
void table_claim(struct table_claims *claims, uint64_t start, uint64_t length,
		 const char *what);

/** Add a range as body: what of it no claim takes, ascending. */
void table_claims_add_body(const struct table_claims *claims, uint64_t start,
			   uint64_t end, const char *what, struct plan *plan);

/** Add all claims as boot ranges. */
void table_claims_add_boot(const struct table_claims *claims, struct plan *plan);

/** Give the memory back. */
void table_claims_clear(struct table_claims *claims);

#endif

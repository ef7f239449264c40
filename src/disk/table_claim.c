/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/table_claim.h"

#include <stdlib.h>

#include "base/str.h"

void table_claim(struct table_claims *claims, uint64_t start, uint64_t length,
		 const char *what)
{
	const unsigned sector = claims->sector_bytes;
	uint64_t end = claims->limit;

	if (length == 0 || start >= claims->limit)
		return;
	if (length < claims->limit - start)
		end = start + length;
	end = end + (sector - end % sector) % sector;
	claims->list = mem_grow(claims->list, claims->count, sizeof(*claims->list));
	claims->list[claims->count++] = (struct table_claim){
		.start = start - start % sector, .end = end, .what = what};
}

/* The end of what is free from @at on, at most @end. Returns: @at when it is taken, and
 * @out_next is then behind the claim that takes it. */
static uint64_t free_until(const struct table_claims *claims, size_t first, uint64_t at,
			   uint64_t end, uint64_t *out_next)
{
	const struct table_claim *claim;
	size_t i;

	for (i = first; i < claims->count; i++) {
		claim = &claims->list[i];
		if (claim->start <= at && at < claim->end) {
			*out_next = claim->end;
			return at;
		}
		if (claim->start > at && claim->start < end)
			end = claim->start;
	}
	*out_next = end;
	return end;
}

/* What of a range no claim from @first on takes. */
static void add_rest(const struct table_claims *claims, size_t first,
		     const struct table_claim *range, enum plan_phase phase,
		     struct plan *plan)
{
	uint64_t at = range->start, next, end;

	for (; at < range->end; at = next) {
		end = free_until(claims, first, at, range->end, &next);
		plan_add_range(plan, phase, at, end - at, range->what);
	}
}

void table_claims_add_body(const struct table_claims *claims, uint64_t start,
			   uint64_t end, const char *what, struct plan *plan)
{
	const struct table_claim body = {.start = start, .end = end, .what = what};

	add_rest(claims, 0, &body, PHASE_BODY, plan);
}

void table_claims_add_boot(const struct table_claims *claims, struct plan *plan)
{
	size_t i;

	for (i = 0; i < claims->count; i++)
		add_rest(claims, i + 1, &claims->list[i], PHASE_BOOT, plan);
}

void table_claims_clear(struct table_claims *claims)
{
	free(claims->list);
	claims->list = NULL;
	claims->count = 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/compare.h"

#include "explain/explain.h"

/* The split is an extra: two pinned runs that may not be compared leave it out. */
static bool can_split(const struct compare_side *first, const struct compare_side *second)
{
	return first->pinned != NULL && second->pinned != NULL &&
	       compare_check(first->pinned, second->pinned, NULL) == 0;
}

int flow_compare(const struct compare_side *first, const struct compare_side *second,
		 struct compared *out, struct error *err)
{
	struct comparison pinned;

	if (compare_check(first->run, second->run, err) != 0)
		return -1;
	out->first = first->run;
	out->second = second->run;
	compare_runs(first->run, second->run, &out->comparison);
	explain_runs(first->run, second->run, &out->comparison, &out->explanation);
	if (!can_split(first, second))
		return 0;
	compare_runs(first->pinned, second->pinned, &pinned);
	compare_split(&out->comparison, &pinned, &out->split);
	out->has_split = out->split.test_count > 0;
	return 0;
}

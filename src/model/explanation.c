/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/explanation.h"

#include <stdlib.h>

#include "base/str.h"

void explanation_add(struct explanation *explanation, const struct cause *cause,
		     const char *first, const char *second)
{
	struct cause *copy;

	explanation->causes = mem_grow(explanation->causes, explanation->cause_count,
				       sizeof(*explanation->causes));
	copy = &explanation->causes[explanation->cause_count++];
	*copy = *cause;
	copy->first = str_copy(first);
	copy->second = str_copy(second);
}

void explanation_clear(struct explanation *explanation)
{
	size_t i;

	for (i = 0; i < explanation->cause_count; i++) {
		free(explanation->causes[i].first);
		free(explanation->causes[i].second);
	}
	free(explanation->causes);
	*explanation = (struct explanation){0};
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/adaptation.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

void adaptation_add_line(struct adaptation *adaptation, const char *fixer,
			 const char *place, const char *what, const char *prevents)
{
	adaptation->lines = mem_grow(adaptation->lines, adaptation->line_count,
				     sizeof(*adaptation->lines));
	adaptation->lines[adaptation->line_count++] =
		(struct adaptation_line){.fixer = fixer,
					 .place = str_copy(place),
					 .what = str_copy(what),
					 .prevents = str_copy(prevents)};
}

static bool has_gap(const struct adaptation *adaptation, const char *fixer,
		    const char *place, const char *reason)
{
	size_t i;

	for (i = 0; i < adaptation->gap_count; i++)
		if (strcmp(adaptation->gaps[i].fixer, fixer) == 0 &&
		    strcmp(adaptation->gaps[i].place, place) == 0 &&
		    strcmp(adaptation->gaps[i].reason, reason) == 0)
			return true;
	return false;
}

void adaptation_add_gap(struct adaptation *adaptation, const char *fixer,
			const char *place, const char *reason)
{
	if (has_gap(adaptation, fixer, place, reason))
		return;
	adaptation->gaps = mem_grow(adaptation->gaps, adaptation->gap_count,
				    sizeof(*adaptation->gaps));
	adaptation->gaps[adaptation->gap_count++] = (struct adaptation_gap){
		.fixer = fixer, .place = str_copy(place), .reason = str_copy(reason)};
}

void adaptation_clear(struct adaptation *adaptation)
{
	size_t i;

	for (i = 0; i < adaptation->line_count; i++) {
		free(adaptation->lines[i].place);
		free(adaptation->lines[i].what);
		free(adaptation->lines[i].prevents);
	}
	for (i = 0; i < adaptation->gap_count; i++) {
		free(adaptation->gaps[i].place);
		free(adaptation->gaps[i].reason);
	}
	free(adaptation->lines);
	free(adaptation->gaps);
	free(adaptation->image);
	free(adaptation->platform);
	prediction_clear(&adaptation->before);
	prediction_clear(&adaptation->after);
	*adaptation = (struct adaptation){0};
}

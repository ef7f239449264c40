/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/overlay_adapt.h"

#include "base/str.h"
#include "flow/adapt.h"

enum { EDIT_MOST_BYTES = 4 << 20 };

/* Bytes that lie behind each other become one edit. */
struct gather {
	struct plan *plan;
	uint64_t offset;
	struct str bytes;
};

static void end_edit(struct gather *gather)
{
	struct plan *plan = gather->plan;

	if (gather->bytes.length == 0)
		return;
	plan_add_edit(plan, gather->offset, gather->bytes.bytes, gather->bytes.length,
		      "of the guest");
	plan->edits[plan->edit_count - 1].is_guest = true;
	str_clear(&gather->bytes);
}

static int take_bytes(uint64_t offset, const void *bytes, size_t length, void *data,
		      struct error *err)
{
	struct gather *gather = data;

	(void)err;
	if (offset != gather->offset + gather->bytes.length ||
	    gather->bytes.length + length > EDIT_MOST_BYTES)
		end_edit(gather);
	if (gather->bytes.length == 0)
		gather->offset = offset;
	str_add_bytes(&gather->bytes, bytes, length);
	return 0;
}

/* What was worked out goes into the plan, the prediction of what it makes as well. */
static void take_adaptation(struct adaptation *adaptation, struct plan *plan)
{
	size_t i;

	for (i = 0; i < adaptation->line_count; i++)
		plan_add_line(plan, adaptation->lines[i].fixer,
			      adaptation->lines[i].place, adaptation->lines[i].what,
			      adaptation->lines[i].prevents);
	for (i = 0; i < adaptation->gap_count; i++)
		plan_add_step(plan, "what %s could not do: %s: %s",
			      adaptation->gaps[i].fixer, adaptation->gaps[i].place,
			      adaptation->gaps[i].reason);
	plan->prediction = adaptation->after;
	adaptation->after = (struct prediction){0};
	plan->is_adapted = true;
}

int overlay_adapt(const struct overlay_request *request, struct blocks *image,
		  struct plan *plan, struct error *err)
{
	const struct adapt_request wanted = {.name = plan->image.name,
					     .platform = &plan->platform,
					     .wishes = request->wishes,
					     .time_s = request->time_s};
	struct gather gather = {.plan = plan, .bytes = STR_EMPTY};
	struct adapt adapt = {0};
	int result = adapt_plan(&adapt, image, &wanted, err);

	if (result == 0)
		result = adapt_ranges(&adapt, take_bytes, &gather, err);
	if (result == 0) {
		end_edit(&gather);
		take_adaptation(&adapt.out, plan);
	} else {
		(void)error_frame(err, "--adapt cannot be done on the way: leave it out, "
				       "and run 'moult adapt' on the disk afterwards");
	}
	str_clear(&gather.bytes);
	adapt_close(&adapt);
	return result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/adaptation_json.h"

#include "record/prediction_object.h"

static json_t *line_object(const struct adaptation_line *line)
{
	json_t *object = json_object();

	json_put_text(object, "fixer", line->fixer);
	json_put_text(object, "place", line->place);
	json_put_text(object, "what", line->what);
	json_put_text(object, "prevents", line->prevents);
	return object;
}

static json_t *gap_object(const struct adaptation_gap *gap)
{
	json_t *object = json_object();

	json_put_text(object, "fixer", gap->fixer);
	json_put_text(object, "place", gap->place);
	json_put_text(object, "reason", gap->reason);
	return object;
}

void record_write_adaptation(const struct adaptation *adaptation, bool is_written,
			     struct str *out)
{
	json_t *root = json_object(), *lines = json_array(), *gaps = json_array();
	size_t i;

	json_put_text(root, "schema", "moult.adapt/1");
	json_put_text(root, "image", adaptation->image);
	json_put_text(root, "platform", adaptation->platform);
	json_put(root, "written", json_boolean(is_written));
	for (i = 0; i < adaptation->line_count; i++)
		(void)json_array_append_new(lines, line_object(&adaptation->lines[i]));
	json_put(root, "lines", lines);
	for (i = 0; i < adaptation->gap_count; i++)
		(void)json_array_append_new(gaps, gap_object(&adaptation->gaps[i]));
	json_put(root, "gaps", gaps);
	json_put(root, "before", record_prediction_object(&adaptation->before));
	json_put(root, "after", record_prediction_object(&adaptation->after));
	json_put_end(root, out);
}

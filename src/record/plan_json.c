/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/plan_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "record/json_field.h"
#include "record/json_machine.h"
#include "record/json_put.h"
#include "record/json_take.h"
#include "record/prediction_object.h"

#define SCHEMA "moult.plan/1"

/* Rows of a table of fields; a text has at most PLAN_JSON_TEXT_MOST_BYTES unless said. */
#define ROW(key, kind, type, member)                                                     \
	{                                                                                \
		key, kind, offsetof(struct type, member), PLAN_JSON_TEXT_MOST_BYTES,     \
			NULL                                                             \
	}
#define LINE(key, type, member)                                                          \
	{                                                                                \
		key, FIELD_TEXT, offsetof(struct type, member), PLAN_LINE_MOST_BYTES,    \
			NULL                                                             \
	}
#define HEX(key, kind, type, member)                                                     \
	{                                                                                \
		key, kind, offsetof(struct type, member),                                \
			sizeof(((struct type *)NULL)->member), NULL                      \
	}
#define NAME(key, type, member, list, count)                                             \
	{                                                                                \
		key, FIELD_NAME, offsetof(struct type, member), count, list              \
	}
#define OTHER(key)                                                                       \
	{                                                                                \
		key, FIELD_OTHER, 0, 0, NULL                                             \
	}
#define END                                                                              \
	{                                                                                \
		NULL, FIELD_OTHER, 0, 0, NULL                                            \
	}

_Static_assert(sizeof(enum plan_scope) == sizeof(unsigned) &&
		       sizeof(enum plan_undo) == sizeof(unsigned) &&
		       sizeof(enum plan_phase) == sizeof(unsigned) &&
		       sizeof(enum plan_verdict) == sizeof(unsigned),
	       "FIELD_NAME is read as an unsigned");

static const struct json_field plan_fields[] = {
	OTHER("schema"),
	HEX("id", FIELD_HEX, plan, id),
	ROW("created_s", FIELD_TIME, plan, created_s),
	ROW("chunk_bytes", FIELD_UNSIGNED, plan, chunk_bytes),
	NAME("scope", plan, scope, plan_scope_names, SCOPE_COUNT),
	OTHER("disk"),
	OTHER("image"),
	OTHER("undo"),
	OTHER("ranges"),
	OTHER("edits"),
	OTHER("keeps"),
	OTHER("checks"),
	OTHER("steps"),
	ROW("adapted", FIELD_FLAG, plan, is_adapted),
	OTHER("lines"),
	OTHER("platform"),
	OTHER("prediction"),
	END,
};

static const struct json_field disk_fields[] = {
	ROW("path", FIELD_TEXT, plan_disk, path),
	ROW("is_file", FIELD_FLAG, plan_disk, is_file),
	ROW("size_bytes", FIELD_BYTES, plan_disk, size_bytes),
	ROW("sector_bytes", FIELD_UNSIGNED, plan_disk, sector_bytes),
	ROW("serial", FIELD_TEXT_OR_NULL, plan_disk, serial),
	ROW("wwn", FIELD_TEXT_OR_NULL, plan_disk, wwn),
	ROW("model", FIELD_TEXT_OR_NULL, plan_disk, model),
	ROW("table_id", FIELD_TEXT_OR_NULL, plan_disk, table_id),
	ROW("confirm", FIELD_TEXT_OR_NULL, plan_disk, confirm),
	HEX("ends_sha256", FIELD_HEX, plan_disk, ends_sha256),
	OTHER("content_ids"),
	END,
};

static const struct json_field image_fields[] = {
	ROW("name", FIELD_TEXT, plan_image, name),
	ROW("layers", FIELD_TEXT_OR_NULL, plan_image, layers),
	HEX("sha256", FIELD_HEX_OR_NULL, plan_image, sha256),
	HEX("sha512", FIELD_HEX_OR_NULL, plan_image, sha512),
	ROW("no_digest", FIELD_FLAG, plan_image, no_digest),
	ROW("size_bytes", FIELD_BYTES, plan_image, size_bytes),
	ROW("published_bytes", FIELD_BYTES_UNKNOWN, plan_image, published_bytes),
	ROW("system", FIELD_TEXT_OR_NULL, plan_image, system),
	END,
};

static const struct json_field undo_fields[] = {
	NAME("place", plan, undo, plan_undo_names, UNDO_COUNT),
	ROW("path", FIELD_TEXT_OR_NULL, plan, undo_path),
	ROW("start_bytes", FIELD_BYTES, plan, undo_offset),
	ROW("size_bytes", FIELD_BYTES, plan, undo_bytes),
	ROW("partition_start_bytes", FIELD_BYTES, plan, partition_offset),
	ROW("partition_size_bytes", FIELD_BYTES, plan, partition_bytes),
	END,
};

static const struct json_field range_fields[] = {
	ROW("start_bytes", FIELD_BYTES, plan_range, offset),
	ROW("size_bytes", FIELD_BYTES, plan_range, length),
	NAME("phase", plan_range, phase, plan_phase_names, PHASE_COUNT),
	ROW("what", FIELD_TEXT, plan_range, what),
	END,
};

static const struct json_field edit_fields[] = {
	ROW("start_bytes", FIELD_BYTES, plan_edit, offset),
	OTHER("bytes"),
	ROW("reason", FIELD_TEXT, plan_edit, reason),
	ROW("is_guest", FIELD_FLAG, plan_edit, is_guest),
	END,
};

static const struct json_field line_fields[] = {
	LINE("fixer", plan_line, fixer),
	LINE("place", plan_line, place),
	LINE("what", plan_line, what),
	LINE("prevents", plan_line, prevents),
	END,
};

static const struct json_field keep_fields[] = {
	ROW("start_bytes", FIELD_BYTES, plan_keep, offset),
	ROW("size_bytes", FIELD_BYTES, plan_keep, length),
	END,
};

static const struct json_field check_fields[] = {
	OTHER("name"),
	NAME("verdict", plan_check, verdict, plan_verdict_names, CHECK_COUNT),
	LINE("text", plan_check, text),
	END,
};

static json_t *object_of(const struct json_field *fields, const void *from)
{
	json_t *object = json_object();

	json_put_fields(object, fields, from);
	return object;
}

static json_t *texts_array(char *const *texts, size_t count)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		(void)json_array_append_new(list, json_put_value(texts[i]));
	return list;
}

static json_t *rows_array(const struct json_field *fields, const void *rows, size_t count,
			  size_t size)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		(void)json_array_append_new(
			list, object_of(fields, (const char *)rows + i * size));
	return list;
}

static json_t *hex_value(const unsigned char *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	autofree char *text = mem_zero(2 * length + 1, 1);
	size_t i;

	for (i = 0; i < length; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	return json_string(text);
}

static json_t *edits_array(const struct plan *plan)
{
	json_t *list = rows_array(edit_fields, plan->edits, plan->edit_count,
				  sizeof(plan->edits[0]));
	size_t i;

	for (i = 0; i < plan->edit_count; i++)
		json_put(json_array_get(list, i), "bytes",
			 hex_value(plan->edits[i].bytes, plan->edits[i].length));
	return list;
}

static json_t *checks_array(const struct plan *plan)
{
	json_t *list = json_array(), *object;
	size_t i;

	for (i = 0; i < plan->check_count; i++) {
		object = json_object();
		json_put_text(object, "name", plan->checks[i].name);
		json_put_fields(object, check_fields, &plan->checks[i]);
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *disk_object(const struct plan_disk *disk)
{
	json_t *object = object_of(disk_fields, disk);

	json_put(object, "content_ids",
		 texts_array(disk->content_ids, disk->content_count));
	return object;
}

void record_write_plan(const struct plan *plan, struct str *out)
{
	json_t *root = json_object();

	json_put_text(root, "schema", SCHEMA);
	json_put_fields(root, plan_fields, plan);
	json_put(root, "disk", disk_object(&plan->disk));
	json_put(root, "image", object_of(image_fields, &plan->image));
	json_put(root, "undo", object_of(undo_fields, plan));
	json_put(root, "ranges",
		 rows_array(range_fields, plan->ranges, plan->range_count,
			    sizeof(plan->ranges[0])));
	json_put(root, "edits", edits_array(plan));
	json_put(root, "keeps",
		 rows_array(keep_fields, plan->keeps, plan->keep_count,
			    sizeof(plan->keeps[0])));
	json_put(root, "checks", checks_array(plan));
	json_put(root, "steps", texts_array(plan->steps, plan->step_count));
	json_put(root, "lines",
		 rows_array(line_fields, plan->lines, plan->line_count,
			    sizeof(plan->lines[0])));
	/* a plan that refuses before it knows them is shown, and never read */
	json_put(root, "platform",
		 plan->platform.name != NULL ? json_put_platform(&plan->platform)
					     : json_null());
	json_put(root, "prediction",
		 plan->prediction.platform != NULL
			 ? record_prediction_object(&plan->prediction)
			 : json_null());
	json_put_end(root, out);
}

/* Reads one entry of a list into the plan. */
typedef int take_entry(json_t *entry, struct plan *plan, struct error *err);

static int take_rows(json_t *root, const char *key, size_t most, take_entry *take,
		     struct plan *plan, struct error *err)
{
	json_t *list, *entry;
	size_t i;

	if (json_take_list(root, key, most, &list, err) != 0)
		return -1;
	json_array_foreach(list, i, entry)
		if (take(entry, plan, err) != 0)
			return error_frame(err, "entry %zu of '%s'", i + 1, key);
	return 0;
}

static int take_content_id(json_t *entry, struct plan *plan, struct error *err)
{
	struct plan_disk *disk = &plan->disk;
	char *text;

	if (json_take_string(entry, "content_ids", PLAN_JSON_TEXT_MOST_BYTES, &text,
			     err) != 0)
		return -1;
	disk->content_ids = mem_grow(disk->content_ids, disk->content_count,
				     sizeof(disk->content_ids[0]));
	disk->content_ids[disk->content_count++] = text;
	return 0;
}

static int take_range(json_t *entry, struct plan *plan, struct error *err)
{
	struct plan_range range = {0};
	int result = json_take_fields(entry, range_fields, &range, err);

	if (result == 0 && range.length == 0)
		result = error_set(err, ERROR_INPUT, "the field 'size_bytes' is 0");
	if (result == 0)
		plan_add_range(plan, range.phase, range.offset, range.length, range.what);
	free(range.what);
	return result;
}

static int take_keep(json_t *entry, struct plan *plan, struct error *err)
{
	struct plan_keep keep = {0};

	if (json_take_fields(entry, keep_fields, &keep, err) != 0)
		return -1;
	if (keep.length == 0)
		return error_set(err, ERROR_INPUT, "the field 'size_bytes' is 0");
	plan_add_keep(plan, keep.offset, keep.length);
	return 0;
}

static unsigned digit_of(char hex)
{
	return (unsigned)(hex <= '9' ? hex - '0' : hex - 'a' + 10);
}

/* @out: malloc'd, @out_length bytes */
static int take_bytes(const json_t *value, unsigned char **out, size_t *out_length,
		      struct error *err)
{
	const char *text = json_string_value(value);
	const size_t digits = text != NULL ? json_string_length(value) : 1;
	unsigned char *bytes;
	size_t i;

	if (digits % 2 != 0 || digits == 0 || !json_is_hex(text))
		return error_set(err, ERROR_INPUT,
				 "the field 'bytes' is not pairs of lower-case "
				 "hexadecimal digits");
	if (digits / 2 > PLAN_JSON_EDIT_MOST_BYTES)
		return error_set(err, ERROR_INPUT,
				 "the field 'bytes' has more than %d bytes",
				 PLAN_JSON_EDIT_MOST_BYTES);
	bytes = mem_zero(digits / 2, 1);
	for (i = 0; i < digits; i++)
		bytes[i / 2] =
			(unsigned char)((unsigned)bytes[i / 2] << 4 | digit_of(text[i]));
	*out = bytes;
	*out_length = digits / 2;
	return 0;
}

static int take_edit(json_t *entry, struct plan *plan, struct error *err)
{
	autofree unsigned char *bytes = NULL;
	struct plan_edit edit = {0};
	size_t length = 0;
	int result = json_take_fields(entry, edit_fields, &edit, err);

	if (result == 0)
		result =
			take_bytes(json_object_get(entry, "bytes"), &bytes, &length, err);
	if (result == 0) {
		plan_add_edit(plan, edit.offset, bytes, length, edit.reason);
		plan->edits[plan->edit_count - 1].is_guest = edit.is_guest;
	}
	free(edit.reason);
	return result;
}

static int take_line(json_t *entry, struct plan *plan, struct error *err)
{
	struct plan_line line = {0};
	int result = json_take_fields(entry, line_fields, &line, err);

	if (result == 0)
		plan_add_line(plan, line.fixer, line.place, line.what, line.prevents);
	free(line.fixer);
	free(line.place);
	free(line.what);
	free(line.prevents);
	return result;
}

static int take_check(json_t *entry, struct plan *plan, struct error *err)
{
	const char *name = json_string_value(json_object_get(entry, "name"));
	const struct plan_check_row *row = name != NULL ? plan_check_row_of(name) : NULL;
	struct plan_check check = {0};
	int result = json_take_fields(entry, check_fields, &check, err);

	if (result == 0 && row == NULL)
		result = error_set(err, ERROR_INPUT, "unknown check '%.60s'",
				   name != NULL ? name : "");
	if (result == 0 && check.verdict == CHECK_WAIVED && !row->can_waive)
		result = error_set(err, ERROR_INPUT, "the check '%s' cannot be waived",
				   row->name);
	if (result == 0)
		plan_add_check(plan, row->name, check.verdict, "%s", check.text);
	free(check.text);
	return result;
}

static int take_step(json_t *entry, struct plan *plan, struct error *err)
{
	autofree char *text = NULL;

	if (json_take_string(entry, "steps", PLAN_LINE_MOST_BYTES, &text, err) != 0)
		return -1;
	plan_add_step(plan, "%s", text);
	return 0;
}

static const struct {
	const char *key;
	size_t most;
	take_entry *take;
} lists[] = {
	{"ranges", PLAN_JSON_ROWS_MOST, take_range},
	{"edits", PLAN_JSON_EDITS_MOST, take_edit},
	{"keeps", PLAN_JSON_ROWS_MOST, take_keep},
	{"checks", PLAN_JSON_LINES_MOST, take_check},
	{"steps", PLAN_JSON_LINES_MOST, take_step},
	{"lines", PLAN_JSON_LINES_MOST, take_line},
};

static int take_objects(json_t *root, struct plan *plan, struct error *err)
{
	json_t *disk = json_object_get(root, "disk");

	if (json_take_fields(disk, disk_fields, &plan->disk, err) != 0 ||
	    take_rows(disk, "content_ids", PLAN_JSON_LINES_MOST, take_content_id, plan,
		      err) != 0)
		return error_frame(err, "disk");
	if (json_take_fields(json_object_get(root, "image"), image_fields, &plan->image,
			     err) != 0)
		return error_frame(err, "image");
	if (json_take_fields(json_object_get(root, "undo"), undo_fields, plan, err) != 0)
		return error_frame(err, "undo");
	if (json_take_platform(json_object_get(root, "platform"), &plan->platform, err) !=
	    0)
		return error_frame(err, "platform");
	if (json_take_prediction(json_object_get(root, "prediction"), &plan->prediction,
				 err) != 0)
		return error_frame(err, "prediction");
	return 0;
}

static int take_plan(json_t *root, struct plan *plan, struct error *err)
{
	size_t i;

	if (json_take_schema(root, SCHEMA, err) != 0 ||
	    json_take_fields(root, plan_fields, plan, err) != 0 ||
	    take_objects(root, plan, err) != 0)
		return -1;
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (take_rows(root, lists[i].key, lists[i].most, lists[i].take, plan,
			      err) != 0)
			return -1;
	return plan_check_shape(plan, err);
}

int record_read_plan(const char *text, size_t length, struct plan *out, struct error *err)
{
	struct plan plan = {0};
	json_error_t where;
	json_t *root;
	int result;

	if (length > PLAN_JSON_MOST_BYTES)
		return error_set(err, ERROR_INPUT, "the plan is longer than %d MiB",
				 PLAN_JSON_MOST_BYTES >> 20);
	root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
	if (root == NULL)
		return error_set(err, ERROR_INPUT, "the plan is not JSON: line %d: %s",
				 where.line, where.text);
	result = take_plan(root, &plan, err);
	json_decref(root);
	if (result != 0) {
		plan_clear(&plan);
		return error_frame(err, "the plan");
	}
	*out = plan;
	return 0;
}

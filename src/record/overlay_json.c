/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/overlay_json.h"

#include "record/json_put.h"

static json_t *log_object(const struct overlay_status *status)
{
	json_t *object;

	if (!status->has_log)
		return json_null();
	object = json_object();
	json_put_text(object, "plan", status->plan_id);
	json_put_count(object, "created_s", status->created_s);
	json_put_text(object, "scope", plan_scope_names[status->scope]);
	json_put_text(object, "place", plan_undo_names[status->undo]);
	json_put(object, "used_bytes", json_put_bytes(status->log_used_bytes));
	json_put(object, "all_bytes", json_put_bytes(status->log_all_bytes));
	json_put(object, "saved_bytes", json_put_bytes(status->saved_bytes));
	return object;
}

static json_t *outcome_object(const struct overlay_status *status)
{
	json_t *object;

	if (!status->has_outcome)
		return json_null();
	object = json_object();
	json_put(object, "written_bytes", json_put_bytes(status->written_bytes));
	json_put(object, "equal_bytes", json_put_bytes(status->equal_bytes));
	json_put(object, "resumed", json_boolean(status->was_resumed));
	return object;
}

void record_write_overlay(const struct overlay_status *status, struct str *out)
{
	json_t *root = json_object();

	json_put_text(root, "schema", "moult.overlay/1");
	json_put_text(root, "state", status->state);
	json_put(root, "log", log_object(status));
	json_put(root, "outcome", outcome_object(status));
	json_put_text(root, "next", status->next);
	json_put_text(root, "log_file", status->log_file);
	json_put_end(root, out);
}

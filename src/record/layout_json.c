/* SPDX-License-Identifier: GPL-2.0-or-later */
/* layout_json.c - how a disk is divided, as JSON. */
#include <inttypes.h>
#include <stdio.h>

#include "record/inspection_json.h"
#include "record/json_put.h"

static json_t *content_object(const struct layout_content *content)
{
	json_t *object = json_object();

	json_put_text(object, "type", content->type);
	json_put_text(object, "usage", content->usage);
	json_put_text(object, "version", content->version);
	json_put_text(object, "uuid", content->uuid);
	json_put_text(object, "uuid_sub", content->uuid_sub);
	json_put_text(object, "label", content->label);
	json_put(object, "block_bytes", json_put_bytes(content->block_bytes));
	json_put(object, "size_bytes",
		 content->size_bytes > 0 ? json_put_bytes(content->size_bytes)
					 : json_null());
	json_put(object, "used_bytes",
		 content->is_used_known ? json_put_bytes(content->used_bytes)
					: json_null());
	json_put(object, "damaged", json_boolean(content->is_damaged));
	return object;
}

static json_t *contents_array(const struct layout_content *contents, size_t count)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		(void)json_array_append_new(list, content_object(&contents[i]));
	return list;
}

static json_t *core_object(const struct layout_core *core)
{
	json_t *object;

	if (core == NULL)
		return json_null();
	object = json_object();
	json_put(object, "start_bytes", json_put_bytes(core->start_bytes));
	json_put(object, "size_bytes", json_put_bytes(core->size_bytes));
	json_put_count(object, "partition", core->partition);
	json_put_text(object, "prefix", core->prefix);
	json_put_text(object, "config", core->config);
	json_put_count(object, "modules", core->module_count);
	json_put_text(object, "problem", core->problem);
	return object;
}

static json_t *boot_object(const struct layout_boot *boot)
{
	json_t *object = json_object();

	json_put_text(object, "kind", layout_boot_names[boot->kind]);
	json_put(object, "next_lba", json_put_bytes(boot->next_lba));
	json_put(object, "core", core_object(boot->core));
	return object;
}

static void put_type(json_t *object, const struct layout_partition *partition)
{
	char byte[8];

	(void)snprintf(byte, sizeof(byte), "0x%02x", partition->mbr_type);
	json_put_text(object, "type",
		      partition->type_guid[0] != '\0' ? partition->type_guid : byte);
	json_put_text(object, "type_name", partition->type_name);
	json_put_text(object, "role", layout_role_names[partition->role]);
}

static json_t *partition_object(const struct layout_partition *partition)
{
	json_t *object = json_object();
	char attributes[24];

	json_put_count(object, "number", partition->number);
	put_type(object, partition);
	json_put_text(object, "uuid",
		      partition->uuid[0] != '\0' ? partition->uuid : NULL);
	json_put_text(object, "name", partition->name);
	json_put(object, "start_lba", json_put_bytes(partition->start_lba));
	json_put(object, "sectors", json_put_bytes(partition->sectors));
	json_put(object, "start_bytes", json_put_bytes(partition->start_bytes));
	json_put(object, "size_bytes", json_put_bytes(partition->size_bytes));
	json_put(object, "align_bytes", json_put_bytes(partition->align_bytes));
	(void)snprintf(attributes, sizeof(attributes), "0x%" PRIx64,
		       partition->attributes);
	json_put_text(object, "attributes", attributes);
	json_put(object, "active", json_boolean(partition->is_active));
	json_put(object, "logical", json_boolean(partition->is_logical));
	json_put(object, "contents",
		 contents_array(partition->contents, partition->content_count));
	json_put(object, "boot", boot_object(&partition->boot));
	return object;
}

static json_t *partitions_array(const struct layout_partition *partitions, size_t count)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		(void)json_array_append_new(list, partition_object(&partitions[i]));
	return list;
}

static json_t *free_array(const struct layout *layout)
{
	json_t *list = json_array(), *object;
	size_t i;

	for (i = 0; i < layout->free_count; i++) {
		object = json_object();
		json_put(object, "start_bytes",
			 json_put_bytes(layout->free[i].start_bytes));
		json_put(object, "size_bytes",
			 json_put_bytes(layout->free[i].size_bytes));
		json_put(object, "aligned_bytes",
			 json_put_bytes(layout->free[i].aligned_bytes));
		json_put(object, "logical", json_boolean(layout->free[i].is_logical));
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *stale_array(const struct layout *layout)
{
	json_t *list = json_array(), *object;
	size_t i;

	for (i = 0; i < layout->stale_count; i++) {
		object = json_object();
		json_put_text(object, "type", layout->stale[i].type);
		json_put(object, "magic_bytes",
			 json_put_bytes(layout->stale[i].magic_bytes));
		json_put(object, "origin_bytes",
			 json_put_bytes(layout->stale[i].origin_bytes));
		json_put_count(object, "partition", layout->stale[i].partition);
		json_put_text(object, "uuid", layout->stale[i].uuid);
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *faults_array(const struct layout *layout)
{
	static const char *const weights[] = {"note", "warning", "broken"};
	json_t *list = json_array(), *object;
	size_t i;

	for (i = 0; i < layout->fault_count; i++) {
		const struct layout_fault *fault = &layout->faults[i];

		object = json_object();
		json_put_text(object, "code", layout_faults[fault->code].name);
		json_put_text(object, "weight",
			      weights[layout_faults[fault->code].weight]);
		json_put_text(object, "text", fault->text);
		(void)json_array_append_new(list, object);
	}
	return list;
}

json_t *json_put_layout(const struct layout *layout)
{
	json_t *object = json_object();

	json_put(object, "size_bytes", json_put_bytes(layout->size_bytes));
	json_put_count(object, "sector_bytes", layout->sector_bytes);
	json_put_text(object, "sector_source", layout->sector_source);
	json_put_text(object, "table", layout_kind_names[layout->kind]);
	json_put_text(object, "id", layout->id[0] != '\0' ? layout->id : NULL);
	json_put(object, "partitions",
		 partitions_array(layout->partitions, layout->partition_count));
	json_put(object, "mbr", partitions_array(layout->mbr, layout->mbr_count));
	json_put(object, "contents",
		 contents_array(layout->contents, layout->content_count));
	json_put(object, "boot", boot_object(&layout->boot));
	json_put(object, "bios_boot", core_object(layout->bios_boot));
	json_put(object, "free", free_array(layout));
	json_put(object, "stale", stale_array(layout));
	json_put(object, "faults", faults_array(layout));
	return object;
}

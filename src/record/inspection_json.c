/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/inspection_json.h"

#include "record/json_put.h"

static void put_digest(json_t *object, const char *key, const char *digest)
{
	json_put_text(object, key, digest[0] != '\0' ? digest : NULL);
}

static json_t *source_object(const struct inspection *inspection)
{
	json_t *object = json_object(), *layers = json_array(), *layer;
	size_t i;

	for (i = 0; i < inspection->layer_count; i++) {
		layer = json_object();
		json_put_text(layer, "name", inspection->layers[i].name);
		json_put_text(layer, "detail", inspection->layers[i].detail);
		(void)json_array_append_new(layers, layer);
	}
	json_put(object, "layers", layers);
	json_put(object, "can_seek", json_boolean(inspection->can_seek));
	json_put(object, "published_bytes", json_put_bytes(inspection->published_bytes));
	json_put(object, "expanded_bytes", json_put_bytes(inspection->expanded_bytes));
	json_put(object, "hole_bytes", json_put_bytes(inspection->hole_bytes));
	put_digest(object, "published_sha256", inspection->published_sha256);
	put_digest(object, "published_sha512", inspection->published_sha512);
	put_digest(object, "expanded_sha256", inspection->expanded_sha256);
	json_put_text(object, "unseen", inspection->unseen);
	return object;
}

static json_t *volumes_array(const struct inspection *inspection)
{
	json_t *list = json_array(), *object;
	size_t i;

	for (i = 0; i < inspection->volume_count; i++) {
		const struct inspect_volume *volume = &inspection->volumes[i];

		object = json_object();
		json_put_count(object, "partition", volume->partition);
		json_put_text(object, "name", volume->name);
		json_put_text(object, "subvolume", volume->subvolume);
		json_put_text(object, "type", volume->type);
		json_put_text(object, "folder", volume->folder);
		json_put_text(object, "problem", volume->problem);
		json_put_text(object, "warning", volume->warning);
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *efi_array(const struct inspection *inspection)
{
	json_t *list = json_array(), *object;
	size_t i;

	for (i = 0; i < inspection->efi_file_count; i++) {
		object = json_object();
		json_put_text(object, "path", inspection->efi_files[i].path);
		json_put(object, "size_bytes",
			 json_put_bytes(inspection->efi_files[i].size_bytes));
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *tree_array(const struct inspection *inspection)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < inspection->tree_count; i++)
		(void)json_array_append_new(list, json_put_value(inspection->tree[i]));
	return list;
}

void record_write_inspection(const struct inspection *inspection, struct str *out)
{
	json_t *root = json_object(), *read = json_object();

	json_put_text(root, "schema", "moult.inspect/1");
	json_put_text(root, "name", inspection->name);
	json_put(root, "source", source_object(inspection));
	json_put(root, "layout",
		 inspection->unseen == NULL ? json_put_layout(&inspection->layout)
					    : json_null());
	json_put(root, "volumes", volumes_array(inspection));
	json_put(root, "efi_files", efi_array(inspection));
	json_put(root, "guest",
		 inspection->has_guest ? json_put_guest(&inspection->guest)
				       : json_null());
	json_put(root, "partial", json_boolean(inspection_is_partial(inspection)));
	json_put_text(root, "cut", inspection->cut);
	json_put_count(read, "bytes", (int64_t)inspection->read_bytes);
	json_put_count(read, "calls", (int64_t)inspection->read_calls);
	json_put(root, "read", read);
	if (inspection->tree_count > 0)
		json_put(root, "tree", tree_array(inspection));
	json_put_end(root, out);
}

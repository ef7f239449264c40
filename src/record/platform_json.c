/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/platform_json.h"

#include <stdlib.h>
#include <string.h>

#include "record/json_field.h"
#include "record/json_machine.h"
#include "record/json_put.h"
#include "record/json_take.h"

enum { TEXT_MOST = 255, WORDS_MOST = 256, DEVICES_MOST = 64 };

static const char schema_name[] = "moult.platform/1";

static const struct json_field driver_fields[] = {
	{"modalias", FIELD_TEXT_OR_NULL, offsetof(struct platform_driver, modalias),
	 TEXT_MOST, NULL},
	{"driver", FIELD_TEXT_OR_NULL, offsetof(struct platform_driver, name), TEXT_MOST,
	 NULL},
	{NULL, FIELD_OTHER, 0, 0, NULL}};

static const struct json_field route_fields[] = {
	{"to", FIELD_TEXT, offsetof(struct platform_route, to), TEXT_MOST, NULL},
	{"gateway", FIELD_TEXT_OR_NULL, offsetof(struct platform_route, gateway),
	 TEXT_MOST, NULL},
	{"on_link", FIELD_FLAG, offsetof(struct platform_route, is_on_link), 0, NULL},
	{NULL, FIELD_OTHER, 0, 0, NULL}};

static const struct json_field disk_fields[] = {
	{"name", FIELD_TEXT, offsetof(struct platform_disk, name), TEXT_MOST, NULL},
	{"boot", FIELD_FLAG, offsetof(struct platform_disk, is_boot), 0, NULL},
	{"size_bytes", FIELD_BYTES_UNKNOWN, offsetof(struct platform_disk, size_bytes), 0,
	 NULL},
	{"sector_bytes", FIELD_UNSIGNED, offsetof(struct platform_disk, sector_bytes), 0,
	 NULL},
	{"drivers", FIELD_OTHER, 0, 0, NULL},
	{NULL, FIELD_OTHER, 0, 0, NULL}};

static const struct json_field nic_fields[] = {
	{"name", FIELD_TEXT, offsetof(struct platform_nic, name), TEXT_MOST, NULL},
	{"stable_name", FIELD_TEXT_OR_NULL, offsetof(struct platform_nic, stable),
	 TEXT_MOST, NULL},
	{"mac", FIELD_TEXT_OR_NULL, offsetof(struct platform_nic, mac), TEXT_MOST, NULL},
	{"mtu_bytes", FIELD_UNSIGNED, offsetof(struct platform_nic, mtu_bytes), 0, NULL},
	{"ip4", FIELD_NAME, offsetof(struct platform_nic, ip4), PLATFORM_ADDRESSING_COUNT,
	 platform_addressing_names},
	{"ip6", FIELD_NAME, offsetof(struct platform_nic, ip6), PLATFORM_ADDRESSING_COUNT,
	 platform_addressing_names},
	{"addresses", FIELD_OTHER, 0, 0, NULL},
	{"routes", FIELD_OTHER, 0, 0, NULL},
	{"drivers", FIELD_OTHER, 0, 0, NULL},
	{NULL, FIELD_OTHER, 0, 0, NULL}};

static const struct json_field platform_fields[] = {
	{"schema", FIELD_OTHER, 0, 0, NULL},
	{"name", FIELD_TEXT, offsetof(struct platform, name), TEXT_MOST, NULL},
	{"firmware", FIELD_NAME, offsetof(struct platform, firmware),
	 PLATFORM_FIRMWARE_COUNT, platform_firmware_names},
	{"architecture", FIELD_TEXT_OR_NULL, offsetof(struct platform, architecture),
	 TEXT_MOST, NULL},
	{"cpu_level", FIELD_UNSIGNED, offsetof(struct platform, cpu_level), 0, NULL},
	{"memory_bytes", FIELD_BYTES, offsetof(struct platform, memory_bytes), 0, NULL},
	{"disks", FIELD_OTHER, 0, 0, NULL},
	{"nics", FIELD_OTHER, 0, 0, NULL},
	{"consoles", FIELD_OTHER, 0, 0, NULL},
	{"resolvers", FIELD_OTHER, 0, 0, NULL},
	{"domains", FIELD_OTHER, 0, 0, NULL},
	{NULL, FIELD_OTHER, 0, 0, NULL}};

static json_t *words_array(const struct guest_words *words)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < words->count; i++)
		(void)json_array_append_new(array, json_put_value(words->list[i]));
	return array;
}

static json_t *chain_array(const struct platform_chain *chain)
{
	json_t *array = json_array(), *object;
	size_t i;

	for (i = 0; i < chain->count; i++) {
		object = json_object();
		json_put_fields(object, driver_fields, &chain->list[i]);
		(void)json_array_append_new(array, object);
	}
	return array;
}

static json_t *disk_object(const struct platform_disk *disk)
{
	json_t *object = json_object();

	json_put_fields(object, disk_fields, disk);
	json_put(object, "drivers", chain_array(&disk->chain));
	return object;
}

static json_t *nic_object(const struct platform_nic *nic)
{
	json_t *object = json_object(), *routes = json_array(), *route;
	size_t i;

	json_put_fields(object, nic_fields, nic);
	json_put(object, "addresses", words_array(&nic->addresses));
	for (i = 0; i < nic->route_count; i++) {
		route = json_object();
		json_put_fields(route, route_fields, &nic->routes[i]);
		(void)json_array_append_new(routes, route);
	}
	json_put(object, "routes", routes);
	json_put(object, "drivers", chain_array(&nic->chain));
	return object;
}

json_t *json_put_platform(const struct platform *platform)
{
	json_t *root = json_object(), *disks = json_array(), *nics = json_array();
	size_t i;

	json_put_text(root, "schema", schema_name);
	json_put_fields(root, platform_fields, platform);
	for (i = 0; i < platform->disk_count; i++)
		(void)json_array_append_new(disks, disk_object(&platform->disks[i]));
	json_put(root, "disks", disks);
	for (i = 0; i < platform->nic_count; i++)
		(void)json_array_append_new(nics, nic_object(&platform->nics[i]));
	json_put(root, "nics", nics);
	json_put(root, "consoles", words_array(&platform->consoles));
	json_put(root, "resolvers", words_array(&platform->resolvers));
	json_put(root, "domains", words_array(&platform->domains));
	return root;
}

void record_write_platform(const struct platform *platform, struct str *out)
{
	json_put_end(json_put_platform(platform), out);
}

static int take_words(const json_t *object, const char *key, struct guest_words *out,
		      struct error *err)
{
	char *word = NULL;
	json_t *list;
	size_t i;

	if (json_take_list(object, key, WORDS_MOST, &list, err) != 0)
		return -1;
	for (i = 0; i < json_array_size(list); i++) {
		if (json_take_string(json_array_get(list, i), key, TEXT_MOST, &word,
				     err) != 0)
			return -1;
		guest_words_add(out, word, strlen(word));
		free(word);
	}
	return 0;
}

static int take_chain(const json_t *object, struct platform_chain *out, struct error *err)
{
	json_t *list;
	size_t i;

	if (json_take_list(object, "drivers", DEVICES_MOST, &list, err) != 0)
		return -1;
	for (i = 0; i < json_array_size(list); i++) {
		platform_add_driver(out, NULL, NULL);
		if (json_take_fields(json_array_get(list, i), driver_fields,
				     &out->list[i], err) != 0)
			return -1;
	}
	return 0;
}

static int take_routes(const json_t *object, struct platform_nic *out, struct error *err)
{
	json_t *list;
	size_t i;

	if (json_take_list(object, "routes", WORDS_MOST, &list, err) != 0)
		return -1;
	for (i = 0; i < json_array_size(list); i++) {
		platform_add_route(out, NULL, NULL, false);
		if (json_take_fields(json_array_get(list, i), route_fields,
				     &out->routes[i], err) != 0)
			return -1;
	}
	return 0;
}

static int take_disk(json_t *object, struct platform *out, struct error *err)
{
	struct platform_disk *disk = platform_add_disk(out, NULL);

	if (json_take_fields(object, disk_fields, disk, err) != 0)
		return -1;
	return take_chain(object, &disk->chain, err);
}

static int take_nic(json_t *object, struct platform *out, struct error *err)
{
	struct platform_nic *nic = platform_add_nic(out, NULL);

	if (json_take_fields(object, nic_fields, nic, err) != 0 ||
	    take_words(object, "addresses", &nic->addresses, err) != 0 ||
	    take_routes(object, nic, err) != 0)
		return -1;
	return take_chain(object, &nic->chain, err);
}

static int take_all(const json_t *root, const char *key,
		    int (*take)(json_t *object, struct platform *out, struct error *err),
		    struct platform *out, struct error *err)
{
	json_t *list;
	size_t i;

	if (json_take_list(root, key, DEVICES_MOST, &list, err) != 0)
		return -1;
	for (i = 0; i < json_array_size(list); i++)
		if (take(json_array_get(list, i), out, err) != 0)
			return error_frame(err, "%s[%zu]", key, i);
	return 0;
}

int json_take_platform(json_t *root, struct platform *out, struct error *err)
{
	if (json_take_schema(root, schema_name, err) != 0 ||
	    json_take_fields(root, platform_fields, out, err) != 0 ||
	    take_all(root, "disks", take_disk, out, err) != 0 ||
	    take_all(root, "nics", take_nic, out, err) != 0 ||
	    take_words(root, "consoles", &out->consoles, err) != 0 ||
	    take_words(root, "resolvers", &out->resolvers, err) != 0)
		return -1;
	return take_words(root, "domains", &out->domains, err);
}

int record_read_platform(const char *bytes, size_t length, struct platform *out,
			 struct error *err)
{
	struct platform platform = {0};
	json_error_t where;
	json_t *root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &where);
	int result;

	if (root == NULL)
		return error_set(err, ERROR_INPUT, "line %d: %.180s", where.line,
				 where.text);
	result = json_take_platform(root, &platform, err);
	json_decref(root);
	if (result != 0) {
		platform_clear(&platform);
		return -1;
	}
	*out = platform;
	return 0;
}

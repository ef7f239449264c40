/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "virt/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "virt/facts_add.h"

enum { LINE_MOST = 4096 };

void facts_add_line(const struct place *place, const char *key, const char *path,
		    struct environment *out)
{
	autostr struct str text = STR_EMPTY;
	struct error err = {0};
	char problem[512];

	if (place_read(place, path, LINE_MOST, &text, &err) != 0) {
		environment_add(out, key, NULL, path,
				error_text(&err, problem, sizeof(problem)));
		return;
	}
	if (text.length > 0)
		text.bytes[strcspn(text.bytes, "\n")] = '\0';
	environment_add(out, key, text.length > 0 ? str_trim_end(text.bytes) : "", path,
			NULL);
}

void facts_add_lines(const struct place *place, const struct line_fact *rows,
		     size_t count, struct environment *out)
{
	size_t i;

	for (i = 0; i < count; i++)
		facts_add_line(place, rows[i].key, rows[i].path, out);
}

void facts_add_call(const struct place *place, const char *key, const char *source,
		    const char *value, struct environment *out)
{
	autofree char *known = place_call(place, key, value);

	environment_add(out, key, known, source,
			known != NULL	  ? NULL
			: place->root < 0 ? "it could not be asked"
					  : "the capture does not hold it");
}

char *facts_field(const char *text, const char *name)
{
	const size_t length = strlen(name);
	const char *line, *value;
	char *copy;

	for (line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) != 0)
			continue;
		value = line + length + strspn(line + length, " \t");
		if (*value != ':' && *value != '=')
			continue;
		value += 1 + strspn(value + 1, " \t\"'");
		copy = strndup(value, strcspn(value, "\n\"'"));
		return copy != NULL ? str_trim_end(copy) : NULL;
	}
	return NULL;
}

/* The best evidence of a layer as a fact's source: "identify: FILE: TEXT". */
static char *source_of(const struct verdict *verdict, uint64_t claims)
{
	const struct sign *best = NULL;
	struct str out = STR_EMPTY;
	size_t i;

	for (i = 0; i < verdict->signs.count; i++) {
		const struct sign *sign = &verdict->signs.list[i];

		if ((claims >> sign->claim & 1) != 0 &&
		    (best == NULL || sign->weight > best->weight))
			best = sign;
	}
	if (best == NULL)
		return str_copy("identify");
	str_addf(&out, "identify: %s: %s", best->source, best->text);
	return out.bytes;
}

static void add_layer(const struct verdict *verdict, const char *key,
		      enum layer_kind kind, const char *none, struct environment *out)
{
	size_t i;

	for (i = 0; i < verdict->layer_count; i++) {
		const struct layer *layer = &verdict->layers[i];
		autofree char *source = source_of(verdict, layer->claims);

		if (layer->kind != kind)
			continue;
		environment_add(out, key, layer->id, source, NULL);
		return;
	}
	environment_add(out, key, none, "identify",
			none != NULL ? NULL : "not decidable");
}

/* The layers, so that two runs can be compared by them like by any other fact. */
void facts_add_verdict(const struct verdict *verdict, struct environment *out)
{
	const bool is_unknown = strcmp(verdict->class_name, "unknown") == 0;
	const bool is_emulated =
		signs_weight(&verdict->signs, CLAIM_TSC_EMULATED) > SIGN_NONE;

	environment_add(out, "virt.class", verdict->class_name, "identify", NULL);
	add_layer(verdict, "virt.mode", LAYER_MODE, is_unknown ? NULL : "none", out);
	add_layer(verdict, "virt.hypervisor", LAYER_HYPERVISOR,
		  is_unknown ? NULL : "none", out);
	add_layer(verdict, "virt.outer", LAYER_OUTER, "none seen", out);
	add_layer(verdict, "virt.container", LAYER_CONTAINER, "none", out);
	add_layer(verdict, "virt.cloud", LAYER_CLOUD, "none seen", out);
	environment_add(out, "virt.tsc_emulated", is_emulated ? "yes" : "not seen",
			"CPUID, Xen leaf 3", NULL);
	if (strcmp(verdict->class_name, "xen-pv") == 0)
		environment_add(out, "virt.xpti", NULL, "-",
				"a PV guest cannot see whether Xen separates the page "
				"tables");
}

static void add_system(const struct place *place, struct environment *out)
{
	static const struct {
		const char *key, *name;
	} rows[] = {{"os.name", "PRETTY_NAME"},
		    {"os.id", "ID"},
		    {"os.version", "VERSION_ID"}};
	static const char path[] = "/etc/os-release";
	autostr struct str text = STR_EMPTY;
	struct error err = {0};
	char problem[512];
	size_t i;

	if (place_read(place, path, LINE_MOST, &text, &err) != 0)
		(void)error_text(&err, problem, sizeof(problem));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		autofree char *value = facts_field(text.bytes, rows[i].name);

		environment_add(out, rows[i].key, value, path,
				value != NULL		 ? NULL
				: err.kind != ERROR_NONE ? problem
							 : "no such line");
	}
}

static void add_dmi(const struct place *place, struct environment *out)
{
	static const struct line_fact rows[] = {
		{"dmi.sys_vendor", "/sys/class/dmi/id/sys_vendor"},
		{"dmi.product_name", "/sys/class/dmi/id/product_name"},
		{"dmi.bios_vendor", "/sys/class/dmi/id/bios_vendor"},
		{"dmi.bios_version", "/sys/class/dmi/id/bios_version"},
		{"dmi.bios_date", "/sys/class/dmi/id/bios_date"},
	};

	facts_add_lines(place, rows, sizeof(rows) / sizeof(rows[0]), out);
}

void facts_read(const struct place *place, const char *folder,
		const struct verdict *verdict, struct environment *out)
{
	facts_add_verdict(verdict, out);
	add_system(place, out);
	facts_add_kernel(place, out);
	facts_add_machine(place, out);
	add_dmi(place, out);
	facts_add_process(place, out);
	if (folder != NULL)
		facts_add_folder(place, folder, out);
	facts_add_now(place, out);
}

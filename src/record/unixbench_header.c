/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "record/unixbench_header.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"

static void add_fact(struct environment *header, const char *key, const char *value)
{
	if (value[0] != '\0' && environment_value(header, key) == NULL)
		environment_add(header, key, value, "report", NULL);
}

/* "GNU/Linux -- 3.13.0-55-generic -- #94-Ubuntu SMP .." */
static void take_os(struct environment *header, const char *value)
{
	const char *release = strstr(value, " -- ");
	const char *version = release != NULL ? strstr(release + 4, " -- ") : NULL;
	autofree char *name = NULL;

	if (version == NULL)
		return;
	name = strndup(release + 4, (size_t)(version - release - 4));
	if (name != NULL)
		add_fact(header, "kernel.release", name);
	add_fact(header, "kernel.version", version + 4);
}

/* "Intel(R) Xeon(R) CPU E5-2683 v3 @ 2.00GHz (4000.1 bogomips)" */
static void take_cpu(struct environment *header, const char *value)
{
	const char *end = strstr(value, " (");
	const char *next;
	autofree char *model = NULL;

	while (end != NULL && (next = strstr(end + 1, " (")) != NULL)
		end = next;
	model = end != NULL ? strndup(value, (size_t)(end - value)) : str_copy(value);
	if (model != NULL && model[0] != '\0')
		add_fact(header, "cpu.model", model);
}

static void take_language(struct environment *header, const char *value)
{
	const char *charmap = strstr(value, "charmap=\"");
	autofree char *name = NULL;

	if (charmap == NULL)
		return;
	name = strndup(charmap + 9, strcspn(charmap + 9, "\""));
	if (name != NULL)
		add_fact(header, "locale.charmap", name);
}

static void take_system(struct environment *header, const char *value)
{
	const char *colon = strrchr(value, ':');
	autofree char *host =
		colon != NULL ? strndup(value, (size_t)(colon - value)) : NULL;

	if (host != NULL)
		add_fact(header, "host.name", host);
}

static void take_machine(struct environment *header, const char *value)
{
	autofree char *name = strndup(value, strcspn(value, " :("));

	if (name != NULL)
		add_fact(header, "cpu.machine", name);
}

static const struct {
	const char *label;
	void (*take)(struct environment *header, const char *value);
} header_lines[] = {
	{"System:", take_system},     {"OS:", take_os},	    {"Machine:", take_machine},
	{"Language:", take_language}, {"CPU 0:", take_cpu}, {"CPUs: 0:", take_cpu},
};

bool unixbench_header_take(const char *line, struct environment *header)
{
	size_t i;

	for (i = 0; i < sizeof(header_lines) / sizeof(header_lines[0]); i++) {
		const size_t length = strlen(header_lines[i].label);

		if (strncmp(line, header_lines[i].label, length) != 0)
			continue;
		header_lines[i].take(header,
				     line + length + strspn(line + length, " \t"));
		return true;
	}
	return false;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "record/unixbench_header.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
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

/* A whole number of up to six digits. */
static bool read_count(const char *text, unsigned *out)
{
	const size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 6)
		return false;
	*out = (unsigned)strtoul(text, NULL, 10);
	return true;
}

/* "N CPUs" before @end: where they are unknown, UnixBench says so. */
static unsigned count_before(const char *line, const char *end)
{
	unsigned cpus = 0;

	while (end > line && strchr(" CPUs", end[-1]) != NULL)
		end--;
	while (end > line && isdigit((unsigned char)end[-1]))
		end--;
	return read_count(end, &cpus) ? cpus : 0;
}

/* "N CPUs in system; running M parallel copies of tests", in HTML "Benchmark Run: N CPUs; M
 * parallel processes". */
bool unixbench_header_copies(const char *line, unsigned *out_cpus, unsigned *out_copies)
{
	static const char text[] = " in system; running ", run[] = "Benchmark Run:";
	const char *place = strstr(line, text), *first = strstr(line, run);
	const char *copies;

	if (place != NULL)
		copies = place + strlen(text);
	else if (first != NULL && (place = strstr(first, "; ")) != NULL)
		copies = place + 2;
	else
		return false;
	if (!read_count(copies, out_copies) ||
	    strncmp(copies + strspn(copies, "0123456789"), " parallel ", 10) != 0)
		return false;
	*out_cpus = count_before(line, place);
	return true;
}

/* "Wed Aug 19 2015 06:21:34 - 06:49:48"; the names may be in any language, and the month a
 * number before a sign: then there is no date. */
int64_t unixbench_header_date(const char *text)
{
	struct tm parts = {0};
	const char *end = strptime(text, "%a %b %d %Y %H:%M:%S", &parts);
	int64_t since_1970_ns;

	if (end == NULL || __builtin_mul_overflow((int64_t)timegm(&parts), NUM_SECOND_NS,
						  &since_1970_ns))
		return 0;
	return since_1970_ns;
}

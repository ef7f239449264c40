/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "record/unixbench_text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "base/own.h"
#include "model/score.h"

static const char rule[] =
	"------------------------------------------------------------------------";

static const char *value_or(const struct run *run, const char *key, const char *otherwise)
{
	const char *value = environment_value(&run->environment, key);

	return value != NULL ? value : otherwise;
}

static struct tm local_time(int64_t since_1970_ns)
{
	const time_t second = (time_t)(since_1970_ns / NUM_SECOND_NS);
	struct tm parts = {0};

	(void)localtime_r(&second,
			  &parts); /* fails only for years that do not fit an int */
	return parts;
}

/* What 5.1.3 calls the processor flags that it knows, in the order in which it prints
 * them. */
static const struct {
	const char *flag;
	const char *name;
} known_flags[] = {
	{"ht", "Hyper-Threading"},
	{"lm", "x86-64"},
	{"mmx", "MMX"},
	{"mmxext", "AMD MMX"},
	{"pae", "Physical Address Ext"},
	{"sep", "SYSENTER/SYSEXIT"},
	{"svm", "AMD virtualization"},
	{"syscall", "SYSCALL/SYSRET"},
	{"vmx", "Intel virtualization"},
};

static void add_flags(const struct run *run, struct str *out)
{
	autostr struct str flags = STR_EMPTY, wanted = STR_EMPTY;
	const char *separator = "";
	size_t i;

	str_addf(&flags, " %s ", value_or(run, "cpu.flags", ""));
	str_add(out, "          ");
	for (i = 0; i < sizeof(known_flags) / sizeof(known_flags[0]); i++) {
		str_clear(&wanted);
		str_addf(&wanted, " %s ", known_flags[i].flag);
		if (strstr(flags.bytes, wanted.bytes) == NULL)
			continue;
		str_addf(out, "%s%s", separator, known_flags[i].name);
		separator = ", ";
	}
	str_add(out, "\n");
}

/* As uptime(1) prints it. */
static void add_uptime(const struct run *run, struct str *out)
{
	const long up_s = strtol(value_or(run, "moment.uptime_s", "0"), NULL, 10);
	const long users = strtol(value_or(run, "moment.users", "0"), NULL, 10);
	const long minutes = up_s / 60 % 60, hours = up_s / 3600 % 24,
		   days = up_s / 86400;
	const struct tm now = local_time(run->started_ns);
	autofree char *load = str_copy(value_or(run, "moment.load", "0.00 0.00 0.00"));
	char *second, *third = load, *first;

	first = strsep(&third, " ");
	second = strsep(&third, " ");
	str_addf(out, "   %02d:%02d:%02d up ", now.tm_hour, now.tm_min, now.tm_sec);
	if (days > 0)
		str_addf(out, "%ld day%s, ", days, days == 1 ? "" : "s");
	if (hours > 0)
		str_addf(out, "%2ld:%02ld, ", hours, minutes);
	else
		str_addf(out, "%ld min, ", minutes);
	str_addf(out, "%2ld user%s,  load average: %s, %s, %s; runlevel %s\n", users,
		 users == 1 ? "" : "s", first, second != NULL ? second : "0.00",
		 third != NULL ? third : "0.00", value_or(run, "moment.runlevel", ""));
}

static long cpus_of(const struct run *run)
{
	return strtol(value_or(run, "cpu.online", "0"), NULL, 10);
}

/* 5.1.3 prints a model with single blanks, whatever firmware padded it with. */
static void add_model(const char *model, struct str *out)
{
	for (; *model != '\0'; model++)
		if (*model != ' ' || (model[1] != ' ' && model[1] != '\0'))
			str_add_bytes(out, model, 1);
}

static void add_header(const struct run *run, struct str *out)
{
	const char *machine = value_or(run, "cpu.machine", "unknown");
	const char *charmap = value_or(run, "locale.charmap", "");
	const double bogomips = strtod(value_or(run, "cpu.bogomips", "0"), NULL);
	long cpu;

	str_add(out, "   BYTE UNIX Benchmarks (Version 5.1.3)\n\n");
	str_addf(out, "   System: %s: GNU/%s\n", value_or(run, "host.name", ""),
		 value_or(run, "kernel.name", "Linux"));
	str_addf(
		out, "   OS: GNU/%s -- %s -- %s\n", value_or(run, "kernel.name", "Linux"),
		value_or(run, "kernel.release", ""), value_or(run, "kernel.version", ""));
	str_addf(out, "   Machine: %s (unknown)\n", machine);
	str_addf(out, "   Language: %s (charmap=\"%s\", collate=\"%s\")\n",
		 value_or(run, "locale.wanted", "en_US.utf8"), charmap, charmap);
	for (cpu = 0; cpu < cpus_of(run) &&
		      environment_value(&run->environment, "cpu.model") != NULL;
	     cpu++) {
		str_addf(out, "   CPU %ld: ", cpu);
		add_model(value_or(run, "cpu.model", ""), out);
		str_addf(out, " (%.1f bogomips)\n", bogomips);
		add_flags(run, out);
	}
	add_uptime(run, out);
	str_add(out, "\n");
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct run_test *const *)a)->test->name,
		      (*(const struct run_test *const *)b)->test->name);
}

static void add_results(const struct run *run, const struct run_test *const *tests,
			size_t count, struct str *out)
{
	struct score score;
	size_t i;

	for (i = 0; i < count; i++) {
		score = score_test(run, tests[i]);
		str_addf(out, "%-40s %12.1f %-5s (%.1f s, %u samples)\n",
			 tests[i]->test->name, score.value, tests[i]->test->unit,
			 score.time_s, score.used);
	}
}

static void add_index(const struct run *run, const struct run_test *const *tests,
		      size_t count, struct str *out)
{
	const struct score_index index = score_run(run);
	struct score score;
	size_t i;

	str_addf(out, "%-40s %12s %12s %8s\n",
		 index.is_partial ? "System Benchmarks Partial Index"
				  : "System Benchmarks Index Values",
		 "BASELINE", "RESULT", "INDEX");
	for (i = 0; i < count; i++) {
		score = score_test(run, tests[i]);
		str_addf(out, "%-40s %12.1f %12.1f %8.1f\n", tests[i]->test->name,
			 tests[i]->test->baseline, score.value,
			 score_test_index(run, tests[i]).value);
	}
	str_addf(out, "%-40s %12s %12s %8s\n", "", "", "", "========");
	str_addf(out, "%-66s %8.1f\n",
		 index.is_partial ? "System Benchmarks Index Score (Partial Only)"
				  : "System Benchmarks Index Score",
		 index.score.value);
}

static void add_section(const struct run *run, struct str *out)
{
	const struct tm started = local_time(run->started_ns),
			finished = local_time(run->finished_ns);
	const struct run_test *tests[TESTS_COUNT];
	const long cpus = cpus_of(run);
	char from[64], to[64];
	size_t count = 0, i;

	for (i = 0; i < run->test_count; i++)
		if (score_test(run, &run->tests[i]).value > 0)
			tests[count++] = &run->tests[i];
	qsort(tests, count, sizeof(tests[0]), by_name);
	(void)strftime(from, sizeof(from), "%a %b %d %Y %H:%M:%S", &started);
	(void)strftime(to, sizeof(to), "%H:%M:%S", &finished);
	str_addf(out, "%s\nBenchmark Run: %s - %s\n", rule, from, to);
	str_addf(out, "%ld CPU%s in system; running %u parallel cop%s of tests\n\n", cpus,
		 cpus == 1 ? "" : "s", run->copies, run->copies == 1 ? "y" : "ies");
	add_results(run, tests, count, out);
	str_add(out, "\n");
	if (count == 0)
		return;
	add_index(run, tests, count, out);
	str_add(out, "\n");
}

void record_write_unixbench(const struct runs *runs, struct str *out)
{
	size_t i;

	if (runs->count == 0)
		return;
	add_header(&runs->runs[0], out);
	for (i = 0; i < runs->count; i++)
		add_section(&runs->runs[i], out);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/run.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

const char *const sample_flag_names[SAMPLE_FLAG_COUNT] = {"steal", "load", "duration",
							  "ragged", "clock"};
const char *const run_method_names[RUN_METHOD_COUNT] = {"budget", "precise", "classic",
							"imported"};

struct run_test *run_add_test(struct run *run, const struct test *test)
{
	assert(run->test_count < TESTS_COUNT && run_find_test(run, test->key) == NULL);
	run->tests[run->test_count] = (struct run_test){.test = test};
	return &run->tests[run->test_count++];
}

const struct run_test *run_find_test(const struct run *run, const char *key)
{
	size_t i;

	for (i = 0; i < run->test_count; i++)
		if (strcmp(run->tests[i].test->key, key) == 0)
			return &run->tests[i];
	return NULL;
}

void run_test_add_sample(struct run_test *test, const struct run_sample *sample)
{
	test->samples = mem_grow(test->samples, test->sample_count, sizeof(*sample));
	test->samples[test->sample_count++] = *sample;
}

void run_warn(struct run *run, const char *fmt, ...)
{
	char text[256];
	va_list args;
	size_t i;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (i = 0; i < run->warning_count; i++)
		if (strcmp(run->warnings[i], text) == 0)
			return;
	run->warnings =
		mem_grow(run->warnings, run->warning_count, sizeof(*run->warnings));
	run->warnings[run->warning_count++] = str_copy(text);
}

static void run_test_clear(struct run_test *test)
{
	size_t i;

	for (i = 0; i < test->sample_count; i++)
		free(test->samples[i].parts);
	free(test->samples);
	free(test->failure);
}

void run_build_add_file(struct run_build *build, const char *name, const char *sha256)
{
	build->files = mem_grow(build->files, build->file_count, sizeof(*build->files));
	build->files[build->file_count++] =
		(struct run_file){.name = str_copy(name), .sha256 = str_copy(sha256)};
}

static void run_build_clear(struct run_build *build)
{
	size_t i;

	for (i = 0; i < build->file_count; i++) {
		free(build->files[i].name);
		free(build->files[i].sha256);
	}
	free(build->files);
	free(build->compiler);
	free(build->flags);
	free(build->libc);
	free(build->version);
}

void run_clear(struct run *run)
{
	size_t i;

	for (i = 0; i < run->test_count; i++)
		run_test_clear(&run->tests[i]);
	for (i = 0; i < run->warning_count; i++)
		free(run->warnings[i]);
	free(run->warnings);
	environment_clear(&run->environment);
	run_build_clear(&run->build);
	free(run->id);
	free(run->label);
	free(run->group);
	free(run->provider);
	free(run->plan);
	free(run->location);
	free(run->price);
	free(run->profile);
	free(run->source);
	*run = (struct run){0};
}

struct run *runs_add(struct runs *runs)
{
	runs->runs = mem_grow(runs->runs, runs->count, sizeof(*runs->runs));
	runs->runs[runs->count] = (struct run){0};
	return &runs->runs[runs->count++];
}

void runs_drop_last(struct runs *runs)
{
	run_clear(&runs->runs[--runs->count]);
}

void runs_clear(struct runs *runs)
{
	size_t i;

	for (i = 0; i < runs->count; i++)
		run_clear(&runs->runs[i]);
	free(runs->runs);
	*runs = (struct runs){0};
}

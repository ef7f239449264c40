/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "base/num.h"
#include "base/own.h"
#include "model/score.h"
#include "record/run_json.h"

/* JSON is UTF-8; what a user or a kernel wrote may be anything: bytes that are not UTF-8 become '?'. */
static json_t *text_or_null(const char *text)
{
	json_t *string = text != NULL ? json_string(text) : json_null();
	autofree char *ascii = NULL;
	char *byte;

	if (string != NULL)
		return string;
	ascii = str_copy(text);
	for (byte = ascii; *byte != '\0'; byte++)
		if ((unsigned char)*byte >= 0x80)
			*byte = '?';
	return json_string(ascii);
}

/* A score that is 0 is none. */
static json_t *real_or_null(double value)
{
	return value > 0 ? json_real(value) : json_null();
}

static json_t *seconds(int64_t value_ns)
{
	return json_real(num_seconds(value_ns));
}

static json_t *date(int64_t since_1970_ns)
{
	const time_t second = (time_t)(since_1970_ns / NUM_SECOND_NS);
	char text[40];
	struct tm parts;

	if (since_1970_ns == 0 || gmtime_r(&second, &parts) == NULL)
		return json_null();
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	return json_string(text);
}

static json_t *flags(unsigned bits)
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < SAMPLE_FLAG_COUNT; i++)
		if ((bits >> i) & 1)
			(void)json_array_append_new(list, json_string(sample_flag_names[i]));
	return list;
}

static json_t *parts(const struct run_sample *sample, unsigned copies)
{
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < copies; i++)
		(void)json_array_append_new(
			list, json_pack("{sI so so so}", "count", (json_int_t)sample->parts[i].count, "start_s",
					seconds(sample->parts[i].start_ns), "elapsed_s",
					seconds(sample->parts[i].elapsed_ns), "scored_s",
					seconds(sample->parts[i].scored_ns)));
	return list;
}

static json_t *sample_object(const struct run_sample *sample, unsigned copies)
{
	json_t *object = json_pack(
		"{sI so so so so so so so so sI sI so so sb so}", "count", (json_int_t)sample->count, "start_s",
		seconds(sample->start_ns), "wanted_s", seconds(sample->wanted_ns), "elapsed_s",
		seconds(sample->elapsed_ns), "scored_s", seconds(sample->scored_ns), "user_s",
		seconds(sample->user_ns), "system_s", seconds(sample->system_ns), "steal_s",
		seconds(sample->steal_ns), "foreign_s", seconds(sample->foreign_ns), "switches_voluntary",
		(json_int_t)sample->switches_voluntary, "switches_forced",
		(json_int_t)sample->switches_forced, "load_before",
		sample->load_before >= 0 ? json_real(sample->load_before) : json_null(), "load_after",
		sample->load_after >= 0 ? json_real(sample->load_after) : json_null(), "kept", sample->kept,
		"flags", flags(sample->flags));

	if (sample->parts != NULL)
		(void)json_object_set_new(object, "copies", parts(sample, copies));
	return object;
}

static json_t *test_object(const struct run_test *test, const struct run *run)
{
	const struct score score = score_test(test, run->method);
	const struct score index = score_test_index(test, run->method);
	json_t *samples = json_array();
	size_t i;

	for (i = 0; i < test->sample_count; i++)
		(void)json_array_append_new(samples, sample_object(&test->samples[i], run->copies));
	return json_pack("{ss ss ss sf sf so so so so so so si so so so}", "key", test->test->key, "name",
			 test->test->name, "unit", test->test->unit, "per_loop", test->test->per_loop,
			 "baseline", test->test->baseline, "score", real_or_null(score.value), "low",
			 real_or_null(score.low), "high", real_or_null(score.high), "index",
			 real_or_null(index.value), "classic_score", real_or_null(score.classic),
			 "smallest_change", real_or_null(score_smallest_change(&score)), "used",
			 (int)score.used, "time_s", real_or_null(score.time_s), "failure",
			 text_or_null(test->failure), "samples", samples);
}

static json_t *environment_list(const struct environment *environment)
{
	json_t *facts = json_array();
	size_t i;

	for (i = 0; i < environment->count; i++) {
		const struct fact *fact = &environment->facts[i];
		json_t *object = json_pack("{ss so so}", "key", fact->key, "value", text_or_null(fact->value),
					   "source", text_or_null(fact->source));

		if (fact->problem != NULL)
			(void)json_object_set_new(object, "problem", text_or_null(fact->problem));
		(void)json_array_append_new(facts, object);
	}
	return json_pack("{so}", "facts", facts);
}

static json_t *build_object(const struct run_build *build)
{
	json_t *files = json_object();
	size_t i;

	for (i = 0; i < build->file_count; i++)
		(void)json_object_set_new(files, build->files[i].name, json_string(build->files[i].sha256));
	return json_pack("{so so so so so}", "moult", text_or_null(build->version), "compiler",
			 text_or_null(build->compiler), "flags", text_or_null(build->flags), "libc",
			 text_or_null(build->libc), "executables", files);
}

static json_t *run_object(const struct run *run)
{
	const struct score_index index = score_run(run);
	json_t *tests = json_array(), *warnings = json_array();
	size_t i;

	for (i = 0; i < run->test_count; i++)
		(void)json_array_append_new(tests, test_object(&run->tests[i], run));
	for (i = 0; i < run->warning_count; i++)
		(void)json_array_append_new(warnings, text_or_null(run->warnings[i]));
	return json_pack(
		"{ss so so so so so ss si so so so so so sb s{so so so so sb si} so so so so}", "schema",
		"moult.run/1", "id", text_or_null(run->id), "label", text_or_null(run->label), "group",
		text_or_null(run->group), "profile", text_or_null(run->profile), "source",
		text_or_null(run->source), "method", run_method_names[run->method], "copies",
		(int)run->copies, "started", date(run->started_ns), "finished", date(run->finished_ns),
		"budget_s", run->budget_ns > 0 ? seconds(run->budget_ns) : json_null(), "overhead_cpu_s",
		seconds(run->overhead_ns), "workload_cpu_s", seconds(run->workload_ns), "interrupted",
		run->interrupted, "index", "score", real_or_null(index.score.value), "low",
		real_or_null(index.score.low), "high", real_or_null(index.score.high), "classic_score",
		real_or_null(index.score.classic), "partial", index.is_partial, "tests", (int)index.tests,
		"tests", tests, "warnings", warnings, "environment", environment_list(&run->environment),
		"build", build_object(&run->build));
}

void record_write_json(const struct runs *runs, struct str *out)
{
	json_t *root, *list;
	char *text;
	size_t i;

	if (runs->count == 1) {
		root = run_object(&runs->runs[0]);
	} else {
		list = json_array();
		for (i = 0; i < runs->count; i++)
			(void)json_array_append_new(list, run_object(&runs->runs[i]));
		root = json_pack("{ss so}", "schema", "moult.runs/1", "runs", list);
	}
	text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
	str_add(out, text != NULL ? text : "null");
	str_add(out, "\n");
	free(text);
	json_decref(root);
}

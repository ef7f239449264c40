/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "base/num.h"
#include "base/own.h"
#include "model/score.h"
#include "record/json_put.h"
#include "record/run_json.h"

static void put_seconds(json_t *object, const char *key, int64_t value_ns)
{
	json_put(object, key, json_real(num_seconds(value_ns)));
}

/* A score that is 0 is none. */
static void put_score(json_t *object, const char *key, double value)
{
	json_put(object, key, value > 0 ? json_real(value) : json_null());
}

static void put_date(json_t *object, const char *key, int64_t since_1970_ns)
{
	const time_t second = (time_t)(since_1970_ns / NUM_SECOND_NS);
	char text[40];
	struct tm parts;

	if (since_1970_ns == 0 || gmtime_r(&second, &parts) == NULL) {
		json_put(object, key, json_null());
		return;
	}
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	json_put(object, key, json_string(text));
}

static json_t *flags_list(unsigned bits)
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < SAMPLE_FLAG_COUNT; i++)
		if ((bits >> i) & 1)
			(void)json_array_append_new(list,
						    json_string(sample_flag_names[i]));
	return list;
}

static json_t *copies_list(const struct run_sample *sample)
{
	json_t *list = json_array(), *object;
	unsigned i;

	for (i = 0; i < sample->part_count; i++) {
		object = json_object();
		json_put_count(object, "count", (int64_t)sample->parts[i].count);
		put_seconds(object, "start_s", sample->parts[i].start_ns);
		put_seconds(object, "elapsed_s", sample->parts[i].elapsed_ns);
		put_seconds(object, "scored_s", sample->parts[i].scored_ns);
		(void)json_array_append_new(list, object);
	}
	return list;
}

static void put_load(json_t *object, const char *key, double load)
{
	json_put(object, key, load >= 0 ? json_real(load) : json_null());
}

static json_t *sample_object(const struct run_sample *sample)
{
	json_t *object = json_object();

	json_put_count(object, "count", (int64_t)sample->count);
	put_seconds(object, "start_s", sample->start_ns);
	put_seconds(object, "wanted_s", sample->wanted_ns);
	put_seconds(object, "elapsed_s", sample->elapsed_ns);
	put_seconds(object, "scored_s", sample->scored_ns);
	put_seconds(object, "user_s", sample->user_ns);
	put_seconds(object, "system_s", sample->system_ns);
	put_seconds(object, "steal_s", sample->steal_ns);
	put_seconds(object, "foreign_s", sample->foreign_ns);
	json_put_count(object, "switches_voluntary", sample->switches_voluntary);
	json_put_count(object, "switches_forced", sample->switches_forced);
	put_load(object, "load_before", sample->load_before);
	put_load(object, "load_after", sample->load_after);
	json_put(object, "kept", json_boolean(sample->kept));
	json_put(object, "flags", flags_list(sample->flags));
	if (sample->parts != NULL)
		json_put(object, "copies", copies_list(sample));
	return object;
}

static json_t *test_object(const struct run_test *test, const struct run *run)
{
	const struct score score = score_test(run, test);
	json_t *object = json_object(), *samples = json_array();
	size_t i;

	json_put_text(object, "key", test->test->key);
	json_put_text(object, "name", test->test->name);
	json_put_text(object, "unit", test->test->unit);
	json_put(object, "per_loop", json_real(test->test->per_loop));
	json_put(object, "baseline", json_real(test->test->baseline));
	put_score(object, "score", score.value);
	put_score(object, "low", score.low);
	put_score(object, "high", score.high);
	json_put_text(object, "interval", estimate_method_names[score.method]);
	put_score(object, "index", score_test_index(run, test).value);
	put_score(object, "classic_score", score.classic);
	put_score(object, "smallest_change", score_smallest_change(&score));
	json_put_count(object, "used", score.used);
	put_score(object, "time_s", score.time_s);
	json_put_text(object, "failure", test->failure);
	for (i = 0; i < test->sample_count; i++)
		(void)json_array_append_new(samples, sample_object(&test->samples[i]));
	json_put(object, "samples", samples);
	return object;
}

static json_t *build_object(const struct run_build *build)
{
	json_t *object = json_object(), *files = json_object();
	size_t i;

	json_put_text(object, "moult", build->version);
	json_put_text(object, "compiler", build->compiler);
	json_put_text(object, "flags", build->flags);
	json_put_text(object, "libc", build->libc);
	for (i = 0; i < build->file_count; i++)
		json_put_text(files, build->files[i].name, build->files[i].sha256);
	json_put(object, "executables", files);
	return object;
}

static json_t *index_object(const struct run *run)
{
	const struct score_index index = score_run(run);
	json_t *object = json_object();

	put_score(object, "score", index.score.value);
	put_score(object, "low", index.score.low);
	put_score(object, "high", index.score.high);
	put_score(object, "classic_score", index.score.classic);
	put_score(object, "smallest_change", score_smallest_change(&index.score));
	json_put(object, "partial", json_boolean(index.is_partial));
	json_put_count(object, "tests", index.tests);
	return object;
}

static json_t *run_object(const struct run *run)
{
	json_t *object = json_object(), *tests = json_array(), *warnings = json_array();
	size_t i;

	json_put_text(object, "schema", "moult.run/1");
	json_put_text(object, "id", run->id);
	json_put_text(object, "label", run->label);
	json_put_text(object, "group", run->group);
	json_put_text(object, "provider", run->provider);
	json_put_text(object, "plan", run->plan);
	json_put_text(object, "location", run->location);
	json_put_text(object, "price", run->price);
	json_put_text(object, "profile", run->profile);
	json_put_text(object, "source", run->source);
	json_put_text(object, "method", run_method_names[run->method]);
	json_put_count(object, "copies", run->copies);
	put_date(object, "started", run->started_ns);
	put_date(object, "finished", run->finished_ns);
	put_seconds(object, "budget_s", run->budget_ns);
	put_seconds(object, "overhead_cpu_s", run->overhead_ns);
	put_seconds(object, "workload_cpu_s", run->workload_ns);
	put_seconds(object, "prepare_cpu_s", run->prepare_ns);
	json_put(object, "interrupted", json_boolean(run->interrupted));
	json_put_count(object, "bootstrap_seed", (int64_t)ESTIMATE_SEED);
	json_put(object, "index", index_object(run));
	for (i = 0; i < run->test_count; i++)
		(void)json_array_append_new(tests, test_object(&run->tests[i], run));
	json_put(object, "tests", tests);
	for (i = 0; i < run->warning_count; i++)
		(void)json_array_append_new(warnings, json_put_value(run->warnings[i]));
	json_put(object, "warnings", warnings);
	json_put(object, "environment", json_put_environment(&run->environment));
	json_put(object, "build", build_object(&run->build));
	return object;
}

void record_write_json_list(const struct runs *runs, struct str *out)
{
	json_t *root = json_object(), *list = json_array();
	size_t i;

	for (i = 0; i < runs->count; i++)
		(void)json_array_append_new(list, run_object(&runs->runs[i]));
	json_put_text(root, "schema", "moult.runs/1");
	json_put(root, "runs", list);
	json_put_end(root, out);
}

void record_write_json(const struct runs *runs, struct str *out)
{
	if (runs->count == 1)
		json_put_end(run_object(&runs->runs[0]), out);
	else
		record_write_json_list(runs, out);
}

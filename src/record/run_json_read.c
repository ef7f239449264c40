/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "model/score.h"
#include "record/json_take.h"
#include "record/run_json.h"

/* The longest time that a field may hold: a year. Larger ones would not fit nanoseconds
 * safely. */
static const double longest_s = 366 * 86400.0;

/* What is computed from a figure below one limit stays below the next, through all rounding: what was
 * read can be written and read again. The fastest machine of 65536 copies stays below 1e13. */
static const double rate_most = 1e14, score_most = 1e15, index_most = 1e17,
		    run_index_most = 1e18;

static int read_seconds(const json_t *object, const char *key, int64_t *out_ns,
			struct error *err)
{
	double value_s;

	if (json_take_number(object, key, longest_s, &value_s, err) != 0)
		return -1;
	*out_ns = llround(value_s * (double)NUM_SECOND_NS);
	return 0;
}

/* What is no date, or one that nanoseconds since 1970 do not reach, is none. */
static int64_t parse_date(const char *text)
{
	struct tm parts = {0};
	int64_t date_ns;
	const char *end =
		text != NULL ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts) : NULL;

	if (end == NULL || *end != '\0' ||
	    __builtin_mul_overflow((int64_t)timegm(&parts), NUM_SECOND_NS, &date_ns))
		return 0;
	return date_ns;
}

static unsigned read_flags(const json_t *list)
{
	unsigned bits = 0;
	const json_t *flag;
	size_t i;
	int bit;

	json_array_foreach(list, i, flag)
		for (bit = 0; bit < SAMPLE_FLAG_COUNT; bit++)
			if (json_is_string(flag) &&
			    strcmp(json_string_value(flag), sample_flag_names[bit]) == 0)
				bits |= 1u << bit;
	return bits;
}

static int read_parts(const json_t *list, unsigned copies, struct run_sample *sample,
		      struct error *err)
{
	const json_t *part;
	size_t i;

	if (list == NULL)
		return 0;
	if (!json_is_array(list) || json_array_size(list) != copies)
		return error_set(err, ERROR_INPUT,
				 "a sample of %u copies does not list them", copies);
	sample->parts = mem_zero(copies, sizeof(*sample->parts));
	sample->part_count = copies;
	json_array_foreach(list, i, part)
		if (json_take_count(part, "count", &sample->parts[i].count, err) != 0 ||
		    read_seconds(part, "start_s", &sample->parts[i].start_ns, err) != 0 ||
		    read_seconds(part, "elapsed_s", &sample->parts[i].elapsed_ns, err) !=
			    0 ||
		    read_seconds(part, "scored_s", &sample->parts[i].scored_ns, err) != 0)
			return -1;
	return 0;
}

static const struct {
	const char *key;
	size_t offset;
} sample_times[] = {
	{"start_s", offsetof(struct run_sample, start_ns)},
	{"wanted_s", offsetof(struct run_sample, wanted_ns)},
	{"elapsed_s", offsetof(struct run_sample, elapsed_ns)},
	{"scored_s", offsetof(struct run_sample, scored_ns)},
	{"user_s", offsetof(struct run_sample, user_ns)},
	{"system_s", offsetof(struct run_sample, system_ns)},
	{"steal_s", offsetof(struct run_sample, steal_ns)},
	{"foreign_s", offsetof(struct run_sample, foreign_ns)},
};

static double load_or_unknown(const json_t *object, const char *key)
{
	const json_t *field = json_object_get(object, key);

	return json_is_number(field) ? json_number_value(field) : -1;
}

static int read_sample(const json_t *object, unsigned copies, const struct test *test,
		       struct run_sample *sample, struct error *err)
{
	uint64_t voluntary, forced;
	int64_t time_ns;
	size_t i;

	if (json_take_count(object, "count", &sample->count, err) != 0 ||
	    json_take_count(object, "switches_voluntary", &voluntary, err) != 0 ||
	    json_take_count(object, "switches_forced", &forced, err) != 0)
		return -1;
	sample->switches_voluntary = (int64_t)voluntary;
	sample->switches_forced = (int64_t)forced;
	for (i = 0; i < sizeof(sample_times) / sizeof(sample_times[0]); i++) {
		if (read_seconds(object, sample_times[i].key, &time_ns, err) != 0)
			return -1;
		memcpy((char *)sample + sample_times[i].offset, &time_ns,
		       sizeof(time_ns));
	}
	if (sample->scored_ns == 0)
		sample->scored_ns = sample->elapsed_ns;
	if (sample->count == 0 || sample->elapsed_ns == 0 || sample->scored_ns == 0)
		return error_set(err, ERROR_INPUT, "a sample has no loops or no time");
	sample->load_before = load_or_unknown(object, "load_before");
	sample->load_after = load_or_unknown(object, "load_after");
	sample->kept = json_is_true(json_object_get(object, "kept"));
	sample->flags = read_flags(json_object_get(object, "flags"));
	if (read_parts(json_object_get(object, "copies"), copies, sample, err) != 0)
		return -1;
	if (score_sample_rate(test, sample) > rate_most)
		return error_set(err, ERROR_INPUT, "a sample of more than %g %s",
				 rate_most, test->unit);
	return 0;
}

static int read_test(const json_t *object, struct run *run, struct error *err)
{
	const char *key = json_string_value(json_object_get(object, "key"));
	const int number = key != NULL ? tests_find(key) : -1;
	const json_t *samples = json_object_get(object, "samples"), *entry;
	struct run_test *test;
	uint64_t used;
	size_t i;

	if (number < 0)
		return error_set(err, ERROR_INPUT, "unknown test '%.60s'",
				 key != NULL ? key : "");
	if (run_find_test(run, key) != NULL)
		return error_set(err, ERROR_INPUT, "the test '%s' stands there twice",
				 key);
	test = run_add_test(run, &tests_all[number]);
	test->failure = json_take_text(object, "failure");
	if (json_take_number(object, "score", score_most, &test->imported_score, err) !=
		    0 ||
	    json_take_number(object, "index", index_most, &test->imported_index, err) !=
		    0 ||
	    json_take_number(object, "time_s", longest_s, &test->imported_time_s, err) !=
		    0 ||
	    json_take_count(object, "used", &used, err) != 0)
		return error_frame(err, "%s", key);
	test->imported_samples = (unsigned)used;
	json_array_foreach(samples, i, entry) {
		struct run_sample sample = {0};

		if (read_sample(entry, run->copies, test->test, &sample, err) != 0) {
			free(sample.parts);
			return error_frame(err, "%s: sample %zu", key, i + 1);
		}
		run_test_add_sample(test, &sample);
	}
	return 0;
}

static void read_environment(const json_t *object, struct environment *out)
{
	const json_t *fact;
	size_t i;

	json_array_foreach(json_object_get(object, "facts"), i, fact) {
		const char *key = json_string_value(json_object_get(fact, "key"));

		if (key != NULL)
			environment_add(
				out, key,
				json_string_value(json_object_get(fact, "value")),
				json_string_value(json_object_get(fact, "source")),
				json_string_value(json_object_get(fact, "problem")));
	}
}

static void read_build(json_t *object, struct run_build *out)
{
	const char *name;
	json_t *digest;

	out->version = json_take_text(object, "moult");
	out->compiler = json_take_text(object, "compiler");
	out->flags = json_take_text(object, "flags");
	out->libc = json_take_text(object, "libc");
	json_object_foreach(json_object_get(object, "executables"), name, digest)
		run_build_add_file(out, name, json_string_value(digest));
}

static int read_method(const json_t *object, enum run_method *out, struct error *err)
{
	unsigned number;

	if (json_take_name(object, "method", run_method_names, RUN_METHOD_COUNT, &number,
			   err) != 0)
		return -1;
	*out = (enum run_method)number;
	return 0;
}

static int read_head(const json_t *object, struct run *run, struct error *err)
{
	uint64_t copies;

	if (read_method(object, &run->method, err) != 0 ||
	    json_take_count(object, "copies", &copies, err) != 0 ||
	    read_seconds(object, "budget_s", &run->budget_ns, err) != 0 ||
	    read_seconds(object, "overhead_cpu_s", &run->overhead_ns, err) != 0 ||
	    read_seconds(object, "workload_cpu_s", &run->workload_ns, err) != 0 ||
	    read_seconds(object, "prepare_cpu_s", &run->prepare_ns, err) != 0)
		return -1;
	if ((copies < 1 && run->method != RUN_IMPORTED) || copies > 65536)
		return error_set(err, ERROR_INPUT,
				 "the field 'copies' is not 1 to 65536");
	run->copies = (unsigned)copies;
	run->id = json_take_text(object, "id");
	run->label = json_take_text(object, "label");
	run->group = json_take_text(object, "group");
	run->provider = json_take_text(object, "provider");
	run->plan = json_take_text(object, "plan");
	run->location = json_take_text(object, "location");
	run->price = json_take_text(object, "price");
	run->profile = json_take_text(object, "profile");
	run->source = json_take_text(object, "source");
	run->started_ns =
		parse_date(json_string_value(json_object_get(object, "started")));
	run->finished_ns =
		parse_date(json_string_value(json_object_get(object, "finished")));
	run->interrupted = json_is_true(json_object_get(object, "interrupted"));
	return 0;
}

static int read_run(json_t *object, struct run *run, struct error *err)
{
	const json_t *tests = json_object_get(object, "tests"), *entry;
	size_t i;

	if (json_take_schema(object, "moult.run/1", err) != 0 ||
	    read_head(object, run, err) != 0)
		return -1;
	if (run->method == RUN_IMPORTED &&
	    json_take_number(json_object_get(object, "index"), "score", run_index_most,
			     &run->imported_index, err) != 0)
		return -1;
	if (!json_is_array(tests))
		return error_set(err, ERROR_INPUT, "the field 'tests' is not a list");
	json_array_foreach(tests, i, entry)
		if (read_test(entry, run, err) != 0)
			return -1;
	json_array_foreach(json_object_get(object, "warnings"), i, entry)
		if (json_is_string(entry))
			run_warn(run, "%s", json_string_value(entry));
	read_environment(json_object_get(object, "environment"), &run->environment);
	read_build(json_object_get(object, "build"), &run->build);
	return 0;
}

static int read_root(json_t *root, struct runs *out, struct error *err)
{
	json_t *list = json_object_get(root, "runs"), *entry;
	size_t i;

	if (list == NULL)
		return read_run(root, runs_add(out), err);
	if (json_take_schema(root, "moult.runs/1", err) != 0)
		return -1;
	if (!json_is_array(list))
		return error_set(err, ERROR_INPUT, "the field 'runs' is not a list");
	json_array_foreach(list, i, entry)
		if (read_run(entry, runs_add(out), err) != 0)
			return error_frame(err, "run %zu", i + 1);
	return 0;
}

int record_read_json(const char *text, const char *name, struct runs *out,
		     struct error *err)
{
	json_error_t where;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &where);
	int result;

	if (root == NULL)
		return error_set(err, ERROR_INPUT, "'%s' is not JSON: line %d: %s", name,
				 where.line, where.text);
	result = read_root(root, out, err);
	json_decref(root);
	return result == 0 ? 0 : error_frame(err, "'%s'", name);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/compare_json.h"

#include <string.h>

#include "record/json_put.h"

static json_t *number_or_null(double value)
{
	return value > 0 ? json_real(value) : json_null();
}

static json_t *row_object(const struct compare_row *row)
{
	json_t *object = json_object();

	if (row->test != NULL) {
		json_put_text(object, "key", row->test->key);
		json_put_text(object, "unit", row->test->unit);
	}
	json_put(object, "first", number_or_null(row->first));
	json_put(object, "second", number_or_null(row->second));
	json_put(object, "ratio", number_or_null(row->ratio));
	json_put(object, "low", number_or_null(row->low));
	json_put(object, "high", number_or_null(row->high));
	json_put(object, "smallest_change", number_or_null(row->smallest));
	json_put_text(object, "verdict", compare_verdict_keys[row->verdict]);
	return object;
}

static json_t *run_name(const struct run *run)
{
	json_t *object = json_object();

	json_put_text(object, "id", run->id);
	json_put_text(object, "label", run->label);
	json_put_text(object, "source", run->source);
	return object;
}

/* The facts in which two machines differ. */
static json_t *differences(const struct run *first, const struct run *second)
{
	json_t *list = json_array(), *object;
	size_t i;

	for (i = 0; i < first->environment.count; i++) {
		const struct fact *fact = &first->environment.facts[i];
		const char *other = environment_value(&second->environment, fact->key);

		if (environment_is_of_a_moment(fact->key) || fact->value == NULL ||
		    other == NULL || strcmp(fact->value, other) == 0)
			continue;
		object = json_object();
		json_put_text(object, "fact", fact->key);
		json_put_text(object, "first", fact->value);
		json_put_text(object, "second", other);
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *ratio_object(const struct compare_row *row)
{
	json_t *object = json_object();

	json_put(object, "ratio", number_or_null(row->ratio));
	json_put(object, "low", number_or_null(row->low));
	json_put(object, "high", number_or_null(row->high));
	json_put_text(object, "verdict", compare_verdict_keys[row->verdict]);
	return object;
}

static json_t *split_row_object(const struct compare_split_row *row)
{
	json_t *object = json_object();

	if (row->test != NULL)
		json_put_text(object, "key", row->test->key);
	json_put(object, "kernel", ratio_object(&row->kernel));
	json_put(object, "userland", ratio_object(&row->userland));
	return object;
}

static json_t *split_object(const struct compare_split *split)
{
	json_t *object = json_object(), *tests = json_array();
	size_t i;

	json_put(object, "index", split_row_object(&split->index));
	for (i = 0; i < split->test_count; i++)
		(void)json_array_append_new(tests, split_row_object(&split->tests[i]));
	json_put(object, "tests", tests);
	return object;
}

static json_t *tests_array(unsigned tests)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < TESTS_COUNT; i++)
		if ((tests >> i & 1) != 0)
			(void)json_array_append_new(list,
						    json_put_value(tests_all[i].key));
	return list;
}

static json_t *causes_array(const struct explanation *explanation)
{
	json_t *list = json_array(), *object;
	size_t i;

	for (i = 0; i < explanation->cause_count; i++) {
		const struct cause *cause = &explanation->causes[i];

		object = json_object();
		json_put_text(object, "fact", cause->fact);
		json_put_text(object, "first", cause->first);
		json_put_text(object, "second", cause->second);
		json_put(object, "tests", tests_array(cause->tests));
		json_put(object, "share", json_real(cause->share));
		json_put_text(object, "mechanism", cause->mechanism);
		json_put_text(object, "source", cause->source);
		json_put_text(object, "check", cause->check);
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *unexplained_object(const struct unexplained *unexplained)
{
	json_t *object = json_object(), *list = json_array(), *next;
	size_t i;

	for (i = 0; i < unexplained->next_count; i++) {
		next = json_object();
		json_put_text(next, "fact", unexplained->next[i].fact);
		json_put_text(next, "check", unexplained->next[i].check);
		json_put(next, "held", json_boolean(unexplained->next[i].is_held));
		(void)json_array_append_new(list, next);
	}
	json_put(object, "tests", tests_array(unexplained->tests));
	json_put(object, "next", list);
	return object;
}

static void put_explanation(json_t *object, const struct explanation *explanation)
{
	json_t *list = json_array();
	size_t i;

	json_put(object, "moved", tests_array(explanation->moved));
	json_put(object, "causes", causes_array(explanation));
	for (i = 0; i < explanation->unexplained_count; i++)
		(void)json_array_append_new(
			list, unexplained_object(&explanation->unexplained[i]));
	json_put(object, "unexplained", list);
}

static json_t *comparison_object(const struct compared *compared)
{
	const struct comparison *comparison = &compared->comparison;
	json_t *object = json_object(), *tests = json_array();
	size_t i;

	json_put(object, "first", run_name(compared->first));
	json_put(object, "second", run_name(compared->second));
	json_put(object, "same_build",
		 json_boolean(compare_is_same_build(compared->first, compared->second)));
	json_put_count(object, "common_tests", (int64_t)comparison->common);
	json_put(object, "index", row_object(&comparison->index));
	for (i = 0; i < comparison->test_count; i++)
		(void)json_array_append_new(tests, row_object(&comparison->tests[i]));
	json_put(object, "tests", tests);
	json_put(object, "split",
		 compared->has_split ? split_object(&compared->split) : json_null());
	put_explanation(object, &compared->explanation);
	json_put(object, "environment", differences(compared->first, compared->second));
	return object;
}

void record_write_comparisons(const struct compared *compared, size_t count,
			      struct str *out)
{
	json_t *root = json_object(), *list = json_array();
	size_t i;

	json_put_text(root, "schema", "moult.compare/1");
	for (i = 0; i < count; i++)
		(void)json_array_append_new(list, comparison_object(&compared[i]));
	json_put(root, "comparisons", list);
	json_put_end(root, out);
}

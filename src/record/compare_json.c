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

/* The facts in which two runs differ; moments and what happened meanwhile always do. */
static json_t *differences(const struct run *first, const struct run *second)
{
	json_t *list = json_array(), *object;
	size_t i;

	for (i = 0; i < first->environment.count; i++) {
		const struct fact *fact = &first->environment.facts[i];
		const char *other = environment_value(&second->environment, fact->key);

		if (fact->value == NULL || other == NULL ||
		    strcmp(fact->value, other) == 0)
			continue;
		object = json_object();
		json_put_text(object, "fact", fact->key);
		json_put_text(object, "first", fact->value);
		json_put_text(object, "second", other);
		(void)json_array_append_new(list, object);
	}
	return list;
}

static json_t *comparison_object(const struct run *first, const struct run *second,
				 const struct comparison *comparison)
{
	json_t *object = json_object(), *tests = json_array();
	size_t i;

	json_put(object, "first", run_name(first));
	json_put(object, "second", run_name(second));
	json_put(object, "same_build",
		 json_boolean(compare_is_same_build(first, second)));
	json_put_count(object, "common_tests", (int64_t)comparison->common);
	json_put(object, "index", row_object(&comparison->index));
	for (i = 0; i < comparison->test_count; i++)
		(void)json_array_append_new(tests, row_object(&comparison->tests[i]));
	json_put(object, "tests", tests);
	json_put(object, "environment", differences(first, second));
	return object;
}

void record_write_comparisons(const struct runs *runs,
			      const struct comparison *comparisons, struct str *out)
{
	json_t *root = json_object(), *list = json_array();
	size_t i;

	json_put_text(root, "schema", "moult.compare/1");
	for (i = 1; i < runs->count; i++)
		(void)json_array_append_new(list,
					    comparison_object(&runs->runs[0],
							      &runs->runs[i],
							      &comparisons[i - 1]));
	json_put(root, "comparisons", list);
	json_put_end(root, out);
}

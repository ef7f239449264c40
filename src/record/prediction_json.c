/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/prediction_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "model/plan.h"
#include "record/json_field.h"
#include "record/json_machine.h"
#include "record/json_take.h"
#include "record/prediction_object.h"

#define SCHEMA "moult.prediction/1"

enum { PROVIDER_MOST = 64 };

static json_t *evidence_array(const struct prediction_link *link)
{
	json_t *array = json_array(), *object;
	size_t i;

	for (i = 0; i < link->evidence_count; i++) {
		object = json_object();
		json_put_text(object, "source", link->evidence[i].source);
		json_put_text(object, "text", link->evidence[i].text);
		(void)json_array_append_new(array, object);
	}
	return array;
}

static json_t *link_object(const struct prediction *prediction, unsigned step)
{
	const struct prediction_link *link = &prediction->links[step];
	json_t *object = json_object();

	json_put_text(object, "name", prediction_steps[step].name);
	json_put_text(object, "verdict", prediction_verdict_names[link->verdict]);
	json_put_text(object, "says", link->says);
	json_put_text(object, "fixer", prediction_fixers[link->fixer].name);
	json_put(object, "evidence", evidence_array(link));
	return object;
}

static json_t *chain_object(const struct prediction *prediction, unsigned chain)
{
	const enum prediction_chain which = (enum prediction_chain)chain;
	const enum prediction_step first = prediction_first_bad(prediction, which);
	json_t *object = json_object(), *links = json_array();
	unsigned i;

	json_put_text(object, "name", prediction_chain_names[chain]);
	json_put_text(object, "verdict",
		      prediction_verdict_names[prediction_of_chain(prediction, which)]);
	json_put_text(object, "first_bad",
		      first < STEP_COUNT ? prediction_steps[first].name : NULL);
	for (i = 0; i < STEP_COUNT; i++)
		if (prediction_steps[i].chain == which)
			(void)json_array_append_new(links, link_object(prediction, i));
	json_put(object, "links", links);
	return object;
}

json_t *record_prediction_object(const struct prediction *prediction)
{
	json_t *root = json_object(), *chains = json_array(), *provider = json_array();
	unsigned i;

	json_put_text(root, "schema", SCHEMA);
	json_put_text(root, "image", prediction->image);
	json_put_text(root, "system", prediction->system);
	json_put_text(root, "platform", prediction->platform);
	for (i = 0; i < CHAIN_COUNT; i++)
		(void)json_array_append_new(chains, chain_object(prediction, i));
	json_put(root, "chains", chains);
	for (i = 0; i < prediction->provider.count; i++)
		(void)json_array_append_new(provider,
					    json_put_value(prediction->provider.list[i]));
	json_put(root, "provider", provider);
	return root;
}

void record_write_prediction(const struct prediction *prediction, struct str *out)
{
	json_put_end(record_prediction_object(prediction), out);
}

_Static_assert(sizeof(enum prediction_verdict) == sizeof(unsigned),
	       "FIELD_NAME is read as an unsigned");

/* A chain as it is written: what follows from its links. */
struct chain {
	char *name, *first_bad;
	unsigned verdict;
};

#define TEXT(key, kind, type, member)                                                    \
	{                                                                                \
		key, kind, offsetof(struct type, member), PLAN_LINE_MOST_BYTES, NULL     \
	}
#define VERDICT(type)                                                                    \
	{                                                                                \
		"verdict", FIELD_NAME, offsetof(struct type, verdict),                   \
			PREDICT_VERDICT_COUNT, prediction_verdict_names                  \
	}
#define OTHER(key)                                                                       \
	{                                                                                \
		key, FIELD_OTHER, 0, 0, NULL                                             \
	}
#define END                                                                              \
	{                                                                                \
		NULL, FIELD_OTHER, 0, 0, NULL                                            \
	}

static const struct json_field prediction_fields[] = {
	OTHER("schema"),
	TEXT("image", FIELD_TEXT, prediction, image),
	TEXT("system", FIELD_TEXT_OR_NULL, prediction, system),
	TEXT("platform", FIELD_TEXT, prediction, platform),
	OTHER("chains"),
	OTHER("provider"),
	END,
};

static const struct json_field chain_fields[] = {
	TEXT("name", FIELD_TEXT, chain, name),
	VERDICT(chain),
	TEXT("first_bad", FIELD_TEXT_OR_NULL, chain, first_bad),
	OTHER("links"),
	END,
};

static const struct json_field link_fields[] = {
	OTHER("name"),
	VERDICT(prediction_link),
	TEXT("says", FIELD_TEXT, prediction_link, says),
	OTHER("fixer"),
	OTHER("evidence"),
	END,
};

static const struct json_field evidence_fields[] = {
	TEXT("source", FIELD_TEXT, prediction_evidence, source),
	TEXT("text", FIELD_TEXT, prediction_evidence, text),
	END,
};

static int take_evidence(const json_t *object, struct prediction_link *link,
			 struct error *err)
{
	json_t *list;
	size_t i;

	if (json_take_list(object, "evidence", PLAN_EVIDENCE_MOST, &list, err) != 0)
		return -1;
	link->evidence = mem_zero(json_array_size(list) + 1, sizeof(*link->evidence));
	link->evidence_count = json_array_size(list);
	for (i = 0; i < link->evidence_count; i++)
		if (json_take_fields(json_array_get(list, i), evidence_fields,
				     &link->evidence[i], err) != 0)
			return -1;
	return 0;
}

static int take_fixer(const json_t *value, enum prediction_fixer *out, struct error *err)
{
	const char *name = json_string_value(value);
	unsigned i;

	if (value != NULL && json_is_null(value)) {
		*out = FIXER_NONE;
		return 0;
	}
	for (i = FIXER_NONE + 1; name != NULL && i < FIXER_COUNT; i++)
		if (strcmp(prediction_fixers[i].name, name) == 0) {
			*out = (enum prediction_fixer)i;
			return 0;
		}
	return error_set(err, ERROR_INPUT, "unknown fixer '%.60s'",
			 name != NULL ? name : "");
}

static int take_link(json_t *object, unsigned step, struct prediction_link *link,
		     struct error *err)
{
	const char *name = json_string_value(json_object_get(object, "name"));

	if (name == NULL || strcmp(name, prediction_steps[step].name) != 0)
		return error_set(err, ERROR_INPUT, "unknown link '%.60s'",
				 name != NULL ? name : "");
	if (json_take_fields(object, link_fields, link, err) != 0 ||
	    take_fixer(json_object_get(object, "fixer"), &link->fixer, err) != 0)
		return -1;
	return take_evidence(object, link, err);
}

static int take_links(const json_t *object, unsigned which, struct prediction *out,
		      struct error *err)
{
	json_t *list;
	size_t next = 0;
	unsigned i;

	if (json_take_list(object, "links", STEP_COUNT, &list, err) != 0)
		return -1;
	for (i = 0; i < STEP_COUNT; i++)
		if (prediction_steps[i].chain == which &&
		    take_link(json_array_get(list, next++), i, &out->links[i], err) != 0)
			return error_frame(err, "%s", prediction_steps[i].name);
	if (next != json_array_size(list))
		return error_set(err, ERROR_INPUT, "the field 'links' has too many");
	return 0;
}

static int check_chain(const struct chain *chain, enum prediction_chain which,
		       const struct prediction *prediction, struct error *err)
{
	const enum prediction_step first = prediction_first_bad(prediction, which);
	const char *bad = first < STEP_COUNT ? prediction_steps[first].name : "";

	if (chain->first_bad != NULL && chain->first_bad[0] == '\0')
		return error_set(err, ERROR_INPUT, "unknown link ''");
	if (chain->verdict == prediction_of_chain(prediction, which) &&
	    strcmp(chain->first_bad != NULL ? chain->first_bad : "", bad) == 0)
		return 0;
	return error_set(err, ERROR_INPUT,
			 "what is said of it does not follow from its "
			 "links");
}

static int take_chain(json_t *object, unsigned which, struct prediction *out,
		      struct error *err)
{
	struct chain chain = {0};
	int result = json_take_fields(object, chain_fields, &chain, err);

	if (result == 0 && strcmp(chain.name, prediction_chain_names[which]) != 0)
		result = error_set(err, ERROR_INPUT, "unknown chain '%.60s'", chain.name);
	if (result == 0)
		result = take_links(object, which, out, err);
	if (result == 0)
		result = check_chain(&chain, (enum prediction_chain)which, out, err);
	free(chain.name);
	free(chain.first_bad);
	return result == 0 ? 0 : error_frame(err, "%s", prediction_chain_names[which]);
}

static int take_provider(const json_t *root, struct prediction *out, struct error *err)
{
	json_t *list;
	size_t i;

	if (json_take_list(root, "provider", PROVIDER_MOST, &list, err) != 0)
		return -1;
	for (i = 0; i < json_array_size(list); i++) {
		autofree char *text = NULL;

		if (json_take_string(json_array_get(list, i), "provider",
				     PLAN_LINE_MOST_BYTES, &text, err) != 0)
			return -1;
		guest_words_add(&out->provider, text, strlen(text));
	}
	return 0;
}

int json_take_prediction(json_t *root, struct prediction *out, struct error *err)
{
	json_t *list;
	unsigned i;

	if (json_take_schema(root, SCHEMA, err) != 0 ||
	    json_take_fields(root, prediction_fields, out, err) != 0 ||
	    json_take_list(root, "chains", CHAIN_COUNT, &list, err) != 0)
		return -1;
	for (i = 0; i < CHAIN_COUNT; i++)
		if (take_chain(json_array_get(list, i), i, out, err) != 0)
			return -1;
	return take_provider(root, out, err);
}

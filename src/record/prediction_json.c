/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/prediction_json.h"

#include "record/prediction_object.h"

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

	json_put_text(root, "schema", "moult.prediction/1");
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/verdict_json.h"

#include "record/json_put.h"

static json_t *sign_object(const struct sign *sign)
{
	json_t *object = json_object();

	json_put_text(object, "claim", claim_names[sign->claim]);
	json_put_text(object, "weight", sign_weight_names[sign->weight]);
	json_put_text(object, "source", sign->source);
	json_put_text(object, "text", sign->text);
	json_put_text(object, "value", sign->value);
	return object;
}

static json_t *layer_object(const struct layer *layer, const struct signs *signs)
{
	json_t *object = json_object(), *evidence = json_array();
	size_t i;

	json_put_text(object, "kind", layer_kind_names[layer->kind]);
	json_put_text(object, "id", layer->id);
	json_put_text(object, "name", layer->name);
	json_put_text(object, "version", layer->version);
	for (i = 0; i < signs->count; i++)
		if ((layer->claims >> signs->list[i].claim & 1) != 0)
			(void)json_array_append_new(evidence,
						    json_integer((json_int_t)i));
	json_put(object, "evidence", evidence);
	return object;
}

static json_t *sentences(char **list, size_t count)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		(void)json_array_append_new(array, json_put_value(list[i]));
	return array;
}

static json_t *unread_list(const struct signs *signs)
{
	json_t *array = json_array(), *object;
	size_t i;

	for (i = 0; i < signs->unread_count; i++) {
		object = json_object();
		json_put_text(object, "source", signs->unread[i].source);
		json_put_text(object, "problem", signs->unread[i].text);
		(void)json_array_append_new(array, object);
	}
	return array;
}

static json_t *behaviour_object(const struct behaviour *behaviour)
{
	json_t *object = json_object(), *costs = json_object(), *cost;
	int i;

	for (i = 0; i < BEHAVIOUR_COUNT; i++) {
		if (behaviour->costs[i].batches == 0)
			continue;
		cost = json_object();
		json_put(cost, "median_ns", json_real(behaviour->costs[i].median_ns));
		json_put(cost, "low_ns", json_real(behaviour->costs[i].low_ns));
		json_put(cost, "high_ns", json_real(behaviour->costs[i].high_ns));
		json_put_count(cost, "batches", behaviour->costs[i].batches);
		json_put(costs, behaviour_names[i], cost);
	}
	json_put(object, "costs", costs);
	json_put(object, "findings",
		 sentences(behaviour->findings, behaviour->finding_count));
	return object;
}

void record_write_verdict(const struct verdict *verdict, const struct environment *facts,
			  const struct behaviour *behaviour, struct str *out)
{
	json_t *root = json_object(), *layers = json_array(), *evidence = json_array();
	size_t i;

	json_put_text(root, "schema", "moult.identify/1");
	json_put_text(root, "class", verdict->class_name);
	json_put_text(root, "weight", sign_weight_names[verdict->weight]);
	for (i = 0; i < verdict->layer_count; i++)
		(void)json_array_append_new(
			layers, layer_object(&verdict->layers[i], &verdict->signs));
	json_put(root, "layers", layers);
	for (i = 0; i < verdict->signs.count; i++)
		(void)json_array_append_new(evidence,
					    sign_object(&verdict->signs.list[i]));
	json_put(root, "evidence", evidence);
	json_put(root, "contradictions",
		 sentences(verdict->contradictions, verdict->contradiction_count));
	json_put(root, "undecided",
		 sentences(verdict->undecided, verdict->undecided_count));
	json_put(root, "unread", unread_list(&verdict->signs));
	json_put(root, "log_whole", json_boolean(verdict->signs.is_log_whole));
	if (behaviour != NULL)
		json_put(root, "measured", behaviour_object(behaviour));
	if (facts != NULL)
		json_put(root, "environment", json_put_environment(facts));
	json_put_end(root, out);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/runs.h"

#include <string.h>
#include <time.h>

#include "base/num.h"
#include "base/own.h"
#include "model/score.h"
#include "record/run_json.h"
#include "store/store.h"

static const struct opt runs_options[] = {
	{"json", 'j', NULL, "list: the whole runs as JSON", NULL},
	{"help", 'h', NULL, "show this help", NULL},
	OPT_END,
};

static int take_option(const struct opt *row, const char *argument, void *data,
		       struct error *err)
{
	(void)argument;
	(void)err;
	if (strcmp(row->name, "json") == 0)
		*(bool *)data = true;
	return 0;
}

static void add_line(const struct run *run, struct str *out)
{
	const time_t second = (time_t)(run->started_ns / NUM_SECOND_NS);
	const struct score_index index = score_run(run);
	char date[32] = "?";
	struct tm parts;

	if (localtime_r(&second, &parts) != NULL)
		(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &parts);
	str_addf(out, "%-24s  %-16s  %6u  %-9.9s %9.1f%c  %s\n", run->id, date,
		 run->copies, run->profile != NULL ? run->profile : "?",
		 index.score.value, index.is_partial ? '*' : ' ',
		 run->label != NULL ? run->label : "");
}

static int list(struct store *store, bool is_json, struct error *err)
{
	autostr struct str text = STR_EMPTY;
	struct runs runs = {0};
	bool is_any_partial = false;
	int result;
	size_t i;

	if (store_load_all(store, &runs, err) != 0)
		return -1;
	if (is_json) {
		record_write_json_list(&runs, &text);
	} else {
		str_addf(&text, "%-24s  %-16s  %6s  %-9s %9s   %s\n", "Run", "Started",
			 "Copies", "Profile", "Index", "Label");
		for (i = 0; i < runs.count; i++) {
			add_line(&runs.runs[i], &text);
			is_any_partial =
				is_any_partial || score_run(&runs.runs[i]).is_partial;
		}
		if (is_any_partial)
			str_add(&text,
				"* partial: some of the twelve tests have no score\n");
	}
	result = cmd_print(text.bytes, err);
	runs_clear(&runs);
	return result;
}

static int remove_all(struct store *store, char **references, struct error *err)
{
	autostr struct str text = STR_EMPTY;
	unsigned count;

	if (*references == NULL)
		return error_set(
			err, ERROR_USAGE,
			"rm needs a run: an id or a label (see moult runs list)");
	for (; *references != NULL; references++) {
		if (store_remove(store, *references, &count, err) != 0)
			return -1;
		str_addf(&text, "%s: %u run%s removed\n", *references, count,
			 count == 1 ? "" : "s");
	}
	return cmd_print(text.bytes, err);
}

static int runs_run_command(int argc, char **argv, struct error *err)
{
	autofree char *path = NULL;
	struct store *store = NULL;
	bool is_json = false;
	const char *verb;
	int first, result;

	if (opt_parse(runs_options, argc, argv, take_option, &is_json, &first, err) != 0)
		return -1;
	verb = first < argc ? argv[first] : "list";
	if (strcmp(verb, "list") != 0 && strcmp(verb, "rm") != 0)
		return error_set(err, ERROR_USAGE, "'%s' is neither list nor rm", verb);
	if (strcmp(verb, "list") == 0 && first + 1 < argc)
		return error_set(err, ERROR_USAGE,
				 "unexpected argument '%s' (see --help)",
				 argv[first + 1]);
	if (store_default_path(&path, err) != 0 || store_open(path, &store, err) != 0)
		return -1;
	if (strcmp(verb, "list") == 0)
		result = list(store, is_json, err);
	else
		result = remove_all(store, argv + first + 1, err);
	store_close(store);
	return result;
}

const struct cmd cmd_runs = {
	.name = "runs",
	.arguments = "[list | rm RUN...]",
	.summary = "the runs that were kept",
	.description =
		"list shows all runs in the store, oldest first; rm forgets those that "
		"an id, the\n"
		"beginning of an id (8 characters) or a label names. A label names all "
		"runs that\n"
		"were made by one command. The store is $XDG_DATA_HOME/moult/moult.db.",
	.options = runs_options,
	.run = runs_run_command,
};

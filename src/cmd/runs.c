/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/runs.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "base/own.h"
#include "flow/find.h"
#include "model/score.h"
#include "record/run_json.h"
#include "report/text.h"
#include "store/store.h"

static const struct opt runs_options[] = {
	{"json", 'j', NULL, "list, import: the whole runs as JSON", NULL},
	{"label", 'l', "NAME", "import: call the runs so", NULL},
	{"log", 0, "FILE",
	 "import: a kernel log or console of that machine; what\nit says of the machine "
	 "goes "
	 "with the runs",
	 "FILE"},
	{"help", 'h', NULL, "show this help", NULL},
	OPT_END,
};

struct asked {
	bool is_json;
	const char *label, *log;
};

static int take_option(const struct opt *row, const char *argument, void *data,
		       struct error *err)
{
	struct asked *asked = data;

	(void)err;
	if (strcmp(row->name, "json") == 0)
		asked->is_json = true;
	else if (strcmp(row->name, "label") == 0)
		asked->label = argument;
	else if (strcmp(row->name, "log") == 0)
		asked->log = argument;
	return 0;
}

static void add_line(const struct run *run, struct str *out)
{
	const time_t second = (time_t)(run->started_ns / NUM_SECOND_NS);
	const struct score_index index = score_run(run);
	autostr struct str line = STR_EMPTY;
	char date[32] = "?", copies[16] = "?";
	struct tm parts;

	/* an imported report may tell neither */
	if (run->copies > 0)
		(void)snprintf(copies, sizeof(copies), "%u", run->copies);
	if (run->started_ns != 0 && localtime_r(&second, &parts) != NULL)
		(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &parts);
	str_addf(&line, "%-24s  %-16s  %6s  %-9.9s %9.1f%c  %s",
		 run->id != NULL ? run->id : "?", date, copies,
		 run->profile != NULL ? run->profile : "?", index.score.value,
		 index.is_partial ? '*' : ' ', run->label != NULL ? run->label : "");
	report_add_clean(out, line.bytes, line.length);
	str_add(out, "\n");
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

/* One line a run, and its warnings below it. */
static void add_imported(const struct runs *runs, struct str *out)
{
	size_t i, k;

	for (i = 0; i < runs->count; i++) {
		add_line(&runs->runs[i], out);
		for (k = 0; k < runs->runs[i].warning_count; k++) {
			str_add(out, "  ");
			report_add_wrapped(out, runs->runs[i].warnings[k], 4, 2);
		}
	}
}

static int import(struct store *store, const struct asked *asked, char **files,
		  struct error *err)
{
	autostr struct str text = STR_EMPTY;
	struct runs runs = {0};
	int result;

	if (files[0] == NULL || files[1] != NULL)
		return error_set(
			err, ERROR_USAGE,
			"import takes one file: a UnixBench report or a run file");
	result = flow_import(files[0], asked->log, asked->label, &runs, err);
	if (result == 0)
		result = store_add(store, &runs, err);
	if (result == 0) {
		if (asked->is_json)
			record_write_json_list(&runs, &text);
		else
			add_imported(&runs, &text);
		result = cmd_print(text.bytes, err);
	}
	runs_clear(&runs);
	return result;
}

static int check_verb(const char *verb, const struct asked *asked, struct error *err)
{
	if (strcmp(verb, "list") != 0 && strcmp(verb, "rm") != 0 &&
	    strcmp(verb, "import") != 0)
		return error_set(err, ERROR_USAGE, "'%s' is none of list, rm and import",
				 verb);
	if (strcmp(verb, "import") != 0 && (asked->label != NULL || asked->log != NULL))
		return error_set(err, ERROR_USAGE, "--%s goes with import",
				 asked->label != NULL ? "label" : "log");
	return 0;
}

static int runs_run_command(int argc, char **argv, struct error *err)
{
	autofree char *path = NULL;
	struct store *store = NULL;
	struct asked asked = {0};
	const char *verb;
	int first, result;

	if (opt_parse(runs_options, argc, argv, take_option, &asked, &first, err) != 0)
		return -1;
	verb = first < argc ? argv[first] : "list";
	if (check_verb(verb, &asked, err) != 0)
		return -1;
	if (strcmp(verb, "list") == 0 && first + 1 < argc)
		return error_set(err, ERROR_USAGE,
				 "unexpected argument '%s' (see --help)",
				 argv[first + 1]);
	if (store_default_path(&path, err) != 0 || store_open(path, &store, err) != 0)
		return -1;
	if (strcmp(verb, "list") == 0)
		result = list(store, asked.is_json, err);
	else if (strcmp(verb, "import") == 0)
		result = import(store, &asked, argv + first + 1, err);
	else
		result = remove_all(store, argv + first + 1, err);
	store_close(store);
	return result;
}

const struct cmd cmd_runs = {
	.name = "runs",
	.arguments = "[list | rm RUN... | import FILE]",
	.summary = "the runs that were kept",
	.description =
		"list shows all runs in the store, oldest first; rm forgets those that "
		"an id, the\n"
		"beginning of an id (8 characters) or a label names. A label names all "
		"runs that\n"
		"were made by one command. import keeps the runs of a UnixBench report "
		"(text or\n"
		"HTML, 5.1.2 to 6.0.0) or of a run file, and says what is missing in it "
		"and what\n"
		"its rows contradict. The store is $XDG_DATA_HOME/moult/moult.db.",
	.options = runs_options,
	.run = runs_run_command,
};

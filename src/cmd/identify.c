/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/identify.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "bench/place.h"
#include "record/platform_json.h"
#include "record/verdict_json.h"
#include "report/verdict.h"
#include "virt/behaviour.h"
#include "virt/facts.h"
#include "virt/platform.h"
#include "virt/read.h"

static const struct opt identify_options[] = {
	{"brief", 'b', NULL, "only the class, one word for scripts", NULL},
	{"json", 'j', NULL, "everything, with all evidence, as JSON", NULL},
	{"facts", 'f', NULL, "the facts that move a benchmark's figures as well", NULL},
	{"platform", 'p', NULL,
	 "what it offers a system, as JSON for predict:\nfirmware, disks, network, "
	 "consoles, CPU",
	 NULL},
	{"measure", 'm', NULL,
	 "measure what system calls, CPUID and others cost,\nand tell whether that fits "
	 "(below 2 s)",
	 NULL},
	{"log", 'l', "FILE",
	 "judge a kernel log instead of this machine: dmesg,\njournal, syslog, console; "
	 "- "
	 "is standard input",
	 "FILE"},
	{"root", 'r', "DIR", "judge a captured tree instead of this machine", "DIR"},
	{"capture", 'c', "DIR",
	 "save this machine's evidence as a tree for --root,\nwithout names, addresses "
	 "and "
	 "serial numbers",
	 "DIR"},
	{"raw", 0, NULL, "--capture: keep them", NULL},
	{"help", 'h', NULL, "show this help", NULL},
	OPT_END,
};

struct asked {
	bool is_brief, is_json, is_facts, is_platform, is_measure, is_raw;
	const char *log, *root, *capture;
};

static int take_option(const struct opt *row, const char *argument, void *data,
		       struct error *err)
{
	struct asked *asked = data;

	(void)err;
	if (strcmp(row->name, "brief") == 0)
		asked->is_brief = true;
	else if (strcmp(row->name, "json") == 0)
		asked->is_json = true;
	else if (strcmp(row->name, "facts") == 0)
		asked->is_facts = true;
	else if (strcmp(row->name, "platform") == 0)
		asked->is_platform = true;
	else if (strcmp(row->name, "measure") == 0)
		asked->is_measure = true;
	else if (strcmp(row->name, "raw") == 0)
		asked->is_raw = true;
	else if (strcmp(row->name, "log") == 0)
		asked->log = argument;
	else if (strcmp(row->name, "root") == 0)
		asked->root = argument;
	else if (strcmp(row->name, "capture") == 0)
		asked->capture = argument;
	return 0;
}

static int check(const struct asked *asked, int argc, char **argv, int first,
		 struct error *err)
{
	const bool is_saved = asked->log != NULL || asked->root != NULL;

	if (first < argc)
		return error_set(err, ERROR_USAGE,
				 "unexpected argument '%s' (a log is given with --log, a "
				 "tree with --root)",
				 argv[first]);
	if (is_saved && (asked->is_measure || asked->capture != NULL))
		return error_set(err, ERROR_USAGE,
				 "--%s is for this machine, not for saved evidence",
				 asked->is_measure ? "measure" : "capture");
	if (asked->is_facts && asked->log != NULL && asked->root == NULL)
		return error_set(err, ERROR_USAGE,
				 "--facts needs a machine or a tree: a log holds none");
	if (asked->is_platform && asked->log != NULL && asked->root == NULL)
		return error_set(
			err, ERROR_USAGE,
			"--platform needs a machine or a tree: a log holds none");
	if (asked->is_platform &&
	    (asked->is_brief || asked->is_json || asked->is_facts || asked->is_measure))
		return error_set(
			err, ERROR_USAGE,
			"--platform is an answer of its own: leave --brief, --json, "
			"--facts and --measure out");
	if (asked->is_raw && asked->capture == NULL)
		return error_set(err, ERROR_USAGE, "--raw goes with --capture");
	if (asked->is_brief && (asked->is_json || asked->is_facts || asked->is_measure))
		return error_set(err, ERROR_USAGE, "--brief is one word and no more");
	return 0;
}

static int open_log(const char *path, int *out, struct error *err)
{
	if (strcmp(path, "-") == 0)
		*out = dup(STDIN_FILENO);
	else
		*out = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return *out >= 0 ? 0 : error_sys(err, "open '%s'", path);
}

static int show_platform(const struct place *place, const struct verdict *verdict,
			 struct error *err)
{
	struct platform platform = {0};
	autostr struct str text = STR_EMPTY;
	int result;

	platform_read(place, verdict, &platform);
	record_write_platform(&platform, &text);
	result = cmd_print(text.bytes, err);
	platform_clear(&platform);
	return result;
}

static int show(const struct asked *asked, const struct place *place,
		struct verdict *verdict, struct error *err)
{
	struct environment facts = {0};
	struct behaviour behaviour = {0};
	autostr struct str text = STR_EMPTY;
	const bool is_facts = asked->is_facts || asked->capture != NULL;
	const char *folder = NULL;
	int result;

	/* a capture holds what a tree can: no folder of the tests */
	if (place != NULL && place->root < 0 && asked->capture == NULL)
		folder = bench_place_choose(NULL);
	if (is_facts && place != NULL)
		facts_read(place, folder, verdict, &facts);
	if (asked->is_measure) {
		virt_measure(&behaviour);
		behaviour_judge(verdict, &behaviour);
	}
	if (asked->is_brief)
		str_addf(&text, "%s\n", verdict->class_name);
	else if (asked->is_json)
		record_write_verdict(verdict, asked->is_facts ? &facts : NULL,
				     asked->is_measure ? &behaviour : NULL, &text);
	else if (asked->is_facts)
		report_write_facts(&facts, &text);
	if (!asked->is_brief && !asked->is_json &&
	    (!asked->is_facts || asked->is_measure))
		report_write_verdict(verdict, asked->is_measure ? &behaviour : NULL,
				     &text);
	result = cmd_print(text.bytes, err);
	environment_clear(&facts);
	behaviour_clear(&behaviour);
	return result;
}

static int identify(const struct asked *asked, struct error *err)
{
	struct place place = PLACE_THIS;
	struct verdict verdict = {0};
	struct error later = {0};
	autoclose int log_fd = -1;
	const bool is_log_alone = asked->log != NULL && asked->root == NULL;
	int result = -1;

	if (asked->log != NULL && open_log(asked->log, &log_fd, err) != 0)
		return -1;
	if (asked->root != NULL && place_open(asked->root, &place, err) != 0)
		return -1;
	if (asked->capture != NULL &&
	    place_save_in(&place, asked->capture, asked->is_raw, &later, err) != 0)
		goto out;
	if (virt_identify(is_log_alone ? NULL : &place, log_fd, &verdict, err) != 0)
		goto out;
	if (asked->is_platform)
		result = show_platform(&place, &verdict, err);
	else
		result = show(asked, is_log_alone ? NULL : &place, &verdict, err);
	if (result == 0 && later.kind != ERROR_NONE) {
		*err = later;
		result = error_frame(err, "the capture in '%s' is not whole",
				     asked->capture);
	}
out:
	verdict_clear(&verdict);
	place_close(&place);
	return result;
}

static int identify_run(int argc, char **argv, struct error *err)
{
	struct asked asked = {0};
	int first;

	if (opt_parse(identify_options, argc, argv, take_option, &asked, &first, err) !=
		    0 ||
	    check(&asked, argc, argv, first, err) != 0)
		return -1;
	return identify(&asked, err);
}

const struct cmd cmd_identify = {
	.name = "identify",
	.arguments = "",
	.summary = "say what machine this is, and why",
	.description = "Names the layers from the inside out: container, how the kernel "
		       "runs (PV, "
		       "HVM,\n"
		       "PVHVM, PVH, hardware), hypervisor, what is around it, cloud; "
		       "each with the\n"
		       "evidence for it, what contradicts it, and what cannot be "
		       "decided. Reads only;\n"
		       "runs nothing. What this user may not read is named.",
	.options = identify_options,
	.run = identify_run,
};

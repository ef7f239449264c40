/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "flow/measure.h"

#include <math.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/num.h"
#include "base/own.h"
#include "base/str.h"
#include "sys/clock.h"
#include "virt/facts.h"
#include "virt/read.h"

/* Sorts by time, and is unique without a server: "20260101T120000-0123abcd". */
static char *new_id(void)
{
	const time_t now = (time_t)(sys_clock_wall_ns() / NUM_SECOND_NS);
	struct tm parts = {0};
	struct str id = STR_EMPTY;
	unsigned salt = 0;
	char text[32];

	(void)gmtime_r(&now, &parts); /* fails only for years that do not fit an int */
	(void)strftime(text, sizeof(text), "%Y%m%dT%H%M%S", &parts);
	if (getrandom(&salt, sizeof(salt), GRND_NONBLOCK) != (ssize_t)sizeof(salt))
		salt = (unsigned)
			sys_clock_monotonic_ns(); /* early in boot: the time has to do */
	str_addf(&id, "%s-%08x", text, salt);
	return id.bytes;
}

static void describe(const struct measure_plan *plan, const char *group,
		     const char *profile, const struct verdict *machine, struct run *run)
{
	const struct place here = PLACE_THIS;

	run->id = new_id();
	run->label = str_copy(plan->label);
	run->provider = str_copy(plan->provider);
	run->plan = str_copy(plan->plan);
	run->location = str_copy(plan->location);
	run->price = str_copy(plan->price);
	run->group = str_copy(group);
	run->profile = str_copy(profile);
	run->build.version = str_copy(MOULT_VERSION);
	facts_read(&here, plan->bench.parent, machine, &run->environment);
}

/* The pairs of readings before and after; a set clock spoils dates, but no rate. */
static void add_changes(const struct facts_moment *first, struct run *runs, size_t count)
{
	struct facts_moment last;
	const char *jump;
	size_t i;

	facts_moment_read(&last);
	for (i = 0; i < count; i++) {
		facts_add_changes(first, &last, &runs[i].environment);
		jump = environment_value(&runs[i].environment, "during.clock_jump_s");
		if (jump != NULL && fabs(strtod(jump, NULL)) > 0)
			run_warn(&runs[i],
				 "somebody set the clock by %s s during the run: its "
				 "dates "
				 "are uncertain, its rates are not",
				 jump);
	}
}

static int measure_once(const struct bench_plan *bench, const struct bench_watch *watch,
			struct run *first, struct error *err)
{
	struct facts_moment before;

	facts_moment_read(&before);
	if (bench_run(bench, watch, first, err) != 0)
		return -1;
	add_changes(&before, first, bench->profile_count);
	return 0;
}

static int measure_all(const struct measure_plan *plan, const struct bench_watch *watch,
		       const struct verdict *machine, struct runs *out, struct error *err)
{
	const size_t profiles = plan->bench.profile_count;
	autofree char *group = plan->copies_count * profiles > 1 ? new_id() : NULL;
	struct bench_plan bench = plan->bench;
	struct run *first;
	size_t i, k;

	for (i = 0; i < plan->copies_count; i++) {
		for (k = 0; k < profiles; k++)
			describe(plan, group, bench.profiles[k]->name, machine,
				 runs_add(out));
		first = &out->runs[out->count - profiles];
		bench.copies = plan->copies[i];
		if (measure_once(&bench, watch, first, err) != 0) {
			for (k = 0; k < profiles; k++)
				runs_drop_last(out); /* those before are whole */
			return -1;
		}
		if (first->interrupted)
			break;
	}
	return 0;
}

int flow_measure(const struct measure_plan *plan, const struct bench_watch *watch,
		 struct runs *out, struct error *err)
{
	const struct place here = PLACE_THIS;
	struct verdict machine = {0};
	int result;

	result = virt_identify(&here, -1, &machine, err);
	if (result == 0)
		result = measure_all(plan, watch, &machine, out, err);
	verdict_clear(&machine);
	return result;
}

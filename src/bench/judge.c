/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "model/score.h"

static const int64_t tick_ns = JUDGE_TICK_MS * 1000000ll;

static bool is_ragged(const struct run_sample *sample)
{
	int64_t last_start_ns, first_end_ns, end_ns;
	unsigned i;

	if (sample->parts == NULL)
		return false;
	last_start_ns = sample->parts[0].start_ns;
	first_end_ns = sample->parts[0].start_ns + sample->parts[0].elapsed_ns;
	for (i = 1; i < sample->part_count; i++) {
		end_ns = sample->parts[i].start_ns + sample->parts[i].elapsed_ns;
		if (sample->parts[i].start_ns > last_start_ns)
			last_start_ns = sample->parts[i].start_ns;
		if (end_ns < first_end_ns)
			first_end_ns = end_ns;
	}
	return (first_end_ns - last_start_ns) * 100 <
	       sample->elapsed_ns * JUDGE_OVERLAP_PERCENT;
}

/* Copies share the CPUs when there are more of them than CPUs. */
static bool is_off(const struct test *test, const struct run_sample *sample,
		   unsigned copies, unsigned cpus)
{
	const unsigned sharing = copies > cpus ? (copies + cpus - 1) / cpus : 1;
	const int64_t off_ns = llabs(sample->elapsed_ns - sample->wanted_ns);
	const int64_t loop_ns = sample->elapsed_ns * copies /
				(int64_t)(sample->count != 0 ? sample->count : 1);

	if (test->has_fixed_work)
		return sample->elapsed_ns > 2 * sharing * sample->wanted_ns ||
		       2 * sample->elapsed_ns < sample->wanted_ns;
	return off_ns * 100 > sample->wanted_ns * JUDGE_DURATION_PERCENT &&
	       off_ns > loop_ns;
}

unsigned judge_sample(const struct test *test, const struct run_sample *sample,
		      unsigned copies, unsigned cpus)
{
	const int64_t in_use_ns = sample->elapsed_ns * (copies < cpus ? copies : cpus);
	unsigned flags = 0;

	if (sample->steal_ns > 2 * tick_ns &&
	    sample->steal_ns * 100 > in_use_ns * JUDGE_STEAL_PERCENT)
		flags |= SAMPLE_STEAL;
	if (sample->foreign_ns > 3 * tick_ns &&
	    sample->foreign_ns * 100 > in_use_ns * JUDGE_LOAD_PERCENT)
		flags |= SAMPLE_LOAD;
	if (is_off(test, sample, copies, cpus))
		flags |= SAMPLE_DURATION;
	if (!test->has_fixed_work && is_ragged(sample))
		flags |= SAMPLE_RAGGED;
	return flags;
}

static const char *const flag_reasons[SAMPLE_FLAG_COUNT] = {
	"the hypervisor took CPU time away (steal)",
	"other processes were busy",
	"the measured time was off",
	"the copies did not run at the same time",
	"the machine was suspended",
};

static void warn_of_flags(struct run *run)
{
	size_t flagged[SAMPLE_FLAG_COUNT] = {0}, all = 0, i, k;
	int bit;

	for (i = 0; i < run->test_count; i++) {
		const struct run_test *test = &run->tests[i];
		size_t trusted = 0;

		for (k = 0; k < test->sample_count; k++) {
			trusted += test->samples[k].flags == 0;
			for (bit = 0; bit < SAMPLE_FLAG_COUNT; bit++)
				flagged[bit] += (test->samples[k].flags >> bit) & 1;
		}
		all += test->sample_count;
		if (trusted < SCORE_TRUSTED_LEAST && trusted < test->sample_count)
			run_warn(run,
				 "%s: %zu of %zu samples are flagged; all of them are "
				 "used",
				 test->test->key, test->sample_count - trusted,
				 test->sample_count);
	}
	for (bit = 0; bit < SAMPLE_FLAG_COUNT; bit++)
		if (flagged[bit] > 0)
			run_warn(run, "%zu of %zu samples are flagged: %s", flagged[bit],
				 all, flag_reasons[bit]);
}

/* Whetstone is scored by CPU time, as in UnixBench: where the wall time is longer the
 * score hides it. */
static void warn_of_whetstone(struct run *run)
{
	const struct run_test *test = run_find_test(run, "whetstone-double");
	int64_t wall_ns = 0, scored_ns = 0;
	size_t i;

	for (i = 0; test != NULL && i < test->sample_count; i++) {
		wall_ns += test->samples[i].elapsed_ns;
		scored_ns += test->samples[i].scored_ns;
	}
	if (scored_ns > 0 && wall_ns * 100 > scored_ns * 103)
		run_warn(run,
			 "whetstone-double is scored by CPU time and took %.1f%% longer "
			 "by the clock",
			 100.0 * (double)(wall_ns - scored_ns) / (double)scored_ns);
}

static const double wander_worth_telling = 0.01;

void judge_run(struct run *run, unsigned cpus, double load)
{
	const char *charmap = environment_value(&run->environment, "locale.charmap");
	const struct score_drift drift = score_drift_of(run);
	const double wander = score_wander(run);

	warn_of_flags(run);
	if (drift.is_shown)
		run_warn(run, "the machine became %.1f%% %s during the run",
			 100 * fabs(drift.change),
			 drift.change > 0 ? "faster" : "slower");
	if (wander > wander_worth_telling)
		run_warn(run,
			 "the machine's speed wandered during the run: every interval is "
			 "wider for it (standard error %.1f%%)",
			 100 * wander);
	warn_of_whetstone(run);
	if (run->copies > cpus)
		run_warn(run, "%u copies on %u CPU%s", run->copies, cpus,
			 cpus == 1 ? "" : "s");
	if (load > (double)cpus / 2)
		run_warn(run,
			 "the machine was busy before the run: load average %.2f on %u "
			 "CPU%s",
			 load, cpus, cpus == 1 ? "" : "s");
	if (charmap != NULL && strcmp(charmap, "UTF-8") != 0 &&
	    (run->profile == NULL || strcmp(run->profile, "pinned") != 0) &&
	    (run_find_test(run, "shell1") != NULL ||
	     run_find_test(run, "shell8") != NULL))
		run_warn(
			run,
			"the locale en_US.utf8 is missing: the shell tests ran in \"C\", "
			"which is faster");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_explain.c - which causes are named for simulated machines: the one that was put in, none for facts that move
 * nothing, none that contradicts what did not move. Real causes are in tests/lab/causes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "explain/explain.h"
#include "explain/rules.h"

enum { ROUNDS = 6 };

/* How many times slower each test of a run is. */
struct slow {
	const char *test; /* NULL: all */
	double factor;
};

static double factor_of(const struct slow *slow, const char *test)
{
	double factor = 1;

	for (; slow != NULL && slow->factor > 0; slow++)
		if (slow->test == NULL || strcmp(slow->test, test) == 0)
			factor = slow->factor;
	return factor;
}

/* Samples that lie 1% apart. */
static void simulate(const struct slow *slow, struct run *run)
{
	size_t test, round;

	run->copies = 1;
	run->profile = str_copy("unixbench");
	for (test = 0; test < TESTS_COUNT; test++) {
		struct run_test *row = run_add_test(run, &tests_all[test]);

		for (round = 0; round < ROUNDS; round++) {
			const double rate = 1e8 * (1 + 0.01 * (double)((round * 7 + test) % 3));
			const struct run_sample sample = {
				.count = (uint64_t)(rate / factor_of(slow, tests_all[test].key)),
				.scored_ns = 1000000000,
				.elapsed_ns = 1000000000,
				.start_ns = (int64_t)(round * TESTS_COUNT + test) * 1000000000};

			run_test_add_sample(row, &sample);
		}
	}
}

static void add_fact(struct run *run, const char *key, const char *value)
{
	environment_add(&run->environment, key, value, "test", NULL);
}

/* Two machines that differ in one fact, the second being slower. */
static void explain_fact(const char *fact, const char *first_value, const char *second_value, const struct slow *slow,
			 struct explanation *out)
{
	struct run first = {0}, second = {0};
	struct comparison comparison;

	simulate(NULL, &first);
	simulate(slow, &second);
	add_fact(&first, fact, first_value);
	add_fact(&second, fact, second_value);
	add_fact(&first, "memory.swappiness", "60");
	add_fact(&second, "memory.swappiness", "10");
	compare_runs(&first, &second, &comparison);
	explain_runs(&first, &second, &comparison, out);
	run_clear(&first);
	run_clear(&second);
}

static const struct slow entry[] = {{"syscall", 3}, {"pipe", 2}, {"context1", 1.4}, {"fsbuffer", 1.3}, {NULL, 0}};
static const struct slow shells[] = {{"shell1", 1.5}, {"shell8", 1.5}, {NULL, 0}};
static const struct slow starts[] = {{"shell1", 1.3}, {"shell8", 1.3}, {"execl", 1.4}, {NULL, 0}};
static const struct slow files[] = {{"fstime", 2}, {"fsbuffer", 2}, {"fsdisk", 2}, {NULL, 0}};
static const struct slow writes[] = {{"fstime", 90}, {"fsbuffer", 50}, {"fsdisk", 40}, {NULL, 0}};
static const struct slow time_taken[] = {{NULL, 2}, {"whetstone-double", 1.00001}, {NULL, 0}};
static const struct slow all[] = {{NULL, 9}, {NULL, 0}};
static const struct slow switches[] = {{"context1", 2}, {NULL, 0}};
static const struct slow computing[] = {{"dhry2reg", 1.4}, {"whetstone-double", 1.4}, {NULL, 0}};

struct row {
	const char *fact, *fast, *slow_value;
	const struct slow *slow;
	bool is_cause;
};

static const struct row rows[] = {
	{"kernel.context_tracking", "off", "on CPUs 1", entry, true},
	{"kernel.context_tracking", "off", "off", entry, false},
	{"kernel.context_tracking", "off", "on CPUs 1", files, false}, /* it cannot move these alone */
	{"kernel.audit", "disabled", "enabled, 2 rules", entry, true},
	{"kernel.audit", "enabled, 0 rules", "enabled, 1 rules", entry, true},
	{"kernel.tracing", "off", "on", entry, true},
	{"process.seccomp", "0", "2", entry, true},
	{"process.seccomp", "2", "0", entry, false}, /* it should be faster */
	{"process.seccomp_filters", "1", "3", entry, true},
	{"process.tracer", "0", "4711", all, true},
	{"cpu.vulnerability.meltdown", "Not affected", "Mitigation: PTI", entry, true},
	{"cpu.vulnerability.meltdown", "Vulnerable", "Mitigation: PTI", entry, true},
	{"cpu.vulnerability.meltdown", "Unknown (XEN PV detected, hypervisor mitigation required)", "Mitigation: PTI",
	 entry, false},
	{"cpu.vulnerability.meltdown", "Not affected", "Vulnerable", entry, false},
	{"virt.mode", "pvhvm", "pv", entry, true},
	{"virt.mode", "pvh", "pv", entry, true},
	{"virt.mode", "pvh", "hvm", entry, false},
	{"virt.mode", "hvm", "tcg", all, true},
	{"virt.mode", "hvm-or-tcg", "tcg", all, false},
	{"cgroup.cpu_max", "max 100000", "50000 100000", time_taken, true},
	{"cgroup.cpu_max", NULL, "50000 100000", time_taken, true},
	{"cgroup.cpu_max", "max 100000", "50000 100000", entry, false}, /* Dhrystone would feel it */
	{"cgroup.cpu_max", "max 100000", "200000 100000", time_taken, false}, /* one copy needs one CPU */
	{"userland.shell", "/usr/bin/dash", "/usr/bin/bash", shells, true},
	{"userland.shell", "/usr/bin/bash", "/usr/bin/dash", shells, false},
	{"userland.shell", "/bin/busybox", "/usr/bin/mksh", shells, true},
	{"locale.charmap", "ANSI_X3.4-1968", "UTF-8", shells, true},
	{"locale.charmap", "ANSI_X3.4-1968", "UTF-8", entry, false},
	{"userland.ld_preload", "", "/lib/x.so", starts, true},
	{"tests.file_system", "tmpfs", "ext4", files, true},
	{"tests.file_system", "ext4", "tmpfs", files, true},
	{"tests.file_system", "nfs", "ext4", files, false},
	{"tests.file_system", "ext4", "9p", files, true},
	{"tests.file_system", "ext4", "xfs", files, true},
	{"tests.mount_options", "rw,relatime; rw", "rw,sync,relatime; rw,sync", writes, true},
	{"tests.mount_options", "rw,relatime; rw", "rw,dirsync,relatime; rw", writes, false},
	{"kernel.release", "6.1.0", "6.12.0", switches, true},
	{"cpu.model", "one", "other", computing, true},
	{"kernel.clocksource", "tsc", "hpet", entry, false},
	{"memory.transparent_hugepage", "always", "never", starts, false},
};

static void test_rows(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct explanation explanation = {0};
		bool is_first;

		explain_fact(rows[i].fact, rows[i].fast, rows[i].slow_value, rows[i].slow, &explanation);
		is_first = explanation.cause_count > 0 && strcmp(explanation.causes[0].fact, rows[i].fact) == 0;
		if (is_first != rows[i].is_cause)
			print_error("row %zu: %s: %s -> %s\n", i, rows[i].fact,
				    rows[i].fast != NULL ? rows[i].fast : "NULL", rows[i].slow_value);
		assert_int_equal(is_first, rows[i].is_cause);
		assert_true(rows[i].is_cause || explanation.cause_count == 0);
		assert_true(rows[i].is_cause || explanation.unexplained_count > 0);
		if (rows[i].is_cause) {
			assert_true(explanation.causes[0].share > 0.4 && explanation.causes[0].share <= 1);
			assert_int_equal(explanation.causes[0].tests & ~explanation.moved, 0);
		}
		explanation_clear(&explanation);
	}
}

/* Which of PV and PVH pays depends on what is below the hypervisor: another one makes the hardware's help dear. */
static void test_nested(void **state)
{
	static const struct slow mixed[] = {{"syscall", 2.3}, {"pipe", 2.2}, {"fsbuffer", 2.1}, {"spawn", 1.4},
					    {"dhry2reg", 1.2}, {NULL, 0}};
	static const struct {
		const char *model, *fast, *slow_value;
		bool is_cause;
	} cases[] = {{"QEMU Virtual CPU version 2.5+", "pv", "pvh", true},
		     {"QEMU Virtual CPU version 2.5+", "pv", "hvm-or-tcg", false},
		     {"QEMU Virtual CPU version 2.5+", "pvh", "pvhvm", false},
		     {"Intel(R) Xeon(R) CPU E5-2680 v2 @ 2.80GHz", "pv", "pvh", false}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run first = {0}, second = {0};
		struct explanation explanation = {0};
		struct comparison comparison;

		simulate(NULL, &first);
		simulate(mixed, &second);
		add_fact(&first, "cpu.model", cases[i].model);
		add_fact(&second, "cpu.model", cases[i].model);
		add_fact(&first, "virt.mode", cases[i].fast);
		add_fact(&second, "virt.mode", cases[i].slow_value);
		compare_runs(&first, &second, &comparison);
		explain_runs(&first, &second, &comparison, &explanation);
		assert_int_equal(explanation.cause_count, cases[i].is_cause);
		if (cases[i].is_cause)
			assert_int_equal(explanation.causes[0].tests, explanation.moved);
		explanation_clear(&explanation);
		run_clear(&first);
		run_clear(&second);
	}
}

/* The same machine: nothing moved, whatever facts differ. */
static void test_nothing_moved(void **state)
{
	struct explanation explanation = {0};

	(void)state;
	explain_fact("process.seccomp", "0", "2", NULL, &explanation);
	assert_int_equal(explanation.moved, 0);
	assert_int_equal(explanation.cause_count, 0);
	assert_int_equal(explanation.unexplained_count, 0);
	explanation_clear(&explanation);
}

/* The slow entry of a kernel, without any fact: where to look first, and that it is not held. */
static void test_next(void **state)
{
	struct explanation explanation = {0};

	(void)state;
	explain_fact("kernel.hz", "250", "1000", entry, &explanation);
	assert_int_equal(explanation.cause_count, 0);
	assert_int_equal(explanation.unexplained_count, 1);
	assert_string_equal(explanation.unexplained[0].next[0].fact, "kernel.entry");
	assert_false(explanation.unexplained[0].next[0].is_held);
	assert_int_equal(explanation.unexplained[0].tests, explanation.moved);
	explanation_clear(&explanation);
	/* known and equal: it is not the reason, and not asked again */
	explain_fact("kernel.entry", "all off", "all off", entry, &explanation);
	assert_string_not_equal(explanation.unexplained[0].next[0].fact, "kernel.entry");
	explanation_clear(&explanation);
	/* everything is slower, but Whetstone's CPU time */
	explain_fact("kernel.hz", "250", "1000", time_taken, &explanation);
	assert_int_equal(explanation.unexplained_count, 1);
	assert_string_equal(explanation.unexplained[0].next[0].fact, "cgroup.cpu_max");
	explanation_clear(&explanation);
}

/* Two facts differ: the one that fits comes first, and each has its own tests. */
static void test_two_causes(void **state)
{
	static const struct slow both[] = {{"syscall", 3}, {"pipe", 2},	    {"context1", 1.4}, {"fsbuffer", 1.3},
					   {"shell1", 3},  {"shell8", 3.2}, {NULL, 0}};
	struct run first = {0}, second = {0};
	struct explanation explanation = {0};
	struct comparison comparison;

	(void)state;
	simulate(NULL, &first);
	simulate(both, &second);
	add_fact(&first, "kernel.audit", "disabled");
	add_fact(&second, "kernel.audit", "enabled, 1 rules");
	add_fact(&first, "userland.shell", "/usr/bin/dash");
	add_fact(&second, "userland.shell", "/usr/bin/bash");
	compare_runs(&first, &second, &comparison);
	explain_runs(&first, &second, &comparison, &explanation);
	assert_int_equal(explanation.cause_count, 2);
	assert_string_equal(explanation.causes[0].fact, "kernel.audit");
	assert_string_equal(explanation.causes[1].fact, "userland.shell");
	assert_int_equal(explanation.causes[1].tests, 1u << tests_find("shell1") | 1u << tests_find("shell8"));
	assert_int_equal(explanation.unexplained_count, 0);
	explanation_clear(&explanation);
	/* the profile pinned has a shell of its own */
	free(first.profile);
	free(second.profile);
	first.profile = str_copy("pinned");
	second.profile = str_copy("pinned");
	explain_runs(&first, &second, &comparison, &explanation);
	assert_int_equal(explanation.cause_count, 1);
	assert_int_equal(explanation.unexplained_count, 1);
	explanation_clear(&explanation);
	run_clear(&first);
	run_clear(&second);
}

/* Others' work while the samples were taken: @foreign CPUs' worth, on a machine of @usable. */
struct crowd {
	double load, foreign;
	const char *usable;
};

static void be_crowded(struct run *run, const struct crowd *crowd)
{
	char load[32];
	size_t i, k;

	(void)snprintf(load, sizeof(load), "%.2f", crowd->load);
	add_fact(run, "moment.load", load);
	add_fact(run, "cpu.usable", crowd->usable);
	for (i = 0; i < run->test_count; i++)
		for (k = 0; k < run->tests[i].sample_count; k++)
			run->tests[i].samples[k].foreign_ns =
				(int64_t)(crowd->foreign * (double)run->tests[i].samples[k].elapsed_ns);
}

static bool is_load_blamed(const struct crowd *before, const struct crowd *after)
{
	struct run first = {0}, second = {0};
	struct explanation explanation = {0};
	struct comparison comparison;
	bool is_blamed;

	simulate(NULL, &first);
	simulate(time_taken, &second);
	be_crowded(&first, before);
	be_crowded(&second, after);
	compare_runs(&first, &second, &comparison);
	explain_runs(&first, &second, &comparison, &explanation);
	is_blamed = explanation.cause_count > 0 && strcmp(explanation.causes[0].fact, "moment.load") == 0;
	assert_int_equal(explanation.cause_count, is_blamed);
	explanation_clear(&explanation);
	run_clear(&first);
	run_clear(&second);
	return is_blamed;
}

static void test_load(void **state)
{
	const struct crowd alone = {0.1, 0.01, "2"};
	const struct crowd crowded = {3, 2, "2"};
	const struct crowd gone = {9, 0.01, "2"}; /* a load average of what had ended before */
	const struct crowd beside = {9, 6, "8"};  /* on CPUs that had nothing to do */

	(void)state;
	assert_true(is_load_blamed(&alone, &crowded));
	assert_false(is_load_blamed(&alone, &gone));
	assert_false(is_load_blamed(&alone, &beside));
	assert_false(is_load_blamed(&crowded, &alone)); /* it should be faster */
}

/* A report tells nothing of groups: that is not the same as having no quota. */
static void test_quota_of_a_report(void **state)
{
	struct run first = {0}, second = {0};
	struct explanation explanation = {0};
	struct comparison comparison;
	size_t i;

	(void)state;
	first.method = RUN_IMPORTED;
	for (i = 0; i < TESTS_COUNT; i++)
		run_add_test(&first, &tests_all[i])->imported_score = 1e8 * tests_all[i].per_loop;
	simulate(time_taken, &second);
	add_fact(&second, "cgroup.cpu_max", "50000 100000");
	compare_runs(&first, &second, &comparison);
	explain_runs(&first, &second, &comparison, &explanation);
	assert_true(explanation.moved != 0);
	assert_int_equal(explanation.cause_count, 0);
	explanation_clear(&explanation);
	compare_runs(&second, &first, &comparison);
	explain_runs(&second, &first, &comparison, &explanation);
	assert_int_equal(explanation.cause_count, 0);
	explanation_clear(&explanation);
	run_clear(&first);
	run_clear(&second);
}

/* The table itself: all tests exist, bounds are in order, nothing is left empty. */
static void test_table(void **state)
{
	const struct effect *effect;
	size_t i;

	(void)state;
	for (i = 0; i < explain_rule_count; i++) {
		const struct rule *rule = &explain_rules[i];

		assert_non_null(rule->judge);
		assert_true(rule->weight > 0 && rule->weight <= 1);
		assert_true(strlen(rule->mechanism) > 10 && strlen(rule->check) > 3 && strlen(rule->source) > 3);
		for (effect = rule->effects; effect->test != NULL; effect++) {
			assert_true(tests_find(effect->test) >= 0);
			assert_true(effect->least >= 1);
			assert_true(effect->most >= effect->least || (rule->size != NULL && !(effect->most > 0)));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),	   cmocka_unit_test(test_nothing_moved), cmocka_unit_test(test_next),
		cmocka_unit_test(test_two_causes), cmocka_unit_test(test_nested), cmocka_unit_test(test_table),
		cmocka_unit_test(test_load),	   cmocka_unit_test(test_quota_of_a_report),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

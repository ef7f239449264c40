/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store/: what is kept comes back, and is whole whatever happens. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "model/score.h"
#include "record/run_json.h"
#include "store/store.h"

static char folder[] = "/tmp/moult-store-XXXXXX";
static char path[64];

enum { TESTS = 3, SAMPLES = 5 };

static int make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/deep/er/moult.db", folder);
	return 0;
}

static int remove_store(void **state)
{
	char name[96];

	(void)state;
	(void)unlink(path);
	(void)snprintf(name, sizeof(name), "%s-journal", path);
	(void)unlink(name);
	return 0;
}

static int remove_folder(void **state)
{
	char command[96];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

static void fill(struct run *run, const char *id, const char *label, const char *group, int64_t started)
{
	int i, k;

	run->id = str_copy(id);
	run->label = str_copy(label);
	run->group = str_copy(group);
	run->provider = str_copy("a provider; DROP TABLE run");
	run->profile = str_copy("unixbench");
	run->copies = 2;
	run->started_ns = started * 1000000000;
	run->build.compiler = str_copy("GCC 12");
	environment_add(&run->environment, "host.name", "a host", "uname(2)", NULL);
	environment_add(&run->environment, "cpu.governor", NULL, "/sys/x", "missing");
	run_build_add_file(&run->build, "pipe", "00ff");
	run_warn(run, "a warning");
	for (i = 0; i < TESTS; i++) {
		struct run_test *test = run_add_test(run, &tests_all[2 * i]);

		for (k = 0; k < SAMPLES; k++) {
			struct run_sample sample = { .count = (uint64_t)(1000 + k), .elapsed_ns = 500000001,
						     .scored_ns = 500000001, .load_before = 0.125,
						     .load_after = -1, .flags = k == 0 ? SAMPLE_STEAL : 0 };

			sample.parts = mem_zero(2, sizeof(*sample.parts));
			sample.part_count = 2;
			sample.parts[1].count = (uint64_t)(7 + k);
			run_test_add_sample(test, &sample);
		}
		score_mark_kept(test);
	}
	run->tests[TESTS - 1].failure = str_copy("it failed");
}

static struct store *opened(void)
{
	struct store *store = NULL;
	struct error err = { 0 };
	char text[600];

	if (store_open(path, &store, &err) != 0)
		fail_msg("%s", error_text(&err, text, sizeof(text)));
	return store;
}

static void add_one(struct store *store, const char *id, const char *label, const char *group, int64_t started)
{
	struct runs runs = { 0 };
	struct error err = { 0 };
	char text[600];

	fill(runs_add(&runs), id, label, group, started);
	if (store_add(store, &runs, &err) != 0)
		fail_msg("%s", error_text(&err, text, sizeof(text)));
	runs_clear(&runs);
}

static void a_run_comes_back_as_it_was(void **state)
{
	autostr struct str before = STR_EMPTY, after = STR_EMPTY;
	struct runs runs = { 0 }, back = { 0 };
	struct store *store = opened();
	struct error err;

	(void)state;
	fill(runs_add(&runs), "20260101T000000-aa", "a label", NULL, 1);
	assert_int_equal(store_add(store, &runs, &err), 0);
	store_close(store);
	store = opened();
	assert_int_equal(store_load(store, "20260101T000000-aa", &back, &err), 0);
	record_write_json(&runs, &before);
	record_write_json(&back, &after);
	assert_string_equal(before.bytes, after.bytes);
	store_close(store);
	runs_clear(&runs);
	runs_clear(&back);
}

static void references_are_resolved(void **state)
{
	static const struct {
		const char *reference;
		size_t count;      /* 0: refused */
		const char *first; /* id */
	} cases[] = {
		{ "old", 1, "20260101T000000-aa" },
		{ "20260101T000000-aa", 1, "20260101T000000-aa" },
		{ "20260101", 1, "20260101T000000-aa" },
		{ "2026010", 0, NULL },
		{ "20260102", 0, NULL },
		{ "twice", 2, "20260102T000000-cc" },
		{ "twice#2", 1, "20260102T000000-dd" },
		{ "twice#3", 0, NULL },
		{ "twice#0", 0, NULL },
		{ "twice#x", 0, NULL },
		{ "hash#tag", 1, "20260103T000000-ee" },
		{ "", 0, NULL },
		{ "nothing", 0, NULL },
	};
	struct store *store = opened();
	unsigned removed = 0;
	size_t i;

	(void)state;
	add_one(store, "20260101T000000-aa", "old", NULL, 1);
	add_one(store, "20260102T000000-bb", "twice", "g1", 2);
	add_one(store, "20260102T000000-cc", "twice", "g2", 3);
	add_one(store, "20260102T000000-dd", "twice", "g2", 4);
	add_one(store, "20260103T000000-ee", "hash#tag", NULL, 5);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct runs runs = { 0 };
		struct error err = { 0 };
		const int result = store_load(store, cases[i].reference, &runs, &err);

		if ((result == 0) != (cases[i].count != 0) || runs.count != cases[i].count)
			fail_msg("'%s' gives %zu runs", cases[i].reference, runs.count);
		if (result == 0)
			assert_string_equal(runs.runs[0].id, cases[i].first);
		else
			assert_int_equal(err.kind, ERROR_INPUT);
		runs_clear(&runs);
	}
	assert_int_equal(store_remove(store, "twice", &removed, NULL), 0);
	assert_int_equal(removed, 2);
	assert_int_equal(store_remove(store, "twice", &removed, NULL), 0);
	assert_int_equal(removed, 1);
	assert_int_equal(store_remove(store, "twice", &removed, NULL), -1);
	store_close(store);
}

static void several_runs_are_kept_together_or_not_at_all(void **state)
{
	struct store *store = opened();
	struct runs runs = { 0 }, all = { 0 };
	struct error err = { 0 };

	(void)state;
	add_one(store, "20260101T000000-aa", NULL, NULL, 1);
	fill(runs_add(&runs), "20260101T000000-bb", NULL, NULL, 2);
	fill(runs_add(&runs), "20260101T000000-aa", NULL, NULL, 3); /* is there */
	assert_int_equal(store_add(store, &runs, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_int_equal(store_load_all(store, &all, &err), 0);
	assert_int_equal(all.count, 1);
	runs_clear(&runs);
	runs_clear(&all);
	store_close(store);
}

static void run_sql(const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void assert_refused(const char *message)
{
	struct store *store = NULL;
	struct error err = { 0 };
	char text[600];

	assert_int_equal(store_open(path, &store, &err), -1);
	assert_null(store);
	assert_int_equal(err.kind, ERROR_INPUT);
	if (strstr(error_text(&err, text, sizeof(text)), message) == NULL)
		fail_msg("'%s' instead of '%s'", text, message);
}

static void a_newer_store_and_another_program_s_are_refused(void **state)
{
	(void)state;
	store_close(opened());
	run_sql("PRAGMA user_version = 99");
	assert_refused("newer moult (version 99");
	assert_int_equal(unlink(path), 0);
	run_sql("CREATE TABLE bookmarks (x)");
	assert_refused("another program");
}

static void damage_is_told(void **state)
{
	struct store *store = opened();
	struct runs runs = { 0 };
	struct error err = { 0 };
	int fd;

	(void)state;
	add_one(store, "20260101T000000-aa", NULL, NULL, 1);
	store_close(store);
	/* values that the program never writes */
	run_sql("UPDATE sample SET scored_ns = 0 WHERE number = 1");
	store = opened();
	assert_int_equal(store_load(store, "20260101T000000-aa", &runs, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_int_equal(runs.count, 0);
	runs_clear(&runs);
	store_close(store);
	/* no database at all, and one that was cut */
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "this is text, not SQLite", 24, 0), 24);
	assert_int_equal(close(fd), 0);
	assert_refused("not a database");
	assert_int_equal(unlink(path), 0);
	store = opened();
	add_one(store, "20260101T000000-aa", NULL, NULL, 1);
	store_close(store);
	assert_int_equal(truncate(path, 6000), 0);
	assert_refused("malformed");
}

/* Adds runs until it is killed. */
static void write_for_ever(unsigned round)
{
	struct store *store = NULL;
	char id[40];
	unsigned i;

	if (store_open(path, &store, NULL) != 0)
		_exit(2);
	for (i = 0;; i++) {
		struct runs runs = { 0 };

		(void)snprintf(id, sizeof(id), "20260101T000000-%u-%u", round, i);
		fill(runs_add(&runs), id, NULL, NULL, round);
		if (store_add(store, &runs, NULL) != 0)
			_exit(3);
		runs_clear(&runs);
	}
}

static size_t count_whole_runs(void)
{
	struct store *store = opened();
	struct runs all = { 0 };
	struct error err = { 0 };
	size_t count, i, k;

	assert_int_equal(store_load_all(store, &all, &err), 0);
	for (i = 0; i < all.count; i++) {
		assert_int_equal(all.runs[i].test_count, TESTS);
		for (k = 0; k < TESTS; k++)
			assert_int_equal(all.runs[i].tests[k].sample_count, SAMPLES);
		assert_int_equal(all.runs[i].environment.count, 2);
		assert_int_equal(all.runs[i].build.file_count, 1);
	}
	count = all.count;
	runs_clear(&all);
	store_close(store);
	return count;
}

static void killed_200_times_it_holds_whole_runs_only(void **state)
{
	size_t before = 0, now;
	unsigned round, seed = 1, range_us = 20000;
	pid_t child;
	int status;

	(void)state;
	store_close(opened());
	for (round = 0; round < 200; round++) {
		child = fork();
		if (child == 0)
			write_for_ever(round);
		seed = seed * 1103515245 + 12345;
		(void)usleep(1000 + (seed >> 16) % range_us);
		(void)kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status)); /* killed in its work, not ended with an error */
		if (round % 20 == 19) {
			now = count_whole_runs();
			assert_true(now >= before);
			if (now < before + 4 && range_us < 320000)
				range_us *= 2; /* a busy machine stores more slowly */
			before = now;
		}
	}
	print_message("# %zu runs were finished\n", before);
	assert_true(before > 20);
}

static void two_writers_wait_for_each_other(void **state)
{
	pid_t children[2];
	char id[40];
	int i, k, status;

	(void)state;
	for (i = 0; i < 2; i++) {
		children[i] = fork();
		if (children[i] != 0)
			continue;
		for (k = 0; k < 20; k++) {
			struct store *store = NULL;
			struct runs runs = { 0 };

			(void)snprintf(id, sizeof(id), "20260101T000000-%d-%d", i, k);
			fill(runs_add(&runs), id, NULL, NULL, k);
			if (store_open(path, &store, NULL) != 0 || store_add(store, &runs, NULL) != 0)
				_exit(1);
			store_close(store);
			runs_clear(&runs);
		}
		_exit(0);
	}
	for (i = 0; i < 2; i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(count_whole_runs(), 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_run_comes_back_as_it_was, remove_store),
		cmocka_unit_test_teardown(references_are_resolved, remove_store),
		cmocka_unit_test_teardown(several_runs_are_kept_together_or_not_at_all, remove_store),
		cmocka_unit_test_teardown(a_newer_store_and_another_program_s_are_refused, remove_store),
		cmocka_unit_test_teardown(damage_is_told, remove_store),
		cmocka_unit_test_teardown(killed_200_times_it_holds_whole_runs_only, remove_store),
		cmocka_unit_test_teardown(two_writers_wait_for_each_other, remove_store),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

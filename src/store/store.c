/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "store/store.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "store/rows.h"
#include "sys/file.h"

/* Each text brings the store from its index to the next version; they are never changed, only added. */
static const char *const migrations[] = {
#include "store-sql.inc"
};
enum {
	VERSION = sizeof(migrations) / sizeof(migrations[0]),
	APPLICATION = 0x6d6f756c,
	WAIT_MS = 10000
};
enum { PREFIX_LEAST = 8 };

struct store {
	sqlite3 *db;
};

int store_default_path(char **out, struct error *err)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	struct str path = STR_EMPTY;

	if (data != NULL && data[0] == '/')
		str_addf(&path, "%s/moult/moult.db", data);
	else if (home != NULL && home[0] == '/')
		str_addf(&path, "%s/.local/share/moult/moult.db", home);
	else
		return error_set(
			err, ERROR_SYSTEM,
			"neither XDG_DATA_HOME nor HOME says where the store is");
	*out = path.bytes;
	return 0;
}

static int run_sql(sqlite3 *db, const char *text, struct error *err)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		return rows_error(db, "the store", err);
	return 0;
}

/* Commits when @result is 0, else takes everything back; the first error is the one to tell. */
static int end_transaction(sqlite3 *db, int result, struct error *err)
{
	if (result == 0)
		result = run_sql(db, "COMMIT", err);
	if (result != 0)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return result;
}

static int read_pragma(sqlite3 *db, const char *text, int *out, struct error *err)
{
	sqlite3_stmt *statement;
	int result = 0;

	if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) != SQLITE_OK)
		return rows_error(db, "open the store", err);
	if (sqlite3_step(statement) == SQLITE_ROW)
		*out = sqlite3_column_int(statement, 0);
	else
		result = rows_error(db, "open the store", err);
	(void)sqlite3_finalize(statement); /* repeats the error of the step */
	return result;
}

static int check_origin(sqlite3 *db, int version, struct error *err)
{
	int application, tables;

	if (read_pragma(db, "PRAGMA application_id", &application, err) != 0 ||
	    read_pragma(db, "SELECT count(*) FROM sqlite_schema", &tables, err) != 0)
		return -1;
	if (application != APPLICATION && tables > 0)
		return error_set(err, ERROR_INPUT, "it is a database of another program");
	if (version > VERSION)
		return error_set(
			err, ERROR_INPUT,
			"it was written by a newer moult (version %d, known are %d)",
			version, VERSION);
	return 0;
}

/* One transaction, so that two processes that meet a new store do not both make it. */
static int migrate(sqlite3 *db, struct error *err)
{
	autostr struct str mark = STR_EMPTY;
	int version, result;

	if (read_pragma(db, "PRAGMA user_version", &version, err) != 0 ||
	    check_origin(db, version, err) != 0)
		return -1;
	if (version == VERSION)
		return 0;
	if (run_sql(db, "BEGIN IMMEDIATE", err) != 0)
		return -1;
	result = read_pragma(db, "PRAGMA user_version", &version, err);
	for (; result == 0 && version < VERSION; version++)
		result = run_sql(db, migrations[version], err);
	str_addf(&mark, "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 APPLICATION, VERSION);
	if (result == 0)
		result = run_sql(db, mark.bytes, err);
	return end_transaction(db, result, err);
}

int store_open(const char *path, struct store **out, struct error *err)
{
	struct store *store;
	sqlite3 *db = NULL;

	if (sys_dir_make_above(path, 0700, err) != 0)
		return -1;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			    NULL) != SQLITE_OK) {
		(void)error_set(err, ERROR_SYSTEM, "open the store '%s': %s", path,
				db != NULL ? sqlite3_errmsg(db) : "out of memory");
		(void)sqlite3_close(db);
		return -1;
	}
	(void)sqlite3_busy_timeout(db, WAIT_MS);
	if (run_sql(db, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL", err) !=
		    0 ||
	    migrate(db, err) != 0) {
		(void)sqlite3_close(db);
		return error_frame(err, "the store '%s'", path);
	}
	store = mem_zero(1, sizeof(*store));
	store->db = db;
	*out = store;
	return 0;
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	(void)sqlite3_close(store->db); /* no statement is open: it cannot be refused */
	free(store);
}

static int add_sample(sqlite3 *db, const struct row_key *key,
		      const struct run_sample *sample, struct error *err)
{
	struct row_key part = *key;
	unsigned i;

	if (rows_insert(db, &table_sample, key, sample, err) != 0)
		return -1;
	for (i = 0; i < sample->part_count; i++) {
		part.numbers[2] = i;
		if (rows_insert(db, &table_part, &part, &sample->parts[i], err) != 0)
			return -1;
	}
	return 0;
}

static int add_test(sqlite3 *db, struct row_key *key, const struct run_test *test,
		    struct error *err)
{
	const struct stored_test stored = {.key = (char *)(uintptr_t)test->test->key,
					   .test = *test};
	size_t i;

	if (rows_insert(db, &table_test, key, &stored, err) != 0)
		return -1;
	for (i = 0; i < test->sample_count; i++) {
		key->numbers[1] = (int64_t)i;
		if (add_sample(db, key, &test->samples[i], err) != 0)
			return -1;
	}
	return 0;
}

/* Rows of one table that belong to the run alone. */
static int add_list(sqlite3 *db, const struct table *table, const char *id,
		    const void *list, size_t count, size_t size, struct error *err)
{
	struct row_key key = {.run = id};
	size_t i;

	for (i = 0; i < count; i++) {
		key.numbers[0] = (int64_t)i;
		if (rows_insert(db, table, &key, (const char *)list + i * size, err) != 0)
			return -1;
	}
	return 0;
}

static int add_run(sqlite3 *db, const struct run *run, struct error *err)
{
	struct row_key key = {.run = run->id};
	size_t i;

	if (run->id == NULL)
		return error_set(err, ERROR_INPUT, "the run has no id");
	if (rows_insert(db, &table_run, &key, run, err) != 0)
		return sqlite3_errcode(db) == SQLITE_CONSTRAINT
			       ? error_set(err, ERROR_INPUT,
					   "the run '%s' is in the store already",
					   run->id)
			       : -1;
	for (i = 0; i < run->test_count; i++) {
		key.numbers[0] = (int64_t)i;
		if (add_test(db, &key, &run->tests[i], err) != 0)
			return -1;
	}
	if (add_list(db, &table_fact, run->id, run->environment.facts,
		     run->environment.count, sizeof(struct fact), err) != 0 ||
	    add_list(db, &table_warning, run->id, run->warnings, run->warning_count,
		     sizeof(char *), err) != 0)
		return -1;
	return add_list(db, &table_executable, run->id, run->build.files,
			run->build.file_count, sizeof(struct run_file), err);
}

int store_add(struct store *store, const struct runs *runs, struct error *err)
{
	int result;
	size_t i;

	if (run_sql(store->db, "BEGIN IMMEDIATE", err) != 0)
		return -1;
	result = 0;
	for (i = 0; result == 0 && i < runs->count; i++)
		result = add_run(store->db, &runs->runs[i], err);
	return end_transaction(store->db, result, err);
}

/* Where a load stands. */
struct loading {
	sqlite3 *db;
	struct run *run;
	const char *id;
	int64_t test, sample;
};

static int take_part(void *data, void *object, struct error *err)
{
	struct run_sample *sample = data;

	(void)err;
	sample->parts =
		mem_grow(sample->parts, sample->part_count, sizeof(*sample->parts));
	sample->parts[sample->part_count++] = *(struct run_part *)object;
	return 0;
}

static int take_sample(void *data, void *object, struct error *err)
{
	struct loading *loading = data;
	struct run_sample *sample = object;
	const struct row_key key = {loading->id, {loading->test, loading->sample++, 0}};
	struct run_part part;

	if (sample->count == 0 || sample->elapsed_ns <= 0 || sample->scored_ns <= 0)
		return error_set(err, ERROR_INPUT, "a sample has no loops or no time");
	if (rows_select(loading->db, &table_part, &key, 2, &part, sizeof(part), take_part,
			sample, err) != 0) {
		free(sample->parts);
		return -1;
	}
	run_test_add_sample(&loading->run->tests[loading->test], sample);
	return 0;
}

static int take_test(void *data, void *object, struct error *err)
{
	struct loading *loading = data;
	struct stored_test *stored = object;
	autofree char *key = stored->key;
	const struct row_key place = {loading->id, {(int64_t)loading->run->test_count}};
	const int number = key != NULL ? tests_find(key) : -1;
	struct run_sample sample;
	struct run_test *test;

	if (number < 0 || loading->run->test_count == TESTS_COUNT ||
	    run_find_test(loading->run, key) != NULL) {
		free(stored->test.failure);
		return error_set(err, ERROR_INPUT, "a test that cannot be: '%.40s'",
				 key != NULL ? key : "");
	}
	test = run_add_test(loading->run, &tests_all[number]);
	stored->test.test = test->test;
	*test = stored->test;
	loading->test = place.numbers[0];
	loading->sample = 0;
	return rows_select(loading->db, &table_sample, &place, 1, &sample, sizeof(sample),
			   take_sample, loading, err);
}

static int take_fact(void *data, void *object, struct error *err)
{
	struct environment *environment = data;
	const struct fact *fact = object;

	(void)err;
	environment->facts =
		mem_grow(environment->facts, environment->count, sizeof(*fact));
	environment->facts[environment->count++] = *fact;
	return 0;
}

static int take_warning(void *data, void *object, struct error *err)
{
	autofree char *text = *(char **)object;

	(void)err;
	run_warn(data, "%s", text);
	return 0;
}

static int take_executable(void *data, void *object, struct error *err)
{
	struct run_build *build = data;

	(void)err;
	build->files = mem_grow(build->files, build->file_count, sizeof(*build->files));
	build->files[build->file_count++] = *(struct run_file *)object;
	return 0;
}

static int take_run(void *data, void *object, struct error *err)
{
	struct run *run = data;

	*run = *(struct run *)object;
	/* a report may not say how many copies ran */
	if ((unsigned)run->method >= RUN_METHOD_COUNT ||
	    (run->copies == 0 && run->method != RUN_IMPORTED))
		return error_set(err, ERROR_INPUT, "a run that cannot be");
	return 0;
}

static int load_one(struct store *store, const char *id, struct run *run,
		    struct error *err)
{
	const struct row_key key = {.run = id};
	struct loading loading = {.db = store->db, .run = run, .id = id};
	struct stored_test test;
	struct run_file file;
	struct fact fact;
	struct run row;
	char *text;

	if (rows_select(store->db, &table_run, &key, 0, &row, sizeof(row), take_run, run,
			err) != 0)
		return -1;
	run->id = str_copy(id);
	if (rows_select(store->db, &table_test, &key, 0, &test, sizeof(test), take_test,
			&loading, err) != 0 ||
	    rows_select(store->db, &table_fact, &key, 0, &fact, sizeof(fact), take_fact,
			&run->environment, err) != 0 ||
	    rows_select(store->db, &table_warning, &key, 0, &text, sizeof(text),
			take_warning, run, err) != 0)
		return -1;
	return rows_select(store->db, &table_executable, &key, 0, &file, sizeof(file),
			   take_executable, &run->build, err);
}

/* A list of ids. */
struct ids {
	char **ids;
	size_t count;
};

static void ids_clear(struct ids *ids)
{
	size_t i;

	for (i = 0; i < ids->count; i++)
		free(ids->ids[i]);
	free(ids->ids);
}

/* The ids that a query finds; @text is bound to its first parameter when not NULL. */
static int find_ids(struct store *store, const char *query, const char *text,
		    struct ids *out, struct error *err)
{
	sqlite3_stmt *statement;
	int step, result = 0;

	if (sqlite3_prepare_v2(store->db, query, -1, &statement, NULL) != SQLITE_OK)
		return rows_error(store->db, "read the store", err);
	if (text != NULL)
		(void)sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC);
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		out->ids = mem_grow(out->ids, out->count, sizeof(*out->ids));
		out->ids[out->count++] =
			str_copy((const char *)sqlite3_column_text(statement, 0));
	}
	if (step != SQLITE_DONE)
		result = rows_error(store->db, "read the store", err);
	(void)sqlite3_finalize(statement); /* repeats the error of the step */
	return result;
}

/* An id, the group of the newest run with a label, or the beginning of ids: the first that is found. */
static int resolve(struct store *store, const char *reference, struct ids *out,
		   struct error *err)
{
	static const char by_id[] = "SELECT id FROM run WHERE id = ?1";
	static const char by_label[] = "SELECT id FROM run WHERE coalesce(run_group, id) "
				       "= (SELECT coalesce(run_group, id) FROM run "
				       "WHERE label = ?1 ORDER BY started_ns DESC, id "
				       "DESC LIMIT 1) ORDER BY started_ns, id";
	static const char by_prefix[] =
		"SELECT id FROM run WHERE substr(id, 1, length(?1)) = ?1";
	static const char *const queries[] = {by_id, by_label, by_prefix};
	size_t i;

	for (i = 0; i < 3 && out->count == 0; i++)
		if ((queries[i] != by_prefix || strlen(reference) >= PREFIX_LEAST) &&
		    find_ids(store, queries[i], reference, out, err) != 0)
			return -1;
	if (out->count > 1 && queries[i - 1] == by_prefix)
		return error_set(err, ERROR_INPUT,
				 "'%s' is the beginning of %zu runs: give more of it",
				 reference, out->count);
	return 0;
}

/* As resolve, with "#N" behind a label. */
static int resolve_numbered(struct store *store, const char *reference, struct ids *out,
			    struct error *err)
{
	const char *mark = strrchr(reference, '#');
	autofree char *name = NULL;
	char *end, *chosen;
	unsigned long number;

	if (resolve(store, reference, out, err) != 0)
		return -1;
	if (out->count == 0 && mark != NULL) {
		name = strndup(reference, (size_t)(mark - reference));
		number = strtoul(mark + 1, &end, 10);
		if (*end == '\0' && end != mark + 1 &&
		    resolve(store, name, out, err) != 0)
			return -1;
		if (*end == '\0' && number >= 1 && number <= out->count) {
			chosen = out->ids[number - 1];
			out->ids[number - 1] = out->ids[0];
			out->ids[0] = chosen;
			while (out->count > 1)
				free(out->ids[--out->count]);
			return 0;
		}
		ids_clear(out);
		*out = (struct ids){0};
	}
	if (out->count == 0)
		return error_set(err, ERROR_INPUT,
				 "no run '%s' in the store, and no file of that name "
				 "(see moult runs list)",
				 reference);
	return 0;
}

static int load_ids(struct store *store, const struct ids *ids, struct runs *out,
		    struct error *err)
{
	const size_t before = out->count;
	size_t i;

	for (i = 0; i < ids->count; i++) {
		if (load_one(store, ids->ids[i], runs_add(out), err) == 0)
			continue;
		while (out->count > before)
			runs_drop_last(out);
		return error_frame(err, "run '%s'", ids->ids[i]);
	}
	return 0;
}

int store_load(struct store *store, const char *reference, struct runs *out,
	       struct error *err)
{
	struct ids ids = {0};
	int result = resolve_numbered(store, reference, &ids, err);

	if (result == 0)
		result = load_ids(store, &ids, out, err);
	ids_clear(&ids);
	return result;
}

int store_load_all(struct store *store, struct runs *out, struct error *err)
{
	struct ids ids = {0};
	int result = find_ids(store, "SELECT id FROM run ORDER BY started_ns, id", NULL,
			      &ids, err);

	if (result == 0)
		result = load_ids(store, &ids, out, err);
	ids_clear(&ids);
	return result;
}

static int remove_ids(struct store *store, const struct ids *ids, struct error *err)
{
	struct ids none = {0};
	int result = run_sql(store->db, "BEGIN IMMEDIATE", err);
	size_t i;

	if (result != 0)
		return -1;
	for (i = 0; result == 0 && i < ids->count; i++)
		result = find_ids(store, "DELETE FROM run WHERE id = ?1", ids->ids[i],
				  &none, err);
	return end_transaction(store->db, result, err);
}

int store_remove(struct store *store, const char *reference, unsigned *out_count,
		 struct error *err)
{
	struct ids ids = {0};
	int result = resolve_numbered(store, reference, &ids, err);

	if (result == 0)
		result = remove_ids(store, &ids, err);
	if (result == 0)
		*out_count = (unsigned)ids.count;
	ids_clear(&ids);
	return result;
}

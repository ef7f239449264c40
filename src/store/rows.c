/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/rows.h"

#include <string.h>

#include "base/str.h"

#define COLUMN(kind, object, member)                                                     \
	{                                                                                \
#member, kind, offsetof(struct object, member)                           \
	}
#define TABLE(title, names, count, list)                                                 \
	const struct table table_##title = {#title, names, count, list,                  \
					    (int)(sizeof(list) / sizeof(list[0]))}

static const struct column run_columns[] = {
	COLUMN(COLUMN_TEXT, run, label),
	{"run_group", COLUMN_TEXT, offsetof(struct run, group)},
	COLUMN(COLUMN_TEXT, run, profile),
	COLUMN(COLUMN_TEXT, run, source),
	COLUMN(COLUMN_TEXT, run, provider),
	COLUMN(COLUMN_TEXT, run, plan),
	COLUMN(COLUMN_TEXT, run, location),
	COLUMN(COLUMN_TEXT, run, price),
	COLUMN(COLUMN_UINT, run, method),
	COLUMN(COLUMN_UINT, run, copies),
	COLUMN(COLUMN_REAL, run, imported_index),
	COLUMN(COLUMN_INT64, run, started_ns),
	COLUMN(COLUMN_INT64, run, finished_ns),
	COLUMN(COLUMN_INT64, run, budget_ns),
	COLUMN(COLUMN_INT64, run, overhead_ns),
	COLUMN(COLUMN_INT64, run, workload_ns),
	COLUMN(COLUMN_INT64, run, prepare_ns),
	COLUMN(COLUMN_BOOL, run, interrupted),
	{"compiler", COLUMN_TEXT, offsetof(struct run, build.compiler)},
	{"flags", COLUMN_TEXT, offsetof(struct run, build.flags)},
	{"libc", COLUMN_TEXT, offsetof(struct run, build.libc)},
	{"version", COLUMN_TEXT, offsetof(struct run, build.version)},
};
TABLE(run, "id", 1, run_columns);

static const struct column test_columns[] = {
	COLUMN(COLUMN_TEXT, stored_test, key),
	{"failure", COLUMN_TEXT, offsetof(struct stored_test, test.failure)},
	{"imported_score", COLUMN_REAL,
	 offsetof(struct stored_test, test.imported_score)},
	{"imported_index", COLUMN_REAL,
	 offsetof(struct stored_test, test.imported_index)},
	{"imported_time_s", COLUMN_REAL,
	 offsetof(struct stored_test, test.imported_time_s)},
	{"imported_samples", COLUMN_UINT,
	 offsetof(struct stored_test, test.imported_samples)},
};
TABLE(test, "run, number", 2, test_columns);

static const struct column sample_columns[] = {
	COLUMN(COLUMN_INT64, run_sample, count),
	COLUMN(COLUMN_INT64, run_sample, start_ns),
	COLUMN(COLUMN_INT64, run_sample, wanted_ns),
	COLUMN(COLUMN_INT64, run_sample, elapsed_ns),
	COLUMN(COLUMN_INT64, run_sample, scored_ns),
	COLUMN(COLUMN_INT64, run_sample, user_ns),
	COLUMN(COLUMN_INT64, run_sample, system_ns),
	COLUMN(COLUMN_INT64, run_sample, steal_ns),
	COLUMN(COLUMN_INT64, run_sample, foreign_ns),
	COLUMN(COLUMN_INT64, run_sample, switches_voluntary),
	COLUMN(COLUMN_INT64, run_sample, switches_forced),
	COLUMN(COLUMN_REAL, run_sample, load_before),
	COLUMN(COLUMN_REAL, run_sample, load_after),
	COLUMN(COLUMN_UINT, run_sample, flags),
	COLUMN(COLUMN_BOOL, run_sample, kept),
};
TABLE(sample, "run, test, number", 3, sample_columns);

static const struct column part_columns[] = {
	COLUMN(COLUMN_INT64, run_part, count),
	COLUMN(COLUMN_INT64, run_part, start_ns),
	COLUMN(COLUMN_INT64, run_part, elapsed_ns),
	COLUMN(COLUMN_INT64, run_part, scored_ns),
};
TABLE(part, "run, test, sample, number", 4, part_columns);

static const struct column fact_columns[] = {
	COLUMN(COLUMN_TEXT, fact, key),
	COLUMN(COLUMN_TEXT, fact, value),
	COLUMN(COLUMN_TEXT, fact, source),
	COLUMN(COLUMN_TEXT, fact, problem),
};
TABLE(fact, "run, number", 2, fact_columns);

static const struct column warning_columns[] = {{"text", COLUMN_TEXT, 0}};
TABLE(warning, "run, number", 2, warning_columns);

static const struct column executable_columns[] = {
	COLUMN(COLUMN_TEXT, run_file, name),
	COLUMN(COLUMN_TEXT, run_file, sha256),
};
TABLE(executable, "run, number", 2, executable_columns);

int rows_error(sqlite3 *db, const char *what, struct error *err)
{
	const int code = sqlite3_errcode(db);
	const bool is_damage = code == SQLITE_CORRUPT || code == SQLITE_NOTADB ||
			       code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH;

	if (code == SQLITE_FULL)
		return error_set(err, ERROR_SYSTEM,
				 "%s: no space left on the disk of the store", what);
	return error_set(err, is_damage ? ERROR_INPUT : ERROR_SYSTEM, "%s: %s", what,
			 sqlite3_errmsg(db));
}

static int bind_column(sqlite3_stmt *statement, int place, const struct column *column,
		       const void *object)
{
	const char *member = (const char *)object + column->offset;
	int64_t number = 0;
	double real = 0;
	const char *text;
	unsigned small;

	switch (column->type) {
	case COLUMN_TEXT:
		memcpy(&text, member, sizeof(text));
		return sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
	case COLUMN_REAL:
		memcpy(&real, member, sizeof(real));
		return sqlite3_bind_double(statement, place, real);
	case COLUMN_INT64:
		memcpy(&number, member, sizeof(number));
		break;
	case COLUMN_UINT:
		memcpy(&small, member, sizeof(small));
		number = small;
		break;
	case COLUMN_BOOL:
		number = *(const bool *)member;
		break;
	}
	return sqlite3_bind_int64(statement, place, number);
}

static int prepare(sqlite3 *db, const char *text, sqlite3_stmt **out, struct error *err)
{
	if (sqlite3_prepare_v2(db, text, -1, out, NULL) != SQLITE_OK)
		return rows_error(db, "the store", err);
	return 0;
}

static void bind_key(sqlite3_stmt *statement, const struct row_key *key, int count)
{
	int i;

	(void)sqlite3_bind_text(statement, 1, key->run, -1, SQLITE_STATIC);
	for (i = 1; i < count; i++)
		(void)sqlite3_bind_int64(statement, i + 1, key->numbers[i - 1]);
}

int rows_insert(sqlite3 *db, const struct table *table, const struct row_key *key,
		const void *object, struct error *err)
{
	autostr struct str text = STR_EMPTY;
	sqlite3_stmt *statement;
	int i, result = 0;

	str_addf(&text, "INSERT INTO %s (%s", table->name, table->keys);
	for (i = 0; i < table->column_count; i++)
		str_addf(&text, ", %s", table->columns[i].name);
	str_add(&text, ") VALUES (?");
	for (i = 1; i < table->key_count + table->column_count; i++)
		str_add(&text, ", ?");
	str_add(&text, ")");
	if (prepare(db, text.bytes, &statement, err) != 0)
		return -1;
	bind_key(statement, key, table->key_count);
	for (i = 0; i < table->column_count; i++)
		(void)bind_column(statement, table->key_count + 1 + i, &table->columns[i],
				  object);
	if (sqlite3_step(statement) != SQLITE_DONE)
		result = rows_error(db, "write to the store", err);
	(void)sqlite3_finalize(statement); /* repeats the error of the step */
	return result;
}

static void take_column(sqlite3_stmt *statement, int place, const struct column *column,
			void *object)
{
	char *member = (char *)object + column->offset;
	const int64_t number = sqlite3_column_int64(statement, place);
	const double real = sqlite3_column_double(statement, place);
	const unsigned small = (unsigned)number;
	char *text;

	switch (column->type) {
	case COLUMN_TEXT:
		text = str_copy((const char *)sqlite3_column_text(statement, place));
		memcpy(member, &text, sizeof(text));
		break;
	case COLUMN_REAL:
		memcpy(member, &real, sizeof(real));
		break;
	case COLUMN_INT64:
		memcpy(member, &number, sizeof(number));
		break;
	case COLUMN_UINT:
		memcpy(member, &small, sizeof(small));
		break;
	case COLUMN_BOOL:
		*(bool *)member = number != 0;
		break;
	}
}

/* The names of the first @known keys, each with "= ?". */
static void add_condition(struct str *text, const char *keys, int known)
{
	const char *separator = " WHERE ";
	size_t length;

	for (; known > 0; known--) {
		length = strcspn(keys, ",");
		str_add(text, separator);
		str_add_bytes(text, keys, length);
		str_add(text, " = ?");
		separator = " AND ";
		keys += length + strspn(keys + length, ", ");
	}
}

int rows_select(sqlite3 *db, const struct table *table, const struct row_key *key,
		int known, void *object, size_t size, rows_take *take, void *data,
		struct error *err)
{
	autostr struct str text = STR_EMPTY;
	sqlite3_stmt *statement;
	int i, step, result = 0;

	str_add(&text, "SELECT ");
	for (i = 0; i < table->column_count; i++)
		str_addf(&text, "%s%s", i > 0 ? ", " : "", table->columns[i].name);
	str_addf(&text, " FROM %s", table->name);
	add_condition(&text, table->keys, known + 1);
	str_addf(&text, " ORDER BY %s", table->keys);
	if (prepare(db, text.bytes, &statement, err) != 0)
		return -1;
	bind_key(statement, key, known + 1);
	while (result == 0 && (step = sqlite3_step(statement)) != SQLITE_DONE) {
		if (step != SQLITE_ROW) {
			result = rows_error(db, "read from the store", err);
			break;
		}
		memset(object, 0, size);
		for (i = 0; i < table->column_count; i++)
			take_column(statement, i, &table->columns[i], object);
		result = take(data, object, err);
	}
	(void)sqlite3_finalize(statement); /* repeats the error of the step */
	return result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/** rows.h - structs to rows and back, by tables of columns. Private to this room. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include <sqlite3.h>
#include <stddef.h>

#include "base/error.h"
#include "model/run.h"

/** What a column holds, as the struct has it. */
enum column_type { COLUMN_TEXT, COLUMN_INT64, COLUMN_UINT, COLUMN_BOOL, COLUMN_REAL };

/** A column that is a member of a struct. */
struct column {
	const char *name;
	enum column_type type;
	size_t offset;
};

/** A table whose rows are structs, behind one to four key columns: run, then numbers. */
struct table {
	const char *name;
	const char *keys; /* "run, number" */
	int key_count;
	const struct column *columns;
	int column_count;
};

extern const struct table table_run, table_test, table_sample, table_part, table_fact,
	table_warning, table_executable;

/** A row of `test`: the test is named by its key. */
struct stored_test {
	char *key;
	struct run_test test;
};

/** Where a row belongs: the run's id, and up to three numbers. */
struct row_key {
	const char *run;
	int64_t numbers[3];
};

/** Turn a result of SQLite into an error: damage is ERROR_INPUT, all else ERROR_SYSTEM.
 *
 * Returns: -1 always
 */
int rows_error(sqlite3 *db, const char *what, struct error *err);

/** Insert one row. Errors: as rows_error. Returns: 0 or -1 */
nodiscard int rows_insert(sqlite3 *db, const struct table *table,
			  const struct row_key *key, const void *object,
			  struct error *err);

/** Called for each row that was found.
 *
 * @object: the struct, filled from the columns; texts are the callee's to free or keep
 * Returns: 0 or -1
 */
typedef int rows_take(void *data, void *object, struct error *err);

/** Find rows in the order of their keys.
 *
 * @key:    the run and the first @known numbers, which the rows must have
 * @object: memory of the struct's size that each row is put in
 * Errors:  as rows_error, and the callee's
 * Returns: 0 or -1
 */
nodiscard int rows_select(sqlite3 *db, const struct table *table,
			  const struct row_key *key, int known, void *object, size_t size,
			  rows_take *take, void *data, struct error *err);

#endif

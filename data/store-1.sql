-- SPDX-License-Identifier: GPL-2.0-or-later
-- Version 1 of the store. A later version is a further file: what is in use is never changed.
-- Times are in nanoseconds; started_ns and finished_ns since 1970, UTC; start_ns since the run began.
CREATE TABLE run (
	id TEXT PRIMARY KEY NOT NULL,
	label TEXT, run_group TEXT, profile TEXT, source TEXT,
	provider TEXT, plan TEXT, location TEXT, price TEXT,
	method INTEGER NOT NULL, copies INTEGER NOT NULL, imported_index REAL,
	started_ns INTEGER, finished_ns INTEGER, budget_ns INTEGER,
	overhead_ns INTEGER, workload_ns INTEGER, prepare_ns INTEGER, interrupted INTEGER,
	compiler TEXT, flags TEXT, libc TEXT, version TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX run_by_label ON run (label);
CREATE INDEX run_by_group ON run (run_group);
CREATE TABLE test (
	run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE, number INTEGER NOT NULL,
	key TEXT NOT NULL, failure TEXT, imported_score REAL, imported_index REAL,
	imported_time_s REAL, imported_samples INTEGER,
	PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE sample (
	run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE, test INTEGER NOT NULL, number INTEGER NOT NULL,
	count INTEGER NOT NULL, start_ns INTEGER, wanted_ns INTEGER, elapsed_ns INTEGER NOT NULL,
	scored_ns INTEGER NOT NULL, user_ns INTEGER, system_ns INTEGER, steal_ns INTEGER, foreign_ns INTEGER,
	switches_voluntary INTEGER, switches_forced INTEGER, load_before REAL, load_after REAL,
	flags INTEGER NOT NULL, kept INTEGER NOT NULL,
	PRIMARY KEY (run, test, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE part (
	run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE, test INTEGER NOT NULL, sample INTEGER NOT NULL,
	number INTEGER NOT NULL,
	count INTEGER NOT NULL, start_ns INTEGER, elapsed_ns INTEGER, scored_ns INTEGER,
	PRIMARY KEY (run, test, sample, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE fact (
	run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE, number INTEGER NOT NULL,
	key TEXT NOT NULL, value TEXT, source TEXT, problem TEXT,
	PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE warning (
	run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE, number INTEGER NOT NULL, text TEXT NOT NULL,
	PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE executable (
	run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE, number INTEGER NOT NULL,
	name TEXT NOT NULL, sha256 TEXT,
	PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

/* SPDX-License-Identifier: GPL-2.0-or-later */
/** store.h - the runs that were kept: every raw sample, in SQLite. Nothing computed is stored. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/error.h"
#include "model/run.h"

/** An open store. */
struct store;

/** Where the store lies: $XDG_DATA_HOME/moult/moult.db, else below $HOME/.local/share.
 *
 * @out:    a path that the caller frees
 * Errors:  ERROR_SYSTEM when neither variable is set
 * Returns: 0 or -1
 */
nodiscard int store_default_path(char **out, struct error *err);

/** Open a store, bring it to the newest version, and make it where it does not exist. Waits up to ten
 * seconds while another process writes.
 *
 * @path:   its folders are made, for the owner alone
 * @out:    untouched on failure; end with store_close
 * Errors:  ERROR_SYSTEM; ERROR_INPUT when the file is damaged, is no store, or is of a newer moult
 * Returns: 0 or -1
 */
nodiscard int store_open(const char *path, struct store **out, struct error *err);

/** Close; NULL is harmless. */
void store_close(struct store *store);

/** Keep runs: all of them, or none when it fails.
 *
 * Errors:  ERROR_SYSTEM (full disk, another writer), ERROR_INPUT (damaged; the id is there already)
 * Returns: 0 or -1
 */
nodiscard int store_add(struct store *store, const struct runs *runs, struct error *err);

/** Load what a reference names.
 *
 * @reference: an id, the beginning of one (8 characters or more) or a label, of which the newest counts.
 *             A label names all runs of its group, "LABEL#2" the second of them alone
 * @out:    runs are added; untouched when there is none
 * Errors:  ERROR_INPUT: no such run, or a damaged one; ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int store_load(struct store *store, const char *reference, struct runs *out,
			 struct error *err);

/** Load all runs, oldest first. Errors: as store_load. Returns: 0 or -1 */
nodiscard int store_load_all(struct store *store, struct runs *out, struct error *err);

/** Forget the runs that a reference names (as for store_load).
 *
 * @out_count: how many there were
 * Errors:  as store_load
 * Returns: 0 or -1
 */
nodiscard int store_remove(struct store *store, const char *reference,
			   unsigned *out_count, struct error *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/** module_lists.h - the lists of a kernel's modules, cut down to those that an initramfs holds:
 * what depmod(8) would write there. */
#ifndef GUEST_MODULE_LISTS_H
#define GUEST_MODULE_LISTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "model/guest.h"

/** A module, as modules.dep has it. */
struct module_row {
	char *name; /* with "_" */
	char *path; /* from the kernel's folder on: "kernel/fs/ext4/ext4.ko.xz" */
	struct guest_words needs; /* names, in the order of modules.dep */
	bool is_kept;		  /* the initramfs holds it, or will */
	bool is_asked;		  /* it was kept by module_lists_keep, with its needs */
};

/** Lists of one kernel; start with MODULE_LISTS_NONE. */
struct module_lists {
	struct module_row
		*rows; /* in the order of modules.dep, which is that of loading */
	size_t count;
	struct module_row **by_name; /* sorted */
	struct str aliases;  /* modules.alias, as it stands there; the caller adds it */
	struct str softdeps; /* modules.softdep, likewise */
	unsigned searches;   /* of aliases so far: they have an end */
};

#define MODULE_LISTS_NONE                                                                \
	((struct module_lists){.rows = NULL, .aliases = STR_EMPTY, .softdeps = STR_EMPTY})

enum { MODULE_LISTS_ADDED_MOST = 256 };

/** Read modules.dep. @text: as it stands there; Source: modules.dep(5) */
void module_lists_parse(const char *text, struct module_lists *out);

/** Find a module. Returns: it, or NULL */
struct module_row *module_lists_find(const struct module_lists *lists, const char *name);

/** Keep a module with all that it needs: by modules.dep, and by modules.softdep, where names may be
 * aliases.
 *
 * @out:    names that were not kept before are added, each behind what it needs; at most
 *          MODULE_LISTS_ADDED_MOST
 */
void module_lists_keep(struct module_lists *lists, const char *name,
		       struct guest_words *out);

/** Write modules.dep of what is kept. @out_text, @out_index: added to */
void module_lists_write_dep(const struct module_lists *lists, struct str *out_text,
			    struct str *out_index);

/** Write modules.alias of what is kept. @out_text, @out_index: added to */
void module_lists_write_alias(const struct module_lists *lists, struct str *out_text,
			      struct str *out_index);

/** Write modules.softdep of what is kept. @out: added to */
void module_lists_write_softdep(const struct module_lists *lists, struct str *out);

/** Give the memory back. */
void module_lists_clear(struct module_lists *lists);

#endif

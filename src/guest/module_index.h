/* SPDX-License-Identifier: GPL-2.0-or-later */
/** module_index.h - the binary lists of modules that kmod looks into: modules.dep.bin and
 * modules.alias.bin. */
#ifndef GUEST_MODULE_INDEX_H
#define GUEST_MODULE_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/** A key and what stands there. */
struct module_index_row {
	const char *key; /* ASCII alone; others cannot be written and are left out */
	const char *value;
	uint32_t priority; /* of the values of a key, the lowest counts most */
};

/** Write an index, as depmod(8) does.
 *
 * @rows:   sorted here
 * @out:    added to
 * Source:  kmod's libkmod/libkmod-index.c and tools/depmod.c; compared with what depmod writes
 */
void module_index_write(struct module_index_row *rows, size_t count, struct str *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/** lvm_text.h - the text that LVM2 keeps its metadata in: sections and values. */
#ifndef GUEST_LVM_TEXT_H
#define GUEST_LVM_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/** A section, a value or an element of a list. Nodes stand in an array in the order of the text;
 * the first is the whole, and each stands behind its parent. */
struct lvm_node {
	char *name; /* "" for an element of a list, and for the whole */
	char *text; /* of a value that is no list; else NULL */
	size_t parent;
};

/** A text that was parsed. */
struct lvm_text {
	struct lvm_node *nodes;
	size_t count;
};

/** Parse a text.
 *
 * @bytes:  NUL-terminated
 * @out:    given back by lvm_text_clear
 * Errors:  ERROR_INPUT
 * Source:  lvm.conf(5) tells the grammar
 * Returns: 0 or -1
 */
nodiscard int lvm_text_parse(const char *bytes, struct lvm_text *out, struct error *err);

/** Find a child by its name. Returns: its place, or 0 */
size_t lvm_text_find(const struct lvm_text *text, size_t parent, const char *name);

/** The @index-th child, from 0 on. Returns: its place, or 0 */
size_t lvm_text_child(const struct lvm_text *text, size_t parent, size_t index);

/** The value of a child as text. Returns: the text, or NULL */
const char *lvm_text_word(const struct lvm_text *text, size_t parent, const char *name);

/** The value of a child as a number.
 *
 * Errors:  ERROR_INPUT when there is none, or no number without sign
 * Returns: 0 or -1
 */
nodiscard int lvm_text_number(const struct lvm_text *text, size_t parent,
			      const char *name, uint64_t *out, struct error *err);

/** Give it back; a zeroed one is harmless. */
void lvm_text_clear(struct lvm_text *text);

#endif

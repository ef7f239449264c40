/* SPDX-License-Identifier: GPL-2.0-or-later */
/* module_index.c - a trie whose nodes stand behind their children. A node is: its part of the key,
 * NUL; the first and the last byte of its children and their places; how many values, and each with
 * its priority, NUL. The upper bits of a place say which of these are there. Numbers are big-endian. */
#include "guest/module_index.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { CHILDREN_MOST = 128, KEY_MOST = 1024 };

static const uint32_t index_magic = 0xb007f457, index_version = 0x00020001;
static const uint32_t has_prefix = 0x80000000, has_values = 0x40000000,
		      has_children = 0x20000000;

/* The rows of a node: all have the first @depth bytes in common. */
struct node {
	const struct module_index_row *rows;
	size_t count;
	size_t depth;
};

static void add_number(struct str *out, uint32_t value)
{
	const unsigned char bytes[4] = {
		(unsigned char)(value >> 24), (unsigned char)(value >> 16),
		(unsigned char)(value >> 8), (unsigned char)value};

	str_add_bytes(out, bytes, sizeof(bytes));
}

/* By key; of one key by priority. */
static int compare_rows(const void *a, const void *b)
{
	const struct module_index_row *const first = a, *const second = b;
	const int order = strcmp(first->key, second->key);

	if (order != 0)
		return order;
	return (first->priority > second->priority) -
	       (first->priority < second->priority);
}

static uint32_t write_node(const struct node *node, struct str *out);

/* How many bytes behind the depth all keys have in common. */
static size_t common_length(const struct node *node)
{
	const char *first = node->rows[0].key + node->depth,
		   *last = node->rows[node->count - 1].key + node->depth;
	size_t length = 0;

	/* sorted: what the first and the last have in common, all have */
	while (first[length] != '\0' && first[length] == last[length])
		length++;
	return length;
}

/* Writes the children and keeps their places. @from: the first row that is no value of the node.
 * Returns: whether there are any */
static bool write_children(const struct node *node, size_t from, uint32_t *places,
			   unsigned char *out_first, unsigned char *out_last,
			   struct str *out)
{
	size_t end;

	if (from == node->count)
		return false;
	*out_first = (unsigned char)node->rows[from].key[node->depth];
	*out_last = (unsigned char)node->rows[node->count - 1].key[node->depth];
	for (; from < node->count; from = end) {
		const char byte = node->rows[from].key[node->depth];
		struct node child = {.rows = node->rows + from, .depth = node->depth + 1};

		for (end = from; end < node->count; end++)
			if (node->rows[end].key[node->depth] != byte)
				break;
		child.count = end - from;
		places[(unsigned char)byte] = write_node(&child, out);
	}
	return true;
}

static void add_values(const struct node *node, size_t count, struct str *out)
{
	size_t i;

	add_number(out, (uint32_t)count);
	for (i = 0; i < count; i++) {
		add_number(out, node->rows[i].priority);
		str_add_bytes(out, node->rows[i].value, strlen(node->rows[i].value) + 1);
	}
}

/* A node whose part of the key is known: @prefix bytes. */
static uint32_t write_body(const struct node *node, size_t prefix, struct str *out)
{
	struct node inner = {node->rows, node->count, node->depth + prefix};
	uint32_t places[CHILDREN_MOST] = {0}, place;
	unsigned char first = 0, last = 0;
	size_t values = 0;
	bool is_parent;
	unsigned i;

	while (values < inner.count && inner.rows[values].key[inner.depth] == '\0')
		values++;
	is_parent = write_children(&inner, values, places, &first, &last, out);
	place = (uint32_t)out->length;
	if (prefix > 0) {
		str_add_bytes(out, node->rows[0].key + node->depth, prefix);
		str_add_bytes(out, "", 1);
		place |= has_prefix;
	}
	if (is_parent) {
		const unsigned char range[2] = {first, last};

		str_add_bytes(out, range, sizeof(range));
		for (i = first; i <= last; i++)
			add_number(out, places[i]);
		place |= has_children;
	}
	if (values > 0) {
		add_values(&inner, values, out);
		place |= has_values;
	}
	return place;
}

static uint32_t write_node(const struct node *node, struct str *out)
{
	return write_body(node, common_length(node), out);
}

/* The depth of the trie is the length of a key at most. */
static bool is_plain(const char *key)
{
	size_t i;

	for (i = 0; key[i] != '\0'; i++)
		if (i == KEY_MOST || (unsigned char)key[i] >= CHILDREN_MOST)
			return false;
	return true;
}

void module_index_write(struct module_index_row *rows, size_t count, struct str *out)
{
	struct str body = STR_EMPTY;
	struct node root = {.rows = rows};
	uint32_t place;
	size_t i;

	for (i = 0; i < count; i++)
		if (is_plain(rows[i].key))
			rows[root.count++] = rows[i];
	add_number(&body, index_magic);
	add_number(&body, index_version);
	add_number(&body, 0); /* the root's place, when it is known */
	if (root.count > 0)
		qsort(rows, root.count, sizeof(*rows), compare_rows);
	/* the root has no part of a key, whatever its children have in common */
	place = write_body(&root, 0, &body);
	body.bytes[8] = (char)(place >> 24);
	body.bytes[9] = (char)(place >> 16);
	body.bytes[10] = (char)(place >> 8);
	body.bytes[11] = (char)place;
	str_add_bytes(out, body.bytes, body.length);
	str_clear(&body);
}

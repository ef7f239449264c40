/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_yaml.c - as much of YAML 1.2 as netplan's files use: block and flow collections, plain and
 * quoted scalars, comments. What can make a small text large (anchors) or a reader guess is
 * refused with its line. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/parse.h"
#include "guest/text.h"

enum { DEPTH_MOST = 32, NODES_MOST = 10000, LINES_MOST = 50000 };

struct yaml_line {
	unsigned number;
	size_t indent;
	char *text; /* without indent and comment */
};

struct yaml {
	struct yaml_line *lines;
	size_t count, next;
	size_t nodes;
	unsigned depth;
};

static int fault(const struct yaml *yaml, struct error *err, const char *what)
{
	const size_t at = yaml->next < yaml->count ? yaml->next : yaml->count - 1;

	return error_set(err, ERROR_INPUT, "line %u: %s", yaml->lines[at].number, what);
}

static struct yaml_node *new_node(struct yaml *yaml, enum yaml_kind kind,
				  struct error *err)
{
	struct yaml_node *node;

	if (yaml->nodes++ == NODES_MOST) {
		(void)fault(yaml, err, "more than 10000 values");
		return NULL;
	}
	node = mem_zero(1, sizeof(*node));
	node->kind = kind;
	return node;
}

void yaml_clear(struct yaml_node *node)
{
	size_t i;

	if (node == NULL)
		return;
	for (i = 0; i < node->child_count; i++)
		yaml_clear(node->children[i]);
	free(node->children);
	free(node->key);
	free(node->value);
	free(node);
}

static void add_child(struct yaml_node *node, struct yaml_node *child)
{
	node->children =
		mem_grow(node->children, node->child_count, sizeof(*node->children));
	node->children[node->child_count++] = child;
}

/* Where a comment begins: "#" at the start or behind white space, outside quotes. */
static size_t content_length(const char *text, size_t length)
{
	char quote = '\0';
	size_t i;

	for (i = 0; i < length; i++) {
		const char before = i > 0 ? text[i - 1] : ' ';

		if (quote != '\0') {
			if (text[i] == '\\' && quote == '"')
				i++;
			else if (text[i] == quote)
				quote = '\0';
		} else if ((text[i] == '"' || text[i] == '\'') &&
			   strchr(" \t[{,:", before) != NULL) {
			quote = text[i];
		} else if (text[i] == '#' && (before == ' ' || before == '\t')) {
			break;
		}
	}
	if (i > length)
		i = length;
	while (i > 0 && strchr(" \t\r", text[i - 1]) != NULL)
		i--;
	return i;
}

/* Brackets that are opened and not closed, outside quotes. */
static long open_brackets(const char *text)
{
	char quote = '\0';
	long count = 0;

	for (; *text != '\0'; text++) {
		if (quote != '\0') {
			if (*text == '\\' && quote == '"' && text[1] != '\0')
				text++;
			else if (*text == quote)
				quote = '\0';
		} else if (*text == '"' || *text == '\'') {
			quote = *text;
		} else {
			count += (*text == '[' || *text == '{') -
				 (*text == ']' || *text == '}');
		}
	}
	return count;
}

/* A flow collection goes on in the next line: they are joined. Returns: whether it was */
static bool join_flow(struct yaml *yaml, const char *text, size_t length)
{
	struct yaml_line *last;
	autostr struct str joined = STR_EMPTY;

	if (yaml->count == 0)
		return false;
	last = &yaml->lines[yaml->count - 1];
	/* bounded: each join reads the line again */
	if (strpbrk(last->text, "[{") == NULL || strlen(last->text) > 16384 ||
	    open_brackets(last->text) <= 0)
		return false;
	str_addf(&joined, "%s ", last->text);
	str_add_bytes(&joined, text, length);
	text_replace(&last->text, joined.bytes);
	return true;
}

static int add_line(struct yaml *yaml, const char *text, size_t length, unsigned number,
		    struct error *err)
{
	size_t indent = 0;
	struct yaml_line *line;

	while (indent < length && text[indent] == ' ')
		indent++;
	length = content_length(text + indent, length - indent);
	if (length == 0 || join_flow(yaml, text + indent, length))
		return 0;
	if (text[indent] == '\t' || yaml->count == LINES_MOST)
		return error_set(err, ERROR_INPUT, "line %u: %s", number,
				 text[indent] == '\t' ? "a tab in the indentation"
						      : "too many lines");
	if (indent == 0 && length == 3 && memcmp(text, "---", 3) == 0 && yaml->count == 0)
		return 0;
	yaml->lines = mem_grow(yaml->lines, yaml->count, sizeof(*yaml->lines));
	line = &yaml->lines[yaml->count++];
	*line = (struct yaml_line){
		.number = number, .indent = indent, .text = mem_zero(length + 1, 1)};
	memcpy(line->text, text + indent, length);
	return 0;
}

static int split_lines(struct yaml *yaml, const char *text, struct error *err)
{
	unsigned number = 1;
	size_t length;

	for (; *text != '\0'; number++) {
		length = strcspn(text, "\n");
		if (add_line(yaml, text, length, number, err) != 0)
			return -1;
		text += length + (text[length] == '\n' ? 1 : 0);
	}
	return 0;
}

/* The byte that a backslash and a letter stand for; 0: none that we know. */
static char escaped(char letter)
{
	static const char letters[] = "\"\\/nt e0", bytes[] = "\"\\/\n\t \033?";
	const char *found = letter != '\0' ? strchr(letters, letter) : NULL;

	return found != NULL ? bytes[found - letters] : '\0';
}

/* A quoted scalar. @at: moved behind it */
static int read_quoted(const struct yaml *yaml, const char **at, struct str *out,
		       struct error *err)
{
	const char quote = *(*at)++;

	for (; **at != '\0'; (*at)++) {
		if (**at == quote && quote == '\'' && (*at)[1] == '\'') {
			str_add_bytes(out, (*at)++, 1);
		} else if (**at == quote) {
			(*at)++;
			return 0;
		} else if (**at == '\\' && quote == '"') {
			const char byte = escaped(*++*at);

			if (byte == '\0')
				return fault(yaml, err, "an escape that is not known");
			str_add_bytes(out, &byte, 1);
		} else {
			str_add_bytes(out, *at, 1);
		}
	}
	return fault(yaml, err, "a quote without its end");
}

/* A scalar that ends at one of @ends, or with the line. @at: moved behind it */
static int read_scalar(const struct yaml *yaml, const char **at, const char *ends,
		       struct str *out, struct error *err)
{
	size_t length;

	if (**at == '"' || **at == '\'')
		return read_quoted(yaml, at, out, err);
	if (**at != '\0' && strchr("&*!|>%@`", **at) != NULL)
		return fault(yaml, err,
			     "anchors, aliases, tags and block scalars are not read");
	for (length = 0; (*at)[length] != '\0'; length++)
		if (strchr(ends, (*at)[length]) != NULL ||
		    ((*at)[length] == ':' &&
		     ((*at)[length + 1] == ' ' || (*at)[length + 1] == '\0')))
			break;
	str_add_bytes(out, *at, length);
	*at += length;
	(void)str_trim_end(out->bytes);
	out->length = strlen(out->bytes);
	return 0;
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

static int read_flow(struct yaml *yaml, const char **at, struct yaml_node **out,
		     struct error *err);

/* A member of a flow collection, with "key:" in front of it in a mapping. */
static int read_member(struct yaml *yaml, const char **at, struct yaml_node *node,
		       struct error *err)
{
	autostr struct str key = STR_EMPTY;
	struct yaml_node *child = NULL;

	if (node->kind == YAML_MAPPING) {
		if (read_scalar(yaml, at, ",]}", &key, err) != 0)
			return -1;
		*at = skip_blanks(*at);
		if (**at != ':')
			return fault(yaml, err, "a key without ':'");
		*at = skip_blanks(*at + 1);
	}
	if (read_flow(yaml, at, &child, err) != 0)
		return -1;
	if (node->kind == YAML_MAPPING)
		child->key = str_copy(key.bytes);
	add_child(node, child);
	*at = skip_blanks(*at);
	return 0;
}

static int read_members(struct yaml *yaml, const char **at, struct yaml_node *node,
			struct error *err)
{
	const char end = node->kind == YAML_MAPPING ? '}' : ']';

	*at = skip_blanks(*at + 1);
	while (**at != end) {
		if (read_member(yaml, at, node, err) != 0)
			return -1;
		if (**at != ',' && **at != end)
			return fault(yaml, err, "',' or the end of a list is missing");
		if (**at == ',')
			*at = skip_blanks(*at + 1);
	}
	(*at)++;
	return 0;
}

static int read_collection(struct yaml *yaml, const char **at, struct yaml_node **out,
			   struct error *err)
{
	struct yaml_node *node =
		new_node(yaml, **at == '{' ? YAML_MAPPING : YAML_SEQUENCE, err);

	if (node == NULL)
		return -1;
	if (read_members(yaml, at, node, err) != 0) {
		yaml_clear(node);
		return -1;
	}
	*out = node;
	return 0;
}

static int new_scalar(struct yaml *yaml, const char *value, struct yaml_node **out,
		      struct error *err)
{
	struct yaml_node *node = new_node(yaml, YAML_SCALAR, err);

	if (node == NULL)
		return -1;
	node->value = str_copy(value);
	*out = node;
	return 0;
}

static int read_flow(struct yaml *yaml, const char **at, struct yaml_node **out,
		     struct error *err)
{
	autostr struct str value = STR_EMPTY;
	int result;

	if (**at == '[' || **at == '{') {
		if (yaml->depth == DEPTH_MOST)
			return fault(yaml, err, "more than 32 levels");
		yaml->depth++;
		result = read_collection(yaml, at, out, err);
		yaml->depth--;
		return result;
	}
	if (read_scalar(yaml, at, ",]}", &value, err) != 0)
		return -1;
	return new_scalar(yaml, value.bytes, out, err);
}

/* The value that stands in a line behind its key or dash, to the line's end. */
static int read_inline(struct yaml *yaml, const char *text, struct yaml_node **out,
		       struct error *err)
{
	autostr struct str value = STR_EMPTY;
	struct yaml_node *node = NULL;
	const char *at = text;
	int result;

	if (*at == '[' || *at == '{')
		result = read_flow(yaml, &at, &node, err);
	else if ((result = read_scalar(yaml, &at, "", &value, err)) == 0)
		result = new_scalar(yaml, value.bytes, &node, err);
	if (result != 0)
		return -1;
	if (*skip_blanks(at) != '\0') {
		yaml_clear(node);
		return fault(yaml, err, "more than one value");
	}
	yaml->next++;
	*out = node;
	return 0;
}

static bool is_dash(const char *text)
{
	return text[0] == '-' && (text[1] == ' ' || text[1] == '\0');
}

/* Split "key: value". Returns: the value, with the key in @key; NULL when it is no such line */
static const char *split_key(const struct yaml *yaml, const char *text, struct str *key,
			     struct error *err)
{
	const char *at = text;

	if (read_scalar(yaml, &at, "", key, err) != 0)
		return NULL;
	at = skip_blanks(at);
	if (*at != ':' || (at[1] != ' ' && at[1] != '\0')) {
		(void)fault(yaml, err, "neither 'key: value' nor '- item'");
		return NULL;
	}
	return skip_blanks(at + 1);
}

static int read_block(struct yaml *yaml, size_t indent, struct yaml_node **out,
		      struct error *err);

/* The value of a key or dash that has nothing behind it: the lines below, if they are deeper. */
static int read_below(struct yaml *yaml, size_t indent, bool is_key,
		      struct yaml_node **out, struct error *err)
{
	const struct yaml_line *line;

	yaml->next++;
	line = yaml->next < yaml->count ? &yaml->lines[yaml->next] : NULL;
	if (line != NULL && (line->indent > indent ||
			     (is_key && line->indent == indent && is_dash(line->text))))
		return read_block(yaml, line->indent, out, err);
	return new_scalar(yaml, "", out, err);
}

static int read_pair(struct yaml *yaml, size_t indent, struct yaml_node *node,
		     struct error *err)
{
	const char *text = yaml->lines[yaml->next].text;
	autostr struct str key = STR_EMPTY;
	const char *value = split_key(yaml, text, &key, err);
	struct yaml_node *child = NULL;

	if (value == NULL)
		return -1;
	if (yaml_find(node, key.bytes) != NULL)
		return fault(yaml, err, "a key that was there before");
	if (*value == '\0' ? read_below(yaml, indent, true, &child, err) != 0
			   : read_inline(yaml, value, &child, err) != 0)
		return -1;
	child->key = str_copy(key.bytes);
	add_child(node, child);
	return 0;
}

static bool has_key(const struct yaml *yaml, const char *text)
{
	autostr struct str key = STR_EMPTY;

	return text[0] != '[' && text[0] != '{' &&
	       split_key(yaml, text, &key, NULL) != NULL;
}

static int read_item(struct yaml *yaml, size_t indent, struct yaml_node *node,
		     struct error *err)
{
	struct yaml_line *line = &yaml->lines[yaml->next];
	const size_t offset = 1 + strspn(line->text + 1, " ");
	struct yaml_node *child = NULL;
	int result;

	if (line->text[offset] == '\0') {
		result = read_below(yaml, indent, false, &child, err);
	} else if (is_dash(line->text + offset) || has_key(yaml, line->text + offset)) {
		/* "- key: value": a block that begins behind the dash */
		line->indent += offset;
		memmove(line->text, line->text + offset, strlen(line->text + offset) + 1);
		result = read_block(yaml, line->indent, &child, err);
	} else {
		result = read_inline(yaml, line->text + offset, &child, err);
	}
	if (result != 0)
		return -1;
	add_child(node, child);
	return 0;
}

static int read_children(struct yaml *yaml, size_t indent, struct yaml_node *node,
			 struct error *err)
{
	const bool is_sequence = node->kind == YAML_SEQUENCE;

	while (yaml->next < yaml->count && yaml->lines[yaml->next].indent == indent &&
	       is_dash(yaml->lines[yaml->next].text) == is_sequence) {
		if (is_sequence ? read_item(yaml, indent, node, err) != 0
				: read_pair(yaml, indent, node, err) != 0)
			return -1;
	}
	if (yaml->next < yaml->count && yaml->lines[yaml->next].indent > indent)
		return fault(yaml, err, "deeper than what it could belong to");
	return 0;
}

static int read_block(struct yaml *yaml, size_t indent, struct yaml_node **out,
		      struct error *err)
{
	const char *text = yaml->lines[yaml->next].text;
	struct yaml_node *node;
	int result;

	if (text[0] == '[' || text[0] == '{')
		return read_inline(yaml, text, out, err);
	if (yaml->depth == DEPTH_MOST)
		return fault(yaml, err, "more than 32 levels");
	node = new_node(yaml, is_dash(text) ? YAML_SEQUENCE : YAML_MAPPING, err);
	if (node == NULL)
		return -1;
	yaml->depth++;
	result = read_children(yaml, indent, node, err);
	yaml->depth--;
	if (result != 0) {
		yaml_clear(node);
		return -1;
	}
	*out = node;
	return 0;
}

int yaml_parse(const char *text, struct yaml_node **out, struct error *err)
{
	struct yaml yaml = {0};
	struct yaml_node *root = NULL;
	int result = split_lines(&yaml, text, err);
	size_t i;

	if (result == 0 && yaml.count > 0)
		result = read_block(&yaml, yaml.lines[0].indent, &root, err);
	if (result == 0 && yaml.next < yaml.count)
		result = fault(&yaml, err, "it does not belong to what is above");
	for (i = 0; i < yaml.count; i++)
		free(yaml.lines[i].text);
	free(yaml.lines);
	if (result != 0) {
		yaml_clear(root);
		return -1;
	}
	*out = root;
	return 0;
}

const struct yaml_node *yaml_find(const struct yaml_node *node, const char *key)
{
	size_t i;

	for (i = 0; node != NULL && node->kind == YAML_MAPPING && i < node->child_count;
	     i++)
		if (strcmp(node->children[i]->key, key) == 0)
			return node->children[i];
	return NULL;
}

const char *yaml_text(const struct yaml_node *node, const char *key)
{
	const struct yaml_node *child = yaml_find(node, key);

	return child != NULL && child->kind == YAML_SCALAR ? child->value : NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/** str.h - a text that grows. `bytes` is always NUL-terminated, "" when nothing was
 * added. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stddef.h>

/** A growing text; start with STR_EMPTY, end with str_clear. Out of memory ends the
 * program: a text is never large enough for a caller to have a better plan.
 */
struct str {
	char *bytes;
	size_t length;
	size_t room;
};

#define STR_EMPTY                                                                        \
	((struct str){.bytes = (char *)(unsigned long)"", .length = 0, .room = 0})
#define autostr __attribute__((cleanup(str_clear)))

/** Give the memory back; the text is empty again. */
void str_clear(struct str *text);

/** Add @length bytes. */
void str_add_bytes(struct str *text, const void *bytes, size_t length);

/** Add a NUL-terminated text. */
void str_add(struct str *text, const char *more);

/** Add formatted text. */
void str_addf(struct str *text, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Copy a text to the heap; out of memory ends the program.
 *
 * @text: NULL gives NULL
 * Returns: a text that the caller frees
 */
char *str_copy(const char *text);

/** Remove white space at the end of @text, in place. Returns: @text */
char *str_trim_end(char *text);

/** Allocate @count zeroed elements of @size bytes; out of memory ends the program.
 *
 * Returns: never NULL; the caller frees it
 */
void *mem_zero(size_t count, size_t size) __attribute__((returns_nonnull));

/** Make room for one more element at the end of an array.
 *
 * @array: malloc'd or NULL; replaced
 * @used:  elements in use; the room doubles when this is 0 or a power of two
 * @size:  of one element, bytes
 * Returns: the array, never NULL; out of memory ends the program
 */
void *mem_grow(void *array, size_t used, size_t size) __attribute__((returns_nonnull));

#endif

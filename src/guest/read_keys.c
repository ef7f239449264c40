/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_keys.c - public keys as OpenSSH writes them: a type, then a blob in base64 whose first
 * field is the type again (RFC 4253, section 6.6). */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/parse.h"
#include "guest/text.h"

enum { KEYS_MOST = 1000, DIGEST_BYTES = 32 };

static bool is_key_type(const char *word, size_t length)
{
	static const char *const starts[] = {"ssh-", "ecdsa-sha2-", "sk-ssh-",
					     "sk-ecdsa-"};
	size_t i;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (length > strlen(starts[i]) &&
		    memcmp(word, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

/* The end of a word, in which quotes hold blanks together. */
static size_t word_length(const char *text)
{
	bool is_quoted = false;
	size_t i;

	for (i = 0; text[i] != '\0'; i++) {
		if (text[i] == '"')
			is_quoted = !is_quoted;
		else if (text[i] == '\\' && text[i + 1] != '\0')
			i++;
		else if (!is_quoted && (text[i] == ' ' || text[i] == '\t'))
			break;
	}
	return i;
}

static int base64_value(char byte)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789+/";
	const char *found = byte != '\0' ? strchr(digits, byte) : NULL;

	return found != NULL ? (int)(found - digits) : -1;
}

/* @out: has room for 3 bytes of each 4 that are read. Returns: bytes; 0: no base64 */
static size_t decode_base64(const char *text, uint8_t *out)
{
	uint32_t bits = 0;
	unsigned count = 0;
	size_t used = 0;

	for (; *text != '\0' && strchr(" \t=", *text) == NULL; text++) {
		const int value = base64_value(*text);

		if (value < 0)
			return 0;
		bits = bits << 6 | (uint32_t)value;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		out[used++] = (uint8_t)(bits >> count);
	}
	return used;
}

static bool names_type(const uint8_t *blob, size_t length, const char *type)
{
	const size_t size = strlen(type);

	return length > 4 + size && blob[0] == 0 && blob[1] == 0 &&
	       (size_t)(blob[2] << 8 | blob[3]) == size &&
	       memcmp(blob + 4, type, size) == 0;
}

/* "SHA256:" and the digest in base64 without padding, as ssh-keygen(1) shows it. */
static bool fingerprint(const uint8_t *blob, size_t length, struct str *out)
{
	unsigned char digest[EVP_MAX_MD_SIZE], text[64];
	unsigned size = 0;

	if (EVP_Digest(blob, length, digest, &size, EVP_sha256(), NULL) != 1 ||
	    size != DIGEST_BYTES)
		return false;
	(void)EVP_EncodeBlock(text, digest, DIGEST_BYTES); /* its result is a length */
	str_addf(out, "SHA256:%.*s", (int)strcspn((char *)text, "="), (char *)text);
	return true;
}

static void read_key(const char *line, const char *source, struct guest_keys *out)
{
	autofree char *type = NULL;
	autofree uint8_t *blob = NULL;
	autostr struct str print = STR_EMPTY;
	size_t length = word_length(line), size;

	if (!is_key_type(line, length)) {
		line += length; /* options */
		line += strspn(line, " \t");
		length = word_length(line);
	}
	if (!is_key_type(line, length))
		return;
	type = mem_zero(length + 1, 1);
	memcpy(type, line, length);
	line += length;
	line += strspn(line, " \t");
	blob = mem_zero(strlen(line) + 1, 1);
	size = decode_base64(line, blob);
	if (names_type(blob, size, type) && fingerprint(blob, size, &print))
		guest_keys_add(out, type, print.bytes, source);
}

void keys_parse(const char *text, const char *source, struct guest_keys *out)
{
	autofree char *copy = str_copy(text);
	char *rest = copy;
	const char *line;

	while ((line = text_next_line(&rest)) != NULL && out->count < KEYS_MOST)
		if (line[0] != '#' && line[0] != '\0')
			read_key(line, source, out);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/digest.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"

void sys_sha256(const void *bytes, size_t length, unsigned char out[SYS_SHA256_BYTES])
{
	if (EVP_Digest(bytes, length, out, NULL, EVP_sha256(), NULL) != 1)
		abort();
}

void sys_sha256_zeros(size_t length, unsigned char out[SYS_SHA256_BYTES])
{
	static _Thread_local struct {
		bool is_known;
		size_t length;
		unsigned char digest[SYS_SHA256_BYTES];
	} last;

	if (!last.is_known || last.length != length) {
		autofree unsigned char *zeros = mem_zero(length + 1, 1);

		sys_sha256(zeros, length, last.digest);
		last.length = length;
		last.is_known = true;
	}
	memcpy(out, last.digest, SYS_SHA256_BYTES);
}

void sys_sha256_text(const void *bytes, size_t length, char out[SYS_SHA256_TEXT])
{
	unsigned char digest[SYS_SHA256_BYTES];
	size_t i;

	sys_sha256(bytes, length, digest);
	for (i = 0; i < sizeof(digest); i++)
		(void)sprintf(out + 2 * i, "%02x", digest[i]);
}

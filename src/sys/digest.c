/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/digest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

void sys_sha256(const void *bytes, size_t length, unsigned char out[SYS_SHA256_BYTES])
{
	if (EVP_Digest(bytes, length, out, NULL, EVP_sha256(), NULL) != 1)
		abort();
}

void sys_sha256_text(const void *bytes, size_t length, char out[SYS_SHA256_TEXT])
{
	unsigned char digest[SYS_SHA256_BYTES];
	size_t i;

	sys_sha256(bytes, length, digest);
	for (i = 0; i < sizeof(digest); i++)
		(void)sprintf(out + 2 * i, "%02x", digest[i]);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/** digest.h - SHA-256 of bytes in memory. */
#ifndef SYS_DIGEST_H
#define SYS_DIGEST_H

#include <stddef.h>

enum { SYS_SHA256_BYTES = 32, SYS_SHA256_TEXT = 65 };

/** Hash bytes. A library without SHA-256 ends the program. Source: OpenSSL's libcrypto */
void sys_sha256(const void *bytes, size_t length, unsigned char out[SYS_SHA256_BYTES]);

/** The SHA-256 of so many zeros; of one length after the other it is computed once a thread. */
void sys_sha256_zeros(size_t length, unsigned char out[SYS_SHA256_BYTES]);

/** That of bytes as lower case hexadecimal. */
void sys_sha256_text(const void *bytes, size_t length, char out[SYS_SHA256_TEXT]);

#endif

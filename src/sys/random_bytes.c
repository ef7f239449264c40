/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/random_bytes.h"

#include <openssl/rand.h>
#include <stdlib.h>

void sys_random(void *bytes, size_t length)
{
	if (RAND_bytes(bytes, (int)length) != 1)
		abort();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/** own.h - ownership by scope: what is declared with one of these words is given back at
 * the end of its block. Initialise at declaration.
 */
#ifndef BASE_OWN_H
#define BASE_OWN_H

#include <stdlib.h>
#include <unistd.h>

/** Cleanup function of `autofree`. @place: address of a malloc'd pointer */
static inline void own_free(void *place)
{
	free(*(void **)place);
}

/** Cleanup function of `autoclose`. @fd: address of a descriptor, or of -1 */
static inline void own_close(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* read side, or already flushed by the writer */
}

#define autofree  __attribute__((cleanup(own_free)))
#define autoclose __attribute__((cleanup(own_close)))

#endif

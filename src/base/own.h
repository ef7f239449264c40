/* SPDX-License-Identifier: GPL-2.0-or-later */
/** own.h - ownership by scope: what is declared with one of these words is given back at
 * the end of its block. Initialise at declaration; hand over with take_ptr and take_fd.
 */
#ifndef BASE_OWN_H
#define BASE_OWN_H

#include <stdio.h>
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

/** Cleanup function of `autofile`. @file: address of a stream, or of NULL */
static inline void own_fclose(FILE **file)
{
	if (*file != NULL)
		(void)fclose(
			*file); /* a writer closes by itself and looks at the result */
}

#define autofree  __attribute__((cleanup(own_free)))
#define autoclose __attribute__((cleanup(own_close)))
#define autofile  __attribute__((cleanup(own_fclose)))

/** Take a descriptor out of its owner. Returns: the descriptor; *@fd becomes -1 */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif

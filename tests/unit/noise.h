/* SPDX-License-Identifier: GPL-2.0-or-later */
/** noise.h - random numbers that are the same in each run. */
#ifndef UNIT_NOISE_H
#define UNIT_NOISE_H

#include <math.h>
#include <stdint.h>

/** A number from 0 to 1 (Marsaglia's xorshift64). @seed: not 0; goes on */
static inline double noise_uniform(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (double)(*seed >> 11) / 9007199254740992.0;
}

/** A number of the normal distribution with a deviation of 1 (Box and Muller). */
static inline double noise_normal(uint64_t *seed)
{
	return sqrt(-2 * log(noise_uniform(seed) + 1e-300)) *
	       cos(2 * M_PI * noise_uniform(seed));
}

#endif

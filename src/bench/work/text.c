/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text.c - the text that the shell tests sort. Every count of text.h is met exactly:
 * repeated short lines, lines that grow to about 80 characters, one sixth of punctuation,
 * all in a shuffled order that a fixed generator gives. No letter 'h' stands outside the
 * word "the", so that grep finds it where it was put and nowhere else. */
#include <stdint.h>
#include <string.h>

#include "text.h"

enum {
	REPEATED = 19,	      /* distinct lines that occur more than once */
	REPEATED_LINES = 108, /* lines that these make together */
	SINGLES = TEXT_LINES - REPEATED_LINES,
	LINE_MAX = 96,
};

static const struct {
	int times;
	int length;
} repeated[REPEATED] = {
	{30, 2}, {19, 2}, {15, 4}, {6, 6},  {4, 3},  {3, 4}, {3, 4},
	{3, 6},	 {3, 7},  {3, 8},  {3, 9},  {2, 4},  {2, 5}, {2, 11},
	{2, 12}, {2, 13}, {2, 15}, {2, 16}, {2, 20},
};

static uint32_t state;

/* Numerical Recipes' linear congruential generator: the same numbers everywhere. */
static unsigned random_below(unsigned bound)
{
	state = state * 1664525u + 1013904223u;
	return (unsigned)(((uint64_t)state * bound) >> 32);
}

static char random_character(void)
{
	static const char letters[] =
		"eeeeeetttaaaooiinnssrrddlluuccmmffyywwggppbbvvkkxqjz"
		"STPIMDCWERAF0123456789";
	static const char marks[] = "(){};,.=\"*/_-&[]<>+!:";

	if (random_below(6) == 0)
		return marks[random_below(sizeof(marks) - 1)];
	return letters[random_below(sizeof(letters) - 1)];
}

/* A line of @words words in @length characters; "the" is the first word when asked for.
 */
static void make_line(char *line, int length, int words, int has_the)
{
	int i, gap;

	for (i = 0; i < length; i++)
		line[i] = random_character();
	if (has_the)
		memcpy(line, "the", 3);
	/* words - 1 blanks at equal steps, none at either end and none beside another */
	for (i = 1; i < words; i++) {
		gap = i * length / words;
		if (has_the && i == 1)
			gap = 3;
		line[gap] = ' ';
	}
	line[length] = '\0';
}

/* Length of the single line @i of SINGLES: short, then near the median, then long. */
static int single_length(int i)
{
	if (i < 72)
		return 5 + i * 13 / 72;
	return 18 + (i - 72) * 59 / (SINGLES - 72);
}

static void shuffle(char (*lines)[LINE_MAX])
{
	char swap[LINE_MAX];
	unsigned i, other;

	for (i = TEXT_LINES - 1; i > 0; i--) {
		other = random_below(i + 1);
		memcpy(swap, lines[i], LINE_MAX);
		memcpy(lines[i], lines[other], LINE_MAX);
		memcpy(lines[other], swap, LINE_MAX);
	}
}

/* Words and characters that the formula leaves over are spread from the longest line
 * down. */
static void make_singles(char (*lines)[LINE_MAX], int characters, int words)
{
	int length[SINGLES], count[SINGLES];
	int i;

	for (i = 0; i < SINGLES; i++) {
		length[i] = single_length(i);
		count[i] = 1 + length[i] / 9;
		characters -= length[i];
		words -= count[i];
	}
	for (i = SINGLES - 1; characters != 0; i = i > 100 ? i - 1 : SINGLES - 1) {
		length[i] += characters > 0 ? 1 : -1;
		characters -= characters > 0 ? 1 : -1;
	}
	for (i = SINGLES - 1; words != 0; i = i > 100 ? i - 1 : SINGLES - 1) {
		count[i] += words > 0 ? 1 : -1;
		words -= words > 0 ? 1 : -1;
	}
	for (i = 0; i < SINGLES; i++)
		make_line(lines[i], length[i], count[i],
			  i >= SINGLES - 5 * TEXT_LINES_WITH_THE && i % 5 == 0);
}

void text_make(char out[TEXT_BYTES])
{
	static char lines[TEXT_LINES][LINE_MAX];
	int characters = TEXT_BYTES - TEXT_LINES;
	int next = SINGLES;
	size_t length;
	int i, k;

	state = 19760131;
	for (i = 0; i < REPEATED; i++) {
		make_line(lines[next], repeated[i].length, 1, 0);
		for (k = 1; k < repeated[i].times; k++)
			memcpy(lines[next + k], lines[next], LINE_MAX);
		next += repeated[i].times;
		characters -= repeated[i].times * repeated[i].length;
	}
	make_singles(lines, characters, TEXT_WORDS - REPEATED_LINES);
	shuffle(lines);
	for (i = 0; i < TEXT_LINES; i++) {
		length = strlen(lines[i]);
		memcpy(out, lines[i], length);
		out[length] = '\n';
		out += length + 1;
	}
}

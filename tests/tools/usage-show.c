/* SPDX-License-Identifier: GPL-2.0-or-later */
/* usage-show.c - asks guest/usage.h, for tests: usage-show FILE
 *
 * Prints the runs of bytes that are in use, one a line: offset, length; or "unknown".
 * Exit status: the kind of the error (base/error.h), or 0. */
#include <inttypes.h>
#include <stdio.h>

#include "disk/sink_open.h"
#include "guest/usage.h"

static int show(const char *path, struct error *err)
{
	struct usage usage = {0};
	struct blocks *blocks;
	struct sink *sink;
	int known;
	size_t i;

	if (sink_open_disk(path, true, SINK_READ, &sink, err) != 0)
		return -1;
	blocks = sink_open_blocks(sink);
	known = usage_read(blocks, &usage, err);
	if (known == 0)
		puts("unknown");
	for (i = 0; i < usage.count; i++)
		printf("%" PRIu64 " %" PRIu64 "\n", usage.runs[i].offset,
		       usage.runs[i].length);
	usage_clear(&usage);
	blocks_close(blocks);
	sink_close(sink);
	return known < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct error err = {0};
	char text[600];

	if (argc == 2 && show(argv[1], &err) == 0)
		return 0;
	if (argc == 2)
		fprintf(stderr, "usage-show: %s\n", error_text(&err, text, sizeof(text)));
	return argc == 2 ? (int)err.kind : 2;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target-show [--file] DISK [IMAGE] - what disk/target.h says of a disk, a fact a line; with
 * IMAGE whether that lies on it */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "disk/target.h"

static const char *or_dash(const char *text)
{
	return text != NULL ? text : "-";
}

static void show(const struct target *target)
{
	static const char *const kinds[] = {"other", "device", "file"};
	size_t i;

	printf("kind %s\nname %s\nsize %" PRIu64 "\nsector %u\n", kinds[target->kind],
	       or_dash(target->name), target->size_bytes, target->sector_bytes);
	printf("serial %s\nwwn %s\nmodel %s\n", or_dash(target->serial),
	       or_dash(target->wwn), or_dash(target->model));
	printf("read-only %d\nroot %d\nroot-in-memory %d\nmemory %" PRIu64 "\n",
	       target->is_read_only, target->holds_root, target->is_root_in_memory,
	       target->memory_bytes);
	for (i = 0; i < target->partition_count; i++)
		printf("partition %s %" PRIu64 " %" PRIu64 "\n",
		       target->partitions[i].name, target->partitions[i].start_bytes,
		       target->partitions[i].size_bytes);
	for (i = 0; i < target->use_count; i++)
		printf("use %s: %s by %s\n", target_use_names[target->uses[i].kind],
		       target->uses[i].on, target->uses[i].name);
}

int main(int argc, char **argv)
{
	const bool is_file = argc > 1 && strcmp(argv[1], "--file") == 0;
	struct target target = {0};
	struct error err = {0};
	char line[512];
	bool holds = false;
	int result;

	argv += is_file ? 2 : 1;
	result = target_look(argv[0], is_file, &target, &err);
	if (result == 0)
		show(&target);
	if (result == 0 && argv[1] != NULL) {
		result = target_is_same_file(&target, argv[1], &holds, &err);
		printf("image %d\n", holds);
	}
	target_clear(&target);
	if (result != 0)
		fprintf(stderr, "target-show: %s\n",
			error_text(&err, line, sizeof(line)));
	return result != 0 ? (int)err.kind : 0;
}

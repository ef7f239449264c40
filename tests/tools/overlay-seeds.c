/* SPDX-License-Identifier: GPL-2.0-or-later */
/* overlay-seeds FOLDER - write the seeds of the fuzzers plan and undo-log by the real writers,
 * as FOLDER/plan/NAME and FOLDER/undo-log/NAME. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/sample_plan.h"
#include "base/own.h"
#include "record/plan_json.h"

static void save(const char *folder, const char *name, const void *bytes, size_t length)
{
	autostr struct str path = STR_EMPTY;
	FILE *file;

	str_addf(&path, "%s/%s", folder, name);
	file = fopen(path.bytes, "we");
	if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
		exit(1);
}

static void save_plan(const char *folder, const char *name, struct plan *plan)
{
	autostr struct str text = STR_EMPTY;

	record_write_plan(plan, &text);
	save(folder, name, text.bytes, text.length);
	plan_clear(plan);
}

static void drop(char **text)
{
	free(*text);
	*text = NULL;
}

static void save_plans(const char *folder)
{
	struct plan plan = {0};

	sample_plan(&plan);
	save_plan(folder, "plan/full.json", &plan);
	sample_plan(&plan);
	drop(&plan.disk.wwn);
	drop(&plan.disk.serial);
	drop(&plan.image.system);
	drop(&plan.image.layers);
	plan.image.sha256[0] = '\0';
	memset(plan.image.sha512, 'b', sizeof(plan.image.sha512) - 1);
	plan.image.published_bytes = UINT64_MAX;
	plan.scope = SCOPE_ALL;
	plan.undo = UNDO_FILE;
	plan.undo_path = str_copy("/mnt/undo.log");
	save_plan(folder, "plan/file.json", &plan);
	plan.chunk_bytes = 65536;
	plan.scope = SCOPE_NONE;
	plan.disk.path = str_copy("/tmp/disk");
	plan.disk.is_file = true;
	plan.disk.sector_bytes = 4096;
	plan.image.name = str_copy("-");
	plan.image.no_digest = true;
	plan.undo = UNDO_NONE;
	memcpy(plan.id, "00112233445566778899aabbccddeeff", sizeof(plan.id));
	memset(plan.disk.ends_sha256, '0', PLAN_DIGEST_TEXT - 1);
	save_plan(folder, "plan/empty.json", &plan);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	save_plans(argv[1]);
	return 0;
}

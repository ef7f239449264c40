/* SPDX-License-Identifier: GPL-2.0-or-later */
/* overlay-seeds FOLDER - write the seeds of the fuzzers plan and undo-log by the real writers,
 * as FOLDER/plan/NAME and FOLDER/undo-log/NAME. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fuzz/undo_form.h"
#include "../unit/sample_plan.h"
#include "base/own.h"
#include "disk/bytes.h"
#include "disk/recorder.h"
#include "disk/undo.h"
#include "record/plan_json.h"
#include "sys/digest.h"

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
	sample_machine(&plan.platform);
	sample_prediction(&plan.prediction);
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

static void stop_if(int result)
{
	if (result != 0)
		exit(1);
}

/* The log's bytes in the fuzzer's form. */
static void save_log(const char *folder, const char *name, unsigned flags,
		     const unsigned char *area)
{
	const unsigned char *at = area + FORM_BLOCK;
	autostr struct str out = STR_EMPTY;
	char first = (char)flags;
	size_t stored;

	str_add_bytes(&out, &first, 1);
	str_add_bytes(&out, area, FORM_HEADER);
	str_add_bytes(&out, area + FORM_BLOCK - FORM_CRC, FORM_CRC);
	while (memcmp(at, "MUFR", 4) == 0) {
		stored = (size_t)bytes_le64(at + 64);
		str_add_bytes(&out, at, FORM_FRAME);
		str_add_bytes(&out, at + FORM_FRAME_STORED - FORM_CRC, FORM_CRC);
		str_add_bytes(&out, at + FORM_FRAME_STORED, stored);
		at += (FORM_FRAME_STORED + stored + FORM_BLOCK - 1) / FORM_BLOCK *
		      FORM_BLOCK;
	}
	save(folder, name, out.bytes, out.length);
}

/* Records of zeros, of text, of noise; two of one place; what stands on the disk is zeros. */
static void add_records(struct undo *log)
{
	unsigned char *bytes = sink_buffer(65536);
	unsigned char zeros[1024] = {0};
	struct undo_digest digest = {.offset = 4096, .length = sizeof(zeros)};
	size_t i;

	stop_if(undo_add(log, 0, bytes, 65536, true, NULL));
	for (i = 0; i < 65536; i++)
		bytes[i] = (unsigned char)"moult"[i % 5];
	stop_if(undo_add(log, 65536, bytes, 65536, false, NULL));
	for (i = 0; i < 1024; i++)
		bytes[i] = (unsigned char)(i * i * 2654435761u >> 11);
	stop_if(undo_add(log, FORM_DISK_BYTES - 512, bytes, 512, false, NULL));
	stop_if(undo_add(log, FORM_DISK_BYTES - 512, bytes + 512, 512, false, NULL));
	sys_sha256(zeros, sizeof(zeros), digest.sha);
	stop_if(undo_add_digests(log, &digest, 1, NULL));
	free(bytes);
}

static void make_log(const char *folder, const char *name, unsigned flags,
		     enum plan_scope scope, enum undo_state state)
{
	const bool is_apart = (flags & FORM_IS_APART) != 0;
	struct undo_header header = {
		.plan_id = "00112233445566778899aabbccddeeff",
		.disk_bytes = FORM_DISK_BYTES,
		.sector_bytes = 512,
		.chunk_bytes = 65536,
		.scope = scope,
		.place = is_apart ? UNDO_FILE : UNDO_TAIL,
		.area_offset = is_apart ? 0 : FORM_AREA,
		.area_bytes = FORM_AREA_BYTES,
		.created_s = 1700000000,
	};
	autofree unsigned char *disk = mem_zero(FORM_DISK_BYTES, 1);
	struct sink *sink = recorder_open(disk, FORM_DISK_BYTES, 512, NULL, 0);
	struct undo *log;

	stop_if(undo_create(sink, &header, "{}", &log, NULL));
	add_records(log);
	stop_if(undo_set_state(log, state, NULL));
	undo_close(log);
	sink_close(sink);
	save_log(folder, name, flags, disk + header.area_offset);
}

static void save_logs(const char *folder)
{
	make_log(folder, "undo-log/tail-full", 0, SCOPE_FULL, UNDO_COMPLETE);
	make_log(folder, "undo-log/mended", FORM_MENDED | FORM_TRUE, SCOPE_FULL,
		 UNDO_BODY);
	make_log(folder, "undo-log/file-until-boot", FORM_IS_APART, SCOPE_UNTIL_BOOT,
		 UNDO_COMPLETE);
	make_log(folder, "undo-log/apart", FORM_IS_APART | FORM_MENDED, SCOPE_ALL,
		 UNDO_ROLLING_BACK);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	save_plans(argv[1]);
	save_logs(argv[1]);
	return 0;
}

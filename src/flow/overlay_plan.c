/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/overlay_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/layout.h"
#include "disk/sink_open.h"
#include "disk/table_edit.h"
#include "disk/undo.h"
#include "flow/inspect_guest.h"
#include "flow/overlay_adapt.h"
#include "flow/overlay_check.h"
#include "flow/overlay_future.h"
#include "flow/overlay_place.h"
#include "flow/overlay_unseen.h"
#include "flow/predict.h"
#include "image/spool.h"
#include "sys/clock.h"
#include "sys/digest.h"
#include "sys/random_bytes.h"
#include "sys/signals.h"

enum { END_BYTES = 1024 * 1024 };

/* What a plan is made of, while it is made. */
struct maker {
	const struct overlay_request *request;
	struct plan *plan;
	struct target target;
	struct sink *sink; /* the disk, opened for reading */
	struct blocks *old;
	struct layout layout; /* of the old disk */
	struct image *image;
	struct blocks *peeked; /* of an image that cannot be looked into; NULL: it can */
	struct blocks *bytes;  /* of the image, whichever of both it is */
	struct inspection inspection; /* of the image */
};

int overlay_ends_of(struct blocks *disk, char out[PLAN_DIGEST_TEXT], struct error *err)
{
	const uint64_t size = disk->size_bytes;
	const size_t part = size < END_BYTES ? (size_t)size : END_BYTES;
	autofree unsigned char *bytes = mem_zero(2, END_BYTES);

	if (blocks_read(disk, 0, bytes, part, err) != 0 ||
	    blocks_read(disk, size - part, bytes + part, part, err) != 0)
		return -1;
	sys_sha256_text(bytes, 2 * part, out);
	return 0;
}

static void set_id(struct plan *plan)
{
	unsigned char id[16];
	size_t i;

	sys_random(id, sizeof(id));
	for (i = 0; i < sizeof(id); i++)
		(void)sprintf(plan->id + 2 * i, "%02x", id[i]);
}

static void add_content_ids(const struct layout_content *contents, size_t count,
			    struct plan_disk *disk)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (contents[i].uuid == NULL)
			continue;
		disk->content_ids = mem_grow(disk->content_ids, disk->content_count,
					     sizeof(disk->content_ids[0]));
		disk->content_ids[disk->content_count++] = str_copy(contents[i].uuid);
	}
}

static int describe_disk(struct maker *maker, struct error *err)
{
	const struct target *target = &maker->target;
	struct plan_disk *disk = &maker->plan->disk;
	size_t i;

	disk->path = str_copy(target->real != NULL ? target->real : target->path);
	disk->is_file = target->kind == TARGET_FILE;
	disk->size_bytes = target->size_bytes;
	disk->sector_bytes = target->sector_bytes;
	disk->serial = str_copy(target->serial);
	disk->wwn = str_copy(target->wwn);
	disk->model = str_copy(target->model);
	disk->table_id = str_copy(maker->layout.id);
	disk->confirm = target_confirm_id(target, maker->layout.id);
	add_content_ids(maker->layout.contents, maker->layout.content_count, disk);
	for (i = 0; i < maker->layout.partition_count; i++)
		add_content_ids(maker->layout.partitions[i].contents,
				maker->layout.partitions[i].content_count, disk);
	return overlay_ends_of(maker->old, disk->ends_sha256, err);
}

/* Look at the disk. What cannot be opened is still judged. */
static int look_at_disk(struct maker *maker, struct error *err)
{
	const struct overlay_request *request = maker->request;
	struct plan *plan = maker->plan;

	if (target_look(request->disk, request->is_file, &maker->target, err) != 0)
		return -1;
	overlay_check_target(&maker->target, plan);
	if (plan_refusal(plan) != NULL && maker->target.kind == TARGET_OTHER) {
		plan->disk.path = str_copy(request->disk);
		return 0;
	}
	if (sink_open_disk(request->disk, request->is_file, SINK_READ, &maker->sink,
			   err) != 0)
		return -1;
	maker->old = sink_open_blocks(maker->sink);
	if (disk_read_layout(maker->old, DISK_CONTENTS, &maker->layout, err) != 0)
		return -1;
	return describe_disk(maker, err);
}

static int check_other_log(struct maker *maker, struct error *err)
{
	uint64_t offset, bytes;
	struct undo *log;
	int found = undo_find_tail(maker->sink, &offset, &bytes, err);

	if (found < 0)
		return -1;
	if (found == 0 || undo_open(maker->sink, offset, bytes, &log, NULL) != 0) {
		plan_add_check(maker->plan, "other-undo", CHECK_GOOD,
			       "no undo log of an overlay before");
		return 0;
	}
	if (undo_record_count(log) == 0)
		plan_add_check(maker->plan, "other-undo", CHECK_GOOD,
			       "the undo log there holds nothing: nothing was written");
	else if (undo_state_of(log) == UNDO_ROLLED_BACK)
		plan_add_check(maker->plan, "other-undo", CHECK_GOOD,
			       "the overlay before was rolled back");
	else
		plan_add_check(
			maker->plan, "other-undo", CHECK_REFUSED,
			"the disk holds the undo log of another overlay (%s): go back by "
			"'moult overlay rollback', or keep the new system by 'moult "
			"overlay commit'",
			undo_state_names[undo_state_of(log)]);
	undo_close(log);
	return 0;
}

static void describe_layers(const struct image *image, struct plan *plan)
{
	autostr struct str text = STR_EMPTY;
	unsigned i;

	for (i = 0; i < image->layer_count; i++)
		str_addf(&text, "%s%s", i > 0 ? ", " : "", image->layers[i].name);
	plan->image.layers = str_copy(image->layer_count > 0 ? text.bytes : "raw");
}

static char *absolute(const char *name)
{
	char *path = strcmp(name, "-") == 0 ? NULL : realpath(name, NULL);

	return path != NULL ? path : str_copy(name);
}

bool overlay_is_plan_for(const struct plan *plan, const struct overlay_request *request,
			 const char *image)
{
	autofree char *name = absolute(image);
	const char *digest = request->sums.sha256 != NULL ? request->sums.sha256 : "";

	return plan->image.name != NULL && strcmp(plan->image.name, name) == 0 &&
	       plan->scope == request->scope && plan->is_adapted == request->want_adapt &&
	       plan->image.no_digest == request->no_digest &&
	       (digest[0] == '\0' || strcasecmp(plan->image.sha256, digest) == 0);
}

static int require_digest(struct maker *maker, struct error *err)
{
	const struct overlay_request *request = maker->request;
	struct plan_image *image = &maker->plan->image;
	struct image_digests digests = {0};

	image->no_digest = request->no_digest;
	if (request->no_digest) {
		plan_add_check(maker->plan, "no-digest", CHECK_GOOD,
			       "asked for: nothing tells whether the image is whole");
		return 0;
	}
	if (!sums_is_asked(&request->sums)) {
		plan_add_check(maker->plan, "no-digest", CHECK_REFUSED,
			       "nothing tells whether the image is whole: give --sha256, "
			       "--sha512 or --sums, or --no-digest to go without");
		return 0;
	}
	if (sums_require(&request->sums, request->image, &digests, err) != 0)
		return -1;
	(void)snprintf(image->sha256, sizeof(image->sha256), "%s", digests.sha256);
	(void)snprintf(image->sha512, sizeof(image->sha512), "%s", digests.sha512);
	plan_add_check(maker->plan, "no-digest", CHECK_GOOD,
		       "the published bytes must have the digest %s",
		       digests.sha256[0] != '\0' ? digests.sha256 : digests.sha512);
	return 0;
}

int overlay_take_input(const char *image, bool is_unseen,
		       const struct image_options *options, struct error *err)
{
	struct error why = {0};
	char text[256];

	if (strcmp(image, "-") != 0 || spool_input(options, &why) == 0)
		return 0;
	if (why.kind == ERROR_PARTIAL)
		return error_set(err, ERROR_REFUSED,
				 "%s: standard input can be read only once, and there is "
				 "%s",
				 is_unseen ? "read-twice" : "unseen",
				 error_text(&why, text, sizeof(text)));
	if (err != NULL)
		*err = why;
	return -1;
}

/* What a reading alone tells of an image that cannot be looked into. */
static int peek_at_image(struct maker *maker, struct error *err)
{
	struct plan_image *image = &maker->plan->image;

	if (overlay_peek(maker->request->image, &maker->request->options, &maker->peeked,
			 &image->published_bytes, err) != 0)
		return -1;
	maker->bytes = maker->peeked;
	image->size_bytes = maker->peeked->size_bytes;
	return disk_read_layout(maker->peeked, DISK_TABLE, &maker->inspection.layout,
				err);
}

static int look_at_image(struct maker *maker, struct error *err)
{
	struct inspection *inspection = &maker->inspection;
	struct plan *plan = maker->plan;
	char text[512];

	if (image_open(maker->request->image, &maker->request->options, &maker->image,
		       err) != 0)
		return -1;
	plan->image.name = absolute(maker->request->image);
	inspection->name = str_copy(plan->image.name);
	plan->image.size_bytes = maker->image->expanded_bytes;
	plan->image.published_bytes = maker->image->published_bytes;
	describe_layers(maker->image, plan);
	if (maker->image->blocks == NULL) {
		inspection->unseen =
			str_copy(error_text(&maker->image->why, text, sizeof(text)));
		if (maker->request->want_adapt)
			return error_set(err, ERROR_REFUSED,
					 "unseen: what cannot be looked into cannot be "
					 "adapted (%.150s)",
					 inspection->unseen);
		return overlay_is_waived(maker->request, "unseen")
			       ? peek_at_image(maker, err)
			       : 0;
	}
	maker->bytes = maker->image->blocks;
	plan->image.size_bytes = maker->bytes->size_bytes;
	if (disk_read_layout(maker->bytes, DISK_ALL, &inspection->layout, err) != 0)
		return -1;
	flow_inspect_guest(maker->bytes, false, inspection);
	if (sys_signals_came() != 0) /* what was not read then must not be judged */
		return error_set(err, ERROR_INTERRUPTED, "interrupted");
	if (inspection->has_guest)
		plan->image.system = str_copy(inspection->guest.system.pretty_name);
	return maker->request->want_adapt
		       ? overlay_adapt(maker->request, maker->bytes, plan, err)
		       : 0;
}

/* Ranges, edits and the log: what is written, once it is clear that it may be. */
static int decide_writing(struct maker *maker, struct error *err)
{
	struct plan *plan = maker->plan;
	const unsigned sector = plan->disk.sector_bytes;
	const uint64_t image_bytes =
		(plan->image.size_bytes + sector - 1) / sector * sector;
	unsigned char moult_id[16];

	sys_random(moult_id, sizeof(moult_id));
	if (overlay_place_log(maker->request, maker->old, &maker->layout, image_bytes,
			      plan, err) != 0)
		return -1;
	if (plan_refusal(plan) != NULL)
		return 0;
	if (table_plan_edits(maker->bytes, &maker->inspection.layout, moult_id, plan,
			     err) != 0 ||
	    table_plan_ranges(maker->bytes, &maker->inspection.layout, plan, err) != 0 ||
	    overlay_add_wipes(maker->bytes, maker->old, image_bytes, plan, err) != 0)
		return -1;
	return plan_check_shape(plan, err);
}

/* What the table does not allow is a refusal like the others. */
static int decide_or_refuse(struct maker *maker, struct error *err)
{
	struct error why = {0};
	char text[512];

	if (decide_writing(maker, &why) == 0)
		return 0;
	if (why.kind != ERROR_REFUSED) {
		*err = why;
		return -1;
	}
	plan_add_check(maker->plan, "undo-room", CHECK_REFUSED, "%s",
		       error_text(&why, text, sizeof(text)));
	return 0;
}

static void add_steps(struct maker *maker)
{
	struct plan *plan = maker->plan;
	const struct guest_words *provider = &plan->prediction.provider;
	size_t i;

	for (i = 0; i < provider->count; i++)
		plan_add_step(plan, "%s", provider->list[i]);
	if (provider->count == 0 && !plan->disk.is_file)
		plan_add_step(
			plan,
			"leave the provider's rescue mode, and start from this disk");
	if (plan->scope == SCOPE_UNTIL_BOOT)
		plan_add_step(
			plan,
			"before the first start, 'moult overlay rollback' brings the "
			"old system back; afterwards 'moult overlay commit' frees "
			"the log");
	if (plan->scope == SCOPE_FULL || plan->scope == SCOPE_ALL)
		plan_add_step(
			plan,
			"'moult overlay rollback' brings the old system back, also after "
			"the new one has run; 'moult overlay commit' frees the log");
}

static int check_scope(const struct overlay_request *request, struct error *err)
{
	if (request->scope == SCOPE_NONE && request->undo != NULL)
		return error_set(err, ERROR_USAGE,
				 "--scope none keeps no log: leave --undo out");
	if (request->scope == SCOPE_ALL && request->undo == NULL)
		return error_set(err, ERROR_USAGE,
				 "--scope all needs --undo FILE|DEV: the log takes all "
				 "that the disk holds, and lies outside it");
	return 0;
}

static int make(struct maker *maker, struct error *err)
{
	struct plan *plan = maker->plan;

	if (check_scope(maker->request, err) != 0)
		return -1;
	set_id(plan);
	plan->created_s = sys_clock_wall_ns() / 1000000000;
	plan->chunk_bytes = maker->request->chunk_bytes > 0 ? maker->request->chunk_bytes
							    : PLAN_CHUNK_BYTES;
	plan->scope = maker->request->scope;
	if (look_at_disk(maker, err) != 0)
		return -1;
	if (maker->sink == NULL)
		return 0;
	if (flow_find_platform(maker->request->platform != NULL ? maker->request->platform
								: "this",
			       plan->disk.path, &plan->platform, err) != 0 ||
	    check_other_log(maker, err) != 0 || require_digest(maker, err) != 0 ||
	    look_at_image(maker, err) != 0)
		return -1;
	overlay_check_image(maker->request, &maker->target, &maker->inspection, plan);
	if (overlay_waive(maker->request, plan, err) != 0)
		return -1;
	if (plan_refusal(plan) == NULL && decide_or_refuse(maker, err) != 0)
		return -1;
	add_steps(maker);
	return 0;
}

int overlay_plan(const struct overlay_request *request, struct plan *out,
		 struct error *err)
{
	struct maker maker = {.request = request, .plan = out};
	int result = make(&maker, err);

	inspection_clear(&maker.inspection);
	blocks_close(maker.peeked);
	image_close(maker.image);
	layout_clear(&maker.layout);
	blocks_close(maker.old);
	sink_close(maker.sink);
	target_clear(&maker.target);
	return result;
}

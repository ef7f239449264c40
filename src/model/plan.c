/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "model/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

const char *const plan_scope_names[SCOPE_COUNT] = {
	[SCOPE_UNTIL_BOOT] = "until-boot",
	[SCOPE_FULL] = "full",
	[SCOPE_ALL] = "all",
	[SCOPE_NONE] = "none",
};

const char *const plan_undo_names[UNDO_COUNT] = {
	[UNDO_NONE] = "none",
	[UNDO_TAIL] = "tail",
	[UNDO_FILE] = "file",
	[UNDO_DEVICE] = "device",
};

const char *const plan_phase_names[PHASE_COUNT] = {
	[PHASE_BODY] = "body",
	[PHASE_BOOT] = "boot",
};

const char *const plan_verdict_names[CHECK_COUNT] = {
	[CHECK_GOOD] = "good",
	[CHECK_WAIVED] = "waived",
	[CHECK_REFUSED] = "refused",
};

const struct plan_check_row plan_check_rows[] = {
	{"not-a-disk", false},	   {"too-small", false},       {"in-use", false},
	{"running-system", false}, {"image-on-target", false}, {"read-only", false},
	{"sector-size", false},	   {"no-digest", false},       {"stale-plan", false},
	{"busy", false},	   {"other-undo", false},      {"undo-room", false},
	{"memory", false},	   {"read-twice", false},      {"architecture", true},
	{"firmware", true},	   {"cpu-level", true},	       {"no-boot-path", true},
	{"unseen", true},	   {"sandbox", false},	       {NULL, false},
};

void plan_add_range(struct plan *plan, enum plan_phase phase, uint64_t offset,
		    uint64_t length, const char *what)
{
	struct plan_range *last =
		plan->range_count > 0 ? &plan->ranges[plan->range_count - 1] : NULL;

	if (length == 0)
		return;
	if (last != NULL && last->phase == phase &&
	    last->offset + last->length == offset && strcmp(last->what, what) == 0) {
		last->length += length;
		return;
	}
	plan->ranges = mem_grow(plan->ranges, plan->range_count, sizeof(plan->ranges[0]));
	plan->ranges[plan->range_count++] = (struct plan_range){.offset = offset,
								.length = length,
								.phase = phase,
								.what = str_copy(what)};
}

void plan_add_edit(struct plan *plan, uint64_t offset, const void *bytes, size_t length,
		   const char *reason)
{
	struct plan_edit *edit;

	plan->edits = mem_grow(plan->edits, plan->edit_count, sizeof(plan->edits[0]));
	edit = &plan->edits[plan->edit_count++];
	*edit = (struct plan_edit){.offset = offset,
				   .length = length,
				   .bytes = mem_zero(length > 0 ? length : 1, 1),
				   .reason = str_copy(reason)};
	memcpy(edit->bytes, bytes, length);
}

static char *copy_line(const char *text)
{
	return strndup(text, PLAN_LINE_MOST_BYTES);
}

void plan_add_line(struct plan *plan, const char *fixer, const char *place,
		   const char *what, const char *prevents)
{
	plan->lines = mem_grow(plan->lines, plan->line_count, sizeof(plan->lines[0]));
	plan->lines[plan->line_count++] = (struct plan_line){
		copy_line(fixer), copy_line(place), copy_line(what), copy_line(prevents)};
}

void plan_add_keep(struct plan *plan, uint64_t offset, uint64_t length)
{
	struct plan_keep *last =
		plan->keep_count > 0 ? &plan->keeps[plan->keep_count - 1] : NULL;

	if (length == 0)
		return;
	if (last != NULL && last->offset + last->length == offset) {
		last->length += length;
		return;
	}
	plan->keeps = mem_grow(plan->keeps, plan->keep_count, sizeof(plan->keeps[0]));
	plan->keeps[plan->keep_count++] = (struct plan_keep){offset, length};
}

__attribute__((format(printf, 1, 0))) static char *format_text(const char *fmt,
							       va_list arguments)
{
	char text[PLAN_LINE_MOST_BYTES + 1];

	(void)vsnprintf(text, sizeof(text), fmt, arguments);
	return str_copy(text);
}

void plan_add_check(struct plan *plan, const char *name, enum plan_verdict verdict,
		    const char *fmt, ...)
{
	va_list arguments;

	plan->checks = mem_grow(plan->checks, plan->check_count, sizeof(plan->checks[0]));
	va_start(arguments, fmt);
	plan->checks[plan->check_count++] = (struct plan_check){
		.name = name, .verdict = verdict, .text = format_text(fmt, arguments)};
	va_end(arguments);
}

void plan_add_step(struct plan *plan, const char *fmt, ...)
{
	va_list arguments;

	plan->steps = mem_grow(plan->steps, plan->step_count, sizeof(plan->steps[0]));
	va_start(arguments, fmt);
	plan->steps[plan->step_count++] = format_text(fmt, arguments);
	va_end(arguments);
}

const struct plan_check_row *plan_check_row_of(const char *name)
{
	const struct plan_check_row *row;

	for (row = plan_check_rows; row->name != NULL; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

const struct plan_check *plan_refusal(const struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->check_count; i++)
		if (plan->checks[i].verdict == CHECK_REFUSED)
			return &plan->checks[i];
	return NULL;
}

void plan_lay_edits(const struct plan *plan, uint64_t offset, void *bytes, size_t length)
{
	const struct plan_edit *edit;
	uint64_t start, end;
	size_t i;

	for (i = 0; i < plan->edit_count; i++) {
		edit = &plan->edits[i];
		start = edit->offset > offset ? edit->offset : offset;
		end = edit->offset + edit->length;
		if (end > offset + length)
			end = offset + length;
		if (start < end)
			memcpy((unsigned char *)bytes + (start - offset),
			       edit->bytes + (start - edit->offset),
			       (size_t)(end - start));
	}
}

static bool is_inside(uint64_t offset, uint64_t length, uint64_t size)
{
	return offset <= size && length <= size - offset;
}

static bool do_meet(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
	return a < b + b_bytes && b < a + a_bytes;
}

static int check_range(const struct plan *plan, const struct plan_range *range,
		       struct error *err)
{
	const unsigned sector = plan->disk.sector_bytes;

	if (!is_inside(range->offset, range->length, plan->disk.size_bytes))
		return error_set(err, ERROR_INPUT,
				 "the plan writes '%s' beyond the disk's end",
				 range->what);
	if (range->offset % sector != 0 || range->length % sector != 0)
		return error_set(err, ERROR_INPUT,
				 "the plan's range '%s' is no whole sectors",
				 range->what);
	if (plan->undo == UNDO_TAIL &&
	    do_meet(range->offset, range->length, plan->undo_offset, plan->undo_bytes))
		return error_set(err, ERROR_INPUT,
				 "the plan writes '%s' over its own log", range->what);
	return 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct plan_range *one = *(const struct plan_range *const *)a;
	const struct plan_range *other = *(const struct plan_range *const *)b;

	return one->offset < other->offset ? -1 : one->offset > other->offset;
}

/* Ranges that each lie on the disk, ascending: a plan by hand may have very many. */
static int check_overlaps(const struct plan_range **sorted, size_t count,
			  struct error *err)
{
	size_t i;

	qsort(sorted, count, sizeof(sorted[0]), by_offset);
	for (i = 1; i < count; i++)
		if (sorted[i]->offset < sorted[i - 1]->offset + sorted[i - 1]->length)
			return error_set(err, ERROR_INPUT,
					 "the plan's ranges '%s' and '%s' overlap",
					 sorted[i - 1]->what, sorted[i]->what);
	return 0;
}

/* The first of the sorted ranges that ends behind @offset. */
static size_t first_behind(const struct plan_range *const *sorted, size_t count,
			   uint64_t offset)
{
	size_t low = 0, high = count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (sorted[middle]->offset + sorted[middle]->length <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int check_edit(const struct plan *plan, const struct plan_range *const *sorted,
		      const struct plan_edit *edit, struct error *err)
{
	uint64_t at = edit->offset;
	size_t i;

	if (!is_inside(edit->offset, edit->length, plan->disk.size_bytes))
		return error_set(err, ERROR_INPUT,
				 "the plan's edit '%s' is beyond the disk's end",
				 edit->reason);
	for (i = first_behind(sorted, plan->range_count, at);
	     i < plan->range_count && sorted[i]->offset <= at; i++)
		at = sorted[i]->offset + sorted[i]->length;
	if (at < edit->offset + edit->length)
		return error_set(err, ERROR_INPUT,
				 "the plan's edit '%s' lies in no range that is written",
				 edit->reason);
	return 0;
}

/* Each range and edit by itself, then beside the others. */
static int check_rows(const struct plan *plan, const struct plan_range **sorted,
		      struct error *err)
{
	size_t i;

	for (i = 0; i < plan->range_count; i++) {
		if (check_range(plan, &plan->ranges[i], err) != 0)
			return -1;
		sorted[i] = &plan->ranges[i];
	}
	if (check_overlaps(sorted, plan->range_count, err) != 0)
		return -1;
	for (i = 0; i < plan->edit_count; i++)
		if (check_edit(plan, sorted, &plan->edits[i], err) != 0)
			return -1;
	return 0;
}

static int check_keeps(const struct plan *plan, struct error *err)
{
	uint64_t end = 0;
	size_t i;

	for (i = 0; i < plan->keep_count; i++) {
		const struct plan_keep *keep = &plan->keeps[i];

		if (keep->offset < end || keep->length == 0 ||
		    keep->offset % plan->disk.sector_bytes != 0 ||
		    keep->length % plan->disk.sector_bytes != 0 ||
		    !is_inside(keep->offset, keep->length, plan->disk.size_bytes))
			return error_set(err, ERROR_INPUT,
					 "what the plan keeps at byte %llu cannot be",
					 (unsigned long long)keep->offset);
		if (plan->undo == UNDO_TAIL &&
		    do_meet(keep->offset, keep->length, plan->undo_offset,
			    plan->undo_bytes))
			return error_set(err, ERROR_INPUT,
					 "the plan keeps byte %llu, which its own log is "
					 "written over",
					 (unsigned long long)keep->offset);
		end = keep->offset + keep->length;
	}
	return 0;
}

static int check_numbers(const struct plan *plan, struct error *err)
{
	const unsigned sector = plan->disk.sector_bytes;

	if (sector != 512 && sector != 4096)
		return error_set(err, ERROR_INPUT,
				 "the plan's sector of %u bytes is not 512 or 4096",
				 sector);
	if (plan->chunk_bytes < 4096 || plan->chunk_bytes > 16 * PLAN_CHUNK_BYTES ||
	    plan->chunk_bytes % 4096 != 0)
		return error_set(err, ERROR_INPUT,
				 "the plan's chunks of %u bytes are not 4 KiB to 16 MiB",
				 plan->chunk_bytes);
	if (plan->undo == UNDO_TAIL &&
	    !is_inside(plan->undo_offset, plan->undo_bytes, plan->disk.size_bytes))
		return error_set(err, ERROR_INPUT,
				 "the plan's log is beyond the disk's end");
	if ((plan->scope == SCOPE_NONE) != (plan->undo == UNDO_NONE))
		return error_set(err, ERROR_INPUT,
				 "the plan's scope '%s' and its log '%s' do not fit",
				 plan_scope_names[plan->scope],
				 plan_undo_names[plan->undo]);
	return 0;
}

int plan_check_shape(const struct plan *plan, struct error *err)
{
	const struct plan_range **sorted;
	int result;

	if (check_numbers(plan, err) != 0)
		return -1;
	sorted = mem_zero(plan->range_count + 1, sizeof(*sorted));
	result = check_rows(plan, sorted, err);
	free(sorted);
	return result == 0 ? check_keeps(plan, err) : -1;
}

static void clear_disk(struct plan_disk *disk)
{
	size_t i;

	for (i = 0; i < disk->content_count; i++)
		free(disk->content_ids[i]);
	free(disk->content_ids);
	free(disk->path);
	free(disk->serial);
	free(disk->wwn);
	free(disk->model);
	free(disk->table_id);
	free(disk->confirm);
}

void plan_clear(struct plan *plan)
{
	size_t i;

	clear_disk(&plan->disk);
	free(plan->image.name);
	free(plan->image.layers);
	free(plan->image.system);
	free(plan->undo_path);
	for (i = 0; i < plan->range_count; i++)
		free(plan->ranges[i].what);
	for (i = 0; i < plan->edit_count; i++) {
		free(plan->edits[i].bytes);
		free(plan->edits[i].reason);
	}
	for (i = 0; i < plan->check_count; i++)
		free(plan->checks[i].text);
	for (i = 0; i < plan->step_count; i++)
		free(plan->steps[i]);
	free(plan->ranges);
	free(plan->edits);
	free(plan->keeps);
	free(plan->checks);
	free(plan->steps);
	for (i = 0; i < plan->line_count; i++) {
		free(plan->lines[i].fixer);
		free(plan->lines[i].place);
		free(plan->lines[i].what);
		free(plan->lines[i].prevents);
	}
	free(plan->lines);
	platform_clear(&plan->platform);
	prediction_clear(&plan->prediction);
	*plan = (struct plan){0};
}

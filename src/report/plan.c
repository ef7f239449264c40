/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/plan.h"

#include <inttypes.h>
#include <string.h>

#include "report/text.h"

enum {
	INDENT = 8,
	TEXT_MOST = 300, /* columns of a check, a reason, a step */
	IDS_SHOWN = 4,
	NAMES_SHOWN = 8,
	BOOT_SHOWN = 16,
	EDITS_SHOWN = 8,
	LINES_SHOWN = 16,
	CHECKS_SHOWN = 8, /* of each verdict */
	STEPS_SHOWN = 8
};

/* A line that begins with a word of at most 7 columns, or with blanks. */
static void add_line(struct str *out, const char *word, const struct str *line)
{
	str_addf(out, "%-*s", INDENT, word);
	report_add_wrapped(out, line->bytes, INDENT, INDENT);
}

static void add_bytes(struct str *line, uint64_t bytes)
{
	char size[REPORT_SIZE_ROOM];

	str_addf(line, "%s (%" PRIu64 " bytes)", report_size(bytes, size), bytes);
}

static void add_id(struct str *line, const char *name, const char *id)
{
	if (id == NULL || id[0] == '\0')
		return;
	str_addf(line, "%s%s ", line->length > 0 ? ", " : "", name);
	report_add_cut(line, id, REPORT_VALUE_MOST);
}

static void add_contents(const struct plan_disk *disk, struct str *out)
{
	autostr struct str line = STR_EMPTY;
	struct report_list list = {.out = &line, .separator = ", ", .most = IDS_SHOWN};
	size_t i;

	for (i = 0; i < disk->content_count; i++)
		report_list_add(&list, disk->content_ids[i]);
	report_add_more(&line, list.count, IDS_SHOWN);
	if (disk->content_count == 0)
		str_add(&line, "nothing that is known");
	add_line(out, "Holds", &line);
}

static void add_disk(const struct plan_disk *disk, struct str *out)
{
	autostr struct str line = STR_EMPTY, ids = STR_EMPTY;

	report_add_value(&line, "", disk->path);
	str_addf(&line, "%s, ", disk->is_file ? " (a file)" : "");
	add_bytes(&line, disk->size_bytes);
	str_addf(&line, ", sectors of %u", disk->sector_bytes);
	add_line(out, "Disk", &line);
	add_id(&ids, "model", disk->model);
	add_id(&ids, "serial", disk->serial);
	add_id(&ids, "WWN", disk->wwn);
	add_id(&ids, "table", disk->table_id);
	if (ids.length > 0)
		add_line(out, "", &ids);
	add_contents(disk, out);
}

static void add_digest(const struct plan_image *image, struct str *out)
{
	autostr struct str line = STR_EMPTY;

	if (image->sha256[0] == '\0' && image->sha512[0] == '\0') {
		str_add(&line, "NO DIGEST: nothing is checked");
		add_line(out, "Digest", &line);
		return;
	}
	if (image->sha256[0] != '\0')
		str_addf(out, "SHA-256 %s\n", image->sha256);
	if (image->sha512[0] != '\0')
		str_addf(out, "SHA-512 %.64s\n        %s\n", image->sha512,
			 image->sha512 + 64);
	str_add(&line, "of the ");
	if (image->published_bytes <= INT64_MAX)
		str_addf(&line, "%" PRIu64 " ", image->published_bytes);
	str_add(&line, "bytes as published");
	add_line(out, "", &line);
}

static void add_image(const struct plan_image *image, struct str *out)
{
	autostr struct str line = STR_EMPTY, system = STR_EMPTY;
	char size[REPORT_SIZE_ROOM];
	bool is_seen;

	report_add_value(&line, "", image->name);
	report_add_value(&line, ": ", image->layers);
	/* a stream that nobody could look into */
	is_seen = image->size_bytes != UINT64_MAX;
	str_addf(&line, ", %s",
		 is_seen ? report_size(image->size_bytes, size) : "of unknown length");
	add_line(out, "Image", &line);
	report_add_value(&system, "", image->system);
	if (image->system == NULL)
		str_add(&system, is_seen ? "no system was found in it"
					 : "what is in it is not known");
	add_line(out, "", &system);
	add_digest(image, out);
}

static const char *const scope_texts[SCOPE_COUNT] = {
	[SCOPE_UNTIL_BOOT] =
		"rollback gives back all that this overlay changes, until the new system "
		"has been started: then it refuses.",
	[SCOPE_FULL] =
		"rollback gives back all that the old systems use, also after the new "
		"system has run, until 'moult overlay commit'.",
	[SCOPE_ALL] = "rollback gives back the whole disk, bit for bit, also after the "
		      "new system has run, until 'moult overlay commit'.",
	[SCOPE_NONE] = "NO WAY BACK: nothing is saved, and no rollback is possible.",
};

static void add_place(const struct plan *plan, struct str *line)
{
	char size[REPORT_SIZE_ROOM];

	switch (plan->undo) {
	case UNDO_TAIL:
		str_addf(line, "in the disk's tail, from byte %" PRIu64 " on",
			 plan->undo_offset);
		break;
	case UNDO_FILE:
		report_add_value(line, "in the file ", plan->undo_path);
		break;
	case UNDO_DEVICE:
		report_add_value(line, "on the device ", plan->undo_path);
		break;
	case UNDO_NONE:
	case UNDO_COUNT:
		break;
	}
	str_addf(line, ", at most %s", report_size(plan->undo_bytes, size));
	if (plan->partition_bytes > 0)
		str_addf(line, ", in a partition of %s that is added to the table",
			 report_size(plan->partition_bytes, size));
}

static void add_undo(const struct plan *plan, struct str *out)
{
	autostr struct str scope = STR_EMPTY, place = STR_EMPTY;

	str_addf(&scope, "%s: %s", plan_scope_names[plan->scope],
		 scope_texts[plan->scope]);
	add_line(out, "Undo", &scope);
	if (plan->undo == UNDO_NONE)
		return;
	add_place(plan, &place);
	add_line(out, "Log", &place);
}

/* Bytes of the body by what they are. */
struct names {
	const char *list[NAMES_SHOWN + 1]; /* the last one: all others */
	uint64_t bytes[NAMES_SHOWN + 1];
	size_t count;
};

static void count_name(struct names *names, const struct plan_range *range)
{
	size_t i;

	for (i = 0; i < names->count && i < NAMES_SHOWN; i++)
		if (strcmp(names->list[i], range->what) == 0)
			break;
	if (i == names->count)
		names->list[names->count++] = i < NAMES_SHOWN ? range->what : "others";
	names->bytes[i] += range->length;
}

static void add_size(struct str *line, const char *what, uint64_t bytes, bool is_first)
{
	char size[REPORT_SIZE_ROOM];

	report_add_value(line, is_first ? "" : ", ", what);
	str_addf(line, " %s", report_size(bytes, size));
}

static void add_kept(const struct plan *plan, struct str *out)
{
	autostr struct str line = STR_EMPTY;
	uint64_t kept_bytes = 0;
	size_t i;

	for (i = 0; i < plan->keep_count; i++)
		kept_bytes += plan->keeps[i].length;
	if (kept_bytes == 0)
		return;
	add_bytes(&line, kept_bytes);
	str_add(&line, " of the old systems, before the first write");
	add_line(out, "Saves", &line);
}

static void add_body(const struct plan *plan, struct str *out)
{
	autostr struct str line = STR_EMPTY;
	struct names names = {0};
	size_t i;

	for (i = 0; i < plan->range_count; i++)
		if (plan->ranges[i].phase == PHASE_BODY)
			count_name(&names, &plan->ranges[i]);
	for (i = 0; i < names.count; i++)
		add_size(&line, names.list[i], names.bytes[i], i == 0);
	if (names.count == 0)
		str_add(&line, plan->range_count > 0 ? "nothing but boot ranges"
						     : "nothing: see what refuses");
	add_line(out, "Writes", &line);
}

static void add_boot(const struct plan *plan, struct str *out)
{
	autostr struct str line = STR_EMPTY;
	size_t i, count = 0;

	str_add(&line, "then, when that was read back, in this order: ");
	for (i = 0; i < plan->range_count; i++) {
		if (plan->ranges[i].phase != PHASE_BOOT || count++ >= BOOT_SHOWN)
			continue;
		add_size(&line, plan->ranges[i].what, plan->ranges[i].length, count == 1);
	}
	report_add_more(&line, count, BOOT_SHOWN);
	if (count > 0)
		add_line(out, "", &line);
}

static void add_edits(const struct plan *plan, struct str *out)
{
	size_t i, count = 0;

	for (i = 0; i < plan->edit_count; i++) {
		autostr struct str line = STR_EMPTY;

		if (plan->edits[i].is_guest || count++ >= EDITS_SHOWN)
			continue;
		str_addf(&line, "%zu bytes at %" PRIu64 ": ", plan->edits[i].length,
			 plan->edits[i].offset);
		report_add_words(&line, plan->edits[i].reason, TEXT_MOST);
		add_line(out, count == 1 ? "Edits" : "", &line);
	}
	report_add_more_line(out, count, EDITS_SHOWN);
}

/* How much of the image is changed for the guest, and what for. */
static void add_guest(const struct plan *plan, struct str *out)
{
	autostr struct str sum = STR_EMPTY;
	char size[REPORT_SIZE_ROOM];
	uint64_t bytes = 0;
	size_t i, places = 0;

	if (!plan->is_adapted)
		return;
	for (i = 0; i < plan->edit_count; i++) {
		places += plan->edits[i].is_guest;
		bytes += plan->edits[i].is_guest ? plan->edits[i].length : 0;
	}
	str_addf(&sum, "made to fit the machine by %zu changes: %s in %zu places",
		 plan->line_count, report_size(bytes, size), places);
	add_line(out, "Guest", &sum);
	for (i = 0; i < plan->line_count && i < LINES_SHOWN; i++) {
		autostr struct str line = STR_EMPTY;

		str_addf(&line, "%s: ", plan->lines[i].fixer);
		report_add_words(&line, plan->lines[i].place, TEXT_MOST);
		str_add(&line, ": ");
		report_add_words(&line, plan->lines[i].what, TEXT_MOST);
		str_add(&line, "; else: ");
		report_add_words(&line, plan->lines[i].prevents, TEXT_MOST);
		add_line(out, "", &line);
	}
	report_add_more_line(out, plan->line_count, LINES_SHOWN);
}

/* How a chain stands, and by which link. */
static void add_chain(const struct prediction *prediction, enum prediction_chain chain,
		      const char *word, struct str *out)
{
	static const char *const answers[PREDICT_VERDICT_COUNT] = {
		[PREDICT_HOLDS] = "yes",
		[PREDICT_UNKNOWN] = "cannot be told",
		[PREDICT_BROKEN] = "NO",
	};
	const enum prediction_step step = prediction_first_bad(prediction, chain);
	autostr struct str line = STR_EMPTY;
	const struct prediction_link *link;

	str_add(&line, answers[prediction_of_chain(prediction, chain)]);
	if (step < STEP_COUNT) {
		link = &prediction->links[step];
		str_addf(&line, ": %s: ", prediction_steps[step].name);
		report_add_words(&line, link->says, TEXT_MOST);
		if (link->fixer != FIXER_NONE)
			str_addf(&line, "; mended by %s",
				 prediction_fixers[link->fixer].name);
	}
	add_line(out, word, &line);
}

static void add_prediction(const struct prediction *prediction, struct str *out)
{
	autostr struct str line = STR_EMPTY;

	if (prediction->platform == NULL)
		return;
	report_add_value(&line, "", prediction->platform);
	add_line(out, "Machine", &line);
	add_chain(prediction, CHAIN_BOOT, "Boots", out);
	add_chain(prediction, CHAIN_REACH, "Reached", out);
	add_chain(prediction, CHAIN_LOGIN, "Lets in", out);
}

static size_t add_checks(const struct plan *plan, enum plan_verdict verdict,
			 const char *word, struct str *out)
{
	size_t i, count = 0;

	for (i = 0; i < plan->check_count; i++) {
		autostr struct str line = STR_EMPTY;

		if (plan->checks[i].verdict != verdict || count++ >= CHECKS_SHOWN)
			continue;
		str_addf(&line, "%s: ", plan->checks[i].name);
		report_add_words(&line, plan->checks[i].text, TEXT_MOST);
		add_line(out, word, &line);
	}
	report_add_more_line(out, count, CHECKS_SHOWN);
	return count;
}

static void add_good(const struct plan *plan, struct str *out)
{
	autostr struct str line = STR_EMPTY;
	struct report_list list = {.out = &line, .separator = ", ", .most = 24};
	size_t i;

	for (i = 0; i < plan->check_count; i++)
		if (plan->checks[i].verdict == CHECK_GOOD)
			report_list_add(&list, plan->checks[i].name);
	report_add_more(&line, list.count, list.most);
	if (list.count > 0)
		add_line(out, "Good", &line);
}

static void add_steps(const struct plan *plan, struct str *out)
{
	size_t i;

	for (i = 0; i < plan->step_count && i < STEPS_SHOWN; i++) {
		autostr struct str line = STR_EMPTY;

		report_add_words(&line, plan->steps[i], TEXT_MOST);
		add_line(out, i == 0 ? "You do" : "", &line);
	}
	report_add_more_line(out, plan->step_count, STEPS_SHOWN);
}

static void add_end(const struct plan *plan, size_t refused, struct str *out)
{
	const char *confirm = plan->disk.confirm;

	if (refused > 0) {
		str_addf(out,
			 "Nothing will be written: %zu check%s refuse%s, see above.\n",
			 refused, refused > 1 ? "s" : "", refused > 1 ? "" : "s");
		return;
	}
	if (confirm == NULL || confirm[0] == '\0') {
		str_add(out, "This disk has no id that could be typed.\n");
		return;
	}
	str_addf(out,
		 "To write over this %s, type: ", plan->disk.is_file ? "file" : "disk");
	report_add_clean(out, confirm, strlen(confirm));
	str_add(out, "\n");
}

void report_write_plan(const struct plan *plan, struct str *out)
{
	size_t refused;

	add_disk(&plan->disk, out);
	add_image(&plan->image, out);
	add_undo(plan, out);
	add_kept(plan, out);
	add_body(plan, out);
	add_boot(plan, out);
	add_edits(plan, out);
	add_guest(plan, out);
	add_prediction(&plan->prediction, out);
	str_add(out, "From the first write to the last this disk does not boot by "
		     "itself.\n");
	refused = add_checks(plan, CHECK_REFUSED, "REFUSED", out);
	(void)add_checks(plan, CHECK_WAIVED, "Waived", out);
	add_good(plan, out);
	add_steps(plan, out);
	add_end(plan, refused, out);
}

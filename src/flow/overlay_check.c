/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/overlay_check.h"

#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "guest/predict.h"

enum { MEMORY_LEAST_BYTES = 96 * 1024 * 1024 };

static void refuse_if(struct plan *plan, bool is_wrong, const char *name,
		      const char *good, const char *bad)
{
	plan_add_check(plan, name, is_wrong ? CHECK_REFUSED : CHECK_GOOD, "%s",
		       is_wrong ? bad : good);
}

static void check_uses(const struct target *target, struct plan *plan)
{
	autostr struct str text = STR_EMPTY;
	size_t i, shown = 0;

	for (i = 0; i < target->use_count && shown < 4; i++) {
		const struct target_use *use = &target->uses[i];

		str_addf(&text, "%s%s: %s %s", shown++ > 0 ? ", " : "", use->on,
			 target_use_names[use->kind], use->name);
	}
	if (target->use_count > shown)
		str_addf(&text, ", %zu more", target->use_count - shown);
	if (shown == 0)
		plan_add_check(plan, "in-use", CHECK_GOOD, "nothing uses it");
	else
		plan_add_check(plan, "in-use", CHECK_REFUSED,
			       "%s; unmount or stop it first, or boot a rescue system",
			       text.bytes);
}

void overlay_check_target(const struct target *target, struct plan *plan)
{
	const bool is_disk = target->kind == TARGET_DEVICE && !target->is_partition;

	if (target->kind == TARGET_FILE)
		plan_add_check(plan, "not-a-disk", CHECK_GOOD,
			       "a regular file, as asked");
	else if (is_disk)
		plan_add_check(plan, "not-a-disk", CHECK_GOOD, "a whole block device");
	else if (target->kind == TARGET_DEVICE)
		plan_add_check(plan, "not-a-disk", CHECK_REFUSED,
			       "it is a partition; name the whole disk");
	else
		plan_add_check(plan, "not-a-disk", CHECK_REFUSED,
			       "it is no block device; a regular file needs --file");
	refuse_if(plan, target->is_read_only, "read-only", "it can be written",
		  "it is read-only; see 'blockdev --getro' and the provider's settings");
	check_uses(target, plan);
	refuse_if(plan, target->holds_root && !target->is_root_in_memory,
		  "running-system", "the running system does not live on it",
		  "the running system lives on it; boot a rescue system in memory");
	if (target->memory_bytes > 0)
		refuse_if(plan, target->memory_bytes < MEMORY_LEAST_BYTES, "memory",
			  "enough memory",
			  "less than 96 MiB of memory are available; stop what uses it");
}

static void check_size(struct plan *plan)
{
	const unsigned long long image = plan->image.size_bytes;
	const unsigned long long disk = plan->disk.size_bytes;

	if (image <= disk)
		plan_add_check(plan, "too-small", CHECK_GOOD,
			       "the image of %llu bytes fits the %llu of the disk", image,
			       disk);
	else
		plan_add_check(
			plan, "too-small", CHECK_REFUSED,
			"the image needs %llu bytes, and the disk has %llu; take a "
			"larger disk, or shrink the image's last file system",
			image, disk);
}

static void check_sector(const struct layout *layout, struct plan *plan)
{
	const unsigned sector = plan->disk.sector_bytes;

	if (layout->kind == LAYOUT_NONE || layout->sector_bytes == sector)
		plan_add_check(plan, "sector-size", CHECK_GOOD, "sectors of %u bytes",
			       sector);
	else
		plan_add_check(
			plan, "sector-size", CHECK_REFUSED,
			"the image's table counts in sectors of %u bytes, and the disk "
			"has %u; take an image made for these",
			layout->sector_bytes, sector);
}

/* The image is opened once for the plan, and twice to be written. */
static void check_twice(const struct stat *there, struct plan *plan)
{
	const bool is_pipe = S_ISFIFO(there->st_mode) || S_ISSOCK(there->st_mode) ||
			     S_ISCHR(there->st_mode);

	refuse_if(plan, is_pipe, "read-twice", "the image can be read twice",
		  "the image is a pipe, which can be read only once; give its bytes to "
		  "standard input, and - as the image");
}

static void check_place(const struct overlay_request *request,
			const struct target *target, struct plan *plan)
{
	const bool is_input = strcmp(request->image, "-") == 0;
	const char *path = is_input ? "/proc/self/fd/0" : request->image;
	struct stat there;
	bool is_there = false;

	if (stat(path, &there) != 0)
		return; /* an address */
	check_twice(&there, plan);
	if (is_input && there.st_nlink == 0)
		return; /* our own spool */
	if (target_is_same_file(target, path, &is_there, NULL) != 0)
		is_there = true; /* what cannot be told is not trusted */
	refuse_if(plan, is_there, "image-on-target", "the image lies elsewhere",
		  "the image lies on the disk that it is to be written over; copy it "
		  "elsewhere");
}

/* The links that are broken for no other reason than a mismatch: the firmware's way ends at the
 * loader's configuration. */
static bool is_accounted_for(const struct prediction *prediction, unsigned step,
			     const bool waived[MISMATCH_COUNT])
{
	static const enum prediction_mismatch mismatches[STEP_COUNT] = {
		[STEP_FIRMWARE] = MISMATCH_FIRMWARE,
		[STEP_BOOT_BLOCKS] = MISMATCH_FIRMWARE,
		[STEP_LOADER] = MISMATCH_COUNT,
		[STEP_KERNEL] = MISMATCH_ARCHITECTURE,
		[STEP_INITRAMFS] = MISMATCH_COUNT,
		[STEP_ROOT] = MISMATCH_COUNT,
		[STEP_FSTAB] = MISMATCH_COUNT,
	};
	enum prediction_mismatch mismatch = mismatches[step];

	if (mismatch == MISMATCH_ARCHITECTURE &&
	    prediction->mismatches[MISMATCH_ARCHITECTURE] == NULL)
		mismatch = MISMATCH_CPU_LEVEL;
	return mismatch < MISMATCH_COUNT && waived[mismatch] &&
	       prediction->mismatches[mismatch] != NULL;
}

/* The first of the worst links of the boot chain. Returns: STEP_COUNT when all hold */
static enum prediction_step find_broken(const struct prediction *prediction,
					const bool waived[MISMATCH_COUNT])
{
	enum prediction_verdict worst = PREDICT_HOLDS;
	enum prediction_step found = STEP_COUNT;
	unsigned i;

	for (i = 0; i < STEP_COUNT; i++) {
		if (prediction_steps[i].chain != CHAIN_BOOT ||
		    prediction->links[i].verdict <= worst ||
		    is_accounted_for(prediction, i, waived))
			continue;
		worst = prediction->links[i].verdict;
		found = (enum prediction_step)i;
	}
	return found;
}

static void check_boot_path(const struct prediction *prediction,
			    const bool waived[MISMATCH_COUNT], struct plan *plan)
{
	const enum prediction_step step = find_broken(prediction, waived);
	const struct prediction_link *link;
	autostr struct str text = STR_EMPTY;

	if (step == STEP_COUNT) {
		plan_add_check(plan, "no-boot-path", CHECK_GOOD, "it boots on %s",
			       prediction->platform);
		return;
	}
	link = &prediction->links[step];
	str_addf(&text, "it is not sure to boot on %s: %s: %s", prediction->platform,
		 prediction_steps[step].name, link->says);
	if (link->fixer != FIXER_NONE)
		str_addf(&text, "; mended by %s", prediction_fixers[link->fixer].name);
	if (link->evidence_count > 0)
		str_addf(&text, " (%s: %s)", link->evidence[0].source,
			 link->evidence[0].text);
	plan_add_check(plan, "no-boot-path", CHECK_REFUSED,
		       "%s; see 'moult predict', or name another machine by --platform",
		       text.bytes);
}

/* What an image must be for the machine as a whole; of one without a system nothing is known. */
static void check_mismatches(const struct inspection *inspection,
			     const struct platform *platform,
			     const struct prediction *prediction, struct plan *plan)
{
	const char *const fits[MISMATCH_COUNT] = {
		[MISMATCH_FIRMWARE] = platform_firmware_names[platform->firmware],
		[MISMATCH_ARCHITECTURE] = inspection->guest.system.architecture,
		[MISMATCH_CPU_LEVEL] = "the machine's CPU is enough",
	};
	unsigned i;

	if (!inspection->has_guest)
		return;
	for (i = 0; i < MISMATCH_COUNT; i++)
		if (prediction->mismatches[i] != NULL)
			plan_add_check(plan, prediction_mismatch_names[i], CHECK_REFUSED,
				       "%s", prediction->mismatches[i]);
		else
			plan_add_check(plan, prediction_mismatch_names[i], CHECK_GOOD,
				       "%s", fits[i] != NULL ? fits[i] : "not known");
}

void overlay_check_system(const struct inspection *inspection,
			  const struct platform *platform,
			  const bool waived[MISMATCH_COUNT], struct plan *plan)
{
	if (plan->prediction.platform == NULL)
		guest_predict(inspection, platform, &plan->prediction);
	prediction_cut(&plan->prediction, PLAN_LINE_MOST_BYTES, PLAN_EVIDENCE_MOST);
	if (inspection->unseen != NULL)
		return;
	check_boot_path(&plan->prediction, waived, plan);
	check_mismatches(inspection, platform, &plan->prediction, plan);
}

bool overlay_is_waived(const struct overlay_request *request, const char *name)
{
	size_t i;

	for (i = 0; i < request->waived_count; i++)
		if (strcmp(request->waived[i], name) == 0)
			return true;
	return false;
}

void overlay_check_image(const struct overlay_request *request,
			 const struct target *target, const struct inspection *inspection,
			 struct plan *plan)
{
	const bool is_unseen = inspection->unseen != NULL;
	bool waived[MISMATCH_COUNT];
	unsigned i;

	check_place(request, target, plan);
	if (is_unseen)
		plan_add_check(plan, "unseen", CHECK_REFUSED,
			       "what is in the image could not be looked at: %s",
			       inspection->unseen);
	if (is_unseen && !overlay_is_waived(request, "unseen"))
		return;
	check_size(plan);
	check_sector(&inspection->layout, plan);
	for (i = 0; i < MISMATCH_COUNT; i++)
		waived[i] = overlay_is_waived(request, prediction_mismatch_names[i]);
	overlay_check_system(inspection, &plan->platform, waived, plan);
}

static struct plan_check *check_of(struct plan *plan, const char *name)
{
	size_t i;

	for (i = 0; i < plan->check_count; i++)
		if (strcmp(plan->checks[i].name, name) == 0)
			return &plan->checks[i];
	return NULL;
}

int overlay_waive(const struct overlay_request *request, struct plan *plan,
		  struct error *err)
{
	const bool is_unseen = check_of(plan, "unseen") != NULL;
	const struct plan_check_row *row;
	struct plan_check *check;
	size_t i;

	for (i = 0; i < request->waived_count; i++) {
		row = plan_check_row_of(request->waived[i]);
		if (row == NULL || !row->can_waive)
			return error_set(err, ERROR_USAGE,
					 "'%s' cannot be waived: architecture, firmware, "
					 "cpu-level, no-boot-path and unseen can",
					 request->waived[i]);
		check = check_of(plan, row->name);
		if (check != NULL)
			check->verdict = CHECK_WAIVED;
		else if (is_unseen && strcmp(row->name, "unseen") != 0)
			plan_add_check(plan, row->name, CHECK_WAIVED,
				       "as asked; it is judged once the body is written");
	}
	return 0;
}

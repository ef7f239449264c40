/* SPDX-License-Identifier: GPL-2.0-or-later */
/* predict_initramfs.c - what a kernel must drive on the way to its root, and whether it can. */
#include <stdlib.h>
#include <string.h>

#include "guest/predict_links.h"

static struct predict_need *add_need(struct predict_needs *needs, const char *what)
{
	struct predict_need *need;

	needs->list = mem_grow(needs->list, needs->count, sizeof(*needs->list));
	need = &needs->list[needs->count++];
	*need = (struct predict_need){.what = what};
	return need;
}

/* @any: ends in NULL */
static void add_any(struct predict_needs *needs, const char *const *any, const char *what)
{
	struct predict_need *need = add_need(needs, what);

	for (; *any != NULL; any++)
		guest_words_add(&need->any, *any, strlen(*any));
}

/* The root's file system, and the device mapper below a volume. */
static const char *root_volume_type(const struct predict *predict, bool *out_is_volume)
{
	size_t i;

	for (i = 0; i < predict->image->volume_count; i++) {
		const struct inspect_volume *volume = &predict->image->volumes[i];

		if (volume->folder == NULL || strcmp(volume->folder, "/") != 0)
			continue;
		*out_is_volume = volume->name != NULL;
		return volume->type;
	}
	return NULL;
}

static void add_root_needs(const struct predict *predict, struct predict_needs *out)
{
	static const char *const mapper[] = {"dm_mod", NULL};
	bool is_volume = false;
	const char *type = root_volume_type(predict, &is_volume);
	const char *any[] = {type, NULL, NULL};

	if (type == NULL || predict->kernel->modules.count == 0)
		return;
	/* ext4's driver reads the older ones */
	if (strcmp(type, "ext3") == 0 || strcmp(type, "ext2") == 0)
		any[1] = "ext4";
	add_any(out, any, "the root's file system");
	if (is_volume)
		add_any(out, mapper, "the root's volume");
}

void predict_needs(const struct predict *predict, struct predict_needs *out)
{
	const struct platform_chain *chain = &predict->disk->chain;
	struct predict_need *need;
	size_t i;

	for (i = 0; i < chain->count; i++) {
		if (!predict_is_judged(&chain->list[i]))
			continue;
		need = add_need(out, "the disk");
		need->device = &chain->list[i];
		predict_modules(predict->kernel, need->device, &need->any);
	}
	add_root_needs(predict, out);
}

void predict_needs_clear(struct predict_needs *needs)
{
	size_t i;

	for (i = 0; i < needs->count; i++)
		guest_words_clear(&needs->list[i].any);
	free(needs->list);
	*needs = (struct predict_needs){.list = NULL, .count = 0};
}

bool predict_is_met(const struct predict *predict, const struct predict_need *need,
		    struct str *missing)
{
	size_t i;

	for (i = 0; i < need->any.count; i++) {
		str_clear(missing);
		if (predict_has_early(predict, need->any.list[i], missing))
			return true;
	}
	/* what nothing is known of is part of the machine */
	return need->any.count == 0;
}

static void add_device_evidence(struct predict *predict,
				const struct platform_driver *device)
{
	prediction_add_evidence(predict->out, STEP_INITRAMFS, "platform", "%s: %s%s%s",
				predict->disk->name, device->modalias,
				device->name != NULL ? ", driven by " : "",
				device->name != NULL ? device->name : "");
}

static void judge_need(struct predict *predict, const struct predict_need *need)
{
	const bool is_listed = predict->kernel->modules.count > 0;
	autostr struct str missing = STR_EMPTY;

	if (need->device != NULL && is_listed &&
	    !predict_knows(predict->kernel, &need->any))
		prediction_judge(
			predict->out, STEP_INITRAMFS, PREDICT_BROKEN, FIXER_NONE,
			"the kernel has no driver for the disk, in no file of it");
	else if (!predict_is_met(predict, need, &missing))
		prediction_judge(predict->out, STEP_INITRAMFS,
				 is_listed ? PREDICT_BROKEN : PREDICT_UNKNOWN,
				 FIXER_INITRAMFS, "it lacks %s, which %s needs",
				 missing.bytes, need->what);
	else
		return;
	if (need->device != NULL)
		add_device_evidence(predict, need->device);
}

static void judge_needs(struct predict *predict)
{
	struct predict_needs needs = {0};
	bool is_volume = false;
	size_t i;

	predict_needs(predict, &needs);
	for (i = 0; i < needs.count; i++)
		judge_need(predict, &needs.list[i]);
	predict_needs_clear(&needs);
	(void)root_volume_type(predict, &is_volume);
	if (is_volume && predict->kernel->modules.count > 0 &&
	    (predict->initramfs == NULL || !predict->initramfs->has_lvm))
		prediction_judge(
			predict->out, STEP_INITRAMFS, PREDICT_BROKEN, FIXER_INITRAMFS,
			"it lacks the program lvm, which the root's volume needs");
}

static void judge_content(struct predict *predict)
{
	const struct guest_initramfs *initramfs = predict->initramfs;
	const char *release = predict->kernel->release;

	if (predict->has_initrd && initramfs == NULL)
		prediction_judge(predict->out, STEP_INITRAMFS, PREDICT_UNKNOWN,
				 FIXER_NONE, "the initramfs was not read");
	else if (initramfs != NULL && initramfs->problem != NULL)
		prediction_judge(predict->out, STEP_INITRAMFS, PREDICT_UNKNOWN,
				 FIXER_INITRAMFS, "it could not be read to its end: %s",
				 initramfs->problem);
	else if (initramfs != NULL && initramfs->releases.count > 0 && release != NULL &&
		 !guest_words_has(&initramfs->releases, release))
		prediction_judge(predict->out, STEP_INITRAMFS, PREDICT_BROKEN,
				 FIXER_INITRAMFS,
				 "its modules are for %s, and the kernel is %s",
				 initramfs->releases.list[0], release);
}

static void judge_whole(struct predict *predict)
{
	const struct guest_initramfs *initramfs = predict->initramfs;

	if (initramfs == NULL) {
		prediction_judge(predict->out, STEP_INITRAMFS, PREDICT_HOLDS, FIXER_NONE,
				 "none, and the kernel itself has what %s needs",
				 predict->disk->name);
		return;
	}
	prediction_judge(predict->out, STEP_INITRAMFS, PREDICT_HOLDS, FIXER_NONE,
			 "%s has what %s needs", initramfs->path, predict->disk->name);
	prediction_add_evidence(predict->out, STEP_INITRAMFS, initramfs->path,
				"%zu modules", initramfs->modules.count);
}

void predict_initramfs(struct predict *predict)
{
	if (predict->kernel == NULL)
		return;
	judge_content(predict);
	if (predict->disk == NULL) {
		prediction_judge(predict->out, STEP_INITRAMFS, PREDICT_UNKNOWN,
				 FIXER_NONE, "what disk the machine has is not known");
		return;
	}
	/* what was not read to its end lacks nothing for certain */
	if (predict->out->links[STEP_INITRAMFS].verdict == PREDICT_UNKNOWN)
		return;
	judge_needs(predict);
	judge_whole(predict);
}

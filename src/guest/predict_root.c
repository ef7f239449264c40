/* SPDX-License-Identifier: GPL-2.0-or-later */
/* predict_root.c - the root that the kernel is told, and what fstab mounts. Sources: kernel-parameters
 * and init/do_mounts.c of Linux; systemd.mount(5), systemd-fstab-generator(8), systemd-remount-fs(8):
 * what is not marked nofail or noauto is waited for 90 s, and without it the emergency shell
 * follows; swap is only waited for. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/predict_links.h"
#include "guest/text.h"

static bool is_root(const struct predict_place *place)
{
	return place->volume != NULL && place->volume->folder != NULL &&
	       strcmp(place->volume->folder, "/") == 0;
}

/* What only a program of the initramfs can find. */
static bool needs_initramfs(const char *root)
{
	return text_starts(root, "UUID=") || text_starts(root, "LABEL=") ||
	       text_starts(root, "/dev/disk/") || text_starts(root, "/dev/mapper/");
}

static void judge_found(struct predict *predict, const struct predict_place *place)
{
	const char *root = predict->entry->root;

	if (!predict->has_initrd && needs_initramfs(root))
		prediction_judge(predict->out, STEP_ROOT, PREDICT_BROKEN,
				 FIXER_ROOT_ARGUMENT,
				 "root=%s is for an initramfs, and there is none", root);
	else if (!is_root(place))
		prediction_judge(predict->out, STEP_ROOT, PREDICT_BROKEN,
				 FIXER_ROOT_ARGUMENT,
				 "root=%s is not where the system lies", root);
	else
		prediction_judge(predict->out, STEP_ROOT, PREDICT_HOLDS, FIXER_NONE,
				 "root=%s is there", root);
}

void predict_root(struct predict *predict)
{
	const struct guest_entry *entry = predict->entry;
	autostr struct str why = STR_EMPTY;
	struct predict_place place = {0};

	if (entry == NULL)
		return;
	if (entry->root == NULL) {
		prediction_judge(predict->out, STEP_ROOT, PREDICT_UNKNOWN,
				 FIXER_ROOT_ARGUMENT, "the kernel is told no root");
		prediction_add_evidence(predict->out, STEP_ROOT, entry->source, "%s",
					entry->arguments != NULL ? entry->arguments : "");
		return;
	}
	switch (predict_find(predict, entry->root, &place, &why)) {
	case DEVICE_FOUND:
		judge_found(predict, &place);
		break;
	case DEVICE_GONE:
		prediction_judge(predict->out, STEP_ROOT, PREDICT_BROKEN,
				 FIXER_ROOT_ARGUMENT, "root=%s will not be there",
				 entry->root);
		break;
	case DEVICE_UNKNOWN:
		prediction_judge(
			predict->out, STEP_ROOT, PREDICT_UNKNOWN, FIXER_ROOT_ARGUMENT,
			"whether root=%s will be there cannot be told", entry->root);
		break;
	}
	if (why.length > 0)
		prediction_add_evidence(predict->out, STEP_ROOT, entry->source, "%s",
					why.bytes);
}

static bool has_option(const char *options, const char *wanted)
{
	const size_t length = strlen(wanted);
	const char *at = options;

	while (at != NULL) {
		if (strncmp(at, wanted, length) == 0 &&
		    (at[length] == ',' || at[length] == '\0'))
			return true;
		at = strchr(at, ',');
		at += at != NULL ? 1 : 0;
	}
	return false;
}

bool predict_is_free_mount(const struct guest_mount *mount)
{
	return has_option(mount->options, "nofail") ||
	       has_option(mount->options, "noauto") ||
	       has_option(mount->options, "bind") ||
	       has_option(mount->options, "x-systemd.automount") ||
	       (!text_starts(mount->device, "/dev/") &&
		strchr(mount->device, '=') == NULL);
}

static void add_line(struct predict *predict, const struct guest_mount *mount,
		     const struct str *why)
{
	prediction_add_evidence(predict->out, STEP_FSTAB, "/etc/fstab", "%s on %s%s%s",
				mount->device, mount->folder, why->length > 0 ? ": " : "",
				why->bytes);
}

/* A root that fstab names wrongly stays as the kernel has mounted it. */
static void judge_gone(struct predict *predict, const struct guest_mount *mount)
{
	const char *flag = predict->entry != NULL ? predict->entry->root_flag : NULL;
	const bool stays_read_only = flag == NULL || strcmp(flag, "ro") == 0;

	if (strcmp(mount->type, "swap") == 0)
		return;
	if (strcmp(mount->folder, "/") != 0)
		prediction_judge(predict->out, STEP_FSTAB, PREDICT_BROKEN, FIXER_FSTAB,
				 "%s for %s will not be there: after 90 s the emergency "
				 "shell follows",
				 mount->device, mount->folder);
	else if (stays_read_only)
		prediction_judge(predict->out, STEP_FSTAB, PREDICT_BROKEN, FIXER_FSTAB,
				 "%s for / will not be there: the root stays read-only",
				 mount->device);
}

static void judge_mount(struct predict *predict, const struct guest_mount *mount,
			bool *out_waits)
{
	autostr struct str why = STR_EMPTY;
	struct predict_place place = {0};

	if (predict_is_free_mount(mount))
		return;
	switch (predict_find(predict, mount->device, &place, &why)) {
	case DEVICE_FOUND:
		return;
	case DEVICE_GONE:
		judge_gone(predict, mount);
		*out_waits = *out_waits || strcmp(mount->type, "swap") == 0;
		break;
	case DEVICE_UNKNOWN:
		if (strcmp(mount->type, "swap") != 0)
			prediction_judge(predict->out, STEP_FSTAB, PREDICT_UNKNOWN,
					 FIXER_FSTAB,
					 "whether %s for %s will be there cannot be told",
					 mount->device, mount->folder);
		break;
	}
	add_line(predict, mount, &why);
}

void predict_fstab(struct predict *predict)
{
	const struct guest *guest = &predict->image->guest;
	bool waits = false;
	size_t i;

	for (i = 0; i < guest->mount_count; i++)
		judge_mount(predict, &guest->mounts[i], &waits);
	prediction_judge(predict->out, STEP_FSTAB, PREDICT_HOLDS,
			 waits ? FIXER_FSTAB : FIXER_NONE,
			 waits ? "what must be mounted is there; swap that is gone costs "
				 "90 s"
			       : "what must be mounted is there");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* predict.c - the order of the judges, and what they share: devices by their names, paths by the
 * file system that a loader sees, modules by what they need. */
#define _GNU_SOURCE
#include "guest/predict.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/own.h"
#include "guest/predict_links.h"
#include "guest/text.h"
#include "model/device.h"

enum { NEEDS_DEPTH_MOST = 16 };

/* The volume of a partition, the root's before others: several subvolumes lie on one. */
static const struct inspect_volume *volume_of(const struct inspection *image,
					      unsigned number)
{
	const struct inspect_volume *found = NULL;
	size_t i;

	for (i = 0; i < image->volume_count; i++) {
		const struct inspect_volume *volume = &image->volumes[i];

		if (volume->partition != number || volume->name != NULL ||
		    volume->folder == NULL)
			continue;
		if (found == NULL || strcmp(volume->folder, "/") == 0)
			found = volume;
	}
	return found;
}

struct predict_place predict_place_of(const struct predict *predict, unsigned number)
{
	const struct layout *layout = &predict->image->layout;
	struct predict_place place = {.volume = volume_of(predict->image, number)};
	size_t i;

	if (number == 0) {
		place.is_known = layout->partition_count == 0;
		return place;
	}
	for (i = 0; i < layout->partition_count; i++)
		if (layout->partitions[i].number == number)
			place.partition = &layout->partitions[i];
	place.is_known = place.partition != NULL;
	return place;
}

static bool holds_uuid(const struct layout_content *contents, size_t count,
		       const char *uuid)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (contents[i].uuid != NULL && strcasecmp(contents[i].uuid, uuid) == 0)
			return true;
	return false;
}

struct predict_place predict_place_uuid(const struct predict *predict, const char *uuid)
{
	const struct layout *layout = &predict->image->layout;
	size_t i;

	if (layout->partition_count == 0 &&
	    holds_uuid(layout->contents, layout->content_count, uuid))
		return predict_place_of(predict, 0);
	for (i = 0; i < layout->partition_count; i++)
		if (holds_uuid(layout->partitions[i].contents,
			       layout->partitions[i].content_count, uuid))
			return predict_place_of(predict, layout->partitions[i].number);
	return (struct predict_place){0};
}

/* Without the first name of it. Returns: NULL when there is only one */
static const char *behind_first(const char *path)
{
	return path[0] == '/' ? strchr(path + 1, '/') : NULL;
}

static char *try_path(const struct predict *predict, const char *folder, const char *path,
		      bool (*want)(const struct guest *guest, const char *path))
{
	struct str full = STR_EMPTY;

	str_addf(&full, "%s%s%s", strcmp(folder, "/") != 0 ? folder : "",
		 path[0] != '/' ? "/" : "", path);
	if (want(&predict->image->guest, full.bytes))
		return full.bytes;
	str_clear(&full);
	return NULL;
}

char *predict_path(const struct predict *predict, const struct predict_place *place,
		   const char *path,
		   bool (*want)(const struct guest *guest, const char *path))
{
	char *found;

	if (place->volume == NULL)
		return NULL;
	found = try_path(predict, place->volume->folder, path, want);
	/* GRUB begins at the top of a btrfs, where the root is a subvolume */
	if (found == NULL && place->volume->type != NULL &&
	    strcmp(place->volume->type, "btrfs") == 0 && behind_first(path) != NULL)
		found = try_path(predict, place->volume->folder, behind_first(path),
				 want);
	return found;
}

/* Whether something is on the disk whose inside was not looked at. */
static bool has_closed(const struct inspection *image)
{
	static const char *const types[] = {"crypto_LUKS", "LVM2_member",
					    "linux_raid_member"};
	const struct layout *layout = &image->layout;
	size_t i, k, t;

	for (i = 0; i < layout->partition_count; i++)
		for (k = 0; k < layout->partitions[i].content_count; k++)
			for (t = 0; t < sizeof(types) / sizeof(types[0]); t++)
				if (strcmp(layout->partitions[i].contents[k].type,
					   types[t]) == 0)
					return true;
	return false;
}

static enum predict_presence find_tagged(const struct predict *predict,
					 const char *device, struct predict_place *out)
{
	const struct layout *layout = &predict->image->layout;
	size_t i, k;

	for (i = 0; layout->partition_count == 0 && i < layout->content_count; i++)
		if (device_is_content(device, &layout->contents[i])) {
			*out = predict_place_of(predict, 0);
			return DEVICE_FOUND;
		}
	for (i = 0; i < layout->partition_count; i++) {
		const struct layout_partition *part = &layout->partitions[i];
		bool is_it = device_is_entry(device, part);

		for (k = 0; k < part->content_count; k++)
			is_it = is_it || device_is_content(device, &part->contents[k]);
		if (is_it) {
			*out = predict_place_of(predict, part->number);
			return DEVICE_FOUND;
		}
	}
	return has_closed(predict->image) ? DEVICE_UNKNOWN : DEVICE_GONE;
}

static enum predict_presence find_volume(const struct predict *predict,
					 const char *device, struct predict_place *out)
{
	const struct inspection *image = predict->image;
	size_t i;

	for (i = 0; i < image->volume_count; i++) {
		const struct inspect_volume *volume = &image->volumes[i];

		if (volume->name == NULL || !device_is_volume(device, volume->name))
			continue;
		*out = (struct predict_place){.volume = volume, .is_known = true};
		return DEVICE_FOUND;
	}
	return has_closed(image) || image->guest.crypt_names.count > 0 ? DEVICE_UNKNOWN
								       : DEVICE_GONE;
}

/* Another disk of the machine: what is on it is not known. */
static bool is_other_disk(const struct predict *predict, const char *name)
{
	size_t i;

	for (i = 0; i < predict->platform->disk_count; i++)
		if (!predict->platform->disks[i].is_boot &&
		    strcmp(predict->platform->disks[i].name, name) == 0)
			return true;
	return false;
}

/* A disk of PV without a table may be given to the guest as "xvda1": its name is the host's
 * matter. */
static bool is_free_name(const struct predict *predict, unsigned number)
{
	return predict->platform->firmware == PLATFORM_XEN_PV &&
	       predict->image->layout.partition_count == 0 && number == 1;
}

static enum predict_presence find_named(const struct predict *predict, const char *name,
					unsigned number, struct predict_place *out,
					struct str *why)
{
	const char *disk = predict->disk != NULL ? predict->disk->name : NULL;
	struct predict_place place = predict_place_of(predict, number);

	if (disk == NULL)
		return DEVICE_UNKNOWN;
	if (strcmp(name, disk) != 0) {
		str_addf(why, "the disk is called %s on this machine", disk);
		return is_other_disk(predict, name) ? DEVICE_UNKNOWN : DEVICE_GONE;
	}
	if (!place.is_known && is_free_name(predict, number)) {
		str_add(why, "the host says whether this disk is xvda or xvda1");
		return DEVICE_UNKNOWN;
	}
	if (!place.is_known) {
		str_addf(why, "%s has no partition %u", disk, number);
		return DEVICE_GONE;
	}
	*out = place;
	return DEVICE_FOUND;
}

enum predict_presence predict_find(const struct predict *predict, const char *device,
				   struct predict_place *out, struct str *why)
{
	enum predict_presence found;
	char disk[64];
	unsigned number;

	if (device_is_tagged(device)) {
		found = find_tagged(predict, device, out);
		if (found != DEVICE_FOUND)
			str_add(why, "nothing on the disk is called so");
		return found;
	}
	if (device_split(device, disk, sizeof(disk), &number))
		return find_named(predict, disk, number, out, why);
	if (!text_starts(device, "/dev/"))
		return DEVICE_UNKNOWN;
	found = find_volume(predict, device, out);
	if (found != DEVICE_FOUND)
		str_add(why, "no volume on the disk is called so");
	return found;
}

bool predict_has_argument(const struct guest_entry *entry, const char *wanted)
{
	autofree char *copy = entry != NULL ? str_copy(entry->arguments) : NULL;
	char *rest = copy;
	const char *word;

	while (copy != NULL && (word = text_next_word(&rest)) != NULL)
		if (strcmp(word, wanted) == 0)
			return true;
	return false;
}

/* @depth: how many modules asked for it; lists that run in a circle have an end */
static bool has_early(const struct predict *predict, const char *name, unsigned depth,
		      struct str *missing)
{
	const struct guest_module *module =
		guest_modules_find(&predict->kernel->modules, name);
	autofree char *needs = NULL;
	char *rest;
	const char *word;

	if (module != NULL && module->is_builtin)
		return true;
	if (predict->initramfs == NULL ||
	    !guest_words_has(&predict->initramfs->modules, name)) {
		str_add(missing, name);
		return false;
	}
	if (module == NULL || depth == NEEDS_DEPTH_MOST)
		return true;
	needs = str_copy(module->needs);
	for (rest = needs; (word = text_next_word(&rest)) != NULL;)
		if (!has_early(predict, word, depth + 1, missing))
			return false;
	return true;
}

bool predict_has_early(const struct predict *predict, const char *module,
		       struct str *missing)
{
	return has_early(predict, module, 0, missing);
}

void predict_modules(const struct guest_kernel *kernel,
		     const struct platform_driver *device, struct guest_words *out)
{
	if (device->modalias != NULL)
		guest_modules_for(&kernel->modules, device->modalias, out);
	/* before Linux 5.2 nothing tells what devices a built-in driver is for */
	if (out->count == 0 && device->name != NULL)
		guest_words_add(out, device->name, strlen(device->name));
}

bool predict_knows(const struct guest_kernel *kernel, const struct guest_words *modules)
{
	size_t i;

	for (i = 0; i < modules->count; i++)
		if (guest_modules_find(&kernel->modules, modules->list[i]) != NULL)
			return true;
	return false;
}

bool predict_is_judged(const struct platform_driver *device)
{
	static const char *const buses[] = {"pci:", "virtio:", "scsi:", "xen:", "vmbus:"};
	size_t i;

	for (i = 0; device->modalias != NULL && i < sizeof(buses) / sizeof(buses[0]); i++)
		if (text_starts(device->modalias, buses[i]))
			return true;
	return false;
}

static void judge_boot(struct predict *predict)
{
	predict_firmware(predict);
	predict_boot_blocks(predict);
	predict_loader(predict);
	predict_kernel(predict);
	predict_initramfs(predict);
	predict_root(predict);
	predict_fstab(predict);
}

/* Links that no judge came to hang on one that is broken before them. */
static void fill_rest(struct prediction *out)
{
	unsigned i;

	for (i = 0; i < STEP_COUNT; i++)
		if (out->links[i].says == NULL)
			prediction_judge(out, (enum prediction_step)i, PREDICT_UNKNOWN,
					 FIXER_NONE,
					 "not judged: it follows from what is "
					 "told above");
}

void predict_begin(struct predict *predict, const struct inspection *image,
		   const struct platform *platform)
{
	size_t i;

	*predict = (struct predict){.image = image, .platform = platform};
	for (i = 0; i < platform->disk_count && predict->disk == NULL; i++)
		if (platform->disks[i].is_boot)
			predict->disk = &platform->disks[i];
}

void guest_predict(const struct inspection *image, const struct platform *platform,
		   struct prediction *out)
{
	struct predict predict;

	predict_begin(&predict, image, platform);
	predict.out = out;
	out->image = str_copy(image->name);
	out->platform = str_copy(platform->name);
	if (image->has_guest)
		out->system = str_copy(image->guest.system.pretty_name);
	if (image->unseen != NULL || !image->has_guest) {
		prediction_judge(out, STEP_FIRMWARE, PREDICT_UNKNOWN, FIXER_NONE, "%s",
				 image->unseen != NULL
					 ? "the image could not be looked into"
					 : "no system was found in it");
		if (image->unseen != NULL)
			prediction_add_evidence(out, STEP_FIRMWARE, "image", "%s",
						image->unseen);
	} else {
		judge_boot(&predict);
		predict_reach(&predict);
		predict_login(&predict);
	}
	fill_rest(out);
}

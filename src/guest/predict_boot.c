/* SPDX-License-Identifier: GPL-2.0-or-later */
/* predict_boot.c - from the firmware to a loader's configuration: boot code and core.img, or what
 * the EFI system partition holds. Sources: GRUB's manual, "Images" and "Embedded configuration";
 * UEFI specification 3.5.1.1; the signed images' configuration of Debian (debian/build-efi-images of
 * grub2). */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/own.h"
#include "guest/predict_links.h"
#include "guest/text.h"

static const struct layout_partition *find_esp(const struct layout *layout)
{
	size_t i;

	for (i = 0; i < layout->partition_count; i++)
		if (layout->partitions[i].role == ROLE_ESP)
			return &layout->partitions[i];
	return NULL;
}

static bool has_boot_code(const struct layout *layout)
{
	return layout->boot.kind != BOOT_NONE && layout->boot.kind != BOOT_MKFS_FAT;
}

static bool is_xen(const struct platform *platform)
{
	return platform->firmware == PLATFORM_XEN_PV ||
	       platform->firmware == PLATFORM_XEN_PVH;
}

static void add_provider_steps(const struct predict *predict)
{
	static const char *const steps[PLATFORM_FIRMWARE_COUNT] = {
		[PLATFORM_BIOS] = "start it by BIOS (legacy) from this disk, and leave "
				  "rescue mode",
		[PLATFORM_UEFI] =
			"start it by UEFI from this disk, and leave rescue mode",
		[PLATFORM_XEN_PV] =
			"set its mode to PV, with a loader that reads the disk "
			"(pygrub, pv-grub)",
		[PLATFORM_XEN_PVH] = "set its mode to PVH, with a loader that reads the "
				     "disk (pygrub, PVH GRUB)",
	};
	const struct platform *platform = predict->platform;

	if (!is_xen(platform) && predict->disk != NULL &&
	    text_starts(predict->disk->name, "xvd"))
		prediction_add_provider(predict->out, "set its mode to HVM, not PV");
	prediction_add_provider(predict->out, steps[platform->firmware]);
}

static void firmware_bios(struct predict *predict)
{
	const struct layout *layout = &predict->image->layout;

	if (has_boot_code(layout)) {
		prediction_judge(
			predict->out, STEP_FIRMWARE, PREDICT_HOLDS, FIXER_NONE,
			"the machine starts by BIOS, and the disk has boot code");
	} else if (find_esp(layout) != NULL) {
		prediction_add_mismatch(
			predict->out, STEP_FIRMWARE, MISMATCH_FIRMWARE, FIXER_GRUB_BIOS,
			"the machine starts by BIOS, and the disk by UEFI alone");
		prediction_add_provider(predict->out,
					"or set its firmware to UEFI, if it can be");
	} else {
		prediction_judge(predict->out, STEP_FIRMWARE, PREDICT_BROKEN,
				 FIXER_GRUB_BIOS,
				 "the machine starts by BIOS, and the disk has no boot "
				 "code%s",
				 layout->kind == LAYOUT_NONE
					 ? " and no partition table: it was made for PV"
					 : "");
	}
	prediction_add_evidence(predict->out, STEP_FIRMWARE, "first sector",
				"boot code: %s", layout_boot_names[layout->boot.kind]);
}

static void firmware_uefi(struct predict *predict)
{
	const struct layout *layout = &predict->image->layout;
	const struct layout_partition *esp = find_esp(layout);

	if (esp != NULL) {
		prediction_judge(predict->out, STEP_FIRMWARE, PREDICT_HOLDS, FIXER_NONE,
				 "the machine starts by UEFI, and partition %u is an EFI "
				 "system partition",
				 esp->number);
		return;
	}
	if (has_boot_code(layout)) {
		prediction_add_mismatch(
			predict->out, STEP_FIRMWARE, MISMATCH_FIRMWARE, FIXER_GRUB_UEFI,
			"the machine starts by UEFI, and the disk by BIOS alone: it has "
			"no EFI system partition");
		prediction_add_provider(predict->out,
					"or set its firmware to BIOS, if it can be");
	} else {
		prediction_judge(predict->out, STEP_FIRMWARE, PREDICT_BROKEN,
				 FIXER_GRUB_UEFI,
				 "the machine starts by UEFI, and the disk has no EFI "
				 "system partition");
	}
	prediction_add_evidence(predict->out, STEP_FIRMWARE, "partition table",
				"%s, %zu partitions", layout_kind_names[layout->kind],
				layout->partition_count);
}

/* pygrub and pv-grub read the loader's configuration; they look at menu.lst first. */
static void firmware_xen(struct predict *predict)
{
	static const char *const kinds[] = {"grub-legacy", "grub2", "extlinux"};
	const struct guest *guest = &predict->image->guest;
	size_t k, i;

	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (i = 0; i < guest->loader_count && predict->loader == NULL; i++)
			if (strcmp(guest->loaders[i].kind, kinds[k]) == 0)
				predict->loader = &guest->loaders[i];
	if (predict->loader != NULL)
		prediction_judge(predict->out, STEP_FIRMWARE, PREDICT_HOLDS, FIXER_NONE,
				 "the host's loader reads %s", predict->loader->config);
	else
		prediction_judge(predict->out, STEP_FIRMWARE, PREDICT_BROKEN,
				 FIXER_LOADER,
				 "the host's loader finds no configuration to read");
}

void predict_firmware(struct predict *predict)
{
	add_provider_steps(predict);
	if (is_xen(predict->platform))
		firmware_xen(predict);
	else if (predict->platform->firmware == PLATFORM_UEFI)
		firmware_uefi(predict);
	else
		firmware_bios(predict);
}

/* The UUID that a small configuration looks for: "search.fs_uuid UUID root hd0,gpt1", or "search
 * --no-floppy --fs-uuid --set=root UUID". Returns: a text that the caller frees, or NULL */
static char *searched_uuid(const char *config)
{
	const char *at = config != NULL ? strstr(config, "fs_uuid ") : NULL;

	if (at == NULL && config != NULL)
		at = strstr(config, "--fs-uuid ");
	while (at != NULL) {
		at += strcspn(at, " \t\n");
		at += strspn(at, " \t");
		if (*at == '\0' || *at == '\n')
			return NULL;
		if (*at != '-')
			return strndup(at, strcspn(at, " \t\n'\""));
	}
	return NULL;
}

static bool is_search(const char *config)
{
	autofree char *uuid = searched_uuid(config);

	return uuid != NULL;
}

/* "set prefix=($root)'/boot/grub'", also without quotes. Returns: as above */
static char *set_prefix(const char *config)
{
	const char *at = config != NULL ? strstr(config, "prefix=(") : NULL;

	at = at != NULL ? strchr(at, ')') : NULL;
	if (at == NULL)
		return NULL;
	at += 1 + strspn(at + 1, "'\"");
	return strndup(at, strcspn(at, " \t\n'\";"));
}

static const struct guest_loader *loader_of(const struct guest *guest, const char *path)
{
	size_t i;

	for (i = 0; i < guest->loader_count; i++)
		if (strcmp(guest->loaders[i].config, path) == 0)
			return &guest->loaders[i];
	return NULL;
}

static bool is_config(const struct guest *guest, const char *path)
{
	return loader_of(guest, path) != NULL;
}

/* GRUB goes on at a place, with a folder of it as prefix. @source: what says so */
static void follow(struct predict *predict, const struct predict_place *place,
		   const char *prefix, const char *source, enum prediction_fixer fixer)
{
	autofree char *path = NULL;
	autostr struct str config = STR_EMPTY;

	str_addf(&config, "%s/grub.cfg", prefix);
	path = predict_path(predict, place, config.bytes, is_config);
	if (path == NULL) {
		prediction_judge(predict->out, STEP_BOOT_BLOCKS, PREDICT_BROKEN, fixer,
				 "GRUB goes on at %s, where no menu is", config.bytes);
		return;
	}
	predict->boot = *place;
	predict->loader = loader_of(&predict->image->guest, path);
	prediction_judge(predict->out, STEP_BOOT_BLOCKS, PREDICT_HOLDS, FIXER_NONE,
			 "%s leads to %s", source, path);
}

/* Follow commands that look for a file system. @prefix: where they name none */
static void follow_search(struct predict *predict, const char *commands,
			  const char *prefix, const char *source,
			  enum prediction_fixer fixer)
{
	autofree char *uuid = searched_uuid(commands);
	autofree char *folder = set_prefix(commands);
	struct predict_place place =
		predict_place_uuid(predict, uuid != NULL ? uuid : "");

	prediction_add_evidence(predict->out, STEP_BOOT_BLOCKS, source,
				"looks for the file system %s",
				uuid != NULL ? uuid : "(none)");
	if (!place.is_known)
		prediction_judge(predict->out, STEP_BOOT_BLOCKS, PREDICT_BROKEN, fixer,
				 "%s looks for a file system that is not on this disk",
				 source);
	else
		follow(predict, &place, folder != NULL ? folder : prefix, source, fixer);
}

/* "(hd0,msdos1)/boot/grub", "(,gpt2)/boot/grub": the drive that it was started from is hd0.
 * Returns: the number of the partition, 0 for a whole disk, -1: another disk, -2: not to be told */
static int prefix_partition(const char *prefix)
{
	const char *comma, *digits;

	if (prefix[0] != '(')
		return -2;
	if (text_starts(prefix, "(hd0)"))
		return 0;
	if (!text_starts(prefix, "(hd0,") && !text_starts(prefix, "(,"))
		return text_starts(prefix, "(hd") ? -1 : -2;
	comma = strchr(prefix, ',');
	digits = comma + 1 + strspn(comma + 1, "abcdefghijklmnopqrstuvwxyz");
	return (int)(strtoul(digits, NULL, 10) % 1000);
}

static void follow_prefix(struct predict *predict, const char *prefix)
{
	const int number = prefix_partition(prefix);
	struct predict_place place = {0};

	prediction_add_evidence(predict->out, STEP_BOOT_BLOCKS, "core.img", "prefix %s",
				prefix);
	if (number >= 0)
		place = predict_place_of(predict, (unsigned)number);
	if (number == -2)
		prediction_judge(predict->out, STEP_BOOT_BLOCKS, PREDICT_UNKNOWN,
				 FIXER_NONE, "core.img's prefix names no partition");
	else if (!place.is_known)
		prediction_judge(
			predict->out, STEP_BOOT_BLOCKS, PREDICT_BROKEN, FIXER_GRUB_BIOS,
			"core.img goes on at a place that this disk does not have");
	else
		follow(predict, &place, strchr(prefix, ')') + 1, "core.img",
		       FIXER_GRUB_BIOS);
}

static void judge_core(struct predict *predict, const struct layout_core *core)
{
	if (core == NULL || core->problem != NULL) {
		prediction_judge(
			predict->out, STEP_BOOT_BLOCKS, PREDICT_BROKEN, FIXER_GRUB_BIOS,
			"the boot code is GRUB's, and no whole core.img is where "
			"it leads");
		if (core != NULL)
			prediction_add_evidence(predict->out, STEP_BOOT_BLOCKS,
						"core.img", "%s", core->problem);
		return;
	}
	if (is_search(core->config))
		follow_search(predict, core->config, core->prefix, "core.img",
			      FIXER_GRUB_BIOS);
	else if (core->prefix != NULL && strchr(core->prefix, ')') != NULL)
		follow_prefix(predict, core->prefix);
	else
		prediction_judge(predict->out, STEP_BOOT_BLOCKS, PREDICT_UNKNOWN,
				 FIXER_NONE, "core.img does not say where it goes on");
}

static void judge_syslinux(struct predict *predict, const struct layout_partition *part)
{
	const struct guest *guest = &predict->image->guest;
	size_t i;

	for (i = 0; i < guest->loader_count && predict->loader == NULL; i++)
		if (strcmp(guest->loaders[i].kind, "extlinux") == 0)
			predict->loader = &guest->loaders[i];
	predict->boot = predict_place_of(predict, part->number);
	if (predict->loader == NULL)
		prediction_judge(predict->out, STEP_BOOT_BLOCKS, PREDICT_BROKEN,
				 FIXER_LOADER,
				 "partition %u starts extlinux, and it has no "
				 "configuration",
				 part->number);
	else
		prediction_judge(predict->out, STEP_BOOT_BLOCKS, PREDICT_HOLDS,
				 FIXER_NONE, "the active partition %u starts extlinux",
				 part->number);
}

/* Boot code that starts what begins the active partition. */
static void judge_active(struct predict *predict)
{
	const struct layout *layout = &predict->image->layout;
	const struct layout_partition *part = NULL;
	size_t i;

	for (i = 0; i < layout->partition_count && part == NULL; i++)
		if (layout->partitions[i].is_active)
			part = &layout->partitions[i];
	if (part == NULL) {
		prediction_judge(
			predict->out, STEP_BOOT_BLOCKS, PREDICT_BROKEN, FIXER_GRUB_BIOS,
			"the boot code starts the active partition, and none is");
		return;
	}
	prediction_add_evidence(predict->out, STEP_BOOT_BLOCKS, "first sector",
				"%s, which starts partition %u: %s",
				layout_boot_names[layout->boot.kind], part->number,
				layout_boot_names[part->boot.kind]);
	if (part->boot.kind == BOOT_EXTLINUX || part->boot.kind == BOOT_SYSLINUX)
		judge_syslinux(predict, part);
	else if (part->boot.kind == BOOT_GRUB2)
		judge_core(predict, part->boot.core);
	else
		prediction_judge(predict->out, STEP_BOOT_BLOCKS,
				 part->boot.kind == BOOT_NONE ||
						 part->boot.kind == BOOT_MKFS_FAT
					 ? PREDICT_BROKEN
					 : PREDICT_UNKNOWN,
				 FIXER_GRUB_BIOS,
				 "the active partition %u starts no loader that is known",
				 part->number);
}

static void boot_blocks_bios(struct predict *predict)
{
	const struct layout *layout = &predict->image->layout;

	switch (layout->boot.kind) {
	case BOOT_GRUB2:
		judge_core(predict, layout->boot.core);
		break;
	case BOOT_SYSLINUX_MBR:
	case BOOT_SYSLINUX_GPTMBR:
	case BOOT_PARTED:
	case BOOT_DOS:
	case BOOT_WINDOWS:
		judge_active(predict);
		break;
	case BOOT_NONE:
	case BOOT_MKFS_FAT:
		prediction_judge(predict->out, STEP_BOOT_BLOCKS, PREDICT_BROKEN,
				 FIXER_GRUB_BIOS, "the first sector has no boot code");
		break;
	case BOOT_UNKNOWN:
	case BOOT_GRUB_LEGACY:
	case BOOT_ISOLINUX:
	case BOOT_EXTLINUX:
	case BOOT_SYSLINUX:
	case BOOT_LILO:
	case BOOT_KIND_COUNT:
		prediction_judge(predict->out, STEP_BOOT_BLOCKS, PREDICT_UNKNOWN,
				 FIXER_GRUB_BIOS,
				 "boot code of the kind %s is not followed",
				 layout_boot_names[layout->boot.kind]);
		break;
	}
}

static const struct inspect_efi_config *efi_config(const struct inspection *image,
						   const char *folder)
{
	autostr struct str path = STR_EMPTY;
	size_t i;

	str_addf(&path, "%s/grub.cfg", folder);
	for (i = 0; i < image->efi_config_count; i++)
		if (strcasecmp(image->efi_configs[i].path, path.bytes) == 0)
			return &image->efi_configs[i];
	return NULL;
}

/* A whole menu on the ESP is read as the guest's. */
static void follow_menu(struct predict *predict, const char *path)
{
	autostr struct str full = STR_EMPTY;

	str_addf(&full, "/boot/efi%s", path);
	predict->loader = loader_of(&predict->image->guest, full.bytes);
	if (predict->loader != NULL)
		prediction_judge(predict->out, STEP_BOOT_BLOCKS, PREDICT_HOLDS,
				 FIXER_NONE, "GRUB's menu is %s", full.bytes);
	else
		prediction_judge(predict->out, STEP_BOOT_BLOCKS, PREDICT_UNKNOWN,
				 FIXER_NONE, "%s could not be followed", path);
}

/* GRUB reads grub.cfg in its prefix on the ESP. Some images look beside themselves in the end, where
 * the firmware has told them the path: under OVMF, Debian 13's was told none. */
static void judge_efi_grub(struct predict *predict, const struct layout_core *grub)
{
	const struct inspect_efi_config *config = NULL;
	autostr struct str source = STR_EMPTY;

	if (grub->prefix != NULL && grub->prefix[0] == '/')
		config = efi_config(predict->image, grub->prefix);
	if (config != NULL && is_search(config->text)) {
		str_addf(&source, "the ESP's %s", config->path);
		follow_search(predict, config->text, "/boot/grub", source.bytes,
			      FIXER_GRUB_UEFI);
	} else if (config != NULL) {
		follow_menu(predict, config->path);
	} else {
		prediction_judge(predict->out, STEP_BOOT_BLOCKS, PREDICT_BROKEN,
				 FIXER_GRUB_UEFI,
				 "GRUB at the fallback path finds no grub.cfg on the EFI "
				 "system partition");
		prediction_add_evidence(predict->out, STEP_BOOT_BLOCKS,
					"/EFI/BOOT/BOOTX64.EFI", "prefix %s",
					grub->prefix != NULL ? grub->prefix : "(none)");
	}
}

static void judge_efi_program(struct predict *predict,
			      const struct inspect_efi_file *file)
{
	if (file->is_shim) {
		file = inspection_find_efi_file(predict->image, "/EFI/BOOT/grubx64.efi");
		if (file == NULL) {
			prediction_judge(predict->out, STEP_BOOT_BLOCKS, PREDICT_UNKNOWN,
					 FIXER_GRUB_UEFI,
					 "shim is at the fallback path, and no GRUB "
					 "beside it");
			return;
		}
	} else {
		prediction_add_provider(predict->out,
					"leave Secure Boot off: the loader is not signed "
					"by a key of shim");
	}
	if (file->grub == NULL)
		prediction_judge(predict->out, STEP_BOOT_BLOCKS, PREDICT_UNKNOWN,
				 FIXER_GRUB_UEFI, "%s is no GRUB: it is not followed",
				 file->path);
	else if (is_search(file->grub->config))
		follow_search(predict, file->grub->config, "/boot/grub", file->path,
			      FIXER_GRUB_UEFI);
	else
		judge_efi_grub(predict, file->grub);
}

static void boot_blocks_uefi(struct predict *predict)
{
	static const struct {
		const char *architecture, *path;
	} names[] = {{"aarch64", "/EFI/BOOT/BOOTAA64.EFI"},
		     {"i686", "/EFI/BOOT/BOOTIA32.EFI"}};
	const char *machine = predict->platform->architecture;
	const char *path = "/EFI/BOOT/BOOTX64.EFI";
	const struct inspect_efi_file *file;
	size_t i;

	for (i = 0; machine != NULL && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(machine, names[i].architecture) == 0)
			path = names[i].path;
	file = inspection_find_efi_file(predict->image, path);
	if (file != NULL) {
		judge_efi_program(predict, file);
		return;
	}
	prediction_judge(predict->out, STEP_BOOT_BLOCKS, PREDICT_BROKEN, FIXER_GRUB_UEFI,
			 "no %s: this machine's firmware knows no other name", path);
	for (i = 0; i < predict->image->efi_file_count && i < 4; i++)
		prediction_add_evidence(predict->out, STEP_BOOT_BLOCKS,
					"EFI system partition", "holds %s",
					predict->image->efi_files[i].path);
}

void predict_boot_blocks(struct predict *predict)
{
	if (is_xen(predict->platform))
		prediction_judge(predict->out, STEP_BOOT_BLOCKS, PREDICT_HOLDS,
				 FIXER_NONE,
				 "none are needed: the host loads the kernel");
	else if (predict->platform->firmware == PLATFORM_UEFI)
		boot_blocks_uefi(predict);
	else
		boot_blocks_bios(predict);
}

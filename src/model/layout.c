/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "model/layout.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

const char *const layout_kind_names[LAYOUT_KIND_COUNT] = {"none", "mbr", "gpt", "hybrid"};

const char *const layout_role_names[ROLE_COUNT] = {
	[ROLE_DATA] = "data",
	[ROLE_ESP] = "esp",
	[ROLE_BIOS_BOOT] = "bios-boot",
	[ROLE_SWAP] = "swap",
	[ROLE_LVM] = "lvm",
	[ROLE_RAID] = "raid",
	[ROLE_EXTENDED] = "extended",
	[ROLE_PROTECTIVE] = "protective",
};

const char *const layout_boot_names[BOOT_KIND_COUNT] = {
	[BOOT_NONE] = "none",
	[BOOT_UNKNOWN] = "unknown",
	[BOOT_GRUB2] = "grub2",
	[BOOT_GRUB_LEGACY] = "grub-legacy",
	[BOOT_SYSLINUX_MBR] = "syslinux-mbr",
	[BOOT_SYSLINUX_GPTMBR] = "syslinux-gptmbr",
	[BOOT_ISOLINUX] = "isolinux",
	[BOOT_EXTLINUX] = "extlinux",
	[BOOT_SYSLINUX] = "syslinux",
	[BOOT_LILO] = "lilo",
	[BOOT_WINDOWS] = "windows",
	[BOOT_DOS] = "dos",
	[BOOT_MKFS_FAT] = "mkfs-fat",
	[BOOT_PARTED] = "parted",
};

const struct layout_fault_row layout_faults[FAULT_COUNT] = {
	[FAULT_OVERLAP] = {"overlap", LAYOUT_BROKEN},
	[FAULT_BEYOND_END] = {"beyond-end", LAYOUT_BROKEN},
	[FAULT_END_BEFORE_START] = {"end-before-start", LAYOUT_BROKEN},
	[FAULT_OUTSIDE_USABLE] = {"outside-usable", LAYOUT_WARN},
	[FAULT_DUPLICATE_ID] = {"duplicate-id", LAYOUT_WARN},
	[FAULT_TOO_MANY] = {"too-many", LAYOUT_WARN},
	[FAULT_GPT_PRIMARY] = {"gpt-primary", LAYOUT_BROKEN},
	[FAULT_GPT_BACKUP_MISSING] = {"gpt-backup-missing", LAYOUT_WARN},
	[FAULT_GPT_BACKUP_BAD] = {"gpt-backup-bad", LAYOUT_WARN},
	[FAULT_GPT_BACKUP_PLACE] = {"gpt-backup-not-at-end", LAYOUT_WARN},
	[FAULT_GPT_DIFFER] = {"gpt-differ", LAYOUT_WARN},
	[FAULT_GPT_UNREADABLE] = {"gpt-unreadable", LAYOUT_BROKEN},
	[FAULT_GPT_USABLE] = {"gpt-usable", LAYOUT_WARN},
	[FAULT_GPT_NO_PMBR] = {"gpt-no-protective-mbr", LAYOUT_WARN},
	[FAULT_PMBR_START] = {"protective-mbr-start", LAYOUT_WARN},
	[FAULT_PMBR_SIZE] = {"protective-mbr-size", LAYOUT_WARN},
	[FAULT_MBR_SEVERAL_ACTIVE] = {"several-active", LAYOUT_WARN},
	[FAULT_MBR_SEVERAL_EXTENDED] = {"several-extended", LAYOUT_WARN},
	[FAULT_CHAIN_LOOP] = {"chain-loop", LAYOUT_BROKEN},
	[FAULT_CHAIN_LONG] = {"chain-too-long", LAYOUT_BROKEN},
	[FAULT_CHAIN_OUTSIDE] = {"chain-outside", LAYOUT_BROKEN},
	[FAULT_CHAIN_BAD] = {"chain-bad", LAYOUT_BROKEN},
	[FAULT_SECTOR_SIZE] = {"sector-size", LAYOUT_BROKEN},
	[FAULT_SIZE_ODD] = {"size-odd", LAYOUT_NOTE},
	[FAULT_CONTENT_LONG] = {"content-too-long", LAYOUT_BROKEN},
	[FAULT_CONTENT_DAMAGED] = {"content-damaged", LAYOUT_WARN},
	[FAULT_UNREADABLE] = {"unreadable", LAYOUT_BROKEN},
};

void layout_add_fault(struct layout *layout, enum layout_fault_code code, const char *fmt,
		      ...)
{
	struct layout_fault *fault;
	va_list words;
	char *text = NULL;

	if (layout->fault_count == LAYOUT_FAULTS_MOST) {
		layout->fault_left_out++;
		return;
	}
	va_start(words, fmt);
	if (vasprintf(&text, fmt, words) < 0)
		text = NULL;
	va_end(words);
	layout->faults =
		mem_grow(layout->faults, layout->fault_count, sizeof(*layout->faults));
	fault = &layout->faults[layout->fault_count++];
	fault->code = code;
	fault->text = text != NULL ? text : str_copy(layout_faults[code].name);
}

enum layout_weight layout_worst(const struct layout *layout)
{
	enum layout_weight worst = LAYOUT_NOTE;
	size_t i;

	for (i = 0; i < layout->fault_count; i++)
		if (layout_faults[layout->faults[i].code].weight > worst)
			worst = layout_faults[layout->faults[i].code].weight;
	return worst;
}

const struct layout_partition *layout_partition_at(const struct layout *layout,
						   uint64_t offset_bytes)
{
	const struct layout_partition *part;
	size_t i;

	for (i = 0; i < layout->partition_count; i++) {
		part = &layout->partitions[i];
		if (part->role != ROLE_EXTENDED && offset_bytes >= part->start_bytes &&
		    offset_bytes - part->start_bytes < part->size_bytes)
			return part;
	}
	return NULL;
}

static void clear_contents(struct layout_content *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		free(list[i].type);
		free(list[i].usage);
		free(list[i].version);
		free(list[i].uuid);
		free(list[i].uuid_sub);
		free(list[i].label);
	}
	free(list);
}

void layout_core_free(struct layout_core *core)
{
	if (core == NULL)
		return;
	free(core->prefix);
	free(core->config);
	free(core->problem);
	free(core);
}

static void clear_partitions(struct layout_partition *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		free(list[i].name);
		clear_contents(list[i].contents, list[i].content_count);
		layout_core_free(list[i].boot.core);
	}
	free(list);
}

void layout_clear(struct layout *layout)
{
	size_t i;

	clear_partitions(layout->partitions, layout->partition_count);
	clear_partitions(layout->mbr, layout->mbr_count);
	clear_contents(layout->contents, layout->content_count);
	layout_core_free(layout->boot.core);
	layout_core_free(layout->bios_boot);
	free(layout->free);
	for (i = 0; i < layout->stale_count; i++)
		free(layout->stale[i].uuid);
	free(layout->stale);
	for (i = 0; i < layout->fault_count; i++)
		free(layout->faults[i].text);
	free(layout->faults);
	*layout = (struct layout){0};
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect.c - the parts of a screen; the guest's half is in inspect_guest.c. */
#include "report/inspect.h"

#include <inttypes.h>
#include <string.h>

#include "report/inspect_guest.h"
#include "report/text.h"

enum { FAULTS_SHOWN = 6, PARTITIONS_SHOWN = 32, VOLUMES_SHOWN = 16, EFI_FILES_SHOWN = 8 };

static void add_source(const struct inspection *inspection, struct str *out)
{
	autostr struct str line = STR_EMPTY;
	char size[REPORT_SIZE_ROOM];
	size_t i;

	str_addf(&line, "%s:", inspection->name);
	for (i = 0; i < inspection->layer_count; i++) {
		const struct inspect_layer *layer = &inspection->layers[i];

		str_addf(&line, "%s %s", i > 0 ? " of" : "", layer->name);
		if (layer->detail != NULL)
			str_addf(&line, " (%s)", layer->detail);
	}
	str_add(&line, inspection->layer_count > 0 ? "," : " raw,");
	if (inspection->expanded_bytes <= INT64_MAX)
		str_addf(&line, " %s", report_size(inspection->expanded_bytes, size));
	else
		str_add(&line, " of unknown length");
	if (inspection->expanded_bytes <= INT64_MAX && inspection->hole_bytes > 0 &&
	    inspection->hole_bytes <= inspection->expanded_bytes)
		str_addf(&line, ", %s of it data",
			 report_size(inspection->expanded_bytes - inspection->hole_bytes,
				     size));
	report_add_wrapped(out, line.bytes, 8, 0);
	if (inspection->published_sha256[0] != '\0')
		str_addf(out, "sha256  %s\n", inspection->published_sha256);
	if (inspection->published_sha512[0] != '\0')
		str_addf(out, "sha512  %.64s\n        %s\n", inspection->published_sha512,
			 inspection->published_sha512 + 64);
}

static void add_core(const char *where, const struct layout_core *core, struct str *line)
{
	if (core == NULL)
		return;
	str_addf(line, "; core.img%s", where);
	if (core->partition > 0)
		str_addf(line, " in partition %u", core->partition);
	report_add_value(line, ", prefix ", core->prefix);
	if (core->problem != NULL)
		str_addf(line, " (%s)", core->problem);
}

static void add_table(const struct layout *layout, struct str *out)
{
	autostr struct str line = STR_EMPTY;

	str_addf(&line, "Table   %s", layout_kind_names[layout->kind]);
	if (layout->id[0] != '\0')
		str_addf(&line, " %s", layout->id);
	str_addf(&line, ", sectors of %u (%s); boot code: %s", layout->sector_bytes,
		 layout->sector_source, layout_boot_names[layout->boot.kind]);
	add_core("", layout->boot.core, &line);
	add_core(" without a way to it", layout->bios_boot, &line);
	report_add_wrapped(out, line.bytes, 8, 0);
}

static void add_contents(const struct layout_content *contents, size_t count,
			 struct str *line)
{
	char size[REPORT_SIZE_ROOM];
	size_t i;

	if (count == 0)
		str_add(line, "-");
	for (i = 0; i < count; i++) {
		str_addf(line, "%s%s", i > 0 ? " or " : "", contents[i].type);
		report_add_value(line, " \"", contents[i].label);
		if (contents[i].label != NULL)
			str_add(line, "\"");
		if (contents[i].is_used_known)
			str_addf(line, ", %s used",
				 report_size(contents[i].used_bytes, size));
		if (contents[i].is_damaged)
			str_add(line, ", damaged");
	}
}

static const struct inspect_volume *volume_of(const struct inspection *inspection,
					      unsigned partition)
{
	size_t i;

	for (i = 0; i < inspection->volume_count; i++)
		if (inspection->volumes[i].partition == partition &&
		    inspection->volumes[i].name == NULL)
			return &inspection->volumes[i];
	return NULL;
}

static void add_folder(const struct inspect_volume *volume, struct str *line)
{
	if (volume != NULL)
		report_add_value(line, "  on ", volume->folder);
}

static void add_partition(const struct inspection *inspection,
			  const struct layout_partition *partition, struct str *out)
{
	const struct inspect_volume *volume = volume_of(inspection, partition->number);
	autostr struct str line = STR_EMPTY;
	char size[REPORT_SIZE_ROOM], start[REPORT_SIZE_ROOM];

	str_addf(&line, "%3u %c %10s %10s  %-10s ", partition->number,
		 partition->is_active ? '*' : ' ',
		 report_size(partition->start_bytes, start),
		 report_size(partition->size_bytes, size),
		 layout_role_names[partition->role]);
	str_add_bytes(out, line.bytes, line.length);
	line.length = 0;
	add_contents(partition->contents, partition->content_count, &line);
	add_folder(volume, &line);
	report_add_wrapped(out, line.bytes, 42, 41);
}

static void add_partitions(const struct inspection *inspection, struct str *out)
{
	const struct layout *layout = &inspection->layout;
	autostr struct str line = STR_EMPTY;
	size_t i;

	if (layout->partition_count > 0)
		str_add(out, "  #        start       size  role       holds\n");
	for (i = 0; i < layout->partition_count && i < PARTITIONS_SHOWN; i++)
		add_partition(inspection, &layout->partitions[i], out);
	report_add_more_line(out, layout->partition_count, PARTITIONS_SHOWN);
	if (layout->kind != LAYOUT_NONE)
		return;
	str_add(&line, "Holds   ");
	add_contents(layout->contents, layout->content_count, &line);
	add_folder(volume_of(inspection, 0), &line);
	report_add_wrapped(out, line.bytes, 8, 0);
}

static void add_faults(const struct layout *layout, struct str *out)
{
	static const char *const marks[] = {"note", "warning", "broken"};
	size_t i;

	for (i = 0; i < layout->fault_count && i < FAULTS_SHOWN; i++) {
		const struct layout_fault *fault = &layout->faults[i];
		autostr struct str line = STR_EMPTY;

		str_addf(&line, "%s: %s", marks[layout_faults[fault->code].weight],
			 fault->text);
		str_add(out, "  ");
		report_add_wrapped(out, line.bytes, 4, 2);
	}
	report_add_more_line(out, layout->fault_count, FAULTS_SHOWN);
	for (i = 0; i < layout->stale_count && i < FAULTS_SHOWN; i++) {
		autostr struct str line = STR_EMPTY;

		str_addf(&line, "left over: a signature of %s at byte %" PRIu64,
			 layout->stale[i].type, layout->stale[i].magic_bytes);
		str_add(out, "  ");
		report_add_wrapped(out, line.bytes, 4, 2);
	}
	report_add_more_line(out, layout->stale_count, FAULTS_SHOWN);
}

static void add_volume(const struct inspect_volume *volume, struct str *out)
{
	autostr struct str line = STR_EMPTY;

	if (volume->subvolume != NULL) {
		report_add_value(&line, "subvolume ", volume->subvolume);
		str_add(&line, " of ");
	}
	report_add_value(&line, "volume ", volume->name);
	if (volume->name != NULL)
		str_addf(&line, ", %s", volume->type);
	else if (volume->partition > 0)
		str_addf(&line, "partition %u", volume->partition);
	else
		str_add(&line, "the whole disk");
	report_add_value(&line, ", on ", volume->folder);
	if (volume->problem != NULL)
		str_addf(&line, ": not read: %s", volume->problem);
	if (volume->warning != NULL)
		str_addf(&line, ": %s", volume->warning);
	str_add(out, "  ");
	report_add_wrapped(out, line.bytes, 4, 2);
}

static void add_volumes(const struct inspection *inspection, struct str *out)
{
	size_t i, count = 0;

	for (i = 0; i < inspection->volume_count; i++) {
		const struct inspect_volume *volume = &inspection->volumes[i];

		if (volume->problem == NULL && volume->warning == NULL &&
		    volume->name == NULL && volume->subvolume == NULL)
			continue;
		if (count++ < VOLUMES_SHOWN)
			add_volume(volume, out);
	}
	report_add_more_line(out, count, VOLUMES_SHOWN);
}

static void add_efi(const struct inspection *inspection, struct str *out)
{
	autostr struct str line = STR_EMPTY;
	struct report_list list = {
		.out = &line, .separator = ", ", .most = EFI_FILES_SHOWN};
	size_t i;

	for (i = 0; i < inspection->efi_file_count; i++)
		report_list_add(&list, inspection->efi_files[i].path);
	if (inspection->efi_file_count == 0)
		return;
	report_add_more(&line, inspection->efi_file_count, EFI_FILES_SHOWN);
	str_add(out, "ESP     ");
	report_add_wrapped(out, line.bytes, 8, 8);
}

void report_write_inspection(const struct inspection *inspection, struct str *out)
{
	size_t i;

	add_source(inspection, out);
	if (inspection->unseen != NULL) {
		autostr struct str line = STR_EMPTY;

		str_addf(&line, "Not looked into: %s", inspection->unseen);
		report_add_wrapped(out, line.bytes, 2, 0);
		return;
	}
	add_table(&inspection->layout, out);
	add_partitions(inspection, out);
	add_volumes(inspection, out);
	add_faults(&inspection->layout, out);
	add_efi(inspection, out);
	if (inspection->has_guest)
		report_write_guest(&inspection->guest, out);
	else
		str_add(out, "No system was found.\n");
	if (inspection->cut != NULL)
		str_addf(out, "Cut: %s.\n", inspection->cut);
	for (i = 0; i < inspection->tree_count; i++) {
		report_add_clean(out, inspection->tree[i], strlen(inspection->tree[i]));
		str_add(out, "\n");
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/inspection.h"

#include <stdlib.h>
#include <strings.h>

#include "base/str.h"

bool inspection_is_partial(const struct inspection *inspection)
{
	size_t i;

	if (inspection->unseen != NULL || inspection->cut != NULL ||
	    inspection->guest.problem_count > 0)
		return true;
	for (i = 0; i < inspection->volume_count; i++)
		if (inspection->volumes[i].problem != NULL)
			return true;
	return false;
}

struct inspect_volume *inspection_add_volume(struct inspection *inspection)
{
	inspection->volumes = mem_grow(inspection->volumes, inspection->volume_count,
				       sizeof(*inspection->volumes));
	inspection->volumes[inspection->volume_count] = (struct inspect_volume){0};
	return &inspection->volumes[inspection->volume_count++];
}

void inspection_add_layer(struct inspection *inspection, const char *name,
			  const char *detail)
{
	inspection->layers = mem_grow(inspection->layers, inspection->layer_count,
				      sizeof(*inspection->layers));
	inspection->layers[inspection->layer_count++] = (struct inspect_layer){
		.name = str_copy(name),
		.detail = detail[0] != '\0' ? str_copy(detail) : NULL,
	};
}

void inspection_add_efi_file(struct inspection *inspection, const char *path,
			     uint64_t size_bytes)
{
	inspection->efi_files =
		mem_grow(inspection->efi_files, inspection->efi_file_count,
			 sizeof(*inspection->efi_files));
	inspection->efi_files[inspection->efi_file_count++] = (struct inspect_efi_file){
		.path = str_copy(path), .size_bytes = size_bytes};
}

const struct inspect_efi_file *inspection_find_efi_file(const struct inspection *image,
							const char *path)
{
	size_t i;

	for (i = 0; i < image->efi_file_count; i++)
		if (strcasecmp(image->efi_files[i].path, path) == 0)
			return &image->efi_files[i];
	return NULL;
}

void inspection_add_efi_config(struct inspection *inspection, const char *path,
			       char *text)
{
	inspection->efi_configs =
		mem_grow(inspection->efi_configs, inspection->efi_config_count,
			 sizeof(*inspection->efi_configs));
	inspection->efi_configs[inspection->efi_config_count++] =
		(struct inspect_efi_config){str_copy(path), text};
}

void inspection_add_path(struct inspection *inspection, const char *path)
{
	inspection->tree = mem_grow(inspection->tree, inspection->tree_count,
				    sizeof(*inspection->tree));
	inspection->tree[inspection->tree_count++] = str_copy(path);
}

static void volume_clear(struct inspect_volume *volume)
{
	free(volume->name);
	free(volume->subvolume);
	free(volume->type);
	free(volume->folder);
	free(volume->problem);
	free(volume->warning);
}

void inspection_clear(struct inspection *inspection)
{
	size_t i;

	for (i = 0; i < inspection->layer_count; i++) {
		free(inspection->layers[i].name);
		free(inspection->layers[i].detail);
	}
	for (i = 0; i < inspection->volume_count; i++)
		volume_clear(&inspection->volumes[i]);
	for (i = 0; i < inspection->efi_file_count; i++) {
		free(inspection->efi_files[i].path);
		layout_core_free(inspection->efi_files[i].grub);
	}
	for (i = 0; i < inspection->efi_config_count; i++) {
		free(inspection->efi_configs[i].path);
		free(inspection->efi_configs[i].text);
	}
	free(inspection->efi_configs);
	for (i = 0; i < inspection->tree_count; i++)
		free(inspection->tree[i]);
	free(inspection->layers);
	free(inspection->volumes);
	free(inspection->efi_files);
	free(inspection->tree);
	free(inspection->name);
	free(inspection->unseen);
	free(inspection->cut);
	layout_clear(&inspection->layout);
	guest_clear(&inspection->guest);
	*inspection = (struct inspection){0};
}

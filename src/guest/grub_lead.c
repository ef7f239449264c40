/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "guest/grub_lead.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/text.h"

static const struct guest_loader *find_menu(const struct guest *guest, const char *kind)
{
	size_t i;

	for (i = 0; i < guest->loader_count; i++)
		/* what lies on the ESP is led to, and leads nowhere */
		if (strcmp(guest->loaders[i].kind, kind) == 0 &&
		    !text_starts(guest->loaders[i].config, "/boot/efi/"))
			return &guest->loaders[i];
	return NULL;
}

/* Behind the folder: "/grub" of "/boot/grub" where "/boot" is mounted. Returns: NULL when it is not
 * below it */
static const char *behind(const char *path, const char *folder)
{
	const size_t length = strcmp(folder, "/") != 0 ? strlen(folder) : 0;

	return strncmp(path, folder, length) == 0 && path[length] == '/' ? path + length
									 : NULL;
}

/* The file system that a path of the guest lies on: the innermost of those that are mounted. */
static const struct inspect_volume *volume_of(const struct inspection *image,
					      const char *path)
{
	const struct inspect_volume *found = NULL;
	size_t i;

	for (i = 0; i < image->volume_count; i++) {
		const struct inspect_volume *volume = &image->volumes[i];

		if (volume->folder == NULL || behind(path, volume->folder) == NULL)
			continue;
		/* of a btrfs the one that was asked for comes after the whole */
		if (found == NULL || strlen(volume->folder) >= strlen(found->folder))
			found = volume;
	}
	return found;
}

static const char *uuid_in(const struct layout_content *contents, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (contents[i].uuid != NULL && contents[i].usage != NULL &&
		    strcmp(contents[i].usage, "filesystem") == 0)
			return contents[i].uuid;
	return NULL;
}

static const char *uuid_of(const struct inspection *image,
			   const struct inspect_volume *volume)
{
	const struct layout *layout = &image->layout;
	size_t i;

	if (volume->partition == 0)
		return uuid_in(layout->contents, layout->content_count);
	for (i = 0; i < layout->partition_count; i++)
		if (layout->partitions[i].number == volume->partition)
			return uuid_in(layout->partitions[i].contents,
				       layout->partitions[i].content_count);
	return NULL;
}

/* "subvol=/@home" of a mount's options. Returns: a path without "/" in front that the caller frees,
 * or NULL */
static char *subvolume_of(const struct guest *guest, const char *folder)
{
	const char *found;
	size_t i;

	for (i = 0; i < guest->mount_count; i++) {
		if (strcmp(guest->mounts[i].folder, folder) != 0 ||
		    guest->mounts[i].options == NULL)
			continue;
		found = strstr(guest->mounts[i].options, "subvol=");
		if (found == NULL)
			return NULL;
		found += strlen("subvol=");
		found += strspn(found, "/");
		return strndup(found, strcspn(found, ","));
	}
	return NULL;
}

/* The folder of the menu as GRUB sees it, which begins at the top of a btrfs. */
static char *folder_of(const struct inspection *image,
		       const struct inspect_volume *volume, const char *menu)
{
	const char *inside = behind(menu, volume->folder);
	autofree char *subvolume = NULL;
	struct str folder = STR_EMPTY;

	if (volume->type != NULL && strcmp(volume->type, "btrfs") == 0)
		subvolume = volume->subvolume != NULL
				    ? str_copy(volume->subvolume)
				    : subvolume_of(&image->guest, volume->folder);
	if (subvolume != NULL && subvolume[0] != '\0')
		str_addf(&folder, "/%s", subvolume);
	str_add_bytes(&folder, inside, (size_t)(strrchr(inside, '/') - inside));
	return folder.room > 0 ? folder.bytes : str_copy("");
}

/* What stands between quotes for GRUB, and is safe there. */
static bool is_plain(const char *text)
{
	return text[strcspn(text, "'\n")] == '\0';
}

bool grub_lead_find(const struct inspection *image, struct grub_lead *out,
		    const char **out_why)
{
	const struct guest_loader *menu = find_menu(&image->guest, "grub2");
	const bool is_legacy = menu == NULL;
	const struct inspect_volume *volume;

	if (menu == NULL)
		menu = find_menu(&image->guest, "grub-legacy");
	if (menu == NULL || menu->entry_count == 0) {
		*out_why = "the guest has no menu of GRUB with an entry that could be "
			   "led to: run update-grub in it, with the package grub2 "
			   "installed";
		return false;
	}
	volume = volume_of(image, menu->config);
	if (volume == NULL || volume->name != NULL || uuid_of(image, volume) == NULL ||
	    !is_plain(menu->config) ||
	    (volume->subvolume != NULL && !is_plain(volume->subvolume))) {
		*out_why =
			"GRUB's menu lies in a volume, not in a partition with a UUID: "
			"give /boot a partition of its own, or run grub-install in "
			"the guest";
		return false;
	}
	*out = (struct grub_lead){.uuid = uuid_of(image, volume),
				  .folder = folder_of(image, volume, menu->config),
				  .is_legacy = is_legacy,
				  .menu = menu->config};
	return true;
}

void grub_lead_write(const struct grub_lead *lead, bool is_early, struct str *out)
{
	if (is_early)
		/* "root" is the disk that the BIOS started from */
		str_addf(out, "search.fs_uuid %s root $root,\n", lead->uuid);
	else
		str_addf(out, "search.fs_uuid %s root\n", lead->uuid);
	str_addf(out, "set prefix=($root)'%s'\n", lead->folder);
	if (lead->is_legacy)
		str_add(out, "legacy_configfile $prefix/menu.lst\n");
	else if (!is_early)
		str_add(out, "configfile $prefix/grub.cfg\n");
	/* core.img goes on at $prefix/grub.cfg by itself */
}

void grub_lead_clear(struct grub_lead *lead)
{
	free(lead->folder);
	lead->folder = NULL;
}

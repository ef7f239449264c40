/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_grub_uefi.c - a firmware that knows nothing of this disk starts \EFI\BOOT\BOOTX64.EFI alone. The
 * guest's own shim and GRUB are copied there, which Secure Boot knows; where it has none, ours
 * (data/grub), whose prefix is that folder. GRUB then reads a small grub.cfg that looks for the file
 * system with the menu. Sources: UEFI specification 3.5.1.1; shim's README.fallback (without
 * fbx64.efi beside it, shim starts grubx64.efi); Debian's grub2, debian/build-efi-images: the prefix
 * of its images is /EFI/debian. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <strings.h>

#include "base/own.h"
#include "guest/fix_rows.h"
#include "guest/grub_lead.h"
#include "guest/predict.h"
#include "guest/text.h"
#include "sys/file.h"

#define FALLBACK_FOLDER "/EFI/BOOT"
#define FALLBACK	FALLBACK_FOLDER "/BOOTX64.EFI"
#define BESIDE		FALLBACK_FOLDER "/grubx64.efi"

enum { PROGRAM_MOST = 16 << 20, CONFIG_MOST = 4096 };

static bool detect(const struct fix *fix)
{
	const char *machine = fix->platform->architecture;

	return fix->platform->firmware == PLATFORM_UEFI && fix->image->has_guest &&
	       (machine == NULL || strcmp(machine, "x86_64") == 0);
}

/* As the prediction has it. @out_says: malloc'd, where it is broken and grub-uefi's to mend */
static bool is_broken(const struct fix *fix, const struct inspection *image,
		      enum prediction_step step, char **out_says)
{
	struct prediction prediction = {0};
	const struct prediction_link *link = &prediction.links[step];
	bool is_ours;

	guest_predict(image, fix->platform, &prediction);
	/* shim without a GRUB beside it is not followed, and starts nothing */
	is_ours = link->fixer == FIXER_GRUB_UEFI && link->verdict != PREDICT_HOLDS;
	*out_says = is_ours ? str_copy(link->says) : NULL;
	prediction_clear(&prediction);
	return is_ours;
}

/* Read a file of the ESP as edited so far. */
static bool read_esp(const struct fix *fix, const char *path, size_t most,
		     struct str *out)
{
	autostr struct str full = STR_EMPTY;

	if (fix->esp == NULL)
		return false;
	str_addf(&full, "%s%s", fix->esp_folder != NULL ? fix->esp_folder : "", path);
	return vfs_read(edit_vfs(fix->esp), full.bytes, most, out, NULL) == 0;
}

/* The folder of a file in /EFI/VENDOR. @name: "shimx64.efi". Returns: a path that the caller frees;
 * NULL: no vendor has one */
static char *vendor_of(const struct inspection *image, const char *name)
{
	size_t i;

	for (i = 0; i < image->efi_file_count; i++) {
		const char *path = image->efi_files[i].path;
		const char *last = strrchr(path, '/');

		if (last == NULL || strcasecmp(last + 1, name) != 0 ||
		    strncasecmp(path, FALLBACK_FOLDER "/", strlen(FALLBACK_FOLDER) + 1) ==
			    0)
			continue;
		return strndup(path, (size_t)(last - path));
	}
	return NULL;
}

static bool copy_file(struct fix *fix, const char *from, const char *to, const char *says)
{
	autostr struct str bytes = STR_EMPTY, what = STR_EMPTY;

	if (!read_esp(fix, from, PROGRAM_MOST, &bytes))
		return false;
	str_addf(&what, "a copy of %s", from);
	(void)fix_put_esp(fix, to, bytes.bytes, bytes.length, what.bytes, says);
	return true;
}

static bool is_shim(const struct inspect_efi_file *file)
{
	return file != NULL && file->is_shim;
}

/* Where a word of hexadecimal digits and "-" behind "fs_uuid" or "--fs-uuid" begins. */
static const char *find_uuid(const char *config, size_t *out_length)
{
	const char *at = strstr(config, "fs_uuid ");

	if (at == NULL)
		at = strstr(config, "--fs-uuid ");
	while (at != NULL) {
		at += strcspn(at, " \t\n");
		at += strspn(at, " \t");
		if (*at == '\0' || *at == '\n')
			return NULL;
		*out_length = strspn(at, "0123456789abcdefABCDEF-");
		if (*at != '-')
			return at;
	}
	return NULL;
}

/* Whether a GRUB comes to the menu: by what is embedded in it, or by a grub.cfg that we can write. */
static bool can_lead(const struct inspect_efi_file *file, const struct grub_lead *lead)
{
	const struct layout_core *grub = file != NULL ? file->grub : NULL;
	const char *uuid;
	size_t length = 0;

	if (grub == NULL)
		return false;
	uuid = grub->config != NULL ? find_uuid(grub->config, &length) : NULL;
	if (uuid != NULL)
		return strlen(lead->uuid) == length &&
		       strncasecmp(uuid, lead->uuid, length) == 0;
	return grub->prefix != NULL && grub->prefix[0] == '/';
}

/* The guest's own GRUB, with the shim beside it where there is one. Returns: the GRUB, or NULL */
static const struct inspect_efi_file *
copy_own(struct fix *fix, const struct grub_lead *lead, const char *says)
{
	autofree char *folder = vendor_of(fix->image, "grubx64.efi");
	autostr struct str grub = STR_EMPTY, shim = STR_EMPTY;
	const struct inspect_efi_file *file;
	bool has_shim = is_shim(inspection_find_efi_file(fix->image, FALLBACK)),
	     is_copied = true;

	if (folder == NULL)
		return NULL;
	str_addf(&grub, "%s/grubx64.efi", folder);
	str_addf(&shim, "%s/shimx64.efi", folder);
	file = inspection_find_efi_file(fix->image, grub.bytes);
	if (!can_lead(file, lead))
		return NULL;
	/* the shim last: without the GRUB beside it, it starts nothing */
	if (!has_shim && inspection_find_efi_file(fix->image, shim.bytes) != NULL)
		has_shim = is_copied = copy_file(fix, grub.bytes, BESIDE, says) &&
				       copy_file(fix, shim.bytes, FALLBACK, says);
	else
		is_copied =
			copy_file(fix, grub.bytes, has_shim ? BESIDE : FALLBACK, says);
	return is_copied ? file : NULL;
}

static bool place_ours(struct fix *fix, const char *says)
{
	autostr struct str path = STR_EMPTY, bytes = STR_EMPTY;
	struct error err = {0};
	char text[512];

	if (fix->wishes == NULL || fix->wishes->grub_folder == NULL) {
		fix_gap(fix, "ESP:" FALLBACK,
			"the guest's ESP has no GRUB to copy, and GRUB's images are not "
			"beside this program: install moult again, or the whole bundle");
		return false;
	}
	str_addf(&path, "%s/grubx64.efi", fix->wishes->grub_folder);
	if (sys_file_read(AT_FDCWD, path.bytes, PROGRAM_MOST, &bytes, &err) != 0) {
		fix_gap(fix, "ESP:" FALLBACK, error_text(&err, text, sizeof(text)));
		return false;
	}
	(void)fix_put_esp(
		fix,
		is_shim(inspection_find_efi_file(fix->image, FALLBACK)) ? BESIDE
									: FALLBACK,
		bytes.bytes, bytes.length,
		"GRUB, made for this place; it is not signed: leave Secure Boot off",
		says);
	return true;
}

/* Whether a small configuration goes on in the folder of the lead. */
static bool goes_there(const char *config, const struct grub_lead *lead)
{
	const char *at = strstr(config, "prefix=($root)");

	if (lead->is_legacy || at == NULL)
		return false;
	at += strlen("prefix=($root)");
	at += strspn(at, "'\"");
	return text_starts(at, lead->folder) &&
	       strchr("'\"\n; ", at[strlen(lead->folder)]) != NULL;
}

/* The text of the small grub.cfg: of one that is there and goes on in the right folder, the UUID alone
 * is another. */
static void make_config(const char *old, const struct grub_lead *lead, struct str *out)
{
	size_t length = 0;
	const char *uuid = find_uuid(old, &length);

	if (uuid == NULL || length == 0 || !goes_there(old, lead)) {
		grub_lead_write(lead, false, out);
		return;
	}
	str_add_bytes(out, old, (size_t)(uuid - old));
	str_add(out, lead->uuid);
	str_add(out, uuid + length);
}

static void put_config(struct fix *fix, const struct grub_lead *lead, const char *folder,
		       const char *says)
{
	autostr struct str path = STR_EMPTY, old = STR_EMPTY, text = STR_EMPTY,
			   what = STR_EMPTY;

	str_addf(&path, "%s/grub.cfg", folder);
	(void)read_esp(fix, path.bytes, CONFIG_MOST, &old);
	make_config(old.bytes, lead, &text);
	str_addf(&what, "leads to %s of the file system %s", lead->menu, lead->uuid);
	(void)fix_put_esp(fix, path.bytes, text.bytes, text.length, what.bytes, says);
}

/* The GRUB that a firmware comes to now. Returns: it, or NULL */
static const struct inspect_efi_file *present(const struct inspection *image)
{
	const struct inspect_efi_file *file = inspection_find_efi_file(image, FALLBACK);

	return is_shim(file) ? inspection_find_efi_file(image, BESIDE) : file;
}

/* A program of another kind is somebody's choice. */
static bool is_foreign(const struct inspection *image)
{
	const struct inspect_efi_file *file = inspection_find_efi_file(image, FALLBACK);

	return file != NULL && !file->is_shim && file->grub == NULL;
}

static void lead_there(struct fix *fix, const struct grub_lead *lead, const char *says)
{
	const struct inspect_efi_file *file = present(fix->image);
	const char *folder = FALLBACK_FOLDER;
	size_t length;

	if (!can_lead(file, lead))
		file = copy_own(fix, lead, says);
	if (file == NULL && !place_ours(fix, says))
		return;
	if (file != NULL && file->grub->config != NULL &&
	    find_uuid(file->grub->config, &length) != NULL)
		return; /* it leads there by itself */
	if (file != NULL)
		folder = file->grub->prefix;
	put_config(fix, lead, folder, says);
}

static void mend(struct fix *fix, const char *says)
{
	struct grub_lead lead = {0};
	const char *why = NULL;

	if (is_foreign(fix->image))
		fix_gap(fix, "ESP:" FALLBACK,
			"another loader than GRUB lies there, and is left: remove it if "
			"GRUB is to start");
	else if (!grub_lead_find(fix->image, &lead, &why))
		fix_gap(fix, "ESP:" FALLBACK, why);
	else
		lead_there(fix, &lead, says);
	grub_lead_clear(&lead);
}

static int plan(struct fix *fix, struct error *err)
{
	autofree char *firmware = NULL, *blocks = NULL;

	(void)err;
	if (is_broken(fix, fix->image, STEP_FIRMWARE, &firmware))
		fix_gap(fix, "partition table",
			"there is no EFI system partition: make one of 64 MiB or more "
			"(sgdisk -n 0:0:+64M -t 0:ef00, mkfs.vfat), or start it by BIOS");
	else if (is_broken(fix, fix->image, STEP_BOOT_BLOCKS, &blocks))
		mend(fix, blocks);
	return 0;
}

static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	autofree char *firmware = NULL, *blocks = NULL;

	if (!is_broken(fix, after, STEP_FIRMWARE, &firmware) &&
	    !is_broken(fix, after, STEP_BOOT_BLOCKS, &blocks))
		return true;
	str_add(why, firmware != NULL ? firmware : blocks);
	return false;
}

const struct fixer fixer_grub_uefi = {
	.name = "grub-uefi",
	.does = "places GRUB at the path of the EFI system partition that every firmware "
		"knows",
	.detect = detect,
	.plan = plan,
	.check = check,
};

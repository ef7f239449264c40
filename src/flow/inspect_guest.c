/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "flow/inspect_guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/grub.h"
#include "flow/inspect_parts.h"
#include "flow/inspect_subvolumes.h"
#include "guest/inspect.h"
#include "model/device.h"
#include "sys/signals.h"

enum {
	FSTAB_MOST = 1 << 20,
	PATH_MOST = 4096,
	DEPTH_MOST = 40,
	ENTRIES_MOST = 1000000,
	EFI_ENTRIES_MOST = 10000,
	EFI_FILE_MOST = 16 << 20,
	EFI_CONFIG_MOST = 4096,
	TREE_BYTES_MOST = 128 << 20
};

/* A root has a system's description, or the folders that every system has. */
static bool is_root(struct vfs *vfs)
{
	return vfs_exists(vfs, "/etc/os-release") || vfs_exists(vfs, "/etc/fstab") ||
	       (vfs_exists(vfs, "/etc") && vfs_exists(vfs, "/sbin") &&
		vfs_exists(vfs, "/usr"));
}

static bool is_btrfs(const struct part *part)
{
	return part->vfs != NULL && strcmp(vfs_type(part->vfs), "btrfs") == 0;
}

/* Where the default subvolume is the top of all, as Debian and Ubuntu leave it, the loader's
 * "subvol=" chooses the root. */
static bool choose_subvolume(struct part *part, struct inspection *out)
{
	char **name = &out->volumes[part->volume].subvolume;
	struct vfs *root;

	if (!is_btrfs(part) || !subvolume_find_root(part->vfs, is_root, &root, name))
		return false;
	vfs_close(part->vfs);
	part->vfs = root;
	part->opened = root;
	return true;
}

static struct part *find_root(struct parts *parts, struct inspection *out)
{
	size_t i;

	for (i = 0; i < parts->count; i++)
		if (parts->list[i].vfs != NULL && is_root(parts->list[i].vfs))
			return &parts->list[i];
	for (i = 0; i < parts->count; i++)
		if (choose_subvolume(&parts->list[i], out))
			return &parts->list[i];
	return NULL;
}

/* "/dev/xvda2", "/dev/nvme0n1p2": on another machine the name of the disk may be another, the number
 * of the partition is not. */
static bool is_numbered(const char *device, unsigned number)
{
	const char *end = device + strlen(device), *digits = end;

	if (strncmp(device, "/dev/", 5) != 0 || strncmp(device, "/dev/mapper/", 12) == 0)
		return false;
	while (digits > device && digits[-1] >= '0' && digits[-1] <= '9')
		digits--;
	return digits < end && strtoul(digits, NULL, 10) == number;
}

static bool is_named(const struct part *part, const char *device)
{
	const struct layout_partition *partition = part->partition;

	if (device_is_content(device, part->content))
		return true;
	if (part->name != NULL)
		return device_is_volume(device, part->name);
	return partition != NULL && (device_is_entry(device, partition) ||
				     is_numbered(device, partition->number));
}

static void set_folder(struct inspection *out, const struct part *part,
		       const char *folder)
{
	struct inspect_volume *volume = &out->volumes[part->volume];

	if (volume->folder == NULL)
		volume->folder = str_copy(folder);
}

/* A subvolume is a volume of its own, beside the one that the part was opened as. */
static void attach_subvolume(struct part *part, struct part *root, const char *name,
			     const char *folder, struct inspection *out)
{
	struct inspect_volume *volume = inspection_add_volume(out);
	struct error err = {0};
	struct vfs *other = NULL;
	char text[512];

	volume->partition = part->partition != NULL ? part->partition->number : 0;
	volume->name = str_copy(part->name);
	volume->subvolume = str_copy(name);
	volume->type = str_copy(part->content->type);
	volume->folder = str_copy(folder);
	if (vfs_open_subvolume(part->vfs, name, &other, &err) != 0)
		volume->problem = str_copy(error_text(&err, text, sizeof(text)));
	else if (vfs_attach(root->vfs, folder, other, NULL) != 0)
		vfs_close(other); /* a folder that is made when it is needed */
}

/* One line of fstab: the file system that it names goes where it says. */
static void attach(struct parts *parts, struct part *root, const char *device,
		   const char *folder, const char *options, struct inspection *out)
{
	autofree char *subvolume = subvolume_of_options(options);
	size_t i;

	for (i = 0; i < parts->count; i++) {
		struct part *part = &parts->list[i];

		if (!is_named(part, device))
			continue;
		if (subvolume != NULL && is_btrfs(part)) {
			attach_subvolume(part, root, subvolume, folder, out);
			return;
		}
		if (part == root)
			continue;
		set_folder(out, part, folder);
		if (part->vfs != NULL &&
		    vfs_attach(root->vfs, folder, part->vfs, NULL) == 0)
			part->vfs = NULL; /* the root's now */
		return;
	}
}

/* The reader of the guest reads fstab again, in full: here only devices and folders matter, and
 * folders are attached from the outside in, as the lines stand. */
static void attach_all(struct parts *parts, struct part *root, struct inspection *out)
{
	autostr struct str text = STR_EMPTY;
	char *line, *place = NULL;

	set_folder(out, root, "/");
	if (vfs_read(root->vfs, "/etc/fstab", FSTAB_MOST, &text, NULL) != 0 ||
	    text.length == 0)
		return;
	for (line = strtok_r(text.bytes, "\n", &place); line != NULL;
	     line = strtok_r(NULL, "\n", &place)) {
		char *words = NULL;
		const char *device = strtok_r(line, " \t", &words);
		const char *folder = strtok_r(NULL, " \t", &words);

		(void)strtok_r(NULL, " \t", &words); /* the type */
		if (device != NULL && device[0] != '#' && folder != NULL &&
		    folder[0] == '/' && folder[1] != '\0')
			attach(parts, root, device, folder, strtok_r(NULL, " \t", &words),
			       out);
	}
}

/* A walk over a tree, depth first. */
struct walk {
	struct vfs *vfs;
	struct inspection *out;
	char path[PATH_MOST];
	unsigned depth;
	const char *suffix;	 /* of the files that are EFI programs; NULL: all paths */
	uint64_t entries, bytes; /* that were seen; bytes of paths that were kept */
	bool is_cut;
};

static void walk_folder(struct walk *walk);

static bool is_too_much(const struct walk *walk, const struct vfs_entry *entry)
{
	return sys_signals_came() != 0 ||
	       walk->entries > (walk->suffix == NULL ? ENTRIES_MOST : EFI_ENTRIES_MOST) ||
	       walk->bytes > TREE_BYTES_MOST ||
	       (entry->kind == VFS_FOLDER && walk->depth >= DEPTH_MOST);
}

static bool has_suffix(const char *path, const char *suffix)
{
	const size_t length = strlen(path), end = strlen(suffix);

	return length > end && strcasecmp(path + length - end, suffix) == 0;
}

static void take_path(struct walk *walk, const struct vfs_entry *entry)
{
	struct vfs_stat info;

	if (walk->suffix == NULL)
		inspection_add_path(walk->out, walk->path);
	else if (entry->kind == VFS_FILE && has_suffix(walk->path, walk->suffix) &&
		 vfs_stat(walk->vfs, walk->path, false, &info, NULL) == 0)
		inspection_add_efi_file(walk->out, walk->path, info.size_bytes);
	else if (entry->kind == VFS_FILE && has_suffix(walk->path, "/grub.cfg"))
		inspection_add_efi_config(walk->out, walk->path, NULL);
}

/* Two names for one folder in each of many folders make a tree without end: what is too much ends
 * the walk, and is said. */
static int visit(const struct vfs_entry *entry, void *data)
{
	struct walk *walk = data;
	const size_t length = strlen(walk->path);
	const int added = snprintf(walk->path + length, sizeof(walk->path) - length,
				   "/%s", entry->name);

	walk->entries++;
	walk->bytes += strlen(walk->path) + 1;
	walk->is_cut = walk->is_cut || is_too_much(walk, entry) ||
		       (size_t)added >= sizeof(walk->path) - length;
	if (!walk->is_cut) {
		take_path(walk, entry);
		if (entry->kind == VFS_FOLDER)
			walk_folder(walk);
	}
	walk->path[length] = '\0';
	return walk->is_cut;
}

static void walk_folder(struct walk *walk)
{
	walk->depth++;
	/* a folder that cannot be read ends nothing */
	(void)!vfs_list(walk->vfs, walk->path[0] != '\0' ? walk->path : "/", visit, walk,
			NULL);
	walk->depth--;
}

static void walk_all(struct vfs *vfs, const char *suffix, struct inspection *out)
{
	autofree struct walk *walk = mem_zero(1, sizeof(*walk));

	walk->vfs = vfs;
	walk->out = out;
	walk->suffix = suffix;
	walk_folder(walk);
	if (walk->is_cut && out->cut == NULL)
		out->cut = str_copy(suffix == NULL ? "the tree is too large, or too deep"
						   : "the EFI system partition holds too "
						     "much, or is too deep");
}

/* What the firmware starts by itself, and what that starts beside it. */
static void read_efi_file(struct vfs *vfs, struct inspect_efi_file *file)
{
	static const char folder[] = "/EFI/BOOT/";
	autostr struct str bytes = STR_EMPTY;

	if (strncasecmp(file->path, folder, strlen(folder)) != 0 ||
	    vfs_read(vfs, file->path, EFI_FILE_MOST, &bytes, NULL) != 0)
		return;
	file->is_shim = memmem(bytes.bytes, bytes.length, "UEFI shim", 9) != NULL;
	/* shim carries no modules of GRUB */
	(void)grub_read_efi((const unsigned char *)bytes.bytes, bytes.length,
			    &file->grub);
}

static void read_efi_config(struct vfs *vfs, struct inspect_efi_config *config)
{
	struct str text = STR_EMPTY;

	if (vfs_read(vfs, config->path, EFI_CONFIG_MOST, &text, NULL) == 0)
		config->text = text.room > 0 ? text.bytes : str_copy("");
}

bool inspect_is_esp(const struct part *part)
{
	return part->opened != NULL && part->partition != NULL &&
	       part->partition->role == ROLE_ESP;
}

void inspect_esp(struct vfs *vfs, struct inspection *out)
{
	size_t files = out->efi_file_count, configs = out->efi_config_count;

	walk_all(vfs, ".efi", out);
	for (; files < out->efi_file_count; files++)
		read_efi_file(vfs, &out->efi_files[files]);
	for (; configs < out->efi_config_count; configs++)
		read_efi_config(vfs, &out->efi_configs[configs]);
}

void inspect_system_open(struct inspect_system *system, struct blocks *disk,
			 struct inspection *out)
{
	size_t i;

	parts_open(&system->parts, disk, out);
	for (i = 0; i < system->parts.count; i++)
		if (inspect_is_esp(&system->parts.list[i]))
			inspect_esp(system->parts.list[i].opened, out);
	system->root = find_root(&system->parts, out);
	if (system->root != NULL)
		attach_all(&system->parts, system->root, out);
}

void inspect_system_read(const struct inspect_system *system, struct vfs *root,
			 struct inspection *out)
{
	struct inspect_volume *volume = &out->volumes[system->root->volume];
	struct error err = {0};
	char text[512];

	if (guest_inspect(root, &out->guest, &err) == 0)
		out->has_guest = true;
	else if (volume->problem == NULL)
		volume->problem = str_copy(error_text(&err, text, sizeof(text)));
}

void inspect_system_close(struct inspect_system *system)
{
	parts_close(&system->parts);
	*system = (struct inspect_system){0};
}

void flow_inspect_guest(struct blocks *disk, bool want_tree, struct inspection *out)
{
	struct inspect_system system = {0};

	inspect_system_open(&system, disk, out);
	if (system.root != NULL) {
		inspect_system_read(&system, system.root->vfs, out);
		if (want_tree)
			walk_all(system.root->vfs, NULL, out);
	}
	inspect_system_close(&system);
}

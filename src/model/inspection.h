/* SPDX-License-Identifier: GPL-2.0-or-later */
/** inspection.h - what is in an image or on a disk: plain facts, from the outside in. */
#ifndef MODEL_INSPECTION_H
#define MODEL_INSPECTION_H

#include "model/guest.h"
#include "model/layout.h"

/** A layer around the disk's bytes. */
struct inspect_layer {
	char *name;   /* "http", "xz", "qcow2" */
	char *detail; /* NULL: nothing more to tell */
};

/** A file of an EFI system partition. */
struct inspect_efi_file {
	char *path; /* "/EFI/BOOT/BOOTX64.EFI" */
	uint64_t size_bytes;
	struct layout_core *grub; /* what is embedded, where it is GRUB; NULL: another */
	bool is_shim;		  /* starts grubx64.efi beside it */
};

/** A grub.cfg of an EFI system partition. */
struct inspect_efi_config {
	char *path; /* "/EFI/debian/grub.cfg" */
	char *text; /* NULL: longer than one that only leads to another */
};

/** A place whose files were to be read. */
struct inspect_volume {
	unsigned partition; /* number; 0: the whole disk */
	char *name;	    /* of a logical volume, "vg/root"; NULL: a partition */
	char *subvolume;    /* of a btrfs, that was asked for; NULL: its default one */
	char *type;	    /* of its file system */
	char *folder;  /* where the guest mounts it; "/" is its root; NULL: nowhere */
	char *problem; /* why it was not read; NULL: it was */
	char *warning; /* what a reader must know of it; NULL: nothing */
};

/** All of it. Start zeroed. */
struct inspection {
	char *name; /* as it was asked for */
	struct inspect_layer *layers;
	size_t layer_count;
	bool can_seek;
	uint64_t published_bytes, expanded_bytes; /* UINT64_MAX: not known */
	uint64_t hole_bytes; /* of the expanded ones; UINT64_MAX: not known */
	char published_sha256[65], published_sha512[129],
		expanded_sha256[65]; /* "": none */
	char *unseen;		     /* why it could not be looked into; NULL: it was */
	struct layout layout;	     /* valid when it was looked into */
	struct inspect_volume *volumes;
	size_t volume_count;
	struct inspect_efi_file *efi_files;
	size_t efi_file_count;
	struct inspect_efi_config *efi_configs;
	size_t efi_config_count;
	bool has_guest;
	struct guest guest;
	uint64_t read_bytes, read_calls; /* of the expanded bytes */
	char *cut;   /* which list is not whole, and why; NULL: all are */
	char **tree; /* paths, when they were asked for */
	size_t tree_count;
};

/** Whether something that was looked for could not be read. */
bool inspection_is_partial(const struct inspection *inspection);

/** Add a volume; start with it zeroed. Returns: it, valid until the next is added */
struct inspect_volume *inspection_add_volume(struct inspection *inspection);

/** Add a layer; texts are copied. @detail: may be "" */
void inspection_add_layer(struct inspection *inspection, const char *name,
			  const char *detail);

/** Add a file of the EFI system partition; the text is copied. */
void inspection_add_efi_file(struct inspection *inspection, const char *path,
			     uint64_t size_bytes);

/** A file of the EFI system partition, whose names know no case. Returns: it, or NULL */
const struct inspect_efi_file *inspection_find_efi_file(const struct inspection *image,
							const char *path);

/** Add a grub.cfg of the EFI system partition; the path is copied, the text taken over. */
void inspection_add_efi_config(struct inspection *inspection, const char *path,
			       char *text);

/** Add a path of the guest to the tree; the text is copied. */
void inspection_add_path(struct inspection *inspection, const char *path);

/** Give the memory back. */
void inspection_clear(struct inspection *inspection);

#endif

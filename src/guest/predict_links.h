/* SPDX-License-Identifier: GPL-2.0-or-later */
/** predict_links.h - what the judges of single links share; a later one knows what earlier ones
 * found. Only predict.c calls the judges. */
#ifndef GUEST_PREDICT_LINKS_H
#define GUEST_PREDICT_LINKS_H

#include <stdbool.h>

#include "base/str.h"
#include "guest/predict.h"

/** A place on the disk. */
struct predict_place {
	const struct layout_partition *partition; /* NULL: the whole disk, or a volume */
	const struct inspect_volume *volume;	  /* that is open there; NULL: none */
	bool is_known;
};

/** A prediction under way. */
struct predict {
	const struct inspection *image;
	const struct platform *platform;
	struct prediction *out;
	struct predict_place boot;	   /* where the boot blocks lead to */
	const struct guest_loader *loader; /* these: NULL when they were not found */
	const struct guest_entry *entry;   /* that it starts */
	const struct guest_kernel *kernel;
	const struct guest_initramfs *initramfs; /* NULL: none, or not read */
	bool has_initrd; /* the entry names an initramfs, and it is there */
	const struct platform_disk
		*disk; /* the way in which the boot disk shows itself */
};

/** Whether a device is there. */
enum predict_presence { DEVICE_FOUND, DEVICE_GONE, DEVICE_UNKNOWN };

/** Begin with the disk that the machine starts from: the first way in which it shows itself. */
void predict_begin(struct predict *predict, const struct inspection *image,
		   const struct platform *platform);

/** Whether nothing waits for a mount, or it is of no device. */
bool predict_is_free_mount(const struct guest_mount *mount);

/** Look for a device on the disk, as the machine will name it.
 *
 * @device: as fstab or root= has it
 * @out:    set when it is found
 * @why:    what was compared is added, when it is not found
 */
enum predict_presence predict_find(const struct predict *predict, const char *device,
				   struct predict_place *out, struct str *why);

/** The place of a partition. @number: as the kernel counts; 0: the whole disk */
struct predict_place predict_place_of(const struct predict *predict, unsigned number);

/** The place of the file system with a UUID. */
struct predict_place predict_place_uuid(const struct predict *predict, const char *uuid);

/** The guest's path of a path that a loader uses on a file system.
 *
 * @want:   whether the guest has it
 * Returns: a path that the caller frees; NULL: none is wanted
 */
char *predict_path(const struct predict *predict, const struct predict_place *place,
		   const char *path,
		   bool (*want)(const struct guest *guest, const char *path));

/** Whether a word stands among the arguments of the kernel. @entry: may be NULL */
bool predict_has_argument(const struct guest_entry *entry, const char *wanted);

/** Whether the kernel itself has a driver, or the initramfs has it with all that it needs.
 *
 * @missing: a module that is not there is added; "" when all are
 */
bool predict_has_early(const struct predict *predict, const char *module,
		       struct str *missing);

/** Which modules are for a device. @out: added; the one that drives it now when the kernel's
 * lists tell nothing */
void predict_modules(const struct guest_kernel *kernel,
		     const struct platform_driver *device, struct guest_words *out);

/** Whether the kernel has one of the modules at all, as a file or built in. */
bool predict_knows(const struct guest_kernel *kernel, const struct guest_words *modules);

/** Whether a device needs a module that can be told: others are a part of the machine. */
bool predict_is_judged(const struct platform_driver *device);

/** The system that the image holds begins by the machine's firmware. */
void predict_firmware(struct predict *predict);

/** The boot blocks lead to a loader's configuration. */
void predict_boot_blocks(struct predict *predict);

/** The configuration names a kernel and an initramfs that are there. */
void predict_loader(struct predict *predict);

/** The kernel runs on this machine. */
void predict_kernel(struct predict *predict);

/** The initramfs has the drivers of the boot disk. */
void predict_initramfs(struct predict *predict);

/** The root is where the kernel is told. */
void predict_root(struct predict *predict);

/** What fstab mounts is there. */
void predict_fstab(struct predict *predict);

/** Network: driver, configuration, addresses, cloud-init. */
void predict_reach(struct predict *predict);

/** The ways in: ssh, console. */
void predict_login(struct predict *predict);

#endif

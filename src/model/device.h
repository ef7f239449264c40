/* SPDX-License-Identifier: GPL-2.0-or-later */
/** device.h - how fstab, the kernel's root= and others name a device: pure functions of texts. */
#ifndef MODEL_DEVICE_H
#define MODEL_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "model/layout.h"

/** Whether a device is named by what lies in it: "UUID=", "LABEL=" or /dev/disk/by-*, also with
 * quotes. */
bool device_is_content(const char *device, const struct layout_content *content);

/** Whether a device is named by its partition's entry: "PARTUUID=", "PARTLABEL=" or the like. */
bool device_is_entry(const char *device, const struct layout_partition *partition);

/** Whether a device is a logical volume: "/dev/group/root", or "/dev/mapper/group-root", where
 * "-" in a name stands twice.
 *
 * @name: "group/root"
 */
bool device_is_volume(const char *device, const char *name);

/** Add the name that the device mapper gives a logical volume. @name: "group/root" */
void device_add_mapped(struct str *out, const char *name);

/** Whether a device is named by something that is looked for, and not by its place. */
bool device_is_tagged(const char *device);

/** Split a kernel's name: "/dev/xvda2" is "xvda" and 2, "/dev/nvme0n1p3" is "nvme0n1" and 3,
 * "/dev/vda" has number 0.
 *
 * @size:   room in @out_disk, bytes
 * Returns: whether it is such a name; else both are untouched
 */
bool device_split(const char *device, char *out_disk, size_t size, unsigned *out_number);

#endif

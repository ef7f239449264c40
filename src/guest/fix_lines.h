/* SPDX-License-Identifier: GPL-2.0-or-later */
/** fix_lines.h - what the fixers of loaders' configurations share: all files in which a command line
 * of the kernel stands, and in which the next one is made of. */
#ifndef GUEST_FIX_LINES_H
#define GUEST_FIX_LINES_H

#include "guest/fix.h"
#include "guest/fix_arguments.h"
#include "guest/predict_links.h"

/** Called with the path of a file that has command lines. */
typedef void fix_lines_visit(struct fix *fix, const char *path, enum arguments_form form,
			     void *data);

/** Visit the configurations of the loaders, then /etc/default/grub, its drop-ins and
 * /etc/default/extlinux; each once. Entries of systemd-boot and of BLS are of other families. */
void fix_lines_visit_all(struct fix *fix, fix_lines_visit *visit, void *data);

/** Edit all command lines of these files. Each file that changes gets a line of the plan.
 *
 * @what:    what the editor has done in the file at hand, which it adds to by fix_lines_tell()
 * @prevents: of the line
 */
void fix_lines_edit(struct fix *fix, const struct arguments_editor *editor,
		    struct str *what, const char *prevents);

/** Add to what was done, with "; " between; the same once. */
void fix_lines_tell(struct str *what, const char *text);

/** Visit the files of shell settings that grub-mkconfig reads: /etc/default/grub, then its drop-ins. */
void fix_lines_visit_shell(struct fix *fix, fix_lines_visit *visit, void *data);

/** Whether the disk of the machine is one of Xen. */
bool fix_is_xen(const struct platform *platform);

/** Whether a device will surely not be there. @predict: of predict_to_kernel() */
bool fix_is_gone(const struct predict *predict, const char *device);

/** The partition of a number. Returns: it, or NULL */
const struct layout_partition *fix_partition(const struct inspection *image,
					     unsigned number);

/** The volume that the guest mounts at a folder. Returns: it, or NULL */
const struct inspect_volume *fix_volume_at(const struct inspection *image,
					   const char *folder);

/** The UUID of a volume's file system. Returns: it; NULL: it has none, or is a logical volume */
const char *fix_uuid(const struct inspection *image, const struct inspect_volume *volume);

#endif

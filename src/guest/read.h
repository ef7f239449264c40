/* SPDX-License-Identifier: GPL-2.0-or-later */
/** read.h - what the readers of a guest share: each reads one kind of fact through the vfs. */
#ifndef GUEST_READ_H
#define GUEST_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "guest/vfs.h"
#include "model/guest.h"

enum { READ_CONFIG_MOST = 1 << 20 }; /* bytes of a configuration file */

/** An inspection under way. */
struct inspect {
	struct vfs *vfs;
	struct guest *guest;
	struct guest_words services; /* started at boot: "ssh", "serial-getty@ttyS0" */
	struct guest_words masked;   /* cannot be started */
	bool is_netplan_for_manager; /* its renderer is NetworkManager */
	uint64_t expanded_bytes;     /* by all initramfs so far */
	uint64_t module_bytes;	     /* of lists of modules that were kept so far */
};

/** A reader: it fills its part of the guest, and leaves what is absent as it is. */
struct guest_reader {
	const char *name;
	void (*read)(struct inspect *look);
};

extern const struct guest_reader guest_reader_os, guest_reader_services,
	guest_reader_kernels, guest_reader_boot, guest_reader_fstab, guest_reader_network,
	guest_reader_cloud, guest_reader_access, guest_reader_identity;

/** Read a configuration file. One that is absent is nothing; what else goes wrong is kept as a
 * problem of the guest.
 *
 * @out:    the bytes are added
 * Returns: whether it was read
 */
bool inspect_text(struct inspect *look, const char *path, struct str *out);

/** As inspect_text, with another limit than READ_CONFIG_MOST. @most: bytes */
bool inspect_large(struct inspect *look, const char *path, size_t most, struct str *out);

/** Read the first bytes of a file.
 *
 * @size:   room in @out, bytes
 * Returns: how many were read; 0 when there is none
 */
size_t inspect_head(struct inspect *look, const char *path, void *out, size_t size);

/** Read the settings of a shell file, as text_shell_settings. Returns: whether it was read */
bool inspect_settings(struct inspect *look, const char *path, struct guest_settings *out);

/** The names of a folder that end in @suffix, sorted; none when there is no such folder.
 *
 * @out:    added to
 */
void inspect_names(struct inspect *look, const char *folder, const char *suffix,
		   struct guest_words *out);

/** Whether a link leads to /dev/null: how units and configuration are masked. */
bool inspect_is_null(struct inspect *look, const char *path);

/** Whether something of a list exists.
 *
 * @paths:  ends in NULL
 * Returns: the first that does, or NULL
 */
const char *inspect_first(struct inspect *look, const char *const *paths);

/** Whether a service of a list is started at boot. @names: ends in NULL */
bool inspect_is_started(const struct inspect *look, const char *const *names);

/** Add an interface; its stack and source are copied.
 *
 * Returns: it, valid until the next is added; NULL when there are too many
 */
struct guest_interface *read_add_interface(struct guest_network *network,
					   const char *stack, const char *source);

/** Add a name that is tied to a MAC. */
void read_add_pin(struct guest_network *network, const char *name, const char *mac,
		  const char *source);

/** Keep which modules a kernel has, what each needs, and what devices they are for.
 *
 * @dep, @builtin: texts of modules.dep and modules.builtin
 */
void read_module_lists(struct inspect *look, struct guest_kernel *kernel, const char *dep,
		       const char *builtin);

/** Look for the files that the entries of the loaders name. */
void read_boot_files(struct inspect *look);

/** Add GRUB 2's configurations to the loaders. */
void read_grub2(struct inspect *look);

/** Add GRUB legacy's configuration to the loaders. */
void read_grub_legacy(struct inspect *look);

/** Add extlinux's or syslinux's configuration to the loaders. */
void read_extlinux(struct inspect *look);

/** Add systemd-boot's configuration to the loaders. */
void read_systemd_boot(struct inspect *look);

/** Add the interfaces of /etc/network/interfaces. */
void read_ifupdown(struct inspect *look);

/** Add the interfaces of netplan's files, which are joined first. */
void read_netplan(struct inspect *look);

/** Add the interfaces of systemd-networkd's files. */
void read_networkd(struct inspect *look);

/** Add the connections of NetworkManager. */
void read_keyfiles(struct inspect *look);

/** Add the interfaces of RHEL's ifcfg files. */
void read_ifcfg(struct inspect *look);

/** Add the interfaces of SUSE's ifcfg files. */
void read_wicked(struct inspect *look);

/** Add a loader. Returns: it, valid until the next is added */
struct guest_loader *read_add_loader(struct guest *guest, const char *kind,
				     const char *config);

/** Read an initramfs by its content. @out: its path and what is in it */
void read_initramfs(struct inspect *look, const char *path, struct guest_initramfs *out);

/** Read sshd's configuration into the settings of the access. */
void read_sshd(struct inspect *look);

/** Where sshd looks for a user's keys.
 *
 * @pattern: a word of AuthorizedKeysFile: "%h" is the home, "%u" the name
 * @out:    added to
 */
void read_keys_path(const char *pattern, const struct guest_user *user, struct str *out);

/** Read the login prompts. */
void read_gettys(struct inspect *look);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/** parse.h - pure readers: texts and bytes in, facts out. They take any input. */
#ifndef GUEST_PARSE_H
#define GUEST_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "model/guest.h"

/** Fill what os-release tells. @source: its path, kept; Source: os-release(5) */
void os_release_parse(const char *text, const char *source, struct guest_system *out);

/** The architecture of an ELF file, as uname -m has it.
 *
 * @length: bytes of the header that are there
 * Returns: a static name, or NULL when it is no ELF file or an unknown machine
 */
const char *elf_machine(const uint8_t *bytes, size_t length);

/** Read the header of a kernel image: format, and for bzImage the protocol, flags and banner.
 *
 * @length: bytes from its beginning; 64 KiB hold everything
 * Source:  Documentation/arch/x86/boot.rst, Documentation/arch/arm64/booting.rst
 */
void kernel_image_parse(const uint8_t *bytes, size_t length, struct guest_kernel *out);

/** Keep those lines of a kernel's configuration that matter for booting and reaching it. */
void kernel_config_parse(const char *text, const char *source,
			 struct guest_settings *out);

/** Find out where the drivers are that a machine may need.
 *
 * @dep, @builtin: texts of modules.dep and modules.builtin; "" when absent
 * @out:    drivers and module_count are filled
 */
void kernel_drivers_parse(const char *dep, const char *builtin, struct guest_kernel *out);

/** Read which modules there are and what each needs.
 *
 * @dep, @builtin: texts of modules.dep and modules.builtin; "" when absent
 * @out:    added to, and sorted
 * Source:  depmod(8), modules.dep(5)
 */
void modules_parse(const char *dep, const char *builtin, struct guest_modules *out);

/** Read modules.alias: what devices each module is for. Those of buses that neither disks nor
 * network cards are on are left out.
 *
 * Source:  depmod(8); Documentation/kbuild/modules.rst
 */
void module_aliases_parse(const char *text, struct guest_modules *out);

/** Read modules.builtin.modinfo, texts "MODULE.KEY=VALUE" that NULs end: the same of what is
 * built in.
 *
 * Source:  Documentation/kbuild/kbuild.rst
 */
void module_builtin_parse(const char *bytes, size_t length, struct guest_modules *out);

/** The name of a module out of a path: "a/virtio-blk.ko.xz" is "virtio_blk".
 *
 * @out:    added; untouched when the path names no module
 * Returns: whether it does
 */
bool module_name(const char *path, size_t length, struct str *out);

/** A member of a cpio archive. */
struct cpio_member {
	const char *name; /* without "./" and "/" in front */
	uint32_t mode;
	uint32_t size_bytes;
};

/** Who looks at the members of an archive. */
struct cpio_visitor {
	/* Whether the content of a member is to be given to `take`, called for each. */
	bool (*want)(const struct cpio_member *member, void *data);
	/* The content of a wanted member. */
	void (*take)(const struct cpio_member *member, const struct str *content,
		     void *data);
	void *data;
};

/** A reader of one archive in "newc" format, fed piece by piece. */
struct cpio;

/** Begin an archive. Returns: a reader that the caller ends */
struct cpio *cpio_begin(const struct cpio_visitor *visitor);

/** Read on.
 *
 * @out_used: bytes that were taken; after the archive's end none are
 * Errors:  ERROR_INPUT: no member's header where one must be, or a name too long
 * Returns: 0 or -1
 */
nodiscard int cpio_feed(struct cpio *cpio, const uint8_t *bytes, size_t length,
			size_t *out_used, struct error *err);

/** Whether its last member was read. */
bool cpio_is_over(const struct cpio *cpio);

/** End; NULL is harmless. */
void cpio_end(struct cpio *cpio);

/** An initramfs that is being read. */
struct initramfs;

/** Begin. @out: filled while it is read; must outlive it */
struct initramfs *initramfs_begin(struct guest_initramfs *out);

/** Have somebody else look at the members of all archives too. @visitor: outlives the reader */
void initramfs_visit(struct initramfs *reader, const struct cpio_visitor *visitor);

/** Read the next bytes of the file; what is wrong in it ends the reading.
 *
 * @is_last: nothing comes behind them
 * Errors:  ERROR_INPUT: neither archive nor compressed stream, damage, or limits passed
 * Returns: 0 or -1
 */
nodiscard int initramfs_feed(struct initramfs *reader, const uint8_t *bytes,
			     size_t length, bool is_last, struct error *err);

/** End: sort and conclude. NULL is harmless. */
void initramfs_end(struct initramfs *reader);

/** Split a kernel's command line into what matters of it.
 *
 * @entry:  kernel and arguments are set, root, resume, consoles found
 */
void entry_set_command(struct guest_entry *entry, const char *kernel,
		       const char *arguments);

/** Add an entry. Returns: it, valid until the next is added; NULL when there are too many */
struct guest_entry *loader_add_entry(struct guest_loader *loader, const char *source);

/** Find the entry of a title or id. Returns: its index, or -1 */
int loader_find(const struct guest_loader *loader, const char *name);

/** Read GRUB's environment block. Source: GRUB manual, "The GRUB environment block" */
void grubenv_parse(const char *text, const char *source, struct guest_settings *out);

/** Called where grub.cfg loads the entries of the Boot Loader Specification: adds them.
 *
 * @vars: variables as they stand there
 */
typedef void grub_blscfg(const struct guest_settings *vars, struct guest_loader *loader,
			 void *data);

/** Read grub.cfg: what GRUB would show and start, as far as the text alone tells.
 *
 * @environment: of grubenv; NULL: there is no such file
 * @blscfg:   may be NULL
 * @loader:   entries are added; default_rule, default_entry and timeout_s are set
 * Source:    GRUB manual, "Writing full configuration files directly"
 */
void grub_cfg_parse(const char *text, const char *source,
		    const struct guest_settings *environment, grub_blscfg *blscfg,
		    void *data, struct guest_loader *loader);

/** Read an entry of the Boot Loader Specification.
 *
 * @name:   of its file, without .conf; kept as id
 * @vars:   what $name stands for in it; may be empty
 * @out:    an entry that was added
 * Source:  uapi-group.org, "Boot Loader Specification"
 */
void bls_parse(const char *text, const char *name, const struct guest_settings *vars,
	       struct guest_entry *out);

/** Read menu.lst or grub.conf of GRUB legacy.
 *
 * @saved:  the entry that "default saved" means; negative: not known
 * Source:  GRUB 0.97 manual, "Configuration"
 */
void grub_legacy_parse(const char *text, const char *source, int saved,
		       struct guest_loader *loader);

/** What reads a file that another one includes: calls the parser again, or does nothing. */
typedef void include_read(const char *path, void *data);

/** Read extlinux.conf or syslinux.cfg.
 *
 * @include: called for INCLUDE; may be NULL
 * Source:   wiki.syslinux.org, "Config"
 */
void extlinux_parse(const char *text, const char *source, include_read *include,
		    void *data, struct guest_loader *loader);

/** Choose the default of extlinux by the rule that was read. */
void extlinux_choose(struct guest_loader *loader);

/** Read fstab. @out: mounts are added; Source: fstab(5) */
void fstab_parse(const char *text, struct guest *out);

/** The names of crypttab's volumes. Source: crypttab(5) */
void crypttab_parse(const char *text, struct guest_words *out);

/** Read /etc/network/interfaces.
 *
 * @include: called for "source" with its pattern and for "source-directory" with its folder
 * and "/" behind it; may be NULL
 * @out_up: names of auto and allow-hotplug are added
 * Source:  interfaces(5) of ifupdown
 */
void interfaces_parse(const char *text, const char *source, include_read *include,
		      void *data, struct guest_network *out, struct guest_words *out_up);

/** A node of YAML. */
struct yaml_node {
	enum yaml_kind { YAML_SCALAR, YAML_MAPPING, YAML_SEQUENCE } kind;
	char *key;   /* in a mapping */
	char *value; /* of a scalar */
	struct yaml_node **children;
	size_t child_count;
};

/** Read the YAML that netplan's files are written in: block and flow collections, scalars,
 * comments. Anchors, aliases, tags, directives and block scalars are refused.
 *
 * @out:    the root, which the caller clears; NULL for an empty text
 * Errors:  ERROR_INPUT with the line's number
 * Returns: 0 or -1
 */
nodiscard int yaml_parse(const char *text, struct yaml_node **out, struct error *err);

/** The child of a mapping. Returns: it, or NULL (also when @node is no mapping) */
const struct yaml_node *yaml_find(const struct yaml_node *node, const char *key);

/** The scalar of a mapping's child. Returns: it, or NULL */
const char *yaml_text(const struct yaml_node *node, const char *key);

/** Give the memory back; NULL is harmless. */
void yaml_clear(struct yaml_node *node);

/** Put a later netplan file over what earlier ones made: mappings join, sequences grow,
 * scalars replace.
 *
 * @onto:   NULL: taken as it is
 * @more:   taken over
 * Returns: the result
 */
struct yaml_node *netplan_merge(struct yaml_node *onto, struct yaml_node *more);

/** The interfaces of a merged netplan configuration. @source: kept with each */
void netplan_interfaces(const struct yaml_node *root, const char *source,
			struct guest_network *out);

/** Read an ini file of systemd or NetworkManager: "[Section]", "Key=value".
 *
 * @out:    settings with "Section.Key" as key; comments are left out
 */
void ini_parse(const char *text, const char *source, struct guest_settings *out);

/** A systemd-networkd .network file and its drop-ins, as ini settings in their order.
 *
 * Source:  systemd.network(5)
 */
void networkd_interface(const struct guest_settings *settings, const char *source,
			struct guest_network *out);

/** A NetworkManager keyfile. Source: nm-settings-keyfile(5) */
void keyfile_interface(const struct guest_settings *settings, const char *source,
		       struct guest_network *out);

/** An ifcfg file of RHEL. Source: nm-settings-ifcfg-rh(5), sysconfig.txt of initscripts */
void ifcfg_interface(const struct guest_settings *settings, const char *source,
		     struct guest_network *out);

/** An ifcfg file of SUSE.
 *
 * @name:   of the interface, which its file's name has
 * Source:  ifcfg(5) of wicked
 */
void wicked_interface(const struct guest_settings *settings, const char *name,
		      const char *source, struct guest_network *out);

/** The names that udev's rules tie to MACs. Source: udev(7), 75-persistent-net-generator.rules */
void udev_pins_parse(const char *text, const char *source, struct guest_network *out);

/** A .link file of systemd: a name that is tied to a MAC. Source: systemd.link(5) */
void link_pin(const struct guest_settings *settings, const char *source,
	      struct guest_network *out);

/** A .netdev file of systemd: an interface that is made. Source: systemd.netdev(5) */
void netdev_interface(const struct guest_settings *settings, const char *source,
		      struct guest_network *out);

/** Read passwd and shadow; hashes are looked at and not kept.
 *
 * @shadow: NULL: could not be read
 * @out:    users that have a shell or a password are added
 * Source:  passwd(5), shadow(5)
 */
void users_parse(const char *passwd, const char *shadow, struct guest_access *out);

/** Read public keys, one a line, as in authorized_keys (options in front are passed over) and
 * in *.pub.
 *
 * Source:  sshd(8), "AUTHORIZED_KEYS FILE FORMAT"
 */
void keys_parse(const char *text, const char *source, struct guest_keys *out);

/** Read sshd_config: the first value of each keyword that matters counts. Match blocks are
 * passed over.
 *
 * @include: called for each pattern of Include; may be NULL
 * Source:   sshd_config(5)
 */
void sshd_config_parse(const char *text, const char *source, include_read *include,
		       void *data, struct guest_settings *out);

/** The lines that inittab starts login prompts on. Source: inittab(5) */
void inittab_parse(const char *text, const char *source, struct guest_access *out);

/** The state of a machine-id file's text. Source: machine-id(5) */
enum guest_machine_id machine_id_parse(const char *text);

#endif

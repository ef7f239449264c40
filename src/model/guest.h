/* SPDX-License-Identifier: GPL-2.0-or-later */
/** guest.h - plain facts about the system inside a disk: what it is, how it boots, how it
 * reaches the network, who can log in. What is not there is NULL, 0 or an empty list. Paths
 * begin at the guest's "/". Secrets (hashes, keys) are never kept, only what they are. */
#ifndef MODEL_GUEST_H
#define MODEL_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A list of texts. */
struct guest_words {
	char **list;
	size_t count;
};

/** A value that a file of the guest sets. */
struct guest_setting {
	char *key;
	char *value;
	char *source; /* path */
};

/** Settings in the order in which they were read. */
struct guest_settings {
	struct guest_setting *list;
	size_t count;
};

/** What could not be read, and why. */
struct guest_problem {
	char *path;
	char *reason;
};

/** Whose way of doing things a system follows. */
enum guest_family {
	GUEST_UNKNOWN,
	GUEST_DEBIAN,
	GUEST_RHEL,
	GUEST_SUSE,
	GUEST_ALPINE,
	GUEST_ARCH,
};

/** Which system it is. */
struct guest_system {
	enum guest_family family;
	char *id;	    /* as os-release has it: "debian", "centos" */
	char *version;	    /* "12", "7.9"; NULL: it has none, as Arch */
	char *pretty_name;  /* "Debian GNU/Linux 12 (bookworm)" */
	char *codename;	    /* "bookworm" */
	char *source;	    /* the file that told */
	char *architecture; /* as uname -m tells it: "x86_64", "i686", "aarch64" */
	char *init; /* "systemd", "upstart", "sysvinit", "openrc", "runit", "busybox" */
	char *selinux; /* "enforcing", "permissive", "disabled"; NULL: no such file */
};

/** Where a driver is, for one kernel. */
enum guest_driver_place {
	GUEST_DRIVER_ABSENT,
	GUEST_DRIVER_MODULE,
	GUEST_DRIVER_BUILTIN,
};

/** A driver that a machine may need to boot or to be reached. */
struct guest_driver {
	const char *name; /* as modules are named, with "_": "virtio_blk" */
	enum guest_driver_place place;
	bool is_in_initramfs;
};

/** One of the archives that an initramfs is made of. */
struct guest_segment {
	char *compression;     /* "none", "gzip" ... */
	uint64_t offset_bytes; /* in the file */
	uint64_t size_bytes;   /* in the file */
	uint64_t file_count;
};

/** What is in an initramfs. */
struct guest_initramfs {
	char *path;  /* NULL: there is none */
	char *maker; /* "initramfs-tools", "dracut", "mkinitcpio", "booster", "mkinitfs" */
	char *problem; /* why it was not read to its end; NULL: it was */
	uint64_t size_bytes, unpacked_bytes;
	struct guest_segment *segments;
	size_t segment_count;
	struct guest_words modules;	/* names without .ko and with "_", sorted */
	struct guest_words releases;	/* kernels that the modules are for */
	struct guest_words hooks;	/* scripts that run in it, with their folder */
	bool has_lvm;			/* the program that brings volume groups up */
	struct guest_settings settings; /* ROOT, RESUME, kernel command lines in it ... */
};

/** A module of a kernel. */
struct guest_module {
	char *name; /* with "_" */
	char *needs; /* names of those that must be loaded before it, with blanks between */
	bool is_builtin;
};

/** A pattern of modaliases, and the module that is for them. */
struct guest_alias {
	char *pattern; /* as fnmatch(3) has them */
	char *module;
};

/** The modules of a kernel. */
struct guest_modules {
	struct guest_module *list; /* sorted by name */
	size_t count;
	struct guest_alias
		*aliases; /* of the buses that disks and network cards are on */
	size_t alias_count;
};

/** A kernel in /boot. */
struct guest_kernel {
	char *path;
	char *release; /* as uname -r tells it; from the image, else from its name */
	char *banner;  /* what the image says of itself; NULL: no image that is known */
	char *format;  /* "bzImage", "elf", "arm64", "efi", "unknown" */
	uint16_t boot_protocol;	      /* x86: 0x020f is 2.15 */
	uint16_t load_flags;	      /* x86: XLF_* of the header */
	char *config_path;	      /* NULL: there is none */
	struct guest_settings config; /* those that matter here: "CONFIG_XEN_PV" = "y" */
	char *modules_path;	      /* folder; NULL: there is none */
	bool has_modules_dep, has_modules_builtin;
	uint64_t module_count; /* lines of modules.dep */
	struct guest_modules modules;
	struct guest_driver *drivers;
	size_t driver_count;
	struct guest_initramfs initramfs;
};

/** What a boot loader can start. */
struct guest_entry {
	char *title;
	char *id;     /* its name where entries are named; for BLS the file's name */
	char *source; /* path */
	char *kernel; /* as the configuration names it: its root may be a boot partition */
	char *xen;    /* the hypervisor in front of the kernel; NULL: none */
	struct guest_words initrds;
	char *device; /* where its files lie: "uuid=...", "label=...", "(hd0,0)" */
	char *arguments;
	char *root;	 /* of root= */
	char *root_flag; /* "ro" or "rw" */
	char *resume;	 /* of resume= */
	struct guest_words
		consoles; /* of each console=, in order: the last is /dev/console */
};

enum { GUEST_TIMEOUT_UNKNOWN = -2 };

/** A file that a boot loader's entry may mean, and that is there. */
struct guest_boot_file {
	char *path; /* that the entry's name stands for, from the guest's "/" on */
	char *real; /* the same without links at its end, and without "." and ".." */
};

/** A boot loader's configuration. */
struct guest_loader {
	char *kind;	    /* "grub2", "grub-legacy", "extlinux", "systemd-boot" */
	char *config;	    /* path */
	char *default_rule; /* what chooses the default, as it stands there */
	int default_entry;  /* index into `entries`; -1: none, or not to be told */
	int timeout_s;	    /* -1: waits for a key; GUEST_TIMEOUT_UNKNOWN */
	struct guest_entry *entries;
	size_t entry_count;
};

/** A line of fstab. */
struct guest_mount {
	char *device; /* as it stands there: "UUID=...", "/dev/xvda1" */
	char *folder; /* "none" for swap */
	char *type;
	char *options;
	int pass; /* of fsck */
};

/** How an interface gets its addresses of one family. */
enum guest_method {
	GUEST_METHOD_NONE, /* nothing is said */
	GUEST_METHOD_DHCP,
	GUEST_METHOD_STATIC,
	GUEST_METHOD_AUTO,   /* by router advertisements */
	GUEST_METHOD_MANUAL, /* up without an address */
	GUEST_METHOD_LINK_LOCAL,
	GUEST_METHOD_DISABLED,
};

/** The configuration of a network interface in one file or stanza. */
struct guest_interface {
	char *stack;  /* a name of struct guest_stack */
	char *source; /* path */
	char *name; /* "eth0"; with wildcards where `is_pattern`; NULL: matched by others */
	char *mac;   /* that it is matched by, lower case */
	char *match; /* another way of matching: "driver=virtio_net" */
	bool is_pattern;
	bool is_up_at_boot;
	enum guest_method ip4, ip6;
	struct guest_words addresses; /* with prefix length: "192.0.2.7/24" */
	struct guest_words gateways;
	struct guest_words dns;
	bool is_gateway_on_link; /* its gateway is reached without a route to it */
	int mtu_bytes;		 /* 0: not told */
};

/** A name that is tied to a MAC by a rule of udev or a .link file. */
struct guest_pin {
	char *name;
	char *mac;
	char *source;
};

/** A program that sets up the network. */
struct guest_stack {
	const char *name; /* "ifupdown", "netplan", "systemd-networkd", "NetworkManager",
			     "ifcfg", "wicked", "ifupdown-ng" */
	bool is_installed;
	bool is_enabled;
};

/** The network of the guest. */
struct guest_network {
	struct guest_stack *stacks;
	size_t stack_count;
	struct guest_interface *interfaces;
	size_t interface_count;
	struct guest_pin *pins;
	size_t pin_count;
	struct guest_words resolvers; /* nameservers of /etc/resolv.conf */
};

/** cloud-init. */
struct guest_cloud {
	bool is_installed;
	bool is_disabled;
	char *disabled_by; /* path */
	char *version;
	struct guest_words datasources; /* as datasource_list has them */
	char *datasources_source;
	bool has_nocloud_seed;
	bool is_network_disabled; /* it does not touch the network */
	char *network_source;
	bool has_instance; /* it has run here */
};

/** What /etc/shadow says of a password. */
enum guest_password {
	GUEST_PASSWORD_UNKNOWN,
	GUEST_PASSWORD_SET,
	GUEST_PASSWORD_EMPTY,  /* anybody comes in */
	GUEST_PASSWORD_LOCKED, /* "!" in front of one, or alone */
	GUEST_PASSWORD_NONE,   /* "*": none was ever set */
};

/** A public key. */
struct guest_key {
	char *type;	   /* "ssh-ed25519" */
	char *fingerprint; /* "SHA256:" and base64, as ssh-keygen -l tells it */
	char *source;	   /* path */
};

/** Keys. */
struct guest_keys {
	struct guest_key *list;
	size_t count;
};

/** An account that can log in in some way: a shell, a password or a key. */
struct guest_user {
	char *name;
	uint32_t uid;
	char *home;
	char *shell;
	bool has_login_shell;
	enum guest_password password;
	struct guest_keys keys; /* of authorized_keys */
};

/** A login prompt on a line. */
struct guest_getty {
	char *line; /* "ttyS0", "tty1", "console" */
	char *source;
};

/** The ways in. */
struct guest_access {
	struct guest_user *users;
	size_t user_count;
	bool has_sshd;
	bool is_sshd_enabled;
	struct guest_settings sshd; /* first value of each keyword that matters */
	struct guest_getty *gettys;
	size_t getty_count;
};

/** What /etc/machine-id holds. */
enum guest_machine_id {
	GUEST_MACHINE_ID_ABSENT,
	GUEST_MACHINE_ID_EMPTY,
	GUEST_MACHINE_ID_UNINITIALIZED,
	GUEST_MACHINE_ID_PRESENT,
	GUEST_MACHINE_ID_INVALID,
};

/** What makes this system one of its kind: it must differ between clones. */
struct guest_identity {
	enum guest_machine_id machine_id;
	enum guest_machine_id dbus_machine_id;
	bool is_dbus_shared; /* dbus' file is a link to, or equal to, the other */
	char *hostname;
	struct guest_keys host_keys;
	char *host_key_maker; /* the unit that makes them where there are none; NULL: none */
	bool has_random_seed;
	bool has_credential_secret;
};

/** All of it. Start zeroed. */
struct guest {
	struct guest_system system;
	struct guest_kernel *kernels;
	size_t kernel_count;
	struct guest_loader *loaders;
	size_t loader_count;
	struct guest_boot_file *boot_files;
	size_t boot_file_count;
	struct guest_settings grub_defaults; /* /etc/default/grub, then its drop-ins */
	struct guest_mount *mounts;
	size_t mount_count;
	struct guest_words crypt_names; /* of /etc/crypttab */
	struct guest_network network;
	struct guest_cloud cloud;
	struct guest_access access;
	struct guest_identity identity;
	struct guest_problem *problems;
	size_t problem_count;
};

/** Name a family: "debian", "rhel", ..., "unknown". */
const char *guest_family_name(enum guest_family family);

/** Name a method: "dhcp", "static", ...; "none" when nothing is said. */
const char *guest_method_name(enum guest_method method);

/** Name the state of a password: "set", "empty", "locked", "none", "unknown". */
const char *guest_password_name(enum guest_password password);

/** Name the state of a machine-id: "absent", "empty", "uninitialized", "present", "invalid". */
const char *guest_machine_id_name(enum guest_machine_id state);

/** Add a copy of the first @length bytes of @text. */
void guest_words_add(struct guest_words *words, const char *text, size_t length);

/** Whether @text is in the list. */
bool guest_words_has(const struct guest_words *words, const char *text);

/** Give the memory back. */
void guest_words_clear(struct guest_words *words);

/** Add a setting; all texts are copied. */
void guest_settings_add(struct guest_settings *settings, const char *key,
			const char *value, const char *source);

/** The value that the last setting of @key has. Returns: it, or NULL */
const char *guest_settings_value(const struct guest_settings *settings, const char *key);

/** Give the memory back. */
void guest_settings_clear(struct guest_settings *settings);

/** Add a key; all texts are copied. */
void guest_keys_add(struct guest_keys *keys, const char *type, const char *fingerprint,
		    const char *source);

/** Add a module; texts are copied. The list is to be sorted when all are there. */
void guest_modules_add(struct guest_modules *modules, const char *name, const char *needs,
		       bool is_builtin);

/** Add an alias; texts are copied. */
void guest_modules_alias(struct guest_modules *modules, const char *pattern,
			 const char *module);

/** Sort by name, so that guest_modules_find() finds them. */
void guest_modules_sort(struct guest_modules *modules);

/** The module of a name; one that is built in before one that is a file. Returns: it, or NULL */
const struct guest_module *guest_modules_find(const struct guest_modules *modules,
					      const char *name);

/** The modules that are for a device. @out: names are added, each once */
void guest_modules_for(const struct guest_modules *modules, const char *modalias,
		       struct guest_words *out);

/** Give the memory back. */
void guest_modules_clear(struct guest_modules *modules);

/** Add a file that an entry may mean; texts are copied. */
void guest_boot_file_add(struct guest *guest, const char *path, const char *real);

/** Say that a file could not be read, and why; texts are copied. */
void guest_problem_add(struct guest *guest, const char *path, const char *reason);

/** Give the memory of an entry back. */
void guest_entry_clear(struct guest_entry *entry);

/** Give the memory of an interface back. */
void guest_interface_clear(struct guest_interface *interface);

/** Give the memory of a loader back. */
void guest_loader_clear(struct guest_loader *loader);

/** Give the memory of an initramfs back. */
void guest_initramfs_clear(struct guest_initramfs *initramfs);

/** Give the memory back. */
void guest_clear(struct guest *guest);

#endif

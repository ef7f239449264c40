/* SPDX-License-Identifier: GPL-2.0-or-later */
/** layout.h - how a disk is divided and what lies in its parts: plain facts, as they stand
 * on the disk. What is wrong with them is a list of faults, never a reason to stop. */
#ifndef MODEL_LAYOUT_H
#define MODEL_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Which partition table counts. */
enum layout_kind {
	LAYOUT_NONE,
	LAYOUT_MBR,
	LAYOUT_GPT,
	LAYOUT_HYBRID, /* a GPT whose MBR has real entries beside the protective one */
	LAYOUT_KIND_COUNT
};

/** Names of the kinds: "none", "mbr", "gpt", "hybrid". */
extern const char *const layout_kind_names[LAYOUT_KIND_COUNT];

/** How bad a fault is. */
enum layout_weight {
	LAYOUT_NOTE,  /* unusual; nothing follows from it */
	LAYOUT_WARN,  /* works today, and is a trap for what writes next */
	LAYOUT_BROKEN /* a part of the disk cannot be what its table says */
};

/** What can be wrong. */
enum layout_fault_code {
	FAULT_OVERLAP,
	FAULT_BEYOND_END,
	FAULT_END_BEFORE_START,
	FAULT_OUTSIDE_USABLE,
	FAULT_DUPLICATE_ID,
	FAULT_TOO_MANY,
	FAULT_GPT_PRIMARY,
	FAULT_GPT_BACKUP_MISSING,
	FAULT_GPT_BACKUP_BAD,
	FAULT_GPT_BACKUP_PLACE,
	FAULT_GPT_DIFFER,
	FAULT_GPT_UNREADABLE,
	FAULT_GPT_USABLE,
	FAULT_GPT_NO_PMBR,
	FAULT_PMBR_START,
	FAULT_PMBR_SIZE,
	FAULT_MBR_SEVERAL_ACTIVE,
	FAULT_MBR_SEVERAL_EXTENDED,
	FAULT_CHAIN_LOOP,
	FAULT_CHAIN_LONG,
	FAULT_CHAIN_OUTSIDE,
	FAULT_CHAIN_BAD,
	FAULT_SECTOR_SIZE,
	FAULT_SIZE_ODD,
	FAULT_CONTENT_LONG,
	FAULT_CONTENT_DAMAGED,
	FAULT_UNREADABLE,
	FAULT_COUNT
};

/** Name ("gpt-backup-bad") and weight of each fault. */
struct layout_fault_row {
	const char *name;
	enum layout_weight weight;
};
extern const struct layout_fault_row layout_faults[FAULT_COUNT];

/** A fault that was found. */
struct layout_fault {
	enum layout_fault_code code;
	char *text; /* one line, lower case */
};

/** What a partition is for, as its type says. */
enum layout_role {
	ROLE_DATA,
	ROLE_ESP,
	ROLE_BIOS_BOOT,
	ROLE_SWAP,
	ROLE_LVM,
	ROLE_RAID,
	ROLE_EXTENDED,
	ROLE_PROTECTIVE, /* the 0xEE entry of an MBR */
	ROLE_COUNT
};

/** Names of the roles: "data", "esp", "bios-boot", ... */
extern const char *const layout_role_names[ROLE_COUNT];

/** A signature: a file system, a member of something, swap. Names are libblkid's. */
struct layout_content {
	char *type;    /* "ext4", "LVM2_member", "linux_raid_member", "crypto_LUKS" ... */
	char *usage;   /* "filesystem", "raid", "crypto", "other" */
	char *version; /* these four: NULL where there is none */
	char *uuid;
	char *uuid_sub;
	char *label;
	uint64_t block_bytes; /* 0: not known */
	uint64_t magic_bytes; /* where its magic lies, from the beginning of the place */
	uint64_t size_bytes;  /* as the superblock has it; 0: not known */
	uint64_t used_bytes;  /* valid with is_used_known */
	bool is_used_known;
	bool is_damaged; /* the superblock's checksum is wrong */
};

/** What a first sector holds. */
enum layout_boot_kind {
	BOOT_NONE, /* zeros, or a file system's own sector without code */
	BOOT_UNKNOWN,
	BOOT_GRUB2,
	BOOT_GRUB_LEGACY,
	BOOT_SYSLINUX_MBR,
	BOOT_SYSLINUX_GPTMBR,
	BOOT_ISOLINUX,
	BOOT_EXTLINUX,
	BOOT_SYSLINUX,
	BOOT_LILO,
	BOOT_WINDOWS,
	BOOT_DOS,
	BOOT_MKFS_FAT, /* the text that mkfs.fat places: boots nothing */
	BOOT_PARTED,   /* the code of a table that parted made: starts the active one */
	BOOT_KIND_COUNT
};

/** Names of the kinds: "none", "unknown", "grub2", ... */
extern const char *const layout_boot_names[BOOT_KIND_COUNT];

/** GRUB 2's core.img, as it lies on the disk. */
struct layout_core {
	uint64_t start_bytes; /* its first sector */
	uint64_t size_bytes;  /* of the sectors that its block list names */
	unsigned partition;   /* that it lies in; 0: outside any */
	char *prefix;	      /* "(,gpt2)/boot/grub"; NULL: none */
	char *config;	      /* embedded commands; NULL: none */
	uint64_t memdisk_bytes;
	unsigned module_count;
	char *problem; /* why the rest could not be read; NULL: it was */
};

/** Boot code. */
struct layout_boot {
	enum layout_boot_kind kind;
	uint64_t next_lba; /* GRUB: the sector of 512 bytes that it reads; else 0 */
	struct layout_core *core; /* GRUB 2: what lies there; NULL: not looked for */
};

/** A partition. */
struct layout_partition {
	unsigned number; /* as the kernel and sfdisk count: logical ones from 5 */
	uint64_t start_lba, sectors;
	uint64_t start_bytes, size_bytes; /* UINT64_MAX where they do not fit */
	uint64_t inside_bytes; /* how much of it lies on the disk; 0: it begins beyond */
	uint64_t align_bytes;  /* its start is a multiple of this; at most 1 MiB */
	unsigned mbr_type;     /* 0 in a GPT */
	char type_guid[37];    /* "" in an MBR */
	const char *type_name; /* for people; "unknown" */
	char uuid[37];	       /* PARTUUID */
	char *name;	       /* UTF-8, no control characters; NULL in an MBR */
	uint64_t attributes;   /* of a GPT entry */
	enum layout_role role;
	bool is_active;	  /* MBR: marked 0x80; GPT: legacy BIOS bootable */
	bool is_logical;  /* in the extended one */
	uint64_t ebr_lba; /* of a logical one: where the sector lies that names it */
	struct layout_content *contents; /* more than one: it is not clear what it is */
	size_t content_count;
	struct layout_boot boot;
};

/** A range that no partition and no table takes. */
struct layout_free {
	uint64_t start_bytes, size_bytes;
	uint64_t aligned_bytes; /* of it, from the first to the last whole MiB */
	bool is_logical;	/* inside the extended partition */
};

/** A signature that belongs to nothing that the table or the file systems tell of. */
struct layout_stale {
	const char *type;
	uint64_t magic_bytes;  /* where its magic lies on the disk */
	uint64_t origin_bytes; /* where the thing began, as the signature's place says */
	unsigned partition;    /* that it lies in; 0: outside any */
	char *uuid;	       /* NULL: it has none */
};

/** A disk; start zeroed. */
struct layout {
	uint64_t size_bytes;
	unsigned sector_bytes;	   /* 512 or 4096; another one a device only has */
	const char *sector_source; /* "GPT header", "device", "contents", "assumed" */
	enum layout_kind kind;
	char id[37]; /* GPT: disk GUID; MBR: "0x1234abcd"; "": none */
	struct layout_partition *partitions;
	size_t partition_count;
	struct layout_partition
		*mbr; /* hybrid: the entries of the MBR, the 0xEE one too */
	size_t mbr_count;
	uint64_t first_usable_lba, last_usable_lba; /* GPT; else 0 */
	uint64_t table_head_bytes;		    /* the table takes the first ... */
	uint64_t table_tail_start_bytes, table_tail_bytes; /* ... and these; GPT */
	struct layout_content *contents; /* without a table: the whole disk's */
	size_t content_count;
	struct layout_boot boot;       /* of the first sector */
	struct layout_core *bios_boot; /* core.img in a BIOS boot partition that the boot
					  code does not lead to; NULL: none */
	struct layout_free *free;
	size_t free_count;
	struct layout_stale *stale;
	size_t stale_count;
	struct layout_fault *faults;
	size_t fault_count;
	size_t fault_left_out; /* beyond LAYOUT_FAULTS_MOST */
};

enum { LAYOUT_FAULTS_MOST = 100 };

/** Add a fault with a formatted text. */
void layout_add_fault(struct layout *layout, enum layout_fault_code code, const char *fmt,
		      ...) __attribute__((format(printf, 3, 4)));

/** The weight of the worst fault. Returns: LAYOUT_NOTE too when there is none */
enum layout_weight layout_worst(const struct layout *layout);

/** The partition that holds a byte; of overlapping ones the first that is no extended one.
 *
 * Returns: it, or NULL
 */
const struct layout_partition *layout_partition_at(const struct layout *layout,
						   uint64_t offset_bytes);

/** Name of a partition's type by its GUID in lower case. @out_role: what it is for
 *
 * Source:  UEFI specification, table 5.7; Discoverable Partitions Specification; the lists
 *          of sfdisk(8) and sgdisk(8)
 * Returns: "unknown" for others
 */
const char *layout_type_of_guid(const char *guid, enum layout_role *out_role);

/** Name of a partition's type by the byte in an MBR. @out_role: what it is for
 *
 * Returns: "unknown" for others
 */
const char *layout_type_of_byte(unsigned type, enum layout_role *out_role);

/** Give a core.img's memory back; NULL is harmless. */
void layout_core_free(struct layout_core *core);

/** Give the memory back; the layout is zeroed. */
void layout_clear(struct layout *layout);

#endif

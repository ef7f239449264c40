/* SPDX-License-Identifier: GPL-2.0-or-later */
/** fix_rows.h - the fixers that there are, for their table alone. */
#ifndef GUEST_FIX_ROWS_H
#define GUEST_FIX_ROWS_H

#include "guest/fix.h"

extern const struct fixer fixer_cloud_init;
extern const struct fixer fixer_console;
extern const struct fixer fixer_debconf;
extern const struct fixer fixer_foreign_arguments;
extern const struct fixer fixer_fstab;
extern const struct fixer fixer_grow_root;
extern const struct fixer fixer_grub_bios;
extern const struct fixer fixer_grub_search;
extern const struct fixer fixer_grub_uefi;
extern const struct fixer fixer_hostname;
extern const struct fixer fixer_initramfs_drivers;
extern const struct fixer fixer_machine_id;
extern const struct fixer fixer_name_pins;
extern const struct fixer fixer_network;
extern const struct fixer fixer_recordfail;
extern const struct fixer fixer_resolv_conf;
extern const struct fixer fixer_resume;
extern const struct fixer fixer_root_argument;
extern const struct fixer fixer_ssh_keys;
extern const struct fixer fixer_storage;

#endif

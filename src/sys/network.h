/* SPDX-License-Identifier: GPL-2.0-or-later */
/** network.h - links, addresses and routes of this machine, as the kernel tells them. */
#ifndef SYS_NETWORK_H
#define SYS_NETWORK_H

#include "base/error.h"
#include "base/str.h"

/** Tell links, addresses and routes of the main table, one a line, in the kernel's order:
 *
 *   link INDEX NAME MAC MTU          of Ethernet cards
 *   address INDEX ADDRESS/PREFIX permanent|lease|kernel-ra
 *   route INDEX TO VIA on-link|- dhcp|ra|static|kernel|other
 *
 * TO is "default" or ADDRESS/PREFIX, VIA "-" where there is no gateway. "lease" is an address
 * that ends some day. Link-local addresses and routes are left out.
 *
 * @out:    the lines are added; untouched on failure
 * Errors:  ERROR_SYSTEM
 * Source:  rtnetlink(7)
 * Returns: 0 or -1
 */
nodiscard int sys_network_text(struct str *out, struct error *err);

#endif

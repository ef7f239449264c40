/* SPDX-License-Identifier: GPL-2.0-or-later */
/** inspect_guest.h - the system inside a disk, in some ten lines. */
#ifndef REPORT_INSPECT_GUEST_H
#define REPORT_INSPECT_GUEST_H

#include "base/str.h"
#include "model/guest.h"

/** Write what a guest is, how it boots, reaches the network, and who can log in.
 *
 * @out: the text is added
 */
void report_write_guest(const struct guest *guest, struct str *out);

#endif

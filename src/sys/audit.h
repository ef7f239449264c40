/* SPDX-License-Identifier: GPL-2.0-or-later */
/** audit.h - whether the kernel audits system calls. */
#ifndef SYS_AUDIT_H
#define SYS_AUDIT_H

#include <stdbool.h>

#include "base/error.h"

/** The state of the kernel's audit system. */
struct sys_audit {
	bool is_enabled;
	unsigned rules; /* in all its lists */
};

/** Ask the kernel; root alone is answered.
 *
 * Errors:  ERROR_SYSTEM
 * Source:  NETLINK_AUDIT, AUDIT_GET and AUDIT_LIST_RULES (linux/audit.h)
 * Returns: 0 or -1, @out untouched
 */
nodiscard int sys_audit_state(struct sys_audit *out, struct error *err);

#endif

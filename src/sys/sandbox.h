/* SPDX-License-Identifier: GPL-2.0-or-later */
/** sandbox.h - a process that reads what a stranger wrote, and can change nothing. */
#ifndef SYS_SANDBOX_H
#define SYS_SANDBOX_H

#include "base/error.h"

/** From here on this process and its children open nothing for writing, make, rename and remove no
 * names, mount nothing, and change no other process: such calls fail with EPERM. What is open
 * already stays as it is, and there is no way back. One thread alone may be there.
 *
 * Errors:  ERROR_SYSTEM: this kernel has no seccomp filters, or does not obey them; the process
 *          is then as free as before
 * Source:  prctl(2) of Linux 3.5, PR_SET_SECCOMP; Documentation/userspace-api/seccomp_filter.rst
 * Returns: 0 or -1
 */
nodiscard int sys_sandbox_enter(struct error *err);

#endif

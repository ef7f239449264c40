/* SPDX-License-Identifier: GPL-2.0-or-later */
/** facts.h - the facts about a machine that move the figures of a measurement. */
#ifndef VIRT_FACTS_H
#define VIRT_FACTS_H

#include "model/environment.h"

/** Read all facts of the running machine. What cannot be read is in the list with the
 * reason.
 *
 * @folder: the folder that the tests write in; its file system is a fact
 * @out:    facts are added
 * Source:  /proc, /sys, /etc/os-release, uname(2), sysconf(3), statfs(2), the locale and
 * utmp databases
 */
void facts_read(const char *folder, struct environment *out);

#endif

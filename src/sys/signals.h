/* SPDX-License-Identifier: GPL-2.0-or-later */
/** signals.h - SIGINT, SIGTERM and SIGHUP as a flag that long work looks at. */
#ifndef SYS_SIGNALS_H
#define SYS_SIGNALS_H

#include <signal.h>

/** Begin: the three signals set the flag, and are delivered only while a caller waits
 * with the mask of sys_signals_waiting(); SIGPIPE is ignored, so that a closed output is
 * an error like any other. A second time it does nothing.
 */
void sys_signals_catch(void);

/** From now on SIGHUP means nothing, also when it has come: a terminal that goes away does not stop
 * what was begun. */
void sys_signals_ignore_hangup(void);

/** Let the three signals end the program again; one that has come before is forgotten. */
void sys_signals_release(void);

/** The mask for ppoll(2): the three signals get through. */
const sigset_t *sys_signals_waiting(void);

/** Returns: the number of the signal that has come, or 0. Looks at blocked ones too. */
int sys_signals_came(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/** behaviour.h - measure what operations cost on this machine. */
#ifndef VIRT_BEHAVIOUR_H
#define VIRT_BEHAVIOUR_H

#include "model/behaviour.h"

/** Measure all operations, in less than 2 s on any machine.
 *
 * @out:    zeroed by the caller; its findings are left empty
 */
void virt_measure(struct behaviour *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/** fix_console.h - what the two halves of the fixer of consoles share: the kernel's and GRUB's in
 * fix_console.c, login prompts in fix_getty.c. */
#ifndef GUEST_FIX_CONSOLE_H
#define GUEST_FIX_CONSOLE_H

#include "guest/fix_lines.h"

/** Whether a console is among those of the machine. @console: "ttyS0,115200n8", "tty1" */
bool console_is_there(const struct guest_words *has, const char *console);

/** Whether a name is that of a line that a machine may lack: "hvc0", and not "tty1". */
bool console_is_line(const char *name);

/** The line of the machine that is no screen, a serial port first. Returns: it, or NULL */
const char *console_serial(const struct guest_words *has);

/** Let login prompts be on lines of the machine. */
void console_fix_gettys(struct fix *fix);

#endif

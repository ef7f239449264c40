/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/cmd.h"

/* The build names another table for moult-rescue. */
#ifndef MAIN_COMMANDS
#define MAIN_COMMANDS cmd_table
#endif

int main(int argc, char **argv)
{
	return cmd_main(MAIN_COMMANDS, argc, argv);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/confirm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TYPED_MOST = 256 };

int cmd_confirm(const char *given, const char *id, const char *verb, struct error *err)
{
	char typed[TYPED_MOST];

	if (given != NULL && strcmp(given, id) == 0)
		return 0;
	if (given != NULL)
		return error_set(
			err, ERROR_REFUSED,
			"--confirm-disk says '%.80s', and the disk's id is '%.80s'",
			given, id);
	if (isatty(STDIN_FILENO) == 0)
		return error_set(
			err, ERROR_REFUSED,
			"to %s, give --confirm-disk '%.80s' (nobody can be asked here)",
			verb, id);
	(void)fprintf(stderr, "To %s, type the disk's id (%s): ", verb, id);
	if (fgets(typed, sizeof(typed), stdin) == NULL)
		typed[0] = '\0';
	typed[strcspn(typed, "\n")] = '\0';
	if (strcmp(typed, id) != 0)
		return error_set(err, ERROR_REFUSED,
				 "that is not its id; nothing was written");
	return 0;
}

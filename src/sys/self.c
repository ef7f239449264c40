/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "sys/self.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

/* Below the folder of the program: bundle, installed, build tree. */
static const struct {
	const char *variable;
	const char *folders[4];
} places[] = {
	[SYS_SELF_HELPER] = {"MOULT_HELPERS",
			     {"libexec/moult", "../libexec/moult", "src/bench/work",
			      "src/image/nbd"}},
	[SYS_SELF_DATA] = {"MOULT_DATA", {"data", "../share/moult", "../data"}},
};

static char *found(const char *folder, const char *below, const char *name)
{
	autostr struct str path = STR_EMPTY;

	str_addf(&path, "%s/%s/%s", folder, below, name);
	return access(path.bytes, R_OK) == 0 ? realpath(path.bytes, NULL) : NULL;
}

int sys_self_find(enum sys_self_kind kind, const char *name, char **out,
		  struct error *err)
{
	const char *asked = getenv(places[kind].variable);
	char program[PATH_MAX] = "";
	char *path = NULL, *slash;
	ssize_t length;
	size_t i;

	if (asked != NULL && asked[0] != '\0')
		path = found(asked, ".", name);
	length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	slash = length > 0 ? strrchr(program, '/') : NULL;
	if (slash != NULL)
		*slash = '\0';
	for (i = 0; path == NULL && slash != NULL && i < 4; i++)
		if (places[kind].folders[i] != NULL)
			path = found(program, places[kind].folders[i], name);
	if (path == NULL)
		return error_set(err, ERROR_SYSTEM,
				 "'%s' is not beside the program: install moult again "
				 "or unpack the whole bundle, or set %s",
				 name, places[kind].variable);
	*out = path;
	return 0;
}

char *sys_state_path(const char *name)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	struct str path = STR_EMPTY;

	if (state != NULL && state[0] == '/')
		str_addf(&path, "%s/moult/%s", state, name);
	else if (geteuid() == 0)
		str_addf(&path, "/run/moult/%s", name);
	else if (home != NULL && home[0] == '/')
		str_addf(&path, "%s/.local/state/moult/%s", home, name);
	return path.length > 0 ? path.bytes : NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "bench/place.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "sys/child.h"
#include "sys/file.h"
#include "sys/self.h"

/* Sorted by name: the digest list of a run is in this order. The first answers for the build. */
static const char *const executables[] = {
	"context1", "dhry2reg", "execl",   "fstime",	       "pipe",
	"shell",    "spawn",	"syscall", "whetstone-double", "busybox",
};
enum { EXECUTABLE_MOST = sizeof(executables) / sizeof(executables[0]) };

/* The tools of the shell tests, as links to busybox in the folder bin of each copy. */
static const char *const applets[] = {"expr", "grep", "mv",  "od", "rm",
				      "sh",   "sort", "tee", "wc"};

static size_t executable_count(const struct bench_profile *profile)
{
	return profile->has_busybox ? EXECUTABLE_MOST : EXECUTABLE_MOST - 1;
}

const char *bench_place_choose(const char *asked)
{
	const char *const candidates[] = {asked, getenv("UB_TMPDIR"), getenv("TMPDIR")};
	size_t i;

	for (i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++)
		if (candidates[i] != NULL && candidates[i][0] != '\0')
			return candidates[i];
	return "/var/tmp";
}

/* UnixBench's Run sets LANG and nothing else of the locale; LC_ALL would win over it, so no variable
 * of the locale is passed on. With busybox the tools are found in the copy's own folder. */
static char **make_environment(const struct bench_profile *profile, const char *folder)
{
	static const char system_path[] =
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char **environment = mem_zero(5, sizeof(*environment));
	struct str temporary = STR_EMPTY;

	str_addf(&temporary, "TMPDIR=%s", folder);
	environment[0] = str_copy(profile->has_busybox ? "PATH=./bin" : system_path);
	environment[1] = str_copy(profile->has_busybox ? "LC_ALL=C" : "LANG=en_US.utf8");
	environment[2] = str_copy("HOME=/");
	environment[3] = temporary.bytes;
	return environment;
}

static int check_parent(const char *parent, struct error *err)
{
	struct statvfs info;
	struct stat there;

	if (stat(parent, &there) != 0)
		return error_sys(err, "the folder for temporary files '%s'", parent);
	if (!S_ISDIR(there.st_mode))
		return error_set(err, ERROR_SYSTEM,
				 "'%s' is not a folder: choose another --tmpdir", parent);
	if (statvfs(parent, &info) != 0)
		return error_sys(err, "statvfs '%s'", parent);
	if ((info.f_flag & ST_RDONLY) != 0)
		return error_set(err, ERROR_SYSTEM,
				 "'%s' is mounted read-only and the tests write there: "
				 "choose another "
				 "--tmpdir",
				 parent);
	if ((info.f_flag & ST_NOEXEC) != 0)
		return error_set(err, ERROR_SYSTEM,
				 "'%s' is mounted noexec and the tests run programs "
				 "there: choose another "
				 "--tmpdir",
				 parent);
	return 0;
}

static int link_applets(int fd, struct error *err)
{
	autostr struct str link = STR_EMPTY;
	size_t i;

	if (mkdirat(fd, "bin", 0700) != 0)
		return error_sys(err, "make the folder 'bin'");
	for (i = 0; i < sizeof(applets) / sizeof(applets[0]); i++) {
		str_clear(&link);
		str_addf(&link, "bin/%s", applets[i]);
		if (symlinkat("../busybox", fd, link.bytes) != 0)
			return error_sys(err, "link '%s'", link.bytes);
	}
	return 0;
}

static int make_copy(const struct bench_place *place, unsigned number, char *const *paths,
		     struct error *err)
{
	autostr struct str folder = STR_EMPTY;
	autoclose int fd = -1;
	size_t i;

	str_addf(&folder, "%s/%u", place->folder, number);
	if (mkdir(folder.bytes, 0700) != 0)
		return error_sys(err, "make the folder '%s'", folder.bytes);
	fd = open(folder.bytes, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open '%s'", folder.bytes);
	for (i = 0; i < executable_count(place->profile); i++)
		if (sys_file_copy(paths[i], fd, executables[i], 0700, err) != 0)
			return error_frame(err, "'%s'", folder.bytes);
	if (place->profile->has_busybox && link_applets(fd, err) != 0)
		return error_frame(err, "\'%s\'", folder.bytes);
	return 0;
}

/* All that the child writes until it ends. */
static int read_to_end(int fd, struct str *out, struct error *err)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	char block[512];
	ssize_t length;

	for (;;) {
		length = read(fd, block, sizeof(block));
		if (length == 0)
			return 0;
		if (length > 0)
			str_add_bytes(out, block, (size_t)length);
		else if (errno != EAGAIN && errno != EINTR)
			return error_sys(err, "read from a child");
		else if (poll(&wait, 1, 10000) == 0)
			return error_set(err, ERROR_SYSTEM, "a workload does not answer");
	}
}

static char *about_value(const char *text, const char *name)
{
	const char *place = strstr(text, name);

	if (place == NULL)
		return NULL;
	place += strlen(name);
	return strndup(place, strcspn(place, "\n"));
}

/* The build is what an executable says of itself; it is asked where it will run, so that
 * a place where nothing can be executed is found out now. */
static int ask_about(const struct bench_place *place, struct run_build *out,
		     struct error *err)
{
	autostr struct str path = STR_EMPTY, text = STR_EMPTY;
	char name[] = "about", verb[] = "about";
	char *const argv[] = {name, verb, NULL};
	struct sys_child child = SYS_CHILD_NONE;
	struct sys_child_plan plan = {
		.argv = argv, .environment = place->environment, .folder = place->folder};
	int result;

	str_addf(&path, "%s/0/%s", place->folder, executables[0]);
	plan.path = path.bytes;
	if (sys_child_start(&plan, &child, err) != 0)
		return -1;
	result = read_to_end(child.out, &text, err);
	(void)sys_child_end(&child); /* its answer is what counts */
	out->compiler = about_value(text.bytes, "compiler=");
	out->flags = about_value(text.bytes, "flags=");
	out->libc = about_value(text.bytes, "libc=");
	return result;
}

/* Without the executables of one profile those of the other may be there: moult-rescue is also
 * carried about without the whole bundle. */
static int find_executable(const struct bench_profile *profile, const char *file,
			   char **out, struct error *err)
{
	const struct bench_profile *other =
		profile->has_busybox ? &bench_profile_unixbench : &bench_profile_pinned;
	autostr struct str first = STR_EMPTY;
	autofree char *found = NULL;

	if (sys_self_find(SYS_SELF_HELPER, file, out, err) == 0)
		return 0;
	str_addf(&first, "%s%s", other->prefix, executables[0]);
	if (sys_self_find(SYS_SELF_HELPER, first.bytes, &found, NULL) != 0)
		return -1;
	return error_set(err, ERROR_SYSTEM,
			 "'%s' of the profile %s is not beside the program: unpack the "
			 "whole bundle, set MOULT_HELPERS, or choose --profile %s, which "
			 "is there",
			 file, profile->name, other->name);
}

static int fill(struct bench_place *place, char **paths, struct run_build *build,
		struct error *err)
{
	char digest[65];
	unsigned copy;
	size_t i;

	for (i = 0; i < executable_count(place->profile); i++) {
		autostr struct str name = STR_EMPTY;

		str_addf(&name, "%s%s", place->profile->prefix, executables[i]);
		if (find_executable(place->profile, name.bytes, &paths[i], err) != 0 ||
		    sys_file_sha256(paths[i], digest, err) != 0)
			return -1;
		run_build_add_file(build, name.bytes, digest);
	}
	for (copy = 0; copy < place->copies; copy++)
		if (make_copy(place, copy, paths, err) != 0)
			return -1;
	return ask_about(place, build, err);
}

int bench_place_make(const char *parent, const struct bench_profile *profile,
		     unsigned copies, struct bench_place *out,
		     struct run_build *out_build, struct error *err)
{
	struct bench_place place = {.profile = profile, .copies = copies};
	char *paths[EXECUTABLE_MOST] = {NULL};
	autofree char *absolute = NULL;
	int result;
	size_t i;

	if (check_parent(parent, err) != 0)
		return -1;
	absolute = realpath(parent, NULL);
	if (absolute == NULL)
		return error_sys(err, "'%s'", parent);
	if (sys_dir_make_temporary(absolute, &place.folder, err) != 0)
		return -1;
	place.environment = make_environment(profile, place.folder);
	result = fill(&place, paths, out_build, err);
	for (i = 0; i < EXECUTABLE_MOST; i++)
		free(paths[i]);
	if (result != 0) {
		(void)bench_place_remove(&place,
					 NULL); /* the first error is the one to tell */
		return -1;
	}
	*out = place;
	return 0;
}

int bench_place_remove(struct bench_place *place, struct error *err)
{
	int result = 0;
	size_t i;

	if (place->folder != NULL)
		result = sys_dir_remove(place->folder, err);
	for (i = 0; place->environment != NULL && place->environment[i] != NULL; i++)
		free(place->environment[i]);
	free(place->environment);
	free(place->folder);
	*place = (struct bench_place){0};
	return result;
}

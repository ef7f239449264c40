/* SPDX-License-Identifier: GPL-2.0-or-later */
/* facts_process.c - what a measured process is given by the system around it. */
#define _GNU_SOURCE
#include <gnu/libc-version.h>
#include <inttypes.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "sys/proc.h"
#include "virt/facts_add.h"

enum { STATUS_MOST = 4096, CGROUP_MOST = 4096 };

static void add_number(const struct place *place, const char *key, const char *source,
		       uint64_t value, struct environment *out)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	facts_add_call(place, key, source, text, out);
}

/* UnixBench sets LANG to this locale; where it is missing everything runs in "C". */
static void add_locale(const struct place *place, struct environment *out)
{
	const locale_t locale = newlocale(LC_ALL_MASK, "en_US.utf8", (locale_t)0);

	environment_add(out, "locale.wanted", "en_US.utf8", "UnixBench", NULL);
	facts_add_call(place, "locale.charmap", "newlocale(3)",
		       locale != (locale_t)0 ? nl_langinfo_l(CODESET, locale)
					     : "ANSI_X3.4-1968",
		       out);
	if (locale != (locale_t)0)
		freelocale(locale);
}

/* The programs that the shell tests run. Their real paths tell dash from bash, and GNU from
 * busybox. */
static void add_programs(const struct place *place, struct environment *out)
{
	static const struct {
		const char *key, *path;
	} rows[] = {{"userland.shell", "/bin/sh"},
		    {"userland.sort", "/usr/bin/sort"},
		    {"userland.grep", "/usr/bin/grep"}};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char path[PATH_MAX];
		const bool is_there = realpath(rows[i].path, path) != NULL;

		if (!is_there && strncmp(rows[i].path, "/usr", 4) == 0) {
			const char *old = rows[i].path + 4;

			facts_add_call(place, rows[i].key, rows[i].path,
				       realpath(old, path), out);
			continue;
		}
		facts_add_call(place, rows[i].key, rows[i].path, is_there ? path : NULL,
			       out);
	}
}

static void add_limits(const struct place *place, struct environment *out)
{
	static const struct {
		const char *key;
		int which;
	} rows[] = {{"process.limit.open_files", RLIMIT_NOFILE},
		    {"process.limit.processes", RLIMIT_NPROC},
		    {"process.limit.stack", RLIMIT_STACK},
		    {"process.limit.core", RLIMIT_CORE}};
	struct rlimit limit;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (getrlimit((__rlimit_resource_t)rows[i].which, &limit) != 0)
			continue;
		if (limit.rlim_cur == RLIM_INFINITY)
			facts_add_call(place, rows[i].key, "getrlimit(2)", "unlimited",
				       out);
		else
			add_number(place, rows[i].key, "getrlimit(2)", limit.rlim_cur,
				   out);
	}
}

/* Whether a controller is in a comma-separated list. */
static bool has_controller(const char *list, size_t length, const char *name)
{
	const size_t name_length = strlen(name);
	const char *end = list + length, *word;

	for (word = list; word < end; word += strcspn(word, ",:") + 1)
		if (strcspn(word, ",:") == name_length &&
		    strncmp(word, name, name_length) == 0)
			return true;
	return false;
}

/* The path of this process's group in the hierarchy of one controller; in the unified one
 * when @controller is NULL. Returns: NULL when there is no such hierarchy. */
static char *cgroup_path(const char *groups, const char *controller)
{
	const char *line, *names, *path;

	for (line = groups; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		names = strchr(line, ':');
		path = names != NULL ? strchr(names + 1, ':') : NULL;
		if (path == NULL)
			return NULL;
		if (controller == NULL
			    ? path == names + 1
			    : has_controller(names + 1, (size_t)(path - names - 1),
					     controller))
			return strndup(path + 1, strcspn(path + 1, "\n"));
	}
	return NULL;
}

/* A limit in both versions; of version 1 the CPU quota has its period in a second file. */
struct limit {
	const char *key;
	const char *file;
	const char *controller, *old_file, *old_period; /* version 1; NULL: not there */
	bool is_bound; /* those of all groups above hold too: the tightest counts */
};

/* How tight a limit is: CPUs, bytes, processes; infinite for none. */
static double bound_of(const char *value)
{
	double amount, period;
	const int count = sscanf(value, "%lf %lf", &amount, &period);

	if (count < 1 || amount < 0)
		return INFINITY;
	return count == 2 && period > 0 ? amount / period : amount;
}

/* The limit of one group, told as version 2 does. Returns: NULL when it has no such file. */
static char *level_value(const struct place *place, const char *folder, const char *file,
			 const char *period)
{
	autostr struct str path = STR_EMPTY, value = STR_EMPTY;
	autofree char *length = NULL, *first = NULL;

	str_addf(&path, "%s/%s", folder, file);
	first = place_line(place, path.bytes);
	if (first == NULL || period == NULL)
		return str_copy(first);
	str_clear(&path);
	str_addf(&path, "%s/%s", folder, period);
	length = place_line(place, path.bytes);
	str_addf(&value, "%s %s", first[0] == '-' ? "max" : first,
		 length != NULL ? length : "100000");
	return str_copy(value.bytes);
}

/* From the group up to the root of its hierarchy.
 *
 * Returns: the value that counts, which the caller frees; NULL: no such file in any
 */
static char *walk_up(const struct place *place, const char *mount, const char *group,
		     const struct limit *limit, bool is_old)
{
	autofree char *at = str_copy(group);
	char *value = NULL, *found, *slash;

	while (at != NULL) {
		autostr struct str folder = STR_EMPTY;

		str_addf(&folder, "%s%s", mount, strcmp(at, "/") == 0 ? "" : at);
		found = level_value(place, folder.bytes,
				    is_old ? limit->old_file : limit->file,
				    is_old ? limit->old_period : NULL);
		if (found != NULL &&
		    (value == NULL ||
		     (limit->is_bound && bound_of(found) < bound_of(value)))) {
			free(value);
			value = found;
			found = NULL;
		}
		free(found);
		slash = strrchr(at, '/');
		if ((value != NULL && !limit->is_bound) || slash == NULL ||
		    strcmp(at, "/") == 0)
			break;
		slash[slash == at] = '\0';
	}
	return value;
}

static char *limit_of(const struct place *place, const char *groups,
		      const struct limit *limit, const char **out_source)
{
	/* version 2 alone, and beside version 1 */
	static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	autofree char *group = cgroup_path(groups, NULL), *old = NULL;
	autostr struct str mount = STR_EMPTY;
	char *value = NULL;
	size_t i;

	*out_source = limit->file;
	for (i = 0; i < 2 && value == NULL && group != NULL; i++)
		value = walk_up(place, mounts[i], group, limit, false);
	if (value != NULL)
		return value;
	*out_source = limit->old_file;
	old = cgroup_path(groups, limit->controller);
	str_addf(&mount, "/sys/fs/cgroup/%s", limit->controller);
	return walk_up(place, mount.bytes, old, limit, true);
}

static void add_cgroups(const struct place *place, struct environment *out)
{
	static const struct limit rows[] = {
		{"cgroup.cpu_max", "cpu.max", "cpu", "cpu.cfs_quota_us",
		 "cpu.cfs_period_us", true},
		{"cgroup.cpuset", "cpuset.cpus.effective", "cpuset",
		 "cpuset.effective_cpus", NULL, false},
		{"cgroup.memory_max", "memory.max", "memory", "memory.limit_in_bytes",
		 NULL, true},
		{"cgroup.pids_max", "pids.max", "pids", "pids.max", NULL, true},
		{"cgroup.cpu_weight", "cpu.weight", "cpu", "cpu.shares", NULL, false}};
	autostr struct str groups = STR_EMPTY;
	const char *source;
	size_t i;

	if (place_read(place, "/proc/self/cgroup", CGROUP_MOST, &groups, NULL) != 0)
		str_clear(&groups);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		autofree char *value = limit_of(place, groups.bytes, &rows[i], &source);

		environment_add(out, rows[i].key, value, source,
				value != NULL ? NULL
					      : "no such controller in this group, or in "
						"those above it");
	}
}

static void add_status(const struct place *place, struct environment *out)
{
	static const struct {
		const char *key, *name;
	} rows[] = {{"process.seccomp", "Seccomp"},
		    {"process.seccomp_filters", "Seccomp_filters"},
		    {"process.tracer", "TracerPid"}};
	autostr struct str text = STR_EMPTY;
	size_t i;

	if (place_read(place, "/proc/self/status", STATUS_MOST, &text, NULL) != 0)
		str_clear(&text);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		autofree char *value = facts_field(text.bytes, rows[i].name);

		environment_add(out, rows[i].key, value, "/proc/self/status",
				value != NULL ? NULL : "no such line");
	}
}

void facts_add_process(const struct place *place, struct environment *out)
{
	const char *tunables = getenv("GLIBC_TUNABLES"), *preload = getenv("LD_PRELOAD");
	autofree char *list = place_line(place, "/etc/ld.so.preload");

	add_number(place, "cpu.online", "sysconf(3)",
		   (uint64_t)sysconf(_SC_NPROCESSORS_ONLN), out);
	add_number(place, "cpu.usable", "sched_getaffinity(2)", sys_proc_cpu_count(),
		   out);
	add_status(place, out);
	add_limits(place, out);
	add_cgroups(place, out);
	facts_add_call(place, "userland.libc", "gnu_get_libc_version(3)",
		       gnu_get_libc_version(), out);
	facts_add_call(place, "process.vdso", "getauxval(3)",
		       getauxval(AT_SYSINFO_EHDR) != 0 ? "present" : "absent", out);
	facts_add_call(place, "process.glibc_tunables", "environment",
		       tunables != NULL ? tunables : "", out);
	facts_add_call(place, "process.ld_preload", "environment",
		       preload != NULL ? preload : "", out);
	environment_add(out, "userland.ld_preload", list != NULL ? list : "",
			"/etc/ld.so.preload", NULL);
	add_programs(place, out);
	add_locale(place, out);
}

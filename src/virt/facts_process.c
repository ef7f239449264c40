/* SPDX-License-Identifier: GPL-2.0-or-later */
/* facts_process.c - what a measured process is given by the system around it. */
#define _GNU_SOURCE
#include <gnu/libc-version.h>
#include <inttypes.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
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

/* The folder of this process's group in the unified hierarchy, or in that of one
 * controller. */
static char *cgroup_folder(const struct place *place, const char *controller)
{
	autostr struct str text = STR_EMPTY, out = STR_EMPTY;
	const char *line;

	if (place_read(place, "/proc/self/cgroup", CGROUP_MOST, &text, NULL) != 0)
		return NULL;
	for (line = text.bytes; line != NULL; line = strchr(line, '\n')) {
		const char *names, *path;

		line += *line == '\n';
		names = strchr(line, ':');
		path = names != NULL ? strchr(names + 1, ':') : NULL;
		if (path == NULL)
			continue;
		if (path == names + 1)
			str_addf(&out, "/sys/fs/cgroup%.*s", (int)strcspn(path + 1, "\n"),
				 path + 1);
		if (controller != NULL && path > names + 1 &&
		    memmem(names, (size_t)(path - names), controller,
			   strlen(controller)) != NULL) {
			str_clear(&out);
			str_addf(&out, "/sys/fs/cgroup/%s%.*s", controller,
				 (int)strcspn(path + 1, "\n"), path + 1);
			break;
		}
	}
	if (out.length > 1 && out.bytes[out.length - 1] == '/')
		out.bytes[out.length - 1] = '\0';
	return out.length > 0 ? str_copy(out.bytes) : NULL;
}

/* A limit holds for all groups below the one that has it: the innermost that is set counts. */
static void add_cgroups(const struct place *place, struct environment *out)
{
	static const struct {
		const char *key, *file;
	} rows[] = {{"cgroup.cpu_max", "cpu.max"},
		    {"cgroup.cpuset", "cpuset.cpus.effective"},
		    {"cgroup.memory_max", "memory.max"},
		    {"cgroup.pids_max", "pids.max"},
		    {"cgroup.cpu_weight", "cpu.weight"}};
	autofree char *folder = cgroup_folder(place, NULL);
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		autofree char *at = str_copy(folder);
		autofree char *value = NULL;
		autostr struct str path = STR_EMPTY;
		char *slash, *found;

		while (at != NULL) {
			str_clear(&path);
			str_addf(&path, "%s/%s", at, rows[i].file);
			found = place_line(place, path.bytes);
			if (found != NULL) {
				free(value);
				value = found;
			}
			if (found != NULL && strncmp(found, "max", 3) != 0)
				break;
			slash = strrchr(at, '/');
			if (slash == NULL || strcmp(at, "/sys/fs/cgroup") == 0)
				break;
			*slash = '\0';
		}
		environment_add(out, rows[i].key, value,
				path.length > 0 ? path.bytes : "/proc/self/cgroup",
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

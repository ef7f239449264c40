/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "virt/facts.h"

#include <dirent.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <inttypes.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <utmpx.h>

#include "base/own.h"
#include "base/str.h"
#include "sys/file.h"
#include "sys/proc.h"

enum { FILE_MOST = 4 << 20 };

/* Facts that are the first line of a file. */
static const struct {
	const char *key;
	const char *path;
} line_facts[] = {
	{"kernel.command_line", "/proc/cmdline"},
	{"kernel.clocksource",
	 "/sys/devices/system/clocksource/clocksource0/current_clocksource"},
	{"kernel.randomize_va_space", "/proc/sys/kernel/randomize_va_space"},
	{"kernel.lsm", "/sys/kernel/security/lsm"},
	{"memory.transparent_hugepage", "/sys/kernel/mm/transparent_hugepage/enabled"},
	{"memory.swappiness", "/proc/sys/vm/swappiness"},
	{"cpu.governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"},
	{"cpu.no_turbo", "/sys/devices/system/cpu/intel_pstate/no_turbo"},
	{"cpu.smt", "/sys/devices/system/cpu/smt/control"},
	{"cgroup.cpu_max", "/sys/fs/cgroup/cpu.max"},
	{"hypervisor.type", "/sys/hypervisor/type"},
	{"dmi.sys_vendor", "/sys/class/dmi/id/sys_vendor"},
	{"dmi.product_name", "/sys/class/dmi/id/product_name"},
};

/* Facts that stand behind "NAME :" or "NAME=" in a file; the first such line counts. */
static const struct {
	const char *key;
	const char *path;
	const char *name;
} field_facts[] = {
	{"os.name", "/etc/os-release", "PRETTY_NAME"},
	{"os.id", "/etc/os-release", "ID"},
	{"os.version", "/etc/os-release", "VERSION_ID"},
	{"cpu.model", "/proc/cpuinfo", "model name"},
	{"cpu.microcode", "/proc/cpuinfo", "microcode"},
	{"cpu.bogomips", "/proc/cpuinfo", "bogomips"},
	{"cpu.flags", "/proc/cpuinfo", "flags"},
	{"memory.total", "/proc/meminfo", "MemTotal"},
	{"memory.swap", "/proc/meminfo", "SwapTotal"},
	{"process.seccomp", "/proc/self/status", "Seccomp"},
};

static void add_problem(struct environment *out, const char *key, const char *source,
			const struct error *err)
{
	char text[512];

	environment_add(out, key, NULL, source, error_text(err, text, sizeof(text)));
}

static void add_line_fact(struct environment *out, const char *key, const char *path)
{
	autostr struct str text = STR_EMPTY;
	struct error err;

	if (sys_file_read(AT_FDCWD, path, FILE_MOST, &text, &err) != 0) {
		add_problem(out, key, path, &err);
		return;
	}
	text.bytes[strcspn(text.bytes, "\n")] = '\0';
	environment_add(out, key, str_trim_end(text.bytes), path, NULL);
}

/* Copies the value behind @name in @text; quotes around it are dropped. Returns NULL when
 * absent. */
static char *field_of(const char *text, const char *name)
{
	const size_t length = strlen(name);
	const char *line, *value;
	char *copy;

	for (line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) != 0)
			continue;
		value = line + length + strspn(line + length, " \t");
		if (*value != ':' && *value != '=')
			continue;
		value += 1 + strspn(value + 1, " \t\"'");
		copy = strndup(value, strcspn(value, "\n\"'"));
		return copy != NULL ? str_trim_end(copy) : NULL;
	}
	return NULL;
}

static void add_field_fact(struct environment *out, const char *key, const char *path,
			   const char *name)
{
	autostr struct str text = STR_EMPTY;
	autofree char *value = NULL;
	struct error err;

	if (sys_file_read(AT_FDCWD, path, FILE_MOST, &text, &err) != 0) {
		add_problem(out, key, path, &err);
		return;
	}
	value = field_of(text.bytes, name);
	environment_add(out, key, value, path,
			value == NULL ? "the file has no such line" : NULL);
}

static int is_vulnerability(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Sorted, so that two captures of one machine are equal. */
static void add_vulnerabilities(struct environment *out)
{
	static const char folder[] = "/sys/devices/system/cpu/vulnerabilities";
	struct dirent **entries = NULL;
	int i, count = scandir(folder, &entries, is_vulnerability, alphasort);

	if (count < 0)
		environment_add(out, "cpu.vulnerability", NULL, folder,
				"the folder cannot be read");
	for (i = 0; i < count; i++) {
		autostr struct str path = STR_EMPTY, key = STR_EMPTY;

		str_addf(&path, "%s/%s", folder, entries[i]->d_name);
		str_addf(&key, "cpu.vulnerability.%s", entries[i]->d_name);
		add_line_fact(out, key.bytes, path.bytes);
		free(entries[i]);
	}
	free(entries);
}

static void add_uname(struct environment *out)
{
	struct utsname name;

	if (uname(&name) != 0)
		return; /* EFAULT only */
	environment_add(out, "host.name", name.nodename, "uname(2)", NULL);
	environment_add(out, "kernel.name", name.sysname, "uname(2)", NULL);
	environment_add(out, "kernel.release", name.release, "uname(2)", NULL);
	environment_add(out, "kernel.version", name.version, "uname(2)", NULL);
	environment_add(out, "cpu.machine", name.machine, "uname(2)", NULL);
}

static void add_number(struct environment *out, const char *key, long value,
		       const char *source)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%ld", value);
	environment_add(out, key, text, source, NULL);
}

/* UnixBench sets LANG to this locale; where it is missing everything runs in "C". */
static void add_locale(struct environment *out)
{
	const locale_t locale = newlocale(LC_ALL_MASK, "en_US.utf8", (locale_t)0);

	environment_add(out, "locale.wanted", "en_US.utf8", "UnixBench", NULL);
	environment_add(out, "locale.charmap",
			locale != (locale_t)0 ? nl_langinfo_l(CODESET, locale)
					      : "ANSI_X3.4-1968",
			"newlocale(3)", NULL);
	if (locale != (locale_t)0)
		freelocale(locale);
}

static void add_shell(struct environment *out)
{
	char path[PATH_MAX];

	if (realpath("/bin/sh", path) != NULL)
		environment_add(out, "userland.shell", path, "/bin/sh", NULL);
	else
		environment_add(out, "userland.shell", NULL, "/bin/sh", "it is missing");
}

static const struct {
	uint32_t magic; /* statfs(2); the same numbers stand in linux/magic.h */
	const char *name;
} file_systems[] = {
	{0xef53, "ext4"},      {0x58465342, "xfs"},	  {0x9123683e, "btrfs"},
	{0x01021994, "tmpfs"}, {0x794c7630, "overlayfs"}, {0x6969, "nfs"},
	{0x01021997, "9p"},    {0x65735546, "fuse"},	  {0x2fc12fc1, "zfs"},
	{0xf2f52010, "f2fs"},  {0x858458f6, "ramfs"},	  {0x4d44, "vfat"},
};

static void add_file_system(struct environment *out, const char *folder)
{
	struct statfs info;
	char text[32];
	size_t i;

	environment_add(out, "tests.folder", folder, "--tmpdir or its default", NULL);
	if (statfs(folder, &info) != 0) {
		environment_add(out, "tests.file_system", NULL, "statfs(2)",
				"statfs failed");
		return;
	}
	(void)snprintf(text, sizeof(text), "type 0x%lx", (unsigned long)info.f_type);
	for (i = 0; i < sizeof(file_systems) / sizeof(file_systems[0]); i++)
		if (file_systems[i].magic == (uint32_t)info.f_type)
			(void)snprintf(text, sizeof(text), "%s", file_systems[i].name);
	environment_add(out, "tests.file_system", text, "statfs(2)", NULL);
}

static void add_moment(struct environment *out)
{
	long users = 0, runlevel = 0;
	const struct utmpx *entry;
	struct sysinfo info;
	char text[64];
	double load[3] = {0};

	if (sysinfo(&info) == 0)
		add_number(out, "moment.uptime_s", info.uptime, "sysinfo(2)");
	if (getloadavg(load, 3) == 3) {
		(void)snprintf(text, sizeof(text), "%.2f %.2f %.2f", load[0], load[1],
			       load[2]);
		environment_add(out, "moment.load", text, "getloadavg(3)", NULL);
	}
	setutxent();
	while ((entry = getutxent()) != NULL) {
		users += entry->ut_type == USER_PROCESS;
		if (entry->ut_type == RUN_LVL)
			runlevel = entry->ut_pid % 256;
	}
	endutxent();
	add_number(out, "moment.users", users, "utmp");
	(void)snprintf(text, sizeof(text), "%c", (int)runlevel);
	environment_add(out, "moment.runlevel", runlevel > ' ' ? text : NULL, "utmp",
			runlevel > ' ' ? NULL : "utmp has no such entry");
}

void facts_read(const char *folder, struct environment *out)
{
	size_t i;

	add_uname(out);
	for (i = 0; i < sizeof(field_facts) / sizeof(field_facts[0]); i++)
		add_field_fact(out, field_facts[i].key, field_facts[i].path,
			       field_facts[i].name);
	add_number(out, "cpu.online", sysconf(_SC_NPROCESSORS_ONLN), "sysconf(3)");
	add_number(out, "cpu.usable", (long)sys_proc_cpu_count(), "sched_getaffinity(2)");
	for (i = 0; i < sizeof(line_facts) / sizeof(line_facts[0]); i++)
		add_line_fact(out, line_facts[i].key, line_facts[i].path);
	add_vulnerabilities(out);
	environment_add(out, "userland.libc", gnu_get_libc_version(),
			"gnu_get_libc_version(3)", NULL);
	add_shell(out);
	add_locale(out);
	add_file_system(out, folder);
	add_moment(out);
}

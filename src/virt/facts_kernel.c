/* SPDX-License-Identifier: GPL-2.0-or-later */
/* facts_kernel.c - the kernel's version and configuration, and what lies on the way of each
 * system call: context tracking, auditing, tracing. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/own.h"
#include "base/str.h"
#include "sys/audit.h"
#include "virt/facts_add.h"

enum { CONFIG_MOST = 512 * 1024 };

static void add_uname(const struct place *place, struct environment *out)
{
	struct utsname name = {0};

	(void)uname(&name); /* EFAULT only */
	facts_add_call(place, "host.name", "uname(2)", name.nodename, out);
	facts_add_call(place, "kernel.name", "uname(2)", name.sysname, out);
	facts_add_call(place, "kernel.release", "uname(2)", name.release, out);
	facts_add_call(place, "kernel.version", "uname(2)", name.version, out);
	facts_add_call(place, "cpu.machine", "uname(2)", name.machine, out);
}

/* "#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1" */
static void add_preemption(struct environment *out)
{
	static const char *const models[] = {"PREEMPT_RT", "PREEMPT_DYNAMIC",
					     "PREEMPT_LAZY", "PREEMPT"};
	const char *version = environment_value(out, "kernel.version");
	const char *value = "none or voluntary";
	size_t i;

	for (i = 0; version != NULL && i < sizeof(models) / sizeof(models[0]); i++) {
		if (strstr(version, models[i]) == NULL)
			continue;
		value = models[i];
		break;
	}
	environment_add(out, "kernel.preemption", version != NULL ? value : NULL,
			"kernel.version", version != NULL ? NULL : "no version");
}

/* The configuration, wherever distributions put it. Returns its path, or NULL. */
static char *read_config(const struct place *place, const char *release, struct str *out)
{
	static const char *const forms[] = {"/boot/config-%s", "/lib/modules/%s/config",
					    "/usr/lib/modules/%s/config"};
	size_t i;

	for (i = 0; release != NULL && i < sizeof(forms) / sizeof(forms[0]); i++) {
		autostr struct str path = STR_EMPTY;

		str_add_bytes(&path, forms[i],
			      (size_t)(strstr(forms[i], "%s") - forms[i]));
		str_add(&path, release);
		str_add(&path, strstr(forms[i], "%s") + 2);
		if (place_read(place, path.bytes, CONFIG_MOST, out, NULL) == 0)
			return str_copy(path.bytes);
	}
	return NULL;
}

static bool has_line(const char *text, const char *line)
{
	const char *found = strstr(text, line);
	const size_t length = strlen(line);

	for (; found != NULL; found = strstr(found + 1, line))
		if ((found == text || found[-1] == '\n') &&
		    (found[length] == '\n' || found[length] == '\0'))
			return true;
	return false;
}

/* Forced on every CPU by the configuration, or on some by nohz_full=. */
static void add_tracking(const struct place *place, const char *config,
			 struct environment *out)
{
	static const char path[] = "/sys/devices/system/cpu/nohz_full";
	static const char *const forced[] = {"CONFIG_CONTEXT_TRACKING_FORCE=y",
					     "CONFIG_CONTEXT_TRACKING_USER_FORCE=y",
					     "CONFIG_NO_HZ_FULL_ALL=y"};
	autofree char *list = place_line(place, path);
	autostr struct str value = STR_EMPTY;
	size_t i;

	for (i = 0; i < sizeof(forced) / sizeof(forced[0]); i++)
		if (has_line(config, forced[i]))
			str_add(&value, "forced on all CPUs");
	if (value.length == 0 && list != NULL && list[0] != '\0' && list[0] != '(')
		str_addf(&value, "on CPUs %s", list);
	if (value.length == 0 && (list != NULL || config[0] != '\0'))
		str_add(&value, "off");
	environment_add(out, "kernel.context_tracking",
			value.length > 0 ? value.bytes : NULL, path,
			value.length > 0 ? NULL
					 : "neither nohz_full nor the kernel's "
					   "configuration can be read");
}

static void add_audit(const struct place *place, struct environment *out)
{
	autostr struct str value = STR_EMPTY;
	struct sys_audit state;
	bool is_known = false;

	if (place->root < 0 && sys_audit_state(&state, NULL) == 0) {
		is_known = true;
		if (state.is_enabled)
			str_addf(&value, "enabled, %u rules", state.rules);
		else
			str_add(&value, "disabled");
	}
	facts_add_call(place, "kernel.audit", "audit netlink",
		       is_known ? value.bytes : NULL, out);
}

/* Tracepoints on system calls cost each of them, whoever listens. */
static void add_tracing(const struct place *place, struct environment *out)
{
	static const char *const paths[] = {
		"/sys/kernel/tracing/events/raw_syscalls/enable",
		"/sys/kernel/debug/tracing/events/raw_syscalls/enable"};
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		autofree char *line = place_line(place, paths[i]);

		if (line == NULL)
			continue;
		environment_add(out, "kernel.tracing", line[0] == '0' ? "off" : "on",
				paths[i], NULL);
		return;
	}
	environment_add(out, "kernel.tracing", NULL, paths[0],
			"not mounted, or for root alone");
}

/* All of it in one line: what a difference in system call cost is looked for first. */
static void add_entry(struct environment *out)
{
	static const struct {
		const char *key, *name;
	} parts[] = {{"kernel.context_tracking", "context tracking"},
		     {"kernel.audit", "auditing"},
		     {"kernel.tracing", "tracing"}};
	autostr struct str value = STR_EMPTY;
	size_t i, known = 0;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *part = environment_value(out, parts[i].key);

		known += part != NULL;
		str_addf(&value, "%s%s: %s", i > 0 ? "; " : "", parts[i].name,
			 part != NULL ? part : "not readable");
	}
	environment_add(out, "kernel.entry", known > 0 ? value.bytes : NULL,
			"kernel.context_tracking, kernel.audit, kernel.tracing",
			known > 0 ? NULL : "none of the three can be read");
}

static void add_config(const struct place *place, struct environment *out)
{
	static const struct {
		const char *key, *name;
	} rows[] = {{"kernel.hz", "CONFIG_HZ"},
		    {"kernel.compiler", "CONFIG_CC_VERSION_TEXT"}};
	const char *release = environment_value(out, "kernel.release");
	autostr struct str config = STR_EMPTY;
	autofree char *path = read_config(place, release, &config);
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		autofree char *value =
			path != NULL ? facts_field(config.bytes, rows[i].name) : NULL;

		environment_add(
			out, rows[i].key, value, path != NULL ? path : "/boot/config-*",
			value != NULL  ? NULL
			: path != NULL ? "no such line"
				       : "the kernel's configuration is not there, "
					 "or for root alone");
	}
	add_tracking(place, config.bytes, out);
}

void facts_add_kernel(const struct place *place, struct environment *out)
{
	static const struct line_fact rows[] = {
		{"kernel.command_line", "/proc/cmdline"},
		{"kernel.clocksource",
		 "/sys/devices/system/clocksource/clocksource0/current_clocksource"},
		{"kernel.clocksources",
		 "/sys/devices/system/clocksource/clocksource0/available_clocksource"},
		{"kernel.randomize_va_space", "/proc/sys/kernel/randomize_va_space"},
		{"kernel.core_pattern", "/proc/sys/kernel/core_pattern"},
		{"kernel.lsm", "/sys/kernel/security/lsm"},
		{"kernel.lockdown", "/sys/kernel/security/lockdown"},
		{"kernel.isolated", "/sys/devices/system/cpu/isolated"},
	};

	add_uname(place, out);
	facts_add_lines(place, rows, sizeof(rows) / sizeof(rows[0]), out);
	add_preemption(out);
	add_config(place, out);
	add_audit(place, out);
	add_tracing(place, out);
	add_entry(out);
}

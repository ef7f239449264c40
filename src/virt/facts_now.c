/* SPDX-License-Identifier: GPL-2.0-or-later */
/* facts_now.c - what is true only at one moment, and what changed between two. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <utmpx.h>

#include "base/num.h"
#include "base/own.h"
#include "base/str.h"
#include "sys/clock.h"
#include "virt/facts_add.h"

enum { STAT_MOST = 1 << 20, TICKS = 100, JUMP_NS = 500000000 };

/* "cpu  user nice system idle iowait irq softirq steal ..". */
static int64_t steal_ticks(const struct place *place)
{
	autostr struct str text = STR_EMPTY;
	long long values[8];

	if (place_read(place, "/proc/stat", STAT_MOST, &text, NULL) != 0 ||
	    sscanf(text.bytes, "cpu %lld %lld %lld %lld %lld %lld %lld %lld", &values[0],
		   &values[1], &values[2], &values[3], &values[4], &values[5], &values[6],
		   &values[7]) != 8)
		return -1;
	return values[7];
}

/* Since boot; what a provider takes away shows in its growth. */
static void add_steal(const struct place *place, struct environment *out)
{
	const int64_t ticks = steal_ticks(place);
	char text[40];

	(void)snprintf(text, sizeof(text), "%.2f", (double)ticks / TICKS);
	environment_add(out, "moment.steal_s", ticks >= 0 ? text : NULL, "/proc/stat",
			ticks >= 0 ? NULL : "no such field");
}

static void add_load(const struct place *place, struct environment *out)
{
	char text[64];
	double load[3] = {0};
	const bool is_known = getloadavg(load, 3) == 3;

	(void)snprintf(text, sizeof(text), "%.2f %.2f %.2f", load[0], load[1], load[2]);
	facts_add_call(place, "moment.load", "getloadavg(3)", is_known ? text : NULL,
		       out);
}

static void add_users(const struct place *place, struct environment *out)
{
	long users = 0, runlevel = 0;
	const struct utmpx *entry;
	char text[32];

	setutxent();
	while ((entry = getutxent()) != NULL) {
		users += entry->ut_type == USER_PROCESS;
		if (entry->ut_type == RUN_LVL)
			runlevel = entry->ut_pid % 256;
	}
	endutxent();
	(void)snprintf(text, sizeof(text), "%ld", users);
	facts_add_call(place, "moment.users", "utmp", text, out);
	(void)snprintf(text, sizeof(text), "%c", (int)runlevel);
	facts_add_call(place, "moment.runlevel", "utmp", runlevel > ' ' ? text : NULL,
		       out);
}

void facts_add_now(const struct place *place, struct environment *out)
{
	static const struct line_fact rows[] = {
		{"moment.cpu_pressure", "/proc/pressure/cpu"},
		{"moment.io_pressure", "/proc/pressure/io"},
	};
	struct sysinfo info;
	char text[32];

	if (sysinfo(&info) == 0) {
		(void)snprintf(text, sizeof(text), "%ld", info.uptime);
		facts_add_call(place, "moment.uptime_s", "sysinfo(2)", text, out);
		(void)snprintf(text, sizeof(text), "%d", info.procs);
		facts_add_call(place, "moment.tasks", "sysinfo(2)", text, out);
	}
	(void)snprintf(text, sizeof(text), "%.3f",
		       fabs(num_seconds(sys_clock_suspended_ns())));
	facts_add_call(place, "moment.suspended_s", "clock_gettime(2)", text, out);
	add_load(place, out);
	add_steal(place, out);
	add_users(place, out);
	facts_add_lines(place, rows, sizeof(rows) / sizeof(rows[0]), out);
}

/* The number behind a word at the beginning of a line; -1 when it is not there. */
static int64_t number_behind(const char *text, const char *word)
{
	const size_t length = strlen(word);
	const char *line;

	for (line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, word, length) == 0 && line[length] == ' ')
			return strtoll(line + length, NULL, 10);
	}
	return -1;
}

static int64_t number_in(const struct place *place, const char *path, const char *word)
{
	autostr struct str text = STR_EMPTY;

	if (place_read(place, path, STAT_MOST, &text, NULL) != 0 || text.length == 0)
		return -1;
	return word != NULL ? number_behind(text.bytes, word)
			    : strtoll(text.bytes, NULL, 10);
}

static int64_t cgroup_throttled(const struct place *place)
{
	autostr struct str text = STR_EMPTY;
	const char *path;

	if (place_read(place, "/proc/self/cgroup", 4096, &text, NULL) != 0)
		return -1;
	path = strstr(text.bytes, "0::");
	if (path == NULL)
		return -1;
	autostr struct str file = STR_EMPTY;

	str_addf(&file, "/sys/fs/cgroup%.*s/cpu.stat", (int)strcspn(path + 3, "\n"),
		 path + 3);
	return number_in(place, file.bytes, "nr_throttled");
}

void facts_moment_read(struct facts_moment *out)
{
	static const char cpu[] = "/sys/devices/system/cpu/cpu0/";
	const struct place here = PLACE_THIS;
	autostr struct str heat = STR_EMPTY, speed = STR_EMPTY;
	double load[1];

	str_addf(&heat, "%sthermal_throttle/core_throttle_count", cpu);
	str_addf(&speed, "%scpufreq/scaling_cur_freq", cpu);
	*out = (struct facts_moment){
		.steal_ticks = steal_ticks(&here),
		.context_switches = number_in(&here, "/proc/stat", "ctxt"),
		.page_faults = number_in(&here, "/proc/vmstat", "pgfault"),
		.throttled = cgroup_throttled(&here),
		.thermal_throttled = number_in(&here, heat.bytes, NULL),
		.frequency_khz = number_in(&here, speed.bytes, NULL),
		.load_percent = getloadavg(load, 1) == 1 ? (int64_t)(100 * load[0]) : -1,
		.suspended_ns = sys_clock_suspended_ns(),
		.wall_less_monotonic_ns = sys_clock_wall_ns() - sys_clock_monotonic_ns(),
	};
}

static void add_change(const char *key, const char *source, int64_t first, int64_t last,
		       double scale, int digits, struct environment *out)
{
	char text[40];

	(void)snprintf(text, sizeof(text), "%.*f", digits,
		       (double)(last - first) * scale);
	environment_add(out, key, first >= 0 && last >= 0 ? text : NULL, source,
			first >= 0 && last >= 0 ? NULL : "not readable");
}

void facts_add_changes(const struct facts_moment *first, const struct facts_moment *last,
		       struct environment *out)
{
	const int64_t jump = last->wall_less_monotonic_ns - first->wall_less_monotonic_ns;
	const int64_t asleep = last->suspended_ns - first->suspended_ns;
	char text[40];

	add_change("during.steal_s", "/proc/stat", first->steal_ticks, last->steal_ticks,
		   1.0 / TICKS, 2, out);
	add_change("during.context_switches", "/proc/stat", first->context_switches,
		   last->context_switches, 1, 0, out);
	add_change("during.page_faults", "/proc/vmstat", first->page_faults,
		   last->page_faults, 1, 0, out);
	add_change("during.throttled", "cpu.stat", first->throttled, last->throttled, 1,
		   0, out);
	add_change("during.thermal_throttled", "thermal_throttle",
		   first->thermal_throttled, last->thermal_throttled, 1, 0, out);
	add_change("during.frequency_change_khz", "scaling_cur_freq",
		   first->frequency_khz, last->frequency_khz, 1, 0, out);
	add_change("during.load_change", "getloadavg(3)", first->load_percent,
		   last->load_percent, 0.01, 2, out);
	(void)snprintf(text, sizeof(text), "%.3f", num_seconds(asleep));
	environment_add(out, "during.suspended_s", text, "clock_gettime(2)", NULL);
	/* what sleep adds to the wall clock is no jump; neither is what NTP slews */
	(void)snprintf(text, sizeof(text), "%.1f",
		       llabs(jump - asleep) > JUMP_NS ? num_seconds(jump - asleep) : 0.0);
	environment_add(out, "during.clock_jump_s", text, "clock_gettime(2)", NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "virt/facts_add.h"

enum { FIRST_CPU = 4096, MEMINFO_MOST = 8192, FOLDERS_MOST = 64 };

static const struct line_fact cpu_lines[] = {
	{"cpu.online_list", "/sys/devices/system/cpu/online"},
	{"cpu.smt", "/sys/devices/system/cpu/smt/control"},
	{"cpu.threads_of_core",
	 "/sys/devices/system/cpu/cpu0/topology/thread_siblings_list"},
	{"cpu.cores_of_package",
	 "/sys/devices/system/cpu/cpu0/topology/core_siblings_list"},
	{"cpu.last_level_cache", "/sys/devices/system/cpu/cpu0/cache/index3/size"},
	{"cpu.frequency_driver", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver"},
	{"cpu.governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"},
	{"cpu.frequency_khz", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq"},
	{"cpu.energy_preference",
	 "/sys/devices/system/cpu/cpu0/cpufreq/energy_performance_preference"},
	{"cpu.no_turbo", "/sys/devices/system/cpu/intel_pstate/no_turbo"},
	{"cpu.idle_driver", "/sys/devices/system/cpu/cpuidle/current_driver"},
};

static const struct line_fact memory_lines[] = {
	{"memory.nodes", "/sys/devices/system/node/online"},
	{"memory.transparent_hugepage", "/sys/kernel/mm/transparent_hugepage/enabled"},
	{"memory.hugepage_defrag", "/sys/kernel/mm/transparent_hugepage/defrag"},
	{"memory.swappiness", "/proc/sys/vm/swappiness"},
	{"memory.overcommit", "/proc/sys/vm/overcommit_memory"},
	{"memory.dirty_ratio", "/proc/sys/vm/dirty_ratio"},
	{"memory.dirty_bytes", "/proc/sys/vm/dirty_bytes"},
	{"memory.dirty_background_ratio", "/proc/sys/vm/dirty_background_ratio"},
	{"memory.dirty_expire_cs", "/proc/sys/vm/dirty_expire_centisecs"},
};

static const struct field {
	const char *key, *name;
} cpu_fields[] =
	{
		{"cpu.model", "model name"},	{"cpu.family", "cpu family"},
		{"cpu.model_number", "model"},	{"cpu.stepping", "stepping"},
		{"cpu.microcode", "microcode"}, {"cpu.mhz", "cpu MHz"},
		{"cpu.bogomips", "bogomips"},	{"cpu.flags", "flags"},
},
  memory_fields[] = {
	  {"memory.total", "MemTotal"},
	  {"memory.swap", "SwapTotal"},
	  {"memory.hugepages", "HugePages_Total"},
};

static void add_fields(const struct place *place, const char *path, size_t most,
		       const struct field *rows, size_t count, struct environment *out)
{
	autostr struct str text = STR_EMPTY;
	struct error err = {0};
	char problem[512] = "the file has no such line";
	size_t i;

	if (place_read(place, path, most, &text, &err) != 0)
		(void)error_text(&err, problem, sizeof(problem));
	for (i = 0; i < count; i++) {
		autofree char *value = facts_field(text.bytes, rows[i].name);

		environment_add(out, rows[i].key, value, path,
				value != NULL ? NULL : problem);
	}
}

static void add_vulnerabilities(const struct place *place, struct environment *out)
{
	static const char folder[] = "/sys/devices/system/cpu/vulnerabilities";
	autostr struct str names = STR_EMPTY;
	const char *name, *end;

	if (place_list(place, folder, &names, NULL) < 0) {
		environment_add(out, "cpu.vulnerability", NULL, folder,
				"the folder cannot be read");
		return;
	}
	for (name = names.bytes; *name != '\0'; name = end + 1) {
		autostr struct str path = STR_EMPTY, key = STR_EMPTY;

		end = strchr(name, '\n');
		str_addf(&path, "%s/%.*s", folder, (int)(end - name), name);
		str_addf(&key, "cpu.vulnerability.%.*s", (int)(end - name), name);
		facts_add_line(place, key.bytes, path.bytes, out);
	}
}

/* The drivers of the network interfaces, which tell nothing of the figures but something of
 * the machine: "eth0 virtio_net". */
static void add_interfaces(const struct place *place, struct environment *out)
{
	static const char folder[] = "/sys/class/net";
	autostr struct str names = STR_EMPTY, value = STR_EMPTY;
	const char *name, *end;
	unsigned count = 0;

	if (place_list(place, folder, &names, NULL) < 0) {
		environment_add(out, "net.drivers", NULL, folder,
				"the folder cannot be read");
		return;
	}
	for (name = names.bytes; *name != '\0' && count < FOLDERS_MOST; name = end + 1) {
		autostr struct str path = STR_EMPTY;
		autofree char *driver = NULL;

		end = strchr(name, '\n');
		str_addf(&path, "%s/%.*s/device/driver", folder, (int)(end - name), name);
		driver = place_link(place, path.bytes);
		if (driver == NULL)
			continue;
		count++;
		str_addf(&value, "%s%s", value.length > 0 ? " " : "",
			 strrchr(driver, '/') != NULL ? strrchr(driver, '/') + 1
						      : driver);
	}
	environment_add(out, "net.drivers", value.length > 0 ? value.bytes : "none",
			folder, NULL);
}

void facts_add_machine(const struct place *place, struct environment *out)
{
	/* other CPUs repeat what the first says */
	add_fields(place, "/proc/cpuinfo", FIRST_CPU, cpu_fields,
		   sizeof(cpu_fields) / sizeof(cpu_fields[0]), out);
	facts_add_lines(place, cpu_lines, sizeof(cpu_lines) / sizeof(cpu_lines[0]), out);
	add_vulnerabilities(place, out);
	add_fields(place, "/proc/meminfo", MEMINFO_MOST, memory_fields,
		   sizeof(memory_fields) / sizeof(memory_fields[0]), out);
	facts_add_lines(place, memory_lines,
			sizeof(memory_lines) / sizeof(memory_lines[0]), out);
	add_interfaces(place, out);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "virt/platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/own.h"
#include "base/str.h"
#include "virt/facts_add.h"

enum {
	CPUINFO_MOST = 65536,
	MEMINFO_MOST = 8192,
	CONSOLES_MOST = 4096,
	DNS_MOST = 65536
};

static enum platform_firmware firmware_of(const struct place *place,
					  const struct verdict *verdict)
{
	if (strcmp(verdict->class_name, "xen-pv") == 0)
		return PLATFORM_XEN_PV;
	if (strcmp(verdict->class_name, "xen-pvh") == 0)
		return PLATFORM_XEN_PVH;
	return place_has(place, "/sys/firmware/efi") ? PLATFORM_UEFI : PLATFORM_BIOS;
}

static char *architecture_of(const struct place *place)
{
	struct utsname here;

	if (place->root >= 0)
		return place_line(place, PLACE_MACHINE);
	if (uname(&here) != 0)
		return NULL;
	place_save(place, PLACE_MACHINE, here.machine, strlen(here.machine));
	return str_copy(here.machine);
}

/* The flags of each level as Linux calls them; System V ABI for AMD64, "Micro-architecture
 * levels". "abm" is LZCNT, "xsave" stands for OSXSAVE. */
static const char *const level_flags[] = {
	"fpu cx8 cmov fxsr mmx sse sse2 lm",
	"cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3",
	"avx avx2 bmi1 bmi2 f16c fma abm movbe xsave",
	"avx512f avx512bw avx512cd avx512dq avx512vl",
};

/* @flags: begins and ends with a blank */
static bool has_all(const char *flags, const char *wanted)
{
	autofree char *copy = str_copy(wanted);
	char *word, *place = NULL;

	for (word = strtok_r(copy, " ", &place); word != NULL;
	     word = strtok_r(NULL, " ", &place)) {
		autostr struct str text = STR_EMPTY;

		str_addf(&text, " %s ", word);
		if (strstr(flags, text.bytes) == NULL)
			return false;
	}
	return true;
}

static unsigned level_of(const struct place *place)
{
	autostr struct str text = STR_EMPTY, flags = STR_EMPTY;
	autofree char *field = NULL;
	unsigned level = 0;

	if (place_read(place, "/proc/cpuinfo", CPUINFO_MOST, &text, NULL) != 0)
		return 0;
	field = facts_field(text.bytes, "flags");
	if (field == NULL)
		return 0;
	str_addf(&flags, " %s ", field);
	while (level < sizeof(level_flags) / sizeof(level_flags[0]) &&
	       has_all(flags.bytes, level_flags[level]))
		level++;
	return level;
}

static uint64_t memory_of(const struct place *place)
{
	autostr struct str text = STR_EMPTY;
	autofree char *field = NULL;

	if (place_read(place, "/proc/meminfo", MEMINFO_MOST, &text, NULL) != 0)
		return 0;
	field = facts_field(text.bytes, "MemTotal");
	return field != NULL ? strtoull(field, NULL, 10) * 1024 : 0;
}

static void add_console(struct platform *out, const char *name, size_t length)
{
	char copy[32];

	if (length == 0 || length >= sizeof(copy))
		return;
	memcpy(copy, name, length);
	copy[length] = '\0';
	if (!guest_words_has(&out->consoles, copy))
		guest_words_add(&out->consoles, copy, length);
}

/* What the kernel writes to, one a line, its name first (proc(5), /proc/consoles). */
static void add_active_consoles(const struct place *place, struct platform *out)
{
	autostr struct str text = STR_EMPTY;
	const char *line;

	if (place_read(place, "/proc/consoles", CONSOLES_MOST, &text, NULL) != 0)
		return;
	for (line = text.bytes; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		add_console(out, line, strcspn(line, " \n"));
	}
}

/* A serial port that has a chip: type 0 is a port that is only a name. */
static void add_serial_ports(const struct place *place, struct platform *out)
{
	char path[64], name[16];
	unsigned i;

	for (i = 0; i < 4; i++) {
		autofree char *type = NULL;

		(void)snprintf(path, sizeof(path), "/sys/class/tty/ttyS%u/type", i);
		(void)snprintf(name, sizeof(name), "ttyS%u", i);
		type = place_line(place, path);
		if (type != NULL && strtoul(type, NULL, 10) != 0)
			add_console(out, name, strlen(name));
	}
}

static void read_consoles(const struct place *place, struct platform *out)
{
	add_active_consoles(place, out);
	add_serial_ports(place, out);
	if (place_has(place, "/sys/class/tty/tty0"))
		add_console(out, "tty0", strlen("tty0"));
}

static void take_dns_line(char *line, struct platform *out)
{
	char *word, *place = NULL;
	const char *key = strtok_r(line, " \t", &place);
	struct guest_words *list;

	if (key == NULL)
		return;
	if (strcmp(key, "nameserver") == 0)
		list = &out->resolvers;
	else if (strcmp(key, "search") == 0 || strcmp(key, "domain") == 0)
		list = &out->domains;
	else
		return;
	while ((word = strtok_r(NULL, " \t", &place)) != NULL)
		if (!guest_words_has(list, word))
			guest_words_add(list, word, strlen(word));
}

/* systemd-resolved keeps the servers that it asks beside the file that names itself. */
static void read_dns(const struct place *place, struct platform *out)
{
	static const char *const paths[] = {"/run/systemd/resolve/resolv.conf",
					    "/etc/resolv.conf"};
	autostr struct str text = STR_EMPTY;
	char *line, *rest = NULL;
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (place_read(place, paths[i], DNS_MOST, &text, NULL) == 0)
			break;
	if (text.length == 0)
		return;
	for (line = strtok_r(text.bytes, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		take_dns_line(line, out);
}

void platform_read(const struct place *place, const struct verdict *verdict,
		   struct platform *out)
{
	out->name = str_copy(place->root < 0 ? "this machine" : "a captured machine");
	out->firmware = firmware_of(place, verdict);
	out->architecture = architecture_of(place);
	out->cpu_level = level_of(place);
	out->memory_bytes = memory_of(place);
	platform_read_devices(place, out);
	platform_read_network(place, out);
	read_consoles(place, out);
	read_dns(place, out);
}

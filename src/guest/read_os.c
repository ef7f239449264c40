/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_os.c - which system it is: os-release(5), and the files that told it before 2012. */
#include <ctype.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

static const struct {
	const char *id;
	enum guest_family family;
} families[] = {
	{"debian", GUEST_DEBIAN},
	{"ubuntu", GUEST_DEBIAN},
	{"rhel", GUEST_RHEL},
	{"fedora", GUEST_RHEL},
	{"centos", GUEST_RHEL},
	{"rocky", GUEST_RHEL},
	{"almalinux", GUEST_RHEL},
	{"ol", GUEST_RHEL},
	{"amzn", GUEST_RHEL},
	{"scientific", GUEST_RHEL},
	{"suse", GUEST_SUSE},
	{"opensuse", GUEST_SUSE},
	{"sles", GUEST_SUSE},
	{"opensuse-leap", GUEST_SUSE},
	{"alpine", GUEST_ALPINE},
	{"arch", GUEST_ARCH},
	{"archlinux", GUEST_ARCH},
	{"devuan", GUEST_DEBIAN},
	{"raspbian", GUEST_DEBIAN},
	{"linuxmint", GUEST_DEBIAN},
	{"opensuse-tumbleweed", GUEST_SUSE},
};

static enum guest_family family_of(const char *id)
{
	size_t i;

	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (strcmp(families[i].id, id) == 0)
			return families[i].family;
	return GUEST_UNKNOWN;
}

static enum guest_family family_of_any(const char *ids)
{
	struct guest_words words = {0};
	enum guest_family family = GUEST_UNKNOWN;
	size_t i;

	text_add_words(&words, ids, " \t");
	for (i = 0; i < words.count && family == GUEST_UNKNOWN; i++)
		family = family_of(words.list[i]);
	guest_words_clear(&words);
	return family;
}

void os_release_parse(const char *text, const char *source, struct guest_system *out)
{
	struct guest_settings settings = {0};
	const char *id, *like;

	text_shell_settings(text, source, &settings);
	id = guest_settings_value(&settings, "ID");
	like = guest_settings_value(&settings, "ID_LIKE");
	text_replace(&out->id, id != NULL ? id : "linux"); /* its default */
	text_replace(&out->version, guest_settings_value(&settings, "VERSION_ID"));
	text_replace(&out->pretty_name, guest_settings_value(&settings, "PRETTY_NAME"));
	text_replace(&out->codename, guest_settings_value(&settings, "VERSION_CODENAME"));
	text_replace(&out->source, source);
	out->family = family_of(out->id);
	if (out->family == GUEST_UNKNOWN && like != NULL)
		out->family = family_of_any(like);
	guest_settings_clear(&settings);
}

/* "CentOS release 6.10 (Final)": the version stands behind "release". */
static void parse_redhat(const char *text, struct guest_system *out)
{
	static const struct {
		const char *start;
		const char *id;
	} names[] = {
		{"CentOS", "centos"}, {"Red Hat Enterprise", "rhel"},
		{"Fedora", "fedora"}, {"Scientific", "scientific"},
		{"Oracle", "ol"},     {"Red Hat", "rhel"},
	};
	autofree char *copy = str_copy(text);
	char *rest = copy, *line = text_next_line(&rest);
	const char *version;
	size_t i;

	text_replace(&out->id, "rhel");
	for (i = 0; line != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
		if (!text_starts(line, names[i].start))
			continue;
		text_replace(&out->id, names[i].id);
		break;
	}
	text_replace(&out->pretty_name, line);
	version = line != NULL ? strstr(line, " release ") : NULL;
	if (version == NULL)
		return;
	line = copy + (version - copy) + strlen(" release ");
	text_replace(&out->version, text_next_word(&line));
}

/* A name in the first line, then "VERSION = 11" and "PATCHLEVEL = 4". */
static void parse_suse(const char *text, struct guest_system *out)
{
	autofree char *copy = str_copy(text);
	autostr struct str version = STR_EMPTY;
	char *rest = copy, *line = text_next_line(&rest);

	text_replace(&out->pretty_name, line);
	text_replace(&out->id,
		     line != NULL && text_starts(line, "openSUSE") ? "opensuse" : "sles");
	while ((line = text_next_line(&rest)) != NULL) {
		const char *value = strchr(line, '=');

		if (value == NULL)
			continue;
		value += 1 + strspn(value + 1, " \t");
		if (text_starts(line, "VERSION"))
			str_add(&version, value);
		else if (text_starts(line, "PATCHLEVEL") && strcmp(value, "0") != 0)
			str_addf(&version, ".%s", value);
	}
	if (version.length > 0)
		text_replace(&out->version, version.bytes);
}

static void parse_lsb(const char *text, struct guest_system *out)
{
	struct guest_settings settings = {0};
	const char *id;

	text_shell_settings(text, "lsb-release", &settings);
	id = guest_settings_value(&settings, "DISTRIB_ID");
	if (id != NULL) {
		text_replace(&out->id, id);
		(void)text_lower(out->id);
		text_replace(&out->version,
			     guest_settings_value(&settings, "DISTRIB_RELEASE"));
		text_replace(&out->codename,
			     guest_settings_value(&settings, "DISTRIB_CODENAME"));
		text_replace(&out->pretty_name,
			     guest_settings_value(&settings, "DISTRIB_DESCRIPTION"));
	}
	guest_settings_clear(&settings);
}

/* The whole text is the version: "6.0.10", "trixie/sid", "3.4.6"; Arch's is empty. */
static void parse_version(const char *text, struct guest_system *out)
{
	autofree char *copy = str_copy(text);
	char *rest = copy;
	const char *line = text_next_line(&rest);

	if (line != NULL && line[0] != '\0')
		text_replace(&out->version, line);
}

/* The files that told it before os-release, the more telling ones first. */
static const struct old_way {
	const char *path;
	const char *id; /* NULL: the text tells */
	void (*parse)(const char *text, struct guest_system *out);
} old_ways[] = {
	{"/etc/oracle-release", NULL, parse_redhat},
	{"/etc/centos-release", NULL, parse_redhat},
	{"/etc/redhat-release", NULL, parse_redhat},
	{"/etc/SuSE-release", NULL, parse_suse},
	{"/etc/alpine-release", "alpine", parse_version},
	{"/etc/arch-release", "arch", parse_version},
	{"/etc/lsb-release", NULL, parse_lsb},
	{"/etc/debian_version", "debian", parse_version},
};

static void read_old_ways(struct inspect *look, struct guest_system *out)
{
	size_t i;

	for (i = 0; i < sizeof(old_ways) / sizeof(old_ways[0]) && out->id == NULL; i++) {
		autostr struct str text = STR_EMPTY;

		if (!inspect_text(look, old_ways[i].path, &text))
			continue;
		old_ways[i].parse(text.bytes, out);
		if (old_ways[i].id != NULL)
			text_replace(&out->id, old_ways[i].id);
		if (out->id == NULL)
			continue;
		text_replace(&out->source, old_ways[i].path);
		out->family = family_of(out->id);
	}
}

static const struct {
	unsigned machine;
	bool is_64, is_little;
	const char *name;
} machines[] = {
	{EM_X86_64, true, true, "x86_64"},   {EM_386, false, true, "i686"},
	{EM_AARCH64, true, true, "aarch64"}, {EM_ARM, false, true, "armv7l"},
	{EM_PPC64, true, true, "ppc64le"},   {EM_PPC64, true, false, "ppc64"},
	{EM_S390, true, false, "s390x"},     {EM_RISCV, true, true, "riscv64"},
	{258, true, true, "loongarch64"}, /* EM_LOONGARCH: not in older headers */
};

const char *elf_machine(const uint8_t *bytes, size_t length)
{
	bool is_64, is_little;
	unsigned machine;
	size_t i;

	if (length < 20 || memcmp(bytes, ELFMAG, SELFMAG) != 0)
		return NULL;
	is_64 = bytes[EI_CLASS] == ELFCLASS64;
	is_little = bytes[EI_DATA] == ELFDATA2LSB;
	machine = is_little ? (unsigned)(bytes[18] | bytes[19] << 8)
			    : (unsigned)(bytes[18] << 8 | bytes[19]);
	for (i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].machine == machine && machines[i].is_64 == is_64 &&
		    machines[i].is_little == is_little)
			return machines[i].name;
	return NULL;
}

static void read_architecture(struct inspect *look, struct guest_system *out)
{
	static const char *const paths[] = {"/sbin/init",	"/bin/sh",
					    "/bin/busybox",	"/bin/ls",
					    "/lib64/libc.so.6", "/lib/libc.so.6"};
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		uint8_t head[20];
		const char *name;

		name = elf_machine(head,
				   inspect_head(look, paths[i], head, sizeof(head)));
		if (name == NULL)
			continue;
		text_replace(&out->architecture, name);
		return;
	}
}

/* What /sbin/init is, by its link or by what stands beside it. */
static const struct {
	const char *link; /* part of the link's target; NULL: any */
	const char *beside;
	const char *name;
} inits[] = {
	{"systemd", NULL, "systemd"},	    {"upstart", NULL, "upstart"},
	{"openrc", NULL, "openrc"},	    {"runit", NULL, "runit"},
	{NULL, "/sbin/openrc", "openrc"},   {"busybox", NULL, "busybox"},
	{NULL, "/sbin/initctl", "upstart"}, {NULL, "/etc/inittab", "sysvinit"},
};

static void read_init(struct inspect *look, struct guest_system *out)
{
	autostr struct str target = STR_EMPTY;
	size_t i;

	if (!vfs_exists(look->vfs, "/sbin/init"))
		return;
	if (vfs_readlink(look->vfs, "/sbin/init", &target, NULL) != 0)
		str_clear(&target); /* a file of its own */
	for (i = 0; i < sizeof(inits) / sizeof(inits[0]); i++) {
		if (inits[i].link != NULL && strstr(target.bytes, inits[i].link) == NULL)
			continue;
		if (inits[i].beside != NULL && !vfs_exists(look->vfs, inits[i].beside))
			continue;
		text_replace(&out->init, inits[i].name);
		return;
	}
}

static void read_selinux(struct inspect *look, struct guest_system *out)
{
	struct guest_settings settings = {0};

	if (inspect_settings(look, "/etc/selinux/config", &settings))
		text_replace(&out->selinux, guest_settings_value(&settings, "SELINUX"));
	guest_settings_clear(&settings);
}

static void read_os(struct inspect *look)
{
	static const char *const paths[] = {"/etc/os-release", "/usr/lib/os-release",
					    NULL};
	struct guest_system *system = &look->guest->system;
	const char *path = inspect_first(look, paths);
	autostr struct str text = STR_EMPTY;

	if (path != NULL && inspect_text(look, path, &text))
		os_release_parse(text.bytes, path, system);
	else
		read_old_ways(look, system);
	/* Debian's testing has no VERSION_ID */
	str_clear(&text);
	if (system->version == NULL && system->family == GUEST_DEBIAN &&
	    inspect_text(look, "/etc/debian_version", &text))
		parse_version(text.bytes, system);
	read_architecture(look, system);
	read_init(look, system);
	read_selinux(look, system);
}

const struct guest_reader guest_reader_os = {.name = "os", .read = read_os};

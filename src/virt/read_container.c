/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_container.c - whether this process, or this captured one, is in a container. Source
 * of the marks: systemd's "Container Interface", and each manager's own files. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/own.h"
#include "virt/read.h"
#include "virt/rules.h"

enum { CGROUP_MOST = 4096, ENVIRON_MOST = 4096 };

static const struct {
	const char *path;
	const char *name;
	enum sign_weight weight;
} marks[] = {
	{"/run/.containerenv", "podman", SIGN_STRONG},
	{"/.dockerenv", "docker", SIGN_WEAK}, /* stays in images that became machines */
	{"/.dockerinit", "docker", SIGN_WEAK},
	{"/.flatpak-info", "flatpak", SIGN_STRONG},
};

static const struct rule cgroup_rules[] = {
	{RULE_HAS, ":/docker/", CLAIM_CONTAINER, SIGN_STRONG, "docker"},
	{RULE_HAS, "/docker-", CLAIM_CONTAINER, SIGN_STRONG, "docker"},
	{RULE_HAS, "/libpod-", CLAIM_CONTAINER, SIGN_STRONG, "podman"},
	{RULE_HAS, "/kubepods", CLAIM_CONTAINER, SIGN_STRONG, "kubernetes"},
	{RULE_HAS, ":/ecs/", CLAIM_CONTAINER, SIGN_STRONG, "ecs"},
	{RULE_HAS, ":/lxc/", CLAIM_CONTAINER, SIGN_STRONG, "lxc"},
	{RULE_HAS, "lxc.payload", CLAIM_CONTAINER, SIGN_STRONG, "lxc"},
	RULE_END,
};

/* Names as systemd has them in $container and /run/systemd/container. */
static void add_named(const char *name, const char *source, struct signs *out)
{
	static const char *const known[] = {
		"docker", "podman", "lxc", "lxc-libvirt", "systemd-nspawn", "rkt", "wsl",
		"proot",  "pouch",  "oci", "zone",	  "openvz",	    NULL,
	};
	size_t i;

	for (i = 0; known[i] != NULL; i++) {
		if (strcasecmp(name, known[i]) != 0)
			continue;
		signs_add(out, CLAIM_CONTAINER, SIGN_PROOF, source, name,
			  strcmp(known[i], "zone") == 0 ? "illumos-lx" : known[i]);
		return;
	}
	if (name[0] != '\0')
		signs_add(out, CLAIM_CONTAINER, SIGN_STRONG, source, name, "other");
}

static void take_variable(const struct place *place, const char *path,
			  const char *variable, struct signs *out)
{
	static const char label[] = "container=";
	autofree char *value = NULL;

	if (strncmp(variable, label, strlen(label)) != 0)
		return;
	value = strndup(variable + strlen(label),
			strcspn(variable + strlen(label), "\n"));
	if (value == NULL)
		return;
	place_save(place, path, variable, strlen(variable));
	add_named(value, path, out);
}

static void read_names(const struct place *place, struct signs *out)
{
	static const char *const environ_path[] = {"/proc/1/environ", "/1/environ"};
	autofree char *name = place_line(place, "/run/systemd/container");
	struct place quiet = *place; /* the rest of an environment may hold passwords */
	size_t i, at;

	if (!place->is_raw)
		quiet.save = -1;

	if (name != NULL)
		add_named(name, "/run/systemd/container", out);
	/* the second is a tree whose /proc was captured without its name */
	for (i = 0; i < (place->root >= 0 ? 2U : 1U); i++) {
		autostr struct str text = STR_EMPTY;

		if (place_read(&quiet, environ_path[i], ENVIRON_MOST, &text, NULL) != 0)
			continue;
		for (at = 0; at < text.length; at += strlen(text.bytes + at) + 1)
			take_variable(place, environ_path[i], text.bytes + at, out);
	}
}

static void read_cgroups(const struct place *place, struct signs *out)
{
	static const char path[] = "/proc/self/cgroup";
	autostr struct str text = STR_EMPTY;
	const char *line;

	if (place_read(place, path, CGROUP_MOST, &text, NULL) != 0)
		return;
	for (line = text.bytes; line != NULL; line = strchr(line, '\n')) {
		autofree char *copy = NULL;

		line += *line == '\n';
		copy = strndup(line, strcspn(line, "\n"));
		if (copy != NULL && rules_apply(cgroup_rules, copy, path, NULL, out))
			return;
	}
}

/* OpenVZ and Linux-VServer number their containers; 0 is the host. */
static void read_status(const struct place *place, struct signs *out)
{
	static const struct {
		const char *label, *name;
	} labels[] = {{"\nVxID:", "vserver"}, {"\nenvID:", "openvz"}};
	autostr struct str text = STR_EMPTY;
	const char *line, *number;
	size_t i;

	if (place_read(place, "/proc/self/status", CGROUP_MOST, &text, NULL) != 0)
		return;
	for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		line = strstr(text.bytes, labels[i].label);
		if (line == NULL)
			continue;
		number = line + strlen(labels[i].label);
		number += strspn(number, " \t");
		if (strtoul(number, NULL, 10) != 0)
			signs_add(out, CLAIM_CONTAINER, SIGN_PROOF, "/proc/self/status",
				  line + 1, labels[i].name);
	}
}

/* The first process ids belong to a namespace whose number is fixed (linux/proc_ns.h:
 * PROC_PID_INIT_INO, PROC_UTS_INIT_INO): who is in it is in no container. */
static void read_namespaces(const struct place *place, struct signs *out)
{
	autofree char *pid = place_link(place, "/proc/self/ns/pid");
	autofree char *uts = place_link(place, "/proc/self/ns/uts");

	if (pid != NULL && uts != NULL && strcmp(pid, "pid:[4026531836]") == 0 &&
	    strcmp(uts, "uts:[4026531838]") == 0)
		signs_add(out, CLAIM_NO_CONTAINER, SIGN_STRONG, "/proc/self/ns/pid",
			  "the first PID and UTS namespaces of this kernel", NULL);
}

static void read_container(const struct place *place, struct signs *out)
{
	size_t i;

	read_names(place, out);
	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (place_has(place, marks[i].path))
			signs_add(out, CLAIM_CONTAINER, marks[i].weight, marks[i].path,
				  "it is there", marks[i].name);
	if (place_has(place, "/proc/vz") && !place_has(place, "/proc/bc"))
		signs_add(out, CLAIM_CONTAINER, SIGN_PROOF, "/proc/vz",
			  "it is there without /proc/bc", "openvz");
	read_cgroups(place, out);
	read_status(place, out);
	read_namespaces(place, out);
}

const struct reader reader_container = {"container", read_container};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_cloud.c - cloud-init. Source: cloudinit.readthedocs.io, "Boot stages" (how it is disabled),
 * "Datasources", "NoCloud", "Network configuration". */
#define _GNU_SOURCE
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

enum { STATUS_MOST = 64 << 20 }; /* of dpkg: a few MiB on large systems */

static const char *const programs[] = {"/usr/bin/cloud-init", "/bin/cloud-init",
				       "/usr/sbin/cloud-init", NULL};

/* The value of a key at the beginning of a line: "datasource_list: [ NoCloud, None ]". The last
 * one counts. Returns: whether there is one */
static bool find_list(const char *text, struct guest_words *out)
{
	const char *line, *end, *value;
	bool is_found = false;

	for (line = text; *line != '\0'; line = *end != '\0' ? end + 1 : end) {
		end = strchrnul(line, '\n');
		if (!text_starts(line, "datasource_list:"))
			continue;
		value = line + strlen("datasource_list:");
		guest_words_clear(out);
		is_found = true;
		while (value < end) {
			const size_t skip = strspn(value, " \t[],\"'");
			const size_t length = strcspn(value + skip, " \t[],\"'\n#");

			value += skip;
			if (length == 0 || value >= end || *value == '#')
				break;
			guest_words_add(out, value, length);
			value += length;
		}
	}
	return is_found;
}

/* "network: {config: disabled}", in a block or in one line. */
static bool is_network_off(const char *text)
{
	const char *line, *end;
	bool is_inside = false;

	for (line = text; *line != '\0'; line = *end != '\0' ? end + 1 : end) {
		autostr struct str copy = STR_EMPTY;

		end = strchrnul(line, '\n');
		str_add_bytes(&copy, line, (size_t)(end - line));
		if (copy.bytes[0] != ' ' && copy.bytes[0] != '\t')
			is_inside = text_starts(copy.bytes, "network:");
		if (is_inside && strstr(copy.bytes, "config:") != NULL &&
		    strstr(copy.bytes, "disabled") != NULL)
			return true;
	}
	return false;
}

static void read_config(struct inspect *look, const char *path)
{
	struct guest_cloud *cloud = &look->guest->cloud;
	autostr struct str text = STR_EMPTY;

	if (!inspect_text(look, path, &text))
		return;
	if (find_list(text.bytes, &cloud->datasources))
		text_replace(&cloud->datasources_source, path);
	if (is_network_off(text.bytes)) {
		cloud->is_network_disabled = true;
		text_replace(&cloud->network_source, path);
	}
}

static void read_configs(struct inspect *look)
{
	struct guest_words names = {0};
	size_t i;

	read_config(look, "/etc/cloud/cloud.cfg");
	inspect_names(look, "/etc/cloud/cloud.cfg.d", ".cfg", &names);
	for (i = 0; i < names.count; i++) {
		autostr struct str path = STR_EMPTY;

		str_addf(&path, "/etc/cloud/cloud.cfg.d/%s", names.list[i]);
		read_config(look, path.bytes);
	}
	guest_words_clear(&names);
}

/* dpkg's paragraph of the package, or nothing: rpm keeps a database that is not read. */
static void read_version(struct inspect *look)
{
	autostr struct str text = STR_EMPTY, version = STR_EMPTY;
	const char *at, *end;

	if (!vfs_exists(look->vfs, "/var/lib/dpkg/status") ||
	    !inspect_large(look, "/var/lib/dpkg/status", STATUS_MOST, &text))
		return;
	at = strstr(text.bytes, "\nPackage: cloud-init\n");
	end = at != NULL ? strstr(at, "\n\n") : NULL;
	at = at != NULL ? strstr(at, "\nVersion: ") : NULL;
	if (at == NULL || (end != NULL && at > end))
		return;
	at += strlen("\nVersion: ");
	str_add_bytes(&version, at, strcspn(at, "\n"));
	text_replace(&look->guest->cloud.version, version.bytes);
}

static void read_cloud(struct inspect *look)
{
	static const char *const seeds[] = {"/var/lib/cloud/seed/nocloud",
					    "/var/lib/cloud/seed/nocloud-net", NULL};
	struct guest_cloud *cloud = &look->guest->cloud;

	cloud->is_installed = inspect_first(look, programs) != NULL;
	cloud->has_nocloud_seed = inspect_first(look, seeds) != NULL;
	cloud->has_instance = vfs_exists(look->vfs, "/var/lib/cloud/instance");
	if (vfs_exists(look->vfs, "/etc/cloud/cloud-init.disabled")) {
		cloud->is_disabled = true;
		cloud->disabled_by = str_copy("/etc/cloud/cloud-init.disabled");
	}
	/* either unit: one is the other's first half */
	if (!cloud->is_disabled && (guest_words_has(&look->masked, "cloud-init") ||
				    guest_words_has(&look->masked, "cloud-init-local"))) {
		cloud->is_disabled = true;
		cloud->disabled_by = str_copy("/etc/systemd/system");
	}
	if (cloud->is_installed)
		read_version(look);
	read_configs(look);
}

const struct guest_reader guest_reader_cloud = {.name = "cloud", .read = read_cloud};

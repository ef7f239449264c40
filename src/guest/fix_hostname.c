/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_hostname.c - another name for the system, where one is asked for. Sources: hostname(5); hosts(5)
 * and the Debian Reference, 5.1.1: 127.0.1.1 stands for the host's own name; cloud-init's
 * documentation of preserve_hostname, which keeps it from setting the name again. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_rows.h"
#include "guest/text.h"

static const char keep_path[] = "/etc/cloud/cloud.cfg.d/99-moult-hostname.cfg";

/* The address of a line of hosts. @out_length: of it; 0: a comment, or nothing */
static const char *address_of(const char *line, size_t *out_length)
{
	line += strspn(line, " \t");
	*out_length = line[0] == '#' ? 0 : strcspn(line, " \t#");
	return line;
}

static bool is_of(const char *line, const char *address)
{
	size_t length;
	const char *text = address_of(line, &length);

	return length == strlen(address) && strncmp(text, address, length) == 0;
}

/* The line with other names; blanks behind the address and a comment stay. */
static void put_names(const char *line, const char *names, struct str *out)
{
	size_t length;
	const char *text = address_of(line, &length), *end;

	length += strspn(text + length, " \t");
	str_add_bytes(out, line, (size_t)(text - line) + length);
	if (text[length - 1] != ' ' && text[length - 1] != '\t')
		str_add(out, "\t");
	str_add(out, names);
	end = strchr(text, '#');
	if (end != NULL)
		str_addf(out, " %s", end);
}

/* One line for the own name, where it stood, or behind that of localhost. */
static void change_hosts(const char *text, const char *names, struct str *out)
{
	autofree char *copy = str_copy(text);
	const bool has_own = strstr(text, "127.0.1.1") != NULL;
	char *rest = copy, *line;
	bool is_done = false;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (!is_done && is_of(line, "127.0.1.1")) {
			put_names(line, names, out);
			is_done = true;
		} else {
			str_add(out, line);
		}
		if (rest != NULL)
			str_add(out, "\n");
		if (!has_own && !is_done && rest != NULL && is_of(line, "127.0.0.1")) {
			str_addf(out, "127.0.1.1\t%s\n", names);
			is_done = true;
		}
	}
	if (!is_done)
		str_addf(out, "%s127.0.1.1\t%s\n",
			 out->length > 0 && out->bytes[out->length - 1] != '\n' ? "\n"
										: "",
			 names);
}

static void plan_hosts(struct fix *fix, const char *names)
{
	autostr struct str text = STR_EMPTY, out = STR_EMPTY, what = STR_EMPTY;

	if (!fix_text(fix, "/etc/hosts", &text) && vfs_exists(fix->vfs, "/etc/hosts"))
		return; /* a gap */
	change_hosts(text.bytes, names, &out);
	str_addf(&what, "127.0.1.1 stands for %s", names);
	(void)fix_put(fix, "/etc/hosts", &out, NULL, what.bytes,
		      "the name is asked of a nameserver: sudo and mail programs wait");
}

static void plan_cloud(struct fix *fix)
{
	const struct guest_cloud *cloud = &fix->image->guest.cloud;
	autostr struct str text = STR_EMPTY;

	if (!cloud->is_installed || cloud->is_disabled)
		return;
	str_add(&text, "# written by moult adapt\npreserve_hostname: true\n");
	(void)fix_put(fix, keep_path, &text, NULL, "cloud-init leaves the name alone",
		      "cloud-init sets the name again that its source tells");
}

/* The name without its domain. */
static char *short_name(const struct fix *fix)
{
	const char *name = fix->wishes->hostname;
	char *copy = str_copy(name);

	copy[strcspn(copy, ".")] = '\0';
	return copy;
}

static bool detect(const struct fix *fix)
{
	return fix->wishes->hostname != NULL;
}

static int plan(struct fix *fix, struct error *err)
{
	const char *old = fix->image->guest.identity.hostname;
	autofree char *name = short_name(fix);
	autostr struct str text = STR_EMPTY, names = STR_EMPTY, what = STR_EMPTY;

	(void)err;
	str_addf(&text, "%s\n", name);
	str_addf(&what, "%.70s becomes %s", old != NULL ? old : "no name", name);
	/* another spelling of the same name is no change */
	if (old == NULL || strcmp(old, name) != 0)
		(void)fix_put(fix, "/etc/hostname", &text, NULL, what.bytes,
			      "the machine goes by the name that the image came with");
	if (strcmp(name, fix->wishes->hostname) != 0)
		str_addf(&names, "%s ", fix->wishes->hostname);
	str_add(&names, name);
	plan_hosts(fix, names.bytes);
	plan_cloud(fix);
	return 0;
}

static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	const char *now = after->guest.identity.hostname;
	autofree char *name = short_name(fix);

	if (now != NULL && strcmp(now, name) == 0)
		return true;
	str_addf(why, "the system is called %.70s", now != NULL ? now : "nothing");
	return false;
}

const struct fixer fixer_hostname = {
	.name = "hostname",
	.does = "gives the system the name that is asked for",
	.detect = detect,
	.plan = plan,
	.check = check,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_services.c - what is started at boot, whatever starts it: units that a target wants
 * (systemd.unit(5)), rc links (insserv, chkconfig), OpenRC's runlevels, upstart's jobs. */
#include <ctype.h>
#include <string.h>

#include "base/own.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

static void add_service(struct guest_words *list, const char *name)
{
	size_t length = strlen(name);

	if (text_ends(name, ".service"))
		length -= strlen(".service");
	guest_words_add(list, name, length);
}

static void read_wants(struct inspect *look, const char *units, const char *folder)
{
	autostr struct str path = STR_EMPTY;
	struct guest_words names = {0};
	size_t i;

	str_addf(&path, "%s/%s", units, folder);
	inspect_names(look, path.bytes, "", &names);
	for (i = 0; i < names.count; i++)
		add_service(&look->services, names.list[i]);
	guest_words_clear(&names);
}

static void read_units(struct inspect *look, const char *units)
{
	struct guest_words names = {0};
	size_t i;

	inspect_names(look, units, "", &names);
	for (i = 0; i < names.count; i++) {
		autostr struct str path = STR_EMPTY;

		str_addf(&path, "%s/%s", units, names.list[i]);
		if (text_ends(names.list[i], ".wants") ||
		    text_ends(names.list[i], ".requires"))
			read_wants(look, units, names.list[i]);
		else if (text_ends(names.list[i], ".service") &&
			 inspect_is_null(look, path.bytes))
			add_service(&look->masked, names.list[i]);
	}
	guest_words_clear(&names);
}

/* "S20ssh": what runlevels 2 to 5 and S start. */
static void read_rc(struct inspect *look)
{
	static const char *const folders[] = {
		"/etc/rcS.d",	   "/etc/rc2.d",      "/etc/rc3.d",	  "/etc/rc5.d",
		"/etc/rc.d/rc3.d", "/etc/rc.d/rc5.d", "/etc/init.d/rc3.d"};
	size_t i, k;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		struct guest_words names = {0};

		inspect_names(look, folders[i], "", &names);
		for (k = 0; k < names.count; k++) {
			const char *name = names.list[k];

			if (name[0] == 'S' && isdigit((unsigned char)name[1]) &&
			    isdigit((unsigned char)name[2]) && name[3] != '\0')
				add_service(&look->services, name + 3);
		}
		guest_words_clear(&names);
	}
}

static void read_runlevels(struct inspect *look)
{
	static const char *const folders[] = {"sysinit", "boot", "default"};
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		read_wants(look, "/etc/runlevels", folders[i]);
}

/* A job is started unless its override says "manual". */
static void read_jobs(struct inspect *look)
{
	struct guest_words names = {0};
	size_t i;

	inspect_names(look, "/etc/init", ".conf", &names);
	for (i = 0; i < names.count; i++) {
		const size_t length = strlen(names.list[i]) - strlen(".conf");
		autostr struct str path = STR_EMPTY, text = STR_EMPTY;

		str_addf(&path, "/etc/init/%.*s.override", (int)length, names.list[i]);
		if (vfs_exists(look->vfs, path.bytes) &&
		    inspect_text(look, path.bytes, &text) &&
		    strstr(text.bytes, "manual") != NULL)
			continue;
		guest_words_add(&look->services, names.list[i], length);
	}
	guest_words_clear(&names);
}

static void read_services(struct inspect *look)
{
	const char *init = look->guest->system.init;

	read_units(look, "/etc/systemd/system");
	read_units(look, "/usr/lib/systemd/system");
	/* one folder where /lib is a link to /usr/lib */
	if (!vfs_exists(look->vfs, "/usr/lib/systemd/system"))
		read_units(look, "/lib/systemd/system");
	read_rc(look);
	read_runlevels(look);
	if (init != NULL && strcmp(init, "upstart") == 0)
		read_jobs(look);
}

const struct guest_reader guest_reader_services = {.name = "services",
						   .read = read_services};

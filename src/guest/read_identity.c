/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_identity.c - what must differ between two clones: machine-id(5), sshd's host keys, the
 * random seed and the credential secret of systemd. The machine-id itself is not kept: its page
 * says that it is confidential. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

enum guest_machine_id machine_id_parse(const char *text)
{
	autofree char *copy = str_copy(text);
	char *rest = copy;
	const char *line = text_next_line(&rest);

	if (line == NULL || line[0] == '\0')
		return GUEST_MACHINE_ID_EMPTY;
	if (strcmp(line, "uninitialized") == 0)
		return GUEST_MACHINE_ID_UNINITIALIZED;
	if (strlen(line) == 32 && line[strspn(line, "0123456789abcdefABCDEF")] == '\0')
		return GUEST_MACHINE_ID_PRESENT;
	return GUEST_MACHINE_ID_INVALID;
}

static void read_machine_ids(struct inspect *look)
{
	struct guest_identity *identity = &look->guest->identity;
	autostr struct str own = STR_EMPTY, dbus = STR_EMPTY, target = STR_EMPTY;

	if (inspect_text(look, "/etc/machine-id", &own))
		identity->machine_id = machine_id_parse(own.bytes);
	if (inspect_text(look, "/var/lib/dbus/machine-id", &dbus))
		identity->dbus_machine_id = machine_id_parse(dbus.bytes);
	identity->is_dbus_shared =
		vfs_readlink(look->vfs, "/var/lib/dbus/machine-id", &target, NULL) == 0 ||
		(identity->machine_id == GUEST_MACHINE_ID_PRESENT &&
		 strcmp(own.bytes, dbus.bytes) == 0);
}

static void read_host_keys(struct inspect *look)
{
	struct guest_words names = {0};
	size_t i;

	inspect_names(look, "/etc/ssh", ".pub", &names);
	for (i = 0; i < names.count; i++) {
		autostr struct str path = STR_EMPTY, text = STR_EMPTY;

		if (!text_starts(names.list[i], "ssh_host_"))
			continue;
		str_addf(&path, "/etc/ssh/%s", names.list[i]);
		if (inspect_text(look, path.bytes, &text))
			keys_parse(text.bytes, path.bytes,
				   &look->guest->identity.host_keys);
	}
	guest_words_clear(&names);
}

/* What makes host keys where there are none: a unit that is started with sshd. RHEL's and Arch's
 * are asked for by sshd's own unit. cloud-init does it too, and is told elsewhere. */
static void find_key_maker(struct inspect *look)
{
	static const char *const units[] = {"/usr/lib/systemd/system/sshd-keygen.target",
					    "/usr/lib/systemd/system/sshdgenkeys.service",
					    NULL};
	struct guest_identity *identity = &look->guest->identity;
	const char *found = NULL;
	size_t i;

	for (i = 0; i < look->services.count && found == NULL; i++)
		if (strstr(look->services.list[i], "keygen") != NULL &&
		    !guest_words_has(&look->masked, look->services.list[i]))
			found = look->services.list[i];
	if (found == NULL)
		found = inspect_first(look, units);
	identity->host_key_maker = str_copy(found);
}

/* The file of one line; RHEL 6 and before have it in a shell file. */
static void read_hostname(struct inspect *look)
{
	struct guest_identity *identity = &look->guest->identity;
	struct guest_settings settings = {0};
	autostr struct str text = STR_EMPTY;
	const char *line;
	char *rest;

	if (inspect_text(look, "/etc/hostname", &text) ||
	    inspect_text(look, "/etc/HOSTNAME", &text)) {
		rest = text.length > 0 ? text.bytes : NULL;
		line = text_next_line(&rest);
		while (line != NULL && line[0] == '#')
			line = text_next_line(&rest);
		if (line != NULL && line[0] != '\0')
			text_replace(&identity->hostname, line);
		return;
	}
	if (inspect_settings(look, "/etc/sysconfig/network", &settings))
		text_replace(&identity->hostname,
			     guest_settings_value(&settings, "HOSTNAME"));
	guest_settings_clear(&settings);
}

static void read_identity(struct inspect *look)
{
	static const char *const seeds[] = {
		"/var/lib/systemd/random-seed", "/var/lib/urandom/random-seed",
		"/var/lib/random-seed", "/var/lib/misc/random-seed", NULL};
	struct guest_identity *identity = &look->guest->identity;

	read_machine_ids(look);
	read_host_keys(look);
	find_key_maker(look);
	read_hostname(look);
	identity->has_random_seed = inspect_first(look, seeds) != NULL;
	identity->has_credential_secret =
		vfs_exists(look->vfs, "/var/lib/systemd/credential.secret");
}

const struct guest_reader guest_reader_identity = {.name = "identity",
						   .read = read_identity};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_machine_id.c - the machine-id stays for a move: DHCP servers know the machine by it, and names
 * of BLS entries begin with it. What stands there is looked at alone. Source: machine-id(5): a file
 * that holds no id is not filled at boot; an empty one, "uninitialized" and none are. */
#include "guest/fix_rows.h"

static bool detect(const struct fix *fix)
{
	(void)fix;
	return true;
}

static int plan(struct fix *fix, struct error *err)
{
	(void)fix;
	(void)err;
	return 0;
}

static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	(void)fix;
	if (after->guest.identity.machine_id != GUEST_MACHINE_ID_INVALID)
		return true;
	str_add(why, "/etc/machine-id holds no machine-id: systemd does not fill it, and "
		     "services that ask for one fail; empty that file");
	return false;
}

const struct fixer fixer_machine_id = {
	.name = "machine-id",
	.does = "keeps the machine-id, and looks whether it is one",
	.detect = detect,
	.plan = plan,
	.check = check,
};

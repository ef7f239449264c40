/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_cloud.c - cloud-init looks for the machine that it came from. A guest that was set up by it keeps
 * what it has: the instance stays and is trusted, so that users and host keys are not made anew, and
 * sources are local ones. One that has never run is kept off, unless its seed lies in the image.
 * Sources: cloudinit.readthedocs.io, "How to disable cloud-init", "NoCloud", "Network configuration"
 * ("network: {config: disabled}"), "Instance metadata" (manual_cache_clean), "Module reference" (ssh_deletekeys,
 * grub_dpkg); cloudinit/util.py, read_conf_d: of the files in cloud.cfg.d the last by name wins. */
#include <string.h>

#include "base/own.h"
#include "guest/fix_rows.h"
#include "guest/reach.h"
#include "guest/text.h"

#define FOLDER	    "/etc/cloud/cloud.cfg.d/"
#define DISABLED    "/etc/cloud/cloud-init.disabled"
#define NETWORK_OFF FOLDER "99-disable-network-config.cfg"
#define OWN_FILE    FOLDER "99-moult.cfg"
#define LATER_FILE  FOLDER "zz-moult.cfg"

static bool detect(const struct fix *fix)
{
	const struct guest_cloud *cloud = &fix->image->guest.cloud;

	return fix->image->has_guest && cloud->is_installed && !cloud->is_disabled;
}

static bool is_systemd(const struct guest *guest)
{
	return guest->system.init != NULL && strcmp(guest->system.init, "systemd") == 0;
}

/* Before 17.1 nothing looks which sources can be there: each is asked for, those of other clouds for
 * up to two minutes. */
static bool is_old(const struct guest_cloud *cloud)
{
	return cloud->version != NULL &&
	       text_compare_versions(cloud->version, "17.1") < 0;
}

static bool has_remote(const struct guest_cloud *cloud)
{
	size_t i;

	for (i = 0; i < cloud->datasources.count; i++)
		if (strcmp(cloud->datasources.list[i], "NoCloud") != 0 &&
		    strcmp(cloud->datasources.list[i], "None") != 0)
			return true;
	return cloud->datasources.count == 0;
}

static bool waits(const struct guest_cloud *cloud)
{
	return reach_waits_for_cloud(cloud) || (is_old(cloud) && has_remote(cloud));
}

/* What a file that sorts behind ours says would win over it. */
static const char *own_file(const struct guest_cloud *cloud)
{
	const char *source = cloud->datasources_source;

	return source != NULL && text_starts(source, FOLDER) &&
			       strcmp(source, OWN_FILE) > 0
		       ? LATER_FILE
		       : OWN_FILE;
}

static void keep_off(struct fix *fix)
{
	const struct str empty = STR_EMPTY;

	(void)fix_put(fix, DISABLED, &empty, NULL,
		      "cloud-init, which has never run here, stays off",
		      "it waits for a source that this machine may not have");
}

static void put_sources(struct fix *fix)
{
	const struct guest *guest = &fix->image->guest;
	const struct guest_cloud *cloud = &guest->cloud;
	autostr struct str text = STR_EMPTY, what = STR_EMPTY;

	str_add(&text, "# Written by moult: this system was moved to another machine.\n"
		       "datasource_list: [ NoCloud, None ]\n");
	if (cloud->has_instance)
		str_add(&text,
			"# the instance in /var/lib/cloud stays: a new one would make "
			"users and keys anew\nmanual_cache_clean: true\n");
	if (guest->identity.host_keys.count > 0)
		str_add(&text, "ssh_deletekeys: false\n");
	str_add(&text, "# this disk's boot loader is set already\n"
		       "grub_dpkg:\n  enabled: false\n");
	str_addf(&what, "sources NoCloud and None in the place of %s",
		 cloud->datasources.count > 0 ? cloud->datasources.list[0] : "all");
	if (cloud->has_instance)
		str_add(&what, "; the instance stays, so that host keys and users do");
	(void)fix_put(fix, own_file(cloud), &text, NULL, what.bytes,
		      "cloud-init waits up to two minutes for a source that this machine "
		      "may not have, or makes host keys anew");
}

/* Whether the network was told to the guest in this run. */
static bool is_carried(const struct fix *fix)
{
	size_t i;

	for (i = 0; i < fix->out->line_count; i++)
		if (strcmp(fix->out->lines[i].fixer, fixer_network.name) == 0)
			return true;
	return false;
}

static void keep_network(struct fix *fix)
{
	autostr struct str text = STR_EMPTY;

	str_add(&text, "network: {config: disabled}\n");
	(void)fix_put(
		fix, NETWORK_OFF, &text, NULL, "cloud-init does not touch the network",
		"at the next boot it writes its own files over those of the network");
}

static int plan(struct fix *fix, struct error *err)
{
	const struct guest_cloud *cloud = &fix->image->guest.cloud;
	const bool is_waiting = waits(cloud);

	(void)err;
	if (is_waiting && !cloud->has_instance && !cloud->has_nocloud_seed &&
	    is_systemd(&fix->image->guest)) {
		keep_off(fix);
		return 0;
	}
	if (is_waiting)
		put_sources(fix);
	if ((is_waiting || is_carried(fix)) && !cloud->is_network_disabled)
		keep_network(fix);
	return 0;
}

static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	(void)fix;
	if (!waits(&after->guest.cloud) || after->guest.cloud.is_disabled)
		return true;
	str_add(why, "cloud-init still waits for a source of another machine");
	return false;
}

const struct fixer fixer_cloud_init = {
	.name = "cloud-init",
	.does = "gives cloud-init a local source, or keeps it off",
	.detect = detect,
	.plan = plan,
	.check = check,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_ssh_keys.c - the way in by ssh: public keys for a user, the host keys of the system that ran
 * before, and a unit that makes host keys where nothing does. Sources: sshd(8), "AUTHORIZED_KEYS FILE
 * FORMAT" and StrictModes of sshd_config(5): files and folders that others can write are not trusted;
 * auth.c of OpenSSH: an account that is locked by "!" is refused, unless PAM judges accounts; Debian's
 * openssh-server makes host keys when it is installed, and never again. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_rows.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

enum { OTHERS_WRITE = 022, KEY_MOST = 1 << 16 };

static const char unit_name[] = "moult-ssh-keygen.service";
static const char unit_text[] =
	"# written by moult adapt\n"
	"[Unit]\n"
	"Description=Make the host keys of sshd that are missing\n"
	"Before=ssh.service ssh.socket sshd.service\n"
	"ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key\n"
	"\n"
	"[Service]\n"
	"Type=oneshot\n"
	"ExecStart=/usr/bin/ssh-keygen -A\n"
	"\n"
	"[Install]\n"
	"WantedBy=multi-user.target\n";

static const char *user_name(const struct fix *fix)
{
	return fix->wishes->user != NULL ? fix->wishes->user : "root";
}

static void gap(struct fix *fix, const char *place, const char *reason)
{
	fix_gap(fix, place, reason);
}

/* What keeps sshd from taking a key of a user at all. NULL: nothing that is known */
static const char *why_not(const struct guest_access *access,
			   const struct guest_user *user)
{
	const char *root = guest_settings_value(&access->sshd, "PermitRootLogin");
	const char *keys = guest_settings_value(&access->sshd, "PubkeyAuthentication");
	const char *pam = guest_settings_value(&access->sshd, "UsePAM");

	if (!access->has_sshd)
		return "there is no sshd that would ask for a key";
	if (keys != NULL && !text_is_yes(keys))
		return "sshd takes no keys (PubkeyAuthentication no)";
	if (user->uid == 0 && root != NULL && strcmp(root, "no") == 0)
		return "sshd lets root in by no means (PermitRootLogin no): name "
		       "another user by --user";
	if (!user->has_login_shell)
		return "the user's shell lets nobody in: name another one by --user";
	if (user->password == GUEST_PASSWORD_LOCKED && !(pam != NULL && text_is_yes(pam)))
		return "the account is locked ('!' in /etc/shadow), and sshd goes "
		       "without PAM: set its password to '*'";
	return NULL;
}

/* A line of keys that is not there yet. */
static bool has_line(const char *text, const char *wanted)
{
	autofree char *copy = str_copy(text);
	char *rest = copy;
	const char *line;

	while ((line = text_next_line(&rest)) != NULL)
		if (strcmp(line, wanted) == 0)
			return true;
	return false;
}

static void add_lines(const char *keys, struct str *out, size_t *out_count)
{
	autofree char *copy = str_copy(keys);
	char *rest = copy;
	const char *line;

	while ((line = text_next_line(&rest)) != NULL) {
		if (line[0] == '\0' || line[0] == '#' || has_line(out->bytes, line))
			continue;
		if (out->length > 0 && out->bytes[out->length - 1] != '\n')
			str_add(out, "\n");
		str_addf(out, "%s\n", line);
		++*out_count;
	}
}

/* Where sshd looks for a user's keys first. Returns: whether it does at all */
static bool keys_path(const struct guest_access *access, const struct guest_user *user,
		      struct str *out)
{
	const char *setting = guest_settings_value(&access->sshd, "AuthorizedKeysFile");
	struct guest_words patterns = {0};
	bool is_there;

	text_add_words(&patterns, setting != NULL ? setting : ".ssh/authorized_keys",
		       " \t");
	is_there = patterns.count > 0 && strcmp(patterns.list[0], "none") != 0;
	if (is_there)
		read_keys_path(patterns.list[0], user, out);
	guest_words_clear(&patterns);
	return is_there;
}

/* What StrictModes does not trust: another one's, or writable by others. */
static bool is_trusted(const struct vfs_stat *info, uint32_t uid)
{
	return (info->mode & OTHERS_WRITE) == 0 && (info->uid == uid || info->uid == 0);
}

/* The folder of the keys; a new one is the user's alone. Returns: whether it is there */
static bool make_folder(struct fix *fix, const char *path, const struct edit_owner *owner)
{
	const char *slash = strrchr(path, '/');
	autofree char *folder = strndup(path, (size_t)(slash - path));
	const struct edit_owner private = {0700, owner->uid, owner->gid};
	struct error err = {0};
	struct vfs_stat info;
	char text[512];

	if (folder == NULL)
		abort();
	if (vfs_stat(fix->vfs, folder, true, &info, NULL) == 0) {
		if (!is_trusted(&info, owner->uid))
			gap(fix, folder,
			    "others can write this folder, or own it: sshd does not "
			    "trust the keys in it (StrictModes)");
		return true;
	}
	if (edit_make_folder(fix->edits, folder, &private, &err) == 0)
		return true;
	gap(fix, folder, error_text(&err, text, sizeof(text)));
	return false;
}

/* The owner that a file gets: its own where sshd trusts it. */
static const struct edit_owner *owner_for(const struct fix *fix, const char *path,
					  const struct edit_owner *wanted)
{
	struct vfs_stat info;

	if (vfs_stat(fix->vfs, path, true, &info, NULL) == 0 &&
	    is_trusted(&info, wanted->uid))
		return NULL;
	return wanted;
}

static void put_keys(struct fix *fix, const char *path, const char *keys,
		     const struct edit_owner *owner)
{
	autostr struct str text = STR_EMPTY, what = STR_EMPTY;
	size_t count = 0;

	if (!fix_text(fix, path, &text) && vfs_exists(fix->vfs, path))
		return; /* a gap */
	add_lines(keys, &text, &count);
	if (count == 0 && owner_for(fix, path, owner) == NULL)
		return;
	if (!make_folder(fix, path, owner))
		return;
	str_addf(&what, "%zu key%s for %.40s", count, count == 1 ? "" : "s",
		 user_name(fix));
	(void)fix_put(fix, path, &text, owner_for(fix, path, owner), what.bytes,
		      "nobody of the machine's people gets in by ssh");
}

/* A user of passwd. @out_gid: the group. Returns: whether there is one */
static bool find_user(struct vfs *vfs, const char *name, struct guest_access *out,
		      uint32_t *out_gid)
{
	autostr struct str passwd = STR_EMPTY, shadow = STR_EMPTY, one = STR_EMPTY;
	char *rest, *line, *gid;

	if (vfs_read(vfs, "/etc/passwd", READ_CONFIG_MOST, &passwd, NULL) != 0)
		return false;
	(void)!vfs_read(vfs, "/etc/shadow", READ_CONFIG_MOST, &shadow, NULL);
	rest = passwd.bytes;
	while ((line = text_next_line(&rest)) != NULL)
		if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
			break;
	if (line == NULL)
		return false;
	str_add(&one, line);
	users_parse(one.bytes, shadow.bytes, out);
	if (shadow.room > 0)
		explicit_bzero(shadow.bytes, shadow.room);
	rest = one.bytes;
	(void)strsep(&rest, ":");
	(void)strsep(&rest, ":");
	(void)strsep(&rest, ":");
	gid = rest != NULL ? strsep(&rest, ":") : NULL;
	*out_gid = gid != NULL ? (uint32_t)strtoul(gid, NULL, 10) : 0;
	return out->user_count == 1;
}

/* The keys of the same user in the old system are asked for too. */
static void add_old_keys(const struct fix *fix, struct str *out)
{
	struct guest found = {0};
	autostr struct str path = STR_EMPTY;
	uint32_t gid;

	if (!fix->wishes->want_old_keys || fix->wishes->old == NULL)
		return;
	if (find_user(fix->wishes->old, user_name(fix), &found.access, &gid)) {
		read_keys_path(".ssh/authorized_keys", &found.access.users[0], &path);
		if (out->length > 0 && out->bytes[out->length - 1] != '\n')
			str_add(out, "\n");
		(void)!vfs_read(fix->wishes->old, path.bytes, READ_CONFIG_MOST, out,
				NULL);
	}
	guest_clear(&found);
}

static void plan_user(struct fix *fix)
{
	const struct guest_access *access = &fix->image->guest.access;
	autostr struct str keys = STR_EMPTY, path = STR_EMPTY, place = STR_EMPTY;
	struct guest found = {0};
	struct edit_owner owner = {.mode = 0600};
	const char *reason;

	if (fix->wishes->authorized_keys != NULL)
		str_add(&keys, fix->wishes->authorized_keys);
	add_old_keys(fix, &keys);
	if (keys.length == 0)
		return;
	str_addf(&place, "user %.40s", user_name(fix));
	if (!find_user(fix->vfs, user_name(fix), &found.access, &owner.gid)) {
		gap(fix, place.bytes,
		    "/etc/passwd has no such user with a shell, and none is made");
	} else {
		owner.uid = found.access.users[0].uid;
		reason = why_not(access, &found.access.users[0]);
		if (reason != NULL)
			gap(fix, place.bytes, reason);
		if (!vfs_exists(fix->vfs, found.access.users[0].home))
			gap(fix, found.access.users[0].home,
			    "the user's home is not there");
		else if (keys_path(access, &found.access.users[0], &path))
			put_keys(fix, path.bytes, keys.bytes, &owner);
		else
			gap(fix, place.bytes,
			    "sshd looks for keys in no file (AuthorizedKeysFile none)");
	}
	guest_clear(&found);
}

/* A host key and its public half. */
static void copy_key(struct fix *fix, const char *name)
{
	static const struct edit_owner private = {.mode = 0600}, public = {.mode = 0644};
	autostr struct str path = STR_EMPTY, bytes = STR_EMPTY;
	struct error err = {0};
	char text[512];

	str_addf(&path, "/etc/ssh/%s", name);
	if (vfs_read(fix->wishes->old, path.bytes, KEY_MOST, &bytes, &err) != 0)
		gap(fix, path.bytes, error_text(&err, text, sizeof(text)));
	else
		(void)fix_put(fix, path.bytes, &bytes,
			      text_ends(name, ".pub") ? &public : &private,
			      "the key of the old system",
			      "clients refuse the machine: its host key is another one");
	if (bytes.room > 0)
		explicit_bzero(bytes.bytes, bytes.room);
}

static size_t copy_keys(struct fix *fix, const char *suffix)
{
	char **names = NULL;
	size_t i, count = 0;

	if (vfs_names(fix->wishes->old, "/etc/ssh", suffix, &names, NULL) != 0)
		return 0;
	for (i = 0; names[i] != NULL; i++) {
		if (text_starts(names[i], "ssh_host_")) {
			copy_key(fix, names[i]);
			count++;
		}
		free(names[i]);
	}
	free(names);
	return count;
}

static bool lacks_host_keys(const struct fix *fix)
{
	const struct guest *guest = &fix->image->guest;

	return guest->access.has_sshd && guest->identity.host_keys.count == 0 &&
	       guest->identity.host_key_maker == NULL;
}

/* The guest's own program makes them at the first start: keys in an image are everybody's. */
static void plan_maker(struct fix *fix)
{
	const char *init = fix->image->guest.system.init;
	autostr struct str text = STR_EMPTY, path = STR_EMPTY, link = STR_EMPTY;

	if (init == NULL || strcmp(init, "systemd") != 0) {
		gap(fix, "/etc/ssh",
		    "sshd has no host keys, and only for systemd a unit is written that "
		    "makes them");
		return;
	}
	str_add(&text, unit_text);
	str_addf(&path, "/etc/systemd/system/%s", unit_name);
	str_addf(&link, "/etc/systemd/system/multi-user.target.wants/%s", unit_name);
	(void)fix_put(fix, path.bytes, &text, NULL, "ssh-keygen -A at the first start",
		      "sshd has no host keys and does not start");
	(void)fix_link(fix, link.bytes, path.bytes, "that unit is started",
		       "sshd has no host keys and does not start");
}

static bool detect(const struct fix *fix)
{
	return fix->wishes->authorized_keys != NULL ||
	       (fix->wishes->want_old_keys && fix->wishes->old != NULL) ||
	       lacks_host_keys(fix);
}

static int plan(struct fix *fix, struct error *err)
{
	size_t copied = 0;

	(void)err;
	if (fix->wishes->want_old_keys && fix->wishes->old != NULL) {
		copied = copy_keys(fix, "_key") + copy_keys(fix, "_key.pub");
		if (copied == 0)
			gap(fix, "/etc/ssh", "the old system has no host keys");
	}
	if (copied == 0 && lacks_host_keys(fix))
		plan_maker(fix);
	plan_user(fix);
	return 0;
}

static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	return fix_check_link(fix, after, STEP_SSH, why);
}

const struct fixer fixer_ssh_keys = {
	.name = "ssh-keys",
	.does = "gives the system host keys and a user a key",
	.detect = detect,
	.plan = plan,
	.check = check,
};

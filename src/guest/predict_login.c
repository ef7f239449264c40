/* SPDX-License-Identifier: GPL-2.0-or-later */
/* predict_login.c - the ways in: ssh with a key or a password, a login prompt on a console of the
 * machine with a password. Sources: sshd_config(5); systemd-getty-generator(8), which starts a prompt
 * on the kernel's console. */
#include <string.h>

#include "guest/predict_links.h"
#include "guest/text.h"

static const char *sshd_value(const struct guest_access *access, const char *keyword,
			      const char *otherwise)
{
	const char *value = guest_settings_value(&access->sshd, keyword);

	return value != NULL ? value : otherwise;
}

static bool has_key_access(const struct guest_access *access,
			   const struct guest_user *user)
{
	const char *root = sshd_value(access, "PermitRootLogin", "prohibit-password");

	return user->keys.count > 0 && user->has_login_shell &&
	       text_is_yes(sshd_value(access, "PubkeyAuthentication", "yes")) &&
	       (user->uid != 0 || strcmp(root, "no") != 0);
}

static bool has_password_access(const struct guest_access *access,
				const struct guest_user *user)
{
	return user->password == GUEST_PASSWORD_SET && user->has_login_shell &&
	       text_is_yes(sshd_value(access, "PasswordAuthentication", "yes")) &&
	       (user->uid != 0 ||
		strcmp(sshd_value(access, "PermitRootLogin", "prohibit-password"),
		       "yes") == 0);
}

/* cloud-init makes host keys and takes keys when it has a source. */
static bool has_cloud(const struct guest *guest)
{
	return guest->cloud.is_installed && !guest->cloud.is_disabled;
}

static void judge_host_keys(struct predict *predict)
{
	const struct guest *guest = &predict->image->guest;

	if (guest->identity.host_keys.count > 0 || guest->identity.host_key_maker != NULL)
		return;
	prediction_judge(predict->out, STEP_SSH,
			 has_cloud(guest) ? PREDICT_UNKNOWN : PREDICT_BROKEN,
			 FIXER_SSH_KEYS,
			 "sshd has no host keys, and nothing makes them%s",
			 has_cloud(guest) ? " but cloud-init, if it finds a source" : "");
	prediction_add_evidence(predict->out, STEP_SSH, "/etc/ssh",
				"no ssh_host_*_key.pub, no unit that makes them");
}

static const struct guest_user *find_user(const struct guest_access *access,
					  bool (*can)(const struct guest_access *access,
						      const struct guest_user *user))
{
	size_t i;

	for (i = 0; i < access->user_count; i++)
		if (can(access, &access->users[i]))
			return &access->users[i];
	return NULL;
}

static void judge_user(struct predict *predict)
{
	const struct guest *guest = &predict->image->guest;
	const struct guest_user *user = find_user(&guest->access, has_key_access);
	const char *by = "a key";

	if (user == NULL) {
		user = find_user(&guest->access, has_password_access);
		by = "a password";
	}
	if (user != NULL) {
		prediction_judge(predict->out, STEP_SSH, PREDICT_HOLDS, FIXER_NONE,
				 "%s gets in by ssh with %s", user->name, by);
		return;
	}
	prediction_judge(predict->out, STEP_SSH,
			 has_cloud(guest) ? PREDICT_UNKNOWN : PREDICT_BROKEN,
			 FIXER_SSH_KEYS,
			 "nobody has a key or a password that sshd takes%s",
			 has_cloud(guest) ? ", unless cloud-init finds a source" : "");
	prediction_add_evidence(predict->out, STEP_SSH, "/etc/passwd",
				"%zu users, none with a way in",
				guest->access.user_count);
}

static void judge_ssh(struct predict *predict)
{
	const struct guest_access *access = &predict->image->guest.access;

	if (!access->has_sshd || !access->is_sshd_enabled) {
		prediction_judge(predict->out, STEP_SSH, PREDICT_BROKEN, FIXER_NONE,
				 access->has_sshd ? "sshd is not started at boot"
						  : "there is no sshd");
		return;
	}
	judge_host_keys(predict);
	judge_user(predict);
}

/* The names without a baud rate: "ttyS0,115200n8". */
static bool is_line(const char *console, const char *line)
{
	const size_t length = strcspn(console, ",");

	return strlen(line) == length && strncmp(console, line, length) == 0;
}

static bool has_getty(const struct guest_access *access, const char *line)
{
	size_t i;

	for (i = 0; i < access->getty_count; i++)
		if (strcmp(access->gettys[i].line, line) == 0)
			return true;
	return false;
}

/* systemd starts a prompt on the kernel's consoles, and on tty1. */
static bool is_started(const struct predict *predict, const char *line)
{
	const struct guest *guest = &predict->image->guest;
	const char *init = guest->system.init;
	size_t i;

	if (strcmp(line, "tty0") == 0)
		return has_getty(&guest->access, "tty1") ||
		       (init != NULL && strcmp(init, "systemd") == 0);
	if (has_getty(&guest->access, line))
		return true;
	if (init == NULL || strcmp(init, "systemd") != 0 || predict->entry == NULL)
		return false;
	for (i = 0; i < predict->entry->consoles.count; i++)
		if (is_line(predict->entry->consoles.list[i], line))
			return true;
	return false;
}

static bool has_password(const struct guest_access *access, const struct guest_user *user)
{
	(void)access;
	return user->has_login_shell && (user->password == GUEST_PASSWORD_SET ||
					 user->password == GUEST_PASSWORD_EMPTY);
}

static void add_consoles(struct predict *predict)
{
	const struct guest_words *consoles = &predict->platform->consoles;
	const struct guest_access *access = &predict->image->guest.access;
	size_t i;

	for (i = 0; i < consoles->count; i++)
		prediction_add_evidence(predict->out, STEP_CONSOLE, "platform", "has %s",
					consoles->list[i]);
	for (i = 0; predict->entry != NULL && i < predict->entry->consoles.count; i++)
		prediction_add_evidence(predict->out, STEP_CONSOLE,
					predict->entry->source, "console=%s",
					predict->entry->consoles.list[i]);
	for (i = 0; i < access->getty_count && i < 8; i++)
		prediction_add_evidence(predict->out, STEP_CONSOLE,
					access->gettys[i].source, "a prompt on %s",
					access->gettys[i].line);
}

static void judge_console(struct predict *predict)
{
	const struct guest_words *consoles = &predict->platform->consoles;
	const struct guest_user *user =
		find_user(&predict->image->guest.access, has_password);
	const char *line = NULL;
	size_t i;

	for (i = 0; i < consoles->count && line == NULL; i++)
		if (is_started(predict, consoles->list[i]))
			line = consoles->list[i];
	if (line == NULL) {
		prediction_judge(predict->out, STEP_CONSOLE, PREDICT_BROKEN,
				 FIXER_CONSOLE,
				 "no login prompt is on a console of this machine");
		add_consoles(predict);
	} else if (user == NULL) {
		prediction_judge(
			predict->out, STEP_CONSOLE, PREDICT_BROKEN, FIXER_SSH_KEYS,
			"a login prompt is on %s, and nobody has a password", line);
	}
	if (line != NULL && user != NULL)
		prediction_judge(predict->out, STEP_CONSOLE, PREDICT_HOLDS, FIXER_NONE,
				 "%s gets in by the prompt on %s", user->name, line);
}

void predict_login(struct predict *predict)
{
	judge_ssh(predict);
	judge_console(predict);
}

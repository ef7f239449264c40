/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_resolv.c - the machine's nameservers go into /etc/resolv.conf where nothing in the guest writes
 * that file. A link to what a program writes stays. Sources: resolv.conf(5); systemd-resolved(8),
 * "/etc/resolv.conf"; resolvconf(8); interfaces(5): "dns-nameservers" is resolvconf's word. */
#define _GNU_SOURCE
#include <string.h>

#include "base/own.h"
#include "guest/fix_net.h"
#include "guest/fix_rows.h"
#include "guest/text.h"

#define PLACE "/etc/resolv.conf"

static bool detect(const struct fix *fix)
{
	return fix->image->has_guest && fix->platform->resolvers.count > 0;
}

static bool is_one_there(const struct fix *fix, const char *const *paths)
{
	for (; *paths != NULL; paths++)
		if (vfs_exists(fix->vfs, *paths))
			return true;
	return false;
}

/* A link that leads to nothing in the image is right when its program makes what it leads to. */
static void judge_link(struct fix *fix, const char *target)
{
	static const char *const resolved[] = {"/usr/lib/systemd/systemd-resolved",
					       "/lib/systemd/systemd-resolved", NULL};
	static const char *const resolvconf[] = {"/sbin/resolvconf",
						 "/usr/sbin/resolvconf", NULL};
	static const char *const manager[] = {"/usr/sbin/NetworkManager", NULL};
	static const struct {
		const char *part;
		const char *const *programs;
	} rows[] = {
		{"run/systemd/resolve/", resolved},
		{"run/resolvconf/", resolvconf},
		{"run/NetworkManager/", manager},
	};
	autostr struct str reason = STR_EMPTY;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strstr(target, rows[i].part) != NULL &&
		    is_one_there(fix, rows[i].programs))
			return;
	str_addf(&reason,
		 "it leads to %s, which is not there and which no program of the system "
		 "makes: names will not be found",
		 target);
	fix_gap(fix, PLACE, reason.bytes);
}

/* What resolvconf there is. That of systemd-resolved's package is a link to resolvectl, which leaves
 * a plain /etc/resolv.conf alone; NetworkManager of Debian gives its nameservers to either. */
enum resolvconf { RESOLVCONF_NONE, RESOLVCONF_WRITES, RESOLVCONF_STANDS_BY };

static enum resolvconf find_resolvconf(const struct fix *fix)
{
	static const char *const programs[] = {"/sbin/resolvconf",
					       "/usr/sbin/resolvconf"};
	size_t i;

	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		autostr struct str target = STR_EMPTY;

		if (!vfs_exists(fix->vfs, programs[i]))
			continue;
		if (vfs_readlink(fix->vfs, programs[i], &target, NULL) == 0 &&
		    strstr(target.bytes, "resolvectl") != NULL)
			return RESOLVCONF_STANDS_BY;
		return RESOLVCONF_WRITES;
	}
	return RESOLVCONF_NONE;
}

/* Whether a program of the guest writes the file for the card. */
static bool is_written(const struct fix *fix, const struct net_cards *cards)
{
	const enum resolvconf resolvconf = find_resolvconf(fix);
	const struct platform_nic *nic = cards->list[0].nic;

	if (resolvconf == RESOLVCONF_WRITES || cards->stack == NULL)
		return true;
	if (cards->stack == &net_keyfile)
		return resolvconf == RESOLVCONF_NONE;
	return cards->stack == &net_ifupdown && !net_is_fixed(nic, false) &&
	       net_asks(nic);
}

static bool is_nameserver(const char *line, size_t length, struct str *out_address)
{
	autostr struct str copy = STR_EMPTY;
	char *rest;
	const char *key, *value;

	str_add_bytes(&copy, line, length);
	rest = str_trim_end(copy.bytes);
	key = text_next_word(&rest);
	value = text_next_word(&rest);
	if (key == NULL || value == NULL || strcmp(key, "nameserver") != 0)
		return false;
	str_add(out_address, value);
	return true;
}

/* Nameservers of another machine go, those of this one follow; the rest stays. */
static void edit_text(const struct fix *fix, const char *text, const char *wanted,
		      struct str *out)
{
	autostr struct str domains = STR_EMPTY;
	autofree char *copy = str_copy(wanted);
	char *rest = copy;
	const char *line, *end, *word;
	bool has_search = false;

	for (line = text; *line != '\0'; line = end) {
		const size_t length = strcspn(line, "\n");
		autostr struct str address = STR_EMPTY;

		end = line + length + (line[length] == '\n');
		has_search = has_search || text_starts(line, "search") ||
			     text_starts(line, "domain");
		if (is_nameserver(line, length, &address))
			continue;
		str_add_bytes(out, line, (size_t)(end - line));
	}
	if (out->length > 0 && out->bytes[out->length - 1] != '\n')
		str_add(out, "\n");
	if (!has_search && net_add_domains(fix, NULL, " ", &domains))
		str_addf(out, "search %s\n", domains.bytes);
	while ((word = text_next_word(&rest)) != NULL)
		str_addf(out, "nameserver %s\n", word);
}

static bool has_all(const struct guest_words *resolvers, const char *wanted)
{
	autofree char *copy = str_copy(wanted);
	char *rest = copy;
	const char *word;

	while ((word = text_next_word(&rest)) != NULL)
		if (!guest_words_has(resolvers, word))
			return false;
	return true;
}

static void edit_file(struct fix *fix, const char *wanted)
{
	autostr struct str text = STR_EMPTY, out = STR_EMPTY, what = STR_EMPTY;

	if (!fix_text(fix, PLACE, &text) && vfs_exists(fix->vfs, PLACE))
		return; /* told as a gap */
	edit_text(fix, text.bytes, wanted, &out);
	str_addf(&what, "nameservers: %s", wanted);
	(void)fix_put(fix, PLACE, &out, NULL, what.bytes,
		      "names are asked of servers that only the other machine reaches");
}

static int plan(struct fix *fix, struct error *err)
{
	autostr struct str wanted = STR_EMPTY, target = STR_EMPTY;
	struct net_cards cards;

	(void)err;
	net_cards_find(fix, &cards);
	if (cards.count == 0 || !net_add_resolvers(fix, NULL, " ", &wanted)) {
		net_cards_clear(&cards);
		return 0;
	}
	if (vfs_readlink(fix->vfs, PLACE, &target, NULL) == 0) {
		if (!vfs_exists(fix->vfs, PLACE))
			judge_link(fix, target.bytes);
	} else if (!is_written(fix, &cards) &&
		   !has_all(&fix->image->guest.network.resolvers, wanted.bytes)) {
		edit_file(fix, wanted.bytes);
	}
	net_cards_clear(&cards);
	return 0;
}

static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	autostr struct str wanted = STR_EMPTY, target = STR_EMPTY;
	struct fix then = *fix;
	struct net_cards cards;
	bool is_right;

	then.image = after;
	net_cards_find(&then, &cards);
	is_right = cards.count == 0 || is_written(fix, &cards) ||
		   vfs_readlink(fix->vfs, PLACE, &target, NULL) == 0 ||
		   !net_add_resolvers(fix, NULL, " ", &wanted) ||
		   has_all(&after->guest.network.resolvers, wanted.bytes);
	net_cards_clear(&cards);
	if (!is_right)
		str_add(why, PLACE " does not have the machine's nameservers");
	return is_right;
}

const struct fixer fixer_resolv_conf = {
	.name = "resolv-conf",
	.does = "gives /etc/resolv.conf the machine's nameservers, where nothing writes "
		"it",
	.detect = detect,
	.plan = plan,
	.check = check,
};

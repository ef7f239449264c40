/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_pins.c - names of network cards that are tied to MACs. One that another machine's card holds goes
 * to the card that is to have it; where a program knows cards by their names alone, the name is tied.
 * Before systemd 240 a card that the initramfs has renamed is not renamed again by a .link file, but by
 * a rule of udev. Sources: systemd.link(5), systemd.net-naming-scheme(7) ("v240"), udev(7),
 * 75-persistent-net-generator.rules of udev 175. */
#define _GNU_SOURCE
#include <string.h>

#include "base/own.h"
#include "guest/fix_net.h"
#include "guest/fix_rows.h"
#include "guest/text.h"

#define RULES "/etc/udev/rules.d/70-persistent-net.rules"

static bool detect(const struct fix *fix)
{
	return fix->image->has_guest && fix->platform->nic_count > 0;
}

static bool has_mac(const struct platform *platform, const char *mac)
{
	size_t i;

	for (i = 0; i < platform->nic_count; i++)
		if (platform->nics[i].mac != NULL &&
		    strcmp(platform->nics[i].mac, mac) == 0)
			return true;
	return false;
}

/* The card that is to have a name; NULL: none, or it is not known. */
static const struct net_card *card_of(const struct net_cards *cards, const char *name)
{
	size_t i;

	for (i = 0; i < cards->count; i++)
		if (cards->list[i].name != NULL && strcmp(cards->list[i].name, name) == 0)
			return &cards->list[i];
	return NULL;
}

/* netplan's set-name is its writer's matter. */
static bool is_file_of_pins(const char *path)
{
	return text_ends(path, ".rules") || text_ends(path, ".link");
}

static bool is_line_of(const char *line, size_t length, const char *mac)
{
	const size_t mac_length = strlen(mac);
	size_t i;

	for (i = 0; i + mac_length <= length; i++)
		if (strncasecmp(line + i, mac, mac_length) == 0)
			return true;
	return false;
}

/* Gives the lines that have a MAC another one, or makes them comments. */
static void edit_text(const char *text, const char *old_mac, const char *new_mac,
		      struct str *out)
{
	const char *line, *end;

	for (line = text; *line != '\0'; line = end) {
		const size_t length = strcspn(line, "\n");

		end = line + length + (line[length] == '\n');
		if (line[0] == '#' || !is_line_of(line, length, old_mac)) {
			str_add_bytes(out, line, (size_t)(end - line));
		} else if (new_mac == NULL) {
			str_add(out, "# ");
			str_add_bytes(out, line, (size_t)(end - line));
		} else {
			const char *at = strcasestr(line, old_mac);

			str_add_bytes(out, line, (size_t)(at - line));
			str_add(out, new_mac);
			at += strlen(old_mac);
			str_add_bytes(out, at, (size_t)(end - at));
		}
	}
}

/* A name that a card of another machine holds. */
static void move_pin(struct fix *fix, const struct guest_pin *pin,
		     const struct net_card *card)
{
	const char *mac = card->nic->mac;
	autostr struct str text = STR_EMPTY, out = STR_EMPTY, what = STR_EMPTY;

	str_addf(&what, "%s, tied to %s, %s%s", pin->name, pin->mac,
		 mac != NULL ? "goes to " : "is free again", mac != NULL ? mac : "");
	if (mac == NULL && text_ends(pin->source, ".link")) {
		(void)fix_remove(fix, pin->source, what.bytes,
				 "a name is kept for a card that is gone");
		return;
	}
	if (!fix_text(fix, pin->source, &text))
		return;
	edit_text(text.bytes, pin->mac, mac, &out);
	(void)fix_put(fix, pin->source, &out, NULL, what.bytes,
		      "the card gets the next free name, and no configuration is for it");
}

static void move_pins(struct fix *fix, const struct net_cards *cards,
		      struct guest_words *out_names)
{
	const struct guest_network *network = &fix->image->guest.network;
	size_t i;

	for (i = 0; i < network->pin_count; i++) {
		const struct guest_pin *pin = &network->pins[i];
		const struct net_card *card = card_of(cards, pin->name);

		if (card == NULL || !is_file_of_pins(pin->source) ||
		    has_mac(fix->platform, pin->mac))
			continue;
		/* of two that hold one name the second one only goes */
		move_pin(fix, pin, card);
		guest_words_add(out_names, pin->name, strlen(pin->name));
	}
}

/* Whether a .link file is taken for a card that the initramfs has named already. */
static bool knows_links(const struct guest_system *system)
{
	return system->init != NULL && strcmp(system->init, "systemd") == 0 &&
	       !net_is_before(system, "10", "18.10");
}

static void add_link(struct fix *fix, const struct net_card *card, const char *what,
		     const char *prevents)
{
	autostr struct str path = STR_EMPTY, text = STR_EMPTY;

	str_addf(&path, "/etc/systemd/network/10-moult-%s.link", card->name);
	str_addf(&text,
		 "# Written by moult: the name of this card, wherever it is plugged in.\n"
		 "[Match]\nMACAddress=%s\n\n[Link]\nName=%s\n",
		 card->nic->mac, card->name);
	(void)fix_put(fix, path.bytes, &text, NULL, what, prevents);
}

static void add_rule(struct fix *fix, const struct net_card *card, const char *what,
		     const char *prevents)
{
	autostr struct str text = STR_EMPTY;

	if (!fix_text(fix, RULES, &text) && vfs_exists(fix->vfs, RULES))
		return; /* told as a gap */
	if (text.length > 0 && text.bytes[text.length - 1] != '\n')
		str_add(&text, "\n");
	str_addf(&text,
		 "# moult: the card of this machine\n"
		 "SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"?*\", "
		 "ATTR{address}==\"%s\", ATTR{type}==\"1\", NAME=\"%s\"\n",
		 card->nic->mac, card->name);
	(void)fix_put(fix, RULES, &text, NULL, what, prevents);
}

static void add_pin(struct fix *fix, const struct net_card *card)
{
	static const char prevents[] =
		"the card gets another name, and ifupdown knows cards by names alone";
	autostr struct str what = STR_EMPTY;

	str_addf(&what, "%s is tied to %s", card->name, card->nic->mac);
	if (knows_links(&fix->image->guest.system))
		add_link(fix, card, what.bytes, prevents);
	else
		add_rule(fix, card, what.bytes, prevents);
}

static int plan(struct fix *fix, struct error *err)
{
	struct guest_words moved = {0};
	struct net_cards cards;
	size_t i;

	(void)err;
	net_cards_find(fix, &cards);
	move_pins(fix, &cards, &moved);
	for (i = 0; i < cards.count; i++)
		if (cards.list[i].needs_pin &&
		    !guest_words_has(&moved, cards.list[i].name))
			add_pin(fix, &cards.list[i]);
	guest_words_clear(&moved);
	net_cards_clear(&cards);
	return 0;
}

static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	struct fix then = *fix;
	struct net_cards cards;
	bool is_right = true;
	size_t i;

	then.image = after;
	net_cards_find(&then, &cards);
	for (i = 0; i < cards.count; i++) {
		if (!cards.list[i].needs_pin)
			continue;
		str_addf(why, "%s%s", is_right ? "nothing ties to a MAC: " : ", ",
			 cards.list[i].name);
		is_right = false;
	}
	net_cards_clear(&cards);
	return is_right;
}

const struct fixer fixer_name_pins = {
	.name = "name-pins",
	.does = "ties the names of network cards to those of this machine",
	.detect = detect,
	.plan = plan,
	.check = check,
};

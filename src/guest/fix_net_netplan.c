/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_net_netplan.c - a file of netplan with the machine's cards, each found by its MAC and named as
 * before. Later files only add to what others say of an id: lists grow, so what another machine's card
 * had becomes a comment where it stands; ids of other cards that are gone are told to be optional.
 * Routes are to "0.0.0.0/0", which all versions know ("default" came with 0.103, where "gateway4" went).
 * Source: netplan.readthedocs.io, "YAML configuration"; netplan-generate(8). */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_net.h"
#include "guest/parse.h"
#include "guest/reach.h"
#include "guest/read.h"
#include "guest/text.h"
#include "guest/yaml_lines.h"

#define OWN_FILE "/etc/netplan/99-moult.yaml"

/* What becomes of the ids that others have told. */
struct ids {
	struct guest_words taken;    /* a card's, told anew */
	struct guest_words optional; /* of cards that are not there */
	bool is_told; /* whether those that are optional are all told so already */
};

static const char *id_of(const struct net_card *card)
{
	return card->name != NULL ? card->name : "moult";
}

static bool has_id(const struct yaml_node *root, const char *id)
{
	return yaml_find(yaml_find(yaml_find(root, "network"), "ethernets"), id) != NULL;
}

static void add_list(const char *indent, const char *key, const char *words,
		     struct str *out)
{
	autofree char *copy = str_copy(words);
	char *rest = copy;
	const char *word;

	str_addf(out, "%s%s:\n", indent, key);
	while ((word = text_next_word(&rest)) != NULL)
		str_addf(out, "%s  - \"%s\"\n", indent, word);
}

static void add_match(const struct net_card *card, struct str *out)
{
	str_addf(out, "    %s:\n", id_of(card));
	if (card->nic->mac != NULL) {
		str_addf(out, "      match:\n        macaddress: \"%s\"\n",
			 card->nic->mac);
		if (card->name != NULL)
			str_addf(out, "      set-name: %s\n", card->name);
	} else if (card->name == NULL) {
		str_add(out, "      match:\n        name: \"e*\"\n");
	}
}

static void add_methods(const struct platform_nic *nic, struct str *out)
{
	if (nic->mtu_bytes != 0 && nic->mtu_bytes != 1500)
		str_addf(out, "      mtu: %u\n", nic->mtu_bytes);
	str_addf(out, "      dhcp4: %s\n", net_asks(nic) ? "true" : "false");
	if (nic->ip6 == PLATFORM_DHCP)
		str_add(out, "      dhcp6: true\n");
	if (net_is_fixed(nic, true))
		str_add(out, "      accept-ra: false\n");
	else if (nic->ip6 == PLATFORM_AUTO)
		str_add(out, "      accept-ra: true\n");
}

static void add_addresses(const struct fix *fix, const struct net_card *card,
			  struct str *out)
{
	const struct platform_nic *nic = card->nic;
	autostr struct str list = STR_EMPTY, names = STR_EMPTY, domains = STR_EMPTY;
	size_t i;

	for (i = 0; i < nic->addresses.count; i++)
		if (net_is_fixed(nic, net_is_ip6(nic->addresses.list[i])))
			str_addf(&list, "%s ", nic->addresses.list[i]);
	if (list.length > 0)
		add_list("      ", "addresses", list.bytes, out);
	if (!net_add_resolvers(fix, card, " ", &names))
		return;
	str_add(out, "      nameservers:\n");
	add_list("        ", "addresses", names.bytes, out);
	if (net_add_domains(fix, card, " ", &domains))
		add_list("        ", "search", domains.bytes, out);
}

static void add_route(const struct platform_nic *nic, const struct platform_route *route,
		      struct str *out)
{
	const bool is_default = strcmp(route->to, "default") == 0;
	const bool is_ip6 = route->gateway != NULL && net_is_ip6(route->gateway);

	str_addf(out, "        - to: \"%s\"\n",
		 !is_default ? route->to
		 : is_ip6    ? "::/0"
			     : "0.0.0.0/0");
	if (route->gateway == NULL)
		str_add(out, "          scope: link\n");
	else
		str_addf(out, "          via: \"%s\"\n", route->gateway);
	if (route->gateway != NULL && (route->is_on_link || net_is_on_link(nic, route)))
		str_add(out, "          on-link: true\n");
}

static void add_routes(const struct platform_nic *nic, struct str *out)
{
	bool is_first = true;
	size_t i;

	for (i = 0; i < nic->route_count; i++) {
		if (!net_wants_route(nic, &nic->routes[i]))
			continue;
		if (is_first)
			str_add(out, "      routes:\n");
		is_first = false;
		add_route(nic, &nic->routes[i], out);
	}
}

static void add_card(const struct fix *fix, const struct net_card *card, struct str *out)
{
	add_match(card, out);
	add_methods(card->nic, out);
	add_addresses(fix, card, out);
	add_routes(card->nic, out);
}

/* Whether an id stands in the way of a card: the same id or name, or it may take the card. */
static bool is_in_the_way(const struct guest_interface *interface, const char *id,
			  const struct net_card *card)
{
	const struct reach_card as_card = {card->nic, card->name};

	if (card->needs_config && (strcmp(id, id_of(card)) == 0 ||
				   (card->name != NULL && interface->name != NULL &&
				    strcmp(interface->name, card->name) == 0)))
		return true;
	return card->needs_config && reach_match(interface, &as_card) != PREDICT_BROKEN;
}

static bool is_of_nobody(const struct guest_interface *interface,
			 const struct net_cards *cards)
{
	size_t i;

	for (i = 0; i < cards->count; i++) {
		const struct reach_card card = {cards->list[i].nic, cards->list[i].name};

		if (reach_match(interface, &card) != PREDICT_BROKEN)
			return false;
	}
	return true;
}

static void judge_id(const struct yaml_node *node,
		     const struct guest_interface *interface,
		     const struct net_cards *cards, const struct yaml_node *own,
		     struct ids *out)
{
	const struct yaml_node *told =
		yaml_find(yaml_find(yaml_find(own, "network"), "ethernets"), node->key);
	size_t i;

	for (i = 0; i < cards->count; i++)
		if (is_in_the_way(interface, node->key, &cards->list[i])) {
			guest_words_add(&out->taken, node->key, strlen(node->key));
			return;
		}
	if (!net_is_plain(node->key) || !is_of_nobody(interface, cards) ||
	    text_is_yes(yaml_text(node, "optional")))
		return;
	guest_words_add(&out->optional, node->key, strlen(node->key));
	if (!text_is_yes(yaml_text(told, "optional")))
		out->is_told = false;
}

/* @others: what all files but our own say; @own: what that one says */
static void judge_ids(const struct yaml_node *others, const struct net_cards *cards,
		      const struct yaml_node *own, struct ids *out)
{
	const struct yaml_node *list =
		yaml_find(yaml_find(others, "network"), "ethernets");
	struct guest guest = {0};
	size_t i, k = 0;

	out->is_told = true;
	/* its first interfaces are those of "ethernets", in their order */
	netplan_interfaces(others, "", &guest.network);
	for (i = 0; list != NULL && list->kind == YAML_MAPPING && i < list->child_count &&
		    k < guest.network.interface_count;
	     i++)
		if (strcmp(list->children[i]->key, "renderer") != 0)
			judge_id(list->children[i], &guest.network.interfaces[k++], cards,
				 own, out);
	guest_clear(&guest);
}

static void comment_ids(struct fix *fix, const char *path, const struct yaml_node *file,
			const struct ids *ids)
{
	autostr struct str text = STR_EMPTY, what = STR_EMPTY;
	size_t i;

	if (!fix_text(fix, path, &text))
		return;
	for (i = 0; i < ids->taken.count; i++) {
		const char *const keys[] = {"network", "ethernets", ids->taken.list[i],
					    NULL};
		struct str next = STR_EMPTY;

		if (!has_id(file, ids->taken.list[i]))
			continue;
		if (!yaml_comment_block(text.bytes, keys,
					"moult: told in " OWN_FILE "; was:", &next)) {
			fix_gap(fix, path,
				"it tells of the card in braces, which are not edited: "
				"take it out by hand");
			continue;
		}
		str_clear(&text);
		text = next;
		str_addf(&what, "%s%s", what.length > 0 ? ", " : "", ids->taken.list[i]);
	}
	str_add(&what, " of another machine becomes a comment");
	(void)fix_put(
		fix, path, &text, NULL, what.bytes,
		"its lists join those of the new file: the card gets two addresses");
}

static void comment_files(struct fix *fix, const struct ids *ids)
{
	static const char *const folders[] = {"/etc/netplan", "/lib/netplan"};
	size_t i, k;

	for (i = 0; ids->taken.count > 0 && i < 2; i++) {
		autofree char **names = NULL;

		if (vfs_names(fix->vfs, folders[i], ".yaml", &names, NULL) != 0)
			continue;
		for (k = 0; names[k] != NULL; k++) {
			autofree char *name = names[k];
			autostr struct str path = STR_EMPTY, text = STR_EMPTY;
			struct yaml_node *root = NULL;
			size_t t;
			bool is_meant = false;

			str_addf(&path, "%s/%s", folders[i], name);
			if (strcmp(path.bytes, OWN_FILE) == 0 ||
			    !fix_text(fix, path.bytes, &text) ||
			    yaml_parse(text.bytes, &root, NULL) != 0)
				continue;
			for (t = 0; t < ids->taken.count; t++)
				is_meant = is_meant || has_id(root, ids->taken.list[t]);
			if (is_meant)
				comment_ids(fix, path.bytes, root, ids);
			yaml_clear(root);
		}
	}
}

static void write_own(struct fix *fix, const struct net_cards *cards,
		      const struct yaml_node *own, const struct ids *ids)
{
	static const struct edit_owner owner = {.mode = 0600};
	autostr struct str text = STR_EMPTY, what = STR_EMPTY;
	size_t i;

	str_add(&text, "# Written by moult: the network of this machine.\n"
		       "network:\n  version: 2\n  ethernets:\n");
	for (i = 0; i < cards->count; i++) {
		const struct net_card *card = &cards->list[i];

		if (!card->needs_config && !has_id(own, id_of(card)))
			continue;
		add_card(fix, card, &text);
		str_add(&what, what.length > 0 ? "; " : "");
		net_describe(card, &what);
	}
	for (i = 0; i < ids->optional.count; i++) {
		str_addf(&text,
			 "    # not a card of this machine\n"
			 "    %s:\n      optional: true\n",
			 ids->optional.list[i]);
		str_addf(&what, "%s%s is optional", what.length > 0 ? "; " : "",
			 ids->optional.list[i]);
	}
	(void)fix_put(fix, OWN_FILE, &text, &owner, what.bytes,
		      "no file is for this card, or the boot waits for one that is gone");
}

static struct yaml_node *parse_own(struct fix *fix)
{
	autostr struct str text = STR_EMPTY;
	struct yaml_node *root = NULL;

	if (!fix_text(fix, OWN_FILE, &text) || yaml_parse(text.bytes, &root, NULL) != 0)
		return NULL;
	return root;
}

static void write_all(struct fix *fix, const struct net_cards *cards)
{
	struct guest scratch = {0};
	struct inspect look = {.vfs = fix->vfs, .guest = &scratch};
	autostr struct str source = STR_EMPTY;
	struct yaml_node *others = netplan_read(&look, OWN_FILE, &source);
	struct yaml_node *own = parse_own(fix);
	struct ids ids = {.is_told = true};
	bool needs = false;
	size_t i;

	for (i = 0; i < cards->count; i++)
		needs = needs || cards->list[i].needs_config;
	judge_ids(others, cards, own, &ids);
	comment_files(fix, &ids);
	if (needs || !ids.is_told)
		write_own(fix, cards, own, &ids);
	guest_words_clear(&ids.taken);
	guest_words_clear(&ids.optional);
	guest_clear(&scratch);
	yaml_clear(own);
	yaml_clear(others);
}

const struct net_stack net_netplan = {
	.name = "netplan",
	.sets_name = true,
	.writes_dns = true,
	.write = write_all,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_netplan.c - netplan's files. Source: netplan.readthedocs.io, "YAML configuration" and
 * netplan-generate(8), which tells how files are joined. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

static const char *const kinds[] = {"ethernets", "wifis",   "bonds",  "bridges",
				    "vlans",	 "tunnels", "modems", "dummy-devices"};

/* Take a child out of a node that is given back. */
static struct yaml_node *take_child(struct yaml_node *node, size_t index)
{
	struct yaml_node *child = node->children[index];

	node->children[index] = NULL;
	return child;
}

static void append(struct yaml_node *node, struct yaml_node *child)
{
	node->children =
		mem_grow(node->children, node->child_count, sizeof(*node->children));
	node->children[node->child_count++] = child;
}

static struct yaml_node **find_place(struct yaml_node *node, const char *key)
{
	size_t i;

	for (i = 0; i < node->child_count; i++)
		if (strcmp(node->children[i]->key, key) == 0)
			return &node->children[i];
	return NULL;
}

struct yaml_node *netplan_merge(struct yaml_node *onto, struct yaml_node *more)
{
	struct yaml_node **place;
	size_t i;

	if (onto == NULL || more == NULL)
		return onto != NULL ? onto : more;
	if (onto->kind != more->kind || more->kind == YAML_SCALAR) {
		text_replace(&more->key, onto->key);
		yaml_clear(onto);
		return more;
	}
	for (i = 0; i < more->child_count; i++) {
		struct yaml_node *child = take_child(more, i);

		place = more->kind == YAML_MAPPING ? find_place(onto, child->key) : NULL;
		if (place != NULL)
			*place = netplan_merge(*place, child);
		else
			append(onto, child);
	}
	yaml_clear(more);
	return onto;
}

/* The children of a sequence that are texts; "- 192.0.2.1/24: {label: x}" counts by its key. */
static void add_texts(const struct yaml_node *list, struct guest_words *out)
{
	size_t i;

	for (i = 0; list != NULL && list->kind == YAML_SEQUENCE && i < list->child_count;
	     i++) {
		const struct yaml_node *child = list->children[i];
		const char *text = child->value;

		if (child->kind == YAML_MAPPING && child->child_count == 1)
			text = child->children[0]->key;
		if (text != NULL)
			guest_words_add(out, text, strlen(text));
	}
}

static void add_text(const char *text, struct guest_words *out)
{
	if (text != NULL)
		guest_words_add(out, text, strlen(text));
}

static bool is_default_route(const char *to)
{
	return to != NULL && (strcmp(to, "default") == 0 ||
			      strcmp(to, "0.0.0.0/0") == 0 || strcmp(to, "::/0") == 0);
}

static void read_gateways(const struct yaml_node *node, struct guest_interface *out)
{
	const struct yaml_node *routes = yaml_find(node, "routes");
	size_t i;

	add_text(yaml_text(node, "gateway4"), &out->gateways);
	add_text(yaml_text(node, "gateway6"), &out->gateways);
	for (i = 0;
	     routes != NULL && routes->kind == YAML_SEQUENCE && i < routes->child_count;
	     i++)
		if (is_default_route(yaml_text(routes->children[i], "to"))) {
			const char *on_link = yaml_text(routes->children[i], "on-link");

			add_text(yaml_text(routes->children[i], "via"), &out->gateways);
			if (text_is_yes(on_link))
				out->is_gateway_on_link = true;
		}
}

static bool has_family(const struct guest_words *addresses, bool is_ip6)
{
	size_t i;

	for (i = 0; i < addresses->count; i++)
		if ((strchr(addresses->list[i], ':') != NULL) == is_ip6)
			return true;
	return false;
}

static void read_methods(const struct yaml_node *node, struct guest_interface *out)
{
	const char *accept = yaml_text(node, "accept-ra");

	if (has_family(&out->addresses, false))
		out->ip4 = GUEST_METHOD_STATIC;
	if (has_family(&out->addresses, true))
		out->ip6 = GUEST_METHOD_STATIC;
	if (text_is_yes(accept) && out->ip6 == GUEST_METHOD_NONE)
		out->ip6 = GUEST_METHOD_AUTO;
	if (text_is_yes(yaml_text(node, "dhcp4")))
		out->ip4 = GUEST_METHOD_DHCP;
	if (text_is_yes(yaml_text(node, "dhcp6")))
		out->ip6 = GUEST_METHOD_DHCP;
}

/* Without "match" the id is the name; with it, the name is what "set-name" or the match gives. */
static void read_match(const struct yaml_node *node, const char *id,
		       struct guest_network *network, struct guest_interface *out)
{
	const struct yaml_node *match = yaml_find(node, "match");
	const char *name = yaml_text(match, "name"),
		   *set_name = yaml_text(node, "set-name");
	const char *driver = yaml_text(match, "driver"),
		   *mac = yaml_text(match, "macaddress");
	autostr struct str other = STR_EMPTY;

	if (match == NULL)
		name = id;
	text_replace(&out->name, set_name != NULL ? set_name : name);
	out->is_pattern = out->name != NULL && strpbrk(out->name, "*?[") != NULL;
	if (mac != NULL) {
		out->mac = str_copy(mac);
		(void)text_lower(out->mac);
	}
	if (driver != NULL) {
		str_addf(&other, "driver=%s", driver);
		out->match = str_copy(other.bytes);
	}
	if (set_name != NULL && mac != NULL)
		read_add_pin(network, set_name, mac, out->source);
}

static void read_interface(const struct yaml_node *node, const char *source,
			   struct guest_network *network)
{
	struct guest_interface *out = read_add_interface(network, "netplan", source);
	const char *mtu = yaml_text(node, "mtu");

	if (out == NULL)
		return;
	read_match(node, node->key, network, out);
	add_texts(yaml_find(node, "addresses"), &out->addresses);
	add_texts(yaml_find(yaml_find(node, "nameservers"), "addresses"), &out->dns);
	read_gateways(node, out);
	read_methods(node, out);
	out->mtu_bytes = mtu != NULL ? (int)strtol(mtu, NULL, 10) : 0;
	out->is_up_at_boot = true;
}

void netplan_interfaces(const struct yaml_node *root, const char *source,
			struct guest_network *out)
{
	const struct yaml_node *network = yaml_find(root, "network");
	size_t i, k;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct yaml_node *list = yaml_find(network, kinds[i]);

		for (k = 0;
		     list != NULL && list->kind == YAML_MAPPING && k < list->child_count;
		     k++)
			if (strcmp(list->children[k]->key, "renderer") != 0)
				read_interface(list->children[k], source, out);
	}
}

/* Files of these folders are joined in the order of their names; of two with one name the one in
 * the earlier folder counts. /run is empty in an image. */
static const char *const folders[] = {"/etc/netplan", "/lib/netplan"};

enum { FOLDER_COUNT = sizeof(folders) / sizeof(folders[0]) };

static struct yaml_node *read_file(struct inspect *look, const char *path,
				   struct yaml_node *onto)
{
	autostr struct str text = STR_EMPTY;
	struct yaml_node *root = NULL;
	struct error err = {0};

	if (!inspect_text(look, path, &text))
		return onto;
	if (yaml_parse(text.bytes, &root, &err) != 0) {
		guest_problem_add(look->guest, path, err.cause);
		return onto;
	}
	return netplan_merge(onto, root);
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct yaml_node *netplan_read(struct inspect *look, const char *except,
			       struct str *out_source)
{
	struct guest_words names = {0};
	struct yaml_node *root = NULL;
	size_t i, k;

	for (k = 0; k < FOLDER_COUNT; k++)
		inspect_names(look, folders[k], ".yaml", &names);
	if (names.count > 0)
		qsort(names.list, names.count, sizeof(*names.list), compare_words);
	for (i = 0; i < names.count; i++) {
		if (i > 0 && strcmp(names.list[i], names.list[i - 1]) == 0)
			continue;
		for (k = 0; k < FOLDER_COUNT; k++) {
			autostr struct str path = STR_EMPTY;

			str_addf(&path, "%s/%s", folders[k], names.list[i]);
			if (strcmp(path.bytes, except) == 0 ||
			    !vfs_exists(look->vfs, path.bytes))
				continue;
			root = read_file(look, path.bytes, root);
			str_addf(out_source, "%s%s", out_source->length > 0 ? ", " : "",
				 path.bytes);
			break;
		}
	}
	guest_words_clear(&names);
	return root;
}

void read_netplan(struct inspect *look)
{
	autostr struct str source = STR_EMPTY;
	struct yaml_node *root = netplan_read(look, "", &source);
	const char *renderer = yaml_text(yaml_find(root, "network"), "renderer");

	look->is_netplan_for_manager =
		renderer != NULL && strcmp(renderer, "NetworkManager") == 0;
	netplan_interfaces(root, source.bytes, &look->guest->network);
	yaml_clear(root);
}

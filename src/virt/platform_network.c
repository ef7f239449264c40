/* SPDX-License-Identifier: GPL-2.0-or-later */
/* platform_network.c - addresses and routes of the network cards. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "sys/network.h"
#include "virt/platform.h"

enum { NETWORK_MOST = 1 << 20, LINKS_MOST = 64 };

/* Which card each index of the text is. */
struct links {
	struct {
		unsigned index;
		struct platform_nic *nic;
	} list[LINKS_MOST];
	size_t count;
};

static struct platform_nic *nic_of(const struct links *links, unsigned index)
{
	size_t i;

	for (i = 0; i < links->count; i++)
		if (links->list[i].index == index)
			return links->list[i].nic;
	return NULL;
}

static void take_link(const char *line, struct links *links, struct platform *out)
{
	char name[64];
	unsigned index;
	size_t i;

	if (sscanf(line, "link %u %63s", &index, name) != 2 || links->count == LINKS_MOST)
		return;
	for (i = 0; i < out->nic_count; i++)
		if (strcmp(out->nics[i].name, name) == 0) {
			links->list[links->count].index = index;
			links->list[links->count++].nic = &out->nics[i];
		}
}

/* A capture that hides addresses has words in their place. */
static bool is_address(const char *text)
{
	unsigned char bytes[16];
	char copy[64];

	(void)snprintf(copy, sizeof(copy), "%s", text);
	copy[strcspn(copy, "/")] = '\0';
	return inet_pton(AF_INET, copy, bytes) == 1 ||
	       inet_pton(AF_INET6, copy, bytes) == 1;
}

static enum platform_addressing *family_of(struct platform_nic *nic, const char *address)
{
	return strchr(address, ':') != NULL ? &nic->ip6 : &nic->ip4;
}

static void take_address(const char *line, const struct links *links)
{
	char address[64], origin[16];
	enum platform_addressing *way;
	struct platform_nic *nic;
	unsigned index;

	if (sscanf(line, "address %u %63s %15s", &index, address, origin) != 3 ||
	    (nic = nic_of(links, index)) == NULL || !is_address(address))
		return;
	guest_words_add(&nic->addresses, address, strlen(address));
	way = family_of(nic, address);
	if (strcmp(origin, "kernel-ra") == 0)
		*way = PLATFORM_AUTO;
	else if (strcmp(origin, "lease") == 0 && *way != PLATFORM_AUTO)
		*way = PLATFORM_DHCP;
	else if (*way == PLATFORM_NONE)
		*way = PLATFORM_STATIC;
}

static void take_route(const char *line, const struct links *links)
{
	char to[64], via[64], link[16], origin[16];
	struct platform_nic *nic;
	unsigned index;

	if (sscanf(line, "route %u %63s %63s %15s %15s", &index, to, via, link, origin) !=
		    5 ||
	    (nic = nic_of(links, index)) == NULL || strcmp(origin, "kernel") == 0 ||
	    (strcmp(to, "default") != 0 && !is_address(to)) ||
	    (strcmp(via, "-") != 0 && !is_address(via)))
		return;
	platform_add_route(nic, to, strcmp(via, "-") != 0 ? via : NULL,
			   strcmp(link, "on-link") == 0);
	/* dhclient's addresses of old systems do not end; its route says nothing either */
	if (strcmp(origin, "dhcp") == 0)
		*family_of(nic, via) = PLATFORM_DHCP;
}

void platform_take_network(const char *text, struct platform *out)
{
	autofree char *copy = str_copy(text);
	struct links links = {.count = 0};
	char *line, *rest = NULL;
	size_t i;

	for (i = 0; i < out->nic_count; i++) {
		out->nics[i].ip4 = PLATFORM_NONE;
		out->nics[i].ip6 = PLATFORM_NONE;
	}
	for (line = strtok_r(copy, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		take_link(line, &links, out);
		take_address(line, &links);
		take_route(line, &links);
	}
}

void platform_read_network(const struct place *place, struct platform *out)
{
	autostr struct str text = STR_EMPTY;

	if (place->root >= 0) {
		if (place_read(place, PLACE_NETWORK, NETWORK_MOST, &text, NULL) == 0)
			platform_take_network(text.bytes, out);
		return;
	}
	if (sys_network_text(&text, NULL) != 0)
		return;
	place_save(place, PLACE_NETWORK, text.bytes, text.length);
	platform_take_network(text.bytes, out);
}

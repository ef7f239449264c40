/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/platform.h"

#include <stdlib.h>

#include "base/str.h"

const char *const platform_firmware_names[PLATFORM_FIRMWARE_COUNT] = {
	[PLATFORM_BIOS] = "bios",
	[PLATFORM_UEFI] = "uefi",
	[PLATFORM_XEN_PV] = "xen-pv",
	[PLATFORM_XEN_PVH] = "xen-pvh",
};

const char *const platform_addressing_names[PLATFORM_ADDRESSING_COUNT] = {
	[PLATFORM_UNKNOWN] = "unknown", [PLATFORM_NONE] = "none",
	[PLATFORM_DHCP] = "dhcp",	[PLATFORM_STATIC] = "static",
	[PLATFORM_AUTO] = "auto",
};

struct platform_disk *platform_add_disk(struct platform *platform, const char *name)
{
	struct platform_disk *disk;

	platform->disks =
		mem_grow(platform->disks, platform->disk_count, sizeof(*platform->disks));
	disk = &platform->disks[platform->disk_count++];
	*disk = (struct platform_disk){.name = str_copy(name), .size_bytes = UINT64_MAX};
	return disk;
}

struct platform_nic *platform_add_nic(struct platform *platform, const char *name)
{
	struct platform_nic *nic;

	platform->nics =
		mem_grow(platform->nics, platform->nic_count, sizeof(*platform->nics));
	nic = &platform->nics[platform->nic_count++];
	*nic = (struct platform_nic){.name = str_copy(name)};
	return nic;
}

void platform_add_route(struct platform_nic *nic, const char *to, const char *gateway,
			bool is_on_link)
{
	nic->routes = mem_grow(nic->routes, nic->route_count, sizeof(*nic->routes));
	nic->routes[nic->route_count++] = (struct platform_route){
		.to = str_copy(to),
		.gateway = str_copy(gateway),
		.is_on_link = is_on_link,
	};
}

void platform_add_driver(struct platform_chain *chain, const char *modalias,
			 const char *name)
{
	chain->list = mem_grow(chain->list, chain->count, sizeof(*chain->list));
	chain->list[chain->count++] = (struct platform_driver){
		.modalias = str_copy(modalias),
		.name = str_copy(name),
	};
}

static void clear_chain(struct platform_chain *chain)
{
	size_t i;

	for (i = 0; i < chain->count; i++) {
		free(chain->list[i].modalias);
		free(chain->list[i].name);
	}
	free(chain->list);
}

static void clear_nic(struct platform_nic *nic)
{
	size_t i;

	for (i = 0; i < nic->route_count; i++) {
		free(nic->routes[i].to);
		free(nic->routes[i].gateway);
	}
	free(nic->routes);
	free(nic->name);
	free(nic->stable);
	free(nic->mac);
	guest_words_clear(&nic->addresses);
	clear_chain(&nic->chain);
}

void platform_clear(struct platform *platform)
{
	size_t i;

	for (i = 0; i < platform->disk_count; i++) {
		free(platform->disks[i].name);
		clear_chain(&platform->disks[i].chain);
	}
	for (i = 0; i < platform->nic_count; i++)
		clear_nic(&platform->nics[i]);
	free(platform->disks);
	free(platform->nics);
	free(platform->name);
	free(platform->architecture);
	guest_words_clear(&platform->consoles);
	guest_words_clear(&platform->resolvers);
	guest_words_clear(&platform->domains);
	*platform = (struct platform){0};
}

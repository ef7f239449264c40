/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_kernels.c - the kernels in /boot, each with its configuration, modules and initramfs. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

enum { HEAD_BYTES = 65536, MODULES_MOST = 16 << 20, KERNELS_MOST = 64 };

/* How kernels are named; what follows is their release, or a flavour (Alpine, Arch). */
static const char *const starts[] = {"vmlinuz-", "vmlinux-", "Image-",
				     "kernel-",	 "vmlinuz",  NULL};

static const char *const endings[] = {".hmac", ".gz", ".old", ".sig", ".debug", NULL};

/* The part of a kernel's name behind its start. Returns: it, or NULL when it is no kernel */
static const char *suffix_of(const char *name)
{
	size_t i;

	for (i = 0; endings[i] != NULL; i++)
		if (text_ends(name, endings[i]))
			return NULL;
	for (i = 0; starts[i] != NULL; i++)
		if (text_starts(name, starts[i]))
			return name + strlen(starts[i]);
	return NULL;
}

struct search {
	struct inspect *look;
	struct guest_kernel *kernel;
	const char *suffix; /* of the kernel's name */
};

/* Try PATTERN with the release and with the name's suffix where "%" is. Returns: a path that
 * the caller frees, or NULL */
static char *try_pattern(const struct search *search, const char *pattern)
{
	const char *const names[] = {search->kernel->release, search->suffix};
	const char *place = strchr(pattern, '%');
	size_t i;

	for (i = 0; i < 2; i++) {
		autostr struct str path = STR_EMPTY;

		if (names[i] == NULL || strchr(names[i], '/') != NULL)
			continue;
		str_add_bytes(&path, pattern, (size_t)(place - pattern));
		str_addf(&path, "%s%s", names[i], place + 1);
		if (vfs_exists(search->look->vfs, path.bytes))
			return str_copy(path.bytes);
	}
	return NULL;
}

static char *try_patterns(const struct search *search, const char *const *patterns)
{
	char *path = NULL;

	for (; *patterns != NULL && path == NULL; patterns++)
		path = try_pattern(search, *patterns);
	return path;
}

static void read_config(const struct search *search)
{
	static const char *const patterns[] = {"/boot/config-%", "/lib/modules/%/config",
					       NULL};
	struct guest_kernel *kernel = search->kernel;
	autostr struct str text = STR_EMPTY;

	kernel->config_path = try_patterns(search, patterns);
	if (kernel->config_path != NULL &&
	    inspect_text(search->look, kernel->config_path, &text))
		kernel_config_parse(text.bytes, kernel->config_path, &kernel->config);
}

static bool read_module_list(const struct search *search, const char *name,
			     struct str *out)
{
	autostr struct str path = STR_EMPTY;

	str_addf(&path, "%s/%s", search->kernel->modules_path, name);
	return inspect_large(search->look, path.bytes, MODULES_MOST, out);
}

static void read_modules(const struct search *search)
{
	static const char *const patterns[] = {"/lib/modules/%", "/usr/lib/modules/%",
					       NULL};
	struct guest_kernel *kernel = search->kernel;
	autostr struct str dep = STR_EMPTY, builtin = STR_EMPTY;

	if (search->suffix[0] == '\0' && kernel->release == NULL)
		return;
	kernel->modules_path = try_patterns(search, patterns);
	if (kernel->modules_path == NULL)
		return;
	kernel->has_modules_dep = read_module_list(search, "modules.dep", &dep);
	kernel->has_modules_builtin =
		read_module_list(search, "modules.builtin", &builtin);
	kernel_drivers_parse(dep.bytes, builtin.bytes, kernel);
	read_module_lists(search->look, kernel, dep.bytes, builtin.bytes);
}

static void mark_drivers(struct guest_kernel *kernel)
{
	size_t i;

	for (i = 0; i < kernel->driver_count; i++)
		kernel->drivers[i].is_in_initramfs = guest_words_has(
			&kernel->initramfs.modules, kernel->drivers[i].name);
}

static void read_its_initramfs(const struct search *search)
{
	static const char *const patterns[] = {
		"/boot/initrd.img-%", "/boot/initramfs-%.img",
		"/boot/initrd-%",     "/boot/initrd-%.img",
		"/boot/initramfs-%",  "/boot/booster-%.img",
		"/boot/initrd.img%",  NULL};
	autofree char *path = try_patterns(search, patterns);

	if (path == NULL)
		return;
	read_initramfs(search->look, path, &search->kernel->initramfs);
	mark_drivers(search->kernel);
}

static void read_kernel(struct inspect *look, const char *path, const char *suffix)
{
	struct guest *guest = look->guest;
	autofree uint8_t *head = mem_zero(HEAD_BYTES, 1);
	struct search search = {.look = look, .suffix = suffix};
	struct guest_kernel *kernel;

	guest->kernels =
		mem_grow(guest->kernels, guest->kernel_count, sizeof(*guest->kernels));
	kernel = &guest->kernels[guest->kernel_count++];
	*kernel = (struct guest_kernel){.path = str_copy(path)};
	kernel_image_parse(head, inspect_head(look, path, head, HEAD_BYTES), kernel);
	if (kernel->release == NULL && suffix[0] != '\0')
		kernel->release = str_copy(suffix);
	search.kernel = kernel;
	read_config(&search);
	read_modules(&search);
	read_its_initramfs(&search);
}

/* A link in /boot ("vmlinuz") is a second name of a kernel that is there too. */
static bool is_file(struct inspect *look, const char *path)
{
	struct vfs_stat stat;

	return vfs_stat(look->vfs, path, false, &stat, NULL) == 0 &&
	       stat.kind == VFS_FILE;
}

static void read_kernels(struct inspect *look)
{
	struct guest_words names = {0};
	size_t i;

	inspect_names(look, "/boot", "", &names);
	for (i = 0; i < names.count; i++) {
		const char *suffix = suffix_of(names.list[i]);
		autostr struct str path = STR_EMPTY;

		str_addf(&path, "/boot/%s", names.list[i]);
		if (suffix == NULL || !is_file(look, path.bytes))
			continue;
		if (look->guest->kernel_count == KERNELS_MOST) {
			guest_problem_add(look->guest, "/boot",
					  "more than 64 kernels: the rest is left out");
			break;
		}
		read_kernel(look, path.bytes, suffix);
	}
	guest_words_clear(&names);
}

const struct guest_reader guest_reader_kernels = {.name = "kernels",
						  .read = read_kernels};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_modules.c - the modules of a kernel as depmod(8) lists them: what each needs, what devices
 * it is for. */
#define _GNU_SOURCE
#include <string.h>

#include "base/own.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

/* KEPT_MOST: of all kernels together; a general kernel of Debian has 3 MiB of lists */
enum { ALIASES_MOST = 16 << 20, KEPT_MOST = 32 << 20 };

/* The buses that disks and network cards are on. */
static const char *const buses[] = {"pci:", "virtio:", "scsi:", "xen:", "vmbus:"};

static bool is_wanted(const char *pattern)
{
	size_t i;

	for (i = 0; i < sizeof(buses) / sizeof(buses[0]); i++)
		if (text_starts(pattern, buses[i]))
			return true;
	return false;
}

/* "kernel/a.ko: kernel/b.ko kernel/c.ko" */
static void take_line(char *line, bool is_builtin, struct guest_modules *out)
{
	autostr struct str name = STR_EMPTY, needs = STR_EMPTY;
	char *colon = strchr(line, ':');
	const char *word;

	if (colon != NULL)
		*colon = '\0';
	if (!module_name(line, strlen(line), &name))
		return;
	for (line = colon != NULL ? colon + 1 : NULL;
	     line != NULL && (word = text_next_word(&line)) != NULL;) {
		if (needs.length > 0)
			str_add(&needs, " ");
		(void)module_name(word, strlen(word), &needs);
	}
	guest_modules_add(out, name.bytes, needs.bytes, is_builtin);
}

static void take_lines(const char *text, bool is_builtin, struct guest_modules *out)
{
	autofree char *copy = str_copy(text);
	char *rest = copy, *line;

	while ((line = text_next_line(&rest)) != NULL)
		take_line(line, is_builtin, out);
}

void modules_parse(const char *dep, const char *builtin, struct guest_modules *out)
{
	take_lines(dep, false, out);
	take_lines(builtin, true, out);
	guest_modules_sort(out);
}

void module_aliases_parse(const char *text, struct guest_modules *out)
{
	autofree char *copy = str_copy(text);
	char *rest = copy, *line;

	while ((line = text_next_line(&rest)) != NULL) {
		const char *word = text_next_word(&line);
		const char *pattern = text_next_word(&line);
		const char *module = text_next_word(&line);

		if (module != NULL && strcmp(word, "alias") == 0 && is_wanted(pattern))
			guest_modules_alias(out, pattern, module);
	}
}

/* "virtio_blk.alias=virtio:d00000002v*" */
static void take_builtin(const char *text, struct guest_modules *out)
{
	static const char key[] = ".alias=";
	const char *found = strstr(text, key);
	autofree char *module = NULL;

	if (found == NULL || !is_wanted(found + strlen(key)))
		return;
	module = strndup(text, (size_t)(found - text));
	if (module != NULL)
		guest_modules_alias(out, found + strlen(key), module);
}

void module_builtin_parse(const char *bytes, size_t length, struct guest_modules *out)
{
	size_t at = 0;

	while (at < length) {
		const size_t end = strnlen(bytes + at, length - at);

		if (end == length - at)
			return; /* a text that nothing ends */
		take_builtin(bytes + at, out);
		at += end + 1;
	}
}

static bool read_list(struct inspect *look, const struct guest_kernel *kernel,
		      const char *name, struct str *out)
{
	autostr struct str path = STR_EMPTY;

	str_addf(&path, "%s/%s", kernel->modules_path, name);
	return vfs_exists(look->vfs, path.bytes) &&
	       inspect_large(look, path.bytes, ALIASES_MOST, out);
}

void read_module_lists(struct inspect *look, struct guest_kernel *kernel, const char *dep,
		       const char *builtin)
{
	autostr struct str aliases = STR_EMPTY, info = STR_EMPTY;

	(void)read_list(look, kernel, "modules.alias", &aliases);
	/* since Linux 5.2 */
	(void)read_list(look, kernel, "modules.builtin.modinfo", &info);
	look->module_bytes +=
		strlen(dep) + strlen(builtin) + aliases.length + info.length;
	if (look->module_bytes > KEPT_MOST) {
		guest_problem_add(look->guest, kernel->modules_path,
				  "the kernels have more than 32 MiB of module lists: "
				  "the rest is left out");
		return;
	}
	modules_parse(dep, builtin, &kernel->modules);
	module_aliases_parse(aliases.bytes, &kernel->modules);
	module_builtin_parse(info.bytes, info.length, &kernel->modules);
}

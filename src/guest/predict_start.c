/* SPDX-License-Identifier: GPL-2.0-or-later */
/* predict_start.c - what the loader starts: its entry and the kernel. Sources: GRUB's
 * manual, "The list of available commands" (search leaves root as it was when it finds nothing);
 * Linux' arch/x86/xen/Kconfig (XEN_PV is a choice of its own since 4.12); RHEL's release notes for
 * the CPU levels. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/predict_links.h"
#include "guest/text.h"

static const struct guest_boot_file *boot_file(const struct guest *guest,
					       const char *path)
{
	size_t i;

	for (i = 0; i < guest->boot_file_count; i++)
		if (strcmp(guest->boot_files[i].path, path) == 0)
			return &guest->boot_files[i];
	return NULL;
}

static bool is_boot_file(const struct guest *guest, const char *path)
{
	return boot_file(guest, path) != NULL;
}

/* "uuid=X", "label=X", "hd0,gpt1", "(hd0,0)" of GRUB legacy, which counts from 0. */
static struct predict_place place_of_device(const struct predict *predict,
					    const char *device)
{
	struct predict_place place = {0};
	autostr struct str tag = STR_EMPTY, why = STR_EMPTY;
	const char *comma;

	if (text_starts(device, "uuid=")) {
		place = predict_place_uuid(predict, device + strlen("uuid="));
	} else if (text_starts(device, "label=")) {
		str_addf(&tag, "LABEL=%s", device + strlen("label="));
		(void)predict_find(predict, tag.bytes, &place, &why);
	} else if (strchr(device, ',') != NULL) {
		comma = strchr(device, ',') + 1;
		const bool is_legacy = *comma >= '0' && *comma <= '9' && device[0] == '(';
		const char *digits = comma + strcspn(comma, "0123456789");

		place = predict_place_of(predict, (unsigned)strtoul(digits, NULL, 10) +
							  (is_legacy ? 1 : 0));
	} else if (strstr(device, "hd0") != NULL) {
		place = predict_place_of(predict, 0);
	}
	return place;
}

/* Where the entry's files lie. */
static struct predict_place place_of_entry(const struct predict *predict)
{
	const char *device = predict->entry->device;
	struct predict_place place = predict->boot;

	if (device == NULL)
		return place;
	place = place_of_device(predict, device);
	if (!place.is_known) {
		prediction_add_evidence(predict->out, STEP_LOADER, predict->entry->source,
					"looks for %s, which is not on this disk: GRUB "
					"says so and goes on where its menu is",
					device);
		place = predict->boot;
	}
	return place;
}

/* A file that the entry names. Relative names are extlinux's. Returns: a path that the caller
 * frees, or NULL */
static char *find_file(const struct predict *predict, const struct predict_place *place,
		       const char *name)
{
	const struct guest *guest = &predict->image->guest;
	const char *config = predict->loader->config;
	autostr struct str path = STR_EMPTY;

	if (name[0] == '(')
		name += strcspn(name, "/");
	if (name[0] == '/' && place->volume != NULL)
		return predict_path(predict, place, name, is_boot_file);
	if (name[0] != '/')
		str_addf(&path, "%.*s/", (int)(strrchr(config, '/') - config), config);
	str_add(&path, name);
	return is_boot_file(guest, path.bytes) ? str_copy(path.bytes) : NULL;
}

static void set_kernel(struct predict *predict, const char *path)
{
	const struct guest *guest = &predict->image->guest;
	const struct guest_boot_file *file = boot_file(guest, path);
	size_t i;

	for (i = 0; file != NULL && i < guest->kernel_count; i++)
		if (strcmp(guest->kernels[i].path, file->real) == 0)
			predict->kernel = &guest->kernels[i];
}

/* Several may be named: microcode comes in one of its own. */
static void set_initramfs(struct predict *predict, const char *path)
{
	const struct guest *guest = &predict->image->guest;
	const struct guest_boot_file *file = boot_file(guest, path);
	size_t i;

	predict->has_initrd = true;
	for (i = 0; file != NULL && i < guest->kernel_count; i++)
		if (guest->kernels[i].initramfs.path != NULL &&
		    strcmp(guest->kernels[i].initramfs.path, file->real) == 0)
			predict->initramfs = &guest->kernels[i].initramfs;
}

static void judge_file(struct predict *predict, const struct predict_place *place,
		       const char *name, void (*take)(struct predict *, const char *))
{
	autofree char *path = find_file(predict, place, name);

	if (path != NULL) {
		take(predict, path);
		return;
	}
	prediction_judge(predict->out, STEP_LOADER, PREDICT_BROKEN, FIXER_LOADER,
			 "the default entry names %s, which is not there", name);
	prediction_add_evidence(predict->out, STEP_LOADER, predict->entry->source,
				"'%s' starts %s", predict->entry->title, name);
}

/* Words that start a shell for the administrator, who must be at the console. */
static void judge_mode_of_entry(struct predict *predict)
{
	static const char *const words[] = {"single",
					    "rescue",
					    "emergency",
					    "recovery",
					    "systemd.unit=rescue.target",
					    "systemd.unit=emergency.target"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!predict_has_argument(predict->entry, words[i]))
			continue;
		prediction_judge(predict->out, STEP_LOADER, PREDICT_BROKEN, FIXER_LOADER,
				 "the default entry starts a maintenance shell");
		prediction_add_evidence(predict->out, STEP_LOADER, predict->entry->source,
					"'%s' has the argument %s", predict->entry->title,
					words[i]);
	}
}

static void judge_entry(struct predict *predict)
{
	const struct guest_entry *entry = predict->entry;
	const struct predict_place place = place_of_entry(predict);
	size_t i;

	if (entry->kernel == NULL) {
		prediction_judge(predict->out, STEP_LOADER, PREDICT_UNKNOWN, FIXER_NONE,
				 "the default entry starts no kernel of its own");
		return;
	}
	judge_mode_of_entry(predict);
	judge_file(predict, &place, entry->kernel, set_kernel);
	for (i = 0; i < entry->initrds.count; i++)
		judge_file(predict, &place, entry->initrds.list[i], set_initramfs);
}

static const struct guest_loader *only_loader(const struct guest *guest)
{
	return guest->loader_count > 0 ? &guest->loaders[0] : NULL;
}

void predict_loader(struct predict *predict)
{
	const struct guest_loader *loader;

	if (predict->loader == NULL)
		predict->loader = only_loader(&predict->image->guest);
	loader = predict->loader;
	if (loader == NULL || loader->entry_count == 0) {
		prediction_judge(predict->out, STEP_LOADER, PREDICT_BROKEN, FIXER_LOADER,
				 "no loader's configuration with an entry was found");
		return;
	}
	/* the host's loader has no key to wait for */
	if (loader->timeout_s == -1 && predict->platform->firmware < PLATFORM_XEN_PV) {
		prediction_judge(predict->out, STEP_LOADER, PREDICT_BROKEN,
				 FIXER_RECORDFAIL, "the menu waits for a key, for ever");
		prediction_add_evidence(predict->out, STEP_LOADER, loader->config,
					"timeout is -1");
	}
	if (loader->default_entry < 0) {
		prediction_judge(predict->out, STEP_LOADER, PREDICT_UNKNOWN, FIXER_LOADER,
				 "which entry is the default cannot be told");
		prediction_add_evidence(
			predict->out, STEP_LOADER, loader->config, "default: %s",
			loader->default_rule != NULL ? loader->default_rule : "(none)");
	}
	predict->entry =
		&loader->entries[loader->default_entry >= 0 ? loader->default_entry : 0];
	judge_entry(predict);
	prediction_judge(predict->out, STEP_LOADER, PREDICT_HOLDS, FIXER_NONE,
			 "%s starts '%s'", loader->config,
			 predict->entry->title != NULL ? predict->entry->title
						       : "(no title)");
}

static bool is_set(const struct guest_kernel *kernel, const char *option)
{
	const char *value = guest_settings_value(&kernel->config, option);

	return value != NULL && strcmp(value, "y") == 0;
}

void predict_choose_disk(struct predict *predict)
{
	const struct platform *platform = predict->platform;
	size_t i;

	for (i = 0; i < platform->disk_count; i++) {
		const struct platform_disk *disk = &platform->disks[i];
		const struct platform_chain *chain = &disk->chain;
		struct guest_words modules = {0};
		bool has_driver;

		if (!disk->is_boot || chain->count == 0)
			continue;
		predict_modules(predict->kernel, &chain->list[chain->count - 1],
				&modules);
		has_driver =
			modules.count > 0 && guest_modules_find(&predict->kernel->modules,
								modules.list[0]) != NULL;
		guest_words_clear(&modules);
		if (has_driver) {
			predict->disk = disk;
			return;
		}
	}
}

static void judge_architecture(struct predict *predict)
{
	const char *system = predict->image->guest.system.architecture;
	const char *machine = predict->platform->architecture;

	if (system == NULL || machine == NULL || strcmp(system, machine) == 0 ||
	    (strcmp(machine, "x86_64") == 0 && strcmp(system, "i686") == 0))
		return;
	prediction_add_mismatch(predict->out, STEP_KERNEL, MISMATCH_ARCHITECTURE,
				FIXER_NONE, "its system is for %s, and the machine is %s",
				system, machine);
}

/* The x86-64 level that a distribution's builds need. */
static const struct {
	const char *major;
	unsigned level;
} levels[] = {{"9", 2}, {"10", 3}};

static void judge_level(struct predict *predict)
{
	const struct guest_system *system = &predict->image->guest.system;
	const unsigned has = predict->platform->cpu_level;
	size_t i, length;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		length = strlen(levels[i].major);
		if (system->family != GUEST_RHEL || system->version == NULL || has == 0 ||
		    strncmp(system->version, levels[i].major, length) != 0 ||
		    (system->version[length] != '.' && system->version[length] != '\0') ||
		    has >= levels[i].level)
			continue;
		prediction_add_mismatch(predict->out, STEP_KERNEL, MISMATCH_CPU_LEVEL,
					FIXER_NONE,
					"its programs need a CPU of x86-64-v%u, and this "
					"one is v%u",
					levels[i].level, has);
	}
}

/* Kernels before 4.12 with XEN can always do PV. */
static bool can_pv(const struct guest_kernel *kernel)
{
	if (is_set(kernel, "CONFIG_X86_64_XEN") || is_set(kernel, "CONFIG_X86_XEN") ||
	    is_set(kernel, "CONFIG_XEN_PV"))
		return true;
	return is_set(kernel, "CONFIG_XEN") && kernel->release != NULL &&
	       text_compare_versions(kernel->release, "4.12") < 0;
}

static void judge_mode(struct predict *predict)
{
	const struct guest_kernel *kernel = predict->kernel;
	const bool is_pv = predict->platform->firmware == PLATFORM_XEN_PV,
		   is_pvh = predict->platform->firmware == PLATFORM_XEN_PVH;
	const char *source =
		kernel->config_path != NULL ? kernel->config_path : kernel->path;

	if (kernel->config_path == NULL) {
		if (is_pv || is_pvh)
			prediction_judge(predict->out, STEP_KERNEL, PREDICT_UNKNOWN,
					 FIXER_NONE,
					 "it has no configuration that says whether it "
					 "runs as %s",
					 is_pv ? "PV" : "PVH");
		return;
	}
	if (is_pv && !can_pv(kernel)) {
		prediction_judge(predict->out, STEP_KERNEL, PREDICT_BROKEN, FIXER_NONE,
				 "it cannot run as PV");
		prediction_add_evidence(predict->out, STEP_KERNEL, source,
					"no CONFIG_XEN_PV=y");
		prediction_add_provider(predict->out, "set the machine to HVM instead");
	} else if (is_pvh && !is_set(kernel, "CONFIG_XEN_PVH") &&
		   !is_set(kernel, "CONFIG_PVH")) {
		prediction_judge(predict->out, STEP_KERNEL, PREDICT_BROKEN, FIXER_NONE,
				 "it cannot run as PVH");
		prediction_add_evidence(predict->out, STEP_KERNEL, source,
					"neither CONFIG_XEN_PVH=y nor CONFIG_PVH=y");
	} else if (!is_pv && (is_set(kernel, "CONFIG_X86_64_XEN") ||
			      is_set(kernel, "CONFIG_X86_XEN"))) {
		prediction_judge(predict->out, STEP_KERNEL, PREDICT_BROKEN, FIXER_NONE,
				 "it runs as PV on Xen and nowhere else");
		prediction_add_evidence(predict->out, STEP_KERNEL, source,
					"CONFIG_X86_64_XEN or CONFIG_X86_XEN");
	}
}

void predict_kernel(struct predict *predict)
{
	const struct guest_kernel *kernel = predict->kernel;

	/* of the whole system, whichever kernel it starts */
	judge_architecture(predict);
	judge_level(predict);
	if (kernel == NULL) {
		if (predict->entry != NULL &&
		    predict->out->links[STEP_LOADER].verdict == PREDICT_HOLDS)
			prediction_judge(predict->out, STEP_KERNEL, PREDICT_UNKNOWN,
					 FIXER_NONE, "%s is no kernel that was read",
					 predict->entry->kernel);
		return;
	}
	predict_choose_disk(predict);
	if (kernel->format == NULL || strcmp(kernel->format, "unknown") == 0)
		prediction_judge(predict->out, STEP_KERNEL, PREDICT_BROKEN, FIXER_NONE,
				 "%s is no kernel, or is damaged", kernel->path);
	judge_mode(predict);
	prediction_judge(predict->out, STEP_KERNEL, PREDICT_HOLDS, FIXER_NONE,
			 "%s runs on this machine",
			 kernel->release != NULL ? kernel->release : kernel->path);
}

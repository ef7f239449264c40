/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/overlay_check.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/file.h"

enum { MEMORY_LEAST_BYTES = 96 * 1024 * 1024 };

static void refuse_if(struct plan *plan, bool is_wrong, const char *name,
		      const char *good, const char *bad)
{
	plan_add_check(plan, name, is_wrong ? CHECK_REFUSED : CHECK_GOOD, "%s",
		       is_wrong ? bad : good);
}

static void check_uses(const struct target *target, struct plan *plan)
{
	autostr struct str text = STR_EMPTY;
	size_t i, shown = 0;

	for (i = 0; i < target->use_count && shown < 4; i++) {
		const struct target_use *use = &target->uses[i];

		str_addf(&text, "%s%s: %s %s", shown++ > 0 ? ", " : "", use->on,
			 target_use_names[use->kind], use->name);
	}
	if (target->use_count > shown)
		str_addf(&text, ", %zu more", target->use_count - shown);
	if (shown == 0)
		plan_add_check(plan, "in-use", CHECK_GOOD, "nothing uses it");
	else
		plan_add_check(plan, "in-use", CHECK_REFUSED,
			       "%s; unmount or stop it first, or boot a rescue system",
			       text.bytes);
}

void overlay_check_target(const struct target *target, struct plan *plan)
{
	const bool is_disk = target->kind == TARGET_DEVICE && !target->is_partition;

	if (target->kind == TARGET_FILE)
		plan_add_check(plan, "not-a-disk", CHECK_GOOD,
			       "a regular file, as asked");
	else if (is_disk)
		plan_add_check(plan, "not-a-disk", CHECK_GOOD, "a whole block device");
	else if (target->kind == TARGET_DEVICE)
		plan_add_check(plan, "not-a-disk", CHECK_REFUSED,
			       "it is a partition; name the whole disk");
	else
		plan_add_check(plan, "not-a-disk", CHECK_REFUSED,
			       "it is no block device; a regular file needs --file");
	refuse_if(plan, target->is_read_only, "read-only", "it can be written",
		  "it is read-only; see 'blockdev --getro' and the provider's settings");
	check_uses(target, plan);
	refuse_if(plan, target->holds_root && !target->is_root_in_memory,
		  "running-system", "the running system does not live on it",
		  "the running system lives on it; boot a rescue system in memory");
	if (target->memory_bytes > 0)
		refuse_if(plan, target->memory_bytes < MEMORY_LEAST_BYTES, "memory",
			  "enough memory",
			  "less than 96 MiB of memory are available; stop what uses it");
}

static void check_size(struct plan *plan)
{
	const unsigned long long image = plan->image.size_bytes;
	const unsigned long long disk = plan->disk.size_bytes;

	if (image <= disk)
		plan_add_check(plan, "too-small", CHECK_GOOD,
			       "the image of %llu bytes fits the %llu of the disk", image,
			       disk);
	else
		plan_add_check(
			plan, "too-small", CHECK_REFUSED,
			"the image needs %llu bytes, and the disk has %llu; take a "
			"larger disk, or shrink the image's last file system",
			image, disk);
}

static void check_sector(const struct layout *layout, struct plan *plan)
{
	const unsigned sector = plan->disk.sector_bytes;

	if (layout->kind == LAYOUT_NONE || layout->sector_bytes == sector)
		plan_add_check(plan, "sector-size", CHECK_GOOD, "sectors of %u bytes",
			       sector);
	else
		plan_add_check(
			plan, "sector-size", CHECK_REFUSED,
			"the image's table counts in sectors of %u bytes, and the disk "
			"has %u; take an image made for these",
			layout->sector_bytes, sector);
}

static bool has_uefi_files(const struct inspection *inspection)
{
	size_t i;

	for (i = 0; i < inspection->efi_file_count; i++)
		if (strcasecmp(inspection->efi_files[i].path, "/EFI/BOOT/BOOTX64.EFI") ==
		    0)
			return true;
	return false;
}

/* What mkfs.fat places only says that it boots nothing. */
static bool is_boot_code(enum layout_boot_kind kind)
{
	return kind > BOOT_UNKNOWN && kind != BOOT_MKFS_FAT;
}

static bool has_boot_code(const struct inspection *inspection)
{
	const struct layout *layout = &inspection->layout;
	size_t i;

	if (is_boot_code(layout->boot.kind))
		return true;
	for (i = 0; i < layout->partition_count; i++)
		if (is_boot_code(layout->partitions[i].boot.kind))
			return true;
	return false;
}

static void check_boot_path(const struct inspection *inspection, struct plan *plan)
{
	const bool is_bios = has_boot_code(inspection),
		   is_uefi = has_uefi_files(inspection);
	const bool has_loader =
		inspection->has_guest && inspection->guest.loader_count > 0;
	const bool is_machine_uefi = access("/sys/firmware/efi", F_OK) == 0;
	const char *machine = is_machine_uefi ? "UEFI" : "BIOS";

	if (is_bios || is_uefi || (inspection->layout.kind == LAYOUT_NONE && has_loader))
		plan_add_check(plan, "no-boot-path", CHECK_GOOD, "it boots by %s",
			       is_bios && is_uefi ? "BIOS and UEFI"
			       : is_uefi	  ? "UEFI"
			       : is_bios	  ? "BIOS"
						  : "a loader outside it (PV)");
	else
		plan_add_check(
			plan, "no-boot-path", CHECK_REFUSED,
			"no boot code that is known and no EFI/BOOT/BOOTX64.EFI in it; "
			"see 'moult inspect'");
	if (!inspection->has_guest)
		return;
	if (is_machine_uefi ? is_uefi || !is_bios : is_bios || !is_uefi)
		plan_add_check(plan, "firmware", CHECK_GOOD, "this machine started by %s",
			       machine);
	else
		plan_add_check(
			plan, "firmware", CHECK_REFUSED,
			"this machine started by %s, and the image boots by %s alone",
			machine, is_uefi ? "UEFI" : "BIOS");
}

static void check_architecture(const struct inspection *inspection, struct plan *plan)
{
	const char *arch = inspection->guest.system.architecture;
	struct utsname here;

	if (uname(&here) != 0 || arch == NULL)
		return;
	if (strcmp(arch, here.machine) == 0 ||
	    (strcmp(here.machine, "x86_64") == 0 && strcmp(arch, "i686") == 0))
		plan_add_check(plan, "architecture", CHECK_GOOD, "%s", arch);
	else
		plan_add_check(plan, "architecture", CHECK_REFUSED,
			       "its system is for %s, and this machine is %s", arch,
			       here.machine);
}

/* The x86-64 level that a distribution's builds need: RHEL 9's documentation says v2, RHEL
 * 10's v3. A flag stands for each level. */
static const struct {
	const char *major, *level, *flag;
} levels[] = {{"9", "x86-64-v2", "sse4_2"}, {"10", "x86-64-v3", "avx2"}};

static void check_level(const struct inspection *inspection, struct plan *plan)
{
	const struct guest_system *system = &inspection->guest.system;
	autostr struct str cpu = STR_EMPTY;
	size_t i, length;

	if (system->family != GUEST_RHEL || system->version == NULL ||
	    sys_file_read(AT_FDCWD, "/proc/cpuinfo", 1 << 22, &cpu, NULL) != 0)
		return;
	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		length = strlen(levels[i].major);
		if (strncmp(system->version, levels[i].major, length) != 0 ||
		    (system->version[length] != '.' && system->version[length] != '\0'))
			continue;
		if (strstr(cpu.bytes, levels[i].flag) != NULL)
			plan_add_check(plan, "cpu-level", CHECK_GOOD, "%s",
				       levels[i].level);
		else
			plan_add_check(
				plan, "cpu-level", CHECK_REFUSED,
				"its system needs a CPU of level %s, and this one has "
				"no %s",
				levels[i].level, levels[i].flag);
	}
}

static void check_place(const struct overlay_request *request,
			const struct target *target, struct plan *plan)
{
	struct stat there;
	bool is_there = false;

	if (strcmp(request->image, "-") == 0 || stat(request->image, &there) != 0)
		return; /* a pipe or an address */
	if (target_is_same_file(target, request->image, &is_there, NULL) != 0)
		is_there = true; /* what cannot be told is not trusted */
	refuse_if(plan, is_there, "image-on-target", "the image lies elsewhere",
		  "the image lies on the disk that it is to be written over; copy it "
		  "elsewhere");
}

void overlay_check_image(const struct overlay_request *request,
			 const struct target *target, const struct inspection *inspection,
			 struct plan *plan)
{
	check_place(request, target, plan);
	if (inspection->unseen != NULL) {
		plan_add_check(plan, "unseen", CHECK_REFUSED,
			       "what is in the image could not be looked at: %s",
			       inspection->unseen);
		return;
	}
	check_size(plan);
	check_sector(&inspection->layout, plan);
	check_boot_path(inspection, plan);
	if (inspection->has_guest) {
		check_architecture(inspection, plan);
		check_level(inspection, plan);
	}
}

static struct plan_check *refusal_of(struct plan *plan, const char *name)
{
	size_t i;

	for (i = 0; i < plan->check_count; i++)
		if (plan->checks[i].verdict == CHECK_REFUSED &&
		    strcmp(plan->checks[i].name, name) == 0)
			return &plan->checks[i];
	return NULL;
}

int overlay_waive(const struct overlay_request *request, struct plan *plan,
		  struct error *err)
{
	const struct plan_check_row *row;
	struct plan_check *check;
	size_t i;

	for (i = 0; i < request->waived_count; i++) {
		row = plan_check_row_of(request->waived[i]);
		if (row == NULL || !row->can_waive)
			return error_set(err, ERROR_USAGE,
					 "'%s' cannot be waived: architecture, firmware, "
					 "cpu-level, no-boot-path and unseen can",
					 request->waived[i]);
		check = refusal_of(plan, row->name);
		if (check != NULL)
			check->verdict = CHECK_WAIVED;
	}
	return 0;
}

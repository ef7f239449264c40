/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sample_plan.h - a plan with something in each of its fields: the article's disk, scope full. */
#ifndef SAMPLE_PLAN_H
#define SAMPLE_PLAN_H

#include <string.h>

#include "base/str.h"
#include "model/plan.h"

#define SAMPLE_MIB (UINT64_C(1) << 20)
#define SAMPLE_GIB (UINT64_C(1) << 30)

static inline void sample_disk(struct plan_disk *disk)
{
	*disk = (struct plan_disk){
		.path = str_copy("/dev/vda"),
		.size_bytes = 20 * SAMPLE_GIB,
		.sector_bytes = 512,
		.serial = str_copy("QM00001"),
		.wwn = str_copy("0x5000c500a1b2c3d4"),
		.model = str_copy("QEMU HARDDISK"),
		.table_id = str_copy("9f3c1d2e"),
		.confirm = str_copy("QM00001"),
	};
	disk->content_ids = mem_zero(2, sizeof(disk->content_ids[0]));
	disk->content_ids[disk->content_count++] =
		str_copy("0b9f1a52-8d3e-4c5f-9a61-2f3e4d5c6b7a");
	disk->content_ids[disk->content_count++] = str_copy("7A1C-33F0");
	memset(disk->ends_sha256, 'e', PLAN_DIGEST_TEXT - 1);
}

static inline void sample_image(struct plan_image *image)
{
	*image = (struct plan_image){
		.name = str_copy("/srv/debian-12-generic-amd64.raw.xz"),
		.layers = str_copy("xz, raw"),
		.size_bytes = 2 * SAMPLE_GIB,
		.published_bytes = 290 * SAMPLE_MIB + 17,
		.system = str_copy("Debian GNU/Linux 12 (bookworm)"),
	};
	memset(image->sha256, 'a', PLAN_DIGEST_TEXT - 1);
}

static inline void sample_ranges(struct plan *plan)
{
	plan_add_range(plan, PHASE_BODY, SAMPLE_MIB, 2 * SAMPLE_GIB - SAMPLE_MIB,
		       "image");
	plan_add_range(plan, PHASE_BODY, 5 * SAMPLE_GIB, 4096, "stale linux_raid_member");
	plan_add_range(plan, PHASE_BOOT, 20 * SAMPLE_GIB - 17408, 17408, "GPT backup");
	plan_add_range(plan, PHASE_BOOT, 512, SAMPLE_MIB - 512, "GPT and gap");
	plan_add_range(plan, PHASE_BOOT, 0, 512, "MBR");
	plan_add_edit(plan, 446, "\x00\x7f\x80\xff", 4,
		      "the protective entry spans the disk");
	plan_add_edit(plan, 20 * SAMPLE_GIB - 512, "EFI PART", 8,
		      "the second header lies at the true end");
	plan_add_edit(plan, 5 * SAMPLE_MIB, "guest", 5, "of the guest");
	plan->edits[plan->edit_count - 1].is_guest = true;
	plan_add_line(plan, "fstab", "/etc/fstab", "/dev/xvdb1 gets nofail",
		      "after 90 s the emergency shell follows");
	plan->is_adapted = true;
	plan_add_keep(plan, 2 * SAMPLE_GIB, 3 * SAMPLE_GIB);
	plan_add_keep(plan, 8 * SAMPLE_GIB, 4 * SAMPLE_MIB);
}

static inline void sample_checks(struct plan *plan)
{
	plan_add_check(plan, "not-a-disk", CHECK_GOOD, "/dev/vda is a disk");
	plan_add_check(plan, "in-use", CHECK_GOOD, "nothing uses it");
	plan_add_check(plan, "cpu-level", CHECK_WAIVED,
		       "the image wants x86-64-v3 and this machine has x86-64-v2");
	plan_add_check(plan, "memory", CHECK_REFUSED,
		       "the decoder needs 2 GiB and 480 MiB are free: unpack the image "
		       "elsewhere first");
	plan_add_step(plan, "Switch the guest from PV to HVM in the provider's panel.");
	plan_add_step(plan, "Leave rescue mode.");
}

static inline void sample_machine(struct platform *platform)
{
	struct platform_nic *nic;

	if (platform_by_name("kvm-virtio-bios", platform, NULL) != 0)
		return;
	platform->disks[0].size_bytes = 20 * SAMPLE_GIB;
	platform->disks[0].sector_bytes = 512;
	nic = &platform->nics[0];
	nic->mac = str_copy("52:54:00:12:34:56");
	nic->ip4 = PLATFORM_STATIC;
	guest_words_add(&nic->addresses, "192.0.2.7/24", 12);
	platform_add_route(nic, "default", "192.0.2.1", false);
	guest_words_add(&platform->resolvers, "192.0.2.53", 10);
}

/* Broken at one link, which has evidence and can be mended. */
static inline void sample_prediction(struct prediction *prediction)
{
	unsigned i;

	prediction->image = str_copy("/srv/debian-12-generic-amd64.raw.xz");
	prediction->platform = str_copy("kvm-virtio-bios");
	prediction->system = str_copy("Debian GNU/Linux 12 (bookworm)");
	prediction_judge(prediction, STEP_ROOT, PREDICT_BROKEN, FIXER_ROOT_ARGUMENT,
			 "root=/dev/xvda1 will not be there");
	prediction_add_evidence(prediction, STEP_ROOT, "/boot/grub/grub.cfg",
				"the disk is called vda on this machine");
	prediction_judge(prediction, STEP_ADDRESS, PREDICT_UNKNOWN, FIXER_NETWORK,
			 "no address of the machine is known");
	for (i = 0; i < STEP_COUNT; i++)
		prediction_judge(prediction, (enum prediction_step)i, PREDICT_HOLDS,
				 FIXER_NONE, "%s is right", prediction_steps[i].name);
	prediction_add_provider(prediction, "set its mode to HVM, not PV");
}

/* @plan: zeroed; plan_clear gives it back */
static inline void sample_plan(struct plan *plan)
{
	*plan = (struct plan){
		.id = "00112233445566778899aabbccddeeff",
		.created_s = 1700000000,
		.chunk_bytes = PLAN_CHUNK_BYTES,
		.scope = SCOPE_FULL,
		.undo = UNDO_TAIL,
		.undo_offset = 14 * SAMPLE_GIB,
		.undo_bytes = 6 * SAMPLE_GIB - SAMPLE_MIB,
		.partition_offset = 14 * SAMPLE_GIB - 64 * SAMPLE_MIB,
		.partition_bytes = 6 * SAMPLE_GIB + 63 * SAMPLE_MIB,
	};
	sample_disk(&plan->disk);
	sample_image(&plan->image);
	sample_ranges(plan);
	sample_checks(plan);
	sample_machine(&plan->platform);
	sample_prediction(&plan->prediction);
}

#endif

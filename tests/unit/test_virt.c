/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_virt.c - decoders of evidence on bytes written by hand from their specifications, and the verdict on
 * combinations of evidence that no capture of ours has. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

#include "model/behaviour.h"
#include "virt/read.h"

/* DSP0134: structure 0 of 24 bytes with the bit of a virtual machine, structure 1, strings, the end. */
static const unsigned char table[] =
	"\x00\x18\x00\x00" "\x01\x02\x00\xe8" "\x03\x00" "\0\0\0\0\0\0\0\0" "\0" "\x10" "\0\0\0\0"
	"SeaBIOS\0" "1.16\0" "04/01/2014\0" "\0"
	"\x01\x1b\x00\x01" "\x01\x02\x00\x00" "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	"QEMU\0" "Standard PC\0" "\0"
	"\x7f\x04\x00\x02" "\0";

static void an_smbios_table_is_decoded(void **state)
{
	struct dmi dmi = { 0 };

	(void)state;
	dmi_decode_table(table, sizeof(table), &dmi);
	assert_string_equal(dmi.bios_vendor, "SeaBIOS");
	assert_string_equal(dmi.bios_version, "1.16");
	assert_string_equal(dmi.bios_date, "04/01/2014");
	assert_string_equal(dmi.sys_vendor, "QEMU");
	assert_string_equal(dmi.product_name, "Standard PC");
	assert_null(dmi.product_version);
	assert_true(dmi.is_vm_bit_known && dmi.has_vm_bit);
	dmi_clear(&dmi);
}

/* Cut after each byte, from a block of just that size: a read beyond it is seen by the sanitizer. */
static void a_cut_smbios_table_does_no_harm(void **state)
{
	size_t length;

	(void)state;
	for (length = 0; length < sizeof(table); length++) {
		unsigned char *copy = malloc(length + 1);
		struct dmi dmi = { 0 };

		assert_non_null(copy);
		memcpy(copy, table, length);
		dmi_decode_table(copy, length, &dmi);
		dmi_clear(&dmi);
		free(copy);
	}
}

static struct cpuid_leaf signature(uint32_t leaf, const char *name)
{
	struct cpuid_leaf out = { .leaf = leaf, .eax = leaf + 4 };
	char bytes[12] = "";

	memcpy(bytes, name, strnlen(name, 12));
	memcpy(&out.ebx, bytes, 4);
	memcpy(&out.ecx, bytes + 4, 4);
	memcpy(&out.edx, bytes + 8, 4);
	return out;
}

static void judge(const struct cpuid_leaf *leaves, size_t count, struct verdict *out)
{
	cpuid_signs(leaves, count, &out->signs);
	verdict_decide(out);
}

/* viridian: Hyper-V's name first, Xen's own 0x100 later, with its version and the HVM leaf. */
static void xen_behind_hyper_v_is_xen(void **state)
{
	const struct cpuid_leaf leaves[] = {
		{ .leaf = 1, .ecx = UINT32_C(1) << 31 },
		signature(0x40000000, "Microsoft Hv"),
		signature(0x40000100, "XenVMMXenVMM"),
		{ .leaf = 0x40000101, .eax = 4 << 16 | 17 },
		{ .leaf = 0x40000104, .eax = 0x19, .ecx = 7 },
	};
	struct verdict verdict = { 0 };

	(void)state;
	judge(leaves, sizeof(leaves) / sizeof(leaves[0]), &verdict);
	assert_string_equal(verdict_layer_id(&verdict, LAYER_HYPERVISOR), "xen");
	assert_string_equal(verdict.layers[1].version, "4.17");
	assert_int_equal(verdict.contradiction_count, 1);
	verdict_clear(&verdict);
}

static void kvm_behind_hyper_v_is_kvm(void **state)
{
	const struct cpuid_leaf leaves[] = { signature(0x40000000, "Microsoft Hv"),
					     signature(0x40000100, "KVMKVMKVM") };
	struct verdict verdict = { 0 };

	(void)state;
	judge(leaves, 2, &verdict);
	assert_string_equal(verdict.class_name, "kvm");
	verdict_clear(&verdict);
}

/* With -cpu qemu64 nothing but this name tells that QEMU emulates the CPU. */
static void tcg_is_told_by_its_name(void **state)
{
	const struct cpuid_leaf leaf = signature(0x40000000, "TCGTCGTCGTCG");
	struct verdict verdict = { 0 };

	(void)state;
	judge(&leaf, 1, &verdict);
	assert_string_equal(verdict.class_name, "qemu-tcg");
	verdict_clear(&verdict);
}

/* Leaf 2's bit is set for PV guests alone: seen through CPUID faulting. */
static void a_pv_guest_is_told_by_its_leaf(void **state)
{
	const struct cpuid_leaf leaves[] = { signature(0x40000000, "XenVMMXenVMM"),
					     { .leaf = 0x40000002, .eax = 1, .ecx = 1 } };
	struct verdict verdict = { 0 };

	(void)state;
	judge(leaves, 2, &verdict);
	assert_string_equal(verdict.class_name, "xen-pv");
	verdict_clear(&verdict);
}

/* Outside of a hypervisor the leaf repeats the last basic one. */
static void hardware_has_no_name(void **state)
{
	const struct cpuid_leaf leaves[] = {
		{ .leaf = 1 },
		{ .leaf = 0x40000000, .eax = 0x1a, .ebx = 0x207, .ecx = 0x340, .edx = 0x440 },
	};
	struct verdict verdict = { 0 };

	(void)state;
	judge(leaves, 2, &verdict);
	assert_string_equal(verdict.class_name, "none");
	assert_int_equal(verdict.weight, SIGN_WEAK);
	assert_int_equal(verdict.undecided_count, 1);
	verdict_clear(&verdict);
}

static void cpuid_is_read_as_the_tool_prints_it(void **state)
{
	struct cpuid_leaf leaves[CPUID_LEAVES_MOST];

	(void)state;
	assert_int_equal(cpuid_parse("CPU 0:\n   0x40000000 0x00: eax=0x40000001 ebx=0x4b4d564b ecx=0x564b4d56 "
				     "edx=0x0000004d\nrubbish\n", leaves), 1);
	assert_int_equal(leaves[0].leaf, 0x40000000);
	assert_int_equal(leaves[0].ebx, 0x4b4d564b);
}

/* The two sides of each bound of the measured costs. */
static void costs_are_held_against_the_mode(void **state)
{
	struct behaviour fits = { .costs = {
		[BEHAVIOUR_ADD] = { .median_ns = 1 }, [BEHAVIOUR_SYSCALL] = { .median_ns = 80 },
		[BEHAVIOUR_CPUID] = { .median_ns = 1200 }, [BEHAVIOUR_RDTSC] = { .median_ns = 12 },
		[BEHAVIOUR_MMAP] = { .median_ns = 900 } } };
	struct behaviour odd = { .costs = {
		[BEHAVIOUR_ADD] = { .median_ns = 1 }, [BEHAVIOUR_SYSCALL] = { .median_ns = 2500 },
		[BEHAVIOUR_CPUID] = { .median_ns = 60 }, [BEHAVIOUR_RDTSC] = { .median_ns = 900 },
		[BEHAVIOUR_MMAP] = { .median_ns = 9000 } } };
	const struct cpuid_leaf leaf = signature(0x40000000, "KVMKVMKVM");
	struct verdict verdict = { 0 };

	(void)state;
	judge(&leaf, 1, &verdict);
	behaviour_judge(&verdict, &fits);
	assert_int_equal(fits.finding_count, 0);
	behaviour_judge(&verdict, &odd);
	assert_int_equal(odd.finding_count, 4);
	behaviour_clear(&odd);
	verdict_clear(&verdict);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_smbios_table_is_decoded),
		cmocka_unit_test(a_cut_smbios_table_does_no_harm),
		cmocka_unit_test(xen_behind_hyper_v_is_xen),
		cmocka_unit_test(kvm_behind_hyper_v_is_kvm),
		cmocka_unit_test(tcg_is_told_by_its_name),
		cmocka_unit_test(a_pv_guest_is_told_by_its_leaf),
		cmocka_unit_test(hardware_has_no_name),
		cmocka_unit_test(cpuid_is_read_as_the_tool_prints_it),
		cmocka_unit_test(costs_are_held_against_the_mode),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

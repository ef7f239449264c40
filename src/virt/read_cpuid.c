/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_cpuid.c - what the CPU says of a hypervisor: bit 31 of leaf 1's ECX, and the names
 * at 0x40000000 + n * 0x100. A hypervisor that shows another one's interface puts its own
 * name at a later n. Source: Xen's public/arch-x86/cpuid.h, Linux'
 * Documentation/virt/kvm/x86/cpuid.rst, Microsoft's TLFS. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "virt/read.h"

#define HYPERVISOR_BIT (UINT32_C(1) << 31)
enum { FIRST = 0x40000000, STEP = 0x100, RANGES = 256, TEXT_MOST = 64 * 1024 };

static const struct {
	char name[13]; /* EBX, ECX, EDX of the leaf */
	enum claim claim;
	enum sign_weight weight;
} signatures[] = {
	{"XenVMMXenVMM", CLAIM_XEN, SIGN_PROOF},
	{"KVMKVMKVM", CLAIM_KVM, SIGN_STRONG}, /* VirtualBox and Parallels show it too */
	{"Linux KVM Hv", CLAIM_KVM, SIGN_STRONG}, /* KVM with Hyper-V's interface */
	{"Microsoft Hv", CLAIM_HYPERV_INTERFACE, SIGN_PROOF},
	{"VMwareVMware", CLAIM_VMWARE, SIGN_PROOF},
	{"TCGTCGTCGTCG", CLAIM_TCG, SIGN_PROOF},
	{"bhyve bhyve ", CLAIM_BHYVE, SIGN_PROOF},
	{"VBoxVBoxVBox", CLAIM_VIRTUALBOX, SIGN_PROOF},
	{"ACRNACRNACRN", CLAIM_ACRN, SIGN_PROOF},
	{"LKVMLKVMLKVM", CLAIM_LKVM, SIGN_PROOF},
	{"OpenBSDVMM58", CLAIM_OPENBSD_VMM, SIGN_PROOF},
	{" lrpepyh  vr", CLAIM_PARALLELS, SIGN_PROOF},
	{" prl hyperv ", CLAIM_PARALLELS, SIGN_PROOF},
	{"prl hyperv  ", CLAIM_PARALLELS, SIGN_PROOF},
	{"Apple VZ", CLAIM_APPLE, SIGN_PROOF},
	{"QNXQVMBSQG", CLAIM_QNX, SIGN_PROOF},
	{"SRESRESRESRE", CLAIM_SRE, SIGN_PROOF},
	{"UnisysSpar64", CLAIM_UNISYS, SIGN_PROOF},
	{"Jailhouse", CLAIM_JAILHOUSE, SIGN_PROOF},
};

static bool add_signature(const char *name, const char *source, struct signs *out)
{
	autostr struct str text = STR_EMPTY;
	size_t i;

	str_addf(&text, "signature \"%s\"", name);
	for (i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
		if (strcmp(name, signatures[i].name) != 0)
			continue;
		signs_add(out, signatures[i].claim, signatures[i].weight, source,
			  text.bytes, NULL);
		return true;
	}
	return false;
}

static const struct cpuid_leaf *find(const struct cpuid_leaf *leaves, size_t count,
				     uint32_t leaf, uint32_t sub)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (leaves[i].leaf == leaf && leaves[i].sub == sub)
			return &leaves[i];
	return NULL;
}

static void name_of(const struct cpuid_leaf *leaf, char out[13])
{
	memcpy(out, &leaf->ebx, 4);
	memcpy(out + 4, &leaf->ecx, 4);
	memcpy(out + 8, &leaf->edx, 4);
	out[12] = '\0';
}

/* Leaves base+1 to base+4 of Xen. Bit 0 of base+2's ECX is set for PV guests alone; base+4
 * is there for HVM and PVH guests. */
static void add_xen(const struct cpuid_leaf *leaves, size_t count, uint32_t base,
		    struct signs *out)
{
	const struct cpuid_leaf *version = find(leaves, count, base + 1, 0);
	const struct cpuid_leaf *pages = find(leaves, count, base + 2, 0);
	const struct cpuid_leaf *clock = find(leaves, count, base + 3, 0);
	const struct cpuid_leaf *hvm = find(leaves, count, base + 4, 0);
	char text[96], value[32];

	if (version != NULL) {
		(void)snprintf(value, sizeof(value), "%" PRIu32 ".%" PRIu32,
			       version->eax >> 16, version->eax & 0xffff);
		(void)snprintf(text, sizeof(text), "EAX 0x%08" PRIx32 ": Xen %s",
			       version->eax, value);
		signs_add(out, CLAIM_XEN, SIGN_PROOF, "CPUID, Xen leaf 1", text, value);
	}
	if (pages != NULL && (pages->ecx & 1) != 0)
		signs_add(out, CLAIM_XEN_PV, SIGN_PROOF, "CPUID, Xen leaf 2",
			  "ECX bit 0: MMU_PT_UPDATE_PRESERVE_AD, for PV guests alone",
			  NULL);
	if (clock != NULL && (clock->eax & 1) != 0)
		signs_add(out, CLAIM_TSC_EMULATED, SIGN_PROOF, "CPUID, Xen leaf 3",
			  "EAX bit 0: the TSC is emulated", NULL);
	if (hvm != NULL && hvm->eax != 0) {
		(void)snprintf(text, sizeof(text),
			       (hvm->eax & 16) != 0 ? "EAX 0x%08" PRIx32
						      ", domain id %" PRIu32
						    : "EAX 0x%08" PRIx32,
			       hvm->eax, hvm->ecx);
		signs_add(out, CLAIM_XEN_AUTOTRANSLATED, SIGN_PROOF, "CPUID, Xen leaf 4",
			  text, NULL);
		if ((hvm->eax & 16) != 0 && hvm->ecx == 0)
			signs_add(out, CLAIM_XEN_DOM0, SIGN_STRONG, "CPUID, Xen leaf 4",
				  text, NULL);
	}
}

static void add_bit(const struct cpuid_leaf *leaf, struct signs *out)
{
	const bool is_set = (leaf->ecx & HYPERVISOR_BIT) != 0;

	signs_add(out, CLAIM_CPU_SEEN, SIGN_PROOF, "CPUID leaf 1", "readable", NULL);
	signs_add(out, is_set ? CLAIM_SOME_HYPERVISOR : CLAIM_NO_HYPERVISOR, SIGN_STRONG,
		  "CPUID leaf 1",
		  is_set ? "ECX bit 31 is set: a hypervisor is there"
			 : "ECX bit 31 is clear: no hypervisor, or one that hides",
		  NULL);
}

void cpuid_signs(const struct cpuid_leaf *leaves, size_t count, struct signs *out)
{
	bool is_any = false, is_range_seen = false;
	size_t i;

	for (i = 0; i < count; i++) {
		char source[32], name[13];

		if (leaves[i].leaf == 1 && leaves[i].sub == 0)
			add_bit(&leaves[i], out);
		if (leaves[i].leaf < FIRST || leaves[i].leaf >= FIRST + RANGES * STEP ||
		    leaves[i].leaf % STEP != 0)
			continue;
		is_range_seen = true;
		name_of(&leaves[i], name);
		(void)snprintf(source, sizeof(source), "CPUID leaf 0x%08" PRIx32,
			       leaves[i].leaf);
		if (!add_signature(name, source, out))
			continue;
		is_any = true;
		if (strcmp(name, "XenVMMXenVMM") == 0)
			add_xen(leaves, count, leaves[i].leaf, out);
	}
	if (is_range_seen && !is_any)
		signs_add(out, CLAIM_NO_SIGNATURE, SIGN_STRONG,
			  "CPUID leaves 0x40000000 to 0x4000ff00",
			  "no hypervisor's name that is known", NULL);
}

size_t cpuid_parse(const char *text, struct cpuid_leaf out[CPUID_LEAVES_MOST])
{
	const char *line;
	size_t count = 0;

	for (line = text; line != NULL && count < CPUID_LEAVES_MOST;
	     line = strchr(line, '\n')) {
		struct cpuid_leaf leaf = {0};

		line += *line == '\n';
		if (sscanf(line,
			   " 0x%" SCNx32 " 0x%" SCNx32 ": eax=0x%" SCNx32
			   " ebx=0x%" SCNx32 " ecx=0x%" SCNx32 " edx=0x%" SCNx32,
			   &leaf.leaf, &leaf.sub, &leaf.eax, &leaf.ebx, &leaf.ecx,
			   &leaf.edx) == 6)
			out[count++] = leaf;
	}
	return count;
}

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#include <setjmp.h>
#include <signal.h>

static struct cpuid_leaf ask(uint32_t leaf, uint32_t sub)
{
	struct cpuid_leaf out = {.leaf = leaf, .sub = sub};

	__cpuid_count(leaf, sub, out.eax, out.ebx, out.ecx, out.edx);
	return out;
}

static sigjmp_buf no_xen;

static void on_illegal(int number)
{
	(void)number;
	siglongjmp(no_xen, 1);
}

/* A PV kernel's CPUID does not trap on older CPUs: this prefix asks Xen itself, and is an
 * illegal instruction anywhere else (xen/include/public/arch-x86/xen.h). */
static bool ask_xen(uint32_t leaf, struct cpuid_leaf *out)
{
	struct sigaction old, ours = {.sa_handler = on_illegal};
	bool is_there = false;

	*out = (struct cpuid_leaf){.leaf = leaf};
	if (sigaction(SIGILL, &ours, &old) != 0)
		return false;
	if (sigsetjmp(no_xen, 1) == 0) {
		__asm__ volatile("ud2a; .ascii \"xen\"; cpuid"
				 : "=a"(out->eax), "=b"(out->ebx), "=c"(out->ecx),
				   "=d"(out->edx)
				 : "0"(leaf), "2"(0));
		is_there = true;
	}
	(void)sigaction(SIGILL, &old, NULL);
	return is_there;
}

static size_t ask_range(uint32_t base, struct cpuid_leaf *out)
{
	const struct cpuid_leaf first = ask(base, 0);
	char name[13];
	uint32_t i;
	size_t count = 0;

	/* outside of a hypervisor a CPU answers with its last basic leaf: no name */
	name_of(&first, name);
	if (first.eax < base || first.eax > base + STEP)
		return 0;
	out[count++] = first;
	for (i = 1; i <= 4 && base + i <= first.eax; i++)
		out[count++] = ask(base + i, 0);
	return count;
}

static size_t ask_all(const struct place *place, struct cpuid_leaf *out)
{
	size_t count = 0;
	uint32_t i;

	out[count++] = ask(1, 0);
	out[count++] = ask(FIRST, 0);
	for (i = 0; i < RANGES && count < CPUID_LEAVES_MOST - 8; i++)
		count += ask_range(FIRST + i * STEP, out + count);
	if (place_has(place, "/proc/xen") &&
	    !place_has(place, "/sys/hypervisor/guest_type"))
		for (i = 0; i <= 2 && ask_xen(FIRST + i, &out[count]); i++)
			count++;
	return count;
}
#else
static size_t ask_all(const struct place *place, struct cpuid_leaf *out)
{
	(void)place;
	(void)out;
	return 0;
}
#endif

static void save(const struct place *place, const struct cpuid_leaf *leaves, size_t count)
{
	autostr struct str text = STR_EMPTY;
	size_t i;

	for (i = 0; i < count; i++)
		str_addf(&text,
			 "   0x%08" PRIx32 " 0x%02" PRIx32 ": eax=0x%08" PRIx32
			 " ebx=0x%08" PRIx32 " ecx=0x%08" PRIx32 " edx=0x%08" PRIx32 "\n",
			 leaves[i].leaf, leaves[i].sub, leaves[i].eax, leaves[i].ebx,
			 leaves[i].ecx, leaves[i].edx);
	place_save(place, PLACE_CPUID, text.bytes, text.length);
}

/* A tree that only keeps the name at leaf 0x40000000: blanks at its ends belong to it. */
static void read_name_alone(const struct place *place, struct signs *out)
{
	autofree char *machine = place_line(place, PLACE_MACHINE);
	autostr struct str text = STR_EMPTY;

	/* other machines have no CPUID, and nothing follows from what is not in it */
	if (place_read(place, PLACE_SIGNATURE, 64, &text, NULL) != 0 ||
	    (machine != NULL && strcmp(machine, "x86_64") != 0 && machine[0] != 'i'))
		return;
	text.bytes[strcspn(text.bytes, "\n")] = '\0';
	signs_add(out, CLAIM_CPU_SEEN, SIGN_WEAK, PLACE_SIGNATURE, "readable", NULL);
	if (!add_signature(text.bytes, PLACE_SIGNATURE, out) &&
	    !add_signature(str_trim_end(text.bytes), PLACE_SIGNATURE, out))
		signs_add(out, CLAIM_NO_SIGNATURE,
			  text.bytes[0] == '\0' ? SIGN_STRONG : SIGN_WEAK,
			  PLACE_SIGNATURE,
			  text.bytes[0] == '\0' ? "empty: no name"
						: "no hypervisor's name that is known",
			  NULL);
}

static void read_cpuid(const struct place *place, struct signs *out)
{
	struct cpuid_leaf leaves[CPUID_LEAVES_MOST];
	autostr struct str text = STR_EMPTY;
	size_t count;

	if (place->root < 0) {
		count = ask_all(place, leaves);
		save(place, leaves, count);
	} else if (place_read(place, PLACE_CPUID, TEXT_MOST, &text, NULL) == 0) {
		count = cpuid_parse(text.bytes, leaves);
	} else {
		read_name_alone(place, out);
		return;
	}
	cpuid_signs(leaves, count, out);
}

const struct reader reader_cpuid = {"cpuid", read_cpuid};

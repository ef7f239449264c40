/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verdict.c - from the evidence to what machine it is. First the hypervisors that name
 * themselves in a way that no other copies, then Xen's modes, then the interfaces that
 * several share; real hardware last, because it has nothing of its own to show. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "virt/read.h"

#define MASK(claim) (UINT64_C(1) << (claim))

/* Products, the more specific first: what stands above explains what stands below. */
static const struct product {
	enum claim claim;
	const char *class_name;
	const char *id;
	const char *name;
} products[] = {
	{CLAIM_GVISOR, "gvisor", "gvisor", "gVisor"},
	{CLAIM_UML, "uml", "uml", "User Mode Linux"},
	{CLAIM_LX86, "powervm-lx86", "powervm-lx86", "IBM PowerVM Lx86"},
	{CLAIM_VIRTUALBOX, "virtualbox", "virtualbox", "VirtualBox"},
	{CLAIM_PARALLELS, "parallels", "parallels", "Parallels"},
	{CLAIM_BHYVE, "bhyve", "bhyve", "bhyve"},
	{CLAIM_CLOUD_HYPERVISOR, "cloud-hypervisor", "cloud-hypervisor",
	 "Cloud Hypervisor"},
	{CLAIM_FIRECRACKER, "firecracker", "firecracker", "Firecracker"},
	{CLAIM_CROSVM, "crosvm", "crosvm", "crosvm"},
	{CLAIM_VIRTAGE, "virtage", "virtage", "Hitachi Virtage"},
	{CLAIM_VMWARE, "vmware", "vmware", "VMware"},
	{CLAIM_APPLE, "apple", "apple", "Apple Virtualization"},
	{CLAIM_ACRN, "acrn", "acrn", "ACRN"},
	{CLAIM_QNX, "qnx", "qnx", "QNX Hypervisor"},
	{CLAIM_OPENBSD_VMM, "vmm", "vmm", "OpenBSD vmm"},
	{CLAIM_LKVM, "lkvm", "lkvm", "kvmtool (KVM)"},
	{CLAIM_JAILHOUSE, "jailhouse", "jailhouse", "Jailhouse"},
	{CLAIM_UNISYS, "unisys", "unisys", "Unisys s-Par"},
	{CLAIM_SRE, "sre", "sre", "LMHS SRE"},
	{CLAIM_ZKVM, "kvm", "kvm", "KVM on IBM Z"},
	{CLAIM_ZVM, "zvm", "zvm", "z/VM"},
	{CLAIM_LDOMS, "ldoms", "ldoms", "Oracle VM for SPARC"},
	{CLAIM_TCG, "qemu-tcg", "qemu-tcg", "QEMU, software emulation (TCG)"},
	{CLAIM_AHV, "kvm", "ahv", "Nutanix AHV (KVM)"},
	{CLAIM_KVM, "kvm", "kvm", "KVM"},
	{CLAIM_HYPERV, "hyperv", "hyperv", "Hyper-V"},
	{CLAIM_HYPERV_INTERFACE, "hyperv", "hyperv", "Hyper-V"},
	{CLAIM_POWERVM, "powervm", "powervm", "IBM PowerVM"},
	{CLAIM_LPAR, "lpar", "lpar", "IBM Z logical partition"},
};
enum { PRODUCT_COUNT = sizeof(products) / sizeof(products[0]) };

/* What a product shows beside its own name: no contradiction. */
static const struct {
	enum claim product;
	uint64_t shows;
} companions[] = {
	{CLAIM_VIRTUALBOX, MASK(CLAIM_KVM) | MASK(CLAIM_HYPERV_INTERFACE)},
	{CLAIM_PARALLELS, MASK(CLAIM_KVM) | MASK(CLAIM_HYPERV_INTERFACE)},
	{CLAIM_BHYVE, MASK(CLAIM_HYPERV_INTERFACE)},
	{CLAIM_CLOUD_HYPERVISOR, MASK(CLAIM_KVM) | MASK(CLAIM_HYPERV_INTERFACE)},
	{CLAIM_FIRECRACKER, MASK(CLAIM_KVM)},
	{CLAIM_CROSVM, MASK(CLAIM_KVM)},
	{CLAIM_VMWARE, MASK(CLAIM_HYPERV_INTERFACE)},
	{CLAIM_LKVM, MASK(CLAIM_KVM)},
	{CLAIM_TCG, MASK(CLAIM_HYPERV_INTERFACE)},
	{CLAIM_AHV, MASK(CLAIM_KVM) | MASK(CLAIM_HYPERV_INTERFACE)},
	{CLAIM_KVM, MASK(CLAIM_HYPERV_INTERFACE) | MASK(CLAIM_POWERVM)},
	{CLAIM_HYPERV, MASK(CLAIM_HYPERV_INTERFACE)},
	{CLAIM_ZKVM, MASK(CLAIM_ZVM) | MASK(CLAIM_LPAR)},
	{CLAIM_ZVM, MASK(CLAIM_LPAR)},
	{CLAIM_HYPERV_INTERFACE, 0},
};

#define XEN_CLAIMS                                                                       \
	(MASK(CLAIM_XEN) | MASK(CLAIM_XEN_PV) | MASK(CLAIM_XEN_PV_BANNER) |              \
	 MASK(CLAIM_XEN_PV_E820) | MASK(CLAIM_XEN_AUTOTRANSLATED) |                      \
	 MASK(CLAIM_XEN_HVM) | MASK(CLAIM_XEN_PVH) | MASK(CLAIM_XEN_DOM0) |              \
	 MASK(CLAIM_XEN_DOMU) | MASK(CLAIM_XEN_ARM))

static enum sign_weight weight(const struct verdict *verdict, enum claim claim)
{
	return signs_weight(&verdict->signs, claim);
}

static enum sign_weight best_of(const struct verdict *verdict, uint64_t claims)
{
	enum sign_weight best = SIGN_NONE;
	unsigned claim;

	for (claim = 0; claim < CLAIM_COUNT; claim++)
		if ((claims & MASK(claim)) != 0 &&
		    weight(verdict, (enum claim)claim) > best)
			best = weight(verdict, (enum claim)claim);
	return best;
}

static void set_class(struct verdict *verdict, const char *name, enum sign_weight certain)
{
	verdict->class_name = str_copy(name);
	verdict->weight = certain;
}

/* Xen */

enum xen_mode {
	XEN_UNDECIDED,
	XEN_PV,
	XEN_HVM_FAMILY,
	XEN_HVM,
	XEN_PVHVM,
	XEN_PVH,
	XEN_ARM
};

static const struct {
	const char *class_name, *id, *name;
	uint64_t claims;
} xen_modes[] = {
	[XEN_UNDECIDED] = {"xen", "unknown", "not decidable", 0},
	[XEN_PV] = {"xen-pv", "pv", "paravirtualized (PV)",
		    MASK(CLAIM_XEN_PV) | MASK(CLAIM_XEN_PV_BANNER) |
			    MASK(CLAIM_XEN_PV_E820)},
	[XEN_HVM_FAMILY] = {"xen-hvm-family", "hvm-family", "HVM or PVHVM",
			    MASK(CLAIM_XEN_HVM) | MASK(CLAIM_XEN_AUTOTRANSLATED)},
	[XEN_HVM] = {"xen-hvm", "hvm", "HVM without paravirtual drivers",
		     MASK(CLAIM_XEN_HVM) | MASK(CLAIM_XEN_NO_FRONTENDS) |
			     MASK(CLAIM_HYPERV_INTERFACE)},
	[XEN_PVHVM] = {"xen-pvhvm", "pvhvm", "HVM with paravirtual drivers (PVHVM)",
		       MASK(CLAIM_XEN_HVM) | MASK(CLAIM_XEN_PV_DRIVERS) |
			       MASK(CLAIM_XEN_AUTOTRANSLATED)},
	[XEN_PVH] = {"xen-pvh", "pvh", "HVM without emulated devices (PVH)",
		     MASK(CLAIM_XEN_PVH) | MASK(CLAIM_XEN_AUTOTRANSLATED)},
	[XEN_ARM] = {"xen-arm", "arm", "ARM guest", MASK(CLAIM_XEN_ARM)},
};

static bool is_xen(const struct verdict *verdict)
{
	return best_of(verdict, XEN_CLAIMS) >= SIGN_STRONG;
}

/* The PV kernel of EL6 prints its banner in an HVM guest too, and a PVH guest may have a
 * memory map named "Xen:": each alone yields to proof of the contrary. */
static bool is_pv(const struct verdict *verdict, bool is_other)
{
	if (weight(verdict, CLAIM_XEN_PV) >= SIGN_STRONG)
		return true;
	if (is_other)
		return weight(verdict, CLAIM_XEN_PV_BANNER) > SIGN_NONE &&
		       weight(verdict, CLAIM_XEN_PV_E820) > SIGN_NONE;
	return best_of(verdict, MASK(CLAIM_XEN_PV_BANNER) | MASK(CLAIM_XEN_PV_E820)) >
	       SIGN_NONE;
}

/* An HVM or PVH guest's CPUID always traps, and Xen answers with its name; where the name is
 * not there and the kernel knows that Xen is, CPUID did not trap. HVM also has firmware. */
static bool is_pv_by_silence(const struct verdict *verdict)
{
	return weight(verdict, CLAIM_NO_SIGNATURE) >= SIGN_STRONG &&
	       best_of(verdict, MASK(CLAIM_XEN_AUTOTRANSLATED) | MASK(CLAIM_XEN_HVM) |
					MASK(CLAIM_XEN_PVH)) < SIGN_STRONG;
}

static enum xen_mode hvm_mode(struct verdict *verdict)
{
	if (weight(verdict, CLAIM_XEN_PV_DRIVERS) >= SIGN_STRONG)
		return XEN_PVHVM;
	/* a kernel that took Xen for Hyper-V has no drivers for Xen */
	if (weight(verdict, CLAIM_XEN_NO_FRONTENDS) > SIGN_NONE ||
	    weight(verdict, CLAIM_HYPERV_INTERFACE) == SIGN_PROOF)
		return XEN_HVM;
	/* every kernel that uses them says so while it boots */
	if (verdict->signs.is_log_whole && weight(verdict, CLAIM_XEN_HVM) >= SIGN_STRONG)
		return XEN_HVM;
	if (weight(verdict, CLAIM_XEN_AUTOTRANSLATED) == SIGN_WEAK &&
	    weight(verdict, CLAIM_XEN_HVM) == SIGN_NONE)
		return XEN_PVHVM; /* drivers of an HVM guest, loaded */
	verdict_add_undecided(
		verdict, "whether paravirtual drivers are in use (HVM or PVHVM): neither "
			 "the kernel's unplug and callback lines nor a list of bound "
			 "frontends is in the evidence");
	return XEN_HVM_FAMILY;
}

static enum xen_mode xen_mode(struct verdict *verdict, bool *out_conflict)
{
	const bool is_pvh = weight(verdict, CLAIM_XEN_PVH) >= SIGN_STRONG;
	const bool is_hvm = weight(verdict, CLAIM_XEN_HVM) >= SIGN_STRONG;
	const bool is_auto =
		weight(verdict, CLAIM_XEN_AUTOTRANSLATED) >= SIGN_STRONG || is_hvm;
	const bool is_pv_kernel = is_pv(verdict, is_auto || is_pvh);

	if (weight(verdict, CLAIM_XEN_ARM) > SIGN_NONE)
		return XEN_ARM;
	/* a control domain sees the firmware of its machine, which may be a Xen HVM guest */
	if (weight(verdict, CLAIM_XEN_DOM0) >= SIGN_STRONG &&
	    weight(verdict, CLAIM_XEN_PV) == SIGN_PROOF && !is_pvh)
		return XEN_PV;
	*out_conflict = is_pv_kernel && (is_hvm || is_pvh || is_auto) &&
			!(is_pvh && weight(verdict, CLAIM_XEN_PV) == SIGN_NONE);
	if (is_pv_kernel && !is_pvh)
		return XEN_PV;
	if (is_pvh)
		return XEN_PVH;
	if (is_hvm || is_auto || weight(verdict, CLAIM_XEN_AUTOTRANSLATED) > SIGN_NONE)
		return hvm_mode(verdict);
	if (is_pv_by_silence(verdict))
		return XEN_PV;
	if (weight(verdict, CLAIM_XEN_PV_DRIVERS) >= SIGN_PROOF)
		return XEN_UNDECIDED;
	/* a name in CPUID, and firmware: HVM; without firmware it may be PVH */
	return weight(verdict, CLAIM_FIRMWARE) >= SIGN_STRONG &&
			       weight(verdict, CLAIM_XEN_DOM0) == SIGN_NONE
		       ? hvm_mode(verdict)
		       : XEN_UNDECIDED;
}

/* The control domain sees the machine's firmware; a PV guest of it sees none. */
static bool is_dom0(const struct verdict *verdict, enum xen_mode mode)
{
	if (weight(verdict, CLAIM_XEN_DOM0) >= SIGN_STRONG)
		return true;
	if (weight(verdict, CLAIM_XEN_DOMU) >= SIGN_STRONG)
		return false;
	return mode == XEN_PV && weight(verdict, CLAIM_FIRMWARE) > SIGN_NONE;
}

static void note_veto(struct verdict *verdict, enum xen_mode mode)
{
	if (mode != XEN_PV && mode != XEN_PVH &&
	    weight(verdict, CLAIM_XEN_PV_BANNER) > SIGN_NONE)
		verdict_add_contradiction(
			verdict,
			"the banner \"on Xen\" without \"HVM\" is a PV kernel's, and the "
			"rest is an HVM guest's: the kernel of EL6 prints it in both, so "
			"the rest counts");
	if (weight(verdict, CLAIM_HYPERV_INTERFACE) > SIGN_NONE)
		verdict_add_contradiction(
			verdict, "the kernel sees Hyper-V, the firmware Xen: Xen shows "
				 "Hyper-V's interface (viridian) to such guests");
}

static void add_xen_outer(struct verdict *verdict)
{
	static const struct {
		enum claim claim;
		const char *id, *name;
	} outers[] = {
		{CLAIM_XEN_HVM, "xen", "Xen"},
		{CLAIM_VMWARE, "vmware", "VMware"},
		{CLAIM_HYPERV, "hyperv", "Hyper-V"},
		{CLAIM_VIRTUALBOX, "virtualbox", "VirtualBox"},
		{CLAIM_KVM, "kvm", "KVM"},
		{CLAIM_TCG, "qemu-tcg", "QEMU, software emulation (TCG)"},
		{CLAIM_QEMU, "qemu", "QEMU (KVM or TCG)"},
	};
	size_t i;

	for (i = 0; i < sizeof(outers) / sizeof(outers[0]); i++) {
		if (weight(verdict, outers[i].claim) < SIGN_STRONG)
			continue;
		verdict_add_layer(verdict, LAYER_OUTER, outers[i].id, outers[i].name,
				  NULL, MASK(outers[i].claim));
		return;
	}
}

static void decide_xen(struct verdict *verdict)
{
	bool is_conflict = false;
	const enum xen_mode mode = xen_mode(verdict, &is_conflict);
	const bool is_control = is_dom0(verdict, mode);
	autostr struct str class_name = STR_EMPTY, id = STR_EMPTY, name = STR_EMPTY;

	str_addf(&id, "%s%s", is_control ? "dom0-" : "", xen_modes[mode].id);
	str_addf(&name, "%s%s", is_control ? "control domain (dom0), " : "",
		 xen_modes[mode].name);
	if (is_control)
		str_addf(&class_name, "xen-dom0%s%s", mode != XEN_UNDECIDED ? "-" : "",
			 mode != XEN_UNDECIDED ? xen_modes[mode].id : "");
	else
		str_add(&class_name, xen_modes[mode].class_name);
	if (is_conflict) {
		verdict_add_contradiction(
			verdict,
			"lines of a PV kernel and of an HVM guest stand together: "
			"they cannot come from one boot");
		set_class(verdict, "conflict", SIGN_NONE);
		verdict_add_layer(verdict, LAYER_MODE, "conflict",
				  "contradictory: PV and HVM at once", NULL,
				  XEN_CLAIMS & ~MASK(CLAIM_XEN));
	} else {
		if (mode == XEN_UNDECIDED)
			verdict_add_undecided(
				verdict, "the guest's mode: that Xen is there is proved, "
					 "but no evidence tells PV from HVM and PVH");
		note_veto(verdict, mode);
		set_class(verdict, class_name.bytes,
			  best_of(verdict, xen_modes[mode].claims | MASK(CLAIM_XEN)));
		verdict_add_layer(
			verdict, LAYER_MODE, id.bytes, name.bytes, NULL,
			xen_modes[mode].claims |
				(is_control ? MASK(CLAIM_XEN_DOM0) | MASK(CLAIM_FIRMWARE)
					    : MASK(CLAIM_XEN_DOMU)));
	}
	verdict_add_layer(verdict, LAYER_HYPERVISOR, "xen", "Xen",
			  signs_value(&verdict->signs, CLAIM_XEN), MASK(CLAIM_XEN));
	if (is_control && !is_conflict)
		add_xen_outer(verdict);
}

/* The others */

static const struct product *best_product(const struct verdict *verdict)
{
	const struct product *best = NULL;
	size_t i;

	for (i = 0; i < PRODUCT_COUNT; i++)
		if (weight(verdict, products[i].claim) >= SIGN_STRONG)
			return &products[i];
	for (i = 0; i < PRODUCT_COUNT && best == NULL; i++)
		if (weight(verdict, products[i].claim) > SIGN_NONE)
			best = &products[i];
	return best;
}

static uint64_t shown_by(enum claim product)
{
	size_t i;

	for (i = 0; i < sizeof(companions) / sizeof(companions[0]); i++)
		if (companions[i].product == product)
			return companions[i].shows;
	return 0;
}

static void note_other_products(struct verdict *verdict, const struct product *chosen)
{
	size_t i;

	for (i = 0; i < PRODUCT_COUNT; i++) {
		autostr struct str text = STR_EMPTY;
		const struct product *other = &products[i];

		if (other == chosen || strcmp(other->id, chosen->id) == 0 ||
		    weight(verdict, other->claim) < SIGN_STRONG)
			continue;
		if ((shown_by(chosen->claim) & MASK(other->claim)) != 0)
			str_addf(
				&text,
				"%s's interface is shown too: %s offers it to its guests",
				other->name, chosen->name);
		else
			str_addf(&text,
				 "there is evidence of %s and of %s: one may be the "
				 "other's "
				 "outer layer, or strings were set by hand",
				 chosen->name, other->name);
		verdict_add_contradiction(verdict, text.bytes);
	}
}

static void decide_product(struct verdict *verdict, const struct product *product)
{
	const enum sign_weight certain = weight(verdict, product->claim);
	const uint64_t mask = MASK(product->claim) | shown_by(product->claim);

	set_class(verdict, product->class_name, certain);
	if (product->claim == CLAIM_TCG)
		verdict_add_layer(verdict, LAYER_MODE, "tcg", "software emulation", NULL,
				  mask);
	else if (product->claim != CLAIM_GVISOR && product->claim != CLAIM_UML &&
		 product->claim != CLAIM_LX86)
		verdict_add_layer(verdict, LAYER_MODE, "hvm",
				  "hardware-assisted virtual machine", NULL,
				  MASK(CLAIM_SOME_HYPERVISOR));
	verdict_add_layer(verdict, LAYER_HYPERVISOR, product->id, product->name,
			  signs_value(&verdict->signs, product->claim), mask);
	note_other_products(verdict, product);
	if (product->claim == CLAIM_ZKVM && weight(verdict, CLAIM_ZVM) > SIGN_NONE)
		verdict_add_layer(verdict, LAYER_OUTER, "zvm", "z/VM", NULL,
				  MASK(CLAIM_ZVM));
	if (product->claim == CLAIM_HYPERV_INTERFACE &&
	    best_of(verdict, MASK(CLAIM_FIRMWARE)) == SIGN_NONE)
		verdict_add_undecided(
			verdict, "whether it is Hyper-V itself: Xen and KVM can show the "
				 "same interface, and there are no firmware strings");
	if (certain == SIGN_WEAK)
		verdict_add_undecided(verdict,
				      "the hypervisor for sure: other machines can show "
				      "the same");
}

/* QEMU makes the devices; KVM or TCG runs the CPU. Where the CPU was seen and does not name
 * KVM, it is some QEMU whose accelerator stays open; where it was not, KVM is likelier. */
static void decide_qemu(struct verdict *verdict)
{
	const bool is_cpu_seen = weight(verdict, CLAIM_CPU_SEEN) > SIGN_NONE ||
				 verdict->signs.is_log_whole ||
				 signs_value(&verdict->signs, CLAIM_QEMU) != NULL;

	set_class(verdict, is_cpu_seen ? "qemu" : "kvm-or-qemu",
		  weight(verdict, CLAIM_QEMU));
	verdict_add_layer(verdict, LAYER_MODE, "hvm-or-tcg",
			  "hardware-assisted (KVM) or emulated (TCG)", NULL,
			  MASK(CLAIM_QEMU));
	verdict_add_layer(verdict, LAYER_HYPERVISOR, "qemu", "QEMU", NULL,
			  MASK(CLAIM_QEMU));
	verdict_add_undecided(verdict,
			      "KVM or TCG: QEMU's devices are the same with both, and "
			      "nothing names the one that runs the CPU");
}

static bool is_bare_metal(const struct verdict *verdict, enum sign_weight *out_certain)
{
	const enum sign_weight no = weight(verdict, CLAIM_NO_HYPERVISOR);
	const bool is_hardware = best_of(verdict, MASK(CLAIM_REAL_MACHINE) |
							  MASK(CLAIM_METAL)) > SIGN_NONE;

	if (weight(verdict, CLAIM_SOME_HYPERVISOR) > SIGN_NONE)
		return false;
	if (weight(verdict, CLAIM_REAL_MACHINE) >= SIGN_STRONG)
		*out_certain = SIGN_STRONG;
	else if (no > SIGN_NONE && is_hardware)
		*out_certain = SIGN_STRONG;
	else if (verdict->signs.is_log_whole && is_hardware)
		*out_certain = SIGN_STRONG;
	else
		*out_certain = SIGN_WEAK;
	return no > SIGN_NONE || is_hardware;
}

static void decide_hardware(struct verdict *verdict)
{
	enum sign_weight certain = SIGN_NONE;
	const char *name = signs_value(&verdict->signs, CLAIM_REAL_MACHINE);

	if (is_bare_metal(verdict, &certain)) {
		set_class(verdict, "none", certain);
		verdict_add_layer(verdict, LAYER_MACHINE, "none",
				  name != NULL ? name : "real hardware", NULL,
				  MASK(CLAIM_REAL_MACHINE) | MASK(CLAIM_NO_HYPERVISOR) |
					  MASK(CLAIM_METAL));
		if (weight(verdict, CLAIM_VM_BIT) > SIGN_NONE)
			verdict_add_contradiction(
				verdict,
				"SMBIOS says that the system is a virtual machine, and "
				"its "
				"strings are a real machine's: some boards of several "
				"makers set that bit by mistake");
		if (certain == SIGN_WEAK)
			verdict_add_undecided(
				verdict,
				"real hardware for sure: a hypervisor that hides "
				"itself would show the same here");
		return;
	}
	if (weight(verdict, CLAIM_MICROVM) > SIGN_NONE) {
		set_class(verdict, "microvm", SIGN_STRONG);
		verdict_add_layer(verdict, LAYER_HYPERVISOR, "microvm",
				  "a small virtual machine monitor", NULL,
				  MASK(CLAIM_MICROVM) | MASK(CLAIM_SOME_HYPERVISOR));
		verdict_add_undecided(verdict, "which monitor it is: it does not name "
					       "itself");
		return;
	}
	set_class(verdict, "unknown", SIGN_NONE);
	if (weight(verdict, CLAIM_SOME_HYPERVISOR) > SIGN_NONE) {
		verdict_add_layer(verdict, LAYER_HYPERVISOR, "unknown",
				  "a hypervisor that does not name itself", NULL,
				  MASK(CLAIM_SOME_HYPERVISOR));
		verdict_add_undecided(verdict,
				      "which hypervisor: the CPU says that there is "
				      "one, and nothing names it");
	} else {
		verdict_add_undecided(
			verdict,
			"the machine: the evidence holds neither a hypervisor's "
			"name nor a real machine's, and its beginning may be cut");
	}
}

/* A micro-VM that names itself weakly is still no other product; real hardware that only
 * Amazon's or Google's vendor string would make a guest is none. */
static void decide_machine(struct verdict *verdict)
{
	const struct product *product = best_product(verdict);
	const bool is_weak =
		product == NULL || weight(verdict, product->claim) == SIGN_WEAK;

	if (product != NULL && !is_weak) {
		decide_product(verdict, product);
	} else if (weight(verdict, CLAIM_QEMU) >= SIGN_STRONG) {
		decide_qemu(verdict);
	} else if (product != NULL && weight(verdict, CLAIM_METAL) == SIGN_NONE &&
		   weight(verdict, CLAIM_NO_HYPERVISOR) < SIGN_STRONG) {
		decide_product(verdict, product);
	} else {
		decide_hardware(verdict);
	}
}

/* Around */

static void add_container(struct verdict *verdict)
{
	const char *name = signs_value(&verdict->signs, CLAIM_CONTAINER);
	const enum sign_weight certain = weight(verdict, CLAIM_CONTAINER);

	if (certain == SIGN_NONE)
		return;
	if (name == NULL)
		name = "other";
	if (weight(verdict, CLAIM_NO_CONTAINER) > certain) {
		autostr struct str text = STR_EMPTY;

		str_addf(&text,
			 "a mark of %s is there, but this process is in the kernel's "
			 "first "
			 "PID and UTS namespaces: the system was made from a container's "
			 "image and runs in none",
			 name);
		verdict_add_contradiction(verdict, text.bytes);
		return;
	}
	verdict_add_layer(verdict, LAYER_CONTAINER, name, name, NULL,
			  MASK(CLAIM_CONTAINER));
}

static void add_cloud(struct verdict *verdict)
{
	const char *cloud = signs_value(&verdict->signs, CLAIM_CLOUD);
	const char *id = cloud, *name = cloud;

	if (cloud == NULL)
		return;
	if (strcmp(cloud, "ec2") == 0) {
		const char *below = verdict_layer_id(verdict, LAYER_HYPERVISOR);
		const bool is_metal =
			weight(verdict, CLAIM_METAL) > SIGN_NONE && below == NULL;

		id = is_metal					  ? "ec2-metal"
		     : below != NULL && strcmp(below, "xen") == 0 ? "ec2-xen"
								  : "ec2-nitro";
		name = is_metal			    ? "Amazon EC2, whole machine"
		       : strcmp(id, "ec2-xen") == 0 ? "Amazon EC2 (Xen)"
						    : "Amazon EC2 (Nitro)";
	}
	verdict_add_layer(verdict, LAYER_CLOUD, id, name, NULL, MASK(CLAIM_CLOUD));
}

/* In a container, what little is visible of the machine proves nothing about it. */
static void prefer_container(struct verdict *verdict)
{
	const char *container = verdict_layer_id(verdict, LAYER_CONTAINER);
	const bool is_none = strcmp(verdict->class_name, "none") == 0;
	autostr struct str name = STR_EMPTY;

	if (container == NULL || !(strcmp(verdict->class_name, "unknown") == 0 ||
				   (is_none && verdict->weight < SIGN_STRONG)))
		return;
	str_addf(&name, "container=%s", container);
	free(verdict->class_name);
	set_class(verdict, name.bytes, weight(verdict, CLAIM_CONTAINER));
}

void verdict_decide(struct verdict *verdict)
{
	add_container(verdict);
	if (is_xen(verdict))
		decide_xen(verdict);
	else
		decide_machine(verdict);
	add_cloud(verdict);
	prefer_container(verdict);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/** verdict.h - what kind of machine this is: pieces of evidence, and what follows from
 * them. */
#ifndef MODEL_VERDICT_H
#define MODEL_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a piece of evidence speaks for. At most 64: sets of them are masks. */
enum claim {
	CLAIM_XEN, /* Xen is below; nothing about the mode */
	CLAIM_XEN_PV,
	CLAIM_XEN_PV_BANNER,	  /* "on Xen", which EL6 also prints as PVHVM */
	CLAIM_XEN_PV_E820,	  /* a memory map named "Xen:", which PVH can have too */
	CLAIM_XEN_AUTOTRANSLATED, /* HVM, PVHVM or PVH: not PV */
	CLAIM_XEN_HVM,
	CLAIM_XEN_PVH,
	CLAIM_XEN_PV_DRIVERS,	/* paravirtual drivers in use */
	CLAIM_XEN_NO_FRONTENDS, /* the list of bound frontends was read: there is none */
	CLAIM_XEN_DOM0,
	CLAIM_XEN_DOMU,
	CLAIM_XEN_ARM,
	CLAIM_KVM,
	CLAIM_QEMU, /* QEMU's device model; the accelerator is open */
	CLAIM_TCG,
	CLAIM_VMWARE,
	CLAIM_HYPERV,
	CLAIM_HYPERV_INTERFACE, /* its interface, which Xen and KVM can show too */
	CLAIM_VIRTUALPC,
	CLAIM_VIRTUALBOX,
	CLAIM_PARALLELS,
	CLAIM_BHYVE,
	CLAIM_FIRECRACKER,
	CLAIM_MICROVM, /* a machine without firmware tables, as small VMMs make them */
	CLAIM_CLOUD_HYPERVISOR,
	CLAIM_CROSVM,
	CLAIM_APPLE,
	CLAIM_AHV,
	CLAIM_ACRN,
	CLAIM_QNX,
	CLAIM_LKVM,
	CLAIM_OPENBSD_VMM,
	CLAIM_JAILHOUSE,
	CLAIM_UNISYS,
	CLAIM_SRE,
	CLAIM_VIRTAGE,
	CLAIM_ZVM,
	CLAIM_ZKVM,
	CLAIM_LPAR, /* a logical partition of IBM Z */
	CLAIM_POWERVM,
	CLAIM_LX86,
	CLAIM_LDOMS,
	CLAIM_UML,
	CLAIM_GVISOR,
	CLAIM_WSL,
	CLAIM_CONTAINER,    /* value: which one */
	CLAIM_NO_CONTAINER, /* the initial namespaces */
	CLAIM_CLOUD,	    /* value: which one */
	CLAIM_SOME_HYPERVISOR,
	CLAIM_NO_HYPERVISOR, /* the CPU says that none is there */
	CLAIM_CPU_SEEN,	     /* CPUID or the CPU's flags were readable */
	CLAIM_NO_SIGNATURE,  /* CPUID was readable, and no hypervisor's name is in it */
	CLAIM_REAL_MACHINE,  /* firmware strings of no virtual machine that is known */
	CLAIM_FIRMWARE,	     /* the kernel was given tables of some firmware */
	CLAIM_VM_BIT,	     /* SMBIOS: "System is a virtual machine" */
	CLAIM_TSC_EMULATED,  /* each look at the time stamp counter traps */
	CLAIM_METAL,	     /* a cloud's product name for a whole machine */
	CLAIM_COUNT
};

/** How much a piece of evidence proves. */
enum sign_weight {
	SIGN_NONE = 0,
	SIGN_WEAK,   /* likely, but other machines show it too */
	SIGN_STRONG, /* nothing else is known to show it, though it can be configured */
	SIGN_PROOF,  /* the kernel or the hypervisor itself says it */
};

/** One piece of evidence. */
struct sign {
	enum claim claim;
	enum sign_weight weight;
	char *source; /* path, "CPUID leaf 0x40000000" or "kernel log, line 12" */
	char *text;   /* what stands there, one line, at most 200 bytes */
	char *value;  /* a name or a version in it; NULL: none */
};

/** The evidence about one machine; start zeroed. */
struct signs {
	struct sign *list;
	size_t count;
	struct sign *unread; /* what could not be read: source, and the reason as text */
	size_t unread_count;
	bool is_log_whole; /* the kernel log was seen from its first line on: what does not
			      stand in it did not happen */
};

/** What a layer is; from the inside out. */
enum layer_kind {
	LAYER_CONTAINER,
	LAYER_MODE, /* how the kernel runs on the hypervisor */
	LAYER_HYPERVISOR,
	LAYER_OUTER, /* the hypervisor's own hypervisor */
	LAYER_CLOUD,
	LAYER_MACHINE,
};
enum { LAYER_KIND_COUNT = LAYER_MACHINE + 1, VERDICT_LAYERS_MOST = 8 };

/** Names of the kinds. */
extern const char *const layer_kind_names[LAYER_KIND_COUNT];
/** Names of the weights; the first is "none". */
extern const char *const sign_weight_names[SIGN_PROOF + 1];
/** Names of the claims, as JSON has them ("xen-pv-drivers"). */
extern const char *const claim_names[CLAIM_COUNT];

/** One layer, with a mask of the claims that its evidence makes. */
struct layer {
	enum layer_kind kind;
	char *id;      /* for programs: "pvhvm", "xen", "docker" */
	char *name;    /* for people: "HVM with paravirtual drivers (PVHVM)" */
	char *version; /* NULL: not known */
	uint64_t claims;
};

/** What machine this is. */
struct verdict {
	char *class_name; /* one word for scripts: "xen-pvhvm", "none", "unknown", ... */
	enum sign_weight weight; /* the best evidence for it */
	struct layer layers[VERDICT_LAYERS_MOST];
	size_t layer_count;
	char **contradictions; /* sentences */
	size_t contradiction_count;
	char **undecided; /* sentences: "..., because ..." */
	size_t undecided_count;
	struct signs signs; /* all the evidence that was found */
};

/** Add a piece of evidence; the texts are copied, @text cut to a line of 200 bytes with
 * everything that is not printable ASCII or UTF-8 as '?'. @value: may be NULL */
void signs_add(struct signs *signs, enum claim claim, enum sign_weight weight,
	       const char *source, const char *text, const char *value);

/** Note what could not be read. */
void signs_add_unread(struct signs *signs, const char *source, const char *reason);

/** The best weight with which @claim is made; SIGN_NONE when it is not. */
enum sign_weight signs_weight(const struct signs *signs, enum claim claim);

/** The value of the best sign of @claim that has one. Returns: it, or NULL */
const char *signs_value(const struct signs *signs, enum claim claim);

/** Add a layer; the texts are copied. @version: may be NULL */
void verdict_add_layer(struct verdict *verdict, enum layer_kind kind, const char *id,
		       const char *name, const char *version, uint64_t claims);

/** Add a sentence about evidence that cannot be true together. */
void verdict_add_contradiction(struct verdict *verdict, const char *sentence);

/** Add a sentence about what cannot be decided, and why. */
void verdict_add_undecided(struct verdict *verdict, const char *sentence);

/** The id of the first layer of a kind. Returns: it, or NULL */
const char *verdict_layer_id(const struct verdict *verdict, enum layer_kind kind);

/** Give the memory back; the verdict is zeroed. */
void verdict_clear(struct verdict *verdict);

#endif

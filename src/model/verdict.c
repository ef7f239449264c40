/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { TEXT_MOST = 200, ALIKE_MOST = 4 };

const char *const layer_kind_names[LAYER_KIND_COUNT] = {
	[LAYER_CONTAINER] = "container",   [LAYER_MODE] = "mode",
	[LAYER_HYPERVISOR] = "hypervisor", [LAYER_OUTER] = "outer",
	[LAYER_CLOUD] = "cloud",	   [LAYER_MACHINE] = "machine",
};

const char *const sign_weight_names[SIGN_PROOF + 1] = {
	[SIGN_NONE] = "none",
	[SIGN_WEAK] = "weak",
	[SIGN_STRONG] = "strong",
	[SIGN_PROOF] = "proof",
};

const char *const claim_names[CLAIM_COUNT] = {
	[CLAIM_XEN] = "xen",
	[CLAIM_XEN_PV] = "xen-pv",
	[CLAIM_XEN_PV_BANNER] = "xen-pv-banner",
	[CLAIM_XEN_PV_E820] = "xen-pv-e820",
	[CLAIM_XEN_AUTOTRANSLATED] = "xen-autotranslated",
	[CLAIM_XEN_HVM] = "xen-hvm",
	[CLAIM_XEN_PVH] = "xen-pvh",
	[CLAIM_XEN_PV_DRIVERS] = "xen-pv-drivers",
	[CLAIM_XEN_NO_FRONTENDS] = "xen-no-frontends",
	[CLAIM_XEN_DOM0] = "xen-dom0",
	[CLAIM_XEN_DOMU] = "xen-domu",
	[CLAIM_XEN_ARM] = "xen-arm",
	[CLAIM_KVM] = "kvm",
	[CLAIM_QEMU] = "qemu",
	[CLAIM_TCG] = "tcg",
	[CLAIM_VMWARE] = "vmware",
	[CLAIM_HYPERV] = "hyperv",
	[CLAIM_HYPERV_INTERFACE] = "hyperv-interface",
	[CLAIM_VIRTUALPC] = "virtualpc",
	[CLAIM_VIRTUALBOX] = "virtualbox",
	[CLAIM_PARALLELS] = "parallels",
	[CLAIM_BHYVE] = "bhyve",
	[CLAIM_FIRECRACKER] = "firecracker",
	[CLAIM_MICROVM] = "microvm",
	[CLAIM_CLOUD_HYPERVISOR] = "cloud-hypervisor",
	[CLAIM_CROSVM] = "crosvm",
	[CLAIM_APPLE] = "apple",
	[CLAIM_AHV] = "ahv",
	[CLAIM_ACRN] = "acrn",
	[CLAIM_QNX] = "qnx",
	[CLAIM_LKVM] = "lkvm",
	[CLAIM_OPENBSD_VMM] = "openbsd-vmm",
	[CLAIM_JAILHOUSE] = "jailhouse",
	[CLAIM_UNISYS] = "unisys",
	[CLAIM_SRE] = "sre",
	[CLAIM_VIRTAGE] = "virtage",
	[CLAIM_ZVM] = "zvm",
	[CLAIM_ZKVM] = "zkvm",
	[CLAIM_LPAR] = "lpar",
	[CLAIM_POWERVM] = "powervm",
	[CLAIM_LX86] = "powervm-lx86",
	[CLAIM_LDOMS] = "ldoms",
	[CLAIM_UML] = "uml",
	[CLAIM_GVISOR] = "gvisor",
	[CLAIM_WSL] = "wsl",
	[CLAIM_CONTAINER] = "container",
	[CLAIM_NO_CONTAINER] = "no-container",
	[CLAIM_CLOUD] = "cloud",
	[CLAIM_SOME_HYPERVISOR] = "some-hypervisor",
	[CLAIM_NO_HYPERVISOR] = "no-hypervisor",
	[CLAIM_CPU_SEEN] = "cpu-seen",
	[CLAIM_NO_SIGNATURE] = "no-signature",
	[CLAIM_REAL_MACHINE] = "real-machine",
	[CLAIM_FIRMWARE] = "firmware",
	[CLAIM_VM_BIT] = "smbios-vm-bit",
	[CLAIM_TSC_EMULATED] = "tsc-emulated",
	[CLAIM_METAL] = "metal",
};

_Static_assert(CLAIM_COUNT <= 64, "sets of claims are masks of 64 bits");

/* One printable line: evidence comes from machines that we do not trust. */
static char *one_line(const char *text)
{
	const size_t length = strcspn(text, "\n");
	char *copy = mem_zero((length < TEXT_MOST ? length : TEXT_MOST) + 1, 1);
	size_t i;

	for (i = 0; i < length && i < TEXT_MOST; i++) {
		const unsigned char byte = (unsigned char)text[i];

		copy[i] = (char)(byte == '\t' ? ' ' : byte);
		if (byte != '\t' && (byte < ' ' || byte >= 0x7f))
			copy[i] = '?';
	}
	return str_trim_end(copy);
}

void signs_add(struct signs *signs, enum claim claim, enum sign_weight weight,
	       const char *source, const char *text, const char *value)
{
	size_t i, alike = 0;

	for (i = 0; i < signs->count; i++)
		alike += signs->list[i].claim == claim && signs->list[i].weight >= weight;
	if (alike >= ALIKE_MOST)
		return; /* a log of a million equal lines says it a few times */
	signs->list = mem_grow(signs->list, signs->count, sizeof(*signs->list));
	signs->list[signs->count++] = (struct sign){
		.claim = claim,
		.weight = weight,
		.source = str_copy(source),
		.text = one_line(text),
		.value = value != NULL ? one_line(value) : NULL,
	};
}

void signs_add_unread(struct signs *signs, const char *source, const char *reason)
{
	signs->unread =
		mem_grow(signs->unread, signs->unread_count, sizeof(*signs->unread));
	signs->unread[signs->unread_count++] = (struct sign){
		.source = str_copy(source),
		.text = one_line(reason),
	};
}

enum sign_weight signs_weight(const struct signs *signs, enum claim claim)
{
	enum sign_weight best = SIGN_NONE;
	size_t i;

	for (i = 0; i < signs->count; i++)
		if (signs->list[i].claim == claim && signs->list[i].weight > best)
			best = signs->list[i].weight;
	return best;
}

const char *signs_value(const struct signs *signs, enum claim claim)
{
	enum sign_weight best = SIGN_NONE;
	const char *value = NULL;
	size_t i;

	for (i = 0; i < signs->count; i++) {
		const struct sign *sign = &signs->list[i];

		if (sign->claim != claim || sign->value == NULL || sign->weight <= best)
			continue;
		best = sign->weight;
		value = sign->value;
	}
	return value;
}

void verdict_add_layer(struct verdict *verdict, enum layer_kind kind, const char *id,
		       const char *name, const char *version, uint64_t claims)
{
	if (verdict->layer_count == VERDICT_LAYERS_MOST)
		return;
	verdict->layers[verdict->layer_count++] = (struct layer){
		.kind = kind,
		.id = str_copy(id),
		.name = str_copy(name),
		.version = str_copy(version),
		.claims = claims,
	};
}

static void add_sentence(char ***list, size_t *count, const char *sentence)
{
	*list = mem_grow(*list, *count, sizeof(**list));
	(*list)[(*count)++] = str_copy(sentence);
}

void verdict_add_contradiction(struct verdict *verdict, const char *sentence)
{
	add_sentence(&verdict->contradictions, &verdict->contradiction_count, sentence);
}

void verdict_add_undecided(struct verdict *verdict, const char *sentence)
{
	add_sentence(&verdict->undecided, &verdict->undecided_count, sentence);
}

const char *verdict_layer_id(const struct verdict *verdict, enum layer_kind kind)
{
	size_t i;

	for (i = 0; i < verdict->layer_count; i++)
		if (verdict->layers[i].kind == kind)
			return verdict->layers[i].id;
	return NULL;
}

static void clear_signs(struct sign *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		free(list[i].source);
		free(list[i].text);
		free(list[i].value);
	}
	free(list);
}

static void clear_sentences(char **list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free(list[i]);
	free(list);
}

void verdict_clear(struct verdict *verdict)
{
	size_t i;

	for (i = 0; i < verdict->layer_count; i++) {
		free(verdict->layers[i].id);
		free(verdict->layers[i].name);
		free(verdict->layers[i].version);
	}
	free(verdict->class_name);
	clear_sentences(verdict->contradictions, verdict->contradiction_count);
	clear_sentences(verdict->undecided, verdict->undecided_count);
	clear_signs(verdict->signs.list, verdict->signs.count);
	clear_signs(verdict->signs.unread, verdict->signs.unread_count);
	*verdict = (struct verdict){0};
}

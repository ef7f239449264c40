/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "model/prediction.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

const char *const prediction_chain_names[CHAIN_COUNT] = {
	[CHAIN_BOOT] = "boot",
	[CHAIN_REACH] = "reach",
	[CHAIN_LOGIN] = "login",
};

const char *const prediction_verdict_names[PREDICT_VERDICT_COUNT] = {
	[PREDICT_HOLDS] = "holds",
	[PREDICT_UNKNOWN] = "unknown",
	[PREDICT_BROKEN] = "broken",
};

const char *const prediction_mismatch_names[MISMATCH_COUNT] = {
	[MISMATCH_FIRMWARE] = "firmware",
	[MISMATCH_ARCHITECTURE] = "architecture",
	[MISMATCH_CPU_LEVEL] = "cpu-level",
};

const struct prediction_step_row prediction_steps[STEP_COUNT] = {
	[STEP_FIRMWARE] = {"firmware", CHAIN_BOOT},
	[STEP_BOOT_BLOCKS] = {"boot-blocks", CHAIN_BOOT},
	[STEP_LOADER] = {"loader", CHAIN_BOOT},
	[STEP_KERNEL] = {"kernel", CHAIN_BOOT},
	[STEP_INITRAMFS] = {"initramfs", CHAIN_BOOT},
	[STEP_ROOT] = {"root", CHAIN_BOOT},
	[STEP_FSTAB] = {"fstab", CHAIN_BOOT},
	[STEP_NIC] = {"nic", CHAIN_REACH},
	[STEP_NETWORK] = {"network", CHAIN_REACH},
	[STEP_ADDRESS] = {"address", CHAIN_REACH},
	[STEP_CLOUD] = {"cloud-init", CHAIN_REACH},
	[STEP_SSH] = {"ssh", CHAIN_LOGIN},
	[STEP_CONSOLE] = {"console", CHAIN_LOGIN},
};

const struct prediction_fixer_row prediction_fixers[FIXER_COUNT] = {
	[FIXER_NONE] = {NULL, NULL},
	[FIXER_GRUB_BIOS] = {"grub-bios",
			     "places GRUB's boot code and core.img for this disk"},
	[FIXER_GRUB_UEFI] = {"grub-uefi", "places GRUB at the ESP's fallback path"},
	[FIXER_LOADER] = {"loader", "mends the loader's configuration"},
	[FIXER_RECORDFAIL] = {"recordfail", "lets the menu go on without a key"},
	[FIXER_ROOT_ARGUMENT] = {"root-argument",
				 "names the root by its UUID in the loader"},
	[FIXER_CONSOLE] = {"console", "gives the machine's console a login prompt"},
	[FIXER_INITRAMFS] = {"initramfs-drivers",
			     "adds the missing drivers to the initramfs"},
	[FIXER_FSTAB] = {"fstab", "names mounts by UUID, and lets gone ones fail"},
	[FIXER_NETWORK] = {"network", "carries the machine's addresses over to its card"},
	[FIXER_CLOUD_INIT] = {"cloud-init",
			      "gives cloud-init a local source, or stops it"},
	[FIXER_SSH_KEYS] = {"ssh-keys", "gives the system host keys and a user a key"},
};

void prediction_judge(struct prediction *prediction, enum prediction_step step,
		      enum prediction_verdict verdict, enum prediction_fixer fixer,
		      const char *fmt, ...)
{
	struct prediction_link *link = &prediction->links[step];
	char *says = NULL;
	va_list list;

	if (link->says != NULL && verdict <= link->verdict)
		return;
	va_start(list, fmt);
	if (vasprintf(&says, fmt, list) < 0)
		abort();
	va_end(list);
	free(link->says);
	link->says = says;
	link->verdict = verdict;
	link->fixer = fixer;
}

void prediction_add_mismatch(struct prediction *prediction, enum prediction_step step,
			     enum prediction_mismatch mismatch,
			     enum prediction_fixer fixer, const char *fmt, ...)
{
	char *says = NULL;
	va_list list;

	va_start(list, fmt);
	if (vasprintf(&says, fmt, list) < 0)
		abort();
	va_end(list);
	prediction_judge(prediction, step, PREDICT_BROKEN, fixer, "%s", says);
	free(prediction->mismatches[mismatch]);
	prediction->mismatches[mismatch] = says;
}

void prediction_add_evidence(struct prediction *prediction, enum prediction_step step,
			     const char *source, const char *fmt, ...)
{
	struct prediction_link *link = &prediction->links[step];
	char *text = NULL;
	va_list list;

	va_start(list, fmt);
	if (vasprintf(&text, fmt, list) < 0)
		abort();
	va_end(list);
	link->evidence =
		mem_grow(link->evidence, link->evidence_count, sizeof(*link->evidence));
	link->evidence[link->evidence_count++] =
		(struct prediction_evidence){str_copy(source), text};
}

void prediction_add_provider(struct prediction *prediction, const char *text)
{
	if (!guest_words_has(&prediction->provider, text))
		guest_words_add(&prediction->provider, text, strlen(text));
}

static enum prediction_verdict login_verdict(const struct prediction *prediction)
{
	const enum prediction_verdict ssh = prediction->links[STEP_SSH].verdict,
				      console = prediction->links[STEP_CONSOLE].verdict;

	return ssh < console ? ssh : console;
}

enum prediction_verdict prediction_of_chain(const struct prediction *prediction,
					    enum prediction_chain chain)
{
	enum prediction_verdict worst = PREDICT_HOLDS;
	size_t i;

	if (chain == CHAIN_LOGIN)
		return login_verdict(prediction);
	for (i = 0; i < STEP_COUNT; i++)
		if (prediction_steps[i].chain == chain &&
		    prediction->links[i].verdict > worst)
			worst = prediction->links[i].verdict;
	return worst;
}

enum prediction_step prediction_first_bad(const struct prediction *prediction,
					  enum prediction_chain chain)
{
	const enum prediction_verdict verdict = prediction_of_chain(prediction, chain);
	unsigned i;

	if (verdict == PREDICT_HOLDS)
		return STEP_COUNT;
	for (i = 0; i < STEP_COUNT; i++)
		if (prediction_steps[i].chain == chain &&
		    prediction->links[i].verdict == verdict)
			break;
	return (enum prediction_step)i;
}

enum error_kind prediction_error(const struct prediction *prediction)
{
	if (prediction_of_chain(prediction, CHAIN_BOOT) != PREDICT_HOLDS)
		return ERROR_VERIFY;
	if (prediction_of_chain(prediction, CHAIN_REACH) != PREDICT_HOLDS ||
	    prediction_of_chain(prediction, CHAIN_LOGIN) != PREDICT_HOLDS)
		return ERROR_PARTIAL;
	return ERROR_NONE;
}

static void cut_text(char *text, size_t most)
{
	if (text != NULL && strlen(text) > most)
		text[most] = '\0';
}

/* Forget evidence from @from on. */
static void drop_evidence(struct prediction_link *link, size_t from)
{
	size_t i;

	for (i = from; i < link->evidence_count; i++) {
		free(link->evidence[i].source);
		free(link->evidence[i].text);
	}
	if (link->evidence_count > from)
		link->evidence_count = from;
}

void prediction_cut(struct prediction *prediction, size_t text_most, size_t evidence_most)
{
	size_t i, k;

	cut_text(prediction->image, text_most);
	cut_text(prediction->platform, text_most);
	cut_text(prediction->system, text_most);
	for (i = 0; i < MISMATCH_COUNT; i++)
		cut_text(prediction->mismatches[i], text_most);
	for (i = 0; i < STEP_COUNT; i++) {
		struct prediction_link *link = &prediction->links[i];

		cut_text(link->says, text_most);
		drop_evidence(link, evidence_most);
		for (k = 0; k < link->evidence_count; k++) {
			cut_text(link->evidence[k].source, text_most);
			cut_text(link->evidence[k].text, text_most);
		}
	}
}

void prediction_clear(struct prediction *prediction)
{
	size_t i;

	for (i = 0; i < STEP_COUNT; i++) {
		drop_evidence(&prediction->links[i], 0);
		free(prediction->links[i].evidence);
		free(prediction->links[i].says);
	}
	for (i = 0; i < MISMATCH_COUNT; i++)
		free(prediction->mismatches[i]);
	free(prediction->image);
	free(prediction->platform);
	free(prediction->system);
	guest_words_clear(&prediction->provider);
	*prediction = (struct prediction){0};
}

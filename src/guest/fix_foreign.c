/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_foreign.c - arguments of the kernel that were for another machine: they go, each kind with its
 * own line. Sources: kernel-parameters of Linux; clocksource= in kernel/time/clocksource.c; xencons=
 * in the kernels of Xen 3; dracut.cmdline(7) for rd.lvm.lv=, which is waited for; kdump.rst. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_lines.h"
#include "guest/fix_rows.h"
#include "guest/text.h"

struct foreign_row;

struct foreign {
	struct predict predict;
	const struct foreign_row *row;
	struct str what;
};

/* A kind of argument. */
struct foreign_row {
	const char *word; /* as it stands there; with "=" at its end: how it begins */
	/* Whether it is wrong here; NULL: always. @value: behind @word */
	bool (*is_foreign)(const struct foreign *foreign, const char *value);
	const char *prevents;
};

static bool no_xen_pv(const struct foreign *foreign, const char *value)
{
	(void)value;
	return foreign->predict.platform->firmware != PLATFORM_XEN_PV;
}

static bool no_xen_early(const struct foreign *foreign, const char *value)
{
	return strcmp(value, "xen") == 0 && !fix_is_xen(foreign->predict.platform);
}

static bool has_modalias(const struct platform *platform, const char *start)
{
	size_t i, k;

	for (i = 0; i < platform->disk_count; i++)
		for (k = 0; k < platform->disks[i].chain.count; k++) {
			const char *alias = platform->disks[i].chain.list[k].modalias;

			if (alias != NULL && text_starts(alias, start))
				return true;
		}
	return false;
}

/* Clocks that only one hypervisor has. */
static bool no_clock(const struct foreign *foreign, const char *value)
{
	const struct platform *platform = foreign->predict.platform;

	if (strcmp(value, "xen") == 0)
		return !fix_is_xen(platform);
	if (strcmp(value, "kvm-clock") == 0)
		return fix_is_xen(platform) || has_modalias(platform, "vmbus:");
	if (text_starts(value, "hyperv_"))
		return !has_modalias(platform, "vmbus:");
	return false;
}

/* "vg/root" of dracut. */
static bool no_volume(const struct foreign *foreign, const char *value)
{
	autostr struct str device = STR_EMPTY;

	str_addf(&device, "/dev/%s", value);
	return fix_is_gone(&foreign->predict, device.bytes);
}

/* "256M", "256M@16M"; a range, "1G-2G:128M", fits itself. */
static bool is_too_large(const struct foreign *foreign, const char *value)
{
	const uint64_t memory = foreign->predict.platform->memory_bytes;
	char *end;
	const unsigned long long number = strtoull(value, &end, 10);
	const unsigned shift = *end == 'G' || *end == 'g'   ? 30
			       : *end == 'M' || *end == 'm' ? 20
			       : *end == 'K' || *end == 'k' ? 10
							    : 0;

	if (memory == 0 || end == value || strpbrk(value, "-:") != NULL)
		return false;
	return number > (UINT64_MAX >> shift) || number << shift > memory / 2;
}

static const struct foreign_row rows[] = {
	{"xencons=", no_xen_pv,
	 "old kernels of Xen alone know it: output goes where nobody reads"},
	{"earlyprintk=", no_xen_early,
	 "the first messages go to a hypervisor that is not there"},
	{"clocksource=", no_clock,
	 "the kernel is told a clock that only another hypervisor has"},
	{"noapic", NULL,
	 "interrupts of this machine's devices go through the APIC that it turns off"},
	{"idebus=", NULL, "it is of a driver that kernels no longer have"},
	{"rd.lvm.lv=", no_volume, "dracut waits for a volume that is not there"},
	{"crashkernel=", is_too_large,
	 "it takes more than half of this machine's memory away"},
};

static bool edit_word(const char *word, const struct arguments_line *line,
		      struct str *out, void *data)
{
	struct foreign *foreign = data;
	const struct foreign_row *row = foreign->row;
	const size_t length = strlen(row->word);
	const bool has_value = row->word[length - 1] == '=';
	autostr struct str text = STR_EMPTY;

	(void)line;
	(void)out;
	if (has_value ? !text_starts(word, row->word) : strcmp(word, row->word) != 0)
		return false;
	if (row->is_foreign != NULL && !row->is_foreign(foreign, word + length))
		return false;
	str_addf(&text, "%s goes", word);
	fix_lines_tell(&foreign->what, text.bytes);
	return true;
}

static bool detect(const struct fix *fix)
{
	return fix->image->has_guest && fix->image->guest.loader_count > 0;
}

static int plan(struct fix *fix, struct error *err)
{
	struct foreign foreign = {.what = STR_EMPTY};
	const struct arguments_editor editor = {.word = edit_word, .data = &foreign};
	struct prediction judged = {0};
	size_t i;

	(void)err;
	predict_to_kernel(&foreign.predict, fix->image, fix->platform, &judged);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		foreign.row = &rows[i];
		fix_lines_edit(fix, &editor, &foreign.what, rows[i].prevents);
	}
	str_clear(&foreign.what);
	prediction_clear(&judged);
	return 0;
}

/* Whether the entry that is started has an argument of a kind still. */
static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	struct foreign foreign = {.what = STR_EMPTY};
	struct prediction judged = {0};
	const struct guest_entry *entry;
	size_t i;

	predict_to_kernel(&foreign.predict, after, fix->platform, &judged);
	entry = foreign.predict.entry;
	for (i = 0; entry != NULL && i < sizeof(rows) / sizeof(rows[0]); i++) {
		autofree char *copy = str_copy(entry->arguments);
		char *rest = copy;
		const char *word;

		foreign.row = &rows[i];
		while (copy != NULL && (word = text_next_word(&rest)) != NULL)
			(void)edit_word(word, NULL, NULL, &foreign);
	}
	if (foreign.what.length > 0)
		str_addf(why, "the default entry was to lose arguments: %s",
			 foreign.what.bytes);
	str_clear(&foreign.what);
	prediction_clear(&judged);
	return why->length == 0;
}

const struct fixer fixer_foreign_arguments = {
	.name = "foreign-arguments",
	.does = "drops arguments of the kernel that were for another machine",
	.detect = detect,
	.plan = plan,
	.check = check,
};

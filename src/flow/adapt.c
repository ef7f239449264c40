/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/adapt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "disk/layout.h"
#include "flow/adapt_look.h"
#include "guest/predict.h"

/* What is on the disk and is not opened. */
static const char *encrypted_part(const struct layout *layout, unsigned *out_number)
{
	size_t i, k;

	for (i = 0; i < layout->partition_count; i++)
		for (k = 0; k < layout->partitions[i].content_count; k++) {
			const char *type = layout->partitions[i].contents[k].type;

			if (strcmp(type, "crypto_LUKS") != 0 &&
			    strcmp(type, "BitLocker") != 0)
				continue;
			*out_number = layout->partitions[i].number;
			return type;
		}
	return NULL;
}

static int tell_no_system(const struct inspection *before, struct error *err)
{
	unsigned number = 0;
	const char *type = encrypted_part(&before->layout, &number);
	size_t i;

	if (type != NULL)
		return error_set(err, ERROR_REFUSED,
				 "no system was found: partition %u is encrypted (%s), "
				 "and is not opened; open it, and adapt what lies in it",
				 number, type);
	for (i = 0; i < before->volume_count; i++)
		if (before->volumes[i].problem != NULL)
			return error_set(err, ERROR_REFUSED,
					 "no system was found: partition %u (%.20s): "
					 "%.160s",
					 before->volumes[i].partition,
					 before->volumes[i].type,
					 before->volumes[i].problem);
	return error_set(err, ERROR_REFUSED,
			 "no system was found in it; see 'moult inspect'");
}

/* Other families get their rows in the readers first, then in the fixers. */
static int check_family(const struct guest *guest, struct error *err)
{
	const char *name = guest->system.pretty_name;

	if (guest->system.family == GUEST_DEBIAN)
		return 0;
	return error_set(err, ERROR_REFUSED,
			 "it holds %.80s: only Debian, Ubuntu and their kin are adapted "
			 "so far; 'moult predict' tells what it lacks",
			 name != NULL ? name : "a system that is not known");
}

static int open_system(struct adapt *adapt, const char *name, struct error *err)
{
	struct inspection *before = &adapt->before;

	before->name = str_copy(name);
	if (disk_read_layout(adapt->disk, DISK_ALL, &before->layout, err) != 0)
		return -1;
	inspect_system_open(&adapt->system, adapt->disk, before);
	if (adapt->system.root == NULL)
		return tell_no_system(before, err);
	inspect_system_read(&adapt->system, adapt->system.root->opened, before);
	if (!before->has_guest)
		return tell_no_system(before, err);
	return check_family(&before->guest, err);
}

/* Adds the ESP where it lies: in the guest's tree, or for itself. Of two the first one. */
static void open_esp(struct adapt *adapt, int64_t time_s)
{
	const struct parts *parts = &adapt->system.parts;
	size_t i;

	for (i = 0; i < parts->count && adapt->fix.esp == NULL; i++) {
		const struct part *part = &parts->list[i];
		const char *folder = adapt->before.volumes[part->volume].folder;

		if (!inspect_is_esp(part))
			continue;
		if (part->vfs == NULL) { /* attached */
			adapt->esp_folder = str_copy(folder);
			adapt->fix.esp = adapt->edits;
		} else {
			adapt->esp = edit_begin(part->vfs, time_s);
			adapt->fix.esp = adapt->esp;
		}
	}
	adapt->fix.esp_folder = adapt->esp_folder;
}

static void begin(struct adapt *adapt, const struct adapt_request *request)
{
	adapt->edits = edit_begin(adapt->system.root->opened, request->time_s);
	adapt->fix.edits = adapt->edits;
	adapt->fix.vfs = edit_vfs(adapt->edits);
	adapt->fix.disk = adapt->disk;
	adapt->fix.image = &adapt->before;
	adapt->fix.platform = request->platform;
	adapt->fix.wishes = &request->wishes;
	adapt->fix.out = &adapt->out;
	adapt->out.image = str_copy(request->name);
	adapt->out.platform = str_copy(request->platform->name);
	open_esp(adapt, request->time_s);
	adapt->future = adapt_open_future(adapt->disk, &adapt->fix.writes);
}

/* What the file systems cannot take shows itself before anything is written. */
static int prepare(struct adapt *adapt, struct error *err)
{
	struct error why = {0};

	if (edit_prepare(adapt->edits, &why) == 0 &&
	    (adapt->esp == NULL || edit_prepare(adapt->esp, &why) == 0))
		return 0;
	if (why.os == ENOSPC)
		why.kind = ERROR_REFUSED;
	if (err != NULL)
		*err = why;
	return -1;
}

static int judge(struct adapt *adapt, const struct adapt_request *request,
		 struct error *err)
{
	struct inspection after = {0};
	int result = adapt_look_again(adapt, &after, err);

	if (result == 0) {
		guest_predict(&after, request->platform, &adapt->out.after);
		fix_check(&adapt->fix, &after, &request->only, &request->skip);
	}
	inspection_clear(&after);
	return result;
}

int adapt_plan(struct adapt *adapt, struct blocks *disk,
	       const struct adapt_request *request, struct error *err)
{
	adapt->disk = disk;
	if (open_system(adapt, request->name, err) != 0)
		return -1;
	begin(adapt, request);
	guest_predict(&adapt->before, request->platform, &adapt->out.before);
	if (fix_plan(&adapt->fix, &request->only, &request->skip, err) != 0 ||
	    judge(adapt, request, err) != 0)
		return -1;
	return prepare(adapt, err);
}

bool adapt_is_empty(const struct adapt *adapt)
{
	return edit_count(adapt->edits) == 0 &&
	       (adapt->esp == NULL || edit_count(adapt->esp) == 0) &&
	       adapt->fix.writes.count == 0;
}

void adapt_close(struct adapt *adapt)
{
	fix_writes_clear(&adapt->fix.writes);
	edit_end(adapt->edits);
	edit_end(adapt->esp);
	inspect_system_close(&adapt->system);
	blocks_close(adapt->future);
	inspection_clear(&adapt->before);
	adaptation_clear(&adapt->out);
	free(adapt->esp_folder);
	*adapt = (struct adapt){0};
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/adapt_target.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/layout.h"
#include "disk/sink_open.h"
#include "flow/overlay_check.h"
#include "sys/file.h"
#include "sys/self.h"

/* A file that is packed is known by its layers, before it is looked at as a disk. */
static int check_layers(const char *path, struct error *err)
{
	struct image *image;
	const char *layer;
	bool is_disk_format;

	if (image_open_stream(path, NULL, &image, err) != 0)
		return -1;
	layer = image->layer_count > 0 ? image->layers[0].name : NULL;
	is_disk_format = layer != NULL &&
			 (strcmp(layer, "qcow2") == 0 || strcmp(layer, "vmdk") == 0 ||
			  strcmp(layer, "vdi") == 0 || strcmp(layer, "vhd") == 0 ||
			  strcmp(layer, "vhdx") == 0);
	image_close(image);
	if (layer == NULL)
		return 0;
	if (is_disk_format)
		return error_set(err, ERROR_REFUSED,
				 "it is %s, which is only read: convert it first, by "
				 "'qemu-img convert -O raw %.80s disk.raw'",
				 layer, path);
	return error_set(err, ERROR_REFUSED,
			 "it is packed (%s), and only read: unpack it first", layer);
}

/* The judgements of an overlay; memory is another matter there. */
static int check_uses(const struct target *target, struct error *err)
{
	struct plan judged = {0};
	int result = 0;
	size_t i;

	if (target->kind == TARGET_OTHER)
		return error_set(err, ERROR_REFUSED,
				 "it is neither an image file nor a block device");
	overlay_check_target(target, &judged);
	for (i = 0; i < judged.check_count && result == 0; i++)
		if (judged.checks[i].verdict == CHECK_REFUSED &&
		    strcmp(judged.checks[i].name, "memory") != 0)
			result = error_set(err, ERROR_REFUSED, "%s: %s",
					   judged.checks[i].name, judged.checks[i].text);
	plan_clear(&judged);
	return result;
}

/* Beside an image lies its list; that of a device lies where our state does, by its id. */
static char *place_list(const struct target *target)
{
	autofree char *id = target_confirm_id(target, NULL);
	autostr struct str name = STR_EMPTY;
	struct str path = STR_EMPTY;
	char *at;

	if (target->kind == TARGET_FILE) {
		str_addf(&path, "%s.moult-edits",
			 target->real != NULL ? target->real : target->path);
		return path.bytes;
	}
	for (at = id; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at))
			*at = '_';
	str_addf(&name, "adapt-%s.moult-edits", id);
	return sys_state_path(name.bytes);
}

/* What was left by an adapt that was killed. */
static int finish_earlier(struct adapt_target *out, bool is_dry, struct error *err)
{
	if (out->beside == NULL || access(out->beside, F_OK) != 0)
		return 0;
	if (is_dry)
		return error_set(err, ERROR_REFUSED,
				 "an adapt was cut off here ('%.120s'): run this without "
				 "--dry-run, which finishes it first",
				 out->beside);
	return edit_recover(out->beside, out->sink, &out->was_finished, err);
}

static int hold(const char *path, bool is_dry, struct adapt_target *out,
		struct error *err)
{
	const bool is_file = out->target.kind == TARGET_FILE;

	if (!is_dry && sink_open_disk(path, is_file, SINK_ALONE, &out->sink, err) != 0)
		return -1;
	out->beside = place_list(&out->target);
	if (!is_file && out->beside != NULL &&
	    sys_dir_make_above(out->beside, 0700, NULL) != 0) {
		free(out->beside);
		out->beside = NULL;
	}
	return finish_earlier(out, is_dry, err);
}

int adapt_target_open(const char *path, bool is_dry, struct adapt_target *out,
		      struct error *err)
{
	struct stat there;
	bool is_file;

	if (stat(path, &there) != 0)
		return error_sys(err, "look at '%s'", path);
	is_file = S_ISREG(there.st_mode);
	if (target_look(path, is_file, &out->target, err) != 0 ||
	    check_uses(&out->target, err) != 0 ||
	    (is_file && check_layers(path, err) != 0) ||
	    hold(path, is_dry, out, err) != 0 ||
	    image_open(path, NULL, &out->image, err) != 0)
		return -1;
	if (out->image->blocks == NULL || out->image->layer_count > 0)
		return error_set(err, ERROR_REFUSED, "it cannot be read as a disk");
	return 0;
}

int adapt_target_commit(struct adapt_target *target, struct adapt *adapt,
			struct error *err)
{
	const struct adapt_place place = {.sink = target->sink,
					  .beside = target->beside,
					  .is_file = target->target.kind == TARGET_FILE};

	return adapt_commit(adapt, &place, err);
}

void adapt_target_close(struct adapt_target *target)
{
	image_close(target->image);
	sink_close(target->sink);
	target_clear(&target->target);
	free(target->beside);
	*target = (struct adapt_target){0};
}

int adapt_old_open(const char *name, struct adapt_old *out, struct error *err)
{
	if (image_open(name, NULL, &out->image, err) != 0)
		return -1;
	if (out->image->blocks == NULL) {
		if (err != NULL)
			*err = out->image->why;
		return -1;
	}
	if (disk_read_layout(out->image->blocks, DISK_ALL, &out->inspection.layout,
			     err) != 0)
		return -1;
	inspect_system_open(&out->system, out->image->blocks, &out->inspection);
	if (out->system.root != NULL)
		return 0;
	return error_set(err, ERROR_INPUT, "no system was found in it");
}

struct vfs *adapt_old_vfs(const struct adapt_old *old)
{
	return old->system.root->opened;
}

void adapt_old_close(struct adapt_old *old)
{
	inspect_system_close(&old->system);
	inspection_clear(&old->inspection);
	image_close(old->image);
	*old = (struct adapt_old){0};
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/predict.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/str.h"
#include "flow/inspect.h"
#include "guest/predict.h"
#include "record/platform_json.h"
#include "sys/file.h"
#include "virt/place.h"
#include "virt/platform.h"
#include "virt/read.h"

enum { PLATFORM_FILE_MOST = 1 << 20 };

static void choose_disk(struct platform *platform, const char *image)
{
	size_t i, k;

	for (i = 0; strncmp(image, "/dev/", 5) == 0 && i < platform->disk_count; i++) {
		if (strcmp(platform->disks[i].name, image + 5) != 0)
			continue;
		for (k = 0; k < platform->disk_count; k++)
			platform->disks[k].is_boot = k == i;
		return;
	}
}

static int read_this(const char *image, struct platform *out, struct error *err)
{
	const struct place place = PLACE_THIS;
	struct platform platform = {0};
	struct verdict verdict = {0};
	int result = virt_identify(&place, -1, &verdict, err);

	if (result == 0) {
		platform_read(&place, &verdict, &platform);
		choose_disk(&platform, image);
		*out = platform;
	}
	verdict_clear(&verdict);
	return result;
}

static int read_file(const char *path, struct platform *out, struct error *err)
{
	autostr struct str text = STR_EMPTY;

	if (sys_file_read(AT_FDCWD, path, PLATFORM_FILE_MOST, &text, err) != 0)
		return -1;
	if (record_read_platform(text.bytes, text.length, out, err) != 0)
		return error_frame(err, "'%.100s'", path);
	return 0;
}

static int tell_names(const char *name, struct error *err)
{
	autostr struct str known = STR_EMPTY;
	size_t i;

	for (i = 0; platform_name_at(i) != NULL; i++)
		str_addf(&known, ", %s", platform_name_at(i));
	return error_set(
		err, ERROR_USAGE,
		"no machine and no file is called '%.60s': take this%.150s, or a "
		"file",
		name, known.bytes);
}

int flow_find_platform(const char *name, const char *image, struct platform *out,
		       struct error *err)
{
	struct error missing = {0};

	if (strcmp(name, "this") == 0)
		return read_this(image, out, err);
	if (platform_by_name(name, out, NULL) == 0)
		return 0;
	if (read_file(name, out, &missing) == 0)
		return 0;
	if (missing.os == ENOENT)
		return tell_names(name, err);
	*err = missing;
	return -1;
}

int flow_predict(const char *name, const struct image_options *options,
		 const struct platform *platform, struct prediction *out,
		 struct error *err)
{
	const struct inspect_plan plan = {.image = *options};
	struct inspection inspection = {0};
	int result = flow_inspect(name, &plan, &inspection, err);

	if (result == 0)
		guest_predict(&inspection, platform, out);
	inspection_clear(&inspection);
	return result;
}

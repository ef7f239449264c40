/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/overlay_trust.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/own.h"
#include "disk/sink_open.h"
#include "disk/undo.h"

static bool is_text(const char *text, const char *other)
{
	return text != NULL && other != NULL && text[0] != '\0' &&
	       strcmp(text, other) == 0;
}

/* What check_target and the digest of the disk's ends hold to the disk that is there. */
int overlay_trust_id(const struct plan *plan, struct error *err)
{
	const struct plan_disk *disk = &plan->disk;
	const char *slash = disk->path != NULL ? strrchr(disk->path, '/') : NULL;
	const char *base = slash != NULL ? slash + 1 : disk->path;

	if (is_text(disk->confirm, disk->serial) || is_text(disk->confirm, disk->wwn) ||
	    is_text(disk->confirm, disk->table_id) || is_text(disk->confirm, base))
		return 0;
	return error_set(err, ERROR_INPUT,
			 "the plan's id '%.80s' is none of the disk '%.80s'",
			 disk->confirm != NULL ? disk->confirm : "", base);
}

static bool is_same_place(const char *one, const char *other)
{
	autofree char *real_one = realpath(one, NULL);
	autofree char *real_other = realpath(other, NULL);

	return real_one != NULL && real_other != NULL &&
	       strcmp(real_one, real_other) == 0;
}

/* Returns: whether a log that this plan has begun lies there. */
static bool is_begun(const struct plan *plan, bool is_file)
{
	uint64_t offset, bytes;
	struct sink *sink = NULL;
	struct undo *log = NULL;
	bool is;

	if (sink_open_disk(plan->undo_path, is_file, SINK_READ, &sink, NULL) != 0)
		return false;
	is = undo_find_start(sink, &offset, &bytes, NULL) == 1 &&
	     undo_open(sink, offset, bytes, &log, NULL) == 0 &&
	     strcmp(undo_header_of(log)->plan_id, plan->id) == 0;
	undo_close(log);
	sink_close(sink);
	return is;
}

int overlay_trust_place(const struct plan *plan, const char *asked, struct error *err)
{
	struct stat there;

	if ((plan->undo != UNDO_FILE && plan->undo != UNDO_DEVICE) ||
	    plan->undo_path == NULL || stat(plan->undo_path, &there) != 0)
		return 0;
	if ((asked != NULL && is_same_place(asked, plan->undo_path)) ||
	    is_begun(plan, S_ISREG(there.st_mode)))
		return 0;
	return error_set(err, ERROR_REFUSED,
			 "undo-room: the plan writes its log over '%.100s', which is "
			 "there already: name it by --undo as well, if that is right",
			 plan->undo_path);
}

static bool differ(const char *one, const char *other)
{
	return one != NULL && other != NULL && one[0] != '\0' && other[0] != '\0' &&
	       strcmp(one, other) != 0;
}

int overlay_trust_disk(const struct plan *plan, const struct target *target,
		       struct error *err)
{
	if (differ(plan->disk.serial, target->serial))
		return error_set(err, ERROR_REFUSED,
				 "the undo log is of the disk with serial number "
				 "'%.60s', and this one has '%.60s'",
				 plan->disk.serial, target->serial);
	if (differ(plan->disk.wwn, target->wwn))
		return error_set(err, ERROR_REFUSED,
				 "the undo log is of the disk with WWN '%.60s', and "
				 "this one has '%.60s'",
				 plan->disk.wwn, target->wwn);
	return 0;
}

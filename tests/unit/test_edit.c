/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Edits of ext file systems that mke2fs made: what is there after every cut of their commit. Each state is
 * looked at by our own reader, which replays the journal in memory, and by e2fsck, which replays it on the
 * disk: both must find the old set or the new one. EDIT_STATES says how many; 240 without it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/recorder.h"
#include "guest/edit.h"

enum { MIB = 1024 * 1024, BIG = 200 * 1024, MORE = 100 * 1000 };

static char folder[] = "/tmp/moult-edit-XXXXXX";

/* Which set of files a state holds. */
enum state { STATE_OLD, STATE_NEW, STATE_MIXED, STATE_UNREADABLE };

/* A disk in memory that holds a file system. */
struct disk {
	struct blocks blocks;
	unsigned char *bytes;
	size_t size;
};

static int disk_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length, struct error *err)
{
	(void)err;
	memcpy(buffer, ((struct disk *)blocks)->bytes + offset, length);
	return 0;
}

static const struct blocks_ops disk_ops = { .read = disk_read };

static void disk_init(struct disk *disk, size_t size)
{
	disk->blocks = (struct blocks){ .ops = &disk_ops, .size_bytes = size, .fd = -1 };
	disk->bytes = mem_zero(1, size);
	disk->size = size;
}

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void run(const char *format, ...)
{
	char *words = NULL, *line = NULL;
	va_list list;

	va_start(list, format);
	assert_true(vasprintf(&words, format, list) > 0);
	va_end(list);
	assert_true(asprintf(&line, "exec >&2; %s", words) > 0); /* our own output is TAP */
	if (system(line) != 0)
		fail_msg("failed: %s", words);
	free(line);
	free(words);
}

static void save(const struct disk *disk, const char *name)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(disk->bytes, 1, disk->size, file), disk->size);
	assert_int_equal(fclose(file), 0);
}

static void load(struct disk *disk, const char *name)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fread(disk->bytes, 1, disk->size, file), disk->size);
	assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	run("cd %s && mkdir -p tree/etc tree/deep && echo old >tree/etc/fstab && echo gone >tree/gone && "
	    "head -c %d /dev/zero | tr '\\0' o >tree/big && ln -s a tree/link && echo kept >tree/deep/kept && "
	    "ln tree/etc/fstab tree/deep/second",
	    folder, BIG);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	run("rm -rf %s", folder);
	return 0;
}

/* A file system with the old set. */
static void make_disk(struct disk *disk, size_t size, const char *options)
{
	run("cd %s && rm -f image && truncate -s %zu image && E2FSPROGS_FAKE_TIME=1600000000 mke2fs -q -F %s -d tree image",
	    folder, size, options);
	disk_init(disk, size);
	load(disk, "image");
}

/* A file that is to be made: it begins like a block of a journal, as do its second and third block. */
static void make_odd(struct str *out)
{
	static const char magic[4] = { (char)0xc0, 0x3b, 0x39, (char)0x98 };
	int i;

	for (i = 0; i < 12; i++) {
		str_add_bytes(out, magic, sizeof(magic));
		str_addf(out, "%01020d", i);
	}
}

static void edit_all(struct edits *edits)
{
	struct str autostr odd = STR_EMPTY, more = STR_EMPTY, table = STR_EMPTY;
	const struct edit_owner owner = { .mode = 0640, .uid = 7, .gid = 70000 };
	struct error err = { 0 };

	make_odd(&odd);
	while (more.length < MORE)
		str_add(&more, "n");
	while (table.length < 5000)
		str_add(&table, "new\n");
	assert_int_equal(edit_put(edits, "/etc/fstab", table.bytes, table.length, NULL, &err), 0);
	assert_int_equal(edit_append(edits, "/big", more.bytes, more.length, &err), 0);
	assert_int_equal(edit_remove(edits, "/gone", &err), 0);
	assert_int_equal(edit_link(edits, "/link", "b", &err), 0);
	assert_int_equal(edit_put(edits, "/new/deep/odd", odd.bytes, odd.length, &owner, &err), 0);
}

static bool holds(struct vfs *vfs, const char *path, const char *wanted, size_t length)
{
	struct str autostr bytes = STR_EMPTY;

	return vfs_read(vfs, path, length, &bytes, NULL) == 0 && bytes.length == length &&
	       memcmp(bytes.bytes, wanted, length) == 0;
}

/* How many of the five files are as they are after (@is_new) or before the edits. */
static int count_files(struct vfs *vfs, bool is_new)
{
	struct str autostr odd = STR_EMPTY, big = STR_EMPTY, table = STR_EMPTY, target = STR_EMPTY;
	int count = 0;

	make_odd(&odd);
	while (big.length < BIG)
		str_add(&big, "o");
	while (is_new && big.length < BIG + MORE)
		str_add(&big, "n");
	str_add(&table, is_new ? "" : "old\n");
	while (is_new && table.length < 5000)
		str_add(&table, "new\n");
	count += holds(vfs, "/etc/fstab", table.bytes, table.length) &&
		 holds(vfs, "/deep/second", table.bytes, table.length);
	count += holds(vfs, "/big", big.bytes, big.length);
	count += is_new ? !vfs_exists(vfs, "/gone") : holds(vfs, "/gone", "gone\n", 5);
	if (vfs_readlink(vfs, "/link", &target, NULL) == 0)
		count += strcmp(target.bytes, is_new ? "b" : "a") == 0;
	count += is_new ? holds(vfs, "/new/deep/odd", odd.bytes, odd.length) : !vfs_exists(vfs, "/new");
	return count;
}

static enum state judge(struct vfs *vfs)
{
	if (!holds(vfs, "/deep/kept", "kept\n", 5))
		return STATE_MIXED;
	if (count_files(vfs, false) == 5)
		return STATE_OLD;
	return count_files(vfs, true) == 5 ? STATE_NEW : STATE_MIXED;
}

static enum state read_disk(struct disk *disk)
{
	struct vfs *vfs;
	enum state found;

	if (vfs_open(&disk->blocks, &vfs, NULL) != 0)
		return STATE_UNREADABLE;
	found = vfs_warning(vfs) != NULL ? STATE_UNREADABLE : judge(vfs);
	vfs_close(vfs);
	return found;
}

/* Lets e2fsck do to a state what it does at a boot, and looks whether it finds anything else then. */
static enum state check_disk(struct disk *disk)
{
	save(disk, "state");
	run("cd %s && { e2fsck -fy state >said 2>&1; [ $? -le 1 ]; } || { cat %s/said; false; }", folder, folder);
	run("cd %s && e2fsck -fn state >said 2>&1 || { cat %s/said; false; }", folder, folder);
	load(disk, "state");
	return read_disk(disk);
}

/* A commit on a recorder. Returns what edit_commit does. */
static int commit(struct disk *disk, struct recorder_tape *tape, const struct recorder_fault *fault, bool is_bare,
		  struct error *err)
{
	struct sink *sink = recorder_open(disk->bytes, disk->size, 512, tape, 0);
	const struct edit_target target = { .sink = sink, .may_tear = is_bare };
	struct edits *edits;
	struct vfs *vfs;
	int result;

	if (fault != NULL)
		recorder_plant(sink, fault);
	assert_int_equal(vfs_open(&disk->blocks, &vfs, err), 0);
	edits = edit_begin(vfs, 1700000000);
	edit_all(edits);
	/* the other name of a file shows the edit when it is there */
	assert_int_equal(count_files(edit_vfs(edits), true), 4);
	assert_true(holds(edit_vfs(edits), "/deep/second", "old\n", 4));
	edit_aim(edits, vfs, &target);
	result = edit_commit(edits, err);
	edit_end(edits);
	vfs_close(vfs);
	sink_close(sink);
	return result;
}

static uint32_t noise = 12345;

static uint32_t next_noise(void)
{
	noise ^= noise << 13;
	noise ^= noise >> 17;
	noise ^= noise << 5;
	return noise;
}

/* Of writes that were not flushed: all, nothing, or some sectors. The superblock has two sectors and one checksum:
 * where one of them alone is new, the kernel does not mount, whoever wrote it, and e2fsck takes the copy, which small
 * file systems do not have. @data: whether that may happen, a bool */
static size_t keep_some(void *data, const struct recorder_step *step)
{
	size_t kept;

	switch (next_noise() % 4) {
	case 0:
		return 0;
	case 1:
		kept = next_noise() % (step->length / 512 + 1) * 512;
		return step->offset + kept == 1536 && !*(bool *)data ? kept - 512 : kept;
	default:
		return step->length;
	}
}

static unsigned states_wanted(void)
{
	const char *text = getenv("EDIT_STATES");

	return text != NULL ? (unsigned)strtoul(text, NULL, 10) : 240;
}

struct tally {
	unsigned states, old, new, unreadable;
};

static void check_state(const struct disk *before, struct disk *disk, const struct recorder_tape *tape, size_t cut,
			bool is_torn, bool has_copy, struct tally *tally)
{
	enum state ours, theirs;

	memcpy(disk->bytes, before->bytes, before->size);
	recorder_replay(tape, cut, 0, disk->bytes, is_torn ? keep_some : NULL, &has_copy);
	ours = read_disk(disk);
	theirs = check_disk(disk);
	if ((theirs != STATE_OLD && theirs != STATE_NEW) ||
	    (ours != theirs && !(is_torn && has_copy && ours == STATE_UNREADABLE)))
		fail_msg("cut before step %zu of %zu%s: ours %d, e2fsck's %d", cut, tape->count,
			 is_torn ? ", torn" : "", (int)ours, (int)theirs);
	tally->states++;
	tally->old += theirs == STATE_OLD;
	tally->new += theirs == STATE_NEW;
	tally->unreadable += ours == STATE_UNREADABLE;
}

/* How often a superblock was written that does not ask for a replay, to its place or into the log. A replay that is cut
 * off begins again only where each but the last one asks for it. */
static unsigned count_unmarked(const struct recorder_tape *tape)
{
	unsigned count = 0;
	size_t i, at;

	for (i = 0; i < tape->count; i++)
		for (at = 0; at + 1024 <= tape->steps[i].length; at += 1024)
			count += tape->steps[i].bytes[at + 56] == 0x53 && tape->steps[i].bytes[at + 57] == 0xef &&
				 (tape->steps[i].bytes[at + 96] & 4) == 0;
	return count;
}

/* Every cut of a commit on such a file system, whole and torn. */
static void check_cuts(size_t size, bool has_copy, const char *options, const char *then, unsigned states)
{
	struct recorder_tape tape = { 0 };
	struct disk before, disk, after;
	struct error err = { 0 };
	struct tally tally = { 0 };
	size_t cut;

	make_disk(&before, size, options);
	if (then != NULL) {
		run("cd %s && %s >said 2>&1 || { cat %s/said; false; }", folder, then, folder);
		load(&before, "image");
	}
	disk_init(&disk, size);
	disk_init(&after, size);
	memcpy(after.bytes, before.bytes, size);
	assert_int_equal(read_disk(&before), STATE_OLD);
	if (commit(&after, &tape, NULL, false, &err) != 0)
		fail_msg("%s: %s", err.trail, err.cause);
	assert_int_equal(read_disk(&after), STATE_NEW);
	save(&after, "state");
	run("cd %s && e2fsck -fn state >said 2>&1 || { cat %s/said; false; }", folder, folder);
	assert_true(tape.count > 8);
	assert_int_equal(count_unmarked(&tape), 1);
	for (cut = 0; cut <= tape.count; cut++)
		check_state(&before, &disk, &tape, cut, false, has_copy, &tally);
	while (tally.states < states)
		check_state(&before, &disk, &tape, 1 + next_noise() % tape.count, true, has_copy, &tally);
	print_message("# %s: %zu steps, %u states: %u old, %u new, %u that only e2fsck could read\n", options, tape.count,
		      tally.states, tally.old, tally.new, tally.unreadable);
	assert_true(tally.old > 0 && tally.new > 0 && tally.unreadable * 4 < tally.states);
	recorder_clear(&tape);
	free(before.bytes);
	free(disk.bytes);
	free(after.bytes);
}

static void every_cut_is_old_or_new_on_ext4(void **state)
{
	(void)state;
	check_cuts(16 * MIB, true, "-t ext4 -b 1024 -J size=2", NULL, states_wanted() / 4);
}

static void every_cut_is_old_or_new_with_checksums_in_the_journal(void **state)
{
	(void)state;
	check_cuts(16 * MIB, false, "-t ext4 -b 4096 -J size=4 -O metadata_csum,64bit",
		   "printf 'jo -c -v 3\\njc\\n' | debugfs -w -f - image && dumpe2fs -h image 2>&1 | grep -q journal_checksum_v3",
		   states_wanted() / 4);
}

static void every_cut_is_old_or_new_with_old_checksums(void **state)
{
	(void)state;
	check_cuts(8 * MIB, false, "-t ext4 -b 2048 -J size=2 -O metadata_csum,^64bit",
		   "printf 'jo -c -v 2\\njc\\n' | debugfs -w -f - image && dumpe2fs -h image 2>&1 | grep -q journal_checksum_v2",
		   states_wanted() / 4);
}

static void every_cut_is_old_or_new_on_ext3(void **state)
{
	(void)state;
	check_cuts(8 * MIB, false, "-t ext3 -b 1024 -I 128 -J size=2", NULL, states_wanted() / 4);
}

/* A journal that was not replayed comes along, and no state loses what was in it. */
static void every_cut_is_old_or_new_on_a_dirty_one(void **state)
{
	(void)state;
	/* the transaction writes a bitmap's block as it is; the mark in the superblock is what counts */
	check_cuts(8 * MIB, false, "-t ext4 -b 1024 -J size=2",
		   "dd if=image of=block bs=1k skip=20 count=1 && "
		   "printf 'jo\\njw -b 20 block\\njc\\n' | debugfs -w -f - image && "
		   "dumpe2fs -h image 2>&1 | grep -q needs_recovery",
		   states_wanted() / 8);
}

/* An error at any step: undone, or told that the journal has it; never anything else. */
static void a_step_that_fails_leaves_one_of_both(void **state)
{
	struct recorder_tape tape = { 0 };
	struct disk before, disk;
	unsigned undone = 0, written = 0;
	size_t i, count;

	(void)state;
	make_disk(&before, 8 * MIB, "-t ext4 -b 1024 -J size=2");
	disk_init(&disk, before.size);
	memcpy(disk.bytes, before.bytes, before.size);
	assert_int_equal(commit(&disk, &tape, NULL, false, NULL), 0);
	count = tape.count;
	for (i = 0; i < count; i++) {
		const struct recorder_fault fault = { .kind = FAULT_FAILS, .step = i, .os = EIO };
		struct error err = { 0 };
		enum state found;

		memcpy(disk.bytes, before.bytes, before.size);
		assert_int_equal(commit(&disk, NULL, &fault, false, &err), -1);
		found = check_disk(&disk);
		if (err.kind == ERROR_WRITTEN) {
			written++;
			assert_true(found == STATE_NEW || found == STATE_OLD);
		} else {
			undone++;
			assert_int_equal(err.kind, ERROR_SYSTEM);
			assert_int_equal(found, STATE_OLD);
		}
	}
	assert_true(undone > 2 && written > 2);
	recorder_clear(&tape);
	free(before.bytes);
	free(disk.bytes);
}

static void without_a_journal_it_is_refused_or_written_as_it_is(void **state)
{
	struct disk disk, before;
	struct error err = { 0 };

	(void)state;
	make_disk(&disk, 8 * MIB, "-t ext2 -b 1024");
	disk_init(&before, disk.size);
	memcpy(before.bytes, disk.bytes, disk.size);
	assert_int_equal(commit(&disk, NULL, NULL, false, &err), -1);
	assert_int_equal(err.kind, ERROR_REFUSED);
	assert_memory_equal(before.bytes, disk.bytes, disk.size);
	assert_int_equal(commit(&disk, NULL, NULL, true, &err), 0);
	assert_int_equal(check_disk(&disk), STATE_NEW);
	free(disk.bytes);
	free(before.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut_is_old_or_new_on_ext4),
		cmocka_unit_test(every_cut_is_old_or_new_with_checksums_in_the_journal),
		cmocka_unit_test(every_cut_is_old_or_new_with_old_checksums),
		cmocka_unit_test(every_cut_is_old_or_new_on_ext3),
		cmocka_unit_test(every_cut_is_old_or_new_on_a_dirty_one),
		cmocka_unit_test(a_step_that_fails_leaves_one_of_both),
		cmocka_unit_test(without_a_journal_it_is_refused_or_written_as_it_is),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/** undo_form.h - an undo log without its many zeros, as the inputs of the fuzzer undo-log have
 * it: a byte of flags, of the header the bytes up to its numbers' end and its checksum, of each
 * frame the bytes up to its digests' end, its checksum, and what it stores. */
#ifndef FUZZ_UNDO_FORM_H
#define FUZZ_UNDO_FORM_H

enum {
	FORM_MENDED = 1,   /* magic, ids, sequence, places and checksums are made right */
	FORM_TRUE = 2,	   /* the digests of what comes out of frames too */
	FORM_IS_APART = 4, /* the log lies on a disk of its own */
	FORM_BLOCK = 4096,
	FORM_HEADER = 176,
	FORM_FRAME = 136,
	FORM_FRAME_STORED = 256, /* in the log: where the stored bytes begin */
	FORM_CRC = 4,
	FORM_CHUNK_MOST = 128 * 1024,
	FORM_AREA_BYTES = 80 * FORM_BLOCK,
	FORM_DISK_BYTES = 1024 * 1024 + 128 * 1024,
	/* in the disk's tail; apart it is at 0 */
	FORM_AREA = 1024 * 1024 - FORM_AREA_BYTES,
};

#endif

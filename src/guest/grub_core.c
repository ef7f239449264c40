/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grub_core.c - core.img of GRUB for BIOS: a sector with the list of its blocks, a decompressor, and
 * the kernel, modules and first commands as one LZMA stream that ends the file. grub-mkimage was
 * given commands that are a mark and lines of nothing: their room takes those of this disk. */
#define _GNU_SOURCE
#include <endian.h>
#include <string.h>

#include "base/own.h"
#include "guest/grub_lead.h"
#include "sys/lzma_raw.h"

enum {
	SECTOR = 512,
	COMPRESSED_AT = SECTOR + 8, /* GRUB_DECOMPRESSOR_MACHINE_COMPRESSED_SIZE */
	PLAIN_AT = SECTOR + 12,	    /* GRUB_DECOMPRESSOR_MACHINE_UNCOMPRESSED_SIZE */
	HEAD_LEAST = SECTOR + 32,
	PLAIN_MOST = 8 << 20,
	KERNEL_SECTOR_AT = 0x5c, /* GRUB_BOOT_MACHINE_KERNEL_SECTOR */
	DRIVE_AT = 0x64,	 /* GRUB_BOOT_MACHINE_BOOT_DRIVE */
	DRIVE_CHECK_AT = 0x66,	 /* GRUB_BOOT_MACHINE_DRIVE_CHECK */
	LIST_AT = SECTOR - 12,	 /* GRUB_BOOT_MACHINE_LIST_SIZE from the end */
	LOAD_SEGMENT = 0x820, /* GRUB_BOOT_MACHINE_KERNEL_SEG behind its first sector */
};

static const char mark[] = "# moult: where to go on\n";

static uint32_t number_at(const struct str *text, size_t at)
{
	uint32_t value;

	memcpy(&value, text->bytes + at, sizeof(value));
	return le32toh(value);
}

static void put_number(struct str *text, size_t at, uint64_t value, size_t length)
{
	value = htole64(value);
	memcpy(text->bytes + at, &value, length);
}

static int no_core(struct error *err)
{
	return error_set(err, ERROR_INPUT,
			 "it is no core.img with room for commands: install moult again");
}

/* The mark and the lines of nothing behind it. */
static int put_commands(char *plain, size_t length, const struct str *commands,
			struct error *err)
{
	char *room = memmem(plain, length, mark, strlen(mark));
	size_t room_bytes = strlen(mark);

	if (room == NULL)
		return no_core(err);
	while (room + room_bytes < plain + length && room[room_bytes] == '\n')
		room_bytes++;
	if (commands->length > room_bytes)
		return error_set(err, ERROR_INPUT,
				 "core.img has room for %zu bytes of commands, and %zu "
				 "are needed",
				 room_bytes, commands->length);
	memset(room, '\n', room_bytes);
	memcpy(room, commands->bytes, commands->length);
	return 0;
}

int grub_core_lead(struct str *core, const struct str *commands, struct error *err)
{
	autofree char *plain = NULL;
	struct str made = STR_EMPTY;
	size_t packed_bytes, plain_bytes, head_bytes;

	if (core->length < HEAD_LEAST)
		return no_core(err);
	packed_bytes = number_at(core, COMPRESSED_AT);
	plain_bytes = number_at(core, PLAIN_AT);
	if (packed_bytes == 0 || packed_bytes > core->length - HEAD_LEAST ||
	    plain_bytes == 0 || plain_bytes > PLAIN_MOST)
		return no_core(err);
	head_bytes = core->length - packed_bytes;
	plain = mem_zero(plain_bytes, 1);
	if (!sys_lzma_unpack(core->bytes + head_bytes, packed_bytes, plain, plain_bytes))
		return no_core(err);
	if (put_commands(plain, plain_bytes, commands, err) != 0)
		return -1;
	str_add_bytes(&made, core->bytes, head_bytes);
	if (sys_lzma_pack(plain, plain_bytes, &made, err) != 0) {
		str_clear(&made);
		return -1;
	}
	put_number(&made, COMPRESSED_AT, made.length - head_bytes, sizeof(uint32_t));
	str_clear(core);
	*core = made;
	return 0;
}

void grub_core_place(struct str *boot, struct str *core, uint64_t lba)
{
	static const char zeros[SECTOR];

	str_add_bytes(core, zeros, -core->length % SECTOR);
	put_number(boot, KERNEL_SECTOR_AT, lba, 8);
	boot->bytes[DRIVE_AT] = (char)0xff; /* the one that the BIOS tells */
	/* some tell a floppy: two instructions that do nothing instead of a jump over the remedy */
	boot->bytes[DRIVE_CHECK_AT] = (char)0x90;
	boot->bytes[DRIVE_CHECK_AT + 1] = (char)0x90;
	put_number(core, LIST_AT, lba + 1, 8);
	put_number(core, LIST_AT + 8, core->length / SECTOR - 1, 2);
	put_number(core, LIST_AT + 10, LOAD_SEGMENT, 2);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_image.c - the header of a kernel image. Sources: Documentation/arch/x86/boot.rst (bzImage),
 * Documentation/arch/arm64/booting.rst, the ELF specification. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/parse.h"
#include "guest/text.h"

enum {
	X86_BOOT_FLAG = 0x1fe,	    /* 0xaa55 */
	X86_HEADER = 0x202,	    /* "HdrS" */
	X86_VERSION = 0x206,	    /* of the protocol */
	X86_KERNEL_VERSION = 0x20e, /* where the banner is, less 0x200 */
	X86_XLOADFLAGS = 0x236,	    /* since 2.12 */
	X86_HEADER_END = 0x238,
	X86_BANNER_MOST = 256,
	ARM64_MAGIC = 0x38, /* "ARM\x64" */
};

static uint16_t u16_at(const uint8_t *bytes, size_t at)
{
	return (uint16_t)(bytes[at] | bytes[at + 1] << 8);
}

static bool is_bz_image(const uint8_t *bytes, size_t length)
{
	return length >= X86_HEADER_END && u16_at(bytes, X86_BOOT_FLAG) == 0xaa55 &&
	       memcmp(bytes + X86_HEADER, "HdrS", 4) == 0;
}

static void parse_bz_image(const uint8_t *bytes, size_t length, struct guest_kernel *out)
{
	const size_t place = (size_t)u16_at(bytes, X86_KERNEL_VERSION) + 0x200;
	autofree char *banner = NULL;
	size_t size;

	out->boot_protocol = u16_at(bytes, X86_VERSION);
	if (out->boot_protocol >= 0x020c)
		out->load_flags = u16_at(bytes, X86_XLOADFLAGS);
	if (place == 0x200 || place >= length)
		return;
	for (size = 0; size < X86_BANNER_MOST && place + size < length; size++)
		if (bytes[place + size] < ' ' || bytes[place + size] > '~')
			break;
	banner = mem_zero(size + 1, 1);
	memcpy(banner, bytes + place, size);
	text_replace(&out->banner, banner);
	banner[strcspn(banner, " ")] = '\0';
	if (banner[0] != '\0')
		text_replace(&out->release, banner);
}

void kernel_image_parse(const uint8_t *bytes, size_t length, struct guest_kernel *out)
{
	const char *format = "unknown";

	if (is_bz_image(bytes, length)) {
		format = "bzImage";
		parse_bz_image(bytes, length, out);
	} else if (length >= SELFMAG && memcmp(bytes, ELFMAG, SELFMAG) == 0) {
		format = "elf";
	} else if (length >= ARM64_MAGIC + 4 &&
		   memcmp(bytes + ARM64_MAGIC, "ARM\x64", 4) == 0) {
		format = "arm64";
	} else if (length >= 2 && memcmp(bytes, "MZ", 2) == 0) {
		format = "efi";
	} else if (length >= 2 && memcmp(bytes, "\x1f\x8b", 2) == 0) {
		format = "gzip";
	}
	text_replace(&out->format, format);
}

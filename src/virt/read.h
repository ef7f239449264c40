/* SPDX-License-Identifier: GPL-2.0-or-later */
/** read.h - the readers of evidence: one kind a file, each ending in a const struct, and
 * readers.c lists them. Nothing is executed, nothing is written. */
#ifndef VIRT_READ_H
#define VIRT_READ_H

#include "model/verdict.h"
#include "virt/place.h"

/** A reader. */
struct reader {
	const char *name; /* "cpuid" */
	void (*read)(const struct place *place, struct signs *out);
};

/** All readers; ends in NULL. */
extern const struct reader *const reader_table[];

/** The strings of a machine's firmware (SMBIOS 3.x, structures 0 to 3), as
 * /sys/class/dmi/id names them. NULL: the structure or the string is not there. */
struct dmi {
	char *bios_vendor, *bios_version, *bios_date;
	char *sys_vendor, *product_name, *product_version;
	char *board_vendor, *board_name;
	char *chassis_vendor, *chassis_type, *chassis_asset_tag;
	bool has_vm_bit, is_vm_bit_known;
};

/** Decode the structures of an SMBIOS table (DMTF DSP0134), whatever is in it.
 *
 * @bytes:  as in /sys/firmware/dmi/tables/DMI
 * @out:    zeroed by the caller; end with dmi_clear
 */
void dmi_decode_table(const unsigned char *bytes, size_t length, struct dmi *out);

/** Take the strings from the output of dmidecode. @out: as above */
void dmi_decode_text(const char *text, struct dmi *out);

/** Give the memory back. */
void dmi_clear(struct dmi *dmi);

/** The claims that firmware strings make. @source: of the signs */
void dmi_signs(const struct dmi *dmi, const char *source, struct signs *out);

/** The claims of a kernel's one-line form: "VENDOR PRODUCT/BOARD, BIOS VERSION DATE". */
void dmi_line_signs(const char *text, const char *source, struct signs *out);

/** The claims of an ACPI table's OEM id (6 bytes, blanks at the end may be missing). */
void acpi_oem_signs(const char *oem, const char *source, const char *line,
		    struct signs *out);

/** The claims of the CPU's flags as Linux names them (x86). */
void cpu_flag_signs(const char *flags, const char *source, struct signs *out);

/** The claims of a processor's name. */
void cpu_model_signs(const char *model, const char *source, struct signs *out);

/** The claims of a kernel's command line. */
void command_line_signs(const char *text, const char *source, struct signs *out);

/** One leaf of CPUID. */
struct cpuid_leaf {
	uint32_t leaf, sub;
	uint32_t eax, ebx, ecx, edx;
};

enum { CPUID_LEAVES_MOST = 128 };

/** Read leaves as "cpuid -r" prints them: "0x00000001 0x00: eax=0x.. ebx=0x.. ..".
 *
 * Returns: how many were put into @out
 */
size_t cpuid_parse(const char *text, struct cpuid_leaf out[CPUID_LEAVES_MOST]);

/** The claims of CPUID leaves. */
void cpuid_signs(const struct cpuid_leaf *leaves, size_t count, struct signs *out);

/** A kernel log that is read piece by piece. */
struct log_reader;

/** Begin. @name: of the log, for the sources of its signs. Returns: the reader */
struct log_reader *log_reader_new(const char *name, struct signs *out);

/** Take the next bytes: any, of any length, in 8-bit text or UTF-16. */
void log_reader_feed(struct log_reader *log, const char *bytes, size_t length);

/** Take what is left as the last line, and give the memory back. */
void log_reader_end(struct log_reader *log);

/** Conclude: fill everything of @verdict but its signs, from its signs. Pure. */
void verdict_decide(struct verdict *verdict);

/** Read all evidence of a place, and conclude.
 *
 * @log_fd: a kernel log beside it, read to its end; -1: none
 * @out:    zeroed by the caller; end with verdict_clear
 * Errors:  ERROR_SYSTEM when the log cannot be read
 * Returns: 0 or -1
 */
nodiscard int virt_identify(const struct place *place, int log_fd, struct verdict *out,
			    struct error *err);

#endif

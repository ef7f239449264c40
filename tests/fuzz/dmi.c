/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dmi.c - the firmware's strings: each input is taken as a table, as the output of
 * dmidecode and as a kernel's line. */
#include "base/own.h"
#include "fuzz.h"
#include "virt/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	autofree char *text = fuzz_text(bytes, size);
	struct verdict table = {0}, output = {0}, line = {0};
	struct dmi dmi = {0};

	dmi_decode_table(bytes, size, &dmi);
	dmi_signs(&dmi, "table", &table.signs);
	dmi_clear(&dmi);
	fuzz_conclude(&table);

	dmi_decode_text(text, &dmi);
	dmi_signs(&dmi, "text", &output.signs);
	dmi_clear(&dmi);
	fuzz_conclude(&output);

	dmi_line_signs(text, "line", &line.signs);
	fuzz_conclude(&line);
	return 0;
}

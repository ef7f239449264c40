/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netplan.c - YAML as netplan has it; each input is joined with itself, as two files are. */
#include "base/own.h"
#include "fuzz.h"
#include "guest/parse.h"
#include "model/guest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	autofree char *text = fuzz_text(bytes, size);
	struct yaml_node *root = NULL, *again = NULL;
	struct guest guest = { 0 };
	struct error err = { 0 };

	if (yaml_parse(text, &root, &err) != 0) {
		fuzz_require(root == NULL && err.kind == ERROR_INPUT, "a failure", err.cause);
		return 0;
	}
	fuzz_require(yaml_parse(text, &again, &err) == 0, "the second time it fails", err.cause);
	root = netplan_merge(root, again);
	netplan_interfaces(root, "netplan", &guest.network);
	yaml_clear(root);
	guest_clear(&guest);
	return 0;
}

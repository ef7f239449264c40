/* SPDX-License-Identifier: GPL-2.0-or-later */
/* interfaces.c - the network's configurations but netplan's: each input is taken as each kind. */
#include "base/own.h"
#include "fuzz.h"
#include "guest/parse.h"
#include "guest/text.h"
#include "model/guest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	autofree char *text = fuzz_text(bytes, size);
	struct guest guest = { 0 };
	struct guest_words up = { 0 };
	struct guest_settings ini = { 0 }, shell = { 0 };

	interfaces_parse(text, "interfaces", NULL, NULL, &guest.network, &up);
	ini_parse(text, "ini", &ini);
	networkd_interface(&ini, "network", &guest.network);
	netdev_interface(&ini, "netdev", &guest.network);
	link_pin(&ini, "link", &guest.network);
	keyfile_interface(&ini, "keyfile", &guest.network);
	text_shell_settings(text, "shell", &shell);
	ifcfg_interface(&shell, "ifcfg", &guest.network);
	wicked_interface(&shell, "eth0", "ifcfg", &guest.network);
	udev_pins_parse(text, "rules", &guest.network);
	guest_words_clear(&up);
	guest_settings_clear(&ini);
	guest_settings_clear(&shell);
	guest_clear(&guest);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fstab.c - files of lines: fstab and crypttab, accounts, keys, sshd's configuration, inittab, os-release, a kernel. */
#include "base/own.h"
#include "base/str.h"
#include "fuzz.h"
#include "guest/parse.h"
#include "model/guest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	autofree char *text = fuzz_text(bytes, size);
	struct guest guest = { 0 };

	fstab_parse(text, &guest);
	crypttab_parse(text, &guest.crypt_names);
	users_parse(text, text, &guest.access);
	keys_parse(text, "keys", &guest.identity.host_keys);
	sshd_config_parse(text, "sshd_config", NULL, NULL, &guest.access.sshd);
	inittab_parse(text, "inittab", &guest.access);
	os_release_parse(text, "os-release", &guest.system);
	(void)machine_id_parse(text);
	(void)elf_machine(bytes, size);
	guest.kernels = mem_zero(1, sizeof(*guest.kernels));
	guest.kernel_count = 1;
	kernel_image_parse(bytes, size, guest.kernels);
	kernel_config_parse(text, "config", &guest.kernels->config);
	kernel_drivers_parse(text, text, guest.kernels);
	guest_clear(&guest);
	return 0;
}

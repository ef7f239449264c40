/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest/: the pure readers, on texts and bytes as their formats' documentation shows them. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/parse.h"
#include "guest/text.h"
#include "guest/yaml_lines.h"
#include "model/guest.h"

/* Words with "," between them, for comparing. @room: 512 bytes */
static const char *joined(const struct guest_words *words, char *room)
{
	size_t i;

	room[0] = '\0';
	for (i = 0; i < words->count; i++)
		(void)snprintf(room + strlen(room), 512 - strlen(room), "%s%s", i > 0 ? "," : "", words->list[i]);
	return room;
}

static void shell_files_are_read_and_not_run(void **state)
{
	struct guest_settings settings = { 0 };

	(void)state;
	/* os-release(5): quotes; grub-mkconfig's file: one variable in another */
	text_shell_settings("# A=comment\nA=plain\nB=\"two words\" # c\nC='$A'\nD=\"$A ${B}\"\nE=\"x\\\"y\"\n"
			    "export F=1; G=2\nif [ x = y ]; then\nH=3\nfi\nI=\n"
			    /* Debian 12's and 13's /etc/default/grub */
			    "J=`lsb_release -i -s 2> /dev/null || echo Debian`\nK=$( . /etc/os-release; (echo ${NAME:-Debian}) ) # c\n",
			    "f", &settings);
	assert_string_equal(guest_settings_value(&settings, "A"), "plain");
	assert_string_equal(guest_settings_value(&settings, "B"), "two words");
	assert_string_equal(guest_settings_value(&settings, "C"), "$A");
	assert_string_equal(guest_settings_value(&settings, "D"), "plain two words");
	assert_string_equal(guest_settings_value(&settings, "E"), "x\"y");
	assert_string_equal(guest_settings_value(&settings, "F"), "1");
	assert_string_equal(guest_settings_value(&settings, "G"), "2");
	assert_string_equal(guest_settings_value(&settings, "H"), "3");
	assert_string_equal(guest_settings_value(&settings, "I"), "");
	assert_string_equal(guest_settings_value(&settings, "J"), "`lsb_release -i -s 2> /dev/null || echo Debian`");
	assert_string_equal(guest_settings_value(&settings, "K"), "$( . /etc/os-release; (echo ${NAME:-Debian}) )");
	assert_int_equal(settings.count, 11);
	guest_settings_clear(&settings);
}

static void variables_that_double_stay_small(void **state)
{
	autostr struct str text = STR_EMPTY;
	struct guest_settings settings = { 0 };
	int i;

	(void)state;
	str_add(&text, "A=0123456789\n");
	for (i = 0; i < 60; i++)
		str_add(&text, "A=$A$A\n");
	text_shell_settings(text.bytes, "f", &settings);
	assert_true(strlen(guest_settings_value(&settings, "A")) <= 8192);
	guest_settings_clear(&settings);
}

static void netmasks_are_prefixes(void **state)
{
	(void)state;
	assert_int_equal(text_prefix_length("255.255.255.0"), 24);
	assert_int_equal(text_prefix_length("255.255.255.255"), 32);
	assert_int_equal(text_prefix_length("0.0.0.0"), 0);
	assert_int_equal(text_prefix_length("64"), 64);
	assert_int_equal(text_prefix_length("255.0.255.0"), -1);
	assert_int_equal(text_prefix_length("129"), -1);
	assert_int_equal(text_prefix_length(""), -1);
}

static void versions_are_compared_by_their_numbers(void **state)
{
	(void)state;
	assert_true(text_compare_versions("5.14.0-70.el9", "5.14.0-503.el9") < 0);
	assert_true(text_compare_versions("4.18.0-80", "4.18.0-80") == 0);
	assert_true(text_compare_versions("6.10", "6.9") > 0);
	assert_true(text_compare_versions("1.0~rc1", "1.0") < 0);
}

/* The menu that Debian 12's grub-mkconfig makes, cut to what decides. */
static const char debian_grub[] =
	"if [ -s $prefix/grubenv ]; then\n  set have_grubenv=true\n  load_env\nfi\n"
	"if [ \"${next_entry}\" ] ; then\n   set default=\"${next_entry}\"\n   set next_entry=\n"
	"   save_env next_entry\n   set boot_once=true\nelse\n   set default=\"%s\"\nfi\n"
	"if [ x\"${feature_menuentry_id}\" = xy ]; then\n  menuentry_id_option=\"--id\"\nelse\n"
	"  menuentry_id_option=\"\"\nfi\nexport menuentry_id_option\n"
	"function savedefault {\n  if [ -z \"${boot_once}\" ]; then\n    saved_entry=\"${chosen}\"\n"
	"    save_env saved_entry\n  fi\n}\n"
	"if loadfont unicode ; then\n  set gfxmode=auto\n  load_video\nfi\n"
	"if [ x$feature_timeout_style = xy ] ; then\n  set timeout_style=menu\n  set timeout=5\nelse\n"
	"  set timeout=9\nfi\n"
	"menuentry 'Debian GNU/Linux' --class debian --class os $menuentry_id_option 'gnulinux-simple-1' {\n"
	"\tinsmod ext2\n\tset root='hd0,gpt1'\n\tif [ x$feature_platform_search_hint = xy ]; then\n"
	"\t  search --no-floppy --fs-uuid --set=root --hint-bios=hd0,gpt1 1111-2222\n\telse\n"
	"\t  search --no-floppy --fs-uuid --set=root 9999\n\tfi\n"
	"\techo\t'Loading Linux 6.1.0-9 ...'\n"
	"\tlinux\t/boot/vmlinuz-6.1.0-9 root=UUID=1111-2222 ro console=tty0 console=ttyS0,115200 resume=UUID=5\n"
	"\tinitrd\t/boot/initrd.img-6.1.0-9\n}\n"
	"submenu 'Advanced options' $menuentry_id_option 'gnulinux-advanced-1' {\n"
	"\tmenuentry 'Linux 6.1.0-9' $menuentry_id_option 'gnulinux-6.1.0-9' {\n"
	"\t\tlinux /boot/vmlinuz-6.1.0-9 root=UUID=1 ro\n\t}\n"
	"\tmenuentry 'Linux 6.1.0-8 (recovery mode)' $menuentry_id_option 'gnulinux-6.1.0-8' {\n"
	"\t\tlinux /boot/vmlinuz-6.1.0-8 root=UUID=1 ro single\n\t}\n}\n"
	"menuentry 'Xen' { multiboot2 /boot/xen.gz dom0_mem=1G\n module2 /boot/vmlinuz-6 placeholder root=/dev/xvda1\n"
	" module2 --nounzip /boot/initrd-6\n}\n"
	"if [ \"$grub_platform\" = \"efi\" ]; then\n\tmenuentry 'UEFI Firmware Settings' { fwsetup\n }\nfi\n";

static void read_grub_with(const char *rule, const struct guest_settings *environment, struct guest_loader *loader)
{
	autofree char *text = NULL;

	*loader = (struct guest_loader){ .default_entry = -1, .timeout_s = GUEST_TIMEOUT_UNKNOWN };
	assert_true(asprintf(&text, "%.*s%s%s", (int)(strstr(debian_grub, "%s") - debian_grub), debian_grub, rule,
			     strstr(debian_grub, "%s") + 2) > 0);
	grub_cfg_parse(text, "grub.cfg", environment, NULL, NULL, loader);
}

static void a_grub_menu_is_read(void **state)
{
	struct guest_loader loader;
	char room[512];

	(void)state;
	read_grub_with("0", NULL, &loader);
	assert_int_equal(loader.entry_count, 4);
	assert_int_equal(loader.default_entry, 0);
	assert_int_equal(loader.timeout_s, 5);
	assert_string_equal(loader.entries[0].title, "Debian GNU/Linux");
	assert_string_equal(loader.entries[0].id, "gnulinux-simple-1");
	assert_string_equal(loader.entries[0].device, "uuid=1111-2222");
	assert_string_equal(loader.entries[0].kernel, "/boot/vmlinuz-6.1.0-9");
	assert_string_equal(loader.entries[0].root, "UUID=1111-2222");
	assert_string_equal(loader.entries[0].root_flag, "ro");
	assert_string_equal(loader.entries[0].resume, "UUID=5");
	assert_string_equal(joined(&loader.entries[0].consoles, room), "tty0,ttyS0,115200");
	assert_string_equal(joined(&loader.entries[0].initrds, room), "/boot/initrd.img-6.1.0-9");
	assert_string_equal(loader.entries[3].xen, "/boot/xen.gz");
	assert_string_equal(loader.entries[3].kernel, "/boot/vmlinuz-6");
	assert_string_equal(joined(&loader.entries[3].initrds, room), "/boot/initrd-6");
	guest_loader_clear(&loader);
}

static void grub_s_default_is_found_by_number_id_title_and_environment(void **state)
{
	static const struct {
		const char *rule;
		int entry;
	} rules[] = {
		{ "0", 0 },   { "1>1", 2 },    { "gnulinux-advanced-1>gnulinux-6.1.0-8", 2 },
		{ "2", 3 },   { "Xen", 3 },    { "1", -1 }, /* a submenu waits */
		{ "no such", 0 }, { "1>9", -1 }, { "${saved_entry}", 2 },
	};
	struct guest_settings environment = { 0 };
	struct guest_loader loader;
	size_t i;

	(void)state;
	grubenv_parse("# GRUB Environment Block\nsaved_entry=gnulinux-advanced-1>gnulinux-6.1.0-8\n####", "grubenv",
		      &environment);
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		read_grub_with(rules[i].rule, &environment, &loader);
		if (loader.default_entry != rules[i].entry)
			fail_msg("%s: %d", rules[i].rule, loader.default_entry);
		guest_loader_clear(&loader);
	}
	guest_settings_clear(&environment);
}

static void a_hostile_grub_menu_is_bounded(void **state)
{
	struct guest_loader loader = { 0 };
	autostr struct str text = STR_EMPTY;
	int i;

	(void)state;
	str_add(&text, "set a=0123456789\n");
	for (i = 0; i < 64; i++)
		str_add(&text, "set a=$a$a$a\n");
	for (i = 0; i < 5000; i++)
		str_add(&text, "submenu x {\nif [ x ]; then\nmenuentry $a {\nlinux $a\n}\n");
	grub_cfg_parse(text.bytes, "g", NULL, NULL, NULL, &loader);
	assert_true(loader.entry_count <= 1000);
	guest_loader_clear(&loader);
}

static void bls_entries_take_grub_s_variables(void **state)
{
	struct guest_settings vars = { 0 };
	struct guest_entry entry = { 0 };
	char room[512];

	(void)state;
	guest_settings_add(&vars, "kernelopts", "root=/dev/mapper/cl-root ro console=ttyS0 ", "grubenv");
	bls_parse("title CentOS Stream 8\nversion 4.18.0\nlinux /vmlinuz-4.18.0\n"
		  "initrd /initramfs-4.18.0.img $tuned_initrd\noptions $kernelopts $tuned_params\n",
		  "id-4.18.0", &vars, &entry);
	assert_string_equal(entry.id, "id-4.18.0");
	assert_string_equal(entry.title, "CentOS Stream 8");
	assert_string_equal(entry.kernel, "/vmlinuz-4.18.0");
	assert_string_equal(entry.root, "/dev/mapper/cl-root");
	assert_string_equal(joined(&entry.initrds, room), "/initramfs-4.18.0.img");
	assert_string_equal(joined(&entry.consoles, room), "ttyS0");
	guest_entry_clear(&entry);
	guest_settings_clear(&vars);
}

static void a_menu_lst_is_read(void **state)
{
	struct guest_loader loader = { .default_entry = -1 };
	char room[512];

	(void)state;
	grub_legacy_parse("default saved\ntimeout=3\n## kopt=root=/dev/xvda1\n# kopt=root=/dev/xvda1 ro\n\n"
			  "title\t\tUbuntu 14.04\nroot\t\t(hd0)\nkernel\t/boot/vmlinuz-3.13 root=/dev/xvda1 ro console=hvc0\n"
			  "initrd\t/boot/initrd.img-3.13\n\n"
			  "title Xen\nroot (hd0,0)\nkernel /xen.gz dom0_mem=1G\nmodule /vmlinuz-3.2 root=/dev/sda1\n"
			  "module /initrd-3.2\n",
			  "menu.lst", 1, &loader);
	assert_int_equal(loader.entry_count, 2);
	assert_int_equal(loader.default_entry, 1);
	assert_int_equal(loader.timeout_s, 3);
	assert_string_equal(loader.entries[0].title, "Ubuntu 14.04");
	assert_string_equal(loader.entries[0].device, "(hd0)");
	assert_string_equal(loader.entries[0].root, "/dev/xvda1");
	assert_string_equal(joined(&loader.entries[0].consoles, room), "hvc0");
	assert_string_equal(loader.entries[1].xen, "/xen.gz");
	assert_string_equal(loader.entries[1].kernel, "/vmlinuz-3.2");
	assert_string_equal(joined(&loader.entries[1].initrds, room), "/initrd-3.2");
	guest_loader_clear(&loader);
}

static void an_extlinux_conf_is_read(void **state)
{
	struct guest_loader loader = { .default_entry = -1 };
	char room[512];

	(void)state;
	extlinux_parse("DEFAULT menu.c32\nPROMPT 0\nTIMEOUT 10\nLABEL lts\n  MENU DEFAULT\n  MENU LABEL Linux lts\n"
		       "  LINUX vmlinuz-lts\n  INITRD initramfs-lts\n"
		       "  APPEND root=UUID=7 modules=ext4 console=ttyS0\nLABEL old\n  KERNEL k\n  APPEND initrd=i root=/dev/vda\n",
		       "extlinux.conf", NULL, NULL, &loader);
	extlinux_choose(&loader);
	assert_int_equal(loader.entry_count, 2);
	assert_int_equal(loader.default_entry, 0);
	assert_int_equal(loader.timeout_s, 1);
	assert_string_equal(loader.entries[0].title, "Linux lts");
	assert_string_equal(loader.entries[0].kernel, "vmlinuz-lts");
	assert_string_equal(loader.entries[0].root, "UUID=7");
	assert_string_equal(joined(&loader.entries[1].initrds, room), "i");
	assert_string_equal(loader.entries[1].kernel, "k");
	guest_loader_clear(&loader);
}

static void an_fstab_is_read(void **state)
{
	struct guest guest = { 0 };

	(void)state;
	fstab_parse("# comment\n\nUUID=0a-1 / ext4 errors=remount-ro 0 1\n/dev/xvda2\tnone\tswap\tsw\t0\t0\n"
		    "LABEL=my\\040disk /mnt/a\\040b auto\nonly-one\n//server/share /s cifs credentials=/x 0 0",
		    &guest);
	assert_int_equal(guest.mount_count, 4);
	assert_string_equal(guest.mounts[0].device, "UUID=0a-1");
	assert_string_equal(guest.mounts[0].options, "errors=remount-ro");
	assert_int_equal(guest.mounts[0].pass, 1);
	assert_string_equal(guest.mounts[1].folder, "none");
	assert_string_equal(guest.mounts[1].type, "swap");
	assert_string_equal(guest.mounts[2].device, "LABEL=my disk");
	assert_string_equal(guest.mounts[2].folder, "/mnt/a b");
	assert_string_equal(guest.mounts[2].options, "defaults");
	assert_string_equal(guest.mounts[3].type, "cifs");
	guest_clear(&guest);
}

static struct guest_interface *find_interface(struct guest_network *network, const char *name)
{
	size_t i;

	for (i = 0; i < network->interface_count; i++)
		if (network->interfaces[i].name != NULL && strcmp(network->interfaces[i].name, name) == 0)
			return &network->interfaces[i];
	fail_msg("no interface %s", name);
	return NULL;
}

static void note_include(const char *path, void *data)
{
	struct str *seen = data;

	str_addf(seen, "%s ", path);
}

static void an_interfaces_file_is_read(void **state)
{
	struct guest guest = { 0 };
	struct guest_words up = { 0 };
	autostr struct str seen = STR_EMPTY;
	struct guest_interface *eth0;
	char room[512];

	(void)state;
	interfaces_parse("source /etc/network/interfaces.d/*\nsource-directory more\nauto lo eth0\niface lo inet loopback\n"
			 "iface eth0 inet static\n\taddress 192.0.2.7\n\tnetmask 255.255.255.0\n\tgateway 192.0.2.1\n"
			 "\tdns-nameservers 192.0.2.53 192.0.2.54\n\tmtu 1400\n"
			 "iface eth0 inet6 static\n\taddress 2001:db8::7\n\tnetmask 64\n\tgateway fe80::1\n"
			 "allow-hotplug eth1\niface eth1 inet dhcp\n\tup echo \\\n  address 1.2.3.4\n"
			 "mapping eth9\n script x\n address 9.9.9.9\niface eth2 inet6 auto\n",
			 "interfaces", note_include, &seen, &guest.network, &up);
	assert_string_equal(seen.bytes, "/etc/network/interfaces.d/* more/ ");
	assert_int_equal(guest.network.interface_count, 3);
	eth0 = find_interface(&guest.network, "eth0");
	assert_int_equal(eth0->ip4, GUEST_METHOD_STATIC);
	assert_int_equal(eth0->ip6, GUEST_METHOD_STATIC);
	assert_string_equal(joined(&eth0->addresses, room), "192.0.2.7/24,2001:db8::7/64");
	assert_string_equal(joined(&eth0->gateways, room), "192.0.2.1,fe80::1");
	assert_string_equal(joined(&eth0->dns, room), "192.0.2.53,192.0.2.54");
	assert_int_equal(eth0->mtu_bytes, 1400);
	assert_int_equal(find_interface(&guest.network, "eth1")->ip4, GUEST_METHOD_DHCP);
	assert_int_equal(find_interface(&guest.network, "eth1")->addresses.count, 0);
	assert_int_equal(find_interface(&guest.network, "eth2")->ip6, GUEST_METHOD_AUTO);
	assert_string_equal(joined(&up, room), "lo,eth0,eth1");
	guest_words_clear(&up);
	guest_clear(&guest);
}

static struct yaml_node *yaml(const char *text)
{
	struct yaml_node *root = NULL;
	struct error err = { 0 };

	if (yaml_parse(text, &root, &err) != 0)
		fail_msg("%s", err.cause);
	return root;
}

static void netplan_s_yaml_is_read_and_joined(void **state)
{
	struct yaml_node *root;
	struct guest guest = { 0 };
	struct guest_interface *lan;
	char room[512];

	(void)state;
	root = yaml("# netplan\nnetwork:\n  version: 2\n  ethernets:\n    lan:\n      match: {macaddress: '52:54:00:AA:BB:CC'}\n"
		    "      set-name: \"lan0\"\n      addresses:\n      - 192.0.2.7/24 # comment\n"
		    "      - \"2001:db8::7/64\":\n          label: x\n      routes:\n        - to: default\n          via: 192.0.2.1\n"
		    "          on-link: true\n        -\n          to: 198.51.100.0/24\n          via: 192.0.2.9\n"
		    "      nameservers:\n        search: [a.example,\n          b.example]\n        addresses: [192.0.2.53]\n"
		    "    all-en:\n      match:\n        name: \"en*\"\n      dhcp4: yes\n      dhcp6: true\n");
	root = netplan_merge(root, yaml("network:\n  renderer: networkd\n  ethernets:\n    lan:\n      mtu: 1400\n"
					"      addresses: [192.0.2.8/24]\n    eth5: {dhcp4: true}\n"));
	netplan_interfaces(root, "netplan", &guest.network);
	assert_int_equal(guest.network.interface_count, 3);
	lan = find_interface(&guest.network, "lan0");
	assert_string_equal(lan->mac, "52:54:00:aa:bb:cc");
	assert_string_equal(joined(&lan->addresses, room), "192.0.2.7/24,2001:db8::7/64,192.0.2.8/24");
	assert_string_equal(joined(&lan->gateways, room), "192.0.2.1");
	assert_string_equal(joined(&lan->dns, room), "192.0.2.53");
	assert_int_equal(lan->ip4, GUEST_METHOD_STATIC);
	assert_int_equal(lan->ip6, GUEST_METHOD_STATIC);
	assert_int_equal(lan->mtu_bytes, 1400);
	assert_true(find_interface(&guest.network, "en*")->is_pattern);
	assert_int_equal(find_interface(&guest.network, "en*")->ip6, GUEST_METHOD_DHCP);
	assert_int_equal(find_interface(&guest.network, "eth5")->ip4, GUEST_METHOD_DHCP);
	assert_int_equal(guest.network.pin_count, 1);
	assert_string_equal(yaml_text(yaml_find(root, "network"), "renderer"), "networkd");
	yaml_clear(root);
	guest_clear(&guest);
}

static void yaml_that_would_be_guessed_is_refused(void **state)
{
	static const char *const texts[] = {
		"a: &x 1\nb: *x\n",    "a: !!int 1\n",	     "a: |\n  text\n",	"a: [1, 2\n",	"a: 'x\n",
		"a: 1\n   b: 2\n",     "\ta: 1\n",	     "a: 1\na: 2\n",	"just words\n", "a: b: c\n",
		"- a\nb: 1\n",	       "a: {b 1}\n",	     "a: \"\\q\"\n",	"%YAML 1.2\n",	"a: [1] 2\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct yaml_node *root = NULL;
		struct error err = { 0 };

		if (yaml_parse(texts[i], &root, &err) == 0)
			fail_msg("taken: %s", texts[i]);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_non_null(strstr(err.cause, "line "));
	}
}

static void yaml_that_is_deep_or_long_is_refused(void **state)
{
	autostr struct str deep = STR_EMPTY, flow = STR_EMPTY, many = STR_EMPTY;
	const struct str *texts[] = { &deep, &flow, &many };
	size_t i;

	(void)state;
	for (i = 0; i < 100; i++)
		str_addf(&deep, "%*sa:\n", (int)i, "");
	str_add(&flow, "a: ");
	for (i = 0; i < 5000; i++)
		str_add(&flow, "[");
	str_add(&many, "a: [");
	for (i = 0; i < 20000; i++)
		str_add(&many, "1,");
	str_add(&many, "]\n");
	for (i = 0; i < 3; i++) {
		struct yaml_node *root = NULL;
		struct error err = { 0 };

		assert_int_equal(yaml_parse(texts[i]->bytes, &root, &err), -1);
	}
}

static void keyfiles_networkd_and_ifcfg_are_read(void **state)
{
	struct guest guest = { 0 };
	struct guest_settings keyfile = { 0 }, networkd = { 0 }, ifcfg = { 0 }, suse = { 0 };
	struct guest_interface *list;
	char room[512];

	(void)state;
	ini_parse("[connection]\nid=x\ntype=ethernet\ninterface-name=ens3\n\n[ethernet]\nmac-address=52:54:00:AA:BB:CC\n"
		  "[ipv4]\nmethod=manual\naddress1=192.0.2.7/24,192.0.2.1\naddress2=192.0.2.8/24\n"
		  "address-data=x\ndns=192.0.2.53;192.0.2.54;\n[ipv6]\nmethod=auto\naddr-gen-mode=eui64\n",
		  "k", &keyfile);
	keyfile_interface(&keyfile, "k", &guest.network);
	ini_parse("[Match]\nMACAddress=52:54:00:AA:BB:CC\n[Network]\nDHCP=ipv4\nAddress=2001:db8::7/64\n"
		  "Gateway=fe80::1\nDNS=192.0.2.53\n[Link]\nMTUBytes=1400\n",
		  "n", &networkd);
	networkd_interface(&networkd, "n", &guest.network);
	text_shell_settings("DEVICE=\"eth0\"\nBOOTPROTO=\"none\"\nONBOOT=\"yes\"\nHWADDR=52:54:00:AA:BB:CC\nIPADDR=192.0.2.7\n"
			    "NETMASK=255.255.255.0\nIPADDR2=192.0.2.8\nPREFIX2=25\nGATEWAY=192.0.2.1\nDNS1=192.0.2.53\n"
			    "IPV6INIT=yes\nIPV6ADDR=2001:db8::7/64\n",
			    "i", &ifcfg);
	ifcfg_interface(&ifcfg, "i", &guest.network);
	text_shell_settings("BOOTPROTO='static'\nSTARTMODE='auto'\nIPADDR='192.0.2.7/24'\nIPADDR_1='2001:db8::7/64'\n", "s",
			    &suse);
	wicked_interface(&suse, "eth1", "s", &guest.network);
	assert_int_equal(guest.network.interface_count, 4);
	list = guest.network.interfaces;
	assert_string_equal(list[0].name, "ens3");
	assert_string_equal(list[0].mac, "52:54:00:aa:bb:cc");
	assert_string_equal(joined(&list[0].addresses, room), "192.0.2.7/24,192.0.2.8/24");
	assert_string_equal(joined(&list[0].gateways, room), "192.0.2.1");
	assert_string_equal(joined(&list[0].dns, room), "192.0.2.53,192.0.2.54");
	assert_int_equal(list[0].ip4, GUEST_METHOD_STATIC);
	assert_int_equal(list[0].ip6, GUEST_METHOD_AUTO);
	assert_null(list[1].name);
	assert_int_equal(list[1].ip4, GUEST_METHOD_DHCP);
	assert_int_equal(list[1].ip6, GUEST_METHOD_STATIC);
	assert_int_equal(list[1].mtu_bytes, 1400);
	assert_string_equal(joined(&list[2].addresses, room), "192.0.2.7/24,192.0.2.8/25,2001:db8::7/64");
	assert_int_equal(list[2].ip4, GUEST_METHOD_STATIC);
	assert_true(list[2].is_up_at_boot);
	assert_string_equal(joined(&list[3].addresses, room), "192.0.2.7/24,2001:db8::7/64");
	assert_int_equal(list[3].ip6, GUEST_METHOD_STATIC);
	guest_settings_clear(&keyfile);
	guest_settings_clear(&networkd);
	guest_settings_clear(&ifcfg);
	guest_settings_clear(&suse);
	guest_clear(&guest);
}

static void passwords_are_told_and_not_kept(void **state)
{
	struct guest guest = { 0 };
	struct guest_access *access = &guest.access;

	(void)state;
	users_parse("root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\na:x:1000:1000::/home/a:/bin/sh\n"
		    "b:x:1001:1001::/home/b:\nc:x:1002:1002::/c:/bin/sh\nd:x:1003:1003::/d:/bin/false\n"
		    "e::1004:1004::/e:/bin/sh\nshort:x:1\n",
		    "root:!:1::::::\ndaemon:*:1::::::\na:$6$salt$hash:1::::::\nb:!$6$x:1::::::\nc::1::::::\n"
		    "d:$y$j9T$x:1::::::\nab:$1$:1\n",
		    access);
	assert_int_equal(access->user_count, 6);
	assert_int_equal(access->users[0].password, GUEST_PASSWORD_LOCKED);
	assert_int_equal(access->users[1].password, GUEST_PASSWORD_SET);
	assert_int_equal(access->users[2].password, GUEST_PASSWORD_LOCKED);
	assert_true(access->users[2].has_login_shell);
	assert_int_equal(access->users[3].password, GUEST_PASSWORD_EMPTY);
	assert_string_equal(access->users[4].name, "d");
	assert_false(access->users[4].has_login_shell);
	assert_int_equal(access->users[5].password, GUEST_PASSWORD_EMPTY);
	guest_clear(&guest);
}

/* Made by ssh-keygen -t ed25519 and told by ssh-keygen -lf (OpenSSH 9.2). */
static const char ed25519[] = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA+gWE43ekWkdsVvDRhq5/k59lKAiNrGBeufLgJRQGal";
static const char ed25519_print[] = "SHA256:SAnbeGErEQig9+wQd2Mgnd1xoKtDQQWLQdN0kz6Sowo";

static void keys_have_the_fingerprints_of_ssh_keygen(void **state)
{
	struct guest_keys keys = { 0 };
	struct guest guest = { 0 };
	autostr struct str text = STR_EMPTY;

	(void)state;
	str_addf(&text, "# comment\n%s\nfrom=\"a b, c\",command=\"x \\\" y\" %s\nssh-rsa AAAAnot\nssh-rsa %s\n", ed25519, ed25519,
		 strchr(ed25519, ' ') + 1);
	keys_parse(text.bytes, "k", &keys);
	assert_int_equal(keys.count, 2);
	assert_string_equal(keys.list[0].type, "ssh-ed25519");
	assert_string_equal(keys.list[0].fingerprint, ed25519_print);
	assert_string_equal(keys.list[1].fingerprint, ed25519_print);
	guest.identity.host_keys = keys;
	guest_clear(&guest);
}

static void sshd_s_first_value_counts(void **state)
{
	struct guest_settings settings = { 0 };
	autostr struct str seen = STR_EMPTY;

	(void)state;
	sshd_config_parse("Include /etc/ssh/sshd_config.d/*.conf other\npermitrootlogin=no\nPermitRootLogin yes\n"
			  "PasswordAuthentication \"no\" # c\nMatch User x\n PasswordAuthentication yes\n UsePAM yes\n",
			  "f", note_include, &seen, &settings);
	assert_string_equal(seen.bytes, "/etc/ssh/sshd_config.d/*.conf other ");
	assert_string_equal(guest_settings_value(&settings, "PermitRootLogin"), "no");
	assert_string_equal(guest_settings_value(&settings, "PasswordAuthentication"), "no");
	assert_int_equal(settings.count, 2);
	guest_settings_clear(&settings);
}

static void an_inittab_tells_its_lines(void **state)
{
	struct guest guest = { 0 };

	(void)state;
	inittab_parse("id:2:initdefault:\n1:2345:respawn:/sbin/getty 38400 tty1\n#T0:23:respawn:/sbin/getty -L ttyS0 9600\n"
		      "co:2345:respawn:/sbin/agetty hvc0 9600 vt100-nav\nttyS0::respawn:/sbin/getty -L ttyS0 115200 vt100\n"
		      "x:2:off:/sbin/getty tty9\n",
		      "i", &guest.access);
	assert_int_equal(guest.access.getty_count, 3);
	assert_string_equal(guest.access.gettys[0].line, "tty1");
	assert_string_equal(guest.access.gettys[1].line, "hvc0");
	assert_string_equal(guest.access.gettys[2].line, "ttyS0");
	guest_clear(&guest);
}

/* A setup sector and header as boot.rst has them: protocol 2.15, the banner at 0x400. */
static void a_bz_image_tells_its_release(void **state)
{
	uint8_t image[2048] = { 0 };
	struct guest guest = { 0 };
	struct guest_kernel *kernel = guest.kernels = mem_zero(1, sizeof(*kernel));
	size_t length;

	(void)state;
	guest.kernel_count = 1;
	image[0x1fe] = 0x55;
	image[0x1ff] = 0xaa;
	memcpy(image + 0x202, "HdrS\x0f\x02", 6);
	image[0x20f] = 0x02; /* 0x0200 + 0x200 */
	image[0x236] = 0x7f;
	memcpy(image + 0x400, "6.1.0-9-amd64 (x@y) #1 SMP", 27);
	kernel_image_parse(image, sizeof(image), kernel);
	assert_string_equal(kernel->format, "bzImage");
	assert_int_equal(kernel->boot_protocol, 0x020f);
	assert_int_equal(kernel->load_flags, 0x7f);
	assert_string_equal(kernel->release, "6.1.0-9-amd64");
	assert_string_equal(kernel->banner, "6.1.0-9-amd64 (x@y) #1 SMP");
	/* cut after each byte, from a block of just that size */
	for (length = 0; length < sizeof(image); length += length < 0x240 ? 1 : 97) {
		uint8_t *copy = malloc(length + 1);

		assert_non_null(copy);
		memcpy(copy, image, length);
		kernel_image_parse(copy, length, kernel);
		free(copy);
	}
	guest_clear(&guest);
}

static void modules_are_named(void **state)
{
	static const struct {
		const char *path, *name;
	} rows[] = {
		{ "kernel/drivers/block/virtio_blk.ko", "virtio_blk" }, { "a/xen-blkfront.ko.xz", "xen_blkfront" },
		{ "nvme.ko.zst", "nvme" },				{ "a/b.kox", "" },
		{ "a/.ko", "" },					{ "a/b", "" },
		{ "", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		autostr struct str name = STR_EMPTY;

		assert_int_equal(module_name(rows[i].path, strlen(rows[i].path), &name), rows[i].name[0] != '\0');
		assert_string_equal(name.bytes, rows[i].name);
	}
}

static void add_member(struct str *archive, const char *name, unsigned mode, const char *content)
{
	const size_t length = strlen(content), name_size = strlen(name) + 1;

	str_addf(archive, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1U, mode, 0U, 0U, 1U, 0U,
		 (unsigned)length, 0U, 0U, 0U, 0U, (unsigned)name_size, 0U);
	str_add_bytes(archive, name, name_size);
	while (archive->length % 4 != 0)
		str_add_bytes(archive, "", 1);
	str_add_bytes(archive, content, length);
	while (archive->length % 4 != 0)
		str_add_bytes(archive, "", 1);
}

static void make_archive(struct str *out)
{
	add_member(out, ".", 0040755, "");
	add_member(out, "usr/lib/modules/6.1/kernel/virtio-blk.ko.xz", 0100644, "x");
	add_member(out, "./conf/conf.d/resume", 0100644, "RESUME=UUID=1-2\n");
	add_member(out, "scripts/local-top/iscsi", 0100755, "#!/bin/sh\n");
	add_member(out, "scripts/functions", 0100644, "");
	add_member(out, "TRAILER!!!", 0, "");
}

static int read_in_pieces(const struct str *bytes, size_t piece, struct guest_initramfs *out, struct error *err)
{
	struct initramfs *reader = initramfs_begin(out);
	size_t at, length;
	int result = 0;

	for (at = 0; result == 0 && at < bytes->length; at += length) {
		length = bytes->length - at < piece ? bytes->length - at : piece;
		result = initramfs_feed(reader, (const uint8_t *)bytes->bytes + at, length, false, err);
	}
	if (result == 0)
		result = initramfs_feed(reader, NULL, 0, true, err);
	initramfs_end(reader);
	return result;
}

static void archives_are_read_one_behind_the_other(void **state)
{
	static const size_t pieces[] = { 1, 7, 512, 1 << 20 };
	autostr struct str bytes = STR_EMPTY;
	char room[512];
	size_t i;

	(void)state;
	add_member(&bytes, "kernel/x86/microcode/GenuineIntel.bin", 0100644, "code");
	add_member(&bytes, "TRAILER!!!", 0, "");
	str_add_bytes(&bytes, "\0\0\0\0\0\0\0\0", 8);
	make_archive(&bytes);
	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct guest_initramfs out = { 0 };
		struct error err = { 0 };

		if (read_in_pieces(&bytes, pieces[i], &out, &err) != 0)
			fail_msg("%zu: %s", pieces[i], err.cause);
		assert_int_equal(out.segment_count, 2);
		assert_int_equal(out.segments[0].file_count, 1);
		assert_int_equal(out.segments[1].file_count, 5);
		assert_string_equal(out.maker, "initramfs-tools");
		assert_string_equal(joined(&out.modules, room), "virtio_blk");
		assert_string_equal(joined(&out.releases, room), "6.1");
		assert_string_equal(joined(&out.hooks, room), "local-top/iscsi");
		assert_string_equal(guest_settings_value(&out.settings, "RESUME"), "UUID=1-2");
		guest_initramfs_clear(&out);
	}
}

static void cut_and_hostile_archives_are_refused(void **state)
{
	autostr struct str whole = STR_EMPTY;
	size_t length;

	(void)state;
	make_archive(&whole);
	for (length = 1; length < whole.length; length++) {
		struct str cut = { .bytes = whole.bytes, .length = length };
		struct guest_initramfs out = { 0 };
		struct error err = { 0 };

		assert_int_equal(read_in_pieces(&cut, 4096, &out, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		guest_initramfs_clear(&out);
	}
	/* a name of 4 GiB, a size that is no number, bytes that are nothing */
	for (length = 0; length < 3; length++) {
		static const char *const bad[] = { "ffffffff", "zzzzzzzz" };
		static const char *const words[] = { "name has 4294967295 bytes", "other than numbers", "neither" };
		struct str copy = STR_EMPTY;
		struct guest_initramfs out = { 0 };
		struct error err = { 0 };

		str_add_bytes(&copy, whole.bytes, whole.length);
		if (length < 2)
			memcpy(copy.bytes + 6 + 8 * (length == 0 ? 11 : 6), bad[length], 8);
		else
			memcpy(copy.bytes, "hello!", 6);
		assert_int_equal(read_in_pieces(&copy, 4096, &out, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_non_null(strstr(err.cause, words[length]));
		str_clear(&copy);
		guest_initramfs_clear(&out);
	}
}

static void machine_ids_have_a_state(void **state)
{
	(void)state;
	assert_int_equal(machine_id_parse(""), GUEST_MACHINE_ID_EMPTY);
	assert_int_equal(machine_id_parse("\n"), GUEST_MACHINE_ID_EMPTY);
	assert_int_equal(machine_id_parse("uninitialized\n"), GUEST_MACHINE_ID_UNINITIALIZED);
	assert_int_equal(machine_id_parse("0123456789abcdef0123456789abcdef\n"), GUEST_MACHINE_ID_PRESENT);
	assert_int_equal(machine_id_parse("0123456789abcdef0123456789abcdeg\n"), GUEST_MACHINE_ID_INVALID);
}

/* Gateways of commands are told by ifupdown's post-up lines, those on the link by a keyfile's route to them. */
static void gateways_on_the_link_are_read(void **state)
{
	struct guest guest = {0};
	struct guest_words up = {0};
	struct guest_settings keyfile = {0};

	(void)state;
	interfaces_parse("auto eth0\niface eth0 inet static\n\taddress 192.0.2.7/32\n"
			 "\tpost-up ip route replace 198.51.100.1 dev eth0\n"
			 "\tpost-up ip route replace default via 198.51.100.1 dev eth0\n"
			 "\tup /sbin/ip -6 r add default via fe80::1\n\tup ip route add default dev eth0\n"
			 "\tup ip route del default via 198.51.100.9\n\tpost-up echo default via 198.51.100.8\n",
			 "i", NULL, NULL, &guest.network, &up);
	assert_int_equal(guest.network.interfaces[0].gateways.count, 2);
	assert_string_equal(guest.network.interfaces[0].gateways.list[0], "198.51.100.1");
	assert_string_equal(guest.network.interfaces[0].gateways.list[1], "fe80::1");
	ini_parse("[connection]\ntype=ethernet\n[ipv4]\nmethod=manual\naddress1=192.0.2.7/32\ngateway=198.51.100.1\n"
		  "route1=198.51.100.1/32\n",
		  "k", &keyfile);
	keyfile_interface(&keyfile, "k", &guest.network);
	assert_true(guest.network.interfaces[1].is_gateway_on_link);
	guest_settings_clear(&keyfile);
	ini_parse("[connection]\ntype=ethernet\n[ipv4]\nmethod=manual\naddress1=192.0.2.7/32\ngateway=198.51.100.1\n"
		  "route1=198.51.100.1/24\nroute2=198.51.100.1/32,192.0.2.1\n",
		  "k", &keyfile);
	keyfile_interface(&keyfile, "k", &guest.network);
	assert_false(guest.network.interfaces[2].is_gateway_on_link);
	guest_settings_clear(&keyfile);
	guest_words_clear(&up);
	guest_clear(&guest);
}

static void expect_comment(const char *text, const char *wanted)
{
	static const char *const path[] = {"network", "ethernets", "ens3", NULL};
	struct str out = STR_EMPTY;

	assert_int_equal(yaml_comment_block(text, path, "why", &out), wanted != NULL);
	assert_string_equal(out.bytes, wanted != NULL ? wanted : "");
	str_clear(&out);
}

static void a_block_of_yaml_becomes_a_comment(void **state)
{
	(void)state;
	expect_comment("network:\n  ethernets:\n    ens3:\n      dhcp4: true\n\n    # next\n    ens4: {}\n",
		       "network:\n  ethernets:\n# why\n#    ens3:\n#      dhcp4: true\n\n    # next\n    ens4: {}\n");
	/* what is left with nothing goes too */
	expect_comment("network:\n  version: 2\n  ethernets:\n    \"ens3\":\n      addresses:\n      - a\n",
		       "network:\n  version: 2\n# why\n#  ethernets:\n#    \"ens3\":\n#      addresses:\n#      - a\n");
	expect_comment("---\nnetwork:\n ethernets:\n  ens3:\n   dhcp4: yes", "---\n# why\n#network:\n# ethernets:\n#  ens3:\n#   dhcp4: yes");
	/* the same key elsewhere, and what is not there */
	expect_comment("network:\n  bridges:\n    ens3: {}\n  ethernets:\n    ens30:\n      ens3: 1\n", NULL);
	expect_comment("network: {ethernets: {ens3: {}}}\n", NULL);
	expect_comment("", NULL);
}

static void udev_rules_tie_names_to_macs(void **state)
{
	struct guest guest = { 0 };

	(void)state;
	udev_pins_parse("# PCI device 0x8086:0x100e (e1000)\n"
			"SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"?*\", ATTR{address}==\"52:54:00:AA:bb:cc\", "
			"ATTR{dev_id}==\"0x0\", ATTR{type}==\"1\", KERNEL==\"eth*\", NAME=\"eth1\"\n",
			"r", &guest.network);
	assert_int_equal(guest.network.pin_count, 1);
	assert_string_equal(guest.network.pins[0].name, "eth1");
	assert_string_equal(guest.network.pins[0].mac, "52:54:00:aa:bb:cc");
	guest_clear(&guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shell_files_are_read_and_not_run),
		cmocka_unit_test(variables_that_double_stay_small),
		cmocka_unit_test(netmasks_are_prefixes),
		cmocka_unit_test(versions_are_compared_by_their_numbers),
		cmocka_unit_test(a_grub_menu_is_read),
		cmocka_unit_test(grub_s_default_is_found_by_number_id_title_and_environment),
		cmocka_unit_test(a_hostile_grub_menu_is_bounded),
		cmocka_unit_test(bls_entries_take_grub_s_variables),
		cmocka_unit_test(a_menu_lst_is_read),
		cmocka_unit_test(an_extlinux_conf_is_read),
		cmocka_unit_test(an_fstab_is_read),
		cmocka_unit_test(an_interfaces_file_is_read),
		cmocka_unit_test(netplan_s_yaml_is_read_and_joined),
		cmocka_unit_test(yaml_that_would_be_guessed_is_refused),
		cmocka_unit_test(yaml_that_is_deep_or_long_is_refused),
		cmocka_unit_test(keyfiles_networkd_and_ifcfg_are_read),
		cmocka_unit_test(passwords_are_told_and_not_kept),
		cmocka_unit_test(keys_have_the_fingerprints_of_ssh_keygen),
		cmocka_unit_test(sshd_s_first_value_counts),
		cmocka_unit_test(an_inittab_tells_its_lines),
		cmocka_unit_test(a_bz_image_tells_its_release),
		cmocka_unit_test(modules_are_named),
		cmocka_unit_test(archives_are_read_one_behind_the_other),
		cmocka_unit_test(cut_and_hostile_archives_are_refused),
		cmocka_unit_test(machine_ids_have_a_state),
		cmocka_unit_test(udev_rules_tie_names_to_macs),
		cmocka_unit_test(gateways_on_the_link_are_read),
		cmocka_unit_test(a_block_of_yaml_becomes_a_comment),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

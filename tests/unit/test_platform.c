/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_platform.c - machines by name and as JSON, what the kernel tells of the network. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

#include "record/platform_json.h"
#include "sys/network.h"
#include "virt/platform.h"

static void each_name_is_a_machine_that_comes_back_from_json(void **state)
{
	struct str again = STR_EMPTY, text = STR_EMPTY;
	size_t i;

	(void)state;
	for (i = 0; platform_name_at(i) != NULL; i++) {
		struct platform platform = {0}, read = {0};
		struct error err = {0};
		size_t k, boot = 0;

		assert_int_equal(platform_by_name(platform_name_at(i), &platform, &err), 0);
		for (k = 0; k < platform.disk_count; k++)
			boot += platform.disks[k].is_boot;
		assert_true(boot >= 1);
		assert_int_equal(platform.nic_count, 1);
		assert_true(platform.consoles.count >= 1);
		str_clear(&text);
		record_write_platform(&platform, &text);
		assert_int_equal(record_read_platform(text.bytes, text.length, &read, &err), 0);
		str_clear(&again);
		record_write_platform(&read, &again);
		assert_string_equal(text.bytes, again.bytes);
		platform_clear(&platform);
		platform_clear(&read);
	}
	assert_int_equal(i, 8);
	str_clear(&text);
	str_clear(&again);
}

static void an_unknown_name_is_told(void **state)
{
	struct platform platform = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(platform_by_name("toaster", &platform, &err), -1);
	assert_int_equal(err.kind, ERROR_USAGE);
	assert_null(platform.name);
}

/* A file that was cut, or changed at one place, is refused and leaves nothing behind. */
static void a_damaged_file_is_refused(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{"moult.platform/1", "moult.platform/2"}, {"\"bios\"", "\"open\""}, {"\"boot\": true", "\"boot\": 1"},
		{"\"mtu_bytes\"", "\"mtu\""},		  {"\"dhcp\"", "null"},	    {"\"routes\": [", "\"routes\": [7,"},
	};
	struct platform platform = {0}, read = {0};
	struct str text = STR_EMPTY;
	struct error err = {0};
	size_t i;

	(void)state;
	assert_int_equal(platform_by_name("kvm-virtio-bios", &platform, &err), 0);
	platform.nics[0].ip4 = PLATFORM_DHCP;
	platform_add_route(&platform.nics[0], "default", "192.0.2.1", true);
	record_write_platform(&platform, &text);
	for (i = 0; i < text.length - 2; i++) {
		assert_int_equal(record_read_platform(text.bytes, i, &read, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_null(read.name);
	}
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *at = strstr(text.bytes, rows[i].from);
		struct str other = STR_EMPTY;

		assert_non_null(at);
		str_add_bytes(&other, text.bytes, (size_t)(at - text.bytes));
		str_addf(&other, "%s%s", rows[i].to, at + strlen(rows[i].from));
		assert_int_equal(record_read_platform(other.bytes, other.length, &read, &err), -1);
		str_clear(&other);
	}
	assert_int_equal(record_read_platform(text.bytes, text.length, &read, &err), 0);
	assert_true(read.nics[0].routes[0].is_on_link);
	platform_clear(&read);
	platform_clear(&platform);
	str_clear(&text);
}

static void lines_of_the_kernel_become_cards(void **state)
{
	static const char text[] = "link 1 lo 00:00:00:00:00:00 65536\n"
				   "link 2 eth0 52:54:00:12:34:56 1500\n"
				   "link 3 eth1 52:54:00:12:34:57 1500\n"
				   "address 2 192.0.2.7/24 lease\n"
				   "address 2 2001:db8::7/64 kernel-ra\n"
				   "address 3 198.51.100.4/32 permanent\n"
				   "address 3 (address)/24 permanent\n"
				   "route 2 default 192.0.2.1 - dhcp\n"
				   "route 2 192.0.2.0/24 - - kernel\n"
				   "route 3 default 198.51.100.1 on-link static\n"
				   "route 9 default 198.51.100.1 - static\n";
	struct platform platform = {0};

	(void)state;
	(void)platform_add_nic(&platform, "eth0");
	(void)platform_add_nic(&platform, "eth1");
	platform_take_network(text, &platform);
	assert_int_equal(platform.nics[0].ip4, PLATFORM_DHCP);
	assert_int_equal(platform.nics[0].ip6, PLATFORM_AUTO);
	assert_int_equal(platform.nics[0].addresses.count, 2);
	assert_int_equal(platform.nics[0].route_count, 1);
	assert_string_equal(platform.nics[0].routes[0].gateway, "192.0.2.1");
	assert_false(platform.nics[0].routes[0].is_on_link);
	assert_int_equal(platform.nics[1].ip4, PLATFORM_STATIC);
	assert_int_equal(platform.nics[1].ip6, PLATFORM_NONE);
	assert_int_equal(platform.nics[1].addresses.count, 1);
	assert_int_equal(platform.nics[1].route_count, 1);
	assert_true(platform.nics[1].routes[0].is_on_link);
	platform_clear(&platform);
}

static void the_kernel_of_this_machine_answers(void **state)
{
	struct str text = STR_EMPTY;
	struct error err = {0};

	(void)state;
	assert_int_equal(sys_network_text(&text, &err), 0);
	str_clear(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_name_is_a_machine_that_comes_back_from_json),
		cmocka_unit_test(an_unknown_name_is_told),
		cmocka_unit_test(a_damaged_file_is_refused),
		cmocka_unit_test(lines_of_the_kernel_become_cards),
		cmocka_unit_test(the_kernel_of_this_machine_answers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Whether bluetoothd runs, and powers on the controllers that it finds. */
#include "hci/bluetoothd.h"

#include <stdio.h>
#include <string.h>

#include "hci/fake_kernel.h"
#include "unit.h"

#define DEFAULT "/etc/bluetooth/main.conf"

static struct hci_bluetoothd found;

static int fresh(void **state)
{
	(void)state;
	fake_kernel_reset();
	return 0;
}

/* Arguments are separated by "|" here, and by zeros in /proc. */
static void runs(const char *arguments)
{
	char line[512];
	size_t len = strlen(arguments) + 1;

	fake_file("/proc/612/comm", "bluetoothd\n");
	memcpy(line, arguments, len);
	for (size_t i = 0; i < len; i++)
		line[i] = line[i] == '|' ? '\0' : line[i];
	fake_octets("/proc/612/cmdline", line, len);
}

static void none_runs(void **state)
{
	(void)state;
	fake_file("/proc/611/comm", "bluetoothd-x\n");
	fake_file("/proc/uptime/comm", "bluetoothd\n");
	hci_bluetoothd_find(&found);
	assert_int_equal(found.process, 0);
	assert_false(found.auto_enable);
}

/* BlueZ 180cf0993, in 5.65: the default is true. */
static void it_enables_controllers_unless_its_configuration_says_no(void **state)
{
	static const struct {
		const char *config; /* NULL: there is none */
		bool enables;
	} cases[] = {
		{NULL, true},
		{"", true},
		{"[General]\nAutoEnable=false\n", true},
		{"[Policy]\n#AutoEnable=false\n", true},
		{"[Policy]\nAutoEnable=false\n", false},
		{"[General]\nName = x\n[Policy]\nReconnectAttempts=7\nAutoEnable = false\n", false},
		{"[Policy]\nAutoEnable=0\n", false},
		{"[Policy]\nAutoEnable=1\n", true},
		{"[Policy]\nAutoEnable=true\n", true},
		{"[Policy]\nAutoEnable=false\n[LE]\nAutoEnable=true\n", false},
		{"[Policy]\nAutoEnableX=false\n", true},
	};

	(void)state;
	runs("/usr/libexec/bluetooth/bluetoothd");
	for (size_t n = 0; n < COUNT(cases); n++) {
		if (cases[n].config)
			fake_file(DEFAULT, cases[n].config);
		hci_bluetoothd_find(&found);
		assert_int_equal(found.process, 612);
		assert_string_equal(found.config, DEFAULT);
		assert_int_equal(found.auto_enable, cases[n].enables);
	}
}

static void its_command_line_names_another_configuration(void **state)
{
	static const char *const lines[] = {
		"bluetoothd|-n|-f|/etc/bluetooth/station.conf",
		"bluetoothd|-f/etc/bluetooth/station.conf",
		"bluetoothd|--configfile|/etc/bluetooth/station.conf|-d",
		"bluetoothd|--configfile=/etc/bluetooth/station.conf",
	};

	(void)state;
	fake_file(DEFAULT, "[Policy]\nAutoEnable=true\n");
	fake_file("/etc/bluetooth/station.conf", "[Policy]\nAutoEnable=false\n");
	for (size_t n = 0; n < COUNT(lines); n++) {
		runs(lines[n]);
		hci_bluetoothd_find(&found);
		assert_string_equal(found.config, "/etc/bluetooth/station.conf");
		assert_false(found.auto_enable);
	}
	runs("bluetoothd|-f"); /* cut */
	hci_bluetoothd_find(&found);
	assert_true(found.auto_enable);
}

static void without_its_policy_nothing_is_enabled(void **state)
{
	(void)state;
	runs("bluetoothd|-P|hostname,policy");
	hci_bluetoothd_find(&found);
	assert_int_equal(found.process, 612);
	assert_false(found.auto_enable);
	runs("bluetoothd|--noplugin=hostname");
	hci_bluetoothd_find(&found);
	assert_true(found.auto_enable);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(none_runs, fresh),
		cmocka_unit_test_setup(it_enables_controllers_unless_its_configuration_says_no,
				       fresh),
		cmocka_unit_test_setup(its_command_line_names_another_configuration, fresh),
		cmocka_unit_test_setup(without_its_policy_nothing_is_enabled, fresh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* blepair controllers: one event for each, and how many can be used. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "hci/bluetoothd.h"
#include "hci/inventory.h"
#include "unit.h"

/* ---- In the place of the machine ------------------------------------------------------------- */

static struct hci_inventory_entry machine[2];
static size_t machine_count;
static bool raised, raised_in_time, undroppable;

static struct hci_bluetoothd bluetoothd;

size_t __wrap_hci_inventory(struct hci_inventory_entry *list);
void __wrap_hci_bluetoothd_find(struct hci_bluetoothd *found);
void __wrap_privilege_raise(void);
int __wrap_privilege_drop(void);

size_t __wrap_hci_inventory(struct hci_inventory_entry *list)
{
	raised_in_time = raised;
	memcpy(list, machine, sizeof(machine));
	return machine_count;
}

void __wrap_hci_bluetoothd_find(struct hci_bluetoothd *found)
{
	*found = bluetoothd;
}

void __wrap_privilege_raise(void)
{
	raised = true;
}

int __wrap_privilege_drop(void)
{
	raised = false;
	return undroppable ? -1 : 0;
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static json_t *events[4];

static int begin(void **state)
{
	(void)state;
	memset(machine, 0, sizeof(machine));
	bluetoothd.process = 0;
	machine[0] = (struct hci_inventory_entry){
		.spec = "hci0",
		.kind = "kernel",
		.bus = "USB",
		.address = "00:11:22:33:44:55",
		.usb_id = "0a12:0001",
		.name = "Dongle",
		.serial = "42",
		.driver = "btusb",
		.path = "1-4",
		.hci = "hci0",
		.state = "up",
		.holders = "bluetoothd",
		.why = "it is up: stop its user",
	};
	machine[1] = (struct hci_inventory_entry){
		.spec = "usb:1-5", .kind = "usb", .bus = "USB", .state = "free", .usable = true};
	machine_count = 2;
	raised = raised_in_time = undroppable = false;
	return 0;
}

static int end(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(events); i++) {
		json_decref(events[i]);
		events[i] = NULL;
	}
	return 0;
}

/* Runs the command, and fills events. */
static enum cli_exit list(void)
{
	struct event_output output = {.json = true};
	struct options options = {.json = true};
	FILE *old = stdout;
	char *text = NULL, *line, *rest;
	enum cli_exit code;
	size_t len, n = 0;

	(void)end(NULL);
	stdout = open_memstream(&text, &len);
	assert_non_null(stdout);
	code = cmd_controllers(&options, &output, NULL);
	(void)fclose(stdout);
	stdout = old;
	for (rest = text; (line = strsep(&rest, "\n")) && *line; n++) {
		assert_true(n < COUNT(events));
		events[n] = json_loads(line, 0, NULL);
	}
	free(text);
	return code;
}

static const char *field(size_t event, const char *name)
{
	const char *text = json_string_value(json_object_get(events[event], name));

	return text ? text : "";
}

static void each_controller_is_listed_with_all_that_is_known(void **state)
{
	(void)state;
	assert_int_equal(list(), CLI_OK);
	assert_true(raised_in_time);
	assert_false(raised);
	assert_string_equal(field(0, "event"), "listed");
	assert_string_equal(field(0, "spec"), "hci0");
	assert_string_equal(field(0, "kind"), "kernel");
	assert_string_equal(field(0, "bus"), "USB");
	assert_string_equal(field(0, "state"), "up");
	assert_true(json_is_false(json_object_get(events[0], "usable")));
	assert_string_equal(field(0, "why"), "it is up: stop its user");
	assert_string_equal(field(0, "address"), "00:11:22:33:44:55");
	assert_string_equal(field(0, "usb_id"), "0a12:0001");
	assert_string_equal(field(0, "name"), "Dongle");
	assert_string_equal(field(0, "serial"), "42");
	assert_string_equal(field(0, "driver"), "btusb");
	assert_string_equal(field(0, "path"), "1-4");
	assert_string_equal(field(0, "hci"), "hci0");
	assert_string_equal(field(0, "holders"), "bluetoothd");
	assert_null(json_object_get(events[0], "rfkill"));
	assert_true(json_is_true(json_object_get(events[1], "usable")));
	assert_string_equal(field(2, "event"), "result");
	assert_string_equal(field(2, "result"), "listed");
	assert_string_equal(field(2, "text"), "2 controllers, 1 can be used now");
	assert_null(json_object_get(events[2], "reason_code"));
}

static void bluetoothd_is_listed_if_it_runs(void **state)
{
	(void)state;
	bluetoothd = (struct hci_bluetoothd){
		.process = 612, .auto_enable = true, .config = "/etc/bluetooth/main.conf"};
	assert_int_equal(list(), CLI_OK);
	assert_string_equal(field(2, "event"), "bluetoothd");
	assert_int_equal(json_integer_value(json_object_get(events[2], "process")), 612);
	assert_true(json_is_true(json_object_get(events[2], "auto_enable")));
	assert_string_equal(field(2, "config"), "/etc/bluetooth/main.conf");
	assert_string_equal(field(3, "event"), "result");
}

static void what_is_known_of_the_maker_is_listed(void **state)
{
	const struct hci_identity identity = {.usb = {0x0bda, 0xa728, 0}};

	(void)state;
	machine[1].maker = hci_maker_find(&identity);
	assert_int_equal(list(), CLI_OK);
	assert_null(json_object_get(events[0], "maker"));
	assert_string_equal(field(1, "maker"), "Realtek RTL8761B of 0bda:a728");
	assert_string_equal(field(1, "firmware"), "rtl_bt/rtl8761bu_fw.bin");
	assert_string_equal(field(1, "known"), machine[1].maker->text);
}

/* Nothing else distinguishes clones. */
static void an_address_that_others_have_is_listed(void **state)
{
	(void)state;
	(void)snprintf(machine[1].address, sizeof(machine[1].address), "00:11:22:33:44:55");
	assert_int_equal(list(), CLI_OK);
	assert_string_equal(field(0, "address_also_of"), "usb:1-5");
	assert_string_equal(field(1, "address_also_of"), "hci0");
	assert_null(json_object_get(events[0], "address_default_of"));
	(void)snprintf(machine[1].address, sizeof(machine[1].address), "00:E0:4C:23:99:87");
	assert_int_equal(list(), CLI_OK);
	assert_null(json_object_get(events[0], "address_also_of"));
	assert_null(json_object_get(events[1], "address_also_of"));
	assert_string_equal(field(1, "address_default_of"), "dongles with Realtek RTL8761BU");
	/* Of none, no address is known. */
	machine[0].address[0] = machine[1].address[0] = '\0';
	assert_int_equal(list(), CLI_OK);
	assert_null(json_object_get(events[1], "address_also_of"));
}

static void fields_without_a_value_are_left_out(void **state)
{
	static const char *const names[] = {"why",    "address", "usb_id", "name",   "serial",
					    "driver", "path",	 "hci",	   "holders"};

	(void)state;
	assert_int_equal(list(), CLI_OK);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_null(json_object_get(events[1], names[i]));
}

static void a_name_that_is_no_text_is_replaced(void **state)
{
	(void)state;
	(void)snprintf(machine[0].name, sizeof(machine[0].name), "\xff\xfe");
	assert_int_equal(list(), CLI_OK);
	assert_string_equal(field(0, "name"), "\xef\xbf\xbd\xef\xbf\xbd");
	assert_string_equal(field(0, "serial"), "42");
}

static void a_hard_block_counts_more_than_a_soft_one(void **state)
{
	(void)state;
	machine_count = 1;
	machine[0].rfkill_soft = true;
	assert_int_equal(list(), CLI_OK);
	assert_string_equal(field(0, "rfkill"), "soft");
	assert_string_equal(field(1, "text"), "1 controller, 0 can be used now");
	machine[0].rfkill_hard = true;
	assert_int_equal(list(), CLI_OK);
	assert_string_equal(field(0, "rfkill"), "hard");
	machine[0].rfkill_soft = false;
	assert_int_equal(list(), CLI_OK);
	assert_string_equal(field(0, "rfkill"), "hard");
}

static void without_a_controller_there_is_advice(void **state)
{
	(void)state;
	machine_count = 0;
	assert_int_equal(list(), CLI_NO_CONTROLLER);
	assert_string_equal(field(0, "class"), "no_controller");
	assert_string_equal(field(0, "text"), "there is no Bluetooth controller");
	assert_non_null(strstr(field(0, "advice"), "plug one in"));
}

static void nothing_is_listed_if_root_cannot_be_given_up(void **state)
{
	(void)state;
	undroppable = true;
	assert_int_equal(list(), CLI_INTERNAL);
	assert_null(events[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_controller_is_listed_with_all_that_is_known),
		TEST(bluetoothd_is_listed_if_it_runs),
		TEST(what_is_known_of_the_maker_is_listed),
		TEST(an_address_that_others_have_is_listed),
		TEST(fields_without_a_value_are_left_out),
		TEST(a_name_that_is_no_text_is_replaced),
		TEST(a_hard_block_counts_more_than_a_soft_one),
		TEST(without_a_controller_there_is_advice),
		TEST(nothing_is_listed_if_root_cannot_be_given_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

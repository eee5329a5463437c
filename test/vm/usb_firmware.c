/* SPDX-License-Identifier: MIT */
/*
 * A dongle with an RTL8761BU in its ROM, on USB, and a made-up firmware file: the kernel's own
 * driver loads it into the emulated ROM, which shows that the ROM is one; where the kernel has no
 * driver, or its driver has failed, blepair loads it, and pairs.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hci/realtek_files.h"
#include "unit.h"
#include "vm/usb_controller.h"
#include "vm/vm_fixture.h"

#define SOCKET	 "/tmp/bt-server-le"
#define DONGLE	 "usb:1-1"
#define FIRMWARE "/lib/firmware/rtl_bt/rtl8761bu_fw.bin"
#define CONFIG	 "/lib/firmware/rtl_bt/rtl8761bu_config.bin"
#define LOADING	 "controller " DONGLE ": Realtek RTL8761B without firmware: loading " FIRMWARE
#define RTL8761B 14
#define RTL8822B 8
#define PATCH	 40000 /* octets: the numbers of the fragments begin again */

static struct vm_program p, other;
static struct usb_controller *dongle;
static uint8_t file[2 * REALTEK_FILE], expected[REALTEK_FILE];
static size_t file_len;

/* Versions as btrtl.c logs them. */
static const uint8_t in_rom[] = {0x0a, 0x0b, 0x00, 0x0a, 0x5d, 0x00, 0x61, 0x87};
static const uint8_t loaded[] = {0x0a, 0xc6, 0xdf, 0x0a, 0x5d, 0x00, 0x22, 0xd9};
static struct realtek_rom rom = {
	.expected = expected, .rom_version = 1, .version = in_rom, .firmware = loaded};
static const struct usb_controller_options options = {
	.socket = SOCKET, .vendor = 0x0bda, .product = 0x8771, .rom = &rom};

/* ---- Files, driver, dongle --------------------------------------------------------------------
 */

static void put(const char *path, const void *data, size_t len)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

static void put_firmware(void)
{
	put(FIRMWARE, file, file_len);
	put(CONFIG, realtek_config, sizeof(realtek_config));
}

static void run_shell(const char *line)
{
	if (system(line) != 0)
		fail_msg("%s", line);
}

static int setup(void **state)
{
	(void)state;
	(void)mkdir("/lib/firmware", 0755);
	(void)mkdir("/lib/firmware/rtl_bt", 0755);
	file_len = realtek_patches(file, RTL8761B, 2, PATCH);
	rom.expected_len = realtek_patch_sent(expected, 1, PATCH);
	memcpy(expected + rom.expected_len, realtek_config, sizeof(realtek_config));
	rom.expected_len += sizeof(realtek_config);
	vm_btvirt(0);
	return 0;
}

static int setup_without_driver(void **state)
{
	run_shell("rmmod btusb");
	return setup(state);
}

static int teardown(void **state)
{
	(void)state;
	if (p.events)
		vm_forget(&p);
	if (other.events)
		vm_forget(&other);
	if (dongle)
		usb_controller_unplug(dongle);
	dongle = NULL;
	vm_btvirt_end();
	(void)unlink(FIRMWARE);
	(void)unlink(CONFIG);
	run_shell("grep -q '^btusb ' /proc/modules || insmod $(grep /btusb.ko /modules.usb)");
	return 0;
}

/* ---- What blepair prints ----------------------------------------------------------------------
 */

static bool has_note(const char *text)
{
	const json_t *event;
	size_t i;

	json_array_foreach(p.events, i, event)
	{
		if (strcmp(vm_text(event, "event"), "note") == 0 &&
		    strcmp(vm_text(event, "text"), text) == 0)
			return true;
	}
	return false;
}

/* A field of the dongle's line in "blepair controllers". */
static const char *listed(const char *field)
{
	const json_t *event;
	size_t i;

	if (p.events)
		vm_forget(&p);
	(void)vm_run(&p, NULL, "controllers", NULL); /* fails while there is none */
	json_array_foreach(p.events, i, event)
	{
		if (strcmp(vm_text(event, "spec"), DONGLE) == 0)
			return vm_text(event, field);
	}
	return "";
}

static void wait_until_listed(const char *field, const char *value)
{
	for (int i = 0; i < 100; i++) {
		if (strcmp(listed(field), value) == 0) {
			vm_forget(&p);
			return;
		}
		usleep(100000);
	}
	fail_msg("%s is not \"%s\" but \"%s\"", field, value, listed(field));
}

static void assert_pairs(void)
{
	vm_start(&other, NULL, "listen", "-c", "unix:" SOCKET, "--io", "none", "--show-keys", NULL);
	vm_go(&other, NULL, "advertising");
	/* The type of the address is not given: it must be heard. */
	char address[32];
	(void)snprintf(address, sizeof(address), "%s",
		       vm_text(vm_event(&other, "advertising"), "own.address"));
	int code = vm_run(&p, NULL, "-c", DONGLE, "--io", "none", "--show-keys", address, NULL);
	if (code)
		fail_msg("%d: %s", code, vm_verdict(&p));
	assert_non_null(vm_event(&p, "found"));
	vm_go(&other, NULL, "result");
	assert_string_equal(vm_text(vm_event(&other, "result"), "keys.local.ltk"),
			    vm_text(vm_event(&p, "result"), "keys.local.ltk"));
}

static void assert_refused(const char *text)
{
	assert_int_equal(vm_run(&p, NULL, "info", "-c", DONGLE, NULL), 3);
	assert_string_equal(vm_text(vm_event(&p, "result"), "text"), text);
	vm_forget(&p);
}

/* ---- Tests ------------------------------------------------------------------------------------
 */

/* btrtl of this kernel takes the file, and the ROM takes what btrtl sends. */
static void the_kernel_s_driver_loads_it_first(void **state)
{
	(void)state;
	put_firmware();
	dongle = usb_controller_plug(&options);
	wait_until_listed("state", "free");
	assert_string_equal(listed("driver"), "btusb");
	vm_forget(&p);
	assert_pairs();
	assert_false(has_note(LOADING));
	/* Given back, it is loaded by the kernel again. */
	wait_until_listed("state", "free");
}

static void blepair_loads_it_where_the_kernel_has_no_driver(void **state)
{
	(void)state;
	put_firmware();
	dongle = usb_controller_plug(&options);
	wait_until_listed("usb_id", "0bda:8771");
	assert_string_equal(listed("driver"), "");
	vm_forget(&p);
	assert_pairs();
	assert_true(has_note(LOADING));
	vm_forget(&p);
	/* It stays until the dongle loses power. */
	assert_int_equal(vm_run(&p, NULL, "info", "-c", DONGLE, NULL), 0);
	assert_false(has_note(LOADING));
	assert_string_equal(vm_text(vm_event(&p, "info"), "maker"), "Realtek RTL8761B");
}

static void blepair_loads_it_where_the_kernel_s_driver_failed(void **state)
{
	(void)state;
	dongle = usb_controller_plug(&options);
	wait_until_listed("state", "failed");
	put_firmware();
	assert_pairs();
	assert_true(has_note(LOADING));
}

static void files_that_cannot_be_used_are_named(void **state)
{
	(void)state;
	dongle = usb_controller_plug(&options);
	wait_until_listed("usb_id", "0bda:8771");
	assert_refused("controller " DONGLE ": Realtek RTL8761B without firmware: it answers from "
		       "its ROM, and hears nothing, until " FIRMWARE
		       " is loaded; install the package firmware-realtek, plug it in again so "
		       "that the kernel's btusb sets it up (sudo modprobe btusb, if it does not), "
		       "then use -c hciN, or usb: again");
	put(FIRMWARE, file, file_len / 2);
	assert_refused("controller " DONGLE ": Realtek RTL8761B without firmware: " FIRMWARE
		       ": it is cut or damaged; install the package firmware-realtek again");
	put(FIRMWARE, file, realtek_patches(file, RTL8822B, 2, PATCH));
	assert_refused("controller " DONGLE ": Realtek RTL8761B without firmware: " FIRMWARE
		       ": it is for another chip (its LMP subversion is 8822, that of this one "
		       "8761); install the package firmware-realtek again");
	/* Of the right form, with other octets: the chip refuses it. */
	file_len = realtek_patches(file, RTL8761B, 2, PATCH);
	file[14 + 2 * 8 + PATCH + 30000] ^= 1;
	put(FIRMWARE, file, file_len);
	assert_refused("controller " DONGLE ": Realtek RTL8761B without firmware: it refused "
		       "fragment 120 of 159 (Invalid HCI Command Parameters) (" FIRMWARE
		       "); plug it in again");
	file[14 + 2 * 8 + PATCH + 30000] ^= 1;
	put_firmware();
	assert_pairs();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_kernel_s_driver_loads_it_first, setup,
						teardown),
		cmocka_unit_test_setup_teardown(blepair_loads_it_where_the_kernel_has_no_driver,
						setup_without_driver, teardown),
		cmocka_unit_test_setup_teardown(blepair_loads_it_where_the_kernel_s_driver_failed,
						setup, teardown),
		cmocka_unit_test_setup_teardown(files_that_cannot_be_used_are_named,
						setup_without_driver, teardown),
	};
	return cmocka_run_group_tests_name("vm/usb_firmware", tests, NULL, NULL);
}

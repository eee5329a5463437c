/* SPDX-License-Identifier: MIT */
/*
 * A controller of Realtek in its ROM: blepair loads its firmware, and hears and pairs only
 * afterwards; or says in one line why it cannot.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hci/realtek_files.h"
#include "hci/realtek_rom.h"
#include "runtime/firmware.h"
#include "sim/captured.h"
#include "sim/run_scenario.h"

#define PATCH	 1000 /* octets */
#define CHIP	 "controller sim:0: Realtek RTL8761B without firmware"
#define RTL8761B 14 /* projects */
#define RTL8822B 8

static char folder[64];
static uint8_t file[REALTEK_FILE], expected[REALTEK_FILE];
static size_t file_len;
static struct realtek_rom rom;
static struct reference_peer p;
static unsigned mute; /* an opcode without an answer */

/* btrtl.c: hci_ver=0a hci_rev=000b lmp_ver=0a lmp_subver=8761, manufacturer 93; and loaded. */
static const uint8_t in_rom[] = {0x0a, 0x0b, 0x00, 0x0a, 0x5d, 0x00, 0x61, 0x87};
static const uint8_t loaded[] = {0x0a, 0xc6, 0xdf, 0x0a, 0x5d, 0x00, 0x22, 0xd9};

/* ---- In the place of /lib/firmware ------------------------------------------------------------
 */

enum firmware_status __real_firmware_load(struct firmware *f, const struct hci_maker *maker,
					  const char *root);
enum firmware_status __wrap_firmware_load(struct firmware *f, const struct hci_maker *maker,
					  const char *root);

enum firmware_status __wrap_firmware_load(struct firmware *f, const struct hci_maker *maker,
					  const char *root)
{
	(void)root;
	return __real_firmware_load(f, maker, folder);
}

static const char *path(const char *name)
{
	static char text[128];

	(void)snprintf(text, sizeof(text), "%s/rtl_bt/%s", folder, name);
	return text;
}

static void put(const char *name, const void *data, size_t len)
{
	FILE *out = fopen(path(name), "w");

	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

static void put_firmware(void)
{
	put("rtl8761bu_fw.bin", file, file_len);
}

/* ---- The chip ---------------------------------------------------------------------------------
 */

static size_t from_host(void *ctx, uint8_t *packet, size_t len)
{
	uint8_t answer[REALTEK_ROM_ANSWER];
	size_t answered;

	(void)ctx;
	if (!realtek_rom_command(&rom, packet, len, answer, &answered))
		return len;
	if (answered && mute != packet[1] + 256U * packet[2])
		sim_controller_inject(&sim.controller, answer, answered);
	return 0;
}

static size_t to_host(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	return realtek_rom_event(&rom, packet, len) ? len : 0;
}

static int begin(void **state)
{
	if (sim_begin(state))
		return -1;
	(void)snprintf(folder, sizeof(folder), "/tmp/blepair-firmware-XXXXXX");
	if (!mkdtemp(folder) || mkdir(path(""), 0700))
		return -1;
	file_len = realtek_patches(file, RTL8761B, 2, PATCH);
	rom = (struct realtek_rom){
		.expected = expected,
		.expected_len = realtek_patch_sent(expected, 1, PATCH),
		.rom_version = 1,
		.version = in_rom,
		.firmware = loaded,
	};
	mute = 0;
	captured_forget();
	sim.controller.from_host = from_host;
	sim.controller.to_host = to_host;
	reference_peer_begin(&p, &sim.peer);
	return 0;
}

static int end(void **state)
{
	static const char *const names[] = {"rtl8761bu_fw.bin", "rtl8761bu_fw.bin.zst",
					    "rtl8761bu_config.bin"};

	for (size_t i = 0; i < COUNT(names); i++)
		(void)unlink(path(names[i]));
	if (rmdir(path("")) || rmdir(folder))
		return -1;
	return sim_end(state);
}

/* ---- Loaded -----------------------------------------------------------------------------------
 */

static void pairs(void)
{
	program_start("C0:FF:EE:00:00:01");
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("result"), "paired");
	assert_string_equal(program_errors(), "");
}

static bool was_noted(const char *text)
{
	const json_t *event;
	size_t i;

	json_array_foreach(program_events(), i, event)
	{
		const char *noted = json_string_value(json_object_get(event, "text"));
		if (noted && strcmp(noted, text) == 0)
			return true;
	}
	return false;
}

static void firmware_is_loaded_and_the_device_is_found_and_paired(void **state)
{
	char note[200];

	(void)state;
	put_firmware();
	pairs();
	assert_true(rom.runs);
	assert_int_equal(rom.fragments, 4);
	assert_int_equal(rom.refused, 0);
	(void)snprintf(note, sizeof(note), CHIP ": loading %s", path("rtl8761bu_fw.bin"));
	assert_true(was_noted(note));
	assert_non_null(program_event("found"));
	captured_says("paired"); /* the capture with the download in it can be explained */
}

static void the_config_is_sent_behind_it(void **state)
{
	(void)state;
	put_firmware();
	put("rtl8761bu_config.bin", realtek_config, sizeof(realtek_config));
	memcpy(expected + rom.expected_len, realtek_config, sizeof(realtek_config));
	rom.expected_len += sizeof(realtek_config);
	pairs();
	assert_true(rom.runs);
}

/* The next run finds it with firmware, and says nothing. */
static void firmware_stays_until_the_controller_loses_power(void **state)
{
	(void)state;
	put_firmware();
	pairs();
	program_end();
	program_start("info");
	assert_int_equal(sim_ends(), CLI_OK);
	assert_null(program_event("note"));
	assert_int_equal(rom.fragments, 4);
}

/* What the tests above would look like if the chip heard from its ROM, too. */
static void the_rom_hears_nothing(void **state)
{
	(void)state;
	rom.version = loaded; /* so that blepair takes it for ready */
	program_start("--scan-timeout 5 C0:FF:EE:00:00:01");
	raw_peer_advertise(&sim.peer);
	assert_int_equal(sim_ends(), CLI_NOT_FOUND);
	assert_int_equal(sim.peer.links, 0);
}

/* After an error of the hardware it is reset, and is in its ROM again. */
static void a_chip_that_loses_its_firmware_in_use_gets_it_again(void **state)
{
	static const uint8_t error[] = {HCI_EVENT, HCI_HARDWARE_ERROR, 1, 0x42};

	(void)state;
	put_firmware();
	program_start("batch --match rssi=-127 --timeout 60 --no-store");
	(void)program_expect("controller", WORLD_S);
	assert_true(rom.runs);
	rom.runs = false;
	sim_controller_inject(&sim.controller, error, sizeof(error));
	(void)program_expect("controller", WORLD_S);
	assert_true(rom.runs);
	assert_int_equal(rom.fragments, 4);
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_CANCELLED);
}

static unsigned resets; /* of a chip that runs its firmware */

static size_t count_resets(void *ctx, uint8_t *packet, size_t len)
{
	resets += rom.runs && packet[1] == 0x03 && packet[2] == 0x0c;
	return from_host(ctx, packet, len);
}

static bool is_reset_with_firmware(void *ctx)
{
	(void)ctx;
	return resets > 0;
}

/* Pulled out, and plugged in again in its ROM. */
static void lose_power(void)
{
	resets = 0;
	rom.runs = false;
	sim_controller_vanish(&sim.controller);
	world_pass(WORLD_S);
	sim_controller_return(&sim.controller);
}

/* Its contact is bad: it loses its power once more after it has got its firmware, before it is up.
 */
static void a_chip_that_loses_its_power_before_it_is_up_gets_it_again(void **state)
{
	(void)state;
	put_firmware();
	sim.controller.from_host = count_resets;
	program_start("batch --match rssi=-127 --timeout 60 --no-store");
	(void)program_expect("controller", WORLD_S);
	lose_power();
	assert_true(world_until(is_reset_with_firmware, NULL, 10 * WORLD_S));
	lose_power();
	(void)program_expect("controller", 10 * WORLD_S);
	assert_true(rom.runs);
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_CANCELLED);
}

/* ---- Refused ----------------------------------------------------------------------------------
 */

/* One line, exit code 3, and no fragment was taken. */
static void is_refused(const char *name, const char *why)
{
	char expected_text[400];

	sim.broken = true; /* it gets no Reset in this state */
	program_start("info");
	assert_int_equal(sim_ends(), CLI_NO_CONTROLLER);
	(void)snprintf(expected_text, sizeof(expected_text), CHIP ": %s%s%s",
		       name ? path(name) : "", name ? ": " : "", why);
	assert_string_equal(program_result("text"), expected_text);
	assert_false(rom.runs);
	program_end();
}

static void without_a_file_it_is_refused_as_ever(void **state)
{
	(void)state;
	is_refused(NULL, "it answers from its ROM, and hears nothing, until "
			 "/lib/firmware/rtl_bt/rtl8761bu_fw.bin is loaded; install the package "
			 "firmware-realtek, attach it to the kernel (btattach), then use -c hciN");
	assert_int_equal(rom.refused, 0);
}

static void a_file_that_cannot_be_used_is_named(void **state)
{
	(void)state;
	put("rtl8761bu_fw.bin", file, file_len - 1);
	is_refused("rtl8761bu_fw.bin",
		   "it is cut or damaged; install the package firmware-realtek again");
	put("rtl8761bu_fw.bin", "\x28\xb5\x2f\xfd of zstd", 12);
	is_refused("rtl8761bu_fw.bin",
		   "it is not a firmware file of Realtek (it begins with neither \"Realtech\" nor "
		   "\"RTBTCore\"); install the package firmware-realtek again");
	file_len = realtek_patches(file, RTL8822B, 2, PATCH);
	put_firmware();
	is_refused("rtl8761bu_fw.bin",
		   "it is for another chip (its LMP subversion is 8822, that of this one 8761); "
		   "install the package firmware-realtek again");
	file_len = realtek_patches(file, RTL8761B, 1, PATCH);
	put_firmware();
	is_refused("rtl8761bu_fw.bin", "it has nothing for version 1 of the chip's ROM; install "
				       "the package firmware-realtek again");
	file_len = realtek_patches(file, RTL8761B, 2, PATCH);
	put_firmware();
	put("rtl8761bu_config.bin", "12345678", 8);
	is_refused("rtl8761bu_config.bin",
		   "it is not a config file of Realtek (it does not begin with 55 ab 23 87); "
		   "install the package firmware-realtek again");
	assert_int_equal(rom.fragments, 0);
}

static void a_packed_file_is_the_kernel_s(void **state)
{
	char why[300];

	(void)state;
	put("rtl8761bu_fw.bin.zst", "packed", 6);
	(void)snprintf(why, sizeof(why),
		       "it is packed, and only the kernel unpacks it; sudo modprobe btusb, or sudo "
		       "unzstd %s",
		       path("rtl8761bu_fw.bin.zst"));
	is_refused("rtl8761bu_fw.bin.zst", why);
}

static void a_chip_that_does_not_take_it_is_reported(void **state)
{
	char why[300];
	const char *name = path("rtl8761bu_fw.bin");

	(void)state;
	put_firmware();
	rom.expected_len = 600; /* it wants the end in the third fragment */
	(void)snprintf(why, sizeof(why),
		       "it refused fragment 3 of 4 (Invalid HCI Command Parameters) (%s); plug it "
		       "in again",
		       name);
	is_refused(NULL, why);
	rom.expected_len = PATCH;
	rom.forgets = true;
	(void)snprintf(why, sizeof(why),
		       "it took all 4 fragments of the firmware, and still runs from its ROM (%s); "
		       "plug it in again",
		       name);
	is_refused(NULL, why);
	rom.forgets = false;
	mute = 0xfc20;
	(void)snprintf(why, sizeof(why),
		       "fragment 1 of 4: the controller did not answer Realtek Download (0xfc20) "
		       "within 2 s (%s); plug it in again",
		       name);
	is_refused(NULL, why);
}

static size_t forget_at_reset(void *ctx, uint8_t *packet, size_t len)
{
	if (packet[1] == 0x03 && packet[2] == 0x0c)
		rom.runs = false;
	return from_host(ctx, packet, len);
}

/* Not loaded again and again. */
static void a_chip_that_forgets_at_reset_is_loaded_once(void **state)
{
	(void)state;
	put_firmware();
	sim.controller.from_host = forget_at_reset;
	is_refused(NULL,
		   "it took its firmware, and runs from its ROM again after Reset; plug it in "
		   "again");
}

static void a_run_can_be_ended_while_firmware_is_loaded(void **state)
{
	(void)state;
	put_firmware();
	mute = 0xfc20;
	sim.broken = true;
	program_start("listen");
	world_pass(WORLD_S);
	assert_int_equal(rom.fragments, 1); /* it has the fragment, and does not answer */
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_CANCELLED);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(firmware_is_loaded_and_the_device_is_found_and_paired),
		CASE(the_config_is_sent_behind_it),
		CASE(firmware_stays_until_the_controller_loses_power),
		CASE(the_rom_hears_nothing),
		CASE(a_chip_that_loses_its_firmware_in_use_gets_it_again),
		CASE(a_chip_that_loses_its_power_before_it_is_up_gets_it_again),
		CASE(without_a_file_it_is_refused_as_ever),
		CASE(a_file_that_cannot_be_used_is_named),
		CASE(a_packed_file_is_the_kernel_s),
		CASE(a_chip_that_does_not_take_it_is_reported),
		CASE(a_chip_that_forgets_at_reset_is_loaded_once),
		CASE(a_run_can_be_ended_while_firmware_is_loaded),
	};
	return cmocka_run_group_tests(tests, captured_begin, captured_end);
}

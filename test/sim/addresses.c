/* SPDX-License-Identifier: MIT */
/* Controllers without an own address, with one that another has too, and with one that is set. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "crypto/bytes.h"
#include "sim/device.h"
#include "sim/sim.h"

/* ---- Two dongles of one address ---------------------------------------------------------------
 */

#define UNITS 12

static struct sim_device devices[UNITS];
static struct sim_controller second;
static unsigned own_count;
static char owns[2][32], shared_note[200];
static unsigned paired[UNITS];

static void on_event(void *ctx, const json_t *event)
{
	const char *name = json_string_value(json_object_get(event, "event"));
	const char *unit = json_string_value(json_object_get(event, "unit"));
	const char *text = json_string_value(json_object_get(event, "text"));
	unsigned last;

	(void)ctx;
	if (strcmp(name, "controller") == 0 && own_count < 2)
		(void)snprintf(owns[own_count++], sizeof(owns[0]), "%s",
			       json_string_value(
				       json_object_get(json_object_get(event, "own"), "address")));
	if (strcmp(name, "note") == 0 && strstr(text, "same public address"))
		(void)snprintf(shared_note, sizeof(shared_note), "%s", text);
	if (strcmp(name, "unit") == 0 && json_is_true(json_object_get(event, "final")) &&
	    strcmp(json_string_value(json_object_get(event, "result")), "paired") == 0 &&
	    sscanf(unit, "C4:00:00:00:00:%2x", &last) == 1 && last < UNITS)
		paired[last]++;
}

static void run_batch(const char *options)
{
	char path[] = "/tmp/blepair-list.XXXXXX";
	FILE *list = fdopen(mkstemp(path), "w");

	assert_non_null(list);
	own_count = 0;
	memset(paired, 0, sizeof(paired));
	memset(owns, 0, sizeof(owns));
	shared_note[0] = '\0';
	(void)fputs("address\n", list);
	for (size_t i = 0; i < UNITS; i++) {
		const struct crypto_address address = {1, {(uint8_t)i, 0, 0, 0, 0, 0xc4}};
		(void)fprintf(list, "C4:00:00:00:00:%02zX/random\n", i);
		sim_device_begin(&devices[i], &address);
		devices[i].sc = SMP_SC_OFF;
		sim_device_advertise(&devices[i]);
	}
	(void)fclose(list);
	program_start("batch --controller sim:1 --sc off --io none %s%s", options, path);
	program_listen(on_event, NULL);
	assert_int_equal(program_ends(600 * WORLD_S), CLI_OK);
	(void)unlink(path);
	for (size_t i = 0; i < UNITS; i++)
		assert_int_equal(paired[i], 1);
	assert_int_equal(own_count, 2);
}

/* Who the units know: the address of the central of their last link. */
static unsigned units_of(const char *address)
{
	unsigned count = 0;
	char text[ADDRESS_TEXT];

	for (size_t i = 0; i < UNITS; i++)
		count += strcmp(address_format(&devices[i].received.identity, text), address) == 0;
	return count;
}

static void two_dongles_of_one_address_are_two_identities(void **state)
{
	(void)state;
	sim_controller_add(&second, "sim:1", raw_peer_address(SIM_ADDRESS).octets);
	run_batch("");
	assert_string_not_equal(owns[0], owns[1]);
	assert_true(units_of(owns[0]) > 0 && units_of(owns[1]) > 0);
	assert_int_equal(units_of(owns[0]) + units_of(owns[1]), UNITS);
	assert_int_equal(strcmp(owns[0], "00:1B:DC:00:00:01") == 0, 1);
	if (!strstr(shared_note, "same public address as sim:") ||
	    !strstr(shared_note, "00:1B:DC:00:00:01: using a static random one"))
		fail_msg("%s", shared_note);
}

static void two_dongles_without_an_address_are_two_identities(void **state)
{
	static const uint8_t zeros[6];

	(void)state;
	memset(sim.controller.address, 0xff, 6);
	sim_controller_add(&second, "sim:1", zeros);
	run_batch("");
	assert_string_not_equal(owns[0], owns[1]);
	assert_true(units_of(owns[0]) > 0 && units_of(owns[1]) > 0);
	assert_int_equal(units_of(owns[0]) + units_of(owns[1]), UNITS);
}

static void two_addresses_are_left_as_they_are(void **state)
{
	(void)state;
	sim_controller_add(&second, "sim:1", raw_peer_address("00:1B:DC:00:00:02/public").octets);
	run_batch("");
	assert_int_equal(units_of("00:1B:DC:00:00:01") + units_of("00:1B:DC:00:00:02"), UNITS);
	assert_string_equal(shared_note, "");
}

static void a_public_address_that_is_demanded_is_shared(void **state)
{
	(void)state;
	sim_controller_add(&second, "sim:1", raw_peer_address(SIM_ADDRESS).octets);
	run_batch("--own-address public ");
	assert_string_equal(owns[0], owns[1]);
	assert_int_equal(units_of("00:1B:DC:00:00:01"), UNITS);
	assert_non_null(strstr(shared_note, "nevertheless, as --own-address demands"));
}

/* ---- Commands of the maker --------------------------------------------------------------------
 */

#define ZEPHYR_STATIC	   0xfc09
#define ZEPHYR_SET_ADDRESS 0xfc06
#define CSR_COMMAND	   0xfc00

enum firmware {
	ZEPHYR,	    /* does what it is asked to */
	STUBBORN,   /* says so, and keeps its address */
	CSR_ON_USB, /* leaves the bus to restart */
};

static enum firmware firmware;
static unsigned asked, set_count;

static void complete(uint16_t opcode, const char *returned, size_t len)
{
	uint8_t p[60] = {HCI_EVENT, HCI_COMMAND_COMPLETE, (uint8_t)(3 + len), 1};

	bytes_put_le16(p + 4, opcode);
	memcpy(p + 6, returned, len);
	sim_controller_inject(&sim.controller, p, 6 + len);
}

static void take_bccmd(const uint8_t *p)
{
	static const uint8_t done[] = {HCI_EVENT, 0xff, 11, 0xc2, 1, 0, 12, 0, 1, 0, 3, 0x70, 0, 0};

	if (bytes_get_le16(p + 7) == 0x4002) {
		sim_controller_vanish(&sim.controller);
		return;
	}
	const uint8_t address[6] = {p[19], p[20], p[17], p[21], p[23], p[24]};
	set_count++;
	memcpy(sim.controller.address, address, 6);
	sim_controller_inject(&sim.controller, done, sizeof(done));
}

static size_t take_command(void *ctx, uint8_t *packet, size_t len)
{
	static const char made[] = "\0\1\x11\x22\x33\x44\x55\xe6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	const uint16_t opcode = bytes_get_le16(packet + 1);

	(void)ctx;
	if (packet[0] != HCI_COMMAND || opcode >> 10 != 0x3f)
		return len;
	if (opcode == ZEPHYR_STATIC) {
		asked++;
		complete(opcode, made, sizeof(made) - 1);
	} else if (opcode == CSR_COMMAND && firmware == CSR_ON_USB) {
		take_bccmd(packet + 4);
	} else if (opcode == ZEPHYR_SET_ADDRESS && firmware != CSR_ON_USB) {
		set_count++;
		if (firmware == ZEPHYR)
			memcpy(sim.controller.address, packet + 4, 6);
		complete(opcode, "\0", 1);
	} else {
		return len;
	}
	return 0;
}

static void have(enum firmware f)
{
	static const uint8_t csr[8] = {0x06, 0xbb, 0x22, 0x06, 0x0a, 0x00, 0xbb, 0x22};

	firmware = f;
	asked = set_count = 0;
	sim.controller.from_host = take_command;
	sim.controller.version = f == CSR_ON_USB ? csr : NULL;
}

static const char *field(const char *event, const char *name)
{
	const json_t *value = json_object_get(program_event(event), name);

	if (json_is_object(value))
		value = json_object_get(value, "address");
	return json_is_string(value) ? json_string_value(value) : "";
}

static void zephyr_is_known_by_the_address_of_its_chip(void **state)
{
	struct reference_peer p;

	(void)state;
	have(ZEPHYR);
	memset(sim.controller.address, 0, 6);
	reference_peer_begin(&p, &sim.peer);
	sim_pair(NO_OPTIONS);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(asked, 1);
	assert_string_equal(field("controller", "own"), "E6:55:44:33:22:11");
	assert_int_equal(p.received.identity.type, ADDRESS_RANDOM);
	assert_memory_equal(p.received.identity.octets, "\x11\x22\x33\x44\x55\xe6", 6);
}

static void an_address_is_set_and_used(void **state)
{
	struct reference_peer p;

	(void)state;
	have(ZEPHYR);
	reference_peer_begin(&p, &sim.peer);
	sim_pair("--set-address 00:1B:DC:07:32:AA");
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(set_count, 1);
	assert_string_equal(field("controller", "own"), "00:1B:DC:07:32:AA");
	assert_int_equal(p.received.identity.type, ADDRESS_PUBLIC);
	assert_memory_equal(p.received.identity.octets, "\xaa\x32\x07\xdc\x1b\x00", 6);
}

static void info_sets_an_address_that_the_controller_has_not(void **state)
{
	(void)state;
	have(ZEPHYR);
	for (int run = 0; run < 2; run++) {
		program_start("info --set-address 00:1B:DC:07:32:AA");
		assert_int_equal(sim_ends(), CLI_OK);
		assert_string_equal(field("info", "public_address"), "00:1B:DC:07:32:AA");
		assert_string_equal(field("info", "address_state"), "own");
		assert_string_equal(field("info", "set_address"), "until it loses power");
		assert_int_equal(set_count, 1);
	}
}

static void info_tells_what_is_wrong_with_an_address(void **state)
{
	(void)state;
	have(ZEPHYR);
	memcpy(sim.controller.address, raw_peer_address("00:03:19:9E:8B:00/public").octets, 6);
	program_start("info");
	assert_int_equal(sim_ends(), CLI_OK);
	assert_true(json_is_false(json_object_get(program_event("info"), "has_public_address")));
	assert_string_equal(field("info", "address_state"), "shared");
	assert_string_equal(field("info", "address_default_of"), "Intel");
	assert_string_equal(field("info", "static_address"), "E6:55:44:33:22:11");
}

/* Nothing goes on air under an address that was not wanted. */
static void an_address_that_is_not_kept_ends_the_run(void **state)
{
	(void)state;
	have(STUBBORN);
	raw_peer_advertise(&sim.peer);
	program_start("--set-address 00:1B:DC:07:32:AA %s", RAW_PEER_ADDRESS);
	sim.broken = true; /* it is left as it is */
	assert_int_equal(program_ends(100 * WORLD_S), CLI_NO_CONTROLLER);
	assert_non_null(strstr(program_result("text"),
			       "but its address is 00:1B:DC:00:00:01; leave out "
			       "--set-address"));
	assert_null(program_event("scanning"));
}

static void a_maker_without_a_published_command_ends_the_run(void **state)
{
	static const uint8_t realtek[8] = {0x0a, 0x22, 0xd9, 0x0a, 0x5d, 0x00, 0x22, 0xd9};

	(void)state;
	sim.controller.version = realtek;
	sim.broken = true;
	program_start("info --set-address 00:1B:DC:07:32:AA");
	assert_int_equal(program_ends(100 * WORLD_S), CLI_NO_CONTROLLER);
	assert_non_null(strstr(program_result("text"), "a controller of Realtek"));
}

/* It comes back as another device of the bus: the next run finds it. */
static void a_controller_that_leaves_to_restart_is_not_lost(void **state)
{
	(void)state;
	have(CSR_ON_USB);
	program_start("info --set-address 00:1B:DC:07:32:AA");
	assert_int_equal(program_ends(100 * WORLD_S), CLI_CONTROLLER_FAILED);
	assert_non_null(strstr(program_result("text"), "has left its bus to restart with the "
						       "address of --set-address: run the same "
						       "command again"));
	sim.controller.vanished = false;
	program_start("info --set-address 00:1B:DC:07:32:AA");
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(set_count, 1);
	assert_string_equal(field("info", "public_address"), "00:1B:DC:07:32:AA");
}

static void one_address_is_not_set_for_two_controllers(void **state)
{
	char path[] = "/tmp/blepair-list.XXXXXX";
	FILE *list = fdopen(mkstemp(path), "w");

	(void)state;
	assert_non_null(list);
	(void)fputs("address\nC4:00:00:00:00:01/random\n", list);
	(void)fclose(list);
	sim_controller_add(&second, "sim:1", raw_peer_address("00:1B:DC:00:00:02/public").octets);
	program_start("batch --controller sim:1 --set-address 00:1B:DC:07:32:AA %s", path);
	assert_int_equal(program_ends(100 * WORLD_S), CLI_USAGE);
	(void)unlink(path);
	assert_non_null(strstr(program_result("text"), "for one controller, and this run has 2"));
	assert_int_equal(sim.controller.opened, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sim_begin, sim_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_dongles_of_one_address_are_two_identities),
		TEST(two_dongles_without_an_address_are_two_identities),
		TEST(two_addresses_are_left_as_they_are),
		TEST(a_public_address_that_is_demanded_is_shared),
		TEST(zephyr_is_known_by_the_address_of_its_chip),
		TEST(an_address_is_set_and_used),
		TEST(info_sets_an_address_that_the_controller_has_not),
		TEST(info_tells_what_is_wrong_with_an_address),
		TEST(an_address_that_is_not_kept_ends_the_run),
		TEST(a_maker_without_a_published_command_ends_the_run),
		TEST(a_controller_that_leaves_to_restart_is_not_lost),
		TEST(one_address_is_not_set_for_two_controllers),
	};
	return cmocka_run_group_tests_name("sim/addresses", tests, NULL, NULL);
}

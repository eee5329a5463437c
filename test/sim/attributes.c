/* SPDX-License-Identifier: MIT */
/*
 * Attributes of the peer that are read, written and judged: good peers of every level, and bad
 * ones; and what it costs in connection events.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "l2cap/att_client.h"
#include "sim/device.h"
#include "sim/gatt.h"
#include "sim/radio.h"
#include "sim/sim.h"

static struct sim_device device;
static struct sim_gatt gatt;
static struct crypto_keypair keypair;

/* The answer goes out as ATT, when the device has a link. */
static void send_att(void *ctx, const uint8_t *pdu, size_t len)
{
	sim_device_send_att(ctx, pdu, len);
}

static int begin(void **state)
{
	static const struct radio radio = {.seed = 1};

	if (sim_begin(state) || crypto_p256_generate(&keypair, crypto_random, NULL))
		return -1;
	radio_on(&radio);
	const struct crypto_address address = raw_peer_address("C0:FF:EE:00:00:02/random");
	sim_device_begin(&device, &address);
	sim_gatt_begin(&gatt, send_att, &device);
	device.gatt = &gatt;
	device.keypair = &keypair;
	return 0;
}

static void start(const char *options)
{
	char address[32];

	program_start("%s%s %s%s", strstr(options, "--io ") ? "" : "--io none ", options,
		      strstr(options, "--store") ? "" : "--no-store ",
		      raw_peer_text(&device.air.address, address));
	sim_device_advertise(&device);
}

static int run(const char *options)
{
	start(options);
	return sim_ends();
}

static const json_t *attribute(size_t i)
{
	const json_t *list = json_object_get(program_event("result"), "attributes");

	assert_true(i < json_array_size(list));
	return json_array_get(list, i);
}

static const char *field(size_t i, const char *name)
{
	const char *text = json_string_value(json_object_get(attribute(i), name));

	return text ? text : "";
}

static size_t count(void)
{
	return json_array_size(json_object_get(program_event("result"), "attributes"));
}

/* ---- Values ---------------------------------------------------------------------------------- */

static void values_are_read_and_reported(void **state)
{
	(void)state;
	sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, "SN-0001");
	sim_gatt_add(&gatt, 0x2a26, LEVEL_ENCRYPTED, "1.2.3");
	assert_int_equal(run("--read serial-number --read 2a26"), CLI_OK);
	assert_string_equal(program_result("result"), "paired");
	assert_int_equal(count(), 2);
	assert_string_equal(field(0, "name"), "Serial Number");
	assert_string_equal(field(0, "text"), "SN-0001");
	assert_string_equal(field(0, "octets"), "534e2d30303031");
	assert_string_equal(field(0, "link"), "encrypted");
	assert_string_equal(field(1, "uuid"), "2A26");
	assert_string_equal(field(1, "result"), "read");
	/* Each is also an event, before the result. */
	assert_string_equal(json_string_value(json_object_get(program_event("attribute"), "text")),
			    "1.2.3");
	assert_int_equal(gatt.requests, 2);
}

/* Controls of a terminal, and what is no UTF-8, are octets. */
static void only_text_is_reported_as_text(void **state)
{
	static const char *const values[] = {"a\x1b[2J", "\xc2\x9b[2J", "a\x7f", "\xff", ""};

	for (size_t i = 0; i < COUNT(values); i++) {
		assert_int_equal(begin(state), 0);
		sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, values[i]);
		assert_int_equal(run("--read 2a25"), CLI_OK);
		assert_string_equal(field(0, "text"), "");
		assert_int_equal(strlen(field(0, "octets")), 2 * strlen(values[i]));
		if (i + 1 < COUNT(values))
			assert_int_equal(sim_end(state), 0);
	}
}

static void expectations_are_judged(void **state)
{
	static const struct {
		const char *options, *result;
		int code;
	} cases[] = {
		{"--expect 2a25=text:SN-0001", "read", CLI_OK},
		{"--expect 2a25=hex:534e2d30303031", "read", CLI_OK},
		{"--expect 2a25=re:SN-[0-9]{4}", "read", CLI_OK},
		{"--read 2a25 --expect 2a25=text:SN-0001", "read", CLI_OK},
		{"--expect 2a25=text:SN-0002", "mismatch", CLI_WRONG_ATTRIBUTE},
		{"--expect 2a25=text:SN-000", "mismatch", CLI_WRONG_ATTRIBUTE},
		{"--expect 2a25=re:SN-", "mismatch", CLI_WRONG_ATTRIBUTE},
		{"--expect 2a25=hex:", "mismatch", CLI_WRONG_ATTRIBUTE},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(begin(state), 0);
		sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, "SN-0001");
		assert_int_equal(run(cases[i].options), cases[i].code);
		assert_int_equal(count(), 1);
		assert_string_equal(field(0, "result"), cases[i].result);
		assert_int_equal(device.pairings, 1);
		if (cases[i].code)
			assert_non_null(strstr(program_result("text"),
					       "Serial Number (2A25) is \"SN-0001\", which is not "
					       "the expected value"));
		if (i + 1 < COUNT(cases))
			assert_int_equal(sim_end(state), 0);
	}
}

/* The bond of the program is that of the device. */
static bool has_bond(const char *store)
{
	char address[32];

	program_start("verify --store %s %s", store, raw_peer_text(&device.air.address, address));
	sim_device_advertise(&device);
	return sim_ends() == CLI_OK;
}

/* A unit that is not the right one must not count as paired. */
static void a_mismatch_keeps_no_bond_unless_asked_to(void **state)
{
	for (int keeps = 0; keeps < 2; keeps++) {
		char path[] = "/tmp/blepair-sim-XXXXXX", options[160], store[64];

		assert_int_equal(begin(state), 0);
		assert_non_null(mkdtemp(path));
		(void)snprintf(store, sizeof(store), "%s/bonds.db", path);
		(void)snprintf(options, sizeof(options), "--expect 2a25=text:X --store %s%s", store,
			       keeps ? " --keep-bond" : "");
		sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, "SN-0001");
		assert_int_equal(run(options), CLI_WRONG_ATTRIBUTE);
		assert_int_equal(device.pairings, 1);
		assert_non_null(strstr(program_result("detail"),
				       keeps ? "and its bond is kept" : "is not kept here"));
		assert_int_equal(has_bond(store), keeps);
		(void)unlink(store);
		(void)rmdir(path);
		if (!keeps)
			assert_int_equal(sim_end(state), 0);
	}
}

/* All are tried, and the first failure is the outcome. */
static void one_mismatch_does_not_hide_the_others(void **state)
{
	(void)state;
	sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, "SN-0001");
	sim_gatt_add(&gatt, 0x2a27, LEVEL_OPEN, "B");
	assert_int_equal(run("--expect 2a25=text:X --read 2a26 --expect 2a27=text:B"),
			 CLI_WRONG_ATTRIBUTE);
	assert_int_equal(count(), 3);
	assert_string_equal(field(0, "result"), "mismatch");
	assert_string_equal(field(1, "result"), "failed");
	assert_string_equal(field(1, "error"), "Attribute Not Found");
	assert_string_equal(field(2, "result"), "read");
	assert_int_equal(program_reason(), -1);
}

static void an_attribute_that_is_missing_is_a_failure(void **state)
{
	(void)state;
	assert_int_equal(run("--read 2a25"), CLI_WRONG_ATTRIBUTE);
	assert_int_equal(program_reason(), 0x0a);
	assert_string_equal(program_result("class"), "wrong_attribute");
	assert_string_equal(program_result("reason"), "Attribute Not Found");
}

static void a_value_is_written(void **state)
{
	(void)state;
	sim_gatt_add(&gatt, 0x2a00, LEVEL_ENCRYPTED, "old");
	assert_int_equal(run("--write-value 2a00=text:new --expect 2a00=text:new"), CLI_OK);
	assert_int_equal(gatt.writes, 1);
	assert_int_equal(gatt.attributes[0].len, 3);
	assert_memory_equal(gatt.attributes[0].value, "new", 3);
	assert_string_equal(field(0, "action"), "write");
	assert_string_equal(field(0, "result"), "written");
	assert_string_equal(field(1, "result"), "read");
}

/* 30 s later: what became of it is not known, and it is not repeated. */
static void a_write_without_an_answer_is_unknown(void **state)
{
	(void)state;
	sim_gatt_add(&gatt, 0x2a00, LEVEL_ENCRYPTED, "old");
	gatt.fault = SIM_GATT_DEAF_TO_WRITE;
	assert_int_equal(run("--write-value 2a00=text:new"), CLI_TIMED_OUT);
	assert_int_equal(gatt.writes, 1);
	assert_string_equal(field(0, "result"), "unknown");
	assert_non_null(strstr(program_result("detail"), "unknown"));
}

static void long_values_are_read_whole(void **state)
{
	static const size_t lengths[] = {18, 19, 20, 40, 41, 42, 63, 64, 300, 511, 512};

	for (size_t i = 0; i < COUNT(lengths); i++) {
		assert_int_equal(begin(state), 0);
		struct sim_attribute *a = sim_gatt_add(&gatt, 0x2a24, LEVEL_OPEN, "");
		a->len = lengths[i];
		memset(a->value, 'x', a->len);
		assert_int_equal(run("--read 2a24"), CLI_OK);
		assert_int_equal(strlen(field(0, "text")), lengths[i]);
		assert_true(gatt.exchanges == (lengths[i] > 40));
		if (i + 1 < COUNT(lengths))
			assert_int_equal(sim_end(state), 0);
	}
}

static void a_peer_that_exchanges_no_mtu_is_read_in_small_pieces(void **state)
{
	(void)state;
	struct sim_attribute *a = sim_gatt_add(&gatt, 0x2a24, LEVEL_OPEN, "");
	a->len = 200;
	memset(a->value, 'x', a->len);
	gatt.mtu = 0;
	assert_int_equal(run("--read 2a24"), CLI_OK);
	assert_int_equal(strlen(field(0, "text")), 200);
}

/* A peer that exchanges the MTU itself has done it for both: 3.4.2.2. */
static void a_peer_that_exchanges_the_mtu_first_has_done_it_for_both(void **state)
{
	(void)state;
	struct sim_attribute *a = sim_gatt_add(&gatt, 0x2a24, LEVEL_OPEN, "");
	a->len = 200;
	memset(a->value, 'x', a->len);
	gatt.fault = SIM_GATT_NOTIFIES; /* it offers 64 */
	assert_int_equal(run("--read 2a25 --read 2a24"), CLI_WRONG_ATTRIBUTE);
	assert_int_equal(strlen(field(1, "text")), 200);
	assert_int_equal(gatt.exchanges, 0);
	assert_int_equal(gatt.answered_mtu, ATT_CLIENT_MTU);
}

static bool has_read(void *ctx)
{
	(void)ctx;
	return gatt.requests > 0;
}

/* ---- Bad peers ------------------------------------------------------------------------------- */

static void bad_answers_are_bounded_and_explained(void **state)
{
	static const struct {
		enum sim_gatt_fault fault;
		int code;
		const char *text;
	} cases[] = {
		{SIM_GATT_SILENT, CLI_TIMED_OUT, "Read By Type Request"},
		{SIM_GATT_SHORT, CLI_WRONG_ATTRIBUTE, "wrong length"},
		{SIM_GATT_ENDLESS, CLI_WRONG_ATTRIBUTE, "more than 512 octets"},
		{SIM_GATT_OTHER_HANDLE, CLI_WRONG_ATTRIBUTE, "handle out of range"},
		{SIM_GATT_OTHER_OPCODE, CLI_WRONG_ATTRIBUTE, "response to another request"},
		{SIM_GATT_NOTIFIES, CLI_OK, "paired"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(begin(state), 0);
		sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, "SN-0001");
		gatt.fault = cases[i].fault;
		const uint64_t before = world_now();
		assert_int_equal(run("--read 2a25"), cases[i].code);
		assert_true(world_now() - before < 40 * WORLD_S);
		assert_non_null(strstr(program_result("text"), cases[i].text));
		assert_true(gatt.requests < 40);
		assert_int_equal(count(), 1);
		if (i + 1 < COUNT(cases))
			assert_int_equal(sim_end(state), 0);
	}
}

/* In clear, before the pairing: none of them is paired. */
static void bad_answers_in_clear_are_bounded_too(void **state)
{
	static const struct {
		enum sim_gatt_fault fault;
		int code;
	} cases[] = {
		{SIM_GATT_SILENT, CLI_TIMED_OUT},
		{SIM_GATT_SHORT, CLI_WRONG_ATTRIBUTE},
		{SIM_GATT_ENDLESS, CLI_WRONG_ATTRIBUTE},
		{SIM_GATT_OTHER_HANDLE, CLI_WRONG_ATTRIBUTE},
		{SIM_GATT_OTHER_OPCODE, CLI_WRONG_ATTRIBUTE},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(begin(state), 0);
		sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, "SN-0001");
		gatt.fault = cases[i].fault;
		const uint64_t before = world_now();
		assert_int_equal(run("--trigger read=2a25"), cases[i].code);
		assert_true(world_now() - before < 40 * WORLD_S);
		assert_int_equal(device.pairings, 0);
		assert_int_equal(count(), 1);
		assert_string_equal(field(0, "result"), "failed");
		if (i + 1 < COUNT(cases))
			assert_int_equal(sim_end(state), 0);
	}
}

/* The link ends while a value is tried in clear: there was no pairing. */
static void a_link_that_breaks_in_clear_is_a_failure(void **state)
{
	(void)state;
	sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, "SN-0001");
	gatt.fault = SIM_GATT_SILENT;
	start("--trigger read=2a25");
	assert_true(world_until(has_read, NULL, 10 * WORLD_S));
	sim_device_leave(&device, 0x13);
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);
	assert_int_equal(device.pairings, 0);
}

/* The time of ATT counts, not the shorter one of the proof of delivery. */
static void a_slow_answer_is_waited_for(void **state)
{
	(void)state;
	sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, "SN-0001");
	gatt.fault = SIM_GATT_SILENT;
	const uint64_t before = world_now();
	assert_int_equal(run("--read 2a25"), CLI_TIMED_OUT);
	assert_true(world_now() - before > 30 * WORLD_S);
}

/* A pairing whose attributes are not read is no success. */
static void a_link_that_breaks_meanwhile_is_a_failure(void **state)
{
	(void)state;
	sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, "SN-0001");
	gatt.fault = SIM_GATT_SILENT;
	start("--read 2a25");
	assert_true(world_until(has_read, NULL, 10 * WORLD_S));
	sim_device_leave(&device, 0x13);
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);
	assert_non_null(strstr(program_result("text"), "before all attributes were checked"));
}

static void to_give_up_meanwhile_is_no_success(void **state)
{
	(void)state;
	sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, "SN-0001");
	gatt.fault = SIM_GATT_SILENT;
	start("--read 2a25");
	assert_true(world_until(has_read, NULL, 10 * WORLD_S));
	world_pass(WORLD_S);
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_CANCELLED);
}

/* The pairing is done, but not the unit. */
static void a_controller_that_fails_meanwhile_is_no_success(void **state)
{
	(void)state;
	sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, "SN-0001");
	gatt.fault = SIM_GATT_SILENT;
	start("--read 2a25");
	assert_true(world_until(has_read, NULL, 10 * WORLD_S));
	world_pass(WORLD_S);
	sim_controller_vanish(&sim.controller);
	assert_int_equal(sim_ends(), CLI_CONTROLLER_FAILED);
}

/* ---- Protection ------------------------------------------------------------------------------ */

static const char *const levels[] = {"open", "encrypted", "authenticated", "secure"};

/* A profile of one attribute, and more of its members. Returns --profile and its name. */
static const char *profile(const char *more)
{
	static char option[64];
	static const char path[] = "/tmp/blepair-sim-profile.json";
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	(void)fprintf(file, "{\"attributes\": [{\"characteristic\": \"2A25\"%s}]}", more);
	assert_int_equal(fclose(file), 0);
	(void)snprintf(option, sizeof(option), "--profile %s", path);
	return option;
}

/* A pairing of that level, with the device's side set up for it. */
static const char *pairing(enum security_level level)
{
	if (level == LEVEL_ENCRYPTED)
		return "--io none";
	device.io = SMP_IO_KEYBOARD_ONLY;
	device.mitm = SMP_MITM_PREFER;
	device.passkey = 123456;
	return level == LEVEL_SECURE
		       ? "--io display --passkey 123456 --sc only"
		       : "--io display --passkey 123456 --sc off --legacy-passkey-mitm";
}

/* What must become of a unit that gives the attribute from the level given on. */
static int expected(enum security_level given, int refused, enum security_level link)
{
	const bool allowed = link >= given;

	if (refused && given == LEVEL_OPEN)
		return CLI_UNPROTECTED; /* in clear */
	if ((int)link < refused)
		return allowed ? CLI_UNPROTECTED : CLI_OK;
	return allowed ? CLI_OK : CLI_WRONG_ATTRIBUTE;
}

static void every_level_is_held_against_every_demand(void **state)
{
	for (int given = LEVEL_OPEN; given <= LEVEL_SECURE; given++) {
		for (int refused = 0; refused <= LEVEL_SECURE; refused++) {
			for (int link = LEVEL_ENCRYPTED; link <= LEVEL_SECURE; link++) {
				char more[96] = "", options[256];
				assert_int_equal(begin(state), 0);
				sim_gatt_add(&gatt, 0x2a25, (enum security_level)given, "SN");
				if (refused)
					(void)snprintf(more, sizeof(more),
						       ", \"refused\": \"%s\", \"allowed\": \"%s\"",
						       levels[refused - 1], levels[refused]);
				(void)snprintf(options, sizeof(options), "%s %s",
					       pairing((enum security_level)link), profile(more));
				const int code = run(options);
				if (code != expected((enum security_level)given, refused,
						     (enum security_level)link))
					print_error("given %s, refused %d, link %s: %d, %s\n",
						    levels[given], refused, levels[link], code,
						    program_result("text"));
				assert_int_equal(code, expected((enum security_level)given, refused,
								(enum security_level)link));
				/* One that gives it away in clear is not paired. */
				assert_int_equal(device.pairings,
						 !(refused && given == LEVEL_OPEN));
				assert_int_equal(sim_end(state), 0);
			}
		}
	}
	assert_int_equal(begin(state), 0);
}

static void only_a_refusal_for_security_protects(void **state)
{
	static const struct {
		uint8_t error;
		const char *result;
	} refusals[] = {{0x05, "refused"},
			{0x08, "refused"},
			{0x0c, "refused"},
			{0x0f, "refused"},
			{0x0a, "failed"}};

	for (size_t i = 0; i < COUNT(refusals); i++) {
		assert_int_equal(begin(state), 0);
		sim_gatt_add(&gatt, 0x2a25, LEVEL_ENCRYPTED, "SN")->refusal = refusals[i].error;
		assert_int_equal(
			run(profile(", \"refused\": \"open\", \"allowed\": \"encrypted\"")),
			CLI_OK);
		assert_string_equal(field(0, "result"), refusals[i].result);
		assert_string_equal(field(0, "link"), "open");
		assert_string_equal(field(1, "result"), "read");
		if (i + 1 < COUNT(refusals))
			assert_int_equal(sim_end(state), 0);
	}
}

/* Vol 3 Part C 12.7: mode 1, level 2 is an encrypted link. */
static void its_security_levels_must_not_contradict(void **state)
{
	static const struct {
		const char *value;
		size_t len;
		int code;
	} cases[] = {{"\1\2", 2, CLI_OK},
		     {"\1\3\1\4", 4, CLI_OK},
		     {"\2\1", 2, CLI_OK},
		     {"\1\1", 2, CLI_WRONG_ATTRIBUTE},
		     {"\1\4\1\1", 4, CLI_WRONG_ATTRIBUTE},
		     {"\1", 1, CLI_WRONG_ATTRIBUTE},
		     {"\1\5", 2, CLI_WRONG_ATTRIBUTE}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(begin(state), 0);
		sim_gatt_add(&gatt, 0x2a25, LEVEL_ENCRYPTED, "SN");
		struct sim_attribute *a = sim_gatt_add(&gatt, 0x2bf5, LEVEL_OPEN, "");
		memcpy(a->value, cases[i].value, cases[i].len);
		a->len = cases[i].len;
		assert_int_equal(
			run(profile(", \"refused\": \"open\", \"allowed\": \"encrypted\"")),
			cases[i].code);
		assert_string_equal(field(2, "name"), "LE GATT Security Levels");
		if (i + 1 < COUNT(cases))
			assert_int_equal(sim_end(state), 0);
	}
}

static void a_secret_value_is_reported_nowhere(void **state)
{
	(void)state;
	sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, "HUSH-HUSH");
	assert_int_equal(run(profile(", \"expect\": \"text:OTHER\", \"secret\": true")),
			 CLI_WRONG_ATTRIBUTE);
	assert_string_equal(field(0, "result"), "mismatch");
	char *all = json_dumps(program_events(), 0);
	assert_null(strstr(all, "HUSH"));
	assert_null(strstr(all, "485553"));
	assert_null(strstr(program_errors(), "HUSH"));
	free(all);
}

/* The service limits where the characteristic is looked for, at the cost of one request. */
static void a_service_is_found_first(void **state)
{
	(void)state;
	sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, "SN");
	assert_int_equal(run(profile(", \"service\": \"180A\"")), CLI_OK);
	assert_int_equal(gatt.requests, 2);
	assert_int_equal(gatt.opcodes[0], 0x06);
	assert_string_equal(field(0, "service"), "180A");
}

/* ---- A batch --------------------------------------------------------------------------------- */

static const json_t *unit(const char *label)
{
	const json_t *found = NULL, *event;
	size_t i;

	json_array_foreach(program_events(), i, event)
	{
		const char *name = json_string_value(json_object_get(event, "event"));
		const char *is = json_string_value(json_object_get(event, "label"));
		if (name && strcmp(name, "unit") == 0 && is && strcmp(is, label) == 0)
			found = event;
	}
	assert_non_null(found);
	return found;
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* Two units, whose serial numbers the list has; the second one is another unit. */
static void a_column_expects_a_value_of_each_unit(void **state)
{
	static const char path[] = "/tmp/blepair-sim-list.csv";
	static struct sim_device second;
	static struct sim_gatt its;
	const struct crypto_address address = raw_peer_address("C0:FF:EE:00:00:03/random");
	FILE *list = fopen(path, "we");

	(void)state;
	assert_non_null(list);
	(void)fprintf(list, "address,label,expect.serial-number\n"
			    "C0:FF:EE:00:00:02/random,SN-0001,SN-0001\n"
			    "C0:FF:EE:00:00:03/random,SN-0002,SN-0002\n");
	assert_int_equal(fclose(list), 0);
	sim_device_begin(&second, &address);
	sim_gatt_begin(&its, send_att, &second);
	second.gatt = &its;
	second.keypair = &keypair;
	sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, "SN-0001");
	sim_gatt_add(&gatt, 0x2a26, LEVEL_OPEN, "1.0");
	sim_gatt_add(&its, 0x2a25, LEVEL_OPEN, "SN-0003");
	sim_gatt_add(&its, 0x2a26, LEVEL_OPEN, "1.0");
	program_start("batch --no-store --expect 2a26=text:1.0 %s", path);
	sim_device_advertise(&device);
	sim_device_advertise(&second);
	assert_int_equal(sim_ends(), CLI_UNITS_FAILED);
	const json_t *good = unit("SN-0001"), *bad = unit("SN-0002");
	assert_string_equal(text_of(good, "result"), "paired");
	const json_t *serial = json_array_get(json_object_get(good, "attributes"), 1);
	assert_string_equal(text_of(serial, "text"), "SN-0001");
	assert_string_equal(text_of(bad, "class"), "wrong_attribute");
	assert_string_equal(text_of(bad, "cause"), "wrong_attribute");
	assert_true(json_is_true(json_object_get(bad, "final")));
	assert_int_equal(json_array_size(json_object_get(bad, "attributes")), 2);
	assert_int_equal(second.pairings, 1); /* it is not tried again */
}

static bool has_written(void *ctx)
{
	(void)ctx;
	return gatt.writes > 0;
}

/* The answer to the write is lost with the link: the next attempt reads before it writes. */
static void a_write_whose_answer_is_lost_is_read_back(void **state)
{
	static const struct {
		const char *kept; /* what the device has after the write */
		unsigned writes;
	} cases[] = {{NULL, 1}, {"old", 2}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(begin(state), 0);
		sim_gatt_add(&gatt, 0x2a00, LEVEL_ENCRYPTED, "old");
		gatt.fault = SIM_GATT_DEAF_TO_WRITE;
		start("--retry 1 --write-value 2a00=text:new");
		assert_true(world_until(has_written, NULL, 10 * WORLD_S));
		gatt.fault = SIM_GATT_FINE;
		if (cases[i].kept) {
			gatt.attributes[0].len = strlen(cases[i].kept);
			memcpy(gatt.attributes[0].value, cases[i].kept, gatt.attributes[0].len);
		}
		sim_device_leave(&device, 0x13);
		sim_device_advertise(&device);
		assert_int_equal(sim_ends(), CLI_OK);
		assert_int_equal(gatt.writes, cases[i].writes);
		assert_int_equal(gatt.attributes[0].len, 3);
		assert_memory_equal(gatt.attributes[0].value, "new", 3);
		assert_string_equal(field(0, "result"), "written");
		if (i + 1 < COUNT(cases))
			assert_int_equal(sim_end(state), 0);
	}
}

/* ---- The trigger ----------------------------------------------------------------------------- */

static void a_refused_access_begins_the_pairing(void **state)
{
	static const uint8_t refusals[] = {0x05, 0x08, 0x0c, 0x0f};

	for (size_t i = 0; i < COUNT(refusals); i++) {
		assert_int_equal(begin(state), 0);
		sim_gatt_add(&gatt, 0x2a25, LEVEL_ENCRYPTED, "SN-0001")->refusal = refusals[i];
		assert_int_equal(run("--trigger read=2a25"), CLI_OK);
		assert_int_equal(count(), 2);
		assert_string_equal(field(0, "link"), "open");
		assert_string_equal(field(0, "result"), "refused");
		assert_string_equal(field(1, "result"), "read");
		assert_int_equal(device.pairings, 1);
		if (i + 1 < COUNT(refusals))
			assert_int_equal(sim_end(state), 0);
	}
}

static void a_security_request_at_any_time_is_taken(void **state)
{
	static const uint64_t delays[] = {1, 20 * WORLD_MS, 300 * WORLD_MS, 3 * WORLD_S};

	for (size_t i = 0; i < COUNT(delays); i++) {
		for (int refuses = 0; refuses < 2; refuses++) {
			assert_int_equal(begin(state), 0);
			sim_gatt_add(&gatt, 0x2a25, refuses ? LEVEL_ENCRYPTED : LEVEL_OPEN, "SN");
			device.asks_after = delays[i];
			assert_int_equal(run("--trigger read=2a25"), CLI_OK);
			assert_int_equal(device.pairings, 1);
			if (i + 1 < COUNT(delays) || !refuses)
				assert_int_equal(sim_end(state), 0);
		}
	}
}

/* Some hold the answer back until the link is encrypted, and ask for that. */
static void an_answer_that_is_held_back_is_waited_for(void **state)
{
	(void)state;
	sim_gatt_add(&gatt, 0x2a25, LEVEL_ENCRYPTED, "SN-0001");
	sim_gatt_add(&gatt, 0x2a26, LEVEL_ENCRYPTED, "1.0");
	gatt.fault = SIM_GATT_HELD;
	device.asks_after = 10 * WORLD_MS;
	const uint64_t before = world_now();
	assert_int_equal(run("--trigger read=2a25 --read 2a26"), CLI_OK);
	assert_true(world_now() - before < 3 * WORLD_S);
	assert_string_equal(field(count() - 1, "text"), "1.0");
	assert_string_equal(field(count() - 2, "text"), "SN-0001");
}

static void a_trigger_that_triggers_nothing_is_a_failure(void **state)
{
	(void)state;
	sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, "SN-0001");
	assert_int_equal(run("--trigger read=2a25"), CLI_UNPROTECTED);
	assert_int_equal(device.pairings, 0);
	assert_string_equal(program_result("class"), "unprotected");
	assert_non_null(strstr(program_result("text"), "no Security Request"));
}

/* ---- Cost ------------------------------------------------------------------------------------ */

/* A request goes out in one connection event, and the next one in the event after its answer's. */
static void each_request_takes_two_connection_events(void **state)
{
	(void)state;
	sim_gatt_add(&gatt, 0x2a24, LEVEL_OPEN, "M");
	sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, "SN-0001");
	sim_gatt_add(&gatt, 0x2a26, LEVEL_OPEN, "1.0");
	assert_int_equal(run("--read 2a24 --read 2a25 --read 2a26"), CLI_OK);
	assert_int_equal(gatt.requests, 3);
	print_message("three reads: %llu connection events\n",
		      (unsigned long long)(device.att_last - device.att_first + 1));
	assert_int_equal(device.att_last - device.att_first, 2 * 2);
	/* The first one stands where the proof of delivery would: in the event of our last key. */
	assert_int_equal(device.att_first, device.last_event);
}

static void without_options_nothing_changes(void **state)
{
	(void)state;
	sim_gatt_add(&gatt, 0x2a25, LEVEL_OPEN, "SN-0001");
	assert_int_equal(run("--sc prefer"), CLI_OK);
	assert_int_equal(gatt.requests, 1); /* the proof of delivery */
	assert_int_equal(gatt.opcodes[0], 0x04);
	assert_null(json_object_get(program_event("result"), "attributes"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, sim_end)
#define LOOP(name) cmocka_unit_test_teardown(name, sim_end) /* it begins by itself */
	const struct CMUnitTest tests[] = {
		TEST(values_are_read_and_reported),
		LOOP(only_text_is_reported_as_text),
		LOOP(expectations_are_judged),
		LOOP(a_mismatch_keeps_no_bond_unless_asked_to),
		TEST(one_mismatch_does_not_hide_the_others),
		TEST(an_attribute_that_is_missing_is_a_failure),
		TEST(a_value_is_written),
		TEST(a_write_without_an_answer_is_unknown),
		LOOP(long_values_are_read_whole),
		TEST(a_peer_that_exchanges_no_mtu_is_read_in_small_pieces),
		TEST(a_peer_that_exchanges_the_mtu_first_has_done_it_for_both),
		LOOP(bad_answers_are_bounded_and_explained),
		LOOP(bad_answers_in_clear_are_bounded_too),
		TEST(a_link_that_breaks_in_clear_is_a_failure),
		TEST(a_slow_answer_is_waited_for),
		TEST(a_link_that_breaks_meanwhile_is_a_failure),
		TEST(to_give_up_meanwhile_is_no_success),
		TEST(a_controller_that_fails_meanwhile_is_no_success),
		LOOP(every_level_is_held_against_every_demand),
		LOOP(only_a_refusal_for_security_protects),
		LOOP(its_security_levels_must_not_contradict),
		TEST(a_secret_value_is_reported_nowhere),
		TEST(a_service_is_found_first),
		TEST(a_column_expects_a_value_of_each_unit),
		LOOP(a_write_whose_answer_is_lost_is_read_back),
		LOOP(a_refused_access_begins_the_pairing),
		LOOP(a_security_request_at_any_time_is_taken),
		TEST(an_answer_that_is_held_back_is_waited_for),
		TEST(a_trigger_that_triggers_nothing_is_a_failure),
		TEST(each_request_takes_two_connection_events),
		TEST(without_options_nothing_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * "blepair selftest" with virtual controllers: good ones pass every step, and of a broken one the
 * step that fails is named, with the reason; the steps that do not need what is broken pass.
 */
#include <stdio.h>
#include <string.h>

#include "hci/error.h"
#include "selftest/plan.h"
#include "sim/device.h"
#include "sim/sim.h"

#define GOLDEN "C4:00:00:00:00:77"

static struct sim_controller second;

static int two_controllers(void **state)
{
	if (sim_begin(state))
		return -1;
	sim_controller_add(&second, "sim:1", raw_peer_address("00:1B:DC:00:00:02/public").octets);
	return 0;
}

#define TWO "selftest -c sim:1 --listen 1"

static int ends(void)
{
	const int code = program_ends(3600 * WORLD_S);

	assert_false(sim.controller.open);
	assert_false(second.open);
	return code;
}

/* ---- Its lines ------------------------------------------------------------------------------- */

static const char *field(const json_t *line, const char *name)
{
	const char *text = json_string_value(json_object_get(line, name));

	return text ? text : "";
}

/* The nth line of a step; NULL: there is none. */
static const json_t *nth_line(const char *step, size_t nth)
{
	const json_t *event;
	size_t i;

	json_array_foreach(program_events(), i, event)
	{
		if (strcmp(field(event, "event"), "selftest") == 0 &&
		    strcmp(field(event, "step"), step) == 0 && !nth--)
			return event;
	}
	return NULL;
}

/* The line of a step on a controller. */
static const json_t *line(const char *step, const char *on)
{
	const json_t *event;

	for (size_t i = 0; (event = nth_line(step, i)); i++)
		if (strcmp(field(event, "on"), on) == 0)
			return event;
	fail_msg("no line of %s on %s", step, on);
	return NULL;
}

static const json_t *pairing(const char *model, const char *central)
{
	const json_t *event;

	for (size_t i = 0; (event = nth_line("pair", i)); i++)
		if (strcmp(field(event, "model"), model) == 0 &&
		    strcmp(field(event, "on"), central) == 0)
			return event;
	fail_msg("no line of the pairing %s of %s", model, central);
	return NULL;
}

static void assert_verdict(const json_t *event, const char *verdict, const char *words)
{
	if (strcmp(field(event, "verdict"), verdict) != 0 || !strstr(field(event, "text"), words))
		fail_msg("%s on %s is %s: %s", field(event, "title"), field(event, "on"),
			 field(event, "verdict"), field(event, "text"));
}

/* How many lines have that verdict. */
static int count(const char *verdict)
{
	const json_t *event;
	size_t i;
	int n = 0;

	json_array_foreach(program_events(), i, event)
	{
		n += strcmp(field(event, "event"), "selftest") == 0 &&
		     strcmp(field(event, "verdict"), verdict) == 0;
	}
	return n;
}

/* ---- Good controllers ------------------------------------------------------------------------ */

static void two_good_controllers_pass_every_step(void **state)
{
	static const char *const steps[] = {"bring_up", "resets", "listen"};
	static const char *const on[] = {"A", "B"};
	const struct selftest_model *models;
	size_t model_count;

	(void)state;
	models = selftest_models(&model_count);
	program_start(TWO);
	assert_int_equal(ends(), CLI_OK);
	assert_string_equal(program_result("result"), "tested");
	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < COUNT(steps); i++)
			assert_verdict(line(steps[i], on[k]), "passed", "");
		for (size_t i = 0; i < model_count; i++) {
			const json_t *event = pairing(models[i].name, on[k]);
			assert_verdict(event, "passed", "paired in ");
			assert_string_equal(field(event, "with"), on[1 - k]);
			assert_true(json_number_value(json_object_get(event, "pair_ms")) > 0);
		}
	}
	assert_int_equal(count("passed"), (int)(2 * COUNT(steps) + 2 * model_count));
	assert_verdict(line("resets", "A"), "passed", "100 of 100 answered");
	/* The other one advertises, with the signal strength of the simulator. */
	assert_verdict(line("listen", "A"), "passed", "B with -50 dBm");
	assert_true(sim.controller.clean && second.clean);
	assert_string_equal(program_errors(), "");
}

static void one_controller_needs_something_to_hear_and_pairs_with_nobody(void **state)
{
	(void)state;
	raw_peer_advertise(&sim.peer);
	program_start("selftest --resets 3 --listen 1");
	assert_int_equal(ends(), CLI_OK);
	/* One in 20 ms. */
	assert_verdict(line("listen", "A"), "passed", "50.0 a second, of 1 device");
	assert_verdict(line("pair", "A"), "skipped", "needs a second controller");
	assert_int_equal(count("passed"), 3);

	air_advertise_stop(&sim.peer.air);
	program_start("selftest --resets 3 --listen 1");
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("listen", "A"), "failed", "nothing was heard in 1 s");
}

/* LE 2M, LE Coded and extended advertising: Core Vol 6 Part B 4.6. */
#define NEWER (UINT64_C(1) << 8 | UINT64_C(1) << 11 | UINT64_C(1) << 12)

static void a_newer_controller_and_an_older_one_pass_every_step(void **state)
{
	(void)state;
	second.le_features |= NEWER;
	program_start(TWO);
	assert_int_equal(ends(), CLI_OK);
	assert_int_equal(count("passed"), 28);

	sim.controller.le_features |= NEWER;
	program_start(TWO);
	assert_int_equal(ends(), CLI_OK);
	assert_int_equal(count("passed"), 28);
}

/* Each gets a static random one for the run, and they differ. */
static void controllers_without_a_public_address_pass_every_step(void **state)
{
	(void)state;
	memset(sim.controller.address, 0, sizeof(sim.controller.address));
	memset(second.address, 0xff, sizeof(second.address));
	program_start(TWO);
	assert_int_equal(ends(), CLI_OK);
	assert_int_equal(count("passed"), 28);
	assert_string_equal(field(json_object_get(line("bring_up", "A"), "own"), "kind"),
			    "random static");
}

static unsigned masks;

static size_t count_masks(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	masks += packet[0] == HCI_COMMAND && packet[1] == (uint8_t)HCI_LE_SET_EVENT_MASK &&
		 packet[2] == HCI_LE_SET_EVENT_MASK >> 8;
	return len;
}

/* The resets undo it: Core Vol 4 Part E 7.3.2. */
static void what_the_bring_up_sets_is_set_again_after_the_resets(void **state)
{
	(void)state;
	masks = 0;
	sim.controller.from_host = count_masks;
	raw_peer_advertise(&sim.peer);
	program_start("selftest --resets 3 --listen 1");
	assert_int_equal(ends(), CLI_OK);
	assert_int_equal(masks, 2);
}

/* ---- Broken controllers ---------------------------------------------------------------------- */

static struct {
	unsigned resets; /* seen so far */
	unsigned lost;	 /* this one of them is changed... */
	uint8_t status;	 /* ...to that status; 0: it is lost */
} fault;

static bool is_answer(const uint8_t *packet, uint16_t opcode)
{
	return packet[0] == HCI_EVENT && packet[1] == HCI_COMMAND_COMPLETE &&
	       packet[4] == (uint8_t)opcode && packet[5] == opcode >> 8;
}

static size_t change_reset(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (!is_answer(packet, HCI_RESET) || ++fault.resets != fault.lost)
		return len;
	packet[6] = fault.status;
	return fault.status ? len : 0;
}

static void a_reset_that_is_lost_is_counted_and_the_rest_goes_on(void **state)
{
	(void)state;
	/* The first one is that of the bring-up. */
	fault = (__typeof__(fault)){.lost = 1 + 42};
	sim.controller.to_host = change_reset;
	program_start(TWO);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("resets", "A"), "failed", "41 of 100 answered, then: ");
	assert_verdict(line("resets", "A"), "failed", "Reset");
	assert_verdict(line("resets", "B"), "passed", "");
	assert_int_equal(count("failed"), 1);
	assert_int_equal(count("skipped"), 0);
	assert_non_null(strstr(program_result("text"), "A, resets"));
}

static void a_reset_that_is_refused_is_reported_with_its_status(void **state)
{
	(void)state;
	fault = (__typeof__(fault)){.lost = 1 + 7, .status = 0x03}; /* Hardware Failure */
	second.to_host = change_reset;
	program_start(TWO);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("resets", "B"), "failed", "6 of 100 succeeded, then: ");
	assert_verdict(line("resets", "B"), "failed", "(0x03)");
	assert_int_equal(count("failed"), 1);
}

/* It answers the bring-up, and then never again. */
static size_t die_at_reset(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	return is_answer(packet, HCI_RESET) && ++fault.resets > 1 ? 0 : len;
}

static void a_controller_that_never_answers_again_is_out_of_service(void **state)
{
	(void)state;
	fault = (__typeof__(fault)){0};
	second.to_host = die_at_reset;
	program_start(TWO);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("resets", "B"), "failed", "0 of 100 answered");
	assert_verdict(line("listen", "B"), "skipped", "B is out of service");
	assert_verdict(pairing("sc_oob", "A"), "skipped", "B is out of service");
	assert_verdict(line("resets", "A"), "passed", "");
}

#define SMP_DHKEY_CHECK 0x0d

/* The last octet of a DHKey check that it received is another one. */
static size_t spoil_dhkey_check(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_ACL && len == 9 + 17 && packet[7] == 0x06 &&
	    packet[9] == SMP_DHKEY_CHECK)
		packet[len - 1] ^= 1;
	return len;
}

static void a_wrong_dhkey_check_fails_secure_connections_only(void **state)
{
	const struct selftest_model *models;
	size_t model_count;

	(void)state;
	models = selftest_models(&model_count);
	second.to_host = spoil_dhkey_check;
	program_start(TWO);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	for (size_t i = 0; i < model_count; i++) {
		const char *verdict = models[i].secure ? "failed" : "passed";
		/* B received it, so B refuses: 0x0b, Vol 3 Part H Table 3.7. */
		const char *words =
			models[i].secure ? "B: we refused: DHKey Check Failed (0x0b)" : "";
		assert_verdict(pairing(models[i].name, "A"), verdict, words);
		assert_verdict(pairing(models[i].name, "B"), verdict, words);
	}
	assert_int_equal(count("skipped"), 0);
}

static size_t fail_encryption(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_EVENT && packet[1] == HCI_ENCRYPTION_CHANGE)
		packet[3] = HCI_PIN_OR_KEY_MISSING;
	return len;
}

static void a_controller_that_does_not_encrypt_fails_every_pairing(void **state)
{
	const json_t *event;
	size_t i;

	(void)state;
	sim.controller.to_host = fail_encryption;
	program_start(TWO);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	for (i = 0; (event = nth_line("pair", i)); i++) {
		assert_verdict(event, "failed", "A: ");
		assert_verdict(event, "failed", "(0x06)");
	}
	assert_true(i > 20);
	assert_int_equal(count("passed"), 6);
}

#define SMP_IDENTITY_INFORMATION 0x08

/* An octet of the IRK that it received is another one: nothing in the protocol notices. */
static size_t spoil_irk(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_ACL && len == 9 + 17 && packet[7] == 0x06 &&
	    packet[9] == SMP_IDENTITY_INFORMATION)
		packet[12] ^= 1;
	return len;
}

static void keys_that_differ_fail_a_pairing_that_both_ends_report_as_good(void **state)
{
	(void)state;
	second.to_host = spoil_irk;
	program_start(TWO);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(pairing("sc_just_works", "A"), "failed",
		       "both have paired, but the IRK of the central is not the same at both ends");
	assert_verdict(pairing("legacy_oob", "B"), "failed",
		       "both have paired, but the IRK of the peripheral is not the same at both "
		       "ends");
	assert_int_equal(count("passed"), 6);
}

static size_t lose_connection_complete(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	return packet[0] == HCI_EVENT && packet[1] == HCI_LE_META &&
			       packet[3] == HCI_LE_CONNECTION_COMPLETE && packet[7] == 0
		       ? 0
		       : len;
}

/* It has links as the central, and does not say so. */
static void a_controller_that_does_not_report_its_link_is_named(void **state)
{
	(void)state;
	sim.controller.to_host = lose_connection_complete;
	program_start(TWO);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(pairing("sc_oob", "A"), "failed",
		       "A: did not connect to B within 5 s; B: its link did not end in time");
	assert_verdict(pairing("sc_oob", "B"), "passed", "");
}

/* It reports no advertisement. */
static size_t hear_nothing(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	return packet[0] == HCI_EVENT && packet[1] == HCI_LE_META &&
			       packet[3] == HCI_LE_ADVERTISING_REPORT
		       ? 0
		       : len;
}

static void a_deaf_controller_is_found(void **state)
{
	(void)state;
	sim.controller.to_host = hear_nothing;
	program_start(TWO);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("listen", "A"), "failed",
		       "B was not heard in 1 s, but 0 other devices");
	assert_verdict(line("listen", "B"), "passed", "");
	assert_int_equal(count("failed"), 1);
}

/* It says that it advertises, and does not. */
static size_t stay_silent(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_COMMAND && packet[1] == (uint8_t)HCI_LE_SET_ADVERTISING_ENABLE &&
	    packet[2] == HCI_LE_SET_ADVERTISING_ENABLE >> 8)
		packet[4] = 0;
	return len;
}

static void a_mute_controller_is_found(void **state)
{
	(void)state;
	second.from_host = stay_silent;
	program_start(TWO);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("listen", "A"), "failed", "B was not heard");
	assert_verdict(pairing("sc_just_works", "A"), "failed",
		       "A: did not connect to B within 5 s; B saw no connection");
	/* Nothing of the pairing before it. */
	assert_true(json_number_value(json_object_get(pairing("sc_just_works", "A"), "pair_ms")) ==
		    0);
	assert_verdict(pairing("sc_just_works", "B"), "passed", "");
}

static void two_controllers_with_one_address_are_noticed(void **state)
{
	(void)state;
	memcpy(second.address, sim.controller.address, sizeof(second.address));
	program_start(TWO);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("bring_up", "B"), "failed", "it has the address of A");
	/* In this run B uses another one. */
	assert_verdict(pairing("sc_just_works", "A"), "passed", "");
	assert_verdict(line("resets", "B"), "passed", "");
}

/* It hears and answers nothing from the beginning. */
static size_t say_nothing(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	(void)packet;
	(void)len;
	return 0;
}

static void a_controller_that_never_comes_up_cannot_be_tested(void **state)
{
	const json_t *list;

	(void)state;
	second.to_host = say_nothing;
	program_start(TWO);
	assert_int_equal(ends(), CLI_NO_CONTROLLER);
	assert_string_equal(program_result("class"), "no_controller");
	assert_non_null(strstr(program_result("text"), "B cannot be tested: "));
	assert_non_null(strstr(program_result("text"), field(line("bring_up", "B"), "text")));
	assert_verdict(line("bring_up", "B"), "failed", "Reset");
	assert_verdict(line("resets", "B"), "skipped", "B is out of service");
	assert_verdict(line("resets", "A"), "passed", "");
	list = json_object_get(program_event("tested"), "controllers");
	assert_non_null(json_object_get(json_array_get(list, 0), "readiness"));
	assert_null(json_object_get(json_array_get(list, 1), "readiness"));
	assert_null(json_object_get(line("bring_up", "B"), "own"));
}

/* Command Disallowed. */
static size_t refuse_to_advertise(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (is_answer(packet, HCI_LE_SET_ADVERTISING_ENABLE))
		packet[6] = HCI_COMMAND_DISALLOWED;
	return len;
}

static size_t lose_buffer_size(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	return is_answer(packet, HCI_LE_READ_BUFFER_SIZE) ? 0 : len;
}

/* Of A the bring-up ends early; the company of B is in no table. */
static void what_a_controller_said_is_reported(void **state)
{
	static const uint8_t unknown[8] = {0x0a, 1, 0, 0x0a, 0xee, 0xfe, 2, 0};
	const json_t *list;

	(void)state;
	sim.controller.to_host = lose_buffer_size;
	second.version = unknown;
	program_start(TWO);
	assert_int_equal(ends(), CLI_NO_CONTROLLER);
	list = json_object_get(program_event("tested"), "controllers");
	assert_string_equal(field(json_array_get(list, 0), "version"), "5.2");
	assert_string_equal(field(json_array_get(list, 1), "version"), "5.1");
	assert_string_equal(field(json_array_get(list, 1), "manufacturer"), "unknown");
	assert_string_equal(field(json_array_get(list, 1), "readiness"), "ready");
}

static bool is_scanning(void *ctx)
{
	return ((struct sim_controller *)ctx)->air.scanning;
}

static void a_controller_that_refuses_to_advertise_is_named(void **state)
{
	const char *text = "B: LE Set Advertising Enable: Command Disallowed (0x0c)";

	(void)state;
	second.to_host = refuse_to_advertise;
	program_start(TWO);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("listen", "A"), "failed", text);
	assert_verdict(line("listen", "B"), "passed", "");
	assert_verdict(pairing("sc_just_works", "A"), "failed", text);
	assert_verdict(pairing("sc_just_works", "B"), "passed", "");
	assert_int_equal(count("failed"), 12);
}

static size_t refuse_to_scan(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (is_answer(packet, HCI_LE_SET_SCAN_ENABLE))
		packet[6] = HCI_COMMAND_DISALLOWED;
	return len;
}

static void a_controller_that_refuses_to_scan_leaves_no_other_advertising(void **state)
{
	(void)state;
	sim.controller.to_host = refuse_to_scan;
	program_start(TWO);
	assert_true(world_until(is_scanning, &second, 60 * WORLD_S));
	assert_int_equal(second.air.advertising, 0);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("listen", "A"), "failed",
		       "A: LE Set Scan Enable: Command Disallowed (0x0c)");
	assert_int_equal(count("failed"), 1);
}

static struct late {
	size_t len;
	uint8_t packet[16];
} late;

static void deliver(void *arg)
{
	const struct late *l = arg;

	sim_controller_inject(&second, l->packet, l->len);
}

/* Each command of advertising takes almost as long as the host allows. */
static size_t advertise_slowly(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	for (uint16_t opcode = HCI_LE_SET_ADVERTISING_PARAMETERS;
	     opcode <= HCI_LE_SET_ADVERTISING_ENABLE; opcode++) {
		if (!is_answer(packet, opcode))
			continue;
		late.len = len;
		memcpy(late.packet, packet, len);
		world_post(1900 * WORLD_MS, deliver, &late, sizeof(late));
		return 0;
	}
	return len;
}

static void a_controller_that_is_slow_to_advertise_is_not_awaited(void **state)
{
	(void)state;
	second.to_host = advertise_slowly;
	program_start(TWO);
	assert_true(world_until(is_scanning, &second, 60 * WORLD_S));
	assert_int_equal(second.air.advertising, 0);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("listen", "A"), "failed", "the scan did not begin within 5 s");
	assert_verdict(line("listen", "B"), "passed", "");
	assert_verdict(pairing("sc_just_works", "A"), "failed",
		       "B did not begin to advertise within 5 s");
	assert_verdict(pairing("sc_just_works", "B"), "passed", "");
	assert_int_equal(count("failed"), 12);
}

/* Of the connections that it sets up; there is no link then. */
static uint8_t connection_status;

static void end_link(void *arg)
{
	(void)arg;
	if (sim.controller.links[0].link)
		air_break(sim.controller.links[0].link, HCI_CONNECTION_TIMEOUT);
}

static size_t fail_connection(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_EVENT && packet[1] == HCI_LE_META &&
	    packet[3] == HCI_LE_CONNECTION_COMPLETE && packet[7] == 0) {
		packet[4] = connection_status;
		world_post(0, end_link, NULL, 0);
	}
	return len;
}

static size_t lose_any_connection(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	return packet[0] == HCI_EVENT && packet[1] == HCI_LE_META &&
			       packet[3] == HCI_LE_CONNECTION_COMPLETE
		       ? 0
		       : len;
}

static void a_controller_that_cannot_connect_is_named(void **state)
{
	(void)state;
	connection_status = HCI_CONNECTION_LIMIT;
	sim.controller.to_host = fail_connection;
	program_start(TWO);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(pairing("sc_just_works", "A"), "failed",
		       "A: cannot connect to B: Connection Limit Exceeded (0x09)");
	assert_null(json_object_get(pairing("sc_just_works", "A"), "attempts"));
	assert_verdict(pairing("sc_just_works", "B"), "passed", "");
}

static bool advertises;
static unsigned disallowed; /* parameters while it advertises: Vol 4 Part E 7.8.5 */

static size_t watch_advertising(void *ctx, uint8_t *packet, size_t len)
{
	const uint16_t opcode = (uint16_t)(packet[1] | packet[2] << 8);

	(void)ctx;
	if (packet[0] != HCI_COMMAND)
		return len;
	if (opcode == HCI_LE_SET_ADVERTISING_ENABLE)
		advertises = packet[4];
	else if (opcode == HCI_RESET)
		advertises = false;
	else if (opcode == HCI_LE_SET_ADVERTISING_PARAMETERS)
		disallowed += advertises;
	return len;
}

/* As a link that is never established, of which the peripheral knows nothing. */
static void a_connection_that_is_never_established_is_tried_three_times(void **state)
{
	const json_t *event;

	(void)state;
	advertises = false;
	disallowed = 0;
	second.from_host = watch_advertising;
	connection_status = HCI_FAILED_TO_ESTABLISH;
	sim.controller.to_host = fail_connection;
	second.to_host = lose_any_connection;
	program_start(TWO);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	event = pairing("sc_just_works", "A");
	assert_verdict(event, "failed", "(0x3e); B saw no connection");
	assert_int_equal(disallowed, 0);
	assert_int_equal(json_integer_value(json_object_get(event, "attempts")), 3);
}

/* ---- Trouble in the middle ------------------------------------------------------------------- */

static bool is_pairing(void *ctx)
{
	(void)ctx;
	return sim.controller.links[0].link != NULL;
}

static void a_controller_that_is_pulled_out_fails_its_step_and_skips_the_rest(void **state)
{
	(void)state;
	program_start(TWO);
	assert_true(world_until(is_pairing, NULL, 60 * WORLD_S));
	sim_controller_vanish(&second);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(pairing("legacy_just_works", "A"), "failed", "B: ");
	assert_verdict(pairing("legacy_just_works", "B"), "skipped", "B is out of service");
	assert_int_equal(count("failed"), 1);
	/* What was skipped does not count as tried. */
	const json_t *list = json_object_get(program_event("tested"), "controllers");
	const json_t *central = json_object_get(json_array_get(list, 0), "central");
	assert_int_equal(json_integer_value(json_object_get(central, "passed")), 0);
	assert_int_equal(json_integer_value(json_object_get(central, "of")), 1);
	assert_null(json_object_get(json_array_get(list, 1), "central"));
}

static bool are_resets_over(void)
{
	for (size_t i = 0; i < json_array_size(program_events()); i++) {
		const char *step = json_string_value(
			json_object_get(json_array_get(program_events(), i), "step"));
		if (step && strcmp(step, "resets") == 0)
			return true;
	}
	return false;
}

static bool is_reset_for_next_step;

static size_t watch_for_reset(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	is_reset_for_next_step |= packet[1] == 0x03 && packet[2] == 0x0c && are_resets_over();
	return len;
}

static bool is_being_reset(void *ctx)
{
	(void)ctx;
	return is_reset_for_next_step;
}

/* While it is reset for the next step: no step is under way that could fail. */
static void goes_between_two_steps(const char *arguments)
{
	is_reset_for_next_step = false;
	sim.controller.from_host = watch_for_reset;
	program_start("%s", arguments);
	assert_true(world_until(is_being_reset, NULL, 60 * WORLD_S));
	const uint64_t gone = world_now();
	sim_controller_vanish(&sim.controller);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_true(world_now() - gone < 10 * WORLD_S);
	assert_non_null(strstr(program_result("text"), "A is out of service: "));
	assert_verdict(line("listen", "A"), "skipped", "A is out of service");
}

static void a_controller_that_goes_between_two_steps_fails_the_run(void **state)
{
	(void)state;
	goes_between_two_steps("selftest --listen 1 --resets 1");
}

static void a_controller_that_goes_between_two_steps_is_not_awaited_for_ever(void **state)
{
	(void)state;
	goes_between_two_steps("selftest --listen 1 --resets 1 --replug --replug-timeout 5");
}

static bool is_asked(void *ctx)
{
	(void)ctx;
	for (size_t i = 0; i < json_array_size(program_events()); i++) {
		const char *text = json_string_value(
			json_object_get(json_array_get(program_events(), i), "text"));
		if (text && strstr(text, "plug it in again at the same place"))
			return true;
	}
	return false;
}

static void come_back(void *arg)
{
	(void)arg;
	sim_controller_return(&sim.controller);
}

static void a_controller_that_is_plugged_in_again_passes(void **state)
{
	(void)state;
	program_start("selftest --listen 1 --resets 1 --replug");
	raw_peer_advertise(&sim.peer);
	assert_true(world_until(is_asked, NULL, 60 * WORLD_S));
	sim_controller_vanish(&sim.controller);
	world_post(5 * WORLD_S, come_back, NULL, 0);
	assert_int_equal(ends(), CLI_OK);
	assert_verdict(line("replug", "A"), "passed", "up again ");
	const double seconds = json_real_value(json_object_get(line("replug", "A"), "seconds"));
	assert_true(seconds >= 5 && seconds < 10);
}

static void a_controller_that_is_not_pulled_out_fails(void **state)
{
	(void)state;
	program_start("selftest --listen 1 --resets 1 --replug --replug-timeout 20");
	raw_peer_advertise(&sim.peer);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_int_equal(count("failed"), 1);
	assert_verdict(line("replug", "A"), "failed", "it was not pulled out within 20 s");
}

static void a_controller_that_does_not_come_back_fails(void **state)
{
	(void)state;
	program_start("selftest --listen 1 --resets 1 --replug --replug-timeout 20");
	raw_peer_advertise(&sim.peer);
	assert_true(world_until(is_asked, NULL, 60 * WORLD_S));
	sim_controller_vanish(&sim.controller);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_int_equal(count("failed"), 1);
	assert_verdict(line("replug", "A"), "failed",
		       "it is not back 20 s after it was pulled out");
}

/* Its end stops the loop; every step has a line all the same. */
static void the_steps_of_the_last_controller_that_is_gone_are_reported(void **state)
{
	(void)state;
	program_start("selftest --listen 5 --golden " GOLDEN);
	world_pass(WORLD_S);
	sim_controller_vanish(&sim.controller);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("listen", "A"), "failed", "");
	assert_verdict(line("golden", "A"), "skipped", "A is out of service");
	assert_verdict(line("pair", "A"), "skipped", "");
}

static void a_hardware_error_fails_its_step_and_the_next_ones_pass(void **state)
{
	static const uint8_t error[] = {HCI_EVENT, HCI_HARDWARE_ERROR, 1, 0x42};

	(void)state;
	program_start(TWO);
	assert_true(world_until(is_pairing, NULL, 60 * WORLD_S));
	sim_controller_inject(&sim.controller, error, sizeof(error));
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(pairing("legacy_just_works", "A"), "failed", "A: ");
	assert_int_equal(count("failed"), 1);
	assert_int_equal(count("skipped"), 0);
}

static void a_controller_that_fails_while_it_listens_leaves_no_other_advertising(void **state)
{
	static const uint8_t error[] = {HCI_EVENT, HCI_HARDWARE_ERROR, 1, 0x42};

	(void)state;
	program_start(TWO);
	assert_true(world_until(is_scanning, &sim.controller, 60 * WORLD_S));
	sim_controller_inject(&sim.controller, error, sizeof(error));
	assert_true(world_until(is_scanning, &second, 60 * WORLD_S));
	assert_int_equal(second.air.advertising, 0);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("listen", "A"), "failed", "");
	assert_int_equal(count("failed"), 1);
}

/* The second one is given up while it is about to report its own failure. */
static void two_hardware_errors_at_once_fail_one_step(void **state)
{
	static const uint8_t error[] = {HCI_EVENT, HCI_HARDWARE_ERROR, 1, 0x42};

	(void)state;
	program_start(TWO);
	assert_true(world_until(is_pairing, NULL, 60 * WORLD_S));
	sim_controller_inject(&sim.controller, error, sizeof(error));
	sim_controller_inject(&second, error, sizeof(error));
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(pairing("legacy_just_works", "A"), "failed", "");
	assert_int_equal(count("failed"), 1);
	assert_int_equal(count("skipped"), 0);
}

static void errors_again_and_again_put_a_controller_out_of_service(void **state)
{
	static const uint8_t error[] = {HCI_EVENT, HCI_HARDWARE_ERROR, 1, 0x42};

	(void)state;
	program_start(TWO);
	for (int i = 0; i < 9; i++) {
		assert_true(world_until(is_pairing, NULL, 60 * WORLD_S));
		sim_controller_inject(&sim.controller, error, sizeof(error));
		world_pass(100 * WORLD_MS);
	}
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_int_equal(count("failed"), 9);
	assert_verdict(pairing("sc_oob", "B"), "skipped", "A is out of service");
}

/* ---- Strangers --------------------------------------------------------------------------------
 */

static void a_stranger_that_connects_while_advertisements_are_counted_is_sent_away(void **state)
{
	(void)state;
	program_start(TWO);
	(void)program_expect("selftest", 60 * WORLD_S);
	raw_peer_connect(&sim.peer, &(struct crypto_address){.octets = {2, 0, 0, 0xdc, 0x1b, 0}});
	assert_int_equal(ends(), CLI_OK);
	assert_true(sim.peer.link == NULL);
	assert_int_equal(count("passed"), 28);
}

static unsigned sent_away; /* links with handle 0x77 */

static size_t watch_disconnect(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	sent_away += packet[0] == HCI_COMMAND && packet[1] == 0x06 && packet[2] == 0x04 &&
		     packet[4] == 0x77 && packet[6] == HCI_REMOTE_USER_TERMINATED;
	return len;
}

static void inject_link(struct sim_controller *c, bool central)
{
	const uint8_t packet[] = {HCI_EVENT, HCI_LE_META, 19, 1, 0,  0x77, 0, !central, 1,   1, 2,
				  3,	     4,		  5,  6, 24, 0,	   0, 0,	100, 0, 0};

	sim_controller_inject(c, packet, sizeof(packet));
}

static bool are_resets_under_way(void *ctx)
{
	(void)ctx;
	return nth_line("bring_up", 1) != NULL;
}

/* A controller without a step has no links either. */
static void a_link_that_no_step_wants_is_ended(void **state)
{
	(void)state;
	sent_away = 0;
	second.from_host = watch_disconnect;
	program_start(TWO);
	assert_true(world_until(are_resets_under_way, NULL, 60 * WORLD_S));
	inject_link(&second, false);
	world_pass(WORLD_MS);
	assert_int_equal(sent_away, 1);
	assert_int_equal(ends(), CLI_OK);

	/* In a pairing, beside its link, and in the other role. */
	for (int central = 0; central < 2; central++) {
		sent_away = 0;
		program_start(TWO);
		assert_true(world_until(is_pairing, NULL, 60 * WORLD_S));
		inject_link(&second, central);
		assert_int_equal(ends(), CLI_OK);
		assert_int_equal(sent_away, 1);
	}
}

static bool is_connecting(void *ctx)
{
	(void)ctx;
	return nth_line("listen", 1) && sim.controller.air.connecting;
}

/* B does not advertise, so A calls for 5 s. */
static void a_link_of_nobody_changes_nothing_in_a_pairing(void **state)
{
	(void)state;
	for (int to_a = 0; to_a < 2; to_a++) {
		assert_int_equal(sim_end(NULL) | two_controllers(NULL), 0);
		sent_away = 0;
		second.from_host = stay_silent;
		program_start(TWO);
		assert_true(world_until(is_connecting, NULL, 60 * WORLD_S));
		sim.controller.from_host = watch_disconnect;
		if (!to_a)
			second.from_host = watch_disconnect;
		inject_link(to_a ? &sim.controller : &second, !to_a);
		world_pass(10 * WORLD_MS);
		second.from_host = stay_silent;
		assert_int_equal(ends(), CLI_TEST_FAILED);
		assert_int_equal(sent_away, 1);
		assert_verdict(pairing("legacy_just_works", "A"), "failed",
			       "A: did not connect to B within 5 s; B saw no connection");
	}
}

static bool is_listening_over(void *ctx)
{
	(void)ctx;
	return nth_line("listen", 1) != NULL;
}

/* Which nobody asked for: B does not advertise yet. */
static void a_link_to_another_device_is_no_pairing(void **state)
{
	(void)state;
	sent_away = 0;
	program_start(TWO);
	assert_true(world_until(is_listening_over, NULL, 60 * WORLD_S));
	second.to_host = advertise_slowly;
	sim.controller.from_host = watch_disconnect;
	world_pass(WORLD_S);
	inject_link(&sim.controller, true);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_int_equal(sent_away, 1);
	assert_verdict(pairing("legacy_just_works", "A"), "failed",
		       "B did not begin to advertise within 5 s");
}

static void a_stranger_that_connects_in_a_pairing_is_named(void **state)
{
	(void)state;
	program_start(TWO);
	assert_true(world_until(is_listening_over, NULL, 60 * WORLD_S));
	raw_peer_connect(&sim.peer, &(struct crypto_address){.octets = {2, 0, 0, 0xdc, 0x1b, 0}});
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(pairing("legacy_just_works", "A"), "failed",
		       "another device, C0:FF:EE:00:00:01, has connected to B: switch it off");
	assert_int_equal(count("failed"), 1);
}

static void a_link_that_is_never_established_is_set_up_again(void **state)
{
	const json_t *event;

	(void)state;
	program_start(TWO);
	for (int i = 0; i < 2; i++) {
		assert_true(world_until(is_pairing, NULL, 60 * WORLD_S));
		air_break(sim.controller.links[0].link, HCI_FAILED_TO_ESTABLISH);
	}
	assert_int_equal(ends(), CLI_OK);
	event = pairing("legacy_just_works", "A");
	assert_verdict(event, "passed", "");
	assert_int_equal(json_integer_value(json_object_get(event, "attempts")), 3);
}

static void a_link_that_is_never_established_fails_after_three_times(void **state)
{
	(void)state;
	program_start(TWO);
	for (int i = 0; i < 3; i++) {
		assert_true(world_until(is_pairing, NULL, 60 * WORLD_S));
		air_break(sim.controller.links[0].link, HCI_FAILED_TO_ESTABLISH);
	}
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(pairing("legacy_just_works", "A"), "failed", "(0x3e)");
	assert_int_equal(count("failed"), 1);
}

static void ctrl_c_ends_it_and_gives_the_controllers_back(void **state)
{
	(void)state;
	program_start(TWO);
	assert_true(world_until(is_pairing, NULL, 60 * WORLD_S));
	program_interrupt();
	assert_int_equal(ends(), CLI_CANCELLED);
	assert_true(sim.controller.clean && second.clean);
	assert_null(program_event("tested"));
}

/* ---- A golden unit --------------------------------------------------------------------------- */

static struct sim_device golden;

static void advertise_golden(void *ctx, struct sim_device *device)
{
	(void)ctx;
	device->paired = false;
}

static void begin_golden(void)
{
	const struct crypto_address address = raw_peer_address(GOLDEN "/random");

	sim_device_begin(&golden, &address);
	golden.settled = advertise_golden;
	sim_device_advertise(&golden);
}

static void a_golden_unit_within_its_limits_passes(void **state)
{
	(void)state;
	begin_golden();
	program_start(TWO " --golden " GOLDEN "/random --min-rssi -50 --max-time 2000");
	assert_int_equal(ends(), CLI_OK);
	assert_verdict(line("golden", "A"), "passed", "-50 dBm, connected in ");
	assert_verdict(line("golden", "B"), "passed", "-50 dBm, connected in ");
	assert_int_equal(golden.pairings, 2);
}

static void a_golden_unit_that_is_heard_too_weakly_fails(void **state)
{
	(void)state;
	begin_golden();
	program_start("selftest --resets 1 --listen 1 --golden " GOLDEN " --min-rssi -49");
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("golden", "A"), "failed", "-50 dBm, below --min-rssi -49");
	assert_int_equal(count("failed"), 1);
}

static void a_golden_unit_that_takes_too_long_fails(void **state)
{
	(void)state;
	begin_golden();
	program_start("selftest --resets 1 --listen 1 --golden " GOLDEN " --max-time 1");
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("golden", "A"), "failed", "above --max-time 1");
}

static void a_golden_unit_with_a_passkey_needs_it(void **state)
{
	(void)state;
	begin_golden();
	golden.io = SMP_IO_DISPLAY_ONLY;
	golden.mitm = SMP_MITM_REQUIRE;
	golden.passkey = 123456;
	program_start("selftest --resets 1 --listen 1 --passkey 123456 --golden " GOLDEN);
	assert_int_equal(ends(), CLI_OK);
	program_start("selftest --resets 1 --listen 1 --passkey 123457 --golden " GOLDEN);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("golden", "A"), "failed", "refused");
}

static void a_golden_unit_that_is_absent_fails(void **state)
{
	(void)state;
	raw_peer_advertise(&sim.peer);
	program_start("selftest --resets 1 --listen 1 --golden " GOLDEN);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("golden", "A"), "failed", GOLDEN " was not seen within 10 s");
}

static void a_golden_unit_that_accepts_no_connection_fails(void **state)
{
	(void)state;
	air_advertise(&sim.peer.air, false, NULL, 0, NULL, 0);
	program_start("selftest --resets 1 --listen 1 --golden C0:FF:EE:00:00:01");
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("golden", "A"), "failed", "it did not accept a connection within 5 s");
}

static size_t hide_rssi(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_EVENT && packet[1] == HCI_LE_META &&
	    packet[3] == HCI_LE_ADVERTISING_REPORT)
		packet[len - 1] = SELFTEST_RSSI_UNKNOWN;
	return len;
}

/* Vol 4 Part E 7.7.65.2: 127, which is no strength. */
static void a_controller_without_rssi_cannot_keep_a_limit_of_it(void **state)
{
	(void)state;
	begin_golden();
	sim.controller.to_host = hide_rssi;
	program_start("selftest --resets 1 --listen 1 --golden " GOLDEN);
	assert_int_equal(ends(), CLI_OK);
	assert_verdict(line("golden", "A"), "passed", "RSSI not known, connected in ");
	assert_null(json_object_get(line("golden", "A"), "rssi"));
	program_start("selftest --resets 1 --listen 1 --min-rssi -90 --golden " GOLDEN);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("golden", "A"), "failed",
		       "the controller does not report RSSI, and --min-rssi is -90 dBm");
}

static void a_golden_unit_that_cannot_be_connected_fails(void **state)
{
	static const struct {
		uint8_t status;
		int attempts; /* 0: not reported, as there was one */
	} cases[] = {{HCI_CONNECTION_LIMIT, 0}, {HCI_FAILED_TO_ESTABLISH, 3}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(sim_end(NULL) | two_controllers(NULL), 0);
		begin_golden();
		connection_status = cases[i].status;
		sim.controller.to_host = fail_connection;
		program_start("selftest --resets 1 --listen 1 --golden " GOLDEN);
		assert_int_equal(ends(), CLI_TEST_FAILED);
		assert_verdict(line("golden", "A"), "failed", "cannot connect: ");
		assert_int_equal(
			json_integer_value(json_object_get(line("golden", "A"), "attempts")),
			cases[i].attempts);
	}
}

static bool is_golden_next(void *ctx)
{
	(void)ctx;
	return nth_line("pair", 0) != NULL;
}

/* In the other role. */
static void another_link_is_not_that_to_the_golden_unit(void **state)
{
	(void)state;
	sent_away = 0;
	sim.controller.from_host = watch_disconnect;
	air_advertise(&sim.peer.air, false, NULL, 0, NULL, 0);
	program_start("selftest --resets 1 --listen 1 --golden C0:FF:EE:00:00:01");
	assert_true(world_until(is_golden_next, NULL, 60 * WORLD_S));
	world_pass(2 * WORLD_S);
	inject_link(&sim.controller, false);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_int_equal(sent_away, 1);
	assert_verdict(line("golden", "A"), "failed", "it did not accept a connection within 5 s");
}

static void a_controller_that_refuses_to_scan_fails_with_the_golden_unit(void **state)
{
	(void)state;
	begin_golden();
	program_start("selftest --resets 1 --listen 1 --golden " GOLDEN);
	assert_true(world_until(is_golden_next, NULL, 60 * WORLD_S));
	sim.controller.to_host = refuse_to_scan;
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("golden", "A"), "failed",
		       "LE Set Scan Enable: Command Disallowed (0x0c)");
}

/* While it scans for the unit, and while it pairs. */
static void another_link_than_that_to_the_golden_unit_is_ended(void **state)
{
	(void)state;
	sent_away = 0;
	sim.controller.from_host = watch_disconnect;
	begin_golden();
	program_start("selftest --resets 1 --listen 1 --golden " GOLDEN);
	assert_true(world_until(is_golden_next, NULL, 60 * WORLD_S));
	world_pass(WORLD_MS);
	inject_link(&sim.controller, true);
	world_pass(WORLD_MS);
	assert_int_equal(sent_away, 1);
	assert_int_equal(ends(), CLI_OK);
}

/* It answers within the 30 s of the protocol, and each time again. */
static void a_golden_unit_that_takes_for_ever_fails(void **state)
{
	struct reference_peer p;

	(void)state;
	reference_peer_begin(&p, &sim.peer);
	p.delay = 20 * WORLD_S;
	p.gives_up = true;
	raw_peer_advertise(&sim.peer);
	program_start("selftest --resets 1 --listen 1 --golden C0:FF:EE:00:00:01");
	raw_peer_linked(&sim.peer);
	assert_false(reference_peer_pair(&p));
	assert_int_equal(ends(), CLI_TEST_FAILED);
	assert_verdict(line("golden", "A"), "failed", "the pairing did not end within 45 s");
}

static void a_link_to_the_golden_unit_is_set_up_again(void **state)
{
	(void)state;
	begin_golden();
	program_start("selftest --resets 1 --listen 1 --golden " GOLDEN);
	assert_true(world_until(is_pairing, NULL, 60 * WORLD_S));
	air_break(sim.controller.links[0].link, HCI_FAILED_TO_ESTABLISH);
	assert_int_equal(ends(), CLI_OK);
	assert_int_equal(json_integer_value(json_object_get(line("golden", "A"), "attempts")), 2);
}

/* ---- The summary ----------------------------------------------------------------------------- */

static void the_summary_counts_what_was_tried_and_names_what_failed(void **state)
{
	const json_t *list, *b, *table;

	(void)state;
	second.to_host = spoil_dhkey_check;
	program_start(TWO);
	assert_int_equal(ends(), CLI_TEST_FAILED);
	list = json_object_get(program_event("tested"), "controllers");
	assert_int_equal(json_array_size(list), 2);
	b = json_array_get(list, 1);
	assert_string_equal(field(b, "controller"), "sim:1");
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(b, "central"), "passed")), 5);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(b, "central"), "of")),
			 11);
	assert_int_equal(json_array_size(json_object_get(b, "failed")), 12);
	table = json_object_get(program_event("tested"), "table");
	assert_int_equal(json_array_size(table), 4);
	assert_non_null(strstr(json_string_value(json_array_get(table, 3)),
			       "| 5/11, 5/11 | SC Just Works (as peripheral), and 11 more |"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, two_controllers, sim_end)
	const struct CMUnitTest tests[] = {
		TEST(two_good_controllers_pass_every_step),
		TEST(one_controller_needs_something_to_hear_and_pairs_with_nobody),
		TEST(a_newer_controller_and_an_older_one_pass_every_step),
		TEST(controllers_without_a_public_address_pass_every_step),
		TEST(what_the_bring_up_sets_is_set_again_after_the_resets),
		TEST(the_steps_of_the_last_controller_that_is_gone_are_reported),
		TEST(a_reset_that_is_lost_is_counted_and_the_rest_goes_on),
		TEST(a_reset_that_is_refused_is_reported_with_its_status),
		TEST(a_controller_that_never_answers_again_is_out_of_service),
		TEST(a_wrong_dhkey_check_fails_secure_connections_only),
		TEST(a_controller_that_does_not_encrypt_fails_every_pairing),
		TEST(keys_that_differ_fail_a_pairing_that_both_ends_report_as_good),
		TEST(a_controller_that_does_not_report_its_link_is_named),
		TEST(a_deaf_controller_is_found),
		TEST(a_mute_controller_is_found),
		TEST(two_controllers_with_one_address_are_noticed),
		TEST(a_controller_that_never_comes_up_cannot_be_tested),
		TEST(what_a_controller_said_is_reported),
		TEST(a_controller_that_refuses_to_scan_leaves_no_other_advertising),
		TEST(a_controller_that_refuses_to_advertise_is_named),
		TEST(a_controller_that_is_slow_to_advertise_is_not_awaited),
		TEST(a_controller_that_cannot_connect_is_named),
		TEST(a_connection_that_is_never_established_is_tried_three_times),
		TEST(a_controller_that_is_pulled_out_fails_its_step_and_skips_the_rest),
		TEST(a_controller_that_goes_between_two_steps_fails_the_run),
		TEST(a_controller_that_goes_between_two_steps_is_not_awaited_for_ever),
		TEST(a_controller_that_is_plugged_in_again_passes),
		TEST(a_controller_that_is_not_pulled_out_fails),
		TEST(a_controller_that_does_not_come_back_fails),
		TEST(a_hardware_error_fails_its_step_and_the_next_ones_pass),
		TEST(two_hardware_errors_at_once_fail_one_step),
		TEST(a_controller_that_fails_while_it_listens_leaves_no_other_advertising),
		TEST(errors_again_and_again_put_a_controller_out_of_service),
		TEST(a_stranger_that_connects_while_advertisements_are_counted_is_sent_away),
		TEST(a_link_that_no_step_wants_is_ended),
		TEST(a_link_to_another_device_is_no_pairing),
		TEST(a_link_of_nobody_changes_nothing_in_a_pairing),
		TEST(a_stranger_that_connects_in_a_pairing_is_named),
		TEST(a_link_that_is_never_established_is_set_up_again),
		TEST(a_link_that_is_never_established_fails_after_three_times),
		TEST(ctrl_c_ends_it_and_gives_the_controllers_back),
		TEST(a_golden_unit_within_its_limits_passes),
		TEST(a_golden_unit_that_is_heard_too_weakly_fails),
		TEST(a_golden_unit_that_takes_too_long_fails),
		TEST(a_golden_unit_with_a_passkey_needs_it),
		TEST(a_golden_unit_that_is_absent_fails),
		TEST(a_golden_unit_that_accepts_no_connection_fails),
		TEST(a_controller_without_rssi_cannot_keep_a_limit_of_it),
		TEST(a_golden_unit_that_cannot_be_connected_fails),
		TEST(a_controller_that_refuses_to_scan_fails_with_the_golden_unit),
		TEST(another_link_than_that_to_the_golden_unit_is_ended),
		TEST(another_link_is_not_that_to_the_golden_unit),
		TEST(a_golden_unit_that_takes_for_ever_fails),
		TEST(a_link_to_the_golden_unit_is_set_up_again),
		TEST(the_summary_counts_what_was_tried_and_names_what_failed),
	};
	return cmocka_run_group_tests_name("sim/selftest_run", tests, NULL, NULL);
}

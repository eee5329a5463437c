/* SPDX-License-Identifier: MIT */
/*
 * Every fault at every state, through the whole program: for each scenario and each role, the peer
 * pairs up to its nth PDU, the encryption or the question to blepair's user, and then the fault
 * happens. blepair must end at once (silence: at 30 s, Core Vol 3 Part H 3.4) with a verdict and a
 * text that name the fault, send nothing afterwards, and give the controller back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hci/error.h"
#include "hci/protocol.h"
#include "sim/captured.h"
#include "sim/pairing_scenario.h"
#include "smp/reason.h"
#include "smp/smp.h"

#define ENCRYPTION 0 /* instead of the number of a PDU */

static struct moment {
	const struct pairing_scenario *scenario;
	bool central; /* blepair's role */
	unsigned nth; /* the PDU that the peer does not send, or ENCRYPTION */
	bool away;    /* blepair's user does not answer */
	struct reference_peer p;
	uint64_t at;  /* when the fault happens */
	size_t heard; /* SMP PDUs from blepair up to that time */
} now;

static char where[160]; /* the fault and its state, for the message of a failure */

/* blepair waits for a pairing to begin: no timer runs, and no PDU was sent. */
static bool idle(void)
{
	return now.p.initiates && now.nth == 1;
}

static bool asked(void)
{
	const json_t *passkey = program_event("passkey");

	return program_event("confirm") || (passkey && !json_object_get(passkey, "passkey"));
}

/* True: this state exists. */
static bool reach(unsigned nth, bool away, const char *fault)
{
	now.nth = nth;
	now.away = away;
	(void)snprintf(where, sizeof(where), "%s, blepair is the %s: %s %s %u%s",
		       now.scenario->name, now.central ? "central" : "peripheral", fault,
		       nth == ENCRYPTION ? "at encryption" : "in place of PDU", nth,
		       away ? ", the user is away" : "");
	pairing_scenario_begin(now.scenario, now.central, &now.p);
	now.p.stop_at = nth;
	now.p.stop_unencrypted = nth == ENCRYPTION;
	now.p.users_away = now.p.gives_up = away;
	pairing_scenario_start(now.scenario, &now.p, "");
	assert_false(reference_peer_pair(&now.p));
	assert_true(now.p.stopped);
	if (away && !asked())
		return false;
	world_pass(20 * WORLD_MS);
	now.at = world_now();
	now.heard = raw_peer_count(now.p.raw, 0);
	return true;
}

/* ---- The faults ------------------------------------------------------------------------------ */

/* The verdict that a fault must have. */
struct expected {
	enum cli_exit exit;
	int reason; /* -1: none */
	char text[160];
	unsigned pdus;	/* SMP PDUs that blepair may still send */
	uint64_t limit; /* microseconds to the end of blepair */
	/* The beginning of explain's summary, with the side to blame; see check_capture(). */
	const char *says;
};

static const char *timeout_text(void)
{
	uint8_t code = now.p.unsent_len ? now.p.unsent[0] : 0;

	if (now.nth == ENCRYPTION)
		return "the link was not encrypted within 30 s";
	if (now.away)
		return "the user here";
	if (code >= PDU_ENCRYPTION_INFORMATION && code <= PDU_SIGNING_INFORMATION)
		return "the peer did not send all of its keys within 30 s";
	return "the peer did not answer within 30 s";
}

static uint64_t last_pdu_time(void)
{
	const struct raw_peer *t = now.p.raw;

	for (size_t i = t->count; i--;)
		if (!t->frames[i].sent && t->frames[i].cid == RAW_PEER_SMP)
			return t->frames[i].at - AIR_DELAY;
	fail_msg("blepair sent no SMP PDU");
	return 0;
}

/* The awaited PDU arrives half a millisecond late, while the link is still up. */
static void silence(unsigned value, struct expected *e)
{
	struct raw_peer *t = now.p.raw;
	uint64_t due = last_pdu_time() + 30 * WORLD_S;

	(void)value;
	world_pass(due + WORLD_MS / 2 - AIR_DELAY - world_now());
	assert_non_null(t->link);
	raw_peer_send(t, RAW_PEER_SMP, now.p.unsent, now.p.unsent_len);
	world_pass(WORLD_MS - 1);
	assert_non_null(t->link);
	if (now.away)
		program_answer(now.scenario->method == COMPARISON ? "yes" : "019655");
	(void)raw_peer_unlinked(t, WORLD_S);
	/* The loop takes a microsecond from one turn to the next. */
	assert_in_range(t->unlinked_at, due + AIR_DELAY, due + AIR_DELAY + 9);
	e->exit = CLI_TIMED_OUT;
	(void)snprintf(e->text, sizeof(e->text), "timed out: %s", now.away ? "" : timeout_text());
	assert_int_equal(raw_peer_count(t, 0), now.heard);
	/* If both are silent, the peer's PDU is the one that is late. */
	e->says = now.away && !now.p.unsent_len ? "timed_out: host silence"
						: "timed_out: peer silence";
	e->limit = 32 * WORLD_S;
}

static void link_breaks(unsigned reason, struct expected *e)
{
	air_break(now.p.raw->link, (uint8_t)reason);
	e->exit = CLI_CONNECTION_FAILED;
	e->reason = (int)reason;
	e->says = reason == HCI_CONNECTION_TIMEOUT ? "lost: nobody supervision-timeout"
		  : reason == HCI_MIC_FAILURE	   ? ": nobody mic-failure"
		  /* A host may order these, 7.1.6, and ours did not. */
		  : hci_error_is_of_host((uint8_t)reason) || reason == HCI_PIN_OR_KEY_MISSING
			  ? "lost: peer "
		  : reason == 0x16 ? "lost: host disconnected-early"
				   : "lost: nobody disconnected-early";
	(void)snprintf(e->text, sizeof(e->text), "the connection ended %s: %s (0x%02x)",
		       idle() ? "before pairing began" : "during pairing",
		       hci_error_name((uint8_t)reason), reason);
}

static void peer_sends_pairing_failed(unsigned reason, struct expected *e)
{
	const uint8_t failed[2] = {PDU_FAILED, (uint8_t)reason};

	if (idle()) {
		/* No pairing has begun that it could end. */
		link_breaks(0x13, e);
		return;
	}
	raw_peer_send(now.p.raw, RAW_PEER_SMP, failed, sizeof(failed));
	e->exit = CLI_PEER_REFUSED;
	e->reason = (int)reason;
	/* A capture does not show whether the passkeys differ or one end is wrong about it. */
	e->says =
		reason == 0x04 && now.scenario->method == PASSKEY ? "refused: " : "refused: peer ";
	(void)snprintf(e->text, sizeof(e->text), "the peer refused: %s (0x%02x)",
		       smp_reason_name((uint8_t)reason), reason);
}

/* The reason that blepair sends depends on what its user was asked. */
static int cancel_reason(void)
{
	uint8_t code = now.p.unsent_len ? now.p.unsent[0] : 0;
	bool over = now.nth == ENCRYPTION ||
		    (code >= PDU_ENCRYPTION_INFORMATION && code <= PDU_SIGNING_INFORMATION);

	if (now.scenario->method == COMPARISON && now.away)
		return 0x0c;
	if (now.scenario->method == PASSKEY && now.p.preq[0] && now.p.pres[0] && !over)
		return 0x01;
	return 0x08;
}

static void user_cancels(unsigned value, struct expected *e)
{
	(void)value;
	program_interrupt();
	e->exit = CLI_CANCELLED;
	(void)snprintf(e->text, sizeof(e->text), "cancelled");
	e->says = "refused: host reason-";
	e->pdus = !idle(); /* Pairing Failed */
	if (e->pdus)
		e->reason = cancel_reason();
}

static void hardware_error(unsigned code, struct expected *e)
{
	const uint8_t event[] = {HCI_EVENT, HCI_HARDWARE_ERROR, 1, (uint8_t)code};

	sim_controller_inject(&sim.controller, event, sizeof(event));
	sim.broken = true;
	e->exit = CLI_CONTROLLER_FAILED;
	e->says = "lost: nobody hardware-error";
	(void)snprintf(e->text, sizeof(e->text), "the controller reports Hardware Error 0x%02x",
		       code);
}

static const char *refused_encryption(uint8_t status)
{
	return status == HCI_PIN_OR_KEY_MISSING ? "not_encrypted: "
	       : status == HCI_MIC_FAILURE	? "not_encrypted: nobody mic-failure"
						: "not_encrypted: nobody encryption-refused";
}

/* A refusal of encryption that was not requested is ignored: silence then ends the pairing. */
static void encryption_fails(unsigned status, struct expected *e)
{
	const uint16_t handle = sim.controller.links[0].handle;
	const uint8_t event[] = {HCI_EVENT,	  HCI_ENCRYPTION_CHANGE,  4, (uint8_t)status,
				 (uint8_t)handle, (uint8_t)(handle >> 8), 0};

	sim_controller_inject(&sim.controller, event, sizeof(event));
	e->says = refused_encryption((uint8_t)status);
	if (now.central && now.nth == ENCRYPTION) {
		e->exit = CLI_PEER_REFUSED;
		e->reason = (int)status;
		(void)snprintf(e->text, sizeof(e->text),
			       "the link could not be encrypted with the new key: %s (0x%02x)",
			       hci_error_name((uint8_t)status), status);
		return;
	}
	e->exit = CLI_TIMED_OUT;
	(void)snprintf(e->text, sizeof(e->text), "timed out: %s", now.away ? "" : timeout_text());
	e->limit = 32 * WORLD_S;
}

static void transport_vanishes(unsigned value, struct expected *e)
{
	(void)value;
	sim_controller_vanish(&sim.controller);
	e->exit = CLI_CONTROLLER_FAILED;
	e->says = "unfinished";
	(void)snprintf(e->text, sizeof(e->text), "the controller is gone");
}

static size_t drop_all(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	(void)packet;
	(void)len;
	return 0;
}

/* The controller goes silent. To blepair the peer is silent, until it sends a command. */
static void controller_is_mute(unsigned value, struct expected *e)
{
	(void)value;
	sim.controller.to_host = drop_all;
	sim.broken = true;
	e->exit = CLI_CONTROLLER_FAILED;
	e->says = now.away ? "timed_out: " : "timed_out: peer ";
	(void)snprintf(e->text, sizeof(e->text),
		       "the controller did not answer Disconnect (0x0406) within 2 s");
	e->limit = 33 * WORLD_S;
}

static const struct fault {
	const char *name;
	void (*happens)(unsigned value, struct expected *expected);
	unsigned first, last; /* values; each state takes the next */
	unsigned times;	      /* in each state */
	bool needs_timer;     /* does not end a listener before the first PDU */
} faults[] = {
	{"silence", silence, 0, 0, 1, true},
	{"the link breaks", link_breaks, 0x01, 0x3d, 2, false},
	{"the peer gives up", peer_sends_pairing_failed, 0x01, 0x11, 2, false},
	{"the user gives up", user_cancels, 0, 0, 1, false},
	{"Encryption Change", encryption_fails, 0x01, 0xff, 2, true},
	{"Hardware Error", hardware_error, 0, 0xff, 1, false},
	{"the transport vanishes", transport_vanishes, 0, 0, 1, false},
	{"the controller is mute", controller_is_mute, 0, 0, 1, true},
};

/* explain must blame the right side. says with a leading colon matches any outcome. */
static void check_capture(const char *says)
{
	const struct captured_attempt *last = captured_last();
	const char *said = *says == ':' ? strchr(last->says, ':') : last->says;

	if (!said || strncmp(said, says, strlen(says)) != 0) {
		captured_print(last);
		fail_msg("explain does not say \"%s\"", says);
	}
	captured_forget();
}

static void check(const struct expected *e)
{
	if (now.p.raw->link)
		now.heard += e->pdus;
	run_scenario_end(&now.p);
	assert_string_equal(verdict.class, cli_exit_slug(e->exit));
	if (strstr(verdict.text, e->text) != verdict.text)
		fail_msg("blepair printed \"%s\", not \"%s\"", verdict.text, e->text);
	if (now.away && e->exit == CLI_TIMED_OUT)
		assert_non_null(strstr(verdict.text, "the user here"));
	assert_int_equal(verdict.reason, e->reason);
	assert_in_range(world_now() - now.at, 0, e->limit);
	assert_int_equal(raw_peer_count(now.p.raw, 0), now.heard);
	assert_null(program_event("garbage"));
	assert_string_equal(program_errors(), "");
	/* Before the first PDU a listener's capture has nothing to explain. */
	if (idle())
		captured_forget();
	else
		check_capture(e->says);
}

static unsigned turn; /* counts the values of all faults */
static unsigned all_faults;

static unsigned inject(const struct fault *fault, unsigned nth, bool away)
{
	unsigned done = 0;

	for (unsigned i = 0; i < fault->times; i++) {
		struct expected e = {.reason = -1, .limit = WORLD_S};
		if (!reach(nth, away, fault->name))
			return 0;
		if (idle() && fault->needs_timer)
			return 0;
		fault->happens(fault->first + turn++ % (fault->last - fault->first + 1), &e);
		check(&e);
		done++;
	}
	return done;
}

static void test_every_fault_at_every_state(void **state)
{
	const struct moment *which = *state;
	unsigned length, done = 0;

	now.scenario = which->scenario;
	now.central = which->central;
	length = pairing_scenario_length(now.scenario, now.central);
	for (size_t f = 0; f < COUNT(faults); f++) {
		done += inject(&faults[f], ENCRYPTION, false);
		for (unsigned nth = 1; nth <= length;
		     nth = pairing_scenario_next(now.scenario, nth))
			done += inject(&faults[f], nth, false);
		for (unsigned nth = 1; now.scenario->asks && nth <= length; nth++) {
			done += inject(&faults[f], nth, true);
			if (!now.p.unsent_len)
				break; /* the pairing does not proceed without the user */
		}
	}
	print_message("%u faults\n", done);
	all_faults += done;
	where[0] = '\0';
}

/* A loop that ends early would pass, too. */
static void test_no_fault_was_left_out(void **state)
{
	(void)state;
	print_message("%u faults\n", all_faults);
	assert_true(all_faults >= 2427);
}

/* ---- Wrong and missing events of the controller ---------------------------------------------- */

static struct {
	uint8_t status;	    /* of Encryption Change */
	unsigned nth, seen; /* the packet that is lost, from 1 */
	uint8_t lost[3];
} controller_fault;

static size_t refuse_encryption(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_EVENT && packet[1] == HCI_ENCRYPTION_CHANGE) {
		packet[3] = controller_fault.status;
		packet[6] = 0;
	}
	return len;
}

/* The link is not encrypted, for every error code (Vol 1 Part F 1.3): blepair sends no keys. */
static void test_encryption_is_refused(void **state)
{
	char text[160];

	(void)state;
	for (unsigned i = 0; i < 4 * 255; i++) {
		now = (struct moment){.scenario = &pairing_scenarios[i & 2 ? 5 : 0],
				      .central = i & 1};
		controller_fault.status = (uint8_t)(i / 4 + 1);
		(void)snprintf(where, sizeof(where), "%s, blepair is the %s: status 0x%02x",
			       now.scenario->name, now.central ? "central" : "peripheral",
			       controller_fault.status);
		pairing_scenario_begin(now.scenario, now.central, &now.p);
		now.p.gives_up = true;
		pairing_scenario_start(now.scenario, &now.p, "");
		sim.controller.to_host = refuse_encryption;
		assert_false(reference_peer_pair(&now.p));
		run_scenario_end(&now.p);
		assert_string_equal(verdict.class, "peer_refused");
		assert_int_equal(verdict.reason, controller_fault.status);
		(void)snprintf(text, sizeof(text),
			       "the link could not be encrypted with the new key: %s (0x%02x)",
			       hci_error_name(controller_fault.status), controller_fault.status);
		if (strstr(verdict.text, text) != verdict.text)
			fail_msg("blepair printed \"%s\"", verdict.text);
		for (size_t k = 0; k < now.p.raw->count; k++)
			assert_false(!now.p.raw->frames[k].sent &&
				     now.p.raw->frames[k].cid == RAW_PEER_SMP &&
				     now.p.raw->frames[k].data[0] >= PDU_ENCRYPTION_INFORMATION &&
				     now.p.raw->frames[k].data[0] <= PDU_SIGNING_INFORMATION);
		check_capture(refused_encryption(controller_fault.status));
	}
	where[0] = '\0';
}

static size_t lose_one(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (++controller_fault.seen != controller_fault.nth)
		return len;
	memcpy(controller_fault.lost, packet, sizeof(controller_fault.lost));
	return 0;
}

/*
 * Each packet from the controller, event or data, is lost in turn once the link is up. blepair must
 * always end within its limits, and never with an internal error.
 */
static void test_lost_packets(void **state)
{
	/* Refused: for example when keys arrive before Encryption Change. */
	static const enum cli_exit ends[] = {CLI_OK,	     CLI_PEER_REFUSED,
					     CLI_WE_REFUSED, CLI_CONNECTION_FAILED,
					     CLI_TIMED_OUT,  CLI_CONTROLLER_FAILED};
	unsigned counts[COUNT(ends)] = {0}, all = 0;

	(void)state;
	for (size_t i = 0; i < 2 * PAIRING_SCENARIOS; i++) {
		controller_fault.nth = 0;
		do {
			size_t k = 0;
			now = (struct moment){.scenario = &pairing_scenarios[i / 2],
					      .central = i % 2 == 0};
			controller_fault.nth++;
			controller_fault.seen = 0;
			(void)snprintf(where, sizeof(where),
				       "%s, blepair is the %s: packet %u is lost",
				       now.scenario->name, now.central ? "central" : "peripheral",
				       controller_fault.nth);
			pairing_scenario_begin(now.scenario, now.central, &now.p);
			now.p.gives_up = true;
			pairing_scenario_start(now.scenario, &now.p, "--timeout 80");
			sim.controller.to_host = lose_one;
			sim.broken = true;
			(void)reference_peer_pair(&now.p);
			run_scenario_end(&now.p);
			while (k < COUNT(ends) &&
			       strcmp(verdict.class, cli_exit_slug(ends[k])) != 0)
				k++;
			if (k == COUNT(ends))
				fail_msg("%s: \"%s\" after %02x %02x %02x was lost", verdict.class,
					 verdict.text, controller_fault.lost[0],
					 controller_fault.lost[1], controller_fault.lost[2]);
			counts[k]++;
			all++;
			assert_true(*verdict.text);
			if (k == 0)
				check_capture("paired");
			program_end();
			captured_forget();
		} while (controller_fault.seen >= controller_fault.nth);
	}
	print_message("%u packets lost:", all);
	for (size_t k = 0; k < COUNT(ends); k++)
		print_message(" %u %s", counts[k], cli_exit_slug(ends[k]));
	print_message("\n");
	/* Losses lead to each of these ends. */
	assert_true(counts[0] && counts[4] && counts[5]);
	assert_true(all >= 1000);
	where[0] = '\0';
}

/* ---- After the last PDU ---------------------------------------------------------------------- */

/* After the last PDU a loss does not undo the pairing, unless it shows that the keys differ. */
static void test_a_fault_after_pairing(void **state)
{
	static const struct {
		const char *name;
		void (*happens)(unsigned value, struct expected *expected);
		unsigned value;
		const char *error; /* the pairing does not stand, because of it; NULL: it stands */
		bool of_central;   /* only the central waits for the proof that the peer is done */
		const char *capture; /* what explain says then */
	} ends[] = {
		{"the peer leaves", link_breaks, 0x13, NULL, false, NULL},
		{"the link is lost", link_breaks, 0x08, "Connection Timeout (0x08)", true,
		 "paired"},
		{"the keys differ", link_breaks, 0x3d, "MIC Failure (0x3d)", false,
		 "not_encrypted: nobody mic-failure"},
		{"Hardware Error", hardware_error, 0x01, NULL, false, NULL},
		{"the transport vanishes", transport_vanishes, 0, NULL, false, NULL},
		{"the controller is mute", controller_is_mute, 0, NULL, false, NULL},
	};
	struct expected e;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(ends) * PAIRING_SCENARIOS; i++) {
		size_t k = i / 2 % COUNT(ends);
		now = (struct moment){.scenario = &pairing_scenarios[i / 2 / COUNT(ends)],
				      .central = i % 2 == 0};
		(void)snprintf(where, sizeof(where), "%s, blepair is the %s, paired: %s",
			       now.scenario->name, now.central ? "central" : "peripheral",
			       ends[k].name);
		pairing_scenario_begin(now.scenario, now.central, &now.p);
		now.p.raw->att_silent =
			true; /* blepair waits for the answer before it disconnects */
		pairing_scenario_start(now.scenario, &now.p, "");
		assert_true(reference_peer_pair(&now.p));
		world_pass(2 * WORLD_MS);
		ends[k].happens(ends[k].value, &e);
		run_scenario_end(&now.p);
		bool stands = !ends[k].error || (ends[k].of_central && !now.central);
		assert_string_equal(verdict.class, stands ? "ok" : "connection_failed");
		if (!stands)
			assert_non_null(strstr(verdict.text, ends[k].error));
		assert_true(now.p.raw->count < RAW_PEER_FRAMES);
		check_capture(stands ? "paired" : ends[k].capture);
	}
	where[0] = '\0';
}

/* Without --idle-timeout a listener waits for a PDU until --timeout; its controller is freed. */
static void test_a_central_that_does_not_pair(void **state)
{
	(void)state;
	sim_listen("--timeout 100 --idle-timeout 0");
	world_pass(99 * WORLD_S);
	assert_non_null(sim.peer.link);
	assert_int_equal(raw_peer_count(&sim.peer, 0), 0);
	assert_int_equal(sim_ends(), CLI_TIMED_OUT);
	assert_string_equal(program_result("text"), "timed out: --timeout is over");

	assert_int_equal(sim_end(NULL) | sim_begin(NULL), 0);
	sim_listen("--timeout 100 --idle-timeout 0");
	world_pass(100 * WORLD_MS); /* it advertises beside the link */
	sim.controller.to_host = drop_all;
	assert_int_equal(program_ends(103 * WORLD_S), CLI_CONTROLLER_FAILED);
	assert_non_null(strstr(program_result("text"), "did not answer LE Set Advertising Enable"));
}

static int clean_up(void **state)
{
	if (*where)
		print_error("%s\n", where);
	where[0] = '\0';
	return sim_end(state);
}

int main(void)
{
	struct CMUnitTest tests[2 * PAIRING_SCENARIOS + 5];
	char names[2 * PAIRING_SCENARIOS][80];
	struct moment moments[2 * PAIRING_SCENARIOS];
	size_t n = 0;

	/* scripts/soak starts with other values of the faults. */
	const char *from = getenv("BLEPAIR_FAULTS_FROM");
	turn = from ? (unsigned)strtoul(from, NULL, 10) : 0;
	for (; n < 2 * PAIRING_SCENARIOS; n++) {
		moments[n] = (struct moment){.scenario = &pairing_scenarios[n / 2],
					     .central = n % 2 == 0};
		(void)snprintf(names[n], sizeof(names[n]), "%s: %s",
			       moments[n].central ? "central" : "peripheral",
			       pairing_scenarios[n / 2].name);
		tests[n] = (struct CMUnitTest){names[n], test_every_fault_at_every_state, sim_begin,
					       clean_up, &moments[n]};
	}
#define TEST(name) (struct CMUnitTest) cmocka_unit_test_setup_teardown(name, sim_begin, clean_up)
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_no_fault_was_left_out);
	tests[n++] = TEST(test_a_fault_after_pairing);
	tests[n++] = TEST(test_a_central_that_does_not_pair);
	tests[n++] = TEST(test_encryption_is_refused);
	tests[n++] = TEST(test_lost_packets);
	return _cmocka_run_group_tests("sim/faults", tests, n, captured_begin, captured_end);
}

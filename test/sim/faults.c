/* SPDX-License-Identifier: MIT */
/*
 * Every fault at every state, through the whole program: for each way to pair and each role, the
 * partner goes as far as its nth PDU, the encryption or the question to blepair's user, and then it
 * happens. Each must end at once (silence: at 30 s, Core Vol 3 Part H 3.4), with a verdict and
 * words that name the fault, with nothing sent afterwards and the controller given back.
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

#define ENCRYPTION 0 /* in place of a PDU's number */

static struct moment {
	const struct pairing_scenario *way;
	bool central; /* blepair */
	unsigned nth; /* the PDU that the partner does not send, or ENCRYPTION */
	bool away;    /* blepair's user does not answer */
	struct reference_peer p;
	uint64_t at;  /* when the fault happens */
	size_t heard; /* SMP PDUs from blepair until then */
} now;

static char place[160]; /* for the message of a failure */

/* blepair waits for a pairing to begin: no timer runs, and nothing has been said. */
static bool idle(void)
{
	return now.p.initiates && now.nth == 1;
}

static bool asked(void)
{
	const json_t *passkey = program_event("passkey");

	return program_event("confirm") || (passkey && !json_object_get(passkey, "passkey"));
}

/* True: this moment exists. */
static bool reach(unsigned nth, bool away, const char *fault)
{
	now.nth = nth;
	now.away = away;
	(void)snprintf(place, sizeof(place), "%s, blepair is the %s: %s %s %u%s", now.way->name,
		       now.central ? "central" : "peripheral", fault,
		       nth == ENCRYPTION ? "at encryption" : "in place of PDU", nth,
		       away ? ", the user is away" : "");
	pairing_scenario_begin(now.way, now.central, &now.p);
	now.p.stop_at = nth;
	now.p.stop_unencrypted = nth == ENCRYPTION;
	now.p.users_away = now.p.gives_up = away;
	pairing_scenario_start(now.way, &now.p, "");
	assert_false(reference_peer_pair(&now.p));
	assert_true(now.p.stopped);
	if (away && !asked())
		return false;
	world_pass(20 * WORLD_MS);
	now.at = world_now();
	now.heard = raw_peer_count(now.p.tester, 0);
	return true;
}

/* ---- The faults ------------------------------------------------------------------------------ */

/* What a verdict has to say. */
struct expected {
	enum cli_exit exit;
	int reason; /* -1: none */
	char text[160];
	unsigned pdus;	/* that blepair may still send */
	uint64_t limit; /* until it has ended */
	/* How what explain says of the capture begins: whom it must name. NULL: nothing to say. */
	const char *says;
};

static const char *slow(void)
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

static uint64_t last_word(void)
{
	const struct raw_peer *t = now.p.tester;

	for (size_t i = t->count; i--;)
		if (!t->frames[i].sent && t->frames[i].cid == RAW_PEER_SMP)
			return t->frames[i].at - AIR_DELAY;
	fail_msg("blepair said nothing");
	return 0;
}

/* What was waited for comes half a millisecond late, while the link still stands. */
static void silence(unsigned value, struct expected *e)
{
	struct raw_peer *t = now.p.tester;
	uint64_t due = last_word() + 30 * WORLD_S;

	(void)value;
	world_pass(due + WORLD_MS / 2 - AIR_DELAY - world_now());
	assert_non_null(t->link);
	raw_peer_send(t, RAW_PEER_SMP, now.p.unsent, now.p.unsent_len);
	world_pass(WORLD_MS - 1);
	assert_non_null(t->link);
	if (now.away)
		program_answer(now.way->method == COMPARISON ? "yes" : "019655");
	(void)raw_peer_unlinked(t, WORLD_S);
	/* The loop takes a microsecond from one turn to the next. */
	assert_in_range(t->unlinked_at, due + AIR_DELAY, due + AIR_DELAY + 9);
	e->exit = CLI_TIMED_OUT;
	(void)snprintf(e->text, sizeof(e->text), "timed out: %s", now.away ? "" : slow());
	assert_int_equal(raw_peer_count(t, 0), now.heard);
	/* Where both are absent, it is the peer's PDU that comes too late. */
	e->says = now.away && !now.p.unsent_len ? "timed_out: host silence"
						: "timed_out: peer silence";
	e->limit = 32 * WORLD_S;
}

static void link_breaks(unsigned reason, struct expected *e)
{
	air_break(now.p.tester->link, (uint8_t)reason);
	e->exit = CLI_CONNECTION_FAILED;
	e->reason = (int)reason;
	e->says = reason == HCI_CONNECTION_TIMEOUT   ? "lost: nobody supervision-timeout"
		  : reason == HCI_MIC_FAILURE	     ? ": nobody mic-failure"
		  : reason >= 0x13 && reason <= 0x15 ? "lost: peer "
		  : reason == 0x16		     ? "lost: host hung-up"
						     : "lost: nobody hung-up";
	(void)snprintf(e->text, sizeof(e->text), "the connection ended %s: %s (0x%02x)",
		       idle() ? "before pairing began" : "during pairing",
		       hci_error_name((uint8_t)reason), reason);
}

static void peer_gives_up(unsigned reason, struct expected *e)
{
	const uint8_t failed[2] = {PDU_FAILED, (uint8_t)reason};

	if (idle()) {
		/* There is no pairing yet that it could end. */
		link_breaks(0x13, e);
		return;
	}
	raw_peer_send(now.p.tester, RAW_PEER_SMP, failed, sizeof(failed));
	e->exit = CLI_PEER_REFUSED;
	e->reason = (int)reason;
	/* Whether two passkeys differ, or one end is wrong to say so, cannot be seen. */
	e->says = reason == 0x04 && now.way->method == PASSKEY ? "refused: " : "refused: peer ";
	(void)snprintf(e->text, sizeof(e->text), "the peer refused: %s (0x%02x)",
		       smp_reason_name((uint8_t)reason), reason);
}

/* The reason that the peer is told is the one of what blepair's user was doing. */
static int what_the_user_does(void)
{
	uint8_t code = now.p.unsent_len ? now.p.unsent[0] : 0;
	bool over = now.nth == ENCRYPTION ||
		    (code >= PDU_ENCRYPTION_INFORMATION && code <= PDU_SIGNING_INFORMATION);

	if (now.way->method == COMPARISON && now.away)
		return 0x0c;
	if (now.way->method == PASSKEY && now.p.preq[0] && now.p.pres[0] && !over)
		return 0x01;
	return 0x08;
}

static void user_gives_up(unsigned value, struct expected *e)
{
	(void)value;
	program_interrupt();
	e->exit = CLI_CANCELLED;
	(void)snprintf(e->text, sizeof(e->text), "cancelled");
	e->says = "refused: host reason-";
	e->pdus = !idle(); /* Pairing Failed */
	if (e->pdus)
		e->reason = what_the_user_does();
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
	return status == HCI_PIN_OR_KEY_MISSING ? "bond_lost: "
	       : status == HCI_MIC_FAILURE	? "not_encrypted: nobody mic-failure"
						: "not_encrypted: nobody encryption-refused";
}

/* Refused encryption that was not under way is nothing: the silence behind it ends the pairing. */
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
	(void)snprintf(e->text, sizeof(e->text), "timed out: %s", now.away ? "" : slow());
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

static size_t swallow(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	(void)packet;
	(void)len;
	return 0;
}

/* The controller says nothing any more: to blepair the same as a silent peer, until it asks. */
static void controller_is_mute(unsigned value, struct expected *e)
{
	(void)value;
	sim.controller.to_host = swallow;
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
	unsigned first, last; /* values, taken in turn from one moment to the next */
	unsigned times;	      /* at each moment */
	bool needs_timer;     /* cannot end a listener that was not spoken to */
} faults[] = {
	{"silence", silence, 0, 0, 1, true},
	{"the link breaks", link_breaks, 0x01, 0x3d, 2, false},
	{"the peer gives up", peer_gives_up, 0x01, 0x11, 2, false},
	{"the user gives up", user_gives_up, 0, 0, 1, false},
	{"Encryption Change", encryption_fails, 0x01, 0xff, 2, true},
	{"Hardware Error", hardware_error, 0, 0xff, 1, false},
	{"the transport vanishes", transport_vanishes, 0, 0, 1, false},
	{"the controller is mute", controller_is_mute, 0, 0, 1, true},
};

/* Explain names who did it. A colon first: however it ended. */
static void check_capture(const char *says)
{
	const struct captured_attempt *last = captured_last();
	const char *said = *says == ':' ? strchr(last->says, ':') : last->says;

	if (!said || strncmp(said, says, strlen(says)) != 0) {
		captured_tell(last);
		fail_msg("explain does not say \"%s\"", says);
	}
	captured_forget();
}

static void check(const struct expected *e)
{
	if (now.p.tester->link)
		now.heard += e->pdus;
	run_scenario_end(&now.p);
	assert_string_equal(verdict.class, cli_exit_slug(e->exit));
	if (strstr(verdict.text, e->text) != verdict.text)
		fail_msg("blepair said \"%s\", not \"%s\"", verdict.text, e->text);
	if (now.away && e->exit == CLI_TIMED_OUT)
		assert_non_null(strstr(verdict.text, "the user here"));
	assert_int_equal(verdict.reason, e->reason);
	assert_in_range(world_now() - now.at, 0, e->limit);
	assert_int_equal(raw_peer_count(now.p.tester, 0), now.heard);
	assert_null(program_event("garbage"));
	assert_string_equal(program_errors(), "");
	/* There is nothing to explain to a listener that was not spoken to. */
	if (idle())
		captured_forget();
	else
		check_capture(e->says);
}

static unsigned turn; /* of the values of all faults */
static unsigned all_faults;

static unsigned happen(const struct fault *fault, unsigned nth, bool away)
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

static void test_way(void **state)
{
	const struct moment *which = *state;
	unsigned length, done = 0;

	now.way = which->way;
	now.central = which->central;
	length = pairing_scenario_length(now.way, now.central);
	for (size_t f = 0; f < COUNT(faults); f++) {
		done += happen(&faults[f], ENCRYPTION, false);
		for (unsigned nth = 1; nth <= length; nth = pairing_scenario_next(now.way, nth))
			done += happen(&faults[f], nth, false);
		for (unsigned nth = 1; now.way->asks && nth <= length; nth++) {
			done += happen(&faults[f], nth, true);
			if (!now.p.unsent_len)
				break; /* further it does not come without the user */
		}
	}
	print_message("%u faults\n", done);
	all_faults += done;
	place[0] = '\0';
}

/* A loop that ends early would pass as well. */
static void test_no_fault_was_left_out(void **state)
{
	(void)state;
	print_message("%u faults\n", all_faults);
	assert_true(all_faults >= 2691);
}

/* ---- What the controller says wrongly, or does not say --------------------------------------- */

static struct {
	uint8_t status;	    /* that Encryption Change gets */
	unsigned nth, seen; /* the packet that is lost, from 1 */
	uint8_t lost[3];
} wrong;

static size_t refuse_encryption(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_EVENT && packet[1] == HCI_ENCRYPTION_CHANGE) {
		packet[3] = wrong.status;
		packet[6] = 0;
	}
	return len;
}

/* The link is not encrypted, for every reason that there is (Vol 1 Part F 1.3): nothing follows. */
static void test_encryption_is_refused(void **state)
{
	char text[160];

	(void)state;
	for (unsigned i = 0; i < 4 * 255; i++) {
		now = (struct moment){.way = &ways[i & 2 ? 5 : 0], .central = i & 1};
		wrong.status = (uint8_t)(i / 4 + 1);
		(void)snprintf(place, sizeof(place), "%s, blepair is the %s: status 0x%02x",
			       now.way->name, now.central ? "central" : "peripheral", wrong.status);
		pairing_scenario_begin(now.way, now.central, &now.p);
		now.p.gives_up = true;
		pairing_scenario_start(now.way, &now.p, "");
		sim.controller.to_host = refuse_encryption;
		assert_false(reference_peer_pair(&now.p));
		run_scenario_end(&now.p);
		assert_string_equal(verdict.class, "peer_refused");
		assert_int_equal(verdict.reason, wrong.status);
		(void)snprintf(text, sizeof(text),
			       "the link could not be encrypted with the new key: %s (0x%02x)",
			       hci_error_name(wrong.status), wrong.status);
		if (strstr(verdict.text, text) != verdict.text)
			fail_msg("blepair said \"%s\"", verdict.text);
		for (size_t k = 0; k < now.p.tester->count; k++)
			assert_false(!now.p.tester->frames[k].sent &&
				     now.p.tester->frames[k].cid == RAW_PEER_SMP &&
				     now.p.tester->frames[k].data[0] >=
					     PDU_ENCRYPTION_INFORMATION &&
				     now.p.tester->frames[k].data[0] <= PDU_SIGNING_INFORMATION);
		check_capture(refused_encryption(wrong.status));
	}
	place[0] = '\0';
}

static size_t lose_one(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (++wrong.seen != wrong.nth)
		return len;
	memcpy(wrong.lost, packet, sizeof(wrong.lost));
	return 0;
}

/*
 * Each packet from the controller, event or data, is lost in turn once the link stands. Whatever
 * it was, the end comes within the limits that there are, and is no fault of blepair's own.
 */
static void test_lost_packets(void **state)
{
	/* Refused: keys before the news of encryption, say. */
	static const enum cli_exit ends[] = {CLI_OK,	     CLI_PEER_REFUSED,
					     CLI_WE_REFUSED, CLI_CONNECTION_FAILED,
					     CLI_TIMED_OUT,  CLI_CONTROLLER_FAILED};
	unsigned counts[COUNT(ends)] = {0}, all = 0;

	(void)state;
	for (size_t i = 0; i < 2 * WAYS; i++) {
		wrong.nth = 0;
		do {
			size_t k = 0;
			now = (struct moment){.way = &ways[i / 2], .central = i % 2 == 0};
			wrong.nth++;
			wrong.seen = 0;
			(void)snprintf(place, sizeof(place),
				       "%s, blepair is the %s: packet %u is lost", now.way->name,
				       now.central ? "central" : "peripheral", wrong.nth);
			pairing_scenario_begin(now.way, now.central, &now.p);
			now.p.gives_up = true;
			pairing_scenario_start(now.way, &now.p, "--timeout 80");
			sim.controller.to_host = lose_one;
			sim.broken = true;
			(void)reference_peer_pair(&now.p);
			run_scenario_end(&now.p);
			while (k < COUNT(ends) &&
			       strcmp(verdict.class, cli_exit_slug(ends[k])) != 0)
				k++;
			if (k == COUNT(ends))
				fail_msg("%s: \"%s\" after %02x %02x %02x was lost", verdict.class,
					 verdict.text, wrong.lost[0], wrong.lost[1], wrong.lost[2]);
			counts[k]++;
			all++;
			assert_true(*verdict.text);
			if (k == 0)
				check_capture("paired");
			program_end();
			captured_forget();
		} while (wrong.seen >= wrong.nth);
	}
	print_message("%u packets lost:", all);
	for (size_t k = 0; k < COUNT(ends); k++)
		print_message(" %u %s", counts[k], cli_exit_slug(ends[k]));
	print_message("\n");
	/* Every kind of end does come of it. */
	assert_true(counts[0] && counts[4] && counts[5]);
	assert_true(all >= 1000);
	place[0] = '\0';
}

/* ---- After the last PDU ---------------------------------------------------------------------- */

/* Paired: what is lost now takes nothing back, unless it shows that the keys differ. */
static void test_paired(void **state)
{
	static const struct {
		const char *name;
		void (*happens)(unsigned value, struct expected *expected);
		unsigned value;
		bool stands;
	} ends[] = {
		{"the peer leaves", link_breaks, 0x13, true},
		{"the link is lost", link_breaks, 0x08, true},
		{"the keys differ", link_breaks, 0x3d, false},
		{"Hardware Error", hardware_error, 0x01, true},
		{"the transport vanishes", transport_vanishes, 0, true},
		{"the controller is mute", controller_is_mute, 0, true},
	};
	struct expected e;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(ends) * WAYS; i++) {
		size_t k = i / 2 % COUNT(ends);
		now = (struct moment){.way = &ways[i / 2 / COUNT(ends)], .central = i % 2 == 0};
		(void)snprintf(place, sizeof(place), "%s, blepair is the %s, paired: %s",
			       now.way->name, now.central ? "central" : "peripheral", ends[k].name);
		pairing_scenario_begin(now.way, now.central, &now.p);
		now.p.tester->att_silent = true; /* it waits for this before it leaves */
		pairing_scenario_start(now.way, &now.p, "");
		assert_true(reference_peer_pair(&now.p));
		world_pass(2 * WORLD_MS);
		ends[k].happens(ends[k].value, &e);
		run_scenario_end(&now.p);
		assert_string_equal(verdict.class, ends[k].stands ? "ok" : "connection_failed");
		if (!ends[k].stands)
			assert_non_null(strstr(verdict.text, "MIC Failure (0x3d)"));
		assert_true(now.p.tester->count < RAW_PEER_FRAMES);
		check_capture(ends[k].stands ? "paired" : "not_encrypted: nobody mic-failure");
	}
	place[0] = '\0';
}

/* Nothing was said: a listener waits for as long as it was told to, and can be freed. */
static void test_a_central_that_does_not_pair(void **state)
{
	(void)state;
	sim_listen("--timeout 100");
	world_pass(99 * WORLD_S);
	assert_non_null(sim.tester.link);
	assert_int_equal(raw_peer_count(&sim.tester, 0), 0);
	assert_int_equal(sim_ends(), CLI_TIMED_OUT);
	assert_string_equal(program_result("text"), "timed out: --timeout is over");

	assert_int_equal(sim_end(NULL) | sim_begin(NULL), 0);
	sim_listen("--timeout 100");
	sim.controller.to_host = swallow;
	assert_int_equal(program_ends(103 * WORLD_S), CLI_CONTROLLER_FAILED);
	assert_non_null(strstr(program_result("text"), "did not answer Disconnect"));
}

static int clean_up(void **state)
{
	if (*place)
		print_error("%s\n", place);
	place[0] = '\0';
	return sim_end(state);
}

int main(void)
{
	struct CMUnitTest tests[2 * WAYS + 5];
	char names[2 * WAYS][80];
	struct moment moments[2 * WAYS];
	size_t n = 0;

	/* scripts/soak begins with other values of the faults. */
	const char *from = getenv("BLEPAIR_FAULTS_FROM");
	turn = from ? (unsigned)strtoul(from, NULL, 10) : 0;
	for (; n < 2 * WAYS; n++) {
		moments[n] = (struct moment){.way = &ways[n / 2], .central = n % 2 == 0};
		(void)snprintf(names[n], sizeof(names[n]), "%s: %s",
			       moments[n].central ? "central" : "peripheral", ways[n / 2].name);
		tests[n] =
			(struct CMUnitTest){names[n], test_way, sim_begin, clean_up, &moments[n]};
	}
#define TEST(name) (struct CMUnitTest) cmocka_unit_test_setup_teardown(name, sim_begin, clean_up)
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_no_fault_was_left_out);
	tests[n++] = TEST(test_paired);
	tests[n++] = TEST(test_a_central_that_does_not_pair);
	tests[n++] = TEST(test_encryption_is_refused);
	tests[n++] = TEST(test_lost_packets);
	return _cmocka_run_group_tests("sim/faults", tests, n, captured_begin, captured_end);
}

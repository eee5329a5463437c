/* SPDX-License-Identifier: MIT */
/*
 * A peer, a user and a link that do anything at any moment: each PDU slipped in at each step of
 * each method, each way of ending at each step, and long walks at random. Never paired without the
 * checks, at most one Pairing Failed, and nothing after it.
 */
#include <string.h>

#include "smp/harness.h"

static struct end i, r;

static const struct scenario {
	const char *name;
	struct kind kind;
} scenarios[] = {
	{"legacy Just Works", {false, 3, 3, 0}},
	{"legacy passkey, initiator shows", {false, 0, 2, 0}},
	{"legacy passkey, responder shows", {false, 2, 0, 0}},
	{"legacy out of band", {false, 3, 3, 4}},
	{"Just Works", {true, 3, 3, 0}},
	{"Numeric Comparison", {true, 1, 1, 0}},
	{"passkey, initiator shows", {true, 4, 2, 0}},
	{"passkey, responder shows", {true, 2, 4, 0}},
	{"out of band", {true, 3, 3, 3}},
};

static void prepare(const struct scenario *s)
{
	prepare_kind(&i, &r, &s->kind);
	end_begin(&i);
	end_begin(&r);
}

/*
 * Pairing Failed at most once, and as the last thing; but for Command Not Supported, with which a
 * role declines what the other role's part is, while no pairing is under way.
 */
static void ends_once(const struct end *end)
{
	for (size_t n = 0; n + 1 < end->sent_count; n++)
		assert_true(end->sent[n].data[0] != SMP_PAIRING_FAILED ||
			    end->sent[n].data[1] == SMP_COMMAND_NOT_SUPPORTED);
	assert_int_equal(end->sent_after_end, 0);
}

/* The action on one end before step n. */
struct blow {
	unsigned at; /* counts down */
	enum smp_role victim;
	struct smp_event event;
	uint8_t pdu[66];
	enum { FILL, ZERO, ECHO, DOUBLE, STRANGER } payload;
	bool cut; /* its length is not the one of its code, but this: */
	size_t len;
	bool struck;
	bool ignored;	   /* it changed nothing that the engine keeps */
	struct end before; /* the victim then */
};

/* A PDU of this code to the victim: random, zero, its own one reflected, or the next real one. */
static void make_pdu(struct blow *b, const struct end *victim, const struct end *other)
{
	uint8_t code = b->pdu[0];
	const struct smp_pdu_format *format = smp_pdu_format(code);

	b->event.pdu.data = b->pdu;
	b->event.pdu.len = format ? format->length : 5;
	memset(b->pdu + 1, b->payload == ZERO ? 0 : 0xc3, sizeof(b->pdu) - 1);
	if (code == SMP_PAIRING_REQUEST || code == SMP_PAIRING_RESPONSE)
		memcpy(b->pdu + 1, b->payload == ZERO ? "\3\0\0\x10\0\0" : "\4\0\x2d\x10\x0f\x0f",
		       6);
	if (code == SMP_PAIRING_PUBLIC_KEY && b->payload == STRANGER) {
		static struct crypto_keypair third; /* made once: of an attacker */
		if (bytes_all_zero(third.private_key, 32))
			assert_int_equal(crypto_p256_generate(&third, crypto_random, NULL), 0);
		memcpy(b->pdu + 1, third.public_key, 64);
	}
	if (b->payload == ECHO) {
		for (size_t n = 0; n < victim->sent_count; n++)
			if (victim->sent[n].data[0] == code)
				memcpy(b->pdu, victim->sent[n].data, victim->sent[n].len);
	} else if (b->payload == DOUBLE && other->taken < other->sent_count &&
		   other->sent[other->taken].data[0] == code) {
		memcpy(b->pdu, other->sent[other->taken].data, other->sent[other->taken].len);
	}
	if (b->cut)
		b->event.pdu.len = b->len;
}

static bool same(const struct smp *a, const struct smp *b)
{
	return a->state == b->state && a->keys_due == b->keys_due &&
	       memcmp(&a->secret, &b->secret, sizeof(a->secret)) == 0 &&
	       memcmp(&a->features, &b->features, sizeof(a->features)) == 0 &&
	       memcmp(&a->bond, &b->bond, sizeof(a->bond)) == 0;
}

static void strike(void *ctx, struct end *initiator, struct end *responder)
{
	struct blow *b = ctx;
	struct end *victim = b->victim == SMP_INITIATOR ? initiator : responder;
	struct end *other = victim == initiator ? responder : initiator;

	if (b->struck || b->at-- > 0)
		return;
	b->struck = true;
	if (b->event.kind == SMP_EV_PDU) {
		/* The session holds PDUs back before encryption; afterwards only the peer can send.
		 */
		if (smp_awaits_encryption(&victim->smp) && b->pdu[0] != SMP_PAIRING_FAILED) {
			b->before = *victim;
			b->before.failed = true;
			return;
		}
		make_pdu(b, victim, other);
	}
	b->before = *victim;
	end_event(victim, b->event);
	b->ignored = same(&victim->smp, &b->before.smp);
}

/* Equal PDUs of a code are tried once. */
static bool worth_trying(uint8_t code, unsigned payload)
{
	switch (payload) {
	case FILL:
		return true;
	case ZERO:
		return code == SMP_PAIRING_REQUEST || code == SMP_PAIRING_RESPONSE;
	case STRANGER:
		return code == SMP_PAIRING_PUBLIC_KEY;
	default:
		return code == SMP_PAIRING_CONFIRM || code == SMP_PAIRING_RANDOM ||
		       code == SMP_PAIRING_PUBLIC_KEY || code == SMP_PAIRING_DHKEY_CHECK;
	}
}

/* Twenty rounds look alike: some steps of them, of the other methods all. */
static unsigned stride(const struct scenario *s)
{
	return s->kind.sc && (s->kind.io_i == 2 || s->kind.io_r == 2) ? 9 : 1;
}

static bool is_key(uint8_t code)
{
	return code >= SMP_ENCRYPTION_INFORMATION && code <= SMP_SIGNING_INFORMATION;
}

/* Runs one pairing with a blow; false when it was over before. */
static bool run_struck(const struct scenario *s, struct blow *b)
{
	const struct run run = {.before = strike, .ctx = b};

	prepare(s);
	run_pairing(&i, &r, &run);
	ends_once(&i);
	ends_once(&r);
	/* Whoever paired has the same key as the other, and neither more trust than the method. */
	if (i.paired && r.paired) {
		assert_memory_equal(i.ltk, r.ltk, 16);
		assert_int_equal(i.smp.bond.authenticated, r.smp.bond.authenticated);
	}
	return b->struck;
}

/*
 * Each code of the specification and two undefined ones, in five forms, at each step, to each role.
 * Either it changes nothing, and the pairing continues to its end; or no side pairs; or it was a
 * key on an encrypted link, which only the peer itself could send.
 */
static void each_pdu_at_each_step(void **state)
{
	unsigned ignored = 0, refused = 0;

	(void)state;
	for (size_t n = 0; n < COUNT(scenarios); n++) {
		for (unsigned kind = 0; kind < 2 * 5 * 16; kind++) {
			unsigned step = 0;
			if (!worth_trying((uint8_t)(kind / 10), kind / 2 % 5))
				continue;
			for (;; step += stride(&scenarios[n])) {
				static struct blow b;
				b = (struct blow){.at = step,
						  .victim =
							  kind & 1 ? SMP_RESPONDER : SMP_INITIATOR,
						  .event = {.kind = SMP_EV_PDU},
						  .pdu = {(uint8_t)(kind / 10)},
						  .payload = kind / 2 % 5};
				if (!run_struck(&scenarios[n], &b))
					break;
				const struct end *victim = kind & 1 ? &r : &i;
				if (b.before.failed) /* held back */
					continue;
				if (b.before.smp.state == SMP_STATE_DONE ||
				    b.before.smp.state == SMP_STATE_KEYS)
					assert_true(is_key(b.pdu[0]) ||
						    victim->failed ==
							    (b.before.smp.state == SMP_STATE_KEYS ||
							     b.pdu[0] == SMP_PAIRING_FAILED) ||
						    b.pdu[0] == SMP_SECURITY_REQUEST ||
						    !smp_pdu_format(b.pdu[0]));
				else if (i.paired && r.paired && b.ignored)
					ignored++;
				else if (i.paired || r.paired)
					fail_msg("%s: %s at step %u: paired all the same",
						 scenarios[n].name, smp_pdu_name(b.pdu[0]), step);
				else
					refused++;
				if (!smp_pdu_format(b.pdu[0]))
					assert_true(i.paired && r.paired);
			}
			assert_true(step > 5);
		}
	}
	assert_true(ignored > 300 && refused > 3000);
}

/* ---- Lengths --------------------------------------------------------------------------------- */

/* Of each code what is too short or too long, and nothing at all, at each step, to each role. */
static void each_wrong_length_at_each_step(void **state)
{
	unsigned refused = 0;

	(void)state;
	for (size_t n = 0; n < COUNT(scenarios); n++) {
		for (unsigned kind = 0; kind < 2 * 4 * (SMP_LAST_PDU + 1); kind++) {
			uint8_t code = (uint8_t)(kind / 8);
			const struct smp_pdu_format *format = smp_pdu_format(code);
			const size_t right = format ? format->length : 1;
			const size_t lengths[] = {1, right - 1, right + 1, 0};
			size_t len = lengths[kind / 2 % 4];
			if (len == right || (!code && len))
				continue;
			/* P-256 is slow here: of its methods each step with some of the lengths. */
			unsigned leap = scenarios[n].kind.sc ? 5 * stride(&scenarios[n]) : 1;
			for (unsigned step = kind / 2 % leap;; step += leap) {
				static struct blow b;
				b = (struct blow){.at = step,
						  .victim =
							  kind & 1 ? SMP_RESPONDER : SMP_INITIATOR,
						  .event = {.kind = SMP_EV_PDU},
						  .pdu = {code},
						  .cut = true,
						  .len = len};
				if (!run_struck(&scenarios[n], &b))
					break;
				const struct end *victim = kind & 1 ? &r : &i;
				uint8_t was = b.before.smp.state;
				bool ends = smp_busy(&b.before.smp) ||
					    (was == SMP_STATE_IDLE && kind & 1 &&
					     code == SMP_PAIRING_REQUEST);
				if (b.before.failed) /* held back, or over */
					continue;
				if (!len) { /* no code, no answer */
					assert_true(b.ignored && i.paired && r.paired);
				} else if (code == SMP_PAIRING_FAILED) {
					/* Never answered, in any form. */
					bool heard = ends || was == SMP_STATE_DONE;
					assert_int_equal(victim->failed, heard);
					if (heard)
						assert_int_equal(victim->sent_count,
								 b.before.sent_count);
				} else if (ends) {
					assert_refused(victim, SMP_INVALID_PARAMETERS);
					refused++;
				} else {
					assert_true(b.ignored);
				}
			}
		}
	}
	assert_true(refused > 2500);
}

/* ---- Every way of ending, at every step ------------------------------------------------------ */

/* Runs a pairing of each method up to each step, strikes the victim, and shows what became of it.
 */
static void at_each_step(struct smp_event event, const uint8_t *pdu, size_t len,
			 void (*look)(const struct blow *b, const struct end *victim,
				      const struct end *other))
{
	for (size_t n = 0; n < COUNT(scenarios); n++) {
		for (unsigned role = 0; role < 2; role++) {
			for (unsigned step = 0;; step++) {
				static struct blow b;
				b = (struct blow){.at = step,
						  .victim = (enum smp_role)role,
						  .event = event,
						  .payload = FILL};
				if (len)
					memcpy(b.pdu, pdu, len);
				if (!run_struck(&scenarios[n], &b))
					break;
				look(&b, role ? &r : &i, role ? &i : &r);
			}
		}
	}
}

static void look_timeout(const struct blow *b, const struct end *victim, const struct end *other)
{
	(void)other;
	if (!smp_busy(&b->before.smp)) /* not begun, or over */
		return;
	/* SM/CEN/PROT/BV-01-C, SM/PER/PROT/BV-02-C: not a word after it. */
	assert_true(victim->failed);
	assert_int_equal(victim->failure.by, SMP_BY_TIMEOUT);
	assert_int_equal(victim->sent_count, b->before.sent_count);
}

static void look_closed(const struct blow *b, const struct end *victim, const struct end *other)
{
	(void)other;
	if (!smp_busy(&b->before.smp))
		return;
	assert_true(victim->failed);
	assert_int_equal(victim->failure.by, SMP_BY_LINK);
	assert_int_equal(victim->failure.reason, 0x13);
	assert_int_equal(victim->sent_count, b->before.sent_count);
}

static void look_cancelled(const struct blow *b, const struct end *victim, const struct end *other)
{
	if (!smp_busy(&b->before.smp))
		return;
	assert_true(victim->failed);
	assert_int_equal(victim->failure.by, SMP_BY_USER);
	assert_int_equal(victim->sent_count, b->before.sent_count + 1);
	assert_int_equal(end_last(victim), SMP_PAIRING_FAILED);
	assert_int_equal(victim->sent[victim->sent_count - 1].data[1], victim->failure.reason);
	/* The other hears of it, also when it had thought that all was done. */
	assert_true(other->failed || other->smp.state == SMP_STATE_IDLE);
	assert_false(victim->prompt_open || other->prompt_open);
}

static void look_peer_failed(const struct blow *b, const struct end *victim,
			     const struct end *other)
{
	(void)other;
	if (!smp_busy(&b->before.smp) && b->before.smp.state != SMP_STATE_DONE)
		return;
	/* 3.5.5: the reason is reported, and it is never answered. */
	assert_true(victim->failed);
	assert_int_equal(victim->failure.by, SMP_BY_PEER);
	assert_int_equal(victim->failure.reason, b->pdu[1]);
	assert_int_equal(victim->sent_count, b->before.sent_count);
	assert_false(victim->prompt_open || victim->timer);
	assert_true(bytes_all_zero((const uint8_t *)&victim->smp.bond, sizeof(struct smp_bond)));
}

static void look_differ(const struct blow *b, const struct end *victim, const struct end *other)
{
	(void)other;
	if (b->before.smp.state != SMP_STATE_COMPARING &&
	    b->before.smp.state != SMP_STATE_COMPARING_CHECKED)
		return;
	assert_refused(victim, SMP_NUMERIC_COMPARISON_FAILED);
}

static void each_way_of_ending_at_each_step(void **state)
{
	(void)state;
	at_each_step((struct smp_event){.kind = SMP_EV_TIMEOUT}, NULL, 0, look_timeout);
	at_each_step((struct smp_event){.kind = SMP_EV_DISCONNECTED, .status = 0x13}, NULL, 0,
		     look_closed);
	at_each_step((struct smp_event){.kind = SMP_EV_CANCEL}, NULL, 0, look_cancelled);
	at_each_step((struct smp_event){.kind = SMP_EV_CONFIRM, .yes = false}, NULL, 0,
		     look_differ);
}

/* make_pdu() fills what follows the code: the reason is 0xc3 or 0, both unknown. */
static void the_peer_fails_at_each_step(void **state)
{
	const uint8_t failed[] = {SMP_PAIRING_FAILED};

	(void)state;
	at_each_step((struct smp_event){.kind = SMP_EV_PDU}, failed, 1, look_peer_failed);
}

/* Events of the user or the link at the wrong moment: no effect, or no side pairs. */
static void local_events_at_the_wrong_moment(void **state)
{
	const struct smp_event events[] = {
		{.kind = SMP_EV_START},
		{.kind = SMP_EV_PASSKEY, .passkey = 1},
		{.kind = SMP_EV_CONFIRM, .yes = true},
		{.kind = SMP_EV_KEYPRESS, .keypress = SMP_KEYPRESS_DIGIT},
		{.kind = SMP_EV_ENCRYPTED, .status = 0},
		{.kind = SMP_EV_ENCRYPTED, .status = 0x06},
		{.kind = SMP_EV_LTK_REQUEST},
	};

	(void)state;
	for (size_t n = 0; n < COUNT(events); n++) {
		for (size_t k = 0; k < COUNT(scenarios); k++) {
			for (unsigned role = 0; role < 2; role++) {
				for (unsigned step = 1;; step += stride(&scenarios[k])) {
					static struct blow b;
					b = (struct blow){.at = step,
							  .victim = (enum smp_role)role,
							  .event = events[n]};
					if (!run_struck(&scenarios[k], &b))
						break;
					uint8_t was = b.before.smp.state;
					if (events[n].kind == SMP_EV_START)
						assert_int_not_equal(was, SMP_STATE_FAILED);
					/* A key is given for the pairing's own encryption only. */
					if (events[n].kind == SMP_EV_LTK_REQUEST &&
					    was != SMP_STATE_KEY_WANTED &&
					    was != SMP_STATE_ENCRYPTING)
						assert_int_equal(b.before.replies,
								 b.before.ltk_asked);
					if (events[n].kind == SMP_EV_ENCRYPTED &&
					    was != SMP_STATE_ENCRYPTING)
						assert_true(i.paired && r.paired);
				}
			}
		}
	}
}

/* ---- At random ------------------------------------------------------------------------------- */

static uint32_t lot = 1;

static uint32_t draw(uint32_t below)
{
	lot = lot * 1664525 + 1013904223;
	return (lot >> 8) % below;
}

/*
 * One engine, and a peer without any secret that sends every kind of event in any order: the engine
 * encrypts nothing, gives out no key and never pairs. Legacy Just Works is left out: its TK is not
 * secret.
 */
static void long_walks(void **state)
{
	size_t begun = 0, deep = 0;

	(void)state;
	for (unsigned walk = 0; walk < 15000; walk++) {
		end_prepare(&i, walk & 1 ? SMP_RESPONDER : SMP_INITIATOR);
		i.config.io = (enum smp_io)draw(5);
		i.config.sc = draw(4) ? SMP_SC_PREFER : SMP_SC_OFF;
		i.config.keypress = draw(2);
		i.seed = lot;
		end_begin(&i);
		for (unsigned step = 0; step < 40 && i.smp.state != SMP_STATE_FAILED; step++) {
			uint8_t pdu[70];
			size_t len;
			for (size_t n = 0; n < sizeof(pdu); n++)
				pdu[n] = (uint8_t)draw(256);
			pdu[0] = (uint8_t)draw(16);
			const struct smp_pdu_format *format = smp_pdu_format(pdu[0]);
			len = format && draw(20) ? format->length : draw(sizeof(pdu) + 1);
			if (pdu[0] <= 2 && draw(10))
				memcpy(pdu + 1,
				       (const uint8_t[]){(uint8_t)draw(5), 0, (uint8_t)draw(64), 16,
							 (uint8_t)draw(16), (uint8_t)draw(16)},
				       6);
			if (pdu[0] == SMP_PAIRING_PUBLIC_KEY && draw(4)) {
				end_prepare(&r, walk & 1 ? SMP_INITIATOR : SMP_RESPONDER);
				memcpy(pdu + 1, r.keypair.public_key, 64);
			}
			/* Mostly what the engine waits for, or it would never get far. */
			static const uint8_t awaited[] = {
				[SMP_STATE_FEATURES] = SMP_PAIRING_RESPONSE,
				[SMP_STATE_IDLE] = SMP_PAIRING_REQUEST,
				[SMP_STATE_LEGACY_CONFIRM] = SMP_PAIRING_CONFIRM,
				[SMP_STATE_LEGACY_RANDOM] = SMP_PAIRING_RANDOM,
				[SMP_STATE_PUBLIC_KEYS] = SMP_PAIRING_PUBLIC_KEY,
				[SMP_STATE_COMMITMENT] = SMP_PAIRING_CONFIRM,
				[SMP_STATE_NONCE] = SMP_PAIRING_RANDOM,
				[SMP_STATE_PASSKEY_CONFIRM] = SMP_PAIRING_CONFIRM,
				[SMP_STATE_PASSKEY_RANDOM] = SMP_PAIRING_RANDOM,
				[SMP_STATE_DHKEY_CHECK] = SMP_PAIRING_DHKEY_CHECK};
			if (draw(8) && i.smp.state < COUNT(awaited) && awaited[i.smp.state]) {
				pdu[0] = awaited[i.smp.state];
				len = smp_pdu_format(pdu[0])->length;
				if (pdu[0] <= 2)
					memcpy(pdu + 1, "\4\0\x0d\x10\x0f\x0f", 6);
				if (pdu[0] == SMP_PAIRING_PUBLIC_KEY) {
					end_prepare(&r, walk & 1 ? SMP_INITIATOR : SMP_RESPONDER);
					memcpy(pdu + 1, r.keypair.public_key, 64);
				}
			}
			switch (draw(12)) {
			case 0:
				end_start(&i);
				break;
			case 1:
				end_passkey(&i, draw(1000000));
				break;
			case 2:
				end_confirm(&i, draw(8));
				break;
			case 3:
				end_encrypted(&i, (uint8_t)draw(2));
				break;
			case 4:
				end_event(&i, (struct smp_event){.kind = SMP_EV_LTK_REQUEST});
				break;
			default:
				end_pdu(&i, pdu, len);
			}
			deep += i.smp.state >= SMP_STATE_KEYS_EXCHANGED &&
				i.smp.state < SMP_STATE_DONE;
			/* Legacy Just Works can be had by anyone, honestly: not a stranger. */
			assert_false(i.encrypts || i.replies || i.paired);
		}
		ends_once(&i);
		begun += i.features;
	}
	assert_true(begun > 5000 && deep > 10000);
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_pdu_at_each_step),
		cmocka_unit_test(each_wrong_length_at_each_step),
		cmocka_unit_test(each_way_of_ending_at_each_step),
		cmocka_unit_test(the_peer_fails_at_each_step),
		cmocka_unit_test(local_events_at_the_wrong_moment),
		cmocka_unit_test(long_walks),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}

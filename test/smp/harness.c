/* SPDX-License-Identifier: MIT */
#include "smp/harness.h"

#include <stdio.h>
#include <string.h>

static int scripted_random(void *ctx, uint8_t *out, size_t len)
{
	struct end *end = ctx;

	if (end->draws_left && !--end->draws_left) {
		end->draws_left = 1;
		return -1;
	}
	if (len == 16 && end->script_used < end->script_count) {
		memcpy(out, end->script[end->script_used++], 16);
		return 0;
	}
	for (size_t i = 0; i < len; i++) {
		end->seed = end->seed * 6364136223846793005ULL + 1442695040888963407ULL;
		out[i] = (uint8_t)(end->seed >> 56);
	}
	return 0;
}

/* Made once: P-256 is slow under sanitizers. */
static const struct crypto_keypair *fixed_keypair(enum smp_role role)
{
	static struct crypto_keypair pairs[2];

	if (!pairs[role].public_key[0] && !pairs[role].public_key[1])
		assert_int_equal(crypto_p256_generate(&pairs[role], crypto_random, NULL), 0);
	return &pairs[role];
}

void end_prepare(struct end *end, enum smp_role role)
{
	static const struct crypto_address addresses[2] = {
		{0, {0x11, 0x22, 0x33, 0x44, 0x55, 0x66}}, {1, {1, 2, 3, 4, 5, 0xc6}}};

	memset(end, 0, sizeof(*end));
	end->seed = 0x5eed + (uint64_t)role * 77777;
	end->keypair = *fixed_keypair(role);
	end->config = (struct smp_config){
		.role = role,
		.local = addresses[role],
		.peer = addresses[!role],
		.io = SMP_IO_NO_INPUT_NO_OUTPUT,
		.mitm = SMP_MITM_PREFER,
		.sc = SMP_SC_PREFER,
		.bonding = true,
		.init_keys = SMP_DIST_ENC | SMP_DIST_ID | SMP_DIST_SIGN,
		.resp_keys = SMP_DIST_ENC | SMP_DIST_ID | SMP_DIST_SIGN,
		.min_key_size = 7,
		.max_key_size = 16,
		.irk = {0x11, (uint8_t)role},
		.identity = addresses[role],
		.keypair = &end->keypair,
		.random = scripted_random,
		.random_ctx = end,
	};
}

void end_begin(struct end *end)
{
	/* The engine must not depend on the old contents. */
	memset(&end->smp, 0xa5, sizeof(end->smp));
	assert_int_equal(smp_init(&end->smp, &end->config), 0);
}

static void trace(struct end *end, const char *mark, const char *word)
{
	size_t used = strlen(end->trace);

	if (used + strlen(mark) + strlen(word) + 2 > sizeof(end->trace))
		return; /* full: no chart is that long */
	(void)snprintf(end->trace + used, sizeof(end->trace) - used, "%s%s%s", used ? " " : "",
		       mark, word);
}

static const char *short_name(uint8_t code)
{
	static const char *const names[] = {"?",    "request", "response", "confirm", "random",
					    "fail", "ltk",     "ediv",	   "irk",     "address",
					    "csrk", "please",  "key",	   "check",   "keypress"};
	return names[code < COUNT(names) ? code : 0];
}

static void trace_action(struct end *end, const struct smp_action *a)
{
	static const char *const words[] = {
		[SMP_ACT_ENCRYPT] = "encrypt",	      [SMP_ACT_LTK_REPLY] = "give",
		[SMP_ACT_LTK_NEGATIVE] = "deny",      [SMP_ACT_ASK_PASSKEY] = "ask",
		[SMP_ACT_SHOW_PASSKEY] = "show",      [SMP_ACT_ASK_CONFIRM] = "compare",
		[SMP_ACT_PROMPT_END] = "unprompt",    [SMP_ACT_PEER_KEYPRESS] = "pressed",
		[SMP_ACT_TIMER_START] = "timer",      [SMP_ACT_TIMER_STOP] = "untimer",
		[SMP_ACT_SECURITY_REQUEST] = "asked", [SMP_ACT_FEATURES] = "features",
		[SMP_ACT_PAIRED] = "PAIRED",	      [SMP_ACT_FAILED] = "FAILED",
	};

	if (a->kind == SMP_ACT_SEND)
		trace(end, ">", short_name(a->pdu.data[0]));
	else
		trace(end, "", words[a->kind]);
}

static void trace_event(struct end *end, const struct smp_event *event)
{
	static const char *const words[] = {
		[SMP_EV_START] = "start",	  [SMP_EV_PASSKEY] = "typed",
		[SMP_EV_CONFIRM] = "answered",	  [SMP_EV_CANCEL] = "cancelled",
		[SMP_EV_KEYPRESS] = "press",	  [SMP_EV_ENCRYPTED] = "encrypted",
		[SMP_EV_LTK_REQUEST] = "wanted",  [SMP_EV_TIMEOUT] = "timeout",
		[SMP_EV_DISCONNECTED] = "closed",
	};

	if (event->kind == SMP_EV_PDU)
		trace(end, "<", short_name(event->pdu.len ? event->pdu.data[0] : 0));
	else
		trace(end, "", words[event->kind]);
}

static void keep(struct end *end, const struct smp_action *a)
{
	trace_action(end, a);
	switch (a->kind) {
	case SMP_ACT_SEND:
		assert_true(end->sent_count < COUNT(end->sent));
		end->sent_after_end += end->failed;
		memcpy(end->sent[end->sent_count].data, a->pdu.data, a->pdu.len);
		end->sent[end->sent_count++].len = a->pdu.len;
		break;
	case SMP_ACT_ENCRYPT:
		assert_false(bytes_all_zero(a->ltk, 16)); /* CVE-2019-19194 */
		end->encrypts = true;
		memcpy(end->ltk, a->ltk, 16);
		break;
	case SMP_ACT_LTK_REPLY:
		assert_false(bytes_all_zero(a->ltk, 16));
		end->replies = true;
		memcpy(end->ltk, a->ltk, 16);
		break;
	case SMP_ACT_LTK_NEGATIVE:
		end->denies = true;
		break;
	case SMP_ACT_ASK_PASSKEY:
		end->asks_passkey = end->prompt_open = true;
		break;
	case SMP_ACT_SHOW_PASSKEY:
		end->shows_passkey = end->prompt_open = true;
		end->number = a->number;
		break;
	case SMP_ACT_ASK_CONFIRM:
		end->asks_confirm = end->prompt_open = true;
		end->number = a->number;
		break;
	case SMP_ACT_PROMPT_END:
		end->prompt_open = end->asks_passkey = end->asks_confirm = false;
		break;
	case SMP_ACT_PEER_KEYPRESS:
		end->keypresses++;
		break;
	case SMP_ACT_TIMER_START:
		assert_int_equal(a->timer_us, 30 * 1000000); /* Part H 3.4 */
		end->timer = true;
		break;
	case SMP_ACT_TIMER_STOP:
		assert_true(end->timer);
		end->timer = false;
		break;
	case SMP_ACT_SECURITY_REQUEST:
		end->security_requests++;
		break;
	case SMP_ACT_FEATURES:
		end->features++;
		break;
	case SMP_ACT_PAIRED:
		assert_false(end->paired);
		end->paired = true;
		break;
	case SMP_ACT_FAILED:
		assert_false(end->failed);
		end->failed = true;
		end->paired = false;
		end->failure = a->failure;
		assert_non_null(a->failure.text);
		break;
	}
}

void end_event(struct end *end, struct smp_event event)
{
	struct smp_actions actions;

	/* The test must not depend on fields that are not set. */
	memset(&actions, 0xa5, sizeof(actions));
	if (event.kind == SMP_EV_TIMEOUT)
		end->timer = false;
	trace_event(end, &event);
	smp_step(&end->smp, &event, &actions);
	assert_true(actions.count < SMP_MAX_ACTIONS);
	end->most_actions = actions.count > end->most_actions ? actions.count : end->most_actions;
	for (size_t i = 0; i < actions.count; i++)
		keep(end, &actions.list[i]);
	/* 3.4: the timer runs exactly while a pairing is under way. */
	assert_int_equal(end->timer, smp_busy(&end->smp));
	/* After the end all secrets are wiped, except the bond of a success. */
	if (end->failed || end->paired) {
		assert_true(
			bytes_all_zero((const uint8_t *)&end->smp.secret, sizeof(end->smp.secret)));
		assert_true(bytes_all_zero((const uint8_t *)&end->smp.config.oob,
					   sizeof(end->smp.config.oob)));
		assert_true(bytes_all_zero(end->smp.config.irk, 16));
		assert_int_equal(end->smp.config.passkey, 0);
	}
}

void end_start(struct end *end)
{
	end_event(end, (struct smp_event){.kind = SMP_EV_START});
}

void end_pdu(struct end *end, const uint8_t *pdu, size_t len)
{
	end_event(end, (struct smp_event){.kind = SMP_EV_PDU, .pdu = {pdu, len}});
}

void end_passkey(struct end *end, uint32_t passkey)
{
	end->asks_passkey = false;
	end_event(end, (struct smp_event){.kind = SMP_EV_PASSKEY, .passkey = passkey});
}

void end_confirm(struct end *end, bool yes)
{
	end->asks_confirm = false;
	end_event(end, (struct smp_event){.kind = SMP_EV_CONFIRM, .yes = yes});
}

void end_encrypted(struct end *end, uint8_t status)
{
	end_event(end, (struct smp_event){.kind = SMP_EV_ENCRYPTED, .status = status});
}

uint8_t end_last(const struct end *end)
{
	return end->sent_count ? end->sent[end->sent_count - 1].data[0] : 0;
}

void assert_refused(const struct end *end, uint8_t reason)
{
	assert_true(end->failed);
	assert_int_equal(end->failure.by, SMP_BY_US);
	assert_int_equal(end->failure.reason, reason);
	assert_int_equal(end_last(end), SMP_PAIRING_FAILED);
	assert_int_equal(end->sent[end->sent_count - 1].data[1], reason);
}

/* ---- Two ends -------------------------------------------------------------------------------- */

static bool deliver(struct end *from, struct end *to, const struct run *run)
{
	uint8_t pdu[65];
	size_t len;

	if (from->taken < from->sent_count && from->keeps_keys &&
	    from->sent[from->taken].data[0] >= SMP_ENCRYPTION_INFORMATION &&
	    from->sent[from->taken].data[0] <= SMP_SIGNING_INFORMATION)
		return false;
	/* Keys wait for the event of encryption, as in the session. */
	if (from->taken == from->sent_count ||
	    (smp_awaits_encryption(&to->smp) &&
	     from->sent[from->taken].data[0] != SMP_PAIRING_FAILED))
		return false;
	len = from->sent[from->taken].len;
	memcpy(pdu, from->sent[from->taken++].data, len);
	if (run->tamper)
		run->tamper(run->ctx, to, pdu, &len);
	end_pdu(to, pdu, len);
	return true;
}

static bool answer(struct end *end, const struct end *other, const struct run *run)
{
	if (end->user_is_away)
		return false;
	if (end->asks_passkey) {
		uint32_t wrong = run->wrong_passkey ? 1 : 0; /* its first bit: round 1 */
		if (other->shows_passkey)
			end_passkey(end, other->number ^ wrong);
		else if (end->smp.features.method == SMP_PASSKEY_BOTH_TYPE)
			end_passkey(end, run->passkey_when_both_type ^ wrong * end->config.role);
		else
			return false;
		return true;
	}
	if (end->asks_confirm) {
		end_confirm(end, true);
		return true;
	}
	return false;
}

/* Reports the encryption; false if this end got it before. A responder without a key gets none. */
static bool report(struct end *end, bool hears, uint8_t status)
{
	if (end->reported)
		return false;
	end->reported = true;
	if (hears)
		end_encrypted(end, status);
	return true;
}

/* The link: asks the responder for the key, then reports the result to both, one step per call. */
static bool encrypt(struct end *i, struct end *r, const struct run *run)
{
	bool hears = r->replies && !r->failed;
	bool same = r->replies && memcmp(i->ltk, r->ltk, 16) == 0;
	uint8_t status = same ? 0 : r->replies ? 0x05 : 0x06;

	if (!i->encrypts || i->failed)
		return false;
	if (!r->ltk_asked) {
		r->ltk_asked = true;
		end_event(r, (struct smp_event){.kind = SMP_EV_LTK_REQUEST});
		return true;
	}
	if (run->encrypted_late)
		return report(i, true, status) || report(r, hears, status);
	return report(r, hears, status) || report(i, true, status);
}

void give_oob(struct end *to, struct end *from)
{
	to->config.oob.has_peer = true;
	memset(to->config.oob.peer_random, 0x10 + (int)from->config.role, 16);
	assert_int_equal(crypto_f4(from->keypair.public_key, from->keypair.public_key,
				   to->config.oob.peer_random, 0, to->config.oob.peer_confirm),
			 0);
	from->config.oob.has_own = true;
	memcpy(from->config.oob.own_random, to->config.oob.peer_random, 16);
}

void prepare_kind(struct end *i, struct end *r, const struct kind *kind)
{
	end_prepare(i, SMP_INITIATOR);
	end_prepare(r, SMP_RESPONDER);
	i->config.io = kind->io_i;
	r->config.io = kind->io_r;
	i->config.sc = kind->sc ? SMP_SC_PREFER : SMP_SC_OFF;
	if (kind->oob & 1)
		give_oob(i, r);
	if (kind->oob & 2)
		give_oob(r, i);
	if (kind->oob & 4) {
		i->config.oob.has_tk = r->config.oob.has_tk = true;
		memset(i->config.oob.tk, 0x5a, 16);
		memset(r->config.oob.tk, 0x5a, 16);
	}
}

/* The five steps that can be next. */
static bool move(unsigned what, struct end *i, struct end *r, const struct run *run)
{
	switch (what) {
	case 0:
		return answer(i, r, run);
	case 1:
		return answer(r, i, run);
	case 2:
		return deliver(i, r, run);
	case 3:
		return deliver(r, i, run);
	default:
		return encrypt(i, r, run);
	}
}

void run_pairing(struct end *i, struct end *r, const struct run *run)
{
	uint32_t lot = run->shuffle;

	end_start(i);
	/* Bounded: a broken engine must not hang the test. */
	for (int steps = 0; steps < 1000; steps++) {
		if (run->before)
			run->before(run->ctx, i, r);
		/* Users first, unless they are late; then PDUs, then the link; or any turn of it.
		 */
		unsigned first = run->answer_late ? 2 : 0, step = 1;
		if (run->shuffle) {
			lot = lot * 1664525 + 1013904223;
			first = (lot >> 8) % 5;
			step = 1 + (lot >> 16) % 4;
		}
		bool moved = false;
		for (unsigned n = 0; n < 5 && !moved; n++)
			moved = move((first + n * step) % 5, i, r, run);
		if (!moved)
			return;
	}
	fail_msg("the pairing does not end");
}

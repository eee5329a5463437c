/* SPDX-License-Identifier: MIT */
/*
 * Recorded pairings through the engine: the same inputs give the same octets. The sessions are from
 * tests of other stacks and from public captures; the file names the sources.
 */
#include <stdio.h>
#include <string.h>

#include "smp/harness.h"
#include "vectors/vectors.h"

#define TRANSCRIPT_MAX 100

struct line {
	bool initiator;
	uint8_t pdu[65];
	size_t len;
};

struct transcript {
	struct line lines[TRANSCRIPT_MAX];
	size_t count;
};

static void add(struct transcript *t, bool initiator, uint8_t code, const uint8_t *value,
		size_t len)
{
	struct line *line = &t->lines[t->count++];

	assert_true(t->count <= TRANSCRIPT_MAX);
	line->initiator = initiator;
	line->pdu[0] = code;
	memcpy(line->pdu + 1, value, len);
	line->len = len + 1;
}

static void add_hex(struct transcript *t, bool initiator, uint8_t code, const json_t *session,
		    const char *name)
{
	uint8_t value[16];
	assert_int_equal(vector_hex(session, name, value, sizeof(value)), 16);
	add(t, initiator, code, value, 16);
}

/* The same of the n-th of a list. */
static void add_nth(struct transcript *t, bool initiator, uint8_t code, const json_t *session,
		    const char *name, size_t n)
{
	uint8_t value[16];
	const char *text = json_string_value(json_array_get(json_object_get(session, name), n));
	assert_non_null(text);
	assert_int_equal(vector_text(name, text, value, sizeof(value)), 16);
	add(t, initiator, code, value, 16);
}

static void add_key(struct transcript *t, bool initiator, const json_t *s, const char *x,
		    const char *y)
{
	uint8_t key[64];
	assert_int_equal(vector_hex(s, x, key, 32), 32);
	assert_int_equal(vector_hex(s, y, key + 32, 32), 32);
	add(t, initiator, SMP_PAIRING_PUBLIC_KEY, key, 64);
}

static void add_features(struct transcript *t, bool initiator, const json_t *s, const char *name)
{
	uint8_t pdu[7];
	assert_int_equal(vector_hex(s, name, pdu, sizeof(pdu)), 7);
	add(t, initiator, pdu[0], pdu + 1, 6);
}

static void write_transcript(struct transcript *t, const json_t *s, bool sc)
{
	t->count = 0;
	add_features(t, true, s, "pairing_request_wire");
	add_features(t, false, s, "pairing_response_wire");
	if (!sc) {
		add_hex(t, true, SMP_PAIRING_CONFIRM, s, "lp_confirm_i");
		add_hex(t, false, SMP_PAIRING_CONFIRM, s, "lp_confirm_r");
		add_hex(t, true, SMP_PAIRING_RANDOM, s, "lp_rand_i");
		add_hex(t, false, SMP_PAIRING_RANDOM, s, "lp_rand_r");
		return;
	}
	add_key(t, true, s, "pka_x", "pka_y");
	add_key(t, false, s, "pkb_x", "pkb_y");
	for (size_t n = 0; n < json_array_size(json_object_get(s, "rand_i")); n++) {
		if (json_array_size(json_object_get(s, "confirm_i")))
			add_nth(t, true, SMP_PAIRING_CONFIRM, s, "confirm_i", n);
		add_nth(t, false, SMP_PAIRING_CONFIRM, s, "confirm_r", n);
		add_nth(t, true, SMP_PAIRING_RANDOM, s, "rand_i", n);
		add_nth(t, false, SMP_PAIRING_RANDOM, s, "rand_r", n);
	}
	add_hex(t, true, SMP_PAIRING_DHKEY_CHECK, s, "ea");
	add_hex(t, false, SMP_PAIRING_DHKEY_CHECK, s, "eb");
}

static struct crypto_address get_address(const json_t *s, const char *name, const char *type)
{
	struct crypto_address a = {.type = (uint8_t)json_integer_value(json_object_get(s, type))};
	assert_int_equal(vector_hex(s, name, a.octets, 6), 6);
	return a;
}

static void configure(struct end *end, const json_t *s, const struct transcript *t, bool initiator)
{
	const uint8_t *own = t->lines[!initiator].pdu;
	const json_t *passkey = json_object_get(s, "passkey");
	struct smp_config *c = &end->config;

	end_prepare(end, initiator ? SMP_INITIATOR : SMP_RESPONDER);
	c->io = (enum smp_io)own[1];
	c->bonding = own[3] & SMP_AUTH_BONDING;
	c->mitm = own[3] & SMP_AUTH_MITM ? SMP_MITM_PREFER : SMP_MITM_OFF;
	c->sc = own[3] & SMP_AUTH_SC ? SMP_SC_PREFER : SMP_SC_OFF;
	c->max_key_size = own[4];
	c->init_keys = own[5];
	c->resp_keys = own[6];
	c->local = initiator ? get_address(s, "ia", "ia_type") : get_address(s, "ra", "ra_type");
	c->peer = initiator ? get_address(s, "ra", "ra_type") : get_address(s, "ia", "ia_type");
	if (own[2]) {
		c->oob.has_tk = true;
		assert_int_equal(vector_hex(s, "tk", c->oob.tk, 16), 16);
	}
	if (json_is_integer(passkey)) {
		c->has_passkey = true;
		c->passkey = (uint32_t)json_integer_value(passkey);
	}
	if (vector_hex(s, "iut_private_key", end->keypair.private_key, 32))
		assert_int_equal(
			crypto_p256_public(end->keypair.private_key, end->keypair.public_key), 0);
	for (size_t i = 0; i < t->count; i++)
		if (t->lines[i].initiator == initiator && t->lines[i].pdu[0] == SMP_PAIRING_RANDOM)
			memcpy(end->script[end->script_count++], t->lines[i].pdu + 1, 16);
	end_begin(end);
}

static void answer(struct end *end, const json_t *s)
{
	const char *number = json_string_value(json_object_get(s, "g2_decimal6"));
	char text[8];

	if (end->asks_passkey)
		end_passkey(end, end->config.passkey);
	if (end->asks_confirm) {
		(void)snprintf(text, sizeof(text), "%06u", end->number);
		assert_non_null(number);
		assert_string_equal(text, number);
		end_confirm(end, true);
	}
}

static void replay(const json_t *s, bool initiator)
{
	bool sc = strcmp(json_string_value(json_object_get(s, "kind")), "sc") == 0;
	static struct transcript t;
	static struct end end;
	uint8_t key[16];
	size_t sent = 0;

	write_transcript(&t, s, sc);
	configure(&end, s, &t, initiator);
	if (initiator)
		end_start(&end);
	for (size_t i = 0; i < t.count; i++) {
		answer(&end, s);
		if (t.lines[i].initiator != initiator) {
			end_pdu(&end, t.lines[i].pdu, t.lines[i].len);
			continue;
		}
		assert_true(sent < end.sent_count);
		assert_int_equal(end.sent[sent].len, t.lines[i].len);
		assert_memory_equal(end.sent[sent].data, t.lines[i].pdu, t.lines[i].len);
		sent++;
	}
	assert_false(end.failed);
	assert_int_equal(sent, end.sent_count);
	if (!initiator)
		end_event(&end, (struct smp_event){.kind = SMP_EV_LTK_REQUEST});
	assert_true(initiator ? end.encrypts : end.replies);
	assert_int_equal(vector_hex(s, sc ? "ltk" : "stk", key, 16), 16);
	crypto_shorten(key, end.smp.features.key_size);
	assert_memory_equal(end.ltk, key, 16);
}

static void sessions_of_captures_in_both_roles(void **state)
{
	size_t i, done = 0, responders = 0;
	const json_t *s;

	(void)state;
	json_array_foreach((json_t *)(uintptr_t)vectors("sessions_captured"), i, s)
	{
		const char *name = json_string_value(json_object_get(s, "name"));
		replay(s, true);
		done++;
		/* Its responder claims MITM for Just Works; ours would not (SM/PER/PKE/BV-06-C). */
		if (strcmp(name, "crackle_01_just_works") != 0) {
			replay(s, false);
			responders++;
		}
	}
	assert_int_equal(done, 5);
	assert_int_equal(responders, 4);
}

static void sessions_of_nimble(void **state)
{
	size_t i, done = 0;
	const json_t *s;

	(void)state;
	json_array_foreach((json_t *)(uintptr_t)vectors("sessions_nimble"), i, s)
	{
		if (!json_is_true(json_object_get(s, "verified")))
			continue;
		const char *role = json_string_value(json_object_get(s, "role_of_iut"));
		print_message("%s\n", json_string_value(json_object_get(s, "name")));
		replay(s, strcmp(role, "initiator") == 0);
		done++;
	}
	assert_int_equal(done, 14);
}

/*
 * The pairing that this program began with (linux-bluetooth list, 2019-07-11): phase 2 was right,
 * but keys that had not been negotiated followed, constant ones. Ours sends Signing Information
 * alone, with a random key, and the pairing completes.
 */
static void the_pairing_of_2019_completes(void **state)
{
	const json_t *s = json_array_get(vectors("sessions_captured"), 0);
	const json_t *keys = json_object_get(s, "responder_sent_wire");
	static struct transcript t;
	static struct end end;
	uint8_t pdu[17];

	(void)state;
	write_transcript(&t, s, false);
	configure(&end, s, &t, true);
	end_start(&end);
	for (size_t i = 0; i < t.count; i++)
		if (!t.lines[i].initiator)
			end_pdu(&end, t.lines[i].pdu, t.lines[i].len);
	assert_true(end.encrypts);
	end_encrypted(&end, 0);

	size_t before = end.sent_count;
	assert_int_equal(json_array_size(keys), 2);
	for (size_t i = 0; i < 2; i++) {
		const char *text = json_string_value(json_array_get(keys, i));
		size_t len = vector_text("sent_wire", text, pdu, sizeof(pdu));
		end_pdu(&end, pdu, len);
	}
	assert_true(end.paired);
	assert_int_equal(end.sent_count, before + 1);
	assert_int_equal(end_last(&end), SMP_SIGNING_INFORMATION);
	assert_false(bytes_all_zero(end.sent[before].data + 1, 16));
	assert_false(end.smp.bond.local.has_ltk);
	assert_true(end.smp.bond.peer.has_ltk);
	assert_int_equal(end.smp.bond.peer.ediv, 0x02ee);
	assert_false(end.smp.bond.authenticated);
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_of_captures_in_both_roles),
		cmocka_unit_test(sessions_of_nimble),
		cmocka_unit_test(the_pairing_of_2019_completes),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}

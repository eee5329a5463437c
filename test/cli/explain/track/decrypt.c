/* SPDX-License-Identifier: MIT */
/* Encrypted links of sniffers: the sample data of the specification, and links encrypted here.
 */
#include "track/decrypt.h"

#include <psa/crypto.h>
#include <string.h>

#include "cli/explain/files.h"
#include "crypto/bytes.h"
#include "crypto/toolbox.h"
#include "track/link_layer.h"

#define ADDRESS 0x50655641u

enum { C = 0, P = 1 };
enum { FIRST = 2, CONTROL = 3 };

static struct {
	struct explain_link_layer air;
	uint64_t number;
	uint8_t sn[2];
	uint64_t counter[2];
	uint8_t skd[16], iv[8], ltk[16];
	bool undirected;
} world;

static struct explain_link_layer_event take_pdu(int from, const uint8_t *pdu, size_t len)
{
	struct explain_link_layer_event event;
	/* Each has its own connection event: without direction, all look like the central's. */
	struct explain_packet packet = {
		.number = ++world.number,
		.time_us = world.number * 30000,
		.kind = EXPLAIN_AIR,
		.way = world.undirected ? EXPLAIN_WAY_UNKNOWN
		       : from == C	? EXPLAIN_CENTRAL
					: EXPLAIN_PERIPHERAL,
		.data = pdu,
		.len = len,
		.original = 2 + (size_t)pdu[1],
		.air = {.access_address = ADDRESS, .channel = 3, .crc = EXPLAIN_CRC_GOOD}};

	track_link_layer_take(&world.air, &packet, &event);
	return event;
}

/* Sends a new PDU; sealed: encrypted as in Part E, by the PSA library. */
static struct explain_link_layer_event send_pdu(int from, uint8_t llid, bool sealed,
						const void *payload, size_t len)
{
	const psa_algorithm_t ccm = PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_CCM, 4);
	static uint8_t pdu[2 + 255];
	uint8_t nonce[13], key[16], turned[16];
	psa_key_attributes_t a = PSA_KEY_ATTRIBUTES_INIT;
	psa_key_id_t id;
	size_t size = len;

	pdu[0] = (uint8_t)(llid | world.sn[from] << 3);
	world.sn[from] ^= 1;
	memcpy(pdu + 2, payload, len);
	if (sealed) {
		assert_int_equal(crypto_e(world.ltk, world.skd, key), 0);
		bytes_reverse(turned, key, 16);
		psa_set_key_type(&a, PSA_KEY_TYPE_AES);
		psa_set_key_bits(&a, 128);
		psa_set_key_algorithm(&a, ccm);
		psa_set_key_usage_flags(&a, PSA_KEY_USAGE_ENCRYPT);
		assert_int_equal(psa_import_key(&a, turned, 16, &id), PSA_SUCCESS);
		bytes_put_le32(nonce, (uint32_t)world.counter[from]);
		nonce[4] = from == C ? 0x80 : 0;
		memcpy(nonce + 5, world.iv, 8);
		assert_int_equal(psa_aead_encrypt(id, ccm, nonce, 13, &llid, 1, payload, len,
						  pdu + 2, sizeof(pdu) - 2, &size),
				 PSA_SUCCESS);
		assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
		world.counter[from]++;
	}
	pdu[1] = (uint8_t)size;
	return take_pdu(from, pdu, 2 + size);
}

static void begin(void)
{
	memset(&world, 0, sizeof(world));
	track_link_layer_init(&world.air);
}

/* Starts or restarts encryption with a key. */
static void encrypt(const uint8_t ltk[16])
{
	uint8_t request[23] = {EXPLAIN_LL_ENC_REQ}, response[13] = {EXPLAIN_LL_ENC_RSP};

	assert_int_equal(crypto_random(NULL, world.skd, 16), 0);
	assert_int_equal(crypto_random(NULL, world.iv, 8), 0);
	memcpy(world.ltk, ltk, 16);
	memcpy(request + 11, world.skd, 8);
	memcpy(request + 19, world.iv, 4);
	memcpy(response + 1, world.skd + 8, 8);
	memcpy(response + 9, world.iv + 4, 4);
	world.counter[C] = world.counter[P] = 0;
	send_pdu(C, CONTROL, false, request, 23);
	send_pdu(P, CONTROL, false, response, 13);
	send_pdu(P, CONTROL, false, "\x05", 1);
}

#define SMP_FRAME "\7\0\6\0"

static void assert_heard(const struct explain_link_layer_event *got, int from, const char *frame,
			 size_t len)
{
	assert_int_equal(got->kind, EXPLAIN_LINK_LAYER_FRAGMENT);
	assert_int_equal(got->way, from == C ? EXPLAIN_CENTRAL : EXPLAIN_PERIPHERAL);
	assert_true(got->encrypted);
	assert_int_equal(got->len, len);
	assert_memory_equal(got->data, frame, len);
}

static const uint8_t key[16] = {1, 2, 3, 4}, other[16] = {9, 9};

static void the_sample_data_of_the_specification(void **state)
{
	(void)state;
	for (int with_key = 0; with_key < 2; with_key++) {
		begin();
		if (with_key)
			track_keyring_add(&world.air.keyring, sample_ltk);
		for (size_t i = 0; i < ENCRYPTED_SAMPLES; i++) {
			const struct sample *s = &encrypted_samples[i];
			struct explain_link_layer_event got = take_pdu(
				s->way == EXPLAIN_CENTRAL ? C : P, s->data + 4, s->len - 4);
			assert_int_equal(got.way, s->way);
			if (i < 3) {
				assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_CONTROL);
				continue;
			}
			assert_true(got.encrypted);
			if (!with_key) {
				assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_ENCRYPTED);
				continue;
			}
			assert_int_equal(got.kind, i < 5 ? EXPLAIN_LINK_LAYER_CONTROL
							 : EXPLAIN_LINK_LAYER_FRAGMENT);
			assert_int_equal(got.lost, 0);
			assert_int_equal(got.len, decrypted_samples[i].len);
			assert_memory_equal(got.data, decrypted_samples[i].octets, got.len);
		}
		assert_int_equal(world.air.links[0].session.has_key, with_key);
		/* After the last PDU, its MIC damaged in one bit. */
		uint8_t last[48];
		memcpy(last, encrypted_samples[6].data, sizeof(last));
		last[4] ^= 8; /* a new number */
		last[36] ^= 1;
		assert_int_equal(take_pdu(P, last + 4, 33).kind, EXPLAIN_LINK_LAYER_ENCRYPTED);
	}
}

static void a_retransmission_keeps_its_packet_counter(void **state)
{
	(void)state;
	begin();
	track_keyring_add(&world.air.keyring, key);
	encrypt(key);
	struct explain_link_layer_event got = send_pdu(C, FIRST, true, SMP_FRAME "1", 5);
	assert_heard(&got, C, SMP_FRAME "1", 5);
	for (int again = 0; again < 3; again++) {
		world.sn[C] ^= 1;
		world.counter[C]--;
		assert_int_equal(send_pdu(C, FIRST, true, SMP_FRAME "1", 5).kind,
				 EXPLAIN_LINK_LAYER_NOTHING);
	}
	assert_int_equal(world.air.links[0].session.next[C], 1);
	/* An empty PDU is not encrypted, and not counted. */
	send_pdu(C, 1, false, "", 0);
	got = send_pdu(C, FIRST, true, SMP_FRAME "2", 5);
	assert_heard(&got, C, SMP_FRAME "2", 5);
	assert_int_equal(got.lost, 0);
}

static void missed_pdus_are_counted(void **state)
{
	(void)state;
	begin();
	track_keyring_add(&world.air.keyring, other);
	track_keyring_add(&world.air.keyring, key);
	encrypt(key);
	world.counter[P] = 2;
	struct explain_link_layer_event got = send_pdu(P, FIRST, true, SMP_FRAME "1", 5);
	assert_heard(&got, P, SMP_FRAME "1", 5);
	assert_int_equal(got.lost, 2);
	assert_memory_equal(got.link->session.ltk, key, 16);
	world.counter[P] += 15;
	got = send_pdu(P, FIRST, true, SMP_FRAME "2", 5);
	assert_heard(&got, P, SMP_FRAME "2", 5);
	assert_int_equal(got.lost, 15);
	world.counter[P] += 16; /* too far */
	assert_int_equal(send_pdu(P, FIRST, true, SMP_FRAME "3", 5).kind,
			 EXPLAIN_LINK_LAYER_ENCRYPTED);
	/* The other end is not affected. */
	got = send_pdu(C, FIRST, true, SMP_FRAME "4", 5);
	assert_heard(&got, C, SMP_FRAME "4", 5);
}

static void decryption_shows_the_sender(void **state)
{
	(void)state;
	begin();
	track_keyring_add(&world.air.keyring, key);
	encrypt(key);
	world.undirected = true;
	for (int i = 0; i < 6; i++) {
		int from = i % 3 != 0;
		char frame[] = {7, 0, 6, 0, (char)i};
		struct explain_link_layer_event got = send_pdu(from, FIRST, true, frame, 5);
		assert_heard(&got, from, frame, 5);
	}
}

/* Key refresh, Vol 6 Part B 5.1.3.2: the last LL_PAUSE_ENC_RSP is not encrypted. */
static void encryption_restarts_with_another_key(void **state)
{
	(void)state;
	begin();
	track_keyring_add(&world.air.keyring, key);
	track_keyring_add(&world.air.keyring, other);
	encrypt(key);
	send_pdu(C, CONTROL, true, "\x06", 1);
	send_pdu(P, CONTROL, true, "\x06", 1);
	assert_int_equal(send_pdu(C, CONTROL, true, "\x0a", 1).kind, EXPLAIN_LINK_LAYER_CONTROL);
	assert_int_equal(send_pdu(P, CONTROL, true, "\x0b", 1).kind, EXPLAIN_LINK_LAYER_CONTROL);
	assert_int_equal(send_pdu(C, CONTROL, false, "\x0b", 1).kind, EXPLAIN_LINK_LAYER_CONTROL);
	encrypt(other);
	struct explain_link_layer_event got = send_pdu(P, FIRST, true, SMP_FRAME "1", 5);
	assert_heard(&got, P, SMP_FRAME "1", 5);
	assert_memory_equal(got.link->session.ltk, other, 16);
	/* A frame in two PDUs. */
	got = send_pdu(C, FIRST, true, SMP_FRAME "2", 5);
	got = send_pdu(C, 1, true, "rest", 4);
	assert_heard(&got, C, "rest", 4);
	assert_false(got.first);
}

/* A key may come too late: after some PDUs that no key opens, no more keys are tried. */
/* A peripheral that never set a key. */
static void a_key_of_zero_needs_no_ring(void **state)
{
	static const uint8_t zero[16];

	(void)state;
	begin();
	encrypt(zero);
	const struct explain_link_layer_event got =
		send_pdu(C, FIRST, true, SMP_FRAME "\1\2\3\4\5\6\7", 11);
	assert_heard(&got, C, SMP_FRAME "\1\2\3\4\5\6\7", 11);
}

static void a_session_without_key_is_given_up(void **state)
{
	(void)state;
	begin();
	track_keyring_add(&world.air.keyring, other);
	for (int tries = 3; tries <= 4; tries++) {
		uint8_t late[16] = {(uint8_t)tries};
		encrypt(late);
		for (int i = 0; i < tries; i++)
			assert_int_equal(send_pdu(C, FIRST, true, SMP_FRAME "1", 5).kind,
					 EXPLAIN_LINK_LAYER_ENCRYPTED);
		track_keyring_add(&world.air.keyring, late);
		assert_int_equal(send_pdu(C, FIRST, true, SMP_FRAME "1", 5).kind,
				 tries == 3 ? EXPLAIN_LINK_LAYER_FRAGMENT
					    : EXPLAIN_LINK_LAYER_ENCRYPTED);
		encrypt(late);
		assert_int_equal(send_pdu(C, FIRST, true, SMP_FRAME "1", 5).kind,
				 EXPLAIN_LINK_LAYER_FRAGMENT);
	}
}

/* Damaged PDUs, and foreign ones on the same access address, do not end the session. */
static void unreadable_pdus_in_between_do_not_end_the_session(void **state)
{
	uint8_t foreign[] = {FIRST, 9, 1, 2, 3, 4, 5, 6, 7, 8, 0};

	(void)state;
	begin();
	track_keyring_add(&world.air.keyring, key);
	encrypt(key);
	for (int run = 0; run < 3; run++) {
		assert_int_equal(send_pdu(C, FIRST, true, SMP_FRAME "1", 5).kind,
				 EXPLAIN_LINK_LAYER_FRAGMENT);
		for (int i = 0; i < 31; i++) {
			foreign[10]++;
			assert_int_equal(take_pdu(C, foreign, sizeof(foreign)).kind,
					 EXPLAIN_LINK_LAYER_ENCRYPTED);
		}
	}
	assert_int_equal(send_pdu(C, FIRST, true, SMP_FRAME "1", 5).kind,
			 EXPLAIN_LINK_LAYER_FRAGMENT);
}

static void the_ring_keeps_the_newest_once_each(void **state)
{
	static struct explain_keyring ring;
	uint8_t k[16] = {0};

	(void)state;
	for (uint8_t i = 0; i < EXPLAIN_KEYS + 1; i++)
		for (int twice = 0; twice < 2; twice++) {
			k[0] = i;
			track_keyring_add(&ring, k);
		}
	assert_int_equal(ring.count, EXPLAIN_KEYS + 1);
	assert_int_equal(ring.keys[0][0], EXPLAIN_KEYS);
	assert_int_equal(ring.keys[1][0], 1);
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sample_data_of_the_specification),
		cmocka_unit_test(a_retransmission_keeps_its_packet_counter),
		cmocka_unit_test(missed_pdus_are_counted),
		cmocka_unit_test(decryption_shows_the_sender),
		cmocka_unit_test(encryption_restarts_with_another_key),
		cmocka_unit_test(a_key_of_zero_needs_no_ring),
		cmocka_unit_test(a_session_without_key_is_given_up),
		cmocka_unit_test(unreadable_pdus_in_between_do_not_end_the_session),
		cmocka_unit_test(the_ring_keeps_the_newest_once_each),
	};
	return cmocka_run_group_tests_name("explain/track/decrypt", tests, start, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The mistakes in the runs of runs.c. */
#include <string.h>

#include "cli/explain/debug_key.h"
#include "cli/explain/runs.h"
#include "crypto/bytes.h"
#include "hci/error.h"
#include "sim/captured.h"
#include "sim/radio.h"

/* ---- Changes of the peer --------------------------------------------------------------------- */

void spoiled_confirm(void)
{
	peer.spoil = PDU_CONFIRM;
}

void reserved_io(void)
{
	peer.io = 9;
}

void key_of_7(void)
{
	peer.key_size = 7;
}

void key_of_15(void)
{
	peer.key_size = 15;
}

void other_passkey(void)
{
	peer.other_bit = 3;
	captured.searches = 2;
}

void no_mitm(void)
{
	peer.auth &= (uint8_t)~AUTH_MITM;
	peer.method = JUST_WORKS;
}

void wants_mitm(void)
{
	peer.auth |= AUTH_MITM;
}

void legacy_only(void)
{
	peer.auth &= (uint8_t)~AUTH_SC;
}

void slow(void)
{
	peer.delay = 8 * WORLD_S;
}

void never_encrypts(void)
{
	peer.stop_unencrypted = true;
}

void constant_key(void)
{
	memset(peer.own.ltk, 0x22, 16);
}

void counting_key(void)
{
	for (uint8_t i = 0; i < 16; i++)
		peer.own.irk[i] = i;
}

/* The IRK that NimBLE ships as its default, in wire order. */
void shipped_irk(void)
{
	static const uint8_t irk[16] = {0xef, 0x8d, 0xe2, 0x16, 0x4f, 0xec, 0x43, 0x0d,
					0xbf, 0x5b, 0xdd, 0x34, 0xc0, 0x53, 0x1e, 0xb8};

	memcpy(peer.own.irk, irk, 16);
}

void asks_for_no_bond(void)
{
	peer.auth &= (uint8_t)~AUTH_BOND;
}

void debug_key(void)
{
	memcpy(peer.keypair.private_key, debug_private, 32);
	assert_int_equal(crypto_p256_public(debug_private, peer.keypair.public_key), 0);
}

void debug_key_and_spoiled_check(void)
{
	debug_key();
	peer.spoil = PDU_DHKEY_CHECK;
}

void reflects(struct reference_peer *p, uint8_t *pdu)
{
	if (pdu[0] == PDU_PUBLIC_KEY)
		memcpy(pdu + 1, p->program_key, 64);
}

void off_the_curve(struct reference_peer *p, uint8_t *pdu)
{
	(void)p;
	if (pdu[0] == PDU_PUBLIC_KEY)
		pdu[33] ^= 1;
}

void mirrors(struct reference_peer *p, uint8_t *pdu)
{
	if (pdu[0] == PDU_CONFIRM)
		memcpy(pdu + 1, p->program_confirm, 16);
	if (pdu[0] == PDU_RANDOM)
		memcpy(pdu + 1, p->program_nonce, 16);
}

void asks_for_more_keys(struct reference_peer *p, uint8_t *pdu)
{
	(void)p;
	if (pdu[0] == PDU_RESPONSE)
		pdu[6] |= KEY_LINK;
}

/* A nonce without a commitment can have any value. */
static void set_nonce(struct reference_peer *p, uint8_t *pdu, const uint8_t nonce[16])
{
	if (pdu[0] != PDU_RANDOM)
		return;
	memcpy(pdu + 1, nonce, 16);
	memcpy(p->nonce, nonce, 16);
}

void constant_nonce(struct reference_peer *p, uint8_t *pdu)
{
	static const uint8_t nonce[16] = {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
					  0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11};

	set_nonce(p, pdu, nonce);
}

static void same_nonce(struct reference_peer *p, uint8_t *pdu)
{
	static const uint8_t nonce[16] = "fifteen octets!";

	set_nonce(p, pdu, nonce);
}

void claims_a_resolvable_identity(struct reference_peer *p, uint8_t *pdu)
{
	(void)p;
	if (pdu[0] == PDU_IDENTITY_ADDRESS)
		memcpy(pdu + 1, "\x01\x99\x88\x77\x66\x55\x44", 7);
}

/* Connection Parameter Update Request: a supervision timeout below one interval. */
void asks_for_bad_parameters(struct reference_peer *p, uint8_t *pdu)
{
	static const uint8_t update[] = {0x12, 7, 8, 0, 24, 0, 40, 0, 0, 0, 10, 0};

	if (pdu[0] == PDU_RESPONSE)
		raw_peer_send(p->raw, RAW_PEER_SIGNALING, update, sizeof(update));
}

/* Connection Parameter Update Response with a result that is not defined. */
void answers_without_question(struct reference_peer *p, uint8_t *pdu)
{
	static const uint8_t result[] = {0x13, 7, 2, 0, 7, 0};

	if (pdu[0] == PDU_RESPONSE || pdu[0] == PDU_REQUEST)
		raw_peer_send(p->raw, RAW_PEER_SIGNALING, result, sizeof(result));
}

/* ---- Actions of the peer --------------------------------------------------------------------- */

void cuts_short(void)
{
	raw_peer_send(peer.raw, RAW_PEER_SMP, "\x03_fifteen octets", 16);
}

void sends_confirm(void)
{
	reference_peer_send(&peer, PDU_CONFIRM, "sixteen octets!!", 16);
}

void sends_signing_key(void)
{
	reference_peer_send(&peer, PDU_SIGNING_INFORMATION, peer.own.csrk, 16);
}

void takes_the_other_role(void)
{
	if (peer.initiates)
		raw_peer_send(peer.raw, RAW_PEER_SMP, "\x0b\x01", 2);
	else
		raw_peer_send(peer.raw, RAW_PEER_SMP, "\x01\x03\0\x01\x10\0\0", 7);
}

/* As if a second stack on the peer answered, too. */
void answers_again(void)
{
	raw_peer_send(peer.raw, RAW_PEER_SMP, peer.pres, 7);
}

/* A central that does not wait for the key of the pairing. */
void encrypts_early(void)
{
	static const uint8_t key[16], rand[8];

	(void)raw_peer_encrypt(peer.raw, key, rand, 0);
}

void hangs_up(void)
{
	raw_peer_disconnect(peer.raw, 0x13);
}

/* It has sent all that it will send. */
void hangs_up_late(void)
{
	world_pass(6 * WORLD_S);
	hangs_up();
}

/* Pairing Request, once more. */
void requests_again(void)
{
	raw_peer_send(peer.raw, RAW_PEER_SMP, peer.preq, 7);
}

void presses_a_key(void)
{
	reference_peer_send(&peer, PDU_KEYPRESS, "\1", 1);
}

/* Longer than 30 s. */
void is_silent(void)
{
	world_pass(40 * WORLD_S);
}

/* After the 30 s, and before blepair disconnects. */
void comes_too_late(void)
{
	const struct raw_peer *t = peer.raw;
	uint64_t spoke = 0;

	for (size_t i = 0; i < t->count; i++)
		if (!t->frames[i].sent && t->frames[i].cid == RAW_PEER_SMP)
			spoke = t->frames[i].at - AIR_DELAY;
	world_pass(spoke + 30 * WORLD_S + WORLD_MS / 2 - AIR_DELAY - world_now());
	reference_peer_send(&peer, run->at, run->at == PDU_RANDOM ? peer.nonce : peer.own.csrk, 16);
}

void dies(void)
{
	air_remove(&peer.raw->air);
}

void goes_on_after_failure(void)
{
	reference_peer_fail(&peer, 0x08);
	sends_confirm();
}

/* ---- blepair's user, the controller, the radio ----------------------------------------------- */

void answers_no(void)
{
	program_answer("no");
}

void gives_up(void)
{
	program_interrupt();
}

static size_t encryption_failed(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_EVENT && packet[1] == HCI_ENCRYPTION_CHANGE) {
		packet[3] = 0x1a /* Unsupported Remote Feature */;
		packet[6] = 0;
	}
	return len;
}

void refuses_encryption(void)
{
	sim.controller.to_host = encryption_failed;
	peer.gives_up = true;
}

/* The controller rejects the command that starts encryption. */
static size_t command_refused(void *ctx, uint8_t *packet, size_t len)
{
	const uint16_t opcode = central ? HCI_LE_ENABLE_ENCRYPTION : HCI_LE_LTK_REPLY;
	uint8_t status[] = {HCI_EVENT, HCI_COMMAND_STATUS, 4, HCI_COMMAND_DISALLOWED, 1, 0, 0},
		complete[] = {HCI_EVENT, HCI_COMMAND_COMPLETE,	 6, 1, 0,
			      0,	 HCI_COMMAND_DISALLOWED, 0, 0};

	(void)ctx;
	if (packet[0] != HCI_COMMAND || bytes_get_le16(packet + 1) != opcode)
		return len;
	bytes_put_le16(status + 5, opcode);
	bytes_put_le16(complete + 4, opcode);
	memcpy(complete + 7, packet + 4, 2);
	if (central)
		sim_controller_inject(&sim.controller, status, sizeof(status));
	else
		sim_controller_inject(&sim.controller, complete, sizeof(complete));
	return 0;
}

void refuses_command(void)
{
	sim.controller.from_host = command_refused;
	peer.gives_up = true;
}

void breaks_down(void)
{
	static const uint8_t event[] = {HCI_EVENT, HCI_HARDWARE_ERROR, 1, 0x42};

	sim_controller_inject(&sim.controller, event, sizeof(event));
	sim.broken = true;
}

void vanishes(void)
{
	sim_controller_vanish(&sim.controller);
}

/* A link on which no packet arrives. */
void hears_nothing(void)
{
	static const struct radio dead = {.loss = 1000, .seed = 7};

	run_scenario_begin(&peer, central);
	radio_on(&dead);
	run_scenario_start(&peer, NO_OPTIONS);
	run_scenario_end(&peer);
}

/* ---- More than one attempt ------------------------------------------------------------------- */

static void pair_once(const char *more)
{
	pairing_scenario_begin(&pairing_scenarios[run->way], central, &peer);
	pairing_scenario_start(&pairing_scenarios[run->way], &peer, more);
	assert_true(reference_peer_pair(&peer));
	if (!central)
		hangs_up();
	run_scenario_end(&peer);
	assert_string_equal(verdict.class, "ok");
}

/* Bonds, then connects again with a changed key; change NULL: without a key. */
static void come_again(void (*change)(uint8_t key[16]))
{
	static const uint8_t no_rand[8];
	uint8_t key[16];

	run_scenario_forget();
	pair_once(run_scenario_bonds());
	const struct reference_peer old = peer;
	memcpy(key, old.sc ? old.ltk : central ? old.own.ltk : old.received.ltk, 16);
	if (change)
		change(key);
	run_scenario_begin(&peer, central);
	sim.peer.has_ltk = change;
	memcpy(sim.peer.ltk, key, 16);
	run_scenario_start(&peer, central ? "verify %s" : "%s", run_scenario_bonds());
	if (!central) {
		/* Without a bond, the central asks with an EDIV that blepair does not know. */
		(void)raw_peer_encrypt(&sim.peer, key, old.sc ? no_rand : old.received.rand,
				       (uint16_t)((old.sc ? 0 : old.received.ediv) ^ !change));
		hangs_up();
	}
	run_scenario_end(&peer);
	run_scenario_forget();
}

static void not_at_all(uint8_t key[16])
{
	(void)key;
}

static void by_a_bit(uint8_t key[16])
{
	key[0] ^= 1;
}

void bond_works(void)
{
	come_again(not_at_all);
}

void bond_differs(void)
{
	come_again(by_a_bit);
}

void bond_is_lost(void)
{
	come_again(NULL);
}

/* A central that receives a Security Request. */
static void ask_for_security(void)
{
	pairing_scenario_begin(&pairing_scenarios[run->way], false, &peer);
	pairing_scenario_start(&pairing_scenarios[run->way], &peer, "--security-request");
	(void)raw_peer_expect(peer.raw, PDU_SECURITY_REQUEST);
}

void ignores_request(void)
{
	ask_for_security();
	world_pass(3 * WORLD_S);
	hangs_up();
	run_scenario_end(&peer);
}

/* A peripheral asks for MITM protection and Secure Connections, and then offers neither. */
void takes_back(void)
{
	const uint8_t wants = AUTH_BOND | AUTH_MITM | AUTH_SC;

	pairing_scenario_begin(&pairing_scenarios[run->way], true, &peer);
	peer.auth = AUTH_BOND;
	peer.method = JUST_WORKS;
	run_scenario_start(&peer, "--io display %s", run->options);
	reference_peer_send(&peer, PDU_SECURITY_REQUEST, &wants, 1);
	assert_false(reference_peer_pair(&peer));
	run_scenario_end(&peer);
}

void refuses_request(void)
{
	ask_for_security();
	reference_peer_fail(&peer, run->reason);
	run_scenario_end(&peer);
}

/* A central that connects twice; prepare changes the peer (first NULL: for the first time). */
static void comes_twice(void (*prepare)(const struct reference_peer *first))
{
	struct reference_peer first;

	pairing_scenario_begin(&pairing_scenarios[run->way], false, &peer);
	program_start("listen --count 2 %s%s%s", pairing_scenarios[run->way].options,
		      run->options ? " " : "", run->options ? run->options : "");
	(void)program_expect("advertising", RAW_PEER_PATIENCE);
	for (int n = 0; n < 2; n++) {
		const struct reference_peer usual = peer;
		reference_peer_begin(&peer, &sim.peer);
		peer.initiates = true;
		peer.io = usual.io;
		peer.auth = usual.auth;
		peer.method = usual.method;
		prepare(n ? &first : NULL);
		raw_peer_connect(&sim.peer, &sim.controller.air.address);
		(void)reference_peer_pair(&peer);
		first = peer;
		hangs_up();
		(void)raw_peer_unlinked(&sim.peer, RAW_PEER_PATIENCE);
		world_pass(2 * WORLD_S); /* blepair waits after a failure */
	}
	if (world_runs())
		program_interrupt();
	(void)sim_ends();
}

static void with_its_nonce(const struct reference_peer *first)
{
	(void)first;
	peer.alter = same_nonce;
}

static void with_its_key(const struct reference_peer *first)
{
	if (first)
		memcpy(peer.own.ltk, first->own.ltk, 16);
}

static void with_its_key_pair(const struct reference_peer *first)
{
	if (first)
		peer.keypair = first->keypair;
}

/* The first time fails. */
static void with_its_public_key(const struct reference_peer *first)
{
	if (first)
		peer.keypair = first->keypair;
	else
		peer.spoil = PDU_DHKEY_CHECK;
}

static void with_its_passkey(const struct reference_peer *first)
{
	(void)first;
}

static void without_secure_connections(const struct reference_peer *first)
{
	if (first)
		legacy_only();
}

void repeats_nonce(void)
{
	comes_twice(with_its_nonce);
}

void repeats_key(void)
{
	comes_twice(with_its_key);
}

void repeats_public_key(void)
{
	comes_twice(with_its_public_key);
}

void keeps_public_key(void)
{
	comes_twice(with_its_key_pair);
}

void repeats_passkey(void)
{
	comes_twice(with_its_passkey);
}

void downgrades(void)
{
	comes_twice(without_secure_connections);
}

/* SPDX-License-Identifier: MIT */
/*
 * For the tests of known attacks, attacks_*.c: what a hostile peer sends, and how the engine
 * answers. Each test is named after its attack; docs/security.md lists them, and
 * scripts/attacks.mjs compares both. Attacks without a name are in hostile.c, tamper.c and the
 * charts.
 */
#pragma once

#include "smp/harness.h"
#include "smp/reason.h"

/* The engine under attack, and the peer that attacks it or is imitated. */
extern struct end us, peer;

enum { CEN = SMP_INITIATOR, PER = SMP_RESPONDER };
#define NINO SMP_IO_NO_INPUT_NO_OUTPUT
#define SHOW SMP_IO_DISPLAY_ONLY
#define TYPE SMP_IO_KEYBOARD_ONLY

#define LEGACY 0x05 /* AuthReq: bonding and MITM */
#define SC     0x0d

/* Configures us in this role (CEN or PER) and the peer in the other. */
void attack_prepare(int role);

/* Starts us with us.config, and sends the peer's features. */
void attack_features(uint8_t io, uint8_t auth_req);

/* Sends us a PDU of this code; parameters has the octets behind the code, as many as its format. */
void attack_send(uint8_t code, const void *parameters);

/* Sends us a Pairing Public Key. */
void attack_send_key(const uint8_t x[32], const uint8_t y[32]);

/* Runs a pairing of us and the peer, both as configured. */
void attack_pair(void);

/* Legacy Just Works up to the state in which we, the responder, wait for the encryption. */
void attack_prove_as_responder(void);

/* A group setup: starts the cryptography. */
int attack_start(void **state);

/* A test named after an attack. */
#define ATTACK(title, function)                          \
	{                                                \
		.name = (title), .test_func = (function) \
	}

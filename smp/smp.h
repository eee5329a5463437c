/* SPDX-License-Identifier: MIT */
/*
 * The Security Manager: LE pairing of Bluetooth Core Specification Vol 3 Part H, for both roles.
 *
 * One call moves it: smp_step(engine, event, actions). It owns no socket, clock, memory or entropy:
 * PDUs, the user's answers, time-outs and encryption changes come in as events; what must happen
 * comes out as a list of actions, to be carried out in order. Same configuration, same random
 * bytes, same events: same actions, so that a recorded pairing can be replayed to the byte.
 *
 * Byte order: every multi-octet value here is in wire order, least significant octet first, as
 * SMP PDUs and HCI carry it (Part H 3.3). The printed order of the specification is the reverse.
 *
 * The protocol is the table in table.c; smp_step() only finds the row and runs its verbs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/toolbox.h"
#include "smp/why.h"

/* ---- What is said about both ends ------------------------------------------------------------ */

enum smp_role { SMP_INITIATOR, SMP_RESPONDER };

/* IO capability values, Part H Table 3.4. */
enum smp_io {
	SMP_IO_DISPLAY_ONLY = 0x00,
	SMP_IO_DISPLAY_YES_NO = 0x01,
	SMP_IO_KEYBOARD_ONLY = 0x02,
	SMP_IO_NO_INPUT_NO_OUTPUT = 0x03,
	SMP_IO_KEYBOARD_DISPLAY = 0x04,
};

/* Key distribution bits, Part H Figure 3.11. */
enum {
	SMP_DIST_ENC = 0x01,
	SMP_DIST_ID = 0x02,
	SMP_DIST_SIGN = 0x04,
	SMP_DIST_LINK = 0x08,
	SMP_DIST_ALL = 0x0f,
};

/* AuthReq bits, Part H Figure 3.3. Bonding is the 2-bit value 0b01. */
enum {
	SMP_AUTH_BONDING = 0x01,
	SMP_AUTH_MITM = 0x04,
	SMP_AUTH_SC = 0x08,
	SMP_AUTH_KEYPRESS = 0x10,
	SMP_AUTH_CT2 = 0x20,
};

/* Keypress Notification values, Part H Table 3.8. */
enum smp_keypress {
	SMP_KEYPRESS_STARTED = 0,
	SMP_KEYPRESS_DIGIT = 1,
	SMP_KEYPRESS_ERASED = 2,
	SMP_KEYPRESS_CLEARED = 3,
	SMP_KEYPRESS_COMPLETED = 4,
};

/* How the two ends make sure of each other: the outcome of Part H 2.3.5.1. */
enum smp_method {
	SMP_METHOD_NONE, /* not chosen yet */
	SMP_JUST_WORKS,
	SMP_NUMERIC_COMPARISON,
	SMP_PASSKEY_WE_SHOW,   /* we display, the peer's user types */
	SMP_PASSKEY_WE_TYPE,   /* the peer displays, our user types */
	SMP_PASSKEY_BOTH_TYPE, /* both users type the same number */
	SMP_OOB,
};

enum smp_sc { SMP_SC_OFF, SMP_SC_PREFER, SMP_SC_ONLY };

/*
 * MITM protection: not asked for; asked for and taken where the method gives it; or demanded, in
 * which case a method that cannot give it is refused with Authentication Requirements (0x03).
 */
enum smp_mitm { SMP_MITM_OFF, SMP_MITM_PREFER, SMP_MITM_REQUIRE };

/* Out-of-band data, Part H 2.3.5.4 (legacy TK) and 2.3.5.6.4 (Secure Connections). */
struct smp_oob {
	bool has_tk;
	uint8_t tk[16];
	bool has_peer; /* the peer's data arrived here */
	uint8_t peer_confirm[16];
	uint8_t peer_random[16];
	/*
	 * Ours was handed out beforehand: our random, belonging to the key pair in the
	 * configuration. Whether the peer received it, it says itself in its OOB data flag.
	 */
	bool has_own;
	uint8_t own_random[16];
};

/*
 * Everything that is settled before the first PDU. Borrowed by smp_init() only.
 * The addresses are those of this connection, as on air: they enter c1, f5 and f6.
 */
struct smp_config {
	enum smp_role role;
	struct crypto_address local;
	struct crypto_address peer;

	enum smp_io io;
	enum smp_mitm mitm;
	enum smp_sc sc;
	uint16_t methods; /* bit 1 << SMP_JUST_WORKS and so on: only these; 0: any */
	bool bonding;
	bool keypress;	      /* offer Keypress Notifications, Part H 2.3.5.1 */
	bool ct2;	      /* offer h7 for the link key, Part H 2.4.2.4 */
	uint8_t init_keys;    /* SMP_DIST_*: the most that the initiator may distribute */
	uint8_t resp_keys;    /* SMP_DIST_*: the most that the responder may distribute */
	uint8_t min_key_size; /* octets, 7 to 16; below it: Encryption Key Size (0x06) */
	uint8_t max_key_size; /* octets, 7 to 16 */

	/*
	 * What a pairing must reach at least, else it is refused: the strength of the bond that it
	 * would replace. All zero: nothing.
	 */
	struct smp_floor {
		bool secure_connections, authenticated;
		uint8_t key_size;
	} floor;

	uint8_t irk[16]; /* what we distribute with SMP_DIST_ID: this identity's IRK... */
	struct crypto_address identity; /* ...and its address, public or static random */

	struct smp_oob oob;
	bool has_passkey; /* show this one instead of a random one: only because the user said so */
	uint32_t passkey; /* 0 to 999999 */

	/*
	 * The P-256 key pair to use, generated beforehand to save time, or NULL: made when needed.
	 * Copied. A key pair must not serve again after a failed pairing (Part H 2.3.6). One that
	 * belongs to out-of-band data (oob.has_own) is used only when the peer says that it has
	 * them; else a fresh one is made, so that a stranger does not use up what was handed out.
	 */
	const struct crypto_keypair *keypair;

	/* The only source of randomness of the engine: of nonces, keys, passkeys and key pairs. */
	crypto_random_function *random;
	void *random_ctx;

	/*
	 * Responder: whether a Pairing Request that comes now is to be refused with Repeated
	 * Attempts (0x09), Part H 2.3.6; see smp/attempts.h. NULL: never.
	 */
	bool (*too_soon)(void *ctx);
	void *too_soon_ctx;
};

/* ---- What happens to it ---------------------------------------------------------------------- */

enum smp_event_kind {
	SMP_EV_START,	  /* initiator: pair now. Responder: send a Security Request */
	SMP_EV_PDU,	  /* .pdu: a whole SMP PDU from the fixed channel 0x0006 */
	SMP_EV_PASSKEY,	  /* .passkey: the user typed it */
	SMP_EV_CONFIRM,	  /* .yes: the user compared the numbers */
	SMP_EV_CANCEL,	  /* the user gave up */
	SMP_EV_KEYPRESS,  /* .keypress: the user touched a key; sent if agreed */
	SMP_EV_ENCRYPTED, /* .status: Encryption Change or Key Refresh; 0 is on, else the HCI error
			   */
	SMP_EV_LTK_REQUEST,  /* .ltk_request: the controller asks for the key (responder) */
	SMP_EV_TIMEOUT,	     /* the time of SMP_ACT_TIMER_START is over */
	SMP_EV_DISCONNECTED, /* .status: the HCI reason */
};

struct smp_event {
	enum smp_event_kind kind;
	union {
		struct {
			const uint8_t *data;
			size_t len;
		} pdu;
		uint32_t passkey;
		bool yes;
		uint8_t keypress; /* enum smp_keypress */
		uint8_t status;
		struct {
			uint16_t ediv;
			uint8_t rand[8];
		} ltk_request;
	};
};

/* ---- What it wants done ---------------------------------------------------------------------- */

enum smp_action_kind {
	SMP_ACT_SEND,	      /* .pdu on channel 0x0006 */
	SMP_ACT_ENCRYPT,      /* .ltk: LE Enable Encryption with Random 0 and EDIV 0 (initiator) */
	SMP_ACT_LTK_REPLY,    /* .ltk: LE Long Term Key Request Reply (responder) */
	SMP_ACT_LTK_NEGATIVE, /* LE Long Term Key Request Negative Reply (responder) */
	SMP_ACT_ASK_PASSKEY,  /* have the user type the passkey, answer by SMP_EV_PASSKEY */
	SMP_ACT_SHOW_PASSKEY, /* .number: show it as six digits */
	SMP_ACT_ASK_CONFIRM,  /* .number: do both show the same six digits? answer by SMP_EV_CONFIRM
			       */
	SMP_ACT_PROMPT_END,   /* whatever is asked or shown is no longer of use */
	SMP_ACT_PEER_KEYPRESS, /* .keypress: the peer's user touched a key */
	SMP_ACT_TIMER_START,   /* (re)start the timer: SMP_EV_TIMEOUT after .timer_us */
	SMP_ACT_TIMER_STOP,
	SMP_ACT_SECURITY_REQUEST, /* .auth_req: the peripheral asks; encrypt with a bond or
				     SMP_EV_START */
	SMP_ACT_FEATURES,	  /* features are exchanged: see smp_features() */
	SMP_ACT_PAIRED,		  /* the end: see smp_bond() */
	SMP_ACT_FAILED,		  /* the end: .failure */
};

/* Who ended a pairing. */
enum smp_blame {
	SMP_BY_PEER,	   /* it sent Pairing Failed: .reason */
	SMP_BY_US,	   /* we refused: .reason is what the peer was told, .why the words */
	SMP_BY_TIMEOUT,	   /* 30 s without an answer */
	SMP_BY_USER,	   /* cancelled here */
	SMP_BY_LINK,	   /* .reason is the HCI reason of the disconnection */
	SMP_BY_ENCRYPTION, /* .reason is the HCI status of Encryption Change */
	SMP_BY_INTERNAL,   /* crypto or randomness failed here */
};

struct smp_failure {
	enum smp_blame by;
	uint8_t reason;
	enum smp_why why;
	const char *text; /* why as a clause for a person, static; never NULL */
};

struct smp_action {
	enum smp_action_kind kind;
	union {
		struct {
			uint8_t data[65]; /* Pairing Public Key, the longest, Part H 3.5.6 */
			uint8_t len;
		} pdu;
		uint8_t ltk[16];
		uint32_t number;
		uint8_t keypress;
		uint8_t auth_req;
		uint64_t timer_us;
		struct smp_failure failure;
	};
};

/* "A timer of 30 seconds", Part H 3.4, in microseconds. */
#define SMP_TIMEOUT_US 30000000U

/* The most that one event can cause: six key PDUs, the verdict, and what surrounds them. */
#define SMP_MAX_ACTIONS 12

struct smp_actions {
	struct smp_action list[SMP_MAX_ACTIONS];
	size_t count;
};

/* ---- What came of it ------------------------------------------------------------------------- */

/* Part H 3.5.1, as sent, code octet excluded. */
struct smp_feature_set {
	uint8_t io;
	uint8_t oob;
	uint8_t auth_req;
	uint8_t max_key_size;
	uint8_t init_keys;
	uint8_t resp_keys;
};

struct smp_features {
	struct smp_feature_set request;	 /* the initiator's */
	struct smp_feature_set response; /* the responder's */
	enum smp_method method;
	bool secure_connections;
	bool keypress;	   /* both offered it */
	bool bonding;	   /* both asked for it */
	uint8_t key_size;  /* octets */
	uint8_t init_keys; /* SMP_DIST_*: the intersection */
	uint8_t resp_keys;
	enum smp_because because; /* why this method */
};

/* What one side distributed. Of Secure Connections, ltk is the common key and ediv, rand are 0. */
struct smp_keys {
	bool has_ltk, has_irk, has_identity, has_csrk;
	uint8_t ltk[16];
	uint16_t ediv;
	uint8_t rand[8];
	uint8_t irk[16];
	struct crypto_address identity;
	uint8_t csrk[16];
};

struct smp_bond {
	bool bonded; /* both asked for bonding: to be kept */
	bool secure_connections;
	bool authenticated; /* the method that ran gives MITM protection, and no debug key was used
			     */
	uint8_t key_size;   /* octets; the keys are already shortened to it */
	enum smp_method method;
	struct smp_keys local;
	struct smp_keys peer;
	bool has_link_key; /* cross-transport key derivation, Part H 2.4.2.4 */
	uint8_t link_key[16];
	const char *note; /* something odd that was lived with, or NULL; static */
};

/*
 * What request and response of features lead to, Part H 2.3.5.1: fills the rest of it, with the
 * words of role. No policy: that is the engine's.
 */
void smp_negotiate(enum smp_role role, struct smp_features *features);

/* ---- The engine ------------------------------------------------------------------------------ */

struct smp {
	struct smp_config config;
	uint8_t state;	/* enum smp_state of table.h */
	uint8_t raised; /* enum smp_cue of table.h: what a verb raised, run at once after the row */

	uint8_t preq[7]; /* Pairing Request and Response as on air: they enter c1 and f6 */
	uint8_t pres[7];
	struct smp_features features;
	struct smp_failure failure;
	bool timer_running;
	bool attempted; /* see smp_attempted() */
	bool spent_own_oob;
	bool prompting;	   /* the user was asked or shown something that still stands */
	bool has_peer_key; /* the peer's public key is here and valid */
	bool debug_key;	   /* it is the specification's, which everybody knows */
	bool confirm_sent; /* ours of this round is out, so that a mirrored one can be told */

	/* Of the step under way. */
	bool sent;
	const uint8_t *rx; /* the PDU, NULL for other events */
	size_t rx_len;
	const struct smp_event *event;
	struct smp_actions *out;

	/* All that is secret, wiped at the end on every path. */
	struct smp_secrets {
		struct crypto_keypair keypair;
		bool has_keypair;
		uint8_t peer_key[64]; /* X then Y */
		uint8_t dhkey[32];
		bool has_dhkey;
		uint8_t tk[16];
		uint32_t passkey;
		uint8_t round; /* 0 to 19, passkey entry of Secure Connections */
		uint8_t own_random[16];
		uint8_t peer_random[16];
		uint8_t peer_confirm[16];
		uint8_t own_confirm[16];
		uint8_t mackey[16];
		uint8_t peer_check[16];
		uint8_t ltk[16];      /* STK or LTK of this connection, shortened */
		uint8_t full_ltk[16]; /* before shortening: what CTKD starts from */
	} secret;

	uint8_t keys_due; /* key PDUs that the peer still owes, a bit each in sending order: keys.c
			   */
	struct smp_bond bond;
};

/* Prepares an engine in caller-owned memory. 0, or -1 when the configuration contradicts itself. */
int smp_init(struct smp *smp, const struct smp_config *config);

/* Takes one event, fills actions (emptied first). Borrows everything only for the call. */
void smp_step(struct smp *smp, const struct smp_event *event, struct smp_actions *actions);

/*
 * Does ahead what will be needed anyway and takes long: the key pair, then the DHKey. To be called
 * when there is nothing to do but wait; without it both are made when they are needed. It may draw
 * from config.random.
 */
void smp_prepare(struct smp *smp);

/* True from when the key was given until encryption has changed. Key PDUs that arrive in between
 * overtook the event (USB has two pipes): they must wait, for they are refused unencrypted. */
bool smp_awaits_encryption(const struct smp *smp);

/*
 * True once a public key or a confirm value went either way, also after the end: a failure from
 * there on counts as an attempt (Part H 2.3.6). What is refused before has told nobody anything.
 */
bool smp_attempted(const struct smp *smp);

/* True once the key pair of oob.has_own served: those data are spent, Part H 2.3.6. */
bool smp_spent_own_oob(const struct smp *smp);

/* True between the first PDU and the verdict. */
bool smp_busy(const struct smp *smp);

/* The same, but false while a Security Request is out: it may be answered by encryption with a bond
 * instead, whose key the engine does not have. */
bool smp_pairing(const struct smp *smp);

/* True from SMP_ACT_PAIRED on: smp_bond() has the keys of this link. */
bool smp_paired(const struct smp *smp);

/* Valid after SMP_ACT_FEATURES, and after SMP_ACT_PAIRED. Borrowed from the engine. */
const struct smp_features *smp_features(const struct smp *smp);
const struct smp_bond *smp_bond(const struct smp *smp);

/* Wipes every key. Also done when pairing fails; after success the bond stays until this call. */
void smp_wipe(struct smp *smp);

/* Names, never NULL. Those of reasons: smp/reason.h. */
const char *smp_method_name(enum smp_method method);
const char *smp_method_slug(enum smp_method method); /* for JSON: "just_works", ... */
const char *smp_io_name(uint8_t io);

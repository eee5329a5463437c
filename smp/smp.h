/* SPDX-License-Identifier: MIT */
/*
 * The Security Manager: LE pairing of Bluetooth Core Specification Vol 3 Part H, for both roles.
 *
 * One call drives it: smp_step(engine, event, actions). The engine owns no socket, clock, heap or
 * entropy. PDUs, the user's answers, time-outs and encryption changes are events; the result is a
 * list of actions, which the caller carries out in order. The same configuration, random octets and
 * events give the same actions, so that a recorded pairing can be replayed octet by octet.
 *
 * Byte order: every multi-octet value here is in wire order, least significant octet first, as
 * SMP PDUs and HCI carry it (Part H 3.3). The specification prints the reverse order.
 *
 * Usage: call crypto_init() once; smp_init() for each link; smp_step() for each event until the
 * actions contain SMP_ACT_PAIRED or SMP_ACT_FAILED; smp_wipe() at the end. No function blocks. An
 * engine is used by one thread at a time.
 *
 * The protocol is the table in table.c; smp_step() finds the row and runs its verbs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/toolbox.h"
#include "smp/irk.h"
#include "smp/why.h"

/* ---- Configuration --------------------------------------------------------------------------- */

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

/* The association model, Part H 2.3.5.1. "We" is the side of this engine. */
enum smp_method {
	SMP_METHOD_NONE, /* before the feature exchange */
	SMP_JUST_WORKS,
	SMP_NUMERIC_COMPARISON,
	SMP_PASSKEY_WE_SHOW,   /* we display, the peer's user types */
	SMP_PASSKEY_WE_TYPE,   /* the peer displays, our user types */
	SMP_PASSKEY_BOTH_TYPE, /* both users type the same number */
	SMP_OOB,
};

/* Secure Connections. */
enum smp_sc {
	SMP_SC_OFF,    /* legacy pairing only */
	SMP_SC_PREFER, /* legacy pairing if the peer does not support it */
	SMP_SC_ONLY,   /* refuse legacy pairing: Authentication Requirements (0x03) */
};

/* Protection against a man in the middle (MITM). */
enum smp_mitm {
	SMP_MITM_OFF,	  /* not requested */
	SMP_MITM_PREFER,  /* requested, not required */
	SMP_MITM_REQUIRE, /* refuse a method without it: Authentication Requirements (0x03) */
};

/* Out-of-band data, Part H 2.3.5.4 (legacy TK) and 2.3.5.6.4 (Secure Connections). */
struct smp_oob {
	bool has_tk;
	uint8_t tk[16];
	bool has_peer; /* the peer's data were received */
	uint8_t peer_confirm[16];
	uint8_t peer_random[16];
	/*
	 * Our data were given out before the pairing: the random value that belongs to
	 * smp_config.keypair, which must be set. The peer's OOB data flag shows if it received
	 * them.
	 */
	bool has_own;
	uint8_t own_random[16];
};

/*
 * The configuration of one pairing. smp_init() copies it. The addresses are those that the
 * connection uses on air: they are inputs of c1, f5 and f6.
 */
struct smp_config {
	enum smp_role role;
	struct crypto_address local;
	struct crypto_address peer;

	enum smp_io io;
	enum smp_mitm mitm;
	enum smp_sc sc;
	uint16_t methods; /* the accepted methods, bits 1 << SMP_JUST_WORKS and so on; 0: all */
	bool bonding;
	bool keypress; /* with Secure Connections, offer Keypress Notifications (Part H 3.5.8) */
	bool ct2;      /* offer h7 for the link key, Part H 2.4.2.4 */
	uint8_t init_keys;    /* SMP_DIST_*: the keys that the initiator may distribute */
	uint8_t resp_keys;    /* SMP_DIST_*: the keys that the responder may distribute */
	uint8_t min_key_size; /* octets, 7 to 16; below it: Encryption Key Size (0x06) */
	uint8_t max_key_size; /* octets, 7 to 16 */

	/*
	 * Count Passkey Entry of legacy pairing as protection against MITM, as the Core
	 * Specification did before version 6.2. False: it is not authenticated, and
	 * SMP_MITM_REQUIRE and floor.authenticated refuse it.
	 */
	bool legacy_passkey_mitm;

	/*
	 * The minimum strength of the new bond: that of the bond that it would replace. A pairing
	 * below it is refused with Authentication Requirements (0x03) or Encryption Key Size
	 * (0x06). All zero: no minimum.
	 */
	struct smp_floor {
		bool secure_connections, authenticated;
		uint8_t key_size; /* octets */
	} floor;

	/* Distributed with SMP_DIST_ID: the IRK and a public or static random address. */
	uint8_t irk[16];
	struct crypto_address identity;

	struct smp_oob oob;
	bool has_passkey; /* show .passkey instead of a random one: weaker, as failures reveal it */
	uint32_t passkey; /* 0 to 999999 */

	/*
	 * The P-256 key pair, generated in advance to save time; NULL: the engine makes one.
	 * Copied. Do not use a key pair again after a failed pairing (Part H 2.3.6). The key pair
	 * of oob.has_own is used only if the peer has our out-of-band data; otherwise the engine
	 * makes a fresh one, so that an unknown device does not spend those data.
	 */
	const struct crypto_keypair *keypair;

	/* The source of all nonces, keys, passkeys and key pairs. Required. */
	crypto_random_function *random;
	void *random_ctx;

	/*
	 * Responder: returns true to refuse the Pairing Request with Repeated Attempts (0x09),
	 * Part H 2.3.6; see smp/attempts.h. NULL: never.
	 */
	bool (*too_soon)(void *ctx);
	void *too_soon_ctx;
};

/* ---- Events ---------------------------------------------------------------------------------- */

enum smp_event_kind {
	SMP_EV_START,	  /* initiator: start pairing. Responder: send a Security Request */
	SMP_EV_PDU,	  /* .pdu: a whole SMP PDU from the fixed channel 0x0006 */
	SMP_EV_PASSKEY,	  /* .passkey: the user typed it */
	SMP_EV_CONFIRM,	  /* .yes: the user compared the numbers and they are equal */
	SMP_EV_CANCEL,	  /* the user cancelled */
	SMP_EV_KEYPRESS,  /* .keypress: the user pressed a key; sent if agreed */
	SMP_EV_ENCRYPTED, /* .status: Encryption Change or Key Refresh; 0 is on, else the HCI error
			   */
	SMP_EV_LTK_REQUEST,  /* .ltk_request: the controller asks for the key (responder) */
	SMP_EV_TIMEOUT,	     /* the timer of SMP_ACT_TIMER_START expired */
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

/* ---- Actions --------------------------------------------------------------------------------- */

enum smp_action_kind {
	SMP_ACT_SEND,	      /* .pdu on channel 0x0006 */
	SMP_ACT_ENCRYPT,      /* .ltk: LE Enable Encryption with Random 0 and EDIV 0 (initiator) */
	SMP_ACT_LTK_REPLY,    /* .ltk: LE Long Term Key Request Reply (responder) */
	SMP_ACT_LTK_NEGATIVE, /* LE Long Term Key Request Negative Reply (responder) */
	SMP_ACT_ASK_PASSKEY,  /* let the user type the passkey; answer with SMP_EV_PASSKEY */
	SMP_ACT_SHOW_PASSKEY, /* .number: show it as six digits */
	SMP_ACT_ASK_CONFIRM,  /* .number: do both show the same six digits? answer by SMP_EV_CONFIRM
			       */
	SMP_ACT_PROMPT_END,   /* close the prompt: its answer no longer counts */
	SMP_ACT_PEER_KEYPRESS, /* .keypress: the peer's user pressed a key */
	SMP_ACT_TIMER_START,   /* (re)start the timer: SMP_EV_TIMEOUT after .timer_us */
	SMP_ACT_TIMER_STOP,
	SMP_ACT_SECURITY_REQUEST, /* .auth_req: the peripheral asks; encrypt with a bond or
				     SMP_EV_START */
	SMP_ACT_FEATURES,	  /* features were exchanged: see smp_features() */
	SMP_ACT_PAIRED,		  /* the pairing succeeded: see smp_bond() */
	SMP_ACT_FAILED,		  /* the pairing failed: .failure. Always the last action */
};

/* Who ended a pairing. */
enum smp_blame {
	SMP_BY_PEER,	   /* it sent Pairing Failed: .reason */
	SMP_BY_US,	   /* we refused: .reason is the one that was sent */
	SMP_BY_TIMEOUT,	   /* 30 s without an answer */
	SMP_BY_USER,	   /* cancelled here: .reason is the one that was sent */
	SMP_BY_LINK,	   /* .reason is the HCI reason of the disconnection */
	SMP_BY_ENCRYPTION, /* .reason is the HCI status of Encryption Change */
	SMP_BY_INTERNAL,   /* cryptography or randomness failed here: .reason was sent */
};

struct smp_failure {
	enum smp_blame by;
	uint8_t reason; /* its meaning depends on .by */
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

/* The timeout of the protocol, 30 s (Part H 3.4), in microseconds. */
#define SMP_TIMEOUT_US 30000000U

/* More than one event can cause: five key PDUs, the timer, the end and its prompt. */
#define SMP_MAX_ACTIONS 12

struct smp_actions {
	struct smp_action list[SMP_MAX_ACTIONS];
	size_t count;
};

/* ---- Results --------------------------------------------------------------------------------- */

/* A Pairing Request or Response as sent, without its code, Part H 3.5.1. */
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
	bool keypress;		  /* both offered it, with Secure Connections */
	bool bonding;		  /* both asked for it */
	uint8_t key_size;	  /* octets */
	uint8_t init_keys;	  /* SMP_DIST_*: the intersection */
	uint8_t resp_keys;	  /* the same */
	enum smp_because because; /* why this method */
};

/* The keys that one side distributed. With Secure Connections ltk is common, ediv and rand are 0.
 */
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
	bool bonded; /* both requested bonding, and there is a key: store it */
	bool secure_connections;
	bool authenticated; /* smp_authenticates(), and no debug key was used */
	uint8_t key_size;   /* octets; the keys are already shortened to it */
	enum smp_method method;
	struct smp_keys local;
	struct smp_keys peer;
	bool has_link_key; /* cross-transport key derivation, Part H 2.4.2.4 */
	uint8_t link_key[16];
	enum smp_irk peer_irk; /* what the IRK that the peer sent is worth, also if left out */
	const char *note; /* an oddity that did not end the pairing, a clause, static; or NULL */
};

/*
 * Computes the other fields of features from .request and .response, Part H 2.3.5.1, as seen by
 * role. Applies no policy (minimum key size and so on).
 */
void smp_negotiate(enum smp_role role, struct smp_features *features);

/* ---- The engine ------------------------------------------------------------------------------ */

struct smp {
	struct smp_config config;
	uint8_t state;	/* enum smp_state of table.h */
	uint8_t raised; /* the cue (enum smp_on) that a verb raised, handled directly after the row
			 */

	uint8_t preq[7]; /* Pairing Request and Response as on air: inputs of c1 and f6 */
	uint8_t pres[7];
	struct smp_features features;
	struct smp_failure failure;
	bool timer_running;
	bool attempted;	   /* see smp_attempted() */
	uint8_t requested; /* AuthReq of the peer's Security Requests, 0: there was none */
	bool spent_own_oob;
	bool prompting;	   /* a prompt is open */
	bool has_peer_key; /* the peer's public key was received and is valid */
	bool debug_key;	   /* it is the debug key of the specification, which is public */
	bool confirm_sent; /* own_confirm of this round was sent: a reflection can be detected */

	/* Of the current step. */
	bool sent;
	const uint8_t *rx; /* the PDU, NULL for other events */
	size_t rx_len;
	const struct smp_event *event;
	struct smp_actions *out;

	/* All secrets, wiped at the end on every path. */
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
		uint8_t full_ltk[16]; /* before shortening: the input of CTKD */
	} secret;

	uint8_t keys_due; /* key PDUs that the peer still owes, a bit each in sending order */
	struct smp_bond bond;
};

/*
 * Initialises an engine in caller-owned memory. Returns 0, or -1 when the configuration is not
 * valid: a key size or passkey out of range, no source of randomness, oob.has_own without a key
 * pair, or a legacy TK with SMP_SC_ONLY. Such an engine ignores every event.
 */
int smp_init(struct smp *smp, const struct smp_config *config);

/* Replaces config.floor, before the first event: for a caller that learns it after smp_init(). */
void smp_set_floor(struct smp *smp, const struct smp_floor *floor);

/*
 * Handles one event and fills actions, which are emptied first. Keeps no pointer of event. actions
 * may contain keys: wipe them after use. Events that mean nothing in the current state do nothing.
 */
void smp_step(struct smp *smp, const struct smp_event *event, struct smp_actions *actions);

/*
 * Computes the key pair, then the DHKey, before they are needed: both take long. Call it while
 * waiting for the peer; without it they are computed when they are needed. It may draw from
 * config.random.
 */
void smp_prepare(struct smp *smp);

/*
 * True from the moment at which the controller has the key until encryption has changed. Key PDUs
 * that arrive in between overtook the event of the controller (USB has two pipes): hold them back,
 * because the engine refuses keys on an unencrypted link.
 */
bool smp_awaits_encryption(const struct smp *smp);

/*
 * True as soon as a public key or a confirm value was sent or received, also after the end: a
 * failure from then on counts as an attempt (Part H 2.3.6). Earlier refusals leak nothing and do
 * not count.
 */
bool smp_attempted(const struct smp *smp);

/* True once the key pair of oob.has_own was used: those data are spent, Part H 2.3.6. */
bool smp_spent_own_oob(const struct smp *smp);

/* True between the first PDU and the end. */
bool smp_busy(const struct smp *smp);

/*
 * The same, but false while only a Security Request was sent: the central may answer it by
 * encrypting with a bond, whose key the engine does not have.
 */
bool smp_pairing(const struct smp *smp);

/* True from SMP_ACT_PAIRED on: smp_bond() has the keys of this link. */
bool smp_paired(const struct smp *smp);

/* Valid after SMP_ACT_FEATURES and SMP_ACT_PAIRED. Owned by the engine. */
const struct smp_features *smp_features(const struct smp *smp);
const struct smp_bond *smp_bond(const struct smp *smp);

/*
 * True if the bond has a key that encrypts: an LTK, which the end that distributed it uses as
 * peripheral. Legacy pairing may distribute none (Part H 3.6.1): an IRK or CSRK alone restores no
 * encryption.
 */
bool smp_bond_has_key(const struct smp_bond *bond);

/* Wipes every key. A failure wipes them as well; after success the bond stays until this call. */
void smp_wipe(struct smp *smp);

/* Names, never NULL. Those of reasons: smp/reason.h. */
const char *smp_method_name(enum smp_method method);
const char *smp_method_slug(enum smp_method method); /* for JSON: "just_works", ... */
const char *smp_io_name(uint8_t io);

/*
 * The method protects against a man in the middle, Part H 2.3.1 and 2.3.5.1. Passkey Entry of
 * legacy pairing counts only with legacy_passkey_mitm: from version 6.2 of the Core Specification
 * on it does not.
 */
bool smp_authenticates(enum smp_method method, bool secure_connections, bool legacy_passkey_mitm);

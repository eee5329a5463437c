/* SPDX-License-Identifier: MIT */
/* A bond that is used again, in either role; and whether a new pairing may replace it. */
#include <stdio.h>
#include <string.h>

#include "hci/error.h"
#include "session/internal.h"

/* The Link Layer ends a link whose encryption does not proceed for 40 s (Vol 6 Part B 5.2). */
#define ENCRYPTION_LIMIT_US 42000000

/* What the options demand and this bond lacks; NULL: it is good enough. */
static const char *below_policy(const struct options *o, const struct smp_bond *bond)
{
	if (o->sc == SMP_SC_ONLY && !bond->secure_connections)
		return "it was made by legacy pairing, and --sc only was given";
	if (o->mitm == SMP_MITM_REQUIRE && !bond->authenticated)
		return "it is not authenticated, and --mitm was given";
	/* KNOB: a short key stays short when it is used again. */
	if (bond->key_size < o->min_key_size)
		return "its key is shorter than --min-key-size";
	return NULL;
}

/* What the options demand of a pairing, also its method, and this bond lacks; NULL: nothing. */
static const char *below_demands(const struct options *o, const struct smp_bond *bond)
{
	/* One from BlueZ does not say how it was made. */
	bool known = bond->method != SMP_METHOD_NONE;

	/* Of legacy pairing, if only we distributed one. */
	if (!bond->peer.has_ltk)
		return "it has no key for this role";
	if (known && ((o->methods && !(o->methods & 1U << bond->method)) ||
		      (o->method != SMP_METHOD_NONE && o->method != bond->method)))
		return "it was made by another association model than the one demanded";
	return below_policy(o, bond);
}

struct smp_floor session_floor(const struct session *s)
{
	if (!s->has_bond || s->options->replace_bond || s->may_replace_bond)
		return (struct smp_floor){0};
	return (struct smp_floor){
		.secure_connections = s->bond.bond.secure_connections,
		.authenticated = s->bond.bond.authenticated || !s->central,
		.key_size = s->bond.bond.key_size,
	};
}

/* ---- As the central -------------------------------------------------------------------------- */

static void begin_pairing(struct session *s)
{
	const struct smp_event event = {.kind = SMP_EV_START};
	const struct smp_floor floor = session_floor(s);

	if (session_too_soon(s)) {
		session_refuse_too_soon(s);
		return;
	}
	smp_set_floor(&s->smp, &floor);
	(void)session_queue_add(&s->queue, &event);
}

static void encrypt(struct session *s)
{
	const struct smp_keys *keys = &s->bond.bond.peer; /* distributed by the peripheral */

	s->bond_use = SESSION_BOND_ENCRYPTING;
	hci_gap_encrypt(&s->controller->gap, s->link, keys->ltk, keys->ediv, keys->rand);
	loop_timer_start(s->controller->loop, &s->bond_timer, ENCRYPTION_LIMIT_US);
}

static void fail_lack(struct session *s, const char *lack)
{
	char address[ADDRESS_TEXT];

	outcome_fail(&s->outcome, CLI_WE_REFUSED, "the bond with %s is not good enough",
		     session_address(s, address));
	outcome_detail(&s->outcome, "%s", lack);
}

/* The outcome says why the bond is of no use: it stands unless a person says yes. */
static void ask_to_replace(struct session *s)
{
	outcome_advice(&s->outcome, "%s",
		       s->setup->unattended
			       ? "--again or --replace-bond pairs anew"
			       : "--replace-bond pairs anew, and replaces the bond with this peer");
	if (s->setup->unattended || !console_has_person(s->options->json)) {
		session_close(s);
		return;
	}
	s->bond_use = SESSION_BOND_ASKED;
	s->prompt.limit = PROMPT_LIMIT_US;
	prompt_ask(&s->prompt, PROMPT_CONFIRM);
}

void session_bond_answered(struct session *s, bool yes)
{
	if (s->state != SESSION_OPEN)
		return; /* it was cancelled meanwhile */
	s->bond_use = SESSION_BOND_IDLE;
	if (!yes) {
		session_close(s);
		return;
	}
	s->may_replace_bond = true;
	begin_pairing(s);
}

/* There is no bond, it is to be replaced, or a batch pairs anew for what a row demands. */
static bool pairs_anew(const struct session *s, const char *lack)
{
	return s->setup->intent == SESSION_PAIR_ANEW || !s->has_bond ||
	       (lack && s->setup->unattended && own_identity_made(&s->controller->own, &s->bond));
}

void session_begin(struct session *s)
{
	const char *lack = below_demands(s->options, &s->bond.bond);

	if (pairs_anew(s, lack)) {
		begin_pairing(s);
	} else if (!own_identity_made(&s->controller->own, &s->bond)) {
		fail_lack(s, "it was made under another address of ours, by another controller or "
			     "--own-address");
		ask_to_replace(s);
	} else if (lack) {
		fail_lack(s, lack);
		ask_to_replace(s);
	} else {
		encrypt(s);
	}
}

void session_outcome_no_bond(struct outcome *outcome, const struct crypto_address *peer,
			     const struct store *store)
{
	char address[ADDRESS_TEXT];

	outcome_fail(outcome, CLI_USAGE, "there is no bond with %s in %.200s",
		     address_format(peer, address), store->path);
	outcome_advice(outcome, "pair with it first, or name another store by --store; blepair "
				"bonds list shows the bonds of a store");
}

void session_encrypt_with_bond(struct session *s)
{
	const char *lack = below_policy(s->options, &s->bond.bond);
	char address[ADDRESS_TEXT];

	if (!s->has_bond) {
		session_outcome_no_bond(&s->outcome, &s->peer, s->controller->store);
	} else if (lack) {
		fail_lack(s, lack);
	} else if (!s->bond.bond.peer.has_ltk) {
		outcome_fail(&s->outcome, CLI_WE_REFUSED,
			     "the bond with %s has no key for this role",
			     session_address(s, address));
		outcome_advice(&s->outcome,
			       "as the central, pair anew: --replace-bond, and enc in --resp-keys");
	} else {
		encrypt(s);
		return;
	}
	session_close(s);
}

/* ---- As the peripheral ----------------------------------------------------------------------- */

/* The keys of this pairing, or of the bond on file, that the central may mean; NULL: none. */
static const struct smp_keys *candidate(const struct session *s)
{
	if (smp_paired(&s->smp))
		return &smp_bond(&s->smp)->local;
	return s->has_bond && s->state < SESSION_CLOSING ? &s->bond.bond.local : NULL;
}

void session_answer_bond_ltk(struct session *s, const struct hci_gap_event *h)
{
	const struct smp_keys *keys = candidate(s);
	const char *lack = NULL;

	if (keys &&
	    (!keys->has_ltk || keys->ediv != h->ediv || memcmp(keys->rand, h->rand, 8) != 0))
		keys = NULL;
	if (keys == &s->bond.bond.local)
		lack = below_policy(s->options, &s->bond.bond);
	if (lack)
		event_note(s->events, 0, "the peer wants to encrypt with a bond: %s", lack);
	else if (!keys)
		event_note(s->events, 0,
			   "the peer wants to encrypt with a bond that is not known here");
	s->refused_bond = lack ? lack : keys ? NULL : "";
	if (lack)
		keys = NULL;
	s->bond_use = keys == &s->bond.bond.local ? SESSION_BOND_ENCRYPTING : SESSION_BOND_IDLE;
	hci_gap_answer_ltk(&s->controller->gap, s->link, keys ? keys->ltk : NULL);
}

/* ---- How it ended ---------------------------------------------------------------------------- */

static void bond_works(struct session *s)
{
	char address[ADDRESS_TEXT];

	session_emit_encrypted(s, "with the key of the bond");
	s->paired = clock_now();
	s->outcome = (struct outcome){.exit = CLI_OK, .result = "encrypted", .reason_code = -1};
	(void)snprintf(s->outcome.text, sizeof(s->outcome.text),
		       "the bond with %s works: the link is encrypted with its %u-bit key",
		       session_address(s, address), s->bond.bond.key_size * 8);
	if (s->central && s->setup->intent == SESSION_PAIR)
		outcome_detail(&s->outcome, "the bond was used; there was no new pairing");
	session_settle(s);
	if (s->central && session_check_attributes(s))
		session_delivered(s);
	else
		session_hold(s);
}

/* A private address proves no identity, and other devices with a bond have the same IRK. */
static bool may_be_another(const struct session *s)
{
	return s->shares_irk && address_is_resolvable(&s->peer);
}

static void fail(struct session *s, uint8_t status)
{
	char address[ADDRESS_TEXT], identity[ADDRESS_TEXT];

	session_address(s, address);
	if (status == HCI_PIN_OR_KEY_MISSING && may_be_another(s)) {
		outcome_fail_hci(&s->outcome, CLI_PEER_REFUSED, status,
				 "%s does not have the bond with %s", address,
				 address_format(bond_identity(&s->bond), identity));
		outcome_detail(&s->outcome, "another device with a bond has the same IRK, so it "
					    "may be that one");
	} else if (status == HCI_PIN_OR_KEY_MISSING) {
		outcome_fail_hci(&s->outcome, CLI_BOND_LOST, status, "%s has lost the bond",
				 address);
	} else {
		outcome_fail_hci(&s->outcome, CLI_PEER_REFUSED, status,
				 "%s does not encrypt with the bond", address);
	}
	s->blame = SMP_BY_ENCRYPTION;
}

/*
 * Unattended, a device behind a private address that does not have the key may be another one with
 * the same IRK. It pairs as such: the bond stays, unless the pairing proves that it may replace it.
 */
static bool is_taken_for_another(const struct session *s, uint8_t status)
{
	return s->setup->unattended && status == HCI_PIN_OR_KEY_MISSING &&
	       address_is_resolvable(&s->peer);
}

void session_bond_encrypted(struct session *s, uint8_t status)
{
	bool pairs = s->central && s->setup->intent == SESSION_PAIR;

	s->bond_use = SESSION_BOND_IDLE;
	loop_timer_stop(s->controller->loop, &s->bond_timer);
	if (s->state >= SESSION_CLOSING)
		return;
	if (status == HCI_SUCCESS) {
		bond_works(s);
	} else if (pairs && is_taken_for_another(s, status)) {
		s->has_bond = false;
		begin_pairing(s);
	} else {
		fail(s, status);
		if (pairs) {
			ask_to_replace(s);
			return;
		}
		session_settle(s);
		if (s->central)
			session_close(s);
	}
}

void session_bond_link_down(struct session *s, uint8_t reason)
{
	if (s->bond_use == SESSION_BOND_ENCRYPTING)
		outcome_fail_hci(&s->outcome, CLI_CONNECTION_FAILED, reason,
				 "the connection ended before it was encrypted");
}

void session_bond_overdue(void *ctx)
{
	struct session *s = ctx;

	if (s->state < SESSION_CLOSING)
		controller_sick(s->controller,
				"the controller did not report Encryption Change within 42 s after "
				"LE Enable Encryption (0x2019)");
}

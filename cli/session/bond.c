/* SPDX-License-Identifier: MIT */
/* A bond that is used again, in either role. */
#include <stdio.h>
#include <string.h>

#include "hci/error.h"
#include "session/internal.h"

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

void session_encrypt_with_bond(struct session *s)
{
	const struct smp_keys *keys = &s->bond.bond.peer; /* distributed by the peripheral */
	const char *lack = below_policy(s->options, &s->bond.bond);
	char address[ADDRESS_TEXT];

	if (!s->has_bond) {
		outcome_fail(&s->outcome, CLI_USAGE, "there is no bond with %s in %.200s",
			     session_address(s, address), s->controller->store->path);
	} else if (lack) {
		outcome_fail(&s->outcome, CLI_WE_REFUSED, "the bond with %s is not good enough",
			     session_address(s, address));
		outcome_detail(&s->outcome, "%s", lack);
	} else if (!keys->has_ltk) {
		outcome_fail(&s->outcome, CLI_WE_REFUSED,
			     "the bond with %s has no key for this role",
			     session_address(s, address));
		outcome_advice(&s->outcome, "pair again");
	} else {
		s->encrypting_bond = true;
		hci_gap_encrypt(&s->controller->gap, s->link, keys->ltk, keys->ediv, keys->rand);
		return;
	}
	session_close(s);
}

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
	if (lack)
		keys = NULL;
	s->encrypting_bond = keys == &s->bond.bond.local;
	hci_gap_answer_ltk(&s->controller->gap, s->link, keys ? keys->ltk : NULL);
}

void session_bond_encrypted(struct session *s, uint8_t status)
{
	bool lost = status == HCI_PIN_OR_KEY_MISSING;
	char address[ADDRESS_TEXT];

	s->encrypting_bond = false;
	if (s->state >= SESSION_CLOSING)
		return;
	session_address(s, address);
	if (status == HCI_SUCCESS) {
		session_emit_encrypted(s, "with the key of the bond");
		s->paired = clock_now();
		s->outcome =
			(struct outcome){.exit = CLI_OK, .result = "encrypted", .reason_code = -1};
		(void)snprintf(s->outcome.text, sizeof(s->outcome.text),
			       "the bond with %s works: the link is encrypted with its %u-bit key",
			       address, s->bond.bond.key_size * 8);
	} else {
		outcome_fail_hci(&s->outcome, lost ? CLI_BOND_LOST : CLI_PEER_REFUSED, status,
				 lost ? "%s has lost the bond"
				      : "%s does not encrypt with the bond",
				 address);
	}
	session_settle(s);
	if (s->central)
		session_close(s);
}

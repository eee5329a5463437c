/* SPDX-License-Identifier: MIT */
/* A bond that is used again, by either role. */
#include "hci/error.h"
#include "session/internal.h"

#include <stdio.h>
#include <string.h>

/* What the options demand and this bond does not give; NULL: it is good enough. */
static const char *below_policy(const struct options *o, const struct smp_bond *bond)
{
	if (o->sc == SMP_SC_ONLY && !bond->secure_connections)
		return "it is of legacy pairing, and --sc only was asked for";
	if (o->mitm == SMP_MITM_REQUIRE && !bond->authenticated)
		return "it is not authenticated, and --mitm was asked for";
	/* KNOB: a short key stays short, also when it is used again. */
	if (bond->key_size < o->min_key_size)
		return "its key is shorter than --min-key-size";
	return NULL;
}

void session_encrypt_with_bond(struct session *s)
{
	const struct smp_keys *keys = &s->bond.bond.peer; /* what the peripheral gave out */
	const char *lack = below_policy(s->options, &s->bond.bond);
	char address[ADDRESS_TEXT];

	if (lack) {
		s->verdict = true;
		outcome_fail(&s->outcome, CLI_WE_REFUSED, "the bond with %s is not good enough",
			     session_address(s, address));
		session_say(s->outcome.detail, sizeof(s->outcome.detail), lack);
		session_close(s);
		return;
	}
	if (!keys->has_ltk) {
		s->verdict = true;
		outcome_fail(&s->outcome, CLI_WE_REFUSED,
			     "the bond with %s has no key for this role",
			     session_address(s, address));
		session_say(s->outcome.advice, sizeof(s->outcome.advice), "pair again");
		session_close(s);
		return;
	}
	s->encrypting_bond = true;
	hci_gap_encrypt(&s->controller->gap, s->link, keys->ltk, keys->ediv, keys->rand);
}

/* The LTK that a central asks for: of this very pairing, or of the bond on file (4.2.1 of Vol 6 D).
 */
void session_answer_ltk(struct session *s, const struct hci_gap_event *h)
{
	const struct smp_keys *keys = NULL;

	if (smp_pairing(&s->smp)) {
		struct smp_event event = {.kind = SMP_EV_LTK_REQUEST};
		event.ltk_request.ediv = h->ediv;
		memcpy(event.ltk_request.rand, h->rand, 8);
		session_step(s, &event);
		return;
	}
	if (smp_paired(&s->smp))
		keys = &smp_bond(&s->smp)->local;
	else if (s->known && !s->closing)
		keys = &s->bond.bond.local;
	if (keys &&
	    (!keys->has_ltk || keys->ediv != h->ediv || memcmp(keys->rand, h->rand, 8) != 0))
		keys = NULL;
	const char *lack =
		keys && !smp_paired(&s->smp) ? below_policy(s->options, &s->bond.bond) : NULL;
	if (lack) {
		event_note(s->events, 0, "the bond that the peer wants to encrypt with: %s", lack);
		keys = NULL;
	} else if (!keys) {
		event_note(s->events, 0,
			   "the peer wants to encrypt with a bond that is not known here");
	}
	s->encrypting_bond = keys != NULL && !smp_paired(&s->smp);
	hci_gap_answer_ltk(&s->controller->gap, s->link, keys ? keys->ltk : NULL);
}

void session_bond_encrypted(struct session *s, uint8_t status)
{
	char address[ADDRESS_TEXT];

	s->encrypting_bond = false;
	if (s->closing)
		return;
	s->verdict = true;
	if (status == HCI_SUCCESS) {
		session_emit_encrypted(s, "with the key of the bond");
		s->paired = clock_now();
		s->outcome =
			(struct outcome){.exit = CLI_OK, .result = "encrypted", .reason_code = -1};
		(void)snprintf(s->outcome.text, sizeof(s->outcome.text),
			       "the bond with %s works: the link is encrypted with its %u-bit key",
			       session_address(s, address), s->bond.bond.key_size * 8);
	} else {
		outcome_fail(&s->outcome,
			     status == HCI_PIN_OR_KEY_MISSING ? CLI_BOND_LOST : CLI_PEER_REFUSED,
			     status == HCI_PIN_OR_KEY_MISSING
				     ? "%s has lost the bond: %s (0x%02x)"
				     : "%s does not encrypt with the bond: %s (0x%02x)",
			     session_address(s, address), hci_error_name(status), status);
		session_say(s->outcome.advice, sizeof(s->outcome.advice), hci_error_advice(status));
		s->outcome.reason = hci_error_name(status);
		s->outcome.reason_code = status;
	}
	if (s->central)
		session_close(s);
}

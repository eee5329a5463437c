/* SPDX-License-Identifier: MIT */
/* Conditions on encryption that does not fit the pairing before it, and on its key. */
#include "checks/conditions.h"
#include "checks/questions.h"
#include "crypto/bytes.h"
#include "hci/error.h"
#include "smp/pdu.h"

/* ---- Encryption before there is a key -------------------------------------------------------- */

/* LL_ENC_RSP is the last thing that came from the peripheral. */
static const struct explain_step *fell_silent(const struct explain_attempt *a)
{
	const struct explain_step *answer = check_control(a, CHECK_LL_ENC_RSP);

	if (!a->air || !answer || check_key_accepted(a) || mark_is_set(&a->encrypted))
		return NULL;
	for (const struct explain_step *s = answer + 1; s < a->steps + a->step_count; s++)
		if (s->from == EXPLAIN_R)
			return NULL;
	return answer;
}

/* A request that the peripheral refuses, as it must, is out of turn. */
bool check_encrypted_early(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_step *last = check_too_early(c), *silent;

	if (!last || a->ltk_refused ||
	    (mark_is_set(&a->encrypted) && a->encrypt_status == HCI_PIN_OR_KEY_MISSING))
		return false;
	silent = fell_silent(a);
	check_found(f, EXPLAIN_I, check_encryption_request(a)->frame,
		    "the initiator started encryption right after %s, before the pairing had "
		    "made a key: %s%s",
		    smp_pdu_name((uint8_t)last->code),
		    !c->facts->has_features		    ? "without a Pairing Response"
		    : c->facts->features.secure_connections ? "without DHKey Check"
							    : "without confirm and random values",
		    silent ? "; the responder fell silent after LL_ENC_RSP, it may have crashed"
			   : "");
	check_add_frame(f, last->at.frame);
	if (silent)
		check_add_frame(f, silent->at.frame);
	return true;
}

bool check_early_encryption_accepted(const struct explain_case *c, struct explain_finding *f)
{
	const uint64_t frame = check_key_accepted(c->attempt);

	if (!frame || !check_too_early(c))
		return false;
	check_found(f, EXPLAIN_R, frame,
		    "the responder accepted encryption before the pairing had made a key: it does "
		    "not check this, and an attacker needs no key");
	check_add_frame(f, check_encryption_request(c->attempt)->frame);
	return true;
}

/* ---- The key --------------------------------------------------------------------------------- */

/* EDIV and Rand belong to a distributed LTK; the key of a pairing has none (Part H 2.4.4.1). */
bool check_identifier_not_zero(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_mark *request = check_encryption_request(a);
	const uint16_t ediv = bytes_get_le16(a->encrypt_ediv);

	if (!c->facts->has_features || !c->facts->progress.phase_2 || !mark_is_set(request) ||
	    (mark_is_set(&a->encrypted) && a->encrypted.frame < request->frame) ||
	    (!ediv && bytes_all_zero(a->encrypt_rand, 8)))
		return false;
	check_found(f, EXPLAIN_I, request->frame,
		    "the initiator encrypts with EDIV 0x%04x and Rand 0x%llx, which must both be "
		    "zero with the key of this pairing%s",
		    ediv, (unsigned long long)bytes_get_le64(a->encrypt_rand),
		    check_key_accepted(a) ? ", and the responder accepted it" : "");
	check_add_frame(f, check_key_accepted(a));
	return true;
}

static bool is_longer(const uint8_t key[16], uint8_t size)
{
	return !bytes_all_zero(key + size, 16U - size);
}

/* The STK of legacy pairing is recomputed, and has a check of its own. */
static bool long_host_key(const struct explain_case *c, struct explain_finding *f, uint8_t size)
{
	const struct explain_attempt *a = c->attempt;
	const bool central = a->has_encrypt_key;
	const uint8_t *key = central ? a->encrypt_key : a->has_reply_key ? a->reply_key : NULL;

	return !a->air && key && c->facts->features.secure_connections &&
	       c->facts->progress.phase_2 && is_longer(key, size) &&
	       check_found(f, a->captured_end, central ? a->encrypt.frame : a->ltk_reply.frame,
			   "the %s encrypts with a key that is not shortened to the negotiated %u "
			   "octets",
			   check_role(a->captured_end), size);
}

bool check_key_not_shortened(const struct explain_case *c, struct explain_finding *f)
{
	const uint8_t size = c->facts->features.key_size;

	if (!c->facts->has_features || size < 7 || size >= 16)
		return false;
	if (long_host_key(c, f, size))
		return true;
	EACH_END(end) {
		const struct explain_party *p = &c->attempt->party[end];
		if (mark_is_set(&p->ltk) && is_longer(p->ltk_value, size))
			return check_found(f, end, p->ltk.frame,
					   "the %s distributed an LTK that is not shortened to the "
					   "negotiated %u octets",
					   check_role(end), size);
	}
	return false;
}

bool check_zero_key(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const bool central = a->has_encrypt_key;
	const uint8_t *key = central ? a->encrypt_key : a->has_reply_key ? a->reply_key : NULL;

	return key && bytes_all_zero(key, 16) && mark_is_set(&a->encrypted) && !a->encrypt_status &&
	       check_found(f, a->captured_end, central ? a->encrypt.frame : a->ltk_reply.frame,
			   "the link is encrypted with a key that is all zero: anyone can read it");
}

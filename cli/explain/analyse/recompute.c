/* SPDX-License-Identifier: MIT */
#include "analyse/recompute.h"

#include <string.h>

#include "analyse/known_keys.h"
#include "analyse/recompute_legacy.h"
#include "analyse/recompute_secure.h"
#include "crypto/bytes.h"

static void read_set(const uint8_t pdu[7], struct smp_feature_set *set)
{
	*set = (struct smp_feature_set){pdu[1], pdu[2], pdu[3], pdu[4], pdu[5], pdu[6]};
}

bool analyse_features(const struct explain_attempt *a, struct smp_features *features)
{
	if (!mark_is_set(&a->party[EXPLAIN_I].features) ||
	    !mark_is_set(&a->party[EXPLAIN_R].features))
		return false;
	read_set(a->party[EXPLAIN_I].features_pdu, &features->request);
	read_set(a->party[EXPLAIN_R].features_pdu, &features->response);
	smp_negotiate(SMP_INITIATOR, features);
	return true;
}

/* The LTK of Secure Connections as the captured host gave it to its controller. */
static void take_host_ltk(const struct explain_attempt *a, struct explain_facts *facts)
{
	const uint8_t *key = a->has_encrypt_key ? a->encrypt_key
			     : a->has_reply_key ? a->reply_key
						: NULL;
	uint64_t frame = a->has_encrypt_key ? a->encrypt.frame : a->ltk_reply.frame;

	if (!key || facts->has_ltk || !facts->progress.phase_2)
		return;
	facts->has_ltk = true;
	memcpy(facts->ltk, key, 16);
	analyse_note_value(facts, a->air ? "LTK of this link" : "LTK, from the host's command",
			   frame, true, EXPLAIN_UNKNOWN, key);
}

/* ---- Published keys -------------------------------------------------------------------------- */

static void find_ltk(const struct explain_party *p, uint8_t size, struct explain_known *known)
{
	struct known_ltk ltk = {.size = size,
				.has_identification = mark_is_set(&p->identification)};

	known->ltk = known_key_owner(KNOWN_LTK, p->ltk_value);
	if (known->ltk)
		return;
	memcpy(ltk.ltk, p->ltk_value, 16);
	memcpy(ltk.ediv, p->ediv_value, 2);
	memcpy(ltk.rand, p->rand_value, 8);
	/* A search takes 20 ms: only where the IRK shows that the roots are published ones. */
	ltk.search = known->irk != NULL;
	known->has_div = known_ltk_of_btstack(&ltk, &known->div);
	known->ltk = known->has_div ? "BTstack" : NULL;
	bytes_wipe(&ltk, sizeof(ltk));
}

static void find_known(const struct explain_attempt *a, struct explain_facts *facts)
{
	uint8_t size = facts->has_features ? facts->features.key_size : 16;

	for (size_t i = 0; i < 2; i++) {
		const struct explain_party *p = &a->party[i];
		if (mark_is_set(&p->irk))
			facts->known[i].irk = known_key_owner(KNOWN_IRK, p->irk_value);
		if (mark_is_set(&p->csrk))
			facts->known[i].csrk = known_key_owner(KNOWN_CSRK, p->csrk_value);
		if (mark_is_set(&p->ltk))
			find_ltk(p, size, &facts->known[i]);
	}
}

/* ---- All ------------------------------------------------------------------------------------- */

void analyse_recompute(const struct explain_attempt *a, unsigned *searches,
		       struct explain_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	if (!a->pairing) {
		if (a->air && a->has_encrypt_key)
			analyse_note_value(facts, "LTK of this link", a->encrypt.frame, true,
					   EXPLAIN_UNKNOWN, a->encrypt_key);
		return;
	}
	facts->has_features = analyse_features(a, &facts->features);
	if (!facts->has_features) {
		find_known(a, facts);
		facts->obstacle = "Pairing Request and Response are not both in the capture";
		return;
	}
	sequence_walk(a, &facts->features, &facts->progress);
	find_known(a, facts);
	if (facts->features.secure_connections) {
		analyse_recompute_secure(a, facts);
		take_host_ltk(a, facts);
	} else {
		analyse_recompute_legacy(a, searches, facts);
	}
}

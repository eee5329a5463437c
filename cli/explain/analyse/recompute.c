/* SPDX-License-Identifier: MIT */
#include "analyse/recompute.h"

#include <string.h>

#include "analyse/recompute_legacy.h"
#include "analyse/recompute_secure.h"

static void read_set(const uint8_t pdu[7], struct smp_feature_set *set)
{
	*set = (struct smp_feature_set){pdu[1], pdu[2], pdu[3], pdu[4], pdu[5], pdu[6]};
}

static bool has_features(const struct explain_attempt *a)
{
	return mark_is_set(&a->party[EXPLAIN_I].features) &&
	       mark_is_set(&a->party[EXPLAIN_R].features);
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
	facts->has_features = has_features(a);
	if (!facts->has_features) {
		facts->obstacle = "Pairing Request and Response are not both in the capture";
		return;
	}
	read_set(a->party[EXPLAIN_I].features_pdu, &facts->features.request);
	read_set(a->party[EXPLAIN_R].features_pdu, &facts->features.response);
	smp_negotiate(SMP_INITIATOR, &facts->features);
	sequence_walk(a, &facts->features, &facts->progress);
	if (facts->features.secure_connections) {
		analyse_recompute_secure(a, facts);
		take_host_ltk(a, facts);
	} else {
		analyse_recompute_legacy(a, searches, facts);
	}
}

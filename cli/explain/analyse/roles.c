/* SPDX-License-Identifier: MIT */
#include "analyse/roles.h"

#include "analyse/sequence.h"
#include "hci/error.h"
#include "smp/pdu.h"

/* Two PDUs, one after the other. */
enum pattern { OF_TWO_ENDS, OF_ONE_END };
enum initiator { SENT_THE_FIRST, SENT_THE_SECOND, SENT_NEITHER };

/*
 * The initiator begins each exchange of equal PDUs and each round; with Just Works and Numeric
 * Comparison of Secure Connections only the responder commits itself, behind its public key.
 */
static const struct {
	uint8_t before, code;
	enum pattern pattern;
	enum initiator initiator;
} order[] = {
	{SMP_PAIRING_PUBLIC_KEY, SMP_PAIRING_PUBLIC_KEY, OF_TWO_ENDS, SENT_THE_FIRST},
	{SMP_PAIRING_PUBLIC_KEY, SMP_PAIRING_CONFIRM, OF_ONE_END, SENT_NEITHER},
	{SMP_PAIRING_PUBLIC_KEY, SMP_PAIRING_CONFIRM, OF_TWO_ENDS, SENT_THE_SECOND},
	{SMP_PAIRING_PUBLIC_KEY, SMP_PAIRING_RANDOM, OF_TWO_ENDS, SENT_THE_SECOND},
	{SMP_PAIRING_CONFIRM, SMP_PAIRING_CONFIRM, OF_TWO_ENDS, SENT_THE_FIRST},
	{SMP_PAIRING_CONFIRM, SMP_PAIRING_RANDOM, OF_TWO_ENDS, SENT_THE_SECOND},
	{SMP_PAIRING_RANDOM, SMP_PAIRING_RANDOM, OF_TWO_ENDS, SENT_THE_FIRST},
	{SMP_PAIRING_RANDOM, SMP_PAIRING_CONFIRM, OF_TWO_ENDS, SENT_THE_SECOND},
	{SMP_PAIRING_RANDOM, SMP_PAIRING_DHKEY_CHECK, OF_TWO_ENDS, SENT_THE_SECOND},
	{SMP_PAIRING_DHKEY_CHECK, SMP_PAIRING_DHKEY_CHECK, OF_TWO_ENDS, SENT_THE_FIRST},
};

static enum initiator initiator_of(const struct explain_step *before,
				   const struct explain_step *step, bool *found)
{
	enum pattern pattern = before->from == step->from ? OF_ONE_END : OF_TWO_ENDS;

	*found = true;
	/* The responder sends its keys first, 3.6.1. */
	if (pattern == OF_TWO_ENDS && sequence_is_key((uint8_t)before->code) &&
	    sequence_is_key((uint8_t)step->code))
		return SENT_THE_SECOND;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (order[i].before == before->code && order[i].code == step->code &&
		    order[i].pattern == pattern)
			return order[i].initiator;
	*found = false;
	return SENT_NEITHER;
}

int8_t roles_deduce(const struct explain_attempt *a)
{
	const struct explain_step *before = NULL;

	for (size_t i = 0; i < a->step_count; i++) {
		const struct explain_step *s = &a->steps[i];
		bool found;
		if (s->layer != EXPLAIN_LAYER_SMP || s->from == EXPLAIN_NOBODY ||
		    s->code == SMP_KEYPRESS_NOTIFICATION)
			continue;
		if (before) {
			enum initiator initiator = initiator_of(before, s, &found);
			if (found && initiator == SENT_THE_FIRST)
				return before->from;
			if (found && initiator == SENT_THE_SECOND)
				return s->from;
			if (found)
				return (int8_t)!s->from;
		}
		before = s;
	}
	/* The controller of a central reports that the peripheral rejected the key: 7.7.8. */
	if (mark_is_set(&a->encrypted) && a->encrypt_status == HCI_PIN_OR_KEY_MISSING &&
	    !mark_is_set(&a->ltk_request))
		return a->captured_end;
	return EXPLAIN_NOBODY;
}

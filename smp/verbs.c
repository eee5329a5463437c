/* SPDX-License-Identifier: MIT */
/* Runs verbs and guards by the names that the table gives them. */
#include "smp/verbs.h"

#include "crypto/bytes.h"
#include "smp/keys.h"
#include "smp/step.h"

int smp_do(struct smp *smp, uint8_t verb)
{
	static int (*const verbs[])(struct smp *) = {
#define X(name) [smp_verb_##name] = smp_do_##name,
		SMP_VERBS(X)
#undef X
	};
	return verbs[verb](smp);
}

bool smp_guard_holds(const struct smp *smp, uint8_t guard, uint8_t on)
{
	switch ((enum smp_guard)guard) {
	case smp_guard_always:
		return true;
	case smp_guard_numeric:
		return smp->features.method == SMP_NUMERIC_COMPARISON;
	case smp_guard_more_rounds:
		return smp->secret.round < 19;
	case smp_guard_next_expected_key:
		return smp_key_is_next(smp, on);
	case smp_guard_new_key:
		return !smp->event->ltk_request.ediv &&
		       bytes_all_zero(smp->event->ltk_request.rand, 8);
	case smp_guard_passkey_entry:
		return smp_is_passkey(smp) && smp->state != SMP_STATE_KEYS;
	case smp_guard_keypress_agreed:
		return smp->features.keypress && smp_guard_holds(smp, smp_guard_passkey_entry, on);
	case SMP_GUARD_COUNT:
		break;
	}
	return false;
}

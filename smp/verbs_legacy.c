/* SPDX-License-Identifier: MIT */
/* Phase 2, LE legacy pairing: Core Vol 3 Part H 2.3.5.5. */
#include "smp/step.h"
#include "smp/table.h"
#include "smp/verbs.h"

static int legacy_confirm(const struct smp *smp, const uint8_t random[16], uint8_t confirm[16])
{
	return crypto_c1(smp->secret.tk, random, smp->preq, smp->pres, smp_initiator_address(smp),
			 smp_responder_address(smp), confirm);
}

int smp_do_send_legacy_confirm(struct smp *smp)
{
	if (legacy_confirm(smp, smp->secret.own_random, smp->secret.own_confirm))
		return smp_internal_failure(smp);
	smp_send_confirm(smp);
	return 0;
}

int smp_do_check_legacy_confirm(struct smp *smp)
{
	uint8_t expected[16];

	if (legacy_confirm(smp, smp->secret.peer_random, expected))
		return smp_internal_failure(smp);
	return smp_confirm_matches(smp, expected);
}

/* STK = s1(TK, Srand, Mrand), then shortened: 2.3.5.5, 2.3.4. */
int smp_do_make_stk(struct smp *smp)
{
	struct smp_secrets *s = &smp->secret;
	bool i = smp_is_initiator(smp);

	if (crypto_s1(s->tk, i ? s->peer_random : s->own_random, i ? s->own_random : s->peer_random,
		      s->ltk))
		return smp_internal_failure(smp);
	crypto_shorten(s->ltk, smp->features.key_size);
	return 0;
}

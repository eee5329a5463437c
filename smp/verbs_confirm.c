/* SPDX-License-Identifier: MIT */
/* Phase 2, common to legacy pairing and Secure Connections: random and confirm values. */
#include <string.h>

#include "crypto/bytes.h"
#include "smp/pdu.h"
#include "smp/step.h"
#include "smp/table.h"
#include "smp/verbs.h"

int smp_do_make_random(struct smp *smp)
{
	struct smp_secrets *s = &smp->secret;

	if (smp->config.random(smp->config.random_ctx, s->own_random, 16))
		return smp_internal_failure(smp);
	return 0;
}

int smp_do_send_random(struct smp *smp)
{
	memcpy(smp_send(smp, SMP_PAIRING_RANDOM), smp->secret.own_random, 16);
	return 0;
}

void smp_send_confirm(struct smp *smp)
{
	memcpy(smp_send(smp, SMP_PAIRING_CONFIRM), smp->secret.own_confirm, 16);
	smp->confirm_sent = smp->attempted = true;
}

/* A peer that reflects our values proves nothing: SM/CEN/JW/BI-06-C, SM/CEN/PKE/BI-03-C. */
int smp_do_keep_confirm(struct smp *smp)
{
	struct smp_secrets *s = &smp->secret;

	smp->attempted = true;
	memcpy(s->peer_confirm, smp_rx(smp), 16);
	if (smp->confirm_sent && bytes_equal(s->peer_confirm, s->own_confirm, 16))
		return smp_refuse(smp, SMP_WHY_REFLECTED_CONFIRM);
	return 0;
}

int smp_do_keep_random(struct smp *smp)
{
	struct smp_secrets *s = &smp->secret;

	memcpy(s->peer_random, smp_rx(smp), 16);
	if (bytes_equal(s->peer_random, s->own_random, 16))
		return smp_refuse(smp, SMP_WHY_REFLECTED_RANDOM);
	return 0;
}

static enum smp_why wrong_confirm(const struct smp *smp)
{
	return smp_is_passkey(smp)		 ? SMP_WHY_WRONG_PASSKEY
	       : smp->features.method == SMP_OOB ? SMP_WHY_WRONG_OOB_DATA
						 : SMP_WHY_WRONG_CONFIRM;
}

int smp_confirm_matches(struct smp *smp, const uint8_t expected[16])
{
	if (bytes_equal(expected, smp->secret.peer_confirm, 16))
		return 0;
	return smp_refuse(smp, wrong_confirm(smp));
}

/* SPDX-License-Identifier: MIT */
/* The ends of a pairing that we did not refuse: Core Vol 3 Part H 3.4, 3.5.5. */
#include "smp/step.h"
#include "smp/table.h"
#include "smp/verbs.h"

int smp_do_blame_peer(struct smp *smp)
{
	smp_blame(smp, SMP_BY_PEER, smp->rx_len > 1 ? smp_rx(smp)[0] : 0, SMP_WHY_PEER_FAILED);
	return 0;
}

/* The state shows who had to act. */
static enum smp_why overdue(const struct smp *smp)
{
	switch ((enum smp_state)smp->state) {
	case SMP_STATE_LEGACY_EITHER:
	case SMP_STATE_PASSKEY_EITHER:
		return SMP_WHY_PEER_AND_USER_SILENT;
	case SMP_STATE_COMPARING:
		return smp_is_initiator(smp) ? SMP_WHY_USER_SILENT : SMP_WHY_PEER_AND_USER_SILENT;
	case SMP_STATE_LEGACY_TYPING:
	case SMP_STATE_PASSKEY_TYPING:
	case SMP_STATE_COMPARING_CHECKED:
		return SMP_WHY_USER_SILENT;
	case SMP_STATE_KEY_WANTED:
	case SMP_STATE_ENCRYPTING:
		return SMP_WHY_NOT_ENCRYPTED;
	case SMP_STATE_KEYS:
		return SMP_WHY_KEYS_MISSING;
	case SMP_STATE_ANY:
	case SMP_STATE_STAY:
	case SMP_STATE_IDLE:
	case SMP_STATE_REQUESTED:
	case SMP_STATE_FEATURES:
	case SMP_STATE_FEATURES_AGREED:
	case SMP_STATE_LEGACY_CONFIRM:
	case SMP_STATE_LEGACY_RANDOM:
	case SMP_STATE_PUBLIC_KEYS:
	case SMP_STATE_KEYS_EXCHANGED:
	case SMP_STATE_COMMITMENT:
	case SMP_STATE_NONCE:
	case SMP_STATE_PASSKEY_CONFIRM:
	case SMP_STATE_PASSKEY_RANDOM:
	case SMP_STATE_OOB_NONCE:
	case SMP_STATE_DHKEY_CHECK:
	case SMP_STATE_DONE:
	case SMP_STATE_FAILED:
	case SMP_STATE_COUNT:
		break;
	}
	return SMP_WHY_PEER_SILENT;
}

int smp_do_blame_timeout(struct smp *smp)
{
	smp->timer_running = false;
	smp_blame(smp, SMP_BY_TIMEOUT, 0, overdue(smp));
	return 0;
}

int smp_do_blame_link(struct smp *smp)
{
	smp_blame(smp, SMP_BY_LINK, smp->event->status, SMP_WHY_DISCONNECTED);
	return 0;
}

int smp_do_blame_encryption(struct smp *smp)
{
	smp_blame(smp, SMP_BY_ENCRYPTION, smp->event->status, SMP_WHY_ENCRYPTION_FAILED);
	return 0;
}

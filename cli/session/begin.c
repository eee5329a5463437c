/* SPDX-License-Identifier: MIT */
/* How a central begins to secure its link. */
#include "session/internal.h"

void session_secure(struct session *s)
{
	if (s->setup->intent == SESSION_ENCRYPT) {
		session_encrypt_with_bond(s);
		return;
	}
	/* The first PDU goes out before anything else: the peer waits for it. */
	session_begin(s);
	session_run_queue(s);
	if (s->state == SESSION_OPEN && s->bond_use == SESSION_BOND_IDLE)
		hci_gap_exchange_features(&s->controller->gap, s->link);
}

/* SPDX-License-Identifier: MIT */
/* How secure the link of a session is. */
#include "session/internal.h"

static enum security_level level_of(bool authenticated, bool secure_connections)
{
	if (!authenticated)
		return LEVEL_ENCRYPTED;
	return secure_connections ? LEVEL_SECURE : LEVEL_AUTHENTICATED;
}

enum security_level session_level(const struct session *s)
{
	const struct smp_features *f = smp_features(&s->smp);
	const struct smp_bond *bond = smp_paired(&s->smp) ? smp_bond(&s->smp) : &s->bond.bond;

	if (!s->link || !s->link->encrypted)
		return LEVEL_OPEN;
	/* Keys are distributed: the link has the key of this pairing already. */
	if (smp_pairing(&s->smp) && s->state < SESSION_SETTLED)
		return level_of(smp_authenticates(f->method, f->secure_connections,
						  s->options->legacy_passkey_mitm),
				f->secure_connections);
	return level_of(bond->authenticated, bond->secure_connections);
}

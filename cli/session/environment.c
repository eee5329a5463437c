/* SPDX-License-Identifier: MIT */
/* What the command of --while-connected gets in its environment. */
#include <stdio.h>

#include "session/internal.h"

/* LE security mode 1, Vol 3 Part C 10.2.1. */
static unsigned level(const struct smp_bond *bond)
{
	if (!bond->authenticated)
		return 2;
	return bond->secure_connections && bond->key_size == 16 ? 4 : 3;
}

static void set_address(struct hold_environment *e, const char *name,
			const struct crypto_address *address)
{
	char text[ADDRESS_TEXT], type[40];

	(void)snprintf(type, sizeof(type), "%s_TYPE", name);
	hold_set(e, name, address_format(address, text));
	hold_set(e, type, address_type(address));
}

void session_environment(const struct session *s, struct hold_environment *e)
{
	const struct smp_bond *bond = session_bond(s);
	char number[16];

	e->len = 0;
	set_address(e, "ADDRESS", &s->peer);
	set_address(e, "IDENTITY", bond->peer.has_identity ? &bond->peer.identity : &s->peer);
	hold_set(e, "ROLE", s->central ? "central" : "peripheral");
	hold_set(e, "RESULT", s->outcome.result);
	hold_set(e, "METHOD", smp_method_slug(bond->method));
	(void)snprintf(number, sizeof(number), "%u", level(bond));
	hold_set(e, "LEVEL", number);
	hold_set(e, "CONTROLLER", s->controller->spec);
	hold_set(e, "UNIT", s->events->unit);
	if (s->events->session) {
		(void)snprintf(number, sizeof(number), "%u", s->events->session);
		hold_set(e, "SESSION", number);
	}
}

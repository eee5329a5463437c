/* SPDX-License-Identifier: MIT */
/* What a session knows about the end of its attempt, for the checks that explain it. */
#include <stdio.h>
#include <string.h>

#include "session/internal.h"

static void describe_refusal(const struct session *s, struct explain_own_end *own)
{
	const struct session_advice about = session_advice_about(s);

	/* Without a pairing, it was the bond. */
	own->reason = s->why == SMP_WHY_NONE || session_is_policy(s->why) ? EXPLAIN_OWN_POLICY
									  : EXPLAIN_OWN_JUDGEMENT;
	own->policy = session_policy(s->why, &about);
	own->other_passkey = s->why == SMP_WHY_WRONG_PASSKEY;
	(void)snprintf(own->text, sizeof(own->text), "%s", s->outcome.detail);
}

/* A limit of ours was over, or our user was silent; what the peer owed, the capture shows. */
static bool describe_limit(const struct session *s, struct explain_own_end *own)
{
	static const char said[] = "timed out: "; /* the finding need not repeat it */
	const char *text = s->outcome.text;

	if (s->blame == SMP_BY_TIMEOUT && s->why != SMP_WHY_USER_SILENT)
		return false;
	own->reason = EXPLAIN_OWN_LIMIT;
	(void)snprintf(own->text, sizeof(own->text), "%s",
		       strncmp(text, said, sizeof(said) - 1) == 0 ? text + sizeof(said) - 1 : text);
	return true;
}

bool session_own_end(const struct session *s, struct explain_own_end *own)
{
	const struct outcome *o = &s->outcome;

	*own = (struct explain_own_end){.reason = EXPLAIN_OWN_CANCELLED};
	(void)snprintf(own->fix, sizeof(own->fix), "%s", o->advice);
	if (o->exit == CLI_TIMED_OUT)
		return describe_limit(s, own);
	if (o->exit == CLI_PEER_REFUSED && s->has_bond && !smp_attempted(&s->smp))
		own->reason = EXPLAIN_OWN_BONDED;
	else if (o->exit == CLI_WE_REFUSED)
		describe_refusal(s, own);
	else if (o->exit == CLI_CANCELLED)
		(void)snprintf(own->text, sizeof(own->text), "%s",
			       *o->detail ? o->detail : "the user here gave up");
	else
		return false;
	return true;
}

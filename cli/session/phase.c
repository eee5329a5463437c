/* SPDX-License-Identifier: MIT */
/* What a session waits for, for people. */
#include "session/session.h"

bool session_phase(const struct session *s, struct progress_step *step)
{
	switch (s->state) {
	case SESSION_OPEN:
		*step = (struct progress_step){smp_busy(&s->smp)
						       ? "waiting for the peer, which pairs"
						       : "waiting for the peer",
					       s->smp_timer.at};
		return true;
	case SESSION_DELIVERING:
	case SESSION_AWAITING_PROOF:
		*step = (struct progress_step){"waiting for the peer to finish", s->close_timer.at};
		return true;
	case SESSION_CHECKING:
		*step = (struct progress_step){"checking attributes", s->attributes.timer.at};
		return true;
	case SESSION_HELD:
	case SESSION_SETTLED:
		*step = (struct progress_step){s->hold.runs ? "running the command" : "lingering",
					       s->hold.linger.at};
		return hold_is_active(&s->hold);
	case SESSION_NONE:
	case SESSION_LOADING:
	case SESSION_CLOSING:
	case SESSION_DISCONNECTING:
	case SESSION_CLOSED:
		break;
	}
	return false;
}

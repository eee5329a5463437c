/* SPDX-License-Identifier: MIT */
/* What all sessions of a run have in common. */
#include "session/internal.h"

#include <string.h>

#include "output/outcome.h"

enum cli_exit session_setup_init(struct session_setup *setup, const struct options *options,
				 struct event_output *events, void (*closed)(void *ctx), void *ctx)
{
	struct outcome outcome;
	struct failure failure;

	*setup = (struct session_setup){.closed = closed, .ctx = ctx};
	if (!options->oob_own)
		return CLI_OK;
	if (oob_own_load(options->oob_own, &setup->own_oob, &failure) == 0) {
		setup->oob_own = &setup->own_oob;
		return CLI_OK;
	}
	outcome_fail(&outcome, CLI_USAGE, "%s", failure.text);
	outcome_report(&outcome, events, NULL, NULL);
	return CLI_USAGE;
}

void session_setup_tell(const struct session_setup *setup, struct controller *controller)
{
	if (setup->oob_own)
		event_emit(controller->events, oob_event(setup->oob_own, &controller->own));
}

void session_setup_keypair(struct session_setup *setup, const struct options *options)
{
	/* One key pair for one pairing (Vol 3 Part H 2.3.6); that of out-of-band data is given. */
	setup->keypair = NULL;
	if (!setup->oob_own && options->sc != SMP_SC_OFF && options->command != COMMAND_VERIFY &&
	    crypto_p256_generate(&setup->own_keypair) == CRYPTO_OK)
		setup->keypair = &setup->own_keypair;
}

void session_setup_renew(struct session_setup *setup, const struct session *session)
{
	const struct options *o = session->options;
	struct failure failure;

	if (!setup->oob_own || !smp_spent_own_oob(&session->smp))
		return;
	if (oob_own_renew(o->oob_own, &setup->own_oob, &failure))
		event_note(session->events, 0, "%s", failure.text);
	else
		event_note(session->events, 0,
			   "our out-of-band data were used: they are spent, fresh ones were made");
}

int session_setup_recall(struct session_setup *setup, struct store *store, bool central,
			 struct failure *problem)
{
	if (setup->recalled)
		return 0;
	setup->recalled = true;
	if (store_failures(store, &setup->attempts, problem))
		return -1;
	/* Only who calls us can do so under ever new addresses. */
	if (central)
		memset(&setup->attempts.all, 0, sizeof(setup->attempts.all));
	return 0;
}

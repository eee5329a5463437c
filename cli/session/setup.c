/* SPDX-License-Identifier: MIT */
/* What all sessions of a run share. */
#include <string.h>

#include "output/outcome.h"
#include "session/internal.h"

enum cli_exit session_setup_init(struct session_setup *setup, const struct options *options,
				 struct event_output *events, enum session_intent intent,
				 void (*closed)(void *ctx), void *ctx)
{
	struct outcome outcome;
	struct failure failure;

	*setup = (struct session_setup){.intent = intent, .closed = closed, .ctx = ctx};
	if (!options->oob_own)
		return CLI_OK;
	if (oob_own_load(options->oob_own, &setup->own_oob, &failure) == 0) {
		setup->oob_own = &setup->own_oob;
		return CLI_OK;
	}
	outcome_fail(&outcome, failure.exit, "%s", failure.text);
	outcome_report(&outcome, events, NULL, NULL);
	return failure.exit;
}

int session_hook_start(struct hook *hook, struct hook **started, const struct options *options,
		       struct failure *failure)
{
	const struct hook_setup setup = {.option = "--while-connected",
					 .command = options->while_connected,
					 .seconds = options->hook_timeout,
					 .ends_with_us = true};

	*started = NULL;
	if (!options->while_connected)
		return 0;
	if (hook_start(hook, &setup, failure))
		return -1;
	*started = hook;
	return 0;
}

void session_setup_emit_oob(const struct session_setup *setup, struct controller *controller)
{
	if (setup->oob_own)
		event_emit(controller->events, oob_event(setup->oob_own, &controller->own.address));
}

void session_setup_keypair(struct session_setup *setup, const struct options *options)
{
	/* One key pair per pairing (Vol 3 Part H 2.3.6), unless it belongs to out-of-band data. */
	setup->keypair = NULL;
	if (!setup->oob_own && options->sc != SMP_SC_OFF && setup->intent != SESSION_ENCRYPT &&
	    crypto_p256_generate(&setup->own_keypair, crypto_random, NULL) == CRYPTO_OK)
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
		event_note(
			session->events, 0,
			"our out-of-band data were used and cannot be used again: fresh ones were "
			"made");
}

void session_take_failures(struct smp_attempts *to, const struct smp_attempts *from, bool central)
{
	*to = *from;
	/* Only devices that call us can do so under ever new addresses. */
	if (central)
		memset(&to->all, 0, sizeof(to->all));
}

int session_setup_load_failures(struct session_setup *setup, struct store *store, bool central,
				struct failure *failure)
{
	if (setup->failures_loaded)
		return 0;
	struct smp_attempts attempts;

	setup->failures_loaded = true;
	if (store_failures(store, &attempts, failure))
		return -1;
	session_take_failures(&setup->attempts, &attempts, central);
	return 0;
}

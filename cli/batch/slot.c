/* SPDX-License-Identifier: MIT */
#include "batch/slot.h"

#include <string.h>

#include "batch/verdict.h"
#include "crypto/bytes.h"
#include "hci/error.h"

/* The fields of the unit's row take precedence over the options of the command line. */
static void apply_row(struct options *options, const struct batch_unit_spec *spec)
{
	if (spec->has_passkey) {
		options->has_passkey = true;
		options->passkey = spec->passkey;
	}
	if (spec->confirm)
		options->confirm = (enum confirm)spec->confirm;
	if (spec->oob)
		options->oob = *spec->oob;
	if (spec->method)
		options->method = (enum smp_method)spec->method;
	if (spec->level >= 3)
		options->mitm = SMP_MITM_REQUIRE;
	if (spec->level == 4) {
		options->sc = SMP_SC_ONLY;
		options->min_key_size = 16;
	}
	options_settle_io(options);
}

/* What the row expects, beside what all units have to show. */
static void apply_expectations(struct batch_slot *slot, const struct batch_unit_spec *spec)
{
	if (!spec->expect_count)
		return;
	acceptance_copy(&slot->acceptance, slot->options.acceptance);
	for (size_t i = 0; i < spec->expect_count; i++)
		(void)acceptance_set_row(&slot->acceptance, spec->expects[i]); /* it was checked */
	slot->options.acceptance = &slot->acceptance;
}

void batch_slot_start(struct batch_slot *slot, struct batch_unit *unit)
{
	struct batch_controller *c = slot->controller;

	memset(&slot->session, 0, sizeof(slot->session));
	slot->state = BATCH_SLOT_CONNECTING;
	slot->timed_out = false;
	slot->unit = unit;
	slot->options = *c->job->options;
	apply_row(&slot->options, &unit->spec);
	apply_expectations(slot, &unit->spec);
	batch_unit_name(&unit->spec, slot->name);
	slot->events = c->events;
	slot->events.unit = slot->name;
	slot->events.brief = !c->job->options->verbose;
	slot->session.controller = &c->controller;
	slot->session.options = &slot->options;
	slot->session.events = &slot->events;
	slot->session.peer = unit->peer;
	slot->session.started = clock_now();
	*slot->peer_name = '\0';
	slot->session.peer_name = slot->peer_name;
	slot->session.peer_label = unit->spec.label;
}

static enum batch_end end_of_timeout(const struct batch_slot *slot)
{
	const struct batch_job *job = slot->controller->job;

	if (slot->timed_out)
		return BATCH_UNIT_TIMEOUT;
	/* --timeout cancels sessions with the same exit code; --until TIME does not cancel them. */
	if (job->scheduler.stop == BATCH_TIME_OVER && !job->options->until_time)
		return BATCH_CANCELLED;
	return BATCH_SMP_TIMEOUT;
}

enum batch_end batch_slot_end(const struct batch_slot *slot)
{
	const struct session *s = &slot->session;

	switch (s->outcome.exit) {
	case CLI_OK:
		return BATCH_SUCCEEDED;
	case CLI_PEER_REFUSED:
		return s->blame == SMP_BY_ENCRYPTION ? BATCH_UNENCRYPTED : BATCH_REFUSED;
	case CLI_WE_REFUSED:
		return BATCH_WE_REFUSED;
	case CLI_TIMED_OUT:
		return end_of_timeout(slot);
	case CLI_CONNECTION_FAILED:
		return s->outcome.reason_code == HCI_FAILED_TO_ESTABLISH ? BATCH_NOT_ESTABLISHED
									 : BATCH_LOST;
	case CLI_CANCELLED:
		return BATCH_CANCELLED;
	case CLI_BOND_LOST:
		return BATCH_BOND_LOST;
	case CLI_WRONG_ATTRIBUTE:
		return BATCH_WRONG_ATTRIBUTE;
	case CLI_UNPROTECTED:
		return BATCH_UNPROTECTED;
	case CLI_INTERNAL:
	case CLI_USAGE:
	case CLI_NO_CONTROLLER:
	case CLI_CONTROLLER_BUSY:
	case CLI_PERMISSION:
	case CLI_NOT_FOUND:
	case CLI_CONTROLLER_FAILED:
	case CLI_CONTROLLER_BLOCKED:
	case CLI_EXPLAINED:
	case CLI_NOTHING_FOUND:
	case CLI_UNITS_FAILED:
	case CLI_STOPPED:
	case CLI_UNFINISHED:
	case CLI_NOT_A_CAPTURE:
	case CLI_EMPTY:
	case CLI_TEST_FAILED:
	case CLI_HOOK_FAILED:
	case CLI_EXIT_COUNT:
		break;
	}
	return BATCH_INTERNAL_ERROR;
}

void batch_slot_free(struct batch_slot *slot)
{
	session_wipe(&slot->session);
	batch_verdict_free(slot);
	bytes_wipe(&slot->options, sizeof(slot->options));
	bytes_wipe(&slot->acceptance, sizeof(slot->acceptance));
	slot->unit = NULL;
	slot->state = BATCH_SLOT_FREE;
}

/* SPDX-License-Identifier: MIT */
#include "batch/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_fields.h"
#include "base/text.h"
#include "base/time.h"
#include "batch/slot.h"
#include "batch/unit_hook.h"
#include "batch/verdict.h"
#include "crypto/bytes.h"

/* Attempts in one transaction. */
#define BATCH_TOGETHER 64

/* Nothing is stored any more: start no further unit. */
static void fail_store(struct batch_job *job, const struct failure *failure)
{
	enum batch_stop *stop = &job->scheduler.stop;

	if (job->store_failure.exit == CLI_OK)
		job->store_failure = *failure;
	/* The last results may be those that are lost: the end is no longer a good one. */
	if (*stop == BATCH_ALL_ENDED || *stop == BATCH_COUNT_REACHED || *stop == BATCH_NONE_SEEN)
		*stop = BATCH_RUNNING;
	batch_stop(&job->scheduler, BATCH_STORE_FAILED);
}

static void set_text(json_t *object, const char *field, const char *text)
{
	if (text && *text)
		(void)json_object_set_new(object, field, text_json(text));
}

/* ---- Attempts -------------------------------------------------------------------------------- */

static void set_verdict(json_t *event, const char *verdict)
{
	json_t *object = verdict ? json_loads(verdict, 0, NULL) : NULL;

	if (object)
		(void)json_object_set_new(event, "verdict", object);
}

/* An attempt and the storage of its unit's key. */
struct record {
	struct attempt attempt, if_rejected;
	char key[BATCH_UNIT_NAME];
	char *unseen; /* verdict of a unit that was not seen */
};

static void name_unit(struct record *record, const struct batch_job *job,
		      const struct batch_unit *unit)
{
	record->attempt.job = job->name;
	record->attempt.unit = batch_unit_key(&unit->spec, record->key);
	record->attempt.label = unit->spec.label;
	record->attempt.slot = unit->spec.slot;
}

static void fill(struct record *record, struct batch_slot *slot)
{
	const struct batch_unit *unit = slot->unit;

	session_attempt(&slot->session, &record->attempt);
	name_unit(record, slot->controller->job, unit);
	/* How long the unit was in the queue since it was seen. */
	record->attempt.scan_ms = (double)unit->waited / 1000;
	record->attempt.total_ms = (double)(clock_now() - unit->started) / 1000;
	record->attempt.retries = (int)unit->tries;
	record->attempt.controller = slot->controller->name;
	record->attempt.verdict = batch_verdict_of(slot);
}

static json_t *timings_of(const struct attempt *attempt)
{
	struct attempt times;

	attempt_clear(&times);
	times.scan_ms = attempt->scan_ms;
	times.connect_ms = attempt->connect_ms;
	times.pair_ms = attempt->pair_ms;
	times.total_ms = attempt->total_ms;
	return attempt_to_json(&times);
}

/* A result that is final has its hook, whose end may be reported at once: the unit comes first. */
static void report_unit(struct batch_job *job, json_t *event)
{
	const bool hooked = job->hook && json_is_true(json_object_get(event, "final"));
	json_t *input = hooked ? json_deep_copy(event) : NULL;

	event_emit(job->events, event);
	if (hooked)
		batch_unit_hook(job, input);
}

static void announce(struct batch_slot *slot, const struct attempt *attempt,
		     enum batch_verdict verdict, uint64_t due)
{
	const struct batch_unit *unit = slot->unit;
	const struct outcome *o = &slot->session.outcome;
	const uint64_t now = clock_now();
	json_t *event = json_pack("{s:s, s:o, s:i, s:s, s:s, s:o, s:o, s:i, s:o, s:b, s:o}",
				  "event", "unit", "unit", text_json(attempt->unit), "line",
				  (int)unit->spec.line, "result", o->result, "class",
				  cli_exit_slug(o->exit), "peer", session_peer(&slot->session),
				  "controller", text_json(slot->controller->name), "attempt",
				  unit->tries ? unit->tries : 1, "text", text_json(o->text),
				  "final", verdict == BATCH_FINAL, "timings", timings_of(attempt));

	set_text(event, "label", unit->spec.label);
	set_text(event, "slot", unit->spec.slot);
	set_text(event, "reason", o->reason);
	if (o->reason_code >= 0)
		(void)json_object_set_new(event, "reason_code", json_integer(o->reason_code));
	set_text(event, "detail", o->detail);
	set_text(event, "advice", o->advice);
	set_verdict(event, batch_verdict_of(slot));
	if (verdict == BATCH_AGAIN && due > now)
		(void)json_object_set_new(event, "again_ms",
					  json_integer((json_int_t)((due - now) / 1000)));
	if (slot->session.attributes.list)
		(void)json_object_set(event, "attributes", slot->session.attributes.list);
	if (slot->end == BATCH_SUCCEEDED)
		session_add_bond(&slot->session, event);
	else
		set_text(event, "cause", batch_end_slug(slot->end));
	report_unit(slot->controller->job, event);
}

/*
 * The device is never connected again in this job, under any address; an IRK that other devices
 * have, too, would exclude them.
 */
static void exclude(struct batch_job *job, const struct session *session,
		    const struct bond_record *record)
{
	const struct smp_keys *keys = &record->bond.peer;
	bool unique = keys->has_irk && session_irk_is_unique(session);

	(void)batch_exclude_device(&job->scheduler, &record->peer, unique ? keys->irk : NULL);
	if (keys->has_identity)
		(void)batch_exclude_device(&job->scheduler, &keys->identity, NULL);
}

/* An attempt between its end and its announcement. */
struct result {
	struct batch_slot *slot;
	enum batch_verdict verdict;
	uint64_t due;
};

/* A failure is final or not before it is stored; a success is final once it is stored. */
static void prepare(struct result *result, struct store_entry *entry, struct record *record,
		    struct bond_record *bond)
{
	struct batch_slot *slot = result->slot;

	fill(record, slot);
	session_attempt_if_rejected(&record->attempt, &record->if_rejected);
	record->if_rejected.verdict = batch_verdict_rejected;
	*entry = (struct store_entry){.attempt = &record->attempt,
				      .state = STORE_DONE,
				      .if_rejected = &record->if_rejected,
				      .state_if_rejected = STORE_FAILED};
	session_entry(&slot->session, entry, bond);
	if (slot->end == BATCH_SUCCEEDED)
		return;
	result->verdict = batch_attempt_ended(&slot->controller->job->scheduler, clock_now(),
					      slot->unit, slot->end, slot->code, &result->due);
	entry->state = result->verdict == BATCH_FINAL ? STORE_FAILED : STORE_WAITING;
}

/* What the store made of a success: it has the bond in force, or it is no success. */
static void take_stored(struct batch_slot *slot, const struct store_entry *entry,
			const struct failure *failure)
{
	struct session *session = &slot->session;

	if (failure) {
		slot->end = BATCH_CANCELLED;
		outcome_fail(&session->outcome, failure->exit, "paired, but the bond is lost: %s",
			     failure->text);
		return;
	}
	session_stored(session, entry);
	if (session->outcome.exit != CLI_OK)
		slot->end = BATCH_WE_REFUSED;
	else if (entry->bond || strcmp(session->outcome.result, "encrypted") == 0)
		exclude(slot->controller->job, session, entry->bond ? entry->bond : &session->bond);
}

/* failure: of the store, NULL: none. */
static void conclude(struct result *result, struct store_entry *entry,
		     const struct failure *failure)
{
	struct batch_slot *slot = result->slot;
	struct batch_job *job = slot->controller->job;
	const struct attempt *attempt = entry->attempt;

	if (slot->end == BATCH_SUCCEEDED) {
		take_stored(slot, entry, failure);
		if (slot->end == BATCH_WE_REFUSED)
			attempt = entry->if_rejected;
		result->verdict = batch_attempt_ended(&job->scheduler, clock_now(), slot->unit,
						      slot->end, -1, &result->due);
	}
	if (result->verdict == BATCH_FINAL)
		batch_rate_add(&job->rate, clock_now());
	slot->unit->answered = result->verdict == BATCH_FINAL;
	if (job->report && !failure)
		batch_report_add(job->report, attempt_to_json(attempt), slot->part);
	announce(slot, attempt, result->verdict, result->due);
}

/* The write under way: results of slots, or units that were not seen. One at a time. */
static struct {
	size_t count;
	struct store_entry entries[BATCH_TOGETHER];
	struct record records[BATCH_TOGETHER];
	struct bond_record bonds[BATCH_TOGETHER];
	struct result results[BATCH_TOGETHER];
	struct batch_unit *unseen[BATCH_TOGETHER];
} under_way;

static void write_all(struct batch_job *job,
		      void (*stored)(void *ctx, const struct failure *failure))
{
	timed_request_init(&job->write, job->store, &job->runtime.loop, stored, job);
	timed_request_write(&job->write, under_way.entries, under_way.count);
}

static bool is_complete(const struct batch_job *job)
{
	return !job->ended && !job->unseen.first;
}

/* Results that have waited for this write. */
static void write_next(struct batch_job *job)
{
	if (!is_complete(job))
		loop_timer_start(&job->runtime.loop, &job->record_timer, 0);
}

static void results_stored(void *ctx, const struct failure *failure)
{
	struct batch_job *job = ctx;

	if (failure)
		fail_store(job, failure);
	for (size_t i = 0; i < under_way.count; i++) {
		conclude(&under_way.results[i], &under_way.entries[i], failure);
		batch_slot_free(under_way.results[i].slot);
	}
	bytes_wipe(under_way.bonds, under_way.count * sizeof(under_way.bonds[0]));
	write_next(job);
	batch_schedule_soon(job);
}

static void record_ended(struct batch_job *job)
{
	size_t count = 0;

	for (; job->ended && count < BATCH_TOGETHER; count++) {
		under_way.results[count] = (struct result){.slot = job->ended};
		job->ended = job->ended->next;
		prepare(&under_way.results[count], &under_way.entries[count],
			&under_way.records[count], &under_way.bonds[count]);
	}
	if (!job->ended)
		job->ended_last = &job->ended;
	under_way.count = count;
	write_all(job, results_stored);
}

void batch_record_attempt(struct batch_slot *slot, enum batch_end end, int code)
{
	struct batch_job *job = slot->controller->job;

	loop_timer_stop(&job->runtime.loop, &slot->unit_timer);
	slot->end = end;
	slot->code = code;
	slot->state = BATCH_SLOT_ENDED;
	slot->next = NULL;
	*job->ended_last = slot;
	job->ended_last = &slot->next;
	loop_timer_start(&job->runtime.loop, &job->record_timer, 0);
}

/* ---- Units that were not seen ---------------------------------------------------------------- */

/* The peer of a unit whose row has its address: it was not connected. */
static json_t *row_peer(const struct batch_unit_spec *spec)
{
	char text[ADDRESS_TEXT];
	const struct json_peer peer = {.address = spec->typed ? &spec->address : NULL,
				       .text = address_format(&spec->address, text),
				       .label = spec->label};

	return json_peer(&peer);
}

/* The result of a unit without an attempt. */
static json_t *final_event(const struct batch_unit *unit, const char *result, enum cli_exit class,
			   const char *text)
{
	char key[BATCH_UNIT_NAME];
	json_t *event = json_pack("{s:s, s:o, s:i, s:s, s:s, s:s, s:b}", "event", "unit", "unit",
				  text_json(batch_unit_key(&unit->spec, key)), "line",
				  (int)unit->spec.line, "result", result, "class",
				  cli_exit_slug(class), "text", text, "final", true);

	if (unit->spec.has_address)
		(void)json_object_set_new(event, "peer", row_peer(&unit->spec));
	set_text(event, "label", unit->spec.label);
	set_text(event, "slot", unit->spec.slot);
	return event;
}

static const char *unseen_text(const struct batch_job *job, const struct batch_unit *unit)
{
	if (batch_is_stranded(&job->scheduler, unit))
		return "the controller of its slot is out of service";
	switch (unit->passed_over) {
	case OWN_TARGET_ANOTHER:
		return "it advertises, but directed to another device";
	case OWN_TARGET_HIDDEN:
		return "it directs its advertising to a private address of ours: use verify";
	case OWN_TARGET_US:
		break;
	}
	if (unit->last_seen)
		return "it was not seen again";
	/* An address belongs to one device: it lies in another place. */
	if (unit->heard_elsewhere && unit->spec.has_address)
		return "the controller of its slot did not see it, but another one did";
	return "it was not seen";
}

static const char *unseen_fix(const struct batch_job *job, const struct batch_unit *unit)
{
	if (batch_is_stranded(&job->scheduler, unit))
		return "repair the controller, then run the same command again";
	if (unit->passed_over == OWN_TARGET_ANOTHER)
		return "have the unit forget that device, or reset it, so that any may connect";
	if (unit->passed_over == OWN_TARGET_HIDDEN)
		return "connect it with blepair verify";
	return "check its power, that it advertises, and that the list has its address";
}

static void announce_unseen(struct batch_job *job, struct batch_unit *unit, const char *verdict)
{
	json_t *event = final_event(unit, "failed", CLI_NOT_FOUND, unseen_text(job, unit));

	set_text(event, "cause", batch_end_slug(BATCH_NOT_SEEN));
	set_verdict(event, verdict);
	unit->answered = true;
	report_unit(job, event);
}

void batch_record_left(struct batch_job *job, struct batch_unit *unit)
{
	unit->answered = true;
	if (batch_is_stranded(&job->scheduler, unit))
		report_unit(job, final_event(unit, "failed", CLI_NO_CONTROLLER,
					     "the controller of its slot is out of service"));
	else
		report_unit(job, final_event(unit, "cancelled", CLI_CANCELLED,
					     "the run ended before it was paired"));
}

void batch_record_paired_before(struct batch_job *job, struct batch_unit *unit)
{
	json_t *event = final_event(unit, "paired", CLI_OK, "it is paired already");

	(void)json_object_set_new(event, "before", json_true());
	unit->answered = true;
	report_unit(job, event);
}

static void unseen_stored(void *ctx, const struct failure *failure)
{
	struct batch_job *job = ctx;

	if (failure)
		fail_store(job, failure);
	for (size_t i = 0; i < under_way.count; i++) {
		if (job->report)
			batch_report_add(job->report,
					 attempt_to_json(&under_way.records[i].attempt), NULL);
		announce_unseen(job, under_way.unseen[i], under_way.records[i].unseen);
		free(under_way.records[i].unseen);
	}
	write_next(job);
}

static void record_unseen(struct batch_job *job)
{
	size_t count = 0;

	for (; job->unseen.first && count < BATCH_TOGETHER; count++) {
		struct batch_unit *unit = job->unseen.first;
		struct attempt *attempt = &under_way.records[count].attempt;
		batch_queue_remove(&job->unseen, unit);
		attempt_init(attempt, "failed", CLI_NOT_FOUND, "not seen", ATTEMPT_NONE);
		name_unit(&under_way.records[count], job, unit);
		under_way.records[count].unseen = batch_verdict_text(
			"the unit was not found", unseen_text(job, unit), unseen_fix(job, unit));
		attempt->verdict = under_way.records[count].unseen;
		under_way.entries[count] =
			(struct store_entry){.attempt = attempt, .state = STORE_FAILED};
		under_way.unseen[count] = unit;
	}
	under_way.count = count;
	write_all(job, unseen_stored);
}

void batch_record_unseen(struct batch_job *job, struct batch_unit *unit)
{
	uint64_t due;

	/* It is in no queue of the scheduler any more. */
	(void)batch_attempt_ended(&job->scheduler, clock_now(), unit, BATCH_NOT_SEEN, -1, &due);
	batch_queue_append(&job->unseen, unit);
	loop_timer_start(&job->runtime.loop, &job->record_timer, 0);
}

/* ---- Both ------------------------------------------------------------------------------------ */

void batch_record_pending(struct batch_job *job)
{
	while (!job->write.pending && !is_complete(job)) {
		if (job->ended)
			record_ended(job);
		else
			record_unseen(job);
	}
}

void batch_record_finish(struct batch_job *job)
{
	do {
		batch_record_pending(job);
		timed_request_finish(&job->write);
	} while (!is_complete(job));
}

static void on_timer(void *ctx)
{
	batch_record_pending(ctx);
}

void batch_record_init(struct batch_job *job)
{
	job->record_timer = (struct loop_timer){.fire = on_timer, .ctx = job};
	job->ended_last = &job->ended;
}

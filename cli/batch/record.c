/* SPDX-License-Identifier: MIT */
/*
 * What came of attempts: written by one transaction for all that ended in a turn of the loop, and
 * only then told and passed on. A unit that was told as paired is on the disk.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json_fields.h"
#include "batch/run.h"
#include "crypto/bytes.h"
#include "hci/error.h"
#include "smp/reason.h"

const char *batch_unit_key(const struct batch_unit *unit, char text[BATCH_UNIT])
{
	char address[ADDRESS_TEXT];
	const struct batch_unit_spec *w = &unit->want;

	if (w->has_address)
		(void)snprintf(text, BATCH_UNIT, "%s%s%s", address_format(&w->address, address),
			       w->typed ? "/" : "", w->typed ? address_type(&w->address) : "");
	else if (w->label)
		(void)snprintf(text, BATCH_UNIT, "%s", w->label);
	else
		(void)snprintf(text, BATCH_UNIT, "line %u", w->line);
	return text;
}

const char *batch_cause_text(enum batch_end end, int code, char text[120])
{
	const char *name = batch_end_name(end);

	if (code < 0)
		(void)snprintf(text, 120, "%s", name);
	else
		(void)snprintf(text, 120, "%s: %s (0x%02x)", name,
			       end == BATCH_REFUSED || end == BATCH_WE_REFUSED
				       ? smp_reason_name((uint8_t)code)
				       : hci_error_name((uint8_t)code),
			       (unsigned)code);
	return text;
}

/* ---- Attempts ----------------------------------------------------------------------------------
 */

/* key: filled with the unit's key, which attempt borrows. */
static void attempt_of(const struct batch_slot *slot, char key[BATCH_UNIT], struct attempt *attempt)
{
	const struct batch_run *r = slot->site->run;
	const struct batch_unit *unit = slot->unit;

	session_attempt(&slot->session, attempt);
	attempt->job = r->name;
	attempt->unit = batch_unit_key(unit, key);
	attempt->label = unit->want.label;
	/* Of this attempt, not of the whole run; and how long it stood in the line before. */
	attempt->scan_ms = (double)unit->waited / 1000;
	attempt->total_ms = (double)(clock_now() - unit->started) / 1000;
	attempt->retries = (int)unit->tries;
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

static void tell(const struct batch_slot *slot, const struct attempt *attempt,
		 enum batch_verdict verdict, uint64_t due)
{
	const struct batch_unit *unit = slot->unit;
	const struct outcome *o = &slot->session.outcome;
	uint64_t now = clock_now();
	json_t *event = json_pack(
		"{s:s, s:s, s:i, s:s, s:s, s:o, s:s, s:i, s:s, s:b, s:o}", "event", "unit", "unit",
		attempt->unit, "line", (int)unit->want.line, "result", o->result, "class",
		cli_exit_slug(o->exit), "peer", json_address(&unit->peer), "controller",
		slot->site->spec, "attempt", unit->tries ? unit->tries : 1, "text", o->text,
		"final", verdict == BATCH_FINAL, "timings", timings_of(attempt));

	if (unit->want.label)
		(void)json_object_set_new(event, "label", json_string(unit->want.label));
	if (slot->end != BATCH_OK)
		(void)json_object_set_new(event, "cause", json_string(batch_end_slug(slot->end)));
	if (o->reason)
		(void)json_object_set_new(event, "reason", json_string(o->reason));
	if (o->reason_code >= 0)
		(void)json_object_set_new(event, "reason_code", json_integer(o->reason_code));
	if (*o->detail)
		(void)json_object_set_new(event, "detail", json_string(o->detail));
	if (*o->advice)
		(void)json_object_set_new(event, "advice", json_string(o->advice));
	if (verdict == BATCH_AGAIN && due > now)
		(void)json_object_set_new(event, "again_ms",
					  json_integer((json_int_t)((due - now) / 1000)));
	if (slot->end == BATCH_OK) {
		const struct smp_bond *bond = smp_bond(&slot->session.smp);
		json_t *more = json_pack(
			"{s:s, s:b, s:b, s:b, s:i}", "method", smp_method_slug(bond->method),
			"secure_connections", bond->secure_connections, "authenticated",
			bond->authenticated, "bonded", bond->bonded, "key_size", bond->key_size);
		(void)json_object_update(event, more);
		json_decref(more);
		if (bond->peer.has_identity)
			(void)json_object_set_new(json_object_get(event, "peer"), "identity",
						  json_address(&bond->peer.identity));
	}
	event_emit(slot->site->run->events, event);
}

void batch_report_add(struct batch_run *r, const struct attempt *attempt)
{
	if (r->html)
		html_report_add(r->html, attempt_to_json(attempt));
}

int batch_record_write(const struct batch_run *r, char *error, size_t size)
{
	char station[256] = "";
	const struct html_report_about about = {r->name, station};

	if (!r->html)
		return 0;
	(void)gethostname(station, sizeof(station) - 1);
	return html_report_write(r->html, &about, r->options->report, error, size);
}

/* Whoever was paired is not paired again, whatever address it has tomorrow. */
static void know(struct batch_run *r, const struct bond_record *record)
{
	const struct smp_keys *keys = &record->bond.peer;

	(void)batch_exclude_device(&r->batch, &record->peer, keys->has_irk ? keys->irk : NULL);
	if (keys->has_identity)
		(void)batch_exclude_device(&r->batch, &keys->identity, NULL);
}

/* The store cannot be written: what is not kept is not done, and nothing more is begun. */
static void broken(struct batch_run *r, const struct failure *problem)
{
	if (r->broken.exit == CLI_OK)
		outcome_fail(&r->broken, problem->exit, "%s", problem->text);
	batch_stop(&r->batch, BATCH_NO_STORE);
}

static void pass_on(struct batch_slot *slot, enum batch_verdict verdict, uint64_t due,
		    const struct store_entry *entry)
{
	struct batch_run *r = slot->site->run;

	if (verdict == BATCH_FINAL)
		r->ends[r->end_count++ % (sizeof(r->ends) / sizeof(r->ends[0]))] = clock_now();
	if (entry->bond && entry->kept == STORE_REJECTED_WEAKER)
		event_note(&slot->events, 0,
			   "the bond in the store stays: the peer did not prove to be the same");
	tell(slot, entry->attempt, verdict, due);
	batch_report_add(r, entry->attempt);
}

static void keep_some(struct batch_run *r)
{
	static struct bond_record records[BATCH_ENDED];
	static char keys[BATCH_ENDED][BATCH_UNIT];
	struct attempt attempts[BATCH_ENDED];
	struct store_entry entries[BATCH_ENDED];
	struct batch_slot *slots[BATCH_ENDED];
	enum batch_verdict verdicts[BATCH_ENDED] = {BATCH_AGAIN};
	uint64_t dues[BATCH_ENDED] = {0};
	struct failure problem;
	size_t count = 0;

	for (; r->ended && count < BATCH_ENDED; count++) {
		struct batch_slot *slot = slots[count] = r->ended;
		r->ended = slot->next;
		struct store_entry *entry = &entries[count];
		attempt_of(slot, keys[count], &attempts[count]);
		*entry = (struct store_entry){.attempt = &attempts[count]};
		session_entry(&slot->session, entry, &records[count]);
		if (slot->end == BATCH_OK) {
			entry->state = STORE_DONE;
			continue;
		}
		verdicts[count] = batch_end(&r->batch, clock_now(), slot->unit, slot->end,
					    slot->code, &dues[count]);
		entry->state = verdicts[count] == BATCH_FINAL ? STORE_FAILED : STORE_WAITING;
	}
	if (!r->ended)
		r->ended_last = &r->ended;
	bool failed = store_write(r->store, entries, count, &problem) != 0;
	if (failed)
		broken(r, &problem);
	for (size_t i = 0; i < count; i++) {
		struct batch_slot *slot = slots[i];
		if (slot->end == BATCH_OK && failed) {
			slot->end = BATCH_CANCELLED;
			outcome_fail(&slot->session.outcome, problem.exit,
				     "paired, but not kept, and so not done: %s", problem.text);
		} else if (slot->end == BATCH_OK && entries[i].bond) {
			know(r, &records[i]);
		}
		if (entries[i].state == STORE_DONE)
			verdicts[i] = batch_end(&r->batch, clock_now(), slot->unit, slot->end, -1,
						&dues[i]);
		pass_on(slot, verdicts[i], dues[i], &entries[i]);
		session_wipe(&slot->session);
		bytes_wipe(&slot->options, sizeof(slot->options));
		slot->unit = NULL;
		slot->over = false;
	}
	bytes_wipe(records, sizeof(records));
}

static void keep(void *ctx)
{
	struct batch_run *r = ctx;

	while (r->ended)
		keep_some(r);
	batch_schedule(r);
}

void batch_record_init(struct batch_run *r)
{
	r->keep = (struct loop_timer){.fire = keep, .ctx = r};
	r->ended_last = &r->ended;
}

void batch_record_attempt(struct batch_slot *slot, enum batch_end end, int code)
{
	struct batch_run *r = slot->site->run;

	loop_timer_stop(&r->run.loop, &slot->limit);
	slot->end = end;
	slot->code = code;
	slot->over = true;
	slot->next = NULL;
	*r->ended_last = slot;
	r->ended_last = &slot->next;
	if (!r->keep.at)
		loop_timer_start(&r->run.loop, &r->keep, 0);
}

/* ---- Those that never came ---------------------------------------------------------------------
 */

static void unseen(const struct batch_run *r, const struct batch_unit *unit, char key[BATCH_UNIT],
		   struct attempt *attempt)
{
	attempt_init(attempt, "failed", CLI_NOT_FOUND, "not seen", ATTEMPT_NONE);
	attempt->job = r->name;
	attempt->unit = batch_unit_key(unit, key);
	attempt->label = unit->want.label;
}

void batch_record_unseen(struct batch_run *r)
{
	static char keys[BATCH_ENDED][BATCH_UNIT];
	struct attempt attempts[BATCH_ENDED];
	struct store_entry entries[BATCH_ENDED];
	struct failure problem;
	uint64_t due;

	for (size_t i = 0; r->batch.stop == BATCH_NOBODY && i < r->unit_count;) {
		size_t count = 0;
		for (; i < r->unit_count && count < BATCH_ENDED; i++) {
			struct batch_unit *unit = &r->units[i];
			if (unit->state != BATCH_WAITING)
				continue;
			(void)batch_end(&r->batch, clock_now(), unit, BATCH_NOT_SEEN, -1, &due);
			unseen(r, unit, keys[count], &attempts[count]);
			entries[count] = (struct store_entry){.attempt = &attempts[count],
							      .state = STORE_FAILED};
			json_t *event = json_pack(
				"{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:b}", "event", "unit", "unit",
				attempts[count].unit, "line", (int)unit->want.line, "result",
				"failed", "class", cli_exit_slug(CLI_NOT_FOUND), "cause",
				batch_end_slug(BATCH_NOT_SEEN), "text",
				unit->last_seen ? "it was not seen again" : "it was not seen",
				"final", true);
			if (unit->want.label)
				(void)json_object_set_new(event, "label",
							  json_string(unit->want.label));
			event_emit(r->events, event);
			count++;
		}
		if (store_write(r->store, entries, count, &problem))
			broken(r, &problem);
		for (size_t k = 0; k < count; k++)
			batch_report_add(r, &attempts[k]);
	}
}

/* ---- All in all --------------------------------------------------------------------------------
 */

double batch_rate(const struct batch_run *r)
{
	const size_t room = sizeof(r->ends) / sizeof(r->ends[0]);
	uint64_t first, now = clock_now();
	size_t since; /* units that ended after the first that is remembered */

	if (r->end_count < 2)
		return 0;
	first = r->ends[r->end_count > room ? r->end_count % room : 0];
	since = (r->end_count < room ? r->end_count : room) - 1;
	/* Up to now: where nothing ends any more, the rate falls. */
	return now > first ? (double)since * 60e6 / (double)(now - first) : 0;
}

static const char *const stops[] = {
	[BATCH_GOING] = "going",
	[BATCH_ALL] = "all",
	[BATCH_ENOUGH] = "enough",
	[BATCH_TIME] = "time",
	[BATCH_NOBODY] = "nobody",
	[BATCH_IN_A_ROW] = "failures",
	[BATCH_NO_CONTROLLER] = "no_controller",
	[BATCH_NO_STORE] = "no_store",
	[BATCH_INTERRUPTED] = "interrupted",
};

static json_t *causes_of(const struct batch *b)
{
	json_t *causes = json_array();
	char text[120];

	for (size_t i = 0; i < b->cause_count; i++) {
		json_t *cause = json_pack(
			"{s:s, s:s, s:i}", "cause", batch_end_slug(b->causes[i].end), "text",
			batch_cause_text(b->causes[i].end, b->causes[i].code, text), "count",
			(int)b->causes[i].count);
		if (b->causes[i].code >= 0)
			(void)json_object_set_new(cause, "reason_code",
						  json_integer(b->causes[i].code));
		(void)json_array_append_new(causes, cause);
	}
	return causes;
}

static void judge(const struct batch_run *r, struct outcome *o)
{
	const struct batch *b = &r->batch;
	size_t failed = b->counts[BATCH_FAILED];
	enum cli_exit exit = failed ? CLI_UNITS_FAILED : CLI_OK;
	char total[32] = "";

	switch (b->stop) {
	case BATCH_TIME:
		exit = r->options->until_time ? exit : CLI_TIMED_OUT;
		break;
	case BATCH_IN_A_ROW:
		exit = CLI_STOPPED;
		break;
	case BATCH_NO_CONTROLLER:
		exit = r->first_failure;
		break;
	case BATCH_NO_STORE:
		exit = r->broken.exit;
		break;
	case BATCH_INTERRUPTED:
		exit = CLI_CANCELLED;
		break;
	case BATCH_GOING:
	case BATCH_ALL:
	case BATCH_ENOUGH:
	case BATCH_NOBODY:
		break;
	}
	*o = (struct outcome){.exit = exit, .reason_code = -1, .result = "paired"};
	if (exit != CLI_OK)
		outcome_fail(o, exit, "%s", "");
	if (!b->match)
		(void)snprintf(total, sizeof(total), " of %zu", b->total);
	(void)snprintf(o->text, sizeof(o->text), "%zu%s %s paired", b->counts[BATCH_PAIRED], total,
		       b->counts[BATCH_PAIRED] == 1 && b->match ? "unit" : "units");
	if (failed)
		(void)snprintf(o->text + strlen(o->text), sizeof(o->text) - strlen(o->text),
			       ", %zu failed", failed);
	if (b->stop == BATCH_IN_A_ROW)
		(void)snprintf(o->detail, sizeof(o->detail),
			       "%u failed in a row: --max-failures %u stopped the run",
			       b->failed_in_a_row, r->options->max_failures);
	else if (b->stop == BATCH_NO_CONTROLLER)
		(void)snprintf(o->detail, sizeof(o->detail), "no controller is left: %.300s",
			       r->failure_text);
	else if (b->stop == BATCH_NO_STORE)
		(void)snprintf(o->detail, sizeof(o->detail), "%.300s", r->broken.text);
	else if (b->stop == BATCH_TIME)
		(void)snprintf(o->detail, sizeof(o->detail), "the time is over");
	if (store_keeps_nothing(r->store))
		return; /* the next run knows nothing of this one */
	if (!b->match && b->counts[BATCH_PAIRED] + failed < b->total)
		(void)snprintf(o->advice, sizeof(o->advice),
			       "%zu left: the same command goes on with them",
			       b->total - b->counts[BATCH_PAIRED] - failed);
	else if (failed && !b->match)
		(void)snprintf(o->advice, sizeof(o->advice),
			       "the same command tries those that failed again");
}

void batch_record_summary(struct batch_run *r, struct outcome *o)
{
	const struct batch *b = &r->batch;
	double seconds = (double)(clock_now() - r->started) / 1e6;
	json_t *sites = json_array();
	char error[FAILURE_TEXT];

	for (size_t i = 0; i < r->site_count; i++)
		(void)json_array_append_new(
			sites,
			json_pack("{s:s, s:i, s:i, s:i, s:b}", "controller", r->sites[i].spec,
				  "paired", (int)b->stations[i].paired, "failed",
				  (int)b->stations[i].failed, "links", (int)b->stations[i].most,
				  "failed_itself", r->sites[i].controller.failure.exit != CLI_OK));
	judge(r, o);
	if (batch_record_write(r, error, sizeof(error))) {
		event_note(r->events, 0, "%s", error);
		o->result = o->exit == CLI_OK ? "failed" : o->result;
		o->exit = o->exit == CLI_OK ? CLI_INTERNAL : o->exit;
	}
	event_emit(r->events,
		   json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:f, s:o, s:o}",
			     "event", "summary", "run", r->name, "stopped", stops[b->stop], "total",
			     (int)b->total, "paired", (int)b->counts[BATCH_PAIRED], "paired_before",
			     (int)r->past, "failed", (int)b->counts[BATCH_FAILED], "left",
			     (int)(b->total - b->counts[BATCH_PAIRED] - b->counts[BATCH_FAILED]),
			     "attempts", (int)b->attempts, "seconds", seconds, "causes",
			     causes_of(b), "controllers", sites));
}

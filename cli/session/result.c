/* SPDX-License-Identifier: MIT */
/* The result of a session: its bond and its attempt in the store, and the result event. */
#include <stdio.h>
#include <string.h>

#include "base/json_fields.h"
#include "base/time.h"
#include "crypto/bytes.h"
#include "session/internal.h"

static double milliseconds(uint64_t from, uint64_t to)
{
	return from && to > from ? (double)(to - from) / 1000 : 0;
}

/* Each part of the session's time that it reached. */
static void add_times(const struct session *s, struct attempt *attempt)
{
	/* Of this attempt: a run may have several. */
	attempt->total_ms = milliseconds(s->searched  ? s->searched
					 : s->started ? s->started
						      : s->connected,
					 clock_now());
	if (s->searched)
		attempt->scan_ms = milliseconds(s->searched, s->started);
	if (s->started)
		attempt->connect_ms = milliseconds(s->started, s->connected);
	if (s->paired)
		attempt->pair_ms = milliseconds(s->connected, s->paired);
}

static json_t *describe(const struct session *s)
{
	struct attempt times; /* and nothing else */
	json_t *more = json_object();

	(void)json_object_set_new(more, "peer", session_peer(s));
	if (s->outcome.exit == CLI_OK) {
		session_add_bond(s, more);
		if (s->options->show_keys)
			(void)json_object_set_new(more, "keys", bond_all_keys(session_bond(s)));
	} else if (s->stored.bond == SESSION_BOND_REJECTED) {
		(void)json_object_set_new(more, "bonded", json_false());
	}
	if (s->attributes.list)
		(void)json_object_set(more, "attributes", s->attributes.list);
	attempt_clear(&times);
	add_times(s, &times);
	(void)json_object_set_new(more, "timings", attempt_to_json(&times));
	return more;
}

bool session_result_is_final(const struct session *s)
{
	return s->state > SESSION_OPEN && s->outcome.exit != CLI_TIMED_OUT &&
	       !session_attributes_pending(s);
}

/* Fills record with the bond to keep: true, wipe it afterwards. False: there is none. */
static bool bond_to_keep(const struct session *s, struct bond_record *record)
{
	const struct smp_bond *bond = smp_bond(&s->smp);
	const bool lacks =
		s->outcome.exit == CLI_WRONG_ATTRIBUTE || s->outcome.exit == CLI_UNPROTECTED;
	const bool kept = lacks ? s->options->keep_bond && smp_paired(&s->smp)
				: strcmp(s->outcome.result, "paired") == 0;

	if (!kept || !bond->bonded)
		return false;
	/* Field by field: a compound literal would leave the keys on the stack. */
	record->central = s->central;
	record->local = s->controller->own.address;
	record->peer = s->peer;
	record->bond = *bond;
	(void)time_now(record->made);
	return true;
}

void session_attempt(const struct session *s, struct attempt *attempt)
{
	enum smp_method method = smp_features(&s->smp)->method;

	attempt_init(attempt, s->outcome.result, s->outcome.exit, s->outcome.reason,
		     s->outcome.reason_code);
	(void)session_address(s, attempt->peer);
	attempt->controller = s->controller->spec;
	if (method != SMP_METHOD_NONE)
		attempt->method = smp_method_slug(method);
	attempt->attributes = s->attributes.text;
	add_times(s, attempt);
}

void session_entry(const struct session *s, struct store_entry *entry, struct bond_record *record)
{
	entry->bond = bond_to_keep(s, record) ? record : NULL;
	entry->rule = s->options->replace_bond ? STORE_REPLACE : STORE_NOT_WEAKER;
	entry->held_to = s->has_bond ? s->bond_id : 0;
	entry->count = s->count;
	entry->counted = *session_claimed_identity(s);
}

/* What was stored is a success: only this run has failed. */
static void judge_command(struct session *s)
{
	struct outcome *o = &s->outcome;
	const size_t len = strlen(o->detail);
	char text[HOOK_TEXT];

	if (o->exit != CLI_OK || !hold_failed(&s->hold))
		return;
	o->exit = CLI_HOOK_FAILED;
	(void)hook_describe(&s->hold.result, "command", s->hold.seconds, text);
	(void)snprintf(o->detail + len, sizeof(o->detail) - len, "%s--while-connected: %s",
		       len ? "; " : "", text);
}

static void stored(void *ctx, const struct failure *failure)
{
	struct session *s = ctx;
	struct session_result *r = &s->result;
	char address[ADDRESS_TEXT];

	if (!failure) {
		session_stored(s, &r->entry);
	} else if (r->entry.bond) {
		outcome_fail(&s->outcome, failure->exit,
			     "paired with %s, but the bond is not stored",
			     session_address(s, address));
		outcome_detail(&s->outcome, "%s", failure->text);
	} else {
		event_note(s->events, 0, "%s", failure->text);
	}
	bytes_wipe(&r->bond, sizeof(r->bond));
	if (r->emits) {
		json_t *more = describe(s);
		judge_command(s);
		outcome_report(&s->outcome, s->events, NULL, more);
	}
	if (r->kept)
		r->kept(r->ctx);
}

static void keep(struct session *s, bool emits, void (*kept)(void *ctx), void *ctx)
{
	struct session_result *r = &s->result;

	*r = (struct session_result){.emits = emits, .kept = kept, .ctx = ctx};
	session_attempt(s, &r->attempt);
	session_attempt_if_rejected(&r->attempt, &r->if_rejected);
	session_entry(s, &r->entry, &r->bond);
	r->entry.attempt = &r->attempt;
	r->entry.if_rejected = &r->if_rejected;
	timed_request_init(&s->storage, s->controller->store, s->controller->loop, stored, s);
	timed_request_write(&s->storage, &r->entry, 1);
}

void session_keep(struct session *s, void (*kept)(void *ctx), void *ctx)
{
	keep(s, false, kept, ctx);
}

void session_conclude(struct session *s, void (*kept)(void *ctx), void *ctx)
{
	keep(s, true, kept, ctx);
}

void session_finish(struct session *s)
{
	timed_request_finish(&s->storage);
}

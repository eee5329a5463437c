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

static json_t *timings(const struct session *s)
{
	json_t *json = json_pack("{s:f}", "total_ms", milliseconds(s->events->start, clock_now()));

	if (s->searched)
		(void)json_object_set_new(json, "scan_ms",
					  json_real(milliseconds(s->searched, s->started)));
	if (s->started)
		(void)json_object_set_new(json, "connect_ms",
					  json_real(milliseconds(s->started, s->connected)));
	if (s->paired)
		(void)json_object_set_new(json, "pair_ms",
					  json_real(milliseconds(s->connected, s->paired)));
	return json;
}

static json_t *describe(const struct session *s)
{
	const struct smp_bond *bond =
		strcmp(s->outcome.result, "encrypted") == 0 ? &s->bond.bond : smp_bond(&s->smp);
	json_t *more;

	if (s->outcome.exit != CLI_OK) {
		more = json_object();
	} else {
		json_t *peer = json_address(&s->peer);
		if (bond->peer.has_identity)
			(void)json_object_set_new(peer, "identity",
						  json_address(&bond->peer.identity));
		more = json_pack("{s:s, s:b, s:b, s:i, s:b, s:o}", "method",
				 smp_method_slug(bond->method), "secure_connections",
				 bond->secure_connections, "authenticated", bond->authenticated,
				 "key_size", bond->key_size, "bonded", bond->bonded, "peer", peer);
		if (s->options->show_keys)
			(void)json_object_set_new(more, "keys", bond_all_keys(bond));
	}
	(void)json_object_set_new(more, "timings", timings(s));
	return more;
}

bool session_result_is_final(const struct session *s)
{
	return s->state > SESSION_OPEN && s->outcome.exit != CLI_TIMED_OUT;
}

/*
 * The bond that a new one would replace is the one whose strength this pairing had to reach. A peer
 * of unknown address may claim any identity: the claim alone must not replace another's bond.
 */
static bool replaces_its_own(const struct session *s, const struct smp_bond *bond)
{
	struct bond_record other;
	struct failure failure;
	bool same;

	if (!s->has_bond || !bond->peer.has_identity ||
	    store_find_by_air_address(s->controller->store, &bond->peer.identity, &other, NULL,
				      &failure) != 1)
		return s->has_bond;
	same = address_equal(&other.peer, &s->bond.peer);
	bytes_wipe(&other, sizeof(other));
	return same;
}

/* Fills record with the bond to keep: true, wipe it afterwards. False: there is none. */
static bool bond_to_keep(const struct session *s, struct bond_record *record)
{
	const struct smp_bond *bond = smp_bond(&s->smp);

	if (strcmp(s->outcome.result, "paired") != 0 || !bond->bonded)
		return false;
	/* Field by field: a compound literal would leave the keys on the stack. */
	record->central = s->central;
	record->local = s->controller->own.address;
	record->peer = s->peer;
	record->bond = *bond;
	(void)time_now(record->made);
	return true;
}

json_t *session_attempt(const struct session *s)
{
	char peer[ADDRESS_TEXT];
	json_t *attempt =
		outcome_attempt(&s->outcome, session_address(s, peer), s->controller->spec);
	json_t *times = timings(s);
	const struct smp_features *features = smp_features(&s->smp);

	(void)json_object_update(attempt, times);
	json_decref(times);
	if (features->method != SMP_METHOD_NONE)
		(void)json_object_set_new(attempt, "method",
					  json_string(smp_method_slug(features->method)));
	return attempt;
}

void session_entry(const struct session *s, struct store_entry *entry, struct bond_record *record)
{
	entry->bond = bond_to_keep(s, record) ? record : NULL;
	entry->rule =
		entry->bond && (s->options->replace_bond || replaces_its_own(s, &record->bond))
			? STORE_REPLACE
			: STORE_NOT_WEAKER;
	entry->count = s->count;
	entry->counted = *session_claimed_identity(s);
}

void session_keep(struct session *s)
{
	struct bond_record record = {.central = s->central};
	struct failure failure;
	struct store_entry entry = {.attempt = session_attempt(s)};

	session_entry(s, &entry, &record);
	if (store_write(s->controller->store, &entry, 1, &failure) == 0) {
		if (entry.bond && entry.kept == STORE_REJECTED_WEAKER)
			event_note(s->events, 0,
				   "the peer claims the identity of another device that there is a "
				   "bond with, and did not prove it: that bond stays, this one is "
				   "not kept");
	} else if (entry.bond) {
		s->outcome.exit = failure.exit;
		s->outcome.result = "failed";
		outcome_detail(&s->outcome, "%s", failure.text);
	} else {
		event_note(s->events, 0, "%s", failure.text);
	}
	json_decref(entry.attempt);
	bytes_wipe(&record, sizeof(record));
}

void session_conclude(struct session *s)
{
	session_keep(s);
	outcome_report(&s->outcome, s->events, &s->peer, describe(s));
}

/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
/*
 * Attributes of the peer that the options ask for: read, written and judged, one after the other.
 * Before encryption only those are tried that must be refused then, or whose refusal begins the
 * pairing; afterwards all of them. The first request after a pairing is also its proof of delivery.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acceptance/acceptance.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "crypto/bytes.h"
#include "session/internal.h"

#define ANSWER_US  30000000 /* Vol 3 Part F 3.3.3 */
#define GIVEN_US   5000000  /* for a Security Request, once the value came in clear */
#define HELD_US	   1000000  /* for an answer, once the peer has sent a Security Request */
#define SHOWN_TEXT 64	    /* characters of a value in a sentence, at most */

static const struct acceptance *wanted(const struct session *s)
{
	return s->central ? s->options->acceptance : NULL;
}

static const struct acceptance_item *current(const struct session *s)
{
	return &wanted(s)->items[s->attributes.item];
}

/* ---- Reports --------------------------------------------------------------------------------- */

static bool is_text(const uint8_t *value, size_t len)
{
	const char *text = (const char *)value;
	uint32_t code;

	if (!len || !text_is_utf8(text, len))
		return false;
	for (size_t i = 0; i < len;) {
		i += text_character(text + i, len - i, &code);
		if (text_is_control(code))
			return false;
	}
	return true;
}

/* In the order of the octets on air. */
static json_t *hex_of(const uint8_t *value, size_t len)
{
	char text[2 * ATT_VALUE_MAX + 1] = "";

	for (size_t i = 0; i < len && i < ATT_VALUE_MAX; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", value[i]);
	return json_string(text);
}

/* A secret value goes nowhere. */
static void add_value(const struct acceptance_item *item, json_t *report, const uint8_t *value,
		      size_t len)
{
	if (item->secrecy == ACCEPTANCE_SECRET)
		return;
	(void)json_object_set_new(report, "octets", hex_of(value, len));
	if (is_text(value, len))
		(void)json_object_set_new(report, "text", json_stringn((const char *)value, len));
}

/* result: "read", "written", "refused", "mismatch", "given_away", "failed" or "unknown". */
static json_t *new_report(const struct session *s, const char *result)
{
	const struct acceptance_item *item = current(s);
	const char *name = uuid_name(&item->uuid);
	char uuid[UUID_TEXT];
	json_t *report = json_pack("{s:s, s:s, s:s, s:s}", "uuid", uuid_format(&item->uuid, uuid),
				   "action", item->action == ACCEPTANCE_WRITE ? "write" : "read",
				   "link", level_name(session_level(s)), "result", result);

	if (name)
		(void)json_object_set_new(report, "name", json_string(name));
	if (item->service.len)
		(void)json_object_set_new(report, "service",
					  json_string(uuid_format(&item->service, uuid)));
	return report;
}

/* As text, on the heap; NULL: there is no memory. */
static char *dump(const json_t *list)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	(void)text_dump_json(list, out, JSON_COMPACT);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* Takes the reference. */
static void add_report(struct session *s, json_t *report)
{
	if (!s->attributes.list)
		s->attributes.list = json_array();
	(void)json_array_append(s->attributes.list, report);
	free(s->attributes.text);
	s->attributes.text = dump(s->attributes.list);
	if (!s->events->brief) {
		json_t *event = json_pack("{s:s}", "event", "attribute");
		(void)json_object_update(event, report);
		event_emit(s->events, event);
	}
	json_decref(report);
}

static void report_error(struct session *s, const char *result, uint8_t error)
{
	json_t *report = new_report(s, result);

	(void)json_object_set_new(report, "error", json_string(att_error_name(error)));
	(void)json_object_set_new(report, "error_code", json_integer(error));
	add_report(s, report);
}

/* A value in a sentence: as text, or as octets; not a secret one. */
static const char *say_value(const struct acceptance_item *item, const uint8_t *value, size_t len,
			     char text[SHOWN_TEXT + 8])
{
	size_t shown = len < SHOWN_TEXT ? len : SHOWN_TEXT;

	/* No half of a character. */
	while (shown && shown < len && (value[shown] & 0xc0) == 0x80)
		shown--;
	if (item->secrecy == ACCEPTANCE_SECRET)
		(void)snprintf(text, SHOWN_TEXT + 8, "a secret");
	else if (!len)
		(void)snprintf(text, SHOWN_TEXT + 8, "empty");
	else if (is_text(value, len))
		(void)snprintf(text, SHOWN_TEXT + 8, "\"%.*s\"%s", (int)shown, (const char *)value,
			       shown < len ? "..." : "");
	else {
		text[0] = '\0';
		for (size_t i = 0; i < len && i < SHOWN_TEXT / 2; i++)
			(void)snprintf(text + 2 * i, 3, "%02x", value[i]);
	}
	return text;
}

/* ---- Failures -------------------------------------------------------------------------------- */

/* The first failure is the outcome; in clear there is none yet. */
static bool is_first(const struct session *s)
{
	return s->state <= SESSION_OPEN || s->outcome.exit == CLI_OK;
}

static void fail(struct session *s, enum cli_exit exit, const char *what)
{
	char name[ACCEPTANCE_NAME];

	if (is_first(s))
		outcome_fail(&s->outcome, exit, "%s %s", acceptance_name(current(s), name), what);
}

static void fail_error(struct session *s, uint8_t error)
{
	char name[ACCEPTANCE_NAME];

	if (!is_first(s))
		return;
	outcome_fail(&s->outcome, CLI_WRONG_ATTRIBUTE, "%s could not be %s: %s (0x%02x)",
		     acceptance_name(current(s), name),
		     current(s)->action == ACCEPTANCE_WRITE ? "written" : "read",
		     att_error_name(error), error);
	s->outcome.reason = att_error_name(error);
	s->outcome.reason_code = error;
	if (error == ATT_ATTRIBUTE_NOT_FOUND)
		outcome_advice(&s->outcome, "does the unit have it, and its firmware?");
	else if (att_is_about_security(error))
		outcome_advice(&s->outcome,
			       "it demands more than this link has, which is %s: see "
			       "--mitm, --io and --sc",
			       level_name(session_level(s)));
}

static void fail_given_away(struct session *s)
{
	fail(s, CLI_UNPROTECTED,
	     session_level(s) == LEVEL_OPEN ? "was given away on a link that is not encrypted"
	     : session_level(s) == LEVEL_ENCRYPTED ? "was given away without authentication"
						   : "was given away after legacy pairing");
	outcome_advice(
		&s->outcome,
		"the firmware does not protect it: correct the permissions of the attribute");
}

/* ---- Requests -------------------------------------------------------------------------------- */

/* The peer does not know that the pairing counts for nothing here. */
static void describe_bond(struct session *s)
{
	const bool lacks =
		s->outcome.exit == CLI_WRONG_ATTRIBUTE || s->outcome.exit == CLI_UNPROTECTED;

	if (lacks && smp_paired(&s->smp) && smp_bond(&s->smp)->bonded && !*s->outcome.detail)
		outcome_detail(&s->outcome, "the pairing succeeded, %s",
			       s->options->keep_bond
				       ? "and its bond is kept"
				       : "but its bond is not kept here; the peer may keep it");
}

static void end(struct session *s)
{
	describe_bond(s);
	s->attributes.state = ATTRIBUTES_OVER;
	loop_timer_stop(s->controller->loop, &s->attributes.timer);
	if (s->outcome.exit != CLI_OK)
		session_close(s);
	else if (s->state > SESSION_OPEN)
		session_hold(s);
}

static void send_request(struct session *s)
{
	const struct att_client *c = &s->attributes.client;

	event_note(s->events, 2, "> %s", att_client_request_name(c));
	session_send(s, L2CAP_CID_ATT, c->request, c->request_len);
	loop_timer_start(s->controller->loop, &s->attributes.timer, ANSWER_US);
}

static void begin_value(struct session *s, struct att_range in)
{
	s->attributes.step = ATTRIBUTES_VALUE;
	att_client_read(&s->attributes.client, in, &current(s)->uuid);
}

/* In clear, only what must be refused then. */
static bool is_tried(const struct session *s, size_t i)
{
	const struct acceptance *a = wanted(s);

	return s->attributes.state == ATTRIBUTES_ENCRYPTED ||
	       a->items[i].refused != ACCEPTANCE_REFUSED_NEVER || a->trigger == &a->items[i];
}

/* Begins the item of that index or the next one that is tried. False: there is none. */
static bool begin_from(struct session *s, size_t i)
{
	const struct acceptance *a = wanted(s);

	while (i < a->count && !is_tried(s, i))
		i++;
	if (i == a->count)
		return false;
	s->attributes.item = i;
	if (a->items[i].service.len) {
		s->attributes.step = ATTRIBUTES_SERVICE;
		att_client_find_service(&s->attributes.client, &a->items[i].service);
	} else {
		begin_value(s, ATT_ALL_HANDLES);
	}
	send_request(s);
	return true;
}

/* ---- Judging --------------------------------------------------------------------------------- */

/* The item has an end: what follows. */
static enum session_attributes_next next(struct session *s)
{
	const bool in_clear = s->attributes.state != ATTRIBUTES_ENCRYPTED;
	const bool begins = s->attributes.state == ATTRIBUTES_ASKED ||
			    s->setup->intent == SESSION_ENCRYPT ||
			    !s->options->wait_security_request;

	if (begin_from(s, s->attributes.item + 1))
		return ATTRIBUTES_GO_ON;
	end(s);
	return in_clear && begins ? ATTRIBUTES_BEGIN : ATTRIBUTES_GO_ON;
}

static enum session_attributes_next give_up(struct session *s)
{
	end(s);
	return ATTRIBUTES_GO_ON;
}

/* The access worked. What a write writes is not reported. */
static json_t *worked(const struct session *s, const char *result)
{
	const struct att_client *c = &s->attributes.client;
	json_t *report = new_report(s, result);

	if (current(s)->action != ACCEPTANCE_WRITE)
		add_value(current(s), report, c->value, c->value_len);
	return report;
}

static enum session_attributes_next given_in_clear(struct session *s)
{
	const struct acceptance_item *item = current(s);

	if (item->refused == ACCEPTANCE_REFUSED_NEVER) {
		/* Some peers answer, and send a Security Request at the same time, or later. */
		if (s->attributes.state == ATTRIBUTES_ASKED)
			return next(s);
		s->attributes.state = ATTRIBUTES_GIVEN;
		loop_timer_start(s->controller->loop, &s->attributes.timer, GIVEN_US);
		return ATTRIBUTES_GO_ON;
	}
	add_report(s, worked(s, "given_away"));
	fail_given_away(s);
	return give_up(s);
}

static void mismatch(struct session *s)
{
	const struct att_client *c = &s->attributes.client;
	char text[SHOWN_TEXT + 8], what[SHOWN_TEXT + 64];

	(void)snprintf(what, sizeof(what), "is %s, which is not the expected value",
		       say_value(current(s), c->value, c->value_len, text));
	fail(s, CLI_WRONG_ATTRIBUTE, what);
	outcome_advice(&s->outcome, "is it the right unit, with the right firmware?");
}

static enum session_attributes_next took(struct session *s)
{
	const struct acceptance_item *item = current(s);
	const struct att_client *c = &s->attributes.client;
	const char *result = item->action == ACCEPTANCE_WRITE ? "written" : "read";

	if (s->attributes.state != ATTRIBUTES_ENCRYPTED)
		return given_in_clear(s);
	if (acceptance_must_refuse(item, session_level(s))) {
		result = "given_away";
		fail_given_away(s);
	} else if (item->action == ACCEPTANCE_LEVELS &&
		   !acceptance_levels_agree(wanted(s), c->value, c->value_len)) {
		result = "mismatch";
		fail(s, CLI_WRONG_ATTRIBUTE,
		     "claims that a level allows all that must be refused at it");
	} else if (item->action == ACCEPTANCE_READ &&
		   !acceptance_matches(item, c->value, c->value_len)) {
		result = "mismatch";
		mismatch(s);
	}
	add_report(s, worked(s, result));
	return next(s);
}

static enum session_attributes_next refused(struct session *s, uint8_t error)
{
	const bool security = att_is_about_security(error);

	/* What is not there in clear must be there afterwards, and is judged then. */
	if (s->attributes.state != ATTRIBUTES_ENCRYPTED) {
		report_error(s, security ? "refused" : "failed", error);
		return next(s);
	}
	if (security && !acceptance_must_work(current(s), session_level(s))) {
		report_error(s, "refused", error);
		return next(s);
	}
	/* Few peers have it. */
	if (current(s)->action == ACCEPTANCE_LEVELS)
		return next(s);
	report_error(s, "failed", error);
	fail_error(s, error);
	return next(s);
}

/* The handle is known, also from an error: the value can be written. */
static enum session_attributes_next write_now(struct session *s)
{
	const struct acceptance_item *item = current(s);
	struct att_client *c = &s->attributes.client;

	s->attributes.step = ATTRIBUTES_WRITE;
	att_client_write(c, c->handle, item->value, item->len);
	send_request(s);
	return ATTRIBUTES_GO_ON;
}

static uint32_t write_bit(const struct session *s)
{
	return UINT32_C(1) << s->attributes.item;
}

/* The answer to the write is lost: the next attempt reads the value before it writes it again. */
static void note_unanswered(struct session *s)
{
	if (s->attributes.unanswered)
		*s->attributes.unanswered |= write_bit(s);
}

/* A write whose answer was lost in an earlier attempt is not repeated blindly. */
static bool is_unanswered(const struct session *s)
{
	return s->attributes.state == ATTRIBUTES_ENCRYPTED && s->attributes.unanswered &&
	       (*s->attributes.unanswered & write_bit(s));
}

/* The value cannot be read back. */
static enum session_attributes_next remains_unknown(struct session *s)
{
	add_report(s, new_report(s, "unknown"));
	fail(s, CLI_WRONG_ATTRIBUTE,
	     "may be written or not: the answer was lost, and it cannot be read back");
	return next(s);
}

/* What the value is now: written already, to be written again, or not known. */
static enum session_attributes_next write_back(struct session *s, bool is_read)
{
	const struct acceptance_item *item = current(s);
	const struct att_client *c = &s->attributes.client;

	if (!is_read)
		return remains_unknown(s);
	*s->attributes.unanswered &= ~write_bit(s);
	if (c->value_len != item->len || !bytes_equal(c->value, item->value, item->len))
		return write_now(s);
	add_report(s, worked(s, "written"));
	return next(s);
}

/* ---- Answers --------------------------------------------------------------------------------- */

static enum session_attributes_next ended(struct session *s, const struct att_client_result *r)
{
	const struct att_client *c = &s->attributes.client;
	const bool done = r->kind == ATT_CLIENT_DONE;

	if (done && s->attributes.step == ATTRIBUTES_SERVICE) {
		begin_value(s, c->in);
		send_request(s);
		return ATTRIBUTES_GO_ON;
	}
	if (s->attributes.step == ATTRIBUTES_VALUE && current(s)->action == ACCEPTANCE_WRITE &&
	    c->handle)
		return is_unanswered(s) ? write_back(s, done) : write_now(s);
	return done ? took(s) : refused(s, r->error);
}

static enum session_attributes_next broken(struct session *s, const char *note)
{
	add_report(s, new_report(s, "failed"));
	if (is_first(s))
		outcome_fail(&s->outcome, CLI_WRONG_ATTRIBUTE, "the peer broke ATT: %s", note);
	return give_up(s);
}

/* The answer that the peer owed since before encryption: it says nothing any more. */
static void paid(struct session *s)
{
	if (s->attributes.state == ATTRIBUTES_OWED_ENCRYPTED) {
		s->attributes.state = ATTRIBUTES_ENCRYPTED;
		(void)begin_from(s, 0);
	} else {
		s->attributes.state = ATTRIBUTES_NONE;
	}
}

enum session_attributes_next session_attributes_receive(struct session *s, const uint8_t *pdu,
							size_t len)
{
	struct session_attributes *a = &s->attributes;
	struct att_client_result r;

	if (a->state == ATTRIBUTES_NONE || a->state == ATTRIBUTES_OVER ||
	    s->state >= SESSION_CLOSING)
		return ATTRIBUTES_GO_ON;
	r = att_client_receive(&a->client, pdu, len);
	if (r.kind == ATT_CLIENT_UNASKED)
		return ATTRIBUTES_GO_ON;
	if (s->state == SESSION_DELIVERING && a->state == ATTRIBUTES_ENCRYPTED)
		session_delivered(s);
	if (r.kind == ATT_CLIENT_MALFORMED)
		return broken(s, r.note);
	if (r.kind == ATT_CLIENT_SEND) {
		send_request(s);
		return ATTRIBUTES_GO_ON;
	}
	loop_timer_stop(s->controller->loop, &a->timer);
	if (a->state == ATTRIBUTES_OWED || a->state == ATTRIBUTES_OWED_ENCRYPTED) {
		paid(s);
		return ATTRIBUTES_GO_ON;
	}
	if (r.kind == ATT_CLIENT_TOO_LONG) {
		add_report(s, new_report(s, "failed"));
		fail(s, CLI_WRONG_ATTRIBUTE,
		     "was not written: the value is longer than the MTU of "
		     "the peer allows");
		return next(s);
	}
	return ended(s, &r);
}

/* ---- Begin and end --------------------------------------------------------------------------- */

bool session_try_in_clear(struct session *s)
{
	if (!wanted(s))
		return false;
	s->attributes.state = ATTRIBUTES_IN_CLEAR;
	if (begin_from(s, 0))
		return true;
	s->attributes.state = ATTRIBUTES_NONE;
	return false;
}

bool session_check_attributes(struct session *s)
{
	if (!wanted(s))
		return false;
	if (s->attributes.state == ATTRIBUTES_OWED) {
		s->attributes.state = ATTRIBUTES_OWED_ENCRYPTED;
		loop_timer_start(s->controller->loop, &s->attributes.timer, ANSWER_US);
	} else {
		s->attributes.state = ATTRIBUTES_ENCRYPTED;
		(void)begin_from(s, 0);
	}
	return true;
}

bool session_security_request_waits(struct session *s)
{
	struct session_attributes *a = &s->attributes;

	if (a->state == ATTRIBUTES_GIVEN) {
		a->state = ATTRIBUTES_NONE;
		loop_timer_stop(s->controller->loop, &a->timer);
		return false;
	}
	if (a->state == ATTRIBUTES_IN_CLEAR) {
		a->state = ATTRIBUTES_ASKED;
		loop_timer_start(s->controller->loop, &a->timer, HELD_US);
	}
	return a->state == ATTRIBUTES_ASKED;
}

bool session_attributes_overdue(struct session *s)
{
	struct session_attributes *a = &s->attributes;
	char name[ACCEPTANCE_NAME];

	if (a->state == ATTRIBUTES_ASKED) {
		/* It answers when the link is encrypted. */
		a->state = ATTRIBUTES_OWED;
		return true;
	}
	if (a->state == ATTRIBUTES_GIVEN) {
		add_report(s, worked(s, "given_away"));
		fail(s, CLI_UNPROTECTED, "was given away, and the peer sent no Security Request");
		outcome_advice(&s->outcome, "leave --trigger out: the peer does not begin a "
					    "pairing this way");
	} else {
		add_report(s, new_report(s, a->step == ATTRIBUTES_WRITE ? "unknown" : "failed"));
		outcome_fail(&s->outcome, CLI_TIMED_OUT,
			     "timed out: the peer did not answer %s about %s within 30 s",
			     att_client_request_name(&a->client),
			     acceptance_name(current(s), name));
		if (a->step == ATTRIBUTES_WRITE)
			note_unanswered(s);
		if (a->step == ATTRIBUTES_WRITE)
			outcome_detail(&s->outcome, "whether the value was written is unknown");
	}
	end(s);
	return false;
}

void session_attributes_mtu(struct session *s, const uint8_t *pdu, uint8_t *reply)
{
	if (!wanted(s) || reply[0] != ATT_EXCHANGE_MTU_RESPONSE)
		return;
	bytes_put_le16(reply + 1, ATT_CLIENT_MTU);
	att_client_peer_exchanged(&s->attributes.client, bytes_get_le16(pdu + 1));
}

void session_attributes_link_down(struct session *s, uint8_t reason)
{
	char name[ACCEPTANCE_NAME];
	const bool writing = s->attributes.step == ATTRIBUTES_WRITE;

	add_report(s, new_report(s, writing ? "unknown" : "failed"));
	outcome_fail_hci(&s->outcome, CLI_CONNECTION_FAILED, reason,
			 "the connection ended before all attributes were checked");
	if (writing)
		note_unanswered(s);
	if (writing)
		outcome_detail(&s->outcome, "whether %s was written is unknown: the answer is lost",
			       acceptance_name(current(s), name));
}

void session_attributes_wipe(struct session *s)
{
	json_decref(s->attributes.list);
	free(s->attributes.text);
	bytes_wipe(&s->attributes, sizeof(s->attributes));
}

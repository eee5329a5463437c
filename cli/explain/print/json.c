/* SPDX-License-Identifier: MIT */
#include "print/json.h"

#include "base/address.h"
#include "base/hex.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "crypto/bytes.h"
#include "print/brief.h"
#include "print/describe.h"

/* Room for the hexadecimal digits of the longest message, and a zero. */
enum { HEX_TEXT = 2 * EXPLAIN_STEP_DATA + 1 };

/* Octets of a message in the order of transmission, to be compared with a capture. */
static json_t *octets(const uint8_t *value, size_t len)
{
	uint8_t reversed[EXPLAIN_STEP_DATA];
	char text[HEX_TEXT] = "";

	bytes_reverse(reversed, value, len);
	json_t *string = json_string(hex_format(reversed, len, text));
	bytes_wipe(reversed, sizeof(reversed));
	bytes_wipe(text, sizeof(text));
	return string;
}

static void set(json_t *object, const char *name, json_t *value)
{
	(void)json_object_set_new(object, name, value);
}

static void set_end(json_t *object, const struct explain_attempt *a, const char *name, int8_t end)
{
	if (end != EXPLAIN_NOBODY)
		set(object, name, json_string(check_end_name(a, end)));
}

static json_t *findings(const struct explain_verdict *v, size_t most)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->count && i < most; i++) {
		const struct explain_finding *f = &v->findings[i];
		json_t *frames = json_array();
		for (uint8_t k = 0; k < f->frame_count; k++)
			(void)json_array_append_new(frames, json_integer((json_int_t)f->frames[k]));
		json_t *one = json_pack("{s:s, s:s, s:b, s:s, s:o, s:s, s:s}", "id", f->check->id,
					"severity", check_severity_name(f->check->severity),
					"cause", f->cause, "text", f->text, "frames", frames,
					"section", f->check->section, "fix", check_fix(f));
		set_end(one, v->attempt, "by", f->by);
		(void)json_array_append_new(list, one);
	}
	return list;
}

json_t *print_json_findings(const struct explain_verdict *v)
{
	return findings(v, v->count);
}

json_t *print_json_verdict(const struct explain_verdict *v)
{
	const struct explain_finding *cause = verdict_cause(v);
	json_t *object = json_pack("{s:s}", "text", v->text);

	set_end(object, v->attempt, "by", v->by);
	if (cause) {
		set(object, "check", json_string(cause->check->id));
		set(object, "cause", json_string(cause->text));
		set(object, "fix", json_string(check_fix(cause)));
	}
	set(object, "findings", findings(v, PRINT_JSON_FINDINGS));
	return object;
}

static json_t *party(const struct explain_verdict *v, int8_t end)
{
	const struct explain_party *p = &v->attempt->party[end];
	const struct json_peer known = {
		.address = p->has_address ? &p->address : &p->reported,
		.identity = v->resolved[end] ? &v->identity[end] : NULL,
	};
	const bool has_address = p->has_address || p->is_reported;

	/* A peer without an address is none: see docs/json.md. */
	if (!has_address && v->attempt->roles == EXPLAIN_ROLES_UNKNOWN)
		return NULL;
	json_t *object = has_address ? json_peer(&known) : json_object();

	/* Else the name of the member says it. */
	if (v->attempt->roles != EXPLAIN_ROLES_UNKNOWN)
		set(object, "captured", json_boolean(end == v->attempt->captured_end));
	return object;
}

static const char *result_slug(enum explain_result result)
{
	switch (result) {
	case EXPLAIN_RIGHT:
		return "right";
	case EXPLAIN_WRONG:
		return "wrong";
	case EXPLAIN_EXPLAINED:
		return "explained";
	case EXPLAIN_UNKNOWN:
		break;
	}
	return "computed";
}

static json_t *values(const struct explain_verdict *v, bool show_keys)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->facts.value_count; i++) {
		const struct explain_value *value = &v->facts.values[i];
		json_t *one =
			json_pack("{s:s, s:I, s:s}", "name", value->name, "frame",
				  (json_int_t)value->frame, "result", result_slug(value->result));
		if (!value->secret || show_keys)
			set(one, "value", json_hex(value->octets, value->len));
		(void)json_array_append_new(list, one);
	}
	return list;
}

static json_t *ladder(const struct explain_verdict *v, bool show_keys)
{
	const struct explain_attempt *a = v->attempt;
	struct explain_description d;
	json_t *list = json_array();

	for (size_t i = 0; i < a->step_count; i++) {
		const struct explain_step *s = &a->steps[i];
		describe_step(v, s, show_keys, &d);
		json_t *one = json_pack(
			"{s:o, s:o, s:s, s:s, s:s, s:s, s:s}", "frame",
			s->at.frame ? json_integer((json_int_t)s->at.frame) : json_null(), "at",
			s->at.untimed ? json_null() : json_real(describe_seconds(a, s)), "layer",
			d.layer, "from", d.from, "to", d.to, "name", d.title, "says", d.fields);
		if (!d.secret || show_keys)
			set(one, "octets", octets(s->data, s->kept));
		(void)json_array_append_new(list, one);
		bytes_wipe(&d, sizeof(d));
	}
	return list;
}

static const char *roles_slug(enum explain_roles roles)
{
	switch (roles) {
	case EXPLAIN_ROLES_KNOWN:
		return "known";
	case EXPLAIN_ROLES_DEDUCED:
		return "deduced";
	case EXPLAIN_ROLES_UNKNOWN:
		break;
	}
	return "unknown";
}

json_t *print_json(const struct explain_verdict *v, bool show_keys)
{
	char method[400], brief[BRIEF_TEXT];
	json_t *object = json_pack("{s:s, s:b, s:s, s:s, s:o, s:o, s:o}", "outcome",
				   verdict_outcome_slug(v->outcome), "failed", v->failed, "text",
				   v->text, "roles", roles_slug(v->attempt->roles), "findings",
				   print_json_findings(v), "values", values(v, show_keys), "ladder",
				   ladder(v, show_keys));

	(void)brief_describe(v, brief);
	set(object, "brief", text_json(brief));
	EACH_END(end)
		set(object, check_end_name(v->attempt, end), party(v, end)); /* NULL: nothing */

	set_end(object, v->attempt, "by", v->by);
	if (v->frame)
		set(object, "frame", json_integer((json_int_t)v->frame));
	describe_agreement(v, method, sizeof(method));
	if (*method)
		set(object, "agreed", json_string(method));
	if (v->facts.has_number)
		set(object, "compared", json_sprintf("%06u", v->facts.number));
	if (show_keys && v->facts.has_stk)
		set(object, "passkey", json_sprintf("%06u", v->facts.passkey[0]));
	if (show_keys && v->facts.has_sc_passkey)
		set(object, "passkey", json_sprintf("%06u", v->facts.sc_passkey));
	return object;
}

/* SPDX-License-Identifier: MIT */
#include "print/json.h"

#include "crypto/bytes.h"
#include "print/describe.h"

static json_t *hex(const uint8_t *value, size_t len)
{
	char text[2 * EXPLAIN_STEP_DATA + 1];
	json_t *string = json_string(print_put_hex(value, len, text));

	bytes_wipe(text, sizeof(text));
	return string;
}

/* Octets in the order of the air, as a person compares them with a capture. */
static json_t *octets(const uint8_t *value, size_t len)
{
	uint8_t turned[EXPLAIN_STEP_DATA];

	bytes_reverse(turned, value, len);
	json_t *string = hex(turned, len);
	bytes_wipe(turned, sizeof(turned));
	return string;
}

static void set(json_t *object, const char *name, json_t *value)
{
	(void)json_object_set_new(object, name, value);
}

static void set_end(json_t *object, const char *name, int8_t end)
{
	if (end != EXPLAIN_NOBODY)
		set(object, name, json_string(check_who(end)));
}

json_t *print_json_findings(const struct explain_verdict *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->count; i++) {
		const struct explain_finding *f = &v->findings[i];
		json_t *frames = json_array();
		for (uint8_t k = 0; k < f->frame_count; k++)
			(void)json_array_append_new(frames, json_integer((json_int_t)f->frames[k]));
		json_t *one = json_pack("{s:s, s:s, s:b, s:s, s:o, s:s, s:s}", "id", f->check->id,
					"severity", check_severity_name(f->check->severity),
					"cause", f->cause, "text", f->text, "frames", frames,
					"section", f->check->section, "fix", f->check->fix);
		set_end(one, "by", f->by);
		(void)json_array_append_new(list, one);
	}
	return list;
}

static json_t *address(const struct crypto_address *a)
{
	const uint8_t *o = a->octets;

	return json_pack(
		"{s:o, s:s}", "address",
		json_sprintf("%02X:%02X:%02X:%02X:%02X:%02X", o[5], o[4], o[3], o[2], o[1], o[0]),
		"type", a->type ? "random" : "public");
}

static json_t *party(const struct explain_verdict *v, int8_t end)
{
	const struct explain_party *p = &v->attempt->party[end];
	json_t *object = p->has_address ? address(&p->address) : json_object();

	set(object, "captured", json_boolean(end == v->attempt->captured_end));
	if (v->resolved[end])
		set(object, "identity", address(&v->identity[end]));
	return object;
}

static json_t *values(const struct explain_verdict *v, bool show_keys)
{
	static const char *const results[] = {"computed", "right", "wrong", "explained"};
	json_t *list = json_array();

	for (size_t i = 0; i < v->facts.value_count; i++) {
		const struct explain_value *value = &v->facts.values[i];
		json_t *one = json_pack("{s:s, s:I, s:s}", "name", value->name, "frame",
					(json_int_t)value->frame, "result", results[value->result]);
		if (!value->secret || show_keys)
			set(one, "value", hex(value->octets, value->len));
		(void)json_array_append_new(list, one);
	}
	return list;
}

static json_t *ladder(const struct explain_verdict *v, bool show_keys)
{
	const struct explain_attempt *a = v->attempt;
	struct explain_words words;
	json_t *list = json_array();

	for (size_t i = 0; i < a->step_count; i++) {
		const struct explain_step *s = &a->steps[i];
		print_put(v, s, show_keys, &words);
		json_t *one = json_pack("{s:I, s:f, s:s, s:s, s:s, s:s, s:s}", "frame",
					(json_int_t)s->at.frame, "at", print_seconds(a, s), "layer",
					words.layer, "from", words.from, "to", words.to, "name",
					words.title, "says", words.fields);
		if (!words.secret || show_keys)
			set(one, "octets", octets(s->data, s->kept));
		(void)json_array_append_new(list, one);
		bytes_wipe(&words, sizeof(words));
	}
	return list;
}

json_t *print_json(const struct explain_verdict *v, bool show_keys)
{
	char method[400];
	json_t *object = json_pack("{s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:o}", "outcome",
				   verdict_outcome_slug(v->outcome), "failed", v->failed, "text",
				   v->text, "initiator", party(v, EXPLAIN_I), "responder",
				   party(v, EXPLAIN_R), "findings", print_json_findings(v),
				   "values", values(v, show_keys), "ladder", ladder(v, show_keys));

	set_end(object, "by", v->by);
	if (v->frame)
		set(object, "frame", json_integer((json_int_t)v->frame));
	print_put_method(v, method, sizeof(method));
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

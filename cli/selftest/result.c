/* SPDX-License-Identifier: MIT */
/* What a self-test reports: a line for each step, and the controllers at the end. */
#include <stdio.h>

#include "base/json_fields.h"
#include "base/text.h"
#include "output/maker_text.h"
#include "selftest/internal.h"
#include "selftest/table.h"

/* ---- What is known of a controller ----------------------------------------------------------- */

static void set(json_t *object, const char *name, json_t *value)
{
	(void)json_object_set_new(object, name, value);
}

static void add_identity(json_t *o, const struct selftest_controller *c)
{
	const struct hci_controller_info *info = &c->info;
	const struct hci_identity *id = &info->identity;
	const char *company = hci_company_name(id->manufacturer);

	if (id->usb.vendor)
		set(o, "usb_id", json_sprintf("%04x:%04x", id->usb.vendor, id->usb.product));
	if (id->versioned) {
		set(o, "version", json_string(hci_version_name(id->hci_version)));
		set(o, "hci_revision", json_integer(id->hci_revision));
		set(o, "lmp_subversion", json_integer(id->lmp_subversion));
		set(o, "company", json_integer(id->manufacturer));
		set(o, "manufacturer", json_string(company ? company : "unknown"));
	}
	if (!id->versioned && !info->maker)
		return; /* it never answered */
	maker_fields(o, info->maker);
	set(o, "readiness",
	    json_string(hci_readiness_name(info->maker ? info->maker->readiness : HCI_READY)));
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static json_t *times(const struct selftest_times *t)
{
	return json_pack("{s:f, s:f, s:f}", "min", t->min, "median", t->median, "max", t->max);
}

static json_t *golden(const struct options_selftest *o)
{
	char text[ADDRESS_TEXT];
	const struct json_peer peer = {.address = o->golden_typed ? &o->golden : NULL,
				       .text = address_format(&o->golden, text)};

	return json_peer(&peer);
}

static void add_figures(json_t *e, const struct selftest *t, const struct selftest_step *step)
{
	const struct selftest_controller *on = &t->controllers[step->on];

	switch (step->kind) {
	case SELFTEST_BRING_UP:
		if (on->was_up) {
			set(e, "own", json_address(&on->controller.own.address));
			set(e, "bring_up_ms", json_real(step->bring_up_ms));
		}
		add_identity(e, on);
		break;
	case SELFTEST_RESETS:
		set(e, "resets", json_integer(step->resets));
		set(e, "answered", json_integer(step->answered));
		set(e, "reset_ms", times(&step->reset_ms));
		break;
	case SELFTEST_LISTEN:
		set(e, "seconds", json_real(step->seconds));
		set(e, "advertisements", json_integer(step->advertisements));
		set(e, "devices", json_integer(step->devices));
		break;
	case SELFTEST_PAIR:
		set(e, "connect_ms", json_real(step->connect_ms));
		set(e, "pair_ms", json_real(step->pair_ms));
		break;
	case SELFTEST_GOLDEN:
		set(e, "peer", golden(t->options->selftest));
		set(e, "connect_ms", json_real(step->connect_ms));
		set(e, "pair_ms", json_real(step->pair_ms));
		break;
	case SELFTEST_REPLUG:
		set(e, "seconds", json_real(step->seconds));
		break;
	case SELFTEST_KINDS:
		break;
	}
	if (step->rssi != SELFTEST_RSSI_UNKNOWN)
		set(e, "rssi", json_integer(step->rssi));
	if (step->attempts > 1)
		set(e, "attempts", json_integer(step->attempts));
}

json_t *selftest_step_event(const struct selftest *t, const struct selftest_step *step)
{
	json_t *e = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "event", "selftest", "step",
		selftest_kind_name(step->kind), "title", selftest_title(step), "verdict",
		selftest_verdict_name(step->verdict), "on", selftest_letter(step->on), "controller",
		text_json(t->controllers[step->on].spec), "text", text_json(step->text));

	if (step->with != SELFTEST_NOBODY) {
		set(e, "with", json_string(selftest_letter(step->with)));
		set(e, "with_controller", text_json(t->controllers[step->with].spec));
	}
	if (step->model)
		set(e, "model", json_string(step->model->name));
	if (step->verdict != SELFTEST_SKIPPED)
		add_figures(e, t, step);
	return e;
}

/* ---- The controllers at the end -------------------------------------------------------------- */

/* Pairings of a controller in one role: those that were tried. */
static void add_sum(json_t *o, const char *name, const struct selftest *t, unsigned on,
		    unsigned with)
{
	unsigned passed = 0, tried = 0;

	for (size_t i = 0; i < t->plan.count; i++) {
		const struct selftest_step *step = &t->plan.steps[i];
		if (step->kind != SELFTEST_PAIR || (on != SELFTEST_NOBODY && step->on != on) ||
		    (with != SELFTEST_NOBODY && step->with != with))
			continue;
		passed += step->verdict == SELFTEST_PASSED;
		tried += step->verdict != SELFTEST_SKIPPED;
	}
	if (tried)
		set(o, name, json_pack("{s:i, s:i}", "passed", (int)passed, "of", (int)tried));
}

/* The first step of a kind on a controller. */
static const struct selftest_step *find(const struct selftest *t, enum selftest_kind kind,
					unsigned on)
{
	for (size_t i = 0; i < t->plan.count; i++)
		if (t->plan.steps[i].kind == kind && t->plan.steps[i].on == on)
			return &t->plan.steps[i];
	return NULL;
}

static json_t *failures(const struct selftest *t, unsigned index)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->plan.count; i++) {
		const struct selftest_step *step = &t->plan.steps[i];
		if (step->verdict == SELFTEST_FAILED && (step->on == index || step->with == index))
			(void)json_array_append_new(
				list, json_sprintf("%s%s", selftest_title(step),
						   step->with == index ? " (as peripheral)" : ""));
	}
	return list;
}

static json_t *describe(const struct selftest *t, unsigned index)
{
	const struct selftest_controller *c = &t->controllers[index];
	const struct selftest_step *resets = find(t, SELFTEST_RESETS, index),
				   *listen = find(t, SELFTEST_LISTEN, index);
	json_t *o = json_pack("{s:s, s:o}", "on", selftest_letter(index), "controller",
			      text_json(c->spec));

	add_identity(o, c);
	if (resets->verdict != SELFTEST_SKIPPED) {
		set(o, "resets", json_integer(resets->resets));
		set(o, "answered", json_integer(resets->answered));
		set(o, "reset_ms", json_real(resets->reset_ms.median));
	}
	if (listen->verdict != SELFTEST_SKIPPED && listen->seconds > 0)
		set(o, "heard_per_second", json_real(listen->advertisements / listen->seconds));
	add_sum(o, "central", t, index, SELFTEST_NOBODY);
	add_sum(o, "peripheral", t, SELFTEST_NOBODY, index);
	set(o, "failed", failures(t, index));
	return o;
}

json_t *selftest_tested_event(const struct selftest *t)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < t->count; i++)
		(void)json_array_append_new(list, describe(t, i));
	return json_pack("{s:s, s:s, s:o, s:o}", "event", "tested", "blepair", BLEPAIR_VERSION,
			 "controllers", list, "table", selftest_table(list, BLEPAIR_VERSION));
}

/* ---- The outcome ----------------------------------------------------------------------------- */

static const struct selftest_step *first_failure(const struct selftest *t)
{
	for (size_t i = 0; i < t->plan.count; i++)
		if (t->plan.steps[i].verdict == SELFTEST_FAILED)
			return &t->plan.steps[i];
	return NULL;
}

void selftest_outcome(const struct selftest *t, struct outcome *o)
{
	const struct selftest_step *first = first_failure(t);
	const unsigned passed = selftest_count(&t->plan, SELFTEST_KINDS, SELFTEST_PASSED,
					       SELFTEST_NOBODY),
		       failed = selftest_count(&t->plan, SELFTEST_KINDS, SELFTEST_FAILED,
					       SELFTEST_NOBODY),
		       skipped = selftest_count(&t->plan, SELFTEST_KINDS, SELFTEST_SKIPPED,
						SELFTEST_NOBODY);

	if (t->cancelled) {
		outcome_fail(o, CLI_CANCELLED, "cancelled");
		return;
	}
	for (unsigned i = 0; i < t->count; i++)
		if (!t->controllers[i].was_up) {
			outcome_fail(o, t->controllers[i].failure.exit, "%s cannot be tested: %s",
				     selftest_letter(i), t->controllers[i].failure.text);
			return;
		}
	if (first) {
		outcome_fail(o, CLI_TEST_FAILED, "%u of %u steps failed, the first: %s, %s", failed,
			     passed + failed + skipped, selftest_letter(first->on),
			     selftest_title(first));
		outcome_detail(o, "%s", first->text);
		outcome_advice(o, "repeat it with -w FILE, and explain the capture: blepair "
				  "explain FILE");
		return;
	}
	for (unsigned i = 0; i < t->count; i++)
		if (t->controllers[i].state == SELFTEST_GONE) {
			outcome_fail(o, CLI_TEST_FAILED, "%s is out of service: %s",
				     selftest_letter(i), t->controllers[i].failure.text);
			return;
		}
	*o = (struct outcome){.exit = CLI_OK, .result = "tested", .reason_code = -1};
	(void)snprintf(o->text, sizeof(o->text), "%u step%s passed, %u skipped", passed,
		       text_s(passed), skipped);
}

/* SPDX-License-Identifier: MIT */
/* blepair scan: one line per device that advertises, and another when there is more to report. */
#include <string.h>

#include "base/text.h"
#include "command/command.h"
#include "output/advertisement_event.h"
#include "output/outcome.h"
#include "runtime/progress.h"
#include "runtime/runtime.h"

/* Devices remembered; beyond them, lines may repeat. */
#define SEEN_MAX 1024

struct scan {
	const struct options *options;
	struct event_output *events;
	struct controller controller;
	struct loop_timer limit;
	struct progress progress;
	struct {
		struct crypto_address address;
		size_t known; /* octets of data already reported */
		uint8_t phys; /* HCI_PHYS_*: where it was seen */
	} seen[SEEN_MAX];
	size_t seen_count, devices;
	bool over;
	enum cli_exit code;
};

static void end(void *ctx)
{
	struct scan *s = ctx;

	if (s->over)
		return;
	s->over = true;
	controller_finish(&s->controller);
}

static bool describe(void *ctx, struct progress_step *step)
{
	const struct scan *s = ctx;

	*step = (struct progress_step){"scanning", s->limit.at};
	return !s->over;
}

static void up(void *ctx)
{
	struct scan *s = ctx;

	s->progress.describe = describe;
	s->progress.ctx = s;
	progress_start(&s->progress, s->controller.loop, s->controller.owner->console, s->events);
	event_emit(s->events, json_pack("{s:s}", "event", "scanning"));
	hci_gap_scan(&s->controller.gap, s->controller.own.type, !s->options->passive);
	if (s->options->duration > 0)
		loop_timer_start(s->controller.loop, &s->limit,
				 (uint64_t)(s->options->duration * 1e6));
}

/* True if this report has more data than those before it, or is on another PHY. */
static bool is_news(struct scan *s, const struct hci_advertisement *a)
{
	struct crypto_address address = {.type = a->address_type};
	const uint8_t phy = hci_phy_set(a->phy.primary);

	memcpy(address.octets, a->address, sizeof(address.octets));
	for (size_t i = 0; i < s->seen_count; i++) {
		if (!address_equal(&s->seen[i].address, &address))
			continue;
		bool more = a->len > s->seen[i].known || (phy & ~s->seen[i].phys) != 0;
		s->seen[i].phys |= phy;
		if (a->len > s->seen[i].known)
			s->seen[i].known = a->len;
		return more;
	}
	s->devices++;
	if (s->seen_count < SEEN_MAX) {
		s->seen[s->seen_count].address = address;
		s->seen[s->seen_count].phys = phy;
		s->seen[s->seen_count++].known = a->len;
	}
	return true;
}

static void report(struct scan *s, const struct hci_advertisement *a)
{
	json_t *event = advertisement_event("advertisement", a);
	bool ours = own_identity_target(&s->controller.own, a) != OWN_TARGET_ANOTHER;

	if (a->directed)
		(void)json_object_set_new(event, "to_us", json_boolean(ours));
	event_emit(s->events, event);
}

static void on_gap_event(void *ctx, const struct hci_gap_event *h, const struct hci_input *input)
{
	struct scan *s = ctx;
	struct hci_advertisement a;
	size_t at = 0;

	if (h->kind == HCI_GAP_FAILED) {
		struct outcome outcome;
		outcome_command_failed(&outcome, h->opcode, h->status);
		outcome_report(&outcome, s->events, NULL, NULL);
		s->code = outcome.exit;
		end(s);
	}
	if (h->kind != HCI_GAP_REPORTS)
		return;
	while (hci_gap_next_report(&s->controller.gap, input, &at, &a))
		if (is_news(s, &a))
			report(s, &a);
}

static void failed(void *ctx, enum cli_exit code, const char *text)
{
	struct scan *s = ctx;
	struct outcome outcome;

	s->over = true;
	outcome_fail(&outcome, code, "%s", text);
	outcome_report(&outcome, s->events, NULL, NULL);
	s->code = code;
}

static void limit_reached(void *ctx)
{
	struct scan *s = ctx;

	end(s);
	controller_flush(&s->controller);
}

enum cli_exit cmd_scan(const struct options *options, struct event_output *events,
		       struct store *store)
{
	static const struct controller_user user = {
		.up = up, .on_gap_event = on_gap_event, .failed = failed, .interrupted = end};
	static struct scan scan;
	struct scan *s = &scan;
	struct runtime run;

	memset(s, 0, sizeof(*s));
	s->options = options;
	s->events = events;
	s->limit = (struct loop_timer){.fire = limit_reached, .ctx = s};
	(void)runtime_run_controller(&run, &s->controller, options, events, store,
				     (struct controller_setup){.user = &user, .ctx = s});
	progress_stop(&s->progress);
	runtime_close(&run);
	if (s->over && s->code == CLI_OK) {
		struct outcome outcome = {.exit = CLI_OK, .result = "scanned", .reason_code = -1};
		(void)snprintf(outcome.text, sizeof(outcome.text), "%zu device%s seen", s->devices,
			       text_s(s->devices));
		outcome_report(&outcome, events, NULL,
			       json_pack("{s:i}", "devices", (int)s->devices));
	}
	return s->code;
}

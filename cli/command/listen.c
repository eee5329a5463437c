/* SPDX-License-Identifier: MIT */
/* blepair listen: advertise, answer pairing and encryption, any number of times. */
#include <string.h>

#include "base/json_fields.h"
#include "command/command.h"
#include "crypto/bytes.h"
#include "hci/advertising.h"
#include "hci/error.h"
#include "session/self_explain.h"
#include "session/session.h"

/* How long the last peer of --count may keep the link that it made. */
#define LAST_LINK_US 1000000

struct listen {
	const struct options *options;
	struct event_output *events;
	struct controller controller;
	struct session session;
	struct session_setup setup;
	struct self_explain *hindsight;
	struct loop_timer time_limit;
	struct loop_timer last_link;
	bool linked, over, stopping;
	unsigned done; /* pairings and encryptions that succeeded */
	enum cli_exit code;
	struct outcome outcome;
	bool has_outcome; /* one that no session has reported */
};

static void end(struct listen *l)
{
	if (l->over)
		return;
	l->over = true;
	loop_timer_stop(l->controller.loop, &l->time_limit);
	loop_timer_stop(l->controller.loop, &l->last_link);
	hci_gap_advertise_stop(&l->controller.gap);
	controller_finish(&l->controller);
}

static void advertise(struct listen *l)
{
	uint8_t ad[31], response[31];
	size_t len = 0, response_len = 0;
	const uint8_t flags = 0x06; /* general discoverable, no BR/EDR */

	(void)hci_ad_put(ad, sizeof(ad), &len, HCI_AD_FLAGS, &flags, 1);
	(void)hci_ad_put(response, sizeof(response), &response_len, HCI_AD_NAME, l->options->name,
			 strlen(l->options->name));
	hci_gap_advertise(&l->controller.gap, l->controller.own_type, ad, len, response,
			  response_len);
	controller_flush(&l->controller);

	session_setup_keypair(&l->setup, l->options); /* while nobody waits for it */
}

static void up(void *ctx)
{
	struct listen *l = ctx;
	double timeout = l->options->timeout;

	if (timeout > 0)
		loop_timer_start(l->controller.loop, &l->time_limit, (uint64_t)(timeout * 1e6));
	session_setup_tell(&l->setup, &l->controller);
	advertise(l);
}

static void on_gap_event(void *ctx, const struct hci_gap_event *h, const struct hci_input *input)
{
	struct listen *l = ctx;

	(void)input;
	if (h->kind == HCI_GAP_ADVERTISING) {
		event_emit(l->events,
			   json_pack("{s:s, s:o, s:s}", "event", "advertising", "own",
				     json_address(&l->controller.own), "name", l->options->name));
	} else if (h->kind == HCI_GAP_CONNECTED) {
		if (l->over || l->linked) {
			hci_gap_disconnect(&l->controller.gap, h->link, HCI_REMOTE_USER_TERMINATED);
			return;
		}
		l->linked = true;
		session_open(&l->session, &l->controller, h->link, &l->setup);
	} else if (h->kind == HCI_GAP_FAILED) {
		outcome_command_failed(&l->outcome, h->opcode, h->status);
		l->code = CLI_CONTROLLER_FAILED;
		l->has_outcome = true;
		end(l);
	} else {
		session_on_gap_event(&l->session, h);
	}
}

static bool enough(const struct listen *l)
{
	return l->stopping || (l->options->count && l->done >= l->options->count);
}

/* The verdict stands before the result for programs, and below it for people. */
static void conclude(struct listen *l)
{
	self_explain_judge(l->hindsight, l->events);
	session_conclude(&l->session);
	self_explain_print(l->hindsight);
}

static void link_closed(void *ctx)
{
	struct listen *l = ctx;

	loop_timer_stop(l->controller.loop, &l->last_link);
	l->linked = false;
	session_setup_renew(&l->setup, &l->session);
	conclude(l);
	l->code = l->session.outcome.exit;
	if (l->code == CLI_OK)
		l->done++;
	bool renewed = smp_spent_own_oob(&l->session.smp);
	session_wipe(&l->session);
	if (enough(l)) {
		end(l);
		return;
	}
	if (renewed)
		session_setup_tell(&l->setup, &l->controller);
	advertise(l);
}

static void data(void *ctx, struct hci_link *link, uint8_t pb, const uint8_t *octets, size_t len)
{
	session_data(&((struct listen *)ctx)->session, link, pb, octets, len);
}

static void packet(void *ctx, bool received, const uint8_t *octets, size_t len)
{
	self_explain_packet(((struct listen *)ctx)->hindsight, received, octets, len);
}

static void on_idle(void *ctx)
{
	struct listen *l = ctx;

	if (!l->linked)
		return;
	/* The last one that was asked for: its central may keep the link for a moment only. */
	if (l->session.verdict && l->options->count && l->done + 1 >= l->options->count &&
	    !l->last_link.at)
		loop_timer_start(l->controller.loop, &l->last_link, LAST_LINK_US);
	session_idle(&l->session);
}

static void last_link_over(void *ctx)
{
	struct listen *l = ctx;

	if (l->linked)
		session_cancel(&l->session, CLI_CANCELLED);
	controller_flush(&l->controller);
}

static void failed(void *ctx, enum cli_exit code, const char *text)
{
	struct listen *l = ctx;

	l->over = true;
	loop_timer_stop(l->controller.loop, &l->time_limit);
	loop_timer_stop(l->controller.loop, &l->last_link);
	if (l->linked)
		session_abandon(&l->session);
	if (l->linked && session_result_is_final(&l->session)) {
		track_end(&l->hindsight->tracker);
		conclude(l);
		l->code = l->session.outcome.exit;
		l->done += l->code == CLI_OK;
		if (enough(l))
			return;
	}
	l->code = code;
	outcome_fail(&l->outcome, code, "%s", text);
	l->has_outcome = true;
}

static void stop(struct listen *l, enum cli_exit why)
{
	l->stopping = true;
	if (l->linked) {
		session_cancel(&l->session, why);
		return;
	}
	/* Listening without end is ended like this: that is no failure. */
	if (why == CLI_TIMED_OUT || l->options->count) {
		l->code = why;
		outcome_fail(&l->outcome, why,
			     why == CLI_TIMED_OUT ? "timed out: nobody paired in time"
						  : "cancelled");
		l->has_outcome = true;
	} else {
		l->code = CLI_OK;
	}
	end(l);
}

static void interrupted(void *ctx)
{
	stop(ctx, CLI_CANCELLED);
}

static void time_over(void *ctx)
{
	struct listen *l = ctx;

	stop(l, CLI_TIMED_OUT);
	controller_flush(&l->controller);
}

enum cli_exit cmd_listen(const struct options *options, struct event_output *events,
			 struct store *store)
{
	static const struct controller_user user = {.up = up,
						    .on_gap_event = on_gap_event,
						    .data = data,
						    .on_idle = on_idle,
						    .packet = packet,
						    .failed = failed,
						    .interrupted = interrupted};
	static struct listen listen;
	static struct self_explain hindsight;
	struct listen *l = &listen;
	enum cli_exit code;

	l->options = options;
	l->events = events;
	l->time_limit = (struct loop_timer){.fire = time_over, .ctx = l};
	l->last_link = (struct loop_timer){.fire = last_link_over, .ctx = l};
	code = session_setup_init(&l->setup, options, events, link_closed, l);
	if (code != CLI_OK)
		return code;
	l->hindsight = &hindsight;
	self_explain_init(l->hindsight, options);
	(void)runtime_run_controller(&l->controller, options, events, store, &user, l);
	if (l->has_outcome)
		outcome_report(&l->outcome, events, NULL, NULL);
	code = l->code;
	track_end(&hindsight.tracker);
	self_explain_wipe(&hindsight);
	bytes_wipe(l, sizeof(*l));
	return code;
}

/* SPDX-License-Identifier: MIT */
/* The callbacks of the controllers: each goes to the step under way, and to the session. */
#include "selftest/station.h"

#include <string.h>

#include "crypto/bytes.h"
#include "hci/error.h"

/* ---- Bring-up -------------------------------------------------------------------------------- */

static const char *spec_of(const struct selftest *t, unsigned index)
{
	return t->controllers[index].spec;
}

static void describe(const struct selftest_controller *c, char *text, size_t size)
{
	const struct hci_controller_info *info = &c->info;
	const char *company = hci_company_name(info->manufacturer);

	(void)snprintf(text, size, "%s, Bluetooth %s, in %.1f ms%s%s",
		       info->maker ? info->maker->name
		       : company   ? company
				   : "maker not known",
		       hci_version_name(info->hci_version), c->bring_up_ms,
		       info->maker && info->maker->text ? "; known: " : "",
		       info->maker && info->maker->text ? info->maker->text : "");
}

/* Their public addresses; in this run each has an address of its own, see own_identity.h. */
static bool same_address(const struct hci_controller_info *a, const struct hci_controller_info *b)
{
	const bool has_one =
		a->address_state == HCI_ADDRESS_OWN || a->address_state == HCI_ADDRESS_SHARED;

	return has_one && bytes_equal(a->address, b->address, sizeof(a->address));
}

/* It is over before the first step begins: see selftest_go_on(). */
static void report_bring_up(struct selftest *t)
{
	struct selftest_controller *c = selftest_on(t), *first = &t->controllers[0];
	char text[SELFTEST_TEXT / 2];

	t->step->bring_up_ms = c->bring_up_ms;
	if (!c->was_up) {
		selftest_end(t, SELFTEST_FAILED, "%s", c->failure.text);
		return;
	}
	describe(c, text, sizeof(text));
	if (c != first && first->was_up && same_address(&c->info, &first->info)) {
		selftest_end(t, SELFTEST_FAILED,
			     "%s: it has the address of A (%s), so peers take one for the other: "
			     "give it another one by --set-address",
			     text, spec_of(t, 0));
		return;
	}
	selftest_end(t, SELFTEST_PASSED, "%s: %s", c->spec, text);
}

static const struct selftest_action bring_up = {.start = report_bring_up};

const struct selftest_action *selftest_action(enum selftest_kind kind)
{
	static const struct selftest_action *const actions[] = {
		[SELFTEST_BRING_UP] = &bring_up,      [SELFTEST_RESETS] = &selftest_resets,
		[SELFTEST_LISTEN] = &selftest_listen, [SELFTEST_PAIR] = &selftest_pair,
		[SELFTEST_GOLDEN] = &selftest_golden, [SELFTEST_REPLUG] = &selftest_replug,
	};

	return actions[kind];
}

/* ---- Callbacks of a controller --------------------------------------------------------------- */

/* The step under way, if it is about this controller; else NULL. */
static const struct selftest_action *action_of(const struct selftest_controller *c)
{
	const struct selftest *t = c->test;
	/* The other controller advertises meanwhile. */
	const bool all = t->step && t->step->kind == SELFTEST_LISTEN;

	return t->step && (all || t->step->on == c->index || t->step->with == c->index)
		       ? selftest_action(t->step->kind)
		       : NULL;
}

static void up(void *ctx)
{
	struct selftest_controller *c = ctx;
	const struct selftest_action *action = action_of(c);

	if (!c->was_up) {
		c->bring_up_ms = (double)(clock_now() - c->began) / 1e3;
		c->info = c->controller.bringup.controller;
		c->was_up = true;
	}
	c->state = SELFTEST_UP;
	if (action && action->up)
		action->up(c->test);
	selftest_go_on(c->test);
}

static void on_gap_event(void *ctx, const struct hci_gap_event *h, const struct hci_input *input)
{
	struct selftest_controller *c = ctx;
	const struct selftest_action *action = action_of(c);

	if (action && action->on_gap_event)
		action->on_gap_event(c->test, c, h, input);
	else if (h->kind == HCI_GAP_CONNECTED && h->link)
		hci_gap_disconnect(&c->controller.gap, h->link, HCI_REMOTE_USER_TERMINATED);
	if (c->link == SELFTEST_LINKED && h->kind != HCI_GAP_CONNECTED)
		session_on_gap_event(&c->session, h);
}

static void data(void *ctx, struct hci_link *link, uint8_t pb, const uint8_t *octets, size_t len)
{
	struct selftest_controller *c = ctx;

	if (c->link == SELFTEST_LINKED)
		session_data(&c->session, link, pb, octets, len);
}

static void on_idle(void *ctx)
{
	struct selftest_controller *c = ctx;
	const struct selftest_action *action = action_of(c);

	if (c->link == SELFTEST_LINKED)
		session_idle(&c->session);
	if (action && action->on_idle)
		action->on_idle(c->test);
}

static void packet(void *ctx, bool received, const uint8_t *octets, size_t len)
{
	struct selftest_controller *c = ctx;
	const struct selftest_action *action = action_of(c);

	if (!received && !c->began)
		c->began = clock_now();
	if (action && action->packet)
		action->packet(c->test, received, octets, len);
}

/* The step cannot end by itself any more. */
static void lose(struct selftest_controller *c, const char *text)
{
	struct selftest *t = c->test;
	const struct selftest_action *action = action_of(c);

	selftest_unlink(c);
	if (!action)
		return;
	if (action->lost)
		action->lost(t, text);
	else
		selftest_fail(t, "%s: %s", selftest_letter(c->index), text);
}

static enum remedy sick(void *ctx, const char *text)
{
	struct selftest_controller *c = ctx;
	bool again;

	if (c->reset_wanted) {
		c->reset_wanted = false;
		return c->test->over ? REMEDY_NONE : REMEDY_RESET;
	}
	c->state = SELFTEST_COMING_UP;
	lose(c, text);
	again = !c->test->over && c->recoveries++ < SELFTEST_RECOVERIES;
	return again ? REMEDY_RESET : REMEDY_NONE;
}

/* Pulled out. Without a step that waits for it, it is gone: failed() follows. */
static bool pulled_out(void *ctx, const char *text)
{
	struct selftest_controller *c = ctx;
	const struct selftest_action *action = action_of(c);

	(void)text;
	if (!action || !action->pulled_out || !action->pulled_out(c->test))
		return false;
	c->state = SELFTEST_COMING_UP;
	return true;
}

static void late(void *ctx, const char *text)
{
	struct selftest_controller *c = ctx;
	const struct selftest_action *action = action_of(c);

	if (action && action->late) {
		action->late(c->test, text);
		return;
	}
	/* It went away in another step, or between two. */
	lose(c, text);
	selftest_give_up(c, text);
	selftest_go_on(c->test);
}

static void failed(void *ctx, enum cli_exit code, const char *text)
{
	struct selftest_controller *c = ctx;

	c->state = SELFTEST_GONE;
	(void)failure_set(&c->failure, code, "%s", text);
	if (!c->was_up)
		c->info = c->controller.bringup.controller;
	c->test->cancelled |= code == CLI_CANCELLED;
	lose(c, text);
	selftest_go_on(c->test);
}

void selftest_open(struct selftest_controller *c)
{
	static struct controller_user user = {.up = up,
					      .on_gap_event = on_gap_event,
					      .data = data,
					      .on_idle = on_idle,
					      .failed = failed,
					      .sick = sick,
					      .packet = packet};

	/* Otherwise remedies for one that is gone would hide that it is. */
	user.lost = c->test->options->selftest->replug ? pulled_out : NULL;
	user.late = c->test->options->selftest->replug ? late : NULL;

	const struct controller_setup setup = {
		.spec = c->spec,
		.capture = *c->capture ? c->capture : NULL,
		.events = &c->events,
		.user = &user,
		.ctx = c,
	};

	runtime_open(&c->test->runtime, &c->controller, &setup);
}

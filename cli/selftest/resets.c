/* SPDX-License-Identifier: MIT */
/* HCI Reset, many times: each must be answered (Core Vol 4 Part E 7.3.2), in any state. */
#include "crypto/bytes.h"
#include "hci/error.h"
#include "selftest/internal.h"

static void reset(struct selftest *t)
{
	struct controller *c = &selftest_on(t)->controller;

	t->reset_answered = false;
	(void)hci_host_command(&c->host, HCI_RESET, NULL, 0);
	controller_flush(c);
}

static void start(struct selftest *t)
{
	t->step->resets = t->options->selftest->resets;
	reset(t);
}

static void packet(struct selftest *t, bool received, const uint8_t *p, size_t len)
{
	if (!received) {
		if (len >= 3 && p[0] == HCI_COMMAND && bytes_get_le16(p + 1) == HCI_RESET)
			t->reset_sent = clock_now();
	} else if (len >= 7 && p[0] == HCI_EVENT && p[1] == HCI_COMMAND_COMPLETE &&
		   bytes_get_le16(p + 4) == HCI_RESET && !t->reset_answered) {
		t->reset_answered = true;
		t->reset_status = p[6];
		if (p[6] == HCI_SUCCESS)
			t->reset_ms[t->step->answered++] =
				(double)(clock_now() - t->reset_sent) / 1e3;
	}
}

static void take_times(struct selftest_step *step, struct selftest *t)
{
	step->reset_ms = selftest_times_of(t->reset_ms, step->answered);
}

static void on_idle(struct selftest *t)
{
	struct selftest_step *step = t->step;

	if (!t->reset_answered)
		return;
	if (t->reset_status == HCI_SUCCESS && step->answered < step->resets) {
		reset(t);
		return;
	}
	take_times(step, t);
	if (t->reset_status != HCI_SUCCESS) {
		selftest_fail(t, "%u of %u succeeded, then: %s (0x%02x)", step->answered,
			      step->resets, hci_error_name(t->reset_status), t->reset_status);
		return;
	}
	/* What the bring-up has set is lost. */
	selftest_recover(selftest_on(t));
	selftest_end(t, SELFTEST_PASSED,
		     "%u of %u answered: min %.2f ms, median %.2f ms, max %.2f ms", step->answered,
		     step->resets, step->reset_ms.min, step->reset_ms.median, step->reset_ms.max);
}

static void lost(struct selftest *t, const char *text)
{
	take_times(t->step, t);
	selftest_fail(t, "%u of %u answered, then: %s", t->step->answered, t->step->resets, text);
}

const struct selftest_action selftest_resets = {
	.start = start, .on_idle = on_idle, .packet = packet, .lost = lost};

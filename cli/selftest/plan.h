/* SPDX-License-Identifier: MIT */
/* The steps of a self-test in their order, and what is known of each when it has ended. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "selftest/model.h"
#include "selftest/times.h"

#define SELFTEST_CONTROLLERS 2
#define SELFTEST_NOBODY	     SELFTEST_CONTROLLERS
#define SELFTEST_RESETS_MAX  1000
#define SELFTEST_STEPS	     64 /* at most */
#define SELFTEST_TEXT	     640

enum selftest_kind {
	SELFTEST_BRING_UP,
	SELFTEST_RESETS, /* HCI Reset, many times */
	SELFTEST_LISTEN, /* scan, and count advertisements */
	SELFTEST_PAIR,	 /* two controllers with each other */
	SELFTEST_GOLDEN, /* with a unit whose properties are known */
	SELFTEST_REPLUG, /* pulled out, and plugged in again */
	SELFTEST_KINDS
};

enum selftest_verdict { SELFTEST_OPEN, SELFTEST_PASSED, SELFTEST_FAILED, SELFTEST_SKIPPED };

#define SELFTEST_RSSI_UNKNOWN 127 /* Core Vol 4 Part E 7.7.65.2 */

struct selftest_step {
	enum selftest_kind kind;
	unsigned on;			    /* the controller; in a pairing, the central */
	unsigned with;			    /* PAIR: the peripheral, or SELFTEST_NOBODY */
	const struct selftest_model *model; /* PAIR */

	enum selftest_verdict verdict;
	char text[SELFTEST_TEXT]; /* what was measured, or why it failed or was skipped */

	/* Of its kind; 0: not measured. */
	double bring_up_ms;
	unsigned resets, answered;
	struct selftest_times reset_ms;
	double seconds;
	unsigned advertisements, devices;
	int8_t rssi; /* of the other controller, or of the golden unit; SELFTEST_RSSI_UNKNOWN */
	double connect_ms, pair_ms;
	unsigned attempts; /* links that were set up until one was established */
};

struct selftest_plan {
	struct selftest_step steps[SELFTEST_STEPS];
	size_t count;
};

/* controllers: 1 or 2. golden, replug: with these steps, at the end. */
void selftest_plan(struct selftest_plan *plan, unsigned controllers, bool golden, bool replug);

/* "bring_up", "resets", "listen", "pair", "golden", "replug". */
const char *selftest_kind_name(enum selftest_kind kind);
/* "passed", "failed", "skipped". */
const char *selftest_verdict_name(enum selftest_verdict verdict);
/* The step for people: "resets", "SC Just Works". */
const char *selftest_title(const struct selftest_step *step);
/* "A", "B". */
const char *selftest_letter(unsigned controller);

/* How many steps of a kind (SELFTEST_KINDS: any) have this verdict; with on: that have the
 * controller as on; SELFTEST_NOBODY: any. */
unsigned selftest_count(const struct selftest_plan *plan, enum selftest_kind kind,
			enum selftest_verdict verdict, unsigned on);

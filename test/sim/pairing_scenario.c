/* SPDX-License-Identifier: MIT */
#include "sim/pairing_scenario.h"

#include <stdio.h>
#include <string.h>

const struct pairing_scenario pairing_scenarios[PAIRING_SCENARIOS] = {
	{"legacy Just Works", "--sc off --io none", false, IO_NONE, JUST_WORKS, false},
	{"legacy passkey, blepair shows", "--sc off --io display", false, IO_KEYBOARD, PASSKEY,
	 false},
	{"legacy passkey, blepair's user types", "--sc off --io keyboard", false, IO_DISPLAY,
	 PASSKEY, true},
	{"legacy passkey, both type", "--sc off --io keyboard", false, IO_KEYBOARD, PASSKEY, true},
	{"legacy out of band", "--sc off --io none", false, IO_NONE, OUT_OF_BAND, false},
	{"Just Works", "--sc only --io none", true, IO_NONE, JUST_WORKS, false},
	{"numeric comparison", "--sc only --io display-yesno", true, IO_YES_NO, COMPARISON, true},
	{"passkey, blepair shows", "--sc only --io display", true, IO_KEYBOARD, PASSKEY, false},
	{"passkey, blepair's user types", "--sc only --io keyboard", true, IO_DISPLAY, PASSKEY,
	 true},
	{"passkey, both type", "--sc only --io keyboard", true, IO_KEYBOARD, PASSKEY, true},
	{"out of band, blepair has data", "--sc only --io none", true, IO_NONE, OUT_OF_BAND, false},
	{"out of band, both have data", "--sc only --io none --oob-own -", true, IO_NONE,
	 OUT_OF_BAND, false},
};

static bool own_data(const struct pairing_scenario *scenario)
{
	return strstr(scenario->options, "--oob-own") != NULL;
}

void pairing_scenario_begin(const struct pairing_scenario *scenario, bool program_is_central,
			    struct reference_peer *p)
{
	run_scenario_begin(p, program_is_central);
	p->io = scenario->io;
	p->method = scenario->method;
	if (scenario->secure)
		p->auth |= AUTH_SC;
	if (scenario->io != IO_NONE)
		p->auth |= AUTH_MITM;
	/* The legacy flag means "I have it"; the other one "I have yours". */
	p->oob = scenario->method == OUT_OF_BAND && (!scenario->secure || own_data(scenario));
}

void pairing_scenario_start(const struct pairing_scenario *scenario, struct reference_peer *p,
			    const char *more)
{
	char data[96];
	const char *oob = "";

	if (scenario->method == OUT_OF_BAND)
		oob = scenario->secure ? reference_peer_oob(p, data) : run_scenario_tk(p);
	run_scenario_start(p, "%s%s%s%s%s", scenario->options,
			   *oob ? scenario->secure ? " --oob " : " " : "", oob, *more ? " " : "",
			   more);
	if (own_data(scenario))
		reference_peer_take_oob(p);
}

unsigned pairing_scenario_length(const struct pairing_scenario *scenario, bool program_is_central)
{
	struct reference_peer p;

	pairing_scenario_begin(scenario, program_is_central, &p);
	pairing_scenario_start(scenario, &p, "");
	assert_true(reference_peer_pair(&p));
	if (p.initiates)
		raw_peer_disconnect(p.raw, 0x13);
	run_scenario_end(&p);
	assert_string_equal(verdict.class, "ok");
	return p.sent;
}

unsigned pairing_scenario_next(const struct pairing_scenario *scenario, unsigned nth)
{
	/* 1 features, 2 public key, 3 and 4 the first round. */
	const unsigned third = 3 + 2 * 2, last = 3 + 2 * 19;

	nth++;
	if (scenario->secure && scenario->method == PASSKEY && nth >= third && nth < last)
		return last;
	return nth;
}

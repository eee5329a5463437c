/* SPDX-License-Identifier: MIT */
#include "cli/explain/runs.h"

static void stop(struct reference_peer *p, uint8_t *pdu)
{
	if (pdu[0] != run->at)
		return;
	p->stopped = true;
	longjmp(p->stop, 1);
}

static void play_steps(void)
{
	const struct pairing_scenario *way = &pairing_scenarios[run->way];

	pairing_scenario_begin(way, central, &peer);
	peer.gives_up = true;
	peer.alter = run->at ? stop : run->alter;
	if (run->prepare)
		run->prepare();
	pairing_scenario_start(way, &peer, run->options ? run->options : "");
	(void)reference_peer_pair(&peer);
	if (run->at) {
		assert_true(peer.stopped);
		peer.alter = NULL; /* later PDUs are sent as they are */
	}
	if (run->reason)
		reference_peer_fail(&peer, run->reason);
	if (run->then_do)
		run->then_do();
	else if (peer.initiates && peer.raw->link)
		raw_peer_disconnect(peer.raw, 0x13);
	run_scenario_end(&peer);
}

void play_run(void)
{
	if (run->play)
		run->play();
	else
		play_steps();
}

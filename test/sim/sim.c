/* SPDX-License-Identifier: MIT */
#include "sim/sim.h"

#include <stdarg.h>
#include <stdio.h>

struct sim sim;

int sim_begin(void **state)
{
	(void)state;
	if (crypto_init())
		return -1;
	sim.broken = false;
	world_begin();
	air_begin();
	sim_controllers_begin();
	sim_controller_add(&sim.controller, "sim:0", raw_peer_address(SIM_ADDRESS).octets);
	raw_peer_begin(&sim.peer, RAW_PEER_ADDRESS);
	return 0;
}

int sim_end(void **state)
{
	(void)state;
	program_end();
	world_end();
	return 0;
}

static const char *words(const char *format, va_list arguments)
{
	static char text[1024];

	(void)vsnprintf(text, sizeof(text), format, arguments);
	return text;
}

void sim_pair(const char *format, ...)
{
	va_list arguments;
	char peer[32];

	va_start(arguments, format);
	const char *options = words(format, arguments);
	va_end(arguments);
	program_start("%s%s%s", options, *options ? " " : "",
		      raw_peer_text(&sim.peer.air.address, peer));
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
}

void sim_listen(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	const char *options = words(format, arguments);
	va_end(arguments);
	program_start("listen%s%s", *options ? " " : "", options);
	(void)program_expect("advertising", RAW_PEER_PATIENCE);
	raw_peer_connect(&sim.peer, &sim.controller.air.address);
}

int sim_ends(void)
{
	/* Longer than any wait of the program: its own limit is 60 s. */
	int code = program_ends(100 * WORLD_S);

	assert_false(sim.controller.open);
	assert_true(sim.controller.clean || sim.controller.vanished || sim.broken);
	return code;
}

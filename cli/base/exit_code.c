/* SPDX-License-Identifier: MIT */
#include "base/exit_code.h"

static const struct {
	const char *slug, *meaning;
} exits[CLI_EXIT_COUNT] = {
	[CLI_OK] = {"ok", "paired, or done as requested"},
	[CLI_INTERNAL] = {"internal", "this machine failed: memory, cryptography or a file"},
	[CLI_USAGE] = {"usage", "the command line, or a file that it names, is not valid"},
	[CLI_NO_CONTROLLER] = {"no_controller",
			       "there is no such controller, or it does not answer"},
	[CLI_CONTROLLER_BUSY] = {"controller_busy",
				 "another program or the kernel uses the controller"},
	[CLI_PERMISSION] = {"permission", "no permission to use the controller or a file"},
	[CLI_NOT_FOUND] = {"not_found", "the peer was not seen"},
	[CLI_CONNECTION_FAILED] = {"connection_failed",
				   "the link could not be established, or was lost"},
	[CLI_PEER_REFUSED] = {"peer_refused",
			      "the peer ended the pairing; reason_code has its reason"},
	[CLI_WE_REFUSED] =
		{"we_refused",
		 "a check failed or your policy forbids it; nothing unsafe was accepted"},
	[CLI_TIMED_OUT] = {"timed_out", "the peer or the user did not answer in time"},
	[CLI_CANCELLED] = {"cancelled", "you cancelled it"},
	[CLI_BOND_LOST] = {"bond_lost", "the peer no longer has the bond"},
	[CLI_CONTROLLER_FAILED] = {"controller_failed",
				   "the controller failed or disappeared during use"},
	[CLI_CONTROLLER_BLOCKED] = {"controller_blocked", "rfkill blocks the controller"},
	[CLI_EXPLAINED] = {"explained", "explain found and explained a failure in the capture"},
	[CLI_NOTHING_FOUND] = {"nothing_found",
			       "explain found no pairing and no encryption in the capture"},
	[CLI_UNITS_FAILED] = {"units_failed", "some units of a batch were not paired"},
	[CLI_STOPPED] = {"stopped", "a batch was stopped: too many units failed in a row"},
};

const char *cli_exit_slug(enum cli_exit code)
{
	return exits[code].slug;
}

const char *cli_exit_meaning(enum cli_exit code)
{
	return exits[code].meaning;
}

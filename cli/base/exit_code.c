/* SPDX-License-Identifier: MIT */
#include "base/exit_code.h"

static const struct {
	const char *slug, *meaning;
} exits[CLI_EXIT_COUNT] = {
	[CLI_OK] = {"ok", "paired, or what was asked for is done"},
	[CLI_INTERNAL] = {"internal", "blepair itself failed: memory, cryptography, a file"},
	[CLI_USAGE] = {"usage", "the command line or a file that it names is not right"},
	[CLI_NO_CONTROLLER] = {"no_controller",
			       "there is no such controller, or it does not answer"},
	[CLI_CONTROLLER_BUSY] = {"controller_busy", "another program holds the controller"},
	[CLI_PERMISSION] = {"permission", "not allowed to use the controller or a file"},
	[CLI_NOT_FOUND] = {"not_found", "the peer was not seen"},
	[CLI_CONNECTION_FAILED] = {"connection_failed",
				   "the link could not be established, or was lost"},
	[CLI_PEER_REFUSED] = {"peer_refused", "the peer ended the pairing: reason_code says why"},
	[CLI_WE_REFUSED] =
		{"we_refused",
		 "a check failed or your policy forbids it: nothing unsafe was accepted"},
	[CLI_TIMED_OUT] = {"timed_out", "the peer or the user did not answer in time"},
	[CLI_CANCELLED] = {"cancelled", "you cancelled it"},
	[CLI_BOND_LOST] = {"bond_lost", "the peer no longer has the bond: pair again"},
	[CLI_CONTROLLER_FAILED] = {"controller_failed",
				   "the controller failed or went away while in use"},
	[CLI_CONTROLLER_BLOCKED] = {"controller_blocked", "rfkill blocks the controller"},
	[CLI_EXPLAINED] = {"explained",
			   "explain: something failed in the capture; it was explained"},
	[CLI_NOTHING_FOUND] = {"nothing_found",
			       "explain: the capture holds no pairing and no encryption"},
	[CLI_UNITS_FAILED] = {"units_failed", "some units of a batch were not paired"},
	[CLI_STOPPED] = {"stopped", "too many units of a batch failed in a row: it was stopped"},
};

const char *cli_exit_slug(enum cli_exit code)
{
	return exits[code].slug;
}

const char *cli_exit_meaning(enum cli_exit code)
{
	return exits[code].meaning;
}

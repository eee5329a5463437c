/* SPDX-License-Identifier: MIT */
#include "base/exit_code.h"

#include <errno.h>

static const struct {
	const char *slug, *meaning;
} exits[CLI_EXIT_COUNT] = {
	[CLI_OK] = {"ok", "paired, or done as requested"},
	[CLI_INTERNAL] =
		{"internal",
		 "this machine failed: disk full, write error, memory, closed output, a hook"},
	[CLI_USAGE] = {"usage",
		       "the command line, or a file that it names, is not valid or does not "
		       "exist, or it names several peers"},
	[CLI_NO_CONTROLLER] =
		{"no_controller",
		 "there is no such controller, it does not answer, or it lacks firmware or what "
		 "--phy demands"},
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
	[CLI_EXPLAINED] =
		{"explained",
		 "explain found and explained a failure in the capture; so did watch --count"},
	[CLI_NOTHING_FOUND] = {"nothing_found",
			       "explain found no pairing and no encryption in the capture"},
	[CLI_UNITS_FAILED] = {"units_failed", "some units of a batch were not paired"},
	[CLI_STOPPED] = {"stopped", "a batch was stopped: too many units failed in a row"},
	[CLI_UNFINISHED] = {"unfinished", "explain found no failure, but the capture ends before "
					  "an attempt ended"},
	[CLI_NOT_A_CAPTURE] = {"not_a_capture",
			       "explain cannot read the format, or found no packet in a text"},
	[CLI_EMPTY] = {"empty", "the capture holds no packet"},
	[CLI_TEST_FAILED] = {"test_failed", "a step of selftest failed; its line says why"},
	[CLI_HOOK_FAILED] = {"hook_failed",
			     "paired, or the bond works, but the command of --while-connected "
			     "failed"},
	[CLI_WRONG_ATTRIBUTE] = {"wrong_attribute",
				 "an attribute of the peer has another value than expected, or "
				 "could not be read or written"},
	[CLI_UNPROTECTED] = {"unprotected",
			     "the peer gives away an attribute that it must protect"},
};

const char *cli_exit_slug(enum cli_exit code)
{
	return exits[code].slug;
}

const char *cli_exit_meaning(enum cli_exit code)
{
	return exits[code].meaning;
}

enum cli_exit cli_exit_of_errno(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
	case EROFS:
		return CLI_PERMISSION;
	case EBADF: /* /dev/fd/9 */
	case EEXIST:
	case EINVAL:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case ENODEV:
	case ENOENT:
	case ENOTDIR:
	case ENXIO: /* a socket */
		return CLI_USAGE;
	default:
		return CLI_INTERNAL;
	}
}

/* SPDX-License-Identifier: MIT */
/* The exit codes of blepair. They are stable; a test compares them with docs/exit-codes.md. */
#pragma once

enum cli_exit {
	CLI_OK = 0,
	CLI_INTERNAL = 1,
	CLI_USAGE = 2,
	CLI_NO_CONTROLLER = 3,
	CLI_CONTROLLER_BUSY = 4,
	CLI_PERMISSION = 5,
	CLI_NOT_FOUND = 6,
	CLI_CONNECTION_FAILED = 7,
	CLI_PEER_REFUSED = 8,
	CLI_WE_REFUSED = 9,
	CLI_TIMED_OUT = 10,
	CLI_CANCELLED = 11,
	CLI_BOND_LOST = 12,
	CLI_CONTROLLER_FAILED = 13,
	CLI_CONTROLLER_BLOCKED = 14,
	CLI_EXPLAINED = 15,
	CLI_NOTHING_FOUND = 16,
	CLI_UNITS_FAILED = 17,
	CLI_STOPPED = 18,
	CLI_UNFINISHED = 19,
	CLI_NOT_A_CAPTURE = 20,
	CLI_EMPTY = 21,
	CLI_TEST_FAILED = 22,
	CLI_HOOK_FAILED = 23,
	CLI_WRONG_ATTRIBUTE = 24,
	CLI_UNPROTECTED = 25,
	CLI_EXIT_COUNT
};

/*
 * The code for a system call that failed with that errno on a file of the user: CLI_USAGE when the
 * name is wrong, CLI_PERMISSION when access is not permitted, else CLI_INTERNAL.
 */
enum cli_exit cli_exit_of_errno(int error);

/* The "class" in JSON, and the meaning for people; never NULL. */
const char *cli_exit_slug(enum cli_exit code);
const char *cli_exit_meaning(enum cli_exit code);

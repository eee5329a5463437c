/* SPDX-License-Identifier: MIT */
/* The helper process of --hook (runtime/hook.h): it starts the commands, and reports how they end.
 */
#pragma once

#include <stdint.h>

#include "base/failure.h"

/* What it sends for each command. */
struct hook_report {
	int32_t end, code; /* enum hook_end */
};

/*
 * fd: a socket of type SOCK_SEQPACKET. Sends a struct failure, exit CLI_OK: it is ready; then takes
 * one JSON text a message, and answers each by a struct hook_report. Ends with the socket, and
 * leaves a command that runs its time.
 */
_Noreturn void hook_process(int fd, const char *command, double seconds);

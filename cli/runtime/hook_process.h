/* SPDX-License-Identifier: MIT */
/* The helper process of runtime/hook.h: it starts the commands, and reports how they end. */
#pragma once

#include <stdint.h>

#include "base/failure.h"
#include "runtime/hook.h"

/* What it is sent: this, then for HOOK_START the environment, then what standard input has. */
struct hook_message {
	enum hook_order { HOOK_START, HOOK_KILL } order;
	uint32_t id;	      /* of the command */
	uint32_t environment; /* octets */
};
#define HOOK_MESSAGE_MAX (sizeof(struct hook_message) + (size_t)2 * HOOK_INPUT_MAX)

/* What it sends when a command has ended. */
struct hook_report {
	uint32_t id;
	int32_t end, code; /* enum hook_end */
};

/*
 * fd: a socket of type SOCK_SEQPACKET. Sends a struct failure, exit CLI_OK: it is ready; then takes
 * messages, and answers each HOOK_START by a struct hook_report, also after HOOK_KILL. Ends with
 * the socket, and leaves commands that run their time, or kills them: see struct hook_setup.
 */
_Noreturn void hook_process(int fd, const struct hook_setup *setup);

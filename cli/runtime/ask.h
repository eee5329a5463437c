/* SPDX-License-Identifier: MIT */
/* A question of a command that runs no loop: before it does what cannot be undone. */
#pragma once

#include "base/exit_code.h"
#include "output/event.h"

/*
 * Asks the person at the terminal, for PROMPT_LIMIT_US; see console_has_person(). text: the
 * question, with its mark. CLI_OK: yes. CLI_CANCELLED: no, the end of standard input, or a signal.
 * CLI_TIMED_OUT: no answer. CLI_INTERNAL: it cannot be asked.
 */
enum cli_exit ask_person(struct event_output *events, const char *text);

/* SPDX-License-Identifier: MIT */
/* The event "info", a controller, as text for people. */
#pragma once

#include "output/event.h"

/*
 * Prints it on standard output: what matters for pairing comes first, and what is not known is left
 * out. The event is clean (base/text.h).
 */
void info_text_show(const struct event_output *events, json_t *event);

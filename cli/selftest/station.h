/* SPDX-License-Identifier: MIT */
/* Inside of cli/selftest only: the controllers of a self-test in the event loop. */
#pragma once

#include "selftest/internal.h"

/* What a kind of step does. */
const struct selftest_action *selftest_action(enum selftest_kind kind);

void selftest_open(struct selftest_controller *c);

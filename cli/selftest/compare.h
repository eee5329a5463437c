/* SPDX-License-Identifier: MIT */
/* Compares what both ends of a pairing have of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "selftest/model.h"

/*
 * True: both have the keys that the other one distributed, and the method, the kind, the rating and
 * the key size of the model. False: text is the first difference, a clause that names no key.
 */
bool selftest_compare(const struct selftest_model *model, const struct smp_bond *central,
		      const struct smp_bond *peripheral, char *text, size_t size);

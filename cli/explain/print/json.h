/* SPDX-License-Identifier: MIT */
/* A verdict as JSON: the fields of docs/json.md, event "explained". Each returns a new reference.
 */
#pragma once

#include <jansson.h>

#include "checks/verdict.h"

/* All of it. Without show_keys it has no keys, and no value that leads to one. */
json_t *print_json(const struct explain_verdict *verdict, bool show_keys);

/* The findings alone: an array. */
json_t *print_json_findings(const struct explain_verdict *verdict);

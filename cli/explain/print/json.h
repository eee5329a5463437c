/* SPDX-License-Identifier: MIT */
/* A verdict as JSON: the fields of docs/json.md, "attempt". */
#pragma once

#include <jansson.h>

#include "checks/verdict.h"

/* A new reference. Keys are in it only with show_keys. */
json_t *print_json(const struct explain_verdict *verdict, bool show_keys);

/* Only what was found: an array. */
json_t *print_json_findings(const struct explain_verdict *verdict);

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

/*
 * What a result has room for: how the attempt ended ("text", "by"), the cause and what to do
 * ("check", "cause", "fix"), and at most PRINT_JSON_FINDINGS findings. It never has a key.
 */
#define PRINT_JSON_FINDINGS 8
json_t *print_json_verdict(const struct explain_verdict *verdict);

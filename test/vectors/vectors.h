/* SPDX-License-Identifier: MIT */
/* smp_vectors.json, whose readme states origin and byte order; here all becomes wire order. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* The member of the file; fails the test when it is not there. Borrowed. */
const json_t *vectors(const char *member);

/* Parses text, most significant octet first unless name ends in _wire. Octets, 0: not there. */
size_t vector_text(const char *name, const char *text, uint8_t *out, size_t max);

/* The same of a member of an object. */
size_t vector_hex(const json_t *object, const char *name, uint8_t *out, size_t max);

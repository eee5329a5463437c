/* SPDX-License-Identifier: MIT */
#include "vectors/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *root;

static void forget(void)
{
	json_decref(root);
}

const json_t *vectors(const char *member)
{
	json_error_t error;

	if (!root) {
		root = json_load_file(VECTORS, 0, &error);
		(void)atexit(forget);
	}
	const json_t *found = json_object_get(root, member);
	if (!found) {
		fprintf(stderr, "%s has no %s\n", VECTORS, member);
		abort();
	}
	return found;
}

size_t vector_text(const char *name, const char *text, uint8_t *out, size_t max)
{
	size_t len = strlen(text) / 2, tail = strlen(name);
	bool wire = tail >= 5 && strcmp(name + tail - 5, "_wire") == 0;

	if (len > max)
		abort();
	for (size_t i = 0; i < len; i++) {
		const char pair[3] = {text[2 * i], text[2 * i + 1], 0};
		out[wire ? i : len - 1 - i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return len;
}

size_t vector_hex(const json_t *object, const char *name, uint8_t *out, size_t max)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text ? vector_text(name, text, out, max) : 0;
}

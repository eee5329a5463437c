/* SPDX-License-Identifier: MIT */
/*
 * The results of a run as a JUnit file, which CI systems show: a case for each pairing, unit, bond
 * or step of a self-test. It holds no keys.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/failure.h"

struct junit {
	const char *command; /* "pair": the class of its cases */
	json_t *cases;	     /* a list */
	char why[600];	     /* of our own explanation, for the next failure */
	bool failed;	     /* of any case */
};

/* 0, or -1 without memory. command is borrowed. */
int junit_init(struct junit *junit, const char *command);
void junit_free(struct junit *junit);

/* Takes what the event says of a case; others are ignored. */
void junit_event(struct junit *junit, const json_t *event);

void junit_print(const struct junit *junit, FILE *out);

/* Writes the file whole, or not at all. 0, or -1 with failure. */
int junit_write(const struct junit *junit, const char *path, struct failure *failure);

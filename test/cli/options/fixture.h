/* SPDX-License-Identifier: MIT */
/* Command lines, for the tests of options/. */
#pragma once

#include "cli/streams.h"
#include "options/options.h"
#include "unit.h"

#define PEER "C4:7C:8D:11:22:33"

/* Of the last command line. */
extern struct options o;

/* Parses a command line whose words are separated by blanks; "''" is an empty word. */
int parse(const char *line);
void accepts(const char *line);
/* One line on stderr that names what is wrong and what was expected. */
void refuses(const char *line, const char *why);

int start(void **state);
/* Of a group: in every test, standard input and error are not a terminal. */
int without_terminal(void **state);

/* SPDX-License-Identifier: MIT */
/*
 * Whether an operation leaves a key on the stack or in memory that it frees. The test must be
 * linked with the wrappers KEY_SEARCH_CALLS of test/CMakeLists.txt.
 */
#pragma once

#include "unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The key to look for: as octets, as text, and as text in wire order. */
extern uint8_t key[16];
extern char key_text[33], wire_text[33];

/* Draws a key; before each test. 0 or -1. The second: after each test. */
int key_search_start(void);
void key_search_end(void);

/* How often memory was freed that held the key, while watch_freed was true. */
extern bool watch_freed;
extern size_t keys_freed;

/* Runs an operation on a stack of its own, which is searched afterwards. */
bool leaves_key_on_stack(void (*operation)(void));
#define LEAVES_NO_KEY(operation)                                              \
	do {                                                                  \
		if (leaves_key_on_stack(operation))                           \
			fail_msg("%s leaves a key on the stack", #operation); \
	} while (0)

/* Whether the key is anywhere on the heap. */
bool heap_holds_key(void);

/* How often the key is in static variables, also those of the test. */
size_t static_copies_of_key(void);

/* Whether an operation that is repeated uses more and more memory. */
bool loses_memory(void (*operation)(void));

/*
 * Call first in main(): restarts the program with all functions bound. Binding one at its first
 * call would save registers, which may hold keys, on the stack.
 */
void bind_functions_now(char *argv[]);

/* SPDX-License-Identifier: MIT */
/*
 * A harness is one file, fuzz/NAME.c, that defines the two functions below, and one line fuzz(NAME
 * LIBS
 * ...) in CMakeLists.txt. It is built as the unit test fuzz/NAME, which runs the seeds and inputs
 * near them with any compiler, and as a program for libFuzzer, which scripts/fuzz runs.
 *
 * A harness fails by insist(), by cmocka's assertions, or by a sanitizer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The maximum length of a seed; inputs of libFuzzer have at most a quarter of it. */
#define FUZZ_INPUT_MAX 65536

/* Runs one input; returns 0. Resets all state first. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Calls seed() with each seed: a valid input of each kind, made here. */
typedef void fuzz_seed(const void *data, size_t len);
void fuzz_seeds(fuzz_seed *seed);

/* Stored seeds: calls seed() with each file of the folder, by name; fails without any. */
void fuzz_seed_files(fuzz_seed *seed, const char *folder);

/* Ends the program, with file and line, when the condition is false. */
#define insist(condition) ((condition) ? (void)0 : fuzz_failed(#condition, __FILE__, __LINE__))
void fuzz_failed(const char *condition, const char *file, int line) __attribute__((noreturn));

/* An input, read from the front; past its end all octets are zero. */
struct fuzz_input {
	const uint8_t *data;
	size_t len;
};

uint8_t fuzz_u8(struct fuzz_input *in);
uint16_t fuzz_u16(struct fuzz_input *in);
/* Fills len octets. */
void fuzz_take(struct fuzz_input *in, void *out, size_t len);
/* Exactly len octets on the heap, so that a sanitizer detects every access beyond. */
uint8_t *fuzz_alloc(struct fuzz_input *in, size_t len);
/* The rest as zero-terminated text, on the heap. */
char *fuzz_text(struct fuzz_input *in);

/* Writes the data to an unnamed file; returns a path to it, valid until the next call. */
const char *fuzz_file(const void *data, size_t len);

/* Suppress output between the two calls, except that of sanitizers and insist(). */
void fuzz_hush(void);
void fuzz_speak(void);

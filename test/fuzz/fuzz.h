/* SPDX-License-Identifier: MIT */
/*
 * A harness is one file, fuzz/NAME.c, that has the two functions below, and one line fuzz(NAME LIBS
 * ...) in CMakeLists.txt. Of it come the unit test fuzz/NAME, which runs the seeds and what lies
 * around them under any compiler, and a program for libFuzzer, which scripts/fuzz runs.
 *
 * A harness fails by insist(), by cmocka's assertions, or by whatever a sanitizer sees.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest seed; libFuzzer's inputs are a quarter of it at most. */
#define FUZZ_INPUT_MAX 65536

/* Runs one input; returns 0. Everything it keeps is reset at its beginning. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Calls seed() with each input to begin with: valid ones, one of each kind. Made, not stored. */
typedef void fuzz_seed(const void *data, size_t len);
void fuzz_seeds(fuzz_seed *seed);

/* What cannot be made is stored: calls seed() with each file of the folder, by name; none is an
 * error. */
void fuzz_seed_files(fuzz_seed *seed, const char *folder);

/* Ends the program with the place when it does not hold. */
#define insist(condition) ((condition) ? (void)0 : fuzz_failed(#condition, __FILE__, __LINE__))
void fuzz_failed(const char *condition, const char *file, int line) __attribute__((noreturn));

/* An input, taken from its front; at its end all is zero. */
struct fuzz_input {
	const uint8_t *data;
	size_t len;
};

uint8_t fuzz_u8(struct fuzz_input *in);
uint16_t fuzz_u16(struct fuzz_input *in);
/* Fills len octets. */
void fuzz_take(struct fuzz_input *in, void *out, size_t len);
/* len octets on the heap, no more and no less, so that a sanitizer sees every step beyond. */
uint8_t *fuzz_alloc(struct fuzz_input *in, size_t len);
/* The rest as text that ends with zero, on the heap. */
char *fuzz_text(struct fuzz_input *in);

/* Text in a file of its own without a name; returns a path that leads there until the next call. */
const char *fuzz_file(const void *data, size_t len);

/* Nothing is printed in between; what sanitizers and insist() say comes through. */
void fuzz_hush(void);
void fuzz_speak(void);

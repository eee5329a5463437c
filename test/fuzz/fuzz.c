/* SPDX-License-Identifier: MIT */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Used by libFuzzer only: without cmocka there is no test to end. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return setenv("CMOCKA_TEST_ABORT", "1", 1);
}

void fuzz_failed(const char *condition, const char *file, int line)
{
	(void)dprintf(STDERR_FILENO, "%s:%d: it does not hold that %s\n", file, line, condition);
	abort();
}

void fuzz_take(struct fuzz_input *in, void *out, size_t len)
{
	size_t have = in->len < len ? in->len : len;

	memset(out, 0, len);
	if (have)
		memcpy(out, in->data, have);
	in->data += have;
	in->len -= have;
}

uint8_t fuzz_u8(struct fuzz_input *in)
{
	uint8_t value;
	fuzz_take(in, &value, 1);
	return value;
}

uint16_t fuzz_u16(struct fuzz_input *in)
{
	uint8_t octets[2];
	fuzz_take(in, octets, 2);
	return (uint16_t)(octets[0] | octets[1] << 8);
}

uint8_t *fuzz_alloc(struct fuzz_input *in, size_t len)
{
	uint8_t *octets = malloc(len ? len : 1);

	insist(octets);
	if (len)
		fuzz_take(in, octets, len);
	return octets;
}

char *fuzz_text(struct fuzz_input *in)
{
	size_t len = in->len;
	char *text = malloc(len + 1);

	insist(text);
	fuzz_take(in, text, len);
	text[len] = '\0';
	return text;
}

const char *fuzz_file(const void *data, size_t len)
{
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		insist(fd >= 0);
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	insist(ftruncate(fd, 0) == 0);
	insist(pwrite(fd, data, len, 0) == (ssize_t)len);
	return path;
}

static int is_named(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

void fuzz_seed_files(fuzz_seed *seed, const char *folder)
{
	static uint8_t data[FUZZ_INPUT_MAX];
	struct dirent **entries;
	int count = scandir(folder, &entries, is_named, alphasort);

	insist(count > 0);
	for (int i = 0; i < count; i++) {
		char path[PATH_MAX];
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		FILE *file = fopen(path, "re");
		insist(file);
		size_t len = fread(data, 1, sizeof(data), file);
		insist(len > 0 && fgetc(file) == EOF);
		(void)fclose(file);
		seed(data, len);
		free(entries[i]);
	}
	free(entries);
}

static FILE *out, *err;

void fuzz_hush(void)
{
	static FILE *nothing;

	if (!nothing) {
		nothing = fopen("/dev/null", "we");
		insist(nothing);
		out = stdout;
		err = stderr;
	}
	stdout = nothing;
	stderr = nothing;
}

void fuzz_speak(void)
{
	stdout = out;
	stderr = err;
}

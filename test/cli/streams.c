/* SPDX-License-Identifier: MIT */
#include "cli/streams.h"

#include <stdio.h>
#include <unistd.h>

#include "unit.h"

char streams_out[65536], streams_err[65536];
static FILE *files[2];
static int saved[2];

void streams_capture(void)
{
	for (int i = 0; i < 2; i++) {
		(void)fflush(i ? stderr : stdout);
		files[i] = tmpfile();
		saved[i] = dup(STDOUT_FILENO + i);
		assert_non_null(files[i]);
		assert_true(dup2(fileno(files[i]), STDOUT_FILENO + i) >= 0);
	}
}

void streams_restore(void)
{
	char *const texts[] = {streams_out, streams_err};

	for (int i = 0; i < 2; i++) {
		(void)fflush(i ? stderr : stdout);
		assert_true(dup2(saved[i], STDOUT_FILENO + i) >= 0);
		close(saved[i]);
		rewind(files[i]);
		texts[i][fread(texts[i], 1, sizeof(streams_out) - 1, files[i])] = '\0';
		(void)fclose(files[i]);
	}
}

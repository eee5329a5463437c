/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/privilege.h"
#include "base/sandbox.h"
#include "crypto/bytes.h"

static char buffer[4096]; /* of the pipe; the result may be secret */

static FILE *stream(int fd, const char *mode)
{
	FILE *file = fdopen(fd, mode);

	if (file)
		(void)setvbuf(file, buffer, _IOFBF, sizeof(buffer));
	return file;
}

/* ---- The child ------------------------------------------------------------------------------- */

static int give_up_everything(struct failure *failure)
{
	sandbox_hide_memory();
	if (privilege_drop() || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) ||
	    sandbox_enter(SANDBOX_PARSE))
		return failure_set(failure, CLI_INTERNAL, "privileges could not be given up: %s",
				   strerror(errno));
	return 0;
}

/* Sends how it went, then the result or the failure. */
static int work(const struct apart *a, FILE *out)
{
	struct failure failure = {CLI_OK, ""};
	uint8_t code = 0;

	if (give_up_everything(&failure) || a->parse(a->ctx, &failure))
		code = (uint8_t)failure.exit;
	if (fputc(code, out) == EOF)
		return -1;
	if (code ? fwrite(failure.text, sizeof(failure.text), 1, out) != 1 : a->send(a->ctx, out))
		return -1;
	return fflush(out);
}

/* ---- The parent ------------------------------------------------------------------------------ */

static int broken(struct failure *failure, const char *why)
{
	return failure_set(failure, CLI_INTERNAL, "the process that parses the input failed: %s",
			   why);
}

static int receive(const struct apart *a, FILE *in, struct failure *failure)
{
	int code = fgetc(in);

	if (code == 0 && a->receive(a->ctx, in) == 0 && fgetc(in) == EOF)
		return 0;
	if (code <= 0 || code >= CLI_EXIT_COUNT)
		return broken(failure, "it sent no valid result");
	failure->exit = (enum cli_exit)code;
	if (fread(failure->text, sizeof(failure->text), 1, in) != 1)
		return broken(failure, "it sent no valid result");
	failure->text[sizeof(failure->text) - 1] = '\0';
	return -1;
}

static int run_child(const struct apart *a, int fds[2], struct failure *failure)
{
	pid_t child = fork();

	if (child == 0) {
		FILE *out = stream(fds[1], "w");
		(void)close(fds[0]);
		_exit(out && work(a, out) == 0 ? 0 : 1);
	}
	(void)close(fds[1]);
	FILE *in = stream(fds[0], "r");
	if (!in)
		(void)close(fds[0]);
	int status = child < 0 || !in ? broken(failure, strerror(errno)) : receive(a, in, failure);
	if (in)
		(void)fclose(in);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	bytes_wipe(buffer, sizeof(buffer));
	return status;
}

int apart_run(const struct apart *a, struct failure *failure)
{
	int fds[2];

	if (!privilege_held())
		return a->parse(a->ctx, failure);
	if (pipe2(fds, O_CLOEXEC))
		return broken(failure, strerror(errno));
	return run_child(a, fds, failure);
}

/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "sim/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/controller.h"
#include "sim/world.h"
#include "unit.h"

#define WORDS 64
#define LINE  65536

static struct {
	const char *file;
	void (*over)(void);
} capture;

int blepair_main(int argc, char *argv[]); /* main() of cli/main.c, by the build */
static int (*main_function)(int argc, char *argv[]) = blepair_main;

static struct {
	char line[2048];
	char *argv[WORDS + 1];
	int argc;
	int code;
	FILE *out, *err;
	char *errors;
	size_t errors_len;
	char text[LINE]; /* the current output line */
	size_t len;
	json_t *events;
	size_t waited; /* how many events program_expect() has passed */
	int input;     /* our end of its standard input; -1: closed */
	int old_input;
	void (*listener)(void *ctx, const json_t *event);
	void *listener_ctx;
	bool forget;
	size_t room; /* lines that standard output has room for */
	size_t lines;
} program = {.input = -1, .old_input = -1};

/* ---- Its output ------------------------------------------------------------------------------ */

static bool is_named(const json_t *event, const char *name)
{
	const char *text = json_string_value(json_object_get(event, "event"));

	return text && strcmp(text, name) == 0;
}

static void take_line(void)
{
	json_t *event;

	program.text[program.len] = '\0';
	event = json_loads(program.text, 0, NULL);
	if (!event) /* printed when the test waits for an event in vain */
		event = json_pack("{s:s, s:s}", "event", "garbage", "text", program.text);
	if (program.listener)
		program.listener(program.listener_ctx, event);
	if (program.forget && !is_named(event, "summary") && !is_named(event, "result"))
		json_decref(event);
	else
		(void)json_array_append_new(program.events, event);
	program.len = 0;
}

static ssize_t written(void *ctx, const char *data, size_t len)
{
	(void)ctx;
	if (program.lines >= program.room) {
		errno = ENOSPC;
		return 0;
	}
	for (size_t i = 0; i < len; i++) {
		program.lines += data[i] == '\n';
		if (data[i] == '\n')
			take_line();
		else if (program.len < LINE - 1)
			program.text[program.len++] = data[i];
	}
	return (ssize_t)len;
}

/* ---- Start and end --------------------------------------------------------------------------- */

static void run(void *arg)
{
	(void)arg;
	program.code = main_function(program.argc, program.argv);
	(void)fflush(stdout);
	(void)fflush(stderr);
}

static void open_input(void)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	program.old_input = dup(STDIN_FILENO);
	assert_true(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
	close(ends[0]);
	program.input = ends[1];
}

static void close_input(void)
{
	if (program.input >= 0)
		close(program.input);
	program.input = -1;
}

void program_start(const char *format, ...)
{
	const cookie_io_functions_t functions = {.write = written};
	char words[sizeof(program.line) / 2];
	va_list arguments;
	char *rest;

	program_end();
	va_start(arguments, format);
	(void)vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	(void)snprintf(program.line, sizeof(program.line),
		       "blepair --json --keep-root --controller sim:0 %s%s%s%s%s",
		       capture.file ? "-w " : "", capture.file ? capture.file : "",
		       capture.file ? " " : "", strstr(words, "--store") ? "" : "--no-store ",
		       words);
	rest = program.line;
	program.argc = 0;
	while (program.argc < WORDS && (program.argv[program.argc] = strsep(&rest, " ")))
		program.argc++;
	program.argv[program.argc] = NULL;

	program.room = SIZE_MAX;
	program.lines = 0;
	program.events = json_array();
	program.out = fopencookie(NULL, "w", functions);
	program.err = open_memstream(&program.errors, &program.errors_len);
	assert_true(program.events && program.out && program.err);
	open_input();
	world_start(run, NULL, program.out, program.err);
}

void program_fill_disk(size_t lines)
{
	program.room = lines;
}

void program_answer(const char *line)
{
	if (!line) {
		close_input();
		return;
	}
	assert_int_equal(write(program.input, line, strlen(line)), strlen(line));
	assert_int_equal(write(program.input, "\n", 1), 1);
}

void program_interrupt(void)
{
	/* The program reads it from a signalfd; no handler may run. */
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	assert_int_equal(raise(SIGINT), 0);
}

static bool ended(void *ctx)
{
	(void)ctx;
	return !world_runs();
}

int program_ends(uint64_t limit)
{
	if (!world_until(ended, NULL, limit))
		fail_msg("blepair has not ended at %.3f s%s", (double)world_now() / 1e6,
			 world_dead() ? ", and never will: nothing is due any more" : "");
	return program.code;
}

void program_replace(int (*function)(int argc, char *argv[]))
{
	main_function = function ? function : blepair_main;
}

void program_capture(const char *file, void (*over)(void))
{
	capture.file = file;
	capture.over = over;
}

void program_end(void)
{
	const bool ran = program.argc;

	if (world_runs()) {
		sim_controllers_vanish();
		close_input();
		if (!world_until(ended, NULL, 600 * WORLD_S)) {
			/* It cannot be unwound: later results would mean nothing. */
			(void)fprintf(stderr, "blepair does not even end without a controller\n");
			abort();
		}
	}
	close_input();
	if (program.old_input >= 0) {
		(void)dup2(program.old_input, STDIN_FILENO);
		close(program.old_input);
	}
	if (program.out)
		(void)fclose(program.out);
	if (program.err)
		(void)fclose(program.err);
	free(program.errors);
	json_decref(program.events);
	memset(&program, 0, sizeof(program));
	program.input = program.old_input = -1;
	if (ran && capture.over)
		capture.over();
}

/* ---- Its events ------------------------------------------------------------------------------ */

void program_listen(void (*listener)(void *ctx, const json_t *event), void *ctx)
{
	program.listener = listener;
	program.listener_ctx = ctx;
}

void program_forget(void (*listener)(void *ctx, const json_t *event), void *ctx)
{
	program_listen(listener, ctx);
	program.forget = true;
}

const json_t *program_events(void)
{
	return program.events;
}

const json_t *program_event(const char *name)
{
	for (size_t i = json_array_size(program.events); i--;)
		if (is_named(json_array_get(program.events, i), name))
			return json_array_get(program.events, i);
	return NULL;
}

struct wanted {
	const char *name;
	const json_t *event;
};

static bool came(void *ctx)
{
	struct wanted *wanted = ctx;

	while (!wanted->event && program.waited < json_array_size(program.events)) {
		const json_t *event = json_array_get(program.events, program.waited++);
		if (is_named(event, wanted->name))
			wanted->event = event;
	}
	return wanted->event || !world_runs();
}

const json_t *program_await(const char *name, uint64_t limit)
{
	struct wanted wanted = {.name = name};

	(void)world_until(came, &wanted, limit);
	return wanted.event;
}

const json_t *program_expect(const char *name, uint64_t limit)
{
	const json_t *event = program_await(name, limit);

	if (!event) {
		char *all = json_dumps(program.events, JSON_INDENT(1) | JSON_COMPACT);
		print_error("blepair printed:\n%s\n%s", all, program_errors());
		free(all);
		fail_msg("blepair did not print \"%s\" until %.3f s", name,
			 (double)world_now() / 1e6);
	}
	return event;
}

const char *program_result(const char *field)
{
	const char *text = json_string_value(json_object_get(program_event("result"), field));

	return text ? text : "";
}

int program_reason(void)
{
	const json_t *code = json_object_get(program_event("result"), "reason_code");

	return code ? (int)json_integer_value(code) : -1;
}

const char *program_errors(void)
{
	if (program.err)
		(void)fflush(program.err);
	return program.errors ? program.errors : "";
}

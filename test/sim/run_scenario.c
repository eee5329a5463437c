/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "sim/run_scenario.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct verdict verdict;

void run_scenario_begin(struct reference_peer *p, bool program_is_central)
{
	(void)sim_end(NULL);
	assert_int_equal(sim_begin(NULL), 0);
	reference_peer_begin(p, &sim.peer);
	p->initiates = !program_is_central;
}

void run_scenario_begin_sc(struct reference_peer *p, bool program_is_central)
{
	run_scenario_begin(p, program_is_central);
	p->auth |= AUTH_SC;
}

static void start(const struct reference_peer *p, const char *options)
{
	memset(&verdict, 0, sizeof(verdict));
	if (p->initiates)
		sim_listen("--count 1%s%s", *options ? " " : "", options);
	else
		sim_pair("%s", options);
}

void run_scenario_start(const struct reference_peer *p, const char *format, ...)
{
	char options[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(options, sizeof(options), format, arguments);
	va_end(arguments);
	start(p, options);
}

static void copy(char *to, size_t size, const json_t *from)
{
	const char *text = json_string_value(from);

	(void)snprintf(to, size, "%s", text ? text : "");
}

void run_scenario_end(const struct reference_peer *p)
{
	const json_t *result = program_expect("result", 100 * WORLD_S);
	int code;

	copy(verdict.class, sizeof(verdict.class), json_object_get(result, "class"));
	copy(verdict.method, sizeof(verdict.method), json_object_get(result, "method"));
	copy(verdict.link_key, sizeof(verdict.link_key),
	     json_object_get(json_object_get(result, "keys"), "link_key"));
	verdict.reason = program_reason();
	copy(verdict.reason_name, sizeof(verdict.reason_name), json_object_get(result, "reason"));
	copy(verdict.text, sizeof(verdict.text), json_object_get(result, "text"));
	copy(verdict.detail, sizeof(verdict.detail), json_object_get(result, "detail"));
	verdict.authenticated = json_is_true(json_object_get(result, "authenticated"));
	verdict.bonded = json_is_true(json_object_get(result, "bonded"));
	/* A listener goes on after a failure, unless the controller failed or a limit or user ended
	 * it. */
	if (p->initiates && strcmp(verdict.class, "ok") != 0 &&
	    strcmp(verdict.class, "cancelled") != 0 &&
	    strcmp(verdict.text, "timed out: --timeout is over") != 0 &&
	    strcmp(verdict.class, "controller_failed") != 0) {
		program_interrupt();
		assert_int_equal(sim_ends(), CLI_CANCELLED);
		return;
	}
	code = sim_ends();
	assert_string_equal(cli_exit_slug((enum cli_exit)code), verdict.class);
}

/* A bond needs a key that encrypts. */
static bool has_key(const struct reference_peer *p)
{
	return p->sc || ((p->negotiated_init | p->negotiated_resp) & KEY_ENC);
}

static void check_paired(const struct reference_peer *p, const char *options)
{
	bool protects = p->sc || p->method == OUT_OF_BAND ||
			strstr(options, "--legacy-passkey-mitm"); /* Core 6.2 */
	static const char *const methods[] = {"just_works", "numeric_comparison", "passkey_",
					      "oob"};
	const json_t *result = program_event("result");

	assert_string_equal(verdict.class, "ok");
	assert_string_equal(json_string_value(json_object_get(result, "result")), "paired");
	assert_memory_equal(verdict.method, methods[p->method], strlen(methods[p->method]));
	assert_int_equal(json_is_true(json_object_get(result, "secure_connections")), p->sc);
	assert_int_equal(json_integer_value(json_object_get(result, "key_size")),
			 p->negotiated_size);
	assert_int_equal(verdict.authenticated, p->method != JUST_WORKS && protects);
	assert_int_equal(verdict.bonded, (p->preq[3] & p->pres[3] & AUTH_BOND) && has_key(p));
}

static bool attempt(struct reference_peer *p, const char *options)
{
	start(p, options);
	bool paired = reference_peer_pair(p);

	assert_false(p->stopped);
	/* blepair sent exactly the expected PDUs: no more follow. */
	raw_peer_expect_silence(p->raw, WORLD_S / 2);
	if (paired)
		raw_peer_disconnect(p->raw, 0x13);
	run_scenario_end(p);
	if (paired) {
		check_paired(p, options);
	} else {
		assert_string_equal(verdict.class, "we_refused");
		assert_int_equal(verdict.reason, p->refused);
	}
	return paired;
}

bool run_scenario(struct reference_peer *p, const char *format, ...)
{
	char options[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(options, sizeof(options), format, arguments);
	va_end(arguments);
	return attempt(p, options);
}

void run_scenario_refused(struct reference_peer *p, uint8_t reason, const char *options)
{
	assert_false(attempt(p, options));
	assert_int_equal(p->refused, reason);
	assert_int_equal(p->raw->encryptions, 0);
}

const char *run_scenario_io(uint8_t io)
{
	static const char *const names[] = {"display", "display-yesno", "keyboard", "none",
					    "keyboard-display"};

	return names[io];
}

enum reference_peer_method run_scenario_method(uint8_t i, uint8_t r)
{
	bool i_says_yes = i == IO_YES_NO || i == IO_KEYBOARD_DISPLAY;
	bool r_says_yes = r == IO_YES_NO || r == IO_KEYBOARD_DISPLAY;
	bool keyboard = i == IO_KEYBOARD || i == IO_KEYBOARD_DISPLAY || r == IO_KEYBOARD ||
			r == IO_KEYBOARD_DISPLAY;

	if (i == IO_NONE || r == IO_NONE)
		return JUST_WORKS;
	if (i_says_yes && r_says_yes)
		return COMPARISON;
	return keyboard ? PASSKEY : JUST_WORKS;
}

const char *run_scenario_tk(const struct reference_peer *p)
{
	static char text[64];
	size_t len = (size_t)snprintf(text, sizeof(text), "--oob tk=");

	for (size_t i = 0; i < 16; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%02x", p->tk[15 - i]);
	return text;
}

static char folder[] = "/tmp/blepair-100%-XXXXXX";
static char bonds[sizeof(folder) + 32];
static bool has_folder;

const char *run_scenario_bonds(void)
{
	if (!has_folder) {
		memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
		assert_non_null(mkdtemp(folder));
		has_folder = true;
		(void)snprintf(bonds, sizeof(bonds), "--store %s/bonds", folder);
	}
	return bonds;
}

void run_scenario_forget(void)
{
	char command[sizeof(folder) + 16];

	if (!has_folder)
		return;
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	assert_int_equal(system(command), 0);
	has_folder = false;
}

void run_scenario_fresh(struct fresh *fresh, const uint8_t value[16])
{
	for (size_t i = 0; i < fresh->count; i++)
		assert_memory_not_equal(fresh->values[i], value, 16);
	assert_true(fresh->count < COUNT(fresh->values));
	memcpy(fresh->values[fresh->count++], value, 16);
}

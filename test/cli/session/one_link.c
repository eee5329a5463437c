/* SPDX-License-Identifier: MIT */
#include "cli/session/one_link.h"

#include <stdio.h>
#include <string.h>

#include "runtime/runtime.h"

#include "crypto/bytes.h"
#include "stack.h"
#include "unit.h"

struct one_link one;

static void up(void *ctx)
{
	const struct options *o = &one.options;
	struct hci_connect connect = {
		.own_type = one.controller.own.type,
		.peer_type = o->peer.type,
		.parameters = {o->interval_min, o->interval_max, o->latency, o->supervision},
	};

	(void)ctx;
	if (one.up)
		one.up();
	if (o->command == COMMAND_LISTEN) {
		hci_gap_advertise(&one.controller.gap, one.controller.own.type, NULL, 0, NULL, 0);
		return;
	}
	memcpy(connect.peer, o->peer.octets, 6);
	hci_gap_connect(&one.controller.gap, &connect);
}

#define STACK 65536

/*
 * Everything that the program has called since its last turn used this part of its stack. With
 * AddressSanitizer the address of a variable would be of another one.
 */
__attribute__((noinline)) void one_link_clear(void)
{
	uint8_t octets[STACK];

	bytes_wipe(octets, sizeof(octets));
}

__attribute__((noinline, no_sanitize("address"))) void one_link_look(void)
{
	static const uint8_t unknown[16];
	volatile uintptr_t here = (uintptr_t)&here;

	for (size_t n = 0; n < one.secret_count; n++)
		one.leaks += memcmp(one.secrets[n], unknown, 16) != 0 &&
			     memory_holds((const void *)(here - STACK), STACK, one.secrets[n], 16);
}

static void open(struct hci_link *link)
{
	session_open(&one.session, &one.controller, link, &one.setup);
	one_link_look();
}

static void on_gap_event(void *ctx, const struct hci_gap_event *h, const struct hci_input *input)
{
	(void)ctx;
	(void)input;
	if (h->kind == HCI_GAP_CONNECTED)
		open(h->link);
	else if (h->kind == HCI_GAP_ADVERTISING)
		event_emit(&one.events, json_pack("{s:s}", "event", "advertising"));
	else
		session_on_gap_event(&one.session, h);
}

static void data(void *ctx, struct hci_link *link, uint8_t pb, const uint8_t *octets, size_t len)
{
	(void)ctx;
	session_data(&one.session, link, pb, octets, len);
}

void one_link_watch(const uint8_t secret[16])
{
	assert_true(one.secret_count < COUNT(one.secrets));
	one.secrets[one.secret_count++] = secret;
}

static void on_idle(void *ctx)
{
	(void)ctx;
	one_link_look();
	session_idle(&one.session);
}

static void failed(void *ctx, enum cli_exit code, const char *text)
{
	(void)ctx;
	(void)code;
	(void)snprintf(one.failure, sizeof(one.failure), "%s", text);
	session_abandon(&one.session);
}

static void interrupted(void *ctx)
{
	(void)ctx;
	session_cancel(&one.session, CLI_CANCELLED);
}

static void closed(void *ctx)
{
	(void)ctx;
	one.closed++;
	controller_finish(&one.controller);
}

static int run(int argc, char *argv[])
{
	static const struct controller_user user = {.up = up,
						    .on_gap_event = on_gap_event,
						    .data = data,
						    .on_idle = on_idle,
						    .failed = failed,
						    .interrupted = interrupted};
	struct failure failure;
	enum cli_exit code;

	if (options_parse(argc, argv, &one.options) >= 0)
		return CLI_USAGE;
	event_output_init(&one.events, &one.options);
	one.events.json = !one.text;
	if (one.options.no_store)
		store_init_none(&one.store);
	else if (store_init(&one.store, one.options.store, &failure))
		return CLI_INTERNAL;
	code = session_setup_init(&one.setup, &one.options, &one.events, one.intent, closed, NULL);
	if (code == CLI_OK)
		code = runtime_run_controller(&one.runtime, &one.controller, &one.options,
					      &one.events, &one.store,
					      (struct controller_setup){.user = &user});
	if (code == CLI_OK) {
		session_conclude(&one.session, NULL, NULL);
		session_finish(&one.session);
		one_link_look();
		code = one.session.outcome.exit;
	}
	runtime_close(&one.runtime);
	store_close(&one.store);
	return (int)code;
}

int one_link_begin(void **state)
{
	memset(&one, 0, sizeof(one));
	program_replace(run);
	return sim_begin(state);
}

int one_link_end(void **state)
{
	int status = sim_end(state);

	session_wipe(&one.session);
	program_replace(NULL);
	return status;
}

bool one_link_closing(void)
{
	return one.session.state >= SESSION_CLOSING;
}

bool one_link_settled(void)
{
	return one.session.state >= SESSION_SETTLED;
}

static bool ask(void *ctx)
{
	bool (*const *done)(void) = ctx;

	return (*done)();
}

void one_link_until(bool (*done)(void))
{
	if (!world_until(ask, &done, 10 * WORLD_S))
		fail_msg("what was waited for has not happened");
}

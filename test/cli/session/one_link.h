/* SPDX-License-Identifier: MIT */
/*
 * A program that does nothing but run one session on one link, in the simulated world: the test
 * sees the structs that a command would own, and the peer at the other end of the air.
 */
#pragma once

#include "runtime/runtime.h"
#include "session/session.h"
#include "sim/run_scenario.h"

struct one_link {
	struct options options;
	struct event_output events;
	struct store store;
	struct runtime runtime;
	struct controller controller;
	struct session_setup setup;
	struct session session;
	enum session_intent intent;
	char failure[128]; /* of the controller */
	unsigned closed;   /* how often the session reported the end of its link */
	void (*up)(void);  /* called before the link is made, or NULL */
	bool text;	   /* prints for people, in the place of JSON */
	/* Values that must not be left on the stack once the program has nothing to do. */
	const uint8_t *secrets[12];
	size_t secret_count, leaks;
};

extern struct one_link one;

/* In the place of sim_begin() and sim_end(): the next program is this one. */
int one_link_begin(void **state);
int one_link_end(void **state);

/* True once the session is in this state or a later one, for one_link_until(). */
bool one_link_closing(void);
bool one_link_settled(void);

/* Watches the stack below the event loop for these 16 octets, once
 * they are not all zero. */
void one_link_watch(const uint8_t secret[16]);

/* Overwrites the stack below the caller: what the peer of the test left there is not of the
 * product. */
void one_link_clear(void);

/* Looks now, at the stack below the caller. */
void one_link_look(void);

/* Lets time pass until done(); fails the test after ten seconds. */
void one_link_until(bool (*done)(void));

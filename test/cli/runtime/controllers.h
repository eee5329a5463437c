/* SPDX-License-Identifier: MIT */
/*
 * A program that does nothing but open controllers and give them back, in the simulated world: the
 * test sees their states, and which callbacks were called in which order.
 */
#pragma once

#include "runtime/runtime.h"
#include "sim/sim.h"

#define CONTROLLERS 3

struct controllers {
	/* To be set before program_start(). */
	size_t count;		    /* how many are opened, 1 */
	size_t failing;		    /* how many privilege_drop() fail */
	bool slow[CONTROLLERS];	    /* its transport opens only by controllers_open_now() */
	bool slow_again;	    /* its transport opens once, and not again */
	bool send_fails;	    /* its transport sends no more */
	bool slow_release;	    /* a transport is released only by controllers_release_now() */
	enum hci_failure_kind kind; /* HCI_FAILURE_NONE, or why no transport can be opened */
	bool refuses_late;	    /* HCI_FAILURE_IN_USE, only after a while of opening */
	bool no_sick, resets;	    /* without a callback, and what it returns */
	bool knows_loss, waits;	    /* has callbacks for it, and what lost() returns */
	bool no_identity;	    /* own_identity_choose() fails */
	bool person;		    /* at a terminal */
	int redirected;		    /* bits: these descriptors are no terminal all the same */
	bool json;		    /* --json, although there is a person */
	bool text;		    /* prints for people, in the place of JSON */
	bool finishes;		    /* in the callbacks up and sick */
	bool interrupts;	    /* has a callback for signals */
	void (*up)(struct controller *controller);
	const char *capture;
	const char *port; /* of USB, that its transport has; NULL: none */

	/* To be looked at. */
	struct options options;
	struct event_output events;
	struct store store;
	struct runtime run;
	struct controller controllers[CONTROLLERS];
	struct sim_controller radios[CONTROLLERS]; /* "sim:1" and "sim:2" are used */
	struct hci_transport *transports[CONTROLLERS];
	char log[1024]; /* "0 up, 1 failed 13, ..." */
	char failure[FAILURE_TEXT];
	unsigned roots_gone; /* calls of root_gone() between the drop and the first packet */
	unsigned drops, opened, redraws, packets[2], idles;
	struct {
		uint16_t handle;
		uint8_t first;
	} data[16];
	size_t data_count;
};

extern struct controllers all;

/* In the place of sim_begin() and sim_end(). */
int controllers_begin(void **state);
int controllers_end(void **state);

/* Makes the loop look again, after a call from the test's side. */
void controllers_wake(size_t i);

/* The transport of a slow controller is open from now on, or released. */
void controllers_open_now(size_t i);
void controllers_release_now(size_t i);

/* Lets time pass until a controller is in that state; fails the test after ten seconds. */
void controllers_until(size_t i, enum controller_state state);

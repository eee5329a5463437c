/* SPDX-License-Identifier: MIT */
/*
 * The fixture of the tests on a real kernel: virtual controllers (btvirt), blepair as a process
 * that prints JSON lines, and the kernel's own Security Manager, driven through the management
 * socket. Functions fail the test on an error or after a time limit; none returns an error.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- Programs -------------------------------------------------------------------------------- */

#define VM_EVENTS 256

struct vm_program {
	pid_t pid; /* 0: ended */
	int in, out, error;
	int code;	    /* exit code, or 128 + signal */
	json_t *events;	    /* an array of all events so far */
	char line[1 << 16]; /* the current line; explain makes long ones */
	size_t line_len;
	char errors[4096];
	size_t errors_len;
};

/* The user that a program runs as. */
struct vm_user {
	unsigned uid;	  /* 0: root */
	unsigned group;	  /* a supplementary group; 0: none */
	bool sudo;	  /* root, with the environment that sudo sets for user 1000 */
	const char *path; /* of the program; NULL: /usr/bin/blepair */
};

/* Starts blepair with --json and these arguments, up to a NULL. */
void vm_start(struct vm_program *p, const struct vm_user *user, ...);
/* Starts any other program and returns its process; its output is printed when the tests fail. */
pid_t vm_spawn(const char *path, ...);
void vm_kill(pid_t *pid);

void vm_type(struct vm_program *p, const char *line);
/* Waits for the end and returns the exit code. */
int vm_end(struct vm_program *p);
/* Deletes a store and the files that SQLite may have left beside it. */
void vm_unlink_store(const char *path);

/* vm_start() and vm_end(), for a program that needs no peer. */
int vm_run(struct vm_program *p, const struct vm_user *user, ...);
void vm_forget(struct vm_program *p);

/* The last event of that name, or NULL. Borrowed from the program. */
json_t *vm_event(const struct vm_program *p, const char *name);
/* A text field of an event; "peer.address" is a nested one; "" if absent. */
const char *vm_text(const json_t *event, const char *path);
/* The text, detail and advice of the result in one line, for assertions. */
const char *vm_verdict(const struct vm_program *p);

/* ---- Virtual controllers --------------------------------------------------------------------- */

/* Starts btvirt with that many LE controllers of the kernel, or (0) with sockets, and waits for
 * them. */
void vm_btvirt(unsigned controllers);
void vm_btvirt_end(void);
/* Waits until the kernel's management lists a controller; returns its index. */
uint16_t vm_wait_index(uint16_t index);
/* True if the kernel reports it as powered. */
bool vm_powered(uint16_t index);
void vm_power(uint16_t index, bool on);
/* Waits for that power state. */
void vm_wait_powered(uint16_t index, bool on);
/* Sets or clears rfkill's soft block of a controller, such as "hci0". */
void vm_block(const char *controller, bool blocked);
bool vm_is_blocked(const char *controller);

/* ---- The kernel's host as a peer ------------------------------------------------------------- */

struct vm_keys {
	/* By distributor: [0] the kernel, [1] the peer. Secure Connections: only [1]. */
	struct {
		bool has;
		uint8_t type; /* 0: legacy, 1: authenticated, 2: P-256, 3: P-256, authenticated */
		uint8_t size;
		uint8_t value[16]; /* wire order */
	} ltk[2];
	bool irk, csrk;
	uint8_t irk_value[16], csrk_value[16];
};

struct vm_kernel {
	int fd;
	uint16_t index;
	uint8_t io;
	char text[18]; /* its address */
	/* How its user behaves. */
	bool reject;		  /* rejects a comparison */
	struct vm_program *other; /* shows the passkey to type, or gets the one shown */
	/* Results. */
	struct vm_keys keys;
	uint32_t compared;
	bool connected, paired, failed, disconnected;
	uint8_t status; /* of Pair Device */
};

enum { VM_DISPLAY, VM_DISPLAY_YESNO, VM_KEYBOARD, VM_NONE, VM_KEYBOARD_DISPLAY };

/* Powers a controller on, with LE, bonding and that IO capability; secure: with SC. */
void vm_kernel_up(struct vm_kernel *k, uint16_t index, uint8_t io, bool secure);
void vm_kernel_down(struct vm_kernel *k);
/* The same for a controller that bluetoothd has powered; changes no setting. */
void vm_kernel_attach(struct vm_kernel *k, uint16_t index);
void vm_kernel_advertise(struct vm_kernel *k, bool on);
/* Starts to pair with that address (public, "AA:BB:..."). */
void vm_kernel_pair(struct vm_kernel *k, const char *address);
/* Connects whenever that address advertises. */
void vm_kernel_connect(struct vm_kernel *k, const char *address);

/* Runs program and kernel until the program has printed an event (NULL: has ended). */
void vm_go(struct vm_program *p, struct vm_kernel *k, const char *until);
/* Runs the program until it has printed that many events of a name, for two minutes at most. */
void vm_go_times(struct vm_program *p, const char *event, size_t times);
/* Runs both until that flag of the kernel's side is set. */
void vm_go_kernel(struct vm_program *p, struct vm_kernel *k, const bool *until);

/* Compares "0011..." (most significant octet first) with 16 octets in wire order. */
bool vm_same_key(const char *hex, const uint8_t key[16]);

/* SPDX-License-Identifier: MIT */
/*
 * The way to a controller: one struct of functions a transport, moving whole H4 packets (first
 * octet the packet type). Nothing here blocks for longer than the kernel takes to look something
 * up.
 *
 * The loop watches the descriptors of watch() and calls ready() when one of them is. Once the phase
 * is HCI_PHASE_OPEN it takes packets by receive() until there is none; send() takes a packet whole,
 * and what does not go out at once is kept and sent by ready(). release() begins to give back what
 * was taken (a kernel driver, a controller that was up); ready() goes on until HCI_PHASE_RELEASED.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hci/codec.h"

/* What kind of trouble, so that the caller can choose an exit code. */
enum hci_trouble {
	HCI_TROUBLE_NONE,
	HCI_TROUBLE_SPEC,	/* the words that name the controller are not understood */
	HCI_TROUBLE_NOT_FOUND,	/* there is no such controller */
	HCI_TROUBLE_IN_USE,	/* somebody has it; hci_access.take would take it */
	HCI_TROUBLE_BUSY,	/* somebody holds it, and it cannot be taken */
	HCI_TROUBLE_BLOCKED,	/* rfkill blocks it */
	HCI_TROUBLE_PERMISSION, /* we may not */
	HCI_TROUBLE_GONE,	/* it went away */
	HCI_TROUBLE_PROTOCOL,	/* what comes is not HCI */
};

struct hci_problem {
	enum hci_trouble trouble;
	char text[320]; /* one line: what was tried, what came back, what to do */
};

/* What may be done to the system to open a controller; undone by release(). */
struct hci_access {
	bool take;    /* take a controller that the kernel has up; bring it up again */
	bool unblock; /* lift a soft block of rfkill; set it again */
};

enum hci_phase { HCI_PHASE_OPENING, HCI_PHASE_OPEN, HCI_PHASE_RELEASING, HCI_PHASE_RELEASED };

#define HCI_TRANSPORT_FDS 16
#define HCI_NOTE_MAX	  240

struct hci_transport;

struct hci_transport_ops {
	const char *scheme; /* what a spec begins with, colon included */
	const char *form;   /* the whole form, for people */
	/* where: the spec after the scheme. NULL: failed, problem says why. */
	struct hci_transport *(*open)(const char *where, const struct hci_access *access,
				      struct hci_problem *problem);
	/* Fills fds with what to wait for; returns how many, at most HCI_TRANSPORT_FDS. */
	size_t (*watch)(struct hci_transport *transport, struct pollfd *fds);
	/* Moves octets as the poll of these descriptors allows. 0, or -1 with problem. */
	int (*ready)(struct hci_transport *transport, const struct pollfd *fds, size_t count,
		     struct hci_problem *problem);
	/* The next packet into packet (HCI_PACKET_MAX octets): its length, 0 none, -1 with problem.
	 */
	int (*receive)(struct hci_transport *transport, uint8_t *packet,
		       struct hci_problem *problem);
	/* Takes one packet, type first. 0, or -1 with problem. */
	int (*send)(struct hci_transport *transport, const uint8_t *packet, size_t len,
		    struct hci_problem *problem);
	/* NULL: nothing was taken. Nothing may be sent from here on. */
	void (*release)(struct hci_transport *transport);
	/* Frees it, in any phase. */
	void (*close)(struct hci_transport *transport);
};

/* What every transport's own struct begins with. */
struct hci_transport {
	const struct hci_transport_ops *ops;
	enum hci_phase phase;
	/* Something that a person should know, empty: nothing. Whoever shows it empties it. */
	char note[HCI_NOTE_MAX];
	/* HCI_PHASE_OPENING: what it waits for, should patience end. */
	struct hci_problem waiting;
};

/*
 * Begins to open what spec names; README.md lists the forms. NULL: problem says why, or what the
 * forms are. To be closed by transport->ops->close().
 */
struct hci_transport *hci_transport_open(const char *spec, const struct hci_access *access,
					 struct hci_problem *problem);

/* Fills problem; returns -1, for a return statement. */
int hci_problem_set(struct hci_problem *problem, enum hci_trouble trouble, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

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

#include "hci/failure.h"
#include "hci/protocol.h"

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
				      struct hci_failure *problem);
	/* Fills fds with what to wait for; returns how many, at most HCI_TRANSPORT_FDS. */
	size_t (*watch)(struct hci_transport *transport, struct pollfd *fds);
	/* Moves octets as the poll of these descriptors allows. 0, or -1 with problem. */
	int (*ready)(struct hci_transport *transport, const struct pollfd *fds, size_t count,
		     struct hci_failure *problem);
	/* The next packet into packet (HCI_PACKET_MAX octets): its length, 0 none, -1 with problem.
	 */
	int (*receive)(struct hci_transport *transport, uint8_t *packet,
		       struct hci_failure *problem);
	/* Takes one packet, type first. 0, or -1 with problem. */
	int (*send)(struct hci_transport *transport, const uint8_t *packet, size_t len,
		    struct hci_failure *problem);
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
	struct hci_failure waiting;
};

/*
 * Begins to open what spec names; README.md lists the forms. NULL: problem says why, or what the
 * forms are. To be closed by transport->ops->close().
 */
struct hci_transport *hci_transport_open(const char *spec, const struct hci_access *access,
					 struct hci_failure *problem);

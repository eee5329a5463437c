/* SPDX-License-Identifier: MIT */
/*
 * The way to a controller: one struct of functions a transport, moving whole H4 packets (first
 * octet the packet type). Nothing here blocks but open(), which is bounded.
 *
 * The loop watches the descriptors of watch(), calls ready() when one of them is, then takes
 * packets by receive() until there is none. send() takes a packet whole; what the descriptor does
 * not take at once is kept and written by ready().
 */
#pragma once

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "hci/codec.h"

/* What kind of trouble, so that the caller can choose an exit code. */
enum hci_trouble {
	HCI_TROUBLE_NONE,
	HCI_TROUBLE_SPEC,	/* the words that name the controller are not understood */
	HCI_TROUBLE_NOT_FOUND,	/* there is no such controller */
	HCI_TROUBLE_BUSY,	/* somebody holds it */
	HCI_TROUBLE_PERMISSION, /* we may not */
	HCI_TROUBLE_GONE,	/* it went away */
	HCI_TROUBLE_PROTOCOL,	/* what comes is not HCI */
};

struct hci_problem {
	enum hci_trouble trouble;
	char text[320]; /* one line: what was tried, what came back, what to do */
};

#define HCI_TRANSPORT_FDS 8

struct hci_transport;

struct hci_transport_ops {
	const char *scheme; /* what a spec begins with, colon included */
	const char *form;   /* the whole form, for people */
	/* where: the spec after the scheme. NULL: failed, problem says why. */
	struct hci_transport *(*open)(const char *where, struct hci_problem *problem);
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
	void (*close)(struct hci_transport *transport);
};

/* What every transport's own struct begins with. */
struct hci_transport {
	const struct hci_transport_ops *ops;
};

/*
 * Opens what spec names: unix:PATH, tcp:HOST:PORT, serial:DEV[,BAUD]. NULL: problem says why, or
 * what the forms are. To be closed by transport->ops->close().
 */
struct hci_transport *hci_transport_open(const char *spec, struct hci_problem *problem);

/* Fills problem; returns -1, for a return statement. */
int hci_problem_set(struct hci_problem *problem, enum hci_trouble trouble, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* SPDX-License-Identifier: MIT */
/*
 * A transport moves whole H4 packets (first octet: packet type) to and from a controller. Each is
 * one struct of functions. No function blocks for longer than a kernel look-up.
 *
 * The loop polls the descriptors of watch() and calls ready() when one of them is ready. In phase
 * HCI_PHASE_OPEN it calls receive() until there is no packet left. send() takes a whole packet and
 * keeps the rest for ready(). release() starts to undo what open() changed (a kernel driver, a
 * controller that was up); ready() continues until HCI_PHASE_RELEASED.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hci/failure.h"
#include "hci/makers.h"
#include "hci/protocol.h"

/* Permitted changes to the system; release() undoes them. */
struct hci_access {
	bool take;    /* take a controller that is up; power it on again at release */
	bool unblock; /* lift a soft block of rfkill; restore it at release */
};

enum hci_phase { HCI_PHASE_OPENING, HCI_PHASE_OPEN, HCI_PHASE_RELEASING, HCI_PHASE_RELEASED };

#define HCI_TRANSPORT_FDS 16
#define HCI_NOTE_MAX	  240

struct hci_transport;

struct hci_transport_ops {
	const char *scheme; /* the beginning of a spec, colon included */
	const char *form;   /* the syntax, for messages */
	/* where: the spec after the scheme. NULL with failure. */
	struct hci_transport *(*open)(const char *where, const struct hci_access *access,
				      struct hci_failure *failure);
	/* Fills fds; returns their number, at most HCI_TRANSPORT_FDS. */
	size_t (*watch)(struct hci_transport *transport, struct pollfd *fds);
	/* Reads and writes as the polled descriptors allow. 0, or -1 with failure. */
	int (*ready)(struct hci_transport *transport, const struct pollfd *fds, size_t count,
		     struct hci_failure *failure);
	/* Copies the next packet to packet (HCI_PACKET_MAX octets). Its length, 0: none, -1 with
	 * failure.
	 */
	int (*receive)(struct hci_transport *transport, uint8_t *packet,
		       struct hci_failure *failure);
	/* Sends one packet, type first. 0, or -1 with failure. */
	int (*send)(struct hci_transport *transport, const uint8_t *packet, size_t len,
		    struct hci_failure *failure);
	/* NULL: open() changed nothing. No send() after it. */
	void (*release)(struct hci_transport *transport);
	/* Frees the transport, in any phase. */
	void (*close)(struct hci_transport *transport);
};

/* The first member of every transport's struct. */
struct hci_transport {
	const struct hci_transport_ops *ops;
	enum hci_phase phase;
	struct hci_usb_id usb; /* of the device that carries it; from HCI_PHASE_OPEN on */
	char port[32];	       /* of that device, "1-4.2", or empty: it has none */
	/* A message for the user, or empty. The caller that prints it empties it. */
	char note[HCI_NOTE_MAX];
	/* HCI_PHASE_OPENING: the failure to report at the time limit. */
	struct hci_failure waiting;
};

/*
 * Starts to open the controller that spec names; README.md lists the forms. NULL with failure,
 * which lists the forms if spec has none of them. Close it by transport->ops->close().
 */
struct hci_transport *hci_transport_open(const char *spec, const struct hci_access *access,
					 struct hci_failure *failure);

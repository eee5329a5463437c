/* SPDX-License-Identifier: MIT */
/*
 * The host's end of HCI, Core Vol 4 Part E: one command at a time as the controller gives leave
 * (4.4), ACL data as it has buffers (4.1.1), and every packet from it classified and measured
 * against the tables before anybody reads it.
 *
 * Pure: packets in, packets out; time is an argument (microseconds of a monotonic clock).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hci/protocol.h"

#define HCI_LINKS_MAX 16
/* Commands waiting: the longest procedure of no link queues 6, each link has at most four out. */
#define HCI_COMMAND_QUEUE	   72 /* 8, and 4 a link */
#define HCI_COMMAND_PARAMETERS_MAX 64 /* octets; the longest that is sent here has 36 */
/* Fragments waiting: of each link a public key in pieces of 27 octets, and a key distribution. */
#define HCI_ACL_QUEUE	       128 /* 8 a link */
#define HCI_ACL_DATA_MAX       251 /* octets; a larger LE buffer is not made use of */
#define HCI_COMMAND_TIMEOUT_US 2000000

struct hci_acl_counter {
	bool used;
	uint16_t handle;
	uint16_t in_flight; /* with the controller, not yet reported as completed */
};

struct hci_host {
	struct {
		uint16_t opcode;
		uint8_t len;
		uint8_t parameters[HCI_COMMAND_PARAMETERS_MAX];
	} commands[HCI_COMMAND_QUEUE];
	size_t command_first, command_count;
	uint8_t command_credits;
	uint16_t outstanding;	     /* opcode, 0: none */
	uint16_t outstanding_handle; /* its first parameter, the handle of a command about a link */
	uint64_t deadline;

	struct {
		uint16_t handle;
		uint8_t pb;
		uint8_t len;
		uint8_t data[HCI_ACL_DATA_MAX];
	} acl[HCI_ACL_QUEUE];
	size_t acl_first, acl_count;
	uint16_t acl_length;  /* octets of one ACL packet's data */
	uint16_t acl_credits; /* buffers free in the controller */
	struct hci_acl_counter counters[HCI_LINKS_MAX];
};

enum hci_input_kind {
	HCI_IN_NOTHING, /* housekeeping, done */
	HCI_IN_COMMAND, /* .opcode, .status, .data: return parameters after the status; .handle: of
			   the command, if it was about a link */
	HCI_IN_EVENT,	/* .code (and .subevent), .data: parameters */
	HCI_IN_ACL,	/* .handle, .pb, .data */
	HCI_IN_NOTE,	/* .note: odd, and survived */
	HCI_IN_FATAL,	/* .note: the controller cannot be used any more */
};

/* data is borrowed from the packet. */
struct hci_input {
	enum hci_input_kind kind;
	uint16_t opcode;
	uint8_t status;
	bool status_only; /* it was a Command Status: the procedure has begun, or never will */
	uint8_t code;
	uint8_t subevent;
	uint16_t handle;
	uint8_t pb;
	const uint8_t *data;
	size_t len;
	char note[120];
};

void hci_host_init(struct hci_host *host);

/* Queues a command. False: the queue is full, which is a programming error (see its bound). */
bool hci_host_command(struct hci_host *host, uint16_t opcode, const void *parameters, size_t len);

/* The controller's ACL buffers, from the bring-up: octets each, and how many. */
void hci_host_acl_buffers(struct hci_host *host, uint16_t length, uint16_t count);

/* Queues one ACL fragment of at most acl_length octets. False: the queue is full. */
bool hci_host_acl(struct hci_host *host, uint16_t handle, uint8_t pb, const uint8_t *data,
		  size_t len);

/* True when nothing for this link waits here or in the controller: all was sent and acknowledged.
 */
bool hci_host_acl_idle(const struct hci_host *host, uint16_t handle);

/* True when data waits here for a buffer of the controller: who computes now delays it. */
bool hci_host_acl_waits(const struct hci_host *host);

/* The next packet that may go out now, into out (HCI_PACKET_MAX octets); its length, 0: none. */
size_t hci_host_output(struct hci_host *host, uint64_t now, uint8_t *out);

/* Takes one packet from the controller, H4 type first. */
void hci_host_input(struct hci_host *host, const uint8_t *packet, size_t len,
		    struct hci_input *input);

/* When the outstanding command is overdue, UINT64_MAX: no command is out. */
uint64_t hci_host_deadline(const struct hci_host *host);

/* After hci_host_expired(): another command may be tried. */
void hci_host_abandon_command(struct hci_host *host);

/* To be asked at the deadline. True: overdue, and .note of input (HCI_IN_FATAL) names the command.
 */
bool hci_host_expired(struct hci_host *host, uint64_t now, struct hci_input *input);

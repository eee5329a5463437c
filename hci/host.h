/* SPDX-License-Identifier: MIT */
/*
 * The host's end of HCI, Core Vol 4 Part E. It sends one command at a time as the controller's
 * credits allow (4.4) and ACL data as its buffers allow (4.1.1), and checks the length of every
 * packet from the controller against the tables of hci/protocol.h before anything else reads it.
 *
 * Pure: packets in, packets out; time is an argument (microseconds of a monotonic clock).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hci/protocol.h"

#define HCI_LINKS_MAX 16
/* Queued commands: the longest procedure without a link queues 36; each link queues at most five.
 */
#define HCI_COMMAND_QUEUE 120 /* 40, and 5 a link */
#define HCI_COMMAND_PARAMETERS_MAX \
	255 /* octets, as HCI has at most; a fragment of firmware has 253 */
/* Queued fragments: for each link a public key in pieces of 27 octets, and a key distribution. */
#define HCI_ACL_QUEUE	       128 /* 8 a link */
#define HCI_ACL_DATA_MAX       251 /* octets; larger LE buffers are not filled */
#define HCI_COMMAND_TIMEOUT_US 2000000

struct hci_acl_counter {
	bool used;
	uint16_t handle;
	uint16_t in_flight; /* with the controller, not yet reported as completed */
};

/*
 * What the command queue waits for. Each wait has the limit HCI_COMMAND_TIMEOUT_US: the controller
 * answers a command within one second (Core Vol 4 Part E 4.4), and then allows the next one.
 */
enum hci_command_wait {
	HCI_WAIT_NONE,
	HCI_WAIT_ANSWER, /* .outstanding was sent */
	HCI_WAIT_STATUS, /* it was answered by a Command Complete without a status */
	HCI_WAIT_CREDIT, /* a command is queued, and Num_HCI_Command_Packets is 0 */
};

struct hci_host {
	size_t command_first, command_count;
	uint8_t command_credits;
	uint16_t outstanding;	     /* opcode, 0: none */
	uint16_t outstanding_handle; /* its first parameter, the handle of a command about a link */
	enum hci_command_wait wait;
	uint64_t deadline; /* of the wait */

	size_t acl_first, acl_count;
	uint16_t acl_length;  /* octets of one ACL packet's data */
	uint16_t acl_credits; /* buffers free in the controller */
	bool acl_reported;    /* the controller has reported completed packets */
	struct hci_acl_counter counters[HCI_LINKS_MAX];

	/* The last members: places where nothing was queued are not even cleared. */
	struct {
		uint16_t opcode;
		uint8_t len;
		uint8_t parameters[HCI_COMMAND_PARAMETERS_MAX];
	} commands[HCI_COMMAND_QUEUE];
	struct {
		uint16_t handle;
		uint8_t pb;
		uint8_t len;
		uint8_t data[HCI_ACL_DATA_MAX];
	} acl[HCI_ACL_QUEUE];
};

enum hci_input_kind {
	HCI_IN_NOTHING, /* housekeeping, done */
	HCI_IN_COMMAND, /* .opcode, .status, .data: return parameters after the status; .handle: of
			   the command, if it was about a link */
	HCI_IN_EVENT,	/* .code (and .subevent), .data: parameters */
	HCI_IN_ACL,	/* .handle, .pb, .data */
	HCI_IN_NOTE,	/* .note: unexpected; the controller is still usable */
	HCI_IN_FATAL,	/* .note: the controller cannot be used any more */
};

/* data is borrowed from the packet. */
struct hci_input {
	enum hci_input_kind kind;
	uint16_t opcode;
	uint8_t status;
	bool status_only; /* from Command Status: the procedure has begun, or was refused */
	uint8_t code;
	uint8_t subevent;
	uint16_t handle;
	uint8_t pb;
	const uint8_t *data;
	size_t len;
	char note[120];
};

void hci_host_init(struct hci_host *host);

/* Queues a command with len octets of parameters. False: the queue is full, a programming error. */
bool hci_host_command(struct hci_host *host, uint16_t opcode, const void *parameters, size_t len);

/* Sets the controller's ACL buffers: count buffers of length octets, read by the bring-up. */
void hci_host_acl_buffers(struct hci_host *host, uint16_t length, uint16_t count);

/* Queues one ACL fragment of at most acl_length octets. False: the queue is full. */
bool hci_host_acl(struct hci_host *host, uint16_t handle, uint8_t pb, const uint8_t *data,
		  size_t len);

/* How many packets for this link wait here or in the controller, and are not acknowledged yet. */
size_t hci_host_acl_pending(const struct hci_host *host, uint16_t handle);
/* True when there is none. */
bool hci_host_acl_idle(const struct hci_host *host, uint16_t handle);

/* How many of them wait here: the controller does not have them. */
size_t hci_host_acl_unsent(const struct hci_host *host, uint16_t handle);

/*
 * True once the controller has reported completed packets, of any link. One that never does says
 * nothing about those that it has.
 */
bool hci_host_acl_reported(const struct hci_host *host);

/* True when data waits here for a buffer of the controller; a long computation now delays it. */
bool hci_host_acl_waits(const struct hci_host *host);

/* Writes the next packet that may be sent now to out (HCI_PACKET_MAX octets). Returns its length,
 * 0: none. */
size_t hci_host_output(struct hci_host *host, uint64_t now, uint8_t *out);

/* Classifies one packet from the controller, H4 type first; fills input. */
void hci_host_input(struct hci_host *host, const uint8_t *packet, size_t len,
		    struct hci_input *input);

/* The deadline of the answer, or of the credit, that is awaited; UINT64_MAX: of none. */
uint64_t hci_host_deadline(const struct hci_host *host);

/* True when a command waits here because the controller allows none. */
bool hci_host_is_blocked(const struct hci_host *host);

/* Drops all commands and data that were not sent; for a reset, which ends what they were about. */
void hci_host_drop(struct hci_host *host);

/* After hci_host_expired(): forgets the command, so that another may be sent. */
void hci_host_abandon_command(struct hci_host *host);

/*
 * Call it at the deadline. True: overdue; input is HCI_IN_FATAL, and .note names the command and
 * what was awaited.
 */
bool hci_host_expired(struct hci_host *host, uint64_t now, struct hci_input *input);

/* SPDX-License-Identifier: MIT */
/*
 * A minimal ATT client, Core Vol 3 Part F: it finds a service, reads the first characteristic of a
 * UUID, and writes one value, one request at a time (3.3.2). It keeps no list of attributes, asks
 * for no notification and writes no value that needs more than one request. One struct per link,
 * caller-owned; no heap, no I/O, no clock: the caller gives each request 30 s (3.3.3).
 *
 * An operation begins with a function that writes the first request to .request; each answer of
 * the peer goes to att_client_receive(), which writes the next one or ends the operation.
 */
#pragma once

#include <stdbool.h>

#include "l2cap/att.h"

#define ATT_VALUE_MAX 512 /* octets of a value, Part F 3.2.9 */

/* The MTU that the client offers when a value is long: what one packet on air carries. */
#define ATT_CLIENT_MTU 247

/* In wire order: 2 octets, or 16. */
struct att_uuid {
	uint8_t len;
	uint8_t octets[16];
};

/* Handles, both ends included. */
struct att_range {
	uint16_t first, last;
};
#define ATT_ALL_HANDLES ((struct att_range){0x0001, 0xffff})

enum att_client_state {
	ATT_CLIENT_IDLE,
	ATT_CLIENT_FINDING,	 /* a service, by Find By Type Value */
	ATT_CLIENT_READING,	 /* the handle and the first octets of a value, by Read By Type */
	ATT_CLIENT_READING_ON,	 /* the octets after them, by Read Blob */
	ATT_CLIENT_MTU_TO_READ,	 /* the MTU, before the next Read Blob */
	ATT_CLIENT_MTU_TO_WRITE, /* the MTU, before Write */
	ATT_CLIENT_WRITING,	 /* a value, by Write */
	ATT_CLIENT_PROVING,	 /* nothing: any answer will do */
	ATT_CLIENT_BROKEN,	 /* the peer broke the protocol: no request follows */
	ATT_CLIENT_STATES,
};

struct att_client {
	enum att_client_state state;
	uint8_t request[ATT_CLIENT_MTU]; /* to send */
	size_t request_len;
	uint16_t mtu;		      /* in force */
	bool exchanged;		      /* the MTU was exchanged: once a connection, 3.4.2.1 */
	struct att_range in;	      /* where the request searches; after FINDING: the service */
	uint16_t handle;	      /* of the value; 0: not known */
	uint8_t value[ATT_VALUE_MAX]; /* what was read, or is to be written */
	size_t value_len;
};

enum att_client_kind {
	ATT_CLIENT_UNASKED,  /* no answer to a request of ours: a matter of the server, or of nobody
			      */
	ATT_CLIENT_SEND,     /* the operation goes on: send .request of the client */
	ATT_CLIENT_DONE,     /* it has succeeded: .in, or .handle and .value, of the client */
	ATT_CLIENT_REFUSED,  /* Error Response: .error; .handle of the client, if it names one */
	ATT_CLIENT_TOO_LONG, /* the value does not fit the peer's MTU: it was not written */
	ATT_CLIENT_MALFORMED, /* .note describes it, a clause, static; the state is BROKEN */
};

struct att_client_result {
	enum att_client_kind kind;
	uint8_t error; /* enum att_error, or another code */
	const char *note;
};

/* Starts idle, with the default MTU. */
void att_client_init(struct att_client *client);

/* True: a request is not answered yet. Only a client that is idle begins an operation. */
bool att_client_busy(const struct att_client *client);

/* Finds the first primary service of that UUID: its handles are in .in afterwards. */
void att_client_find_service(struct att_client *client, const struct att_uuid *uuid);

/*
 * Reads the first characteristic of that UUID in a range. Also an Error Response names its handle:
 * REFUSED leaves it in .handle if it can be that of a value in the range.
 */
void att_client_read(struct att_client *client, struct att_range in, const struct att_uuid *uuid);

/*
 * Writes len octets, at most ATT_CLIENT_MTU - 3, to a handle. A value that the default MTU cannot
 * carry has the MTU exchanged first.
 */
void att_client_write(struct att_client *client, uint16_t handle, const uint8_t *value, size_t len);

/* A request whose answer proves only that the peer has taken everything before it. */
void att_client_prove(struct att_client *client);

/*
 * The peer has exchanged the MTU as a client, and our server answered ATT_CLIENT_MTU: this counts
 * for both directions (3.4.2.2). The first exchange of a connection counts.
 */
void att_client_peer_exchanged(struct att_client *client, uint16_t peer_mtu);

/* Takes one PDU of the peer, of len octets. */
struct att_client_result att_client_receive(struct att_client *client, const uint8_t *pdu,
					    size_t len);

/* The name of the request under way, static; "none". */
const char *att_client_request_name(const struct att_client *client);

/* The error refuses for want of security, and not for another reason. */
bool att_is_about_security(uint8_t error);

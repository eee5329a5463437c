/* SPDX-License-Identifier: MIT */
/*
 * A small table of attributes for the ATT server, Core Vol 3 Parts F and G: the name and the
 * appearance of the GAP service, and one value that is protected. A phone begins to pair when an
 * access is refused for want of security: reading the protected value brings it to pair.
 */
#pragma once

#include <stdbool.h>

#include "l2cap/att.h"

/* The service of the protected value, and its characteristic; in wire order. */
extern const uint8_t att_protected_service[16];
extern const uint8_t att_protected_value[16];

/* How secure a link is, and what an attribute demands; each level includes those before. */
enum att_security {
	ATT_OPEN,
	ATT_ENCRYPTED,
	ATT_AUTHENTICATED,
	ATT_SECURE, /* authenticated, by LE Secure Connections */
};

struct att_link {
	enum att_security security;
	bool bonded; /* there is a key to encrypt it with */
};

struct att_table {
	const char *name;	     /* of the device, at most 29 octets */
	enum att_security for_value; /* what the protected value demands */
};

/*
 * Writes the answer to an ATT PDU of len octets, as att_answer() does, from the table. An access
 * that the link is not secure enough for is refused as Vol 3 Part C Table 10.2 demands.
 */
size_t att_table_answer(const struct att_table *table, const struct att_link *link,
			const uint8_t *pdu, size_t len, uint8_t reply[ATT_MTU]);

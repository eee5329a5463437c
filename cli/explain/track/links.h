/* SPDX-License-Identifier: MIT */
/*
 * The hosts and connections that a capture shows, with the attempt that is under way on each
 * connection. Of fixed size, caller-owned, all zero to begin with.
 */
#pragma once

#include "analyse/attempt.h"
#include "l2cap/l2cap.h"

/* Connections at a time; the one that was silent longest makes room. */
#define EXPLAIN_LINKS 12
/* Controllers of one capture. */
#define EXPLAIN_HOSTS 4

struct explain_link {
	bool used;
	struct l2cap l2cap[2]; /* of each direction; ends as the capture numbers them */
	bool skipping[2];      /* the rest of the frame under way is of another channel */
	struct explain_attempt attempt;
};

struct explain_links {
	/* Called with each attempt that is over, finalized and lent for the call. Never NULL. */
	void (*finished)(void *ctx, const struct explain_attempt *attempt);
	void *ctx;

	uint64_t attempts, connections; /* how many began */
	struct explain_host hosts[EXPLAIN_HOSTS];
	uint32_t keys[EXPLAIN_LINKS]; /* which link each entry of links is, 0: none; see links.c */
	struct explain_link links[EXPLAIN_LINKS];
};

/* The host behind a controller, made if it is new. NULL: there are too many controllers. */
struct explain_host *track_host_of(struct explain_links *links, uint16_t source);

/* The link of a connection handle of HCI; NULL: none. */
struct explain_link *track_link_find(struct explain_links *links, uint16_t source, uint16_t handle);
/* The same of an access address on air. */
struct explain_link *track_link_find_on_air(struct explain_links *links, uint32_t access_address);

/*
 * Opens a link, which begins an attempt; one that has the same handle is closed as cut. handle is
 * an access address if packet is of the air.
 */
struct explain_link *track_link_open(struct explain_links *links,
				     const struct explain_packet *packet, uint32_t handle);

/* Ends the attempt of a link and begins another one on the same connection. */
void track_link_next_attempt(struct explain_links *links, struct explain_link *link);

/* Ends the attempt of a link and wipes the link. */
void track_link_close(struct explain_links *links, struct explain_link *link);

/* Closes all links as cut, in the order in which they were opened. */
void track_links_close(struct explain_links *links);

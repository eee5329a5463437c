/* SPDX-License-Identifier: MIT */
/*
 * The hosts and connections that a capture shows, with the attempt that is under way on each
 * connection. Of fixed size, caller-owned, all zero to begin with.
 */
#pragma once

#include "analyse/attempt.h"
#include "l2cap/l2cap.h"
#include "track/bredr.h"

/*
 * Connections at a time. If there are more, one makes room: that was silent longest, and on which
 * nothing is under way if there is one.
 */
#define EXPLAIN_LINKS 32
/* Links that are remembered after their end. */
#define EXPLAIN_ENDED 64
/* Controllers of one capture; blepair watch sees all of a machine. */
#define EXPLAIN_HOSTS 16

/*
 * Encryption that is to start anew on a link that is encrypted: with a key of before, or with one
 * that was distributed. If it fails, that is an attempt of its own.
 */
struct explain_renewal {
	struct explain_mark request; /* LE Enable Encryption, or LE Long Term Key Request */
	bool of_host;		     /* the former */
	bool has_key;		     /* in the former */
	uint8_t key[16], ediv[2], rand[8];
};

struct explain_link {
	bool used;
	bool over;			/* it has ended, but late packets and messages may follow */
	uint32_t was;			/* its key before it was over, see struct explain_links */
	struct l2cap l2cap[2];		/* of each direction; ends as the capture numbers them */
	bool skipping[2];		/* the rest of the frame under way is of another channel */
	struct explain_renewal renewal; /* request is not set: none is under way */
	struct explain_attempt attempt;
};

/*
 * An encryption that succeeded on a handle of which nothing else is known: it may be of BR/EDR, and
 * counts when something of LE shows up on the handle.
 */
struct explain_encryption {
	uint32_t key; /* of its link, numbered as below; 0: none */
	uint16_t code;
	enum explain_clock clock;
	struct explain_mark at;
	uint8_t len, data[5];
};

#define EXPLAIN_ENCRYPTIONS 4

/* The peer of a handle, as a text names it before anything of its link is there. */
struct explain_named {
	bool used;
	uint16_t source, handle;
	bool is_random;
	uint8_t address[6];
};

#define EXPLAIN_NAMED 4

/* LE connections of which the capture has neither the beginning nor security, but the end. */
struct explain_ends {
	uint64_t count;
	struct explain_mark at; /* the last one */
	uint8_t reason;
};

/* LE connections that were not made, as the kernel reports: the capture has nothing else of them.
 */
struct explain_unmade {
	uint64_t count;
	uint8_t address[6], status; /* of the last one; status of the management interface */
};

/* LE connections that ended as the kernel reports, of which the capture has nothing else. */
struct explain_dropped {
	uint64_t count;
	uint8_t address[6], reason; /* of the last one; see management_disconnect_name() */
};

/* Keys of LE that only the management interface reports. */
struct explain_kept_keys {
	uint64_t count;	    /* new ones of links that the capture does not have */
	uint8_t address[6]; /* of the last one */
	uint8_t refused;    /* why the kernel refused the keys of earlier pairings; 0: it did not */
};

/* A handle that no connection has (Core Vol 4 Part E 5.4.2): messages wait for their link there. */
#define EXPLAIN_NO_HANDLE 0xffe
/* So long messages wait, and a user takes for an answer: the timer of SMP, Vol 3 Part H 3.4. */
#define EXPLAIN_WAITS_US 30000000

struct explain_links {
	/* Called with each attempt that is over, finalized and lent for the call. Never NULL. */
	void (*finished)(void *ctx, const struct explain_attempt *attempt);
	void *ctx;

	uint64_t attempts, connections; /* how many began */
	uint64_t cancelled;		/* connections that their host stopped making */
	struct explain_ends ends;
	struct explain_unmade unmade;
	struct explain_dropped dropped;
	struct explain_kept_keys kept_keys;
	struct explain_bredr bredr;
	struct explain_host hosts[EXPLAIN_HOSTS];
	uint32_t keys[EXPLAIN_LINKS]; /* which link each entry of links is, 0: none; see links.c */
	uint32_t
		sought; /* the key that was sought last, 0: none, as most packets are of one link */
	uint8_t found;	/* its index in keys; EXPLAIN_LINKS: it is not there */
	struct explain_link links[EXPLAIN_LINKS];
	struct {
		uint32_t key; /* numbered like keys; 0: none */
		bool open;    /* it made room: its connection goes on, but is not followed */
		bool idle;    /* unless nothing was under way: it may be followed again */
		struct explain_mark at;
	} ended[EXPLAIN_ENDED]; /* the links that ended last; a ring */
	uint8_t ended_next;
	uint8_t over; /* links that have ended and are still here */
	struct explain_encryption encryptions[EXPLAIN_ENCRYPTIONS];
	uint64_t encryptions_kept; /* so far; the list is a ring */
	struct explain_named named[EXPLAIN_NAMED];
	uint64_t named_kept;	      /* so far; the list is a ring */
	struct explain_mark no_agent; /* a program's note that belongs to no attempt yet */
};

/* The host behind a controller, made if it is new. NULL: there are too many controllers. */
struct explain_host *track_host_of(struct explain_links *links, uint16_t source);

/* A controller was removed: closes its links as cut, and forgets its host. */
void track_host_remove(struct explain_links *links, uint16_t source);

/*
 * Takes number and time of a packet of HCI. If they go back, the text is of another moment: closes
 * the links of its controller as cut, and forgets what was under way there.
 */
void track_host_moment(struct explain_links *links, const struct explain_packet *packet);

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

/*
 * Opens the link of a connection that is complete, or returns that of its handle if data of the
 * connection came a moment before; see track_link_late().
 */
struct explain_link *track_link_begin(struct explain_links *links,
				      const struct explain_packet *packet, uint16_t handle);

/* Keeps the peer that a text names for a handle, packet->peer_handle, until its link is there. */
void track_named_keep(struct explain_links *links, const struct explain_packet *packet);
/* The connection of that handle has begun, or has ended: the next one has another peer. */
void track_named_forget(struct explain_links *links, uint16_t source, uint16_t handle);

/*
 * Opens the link of a handle whose connection the capture does not have. Messages that wait for a
 * link of this controller belong to it.
 */
struct explain_link *track_link_join(struct explain_links *links,
				     const struct explain_packet *packet, uint16_t handle);

/*
 * The link of a handle whose connection the capture need not have: joined if there is none, unless
 * the handle is of BR/EDR (then NULL).
 */
struct explain_link *track_link_demand(struct explain_links *links,
				       const struct explain_packet *packet, uint16_t handle);

/* Keeps an Encryption Change or Key Refresh that may be of BR/EDR; p is its len parameters. */
void track_encryption_keep(struct explain_links *links, const struct explain_packet *packet,
			   uint16_t handle, uint16_t code, const uint8_t *p, size_t len);
/* True if one is kept for this handle. */
bool track_encryption_has(const struct explain_links *links, uint16_t source, uint16_t handle);
void track_encryption_forget(struct explain_links *links, uint16_t source, uint16_t handle);

/*
 * True if the link of a connection handle has ended a moment before packet, and none with that
 * handle began since: the packet is late.
 */
bool track_link_has_ended(const struct explain_links *links, const struct explain_packet *packet,
			  uint16_t handle);
/*
 * True if packet comes so soon after an event that it may be of before: a USB controller has one
 * pipe for events and one for data (below).
 */
bool track_may_be_late(const struct explain_mark *event, const struct explain_packet *packet);
/*
 * The link of a connection handle that has ended a moment before packet, to which received data
 * still belongs: a USB controller has one pipe for events and one for data, without an order
 * between them (Core Vol 4 Part B 2.2). NULL: none.
 */
struct explain_link *track_link_late(struct explain_links *links,
				     const struct explain_packet *packet, uint16_t handle);
/*
 * True if the connection made room for another one: it is followed no further. handle is an access
 * address if packet is of the air.
 */
bool track_link_is_left(const struct explain_links *links, const struct explain_packet *packet,
			uint32_t handle);
/* A connection has ended. True if it had made room. */
bool track_link_note_end(struct explain_links *links, const struct explain_packet *packet,
			 uint32_t handle);

/* Ends the attempt of a link and begins another one on the same connection. */
void track_link_next_attempt(struct explain_links *links, struct explain_link *link);

/*
 * Encryption does not start anew: an attempt of its own, and what came before it keeps its end.
 * Nothing happens if none was under way.
 */
void track_link_fail_renewal(struct explain_links *links, struct explain_link *link);

/* Does so if the link ends for a reason that encryption has. */
void track_link_end_renewal(struct explain_links *links, struct explain_link *link,
			    const struct explain_packet *packet, uint8_t reason);

/*
 * Calls finished for the attempt of a link as it is at now_us, by the clock of the packets; the
 * link stays, and its attempt is marked as reported.
 */
void track_link_report(struct explain_links *links, struct explain_link *link, uint64_t now_us);

/* Ends the attempt of a link whose connection has ended, and wipes the link. */
void track_link_close(struct explain_links *links, struct explain_link *link);

/*
 * The connection of a link has ended. It is kept for a moment: data of before may come late, and
 * the kernel's own message about the end may have more.
 */
void track_link_end(struct explain_links *links, struct explain_link *link);

/* Does so with an attempt that something else cuts, unless its connection has ended before. */
void track_link_cut(struct explain_links *links, struct explain_link *link, enum explain_cut cut);

/* "frame 50: an LE connection ... ended by the peer: ... (0x13)"; empty: there was none. */
#define TRACK_ENDS 200
const char *track_ends_describe(const struct explain_ends *ends, char text[TRACK_ENDS]);

/* "the kernel reports that ...: Disconnected (0x0e)"; empty: it reports none. */
const char *track_kept_keys_describe(const struct explain_kept_keys *keys, char text[TRACK_ENDS]);
const char *track_dropped_describe(const struct explain_dropped *dropped, char text[TRACK_ENDS]);
/* The same of the peer with which a host was asked to pair, and to which no connection was made. */
const char *track_wish_describe(const struct explain_links *t, char text[TRACK_ENDS]);
const char *track_unmade_describe(const struct explain_unmade *unmade, char text[TRACK_ENDS]);

/* Closes the links that have ended, unless packet may be late for them. */
void track_links_pass(struct explain_links *links, const struct explain_packet *packet);
/* Closes all links that have ended: nothing more comes of them. */
void track_links_flush(struct explain_links *links);

/* Closes all links as cut, in the order in which they were opened. */
void track_links_close(struct explain_links *links);

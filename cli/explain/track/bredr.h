/* SPDX-License-Identifier: MIT */
/*
 * What a capture shows of BR/EDR: which handles are of it, so that no LE attempt is made of their
 * events, and how its connections and pairings ended. blepair pairs LE only. Core Vol 4 Part E 7.
 */
#pragma once

#include "capture/packet.h"

/* Controllers followed, and kinds of ends counted. */
#define EXPLAIN_BREDR_CONTROLLERS 4
#define EXPLAIN_BREDR_ENDS	  6
#define EXPLAIN_HANDLES		  0x1000U /* 12 bits, 5.4.2 */

enum explain_bredr_kind {
	EXPLAIN_BREDR_REFUSED,	/* a connection that was not made; code: status */
	EXPLAIN_BREDR_ENDED,	/* a connection that ended; code: reason */
	EXPLAIN_BREDR_SIMPLE,	/* Secure Simple Pairing; code: status */
	EXPLAIN_BREDR_PIN,	/* pairing with a PIN; code: status */
	EXPLAIN_BREDR_UNPROVED, /* an authentication that failed otherwise; code: status */
};

/* A question to the user of the captured host that was answered no. */
struct explain_bredr_refusal {
	uint32_t count;
	bool timed;
	uint64_t after_us; /* the first time */
};

/* So many ends of one kind with one status or reason. */
struct explain_bredr_end {
	uint32_t count;
	uint8_t kind; /* enum explain_bredr_kind */
	uint8_t code;
};

/* What was seen of a handle. */
enum explain_handle_kind {
	EXPLAIN_HANDLE_BREDR, /* an ACL connection of BR/EDR */
	EXPLAIN_HANDLE_LE,    /* something of LE */
	EXPLAIN_HANDLE_AUDIO, /* SCO, or a CIS of LE */
	EXPLAIN_HANDLE_KINDS
};

struct explain_bredr {
	struct {
		bool used;
		uint16_t source;
		uint8_t handles[EXPLAIN_HANDLE_KINDS][EXPLAIN_HANDLES / 8]; /* a bit for each */
		bool authenticates; /* BR/EDR authentication is under way on an unknown handle */
		bool has_pin;	    /* a PIN was asked for, and no link key came yet */
		bool asked;	    /* the user, at asked_us */
		uint64_t asked_us;
	} controllers[EXPLAIN_BREDR_CONTROLLERS];
	uint64_t connections;
	struct explain_bredr_end ends[EXPLAIN_BREDR_ENDS];
	size_t end_count;
	struct explain_bredr_refusal refusal;
	uint8_t key_size; /* the shortest of an encryption key, in octets; 0: not seen */
	uint32_t blocked; /* channels that were refused for want of security */
	bool seen;	  /* something of pairing or encryption of BR/EDR */
};

/* Takes each command and event. */
void track_bredr_packet(struct explain_bredr *bredr, const struct explain_packet *packet);

/* Takes the beginning of a frame of L2CAP on a link that is not known to be of LE. */
void track_bredr_frame(struct explain_bredr *bredr, const struct explain_packet *packet,
		       uint16_t handle, uint16_t cid);

/* The management interface has something about a pairing of BR/EDR. */
void track_bredr_note_management(struct explain_bredr *bredr, uint16_t source);

/* Synchronous or isochronous channels have a handle, but no security of their own. */
void track_bredr_note_audio(struct explain_bredr *bredr, uint16_t source, uint16_t handle);

/* True for a handle that is known to be of BR/EDR, or of audio. */
bool track_bredr_has(const struct explain_bredr *bredr, uint16_t source, uint16_t handle);

/* An encryption on an unknown handle is of BR/EDR when its authentication was seen before it. */
bool track_bredr_authenticates(const struct explain_bredr *bredr, uint16_t source);

/* Something of LE was seen on this handle; true if it was. */
void track_bredr_note_le(struct explain_bredr *bredr, uint16_t source, uint16_t handle);
bool track_bredr_is_le(const struct explain_bredr *bredr, uint16_t source, uint16_t handle);

/* Forgets all handles of a controller. */
void track_bredr_restart(struct explain_bredr *bredr, uint16_t source);

/* The link is of LE. */
void track_bredr_forget(struct explain_bredr *bredr, uint16_t source, uint16_t handle);

/*
 * "4 connections of BR/EDR, 4 ended by the peer: Remote User Terminated Connection (0x13)...";
 * empty if there was nothing. Returns text.
 */
const char *track_bredr_summary(const struct explain_bredr *bredr, char *text, size_t size);

/* What to do about it, or NULL. alone: the capture has no link of LE. */
const char *track_bredr_advice(const struct explain_bredr *bredr, bool alone);

/* True if there was a pairing of BR/EDR. */
bool track_bredr_paired(const struct explain_bredr *bredr);

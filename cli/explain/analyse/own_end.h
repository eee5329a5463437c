/* SPDX-License-Identifier: MIT */
/*
 * What a host knows about the end of its own attempt, and no capture shows: a program that explains
 * its own run fills it. In a capture that was made elsewhere there is none.
 */
#pragma once

#include <stdbool.h>

enum explain_own_reason {
	EXPLAIN_OWN_CANCELLED,	/* its user gave up */
	EXPLAIN_OWN_LIMIT,	/* a time limit of its own was over, or its user did not answer */
	EXPLAIN_OWN_CONTROLLER, /* its controller failed */
	EXPLAIN_OWN_POLICY,	/* it refused what its options or its bond do not allow */
	EXPLAIN_OWN_JUDGEMENT,	/* it refused what the other end sent */
	EXPLAIN_OWN_BONDED,	/* it has a bond with the other end, which refused to pair anew */
};

struct explain_own_end {
	enum explain_own_reason reason;
	bool other_passkey; /* the other end's confirm value does not match our passkey */
	const char *policy; /* EXPLAIN_OWN_POLICY: the option, static; NULL: the text names it */
	char text[960];	    /* a clause: what happened */
	char fix[320];	    /* a clause: what to do; empty: what the check says */
};

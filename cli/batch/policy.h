/* SPDX-License-Identifier: MIT */
/*
 * How an attempt can end, and the policy: for each end, how often a unit is tried and how long it
 * rests before the next attempt (docs/batch.md, "Failures").
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum batch_end {
	BATCH_SUCCEEDED,
	BATCH_NOT_SEEN,	       /* it never advertised */
	BATCH_NO_ANSWER,       /* it did not accept the connection */
	BATCH_NOT_ESTABLISHED, /* code: HCI error of the connection */
	BATCH_LOST,	       /* code: HCI reason, before it was paired */
	BATCH_REFUSED,	       /* code: SMP reason that the peer sent */
	BATCH_UNENCRYPTED,     /* code: HCI status of the encryption */
	BATCH_BOND_LOST,       /* it does not have the key of its bond any more */
	BATCH_SMP_TIMEOUT,     /* no answer to a PDU for 30 s */
	BATCH_WE_REFUSED,      /* code: SMP reason that we sent */
	BATCH_WRONG_ATTRIBUTE, /* code: ATT error, if there was one */
	BATCH_UNPROTECTED,     /* it gives an attribute away */
	BATCH_UNIT_TIMEOUT,    /* --unit-timeout */
	BATCH_INTERNAL_ERROR,  /* a failure on our side: cryptography, a file */
	/* The unit is not at fault: */
	BATCH_CONTROLLER_FULL,	 /* the controller has no room for another link */
	BATCH_CONTROLLER_FAILED, /* code: none */
	BATCH_CANCELLED,	 /* the job was ended */
	BATCH_ENDS
};

struct batch_policy {
	enum batch_end end;
	int code;	/* SMP reason or HCI error; -1: any */
	unsigned tries; /* attempts of a unit, at most; 0: the attempt does not count */
	unsigned rest;	/* before the next attempt: 250 ms, doubled so many times... */
	bool longer;	/* ...and doubled again for every attempt so far but the first */
	bool see;	/* the unit must be seen again before the next attempt */
};

/* The first row that applies to the end and its code. Never NULL: every end has a row. */
const struct batch_policy *batch_policy(enum batch_end end, int code);

/* Row i of the table; NULL: there are no more. For tests of every row. */
const struct batch_policy *batch_policy_row(size_t i);

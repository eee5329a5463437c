/* SPDX-License-Identifier: MIT */
/* What the numbers and names mean by which stacks log why a pairing failed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What stands behind a line of a log. */
enum capture_meaning {
	MEANING_NONE,	 /* no number, and not why the pairing failed */
	MEANING_WHY,	 /* no number; the line itself is why */
	MEANING_AT_ONCE, /* the same; the second line follows at once */
	MEANING_DONE, /* no number; a pairing that succeeded: said when the text has no other fact
		       */
	MEANING_NAME, /* a reason of Pairing Failed, by a name: "SMP_DHKEY_CHECK_FAILED_ERROR" */
	/* The numbers. */
	MEANING_REASON,	     /* of Pairing Failed: Core Vol 3 Part H Table 3.7 */
	MEANING_SMP,	     /* the same, up to 0x0e; above it the stack has numbers of its own */
	MEANING_ZEPHYR,	     /* bt_security_err */
	MEANING_ESP,	     /* esp_ble_auth_fail_rsn_t: 78 is the first reason */
	MEANING_NRF5,	     /* 0x80: reason, 0x1000: error of HCI or of the Peer Manager */
	MEANING_NIMBLE,	     /* 0x400: own reason, 0x500: reason of the peer, 0x200: HCI */
	MEANING_NIMBLE_HOST, /* the same, and the host's own errors */
	MEANING_ST,	     /* status of aci_gap_pairing_complete_event */
	MEANING_TI,	     /* status of the GAP Bond Manager */
	MEANING_CEVA,	     /* hl_err: 0x60: own reason, 0x70: reason of the peer */
	MEANING_SILABS,	     /* sl_status: 0x1200, before: 0x300, and errors of HCI */
	MEANING_RENESAS,     /* ble_status_t: 0x2000 and a reason, 0x1000 and an error of HCI */
	MEANING_CORDIO,	     /* reason, and SMP_ERR_* */
	MEANING_CYPRESS,     /* cy_en_ble_gap_auth_failed_reason_t, decimal or hexadecimal */
	MEANING_BTSTACK,     /* status of SM_EVENT_PAIRING_COMPLETE: an error of HCI */
	/* A number that an application printed, of a stack that the number itself shows, or else:
	 */
	MEANING_ANY,	    /* of an unknown one */
	MEANING_ANY_ZEPHYR, /* of Zephyr */
	MEANING_ANY_SMP,    /* a reason */
	MEANING_BREDR,	    /* an error of HCI, of a pairing of BR/EDR */
	MEANING_HCI,	    /* an error of HCI, beside what the host makes of it */
	MEANING_ENCRYPT,    /* the same, where Zephyr's host may have made it of its own status */
	/* Why the link ended, on the same line: an error of HCI, or 0x200 and it. */
	MEANING_MIC,	    /* MIC Failure */
	MEANING_LINK,	    /* it failed */
	MEANING_LEFT,	    /* an end disconnected, as it may at any time */
	MEANING_BLUEDROID,  /* tSMP_STATUS: a reason, and above 0x0e the stack's own numbers */
	MEANING_KERNEL,	    /* a code of SMP */
	MEANING_MANAGEMENT, /* a status of Linux' management interface */
	MEANING_WINDOWS,    /* DevicePairingResultStatus */
};

/* Writes what a number means. False: it has no such meaning. */
bool capture_number_text(enum capture_meaning meaning, unsigned n, char *text, size_t size);

/*
 * What the reason of Pairing Failed that a number stands for means most often, and what to do: a
 * clause, static. NULL: none.
 */
const char *capture_number_usually(enum capture_meaning meaning, unsigned n);

/*
 * Writes the reason whose name is at p, before end: an identifier, perhaps with "SMP_" before it
 * and "_ERROR" behind it, and sets more to what it usually means, or NULL. False: there is none.
 */
bool capture_name_text(const char *p, const char *end, char *text, size_t size, const char **more);

/* SPDX-License-Identifier: MIT */
/* What logs of Linux, Android, iOS and macOS, and of the programs there say of a pairing. */
#pragma once

#include <stddef.h>

/*
 * Writes the first facts of the table that the text has into fact and second, of size octets each,
 * as far as they are empty: see capture_foreign_fact().
 */
void capture_host_facts(const char *text, size_t len, char *fact, char *second, size_t size);

/* What BlueZ reports to the program that asked it to pair. */
#define CAPTURE_CANCELED                                                                          \
	"AuthenticationCanceled: the pairing ended before it was complete, because the link was " \
	"lost or a program cancelled it; which, it does not say"
#define CAPTURE_TIMEOUT                                                                          \
	"AuthenticationTimeout: the device did not answer in time, or the link was lost on the " \
	"way"
#define CAPTURE_REJECTED                                                                     \
	"AuthenticationRejected: most likely this computer did not begin: LE is off on its " \
	"adapter (`btmgmt info`, `btmgmt le on`), or another pairing is under way"

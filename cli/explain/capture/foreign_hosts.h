/* SPDX-License-Identifier: MIT */
/* What logs of Linux, Android and their programs say of a pairing: rows of capture_foreign_fact().
 */
#pragma once

#include <stddef.h>

#include "capture/foreign_numbers.h"

/* What a log says. A fact with two lines needs both, in this order. */
struct capture_fact {
	const char *line, *then; /* then: NULL, or the second line */
	enum capture_meaning meaning;
	const char *says; /* with %s for what the number means */
};

/* More particular facts first. */
extern const struct capture_fact capture_host_facts[];
extern const size_t capture_host_fact_count;

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

#define CAPTURE_OF_BREDR "a connection in it is of BR/EDR; blepair explains LE only"

#define CAPTURE_WHICH_END "Pairing Failed, %s; which end sent it, it does not say"

/* SPDX-License-Identifier: MIT */
/* Why a controller cannot be used, for the caller to choose an exit code and to print. */
#pragma once

enum hci_failure_kind {
	HCI_FAILURE_NONE,
	HCI_FAILURE_SPEC,	/* the name of the controller is not understood */
	HCI_FAILURE_NOT_FOUND,	/* there is no such controller */
	HCI_FAILURE_IN_USE,	/* another user has it; hci_access.take would take it */
	HCI_FAILURE_BUSY,	/* another user holds it, and it cannot be taken */
	HCI_FAILURE_BLOCKED,	/* rfkill blocks it */
	HCI_FAILURE_PERMISSION, /* this process may not open it */
	HCI_FAILURE_GONE,	/* it was unplugged, or its connection closed */
	HCI_FAILURE_PROTOCOL,	/* its octets are not HCI */
};

struct hci_failure {
	enum hci_failure_kind kind;
	char text[320]; /* one line: what was tried, what came back, what to do */
};

/* Fills failure; returns -1, for a return statement. */
int hci_failure_set(struct hci_failure *failure, enum hci_failure_kind kind, const char *format,
		    ...) __attribute__((format(printf, 3, 4)));

/* SPDX-License-Identifier: MIT */
/*
 * Runs a remedy for a USB device (hci/usb_remedy.h) in a child process: the kernel may take many
 * seconds for a device that does not answer, and the caller has other controllers.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum hci_usb_remedy { HCI_USB_RESET, HCI_USB_POWER };

struct hci_usb_recovery {
	pid_t child; /* 0: none */
	int fd;	     /* readable when it has ended */
};

/* 0, or an errno. End it by hci_usb_recovery_end(). */
int hci_usb_recovery_start(struct hci_usb_recovery *recovery, enum hci_usb_remedy remedy,
			   const char *port);

/*
 * 0, or the errno of the remedy; ETIMEDOUT: it was not done yet. Never blocks: such a child ends by
 * itself, because a port that is off must be switched on again.
 */
int hci_usb_recovery_end(struct hci_usb_recovery *recovery);

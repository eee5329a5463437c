/* SPDX-License-Identifier: MIT */
/* The kernel's radio switch of one controller. A Linux interface: rfkill.txt. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct hci_rfkill {
	bool found;
	uint32_t number; /* the switch */
	bool soft;	 /* blocked by software: may be unblocked */
	bool hard;	 /* blocked by a hardware switch */
};

/* Reads the switch of hci<index>. */
void hci_rfkill_read(uint16_t index, struct hci_rfkill *rfkill);

/* Opens /dev/rfkill for writing; usable after privileges are dropped. -1 with errno. */
int hci_rfkill_open(void);

/* Blocks or unblocks that one switch. 0, or -1 with errno. */
int hci_rfkill_set(int fd, uint32_t number, bool blocked);

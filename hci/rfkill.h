/* SPDX-License-Identifier: MIT */
/* The kernel's radio switches, as far as they concern one controller. Linux, rfkill.txt. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct hci_rfkill {
	bool found;
	uint32_t number; /* the switch */
	bool soft;	 /* blocked by software: may be lifted */
	bool hard;	 /* blocked by a real switch */
};

/* The switch of a kernel controller. */
void hci_rfkill_read(uint16_t index, struct hci_rfkill *rfkill);

/* /dev/rfkill for writing, or -1 with errno; it may be used after privileges were given up. */
int hci_rfkill_open(void);

/* Blocks or unblocks that one switch. 0, or -1 with errno. */
int hci_rfkill_set(int fd, uint32_t number, bool blocked);

/* SPDX-License-Identifier: MIT */
/*
 * The news that a device came or went: the kernel's, and those of udev, which come after its rules
 * have set the rights of the device file. Both are broadcast to any user. Their content is not
 * read: they only mean that it is worth looking again.
 */
#pragma once

#include <stdbool.h>

/* A descriptor to poll, or -1: there is no news here (a container). */
int hci_uevents_open(void);

/* Takes all that came. True: there was some, or some was lost. */
bool hci_uevents_take(int fd);

/* SPDX-License-Identifier: MIT */
/* File descriptors that are open, to find those that are never closed. */
#pragma once

#include <fcntl.h>

#define DESCRIPTORS_COUNTED 256

__attribute__((unused)) static int descriptors_open(void)
{
	int count = 0;

	for (int fd = 0; fd < DESCRIPTORS_COUNTED; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* SPDX-License-Identifier: MIT */
/* File descriptors that are open, to find those that are never closed. */
#pragma once

#include <fcntl.h>
#include <unistd.h>

#define DESCRIPTORS_COUNTED 256

__attribute__((unused)) static int descriptors_open(void)
{
	int count = 0;

	for (int fd = 0; fd < DESCRIPTORS_COUNTED; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Frees descriptor 0, which the next open() or socket() returns, and puts it back. */
__attribute__((unused)) static int descriptor_0_free(void)
{
	int saved = dup(STDIN_FILENO);

	close(STDIN_FILENO);
	return saved;
}

__attribute__((unused)) static void descriptor_0_restore(int saved)
{
	(void)dup2(saved, STDIN_FILENO);
	close(saved);
}

/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/kernel_socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

struct hci_address {
	sa_family_t family;
	unsigned short device;
	unsigned short channel;
};

int hci_kernel_socket(uint16_t device, uint16_t channel)
{
	struct hci_address address = {.family = AF_BLUETOOTH, .device = device, .channel = channel};
	int fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, HCI_KERNEL_PROTOCOL);

	if (fd < 0 || bind(fd, (struct sockaddr *)(void *)&address, sizeof(address)) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

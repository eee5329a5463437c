/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/uevents.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

/* Linux lib/kobject_uevent.c sends to group 1, libudev (libudev-monitor) to group 2. */
#define GROUPS 3

int hci_uevents_open(void)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = GROUPS};
	int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

bool hci_uevents_take(int fd)
{
	bool any = false;
	ssize_t got;
	char cut; /* the rest of a message is dropped */

	do {
		got = recv(fd, &cut, sizeof(cut), MSG_DONTWAIT);
		any |= got >= 0 || errno == ENOBUFS;
	} while (got >= 0 || errno == EINTR || errno == ENOBUFS);
	return any;
}

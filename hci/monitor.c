/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/monitor.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "crypto/bytes.h"
#include "hci/kernel_socket.h"

/* Room for some thousands of records, while this process does not run. */
enum { BUFFER = 8 << 20 };

int hci_monitor_open(struct hci_failure *failure)
{
	int fd = hci_kernel_socket(HCI_KERNEL_NO_DEVICE, HCI_KERNEL_CHANNEL_MONITOR);

	if (fd >= 0)
		return fd;
	switch (errno) {
	case EPERM:
	case EACCES:
		return hci_failure_set(failure, HCI_FAILURE_PERMISSION,
				       "the monitor channel of the kernel needs the capability "
				       "CAP_NET_RAW: run it with sudo, or give the program this "
				       "capability (sudo setcap cap_net_raw+ep BLEPAIR)");
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
		return hci_failure_set(failure, HCI_FAILURE_NOT_FOUND,
				       "this kernel has no Bluetooth: load its module (sudo "
				       "modprobe bluetooth); a container has that of its host");
	default:
		return hci_failure_set(failure, HCI_FAILURE_GONE,
				       "the monitor channel of the kernel cannot be opened: %s",
				       strerror(errno));
	}
}

/* The records that the kernel has dropped since the socket was opened. */
static uint32_t drops(const struct hci_monitor *monitor)
{
	uint32_t counters[SK_MEMINFO_VARS] = {0};
	socklen_t size = sizeof(counters);

	if (getsockopt(monitor->fd, SOL_SOCKET, SO_MEMINFO, counters, &size))
		return monitor->drops; /* before Linux 4.12 */
	return counters[SK_MEMINFO_DROPS];
}

void hci_monitor_start(struct hci_monitor *monitor, int fd, uint64_t (*now)(void))
{
	const int on = 1, buffer = BUFFER;

	monitor->fd = fd;
	monitor->now = now;
	monitor->lost = 0;
	monitor->drops = 0;
	monitor->drops = drops(monitor);
	(void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on));
	/* Beyond the limit of the system only with CAP_NET_ADMIN. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
}

/* ---- Records --------------------------------------------------------------------------------- */

/* The kernel's time of a record. */
static uint64_t time_of(const struct hci_monitor *monitor, struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		struct timeval time;
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMP)
			continue;
		memcpy(&time, CMSG_DATA(c), sizeof(time));
		return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
	}
	return monitor->now();
}

static void count_drops(struct hci_monitor *monitor)
{
	const uint32_t count = drops(monitor);

	if (count == monitor->drops)
		return;
	monitor->lost += count - monitor->drops; /* modulo 2^32, as the counter */
	monitor->drops = count;
	monitor->lost_at = monitor->now();
}

/* The records that were queued before the gap were captured: it is behind them. */
static uint64_t lost_before(struct hci_monitor *monitor, uint64_t time_us)
{
	const uint64_t lost = monitor->lost;

	if (time_us <= monitor->lost_at)
		return 0;
	monitor->lost = 0;
	return lost;
}

static int ended(struct hci_failure *failure, const char *reason)
{
	return hci_failure_set(failure, HCI_FAILURE_GONE,
			       "the monitor channel of the kernel has ended: %s", reason);
}

int hci_monitor_next(struct hci_monitor *monitor, struct hci_monitor_record *record,
		     struct hci_failure *failure)
{
	const uint8_t *p = monitor->packet;
	union {
		struct cmsghdr header;
		char octets[CMSG_SPACE(sizeof(struct timeval))];
	} control;
	struct iovec part = {monitor->packet, sizeof(monitor->packet)};
	struct msghdr message;
	ssize_t got;

	do {
		message = (struct msghdr){.msg_iov = &part,
					  .msg_iovlen = 1,
					  .msg_control = &control,
					  .msg_controllen = sizeof(control)};
		count_drops(monitor);
		got = recvmsg(monitor->fd, &message, MSG_DONTWAIT);
		/* A record without a whole header is none. */
	} while ((got < 0 && errno == EINTR) || (got > 0 && got < HCI_MONITOR_HEADER));
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		monitor->lost_at = 0; /* whatever comes next is behind the gap */
		return 0;
	}
	if (got <= 0)
		return ended(failure, got ? strerror(errno) : "it was closed");
	*record = (struct hci_monitor_record){
		.opcode = bytes_get_le16(p),
		.index = bytes_get_le16(p + 2),
		.data = p + HCI_MONITOR_HEADER,
		.len = (size_t)got - HCI_MONITOR_HEADER,
		.original = bytes_get_le16(p + 4),
		.time_us = time_of(monitor, &message),
	};
	if (record->original < record->len)
		record->len = record->original;
	record->lost = lost_before(monitor, record->time_us);
	return 1;
}

void hci_monitor_close(struct hci_monitor *monitor)
{
	if (monitor->fd >= 0)
		close(monitor->fd);
	monitor->fd = -1;
	bytes_wipe(monitor->packet, sizeof(monitor->packet));
}

/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/btsnoop.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Microseconds from year 0 to 1970, as the format counts. */
#define EPOCH 0x00dcddb30f2f8000ULL

/* The format is big-endian throughout. */
static uint8_t *put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
	return p + 4;
}

size_t hci_btsnoop_file_header(uint8_t out[HCI_BTSNOOP_FILE_HEADER])
{
	memcpy(out, "btsnoop", 8); /* with its zero */
	put32(put32(out + 8, 1), 1002);
	return HCI_BTSNOOP_FILE_HEADER;
}

size_t hci_btsnoop_record_header(uint8_t out[HCI_BTSNOOP_RECORD_HEADER], bool received,
				 uint64_t unix_us, uint8_t type, size_t len)
{
	uint64_t when = EPOCH + unix_us;
	bool control = type == HCI_COMMAND || type == HCI_EVENT;
	uint8_t *p = out;

	p = put32(p, (uint32_t)len); /* on the line */
	p = put32(p, (uint32_t)len); /* in the file */
	p = put32(p, (received ? 1U : 0) | (control ? 2U : 0));
	p = put32(p, 0); /* lost before this one */
	p = put32(p, (uint32_t)(when >> 32));
	put32(p, (uint32_t)when);
	return HCI_BTSNOOP_RECORD_HEADER;
}

static int failed(struct hci_failure *problem, const char *what)
{
	return hci_failure_set(problem, HCI_FAILURE_GONE, "capture file: cannot %s: %s", what,
			       strerror(errno));
}

int hci_btsnoop_open(struct hci_btsnoop *snoop, const char *path, struct hci_failure *problem)
{
	uint8_t header[HCI_BTSNOOP_FILE_HEADER];
	size_t len = hci_btsnoop_file_header(header);

	snoop->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (snoop->fd < 0)
		return hci_failure_set(problem, HCI_FAILURE_PERMISSION,
				       "capture file %s: cannot create it: %s", path,
				       strerror(errno));
	/* An older file of that name may have been readable by others. */
	if (fchmod(snoop->fd, 0600) < 0 && errno != EPERM)
		return failed(problem, "make it private");
	return write(snoop->fd, header, len) == (ssize_t)len ? 0 : failed(problem, "write it");
}

int hci_btsnoop_write(struct hci_btsnoop *snoop, bool received, uint64_t unix_us,
		      const uint8_t *packet, size_t len, struct hci_failure *problem)
{
	uint8_t record[HCI_BTSNOOP_RECORD_HEADER + HCI_PACKET_MAX];

	if (len > HCI_PACKET_MAX)
		len = HCI_PACKET_MAX;
	size_t header_len = hci_btsnoop_record_header(record, received, unix_us, packet[0], len);
	memcpy(record + header_len, packet, len);

	ssize_t whole = (ssize_t)(header_len + len);
	ssize_t n = write(snoop->fd, record, (size_t)whole);
	explicit_bzero(record, sizeof(record));
	if (n >= 0 && n < whole)
		errno = ENOSPC;
	return n == whole ? 0 : failed(problem, "write it");
}

void hci_btsnoop_close(struct hci_btsnoop *snoop)
{
	if (snoop->fd >= 0)
		close(snoop->fd);
	snoop->fd = -1;
}

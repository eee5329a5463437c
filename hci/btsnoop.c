/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/btsnoop.h"

#include <errno.h>
#include <string.h>
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

static int failed(struct hci_failure *failure)
{
	return hci_failure_set(failure, HCI_FAILURE_GONE, "cannot write the capture file: %s",
			       strerror(errno));
}

void hci_btsnoop_start(struct hci_btsnoop *snoop, int fd, bool replace)
{
	*snoop = (struct hci_btsnoop){.fd = fd, .replace = replace};
}

int hci_btsnoop_write(struct hci_btsnoop *snoop, bool received, uint64_t unix_us,
		      const uint8_t *packet, size_t len, struct hci_failure *failure)
{
	uint8_t record[HCI_BTSNOOP_FILE_HEADER + HCI_BTSNOOP_RECORD_HEADER + HCI_PACKET_MAX];
	size_t at = snoop->begun ? 0 : hci_btsnoop_file_header(record);

	if (!snoop->begun && snoop->replace && ftruncate(snoop->fd, 0))
		return failed(failure);
	snoop->begun = true;
	if (len > HCI_PACKET_MAX)
		len = HCI_PACKET_MAX;
	at += hci_btsnoop_record_header(record + at, received, unix_us, packet[0], len);
	memcpy(record + at, packet, len);

	ssize_t whole = (ssize_t)(at + len);
	ssize_t n = write(snoop->fd, record, (size_t)whole);
	explicit_bzero(record, sizeof(record));
	if (n >= 0 && n < whole)
		errno = ENOSPC;
	return n == whole ? 0 : failed(failure);
}

void hci_btsnoop_close(struct hci_btsnoop *snoop)
{
	if (snoop->fd >= 0)
		close(snoop->fd);
	snoop->fd = -1;
}

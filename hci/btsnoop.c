/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/btsnoop.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* Microseconds from year 0 to 1970, as the format counts. */
#define EPOCH 0x00dcddb30f2f8000ULL

enum { DATALINK_H4 = 1002, DATALINK_MONITOR = 2001 };

/* The format is big-endian throughout. */
static uint8_t *put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
	return p + 4;
}

static size_t file_header(uint8_t out[HCI_BTSNOOP_FILE_HEADER], uint32_t datalink)
{
	memcpy(out, "btsnoop", 8); /* with its zero */
	put32(put32(out + 8, 1), datalink);
	return HCI_BTSNOOP_FILE_HEADER;
}

size_t hci_btsnoop_file_header(uint8_t out[HCI_BTSNOOP_FILE_HEADER])
{
	return file_header(out, DATALINK_H4);
}

/* lost: records that are missing so far. */
static size_t record_header(uint8_t out[HCI_BTSNOOP_RECORD_HEADER], uint32_t flags,
			    uint64_t unix_us, size_t original, size_t len, uint32_t lost)
{
	uint64_t when = EPOCH + unix_us;
	uint8_t *p = out;

	p = put32(p, (uint32_t)original); /* on the line */
	p = put32(p, (uint32_t)len);	  /* in the file */
	p = put32(p, flags);
	p = put32(p, lost);
	p = put32(p, (uint32_t)(when >> 32));
	put32(p, (uint32_t)when);
	return HCI_BTSNOOP_RECORD_HEADER;
}

size_t hci_btsnoop_record_header(uint8_t out[HCI_BTSNOOP_RECORD_HEADER], bool received,
				 uint64_t unix_us, uint8_t type, size_t len)
{
	bool control = type == HCI_COMMAND || type == HCI_EVENT;

	return record_header(out, (received ? 1U : 0) | (control ? 2U : 0), unix_us, len, len, 0);
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

/* Before the first record. */
static int begin(struct hci_btsnoop *snoop, struct hci_failure *failure)
{
	if (!snoop->begun && snoop->replace && ftruncate(snoop->fd, 0))
		return failed(failure);
	snoop->begun = true;
	return 0;
}

int hci_btsnoop_write(struct hci_btsnoop *snoop, bool received, uint64_t unix_us,
		      const uint8_t *packet, size_t len, struct hci_failure *failure)
{
	uint8_t record[HCI_BTSNOOP_FILE_HEADER + HCI_BTSNOOP_RECORD_HEADER + HCI_PACKET_MAX];
	size_t at = snoop->begun ? 0 : hci_btsnoop_file_header(record);

	if (begin(snoop, failure))
		return -1;
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

int hci_btsnoop_write_monitor(struct hci_btsnoop *snoop, const struct hci_monitor_record *record,
			      struct hci_failure *failure)
{
	uint8_t headers[HCI_BTSNOOP_FILE_HEADER + HCI_BTSNOOP_RECORD_HEADER];
	size_t at = snoop->begun ? 0 : file_header(headers, DATALINK_MONITOR);

	if (begin(snoop, failure))
		return -1;
	snoop->lost += (uint32_t)record->lost;
	at += record_header(headers + at, (uint32_t)record->index << 16 | record->opcode,
			    record->time_us, record->original, record->len, snoop->lost);
	/* writev() takes what it does not change as not constant, too. */
	union {
		const uint8_t *given;
		void *taken;
	} data = {.given = record->data};
	const struct iovec parts[] = {{headers, at}, {data.taken, record->len}};
	const ssize_t whole = (ssize_t)(at + record->len);
	const ssize_t n = writev(snoop->fd, parts, 2);

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

/* SPDX-License-Identifier: MIT */
/* The capture writer: each packet that was written can be read back. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "hci/btsnoop.h"

static uint64_t be(const uint8_t *p, size_t len)
{
	uint64_t value = 0;

	while (len--)
		value = value << 8 | *p++;
	return value;
}

/* Midnight, 1 January of year 0 to that of 1970, in microseconds. */
#define EPOCH INT64_C(62168256000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len}, again = {data, len};
	struct hci_btsnoop snoop;
	struct hci_failure failure;
	const char *path = fuzz_file("", 0);
	uint8_t header[HCI_BTSNOOP_RECORD_HEADER];
	struct stat status;

	hci_btsnoop_start(&snoop, open(path, O_WRONLY | O_CLOEXEC), true);
	insist(snoop.fd >= 0);
	int fd = dup(snoop.fd);
	while (in.len) {
		uint8_t flags = fuzz_u8(&in);
		uint64_t when = (uint64_t)fuzz_u16(&in) << (flags >> 2 & 31);
		size_t size = 1 + fuzz_u16(&in) % (HCI_PACKET_MAX + 4);
		uint8_t *packet = fuzz_alloc(&in, size);
		insist(hci_btsnoop_write(&snoop, flags & 1, when, packet, size, &failure) == 0);
		free(packet);
	}
	hci_btsnoop_close(&snoop);
	insist(fstat(fd, &status) == 0);

	int back = open(path, O_RDONLY | O_CLOEXEC);
	insist(back >= 0);
	off_t at = again.len ? HCI_BTSNOOP_FILE_HEADER : 0;
	insist(read(back, header, (size_t)at) == at);
	insist(memcmp(header, "btsnoop\0\0\0\0\1\0\0\3\xea", (size_t)at) == 0);
	while (again.len) {
		uint8_t flags = fuzz_u8(&again);
		uint64_t when = (uint64_t)fuzz_u16(&again) << (flags >> 2 & 31);
		size_t size = 1 + fuzz_u16(&again) % (HCI_PACKET_MAX + 4);
		uint8_t *packet = fuzz_alloc(&again, size), got[HCI_PACKET_MAX];
		size_t kept = size < HCI_PACKET_MAX ? size : HCI_PACKET_MAX;
		bool control = packet[0] == HCI_COMMAND || packet[0] == HCI_EVENT;
		insist(read(back, header, sizeof(header)) == sizeof(header));
		insist(be(header, 4) == kept && be(header + 4, 4) == kept);
		insist(be(header + 8, 4) == (uint64_t)((flags & 1) | control << 1));
		insist(be(header + 16, 8) == EPOCH + when);
		insist(read(back, got, kept) == (ssize_t)kept);
		insist(memcmp(got, packet, kept) == 0);
		at += (off_t)(sizeof(header) + kept);
		free(packet);
	}
	insist(status.st_size == at);
	close(back);
	close(fd);
	return 0;
}

void fuzz_seeds(fuzz_seed *seed)
{
	uint8_t long_one[5 + HCI_PACKET_MAX + 3] = {1, 1, 0, 0xff, 0xff, HCI_ACL};

	seed("\1\1\0\6\0\4\x0e\4\1\3\x0c\0", 12);
	seed("\0\1\0\3\0\1\3\x0c\0\5\2\0\4\0\2\x2a\x20\0\0", 19);
	long_one[3] = (HCI_PACKET_MAX + 2) & 0xff;
	long_one[4] = (HCI_PACKET_MAX + 2) >> 8;
	seed(long_one, sizeof(long_one));
}

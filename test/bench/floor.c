/* SPDX-License-Identifier: MIT */
/*
 * floor CAPTURE SOCKET: the minimum work of a host for a pairing. Replays the packets that blepair
 * sent in a capture (btsnoop, blepair -w) to a controller and computes nothing: before each packet
 * it waits for as many received packets as in the capture. The peer must draw the same random
 * numbers as in the recording (fixed_random.c), so that the recorded keys are right.
 *
 * Every received packet must be in the recording. Exit status 0: the same pairing took place, with
 * the same encryption and the same end; 1: it did not.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "hci/btsnoop.h"

#define PACKETS 256
#define OCTETS	16384

struct packet {
	const uint8_t *data; /* H4, with its type */
	size_t len;
	bool received, seen;
};

static uint8_t file[OCTETS];
static struct packet packets[PACKETS];
static size_t packet_count;

static void fail(const char *what)
{
	fprintf(stderr, "floor: %s\n", what);
	exit(1);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = read(fd, file, sizeof(file));

	if (size < HCI_BTSNOOP_FILE_HEADER || size == sizeof(file))
		fail("the capture cannot be read, or is too long");
	for (size_t at = HCI_BTSNOOP_FILE_HEADER; at < (size_t)size; packet_count++) {
		if (packet_count == PACKETS || (size_t)size - at < HCI_BTSNOOP_RECORD_HEADER)
			fail("the capture ends in the middle, or is too long");
		size_t len = be32(file + at + 4);
		packets[packet_count].received = be32(file + at + 8) & 1;
		packets[packet_count].data = file + at + HCI_BTSNOOP_RECORD_HEADER;
		packets[packet_count].len = len;
		at += HCI_BTSNOOP_RECORD_HEADER + len;
		if (!len || at > (size_t)size)
			fail("the capture ends in the middle");
	}
	close(fd);
}

/* The length of the packet that begins here; 0: it is incomplete. */
static size_t whole(const uint8_t *data, size_t len)
{
	size_t need = 1;

	if (len && data[0] != 0x02 && data[0] != 0x04)
		fail("the controller sent what is neither an event nor data");
	if (len >= 3 && data[0] == 0x04)
		need = 3U + data[2];
	else if (len >= 5 && data[0] == 0x02)
		need = 5U + data[3] + 256U * data[4];
	return need > 1 && need <= len ? need : 0;
}

static void expect(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < packet_count; i++) {
		struct packet *p = &packets[i];
		if (p->received && !p->seen && p->len == len && memcmp(p->data, data, len) == 0) {
			p->seen = true;
			return;
		}
	}
	fail("the controller sent what it had not sent in the recording");
}

/* Waits for count more packets. Keeps further ones for the next call. */
static void receive(int fd, size_t count)
{
	static uint8_t buffer[OCTETS];
	static size_t have;

	while (count) {
		size_t len = whole(buffer, have);
		if (len) {
			expect(buffer, len);
			memmove(buffer, buffer + len, have -= len);
			count--;
			continue;
		}
		ssize_t got = read(fd, buffer + have, sizeof(buffer) - have);
		if (got <= 0)
			fail("the controller went away");
		have += (size_t)got;
	}
}

int main(int argc, char *argv[])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	uint8_t out[OCTETS];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc != 3 || strlen(argv[2]) >= sizeof(address.sun_path))
		fail("usage: floor CAPTURE SOCKET");
	load(argv[1]);
	memcpy(address.sun_path, argv[2], strlen(argv[2]));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		fail("no controller there");
	for (size_t i = 0; i < packet_count;) {
		size_t len = 0, count = 0;
		for (; i < packet_count && !packets[i].received; i++) {
			memcpy(out + len, packets[i].data, packets[i].len);
			len += packets[i].len;
		}
		if (write(fd, out, len) != (ssize_t)len)
			fail("the controller went away");
		for (; i < packet_count && packets[i].received; i++)
			count++;
		receive(fd, count);
	}
	return 0;
}

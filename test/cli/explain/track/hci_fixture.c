/* SPDX-License-Identifier: MIT */
#include "cli/explain/track/hci_fixture.h"

#include <string.h>

#include "hci/protocol.h"

struct explain_links links;
struct explain_keyring ring;
uint64_t frame;
uint16_t source;
const uint8_t *known;
bool excerpt;

struct explain_attempt over[OVER];
size_t over_count;

static void finished(void *ctx, const struct explain_attempt *attempt)
{
	(void)ctx;
	assert_true(over_count < COUNT(over));
	over[over_count++] = *attempt;
}

int begin(void **state)
{
	(void)state;
	memset(&links, 0, sizeof(links));
	memset(&ring, 0, sizeof(ring));
	links.finished = finished;
	over_count = 0;
	frame = 0;
	source = 0;
	known = NULL;
	excerpt = false;
	return 0;
}

struct explain_packet packet_of(enum explain_kind kind, const uint8_t *data, size_t len)
{
	frame++;
	const struct explain_packet packet = {.number = frame,
					      .time_us = 10 * frame,
					      .kind = kind,
					      .source = source,
					      .data = data,
					      .len = len,
					      .original = len,
					      .known = known,
					      .excerpt = excerpt};

	known = NULL;
	return packet;
}

void command(uint16_t opcode, const void *parameters, size_t len)
{
	uint8_t data[3 + 255] = {(uint8_t)opcode, (uint8_t)(opcode >> 8), (uint8_t)len};

	if (len)
		memcpy(data + 3, parameters, len);
	const struct explain_packet packet = packet_of(EXPLAIN_COMMAND, data, 3 + len);
	track_command(&links, &ring, &packet);
}

void event(uint8_t code, const void *parameters, size_t len)
{
	uint8_t data[2 + 255] = {code, (uint8_t)len};

	if (len)
		memcpy(data + 2, parameters, len);
	const struct explain_packet packet = packet_of(EXPLAIN_EVENT, data, 2 + len);
	track_event(&links, &packet);
}

struct explain_host *host(void)
{
	return track_host_of(&links, source);
}

void complete(uint16_t opcode, uint8_t status, const void *returned, size_t len)
{
	uint8_t p[80] = {1, (uint8_t)opcode, (uint8_t)(opcode >> 8), status};

	if (len)
		memcpy(p + 4, returned, len);
	event(HCI_COMMAND_COMPLETE, p, 4 + len);
}

const uint8_t completed[19] = {
	HCI_LE_CONNECTION_COMPLETE, 0, 0x40, 0x0e, 0, 1, 6, 5, 4, 3, 2, 1, 24, 0, 1, 0, 72, 0, 0};

struct explain_attempt *connect_as(uint8_t role)
{
	uint8_t p[19];

	memcpy(p, completed, 19);
	p[4] = role;
	event(HCI_LE_META, p, 19);
	return &track_link_find(&links, source, 0xe40)->attempt;
}

/* SPDX-License-Identifier: MIT */
#include "track/contents.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "crypto/bytes.h"
#include "hci/protocol.h"
#include "l2cap/l2cap.h"

/* Core Vol 6 Part B 2.1.2, 2.3. */
#define ADVERTISING_ACCESS_ADDRESS 0x8e89bed6U
#define CONNECT_IND		   5
/* Core Vol 4 Part E 7.7.3: an event of BR/EDR, with the type of link of ACL data. */
#define CONNECTION_COMPLETE 0x03
#define LINK_OF_ACL	    1
/* The subevent, 7.7.65.10. */
#define ENHANCED_CONNECTION_COMPLETE_V2 0x29

/* ---- Counting -------------------------------------------------------------------------------- */

static void add_event(struct explain_contents *c, const uint8_t *p, size_t len)
{
	c->events++;
	if (len >= 12 && p[0] == CONNECTION_COMPLETE && !p[2] && p[11] == LINK_OF_ACL)
		c->classic++;
	if (len < 4 || p[0] != HCI_LE_META)
		return;
	switch (p[2]) {
	case HCI_LE_CONNECTION_COMPLETE:
	case HCI_LE_ENHANCED_CONNECTION_COMPLETE:
	case ENHANCED_CONNECTION_COMPLETE_V2:
		c->connections += !p[3];
		break;
	case HCI_LE_ADVERTISING_REPORT:
	case HCI_LE_EXTENDED_ADVERTISING_REPORT:
		c->advertising++;
		break;
	default:
		break;
	}
}

/* A frame on the signaling channel of BR/EDR: Core Vol 3 Part A 2.1, Vol 4 Part E 5.4.2. */
static bool is_bredr(const struct explain_packet *packet)
{
	enum { FLAGS = 1, CID = 6, BREDR_SIGNALING = 1 };

	return packet->len >= CID + 2 && capture_knows(packet, FLAGS, 1) &&
	       capture_knows(packet, CID, 2) &&
	       (packet->data[FLAGS] >> 4 & 3) != L2CAP_PB_CONTINUING &&
	       bytes_get_le16(packet->data + CID) == BREDR_SIGNALING;
}

static void add_air(struct explain_contents *c, const struct explain_packet *packet)
{
	if (packet->air.access_address != ADVERTISING_ACCESS_ADDRESS)
		c->air_data++;
	else if (packet->len && (packet->data[0] & 0x0f) == CONNECT_IND)
		c->requests++;
	else
		c->advertising++;
}

void contents_add(struct explain_contents *c, const struct explain_packet *packet)
{
	c->packets++;
	switch (packet->kind) {
	case EXPLAIN_COMMAND:
		c->commands++;
		break;
	case EXPLAIN_EVENT:
		add_event(c, packet->data, packet->len);
		break;
	case EXPLAIN_ACL:
		c->data++;
		c->bredr_signaling += is_bredr(packet);
		break;
	case EXPLAIN_AIR:
		add_air(c, packet);
		break;
	case EXPLAIN_MANAGEMENT:
		c->management++;
		break;
	case EXPLAIN_NOTE:
		break;
	}
}

/* ---- In words -------------------------------------------------------------------------------- */

const char contents_bredr_advice[] =
	"btmon and Wireshark show what happened over BR/EDR; for an LE device, start the capture "
	"before it connects";
static const char pair_meanwhile[] = "neither end asked for security while the capture ran: pair, "
				     "or use an attribute that needs "
				     "encryption; remove an old bond on both ends first";
static const char follow[] = "make the sniffer follow the connection: select the device before it "
			     "connects, and place the sniffer between the two ends";
static const char whole_trace[] = "explain the whole trace, not these messages alone; or capture "
				  "again: `sudo btmon -w FILE`";
static const char connect_meanwhile[] = "connect and pair while the capture runs";

const char *contents_describe(const struct explain_contents *c, char text[CONTENTS_TEXT])
{
	const struct {
		bool holds;
		uint64_t count; /* 0: the clause has no number */
		const char *noun, *after, *advice;
	} rows[] = {
		{c->connections, c->connections, "LE connection",
		 ", without pairing and encryption", pair_meanwhile},
		{c->classic, 0, "", "no LE connection", contents_bredr_advice},
		{c->air_data, c->air_data, "PDU", " of connections, without pairing and encryption",
		 pair_meanwhile},
		{c->requests, c->requests, "connection request", ", no PDU of a connection",
		 follow},
		{c->advertising && !c->events, c->advertising, "advertising PDU", ", no connection",
		 follow},
		{c->bredr_signaling, 0, "", "data of BR/EDR, no connection is seen to begin",
		 contents_bredr_advice},
		{c->data, c->data, "packet", " of ACL data, but no connection is seen to begin",
		 "start the capture before connecting, and pair while it runs"},
		{c->advertising, c->advertising, "advertising report",
		 ", no connection is seen to begin", connect_meanwhile},
		{c->commands || c->events, 0, "",
		 "commands and events of HCI, no connection is seen to begin", connect_meanwhile},
		{c->management, c->management, "message",
		 " of the management interface, none of HCI", whole_trace},
		{true, 0, "", "none of HCI or of the air",
		 "capture the traffic of the controller: btmon -w FILE, as root"},
	};
	size_t i = 0;
	int len = snprintf(text, CONTENTS_TEXT, "%" PRIu64 " packet%s: ", c->packets,
			   text_s(c->packets));

	while (!rows[i].holds)
		i++;
	if (rows[i].count)
		len += snprintf(text + len, CONTENTS_TEXT - (size_t)len, "%" PRIu64 " %s%s",
				rows[i].count, rows[i].noun, text_s(rows[i].count));
	(void)snprintf(text + len, CONTENTS_TEXT - (size_t)len, "%s", rows[i].after);
	return rows[i].advice;
}

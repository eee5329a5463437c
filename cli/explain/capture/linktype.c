/* SPDX-License-Identifier: MIT */
#include "capture/linktype.h"

#include "capture/monitor.h"
#include "crypto/bytes.h"

#define ADVERTISING_ADDRESS 0x8e89bed6 /* Core Vol 6 Part B 2.1.2 */

#define CONTINUING 1 /* Packet Boundary flag, Core Vol 4 Part E 5.4.2 */

/* The first fragments of a host are marked as non-flushable, those of a controller are not. */
static enum explain_way guess_way(struct explain_senders *senders,
				  const struct explain_packet *packet)
{
	if (packet->kind != EXPLAIN_ACL)
		return packet->kind == EXPLAIN_COMMAND ? EXPLAIN_SENT : EXPLAIN_RECEIVED;
	if (packet->len < 2)
		return EXPLAIN_WAY_UNKNOWN;
	uint16_t handle = bytes_get_le16(packet->data) & 0x0fff;
	unsigned boundary = packet->data[1] >> 4 & 3;
	struct explain_sender *sender = NULL;

	for (size_t i = 0; i < EXPLAIN_SENDERS; i++)
		if (senders->of[i].handle == handle && senders->of[i].source == packet->source &&
		    senders->of[i].way)
			sender = &senders->of[i];
	if (boundary == CONTINUING)
		return sender ? sender->way : EXPLAIN_WAY_UNKNOWN;
	if (!sender)
		sender = &senders->of[senders->next++ % EXPLAIN_SENDERS];
	*sender = (struct explain_sender){handle, packet->source,
					  boundary == 0 ? EXPLAIN_SENT : EXPLAIN_RECEIVED};
	return sender->way;
}

static enum explain_read take_h4(struct explain_linktype_state *state,
				 struct explain_packet *packet, const uint8_t *data, size_t kept,
				 size_t original)
{
	enum explain_read read = capture_take_h4(packet, false, data, kept, original);

	if (read == EXPLAIN_READ_PACKET)
		packet->way = guess_way(&state->senders, packet);
	return read;
}

static enum explain_read take_h4_directed(struct explain_linktype_state *state,
					  struct explain_packet *packet, const uint8_t *data,
					  size_t kept, size_t original)
{
	(void)state;
	if (kept < 4)
		return EXPLAIN_READ_SKIPPED;
	return capture_take_h4(packet, capture_get_be32(data) & 1, data + 4, kept - 4,
			       original - 4);
}

static enum explain_read take_monitor(struct explain_linktype_state *state,
				      struct explain_packet *packet, const uint8_t *data,
				      size_t kept, size_t original)
{
	(void)state;
	if (kept < 4)
		return EXPLAIN_READ_SKIPPED;
	return capture_take_monitor(packet, capture_get_be16(data + 2), capture_get_be16(data),
				    data + 4, kept - 4, original - 4);
}

/* The channel of a frequency, in 2 MHz from 2402 MHz: Core Vol 6 Part B 1.4.1. */
static int8_t channel_of(unsigned radio)
{
	if (radio == 0)
		return 37;
	if (radio == 12)
		return 38;
	if (radio == 39)
		return 39;
	return radio > 39 ? -1 : (int8_t)(radio < 12 ? radio - 1 : radio - 2);
}

static enum explain_read take_air(struct explain_linktype_state *state,
				  struct explain_packet *packet, const uint8_t *data, size_t kept,
				  size_t original)
{
	(void)state;
	(void)original;
	packet->air.channel = -1;
	packet->air.rssi = 127;
	return capture_take_air(packet, data, kept);
}

/* Flags of the pseudo header. */
enum {
	SIGNAL_VALID = 0x0002,
	DECRYPTED = 0x0008,
	TYPE_MASK = 0x0380,
	TYPE_CENTRAL = 0x0100,
	TYPE_PERIPHERAL = 0x0180,
	CRC_CHECKED = 0x0400,
	CRC_VALID = 0x0800,
	MIC_CHECKED = 0x1000,
	MIC_VALID = 0x2000,
	PHY_MASK = 0xc000,
	PHY_CODED = 0x8000,
};

static enum explain_read take_phdr(struct explain_linktype_state *state,
				   struct explain_packet *packet, const uint8_t *data, size_t kept,
				   size_t original)
{
	enum { HEADER = 10 };

	(void)state;
	(void)original;
	if (kept < HEADER + 4)
		return EXPLAIN_READ_SKIPPED;
	unsigned flags = bytes_get_le16(data + 8), type = flags & TYPE_MASK;
	packet->air = (struct explain_radio){
		.channel = channel_of(data[0]),
		.rssi = flags & SIGNAL_VALID ? (int8_t)data[1] : 127,
		.crc = !(flags & CRC_CHECKED) ? EXPLAIN_CRC_UNKNOWN
		       : flags & CRC_VALID    ? EXPLAIN_CRC_GOOD
					      : EXPLAIN_CRC_BAD,
		.decrypted = flags & DECRYPTED,
		.mic_failed = (flags & MIC_CHECKED) && !(flags & MIC_VALID),
	};
	if (type == TYPE_CENTRAL || type == TYPE_PERIPHERAL)
		packet->way = type == TYPE_CENTRAL ? EXPLAIN_CENTRAL : EXPLAIN_PERIPHERAL;
	data += HEADER;
	kept -= HEADER;
	if ((flags & PHY_MASK) != PHY_CODED)
		return capture_take_air(packet, data, kept);
	/* The coded PHY has a coding indicator between access address and PDU. */
	if (kept < 5)
		return EXPLAIN_READ_SKIPPED;
	packet->air.access_address = bytes_get_le32(data);
	return capture_take_pdu(packet, data + 5, kept - 5);
}

/* Per-Packet Information around link-layer packets, as Ubertooth writes it. */
static enum explain_read take_ppi(struct explain_linktype_state *state,
				  struct explain_packet *packet, const uint8_t *data, size_t kept,
				  size_t original)
{
	enum { HEADER = 8, FIELD_BTLE = 30006, USER0 = 147, LL = 251, LL_PHDR = 256 };

	if (kept < HEADER)
		return EXPLAIN_READ_SKIPPED;
	size_t len = bytes_get_le16(data + 2), at = HEADER;
	uint32_t inside = bytes_get_le32(data + 4);

	if (len < HEADER || len > kept)
		return EXPLAIN_READ_SKIPPED;
	if (inside == LL_PHDR)
		return take_phdr(state, packet, data + len, kept - len, original - len);
	if (inside != USER0 && inside != LL)
		return EXPLAIN_READ_SKIPPED;
	packet->air.channel = -1;
	packet->air.rssi = 127;
	while (at + 4 <= len) {
		size_t field = bytes_get_le16(data + at), size = bytes_get_le16(data + at + 2);

		at += 4;
		if (size > len - at)
			break;
		if (field == FIELD_BTLE && size >= 10) {
			unsigned mhz = bytes_get_le16(data + at + 1);
			packet->air.channel =
				mhz >= 2402 ? channel_of((mhz - 2402) / 2) : (int8_t)-1;
			packet->air.rssi = (int8_t)data[at + 8];
		}
		at += size;
	}
	return capture_take_air(packet, data + len, kept - len);
}

/* The nRF Sniffer: the number of a board, a header of 6 octets and one of 10. */
static enum explain_read take_nrf(struct explain_linktype_state *state,
				  struct explain_packet *packet, const uint8_t *data, size_t kept,
				  size_t original)
{
	enum { HEADER = 1 + 6 + 10, EVENT_ADVERTISING = 0x02, EVENT_DATA = 0x06 };
	enum { GOOD_CRC = 0x01, BY_CENTRAL = 0x02, ENCRYPTED = 0x04, GOOD_MIC = 0x08 };
	enum { PHY = 0x70, CODED = 0x20, CONNECT_IND = 0x05 };
	/* A program that is no sniffer writes this header with only length, version and flags. */
	enum { EVENT_UNNAMED = 0x00 };

	(void)state;
	(void)original;
	if (kept < HEADER + 5)
		return EXPLAIN_READ_SKIPPED;
	/* In version 1, all packets are of EVENT_DATA. */
	unsigned version = data[3], event = data[6], flags = data[8];
	bool advertising = bytes_get_le32(data + HEADER) == ADVERTISING_ADDRESS;
	bool unnamed = event == EVENT_UNNAMED;
	if (event != EVENT_DATA && !unnamed && (event != EVENT_ADVERTISING || version < 2))
		return EXPLAIN_READ_SKIPPED;
	packet->air = (struct explain_radio){
		.access_address = bytes_get_le32(data + HEADER),
		.channel = (int8_t)(data[9] < 40 && !(unnamed && data[9] == 0) ? data[9] : -1),
		.rssi = (int8_t)(data[10] < 128 && !(unnamed && data[10] == 0) ? -data[10] : 127),
		.crc = flags & GOOD_CRC ? EXPLAIN_CRC_GOOD : EXPLAIN_CRC_BAD,
	};
	/* In advertising packets, the other flags have another meaning. */
	if (advertising && (data[HEADER + 4] & 0x0f) == CONNECT_IND) {
		packet->way = EXPLAIN_CENTRAL;
	} else if (!advertising) {
		packet->way = flags & BY_CENTRAL ? EXPLAIN_CENTRAL : EXPLAIN_PERIPHERAL;
		packet->air.decrypted = flags & ENCRYPTED && flags & GOOD_MIC;
		packet->air.mic_failed = flags & ENCRYPTED && !(flags & GOOD_MIC);
	}
	size_t at = HEADER + 4;
	if (version >= 2 && (flags & PHY) == CODED)
		at++; /* the coding indicator */
	return capture_take_pdu(packet, data + at, kept - at);
}

static enum explain_read take_usb_linux(struct explain_linktype_state *state,
					struct explain_packet *packet, const uint8_t *data,
					size_t kept, size_t original)
{
	return capture_usb_linux(&state->usb, packet, data, kept, original);
}

static enum explain_read take_usb_linux_mmapped(struct explain_linktype_state *state,
						struct explain_packet *packet, const uint8_t *data,
						size_t kept, size_t original)
{
	return capture_usb_linux_mmapped(&state->usb, packet, data, kept, original);
}

static enum explain_read take_usb_pcap(struct explain_linktype_state *state,
				       struct explain_packet *packet, const uint8_t *data,
				       size_t kept, size_t original)
{
	return capture_usb_pcap(&state->usb, packet, data, kept, original);
}

static const struct explain_linktype linktypes[] = {
	{187, "HCI UART (H4) without direction", take_h4},
	{189, "USB of Linux", take_usb_linux},
	{192, "PPI", take_ppi},
	{201, "HCI UART (H4)", take_h4_directed},
	{220, "USB of Linux", take_usb_linux_mmapped},
	{249, "USB of Windows (USBPcap)", take_usb_pcap},
	{251, "link layer", take_air},
	{254, "Linux monitor", take_monitor},
	{256, "link layer of a sniffer", take_phdr},
	{272, "nRF Sniffer", take_nrf},
};

const struct explain_linktype *capture_linktype(unsigned number)
{
	for (size_t i = 0; i < sizeof(linktypes) / sizeof(linktypes[0]); i++)
		if (linktypes[i].number == number)
			return &linktypes[i];
	return NULL;
}

enum explain_read capture_linktype_end(struct explain_capture *capture,
				       const struct explain_linktype_state *state)
{
	if (state->usb.transfers && !state->usb.count)
		return capture_end(capture,
				   "it is of a USB bus, and no device on it is a Bluetooth "
				   "controller in use");
	return EXPLAIN_READ_END;
}

#define HCI_ADVICE "capture HCI: btmon -w FILE, or Wireshark's interface bluetooth-monitor"
#define LE_ADVICE  "export it as pcap of Bluetooth LE with the program that captured it"

/* Link types that people try, and what to do instead. */
static const struct {
	unsigned first, last;
	const char *kind, *advice;
} others[] = {
	{0, 1, "a network", HCI_ADVICE},
	{12, 14, "a network", HCI_ADVICE},
	{101, 101, "a network", HCI_ADVICE},
	{105, 105, "Wi-Fi", HCI_ADVICE},
	{113, 113, "a network", HCI_ADVICE},
	{119, 127, "Wi-Fi", HCI_ADVICE},
	{147, 162, "the private format of a sniffer", LE_ADVICE},
	{186, 186, "USB of FreeBSD", "capture HCI: hcidump -w FILE"},
	{195, 195, "IEEE 802.15.4, not Bluetooth", "make the sniffer follow Bluetooth LE"},
	{215, 215, "IEEE 802.15.4, not Bluetooth", "make the sniffer follow Bluetooth LE"},
	{228, 229, "a network", HCI_ADVICE},
	{230, 230, "IEEE 802.15.4, not Bluetooth", "make the sniffer follow Bluetooth LE"},
	{253, 253, "netlink", HCI_ADVICE},
	{255, 255, "Bluetooth BR/EDR baseband", "blepair explains Bluetooth LE only"},
	{266, 266, "USB of macOS", "capture HCI: PacketLogger"},
	{276, 276, "a network", HCI_ADVICE},
	{283, 283, "IEEE 802.15.4, not Bluetooth", "make the sniffer follow Bluetooth LE"},
	{288, 288, "USB on the wire", HCI_ADVICE},
	{293, 295, "USB on the wire", HCI_ADVICE},
};

int capture_linktype_unknown(struct failure *failure, unsigned number)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (number >= others[i].first && number <= others[i].last)
			return failure_set(failure, CLI_NOT_A_CAPTURE, "is of link type %u, %s: %s",
					   number, others[i].kind, others[i].advice);
	return failure_set(failure, CLI_NOT_A_CAPTURE,
			   "is of link type %u, which is not supported: " HCI_ADVICE, number);
}

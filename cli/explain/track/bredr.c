/* SPDX-License-Identifier: MIT */
#include "track/bredr.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "hci/error.h"
#include "hci/protocol.h"

/* Events of BR/EDR alone, 7.7. */
enum {
	CONNECTION_COMPLETE = 0x03,
	AUTHENTICATION_COMPLETE = 0x06,
	PIN_CODE_REQUEST = 0x16,
	LINK_KEY_REQUEST = 0x17,
	LINK_KEY_NOTIFICATION = 0x18,
	IO_CAPABILITY_REQUEST = 0x31,
	IO_CAPABILITY_RESPONSE = 0x32,
	USER_CONFIRMATION_REQUEST = 0x33,
	USER_PASSKEY_REQUEST = 0x34,
	SYNCHRONOUS_CONNECTION_COMPLETE = 0x2c,
	SIMPLE_PAIRING_COMPLETE = 0x36,
};

/* Commands of BR/EDR: the user answers no, 7.1. */
enum {
	PIN_CODE_NEGATIVE_REPLY = 0x040e,
	USER_CONFIRMATION_REPLY = 0x042c,
	USER_CONFIRMATION_NEGATIVE_REPLY = 0x042d,
	USER_PASSKEY_REPLY = 0x042e,
	USER_PASSKEY_NEGATIVE_REPLY = 0x042f,
	READ_ENCRYPTION_KEY_SIZE = 0x1408,
};

/* Commands and events that only links of BR/EDR have, and where their handle is. */
static const struct {
	uint16_t code; /* opcode, or event */
	bool event;
	uint8_t handle; /* in the parameters */
} of_links[] = {
	{0x040f, false, 0}, /* Change Connection Packet Type */
	{0x0411, false, 0}, /* Authentication Requested */
	{0x0413, false, 0}, /* Set Connection Encryption */
	{0x041b, false, 0}, /* Read Remote Supported Features */
	{0x041c, false, 0}, /* Read Remote Extended Features */
	{0x0428, false, 0}, /* Setup Synchronous Connection */
	{0x0803, false, 0}, /* Sniff Mode */
	{0x0804, false, 0}, /* Exit Sniff Mode */
	{0x0807, false, 0}, /* QoS Setup */
	{0x0809, false, 0}, /* Role Discovery */
	{0x080d, false, 0}, /* Write Link Policy Settings */
	{0x0811, false, 0}, /* Sniff Subrating */
	{READ_ENCRYPTION_KEY_SIZE, false, 0},
	{AUTHENTICATION_COMPLETE, true, 1},
	{0x0b, true, 1}, /* Read Remote Supported Features Complete */
	{0x0d, true, 1}, /* QoS Setup Complete */
	{0x14, true, 1}, /* Mode Change */
	{0x1b, true, 0}, /* Max Slots Change */
	{0x1d, true, 1}, /* Connection Packet Type Changed */
	{0x23, true, 1}, /* Read Remote Extended Features Complete */
	{0x2e, true, 1}, /* Sniff Subrating */
	{0x38, true, 0}, /* Link Supervision Timeout Changed */
};

enum { ACL = 1 }; /* the link type, 7.7.3 */

/* Channels of LE, Vol 3 Part A 2.1; dynamic ones exist on both. */
enum { ATT = 4, LE_SIGNALING = 5, SMP = 6 };
/* Signalling of BR/EDR, Vol 3 Part A 4.3: a refusal of a channel, and its reason. */
enum { SIGNALING = 1, CONNECTION_RESPONSE = 3, SECURITY_BLOCK = 3 };

/* The index of a controller, made if wanted; EXPLAIN_BREDR_CONTROLLERS: none, or too many. */
static size_t controller_of(const struct explain_bredr *b, uint16_t source)
{
	size_t i = 0;

	while (i < EXPLAIN_BREDR_CONTROLLERS && b->controllers[i].used &&
	       b->controllers[i].source != source)
		i++;
	return i;
}

static bool is(const struct explain_bredr *b, uint16_t source, uint16_t handle,
	       enum explain_handle_kind kind)
{
	const size_t i = controller_of(b, source);

	return i < EXPLAIN_BREDR_CONTROLLERS && b->controllers[i].used &&
	       (b->controllers[i].handles[kind][(handle & (EXPLAIN_HANDLES - 1)) >> 3] >>
			(handle & 7) &
		1);
}

static void set(struct explain_bredr *b, uint16_t source, uint16_t handle,
		enum explain_handle_kind kind)
{
	const size_t i = controller_of(b, source);

	if (i == EXPLAIN_BREDR_CONTROLLERS)
		return;
	b->controllers[i].used = true;
	b->controllers[i].source = source;
	b->controllers[i].handles[kind][(handle & (EXPLAIN_HANDLES - 1)) >> 3] |=
		(uint8_t)(1U << (handle & 7));
}

static void clear(struct explain_bredr *b, uint16_t source, uint16_t handle,
		  enum explain_handle_kind kind)
{
	const size_t i = controller_of(b, source);

	if (i < EXPLAIN_BREDR_CONTROLLERS)
		b->controllers[i].handles[kind][(handle & (EXPLAIN_HANDLES - 1)) >> 3] &=
			(uint8_t) ~(1U << (handle & 7));
}

bool track_bredr_has(const struct explain_bredr *b, uint16_t source, uint16_t handle)
{
	return is(b, source, handle, EXPLAIN_HANDLE_BREDR) ||
	       is(b, source, handle, EXPLAIN_HANDLE_AUDIO);
}

bool track_bredr_authenticates(const struct explain_bredr *b, uint16_t source)
{
	size_t i = controller_of(b, source);

	return i < EXPLAIN_BREDR_CONTROLLERS && b->controllers[i].authenticates;
}

void track_bredr_forget(struct explain_bredr *b, uint16_t source, uint16_t handle)
{
	clear(b, source, handle, EXPLAIN_HANDLE_BREDR);
	clear(b, source, handle, EXPLAIN_HANDLE_AUDIO);
}

void track_bredr_note_audio(struct explain_bredr *b, uint16_t source, uint16_t handle)
{
	set(b, source, handle, EXPLAIN_HANDLE_AUDIO);
}

void track_bredr_note_le(struct explain_bredr *b, uint16_t source, uint16_t handle)
{
	set(b, source, handle, EXPLAIN_HANDLE_LE);
}

bool track_bredr_is_le(const struct explain_bredr *b, uint16_t source, uint16_t handle)
{
	return is(b, source, handle, EXPLAIN_HANDLE_LE);
}

void track_bredr_frame(struct explain_bredr *b, const struct explain_packet *packet,
		       uint16_t handle, uint16_t cid)
{
	/* The header of HCI, that of L2CAP, and code, identifier, length, two channels. */
	enum { CODE = 4 + 4, RESULT = CODE + 4 + 4 };

	if (cid == ATT || cid == LE_SIGNALING || cid == SMP) {
		track_bredr_note_le(b, packet->source, handle);
		return;
	}
	set(b, packet->source, handle, EXPLAIN_HANDLE_BREDR);
	b->seen |= packet->bredr;
	if (cid == SIGNALING && packet->len >= RESULT + 2 && capture_knows(packet, CODE, 1) &&
	    packet->data[CODE] == CONNECTION_RESPONSE && capture_knows(packet, RESULT, 2) &&
	    bytes_get_le16(packet->data + RESULT) == SECURITY_BLOCK)
		b->blocked++;
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static void count_end(struct explain_bredr *b, enum explain_bredr_kind kind, uint8_t code)
{
	size_t i = 0;

	while (i < b->end_count && (b->ends[i].kind != kind || b->ends[i].code != code))
		i++;
	if (i == EXPLAIN_BREDR_ENDS)
		return;
	if (i == b->end_count)
		b->ends[b->end_count++] =
			(struct explain_bredr_end){.kind = (uint8_t)kind, .code = code};
	b->ends[i].count++;
}

/* Sets what is known of the authentication under way at a controller. */
static void authenticate(struct explain_bredr *b, uint16_t source, bool under_way, bool pin)
{
	size_t i = controller_of(b, source);

	if (i == EXPLAIN_BREDR_CONTROLLERS)
		return;
	b->controllers[i].used = true;
	b->controllers[i].source = source;
	b->controllers[i].authenticates = under_way;
	b->controllers[i].has_pin = pin;
}

static bool has_pin(const struct explain_bredr *b, uint16_t source)
{
	size_t i = controller_of(b, source);

	return i < EXPLAIN_BREDR_CONTROLLERS && b->controllers[i].has_pin;
}

void track_bredr_note_management(struct explain_bredr *b, uint16_t source)
{
	b->seen = true;
	authenticate(b, source, true, false);
}

static void ask(struct explain_bredr *b, const struct explain_packet *packet)
{
	const size_t i = controller_of(b, packet->source);

	if (i == EXPLAIN_BREDR_CONTROLLERS)
		return;
	b->controllers[i].asked = true;
	b->controllers[i].asked_us = packet->time_us;
}

/* The user's answer. */
static void answer(struct explain_bredr *b, const struct explain_packet *packet, bool refuses)
{
	const size_t i = controller_of(b, packet->source);
	const bool asked = i < EXPLAIN_BREDR_CONTROLLERS && b->controllers[i].asked;

	if (refuses && !b->refusal.count++ && asked && packet->clock != EXPLAIN_CLOCK_NONE &&
	    packet->time_us >= b->controllers[i].asked_us) {
		b->refusal.timed = true;
		b->refusal.after_us = packet->time_us - b->controllers[i].asked_us;
	}
	if (asked)
		b->controllers[i].asked = false;
}

static void take_key_size(struct explain_bredr *b, const uint8_t *p, size_t len)
{
	/* Number of packets, opcode, status, handle, size. */
	if (len >= 7 && bytes_get_le16(p + 1) == READ_ENCRYPTION_KEY_SIZE && !p[3] && p[6] &&
	    (!b->key_size || p[6] < b->key_size))
		b->key_size = p[6];
}

/* A pairing that failed ends its authentication as well, with the same status. */
static bool has_failed(const struct explain_bredr *b, uint8_t status)
{
	for (size_t i = 0; i < b->end_count; i++)
		if ((b->ends[i].kind == EXPLAIN_BREDR_SIMPLE ||
		     b->ends[i].kind == EXPLAIN_BREDR_PIN) &&
		    b->ends[i].code == status)
			return true;
	return false;
}

static void take_event(struct explain_bredr *b, const struct explain_packet *packet, uint8_t code,
		       const uint8_t *p, size_t len)
{
	const uint16_t source = packet->source;
	uint16_t handle = len >= 3 ? bytes_get_le16(p + 1) & 0xfff : 0;

	switch (code) {
	case CONNECTION_COMPLETE: /* status, handle, address, link type, encryption */
		if (len < 3)
			break;
		if (p[0]) {
			count_end(b, EXPLAIN_BREDR_REFUSED, p[0]);
			break;
		}
		/* Text of hcidump has no number for the type of link. */
		if (len < 10 || p[9] == ACL) {
			set(b, source, handle, EXPLAIN_HANDLE_BREDR);
			b->connections++;
		} else {
			track_bredr_note_audio(b, source, handle);
		}
		break;
	case SYNCHRONOUS_CONNECTION_COMPLETE:
		if (len >= 3 && !p[0])
			track_bredr_note_audio(b, source, handle);
		break;
	case HCI_DISCONNECTION_COMPLETE:
		if (len < 4 || p[0])
			break;
		clear(b, source, handle, EXPLAIN_HANDLE_LE);
		clear(b, source, handle, EXPLAIN_HANDLE_AUDIO);
		if (!is(b, source, handle, EXPLAIN_HANDLE_BREDR))
			break;
		count_end(b, EXPLAIN_BREDR_ENDED, p[3]);
		if (has_pin(b, source))
			count_end(b, EXPLAIN_BREDR_PIN, p[3]);
		authenticate(b, source, false, false);
		clear(b, source, handle, EXPLAIN_HANDLE_BREDR);
		break;
	case PIN_CODE_REQUEST:
		authenticate(b, source, true, true);
		ask(b, packet);
		break;
	case USER_CONFIRMATION_REQUEST:
	case USER_PASSKEY_REQUEST:
		authenticate(b, source, true, false);
		ask(b, packet);
		break;
	case IO_CAPABILITY_REQUEST:
	case IO_CAPABILITY_RESPONSE:
		b->seen = true;
		authenticate(b, source, true, false);
		break;
	case LINK_KEY_REQUEST:
		authenticate(b, source, true, false);
		break;
	case LINK_KEY_NOTIFICATION:
		if (has_pin(b, source))
			count_end(b, EXPLAIN_BREDR_PIN, HCI_SUCCESS);
		authenticate(b, source, true, false);
		break;
	case AUTHENTICATION_COMPLETE:
		if (len && p[0] && has_pin(b, source))
			count_end(b, EXPLAIN_BREDR_PIN, p[0]);
		else if (len && p[0] && !has_failed(b, p[0]))
			count_end(b, EXPLAIN_BREDR_UNPROVED, p[0]);
		authenticate(b, source, len && !p[0], false);
		break;
	case SIMPLE_PAIRING_COMPLETE:
		if (len)
			count_end(b, EXPLAIN_BREDR_SIMPLE, p[0]);
		break;
	case HCI_ENCRYPTION_CHANGE:
	case HCI_ENCRYPTION_CHANGE_V2: /* 2: AES-CCM of BR/EDR, 7.7.8 */
		if (len >= 4 && p[3] == 2)
			set(b, source, handle, EXPLAIN_HANDLE_BREDR);
		break;
	default:
		break;
	}
}

/* The handle of an event with an error means nothing, Authentication Complete excepted. */
static bool is_valid(uint16_t code, uint8_t handle, const uint8_t *p)
{
	return handle == 0 || p[0] == HCI_SUCCESS || code == AUTHENTICATION_COMPLETE;
}

static void take_answer(struct explain_bredr *b, const struct explain_packet *packet,
			uint16_t opcode)
{
	switch (opcode) {
	case PIN_CODE_NEGATIVE_REPLY:
	case USER_CONFIRMATION_NEGATIVE_REPLY:
	case USER_PASSKEY_NEGATIVE_REPLY:
		answer(b, packet, true);
		break;
	case USER_CONFIRMATION_REPLY:
	case USER_PASSKEY_REPLY:
		answer(b, packet, false);
		break;
	default:
		break;
	}
}

void track_bredr_restart(struct explain_bredr *b, uint16_t source)
{
	size_t i = controller_of(b, source);

	if (i == EXPLAIN_BREDR_CONTROLLERS)
		return;
	memset(b->controllers[i].handles, 0, sizeof(b->controllers[i].handles));
	b->controllers[i].authenticates = b->controllers[i].has_pin = false;
	b->controllers[i].asked = false;
}

/* Most packets are of other kinds, so these are skipped first. */
static bool may_be_bredr(bool event, uint16_t code)
{
	enum { LINK_CONTROL = 1, LINK_POLICY = 2 }; /* opcode groups, 7.1 and 7.2 */

	if (event)
		return code != HCI_LE_META && code != HCI_COMMAND_STATUS &&
		       code != HCI_NUMBER_OF_COMPLETED_PACKETS;
	return code >> 10 == LINK_CONTROL || code >> 10 == LINK_POLICY || code == HCI_RESET ||
	       code == READ_ENCRYPTION_KEY_SIZE;
}

void track_bredr_packet(struct explain_bredr *b, const struct explain_packet *packet)
{
	const bool event = packet->kind == EXPLAIN_EVENT;
	const size_t header = event ? 2 : 3;
	const uint8_t *p = packet->data + header;
	uint16_t code;
	size_t len;

	if (packet->len < header || !capture_knows(packet, 0, header))
		return;
	code = event ? packet->data[0] : bytes_get_le16(packet->data);
	if (!may_be_bredr(event, code))
		return;
	len = capture_least(packet->data[header - 1], packet->len - header);
	while (len && !capture_knows(packet, header, len))
		len--;
	if (event && code == HCI_COMMAND_COMPLETE) {
		take_key_size(b, p, len);
		return;
	}
	for (size_t i = 0; i < sizeof(of_links) / sizeof(of_links[0]); i++)
		if (of_links[i].code == code && of_links[i].event == event &&
		    len >= of_links[i].handle + 2U && is_valid(code, of_links[i].handle, p))
			set(b, packet->source, bytes_get_le16(p + of_links[i].handle) & 0xfff,
			    EXPLAIN_HANDLE_BREDR);
	if (event)
		take_event(b, packet, (uint8_t)code, p, len);
	else if (code == HCI_RESET)
		track_bredr_restart(b, packet->source);
	else
		take_answer(b, packet, code);
}

/* ---- Text ------------------------------------------------------------------------------------ */

struct text {
	char *at;
	size_t size;
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *t, const char *format, ...)
{
	size_t len = strlen(t->at);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(t->at + len, t->size - len, format, arguments);
	va_end(arguments);
}

bool track_bredr_paired(const struct explain_bredr *b)
{
	for (size_t i = 0; i < b->end_count; i++)
		if (b->ends[i].kind == EXPLAIN_BREDR_SIMPLE ||
		    b->ends[i].kind == EXPLAIN_BREDR_PIN ||
		    b->ends[i].kind == EXPLAIN_BREDR_UNPROVED)
			return true;
	return b->refusal.count;
}

/* Who ended a connection with this reason. */
static const char *ended_by(uint8_t reason)
{
	if (reason == HCI_LOCAL_HOST_TERMINATED)
		return "ended by the captured host";
	return hci_error_is_of_host(reason) ? "ended by the peer" : "lost";
}

static void put_end(struct text *t, const struct explain_bredr_end *end)
{
	static const char *const pairings[] = {
		[EXPLAIN_BREDR_SIMPLE] = "Secure Simple Pairing",
		[EXPLAIN_BREDR_PIN] = "pairing with a PIN",
		[EXPLAIN_BREDR_UNPROVED] = "authentication",
	};

	put(t, ", ");
	switch ((enum explain_bredr_kind)end->kind) {
	case EXPLAIN_BREDR_REFUSED:
		put(t, "%" PRIu32 " not connected", end->count);
		break;
	case EXPLAIN_BREDR_ENDED:
		put(t, "%" PRIu32 " %s", end->count, ended_by(end->code));
		break;
	case EXPLAIN_BREDR_SIMPLE:
	case EXPLAIN_BREDR_PIN:
	case EXPLAIN_BREDR_UNPROVED:
		put(t, "%s of BR/EDR %s", pairings[end->kind], end->code ? "failed" : "succeeded");
		if (end->count > 1)
			put(t, " %" PRIu32 " times", end->count);
		if (!end->code)
			return;
		break;
	}
	put(t, ": %s (0x%02x)", hci_error_name(end->code), end->code);
}

/* An answer that comes this soon is a program's: no person was asked. */
#define NOBODY_ASKED_US 30000

static bool nobody_asked(const struct explain_bredr_refusal *r)
{
	return r->count && r->timed && r->after_us < NOBODY_ASKED_US;
}

static void put_refusal(struct text *t, const struct explain_bredr_refusal *r)
{
	if (!r->count)
		return;
	if (nobody_asked(r))
		put(t,
		    ", the captured host answered no by itself, %.1f ms after it was asked: it has "
		    "no agent, or one that may not ask",
		    (double)r->after_us / 1e3);
	else
		put(t, ", the user of the captured host, or its agent, answered no");
}

/* The host called over BR/EDR, and nothing answered any of it. */
static bool was_only_paged(const struct explain_bredr *b)
{
	for (size_t i = 0; i < b->end_count; i++)
		if (b->ends[i].kind != EXPLAIN_BREDR_REFUSED || b->ends[i].code != HCI_PAGE_TIMEOUT)
			return false;
	return b->end_count && !b->connections;
}

const char *track_bredr_advice(const struct explain_bredr *b, bool alone)
{
	if (nobody_asked(&b->refusal))
		return "register an agent before pairing, for instance bluetoothctl with `agent "
		       "on` and `default-agent`, and keep it running";
	for (size_t i = 0; i < b->end_count; i++)
		if (b->ends[i].kind == EXPLAIN_BREDR_UNPROVED &&
		    b->ends[i].code == HCI_PIN_OR_KEY_MISSING)
			return "one end has lost the bond of BR/EDR: remove it on both ends "
			       "(bluetoothctl: `remove ADDRESS`), and pair again";
	if (alone && was_only_paged(b))
		return "a device of LE alone does not answer over BR/EDR: connect to it over LE "
		       "(bluetoothctl: `scan le`, then `pair ADDRESS`); one of BR/EDR is away, "
		       "off or not connectable";
	return NULL;
}

const char *track_bredr_summary(const struct explain_bredr *b, char *text, size_t size)
{
	struct text t = {text, size};

	text[0] = '\0';
	if (!b->connections && !b->end_count && !b->seen && !b->refusal.count && !b->key_size &&
	    !b->blocked)
		return text;
	if (b->connections)
		put(&t, "%" PRIu64 " connection%s of BR/EDR", b->connections,
		    b->connections == 1 ? "" : "s");
	else if (b->end_count)
		put(&t, "BR/EDR");
	else
		put(&t, "pairing or encryption of BR/EDR");
	for (size_t i = 0; i < b->end_count; i++)
		put_end(&t, &b->ends[i]);
	if (b->key_size)
		put(&t, ", an encryption key of %u octets", b->key_size);
	if (b->blocked)
		put(&t, ", %" PRIu32 " channel%s refused for want of security (security block)",
		    b->blocked, b->blocked == 1 ? "" : "s");
	put_refusal(&t, &b->refusal);
	put(&t, "; blepair explains LE only");
	return text;
}

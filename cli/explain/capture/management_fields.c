/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/management_fields.h"

#include <string.h>

/* Linux' management interface: parameters of commands and events. */

#define PEER HIDE(7) /* see put_peer() */
#define LONG_TERM_KEY                                                             \
	N("Keytype", 1), {"Central:|Master:", NUMBER, 1}, N("Encryptionsize", 1), \
		{"Diversifier:", HEX, 2}, {"Randomizer:", HEX, 8},                \
	{                                                                         \
		"Key:", HEX, 16                                                   \
	}

/* at: where the peer's address and its type are among the parameters; -1: nowhere */
struct packet {
	uint16_t code;
	int8_t peer;
	struct layout layout;
};

static const struct packet commands[] = {
	{0x0009, -1, {0, {N("Bondable", 1)}}},
	{0x0013, 2, {0, {N("Keys", 2), PEER, LONG_TERM_KEY}}},
	{0x0014, 0, {0, {PEER}}}, /* Disconnect */
	{0x0016, 0, {0, {PEER, N("PINlength", 1)}}},
	{0x0017, 0, {0, {PEER}}},
	{0x0018, -1, {0, {N("Capability", 1)}}},
	{0x0019, 0, {0, {PEER, N("Capability", 1)}}}, /* Pair Device */
	{0x001a, 0, {0, {PEER}}},
	{0x001b, 0, {0, {PEER, N("Disconnect", 1)}}},
	{0x001c, 0, {0, {PEER}}}, /* User Confirmation Reply */
	{0x001d, 0, {0, {PEER}}},
	{0x001e, 0, {0, {PEER, N("Passkey", 4)}}},
	{0x001f, 0, {0, {PEER}}},
	{0x0021, /* Add Remote Out Of Band Data */
	 0,
	 {0,
	  {PEER, H("HashCfromP-192", 16), H("RandomizerRwithP-192", 16), H("HashCfromP-256", 16),
	   H("RandomizerRwithP-256", 16)}}},
	{0x0022, 0, {0, {PEER}}},
};

/* Returned by commands in Command Complete: most return the peer. */
static const uint16_t returning_peer[] = {0x0014, 0x0016, 0x0017, 0x0019, 0x001a, 0x001b,
					  0x001c, 0x001d, 0x001e, 0x001f, 0x0021, 0x0022};

static const struct packet events[] = {
	{0x0009, 1, {0, {N("Storehint", 1), PEER}}}, /* New Link Key */
	{0x000a, 1, {0, {N("Storehint", 1), PEER, LONG_TERM_KEY}}},
	{0x000b, 0, {0, {PEER, N("Flags", 4), N("Datalength", 2)}}}, /* Device Connected */
	{0x000c, 0, {0, {PEER, N("Reason", 1)}}},
	{0x000d, 0, {0, {PEER, N("Status", 1)}}},
	{0x000e, 0, {0, {PEER, N("SecurePIN", 1)}}},
	{0x000f,
	 0,
	 {0, {PEER, N("Confirmhint", 1), N("Value", 4)}}}, /* User Confirmation Request */
	{0x0010, 0, {0, {PEER}}},
	{0x0011, 0, {0, {PEER, N("Status", 1)}}}, /* Authentication Failed */
	{0x0016, 0, {0, {PEER}}},
	{0x0017, 0, {0, {PEER, N("Passkey", 4), N("Entered", 1)}}},
	{0x0018, 7, {0, {N("Storehint", 1), A("Randomaddress"), PEER, H("Key", 16)}}},
	{0x0019, 1, {0, {N("Storehint", 1), PEER, N("Keytype", 1), H("Key", 16)}}},
};

static const struct packet *find(const struct packet *table, size_t count, uint64_t code)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].code == code)
			return &table[i];
	return NULL;
}

/*
 * "BR/EDR Address: 00:.. (Company)", "LE Address: C0:.. (Static)": words in parentheses are all
 * that is printed of the type, and without them it is not known.
 */
static void put_peer(struct explain_octets *to, size_t at, const char *body)
{
	enum { BREDR, LE_PUBLIC, LE_RANDOM };
	const char *p = strstr(body, "LEAddress:"), *classic = strstr(body, "BR/EDRAddress:");
	bool le = p && (!classic || p < classic);
	uint8_t type = le ? LE_PUBLIC : BREDR;

	p = le ? p + 10 : classic ? classic + 14 : NULL;
	if (!p || at + 7 > to->len) {
		to->lacks = true;
		return;
	}
	if (capture_address(p, to->data + at))
		memset(to->known + at, 1, 6);
	else if (!capture_is_masked_address(p)) {
		to->lacks = true;
		return;
	}
	if (le && capture_address_type(p + 17) == CAPTURE_TYPE_UNKNOWN)
		return;
	if (le && capture_address_type(p + 17) == CAPTURE_RANDOM)
		type = LE_RANDOM;
	to->data[at + 6] = type;
	to->known[at + 6] = 1;
}

/* "Pair Device (0x0019) plen 7", "Status: Success (0x00)". */
static void put_answer(struct explain_octets *to, const char *body, size_t len)
{
	static const struct field status = N("Status", 1);
	const char *p = strstr(body, "(0x"), *colon = strchr(body, ':');
	uint64_t code = 0;
	bool named = p && (!colon || p < colon);

	if (named) {
		p += 3;
		named = capture_hex(&p, 4, &code) && *p == ')';
	}
	capture_put(to, code, 2, named);
	to->lacks = !named;
	if (to->len < len && !capture_put_field(to, &status, &body))
		to->lacks = true;
	capture_put_fields(to, NULL, body, len);
	for (size_t i = 0; named && i < sizeof(returning_peer) / sizeof(returning_peer[0]); i++)
		if (returning_peer[i] == code && len >= 2 + 3 + 7)
			put_peer(to, 2 + 3, body);
}

void capture_fields_management(struct explain_octets *to, bool command, uint16_t code, size_t plen,
			       const char *body)
{
	enum { COMMAND_COMPLETE = 1, COMMAND_STATUS };
	const struct packet *row =
		command ? find(commands, sizeof(commands) / sizeof(commands[0]), code)
			: find(events, sizeof(events) / sizeof(events[0]), code);

	memset(to, 0, sizeof(*to));
	capture_put(to, code, 2, true);
	if (!command && (code == COMMAND_COMPLETE || code == COMMAND_STATUS)) {
		put_answer(to, body, 2 + plen);
		return;
	}
	capture_put_fields(to, row ? &row->layout : NULL, body, 2 + plen);
	if (row && row->peer >= 0)
		put_peer(to, 2 + (size_t)row->peer, body);
}

/* ---- Lines of older versions ------------------------------------------------------------------
 */

bool capture_fields_management_line(struct explain_octets *to, const char *body)
{
	static const struct {
		const char *name;
		uint8_t peer; /* where the address and its type are among the parameters */
		struct layout layout;
	} lines[] = {
		{"DeviceConnected:", 0, {0x000b, {PEER, {"flags", NUMBER, 4}, HIDE(2)}}},
		{"DeviceDisconnected:", 0, {0x000c, {PEER, {"reason", NUMBER, 1}}}},
		{"ConnectFailed:", 0, {0x000d, {PEER, {"status", NUMBER, 1}}}},
		{"PINCodeRequest:", 0, {0x000e, {PEER, {"secure", NUMBER, 1}}}},
		{"UserConfirmationRequest:",
		 0,
		 {0x000f, {PEER, {"hint", NUMBER, 1}, {"value", NUMBER, 4}}}},
		{"UserPasskeyRequest:", 0, {0x0010, {PEER}}},
		{"AuthenticationFailed:", 0, {0x0011, {PEER, {"status", NUMBER, 1}}}},
		{"DeviceUnpaired:", 0, {0x0016, {PEER}}},
		{"PasskeyNotify:",
		 0,
		 {0x0017, {PEER, {"passkey", NUMBER, 4}, {"entered", NUMBER, 1}}}},
		{"NewLongTermKey:", 1, {0x000a, {HIDE(1), PEER, HIDE(1 + 1 + 1 + 2 + 8 + 16)}}},
		{"NewLTK:", 1, {0x000a, {HIDE(1), PEER, HIDE(1 + 1 + 1 + 2 + 8 + 16)}}},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t name = strlen(lines[i].name);
		uint8_t address[6];
		if (strncmp(body, lines[i].name, name) != 0 ||
		    !capture_address(body + name, address))
			continue;
		body += name + 17;
		memset(to, 0, sizeof(*to));
		capture_put(to, lines[i].layout.code, 2, true);
		capture_put_fields(to, &lines[i].layout, body, EXPLAIN_TEXT_PACKET);
		size_t len = 2;
		for (const struct field *f = lines[i].layout.fields; f->kind != END; f++)
			len += f->size;
		to->len = len;
		/* The type of the address is printed as a number. */
		uint8_t *peer = to->data + 2 + lines[i].peer;
		memcpy(peer, address, 6);
		memset(to->known + 2 + lines[i].peer, 1, 6);
		if (body[0] == '(' && body[1] >= '0' && body[1] <= '2' && body[2] == ')') {
			peer[6] = (uint8_t)(body[1] - '0');
			to->known[2 + lines[i].peer + 6] = 1;
		}
		return true;
	}
	return false;
}

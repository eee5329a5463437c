/* SPDX-License-Identifier: MIT */
#include "sim/hostile_controller.h"

#include <string.h>

#include "crypto/bytes.h"
#include "hci/protocol.h"

static void inject(const struct hostile *h, const uint8_t *packet, size_t len)
{
	sim_controller_inject(h->controller, packet, len);
}

#define INJECT(h, ...)                                    \
	do {                                              \
		const uint8_t injected[] = {__VA_ARGS__}; \
		inject(h, injected, sizeof(injected));    \
	} while (0)

/* ---- Answers --------------------------------------------------------------------------------- */

static bool is_complete(const uint8_t *packet)
{
	return packet[1] == HCI_COMMAND_COMPLETE;
}

static size_t lost(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)h;
	(void)packet;
	(void)len;
	return 0;
}

static size_t no_credit(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)h;
	packet[is_complete(packet) ? 3 : 4] = 0;
	return len;
}

static size_t complete_without_status(struct hostile *h, uint8_t *packet, size_t len)
{
	const uint8_t *opcode = packet + (is_complete(packet) ? 4 : 5);
	const uint8_t event[] = {HCI_EVENT, HCI_COMMAND_COMPLETE, 3, 1, opcode[0], opcode[1]};

	(void)h;
	(void)len;
	memcpy(packet, event, sizeof(event));
	return sizeof(event);
}

/* Its return parameters end with the status; Command Status ends before the opcode. */
static size_t cut_answer(struct hostile *h, uint8_t *packet, size_t len)
{
	size_t cut = is_complete(packet) ? 7 : 5;

	(void)h;
	packet[2] = (uint8_t)(cut - 3);
	return len < cut ? len : cut;
}

/* Command Status in the place of Command Complete, and the reverse. */
static size_t other_answer(struct hostile *h, uint8_t *packet, size_t len)
{
	uint8_t status[] = {HCI_EVENT, HCI_COMMAND_STATUS, 4, packet[6], 1, packet[4], packet[5]};
	uint8_t complete[] = {HCI_EVENT, HCI_COMMAND_COMPLETE, 4, 1, packet[5], packet[6],
			      packet[3]};

	(void)h;
	(void)len;
	memcpy(packet, is_complete(packet) ? status : complete, sizeof(status));
	return sizeof(status);
}

static size_t other_opcode(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)h;
	packet[is_complete(packet) ? 5 : 6] ^= 0x40;
	return len;
}

static size_t fail_with(uint8_t *packet, size_t len, uint8_t status)
{
	packet[is_complete(packet) ? 6 : 3] = status;
	return len;
}

static size_t unknown_command(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)h;
	return fail_with(packet, len, 0x01);
}

static size_t unknown_connection(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)h;
	return fail_with(packet, len, 0x02);
}

static size_t disallowed(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)h;
	return fail_with(packet, len, 0x0c);
}

static size_t hardware_failure(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)h;
	return fail_with(packet, len, 0x03);
}

static size_t reserved_status(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)h;
	return fail_with(packet, len, 0xff);
}

static size_t twice(struct hostile *h, uint8_t *packet, size_t len)
{
	inject(h, packet, len);
	return len;
}

static size_t vanish(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)packet;
	(void)len;
	sim_controller_vanish(h->controller);
	return 0;
}

struct late {
	struct sim_controller *controller;
	size_t len;
	uint8_t packet[3 + 255];
};

static void send_late(void *arg)
{
	const struct late *late = arg;

	sim_controller_inject(late->controller, late->packet, late->len);
}

/* Just in time, each time. */
static size_t slow(struct hostile *h, uint8_t *packet, size_t len)
{
	struct late late = {.controller = h->controller, .len = len};

	memcpy(late.packet, packet, len);
	world_post(1990 * WORLD_MS, send_late, &late, sizeof(late));
	return 0;
}

/* ---- Other packets --------------------------------------------------------------------------- */

/* Its length says so, too. */
static size_t shortened(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)h;
	if (packet[0] == HCI_EVENT)
		packet[2]--;
	else
		packet[3]--;
	return len - 1;
}

/* Its length says more. */
static size_t truncated(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)h;
	(void)packet;
	return len - 1;
}

static size_t emptied(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)h;
	(void)len;
	if (packet[0] == HCI_EVENT)
		packet[2] = 0;
	else
		packet[3] = packet[4] = 0;
	return packet[0] == HCI_EVENT ? 3 : 5;
}

/* ---- Unasked --------------------------------------------------------------------------------- */

/* The handle of a link that is up; without one, of none. */
static uint16_t live_handle(const struct hostile *h)
{
	for (size_t i = 0; i < AIR_LINKS; i++)
		if (h->controller->links[i].link)
			return h->controller->links[i].handle;
	return 0x0123;
}

#define LIVE(h)	  (uint8_t) live_handle(h), (uint8_t)(live_handle(h) >> 8)
#define UNKNOWN	  0x77, 0x07
#define STRANGER  0, 1, 2, 3, 4, 5, 0x66
#define INTERVALS 12, 0, 0, 0, 0x90, 1, 0

static size_t second_connection(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)packet;
	INJECT(h, HCI_EVENT, HCI_LE_META, 19, 1, 0, LIVE(h), 0, STRANGER, INTERVALS);
	return len;
}

static size_t stranger_as_peripheral(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)packet;
	INJECT(h, HCI_EVENT, HCI_LE_META, 19, 1, 0, UNKNOWN, 0, STRANGER, INTERVALS);
	return len;
}

static size_t stranger_as_central(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)packet;
	INJECT(h, HCI_EVENT, HCI_LE_META, 19, 1, 0, UNKNOWN, 1, STRANGER, INTERVALS);
	return len;
}

static size_t unknown_disconnection(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)packet;
	INJECT(h, HCI_EVENT, HCI_DISCONNECTION_COMPLETE, 4, 0, UNKNOWN, 0x13);
	return len;
}

static size_t live_disconnection(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)packet;
	INJECT(h, HCI_EVENT, HCI_DISCONNECTION_COMPLETE, 4, 0, LIVE(h), 0x08);
	return len;
}

static size_t hardware_error(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)packet;
	INJECT(h, HCI_EVENT, HCI_HARDWARE_ERROR, 1, 0x42);
	return len;
}

static size_t unknown_data(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)packet;
	for (unsigned i = 0; i < 6; i++)
		INJECT(h, HCI_ACL, 0x77, 0x27, 5, 0, 1, 0, 6, 0, 0x05);
	return len;
}

static size_t unknown_completed(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)packet;
	INJECT(h, HCI_EVENT, HCI_NUMBER_OF_COMPLETED_PACKETS, 5, 1, UNKNOWN, 0xff, 0xff);
	return len;
}

static size_t too_many_completed(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)packet;
	INJECT(h, HCI_EVENT, HCI_NUMBER_OF_COMPLETED_PACKETS, 5, 1, LIVE(h), 0xff, 0xff);
	return len;
}

/* More than its buffers hold: 600 octets of one L2CAP frame. */
static size_t long_data(struct hostile *h, uint8_t *packet, size_t len)
{
	uint8_t data[5 + 600] = {HCI_ACL};

	(void)packet;
	bytes_put_le16(data + 1, (uint16_t)(live_handle(h) | 2 << 12));
	bytes_put_le16(data + 3, 600);
	bytes_put_le16(data + 5, 596);
	data[7] = 0x06;
	inject(h, data, sizeof(data));
	return len;
}

static size_t encryption_unasked(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)packet;
	INJECT(h, HCI_EVENT, HCI_ENCRYPTION_CHANGE, 4, 0, LIVE(h), 1);
	return len;
}

static size_t refresh_unasked(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)packet;
	INJECT(h, HCI_EVENT, HCI_KEY_REFRESH_COMPLETE, 3, 0, LIVE(h));
	return len;
}

static size_t ltk_unasked(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)packet;
	INJECT(h, HCI_EVENT, HCI_LE_META, 13, HCI_LE_LTK_REQUEST, LIVE(h), 1, 2, 3, 4, 5, 6, 7, 8,
	       9, 10);
	return len;
}

static size_t answer_unasked(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)packet;
	INJECT(h, HCI_EVENT, HCI_COMMAND_COMPLETE, 4, 1, 0x06, 0x04, 0);
	INJECT(h, HCI_EVENT, HCI_COMMAND_STATUS, 4, 0x0c, 1, 0x0d, 0x20);
	return len;
}

static size_t garbage(struct hostile *h, uint8_t *packet, size_t len)
{
	(void)packet;
	INJECT(h, HCI_EVENT);
	INJECT(h, HCI_ACL, 1);
	INJECT(h, 0x99, 1, 2, 3);
	INJECT(h, HCI_EVENT, 0xff, 3, 1, 2, 3);
	INJECT(h, HCI_EVENT, HCI_LE_META, 1, 0xfe);
	return len;
}

/* ---- The table ------------------------------------------------------------------------------- */

/* clang-format off */
const struct hostile_fault hostile_faults[] = {
	{"no answer",                    HOSTILE_COMMAND, lost,                    false, HOSTILE_NO_ANSWER},
	{"mute",                         HOSTILE_COMMAND, lost,                    true,  HOSTILE_NO_ANSWER},
	{"no status",                    HOSTILE_COMMAND, complete_without_status, false, HOSTILE_NO_ANSWER},
	{"never a status",               HOSTILE_COMMAND, complete_without_status, true,  HOSTILE_NO_ANSWER},
	{"another opcode",               HOSTILE_COMMAND, other_opcode,            false, HOSTILE_NO_ANSWER},
	{"no credit",                    HOSTILE_COMMAND, no_credit,               true,  HOSTILE_NO_CREDIT},
	{"truncated answer",             HOSTILE_COMMAND, cut_answer,              false, HOSTILE_REFUSED},
	{"status for complete",          HOSTILE_COMMAND, other_answer,            false, HOSTILE_REFUSED},
	{"always status for complete",   HOSTILE_COMMAND, other_answer,            true,  HOSTILE_REFUSED},
	{"Unknown HCI Command",          HOSTILE_COMMAND, unknown_command,         false, HOSTILE_REFUSED},
	{"Unknown Connection",           HOSTILE_COMMAND, unknown_connection,      false, HOSTILE_REFUSED},
	{"Hardware Failure",             HOSTILE_COMMAND, hardware_failure,        true,  HOSTILE_REFUSED},
	{"Command Disallowed",           HOSTILE_COMMAND, disallowed,              false, HOSTILE_REFUSED},
	{"always Command Disallowed",    HOSTILE_COMMAND, disallowed,              true,  HOSTILE_REFUSED},
	{"a reserved status",            HOSTILE_COMMAND, reserved_status,         false, HOSTILE_REFUSED},
	{"two answers",                  HOSTILE_COMMAND, twice,                   true,  HOSTILE_ENDS_AS_USUAL},
	{"slow",                         HOSTILE_COMMAND, slow,                    true,  HOSTILE_REFUSED},
	{"gone",                         HOSTILE_COMMAND, vanish,                  false, HOSTILE_GONE},
	{"lost event",                   HOSTILE_EVENT,   lost,                    false, HOSTILE_REFUSED},
	{"lost events",                  HOSTILE_EVENT,   lost,                    true,  HOSTILE_REFUSED},
	{"event twice",                  HOSTILE_EVENT,   twice,                   false, HOSTILE_REFUSED},
	{"shortened event",              HOSTILE_EVENT,   shortened,               false, HOSTILE_REFUSED},
	{"truncated event",              HOSTILE_EVENT,   truncated,               false, HOSTILE_REFUSED},
	{"truncated events",             HOSTILE_EVENT,   truncated,               true,  HOSTILE_REFUSED},
	{"empty event",                  HOSTILE_EVENT,   emptied,                 false, HOSTILE_REFUSED},
	{"gone after an event",          HOSTILE_EVENT,   vanish,                  false, HOSTILE_GONE},
	{"a second connection",          HOSTILE_UNASKED, second_connection,       false, HOSTILE_BROKEN},
	{"a connection with a stranger", HOSTILE_UNASKED, stranger_as_peripheral,  false, HOSTILE_ENDS_AS_USUAL},
	{"a stranger connects",          HOSTILE_UNASKED, stranger_as_central,     false, HOSTILE_REFUSED},
	{"unknown disconnection",        HOSTILE_UNASKED, unknown_disconnection,   false, HOSTILE_ENDS_AS_USUAL},
	{"false disconnection",          HOSTILE_UNASKED, live_disconnection,      false, HOSTILE_REFUSED},
	{"Hardware Error",               HOSTILE_UNASKED, hardware_error,          false, HOSTILE_BROKEN},
	{"data of no link",              HOSTILE_UNASKED, unknown_data,            true,  HOSTILE_ENDS_AS_USUAL},
	{"completed for no link",        HOSTILE_UNASKED, unknown_completed,       true,  HOSTILE_ENDS_AS_USUAL},
	{"completed too many",           HOSTILE_UNASKED, too_many_completed,      true,  HOSTILE_ENDS_AS_USUAL},
	{"data beyond the buffers",      HOSTILE_UNASKED, long_data,               true,  HOSTILE_ENDS_AS_USUAL},
	{"encryption unasked",           HOSTILE_UNASKED, encryption_unasked,      true,  HOSTILE_REFUSED},
	{"key refresh unasked",          HOSTILE_UNASKED, refresh_unasked,         false, HOSTILE_REFUSED},
	{"LTK request unasked",          HOSTILE_UNASKED, ltk_unasked,             false, HOSTILE_REFUSED},
	{"answers unasked",              HOSTILE_UNASKED, answer_unasked,          true,  HOSTILE_REFUSED},
	{"garbage",                      HOSTILE_UNASKED, garbage,                 true,  HOSTILE_ENDS_AS_USUAL},
};
/* clang-format on */

const size_t hostile_fault_count = COUNT(hostile_faults);

/* ---- Hooks ----------------------------------------------------------------------------------- */

/* It is this moment's turn: the count of such moments has come to the fault. */
static bool is_due(struct hostile *h, enum hostile_moment moment, unsigned count)
{
	if (!h->fault || h->fault->moment != moment ||
	    (h->fault->lasts ? count < h->nth : count != h->nth))
		return false;
	if (!h->happened) {
		h->at = world_now();
		h->opcode = h->last_opcode;
	}
	h->happened = true;
	return true;
}

static size_t from_host(void *ctx, uint8_t *packet, size_t len)
{
	struct hostile *h = ctx;

	if (packet[0] != HCI_COMMAND)
		return len;
	h->last_opcode = bytes_get_le16(packet + 1);
	if (h->commands < COUNT(h->sent))
		h->sent[h->commands] = h->last_opcode;
	h->commands++;
	return len;
}

static size_t to_host(void *ctx, uint8_t *packet, size_t len)
{
	struct hostile *h = ctx;
	bool answer =
		packet[0] == HCI_EVENT && (is_complete(packet) || packet[1] == HCI_COMMAND_STATUS);

	h->events += !answer;
	if (is_due(h, HOSTILE_UNASKED, ++h->packets))
		(void)h->fault->happen(h, packet, len);
	if (answer ? is_due(h, HOSTILE_COMMAND, h->commands) : is_due(h, HOSTILE_EVENT, h->events))
		return h->fault->happen(h, packet, len);
	return len;
}

void hostile_begin(struct hostile *h, struct sim_controller *controller,
		   const struct hostile_fault *fault, unsigned nth)
{
	*h = (struct hostile){.controller = controller, .fault = fault, .nth = nth};
	controller->from_host = from_host;
	controller->to_host = to_host;
	controller->ctx = h;
}

/* SPDX-License-Identifier: MIT */
#include "hci/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "hci/error.h"

void hci_host_init(struct hci_host *host)
{
	memset(host, 0, offsetof(struct hci_host, commands));
	/* "The host shall send at most one command until the first Command Complete", 4.4. */
	host->command_credits = 1;
	host->acl_length = 27;
}

bool hci_host_command(struct hci_host *host, uint16_t opcode, const void *parameters, size_t len)
{
	if (host->command_count == HCI_COMMAND_QUEUE || len > HCI_COMMAND_PARAMETERS_MAX)
		return false;

	size_t i = (host->command_first + host->command_count++) % HCI_COMMAND_QUEUE;
	host->commands[i].opcode = opcode;
	host->commands[i].len = (uint8_t)len;
	if (len)
		memcpy(host->commands[i].parameters, parameters, len);
	return true;
}

void hci_host_acl_buffers(struct hci_host *host, uint16_t length, uint16_t count)
{
	host->acl_length = length < HCI_ACL_DATA_MAX ? length : HCI_ACL_DATA_MAX;
	host->acl_credits = count;
}

bool hci_host_acl(struct hci_host *host, uint16_t handle, uint8_t pb, const uint8_t *data,
		  size_t len)
{
	if (host->acl_count == HCI_ACL_QUEUE || len > HCI_ACL_DATA_MAX)
		return false;

	size_t i = (host->acl_first + host->acl_count++) % HCI_ACL_QUEUE;
	host->acl[i].handle = handle;
	host->acl[i].pb = pb;
	host->acl[i].len = (uint8_t)len;
	memcpy(host->acl[i].data, data, len);
	return true;
}

static struct hci_acl_counter *counter(struct hci_host *host, uint16_t handle)
{
	for (size_t i = 0; i < HCI_LINKS_MAX; i++)
		if (host->counters[i].used && host->counters[i].handle == handle)
			return &host->counters[i];
	return NULL;
}

static struct hci_acl_counter *counter_made(struct hci_host *host, uint16_t handle)
{
	struct hci_acl_counter *c = counter(host, handle);

	for (size_t i = 0; !c && i < HCI_LINKS_MAX; i++) {
		if (host->counters[i].used)
			continue;
		c = &host->counters[i];
		*c = (struct hci_acl_counter){.used = true, .handle = handle};
	}
	return c;
}

size_t hci_host_acl_unsent(const struct hci_host *host, uint16_t handle)
{
	size_t count = 0;

	for (size_t i = 0; i < host->acl_count; i++)
		count += host->acl[(host->acl_first + i) % HCI_ACL_QUEUE].handle == handle;
	return count;
}

size_t hci_host_acl_pending(const struct hci_host *host, uint16_t handle)
{
	size_t count = hci_host_acl_unsent(host, handle);

	for (size_t i = 0; i < HCI_LINKS_MAX; i++)
		if (host->counters[i].used && host->counters[i].handle == handle)
			count += host->counters[i].in_flight;
	return count;
}

bool hci_host_acl_reported(const struct hci_host *host)
{
	return host->acl_reported;
}

bool hci_host_acl_idle(const struct hci_host *host, uint16_t handle)
{
	return hci_host_acl_pending(host, handle) == 0;
}

bool hci_host_acl_waits(const struct hci_host *host)
{
	return host->acl_count > 0;
}

static size_t command_out(struct hci_host *host, uint64_t now, uint8_t *out)
{
	size_t i = host->command_first;
	uint8_t len = host->commands[i].len;

	out[0] = HCI_COMMAND;
	bytes_put_le16(out + 1, host->commands[i].opcode);
	out[3] = len;
	memcpy(out + 4, host->commands[i].parameters, len);
	host->outstanding = host->commands[i].opcode;
	host->outstanding_handle =
		len < 2 ? 0 : bytes_get_le16(host->commands[i].parameters) & 0x0fff;
	host->wait = HCI_WAIT_ANSWER;
	host->deadline = now + HCI_COMMAND_TIMEOUT_US;
	host->command_credits--;
	bytes_wipe(&host->commands[i], sizeof(host->commands[i])); /* it may have held a key */
	host->command_first = (i + 1) % HCI_COMMAND_QUEUE;
	host->command_count--;
	return (size_t)len + 4;
}

static size_t acl_out(struct hci_host *host, uint8_t *out)
{
	size_t i = host->acl_first;
	size_t len = host->acl[i].len;
	struct hci_acl_counter *c = counter_made(host, host->acl[i].handle);

	out[0] = HCI_ACL;
	bytes_put_le16(out + 1, (uint16_t)(host->acl[i].handle | host->acl[i].pb << 12));
	bytes_put_le16(out + 3, (uint16_t)len);
	memcpy(out + 5, host->acl[i].data, len);
	bytes_wipe(&host->acl[i], sizeof(host->acl[i]));
	host->acl_first = (i + 1) % HCI_ACL_QUEUE;
	host->acl_count--;
	host->acl_credits--;
	if (c)
		c->in_flight++;
	return len + 5;
}

size_t hci_host_output(struct hci_host *host, uint64_t now, uint8_t *out)
{
	/* Commands first: encrypted data must not overtake the command that starts encryption. */
	if (host->command_count && host->command_credits && !host->outstanding)
		return command_out(host, now, out);
	if (hci_host_is_blocked(host) && host->wait == HCI_WAIT_NONE) {
		host->wait = HCI_WAIT_CREDIT;
		host->deadline = now + HCI_COMMAND_TIMEOUT_US;
	}
	if (host->acl_count && host->acl_credits)
		return acl_out(host, out);
	return 0;
}

uint64_t hci_host_deadline(const struct hci_host *host)
{
	return host->wait == HCI_WAIT_NONE ? UINT64_MAX : host->deadline;
}

bool hci_host_is_blocked(const struct hci_host *host)
{
	return host->command_count && !host->command_credits && !host->outstanding;
}

/* A command or a fragment may hold a key. What was sent is wiped. */
static void drop_commands(struct hci_host *host)
{
	for (size_t i = 0; i < host->command_count; i++)
		bytes_wipe(&host->commands[(host->command_first + i) % HCI_COMMAND_QUEUE],
			   sizeof(host->commands[0]));
	host->command_first = host->command_count = 0;
	if (host->wait == HCI_WAIT_CREDIT)
		host->wait = HCI_WAIT_NONE;
}

void hci_host_drop(struct hci_host *host)
{
	drop_commands(host);
	for (size_t i = 0; i < host->acl_count; i++)
		bytes_wipe(&host->acl[(host->acl_first + i) % HCI_ACL_QUEUE], sizeof(host->acl[0]));
	host->acl_first = host->acl_count = 0;
}

static void say(struct hci_input *input, enum hci_input_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct hci_input *input, enum hci_input_kind kind, const char *format, ...)
{
	va_list arguments;

	input->kind = kind;
	va_start(arguments, format);
	(void)vsnprintf(input->note, sizeof(input->note), format, arguments);
	va_end(arguments);
}

bool hci_host_expired(struct hci_host *host, uint64_t now, struct hci_input *input)
{
	static const struct {
		const char *before, *after;
	} texts[] = {
		[HCI_WAIT_ANSWER] = {"did not answer", "within 2 s"},
		[HCI_WAIT_STATUS] = {"answered", "without a status"},
		[HCI_WAIT_CREDIT] = {"did not allow", "to be sent within 2 s"},
	};
	uint16_t opcode = host->outstanding;

	if (host->wait == HCI_WAIT_NONE || now < host->deadline)
		return false;
	if (host->wait == HCI_WAIT_CREDIT)
		opcode = host->commands[host->command_first].opcode;
	memset(input, 0, sizeof(*input));
	input->opcode = opcode;
	say(input, HCI_IN_FATAL, "the controller %s %s (0x%04x) %s", texts[host->wait].before,
	    hci_command_name(opcode), opcode, texts[host->wait].after);
	host->outstanding = 0;
	host->wait = HCI_WAIT_NONE;
	return true;
}

void hci_host_abandon_command(struct hci_host *host)
{
	host->outstanding = 0;
	host->wait = HCI_WAIT_NONE;
	host->command_credits = 1;
}

/* Any answer ends the command and carries the number of commands that may follow. */
static void settle(struct hci_host *host, uint8_t credits, uint16_t opcode)
{
	host->command_credits = credits;
	if (host->outstanding == opcode)
		host->outstanding = 0;
	if (!host->outstanding && (host->wait != HCI_WAIT_CREDIT || credits))
		host->wait = HCI_WAIT_NONE;
}

static void on_command_complete(struct hci_host *host, const uint8_t *p, size_t len,
				struct hci_input *input)
{
	uint16_t opcode = bytes_get_le16(p + 1);
	const struct hci_command_format *format = hci_command_format(opcode);
	bool asked = opcode != 0 && host->outstanding == opcode;

	/* Whether it succeeded is not known: what depends on it must not go on. */
	if (asked && len < 4) {
		host->command_credits = p[0];
		host->wait = HCI_WAIT_STATUS;
		say(input, HCI_IN_NOTE, "Command Complete of %s without a status",
		    hci_command_name(opcode));
		return;
	}
	settle(host, p[0], opcode);
	if (opcode == 0)
		return; /* only grants credits, 7.7.14 */
	if (!asked || (!format && !HCI_IS_VENDOR_OPCODE(opcode))) {
		say(input, HCI_IN_NOTE, "Command Complete for 0x%04x, which was not sent", opcode);
		return;
	}

	input->kind = HCI_IN_COMMAND;
	input->opcode = opcode;
	input->handle = host->outstanding_handle;
	input->status = p[3];
	input->data = p + 4;
	input->len = len - 4;
	/* Readers check the length: btvirt omits the handle in one reply, and it is not needed. */
	if (input->status == HCI_SUCCESS && format && len - 3 < format->returned)
		(void)snprintf(input->note, sizeof(input->note),
			       "Command Complete of %s is short, by %zu of its octets",
			       format->name, format->returned - (len - 3));
}

static void on_command_status(struct hci_host *host, const uint8_t *p, struct hci_input *input)
{
	uint16_t opcode = bytes_get_le16(p + 2);
	bool asked = opcode != 0 && host->outstanding == opcode;

	settle(host, p[1], opcode);
	if (opcode == 0)
		return;
	if (!asked) {
		say(input, HCI_IN_NOTE, "Command Status for 0x%04x, which was not sent", opcode);
		return;
	}
	input->kind = HCI_IN_COMMAND;
	input->opcode = opcode;
	input->handle = host->outstanding_handle;
	input->status = p[0];
	input->status_only = true;
	input->data = p + 4;
}

static void on_completed_packets(struct hci_host *host, const uint8_t *p, size_t len,
				 struct hci_input *input)
{
	if (len < 1 + (size_t)p[0] * 4) {
		say(input, HCI_IN_NOTE,
		    "Number Of Completed Packets is shorter than its count requires");
		return;
	}
	for (size_t i = 0; i < p[0]; i++) {
		uint16_t handle = bytes_get_le16(p + 1 + i * 4) & 0x0fff;
		uint16_t count = bytes_get_le16(p + 3 + i * 4);
		struct hci_acl_counter *c = counter(host, handle);

		/* Counting more than was sent would overrun the controller: 4.1.1. */
		if (!c || count > c->in_flight) {
			say(input, HCI_IN_NOTE,
			    "the controller completed more packets than were sent (handle %u)",
			    handle);
			count = c ? c->in_flight : 0;
		}
		if (c)
			c->in_flight = (uint16_t)(c->in_flight - count);
		host->acl_credits = (uint16_t)(host->acl_credits + count);
		host->acl_reported = host->acl_reported || count;
	}
}

/* "All packets of that handle are flushed", 4.1.1: their buffers are free again. */
static void forget_link(struct hci_host *host, uint16_t handle)
{
	struct hci_acl_counter *c = counter(host, handle);
	size_t kept = 0;

	if (c) {
		host->acl_credits = (uint16_t)(host->acl_credits + c->in_flight);
		c->used = false;
	}
	for (size_t i = 0; i < host->acl_count; i++) {
		size_t from = (host->acl_first + i) % HCI_ACL_QUEUE;
		if (host->acl[from].handle == handle)
			continue;
		size_t to = (host->acl_first + kept++) % HCI_ACL_QUEUE;
		if (to != from)
			host->acl[to] = host->acl[from];
	}
	while (host->acl_count > kept) /* it may have held a key */
		bytes_wipe(&host->acl[(host->acl_first + --host->acl_count) % HCI_ACL_QUEUE],
			   sizeof(host->acl[0]));
}

static void on_event(struct hci_host *host, const uint8_t *packet, size_t len,
		     struct hci_input *input)
{
	if (len < 3) {
		say(input, HCI_IN_NOTE, "an event of length %zu, too short for its header", len);
		return;
	}

	uint8_t code = packet[1];
	const uint8_t *p = packet + 3;
	size_t have = len - 3;
	const struct hci_event_format *format = hci_event_format(code);

	/* Some makers answer their commands by an event of their own. */
	if (code == HCI_VENDOR_EVENT && have && have >= packet[2] &&
	    HCI_IS_VENDOR_OPCODE(host->outstanding)) {
		*input = (struct hci_input){
			.kind = HCI_IN_EVENT, .code = code, .data = p, .len = have};
		return;
	}
	if (!format) {
		say(input, HCI_IN_NOTE, "event 0x%02x is not known here", code);
		return;
	}
	if (have < packet[2] || packet[2] < format->least) {
		say(input, HCI_IN_NOTE, "%s is truncated to %zu of %u octets", format->name,
		    have < packet[2] ? have : packet[2],
		    have < packet[2] ? packet[2] : format->least);
		return;
	}
	have = packet[2];

	switch (code) {
	case HCI_COMMAND_COMPLETE:
		on_command_complete(host, p, have, input);
		return;
	case HCI_COMMAND_STATUS:
		on_command_status(host, p, input);
		return;
	case HCI_NUMBER_OF_COMPLETED_PACKETS:
		on_completed_packets(host, p, have, input);
		return;
	case HCI_HARDWARE_ERROR:
		say(input, HCI_IN_FATAL, "the controller reports Hardware Error 0x%02x", p[0]);
		return;
	case HCI_DATA_BUFFER_OVERFLOW:
		say(input, HCI_IN_NOTE, "the controller reports Data Buffer Overflow");
		return;
	case HCI_DISCONNECTION_COMPLETE:
		if (p[0] == HCI_SUCCESS)
			forget_link(host, bytes_get_le16(p + 1) & 0x0fff);
		break;
	case HCI_LE_META:
		format = hci_subevent_format(p[0]);
		if (!format) {
			say(input, HCI_IN_NOTE, "LE subevent 0x%02x is not known here", p[0]);
			return;
		}
		if (have < format->least) {
			say(input, HCI_IN_NOTE, "%s is truncated to %zu of %u octets", format->name,
			    have, format->least);
			return;
		}
		input->subevent = p[0];
		break;
	default:
		break;
	}
	input->kind = HCI_IN_EVENT;
	input->code = code;
	input->data = p;
	input->len = have;
}

static void on_acl(const uint8_t *packet, size_t len, struct hci_input *input)
{
	if (len < 5 || len - 5 < bytes_get_le16(packet + 3)) {
		say(input, HCI_IN_NOTE, "an ACL packet of length %zu is truncated", len);
		return;
	}
	input->kind = HCI_IN_ACL;
	input->handle = bytes_get_le16(packet + 1) & 0x0fff;
	input->pb = packet[2] >> 4 & 0x03;
	input->data = packet + 5;
	input->len = bytes_get_le16(packet + 3);
}

void hci_host_input(struct hci_host *host, const uint8_t *packet, size_t len,
		    struct hci_input *input)
{
	memset(input, 0, sizeof(*input));
	if (len == 0)
		return;
	switch (packet[0]) {
	case HCI_EVENT:
		on_event(host, packet, len, input);
		break;
	case HCI_ACL:
		on_acl(packet, len, input);
		break;
	case HCI_SCO:
	case HCI_ISO:
		say(input, HCI_IN_NOTE, "audio data from the controller is ignored");
		break;
	default:
		say(input, HCI_IN_NOTE, "a packet of type 0x%02x from the controller is ignored",
		    packet[0]);
	}
}

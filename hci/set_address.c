/* SPDX-License-Identifier: MIT */
#include "hci/set_address.h"

#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "hci/error.h"

/* Of CSR's BCCMD, BlueZ tools/bdaddr.c: how an answer begins, and where it has its status. */
#define BCCMD_CHANNEL 0xc2
#define BCCMD_STATUS  9

#define ELSE "; leave out --set-address and use --own-address static"

static enum hci_set_address_state fail(struct hci_set_address *s, const char *what,
				       const char *more)
{
	(void)snprintf(s->failure, sizeof(s->failure), "--set-address: %s%s%s", what, more, ELSE);
	return s->state = HCI_SET_FAILED;
}

static enum hci_set_address_state enter(struct hci_set_address *s, struct hci_host *host,
					enum hci_set_address_state state)
{
	/* As in hci_address_parameters(): the variable "warm reset" (4002), and no value. */
	static const uint8_t restart[] = {0xc2, 0x02, 0x00, 0x09, 0x00, 0x02, 0x00, 0x02, 0x40, 0,
					  0,	0,    0,    0,	  0,	0,    0,    0,	  0};
	uint8_t p[HCI_ADDRESS_PARAMETERS], address[6];
	size_t len;

	s->state = state;
	switch (state) {
	case HCI_SET_WRITING:
		memcpy(address, s->wanted, sizeof(address));
		if (s->reversed)
			bytes_reverse(address, s->wanted, sizeof(address));
		len = hci_address_parameters(s->command, address, p);
		(void)hci_host_command(host, s->command->opcode, p, len);
		break;
	case HCI_SET_RESTARTING:
		(void)hci_host_command(host, s->command->opcode, restart, sizeof(restart));
		break;
	case HCI_SET_RESETTING:
		(void)hci_host_command(host, HCI_RESET, NULL, 0);
		break;
	case HCI_SET_READING:
		(void)hci_host_command(host, HCI_READ_BD_ADDR, NULL, 0);
		break;
	case HCI_SET_DONE:
	case HCI_SET_FAILED:
		break;
	}
	return state;
}

enum hci_set_address_state hci_set_address_start(struct hci_set_address *s, struct hci_host *host,
						 const struct hci_address_command *command,
						 const uint8_t wanted[6])
{
	memset(s, 0, sizeof(*s));
	s->command = command;
	memcpy(s->wanted, wanted, sizeof(s->wanted));
	if (!command)
		return fail(s, "no command is published that sets the address of this controller",
			    "");
	if (!command->opcode)
		return fail(s, "no command is published that sets the address of a controller of ",
			    command->maker);
	return enter(s, host, HCI_SET_WRITING);
}

static enum hci_set_address_state after_writing(struct hci_set_address *s, struct hci_host *host)
{
	static const enum hci_set_address_state next[] = {
		[HCI_AFTER_NOTHING] = HCI_SET_READING,
		[HCI_AFTER_RESET] = HCI_SET_RESETTING,
		[HCI_AFTER_RESTART] = HCI_SET_RESTARTING,
	};
	return enter(s, host, next[s->command->after]);
}

static enum hci_set_address_state compare(struct hci_set_address *s, struct hci_host *host,
					  const uint8_t a[6])
{
	uint8_t reverse[6];
	char text[60];

	bytes_reverse(reverse, s->wanted, sizeof(reverse));
	if (bytes_equal(a, s->wanted, 6))
		return s->state = HCI_SET_DONE;
	/* Sources differ: of Texas Instruments, and of Qualcomm on USB and on serial lines. */
	if (bytes_equal(a, reverse, 6) && !s->reversed) {
		s->reversed = true;
		return enter(s, host, HCI_SET_WRITING);
	}
	(void)snprintf(text, sizeof(text), "%02X:%02X:%02X:%02X:%02X:%02X", a[5], a[4], a[3], a[2],
		       a[1], a[0]);
	return fail(s, "the controller did not refuse, but its address is ", text);
}

/* An event of the maker, in the place of Command Complete. */
static enum hci_set_address_state take_event(struct hci_set_address *s, struct hci_host *host,
					     const struct hci_input *input)
{
	if (s->state != HCI_SET_WRITING && s->state != HCI_SET_RESTARTING)
		return s->state;
	if (s->command->form == HCI_FORM_BCCMD &&
	    (input->len < BCCMD_STATUS + 2 || input->data[0] != BCCMD_CHANNEL))
		return s->state; /* about something else */
	hci_host_abandon_command(host);
	if (s->state == HCI_SET_RESTARTING)
		return enter(s, host, HCI_SET_RESETTING);
	if (s->command->form == HCI_FORM_BCCMD && bytes_get_le16(input->data + BCCMD_STATUS) != 0)
		return fail(s, "the controller refused the address", "");
	return after_writing(s, host);
}

enum hci_set_address_state hci_set_address_input(struct hci_set_address *s, struct hci_host *host,
						 const struct hci_input *input)
{
	if (input->kind == HCI_IN_EVENT && input->code == HCI_VENDOR_EVENT)
		return take_event(s, host, input);
	if (input->kind != HCI_IN_COMMAND)
		return s->state;
	/* What came of a restart is seen afterwards. */
	if (input->status != HCI_SUCCESS && s->state != HCI_SET_RESTARTING)
		return fail(s, "the controller refused: ", hci_error_name(input->status));
	switch (s->state) {
	case HCI_SET_WRITING:
		return after_writing(s, host);
	case HCI_SET_RESTARTING:
		return enter(s, host, HCI_SET_RESETTING);
	case HCI_SET_RESETTING:
		return enter(s, host, HCI_SET_READING);
	case HCI_SET_READING:
		if (input->len < 6)
			return fail(s, "the controller did not report its address afterwards", "");
		return compare(s, host, input->data);
	case HCI_SET_DONE:
	case HCI_SET_FAILED:
		break;
	}
	return s->state;
}

enum hci_set_address_state hci_set_address_overdue(struct hci_set_address *s, struct hci_host *host)
{
	/* Some makers answer by an event that is not known here: what counts is the address. */
	if (s->state == HCI_SET_WRITING && !hci_host_is_blocked(host)) {
		hci_host_abandon_command(host);
		return after_writing(s, host);
	}
	if (s->state == HCI_SET_RESTARTING && !hci_host_is_blocked(host)) {
		hci_host_abandon_command(host);
		return enter(s, host, HCI_SET_RESETTING);
	}
	return fail(s,
		    "the controller did not answer afterwards within 2 s; unplug it and plug it in "
		    "again",
		    "");
}

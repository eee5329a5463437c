/* SPDX-License-Identifier: MIT */
#include "hci/gap_script.h"

#include <string.h>

struct hci_host host;
struct hci_controller_info controller;
struct hci_gap gap;
struct hci_gap_event happening;
uint8_t out[HCI_PACKET_MAX];

int fresh(void **state)
{
	(void)state;
	hci_host_init(&host);
	hci_host_acl_buffers(&host, 27, 4);
	memset(&controller, 0, sizeof(controller));
	memset(controller.commands, 0xff, sizeof(controller.commands));
	controller.commands_known = true;
	controller.le_features[0] = 0x3b;
	hci_gap_init(&gap, &host, &controller);
	return 0;
}

int fresh_extended(void **state)
{
	(void)fresh(state);
	controller.le_features[1] = 0x10; /* LE Extended Advertising */
	hci_gap_init(&gap, &host, &controller);
	assert_true(gap.extended);
	return 0;
}

void event(const uint8_t *octets, size_t len)
{
	struct hci_input input;

	hci_host_input(&host, octets, len, &input);
	hci_gap_input(&gap, &input, &happening);
}

void command(uint16_t opcode, uint8_t status)
{
	size_t len = hci_host_output(&host, 0, out);

	assert_true(len >= 4);
	assert_int_equal(out[1] | out[2] << 8, opcode);
	if (hci_command_format(opcode)->returned)
		EVENT(4, 0x0e, 4, 1, out[1], out[2], status);
	else
		EVENT(4, 0x0f, 4, status, 1, out[1], out[2]);
}

void sent(uint16_t opcode, uint8_t status, const uint8_t *parameters, size_t len)
{
	command(opcode, status);
	assert_int_equal(out[0], HCI_COMMAND);
	assert_int_equal(out[3], len);
	assert_memory_equal(out + 4, parameters, len);
}

void nothing_more(void)
{
	assert_int_equal(hci_host_output(&host, 0, out), 0);
}

const struct hci_connect peer = {
	.own_type = HCI_OWN_RANDOM,
	.peer_type = 1,
	.peer = {1, 2, 3, 4, 5, 0xc6},
	.parameters = {6, 12, 0, 400},
};

void connection_complete(uint8_t status, uint8_t role)
{
	EVENT(4, 0x3e, 19, 1, status, 0x2a, 0, role, 1, 1, 2, 3, 4, 5, 0xc6, 12, 0, 0, 0, 0x90, 1,
	      0);
}

struct hci_link *up(uint8_t role)
{
	gap.connecting = role == 0;
	gap.wanted = peer;
	connection_complete(0, role);
	assert_int_equal(happening.kind, HCI_GAP_CONNECTED);
	return happening.link;
}

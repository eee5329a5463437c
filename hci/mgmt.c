/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/mgmt.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/bytes.h"
#include "hci/kernel_socket.h"

#define HEADER 6 /* code, index, length: 2 octets each, little-endian */

int hci_mgmt_open(void)
{
	return hci_kernel_socket(HCI_KERNEL_NO_DEVICE, HCI_KERNEL_CHANNEL_CONTROL);
}

int hci_mgmt_send(int fd, uint16_t opcode, uint16_t index, const void *data, size_t len)
{
	uint8_t message[HEADER + 64];

	if (len > sizeof(message) - HEADER)
		return -1;
	bytes_put_le16(message, opcode);
	bytes_put_le16(message + 2, index);
	bytes_put_le16(message + 4, (uint16_t)len);
	if (len)
		memcpy(message + HEADER, data, len);
	return send(fd, message, HEADER + len, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

bool hci_mgmt_next(int fd, struct hci_mgmt_message *m)
{
	ssize_t got = recv(fd, m->octets, sizeof(m->octets), MSG_DONTWAIT);

	if (got < HEADER)
		return false;
	m->event = bytes_get_le16(m->octets);
	m->index = bytes_get_le16(m->octets + 2);
	m->data = m->octets + HEADER;
	m->len = (size_t)got - HEADER;
	m->opcode = 0;
	m->status = 0;
	if (m->event == HCI_MGMT_COMMAND_COMPLETE || m->event == HCI_MGMT_COMMAND_STATUS) {
		if (m->len < 3)
			return false;
		m->opcode = bytes_get_le16(m->data);
		m->status = m->data[2];
		m->data += 3;
		m->len -= 3;
	}
	return true;
}

bool hci_mgmt_read(int fd, uint16_t opcode, uint16_t index, struct hci_mgmt_message *m)
{
	if (hci_mgmt_send(fd, opcode, index, NULL, 0))
		return false;
	while (hci_mgmt_next(fd, m))
		if (m->opcode == opcode)
			return m->event == HCI_MGMT_COMMAND_COMPLETE &&
			       m->status == HCI_MGMT_SUCCESS;
	return false;
}

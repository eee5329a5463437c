/* SPDX-License-Identifier: MIT */
#include "hci/public_address.h"

#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- Addresses that are nobody's own ----------------------------------------------------------
 */

/* clang-format off */
static const struct hci_shared_address shared[] = {
	{{0x00, 0xa0, 0x02, 0x70, 0x20, 0x00}, "Broadcom BCM20702A0"},
	{{0x00, 0x00, 0xa0, 0x02, 0x70, 0x20}, "Broadcom BCM20702A1"},
	{{0x79, 0x56, 0x00, 0xa0, 0x76, 0x20}, "Broadcom BCM2076B1"},
	{{0xac, 0x1f, 0x12, 0xa0, 0x43, 0x43}, "Broadcom BCM43430A0"},
	{{0x00, 0x00, 0x00, 0xb3, 0x24, 0x43}, "Broadcom BCM4324B3"},
	{{0x00, 0x00, 0x00, 0xb1, 0x30, 0x43}, "Broadcom BCM4330B1"},
	{{0x00, 0x00, 0x00, 0xb0, 0x34, 0x43}, "Broadcom BCM4334B0"},
	{{0xac, 0x1f, 0x00, 0xc5, 0x45, 0x43}, "Broadcom BCM4345C5"},
	{{0xac, 0x1f, 0x00, 0x1b, 0x34, 0x43}, "Broadcom BCM43341B"},
	{{0x00, 0x8b, 0x9e, 0x19, 0x03, 0x00}, "Intel"},
	{{0xad, 0x5a, 0x00, 0x00, 0x00, 0x00}, "Qualcomm"},
	{{0x87, 0x99, 0x23, 0x4c, 0xe0, 0x00}, "dongles with Realtek RTL8761BU"},
	{{0xa5, 0xa5, 0x00, 0x5b, 0x02, 0x00}, "CSR"},
	{{0x13, 0x71, 0xda, 0x7d, 0x1a, 0x00}, "dongles with CSR8510 or a clone of it"},
};
/* clang-format on */

const struct hci_shared_address *hci_shared_address(const uint8_t address[6])
{
	for (size_t i = 0; i < COUNT(shared); i++)
		if (bytes_equal(shared[i].address, address, 6))
			return &shared[i];
	return NULL;
}

const struct hci_shared_address *hci_shared_addresses(size_t *count)
{
	*count = COUNT(shared);
	return shared;
}

static bool is_all_ones(const uint8_t address[6])
{
	static const uint8_t ones[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	return bytes_equal(address, ones, sizeof(ones));
}

enum hci_address_state hci_address_state(const uint8_t address[6])
{
	if (bytes_all_zero(address, 6))
		return HCI_ADDRESS_ZEROS;
	if (is_all_ones(address))
		return HCI_ADDRESS_ONES;
	return hci_shared_address(address) ? HCI_ADDRESS_SHARED : HCI_ADDRESS_OWN;
}

const char *hci_address_state_name(enum hci_address_state state)
{
	static const char *const names[] = {
		[HCI_ADDRESS_UNREAD] = "not read", [HCI_ADDRESS_ZEROS] = "all zero",
		[HCI_ADDRESS_ONES] = "all ones",   [HCI_ADDRESS_SHARED] = "shared",
		[HCI_ADDRESS_OWN] = "own",
	};
	return names[state];
}

void hci_address_text(const uint8_t a[6], enum hci_address_state state, char *text, size_t size)
{
	const struct hci_shared_address *s = hci_shared_address(a);

	if (state == HCI_ADDRESS_OWN)
		text[0] = '\0';
	else if (state == HCI_ADDRESS_SHARED && s)
		(void)snprintf(
			text, size,
			"%02X:%02X:%02X:%02X:%02X:%02X, the default of %s, which others have too",
			a[5], a[4], a[3], a[2], a[1], a[0], s->of);
	else
		(void)snprintf(text, size, "%s", hci_address_state_name(state));
}

/* ---- Commands that set one --------------------------------------------------------------------
 */

/* clang-format off */
static const struct hci_address_command commands[] = {
	{0,    "Ericsson",             0xfc0d, HCI_FORM_PLAIN,    HCI_AFTER_NOTHING, HCI_KEPT_UNKNOWN, HCI_WHERE_ANY, false},
	{2,    "Intel",                0xfc31, HCI_FORM_PLAIN,    HCI_AFTER_RESET,   HCI_KEPT_UNKNOWN, HCI_WHERE_ANY, false},
	{10,   "CSR",                  0xfc00, HCI_FORM_BCCMD,    HCI_AFTER_RESTART, HCI_KEPT_POWERED, HCI_WHERE_ANY, false},
	{13,   "Texas Instruments",    0xfc06, HCI_FORM_REVERSED, HCI_AFTER_NOTHING, HCI_KEPT_POWERED, HCI_WHERE_DUAL_MODE, false},
	{15,   "Broadcom",             0xfc01, HCI_FORM_PLAIN,    HCI_AFTER_RESET,   HCI_KEPT_UNKNOWN, HCI_WHERE_ANY, false},
	{18,   "Zeevo",                0xfc01, HCI_FORM_PLAIN,    HCI_AFTER_NOTHING, HCI_KEPT_UNKNOWN, HCI_WHERE_ANY, false},
	{29,   "Qualcomm",             0xfc14, HCI_FORM_PLAIN,    HCI_AFTER_RESET,   HCI_KEPT_UNKNOWN, HCI_WHERE_ANY, false},
	{37,   "NXP",                  0xfc22, HCI_FORM_STORED,   HCI_AFTER_RESET,   HCI_KEPT_UNKNOWN, HCI_WHERE_ANY, false},
	{48,   "STMicroelectronics",   0xfc22, HCI_FORM_STORED,   HCI_AFTER_RESET,   HCI_KEPT_STORED,  HCI_WHERE_DUAL_MODE, false},
	{57,   "Integrated System Solution", 0xfc0d, HCI_FORM_PLAIN, HCI_AFTER_RESET, HCI_KEPT_UNKNOWN, HCI_WHERE_ANY, false},
	{69,   "Atheros",              0xfc0b, HCI_FORM_TAGGED,   HCI_AFTER_RESET,   HCI_KEPT_UNKNOWN, HCI_WHERE_ANY, false},
	{70,   "MediaTek",             0xfc1a, HCI_FORM_PLAIN,    HCI_AFTER_RESET,   HCI_KEPT_UNKNOWN, HCI_WHERE_ANY, false},
	{72,   "Marvell",              0xfc22, HCI_FORM_STORED,   HCI_AFTER_RESET,   HCI_KEPT_UNKNOWN, HCI_WHERE_ANY, false},
	{89,   "Nordic Semiconductor", 0xfc06, HCI_FORM_PLAIN,    HCI_AFTER_NOTHING, HCI_KEPT_POWERED, HCI_WHERE_ANY, true},
	{93,   "Realtek",              0,      HCI_FORM_PLAIN,    HCI_AFTER_NOTHING, HCI_KEPT_UNKNOWN, HCI_WHERE_ANY, false},
	{305,  "Infineon (Cypress)",   0xfc01, HCI_FORM_PLAIN,    HCI_AFTER_RESET,   HCI_KEPT_UNKNOWN, HCI_WHERE_ANY, false},
	{1521, "Zephyr",               0xfc06, HCI_FORM_PLAIN,    HCI_AFTER_NOTHING, HCI_KEPT_POWERED, HCI_WHERE_ANY, true},
};
/* clang-format on */

const struct hci_address_command *hci_address_commands(size_t *count)
{
	*count = COUNT(commands);
	return commands;
}

const char *hci_address_kept_name(enum hci_address_kept kept)
{
	static const char *const names[] = {
		[HCI_KEPT_POWERED] = "until it loses power",
		[HCI_KEPT_UNKNOWN] = "until it loses power at least",
		[HCI_KEPT_STORED] = "for good",
	};
	return names[kept];
}

const struct hci_address_command *hci_address_command(uint16_t manufacturer, bool dual_mode)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (commands[i].manufacturer == manufacturer &&
		    (commands[i].where == HCI_WHERE_ANY || dual_mode))
			return &commands[i];
	return NULL;
}

/*
 * CSR's BCCMD, in words of 16 bits: set (2), the length in words (12), a number of ours, the
 * variable "persistent storage" (7003), a status; the item "address" (1), its length in words (4),
 * the storage (8: in RAM), and the address in an order of its own.
 */
static size_t bccmd(const uint8_t a[6], uint8_t p[HCI_ADDRESS_PARAMETERS])
{
	const uint8_t request[] = {0xc2, 0x02, 0x00, 0x0c, 0x00, 0x01, 0x00, 0x03, 0x70,
				   0x00, 0x00, 0x01, 0x00, 0x04, 0x00, 0x08, 0x00, a[2],
				   0x00, a[0], a[1], a[3], 0x00, a[4], a[5]};

	_Static_assert(sizeof(request) == HCI_ADDRESS_PARAMETERS, "the longest form");
	memcpy(p, request, sizeof(request));
	return sizeof(request);
}

size_t hci_address_parameters(const struct hci_address_command *command, const uint8_t address[6],
			      uint8_t p[HCI_ADDRESS_PARAMETERS])
{
	static const uint8_t stored[] = {0xfe, 6}, tagged[] = {0x01, 0x01, 0x00, 6};

	switch (command->form) {
	case HCI_FORM_REVERSED:
		bytes_reverse(p, address, 6);
		return 6;
	case HCI_FORM_STORED:
		memcpy(p, stored, sizeof(stored));
		memcpy(p + sizeof(stored), address, 6);
		return sizeof(stored) + 6;
	case HCI_FORM_TAGGED:
		memcpy(p, tagged, sizeof(tagged));
		memcpy(p + sizeof(tagged), address, 6);
		return sizeof(tagged) + 6;
	case HCI_FORM_BCCMD:
		return bccmd(address, p);
	case HCI_FORM_PLAIN:
		break;
	}
	memcpy(p, address, 6);
	return 6;
}

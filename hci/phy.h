/* SPDX-License-Identifier: MIT */
/* The PHYs of LE: Core Vol 6 Part B 2.1, 2.2 and 4.4.2. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* As events name them, Core Vol 4 Part E 7.7.65.12 and 7.7.65.13. */
enum { HCI_PHY_NONE = 0, HCI_PHY_1M = 1, HCI_PHY_2M = 2, HCI_PHY_CODED = 3 };

/* Sets of them, as commands name them, 7.8.48, 7.8.64 and 7.8.66. */
enum {
	HCI_PHYS_1M = 1,
	HCI_PHYS_2M = 2,
	HCI_PHYS_CODED = 4,
	HCI_PHYS_PRIMARY = HCI_PHYS_1M | HCI_PHYS_CODED, /* those that find a device */
	HCI_PHYS_ALL = 7,
};

/* On which a device was seen. secondary: of its auxiliary packets, on which a link to it begins;
 * HCI_PHY_NONE: it has none, and the link begins on the primary one. primary HCI_PHY_NONE: not
 * seen.
 */
struct hci_phy_seen {
	uint8_t primary, secondary;
};

static inline uint8_t hci_phy_set(uint8_t phy)
{
	return (uint8_t)(phy == HCI_PHY_NONE ? 0 : 1U << (phy - 1));
}

/* The word of --phy and of JSON; NULL: not known. */
static inline const char *hci_phy_name(uint8_t phy)
{
	static const char *const names[] = {
		[HCI_PHY_1M] = "1m", [HCI_PHY_2M] = "2m", [HCI_PHY_CODED] = "coded"};

	return phy < sizeof(names) / sizeof(names[0]) ? names[phy] : NULL;
}

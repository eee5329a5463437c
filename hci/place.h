/* SPDX-License-Identifier: MIT */
/*
 * Where a controller is plugged in, to find the one that is plugged in there later: the same port
 * of USB, whatever its position in the list or its number at the kernel is then.
 */
#pragma once

#include <stdbool.h>

#include "hci/transport.h"

#define HCI_PLACE_SPEC 320 /* tcp:HOST:PORT, unix:PATH */

struct hci_place {
	char spec[HCI_PLACE_SPEC]; /* as it was opened first */
	char port[32];		   /* of USB, "1-4.2"; empty: it has none */
};

/* spec: as for hci_transport_open(), which returned transport; it is open. */
void hci_place_init(struct hci_place *place, const char *spec,
		    const struct hci_transport *transport);

/*
 * Writes the spec that opens what is at that place now. False: nothing is there. True: only
 * hci_transport_open() shows whether it can be used.
 */
bool hci_place_find(const struct hci_place *place, char spec[HCI_PLACE_SPEC]);

/*
 * For one of the kernel that may not be opened as such any more: finds it as a device of USB from
 * now on. False: it is none, or this was done already.
 */
bool hci_place_change_to_usb(struct hci_place *place);

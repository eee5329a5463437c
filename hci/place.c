/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/place.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hci/kernel.h"

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

void hci_place_init(struct hci_place *place, const char *spec,
		    const struct hci_transport *transport)
{
	(void)snprintf(place->spec, sizeof(place->spec), "%s", spec);
	(void)snprintf(place->port, sizeof(place->port), "%s", transport->port);
}

static bool find_kernel(const char *port, char spec[HCI_PLACE_SPEC])
{
	struct hci_kernel_controller list[HCI_KERNEL_MAX];
	const size_t count = hci_kernel_list(list), len = strlen(port);

	for (size_t i = 0; i < count; i++) {
		if (strncmp(list[i].device, port, len) != 0 || list[i].device[len] != ':')
			continue;
		(void)snprintf(spec, HCI_PLACE_SPEC, "hci%u", list[i].index);
		return true;
	}
	return false;
}

bool hci_place_find(const struct hci_place *place, char spec[HCI_PLACE_SPEC])
{
	char path[96];

	if (*place->port && starts(place->spec, "hci"))
		return find_kernel(place->port, spec);
	/* A serial number names a device, wherever it is. */
	if (!*place->port || starts(place->spec, "usb:SERIAL=")) {
		(void)snprintf(spec, HCI_PLACE_SPEC, "%s", place->spec);
		return true;
	}
	(void)snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s", place->port);
	(void)snprintf(spec, HCI_PLACE_SPEC, "usb:%s", place->port);
	return faccessat(AT_FDCWD, path, F_OK, 0) == 0;
}

bool hci_place_change_to_usb(struct hci_place *place)
{
	if (!*place->port || !starts(place->spec, "hci"))
		return false;
	(void)snprintf(place->spec, sizeof(place->spec), "usb:%s", place->port);
	return true;
}

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
	/* hci:0 is hci0. */
	(void)snprintf(place->spec, sizeof(place->spec), "%s%s", starts(spec, "hci:") ? "hci" : "",
		       starts(spec, "hci:") ? spec + 4 : spec);
	(void)snprintf(place->port, sizeof(place->port), "%s", transport->port);
}

/* One without a port (a UART, a virtual one) has only its number, which is not given again while it
 * is there. */
static bool is_there(const struct hci_place *place, const struct hci_kernel_controller *c)
{
	const size_t len = strlen(place->port);
	char name[16];

	(void)snprintf(name, sizeof(name), "hci%u", c->index);
	return len ? strncmp(c->device, place->port, len) == 0 && c->device[len] == ':'
		   : strcmp(name, place->spec) == 0;
}

static bool find_kernel(const struct hci_place *place, char spec[HCI_PLACE_SPEC])
{
	struct hci_kernel_controller list[HCI_KERNEL_MAX];
	const size_t count = hci_kernel_list(list);

	for (size_t i = 0; i < count; i++) {
		if (!is_there(place, &list[i]))
			continue;
		(void)snprintf(spec, HCI_PLACE_SPEC, "hci%u", list[i].index);
		return true;
	}
	return false;
}

bool hci_place_find(const struct hci_place *place, char spec[HCI_PLACE_SPEC])
{
	char path[96];

	if (starts(place->spec, "hci"))
		return find_kernel(place, spec);
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

/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/usb_device.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Which devices are Bluetooth controllers
 * ---------------------------------------------------------- */

/* Zero matches any value. docs/controllers.md explains how to add a row. */
static const struct {
	uint16_t vendor, product;
	uint8_t class, subclass, protocol;
} known[] = {
	{0, 0, 0xe0, 0x01, 0x01},      /* wireless, radio frequency, Bluetooth: the standard */
	{0x0a5c, 0, 0xff, 0x01, 0x01}, /* Broadcom and its customers */
	{0x0489, 0, 0xff, 0x01, 0x01}, /* Foxconn */
	{0x04ca, 0, 0xff, 0x01, 0x01}, /* Lite-On */
	{0x050d, 0, 0xff, 0x01, 0x01}, /* Belkin */
	{0x0930, 0, 0xff, 0x01, 0x01}, /* Toshiba */
	{0x0b05, 0, 0xff, 0x01, 0x01}, /* Asus */
	{0x105b, 0, 0xff, 0x01, 0x01}, /* Foxconn */
	{0x13d3, 0, 0xff, 0x01, 0x01}, /* AzureWave */
	{0x413c, 0, 0xff, 0x01, 0x01}, /* Dell */
	{0x05ac, 0, 0xff, 0x01, 0x01}, /* Apple */
	{0x0a5c, 0x21e1, 0, 0, 0},     /* Broadcom SoftSailing */
	{0x04bf, 0x030a, 0, 0, 0},     /* IBM UltraPort */
	{0x044e, 0x3001, 0, 0, 0},     /* Alps */
	{0x044e, 0x3002, 0, 0, 0},     /* Alps */
	{0x0bdb, 0x1002, 0, 0, 0},     /* Ericsson */
	{0x0c10, 0x0000, 0, 0, 0},     /* Canyon CN-BTU1 */
};

bool hci_usb_is_bluetooth(uint16_t vendor, uint16_t product, uint8_t class, uint8_t subclass,
			  uint8_t protocol)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if ((known[i].vendor && known[i].vendor != vendor) ||
		    (known[i].product && known[i].product != product))
			continue;
		if (!known[i].class || (known[i].class == class && known[i].subclass == subclass &&
					known[i].protocol == protocol))
			return true;
	}
	return false;
}

/* True when an interface has the three pipes of HCI. */
static bool has_pipes(const struct libusb_interface_descriptor *d, struct hci_usb_interface *found)
{
	struct hci_usb_interface i = {.number = d->bInterfaceNumber};

	for (size_t k = 0; k < d->bNumEndpoints; k++) {
		const struct libusb_endpoint_descriptor *e = &d->endpoint[k];
		bool in = e->bEndpointAddress & LIBUSB_ENDPOINT_IN;
		uint16_t size = e->wMaxPacketSize & 0x07ff;
		switch (e->bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) {
		case LIBUSB_TRANSFER_TYPE_INTERRUPT:
			if (in && !i.event_in) {
				i.event_in = e->bEndpointAddress;
				i.event_in_size = size;
			}
			break;
		case LIBUSB_TRANSFER_TYPE_BULK:
			if (in && !i.acl_in) {
				i.acl_in = e->bEndpointAddress;
				i.acl_in_size = size;
			} else if (!in && !i.acl_out) {
				i.acl_out = e->bEndpointAddress;
			}
			break;
		default:
			break;
		}
	}
	*found = i;
	return i.event_in_size && i.event_in_size <= HCI_USB_PACKET_MAX && i.acl_in_size &&
	       i.acl_in_size <= HCI_USB_PACKET_MAX && i.acl_out;
}

bool hci_usb_find_interface(const struct libusb_config_descriptor *config, uint16_t vendor,
			    uint16_t product, bool any, struct hci_usb_interface *interface)
{
	for (size_t i = 0; i < config->bNumInterfaces; i++) {
		if (config->interface[i].num_altsetting < 1)
			continue;
		const struct libusb_interface_descriptor *d = &config->interface[i].altsetting[0];
		if ((any || hci_usb_is_bluetooth(vendor, product, d->bInterfaceClass,
						 d->bInterfaceSubClass, d->bInterfaceProtocol)) &&
		    has_pipes(d, interface))
			return true;
	}
	return false;
}

/* ---- Attributes in sysfs -------------------------------------------------------------- */

static void read_attribute(const char *device, const char *name, char *text, size_t size)
{
	char path[128];

	text[0] = '\0';
	(void)snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/%s", device, name);
	FILE *file = fopen(path, "re");
	if (!file)
		return;
	if (!fgets(text, (int)size, file))
		text[0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	/* The device chooses these strings: clean them. */
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	(void)fclose(file);
}

void hci_usb_read_driver(struct hci_usb_device *d)
{
	char path[128], target[256];
	struct dirent *entry;

	(void)snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/driver", d->sysfs);
	ssize_t len = readlink(path, target, sizeof(target) - 1);
	target[len > 0 ? len : 0] = '\0';
	const char *slash = strrchr(target, '/');
	(void)snprintf(d->driver, sizeof(d->driver), "%.31s", slash ? slash + 1 : "");

	d->hci = -1;
	(void)snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/bluetooth", d->sysfs);
	DIR *directory = opendir(path);
	while (directory && (entry = readdir(directory)))
		(void)sscanf(entry->d_name, "hci%d", &d->hci);
	if (directory)
		(void)closedir(directory);
}

static void describe(struct hci_usb_device *d, uint8_t configuration)
{
	uint8_t bus = libusb_get_bus_number(d->device), ports[8];
	int depth = libusb_get_port_numbers(d->device, ports, sizeof(ports));
	char path[48];

	(void)snprintf(d->port, sizeof(d->port), "%u", bus);
	for (int i = 0; i < depth; i++) {
		size_t used = strlen(d->port);
		(void)snprintf(d->port + used, sizeof(d->port) - used, "%c%u", i ? '.' : '-',
			       ports[i]);
	}
	(void)snprintf(d->sysfs, sizeof(d->sysfs), "%s:%u.%u", d->port, configuration,
		       d->interface.number);
	read_attribute(d->port, "product", d->name, sizeof(d->name));
	read_attribute(d->port, "serial", d->serial, sizeof(d->serial));
	hci_usb_read_driver(d);
	(void)snprintf(path, sizeof(path), "/dev/bus/usb/%03u/%03u", bus,
		       libusb_get_device_address(d->device));
	d->permitted = faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0;
}

static int by_port(const void *a, const void *b)
{
	return strverscmp(((const struct hci_usb_device *)a)->port,
			  ((const struct hci_usb_device *)b)->port);
}

size_t hci_usb_list(libusb_context *context, uint16_t vendor, uint16_t product,
		    struct hci_usb_device list[HCI_USB_MAX])
{
	libusb_device **devices;
	ssize_t all = libusb_get_device_list(context, &devices);
	size_t count = 0;

	for (ssize_t i = 0; i < all && count < HCI_USB_MAX; i++) {
		struct libusb_device_descriptor device;
		struct libusb_config_descriptor *config;
		struct hci_usb_device *d = &list[count];

		if (libusb_get_device_descriptor(devices[i], &device))
			continue;
		bool named = vendor && device.idVendor == vendor && device.idProduct == product;
		if ((vendor && !named) || libusb_get_active_config_descriptor(devices[i], &config))
			continue;
		*d = (struct hci_usb_device){
			.id = {device.idVendor, device.idProduct, device.bcdDevice}};
		if (hci_usb_find_interface(config, d->id.vendor, d->id.product, named,
					   &d->interface)) {
			d->device = libusb_ref_device(devices[i]);
			describe(d, config->bConfigurationValue);
			count++;
		}
		libusb_free_config_descriptor(config);
	}
	if (all >= 0)
		libusb_free_device_list(devices, 1);
	qsort(list, count, sizeof(list[0]), by_port);
	return count;
}

void hci_usb_forget(struct hci_usb_device *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		libusb_unref_device(list[i].device);
}

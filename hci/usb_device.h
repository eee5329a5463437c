/* SPDX-License-Identifier: MIT */
/*
 * Bluetooth controllers on USB, and the interface of each that carries HCI (Core Vol 4 Part B).
 * They are found by interface class, or by a table of devices with another class.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libusb.h>

#include "hci/makers.h"

#define HCI_USB_PACKET_MAX 1024 /* of any bulk or interrupt pipe, USB 3.2 9.6.6 */

/* The interface that carries HCI and its pipes (Part B 2.1). */
struct hci_usb_interface {
	uint8_t number;
	uint8_t event_in, acl_in, acl_out;   /* endpoint addresses */
	uint16_t event_in_size, acl_in_size; /* largest packet, octets */
};

struct hci_usb_device {
	libusb_device *device; /* referenced */
	struct hci_usb_interface interface;
	struct hci_usb_id id;
	char port[32];	 /* "1-4.2": bus and the ports on the way */
	char sysfs[48];	 /* the interface's name there, "1-4.2:1.0" */
	char name[64];	 /* product string, or empty */
	char serial[64]; /* or empty */
	char driver[32]; /* the kernel driver of that interface, or empty */
	int hci;	 /* N of the hciN that this driver created, -1: none */
	bool permitted;	 /* this process may open it */
};

#define HCI_USB_MAX 32

/* True for the class of a Bluetooth interface, or a device of the table. */
bool hci_usb_is_bluetooth(uint16_t vendor, uint16_t product, uint8_t class, uint8_t subclass,
			  uint8_t protocol);

/* Finds the HCI interface of a configuration. any: accept another class too. False: there is none.
 */
bool hci_usb_find_interface(const struct libusb_config_descriptor *config, uint16_t vendor,
			    uint16_t product, bool any, struct hci_usb_interface *interface);

/*
 * Lists Bluetooth controllers in the order of their ports, and the device of that vendor (not 0)
 * and product even if its class is another. Returns the number; release them by hci_usb_forget().
 */
size_t hci_usb_list(libusb_context *context, uint16_t vendor, uint16_t product,
		    struct hci_usb_device list[HCI_USB_MAX]);
/* Reads .driver and .hci again. */
void hci_usb_read_driver(struct hci_usb_device *device);
void hci_usb_forget(struct hci_usb_device *list, size_t count);

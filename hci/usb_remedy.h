/* SPDX-License-Identifier: MIT */
/*
 * What the host can do for a USB device that hangs: reset it, or switch the power of its port off
 * and on. Both go through the device files below /dev/bus/usb, so they need the permission to write
 * that of the device, or of its hub. Both block for as long as the device does not answer: see
 * hci/usb_recovery.h.
 */
#pragma once

/* A port of USB as sysfs names it: "1-4.2". Return 0, or an errno. */

/* As libusb_reset_device(). */
int hci_usb_remedy_reset(const char *port);

/*
 * EOPNOTSUPP: the hub switches all its ports together, or none (USB 2.0 11.23.2.1,
 * wHubCharacteristics), so that other devices would lose their power.
 */
int hci_usb_remedy_power(const char *port);

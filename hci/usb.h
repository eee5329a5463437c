/* SPDX-License-Identifier: MIT */
/*
 * usb:VID:PID, usb:BUS-PORT, usb:N, usb:SERIAL=TEXT: a controller on USB through libusb-1.0,
 * without the kernel's driver. Core Vol 4 Part B: commands by control transfers, events by an
 * interrupt pipe, ACL data by two bulk pipes.
 *
 * The kernel's driver is detached first and attached again at release; a controller that was up is
 * powered on again then. The device is not reset, because it would lose the firmware that the
 * driver has loaded. A device without a driver, whose maker needs one (hci/makers.h), is given to
 * the kernel's driver first, and taken when that has set it up.
 */
#pragma once

#include "hci/transport.h"

extern const struct hci_transport_ops hci_transport_usb;

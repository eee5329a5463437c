/* SPDX-License-Identifier: MIT */
/*
 * hci0, hci:N, hci: exclusive use of a controller of the Linux kernel through HCI_CHANNEL_USER.
 *
 * A controller that is up is powered off first (hci_access.take) and on again at release. One that
 * the kernel still sets up is awaited. A soft block of rfkill is lifted (hci_access.unblock) and
 * restored.
 */
#pragma once

#include "hci/transport.h"

extern const struct hci_transport_ops hci_transport_user_channel;

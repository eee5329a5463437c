/* SPDX-License-Identifier: MIT */
/*
 * hci0, hci:N, hci: a controller of the Linux kernel, exclusively, through HCI_CHANNEL_USER.
 *
 * A controller that is up is powered off first (hci_access.take) and on again at release; one that
 * the kernel still sets up is waited for; a soft block of rfkill is lifted (hci_access.unblock) and
 * set again.
 */
#pragma once

#include "hci/transport.h"

extern const struct hci_transport_ops hci_transport_user_channel;

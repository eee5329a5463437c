/* SPDX-License-Identifier: MIT */
/* H4 over a stream: unix:PATH, tcp:HOST:PORT, serial:DEV[,BAUD]. */
#pragma once

#include "hci/transport.h"

extern const struct hci_transport_ops hci_transport_unix;
extern const struct hci_transport_ops hci_transport_tcp;
extern const struct hci_transport_ops hci_transport_serial;

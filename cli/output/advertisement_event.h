/* SPDX-License-Identifier: MIT */
/* Advertisements as events. */
#pragma once

#include <jansson.h>

#include "hci/advertising.h"

/*
 * {"event":event,"peer","rssi","connectable","directed","services","says"} and, if advertised, the
 * name of the peer, "company", "appearance". Octets of the name that are not UTF-8 become U+FFFD.
 */
json_t *advertisement_event(const char *event, const struct hci_advertisement *advertisement);

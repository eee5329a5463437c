/* SPDX-License-Identifier: MIT */
/* An advertisement in words. */
#pragma once

#include <jansson.h>

#include "hci/advertising.h"

/* {"event":event,"peer":{...},"name","rssi","connectable","services",...,"says"}. */
json_t *advertisement_event(const char *event, const struct hci_advertisement *advertisement);

/* SPDX-License-Identifier: MIT */
/* What is known of a controller (hci/makers.h), in words and as fields of an event. */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "hci/makers.h"

/*
 * Writes what the controller is, what it does, and what the user can do, in one line. spec: as
 * after --controller.
 */
void maker_text(const struct hci_maker *maker, const char *spec, char *text, size_t size);

/* Sets "maker", and "known" and "firmware" where the row has them. maker: or NULL. */
void maker_fields(json_t *event, const struct hci_maker *maker);

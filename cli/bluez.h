/* SPDX-License-Identifier: MIT */
/*
 * A bond in the form in which BlueZ's bluetoothd keeps it below /var/lib/bluetooth: a directory for
 * the controller, in it one for the device, in that a file "info". BlueZ writes keys in the order
 * of the air, least significant octet first.
 */
#pragma once

#include "cli/bond.h"

struct bluez_bond {
	char controller[18]; /* name of its directory: our address */
	char device[18];     /* the peer's identity address */
	char info[1400];     /* text of <controller>/<device>/info */
	char identity[80];   /* text of <controller>/identity: our IRK; empty: it was not shared */
};

/* Fills bond. NULL, or why BlueZ cannot use such a bond. Wipe it afterwards. */
const char *bluez_bond(const struct bond_record *record, struct bluez_bond *bond);

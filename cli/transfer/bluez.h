/* SPDX-License-Identifier: MIT */
/*
 * A bond in the form in which BlueZ's bluetoothd keeps it below /var/lib/bluetooth: a directory for
 * the controller, in it one for the device, in that a file "info". BlueZ writes keys in the order
 * of the air, least significant octet first. It says neither the method nor the addresses on air;
 * and of our own address not the type: that stands in "identity" when we write it, where BlueZ
 * does not look.
 */
#pragma once

#include "store/bond.h"

struct bluez_bond {
	char controller[18]; /* name of its directory: our address */
	char device[18];     /* the peer's identity address */
	char info[1400];     /* text of <controller>/<device>/info */
	/* Text of <controller>/identity: our IRK if it was shared; empty: there is no need for it.
	 */
	char identity[96];
};

/* Fills bond. NULL, or why BlueZ cannot use such a bond. Wipe it afterwards. */
const char *bluez_bond(const struct bond_record *record, struct bluez_bond *bond);

#define BLUEZ_WHY 96

enum bluez_found {
	BLUEZ_BOND,
	BLUEZ_NO_BOND, /* of Bluetooth LE, or none that may be used */
	BLUEZ_WRONG,   /* not as BlueZ writes it */
};

/*
 * Reads the text of a file "identity", or NULL where there is none, of the controller whose
 * directory has that name: our identity, and the IRK if there is one. 0, or -1 with why.
 */
int bluez_read_identity(const char *directory, const char *text, size_t len, struct smp_keys *us,
			char why[BLUEZ_WHY]);

/*
 * Reads the text of a file "info" in the directory of that name; made is when. Wipe record
 * afterwards. why is told, but for a bond.
 */
enum bluez_found bluez_read(const char *directory, const char *text, size_t len, const char *made,
			    const struct smp_keys *us, struct bond_record *record,
			    char why[BLUEZ_WHY]);

/* SPDX-License-Identifier: MIT */
/*
 * Bonds as BlueZ's bluetoothd keeps them below /var/lib/bluetooth: a directory for the controller,
 * in it one for the device, in that a file "info". BlueZ writes keys in wire order, least
 * significant octet first. It keeps neither the method nor the addresses on air, nor the type of
 * our own address: our exports put that into "identity", where BlueZ ignores it.
 */
#pragma once

#include "base/failure.h"
#include "store/bond.h"

struct bluez_bond {
	char controller[18]; /* name of its directory: our address */
	char device[18];     /* the peer's identity address */
	char info[1400];     /* text of CONTROLLER/DEVICE/info */
	char identity[96];   /* text of CONTROLLER/identity, with our IRK; empty: no such file */
};

/* 0 with bond, or -1 with failure: why BlueZ cannot use this bond. Wipe bond afterwards. */
int bluez_bond(const struct bond_record *record, struct bluez_bond *bond, struct failure *failure);

enum bluez_found {
	BLUEZ_BOND,
	BLUEZ_NO_BOND, /* no bond of Bluetooth LE, or an unusable one */
	BLUEZ_WRONG,   /* BlueZ does not write such a file */
};

/*
 * Reads a file "identity" of len octets of text, 0 if there is none. directory: the name of
 * the controller's directory, an address. Fills our identity, and its IRK if there is one. 0 or -1.
 */
int bluez_read_identity(const char *directory, const char *text, size_t len, struct smp_keys *us,
			struct failure *failure);

/*
 * Reads a file "info" of len octets of text. directory: the name of the device's directory, an
 * address. made: time of the bond. us: from bluez_read_identity(). Any result but BLUEZ_BOND fills
 * failure. Wipe record afterwards.
 */
enum bluez_found bluez_read(const char *directory, const char *text, size_t len, const char *made,
			    const struct smp_keys *us, struct bond_record *record,
			    struct failure *failure);

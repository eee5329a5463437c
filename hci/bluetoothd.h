/* SPDX-License-Identifier: MIT */
/*
 * bluetoothd of BlueZ, which powers on the controllers that it finds: at its start, and whenever
 * one appears, as after blepair has given it back. Found in /proc, which needs no privilege and no
 * D-Bus; it has no file of its own in /run.
 */
#pragma once

#include <stdbool.h>

struct hci_bluetoothd {
	unsigned process; /* 0: none runs, as far as this process can see */
	/*
	 * AutoEnable of its configuration. True by default since BlueZ 5.65 (false before), and
	 * false when its plugin "policy" is off, which acts on it.
	 */
	bool auto_enable;
	char config[128]; /* the file of the configuration */
};

void hci_bluetoothd_find(struct hci_bluetoothd *bluetoothd);

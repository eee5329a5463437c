/* SPDX-License-Identifier: MIT */
#include "capture/foreign_hosts.h"

#define NO_REASON "the phone gave up the pairing; for what reason, it does not say"

const struct capture_fact capture_host_facts[] = {
	/* ---- Linux ---- */
	{"auth failed with status 0x", NULL, MEANING_MANAGEMENT, "the pairing ended with %s"},
	/* BlueZ src/adapter.c, adapter_authorize(): not of a pairing. */
	{"Authentication attempt without agent", NULL, MEANING_NONE,
	 "\"Authentication attempt without agent\": a service of this computer was refused to the "
	 "device, as no program was there to allow it; `bluetoothctl trust ADDRESS` allows it"},
	{"type BR/EDR ", NULL, MEANING_NONE, CAPTURE_OF_BREDR},
	{" (BR/EDR) failed. status 0x", NULL, MEANING_NONE, CAPTURE_OF_BREDR},
	{"bonding_attempt_complete()", " type 0 ", MEANING_IN_LINE, CAPTURE_OF_BREDR},
	/* BlueZ client/mgmt.c, disconnected(). */
	{" type LE ", " disconnected with reason ", MEANING_DISCONNECT, "the link ended: %s"},
	{"Authentication Canceled", NULL, MEANING_NONE, CAPTURE_CANCELED},
	{"Authentication Timeout", NULL, MEANING_NONE, CAPTURE_TIMEOUT},
	{"Authentication Rejected", NULL, MEANING_NONE, CAPTURE_REJECTED},
	/* Linux net/bluetooth/smp.c, smp_random() and sc_check_confirm(). */
	{"confirmation values mismatch", NULL, MEANING_WHY,
	 "this end failed the pairing, Confirm Value Failed (0x04)"},
	/* Linux net/bluetooth/hci_conn.c, hci_conn_check_link_mode(). */
	{"Invalid security: Missing AES-CCM usage", NULL, MEANING_NONE,
	 "\"Missing AES-CCM usage\": a program demands Secure Connections of a BR/EDR link, and "
	 "the link has less; remove the bond on both ends and pair again; blepair explains LE "
	 "only"},
	/* What people write of a trace. */
	{"airing Failed", "eason 0x", MEANING_REASON_SAID, CAPTURE_WHICH_END},
	{"airing Failed", "eason: 0x", MEANING_REASON_SAID, CAPTURE_WHICH_END},
	/* ---- Android ---- */
	/* "UNBOND_REASON_AUTH_FAILED(1)"; without a number it may be of a program. */
	{"UNBOND_REASON_", "(", MEANING_UNBOND, "the phone reports that the pairing failed, %s"},
	{"BOND_NONE", "eason", MEANING_UNBOND, "the phone reports that the pairing failed, %s"},
	{"bond-none prev: bonding", NULL, MEANING_WHY, NO_REASON},
	{"BOND_BONDING => BOND_NONE", NULL, MEANING_WHY, NO_REASON},
	{"BOND_BONDING -> BOND_NONE", NULL, MEANING_WHY, NO_REASON},
};

const size_t capture_host_fact_count = sizeof(capture_host_facts) / sizeof(capture_host_facts[0]);

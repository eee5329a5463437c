/* SPDX-License-Identifier: MIT */
/*
 * Scanning, connecting, advertising and links: Core Vol 4 Part E 7.8 with the procedures of Vol 6
 * Part D. Commands are queued in the host. Each input from the controller becomes at most one
 * hci_gap_event.
 *
 * Either the legacy or the extended commands are used on a controller, never both (7.8, 3.1.1).
 * Addresses and keys are in wire order; intervals in units of 1.25 ms, timeouts of 10 ms.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hci/advertising.h"
#include "hci/bringup.h"
#include "hci/host.h"

/* Own address types, 7.8.12. */
enum { HCI_OWN_PUBLIC = 0, HCI_OWN_RANDOM = 1 };

struct hci_parameters {
	uint16_t interval_min;
	uint16_t interval_max;
	uint16_t latency; /* connection events */
	uint16_t timeout;
};

struct hci_link {
	bool used;
	uint16_t handle;
	bool central;
	uint8_t peer_type; /* 0 public, 1 random: as on air */
	uint8_t peer[6];
	uint16_t interval, latency, timeout; /* in force */
	bool has_own_rpa;		     /* the controller made our address on air: own_rpa */
	uint8_t own_rpa[6];
	uint8_t tx_phy, rx_phy; /* HCI_PHY_*, NONE: not known yet, HCI_GAP_PHY follows */
	uint8_t features[8];	/* of the peer; all zero: not known yet */
	bool fast_phy_requested;
	bool encrypting; /* requested, not yet answered; no other LL procedure starts meanwhile */
	bool encrypted;
	bool update_waits;
	struct hci_parameters update;
	void *user; /* for the caller; NULL at first */
};

enum hci_gap_kind {
	HCI_GAP_NOTHING,
	HCI_GAP_SCANNING,	   /* the scan has begun */
	HCI_GAP_REPORTS,	   /* the input is an advertising event: see hci/advertising.h */
	HCI_GAP_CONNECTED,	   /* .link */
	HCI_GAP_NOT_CONNECTED,	   /* .status; .cancelled: we cancelled it */
	HCI_GAP_ADVERTISING,	   /* it has begun */
	HCI_GAP_FAILED,		   /* .opcode, .status: a procedure cannot continue */
	HCI_GAP_DISCONNECTED,	   /* .link (its last values), .status: the reason */
	HCI_GAP_ENCRYPTION,	   /* .link, .status: 0 on; .key_size: octets, 0: unknown */
	HCI_GAP_LTK_REQUEST,	   /* .link, .ediv, .rand: answer it */
	HCI_GAP_PARAMETERS,	   /* .link with the values in force, .status */
	HCI_GAP_PARAMETER_REQUEST, /* .link, .parameters: answer it */
	HCI_GAP_REMOTE_FEATURES,   /* .link, .status, .features */
	HCI_GAP_PHY,		   /* .link with the PHYs in force */
	HCI_GAP_NOTE,		   /* .text, or .opcode, .status: refused; the link goes on */
	HCI_GAP_BROKEN, /* .text: the controller contradicts itself; only a reset helps */
};

struct hci_gap_event {
	enum hci_gap_kind kind;
	struct hci_link *link;
	uint16_t opcode;
	uint8_t status;
	bool cancelled;
	uint8_t key_size;
	uint16_t ediv;
	uint8_t rand[8];
	struct hci_parameters parameters;
	uint8_t features[8];
	const char *text; /* static */
};

/*
 * How long LE Connection Complete may take after LE Create Connection Cancel (7.8.13). Longer than
 * the host waits for the answer to the command itself.
 */
#define HCI_CANCEL_LIMIT_US 4000000

/*
 * What the controller needs to answer a peer that directs its advertising to a resolvable address
 * of ours: an entry of its resolving list, Core Vol 6 Part B 4.7 and 6.4.
 */
struct hci_resolving {
	uint8_t peer_type;
	uint8_t peer[6];      /* its identity */
	uint8_t peer_irk[16]; /* all zero: the peer has its identity address on air */
	uint8_t own_irk[16];
};

struct hci_connect {
	uint8_t own_type;
	uint8_t peer_type;
	uint8_t peer[6];
	struct hci_parameters parameters;
	struct hci_phy_seen phy; /* where it was seen */
	unsigned tries; /* of a connection that fails to be established (0x3E); 0: the usual number
			 */
	bool resolve;	/* see hci_gap_can_resolve() */
	struct hci_resolving resolving; /* wiped from gap when the connection is up or has failed */
	bool scan_on;			/* keep scanning meanwhile, if the controller can do both */
};

/* A device of the filter accept list. */
struct hci_accepted {
	uint8_t type; /* 0 public, 1 random: as on air */
	uint8_t address[6];
};

/* So many are sent to the controller at most. */
#define HCI_ACCEPTED_MAX 32

struct hci_gap {
	struct hci_host *host;
	const struct hci_controller_info *controller;
	bool extended;
	uint8_t phys; /* HCI_PHYS_*: those that may be used */
	bool scanning, scanning_actively, connecting, advertising;
	bool cancelling;	       /* LE Connection Complete is due: see HCI_CANCEL_LIMIT_US */
	bool no_scan_while_initiating; /* learned: this controller refuses to connect while it scans
					*/
	bool scans_accepted; /* the scan reports the devices of the filter accept list only */
	bool no_accept_list; /* learned: it refuses a list that it has room for */
	bool no_scan_policy; /* learned: it refuses the scan filter policy of its own features */
	uint8_t scan_own_type;
	struct hci_connect wanted;
	unsigned tries; /* connection attempts so far that ended in 0x3E */
	uint8_t random_address[6];
	struct hci_advertising_joiner joiner;
	struct hci_link links[HCI_LINKS_MAX];
	struct hci_link last; /* of HCI_GAP_DISCONNECTED */
};

/* How many times to try a connection that fails to be established (0x3E). */
#define HCI_CONNECT_TRIES 3

/* host and controller are borrowed for the life of gap; the controller is up. */
void hci_gap_init(struct hci_gap *gap, struct hci_host *host,
		  const struct hci_controller_info *controller);

/*
 * Uses no other PHYs than these: to find devices, to connect, and to switch a link, also when the
 * peer asks for it. False: the controller finds no device on them, and nothing has changed.
 */
bool hci_gap_limit_phys(struct hci_gap *gap, uint8_t phys);

/* Sets the address of HCI_OWN_RANDOM. Not allowed while scanning, connecting or advertising.
 */
void hci_gap_set_random_address(struct hci_gap *gap, const uint8_t address[6]);

/*
 * True: scans report directed advertising to any resolvable address, if the controller cannot
 * resolve it. Its host has to: .has_target.
 */
bool hci_gap_reports_private_targets(const struct hci_gap *gap);

/* active: request scan responses (names) too. HCI_GAP_SCANNING or HCI_GAP_FAILED follows. */
void hci_gap_scan(struct hci_gap *gap, uint8_t own_type, bool active);
/*
 * The same, for these devices only: the controller reports no other. count: at most
 * hci_gap_accepts(). The list cannot be changed during a scan.
 */
void hci_gap_scan_for(struct hci_gap *gap, uint8_t own_type, bool active,
		      const struct hci_accepted *devices, size_t count);
/* Its room for such devices; 0: none. */
size_t hci_gap_accepts(const struct hci_gap *gap);
void hci_gap_scan_stop(struct hci_gap *gap);

/* True: the controller has a resolving list. */
bool hci_gap_can_resolve(const struct hci_gap *gap);

/* Stops a scan first, unless connect->scan_on. HCI_GAP_CONNECTED or HCI_GAP_NOT_CONNECTED follows.
 */
void hci_gap_connect(struct hci_gap *gap, const struct hci_connect *connect);
void hci_gap_connect_cancel(struct hci_gap *gap);

/* Starts connectable undirected advertising; data and response have at most 31 octets each. */
void hci_gap_advertise(struct hci_gap *gap, uint8_t own_type, const uint8_t *data, size_t len,
		       const uint8_t *response, size_t response_len);
void hci_gap_advertise_stop(struct hci_gap *gap);

/*
 * False: by its LE_States, the controller cannot advertise while it is a peripheral. True: it can,
 * or does not report its states; it may still refuse, when it has no room for another link.
 */
bool hci_gap_can_advertise_linked(const struct hci_gap *gap);

/* As hci_advertisement_next_whole(). */
bool hci_gap_next_report(struct hci_gap *gap, const struct hci_input *input, size_t *at,
			 struct hci_advertisement *report);

/* Reads the peer's LE features, then sets the longest data length if both ends support it. */
void hci_gap_exchange_features(struct hci_gap *gap, struct hci_link *link);

/*
 * Central: switches the link from LE 1M to LE 2M, once, if both ends have it. HCI_GAP_PHY may
 * follow. For a link that is encrypted: a peer that does not answer the request would delay
 * encryption until the link ends (LL procedures follow one another, Core Vol 6 Part B 5.1 and 5.2).
 */
void hci_gap_use_fast_phy(struct hci_gap *gap, struct hci_link *link);

/* Central: LE Connection Update, delayed while encryption starts. */
void hci_gap_update(struct hci_gap *gap, struct hci_link *link, const struct hci_parameters *p);
/* Answers HCI_GAP_PARAMETER_REQUEST. */
void hci_gap_answer_parameters(struct hci_gap *gap, struct hci_link *link, bool accept,
			       const struct hci_parameters *p);

/* Central: LE Enable Encryption. HCI_GAP_ENCRYPTION follows. */
void hci_gap_encrypt(struct hci_gap *gap, struct hci_link *link, const uint8_t ltk[16],
		     uint16_t ediv, const uint8_t rand[8]);
/* Peripheral: answers HCI_GAP_LTK_REQUEST. ltk: 16 octets, or NULL: there is no key. */
void hci_gap_answer_ltk(struct hci_gap *gap, struct hci_link *link, const uint8_t *ltk);

void hci_gap_disconnect(struct hci_gap *gap, struct hci_link *link, uint8_t reason);

/* The link with this handle, NULL: none. */
struct hci_link *hci_gap_link(struct hci_gap *gap, uint16_t handle);

/* Handles one input that the host classified; fills event. */
void hci_gap_input(struct hci_gap *gap, const struct hci_input *input,
		   struct hci_gap_event *happening);

/* SPDX-License-Identifier: MIT */
/*
 * Virtual LE controllers: HCI on one side, the air on the other. hci_transport_open() of this
 * library opens them by name ("sim:0" and so on), so that a program linked with it uses them
 * through the unchanged transport interface, host and bring-up.
 *
 * A controller answers the commands in the table of controller.c and claims to support exactly
 * these. It follows Core Vol 4 Part E as far as a host can see, has a fixed number of ACL buffers,
 * and fails the test when the host overruns them.
 *
 * Faults: the hooks see every packet in either direction, may change it in place, and drop it by
 * returning 0; sim_controller_inject() adds packets; sim_controller_vanish() unplugs the
 * controller.
 */
#pragma once

#include "hci/transport.h"
#include "sim/air.h"

#define SIM_CONTROLLERS		16
#define SIM_CONTROLLER_ACCEPTED 8   /* devices in the filter accept list */
#define SIM_CONTROLLER_OUT	256 /* packets queued for the host */

struct sim_controller {
	/* Set these before the controller is opened, or keep the defaults. */
	uint8_t address[6];  /* public; sim_controller_add() sets it */
	uint16_t acl_length; /* octets of one packet: 27 to 251 */
	uint8_t acl_count;   /* buffers */
	/* Further ones are refused, and so is advertising then: Connection Limit Exceeded. */
	unsigned max_links;
	uint64_t le_features;
	const uint8_t *version; /* 8 octets of Read Local Version Information; NULL: Zephyr's */
	uint64_t le_states;	/* as LE Read Supported States reports them */
	size_t report_max;	/* octets of data in an extended report: more are split */
	bool busy;		/* opening it fails: another program holds it */
	size_t (*to_host)(void *ctx, uint8_t *packet, size_t len);
	size_t (*from_host)(void *ctx, uint8_t *packet, size_t len);
	void *ctx; /* of the hooks */

	/* To be looked at. */
	bool clean;	       /* reset, and unchanged since */
	bool open;	       /* a transport has it open */
	unsigned opened;       /* how often */
	struct air_device air; /* .address: who it is on air */

	/* Its own. */
	char name[16];
	uint8_t random_address[6];
	bool vanished;
	int wake; /* an eventfd: packets are queued for the host */
	uint16_t opcode;
	uint8_t own_type;
	bool scan_active;
	uint8_t scan_own_type, scan_policy;
	struct crypto_address accepted[SIM_CONTROLLER_ACCEPTED];
	size_t accepted_count;
	struct {
		bool on;
		struct crypto_address peer;
		uint8_t peer_irk[16], own_irk[16];
	} resolving;
	uint64_t le_event_mask;
	uint8_t commands_used; /* since the last reset: legacy ones, or extended ones */
	uint8_t ad[31], response[31];
	size_t ad_len, response_len;
	uint16_t next_handle;
	struct {
		struct air_link *link;
		uint16_t handle;
		unsigned in_flight;
	} links[AIR_LINKS];
	struct {
		size_t len;
		uint8_t data[HCI_PACKET_MAX];
	} out[SIM_CONTROLLER_OUT];
	size_t out_first, out_count;
};

/* Removes all controllers. Call it after air_begin(). */
void sim_controllers_begin(void);

/* Adds a controller of that name ("sim:0"), with default properties. The caller owns the memory and
 * keeps it until world_end(). */
void sim_controller_add(struct sim_controller *controller, const char *name,
			const uint8_t address[6]);

/* Sends a packet (H4 type first) to the host, as the controller does, but bypasses the hooks. */
void sim_controller_inject(struct sim_controller *controller, const uint8_t *packet, size_t len);

/* Unplugs the controller: the host's transport fails, the peers' links time out. */
void sim_controller_vanish(struct sim_controller *controller);
/* Plugs it in again, with its properties and hooks. */
void sim_controller_return(struct sim_controller *controller);
/* Unplugs all controllers. */
void sim_controllers_vanish(void);

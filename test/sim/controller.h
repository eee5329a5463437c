/* SPDX-License-Identifier: MIT */
/*
 * Virtual LE controllers: HCI on one side, the air on the other. hci_transport_open() of this
 * library opens them by name, "sim:0" and so on, so that a program that links it uses them through
 * its own transport, host and bring-up, unchanged.
 *
 * A controller answers the commands in the table of controller.c, which is also what it claims to
 * support; it follows Core Vol 4 Part E as far as a host can see, has a number of buffers for ACL
 * data, and fails the test when the host sends more than it has room for.
 *
 * Faults: the hooks see every packet in either direction, may change it in place, and drop it by
 * returning 0; sim_controller_inject() makes up packets; sim_controller_vanish() is the pulled
 * plug.
 */
#pragma once

#include "hci/transport.h"
#include "sim/air.h"

#define SIM_CONTROLLERS	   16
#define SIM_CONTROLLER_OUT 256 /* packets that wait for the host */

struct sim_controller {
	/* To be set before it is opened, or left. */
	uint8_t address[6];  /* the public one; sim_controller_add() sets it */
	uint16_t acl_length; /* octets of one packet: 27 to 251 */
	uint8_t acl_count;   /* buffers */
	unsigned max_links;  /* further ones are refused: Connection Limit Exceeded */
	uint64_t le_features;
	bool busy; /* whoever opens it is told that somebody holds it */
	size_t (*to_host)(void *ctx, uint8_t *packet, size_t len);
	size_t (*from_host)(void *ctx, uint8_t *packet, size_t len);
	void *ctx; /* of the hooks */

	/* To be looked at. */
	bool clean;	       /* reset, and nothing done since */
	bool open;	       /* some transport has it */
	unsigned opened;       /* how often */
	struct air_device air; /* .address: who it is on air */

	/* Its own. */
	char name[16];
	uint8_t random_address[6];
	bool vanished;
	int wake; /* an eventfd: there is something for the host */
	uint16_t opcode;
	uint8_t own_type;
	bool scan_active;
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

/* Forgets all. After air_begin(). */
void sim_controllers_begin(void);

/* Adds a controller of that name ("sim:0"), with the usual properties; the memory stays the
 * caller's, until world_end(). */
void sim_controller_add(struct sim_controller *controller, const char *name,
			const uint8_t address[6]);

/* A packet for the host, H4 type first, as if the controller had sent it. Passes no hook. */
void sim_controller_inject(struct sim_controller *controller, const uint8_t *packet, size_t len);

/* It is gone: the host's transport fails, the peers' links time out. */
void sim_controller_vanish(struct sim_controller *controller);
/* The same for all of them. */
void sim_controllers_vanish(void);

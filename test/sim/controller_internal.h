/* SPDX-License-Identifier: MIT */
/* What controller.c and controller_extended.c share. */
#pragma once

#include "sim/controller.h"

void sim_controller_event(struct sim_controller *c, uint8_t code, const uint8_t *parameters,
			  size_t len);
void sim_controller_complete(struct sim_controller *c, const uint8_t *returned, size_t len);
void sim_controller_complete_status(struct sim_controller *c, uint8_t status);
/* Command Status. */
void sim_controller_begun(struct sim_controller *c, uint8_t status);

/* Takes the address of this type on air. */
void sim_controller_become(struct sim_controller *c, uint8_t own_type);
/* LE Create Connection, of either kind. */
void sim_controller_connect(struct sim_controller *c, uint8_t own_type,
			    const struct crypto_address *to,
			    const struct air_parameters *parameters);
/* Advertises as configured, or stops. */
void sim_controller_advertise(struct sim_controller *c, bool on);

/* How it reports directed advertising. */
enum sim_target {
	SIM_TARGET_OTHER, /* not at all */
	SIM_TARGET_OWN,
	SIM_TARGET_UNRESOLVED, /* to a resolvable address, if the host asked for it */
};
enum sim_target sim_controller_target(const struct sim_controller *c,
				      const struct air_advertisement *a);

/* ---- controller_extended.c ---- */

/* A command: p has its parameters, after their length. */
typedef void sim_controller_command(struct sim_controller *c, const uint8_t *p);

sim_controller_command sim_controller_set_scan_parameters, sim_controller_set_scan,
	sim_controller_create_connection, sim_controller_set_advertising_parameters,
	sim_controller_set_advertising_data, sim_controller_set_response_data,
	sim_controller_set_advertising, sim_controller_set_set_address;

/* Reports an advertisement by LE Extended Advertising Report. */
void sim_controller_report_extended(struct sim_controller *c, const struct air_advertisement *a);

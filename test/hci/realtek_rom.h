/* SPDX-License-Identifier: MIT */
/*
 * A chip of Realtek in its ROM, between a host and a working controller: it answers the commands of
 * the download itself, checks the number, the length and every octet of each fragment against what
 * it expects, and lets no advertising report through until it runs the firmware. After a wrong
 * fragment it refuses all others until Reset.
 *
 * As Linux drivers/bluetooth/btrtl.c (6.1 and later) speaks to the chips: the kernel's own driver
 * loads the files of the tests into it, see test/vm/usb.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct realtek_rom {
	/* To be set. */
	const uint8_t *expected; /* patch and config */
	size_t expected_len;
	uint8_t rom_version, key;
	const uint8_t *version;	 /* 8 octets of Read Local Version Information in the ROM... */
	const uint8_t *firmware; /* ...and with firmware */
	bool forgets;		 /* it does not run what it got */

	/* To be looked at. */
	bool runs; /* the firmware */
	size_t taken, fragments;
	size_t refused;

	uint8_t next; /* the number of the next fragment */
	bool spoilt;
};

/* The longest answer. */
#define REALTEK_ROM_ANSWER 10

/*
 * A command of the host, H4. True: it was for the ROM; answered: the length of its answer (H4), 0:
 * it gives none. False: the controller answers it.
 */
bool realtek_rom_command(struct realtek_rom *rom, const uint8_t *packet, size_t len,
			 uint8_t answer[REALTEK_ROM_ANSWER], size_t *answered);

/* A packet of the controller, H4; may change it. False: the host does not get it. */
bool realtek_rom_event(const struct realtek_rom *rom, uint8_t *packet, size_t len);

/* SPDX-License-Identifier: MIT */
#include "hci/realtek_rom.h"

#include <string.h>

#define INVALID 0x12 /* Invalid HCI Command Parameters */

static size_t complete(uint8_t *answer, const uint8_t *command, const uint8_t *returned, size_t len)
{
	const uint8_t head[] = {4, 0x0e, (uint8_t)(3 + len), 1, command[1], command[2]};

	memcpy(answer, head, sizeof(head));
	memcpy(answer + sizeof(head), returned, len);
	return sizeof(head) + len;
}

/* A status. p: the number, then the octets. */
static uint8_t take_fragment(struct realtek_rom *rom, const uint8_t *p, size_t len)
{
	bool last = p[0] & 0x80;
	size_t octets = len - 1;

	if (rom->spoilt || rom->runs || (p[0] & 0x7f) != rom->next)
		return INVALID;
	/* Only the last fragment is shorter, and it ends where the firmware does. */
	if (octets > rom->expected_len - rom->taken ||
	    (last ? octets >= 252 || rom->taken + octets != rom->expected_len : octets != 252) ||
	    memcmp(p + 1, rom->expected + rom->taken, octets) != 0)
		return INVALID;
	rom->taken += octets;
	rom->fragments++;
	rom->next = rom->next == 0x7f ? 1 : (uint8_t)(rom->next + 1);
	rom->runs = last && !rom->forgets;
	return 0;
}

static void begin_anew(struct realtek_rom *rom)
{
	rom->runs = rom->spoilt = false;
	rom->taken = rom->fragments = 0;
	rom->next = 0;
}

bool realtek_rom_command(struct realtek_rom *rom, const uint8_t *packet, size_t len,
			 uint8_t answer[REALTEK_ROM_ANSWER], size_t *answered)
{
	/* The LMP subversion, which newer kernels read first; the HCI revision; the key, and where
	 * older kernels look for it. */
	static const struct {
		uint8_t address[5];
	} registers[] = {{{0x10, 0x38, 0x04, 0x28, 0x80}},
			 {{0x10, 0x3a, 0x04, 0x28, 0x80}},
			 {{0x10, 0xa4, 0xad, 0x00, 0xb0}},
			 {{0x10, 0xa4, 0x0d, 0x00, 0xb0}}};
	const uint8_t *version = rom->runs ? rom->firmware : rom->version;
	const uint8_t values[][2] = {
		{version[6], version[7]}, {version[1], version[2]}, {rom->key, 0}, {rom->key, 0}};
	/* Older kernels send the command to drop the firmware without its length. */
	unsigned opcode = len >= 3 ? packet[1] + 256U * packet[2] : 0;
	uint8_t returned[3] = {INVALID, 0, 0};

	switch (opcode) {
	case 0x0c03: /* Reset */
		if (!rom->runs)
			begin_anew(rom);
		return false;
	case 0xfc66: /* drop the firmware: the kernel does it when it binds a loaded chip */
		begin_anew(rom);
		*answered = 0;
		return true;
	case 0xfc6d:
		returned[0] = 0;
		returned[1] = rom->rom_version;
		*answered = complete(answer, packet, returned, 2);
		return true;
	case 0xfc61:
		for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
			if (len != 9 || memcmp(packet + 4, registers[i].address, 5) != 0)
				continue;
			returned[0] = 0;
			memcpy(returned + 1, values[i], 2);
		}
		*answered = complete(answer, packet, returned, 3);
		return true;
	case 0xfc20:
		returned[0] = len > 4 ? take_fragment(rom, packet + 4, len - 4) : INVALID;
		returned[1] = len > 4 ? packet[4] : 0;
		rom->spoilt |= returned[0] != 0;
		rom->refused += returned[0] != 0;
		*answered = complete(answer, packet, returned, 2);
		return true;
	default:
		return false;
	}
}

bool realtek_rom_event(const struct realtek_rom *rom, uint8_t *packet, size_t len)
{
	/* Command Complete of Read Local Version Information, without an error. */
	if (len == 15 && packet[0] == 4 && packet[1] == 0x0e &&
	    memcmp(packet + 4, "\x01\x10\0", 3) == 0)
		memcpy(packet + 7, rom->runs ? rom->firmware : rom->version, 8);
	/* LE Advertising Report, also the extended and the directed one. */
	const bool report = len > 3 && packet[0] == 4 && packet[1] == 0x3e &&
			    (packet[3] == 0x02 || packet[3] == 0x0b || packet[3] == 0x0d);
	return rom->runs || !report;
}

/* SPDX-License-Identifier: MIT */
/* The commands of the Security Manager: codes and exact lengths, Core Vol 3 Part H 3.3 to 3.6. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum smp_code {
	SMP_PAIRING_REQUEST = 0x01,
	SMP_PAIRING_RESPONSE = 0x02,
	SMP_PAIRING_CONFIRM = 0x03,
	SMP_PAIRING_RANDOM = 0x04,
	SMP_PAIRING_FAILED = 0x05,
	SMP_ENCRYPTION_INFORMATION = 0x06,
	SMP_CENTRAL_IDENTIFICATION = 0x07,
	SMP_IDENTITY_INFORMATION = 0x08,
	SMP_IDENTITY_ADDRESS_INFORMATION = 0x09,
	SMP_SIGNING_INFORMATION = 0x0a,
	SMP_SECURITY_REQUEST = 0x0b,
	SMP_PAIRING_PUBLIC_KEY = 0x0c,
	SMP_PAIRING_DHKEY_CHECK = 0x0d,
	SMP_KEYPRESS_NOTIFICATION = 0x0e,
};

struct smp_pdu_format {
	const char *name;
	size_t length;		  /* the only valid one, in octets, code included */
	const char *out_of_turn;  /* the text for a peer that sends it out of turn, a clause */
	const char *wrong_length; /* the text for a peer that sends another length, a clause */
};

/* The format of a code, static; NULL for a code that the specification does not define. */
const struct smp_pdu_format *smp_pdu_format(uint8_t code);

/* The name of a code, static; "unknown command" for an undefined one. Never NULL. */
const char *smp_pdu_name(uint8_t code);

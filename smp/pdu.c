/* SPDX-License-Identifier: MIT */
#include "smp/pdu.h"

#define PDU(title, octets)                                                                       \
	{                                                                                        \
		.name = title, .length = octets,                                                 \
		.out_of_turn = "the peer sent " title " out of turn, or without agreeing on it", \
		.wrong_length = "the peer's " title " has a wrong length",                       \
	}

static const struct smp_pdu_format formats[] = {
	[SMP_PAIRING_REQUEST] = PDU("Pairing Request", 7),
	[SMP_PAIRING_RESPONSE] = PDU("Pairing Response", 7),
	[SMP_PAIRING_CONFIRM] = PDU("Pairing Confirm", 17),
	[SMP_PAIRING_RANDOM] = PDU("Pairing Random", 17),
	[SMP_PAIRING_FAILED] = PDU("Pairing Failed", 2),
	[SMP_ENCRYPTION_INFORMATION] = PDU("Encryption Information", 17),
	[SMP_CENTRAL_IDENTIFICATION] = PDU("Central Identification", 11),
	[SMP_IDENTITY_INFORMATION] = PDU("Identity Information", 17),
	[SMP_IDENTITY_ADDRESS_INFORMATION] = PDU("Identity Address Information", 8),
	[SMP_SIGNING_INFORMATION] = PDU("Signing Information", 17),
	[SMP_SECURITY_REQUEST] = PDU("Security Request", 2),
	[SMP_PAIRING_PUBLIC_KEY] = PDU("Pairing Public Key", 65),
	[SMP_PAIRING_DHKEY_CHECK] = PDU("Pairing DHKey Check", 17),
	[SMP_KEYPRESS_NOTIFICATION] = PDU("Keypress Notification", 2),
};

const struct smp_pdu_format *smp_pdu_format(uint8_t code)
{
	if (code >= sizeof(formats) / sizeof(formats[0]) || !formats[code].name)
		return NULL;
	return &formats[code];
}

const char *smp_pdu_name(uint8_t code)
{
	const struct smp_pdu_format *format = smp_pdu_format(code);
	return format ? format->name : "unknown command";
}

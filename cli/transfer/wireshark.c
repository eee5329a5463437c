/* SPDX-License-Identifier: MIT */
#include "transfer/wireshark.h"

#include "base/address.h"
#include "base/hex.h"
#include "crypto/bytes.h"

bool wireshark_write_header(FILE *file)
{
	(void)fputs("# Keys to decrypt captures of Bluetooth LE: name and value as the toolbar of "
		    "nRF Sniffer in\n# Wireshark asks for them. The most significant octet is "
		    "first.\n",
		    file);
	return !ferror(file);
}

static void write_key(FILE *file, const char *name, const uint8_t key[16], const char *owner)
{
	char text[33];

	(void)fprintf(file, "%-10s 0x%s  %s\n", name, hex_format(key, 16, text), owner);
	bytes_wipe(text, sizeof(text));
}

bool wireshark_write(FILE *file, const struct bond_record *r)
{
	const struct smp_bond *b = &r->bond;
	char peer[ADDRESS_TEXT], local[ADDRESS_TEXT];

	(void)fprintf(file, "\n# %s (%s) with %s (%s), %s\n",
		      address_format(bond_identity(r), peer), address_kind(bond_identity(r)),
		      address_format(&r->local, local), address_kind(&r->local), r->made);
	if (b->secure_connections && b->peer.has_ltk) {
		write_key(file, "SC LTK", b->peer.ltk, "of both");
	} else {
		/* The link uses the key of the peripheral, which may be either device. */
		if (b->peer.has_ltk)
			write_key(file, "Legacy LTK", b->peer.ltk, "the peer as peripheral");
		if (b->local.has_ltk)
			write_key(file, "Legacy LTK", b->local.ltk, "we as peripheral");
	}
	if (b->peer.has_irk)
		write_key(file, "IRK", b->peer.irk, "of the peer");
	if (b->local.has_irk)
		write_key(file, "IRK", b->local.irk, "ours");
	return !ferror(file);
}

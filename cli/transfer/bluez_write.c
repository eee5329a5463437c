/* SPDX-License-Identifier: MIT */
#include "transfer/bluez.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "crypto/bytes.h"

static void add(struct bluez_bond *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct bluez_bond *b, const char *format, ...)
{
	size_t used = strlen(b->info);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(b->info + used, sizeof(b->info) - used, format, arguments);
	va_end(arguments);
}

static void add_key(struct bluez_bond *b, const char *group, const uint8_t key[16])
{
	add(b, "\n[%s]\nKey=", group);
	for (int i = 0; i < 16; i++)
		add(b, "%02X", key[i]);
	add(b, "\n");
}

/*
 * "Authenticated" is the kernel's type of the key: 0 and 1 legacy, 2 and 3 Secure Connections, the
 * odd ones authenticated.
 */
static void add_ltk(struct bluez_bond *b, const char *group, const struct smp_bond *bond,
		    const struct smp_keys *keys)
{
	if (!keys->has_ltk)
		return;
	add_key(b, group, keys->ltk);
	add(b, "Authenticated=%d\nEncSize=%u\nEDiv=%u\nRand=%" PRIu64 "\n",
	    2 * bond->secure_connections + bond->authenticated, bond->key_size, keys->ediv,
	    bytes_get_le64(keys->rand));
}

static void add_csrk(struct bluez_bond *b, const char *group, const struct smp_bond *bond,
		     const struct smp_keys *keys)
{
	if (!keys->has_csrk)
		return;
	add_key(b, group, keys->csrk);
	add(b, "Counter=0\nAuthenticated=%s\n", bond->authenticated ? "true" : "false");
}

int bluez_bond(const struct bond_record *r, struct bluez_bond *b, struct failure *failure)
{
	const struct smp_bond *bond = &r->bond;
	const struct crypto_address *peer =
		bond->peer.has_identity ? &bond->peer.identity : &r->peer;
	const struct crypto_address *local =
		bond->local.has_identity ? &bond->local.identity : &r->local;

	memset(b, 0, sizeof(*b));
	if (peer->type != ADDRESS_PUBLIC && !address_is_static(peer))
		return failure_set(failure, CLI_USAGE,
				   "the peer gave no identity address, by which BlueZ keeps bonds");
	if (local->type != ADDRESS_PUBLIC && !address_is_static(local))
		return failure_set(failure, CLI_USAGE,
				   "we gave no identity address, by which BlueZ keeps bonds");
	address_format(local, b->controller);
	address_format(peer, b->device);

	add(b,
	    "[General]\nAddressType=%s\nSupportedTechnologies=LE;\nTrusted=false\nBlocked=false\n",
	    peer->type == ADDRESS_PUBLIC ? "public" : "static");
	/* A central uses the key that the peer distributed, a peripheral ours; SC has one key. */
	add_ltk(b, "LongTermKey", bond, &bond->peer);
	if (!bond->secure_connections) {
		add_ltk(b, "PeripheralLongTermKey", bond, &bond->local);
		add_ltk(b, "SlaveLongTermKey", bond, &bond->local); /* before 5.66 */
	}
	if (bond->peer.has_irk)
		add_key(b, "IdentityResolvingKey", bond->peer.irk);
	add_csrk(b, "LocalSignatureKey", bond, &bond->local);
	add_csrk(b, "RemoteSignatureKey", bond, &bond->peer);

	if (bond->local.has_irk || local->type != ADDRESS_PUBLIC) {
		size_t used = (size_t)snprintf(
			b->identity, sizeof(b->identity), "[General]\n%s%s",
			local->type != ADDRESS_PUBLIC ? "AddressType=static\n" : "",
			bond->local.has_irk ? "IdentityResolvingKey=" : "");
		for (size_t i = 0; i < 16 && bond->local.has_irk; i++)
			used += (size_t)snprintf(b->identity + used, sizeof(b->identity) - used,
						 "%02x%s", bond->local.irk[i], i < 15 ? "" : "\n");
	}
	return 0;
}

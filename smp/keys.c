/* SPDX-License-Identifier: MIT */
/*
 * Key distribution: which PDU carries which key, in the order of Core Vol 3 Part H 2.4.3 and 3.6.1.
 * Exactly the keys that both sides agreed on are sent and accepted.
 */
#include <string.h>

#include "crypto/bytes.h"
#include "smp/keys.h"
#include "smp/step.h"
#include "smp/table.h"

typedef int fill(struct smp *smp, struct smp_keys *own, uint8_t *parameters);

static int random_key(struct smp *smp, uint8_t *key, size_t len)
{
	return smp->config.random(smp->config.random_ctx, key, len) ? smp_internal_failure(smp) : 0;
}

/* "The LTK shall be shortened to the negotiated size before it is distributed", 2.4.3. */
static int fill_encryption_information(struct smp *smp, struct smp_keys *own, uint8_t *parameters)
{
	int reason = random_key(smp, own->ltk, sizeof(own->ltk));

	if (reason)
		return reason;
	crypto_shorten(own->ltk, smp->features.key_size);
	memcpy(parameters, own->ltk, 16);
	return 0;
}

static int fill_central_identification(struct smp *smp, struct smp_keys *own, uint8_t *parameters)
{
	uint8_t ediv[2];
	int reason = random_key(smp, ediv, sizeof(ediv));

	if (!reason)
		reason = random_key(smp, own->rand, sizeof(own->rand));
	if (reason)
		return reason;
	own->ediv = bytes_get_le16(ediv);
	own->has_ltk = true;
	memcpy(parameters, ediv, 2);
	memcpy(parameters + 2, own->rand, 8);
	return 0;
}

static int fill_identity_information(struct smp *smp, struct smp_keys *own, uint8_t *parameters)
{
	memcpy(own->irk, smp->config.irk, 16);
	own->has_irk = true;
	memcpy(parameters, own->irk, 16);
	return 0;
}

static int fill_identity_address(struct smp *smp, struct smp_keys *own, uint8_t *parameters)
{
	own->identity = smp->config.identity;
	own->has_identity = true;
	parameters[0] = own->identity.type;
	memcpy(parameters + 1, own->identity.octets, 6);
	return 0;
}

static int fill_signing_information(struct smp *smp, struct smp_keys *own, uint8_t *parameters)
{
	int reason = random_key(smp, own->csrk, sizeof(own->csrk));

	if (reason)
		return reason;
	own->has_csrk = true;
	memcpy(parameters, own->csrk, 16);
	return 0;
}

/* Bit n of keys_due is row n. */
static const struct {
	uint8_t dist; /* SMP_DIST_* that requests it */
	uint8_t code;
	bool legacy_only; /* the LTK of Secure Connections is computed, never sent: 2.4.1 */
	fill *fill;
} order[] = {
	{SMP_DIST_ENC, SMP_ENCRYPTION_INFORMATION, true, fill_encryption_information},
	{SMP_DIST_ENC, SMP_CENTRAL_IDENTIFICATION, true, fill_central_identification},
	{SMP_DIST_ID, SMP_IDENTITY_INFORMATION, false, fill_identity_information},
	{SMP_DIST_ID, SMP_IDENTITY_ADDRESS_INFORMATION, false, fill_identity_address},
	{SMP_DIST_SIGN, SMP_SIGNING_INFORMATION, false, fill_signing_information},
};

#define ORDER_COUNT (sizeof(order) / sizeof(order[0]))

uint8_t smp_keys_in_force(const struct smp *smp, uint8_t dist)
{
	uint8_t pdus = 0;

	for (size_t i = 0; i < ORDER_COUNT; i++)
		if ((order[i].dist & dist) &&
		    !(order[i].legacy_only && smp->features.secure_connections))
			pdus |= (uint8_t)(1U << i);
	return pdus;
}

static uint8_t lowest(uint8_t bits)
{
	return (uint8_t)(bits & -bits);
}

bool smp_key_is_next(const struct smp *smp, uint8_t code)
{
	for (size_t i = 0; i < ORDER_COUNT; i++)
		if (order[i].code == code)
			return lowest(smp->keys_due) == 1U << i;
	return false;
}

void smp_key_received(struct smp *smp)
{
	smp->keys_due &= (uint8_t)~lowest(smp->keys_due);
	if (!smp->keys_due)
		smp->raised = SMP_ON_PEER_KEYS_COMPLETE;
}

int smp_send_own_keys(struct smp *smp)
{
	uint8_t pdus = smp_keys_in_force(smp, smp_is_initiator(smp) ? smp->features.init_keys
								    : smp->features.resp_keys);

	for (size_t i = 0; i < ORDER_COUNT; i++) {
		if (!(pdus & 1U << i))
			continue;
		int reason = order[i].fill(smp, &smp->bond.local, smp_send(smp, order[i].code));
		if (reason)
			return reason;
	}
	return 0;
}

bool smp_bond_has_key(const struct smp_bond *bond)
{
	return bond->local.has_ltk || bond->peer.has_ltk;
}

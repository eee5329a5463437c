/* SPDX-License-Identifier: MIT */
/* Encryption, and phase 3, the distribution of keys: Core Vol 3 Part H 2.4.4, 3.6. */
#include <string.h>

#include "crypto/bytes.h"
#include "smp/keys.h"
#include "smp/method.h"
#include "smp/step.h"
#include "smp/table.h"
#include "smp/verbs.h"

int smp_do_start_encryption(struct smp *smp)
{
	memcpy(smp_act(smp, SMP_ACT_ENCRYPT)->ltk, smp->secret.ltk, 16);
	return 0;
}

int smp_do_deny_ltk(struct smp *smp)
{
	smp_act(smp, SMP_ACT_LTK_NEGATIVE);
	return 0;
}

int smp_do_give_ltk(struct smp *smp)
{
	memcpy(smp_act(smp, SMP_ACT_LTK_REPLY)->ltk, smp->secret.ltk, 16);
	return 0;
}

int smp_do_send_keys(struct smp *smp)
{
	return smp_send_own_keys(smp);
}

int smp_do_expect_keys(struct smp *smp)
{
	smp->keys_due = smp_keys_in_force(smp, smp_is_initiator(smp) ? smp->features.resp_keys
								     : smp->features.init_keys);
	if (!smp->keys_due)
		smp->raised = SMP_ON_PEER_KEYS_COMPLETE;
	return 0;
}

/* The key is one octet repeated, such as zero, or 0xff from an erased flash. */
static bool one_octet(const uint8_t *key, size_t len)
{
	return bytes_equal(key, key + 1, len - 1);
}

int smp_do_keep_ltk(struct smp *smp)
{
	memcpy(smp->bond.peer.ltk, smp_rx(smp), 16);
	smp_key_received(smp);
	return 0;
}

int smp_do_keep_ediv(struct smp *smp)
{
	struct smp_keys *keys = &smp->bond.peer;

	keys->ediv = bytes_get_le16(smp_rx(smp));
	memcpy(keys->rand, smp_rx(smp) + 2, 8);
	keys->has_ltk = true;
	/* Some peers do not shorten the key that they send; the link uses the shortened one. */
	crypto_shorten(keys->ltk, smp->features.key_size);
	/* CVE-2019-19194 and others: a key that was never set. */
	if (one_octet(keys->ltk, smp->features.key_size))
		return smp_refuse(smp, SMP_WHY_GUESSABLE_LTK);
	smp_key_received(smp);
	return 0;
}

int smp_do_keep_irk(struct smp *smp)
{
	memcpy(smp->bond.peer.irk, smp_rx(smp), 16);
	/* All zero means "no privacy" (Core Vol 3 Part C 10.7); all 0xff identifies nobody. */
	smp->bond.peer.has_irk = !one_octet(smp->bond.peer.irk, 16);
	smp->bond.peer_irk = smp_judge_irk(smp->bond.peer.irk);
	smp_key_received(smp);
	return 0;
}

static bool is_identity(const struct crypto_address *address)
{
	/* Public, or static random: the two top bits set (Core Vol 6 Part B 1.3.2.1). */
	return address->type == 0 || (address->type == 1 && address->octets[5] >> 6 == 3);
}

/*
 * 3.6.5: the identity is a public or a static random address. A peer that connects with one
 * identity and distributes another could claim the identity of a different device: its identity
 * and IRK are left out, with a note (a common mouse does this).
 */
int smp_do_keep_identity(struct smp *smp)
{
	struct smp_keys *keys = &smp->bond.peer;
	const struct crypto_address *on_air = &smp->config.peer;
	const uint8_t *p = smp_rx(smp);

	keys->identity.type = p[0];
	memcpy(keys->identity.octets, p + 1, 6);
	keys->has_identity = true;
	if (p[0] == 0 && bytes_all_zero(p + 1, 6)) {
		/* No identity address: the IRK alone identifies the peer. */
		keys->identity = *on_air;
	} else if (!is_identity(&keys->identity)) {
		return smp_refuse(smp, SMP_WHY_INVALID_IDENTITY);
	} else if (is_identity(on_air) && !crypto_address_equal(&keys->identity, on_air)) {
		keys->identity = *on_air;
		keys->has_irk = false;
		bytes_wipe(keys->irk, 16);
		smp_note(smp, "the peer's identity address differs from the address of the "
			      "connection: its identity was left out of the bond");
	}
	smp_key_received(smp);
	return 0;
}

int smp_do_keep_csrk(struct smp *smp)
{
	memcpy(smp->bond.peer.csrk, smp_rx(smp), 16);
	if (one_octet(smp->bond.peer.csrk, 16))
		return smp_refuse(smp, SMP_WHY_GUESSABLE_CSRK);
	smp->bond.peer.has_csrk = true;
	smp_key_received(smp);
	return 0;
}

int smp_do_stop_timer(struct smp *smp)
{
	if (smp->timer_running)
		smp_act(smp, SMP_ACT_TIMER_STOP);
	smp->timer_running = false;
	return 0;
}

int smp_do_finish(struct smp *smp)
{
	const struct smp_features *f = &smp->features;
	struct smp_bond *bond = &smp->bond;

	bond->secure_connections = f->secure_connections;
	bond->authenticated = smp_chose_authentication(smp) && !smp->debug_key;
	bond->key_size = f->key_size;
	bond->method = f->method;
	if (f->secure_connections) {
		memcpy(bond->local.ltk, smp->secret.ltk, 16);
		memcpy(bond->peer.ltk, smp->secret.ltk, 16);
		bond->local.has_ltk = bond->peer.has_ltk = true;
		/* From the LTK before it was shortened: SM/CEN/SCCT/BV-07-C. */
		if (f->init_keys & f->resp_keys & SMP_DIST_LINK) {
			bool ct2 = (f->request.auth_req & f->response.auth_req & SMP_AUTH_CT2) != 0;
			if (crypto_ltk_to_link_key(smp->secret.full_ltk, ct2, bond->link_key))
				return smp_internal_failure(smp);
			bond->has_link_key = true;
		}
	}
	bond->bonded = f->bonding && smp_bond_has_key(bond);
	if (f->bonding && !bond->bonded)
		smp_note(smp, "no LTK was exchanged, so there is no bond");
	smp_wipe_secrets(smp);
	smp_do_stop_timer(smp);
	smp_act(smp, SMP_ACT_PAIRED);
	return 0;
}

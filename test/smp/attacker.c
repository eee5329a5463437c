/* SPDX-License-Identifier: MIT */
#include "smp/attacker.h"

#include <string.h>

struct end us, peer;

void attack_prepare(int role)
{
	end_prepare(&us, (enum smp_role)role);
	end_prepare(&peer, role == CEN ? SMP_RESPONDER : SMP_INITIATOR);
}

void attack_features(uint8_t io, uint8_t auth_req)
{
	const uint8_t pdu[7] = {us.config.role == SMP_INITIATOR ? SMP_PAIRING_RESPONSE
								: SMP_PAIRING_REQUEST,
				io, 0, auth_req, 16};

	end_begin(&us);
	smp_prepare(&us.smp);
	if (us.config.role == SMP_INITIATOR)
		end_start(&us);
	end_pdu(&us, pdu, sizeof(pdu));
}

void attack_send(uint8_t code, const void *parameters)
{
	uint8_t pdu[65] = {code};

	memcpy(pdu + 1, parameters, smp_pdu_format(code)->length - 1);
	end_pdu(&us, pdu, smp_pdu_format(code)->length);
}

void attack_send_key(const uint8_t x[32], const uint8_t y[32])
{
	uint8_t key[64];

	memcpy(key, x, 32);
	memcpy(key + 32, y, 32);
	attack_send(SMP_PAIRING_PUBLIC_KEY, key);
}

void attack_pair(void)
{
	static const struct run run = {.passkey_when_both_type = 123456};
	bool central = us.config.role == SMP_INITIATOR;

	end_begin(&us);
	end_begin(&peer);
	run_pairing(central ? &us : &peer, central ? &peer : &us, &run);
}

void attack_prove_as_responder(void)
{
	attack_prepare(PER);
	us.config.sc = peer.config.sc = SMP_SC_OFF;
	end_begin(&us);
	end_begin(&peer);
	end_start(&peer);
	for (size_t n = 0; n < 3; n++) {
		end_pdu(&us, peer.sent[n].data, peer.sent[n].len);
		end_pdu(&peer, us.sent[n].data, us.sent[n].len);
	}
	assert_int_equal(us.smp.state, SMP_STATE_KEY_WANTED);
}

int attack_start(void **state)
{
	(void)state;
	return crypto_init();
}

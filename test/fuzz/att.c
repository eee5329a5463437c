/* SPDX-License-Identifier: MIT */
/* The ATT client: operations, and answers of a peer that sends anything. */
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "l2cap/att_client.h"

/* A value of 512 octets takes at most so many requests, with the exchange of the MTU. */
#define MOST_REQUESTS 26

static void begin(struct att_client *c, struct fuzz_input *in)
{
	struct att_uuid uuid = {fuzz_u8(in) & 1 ? 2 : 16, {0}};
	uint8_t what = fuzz_u8(in) & 3;
	uint8_t value[ATT_CLIENT_MTU - 3] = {0};

	fuzz_take(in, uuid.octets, uuid.len);
	if (what == 0)
		att_client_find_service(c, &uuid);
	else if (what == 1)
		att_client_read(c, c->in.first ? c->in : ATT_ALL_HANDLES, &uuid);
	else if (what == 2)
		att_client_write(c, fuzz_u16(in), value, fuzz_u8(in) % sizeof(value));
	else
		att_client_prove(c);
}

static void look(const struct att_client *c, const struct att_client_result *r)
{
	insist(c->state < ATT_CLIENT_STATES);
	insist(c->value_len <= ATT_VALUE_MAX);
	insist(c->mtu >= ATT_MTU && c->mtu <= ATT_CLIENT_MTU);
	insist(c->in.first <= c->in.last);
	insist((r->kind == ATT_CLIENT_SEND) ==
	       (r->kind != ATT_CLIENT_UNASKED && att_client_busy(c)));
	insist((r->note != NULL) == (r->kind == ATT_CLIENT_MALFORMED));
	if (r->kind == ATT_CLIENT_SEND)
		insist(c->request_len >= 3 && c->request_len <= c->mtu);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	struct att_client c;
	unsigned sent = 0;

	att_client_init(&c);
	while (in.len && c.state != ATT_CLIENT_BROKEN) {
		if (!att_client_busy(&c)) {
			begin(&c, &in);
			sent = att_client_busy(&c);
		}
		size_t size = fuzz_u16(&in) % 600;
		uint8_t *pdu = fuzz_alloc(&in, size);
		if (fuzz_u8(&in) == 1)
			att_client_peer_exchanged(&c, fuzz_u16(&in));
		const struct att_client_result r = att_client_receive(&c, pdu, size);
		free(pdu);
		look(&c, &r);
		sent += r.kind == ATT_CLIENT_SEND;
		insist(sent <= MOST_REQUESTS);
		insist(*att_client_request_name(&c));
	}
	return 0;
}

#define SEED(text) seed(text, sizeof(text) - 1)

void fuzz_seeds(fuzz_seed *seed)
{
	/* UUID of 2 octets, operation, UUID; then length of the answer, answer, exchange or not. */
	SEED("\1\0\x0a\x18\5\0\7\1\0\5\0\0\1\1\x25\x2a\5\0\x09\3\2\0x\0");
	SEED("\1\1\x25\x2a\x17\0\x09\x15\3\0abcdefghijklmnopqrs\0\3\0\x0dxy\0");
	SEED("\1\1\x25\x2a\x17\0\x09\x15\3\0abcdefghijklmnopqrs\0\x17\0\x0d"
	     "abcdefghijklmnopqrstuv\0\3\0\3\xff\0\0\3\0\x0dxy\0");
	SEED("\1\1\x25\x2a\5\0\1\x08\3\0\5\0");
	SEED("\1\2\x25\x2a\3\0\x14\1\0\x13\0");
	SEED("\1\2\x25\x2a\3\0\x80\3\0\3\x80\0\0\1\0\x13\0");
	SEED("\1\3\x25\x2a\5\0\1\4\1\0\x0a\0");
	SEED("\0\1abcdefghijklmnop\5\0\x1b\3\0ab\1\x40\0\5\0\x09\3\2\0x\0");
}

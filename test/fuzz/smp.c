/* SPDX-License-Identifier: MIT */
/*
 * A pairing of two engines. The input chooses method, roles and keys, and the number of honest
 * steps; after them it changes every PDU, the users, the link and the clock. smp/harness.c and
 * smp/spy.c assert the invariants of every step; here, an end that received changed values must use
 * no key.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "smp/harness.h"
#include "smp/spy.h"

static struct fuzz_input in;
static struct end i, r;
static unsigned honest; /* steps before the first change */
static unsigned injected;
static bool changed[2]; /* by role: a value was changed that it must detect */

static bool is_proof(uint8_t code)
{
	return code == SMP_PAIRING_CONFIRM || code == SMP_PAIRING_RANDOM ||
	       code == SMP_PAIRING_PUBLIC_KEY || code == SMP_PAIRING_DHKEY_CHECK;
}

/* Changes a PDU: one octet, all octets, its length or its code; or drops it. */
static void change_pdu(void *ctx, struct end *to, uint8_t *pdu, size_t *len)
{
	uint8_t code = pdu[0], before[65];

	(void)ctx;
	if (honest)
		return;
	memcpy(before, pdu, *len);
	size_t was = *len;
	switch (fuzz_u8(&in) % 16) {
	case 0:
		pdu[fuzz_u8(&in) % *len] ^= fuzz_u8(&in);
		break;
	case 1:
		fuzz_take(&in, pdu + 1, *len - 1);
		break;
	case 2:
		*len = fuzz_u8(&in) % 66;
		break;
	case 3:
		pdu[0] = fuzz_u8(&in);
		break;
	case 4:
		*len = 0;
		return;
	default:
		return;
	}
	/* Empty, or with an unknown code, it is ignored and may be sent again. */
	if (!*len || !smp_pdu_format(pdu[0]))
		return;
	/* When the key is in use, the genuine value has arrived as well. */
	if (to->encrypts || to->replies)
		return;
	if (is_proof(code) && (*len != was || memcmp(before, pdu, was) != 0))
		changed[to->config.role] = true;
}

/* Before each event: an action of the user, the link, the clock, or an attacker. */
static void inject_event(void *ctx, struct end *initiator, struct end *responder)
{
	uint8_t op, code, pdu[66] = {0};

	(void)ctx;
	(void)initiator;
	(void)responder;
	if (honest) {
		honest--;
		return;
	}
	if (!in.len || injected++ > 60)
		return;
	op = fuzz_u8(&in);
	struct end *to = op & 0x80 ? &i : &r, *from = to == &i ? &r : &i;
	if (to->sent_count > COUNT(to->sent) - 4)
		return;
	struct smp_event event = {.kind = SMP_EV_START};
	switch (op & 0x1f) {
	case 0:
		break;
	case 1:
		event = (struct smp_event){.kind = SMP_EV_PASSKEY, .passkey = fuzz_u16(&in)};
		break;
	case 2:
		event = (struct smp_event){.kind = SMP_EV_CONFIRM, .yes = fuzz_u8(&in) & 1};
		break;
	case 3:
		event = (struct smp_event){.kind = SMP_EV_CANCEL};
		break;
	case 4:
		event = (struct smp_event){.kind = SMP_EV_KEYPRESS, .keypress = fuzz_u8(&in)};
		break;
	case 5:
		event = (struct smp_event){.kind = SMP_EV_ENCRYPTED, .status = fuzz_u8(&in)};
		break;
	case 6:
		event = (struct smp_event){.kind = SMP_EV_LTK_REQUEST,
					   .ltk_request = {.ediv = fuzz_u8(&in)}};
		break;
	case 7:
		event = (struct smp_event){.kind = SMP_EV_TIMEOUT};
		break;
	case 8:
		event = (struct smp_event){.kind = SMP_EV_DISCONNECTED, .status = 0x13};
		break;
	case 9:
		smp_prepare(&to->smp);
		return;
	case 10:   /* a PDU of the right length */
	case 11:   /* of any length */
	case 12:   /* its own PDU, reflected */
	case 13: { /* an earlier PDU of the other end, replayed */
		const struct smp_pdu_format *format;
		code = fuzz_u8(&in);
		format = smp_pdu_format(code);
		event = (struct smp_event){.kind = SMP_EV_PDU,
					   .pdu = {pdu, format ? format->length : 3}};
		if ((op & 0x1f) == 11)
			event.pdu.len = fuzz_u8(&in) % sizeof(pdu);
		const struct end *of = (op & 0x1f) == 12 ? to : from;
		if ((op & 0x1f) >= 12) {
			if (!of->sent_count)
				return;
			size_t n = code % of->sent_count;
			memcpy(pdu, of->sent[n].data, of->sent[n].len);
			event.pdu.len = of->sent[n].len;
		} else {
			pdu[0] = code;
			fuzz_take(&in, pdu + 1, sizeof(pdu) - 1);
		}
		/* The session delays key PDUs that arrive before encryption. */
		if (smp_awaits_encryption(&to->smp) && pdu[0] != SMP_PAIRING_FAILED)
			return;
		break;
	}
	default:
		return;
	}
	end_event(to, event);
}

static void configure(struct end *end)
{
	uint8_t flags = fuzz_u8(&in), keys = fuzz_u8(&in), sizes = fuzz_u8(&in);

	end->config.io = flags % 5;
	end->config.mitm = (enum smp_mitm)(fuzz_u8(&in) % 3);
	end->config.sc = flags & 0x80 ? SMP_SC_OFF : flags & 0x40 ? SMP_SC_ONLY : SMP_SC_PREFER;
	end->config.keypress = flags & 0x20;
	end->config.bonding = !(flags & 0x10);
	end->config.init_keys = keys & 15;
	end->config.resp_keys = keys >> 4;
	end->config.min_key_size = (uint8_t)(7 + sizes % 10);
	end->config.max_key_size = (uint8_t)(16 - (sizes >> 4) % (17 - end->config.min_key_size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool started;
	struct run run = {.tamper = change_pdu, .before = inject_event};

	if (!started)
		insist(crypto_init() == 0);
	started = true;
	in = (struct fuzz_input){data, len};
	injected = 0;
	changed[0] = changed[1] = false;
	spy_reset();
	end_prepare(&i, SMP_INITIATOR);
	end_prepare(&r, SMP_RESPONDER);
	configure(&i);
	configure(&r);
	uint8_t oob = fuzz_u8(&in), how = fuzz_u8(&in);
	if (oob & 1)
		give_oob(&i, &r);
	if (oob & 2)
		give_oob(&r, &i);
	i.config.oob.has_tk = oob & 4 && i.config.sc != SMP_SC_ONLY;
	r.config.oob.has_tk = oob & 8 && r.config.sc != SMP_SC_ONLY;
	run.answer_late = how & 1;
	run.encrypted_late = how & 2;
	run.wrong_passkey = how & 4;
	honest = fuzz_u8(&in) % 128;
	end_begin(&i);
	end_begin(&r);
	run_pairing(&i, &r, &run);
	insist(!(changed[SMP_INITIATOR] && (i.encrypts || i.paired)));
	insist(!(changed[SMP_RESPONDER] && (r.replies || r.paired)));
	insist(i.sent_after_end + r.sent_after_end == 0);
	if (i.paired && r.paired && i.encrypts && r.replies)
		insist(memcmp(i.ltk, r.ltk, 16) == 0);
	return 0;
}

void fuzz_seeds(fuzz_seed *seed)
{
	/* Each end: flags, keys, sizes, protection; then out-of-band data, order, honest steps. */
	static const struct {
		uint8_t i, r, oob, how;
	} pairings[] = {
		{0x83, 0x83, 0, 0},			 /* legacy Just Works */
		{0x80, 0x82, 0, 0},			 /* legacy passkey, the initiator shows */
		{0x82, 0x80, 0, 1},			 /* ... the responder */
		{0x82, 0x82, 0, 0},			 /* ... neither */
		{0x83, 0x83, 12, 0},			 /* legacy out of band */
		{0x03, 0x03, 0, 0},			 /* Just Works */
		{0x01, 0x04, 0, 0},			 /* Numeric Comparison */
		{0x01, 0x01, 0, 1},  {0x24, 0x22, 0, 0}, /* passkey with Keypress Notifications */
		{0x22, 0x20, 0, 2},  {0x43, 0x43, 3, 0}, /* out of band */
		{0x43, 0x43, 1, 0},
	};

	for (size_t n = 0; n < COUNT(pairings); n++) {
		uint8_t octets[40] = {
			pairings[n].i,	 0xff, 0, 1, pairings[n].r, 0xff, 0, 1, pairings[n].oob,
			pairings[n].how, 0};
		/* No change; an early bit of a value; a late attacker. */
		octets[10] = 127;
		seed(octets, 11);
		octets[10] = 3;
		memcpy(octets + 11, "\x1f\0\5\1", 4);
		seed(octets, 15);
		octets[10] = (uint8_t)(4 + n);
		memcpy(octets + 11, "\x8a\4................", 18);
		seed(octets, 29);
	}
}

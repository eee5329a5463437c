/* SPDX-License-Identifier: MIT */
#include "track/management.h"

#include <string.h>

#include "analyse/management.h"
#include "crypto/bytes.h"

/* The ends, as the capture numbers them. */
enum { HOST = 0, PEER = 1 };

/* Octets of the code. */
enum { HEADER = 2 };

/* ---- The attempt that a message concerns ------------------------------------------------------
 */

static bool is_of(const struct explain_link *link, uint16_t source)
{
	return link->used && !link->attempt.air && link->attempt.source == source;
}

static bool has_address(const struct explain_attempt *a, const uint8_t address[6])
{
	const struct explain_party *peer = &a->party[PEER];

	return (peer->has_address && memcmp(peer->address.octets, address, 6) == 0) ||
	       (peer->is_reported && memcmp(peer->reported.octets, address, 6) == 0);
}

/* Resolvable private, Core Vol 6 Part B 1.3.2.2. type: 1 random. */
static bool is_resolvable(uint8_t type, const uint8_t address[6])
{
	return type == 1 && address[5] >> 6 == 1;
}

/*
 * True if it is the address of another device. The kernel may name the identity of a peer whose
 * address is resolvable, or the other way round.
 */
static bool is_other(const struct crypto_address *known, const uint8_t *address)
{
	return memcmp(known->octets, address, 6) != 0 &&
	       is_resolvable(known->type, known->octets) ==
		       is_resolvable(address[6] == MANAGEMENT_LE_RANDOM, address);
}

static bool contradicts(const struct explain_attempt *a, const uint8_t *address)
{
	const struct explain_party *peer = &a->party[PEER];

	return address &&
	       ((peer->has_address && is_other(&peer->address, address)) ||
		(!peer->has_address && peer->is_reported && is_other(&peer->reported, address)));
}

static bool is_pairing(const struct explain_attempt *a)
{
	return a->pairing && !mark_is_set(&a->failed) && !mark_is_set(&a->encrypted);
}

/* Of the links that a message may be about. */
struct choice {
	size_t live, pairing, over;
	struct explain_link *with_address, *any, *paired, *ended;
};

static void consider(struct choice *c, struct explain_link *link, const uint8_t *address)
{
	const struct explain_attempt *a = &link->attempt;

	if (contradicts(a, address))
		return;
	if (link->over) {
		c->over++;
		c->ended = link;
		return;
	}
	c->live++;
	c->any = link;
	if (is_pairing(a)) {
		c->pairing++;
		c->paired = link;
	}
	if (address && !c->with_address && has_address(a, address))
		c->with_address = link;
}

/* That with this address; else the only one; else the only one that pairs. NULL: none. */
static struct explain_link *choose(const struct choice *c)
{
	if (c->with_address)
		return c->with_address;
	if (c->live)
		return c->live == 1 ? c->any : c->pairing == 1 ? c->paired : NULL;
	return c->over == 1 ? c->ended : NULL;
}

static struct choice links_of(struct explain_links *t, uint16_t source, const uint8_t *address)
{
	struct choice c = {0};

	for (size_t i = 0; i < EXPLAIN_LINKS; i++)
		if (is_of(&t->links[i], source))
			consider(&c, &t->links[i], address);
	return c;
}

static bool is_question(uint16_t code)
{
	return code == MANAGEMENT_CONFIRM_REQUEST || code == MANAGEMENT_PASSKEY_REQUEST;
}

/* Questions to the user, and failures: a trace may have nothing else of the pairing. */
static bool is_of_pairing(uint16_t code)
{
	return is_question(code) || code == MANAGEMENT_CONFIRM_NOT ||
	       code == MANAGEMENT_PASSKEY_NOT || code == MANAGEMENT_AUTHENTICATION_FAILED;
}

/* ---- Facts ------------------------------------------------------------------------------------
 */

static void first(struct explain_mark *mark, const struct explain_packet *packet)
{
	if (!mark_is_set(mark))
		*mark = mark_of(packet);
}

/* Each program that listens receives the event, so the capture has it several times. */
static bool is_repeated(const struct explain_attempt *a, const struct explain_packet *packet,
			uint16_t code, const uint8_t *p, size_t kept)
{
	const struct explain_step *last = a->step_count ? &a->steps[a->step_count - 1] : NULL;

	return last && last->layer == EXPLAIN_LAYER_MANAGEMENT && last->code == code &&
	       last->at.time_us == packet->time_us && last->kept == kept &&
	       memcmp(last->data, p, kept) == 0;
}

/* Command Complete of Pair Device, with an error. */
static bool fails_to_pair(uint16_t code, const uint8_t *p)
{
	return code == MANAGEMENT_COMPLETE && bytes_get_le16(p) == MANAGEMENT_PAIR && p[2];
}

/* Where Command Complete has the peer of Pair Device. */
enum { ANSWER = 3, ANSWER_PEER = 7 };

static void take_fact(struct explain_attempt *a, const struct explain_packet *packet, uint16_t code,
		      const uint8_t *p, size_t len)
{
	struct explain_management *m = &a->management;

	switch (code) {
	case MANAGEMENT_CONFIRM_REQUEST:
	case MANAGEMENT_PASSKEY_REQUEST:
		if (!mark_is_set(&m->asked)) {
			m->asked_for = code;
			m->hint = code == MANAGEMENT_CONFIRM_REQUEST && p[7] == 1;
		}
		a->pairing = true;
		first(&m->asked, packet);
		break;
	case MANAGEMENT_CONFIRM:
	case MANAGEMENT_PASSKEY:
		first(&m->agreed, packet);
		break;
	case MANAGEMENT_CONFIRM_NOT:
	case MANAGEMENT_PASSKEY_NOT:
		first(&m->refused, packet);
		break;
	case MANAGEMENT_PAIR:
		first(&m->pair, packet);
		break;
	case MANAGEMENT_CANCEL_PAIR:
		first(&m->cancelled, packet);
		break;
	case MANAGEMENT_NEW_LTK:
		first(&m->new_key, packet);
		break;
	case MANAGEMENT_AUTHENTICATION_FAILED:
	case MANAGEMENT_CONNECT_FAILED:
		if (!mark_is_set(&m->failed))
			m->status = p[7];
		first(&m->failed, packet);
		break;
	case MANAGEMENT_COMPLETE:
		if (!fails_to_pair(code, p))
			break;
		m->not_paired_status = p[2];
		m->not_paired = mark_of(packet);
		break;
	case MANAGEMENT_DISCONNECTED:
		first(&m->disconnected, packet);
		m->disconnect_reason = len > 7 ? p[7] : 0;
		break;
	default:
		break;
	}
}

/* What holds for all pairings of the host. */
static void take_setting(struct explain_links *t, const struct explain_packet *packet,
			 uint16_t code, uint8_t value)
{
	struct explain_host *host = track_host_of(t, packet->source);

	if (!host)
		return;
	if (code == MANAGEMENT_SET_BONDABLE)
		host->not_bondable = value ? (struct explain_mark){0} : mark_of(packet);
	else if (code == MANAGEMENT_SET_IO_CAPABILITY)
		host->io_set = mark_of(packet);
}

/*
 * An address that is not the one on air is the peer's identity only if the message is about the
 * pairing that is under way: others may be about another device.
 */
static void take_address(struct explain_attempt *a, uint16_t code, const uint8_t *p)
{
	struct explain_party *peer = &a->party[PEER];
	const bool of_pairing = is_question(code) || code == MANAGEMENT_NEW_LTK ||
				code == MANAGEMENT_AUTHENTICATION_FAILED;

	if (peer->is_reported || (peer->has_address && (!a->pairing || !of_pairing ||
							memcmp(peer->address.octets, p, 6) == 0)))
		return;
	peer->is_reported = true;
	peer->reported.type = p[6] == MANAGEMENT_LE_RANDOM;
	memcpy(peer->reported.octets, p, 6);
}

/* Of any peer: the data may be of another address, or of the other transport. */
static void note_oob(struct explain_links *t, const struct explain_packet *packet, const uint8_t *p,
		     size_t len)
{
	struct explain_host *host = track_host_of(t, packet->source);

	if (!host)
		return;
	host->has_oob = true;
	host->oob_added = mark_of(packet);
	host->oob_le = p[6] == MANAGEMENT_LE_PUBLIC || p[6] == MANAGEMENT_LE_RANDOM;
	host->oob_zero = len > 7 && capture_knows(packet, HEADER + 7, len - 7) &&
			 bytes_all_zero(p + 7, len - 7);
}

/* Pair Device comes before the connection that it makes. */
static void note_wish(struct explain_links *t, const struct explain_packet *packet,
		      const uint8_t *address)
{
	struct explain_host *host = track_host_of(t, packet->source);

	if (!host)
		return;
	host->pair = mark_of(packet);
	memcpy(host->pair_address, address, 6);
}

/* Command Complete or Status of a command above, with an error. */
static bool is_refusal(const uint8_t *p)
{
	return p[2] != 0 && management_message(bytes_get_le16(p));
}

/* The keys that bluetoothd stores, when the controller is switched on. */
static bool is_refusal_of_keys(uint16_t code, const uint8_t *p)
{
	return (code == MANAGEMENT_COMPLETE || code == MANAGEMENT_STATUS) && p[2] != 0 &&
	       bytes_get_le16(p) == MANAGEMENT_LOAD_LTKS;
}

/* The message may be about the link that ended last. */
static bool ended_lately(const struct explain_host *host, const struct explain_packet *packet)
{
	return host && mark_is_set(&host->ended) &&
	       (packet->clock == EXPLAIN_CLOCK_NONE ||
		packet->time_us <= host->ended.time_us + EXPLAIN_WAITS_US);
}

/* Connect Failed is reported as such, too. */
static bool unmade(const uint8_t *p)
{
	enum { CONNECT_FAILED = 4 };

	return p[2] == CONNECT_FAILED;
}

void track_management(struct explain_links *t, const struct explain_packet *packet)
{
	const struct management_message *message;
	const uint8_t *p = packet->data + HEADER, *address = NULL;
	struct explain_host *host = track_host_of(t, packet->source);
	struct choice choice;
	struct explain_link *link;
	uint16_t code;
	size_t len;

	if (host)
		host->managed = true;

	if (packet->len < HEADER || !capture_knows(packet, 0, HEADER))
		return;
	code = bytes_get_le16(packet->data) & 0x7fff;
	if (packet->way != EXPLAIN_SENT)
		code |= EXPLAIN_MANAGEMENT_EVENT;
	message = management_message(code);
	len = packet->len - HEADER;
	if (!message || len < message->least || !capture_knows(packet, HEADER, message->least))
		return;
	if (code == MANAGEMENT_ADD_OOB)
		note_oob(t, packet, p, len);
	if (message->address == MANAGEMENT_NO_ADDRESS) {
		take_setting(t, packet, code, p[0]);
	} else {
		address = p + message->address;
	}
	if (fails_to_pair(code, p) && len >= ANSWER + ANSWER_PEER &&
	    capture_knows(packet, HEADER + ANSWER, ANSWER_PEER))
		address = p + ANSWER;
	if (address) {
		if (address[6] != MANAGEMENT_LE_PUBLIC && address[6] != MANAGEMENT_LE_RANDOM) {
			if (is_of_pairing(code) || code == MANAGEMENT_NEW_LINK_KEY ||
			    fails_to_pair(code, p))
				track_bredr_note_management(&t->bredr, packet->source);
			return;
		}
	}
	if ((code == MANAGEMENT_COMPLETE || code == MANAGEMENT_STATUS) && !is_refusal(p))
		return;
	if (is_refusal_of_keys(code, p))
		t->kept_keys.refused = p[2];
	choice = links_of(t, packet->source, address);
	link = choose(&choice);
	/* A link that has ended asks nothing. */
	if (link && link->over && (is_question(code) || code == MANAGEMENT_PAIR))
		link = NULL;
	if (!link && code == MANAGEMENT_PAIR)
		note_wish(t, packet, p);
	if (fails_to_pair(code, p) && host)
		host->pair = (struct explain_mark){0};
	if (!link && !choice.live &&
	    (is_of_pairing(code) || (address && fails_to_pair(code, p) && !unmade(p))) &&
	    (is_question(code) || !ended_lately(host, packet))) {
		link = track_link_open(t, packet, EXPLAIN_NO_HANDLE);
		link->attempt.begun_before = true;
	}
	if (!link && address && code == MANAGEMENT_CONNECT_FAILED && !ended_lately(host, packet)) {
		t->unmade.count++;
		t->unmade.status = p[7];
		memcpy(t->unmade.address, address, 6);
	}
	if (!link && address && code == MANAGEMENT_NEW_LTK) {
		t->kept_keys.count++;
		memcpy(t->kept_keys.address, address, 6);
	}
	if (!link && address && code == MANAGEMENT_DISCONNECTED && len > 7 &&
	    capture_knows(packet, HEADER + 7, 1) && !ended_lately(host, packet)) {
		t->dropped.count++;
		t->dropped.reason = p[7];
		memcpy(t->dropped.address, address, 6);
	}
	if (!link)
		return;
	len = capture_least(len, message->kept);
	while (len > message->least && !capture_knows(packet, HEADER, len))
		len--;
	if (is_repeated(&link->attempt, packet, code, p, len))
		return;
	if (address)
		take_address(&link->attempt, code, address);
	take_fact(&link->attempt, packet, code, p, len);
	explain_attempt_add_step(&link->attempt, packet, EXPLAIN_LAYER_MANAGEMENT, HOST, code, p,
				 len, true);
}

void track_management_note(struct explain_links *t, const struct explain_packet *packet)
{
	struct choice choice = {0};
	struct explain_link *link;

	if (!packet->text || !strstr(packet->text, "No agent available"))
		return;
	/* A program's note is of no controller. */
	for (size_t i = 0; i < EXPLAIN_LINKS; i++)
		if (t->links[i].used && !t->links[i].attempt.air)
			consider(&choice, &t->links[i], NULL);
	link = choose(&choice);
	if (link)
		first(&link->attempt.management.no_agent, packet);
	else
		t->no_agent = mark_of(packet);
}

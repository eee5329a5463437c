/* SPDX-License-Identifier: MIT */
/*
 * A controller that does anything: raw octets through H4, or packets that are right as far as the
 * input wants, to the host, the bring-up and the links. The user's wishes come from the input, too.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "hci/advertising.h"
#include "hci/bringup.h"
#include "hci/gap.h"
#include "hci/h4.h"
#include "hci/host.h"

static struct fuzz_input in;
static struct hci_host host;
static struct hci_bringup bringup;
static enum hci_bringup_state phase;
static struct hci_gap gap;
static uint64_t now;

/* Output is well-formed, and never more than the controller has buffers for. */
static void pump(void)
{
	uint8_t out[HCI_PACKET_MAX];
	size_t len;

	for (int i = 0; (len = hci_host_output(&host, now, out)); i++) {
		insist(i < HCI_ACL_QUEUE + HCI_COMMAND_QUEUE);
		if (out[0] == HCI_COMMAND) {
			insist(len == 4U + out[3]);
			insist(hci_command_format((uint16_t)(out[1] | out[2] << 8)));
		} else {
			insist(out[0] == HCI_ACL && len == 5U + out[3] && out[4] == 0);
			insist(out[3] <= host.acl_length);
		}
	}
	if (phase == HCI_BRINGUP_DONE)
		insist(host.acl_credits <= bringup.controller.acl_count);
}

static void look_at_reports(const struct hci_input *input)
{
	struct hci_advertisement report;
	size_t at = 0, reports = 0;

	while (hci_gap_next_report(&gap, input, &at, &report)) {
		struct hci_ad ad;
		size_t ad_at = 0;
		insist(++reports <= 255 && at <= input->len);
		insist(!report.more && report.len <= HCI_ADVERTISING_DATA_MAX);
		insist(report.address_type <= 1);
		insist(report.phy.primary <= HCI_PHY_CODED &&
		       report.phy.secondary <= HCI_PHY_CODED);
		while (hci_ad_next(report.data, report.len, &ad_at, &ad))
			insist(ad_at <= report.len && ad.len <= report.len &&
			       ad.data + ad.len <= report.data + report.len);
	}
}

static void look_at(const struct hci_gap_event *h, const struct hci_input *input)
{
	switch (h->kind) {
	case HCI_GAP_REPORTS:
		look_at_reports(input);
		break;
	case HCI_GAP_CONNECTED:
		insist(h->link && h->link->used && h->link->handle <= 0x0fff);
		insist(hci_gap_link(&gap, h->link->handle) == h->link);
		break;
	case HCI_GAP_DISCONNECTED:
		insist(h->link == &gap.last);
		insist(hci_host_acl_idle(&host, h->link->handle));
		break;
	case HCI_GAP_ENCRYPTION:
		insist(h->link && !h->link->encrypting);
		break;
	case HCI_GAP_LTK_REQUEST:
	case HCI_GAP_PARAMETERS:
	case HCI_GAP_PARAMETER_REQUEST:
	case HCI_GAP_REMOTE_FEATURES:
	case HCI_GAP_PHY:
		insist(h->link && h->link->used);
		break;
	case HCI_GAP_NOTHING:
	case HCI_GAP_SCANNING:
	case HCI_GAP_NOT_CONNECTED:
	case HCI_GAP_ADVERTISING:
	case HCI_GAP_FAILED:
	case HCI_GAP_NOTE:
	case HCI_GAP_BROKEN:
		break;
	}
}

static void take(const uint8_t *packet, size_t len)
{
	struct hci_input input;
	struct hci_gap_event happening = {0};

	hci_host_input(&host, packet, len, &input);
	insist(memchr(input.note, 0, sizeof(input.note)));
	if (input.kind == HCI_IN_NOTE || input.kind == HCI_IN_FATAL)
		insist(*input.note);
	if (input.len)
		insist(input.data >= packet && input.data + input.len <= packet + len);
	if (phase == HCI_BRINGUP_RUNNING) {
		phase = hci_bringup_input(&bringup, &host, &input);
		if (phase == HCI_BRINGUP_DONE)
			hci_gap_init(&gap, &host, &bringup.controller);
		else if (phase == HCI_BRINGUP_FAILED)
			insist(*bringup.failure &&
			       memchr(bringup.failure, 0, sizeof(bringup.failure)));
	} else if (phase == HCI_BRINGUP_DONE) {
		hci_gap_input(&gap, &input, &happening);
		look_at(&happening, &input);
	}
}

/* A packet of len octets of the input, behind these few. */
static void give(const uint8_t *head, size_t head_len, size_t len)
{
	uint8_t *packet = malloc(head_len + len);

	insist(packet);
	memcpy(packet, head, head_len);
	if (len)
		fuzz_take(&in, packet + head_len, len);
	take(packet, head_len + len);
	free(packet);
}

static struct hci_link *some_link(void)
{
	uint8_t n = fuzz_u8(&in) % HCI_LINKS_MAX;
	return gap.links[n].used ? &gap.links[n] : NULL;
}

static void wish(void)
{
	uint8_t octets[251];
	const struct hci_parameters parameters = {6, 12, 0, 400};
	struct hci_connect connect = {.parameters = parameters};
	struct hci_accepted accepted[2];
	struct hci_link *link;

	/* The program wishes nothing of a controller that is not up, nor more than there is room
	 * for. */
	if (phase != HCI_BRINGUP_DONE || host.command_count > HCI_COMMAND_QUEUE - 8)
		return;
	switch (fuzz_u8(&in) % 17) {
	case 0:
		hci_gap_scan(&gap, fuzz_u8(&in) & 1, true);
		break;
	case 1:
		hci_gap_scan_stop(&gap);
		break;
	case 2:
		connect.peer_type = fuzz_u8(&in) & 1;
		fuzz_take(&in, connect.peer, 6);
		connect.resolve = connect.peer[2] & 1;
		connect.phy = (struct hci_phy_seen){connect.peer[0] & 3, connect.peer[1] & 3};
		hci_gap_connect(&gap, &connect);
		break;
	case 3:
		hci_gap_connect_cancel(&gap);
		break;
	case 4:
		fuzz_take(&in, octets, 31);
		hci_gap_advertise(&gap, fuzz_u8(&in) & 1, octets, fuzz_u8(&in), octets, 3);
		break;
	case 5:
		hci_gap_advertise_stop(&gap);
		break;
	case 6:
		if ((link = some_link()))
			hci_gap_encrypt(&gap, link, (const uint8_t *)"0123456789abcdef", 0,
					(const uint8_t *)"\0\0\0\0\0\0\0");
		break;
	case 7:
		if ((link = some_link()))
			hci_gap_answer_ltk(&gap, link,
					   fuzz_u8(&in) & 1 ? (const uint8_t *)"0123456789abcdef"
							    : NULL);
		break;
	case 8:
		if ((link = some_link()))
			hci_gap_update(&gap, link, &parameters);
		break;
	case 9:
		if ((link = some_link()))
			hci_gap_disconnect(&gap, link, 0x13);
		break;
	case 10:
		if ((link = some_link()))
			hci_gap_exchange_features(&gap, link);
		break;
	case 12:
		if ((link = some_link()))
			hci_gap_answer_parameters(&gap, link, fuzz_u8(&in) & 1, &parameters);
		break;
	case 13:
		fuzz_take(&in, octets, 6);
		hci_gap_set_random_address(&gap, octets);
		break;
	case 14:
		if ((link = some_link()))
			hci_gap_use_fast_phy(&gap, link);
		break;
	case 16:
		fuzz_take(&in, octets, sizeof(accepted));
		memcpy(accepted, octets, sizeof(accepted));
		hci_gap_scan_for(&gap, fuzz_u8(&in) & 1, true, accepted, 2);
		break;
	case 15:
		(void)hci_gap_limit_phys(&gap, fuzz_u8(&in) & HCI_PHYS_ALL);
		break;
	default:
		if (!(link = some_link()))
			break;
		fuzz_take(&in, octets, sizeof(octets));
		(void)hci_host_acl(&host, link->handle, 0, octets,
				   fuzz_u8(&in) % (host.acl_length + 1U));
	}
}

static void one_thing(struct hci_h4 *h4)
{
	uint8_t head[8] = {HCI_EVENT}, *octets;
	uint8_t op = fuzz_u8(&in), which = fuzz_u8(&in);
	const struct hci_command_format *format = hci_command_format(host.outstanding);
	const struct hci_event_format *event;
	size_t len, at = 0, used;
	struct hci_input input;

	switch (op % 8) {
	case 0: /* octets of a stream */
		octets = fuzz_alloc(&in, which);
		while (at < which) {
			enum hci_h4_status status = hci_h4_push(h4, octets + at, which - at, &used);
			at += used;
			if (status == HCI_H4_PACKET) {
				take(h4->packet, h4->length);
			} else if (status != HCI_H4_MORE) { /* the place is lost: anew */
				hci_h4_init(h4, op & 8);
				at++;
			}
			insist(at <= which + 1U && h4->length <= HCI_PACKET_MAX);
		}
		free(octets);
		return;
	case 1: /* the outstanding command succeeds, or fails, to the octet or nearly */
		len = format && format->returned ? format->returned - 1U : 0;
		len += which & 0x80 ? which & 3 : 0;
		len -= which & 0x40 && len ? 1 : 0;
		memcpy(head + 1,
		       (const uint8_t[]){HCI_COMMAND_COMPLETE, (uint8_t)(4 + len), 1,
					 (uint8_t)host.outstanding,
					 (uint8_t)(host.outstanding >> 8), which & 0x3f},
		       6);
		give(head, 7, len);
		return;
	case 2:
		memcpy(head + 1,
		       (const uint8_t[]){HCI_COMMAND_STATUS, 4, which & 0x3f, 1,
					 (uint8_t)host.outstanding,
					 (uint8_t)(host.outstanding >> 8)},
		       6);
		give(head, 7, 0);
		return;
	case 3: /* an event of its least length, or more, or less */
	case 4:
		event = op % 8 == 3 ? hci_event_format(which) : hci_subevent_format(which);
		len = (event ? event->least : 4U) + (op & 0x80 ? fuzz_u8(&in) % 64 : 0);
		len -= op & 0x40 && len > 1 ? 1 : 0;
		head[1] = op % 8 == 3 ? which : HCI_LE_META;
		head[2] = (uint8_t)len;
		head[3] = which;
		give(head, op % 8 == 3 ? 3 : 4, op % 8 == 3 ? len : len - 1);
		return;
	case 5:
		memcpy(head, (const uint8_t[]){HCI_ACL, fuzz_u8(&in), fuzz_u8(&in), which, 0}, 5);
		give(head, 5, op & 0x80 ? which / 2U : which);
		return;
	case 6:
		wish();
		return;
	default: /* time passes */
		now += (uint64_t)which * 100000;
		if (!hci_host_expired(&host, now, &input))
			return;
		insist(input.kind == HCI_IN_FATAL && *input.note);
		if (phase == HCI_BRINGUP_RUNNING)
			phase = hci_bringup_overdue(&bringup, &host);
		else
			hci_host_abandon_command(&host);
		if (phase == HCI_BRINGUP_DONE && !gap.host)
			hci_gap_init(&gap, &host, &bringup.controller);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct hci_h4 h4;

	in = (struct fuzz_input){data, len};
	now = 0;
	memset(&gap, 0, sizeof(gap));
	hci_h4_init(&h4, false);
	hci_host_init(&host);
	hci_bringup_start(&bringup, &host, NULL);
	phase = HCI_BRINGUP_RUNNING;
	pump();
	while (in.len && phase != HCI_BRINGUP_FAILED && phase != HCI_BRINGUP_NO_FIRMWARE) {
		one_thing(&h4);
		pump();
	}
	return 0;
}

/* ---- Seeds ----------------------------------------------------------------------------------- */

static uint8_t text[4096];
static size_t used;

static void put(const void *octets, size_t len)
{
	insist(used + len <= sizeof(text));
	memcpy(text + used, octets, len);
	used += len;
}

#define PUT(octets) put(octets, sizeof(octets) - 1)

/* All commands of the bring-up answered by a controller that has this of everything. */
static void put_bringup(uint8_t filling)
{
	static const uint8_t lengths[] = {0, 8, 64, 8, 6, 0, 0, 0, 8, 0, 3, 8, 1, 0};
	uint8_t octets[64];

	memset(octets, filling, sizeof(octets));
	used = 0;
	for (size_t i = 0; i < sizeof(lengths); i++) {
		/* Only an LE controller has it: Write LE Host Support is not sent. */
		if (i == 7 && filling)
			continue;
		PUT("\1\0");
		if (i == 10) /* 251 octets, 4 of them */
			PUT("\xfb\0\4");
		else
			put(octets, lengths[i]);
	}
}

void fuzz_seeds(fuzz_seed *seed)
{
	static const uint8_t data[252] = {[251] = 20};

	for (int extended = 0; extended < 2; extended++) {
		put_bringup(extended ? 0xff : 0);
		PUT("\6\0\0\0"); /* scan */
		PUT("\1\0\1\0");
		PUT("\4\2\1"); /* reports: none, of each kind, one that is cut */
		PUT("\x84\2\x0d\1\0\1\1\2\3\4\5\xc6\3\2\1\6\xc8");
		PUT("\x84\x0b\x10\1\1\1\1\2\3\4\5\xc6\1\1\2\3\4\5\x46\xc8");
		PUT("\x84\x0d\x1b\1\x13\0\1\1\2\3\4\5\6\1\0\xff\x7f\xc8\0\0\0\0\0\0\0\0\0\3\2\1\6");
		PUT("\x84\2\x0c\1\0\1\1\2\3\4\5\xc6\3\2\1\6");
		/* One in two pieces, on LE Coded. */
		PUT("\x84\x0d\x19\1\x21\0\1\1\2\3\4\5\6\3\2\0\x7f\xc8\0\0\0\0\0\0\0\0\0\1\2");
		PUT("\x84\x0d\x1a\1\1\0\1\1\2\3\4\5\6\3\2\0\x7f\xc8\0\0\0\0\0\0\0\0\0\2\1\6");
		PUT("\6\0\1\1\0"); /* no more */
		seed(text, used);

		put_bringup(extended ? 0xff : 0);
		PUT("\6\0\2\1\1\2\3\4\5\xc6"); /* connect */
		PUT("\2\0");
		PUT("\4\1\0\x2a\0\0\1\1\2\3\4\5\xc6\6\0\0\0\x90\1\0"); /* connected */
		PUT("\6\0\x0a\0\2\0\4\4\0\x2a\0\x20\0\0\0\0\0\0\0");   /* features */
		PUT("\1\0\x2a\0");
		PUT("\6\0\6\0\2\0\3\x08\0\x2a\0\1"); /* encrypted */
		PUT("\5\7\x2a\x20\3\0\6\0abc");	     /* data */
		PUT("\4\3\0\x2a\0\6\0\0\0\x90\1");   /* updated */
		PUT("\6\0\x08\0\2\0");
		PUT("\6\0\x0b\0"); /* data of ours */
		put(data, sizeof(data));
		PUT("\x83\x13\4\1\x2a\0\1\0"); /* it went */
		PUT("\3\x30\0\x2a\0");	       /* the key is refreshed */
		PUT("\6\0\x09\0\2\0");	       /* disconnect */
		PUT("\3\x13\1\x2a\0\1\0");
		PUT("\3\5\0\x2a\0\x13");
		seed(text, used);

		put_bringup(extended ? 0xff : 0);
		PUT("\6\0\4");
		put("................................\3\0", 34); /* advertise */
		PUT("\1\0\1\0\1\0\1\0");
		PUT("\4\1\0\x2b\0\1\1\1\2\3\4\5\xc6\6\0\0\0\x90\1\0");
		PUT("\4\5\x2b\0\0\0\0\0\0\0\0\0\0\0"); /* the key, please */
		PUT("\6\0\7\0\1\1\0\x2b\0");
		PUT("\4\6\x2b\0\6\0\6\0\0\0\x90\1"); /* other parameters, please */
		PUT("\6\0\x0c\0\1\1\0\x2b\0");
		PUT("\6\0\4");
		put("................................\3\0", 34);
		PUT("\6\0\5\1\0\1\0\1\0\1\0"); /* no more */
		PUT("\6\0\2\1\1\2\3\4\5\xc6"); /* connect, but not for long */
		PUT("\2\0\6\0\3\1\0");
		PUT("\4\x0a\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
		PUT("\4\x0a\0\x2c\0\0\1\1\2\3\4\5\xc6\0\0\0\0\0\0\0\0\0\0\0\0\6\0\0\0\x90\1\0");
		PUT("\7\xff\7\xff");
		seed(text, used);
	}
	seed("\0\7\4\x0e\4\1\3\x0c\0\0\3\4\x0e\4\x08\7\4\x10\1\1\2\x2a\x20", 22);
}

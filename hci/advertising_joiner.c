/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "crypto/bytes.h"
#include "hci/advertising.h"

/* A scan response has its own data. */
static bool is_same(const struct hci_advertisement *a, const struct hci_advertisement *b)
{
	return a->set == b->set && a->scan_response == b->scan_response &&
	       a->address_type == b->address_type && bytes_equal(a->address, b->address, 6);
}

/* The place of the reports that this one continues; HCI_ADVERTISING_JOINED: there are none. */
static size_t find(const struct hci_advertising_joiner *j, const struct hci_advertisement *r)
{
	size_t i = 0;

	while (i < HCI_ADVERTISING_JOINED &&
	       !(j->joined[i].report.more && is_same(&j->joined[i].report, r)))
		i++;
	return i;
}

static size_t new_place(struct hci_advertising_joiner *j)
{
	for (size_t i = 0; i < HCI_ADVERTISING_JOINED; i++)
		if (!j->joined[i].report.more)
			return i;
	const size_t oldest = j->next;
	j->next = (j->next + 1) % HCI_ADVERTISING_JOINED;
	return oldest;
}

/* True: r is whole now. */
static bool join(struct hci_advertising_joiner *j, struct hci_advertisement *r)
{
	size_t i = find(j, r), len;

	if (i == HCI_ADVERTISING_JOINED) {
		if (!r->more)
			return true;
		i = new_place(j);
		j->joined[i].report = *r;
		j->joined[i].report.len = 0;
	}
	len = HCI_ADVERTISING_DATA_MAX - j->joined[i].report.len;
	len = r->len < len ? r->len : len;
	if (len)
		memcpy(j->joined[i].data + j->joined[i].report.len, r->data, len);
	j->joined[i].report.len += len;
	/* As much as a device can send: the controller did not end what came before. */
	if (r->more && j->joined[i].report.len < HCI_ADVERTISING_DATA_MAX)
		return false;
	r->truncated |= r->more;
	r->more = j->joined[i].report.more = false;
	r->data = j->joined[i].data;
	r->len = j->joined[i].report.len;
	return true;
}

bool hci_advertisement_next_whole(struct hci_advertising_joiner *j, const struct hci_input *event,
				  size_t *at, struct hci_advertisement *r)
{
	while (hci_advertisement_next(event, at, r))
		if (join(j, r))
			return true;
	return false;
}

/* SPDX-License-Identifier: MIT */
/* Peers that direct their advertising to a resolvable address of ours: finding and connecting. */
#include "hci/gap_script.h"

#include <string.h>

#include "hci/error.h"

enum { PRIVACY = 0x40, SCAN_POLICIES = 0x80 };

/* A controller with these LE features. */
static void fresh_with(bool extended, uint8_t features)
{
	(void)(extended ? fresh_extended(NULL) : fresh(NULL));
	controller.le_features[0] |= features;
}

/* ---- Scanning: Scanning_Filter_Policy of 7.8.10 and 7.8.64 ----------------------------------- */

static void a_scan_reports_targets_that_the_controller_cannot_resolve(void **state)
{
	(void)state;
	fresh_with(false, SCAN_POLICIES);
	assert_true(hci_gap_reports_private_targets(&gap));
	hci_gap_scan(&gap, HCI_OWN_RANDOM, true);
	SENT(HCI_LE_SET_SCAN_PARAMETERS, 0, 1, 0x30, 0, 0x30, 0, 1, 2);
	command(HCI_LE_SET_SCAN_ENABLE, 0);
	fresh_with(true, SCAN_POLICIES);
	hci_gap_scan(&gap, HCI_OWN_RANDOM, true);
	SENT(HCI_LE_SET_EXTENDED_SCAN_PARAMETERS, 0, 1, 2, 1, 1, 0x30, 0, 0x30, 0);
	command(HCI_LE_SET_EXTENDED_SCAN_ENABLE, 0);
	nothing_more();
	fresh_with(true, 0);
	assert_false(hci_gap_reports_private_targets(&gap));
}

/* The feature is claimed, but the policy is refused: the scan goes on without it, from then on. */
static void a_refused_policy_is_left_out(void **state)
{
	(void)state;
	fresh_with(false, SCAN_POLICIES);
	hci_gap_scan(&gap, HCI_OWN_RANDOM, true);
	SENT(HCI_LE_SET_SCAN_PARAMETERS, 0x12, 1, 0x30, 0, 0x30, 0, 1, 2);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	command(HCI_LE_SET_SCAN_ENABLE, 0);
	SENT(HCI_LE_SET_SCAN_ENABLE, 0, 0, 0);
	SENT(HCI_LE_SET_SCAN_PARAMETERS, 0, 1, 0x30, 0, 0x30, 0, 1, 0);
	SENT(HCI_LE_SET_SCAN_ENABLE, 0, 1, 0);
	assert_int_equal(happening.kind, HCI_GAP_SCANNING);
	assert_true(gap.scanning && gap.scanning_actively);
	assert_false(hci_gap_reports_private_targets(&gap));
	hci_gap_scan_stop(&gap);
	command(HCI_LE_SET_SCAN_ENABLE, 0);
	/* Then it was not the policy. */
	hci_gap_scan(&gap, HCI_OWN_RANDOM, false);
	SENT(HCI_LE_SET_SCAN_PARAMETERS, 0x12, 0, 0x30, 0, 0x30, 0, 1, 0);
	assert_int_equal(happening.kind, HCI_GAP_FAILED);
}

/* ---- Connecting: Vol 6 Part B 6.4 ------------------------------------------------------------ */

#define TEN(n)	 n, n, n, n, n, n, n, n, n, n
#define KEY(n)	 TEN(n), n, n, n, n, n, n
#define ON_AIR	 1, 2, 3, 4, 5, 0x46
#define IDENTITY 9, 8, 7, 6, 5, 4
#define OWN_RPA	 0x11, 0x12, 0x13, 0x14, 0x15, 0x56
#define REST	 6, 0, 12, 0, 0, 0, 0x90, 1, 0, 0, 0, 0

static struct hci_connect hidden(bool has_irk)
{
	struct hci_connect connect = peer;

	memcpy(connect.peer, (const uint8_t[]){ON_AIR}, 6);
	connect.phy.primary = HCI_PHY_1M;
	connect.resolve = true;
	memcpy(connect.resolving.peer, (const uint8_t[]){IDENTITY}, 6);
	memset(connect.resolving.peer_irk, has_irk ? 0xa1 : 0, 16);
	memset(connect.resolving.own_irk, 0xb2, 16);
	return connect;
}

/* 7.8.38, 7.8.40, 7.8.44; it is not allowed while a scan is on. */
static void resolving_begins(uint8_t irk)
{
	SENT(HCI_LE_ADD_TO_RESOLVING_LIST, 0, 0, IDENTITY, KEY(irk), KEY(0xb2));
	SENT(HCI_LE_SET_ADDRESS_RESOLUTION, 0, 1);
}

static void resolving_ends(void)
{
	static const struct hci_resolving none;

	SENT(HCI_LE_SET_ADDRESS_RESOLUTION, 0, 0);
	sent(HCI_LE_CLEAR_RESOLVING_LIST, 0, NULL, 0);
	nothing_more();
	assert_memory_equal(&gap.wanted.resolving, &none, sizeof(none));
	assert_false(gap.wanted.resolve);
}

static void a_peer_with_a_private_address_is_called_by_its_identity(void **state)
{
	struct hci_connect connect = hidden(true);

	(void)state;
	fresh_with(true, PRIVACY);
	assert_true(hci_gap_can_resolve(&gap));
	hci_gap_scan(&gap, HCI_OWN_RANDOM, true);
	command(HCI_LE_SET_EXTENDED_SCAN_PARAMETERS, 0);
	command(HCI_LE_SET_EXTENDED_SCAN_ENABLE, 0);
	connect.scan_on = true;
	memset(controller.le_states, 0xff, 8);
	hci_gap_connect(&gap, &connect);
	command(HCI_LE_SET_EXTENDED_SCAN_ENABLE, 0);
	sent(HCI_LE_CLEAR_RESOLVING_LIST, 0, NULL, 0);
	resolving_begins(0xa1);
	/* Own type 3: a resolvable address, made by the controller. */
	SENT(HCI_LE_EXTENDED_CREATE_CONNECTION, 0, 0, 3, 0, IDENTITY, 1, 0x30, 0, 0x30, 0, REST);
	/* The first packet may be lost: it still resolves. */
	EVENT(4, 0x3e, 31, 0x0a, HCI_FAILED_TO_ESTABLISH, [33] = 0);
	command(HCI_LE_EXTENDED_CREATE_CONNECTION, 0);
	EVENT(4, 0x3e, 31, 0x0a, 0, 0x2a, 0, 0, 2, IDENTITY, OWN_RPA, ON_AIR, 12, 0, 0, 0, 0x90, 1,
	      0);
	assert_int_equal(happening.kind, HCI_GAP_CONNECTED);
	assert_int_equal(happening.link->peer_type, 1);
	assert_memory_equal(happening.link->peer, connect.peer, 6);
	assert_true(happening.link->has_own_rpa);
	assert_memory_equal(happening.link->own_rpa, ((const uint8_t[]){OWN_RPA}), 6);
	assert_int_equal(happening.link->interval, 12);
	resolving_ends();
}

/* The legacy command has types of its own for identities: 7.8.12. */
static void the_legacy_command_names_the_identity_by_its_type(void **state)
{
	const struct hci_connect connect = hidden(true);

	(void)state;
	fresh_with(false, PRIVACY);
	hci_gap_connect(&gap, &connect);
	sent(HCI_LE_CLEAR_RESOLVING_LIST, 0, NULL, 0);
	resolving_begins(0xa1);
	SENT(HCI_LE_CREATE_CONNECTION, 0, 0x30, 0, 0x30, 0, 0, 2, IDENTITY, 3, REST);
	hci_gap_connect_cancel(&gap);
	command(HCI_LE_CREATE_CONNECTION_CANCEL, 0);
	EVENT(4, 0x3e, 31, 0x0a, HCI_UNKNOWN_CONNECTION, [33] = 0);
	assert_int_equal(happening.kind, HCI_GAP_NOT_CONNECTED);
	resolving_ends();
}

/* The peer has its identity on air, and would be ignored with an IRK: network privacy, 4.7. */
static void a_peer_with_its_identity_on_air_is_called_by_that(void **state)
{
	struct hci_connect connect = hidden(false);

	(void)state;
	fresh_with(true, PRIVACY);
	memcpy(connect.peer, connect.resolving.peer, 6);
	connect.peer_type = connect.resolving.peer_type;
	hci_gap_connect(&gap, &connect);
	sent(HCI_LE_CLEAR_RESOLVING_LIST, 0, NULL, 0);
	resolving_begins(0);
	SENT(HCI_LE_EXTENDED_CREATE_CONNECTION, 0, 0, 3, 0, IDENTITY, 1, 0x30, 0, 0x30, 0, REST);
	EVENT(4, 0x3e, 31, 0x0a, 0, 0x2a, 0, 0, 0, IDENTITY, OWN_RPA, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0,
	      0x90, 1, 0);
	assert_int_equal(happening.kind, HCI_GAP_CONNECTED);
	assert_int_equal(happening.link->peer_type, 0);
	assert_memory_equal(happening.link->peer, connect.peer, 6);
	struct hci_link *link = happening.link;
	resolving_ends();
	/* The next connection is as ever. */
	hci_gap_disconnect(&gap, link, HCI_REMOTE_USER_TERMINATED);
	command(HCI_DISCONNECT, 0);
	hci_gap_connect(&gap, &peer);
	command(HCI_LE_EXTENDED_CREATE_CONNECTION, 0);
	assert_int_equal(out[5], HCI_OWN_RANDOM);
	nothing_more();
}

static void resolving_needs_the_feature_and_the_command(void **state)
{
	const struct hci_command_format *f = hci_command_format(HCI_LE_SET_ADDRESS_RESOLUTION);

	(void)state;
	fresh_with(false, 0);
	assert_false(hci_gap_can_resolve(&gap));
	fresh_with(false, PRIVACY);
	assert_true(hci_gap_can_resolve(&gap));
	controller.commands[f->octet] &= (uint8_t) ~(1U << f->bit);
	assert_false(hci_gap_can_resolve(&gap));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scan_reports_targets_that_the_controller_cannot_resolve),
		cmocka_unit_test(a_refused_policy_is_left_out),
		cmocka_unit_test(a_peer_with_a_private_address_is_called_by_its_identity),
		cmocka_unit_test(the_legacy_command_names_the_identity_by_its_type),
		cmocka_unit_test(a_peer_with_its_identity_on_air_is_called_by_that),
		cmocka_unit_test(resolving_needs_the_feature_and_the_command),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

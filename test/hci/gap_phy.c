/* SPDX-License-Identifier: MIT */
/* The PHYs on which devices are found and connected, and those of a link. */
#include "hci/gap_script.h"

#include <string.h>

#include "hci/error.h"

enum { HAS_2M = 1, HAS_CODED = 2 };

/* A controller with extended advertising and these PHYs beside LE 1M. */
static void fresh_with(unsigned phys)
{
	(void)fresh_extended(NULL);
	controller.le_features[1] |= (phys & HAS_2M ? 0x01 : 0) | (phys & HAS_CODED ? 0x08 : 0);
	hci_gap_init(&gap, &host, &controller);
}

static struct hci_connect seen_on(uint8_t primary, uint8_t secondary)
{
	struct hci_connect connect = peer;

	connect.phy = (struct hci_phy_seen){primary, secondary};
	return connect;
}

#define PEER_SENT	1, 1, 1, 2, 3, 4, 5, 0xc6 /* own type, peer */
#define PARAMETERS_SENT 6, 0, 12, 0, 0, 0, 0x90, 1, 0, 0, 0, 0
#define WHOLE		0x30, 0, 0x30, 0 /* a window of 30 ms in 30 ms */
#define HALF		0x60, 0, 0x30, 0 /* in 60 ms */

/* ---- Scanning: 7.8.64 ------------------------------------------------------------------------ */

static void coded_phy_is_scanned_in_turn_with_1m(void **state)
{
	(void)state;
	for (uint8_t active = 0; active < 2; active++) {
		fresh_with(HAS_2M | HAS_CODED);
		hci_gap_scan(&gap, HCI_OWN_RANDOM, active);
		SENT(HCI_LE_SET_EXTENDED_SCAN_PARAMETERS, 0, 1, 0, 5, active, HALF, active, HALF);
		command(HCI_LE_SET_EXTENDED_SCAN_ENABLE, 0);
		nothing_more();
	}
}

/* LE Coded without the extended commands is of no use: the legacy ones find devices on LE 1M. */
static void a_controller_without_extended_commands_scans_on_1m(void **state)
{
	(void)fresh(state);
	controller.le_features[1] = 0x09;
	hci_gap_init(&gap, &host, &controller);
	assert_int_equal(gap.phys, HCI_PHYS_1M | HCI_PHYS_2M);
	hci_gap_scan(&gap, HCI_OWN_PUBLIC, false);
	command(HCI_LE_SET_SCAN_PARAMETERS, 0);
	command(HCI_LE_SET_SCAN_ENABLE, 0);
	nothing_more();
}

static void the_user_limits_the_phys(void **state)
{
	(void)state;
	fresh_with(HAS_2M | HAS_CODED);
	assert_true(hci_gap_limit_phys(&gap, HCI_PHYS_ALL));
	nothing_more();
	assert_true(hci_gap_limit_phys(&gap, HCI_PHYS_CODED));
	/* 7.8.48: the peer cannot switch the link to another PHY either. */
	SENT(HCI_LE_SET_DEFAULT_PHY, 0, 0, 4, 4);
	hci_gap_scan(&gap, HCI_OWN_RANDOM, false);
	SENT(HCI_LE_SET_EXTENDED_SCAN_PARAMETERS, 0, 1, 0, 4, 0, WHOLE);
	command(HCI_LE_SET_EXTENDED_SCAN_ENABLE, 0);
	hci_gap_connect(&gap, &peer);
	command(HCI_LE_SET_EXTENDED_SCAN_ENABLE, 0);
	SENT(HCI_LE_EXTENDED_CREATE_CONNECTION, 0, 0, PEER_SENT, 4, WHOLE, PARAMETERS_SENT);
	nothing_more();
}

static void phys_that_the_controller_lacks_limit_nothing(void **state)
{
	(void)state;
	fresh_with(HAS_2M);
	assert_false(hci_gap_limit_phys(&gap, HCI_PHYS_CODED));
	assert_false(hci_gap_limit_phys(&gap, HCI_PHYS_2M | HCI_PHYS_CODED));
	assert_int_equal(gap.phys, HCI_PHYS_1M | HCI_PHYS_2M);
	assert_true(hci_gap_limit_phys(&gap, HCI_PHYS_ALL));
	nothing_more();
	/* A controller without the command stays within the limit by itself. */
	const struct hci_command_format *f = hci_command_format(HCI_LE_SET_DEFAULT_PHY);
	controller.commands[f->octet] &= (uint8_t) ~(1U << f->bit);
	assert_true(hci_gap_limit_phys(&gap, HCI_PHYS_1M));
	assert_int_equal(gap.phys, HCI_PHYS_1M);
	nothing_more();
}

static void the_limit_that_is_sent_has_no_phys_that_the_controller_lacks(void **state)
{
	(void)state;
	fresh_with(HAS_CODED);
	assert_true(hci_gap_limit_phys(&gap, HCI_PHYS_1M | HCI_PHYS_2M));
	SENT(HCI_LE_SET_DEFAULT_PHY, 0, 0, 1, 1);
	nothing_more();
}

/* ---- Connecting: 7.8.66 ---------------------------------------------------------------------- */

static void a_peer_is_connected_on_the_phys_where_it_was_seen(void **state)
{
	struct hci_connect connect;

	(void)state;
	fresh_with(HAS_2M | HAS_CODED);
	connect = seen_on(HCI_PHY_CODED, HCI_PHY_CODED);
	hci_gap_connect(&gap, &connect);
	SENT(HCI_LE_EXTENDED_CREATE_CONNECTION, 0, 0, PEER_SENT, 4, WHOLE, PARAMETERS_SENT);
	connect = seen_on(HCI_PHY_1M, HCI_PHY_NONE);
	hci_gap_connect(&gap, &connect);
	SENT(HCI_LE_EXTENDED_CREATE_CONNECTION, 0, 0, PEER_SENT, 1, WHOLE, PARAMETERS_SENT);
	/* The link begins on the secondary PHY, and needs parameters for it. */
	connect = seen_on(HCI_PHY_1M, HCI_PHY_2M);
	hci_gap_connect(&gap, &connect);
	SENT(HCI_LE_EXTENDED_CREATE_CONNECTION, 0, 0, PEER_SENT, 3, WHOLE, PARAMETERS_SENT, WHOLE,
	     PARAMETERS_SENT);
	connect = seen_on(HCI_PHY_CODED, HCI_PHY_1M);
	hci_gap_connect(&gap, &connect);
	SENT(HCI_LE_EXTENDED_CREATE_CONNECTION, 0, 0, PEER_SENT, 5, HALF, PARAMETERS_SENT, HALF,
	     PARAMETERS_SENT);
	nothing_more();
}

/* Another controller may have seen it, or the user limits the PHYs. */
static void no_link_begins_on_a_phy_that_is_not_to_be_used(void **state)
{
	struct hci_connect connect = seen_on(HCI_PHY_CODED, HCI_PHY_CODED);

	(void)state;
	fresh_with(HAS_2M);
	hci_gap_connect(&gap, &connect);
	SENT(HCI_LE_EXTENDED_CREATE_CONNECTION, 0, 0, PEER_SENT, 3, WHOLE, PARAMETERS_SENT, WHOLE,
	     PARAMETERS_SENT);
	assert_true(hci_gap_limit_phys(&gap, HCI_PHYS_1M));
	SENT(HCI_LE_SET_DEFAULT_PHY, 0, 0, 1, 1);
	connect = seen_on(HCI_PHY_1M, HCI_PHY_2M);
	hci_gap_connect(&gap, &connect);
	SENT(HCI_LE_EXTENDED_CREATE_CONNECTION, 0, 0, PEER_SENT, 1, WHOLE, PARAMETERS_SENT);
	nothing_more();
}

static void a_peer_that_was_not_seen_is_called_on_every_phy(void **state)
{
	(void)state;
	fresh_with(HAS_2M | HAS_CODED);
	hci_gap_connect(&gap, &peer);
	SENT(HCI_LE_EXTENDED_CREATE_CONNECTION, 0, 0, PEER_SENT, 7, HALF, PARAMETERS_SENT, HALF,
	     PARAMETERS_SENT, HALF, PARAMETERS_SENT);
	nothing_more();
}

static void another_try_is_on_the_same_phy(void **state)
{
	struct hci_connect connect = seen_on(HCI_PHY_CODED, HCI_PHY_CODED);

	(void)state;
	fresh_with(HAS_CODED);
	hci_gap_connect(&gap, &connect);
	SENT(HCI_LE_EXTENDED_CREATE_CONNECTION, 0, 0, PEER_SENT, 4, WHOLE, PARAMETERS_SENT);
	connection_complete(HCI_FAILED_TO_ESTABLISH, 0);
	SENT(HCI_LE_EXTENDED_CREATE_CONNECTION, 0, 0, PEER_SENT, 4, WHOLE, PARAMETERS_SENT);
	nothing_more();
}

/* ---- The PHY of a link ----------------------------------------------------------------------- */

static struct hci_link *link_on(uint8_t primary, uint8_t secondary)
{
	struct hci_connect connect = seen_on(primary, secondary);

	hci_gap_connect(&gap, &connect);
	command(HCI_LE_EXTENDED_CREATE_CONNECTION, 0);
	connection_complete(0, 0);
	assert_int_equal(happening.kind, HCI_GAP_CONNECTED);
	return happening.link;
}

static void a_link_begins_on_the_phy_where_the_peer_was_seen(void **state)
{
	static const uint8_t cases[][3] = {
		{HCI_PHY_1M, HCI_PHY_NONE, HCI_PHY_1M},
		{HCI_PHY_1M, HCI_PHY_2M, HCI_PHY_2M},
		{HCI_PHY_CODED, HCI_PHY_CODED, HCI_PHY_CODED},
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		fresh_with(HAS_2M | HAS_CODED);
		struct hci_link *link = link_on(cases[n][0], cases[n][1]);
		assert_int_equal(link->tx_phy, cases[n][2]);
		assert_int_equal(link->rx_phy, cases[n][2]);
		nothing_more();
	}
	/* Legacy commands and our own advertising know LE 1M only. */
	(void)fresh(state);
	assert_int_equal(up(0)->tx_phy, HCI_PHY_1M);
	fresh_with(HAS_2M | HAS_CODED);
	assert_int_equal(up(1)->tx_phy, HCI_PHY_1M);
	nothing_more();
}

/* 7.8.47. */
static void the_controller_is_asked_for_a_phy_that_is_not_known(void **state)
{
	struct hci_link *link;

	(void)state;
	fresh_with(HAS_CODED);
	link = link_on(HCI_PHY_NONE, HCI_PHY_NONE);
	assert_int_equal(link->tx_phy, HCI_PHY_NONE);
	assert_int_equal(hci_host_output(&host, 0, out), 6);
	assert_memory_equal(out + 1, "\x30\x20\x02\x2a\0", 5);
	EVENT(4, 0x0e, 8, 1, 0x30, 0x20, 0, 0x2a, 0, 3, 1);
	assert_int_equal(happening.kind, HCI_GAP_PHY);
	assert_ptr_equal(happening.link, link);
	assert_int_equal(link->tx_phy, HCI_PHY_CODED);
	assert_int_equal(link->rx_phy, HCI_PHY_1M);
	nothing_more();

	/* An answer that is too short, a refusal, and a controller that lacks the command. */
	fresh_with(HAS_CODED);
	link = link_on(HCI_PHY_NONE, HCI_PHY_NONE);
	command(HCI_LE_READ_PHY, 0);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	assert_int_equal(link->tx_phy, HCI_PHY_NONE);
	fresh_with(HAS_CODED);
	(void)link_on(HCI_PHY_NONE, HCI_PHY_NONE);
	command(HCI_LE_READ_PHY, HCI_UNKNOWN_CONNECTION);
	assert_int_equal(happening.kind, HCI_GAP_NOTE);
	fresh_with(HAS_CODED);
	const struct hci_command_format *f = hci_command_format(HCI_LE_READ_PHY);
	controller.commands[f->octet] &= (uint8_t) ~(1U << f->bit);
	(void)link_on(HCI_PHY_NONE, HCI_PHY_NONE);
	nothing_more();
}

/* 7.7.65.12. */
static void an_update_sets_the_phys_of_the_link(void **state)
{
	struct hci_link *link;

	(void)state;
	fresh_with(HAS_2M);
	link = link_on(HCI_PHY_1M, HCI_PHY_NONE);
	EVENT(4, 0x3e, 6, 0x0c, 0, 0x2a, 0xf0, 2, 3);
	assert_int_equal(happening.kind, HCI_GAP_PHY);
	assert_ptr_equal(happening.link, link);
	assert_int_equal(link->tx_phy, HCI_PHY_2M);
	assert_int_equal(link->rx_phy, HCI_PHY_CODED);
	/* A failure is noted; another link, and a PHY that does not exist, change nothing. */
	EVENT(4, 0x3e, 6, 0x0c, HCI_UNSUPPORTED_REMOTE_FEATURE, 0x2a, 0, 1, 1);
	assert_int_equal(happening.kind, HCI_GAP_NOTE);
	assert_int_equal(happening.opcode, HCI_LE_SET_PHY);
	assert_int_equal(happening.status, HCI_UNSUPPORTED_REMOTE_FEATURE);
	EVENT(4, 0x3e, 6, 0x0c, 0, 0x2b, 0, 1, 1);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	EVENT(4, 0x3e, 6, 0x0c, 0, 0x2a, 0, 4, 1);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	EVENT(4, 0x3e, 6, 0x0c, 0, 0x2a, 0, 1, 0);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	assert_int_equal(link->tx_phy, HCI_PHY_2M);
	assert_int_equal(link->rx_phy, HCI_PHY_CODED);
	nothing_more();
}

/* ---- LE 2M: 7.8.49 --------------------------------------------------------------------------- */

/* A link that may be switched, unless a test changes it. */
static struct hci_link *encrypted_link(void)
{
	struct hci_link *link;

	fresh_with(HAS_2M | HAS_CODED);
	link = link_on(HCI_PHY_1M, HCI_PHY_NONE);
	EVENT(4, 0x3e, 12, 4, 0, 0x2a, 0, 0, 1, 0, 0, 0, 0, 0, 0);
	assert_int_equal(happening.kind, HCI_GAP_REMOTE_FEATURES);
	EVENT(4, 0x08, 4, 0, 0x2a, 0, 1);
	assert_true(link->encrypted);
	return link;
}

static void a_link_is_switched_to_2m_once_if_both_ends_have_it(void **state)
{
	struct hci_link *link = encrypted_link();

	(void)state;
	hci_gap_use_fast_phy(&gap, link);
	/* Both directions, no preference for coding. */
	SENT(HCI_LE_SET_PHY, 0, 0x2a, 0, 0, 2, 2, 0, 0);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	hci_gap_use_fast_phy(&gap, link);
	nothing_more();
}

static void a_refused_switch_is_noted(void **state)
{
	struct hci_link *link = encrypted_link();

	(void)state;
	hci_gap_use_fast_phy(&gap, link);
	command(HCI_LE_SET_PHY, HCI_UNSUPPORTED_REMOTE_FEATURE);
	assert_int_equal(happening.kind, HCI_GAP_NOTE);
	assert_true(link->used);
}

static void a_link_that_stays_on_its_phy(void **state)
{
	struct hci_link *link;

	(void)state;
	link = encrypted_link(); /* a peripheral leaves it to the central */
	link->central = false;
	hci_gap_use_fast_phy(&gap, link);
	link = encrypted_link(); /* the peer may not answer, and encryption would wait for it */
	link->encrypted = false;
	hci_gap_use_fast_phy(&gap, link);
	link = encrypted_link();
	link->encrypting = true;
	hci_gap_use_fast_phy(&gap, link);
	link = encrypted_link(); /* far away */
	link->tx_phy = HCI_PHY_CODED;
	hci_gap_use_fast_phy(&gap, link);
	link = encrypted_link(); /* the peer lacks it, or has not said so */
	memset(link->features, 0, sizeof(link->features));
	hci_gap_use_fast_phy(&gap, link);
	link = encrypted_link(); /* --phy 1m */
	assert_true(hci_gap_limit_phys(&gap, HCI_PHYS_1M));
	command(HCI_LE_SET_DEFAULT_PHY, 0);
	hci_gap_use_fast_phy(&gap, link);
	nothing_more();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(coded_phy_is_scanned_in_turn_with_1m),
		cmocka_unit_test(a_controller_without_extended_commands_scans_on_1m),
		cmocka_unit_test(the_user_limits_the_phys),
		cmocka_unit_test(phys_that_the_controller_lacks_limit_nothing),
		cmocka_unit_test(a_peer_is_connected_on_the_phys_where_it_was_seen),
		cmocka_unit_test(the_limit_that_is_sent_has_no_phys_that_the_controller_lacks),
		cmocka_unit_test(no_link_begins_on_a_phy_that_is_not_to_be_used),
		cmocka_unit_test(a_peer_that_was_not_seen_is_called_on_every_phy),
		cmocka_unit_test(another_try_is_on_the_same_phy),
		cmocka_unit_test(a_link_begins_on_the_phy_where_the_peer_was_seen),
		cmocka_unit_test(the_controller_is_asked_for_a_phy_that_is_not_known),
		cmocka_unit_test(an_update_sets_the_phys_of_the_link),
		cmocka_unit_test(a_link_is_switched_to_2m_once_if_both_ends_have_it),
		cmocka_unit_test(a_refused_switch_is_noted),
		cmocka_unit_test(a_link_that_stays_on_its_phy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The peer that a label stands for. */
#include "command/label.h"

#include <string.h>

#include "cli/store/fixture.h"

static struct outcome outcome;
static struct label_peer peer;

/* An attempt with the unit; address may be "", and key the key of the unit. */
static void attempt_with(const char *label, const char *address, const char *key,
			 const struct bond_record *bond)
{
	struct attempt attempt;
	struct store_entry entry = {.attempt = &attempt, .bond = bond, .rule = STORE_REPLACE};

	attempt_init(&attempt, bond ? "paired" : "failed", bond ? CLI_OK : CLI_TIMED_OUT, NULL,
		     ATTEMPT_NONE);
	(void)strcpy(attempt.peer, address);
	attempt.label = label;
	attempt.unit = key;
	assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
}

static void pair_with(const char *label, uint8_t seed)
{
	struct bond_record bond = record(seed, true);
	char address[ADDRESS_TEXT];

	attempt_with(label, address_format(&bond.peer, address), NULL, &bond);
}

static bool finds(const char *label, bool bonded)
{
	memset(&peer, 0, sizeof(peer));
	return label_find(&store, label, bonded, &peer, &outcome) == 0;
}

static void a_label_finds_the_bond_of_its_unit(void **state)
{
	struct bond_record bond = record(1, true);

	(void)state;
	open_store();
	pair_with("SN-1", 1);
	pair_with("SN-2", 2);
	assert_true(finds("SN-1", true));
	assert_true(peer.has_bond && peer.typed);
	assert_true(address_equal(&peer.address, &bond.peer));
	/* Failures under other addresses hide no bond. */
	attempt_with("SN-1", "40:00:00:00:00:01", NULL, NULL);
	assert_true(finds("SN-1", false));
	assert_true(address_equal(&peer.address, &bond.peer));
}

static void a_peer_with_two_addresses_is_one(void **state)
{
	struct bond_record bond = record(1, true);
	char address[ADDRESS_TEXT];

	(void)state;
	open_store();
	pair_with("SN-1", 1);
	attempt_with("SN-1", address_format(bond_identity(&bond), address), NULL, NULL);
	assert_true(finds("SN-1", true));
	assert_true(address_equal(&peer.address, &bond.peer));
}

static void several_peers_of_a_label_are_listed(void **state)
{
	(void)state;
	open_store();
	pair_with("SN-1", 1);
	pair_with("SN-1", 2);
	assert_int_equal(label_find(&store, "SN-1", true, &peer, &outcome), 1);
	assert_int_equal(outcome.exit, CLI_USAGE);
	assert_string_equal(outcome.text, "2 peers have the label \"SN-1\"");
	assert_string_equal(outcome.detail, "46:05:04:03:02:01, 46:05:04:03:02:02");
	assert_string_equal(outcome.advice, "name one of them by its address");
	for (uint8_t seed = 3; seed < 30; seed++)
		pair_with("SN-1", seed);
	assert_false(finds("SN-1", true));
	assert_string_equal(outcome.text, "16 peers have the label \"SN-1\"");
	assert_non_null(strstr(outcome.detail, "46:05:04:03:02:1D"));
}

static void a_unit_without_a_bond_is_a_peer_but_no_bond(void **state)
{
	(void)state;
	open_store();
	attempt_with("SN-1", "", "C4:00:00:00:00:01/random", NULL);
	attempt_with("SN-1", "C4:00:00:00:00:01", "C4:00:00:00:00:01/random", NULL);
	attempt_with("SN-2", "", "line 2", NULL);
	assert_true(finds("SN-1", false));
	assert_true(!peer.has_bond && peer.typed);
	assert_int_equal(peer.address.type, ADDRESS_RANDOM);
	assert_int_equal(peer.address.octets[0], 1);
	assert_false(finds("SN-1", true));
	assert_int_equal(outcome.exit, CLI_USAGE);
	assert_non_null(strstr(outcome.text, "there is no bond with the label \"SN-1\" in "));
	assert_false(finds("SN-2", false));
	assert_non_null(strstr(outcome.text, "there is no peer with the label \"SN-2\" in "));
}

static void a_store_that_is_damaged_is_reported(void **state)
{
	(void)state;
	open_store();
	pair_with("SN-1", 1);
	execute("UPDATE bond SET key_size = 1");
	assert_false(finds("SN-1", true));
	assert_non_null(strstr(outcome.text, "it is damaged (a bond"));
	execute("UPDATE attempt SET time = 'x'");
	assert_false(finds("SN-1", true));
	assert_non_null(strstr(outcome.text, "it is damaged (an attempt"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_label_finds_the_bond_of_its_unit),
		CASE(a_peer_with_two_addresses_is_one),
		CASE(several_peers_of_a_label_are_listed),
		CASE(a_unit_without_a_bond_is_a_peer_but_no_bond),
		CASE(a_store_that_is_damaged_is_reported),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}

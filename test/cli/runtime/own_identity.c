/* SPDX-License-Identifier: MIT */
/* Who we are on air: by the options, the controller, the store, and the bond with the peer. */
#include "runtime/own_identity.h"

#include <stdio.h>
#include <string.h>

#include "cli/store/fixture.h"
#include "hci/gap.h"
#include "stack.h"

static const uint8_t controller_address[6] = {1, 2, 3, 4, 5, 6};
static const struct crypto_address peer = {ADDRESS_RANDOM, {9, 8, 7, 6, 5, 0xc4}};
static const struct crypto_address ours = {ADDRESS_RANDOM, {1, 1, 1, 1, 1, 0xc1}};
static const struct crypto_address theirs = {ADDRESS_PUBLIC, {6, 5, 4, 3, 2, 1}};

static struct options options;
static struct hci_controller_info controller;
static struct event_output events;
static struct own_identity own;
static char *notes;

/* The other controllers of the run. */
static struct crypto_address taken[2];
static size_t taken_count;

static const char *having(void *ctx, const struct crypto_address *identity)
{
	(void)ctx;
	for (size_t i = 0; i < taken_count; i++)
		if (address_equal(&taken[i], identity))
			return "usb:1-4";
	return NULL;
}

static const struct own_others others = {having, NULL};

static int begin(void **state)
{
	if (fresh(state))
		return -1;
	open_store();
	memset(&options, 0, sizeof(options));
	memset(&own, 0, sizeof(own));
	options.peer = peer;
	options.peer_typed = true;
	events = (struct event_output){.json = true, .brief = true}; /* without -v */
	controller =
		(struct hci_controller_info){.has_address = true, .address_state = HCI_ADDRESS_OWN};
	taken_count = 0;
	memcpy(controller.address, controller_address, 6);
	free(notes);
	notes = NULL;
	return 0;
}

/* Chooses, with what is printed in notes. */
static int choose(bool be_known_to_peer)
{
	FILE *old = stdout;
	size_t len;
	int status;

	free(notes);
	stdout = open_memstream(&notes, &len);
	assert_non_null(stdout);
	status = own_identity_choose(&own, &options, be_known_to_peer, &controller, &others, &store,
				     &events, &failure);
	(void)fclose(stdout);
	stdout = old;
	if (status)
		print_error("%s\n", failure.text);
	return status;
}

static bool is_zero(const uint8_t *octets, size_t len)
{
	while (len && !octets[len - 1])
		len--;
	return !len;
}

static void assert_is_controller_address(const struct crypto_address *address)
{
	assert_int_equal(address->type, ADDRESS_PUBLIC);
	assert_memory_equal(address->octets, controller_address, 6);
}

/* Its public address would be on air, and the old one in the values of SMP. */
static void another_controller_at_the_same_place_is_who_it_is(void **state)
{
	uint8_t irk[16];

	(void)state;
	assert_int_equal(choose(false), 0);
	memcpy(irk, own.irk, sizeof(irk));
	controller.address[0] = 0x77;
	assert_int_equal(choose(false), 0);
	assert_memory_equal(own.address.octets, controller.address, 6);
	assert_memory_equal(own.identity.octets, controller.address, 6);
	assert_memory_not_equal(own.irk, irk, sizeof(irk));
	/* One that was not asked again has the same. */
	controller.address_state = HCI_ADDRESS_UNREAD;
	memset(controller.address, 0, sizeof(controller.address));
	assert_int_equal(choose(false), 0);
	assert_int_equal(own.address.octets[0], 0x77);
}

static void the_public_address_is_the_usual_one(void **state)
{
	(void)state;
	assert_int_equal(choose(false), 0);
	assert_true(own.chosen);
	assert_int_equal(own.type, HCI_OWN_PUBLIC);
	assert_is_controller_address(&own.address);
	assert_is_controller_address(&own.identity);
	assert_false(is_zero(own.irk, 16));
	assert_string_equal(notes, "");
}

static void a_choice_is_made_once(void **state)
{
	struct own_identity before;

	(void)state;
	options.own_address = OWN_RPA;
	assert_int_equal(choose(false), 0);
	before = own;
	options.own_address = OWN_STATIC;
	assert_int_equal(choose(false), 0);
	assert_memory_equal(&own, &before, sizeof(own));
}

/* With the same IRK, so that a peer that has it knows us again. */
static void an_identity_has_the_same_irk_in_every_run(void **state)
{
	struct own_identity before;

	(void)state;
	assert_int_equal(choose(false), 0);
	before = own;
	memset(&own, 0, sizeof(own));
	assert_int_equal(choose(false), 0);
	assert_memory_equal(own.irk, before.irk, 16);
	controller.address[0]++;
	memset(&own, 0, sizeof(own));
	assert_int_equal(choose(false), 0);
	assert_memory_not_equal(own.irk, before.irk, 16);
}

static void a_static_address_is_kept(void **state)
{
	struct own_identity before;

	(void)state;
	options.own_address = OWN_STATIC;
	assert_int_equal(choose(false), 0);
	assert_int_equal(own.type, HCI_OWN_RANDOM);
	assert_true(address_is_static(&own.address));
	assert_true(address_equal(&own.address, &own.identity));
	before = own;
	memset(&own, 0, sizeof(own));
	assert_int_equal(choose(false), 0);
	assert_true(address_equal(&own.address, &before.address));
}

static void a_static_address_may_be_given(void **state)
{
	(void)state;
	options.own_address = OWN_STATIC;
	options.has_static = true;
	options.static_address = ours;
	assert_int_equal(choose(false), 0);
	assert_true(address_equal(&own.address, &ours));
	assert_true(address_equal(&own.identity, &ours));
}

static void a_controller_without_a_public_address_uses_a_static_one(void **state)
{
	(void)state;
	controller.has_address = false;
	controller.address_state = HCI_ADDRESS_ZEROS;
	assert_int_equal(choose(false), 0);
	assert_true(address_is_static(&own.address));
	assert_int_equal(own.type, HCI_OWN_RANDOM);
	assert_non_null(strstr(notes, "no public address of its own (all zero): using a static"));
}

/* Zephyr's, so that it is the same with every host and every store. */
static void the_static_address_of_the_chip_comes_before_one_of_the_store(void **state)
{
	static const uint8_t made[6] = {1, 2, 3, 4, 5, 0xd6};
	struct own_identity of_store;

	(void)state;
	options.own_address = OWN_STATIC;
	assert_int_equal(choose(false), 0);
	of_store = own;
	memset(&own, 0, sizeof(own));
	options.own_address = OWN_AUTO;
	controller = (struct hci_controller_info){.address_state = HCI_ADDRESS_ZEROS,
						  .has_static_address = true};
	memcpy(controller.static_address, made, 6);
	assert_int_equal(choose(false), 0);
	assert_int_equal(own.identity.type, ADDRESS_RANDOM);
	assert_memory_equal(own.identity.octets, made, 6);
	assert_int_equal(own.type, HCI_OWN_RANDOM);

	/* That of the store was demanded. */
	memset(&own, 0, sizeof(own));
	options.own_address = OWN_STATIC;
	assert_int_equal(choose(false), 0);
	assert_true(address_equal(&own.identity, &of_store.identity));

	/* A controller with a public address has no need of it. */
	memset(&own, 0, sizeof(own));
	options.own_address = OWN_AUTO;
	controller.has_address = true;
	controller.address_state = HCI_ADDRESS_OWN;
	assert_int_equal(choose(false), 0);
	assert_int_equal(own.identity.type, ADDRESS_PUBLIC);
}

static const uint8_t default_of_intel[6] = {0x00, 0x8b, 0x9e, 0x19, 0x03, 0x00};

static void have_a_shared_address(void)
{
	controller = (struct hci_controller_info){.address_state = HCI_ADDRESS_SHARED};
	memcpy(controller.address, default_of_intel, 6);
}

static void a_shared_address_is_none(void **state)
{
	(void)state;
	have_a_shared_address();
	assert_int_equal(choose(false), 0);
	assert_true(address_is_static(&own.address));
	assert_non_null(strstr(notes, "00:03:19:9E:8B:00, the default of Intel"));
}

static void a_shared_address_is_used_if_demanded(void **state)
{
	(void)state;
	have_a_shared_address();
	options.own_address = OWN_PUBLIC;
	assert_int_equal(choose(false), 0);
	assert_int_equal(own.identity.type, ADDRESS_PUBLIC);
	assert_memory_equal(own.identity.octets, default_of_intel, 6);
	assert_string_equal(notes, "");
}

/* Earlier versions did not know that it is shared. */
static void a_store_that_has_used_a_shared_address_goes_on_with_it(void **state)
{
	struct crypto_address address = {.type = ADDRESS_PUBLIC};
	uint8_t irk[16];

	(void)state;
	have_a_shared_address();
	memcpy(address.octets, default_of_intel, 6);
	assert_int_equal(store_irk(&store, &address, irk, &failure), 0);
	assert_int_equal(choose(false), 0);
	assert_true(address_equal(&own.identity, &address));
	assert_memory_equal(own.irk, irk, 16);
	assert_string_equal(notes, "");
}

/* ---- Several controllers ----------------------------------------------------------------------
 */

static void take(const struct crypto_address *identity)
{
	taken[taken_count++] = *identity;
	memset(&own, 0, sizeof(own));
}

static void a_public_address_of_another_controller_is_not_used(void **state)
{
	struct crypto_address same = {.type = ADDRESS_PUBLIC};

	(void)state;
	memcpy(same.octets, controller_address, 6);
	take(&same);
	assert_int_equal(choose(false), 0);
	assert_true(address_is_static(&own.identity));
	assert_non_null(strstr(notes, "the same public address as usb:1-4, 06:05:04:03:02:01: "
				      "using a static random one"));

	memset(&own, 0, sizeof(own));
	options.own_address = OWN_PUBLIC;
	assert_int_equal(choose(false), 0);
	assert_is_controller_address(&own.identity);
	assert_non_null(strstr(notes, "nevertheless, as --own-address demands"));
}

/* The next run has the same ones. */
static void controllers_without_an_address_have_different_ones(void **state)
{
	struct crypto_address first, second;

	(void)state;
	for (int run = 0; run < 2; run++) {
		controller.has_address = false;
		controller.address_state = HCI_ADDRESS_ONES;
		assert_int_equal(choose(false), 0);
		if (run)
			assert_true(address_equal(&own.identity, &first));
		first = own.identity;
		take(&first);
		assert_int_equal(choose(false), 0);
		assert_true(address_is_static(&own.identity));
		assert_false(address_equal(&own.identity, &first));
		if (run)
			assert_true(address_equal(&own.identity, &second));
		second = own.identity;
		taken_count = 0;
		memset(&own, 0, sizeof(own));
	}
}

static void chips_made_with_one_static_address_have_different_ones(void **state)
{
	struct crypto_address made = {.type = ADDRESS_RANDOM, .octets = {1, 2, 3, 4, 5, 0xd6}};

	(void)state;
	controller = (struct hci_controller_info){.address_state = HCI_ADDRESS_ZEROS,
						  .has_static_address = true};
	memcpy(controller.static_address, made.octets, 6);
	take(&made);
	assert_int_equal(choose(false), 0);
	assert_true(address_is_static(&own.identity));
	assert_false(address_equal(&own.identity, &made));
}

/* So that units know a station by one identity, whichever dongle serves them. */
static void a_static_address_that_is_demanded_may_be_that_of_several(void **state)
{
	(void)state;
	options.own_address = OWN_STATIC;
	assert_int_equal(choose(false), 0);
	take(&own.identity);
	assert_int_equal(choose(false), 0);
	assert_true(address_equal(&own.identity, &taken[0]));
}

static void a_resolvable_address_hides_the_identity(void **state)
{
	(void)state;
	options.own_address = OWN_RPA;
	assert_int_equal(choose(false), 0);
	assert_int_equal(own.type, HCI_OWN_RANDOM);
	assert_is_controller_address(&own.identity);
	assert_false(address_equal(&own.address, &own.identity));
	assert_true(address_resolves(&own.address, own.irk));
}

/* ---- With a bond ----------------------------------------------------------------------------- */

static void add_bond(const struct crypto_address *local, const struct crypto_address *identity)
{
	struct bond_record record = {.central = true, .local = *local, .peer = peer};
	struct store_entry entry = {.bond = &record, .rule = STORE_REPLACE};

	record.bond.bonded = true;
	record.bond.key_size = 16;
	record.bond.method = SMP_JUST_WORKS;
	record.bond.peer.has_ltk = true;
	memset(record.bond.peer.ltk, 7, 16);
	if (identity) {
		record.bond.local.has_identity = record.bond.local.has_irk = true;
		record.bond.local.identity = *identity;
		memset(record.bond.local.irk, 8, 16);
	}
	(void)snprintf(record.made, sizeof(record.made), "2026-01-01T00:00:00.000Z");
	if (store_write(&store, &entry, 1, &failure))
		fail_msg("%s", failure.text);
}

static void a_bond_is_ours_by_the_address_on_air_or_the_identity(void **state)
{
	const struct crypto_address other = {ADDRESS_RANDOM, {9, 9, 9, 9, 9, 0xc9}};
	struct own_identity us = {.address = {ADDRESS_RANDOM, {1, 2, 3, 4, 5, 0x46}},
				  .identity = {ADDRESS_RANDOM, {1, 2, 3, 4, 5, 0xc6}}};
	struct bond_record bond = {.local = other};

	(void)state;
	assert_false(own_identity_made(&us, &bond));
	bond.bond.local.identity = us.identity;
	assert_false(own_identity_made(&us, &bond)); /* it was not distributed */
	bond.bond.local.has_identity = true;
	assert_true(own_identity_made(&us, &bond));
	bond.bond.local.identity = other;
	assert_false(own_identity_made(&us, &bond));
	bond.local = us.address;
	assert_true(own_identity_made(&us, &bond));
}

static void a_peer_is_met_as_the_one_that_it_bonded_with(void **state)
{
	(void)state;
	add_bond(&ours, NULL);
	assert_int_equal(choose(true), 0);
	assert_true(address_equal(&own.address, &ours));
	assert_true(address_equal(&own.identity, &ours));
	assert_string_equal(notes, "");
}

static void the_identity_that_it_was_given_comes_before_the_address_of_then(void **state)
{
	static const struct crypto_address resolvable = {ADDRESS_RANDOM, {3, 3, 3, 3, 3, 0x41}};

	(void)state;
	add_bond(&resolvable, &ours);
	assert_int_equal(choose(true), 0);
	assert_true(address_equal(&own.address, &ours));
}

static void a_bond_matters_only_to_a_command_that_uses_it(void **state)
{
	(void)state;
	add_bond(&ours, NULL);
	assert_int_equal(choose(false), 0);
	assert_is_controller_address(&own.address);

	memset(&own, 0, sizeof(own));
	options.peer = theirs; /* with which there is none */
	assert_int_equal(choose(true), 0);
	assert_is_controller_address(&own.address);

	memset(&own, 0, sizeof(own));
	options.peer = peer;
	options.own_address = OWN_PUBLIC; /* was demanded */
	assert_int_equal(choose(true), 0);
	assert_is_controller_address(&own.address);
}

/* Directed advertising: Core Vol 6 Part B 2.3.1.2 and 6.5. */
static void a_target_is_us_hidden_or_another(void **state)
{
	static const uint8_t other_irk[16] = {7};
	struct hci_advertisement a = {.directed = true};
	struct crypto_address target;

	(void)state;
	options.own_address = OWN_RPA;
	assert_int_equal(choose(false), 0);
	/* The controller says no more: it is our address on air. */
	assert_int_equal(own_identity_target(&own, &a), OWN_TARGET_US);
	a.has_target = true;
	a.target_type = own.address.type;
	memcpy(a.target, own.address.octets, 6);
	assert_int_equal(own_identity_target(&own, &a), OWN_TARGET_US);
	a.target_type = own.identity.type;
	memcpy(a.target, own.identity.octets, 6);
	assert_int_equal(own_identity_target(&own, &a), OWN_TARGET_HIDDEN);
	a.target_type = !own.identity.type;
	assert_int_equal(own_identity_target(&own, &a), OWN_TARGET_ANOTHER);
	a.target_type = ADDRESS_RANDOM;
	assert_int_equal(address_make_resolvable(&target, own.irk), 0);
	memcpy(a.target, target.octets, 6);
	assert_int_equal(own_identity_target(&own, &a), OWN_TARGET_HIDDEN);
	assert_int_equal(address_make_resolvable(&target, other_irk), 0);
	memcpy(a.target, target.octets, 6);
	assert_int_equal(own_identity_target(&own, &a), OWN_TARGET_ANOTHER);
}

/* A public address cannot be taken along to another controller. */
static void a_bond_of_another_controller_is_noted(void **state)
{
	(void)state;
	add_bond(&theirs, NULL);
	assert_int_equal(choose(true), 0);
	assert_is_controller_address(&own.address);
	assert_non_null(strstr(notes, "with another controller"));

	assert_int_equal(gone(NULL) | begin(NULL), 0);
	struct crypto_address last = {.type = ADDRESS_PUBLIC};
	memcpy(last.octets, controller_address, 6);
	last.octets[5]++; /* differs in one octet */
	add_bond(&last, NULL);
	assert_int_equal(choose(true), 0);
	assert_is_controller_address(&own.address);
	assert_non_null(strstr(notes, "with another controller"));

	assert_int_equal(gone(NULL) | begin(NULL), 0);
	struct crypto_address here = {.type = ADDRESS_PUBLIC};
	memcpy(here.octets, controller_address, 6);
	add_bond(&here, NULL);
	assert_int_equal(choose(true), 0);
	assert_is_controller_address(&own.address);
	assert_string_equal(notes, "");
}

/* Its peer knows it by nothing else. */
static void a_bond_with_a_shared_address_is_used_with_it(void **state)
{
	struct crypto_address address = {.type = ADDRESS_PUBLIC};

	(void)state;
	have_a_shared_address();
	memcpy(address.octets, default_of_intel, 6);
	add_bond(&address, NULL);
	assert_int_equal(choose(true), 0);
	assert_true(address_equal(&own.identity, &address));
	assert_string_equal(notes, "");
}

static void choose_a_bond(void)
{
	assert_int_equal(own_identity_choose(&own, &options, true, &controller, &others, &store,
					     &events, &failure),
			 0);
}

static void the_keys_of_a_bond_are_not_left_on_the_stack(void **state)
{
	static const uint8_t ltk[16] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};

	(void)state;
	add_bond(&ours, NULL);
	stack_run(choose_a_bond);
	assert_false(stack_holds(ltk, sizeof(ltk)));
	assert_true(address_equal(&own.address, &ours));
}

/* ---- Failures -------------------------------------------------------------------------------- */

static void a_store_that_cannot_be_used_is_a_failure(void **state)
{
	static struct store broken;

	(void)state;
	for (int way = 0; way < 3; way++) {
		assert_int_equal(store_init(&broken, "/dev/null/store", &failure), 0);
		memset(&own, 0, sizeof(own));
		failure = (struct failure){CLI_OK, ""};
		options.own_address = way == 1 ? OWN_STATIC : OWN_AUTO;
		assert_int_equal(own_identity_choose(&own, &options, way == 2, &controller, &others,
						     &broken, &events, &failure),
				 -1);
		assert_int_not_equal(failure.exit, CLI_OK);
		assert_true(*failure.text);
		assert_false(own.chosen);
		store_close(&broken);
	}
}

static unsigned fail_at, drawn;

int __real_crypto_random(void *ctx, uint8_t *out, size_t len);
int __wrap_crypto_random(void *ctx, uint8_t *out, size_t len);

int __wrap_crypto_random(void *ctx, uint8_t *out, size_t len)
{
	return ++drawn == fail_at ? -1 : __real_crypto_random(ctx, out, len);
}

/* Each time that random octets are needed, in turn. */
static void without_random_octets_there_is_no_identity(void **state)
{
	static const enum own_address addresses[] = {OWN_STATIC, OWN_RPA};

	for (size_t i = 0; i < COUNT(addresses); i++) {
		for (fail_at = 1;; fail_at++) {
			assert_int_equal(gone(NULL) | begin(state), 0);
			options.own_address = addresses[i];
			drawn = 0;
			int status = choose(false);
			if (drawn < fail_at) {
				assert_int_equal(status, 0);
				break;
			}
			assert_int_equal(status, -1);
			assert_int_equal(failure.exit, CLI_INTERNAL);
			assert_false(own.chosen);
		}
		assert_true(fail_at >= 3); /* an IRK, and an address */
	}
	fail_at = 0;
}

static void a_wiped_identity_has_no_key(void **state)
{
	(void)state;
	assert_int_equal(choose(false), 0);
	own_identity_wipe(&own);
	assert_true(is_zero(own.irk, 16));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, gone)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_public_address_is_the_usual_one),
		TEST(another_controller_at_the_same_place_is_who_it_is),
		TEST(a_choice_is_made_once),
		TEST(an_identity_has_the_same_irk_in_every_run),
		TEST(a_static_address_is_kept),
		TEST(a_static_address_may_be_given),
		TEST(a_controller_without_a_public_address_uses_a_static_one),
		TEST(the_static_address_of_the_chip_comes_before_one_of_the_store),
		TEST(a_shared_address_is_none),
		TEST(a_shared_address_is_used_if_demanded),
		TEST(a_store_that_has_used_a_shared_address_goes_on_with_it),
		TEST(a_public_address_of_another_controller_is_not_used),
		TEST(controllers_without_an_address_have_different_ones),
		TEST(chips_made_with_one_static_address_have_different_ones),
		TEST(a_static_address_that_is_demanded_may_be_that_of_several),
		TEST(a_resolvable_address_hides_the_identity),
		TEST(a_peer_is_met_as_the_one_that_it_bonded_with),
		TEST(a_bond_is_ours_by_the_address_on_air_or_the_identity),
		TEST(the_identity_that_it_was_given_comes_before_the_address_of_then),
		TEST(a_bond_matters_only_to_a_command_that_uses_it),
		TEST(a_target_is_us_hidden_or_another),
		TEST(a_bond_of_another_controller_is_noted),
		TEST(a_bond_with_a_shared_address_is_used_with_it),
		TEST(the_keys_of_a_bond_are_not_left_on_the_stack),
		TEST(a_store_that_cannot_be_used_is_a_failure),
		TEST(without_random_octets_there_is_no_identity),
		TEST(a_wiped_identity_has_no_key),
	};
	int failed = cmocka_run_group_tests(tests, start, NULL);

	free(notes);
	return failed;
}

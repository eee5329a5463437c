/* SPDX-License-Identifier: MIT */
#include "selftest/compare.h"

#include <string.h>

#include "unit.h"

static const struct selftest_model *model;
static struct smp_bond central, peripheral;
static char text[200];

static const struct selftest_model *named(const char *name)
{
	size_t count;
	const struct selftest_model *models = selftest_models(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(models[i].name, name) == 0)
			return &models[i];
	fail();
	return NULL;
}

static struct smp_keys keys_with(uint8_t octet)
{
	struct smp_keys k = {.has_ltk = true,
			     .has_irk = true,
			     .has_identity = true,
			     .ediv = octet,
			     .identity = {.type = 1}};

	memset(k.ltk, octet, sizeof(k.ltk));
	memset(k.rand, octet, sizeof(k.rand));
	memset(k.irk, octet, sizeof(k.irk));
	memset(k.identity.octets, octet, sizeof(k.identity.octets));
	return k;
}

/* Both ends of a good pairing. */
static void pair_by(const char *name)
{
	model = named(name);
	central = (struct smp_bond){
		.bonded = true,
		.secure_connections = model->secure,
		.authenticated = smp_authenticates(model->central.method, model->secure, false),
		.key_size = 16,
		.method = model->central.method,
		.local = keys_with(0xc0),
		.peer = keys_with(0xd0)};
	peripheral = central;
	peripheral.method = model->peripheral.method;
	peripheral.local = central.peer;
	peripheral.peer = central.local;
}

static void assert_differs(const char *words)
{
	assert_false(selftest_compare(model, &central, &peripheral, text, sizeof(text)));
	assert_string_equal(text, words);
	pair_by(model->name);
	assert_true(selftest_compare(model, &central, &peripheral, text, sizeof(text)));
}

static void both_ends_of_each_model_are_the_same(void **state)
{
	size_t count;
	const struct selftest_model *models = selftest_models(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		pair_by(models[i].name);
		assert_true(selftest_compare(model, &central, &peripheral, text, sizeof(text)));
	}
}

static void each_key_counts_in_both_directions(void **state)
{
	(void)state;
	pair_by("legacy_just_works");
	central.local.ltk[15] ^= 1;
	assert_differs("the LTK of the central is not the same at both ends");
	peripheral.local.ltk[0] ^= 1;
	assert_differs("the LTK of the peripheral is not the same at both ends");
	central.local.ediv ^= 1;
	assert_differs("the EDIV and Rand of the central is not the same at both ends");
	central.peer.rand[7] ^= 1;
	assert_differs("the EDIV and Rand of the peripheral is not the same at both ends");
	peripheral.peer.irk[3] ^= 1;
	assert_differs("the IRK of the central is not the same at both ends");
	central.peer.irk[3] ^= 1;
	assert_differs("the IRK of the peripheral is not the same at both ends");
	peripheral.peer.identity.octets[5] ^= 1;
	assert_differs("the identity address of the central is not the same at both ends");
	central.peer.identity.type ^= 1;
	assert_differs("the identity address of the peripheral is not the same at both ends");
}

/* Two keys that are missing are equal, but nothing was exchanged. */
static void a_key_that_is_missing_at_both_ends_is_a_difference(void **state)
{
	(void)state;
	pair_by("sc_numeric_comparison");
	central.local.has_ltk = peripheral.peer.has_ltk = false;
	assert_differs("the LTK of the central is not the same at both ends");
	central.peer.has_irk = peripheral.local.has_irk = false;
	assert_differs("the IRK of the peripheral is not the same at both ends");
	central.local.has_identity = peripheral.peer.has_identity = false;
	assert_differs("the identity address of the central is not the same at both ends");
}

static void both_ends_have_what_the_model_demands(void **state)
{
	(void)state;
	pair_by("sc_passkey_central_shows");
	central.method = SMP_JUST_WORKS;
	assert_differs("the central used another association model");
	peripheral.method = SMP_PASSKEY_WE_SHOW;
	assert_differs("the peripheral used another association model");
	central.secure_connections = false;
	assert_differs("the central paired without Secure Connections");
	peripheral.authenticated = false;
	assert_differs("the peripheral does not count its bond as authenticated");
	peripheral.key_size = 7;
	assert_differs("the peripheral has a shorter key");
	central.bonded = false;
	assert_differs("the central has no bond");

	pair_by("legacy_passkey_both_type");
	central.authenticated = true;
	assert_differs("the central counts its bond as authenticated");
	peripheral.secure_connections = true;
	assert_differs("the peripheral paired with Secure Connections");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_of_each_model_are_the_same),
		cmocka_unit_test(each_key_counts_in_both_directions),
		cmocka_unit_test(a_key_that_is_missing_at_both_ends_is_a_difference),
		cmocka_unit_test(both_ends_have_what_the_model_demands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

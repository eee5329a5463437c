/* SPDX-License-Identifier: MIT */
#include "base/json_fields.h"

#include <stdlib.h>
#include <string.h>

#include "stack.h"
#include "unit.h"

static void is_json(json_t *value, const char *text)
{
	char *dump = json_dumps(value, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENCODE_ANY);

	assert_string_equal(dump, text);
	free(dump);
	json_decref(value);
}

static void an_address_has_its_type_and_kind(void **state)
{
	struct crypto_address address = {.octets = {1, 2, 3, 4, 5, 0xc6}, .type = 1};

	(void)state;
	is_json(json_address(&address),
		"{\"address\":\"C6:05:04:03:02:01\",\"address_type\":\"random\","
		"\"kind\":\"random static\"}");
	address.type = 0;
	is_json(json_address(&address), "{\"address\":\"C6:05:04:03:02:01\",\"address_type\":"
					"\"public\",\"kind\":\"public\"}");
}

static void a_peer_has_what_is_known_of_it(void **state)
{
	const struct crypto_address random = {.octets = {1, 2, 3, 4, 5, 0xc6}, .type = 1};
	const struct crypto_address public = {.octets = {6, 5, 4, 3, 2, 1}};
	struct json_peer peer = {.text = "C6:05:04:03:02:01"};

	(void)state;
	is_json(json_peer(&peer), "{\"address\":\"C6:05:04:03:02:01\"}");
	peer = (struct json_peer){.address = &random, .name = "", .label = ""};
	is_json(json_peer(&peer),
		"{\"address\":\"C6:05:04:03:02:01\",\"address_type\":\"random\",\"kind\":"
		"\"random static\"}");
	peer = (struct json_peer){
		.address = &random, .identity = &public, .name = "lamp\xff", .label = "SN-1"};
	is_json(json_peer(&peer),
		"{\"address\":\"C6:05:04:03:02:01\",\"address_type\":\"random\",\"kind\":"
		"\"random static\",\"identity\":{\"address\":\"01:02:03:04:05:06\","
		"\"address_type\":\"public\",\"kind\":\"public\"},\"name\":\"lamp\xef\xbf\xbd\","
		"\"label\":\"SN-1\"}");
}

static void a_value_has_its_most_significant_octet_first(void **state)
{
	(void)state;
	is_json(json_hex((const uint8_t *)"\x01\x02\xff", 3), "\"ff0201\"");
}

static void a_value_has_at_most_64_octets(void **state)
{
	uint8_t value[65];
	json_t *text;

	(void)state;
	memset(value, 0xab, sizeof(value));
	text = json_hex(value, 64);
	assert_int_equal(json_string_length(text), 128);
	json_decref(text);
	is_json(json_hex(value, 65), "\"\"");
}

static uint8_t key[16];
static json_t *key_text;

static void print_key(void)
{
	key_text = json_hex(key, 16);
}

static void a_key_is_not_left_on_the_stack(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < 16; i++)
		key[i] = (uint8_t)(0xf0 ^ i * 7);
	stack_run(print_key);
	assert_false(stack_holds(json_string_value(key_text), 32));
	json_decref(key_text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_has_its_type_and_kind),
		cmocka_unit_test(a_peer_has_what_is_known_of_it),
		cmocka_unit_test(a_value_has_its_most_significant_octet_first),
		cmocka_unit_test(a_value_has_at_most_64_octets),
		cmocka_unit_test(a_key_is_not_left_on_the_stack),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

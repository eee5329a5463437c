/* SPDX-License-Identifier: MIT */
#include "base/oob.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "stack.h"
#include "unit.h"

static struct failure failure;

#define A "00112233445566778899aabbccddeeff"
#define B "ffeeddccbbaa99887766554433221100"

#define LONG	 "tk=" A ",confirm=" A ",random=" A ",random=" A
#define EXPECTED "; expected tk=HEX or confirm=HEX,random=HEX with 32 hexadecimal digits each"

static char folder[32], path[64];

static int values; /* of jansson, allocated */

static void *count_malloc(size_t size)
{
	values++;
	return malloc(size);
}

static void count_free(void *memory)
{
	values -= memory != NULL;
	free(memory);
}

static int make_folder(void **state)
{
	(void)state;
	json_set_alloc_funcs(count_malloc, count_free);
	(void)strcpy(folder, "/tmp/blepair-test.XXXXXX");
	failure = (struct failure){0};
	if (!mkdtemp(folder) || chdir(folder)) /* a file "-" would appear here */
		return -1;
	(void)snprintf(path, sizeof(path), "%s/own.json", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(path);
	(void)unlink("-");
	assert_int_equal(values, 0); /* nothing is leaked */
	return rmdir(folder);
}

static void put(const char *content)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static void as_text(void **state)
{
	struct smp_oob oob = {0};
	char text[33];

	(void)state;
	assert_int_equal(oob_parse("tk=" A, &oob, &failure), 0);
	assert_true(oob.has_tk && !oob.has_peer);
	assert_int_equal(oob.tk[15], 0x00); /* the most significant octet was written first */
	assert_int_equal(oob.tk[0], 0xff);
	assert_int_equal(oob_parse("random=" B ",confirm=" A, &oob, &failure), 0);
	assert_true(oob.has_tk && oob.has_peer);
	assert_string_equal(hex_format(oob.peer_random, 16, text), B);
	assert_string_equal(hex_format(oob.peer_confirm, 16, text), A);
	assert_string_equal(hex_format(oob.tk, 16, text), A);
	oob = (struct smp_oob){0};
	assert_int_equal(oob_parse("confirm=" A ",random=" B ",tk=" B, &oob, &failure), 0);
	assert_true(oob.has_tk && oob.has_peer);
	oob = (struct smp_oob){0};
	assert_int_equal(oob_parse("confirm=" A ",random=" B, &oob, &failure), 0);
	assert_true(!oob.has_tk && oob.has_peer);
}

/* The part that is wrong is named, without its value. */
static void text_that_is_not_valid(void **state)
{
	static const char *const wrong[][2] = {
		{"", "an empty part is not valid"},
		{"tk", "tk is not valid"},
		{"tk=", "tk is not valid"},
		{"tk=12", "tk is not valid"},
		{"tk=" A "0", "tk is not valid"},
		{"confirm=" A, "confirm or random is missing"},
		{"random=" A, "confirm or random is missing"},
		{"tk=" A ",random=" A, "confirm or random is missing"},
		{"confirm=" A ",random=12", "random is not valid"},
		{"key=" A, "key is not valid"},
		{"tk=" A ",", "an empty part is not valid"},
		{"=" A, "an empty part is not valid"},
		{"tk=0x112233445566778899aabbccddeeff", "tk is not valid"},
		{LONG ",,,", "an empty part is not valid"}, /* 159 characters */
		{LONG ",,,,", "the text is too long"},
	};
	char want[200];

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct smp_oob none = {0};
		assert_int_equal(oob_parse(wrong[i][0], &none, &failure), -1);
		assert_int_equal(failure.exit, CLI_USAGE);
		(void)snprintf(want, sizeof(want), "out-of-band data: %s" EXPECTED, wrong[i][1]);
		assert_string_equal(failure.text, want);
	}
}

static void a_file_has_the_same_names(void **state)
{
	struct smp_oob oob = {0};
	char text[33];

	(void)state;
	put("{\"tk\": \"" A "\"}");
	assert_int_equal(oob_load(path, &oob, &failure), 0);
	assert_true(oob.has_tk && !oob.has_peer);
	assert_string_equal(hex_format(oob.tk, 16, text), A);
	/* The "oob" event of the peer has more fields. */
	oob = (struct smp_oob){0};
	put("{\"event\":\"oob\",\"own\":{\"address\":\"A\"},\"confirm\":\"" A "\",\"random\":\"" B
	    "\",\"time\":0.1}");
	assert_int_equal(oob_load(path, &oob, &failure), 0);
	assert_true(!oob.has_tk && oob.has_peer);
	assert_string_equal(hex_format(oob.peer_confirm, 16, text), A);
	assert_string_equal(hex_format(oob.peer_random, 16, text), B);
}

static void a_file_that_is_not_valid(void **state)
{
	static const char *const wrong[] = {"{}",
					    "{\"key\": \"" A "\"}",
					    "{\"tk\": \"12\"}",
					    "{\"tk\": 12}",
					    "{\"confirm\": \"" A "\"}",
					    "{\"tk\": \"" A "\", \"random\": \"" A "\"}",
					    "{\"tk\": \"" A "\", \"random\": 1}"};
	struct smp_oob oob;
	char want[200];

	(void)state;
	(void)snprintf(want, sizeof(want), "out-of-band data: %s is not valid" EXPECTED, path);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		oob = (struct smp_oob){0};
		put(wrong[i]);
		assert_int_equal(oob_load(path, &oob, &failure), -1);
		assert_int_equal(failure.exit, CLI_USAGE);
		assert_string_equal(failure.text, want);
	}
	put("[\"tk\"]");
	assert_int_equal(oob_load(path, &oob, &failure), -1);
	(void)snprintf(want, sizeof(want), "cannot read %s: not an object; expected a JSON object",
		       path);
	assert_string_equal(failure.text, want);
	put("{\"tk\"");
	assert_int_equal(oob_load(path, &oob, &failure), -1);
	assert_non_null(strstr(failure.text, "':' expected")); /* as jansson reports it */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(oob_load(path, &oob, &failure), -1);
	(void)snprintf(want, sizeof(want), "cannot read %s: No such file or directory", path);
	assert_string_equal(failure.text, want);
}

/* Whether own is a whole set: the public key and the confirm value belong to the secrets. */
static void is_whole(const struct oob_own *own)
{
	uint8_t public_key[64], confirm[16];

	assert_int_equal(crypto_p256_public(own->keypair.private_key, public_key), 0);
	assert_memory_equal(public_key, own->keypair.public_key, 64);
	assert_int_equal(crypto_f4(public_key, public_key, own->random, 0, confirm), 0);
	assert_memory_equal(confirm, own->confirm, 16);
}

static void our_own_data_are_kept_in_a_private_file(void **state)
{
	struct oob_own own[2];
	struct stat status;

	(void)state;
	assert_int_equal(oob_own_load(path, &own[0], &failure), 0);
	is_whole(&own[0]);
	assert_int_equal(oob_own_load(path, &own[1], &failure), 0);
	assert_memory_equal(&own[0], &own[1], sizeof(own[0]));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static void our_own_data_can_be_for_this_run_only(void **state)
{
	struct oob_own own[2], old;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(oob_own_load("-", &own[i], &failure), 0);
		is_whole(&own[i]);
	}
	assert_memory_not_equal(own[0].random, own[1].random, 16);
	assert_memory_not_equal(own[0].keypair.private_key, own[1].keypair.private_key, 32);
	old = own[0];
	assert_int_equal(oob_own_renew("-", &own[0], &failure), 0);
	is_whole(&own[0]);
	assert_memory_not_equal(own[0].random, old.random, 16);
	assert_int_equal(access("-", F_OK), -1);
}

static void a_private_key_that_others_can_read_is_refused(void **state)
{
	static const mode_t modes[] = {0604, 0640, 0602, 0620};
	struct oob_own own;
	char want[64 + sizeof(path)];

	(void)state;
	assert_int_equal(oob_own_load(path, &own, &failure), 0);
	(void)snprintf(want, sizeof(want), "chmod 600 %s", path);
	for (size_t i = 0; i < COUNT(modes); i++) {
		assert_int_equal(chmod(path, modes[i]), 0);
		assert_int_equal(oob_own_load(path, &own, &failure), -1);
		assert_int_equal(failure.exit, CLI_PERMISSION);
		assert_non_null(strstr(failure.text, want));
		assert_int_equal(oob_own_renew(path, &own, &failure), -1);
		assert_non_null(strstr(failure.text, want));
	}
}

static void renewed_data_take_the_place_of_spent_ones(void **state)
{
	struct oob_own own, old, loaded;

	(void)state;
	assert_int_equal(oob_own_load(path, &own, &failure), 0);
	old = own;
	assert_int_equal(oob_own_renew(path, &own, &failure), 0);
	is_whole(&own);
	assert_memory_not_equal(own.random, old.random, 16);
	assert_memory_not_equal(own.keypair.private_key, old.keypair.private_key, 32);
	assert_int_equal(oob_own_load(path, &loaded, &failure), 0);
	assert_memory_equal(&loaded, &own, sizeof(own));
}

static void data_that_cannot_be_written_are_fresh_all_the_same(void **state)
{
	struct oob_own own, old;
	char other[80];

	(void)state;
	(void)snprintf(other, sizeof(other), "%s/no/own.json", folder);
	assert_int_equal(oob_own_load(other, &own, &failure), -1);
	assert_non_null(strstr(failure.text, "No such file or directory"));
	assert_int_equal(oob_own_load("-", &own, &failure), 0);
	old = own;
	assert_int_equal(oob_own_renew(other, &own, &failure), -1);
	assert_non_null(strstr(failure.text, "No such file or directory"));
	is_whole(&own);
	assert_memory_not_equal(own.random, old.random, 16);
}

#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void a_file_of_another_kind_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "{}", "[]", "{\"private_key\": \"" KEY "\"}", "{\"own_random\": \"" A "\"}",
		"{\"private_key\": \"" KEY "\", \"own_random\": \"12\"}",
		"{\"private_key\": \"12\", \"own_random\": \"" A "\"}",
		/* zero is no private key */
		"{\"private_key\": "
		"\"0000000000000000000000000000000000000000000000000000000000000000\", "
		"\"own_random\": \"" A "\"}"};
	struct oob_own own;
	char want[200];

	(void)state;
	put("{\"private_key\": \"" KEY "\", \"own_random\": \"" A "\"}");
	assert_int_equal(oob_own_load(path, &own, &failure), 0);
	is_whole(&own);
	assert_int_equal(own.random[0], 0xff);
	(void)snprintf(want, sizeof(want),
		       "%s is not a file of --oob-own; name one that does not exist to create it",
		       path);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		put(wrong[i]);
		assert_int_equal(oob_own_load(path, &own, &failure), -1);
		assert_int_equal(failure.exit, CLI_USAGE);
		assert_string_equal(failure.text, want);
	}
}

/* The peer gets the confirm and the random value, never the private key. */
static void the_event_has_what_the_peer_takes(void **state)
{
	const struct crypto_address address = {.octets = {1, 2, 3, 4, 5, 6}};
	struct oob_own own = {.confirm = {1}, .random = {2}};
	json_t *event = oob_event(&own, &address);
	char *text = json_dumps(event, JSON_COMPACT | JSON_PRESERVE_ORDER);
	struct smp_oob oob = {0};

	(void)state;
	assert_string_equal(text, "{\"event\":\"oob\",\"own\":{\"address\":\"06:05:04:03:02:01\","
				  "\"address_type\":\"public\",\"kind\":\"public\"},"
				  "\"confirm\":\"00000000000000000000000000000001\","
				  "\"random\":\"00000000000000000000000000000002\"}");
	put(text);
	assert_int_equal(oob_load(path, &oob, &failure), 0);
	assert_memory_equal(oob.peer_confirm, own.confirm, 16);
	count_free(text);
	json_decref(event);
}

/* Started with standard input closed, the file gets its number; no descriptor stays open. */
static void descriptor_0_is_one_like_others(void **state)
{
	int saved = dup(STDIN_FILENO), status[4];
	struct smp_oob oob = {0};
	struct oob_own own;

	(void)state;
	put("{\"tk\": \"" A "\"}");
	close(STDIN_FILENO);
	status[0] = oob_load(path, &oob, &failure);
	status[1] = fcntl(STDIN_FILENO, F_GETFD);
	(void)unlink(path);
	status[2] = oob_own_load(path, &own, &failure) | oob_own_load(path, &own, &failure);
	(void)chmod(path, 0640);
	status[3] = oob_own_load(path, &own, &failure) + 1;
	int open = fcntl(STDIN_FILENO, F_GETFD);
	(void)dup2(saved, STDIN_FILENO);
	close(saved);
	assert_int_equal(status[0], 0);
	assert_int_equal(status[1], -1);
	assert_int_equal(status[2], 0);
	assert_int_equal(status[3], 0);
	assert_int_equal(open, -1);
	assert_non_null(strstr(failure.text, "chmod 600"));
}

/* ---- When cryptography fails ------------------------------------------------------------------
 */

static const char *failing; /* the function that fails */

int __real_crypto_p256_generate(struct crypto_keypair *keypair, crypto_random_function *random,
				void *ctx);
int __wrap_crypto_p256_generate(struct crypto_keypair *keypair, crypto_random_function *random,
				void *ctx);
int __wrap_crypto_p256_generate(struct crypto_keypair *keypair, crypto_random_function *random,
				void *ctx)
{
	return strcmp(failing, "generate") ? __real_crypto_p256_generate(keypair, random, ctx)
					   : CRYPTO_FAILED;
}

int __real_crypto_random(void *ctx, uint8_t *out, size_t len);
int __wrap_crypto_random(void *ctx, uint8_t *out, size_t len);
int __wrap_crypto_random(void *ctx, uint8_t *out, size_t len)
{
	return strcmp(failing, "random") ? __real_crypto_random(ctx, out, len) : CRYPTO_FAILED;
}

int __real_crypto_p256_public(const uint8_t private_key[32], uint8_t public_key[64]);
int __wrap_crypto_p256_public(const uint8_t private_key[32], uint8_t public_key[64]);
int __wrap_crypto_p256_public(const uint8_t private_key[32], uint8_t public_key[64])
{
	return strcmp(failing, "public") ? __real_crypto_p256_public(private_key, public_key)
					 : CRYPTO_FAILED;
}

int __real_crypto_f4(const uint8_t *u, const uint8_t *v, const uint8_t x[16], uint8_t z,
		     uint8_t out[16]);
int __wrap_crypto_f4(const uint8_t *u, const uint8_t *v, const uint8_t x[16], uint8_t z,
		     uint8_t out[16]);
int __wrap_crypto_f4(const uint8_t *u, const uint8_t *v, const uint8_t x[16], uint8_t z,
		     uint8_t out[16])
{
	return strcmp(failing, "f4") ? __real_crypto_f4(u, v, x, z, out) : CRYPTO_FAILED;
}

static void a_failure_of_cryptography_makes_no_data(void **state)
{
	static const char *const functions[] = {"generate", "random", "public", "f4"};
	struct oob_own own;

	(void)state;
	for (size_t i = 0; i < COUNT(functions); i++) {
		const char *const paths[] = {"-", path};
		for (size_t k = 0; k < COUNT(paths); k++) {
			failing = functions[i];
			int loaded = oob_own_load(paths[k], &own, &failure);
			enum cli_exit exit = failure.exit;
			failure = (struct failure){0};
			int renewed = oob_own_renew(paths[k], &own, &failure);
			failing = "";
			assert_int_equal(loaded, -1);
			assert_int_equal(exit, CLI_INTERNAL);
			assert_int_equal(renewed, -1);
			assert_int_equal(failure.exit, CLI_INTERNAL);
			assert_non_null(strstr(failure.text, "cryptographic library failed"));
			assert_int_equal(access(path, F_OK), -1);
		}
	}
}

static const char tk[] = "tk=" A, wrong_tk[] = "tk=" A ",x";
static struct oob_own renewed;

static void parse_tk(void)
{
	static struct smp_oob oob;

	assert_int_equal(oob_parse(tk, &oob, &failure), 0);
}

static void parse_wrong_tk(void)
{
	static struct smp_oob oob;

	assert_int_equal(oob_parse(wrong_tk, &oob, &failure), -1);
}

static void renew(void)
{
	assert_int_equal(oob_own_renew(path, &renewed, &failure), 0);
}

static void secrets_are_not_left_on_the_stack(void **state)
{
	char key[65], random[33];

	(void)state;
	stack_run(parse_tk);
	assert_false(stack_holds(tk + 3, 32));
	stack_run(parse_wrong_tk);
	assert_false(stack_holds(wrong_tk + 3, 32));

	assert_int_equal(oob_own_load(path, &renewed, &failure), 0);
	stack_run(renew);
	(void)hex_format(renewed.keypair.private_key, 32, key);
	(void)hex_format(renewed.random, 16, random);
	assert_false(stack_holds(key, 64));
	assert_false(stack_holds(random, 32));
}

static int start(void **state)
{
	(void)state;
	failing = "";
	return crypto_init();
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(as_text),
		CASE(text_that_is_not_valid),
		CASE(a_file_has_the_same_names),
		CASE(a_file_that_is_not_valid),
		CASE(our_own_data_are_kept_in_a_private_file),
		CASE(our_own_data_can_be_for_this_run_only),
		CASE(a_private_key_that_others_can_read_is_refused),
		CASE(renewed_data_take_the_place_of_spent_ones),
		CASE(data_that_cannot_be_written_are_fresh_all_the_same),
		CASE(a_file_of_another_kind_is_refused),
		CASE(the_event_has_what_the_peer_takes),
		CASE(descriptor_0_is_one_like_others),
		CASE(a_failure_of_cryptography_makes_no_data),
		CASE(secrets_are_not_left_on_the_stack),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}

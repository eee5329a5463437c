/* SPDX-License-Identifier: MIT */
#include "print/key_file.h"

#include <string.h>

#include "cli/explain/print/fixture.h"
#include "stack.h"

#define HEAD "\n# attempt 3: C6:05:04:03:02:01 (public), C7:05:04:03:02:01 (random static)\n"
#define KEY(digit)                                                                               \
	"0x" digit digit digit digit digit digit digit digit digit digit digit digit digit digit \
		digit digit

static void is_written(size_t keys, const char *text)
{
	print_again();
	assert_int_equal(print_keys_write(out, &verdict, 3), keys);
	assert_memory_equal(printed(), HEAD, strlen(HEAD));
	assert_string_equal(printed() + strlen(HEAD), text);
}

static const struct explain_mark seen = {.frame = 7};

static void the_file_begins_with_comments(void **state)
{
	(void)state;
	print_keys_begin(out);
	for (const char *line = printed(); *line; line = strchr(line, '\n') + 1)
		assert_int_equal(*line, '#');
	has("most significant octet");
}

static void an_attempt_without_keys_is_a_comment(void **state)
{
	(void)state;
	is_written(0, "");
}

static void legacy_pairing_has_tk_and_stk(void **state)
{
	(void)state;
	verdict.facts.has_stk = true;
	verdict.facts.passkey[I] = 355556;
	memset(verdict.facts.stk, 0x22, 16);
	is_written(2, "TK         0x" TK_TEXT "\n"
		      "STK        " KEY("22") "\n");
}

static void the_ltk_of_secure_connections_belongs_to_both_ends(void **state)
{
	(void)state;
	verdict.facts.has_ltk = true;
	memset(verdict.facts.ltk, 0x33, 16);
	is_written(1, "SC LTK     " KEY("33") "  of both\n");
}

static void distributed_keys_have_their_owner(void **state)
{
	struct explain_party *p = attempt.party;

	(void)state;
	for (int end = 0; end < 2; end++) {
		memset(p[end].ltk_value, 0x44, 16);
		memcpy(p[end].ediv_value, (uint8_t[]){0x34, 0x12}, 2);
		memcpy(p[end].rand_value, (uint8_t[]){8, 7, 6, 5, 4, 3, 2, 1}, 8);
		memset(p[end].irk_value, 0x55, 16);
		memset(p[end].csrk_value, 0x66, 16);
	}
	is_written(0, "");
	p[I].ltk = p[I].identification = seen;
	p[R].irk = p[R].csrk = seen;
	is_written(5, "Legacy LTK " KEY("44") "  of the initiator\n"
					      "EDIV       0x1234  of the initiator\n"
					      "Rand       0x0102030405060708  of the initiator\n"
					      "IRK        " KEY(
						      "55") "  of the responder\n"
							    "CSRK       " KEY(
								    "66") "  of the responder\n");
	p[I].ltk = p[I].identification = (struct explain_mark){.frame = 0, .time_us = 0};
	p[R].irk = p[R].csrk = (struct explain_mark){.frame = 0, .time_us = 0};
	p[R].ltk = p[R].identification = p[I].irk = p[I].csrk = seen;
	is_written(5,
		   "IRK        " KEY(
			   "55") "  of the initiator\n"
				 "CSRK       " KEY(
					 "66") "  of the initiator\n"
					       "Legacy LTK " KEY(
						       "44") "  of the responder\n"
							     "EDIV       0x1234  of the responder\n"
							     "Rand       0x0102030405060708  of "
							     "the responder\n");
}

/* EDIV and Rand are zero in Secure Connections, Vol 3 Part H 2.4.4. */
static void the_key_of_a_link_with_a_bond_is_named_after_its_ediv_and_rand(void **state)
{
	(void)state;
	memset(attempt.encrypt_key, 0x77, 16);
	is_written(0, "");
	attempt.has_encrypt_key = true;
	is_written(1, "SC LTK     " KEY("77") "  of this link\n");
	attempt.encrypt_ediv[1] = 1;
	is_written(1, "Legacy LTK " KEY("77") "  of this link\n");
	attempt.encrypt_ediv[1] = 0;
	attempt.encrypt_rand[7] = 1;
	is_written(1, "Legacy LTK " KEY("77") "  of this link\n");
	verdict.facts.has_ltk = true; /* the key of the pairing itself */
	is_written(1, "SC LTK     " KEY("00") "  of both\n");
	verdict.facts.has_ltk = false;
	verdict.facts.has_stk = true;
	is_written(2, "TK         " KEY("00") "\nSTK        " KEY("00") "\n");
}

/* ---- Secrets in memory ----------------------------------------------------------------------- */

static void write_keys(void)
{
	(void)print_keys_write(out, &verdict, 3);
}

static void no_key_is_left_on_the_stack(void **state)
{
	static const uint8_t passkey[] = {0xe4, 0x6c, 0x05};

	(void)state;
	verdict.facts.has_stk = true;
	verdict.facts.passkey[I] = 355556;
	memset(verdict.facts.stk, 0x22, 16);
	stack_run(write_keys);
	has(KEY("22"));
	assert_false(stack_holds("2222222222222222", 16));
	assert_false(stack_holds(passkey, sizeof(passkey)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, print_begin, print_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_file_begins_with_comments),
		TEST(an_attempt_without_keys_is_a_comment),
		TEST(legacy_pairing_has_tk_and_stk),
		TEST(the_ltk_of_secure_connections_belongs_to_both_ends),
		TEST(distributed_keys_have_their_owner),
		TEST(no_key_is_left_on_the_stack),
		TEST(the_key_of_a_link_with_a_bond_is_named_after_its_ediv_and_rand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "batch/list_pipe.h"

#include <stdlib.h>
#include <string.h>

#include "stack.h"
#include "unit.h"

#define OOB "confirm=00112233445566778899aabbccddeeff,random=ffeeddccbbaa99887766554433221100"

static const char text[] =
	"address,name,service,manufacturer,rssi,label,method,level,passkey,confirm,oob,slot,expect."
	"2a25,expect.2a26\n"
	"C6:05:04:03:02:01/random,,,,,one,passkey_we_type,3,000042,yes,,3,SN-1,re:[0-9.]+\n"
	",lamp*,180f,05d6:0102,-70,\"two, too\",,,,no,\n"
	"C6:05:04:03:02:02,,,,,,oob,,,,\"" OOB "\"\n"
	"C6:05:04:03:02:03,,,,,,,,,,tk=00112233445566778899aabbccddeeff\n";

static struct batch_list list, got;
static struct failure failure;

static char *sent;
static size_t size;

static int begin(void **state)
{
	FILE *out = open_memstream(&sent, &size);

	(void)state;
	if (batch_list_read(&list, "x", text, sizeof(text) - 1, &failure))
		fail_msg("%s", failure.text);
	assert_int_equal(batch_list_send(&list, out), 0);
	return fclose(out);
}

static int end(void **state)
{
	(void)state;
	free(sent);
	batch_list_free(&list);
	batch_list_free(&got);
	return 0;
}

static int receive(const void *octets, size_t len)
{
	FILE *in = fmemopen((void *)(uintptr_t)octets, len, "r");

	assert_non_null(in);
	batch_list_free(&got);
	int status = batch_list_receive(&got, in);
	(void)fclose(in);
	return status;
}

static void is_same_text(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a)
		assert_string_equal(a, b);
}

static void a_list_arrives_as_it_was_sent(void **state)
{
	(void)state;
	assert_int_equal(receive(sent, size), 0);
	assert_int_equal(got.count, 4);
	for (size_t i = 0; i < got.count; i++) {
		struct batch_unit_spec *a = &list.specs[i], *b = &got.specs[i];
		is_same_text(a->name, b->name);
		is_same_text(a->label, b->label);
		is_same_text(a->slot, b->slot);
		assert_int_equal(a->oob == NULL, b->oob == NULL);
		if (a->oob)
			assert_memory_equal(a->oob, b->oob, sizeof(*a->oob));
		assert_int_equal(a->expect_count, b->expect_count);
		assert_int_equal(a->expect_count, i == 0 ? 2 : 0);
		for (size_t k = 0; k < a->expect_count; k++)
			is_same_text(a->expects[k], b->expects[k]);
		struct batch_unit_spec x = *a, y = *b;
		x.name = y.name = x.label = y.label = x.slot = y.slot = NULL;
		x.oob = y.oob = NULL;
		x.expects = y.expects = NULL;
		assert_memory_equal(&x, &y, sizeof(x));
	}
}

static void a_list_that_is_cut_anywhere_is_refused(void **state)
{
	(void)state;
	for (size_t len = 1; len < size; len++)
		assert_int_equal(receive(sent, len), -1);
}

/* Each octet is changed to many values: the list is refused, or fits the rules of a list. */
static void what_arrives_is_valid_whatever_was_sent(void **state)
{
	static const uint8_t values[] = {0, 1, 2, 5, 25, 127, 128, 200, 255};
	size_t accepted = 0, refused = 0;

	(void)state;
	for (size_t at = 4; at < size; at++)
		for (size_t k = 0; k < COUNT(values); k++) {
			char saved = sent[at];
			sent[at] = (char)values[k];
			int status = receive(sent, size);
			sent[at] = saved;
			accepted += status == 0;
			refused += status != 0;
			if (status)
				continue;
			for (size_t i = 0; i < got.count; i++) {
				const struct batch_unit_spec *s = &got.specs[i];
				assert_int_equal(batch_unit_spec_check(s, "", &failure), 0);
				assert_true(s->address.type <= 1 && s->level <= 4);
				assert_true(s->method <= SMP_OOB && s->confirm <= CONFIRM_NO);
				assert_true(s->passkey <= 999999);
				assert_true(s->manufacturer_len <= BATCH_MANUFACTURER_MAX);
				assert_true(!s->label || strlen(s->label) <= 255);
			}
		}
	assert_true(accepted > 100 && refused > 100);
}

/* Of the first unit: behind the count, its flags, its line and its company. */
#define PASSKEY_AT 16

static FILE *pipe_end;

static void receive_what_is_refused(void)
{
	assert_int_equal(batch_list_receive(&got, pipe_end), -1);
}

/* One that is too large, because nothing is read after it, which would hide what is left. */
static void no_passkey_is_left_on_the_stack(void **state)
{
	static const uint8_t passkey[] = {0xc5, 0x3a, 0x69, 0x97};

	(void)state;
	assert_memory_equal(sent + PASSKEY_AT, "\x2a\0\0\0", 4); /* 000042 */
	memcpy(sent + PASSKEY_AT, passkey, sizeof(passkey));
	pipe_end = fmemopen(sent, size, "r");
	assert_non_null(pipe_end);
	batch_list_free(&got);
	stack_run(receive_what_is_refused);
	assert_false(stack_holds(passkey, sizeof(passkey)));
	(void)fclose(pipe_end);
}

static void a_pipe_that_is_closed_is_an_error(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	(void)setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(batch_list_send(&list, full), -1);
	(void)fclose(full);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_list_arrives_as_it_was_sent),
		CASE(a_list_that_is_cut_anywhere_is_refused),
		CASE(what_arrives_is_valid_whatever_was_sent),
		CASE(no_passkey_is_left_on_the_stack),
		CASE(a_pipe_that_is_closed_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Which connections of a text are up, and the handles that it names. */
#include "capture/text_handles.h"

#include <string.h>

#include "hci/protocol.h"
#include "unit.h"

static struct text_handles handles;

static int begin(void **state)
{
	(void)state;
	memset(&handles, 0, sizeof(handles));
	return 0;
}

/* An event with these octets, all known. */
static void note(const uint8_t *octets, size_t len)
{
	static struct explain_octets event;

	memset(&event, 0, sizeof(event));
	memcpy(event.data, octets, len);
	memset(event.known, 1, len);
	event.len = len;
	text_handles_note(&handles, &event);
}
#define NOTE(...) note((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void a_connection_is_up_from_its_first_event_to_its_disconnection(void **state)
{
	(void)state;
	NOTE(HCI_LE_META, 4, HCI_LE_CONNECTION_COMPLETE, 0, 0x40, 0);
	NOTE(HCI_ENCRYPTION_CHANGE, 4, 0, 0x41, 0, 1);
	assert_int_equal(handles.count, 2);
	NOTE(HCI_ENCRYPTION_CHANGE, 4, 0, 0x41, 0, 1);
	assert_int_equal(handles.count, 2);
	NOTE(HCI_DISCONNECTION_COMPLETE, 4, 0, 0x40, 0, 0x13);
	assert_int_equal(handles.count, 1);
	assert_int_equal(handles.up[0], 0x41);
}

static void an_event_without_a_known_handle_changes_nothing(void **state)
{
	static struct explain_octets cut = {.data = {HCI_ENCRYPTION_CHANGE, 4, 0, 0x41}, .len = 6};

	(void)state;
	NOTE(HCI_COMMAND_STATUS, 4, 0, 1, 0x40, 0);
	NOTE(HCI_ENCRYPTION_CHANGE, 1, 0);
	text_handles_note(&handles, &cut);
	assert_int_equal(handles.count, 0);
}

static void the_oldest_connection_is_forgotten_beyond_the_bound(void **state)
{
	(void)state;
	handles.assumed = true;
	for (uint16_t i = 0; i <= TEXT_HANDLES; i++)
		text_handles_add(&handles, i);
	assert_int_equal(handles.count, TEXT_HANDLES);
	assert_int_equal(handles.up[0], 1);
	assert_int_equal(handles.up[TEXT_HANDLES - 1], TEXT_HANDLES);
	assert_false(handles.assumed);
}

static void a_handle_is_found_as_btmon_and_hcidump_print_it(void **state)
{
	static const struct {
		const char *text;
		int handle; /* -1: none */
	} rows[] = {
		{"x Handle:3585 y", 3585},
		{"handle 71 flags", 71},
		{"Handle:0x0014Handle:64 ", 64},
		{"Hand..", -1},
		{"Handle:35..", -1},
		{"Handle:99999 ", -1},
		{"Handle:64", -1}, /* it may be cut */
		{"Handle:0xe01 ", -1},
		{"Handle:4000 ", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint16_t handle = 0;
		bool found = text_handle_find(rows[i].text, strlen(rows[i].text), &handle);
		assert_int_equal(found ? handle : -1, rows[i].handle);
	}
}

static void only_commands_of_a_connection_begin_with_a_handle(void **state)
{
	(void)state;
	assert_true(text_handle_begins(HCI_DISCONNECT));
	assert_true(text_handle_begins(HCI_LE_ENABLE_ENCRYPTION));
	assert_false(text_handle_begins(HCI_RESET));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, begin)
		TEST(a_connection_is_up_from_its_first_event_to_its_disconnection),
		TEST(an_event_without_a_known_handle_changes_nothing),
		TEST(the_oldest_connection_is_forgotten_beyond_the_bound),
		TEST(a_handle_is_found_as_btmon_and_hcidump_print_it),
		TEST(only_commands_of_a_connection_begin_with_a_handle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

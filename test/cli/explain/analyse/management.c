/* SPDX-License-Identifier: MIT */
#include "analyse/management.h"

#include <string.h>

#include "unit.h"

static void each_message_has_room_for_its_address(void **state)
{
	size_t count = 0;

	(void)state;
	for (unsigned code = 0; code <= UINT16_MAX; code++) {
		const struct management_message *m = management_message((uint16_t)code);
		if (!m)
			continue;
		count++;
		assert_int_equal(m->code, code);
		assert_true(*m->name);
		assert_true(m->kept >= m->least || m->kept <= 8);
		if (m->address != MANAGEMENT_NO_ADDRESS)
			assert_true(m->address + 7 <= m->least);
	}
	assert_int_equal(count, 23);
	assert_null(management_message(0));
	assert_null(management_message(MANAGEMENT_CONFIRM_REQUEST & 0x7fff));
}

/* Keys, passkeys and out-of-band data lie behind the address and one octet. */
static void no_message_keeps_a_secret(void **state)
{
	static const uint16_t codes[] = {MANAGEMENT_LOAD_LTKS, MANAGEMENT_PASSKEY,
					 MANAGEMENT_ADD_OOB, MANAGEMENT_NEW_LTK,
					 MANAGEMENT_PASSKEY_NOTIFY};

	(void)state;
	for (size_t i = 0; i < COUNT(codes); i++) {
		const struct management_message *m = management_message(codes[i]);
		assert_true(m->kept <= (m->address == MANAGEMENT_NO_ADDRESS ? 2 : m->address + 7));
	}
}

static void numbers_have_names(void **state)
{
	(void)state;
	assert_string_equal(management_status_name(0x05), "Authentication Failed");
	assert_string_equal(management_status_name(0x10), "Cancelled");
	assert_string_equal(management_status_name(0x14), "Permission Denied");
	assert_string_equal(management_status_name(0x15), "unknown status");
	assert_string_equal(management_disconnect_name(0x04), "authentication failure");
	assert_string_equal(management_disconnect_name(0x06), "unknown reason");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_has_room_for_its_address),
		cmocka_unit_test(no_message_keeps_a_secret),
		cmocka_unit_test(numbers_have_names),
	};
	return cmocka_run_group_tests_name("explain/analyse/management", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Each field of the table has octets of its own. */
#include "capture/wireshark_table.h"

#include <string.h>

#include "unit.h"

static bool overlap(const struct wireshark_field *a, const struct wireshark_field *b)
{
	return a->at < b->at + b->len && b->at < a->at + a->len;
}

/* Versions of Wireshark give one field several names. */
static void fields_of_a_packet_do_not_overlap(void **state)
{
	(void)state;
	for (size_t i = 0; i < wireshark_table_count; i++)
		for (size_t k = 0; k < i; k++) {
			const struct wireshark_field *a = &wireshark_table[i],
						     *b = &wireshark_table[k];
			if (a->layer != b->layer || a->code != b->code || !overlap(a, b))
				continue;
			if (a->at != b->at || a->len != b->len || a->form != b->form)
				fail_msg("%s, %s", a->label, b->label);
		}
}

/* The first field whose name the label begins with is taken. */
static void no_field_hides_a_later_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < wireshark_table_count; i++)
		for (size_t k = 0; k < i; k++) {
			const struct wireshark_field *a = &wireshark_table[i],
						     *b = &wireshark_table[k];
			if (a->layer == b->layer && a->code == b->code &&
			    strncmp(a->label, b->label, strlen(b->label)) == 0)
				fail_msg("%s hides %s", b->label, a->label);
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_a_packet_do_not_overlap),
		cmocka_unit_test(no_field_hides_a_later_one),
	};
	return cmocka_run_group_tests_name("explain/capture/wireshark_table", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The words with which packets of btmon and hcidump begin, whole and cut. */
#include "capture/btmon_labels.h"

#include <string.h>

#include "unit.h"

static const struct btmon_label *at_begin(const char *body, bool in_data)
{
	return btmon_label_at(body, strlen(body), 0, in_data);
}

static void each_kind_has_its_words_and_direction(void **state)
{
	static const struct {
		const char *body;
		enum btmon_kind kind;
		enum explain_way way;
		bool hcidump;
	} rows[] = {
		{"HCICommand:Reset(0x03|0x0003)plen0", BTMON_COMMAND, EXPLAIN_SENT, false},
		{"HCIEvent:CommandStatus(0x0f)plen4", BTMON_EVENT, EXPLAIN_RECEIVED, false},
		{"ACLDataTX:Handle64", BTMON_ACL, EXPLAIN_SENT, false},
		{"ACLDataRX:Handle64", BTMON_ACL, EXPLAIN_RECEIVED, false},
		{"ACL:Handle64[", BTMON_ACL, EXPLAIN_WAY_UNKNOWN, false},
		{"ACLdata:handle71", BTMON_ACL, EXPLAIN_WAY_UNKNOWN, true},
		{"MGMTEvent:AuthenticationFailed", BTMON_MANAGEMENT_EVENT, EXPLAIN_RECEIVED, false},
		{"MGMTCommand:PairDevice", BTMON_MANAGEMENT_COMMAND, EXPLAIN_SENT, false},
		{"ISODataTX:Handle1", BTMON_OTHER, EXPLAIN_WAY_UNKNOWN, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct btmon_label *label = at_begin(rows[i].body, false);
		assert_non_null(label);
		assert_int_equal(label->kind, rows[i].kind);
		assert_int_equal(label->way, rows[i].way);
		assert_int_equal(label->hcidump, rows[i].hcidump);
	}
	assert_null(at_begin("Handle:64", false));
	assert_null(at_begin("", false));
}

static void a_cut_header_is_known_by_what_is_left_of_it(void **state)
{
	static const struct {
		const char *body;
		int kind; /* -1: it could be anything */
	} rows[] = {
		{"HCIComman..(0x03|0x0001)plen8", BTMON_COMMAND},
		{"HCIEve..(0x3e)plen19", BTMON_EVENT},
		{"HCI..ommand(0x08|0x0019)plen28", BTMON_COMMAND},
		{"ACLDa..TXflags0x00dlen6", BTMON_ACL},
		{"MGMTEv..(0x0011)plen8", BTMON_MANAGEMENT_EVENT},
		{"HCI..(0x", -1},
		{"ACL..Handle", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct btmon_label *label = at_begin(rows[i].body, false);
		assert_int_equal(label ? (int)label->kind : -1, rows[i].kind);
	}
}

static void a_frame_is_a_packet_unless_it_is_the_first_of_its_data(void **state)
{
	static const char twice[] =
		"ACLDataRX:Handle64SMP:PairingRandom(0x04)SMP:PairingFailed(0x05)";
	const size_t first = (size_t)(strstr(twice, "SMP:") - twice);
	const size_t second = (size_t)(strstr(twice + first + 1, "SMP:") - twice);

	(void)state;
	assert_int_equal(at_begin("SMP:PairingFailed(0x05)len1", false)->kind, BTMON_FRAME_ALONE);
	assert_null(at_begin("SMP:hesaid", false));
	assert_int_equal(at_begin("L2CAP:LEConnectionResponse(0x15)ident3", false)->kind,
			 BTMON_FRAME_ALONE);
	assert_int_equal(at_begin("LEL2CAP:LEConnectionResponse(0x15)", false)->len, 8);
	assert_null(btmon_label_at("LEL2CAP:LEConnectionResponse(0x15)", 34, 2, false));
	assert_null(btmon_label_at(twice, strlen(twice), first, true));
	assert_non_null(btmon_label_at(twice, strlen(twice), second, true));
}

static void the_mark_stands_before_the_kind_of_link(void **state)
{
	(void)state;
	assert_int_equal(btmon_mark_before("<ACLDataTX:", 1), 0);
	assert_int_equal(btmon_mark_before("x<LE-ACL:", 5), 1);
	assert_int_equal(btmon_mark_before(">BR-ACL:", 4), 0);
	assert_int_equal(btmon_mark_before("LE-ACL:", 3), 0);
	assert_int_equal(btmon_mark_before("xACL:", 1), 1);
	assert_int_equal(btmon_mark_before("ACL:", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_words_and_direction),
		cmocka_unit_test(a_cut_header_is_known_by_what_is_left_of_it),
		cmocka_unit_test(a_frame_is_a_packet_unless_it_is_the_first_of_its_data),
		cmocka_unit_test(the_mark_stands_before_the_kind_of_link),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

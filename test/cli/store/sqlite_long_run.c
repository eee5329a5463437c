/* SPDX-License-Identifier: MIT */
/* What a station does in a day: one transaction for each of many pairings. */
#include <stdio.h>
#include <sys/stat.h>

#include "cli/store/fixture.h"

#define PAIRINGS 1500
#define LIMIT	 (512 * 1024) /* of the log, which is cut to half of that */

static size_t size_of_log(void)
{
	char name[160];
	struct stat status;

	(void)snprintf(name, sizeof(name), "%s-wal", path);
	return stat(name, &status) == 0 ? (size_t)status.st_size : 0;
}

/* The log is written into the database often, and is cut, also while it stays open all day. */
static void the_log_stays_small_through_many_pairings(void **state)
{
	size_t largest = 0;

	(void)state;
	open_store();
	for (int i = 0; i < PAIRINGS; i++) {
		struct bond_record r = record((uint8_t)i, false);
		r.peer.octets[1] = (uint8_t)(i >> 8);
		r.bond.peer.has_identity = r.bond.peer.has_irk = false;
		assert_int_equal(write_unit(i, &r, STORE_DONE), 0);
		const size_t now = size_of_log();
		largest = now > largest ? now : largest;
	}
	assert_int_equal(query("SELECT count(*) FROM bond WHERE newer IS NULL"), PAIRINGS);
	assert_true(largest > 0);
	if (largest > LIMIT)
		fail_msg("the log grew to %zu octets", largest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_log_stays_small_through_many_pairings),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}

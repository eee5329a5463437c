/* SPDX-License-Identifier: MIT */
/* Values of options. */
#include "cli/options/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "options/table.h"

/* ---- Words --------------------------------------------------------------------------------------
 */

static void controllers_are_counted(void **state)
{
	char line[300] = "batch x";

	(void)state;
	accepts(PEER);
	assert_string_equal(o.controller, "hci");
	assert_int_equal(o.controller_count, 1);
	assert_int_equal(setenv("BLEPAIR_CONTROLLER", "hci7", 1), 0);
	accepts(PEER);
	assert_string_equal(o.controller, "hci7");
	accepts("-c hci1 " PEER " -c hci2"); /* the last one counts */
	assert_string_equal(o.controller, "hci2");
	assert_int_equal(setenv("BLEPAIR_CONTROLLER", "", 1), 0);
	accepts(PEER);
	assert_string_equal(o.controller, "hci");
	for (int i = 0; i < OPTIONS_CONTROLLERS; i++)
		(void)sprintf(line + strlen(line), " -c hci%d", i);
	accepts(line);
	assert_int_equal(o.controller_count, OPTIONS_CONTROLLERS);
	assert_string_equal(o.controllers[0], "hci0");
	assert_string_equal(o.controllers[15], "hci15");
	(void)strcat(line, " -c hci16");
	refuses(line, "--controller: \"hci16\" is not valid; expected 16 controllers at most");
	refuses("-c '' " PEER, "--controller: \"\" is not valid; expected a controller");
	refuses("batch x -c hci0 -c usb:0 -c hci0", "-c hci0 is given twice");
	refuses("batch x -c serial:/x -c serial:/x", "-c serial:/x is given twice");
	refuses("batch x -c tcpx -c tcpx", "-c tcpx is given twice");
	refuses("batch x -c unixx -c unixx", "-c unixx is given twice");
	accepts("batch x -c hci0 -c hci1 -c hci2");
	accepts("batch x -c unix:/x -c unix:/x -c tcp:x:1 -c tcp:x:1"); /* one each connection */
	accepts("scan -c hci0 -c hci0");
	(void)unsetenv("BLEPAIR_CONTROLLER");
}

static void words_select(void **state)
{
	static const struct {
		const char *line;
		const void *field;
		int value;
	} words[] = {
		{PEER " --io display", &o.io, SMP_IO_DISPLAY_ONLY},
		{PEER " --io display-yesno", &o.io, SMP_IO_DISPLAY_YES_NO},
		{PEER " --io keyboard", &o.io, SMP_IO_KEYBOARD_ONLY},
		{PEER " --io none", &o.io, SMP_IO_NO_INPUT_NO_OUTPUT},
		{PEER " --io keyboard-display", &o.io, SMP_IO_KEYBOARD_DISPLAY},
		{PEER, &o.mitm, SMP_MITM_PREFER},
		{PEER " --mitm", &o.mitm, SMP_MITM_REQUIRE},
		{PEER " --no-mitm", &o.mitm, SMP_MITM_OFF},
		{PEER, &o.sc, SMP_SC_PREFER},
		{PEER " --sc off", &o.sc, SMP_SC_OFF},
		{PEER " --sc prefer", &o.sc, SMP_SC_PREFER},
		{PEER " --sc only", &o.sc, SMP_SC_ONLY},
		{PEER, &o.confirm, CONFIRM_ASK},
		{PEER " --confirm ask", &o.confirm, CONFIRM_ASK},
		{PEER " --confirm yes", &o.confirm, CONFIRM_YES},
		{PEER " --confirm no", &o.confirm, CONFIRM_NO},
		{PEER " --confirm Y", &o.confirm, CONFIRM_YES},
		{"listen", &o.protected_value, LEVEL_OPEN},
		{"listen --protected encrypted", &o.protected_value, LEVEL_ENCRYPTED},
		{"listen --protected authenticated", &o.protected_value, LEVEL_AUTHENTICATED},
		{"listen --protected secure", &o.protected_value, LEVEL_SECURE},
		{PEER, &o.own_address, OWN_AUTO},
		{PEER " --own-address public", &o.own_address, OWN_PUBLIC},
		{PEER " --own-address static", &o.own_address, OWN_STATIC},
		{PEER " --own-address rpa", &o.own_address, OWN_RPA},
		{PEER " --own-address static=C0:00:00:00:00:01", &o.own_address, OWN_STATIC},
		{"bonds export", &o.format, BONDS_JSON},
		{"bonds export --format json", &o.format, BONDS_JSON},
		{"bonds export --format csv", &o.format, BONDS_CSV},
		{"bonds export --format bluez", &o.format, BONDS_BLUEZ},
		{"bonds export --format wireshark", &o.format, BONDS_WIRESHARK},
		{PEER, &o.color, COLOR_AUTO},
		{PEER " --color auto", &o.color, COLOR_AUTO},
		{PEER " --color always", &o.color, COLOR_ALWAYS},
		{PEER " --color never", &o.color, COLOR_NEVER},
		{PEER " --color always --json", &o.color, COLOR_NEVER},
		{PEER, &o.phys, 0},
		{PEER " --phy 1m", &o.phys, 1},
		{"scan --phy coded", &o.phys, 4},
		{"batch x --phy coded,1m", &o.phys, 5},
		{PEER " --phy 1m,2m,coded", &o.phys, 7},
		/* Core 6.3: without the signing key, unless it is asked for. */
		{PEER, &o.init_keys, SMP_DIST_ENC | SMP_DIST_ID},
		{PEER, &o.resp_keys, SMP_DIST_ENC | SMP_DIST_ID},
		{"listen", &o.init_keys, SMP_DIST_ENC | SMP_DIST_ID},
		{"listen", &o.resp_keys, SMP_DIST_ENC | SMP_DIST_ID},
		{PEER " --init-keys enc,id,sign", &o.init_keys,
		 SMP_DIST_ENC | SMP_DIST_ID | SMP_DIST_SIGN},
		{PEER " --no-bond", &o.init_keys, 0},
		{PEER " --no-bond", &o.resp_keys, 0},
		{PEER " --no-bond --resp-keys id", &o.resp_keys, SMP_DIST_ID},
		{PEER " --no-bond --init-keys id", &o.init_keys, SMP_DIST_ID},
		{PEER " --init-keys none", &o.init_keys, 0},
		{PEER " --init-keys none", &o.resp_keys, SMP_DIST_ENC | SMP_DIST_ID},
		{PEER " --init-keys enc", &o.init_keys, SMP_DIST_ENC},
		{PEER " --resp-keys id,sign", &o.resp_keys, SMP_DIST_ID | SMP_DIST_SIGN},
		{PEER " --resp-keys link,enc,enc", &o.resp_keys, SMP_DIST_LINK | SMP_DIST_ENC},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		int value;
		accepts(words[i].line);
		memcpy(&value, words[i].field, sizeof(value));
		if (value != words[i].value)
			fail_msg("%s: %d", words[i].line, value);
	}
}

static void words_that_do_not_exist_are_refused(void **state)
{
	static const char keys[] = "a list of enc, id, sign and link, separated by commas, or none";
	static const char phys[] = "a list of 1m, 2m and coded, separated by commas, with 1m or "
				   "coded";
	static const char own[] = "public, static, static=ADDRESS (its two top bits set) or rpa";
	static const char given[] = "a public address, not all zero, not all ones, and its lower "
				    "half not 9E:8B:00 to 9E:8B:3F, which are reserved";
	static const char *const wrong[][4] = {
		{PEER, "set-address", "C0:01:02:03:04", given},
		{PEER, "set-address", "C0:01:02:03:04:05/random", given},
		{PEER, "set-address", "00:00:00:00:00:00", given},
		{PEER, "set-address", "FF:FF:FF:FF:FF:FF", given},
		{PEER, "set-address", "00:03:19:9E:8B:00", given},
		{PEER, "io", "screen",
		 "display, display-yesno, keyboard, keyboard-display or none"},
		{PEER, "sc", "on", "prefer, only or off"},
		{"scan", "sort", "size", "heard, rssi, name, address or seen"},
		{PEER, "method", "none",
		 "just_works, numeric_comparison, passkey, passkey_we_show, passkey_we_type, "
		 "passkey_both_type or oob"},
		{PEER, "confirm", "perhaps", "ask, yes or no"},
		{PEER, "own-address", "random", own},
		{PEER, "own-address", "static=C0:00", own},
		{PEER, "own-address", "static=40:00:00:00:00:01", own},
		{PEER, "own-address", "static=80:00:00:00:00:01", own},
		{PEER, "phy", "2m", phys},
		{PEER, "phy", "all", phys},
		{PEER, "phy", "1m,", phys},
		{PEER, "init-keys", "enc,", keys},
		{PEER, "resp-keys", "enc;id", keys},
		{PEER, "resp-keys", "enc,none", keys},
		{PEER, "resp-keys", "encid", keys},
		{PEER, "resp-keys", "en", keys},
		{PEER, "resp-keys", ",enc", keys},
		{PEER, "resp-keys",
		 "enc,enc,enc,enc,enc,enc,enc,enc,enc,enc,enc,enc,enc,enc,enc,enc,x", keys},
		{"bonds export", "format", "xml", "json, csv, bluez or wireshark"},
		{PEER, "color", "yes", "auto, always or never"},
	};
	char line[200], why[300];

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		(void)snprintf(line, sizeof(line), "%s --%s %s", wrong[i][0], wrong[i][1],
			       wrong[i][2]);
		(void)snprintf(why, sizeof(why), "--%s: \"%s\" is not valid; expected %s",
			       wrong[i][1], wrong[i][2], wrong[i][3]);
		refuses(line, why);
	}
}

static void scan_has_an_order(void **state)
{
	static const char *const words[] = {"heard", "rssi", "name", "address", "seen"};
	char line[40];

	(void)state;
	accepts("scan");
	assert_int_equal(o.sort, SCAN_BY_HEARD);
	for (unsigned i = 0; i < COUNT(words); i++) {
		(void)snprintf(line, sizeof(line), "scan --sort %s", words[i]);
		accepts(line);
		assert_int_equal(o.sort, i);
	}
	accepts("scan --match name=x");
	assert_string_equal(o.match, "name=x");
}

static void a_method_is_a_set_of_association_models(void **state)
{
	(void)state;
	accepts(PEER);
	assert_int_equal(o.methods, 0);
	/* The names of lists and JSON... */
	accepts(PEER " --method just_works");
	assert_int_equal(o.methods, 1U << SMP_JUST_WORKS);
	accepts(PEER " --method numeric_comparison");
	assert_int_equal(o.methods, 1U << SMP_NUMERIC_COMPARISON);
	accepts(PEER " --method passkey_we_show");
	assert_int_equal(o.methods, 1U << SMP_PASSKEY_WE_SHOW);
	accepts(PEER " --method passkey_we_type");
	assert_int_equal(o.methods, 1U << SMP_PASSKEY_WE_TYPE);
	accepts(PEER " --method passkey_both_type");
	assert_int_equal(o.methods, 1U << SMP_PASSKEY_BOTH_TYPE);
	/* ...those of 0.1... */
	accepts(PEER " --method just-works");
	assert_int_equal(o.methods, 1U << SMP_JUST_WORKS);
	accepts(PEER " --method numeric");
	assert_int_equal(o.methods, 1U << SMP_NUMERIC_COMPARISON);
	/* ...and all that have a passkey. */
	accepts(PEER " --method passkey");
	assert_int_equal(o.methods, 1U << SMP_PASSKEY_WE_SHOW | 1U << SMP_PASSKEY_WE_TYPE |
					    1U << SMP_PASSKEY_BOTH_TYPE);
	accepts(PEER " --method oob --oob-own -");
	assert_int_equal(o.methods, 1U << SMP_OOB);
}

static void a_static_address_is_random(void **state)
{
	(void)state;
	accepts(PEER " --own-address static");
	assert_false(o.has_static);
	accepts(PEER " --own-address static=C0:00:00:00:00:01");
	assert_true(o.has_static);
	assert_int_equal(o.static_address.type, ADDRESS_RANDOM);
	assert_int_equal(o.static_address.octets[0], 1);
}

static void the_address_to_set_is_public(void **state)
{
	(void)state;
	accepts("info");
	assert_false(o.has_set_address);
	accepts("info --set-address C0:01:02:03:04:05");
	assert_true(o.has_set_address);
	assert_int_equal(o.set_address.type, ADDRESS_PUBLIC);
	assert_memory_equal(o.set_address.octets, "\5\4\3\2\1\xc0", 6);
}

/* ---- Numbers ------------------------------------------------------------------------------------
 */

enum type { U8, U16, U32, UINT, SIZE, DOUBLE };

static double read_number(const void *field, enum type type)
{
	switch (type) {
	case U8:
		return *(const uint8_t *)field;
	case U16:
		return *(const uint16_t *)field;
	case U32:
		return *(const uint32_t *)field;
	case UINT:
		return *(const unsigned *)field;
	case SIZE:
		return (double)*(const size_t *)field;
	case DOUBLE:
		break;
	}
	return *(const double *)field;
}

static void numbers_have_bounds(void **state)
{
	static const struct {
		const char *command, *option;
		const void *field;
		enum type type;
		double preset;
		const char *least, *most, *below, *above, *expected;
		double unit; /* octets in memory per unit on the command line */
	} numbers[] = {
		{PEER, "passkey", &o.passkey, U32, 0, "0", "999999", "-1", "1000000",
		 "a number of up to six digits, 0 to 999999", 1},
		{PEER, "min-key-size", &o.min_key_size, U8, 16, "7", "16", "6", "17",
		 "7 to 16 octets", 1},
		{PEER " --min-key-size 7", "max-key-size", &o.max_key_size, U8, 16, "7", "16", "6",
		 "17", "7 to 16 octets", 1},
		{PEER, "scan-timeout", &o.scan_timeout, DOUBLE, 10, "0.1", "3600", "0.09", "3601",
		 "seconds, 0.1 to 3600", 1},
		{"batch x", "scan-timeout", &o.scan_timeout, DOUBLE, 30, "0", "86400", "-1",
		 "86401", "seconds, 0 (no limit) to 86400", 1},
		{"batch --match name=x", "scan-timeout", &o.scan_timeout, DOUBLE, 0, "0", "86400",
		 "-1", "86401", "seconds, 0 (no limit) to 86400", 1},
		{PEER, "timeout", &o.timeout, DOUBLE, 60, "0", "86400", "-0.1", "86400.1",
		 "seconds, 0 (no limit) to 86400", 1},
		{"listen", "timeout", &o.timeout, DOUBLE, 0, "0", "86400", "-1", "86401",
		 "seconds, 0 (no limit) to 86400", 1},
		{"batch x", "timeout", &o.timeout, DOUBLE, 0, "0", "86400", "-1", "86401",
		 "seconds, 0 (no limit) to 86400", 1},
		{"verify --all", "timeout", &o.timeout, DOUBLE, 0, "0", "86400", "-1", "86401",
		 "seconds, 0 (no limit) to 86400", 1},
		{PEER, "retry", &o.retry, UINT, 0, "0", "100", "-1", "101",
		 "a number of further attempts, 0 to 100", 1},
		{"scan", "duration", &o.duration, DOUBLE, 10, "0", "86400", "-1", "86401",
		 "seconds, 0 (until interrupted) to 86400", 1},
		{PEER, "latency", &o.latency, U16, 0, "0", "132", "-1", "500",
		 "connection events, 0 to 499", 1},
		{PEER, "supervision-timeout", &o.supervision, U16, 400, "100", "32000", "99",
		 "32001", "milliseconds, 100 to 32000", 0.1},
		{"listen", "count", &o.count, UINT, 0, "0", "1000000", "-1", "1000001",
		 "a number of pairings, 0 (no limit) to 1000000", 1},
		{"listen", "idle-timeout", &o.idle_timeout, DOUBLE, 30, "0", "86400", "-1", "86401",
		 "seconds, 0 (no limit) to 86400", 1},
		{"batch x", "hook-timeout", &o.hook_timeout, DOUBLE, 10, "0.1", "3600", "0.09",
		 "3601", "seconds, 0.1 to 3600", 1},
		{"batch x", "replug-timeout", &o.replug_timeout, DOUBLE, 60, "0", "86400", "-1",
		 "86401", "seconds, 0 (never) to 86400", 1},
		{"batch x", "unit-timeout", &o.unit_timeout, DOUBLE, 90, "0", "86400", "-1",
		 "86401", "seconds, 0 (no limit) to 86400", 1},
		{"batch x", "until", &o.until_count, SIZE, 0, "1", "100000000", "0", "100000001",
		 "a number of units, or a time like 17:30", 1},
		{"batch x", "limit", &o.limit, SIZE, 0, "1", "100000000", "0", "100000001",
		 "a number of units, 1 to 100000000", 1},
		{"batch x", "max-failures", &o.max_failures, UINT, 10, "0", "1000000", "-1",
		 "1000001", "a number of failures, 0 (no limit) to 1000000", 1},
		{"batch x", "links", &o.links, UINT, 0, "1", "16", "0", "17",
		 "a number of links, 1 to 16", 1},
	};
	char line[200], why[300];

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		const char *const good[] = {numbers[i].least, numbers[i].most};
		const char *const bad[] = {
			numbers[i].below,	  numbers[i].above, "x", "1x", "",
			"99999999999999999999999"};
		accepts(numbers[i].command);
		assert_true(read_number(numbers[i].field, numbers[i].type) == numbers[i].preset);
		for (size_t k = 0; k < COUNT(good); k++) {
			(void)snprintf(line, sizeof(line), "%s --%s=%s", numbers[i].command,
				       numbers[i].option, good[k]);
			accepts(line);
			double value = read_number(numbers[i].field, numbers[i].type),
			       want = atof(good[k]) * numbers[i].unit;
			if (value < want - 1e-9 || value > want + 1e-9)
				fail_msg("%s: %f", line, value);
		}
		for (size_t k = 0; k < COUNT(bad); k++) {
			(void)snprintf(line, sizeof(line), "%s --%s=%s", numbers[i].command,
				       numbers[i].option, bad[k]);
			(void)snprintf(why, sizeof(why), "--%s: \"%s\" is not valid; expected %s",
				       numbers[i].option, bad[k], numbers[i].expected);
			refuses(line, why);
		}
	}
}

static void limits_of_a_selftest_have_bounds(void **state)
{
	static const struct {
		const char *option, *least, *most, *below, *above, *expected;
	} numbers[] = {
		{"resets", "1", "1000", "0", "1001", "a number of resets, 1 to 1000"},
		{"listen", "0.1", "3600", "0.09", "3601", "seconds, 0.1 to 3600"},
		{"min-rssi", "-127", "20", "-128", "21", "dBm, -127 to 20"},
		{"max-time", "1", "60000", "0.9", "60001", "milliseconds, 1 to 60000"},
	};
	char line[200], why[300];

	(void)state;
	accepts("selftest");
	assert_int_equal(o.selftest->resets, 100);
	assert_true(o.selftest->listen == 5);
	assert_false(o.selftest->has_golden || o.selftest->has_min_rssi);
	assert_true(o.selftest->max_time == 0);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		const char *const good[] = {numbers[i].least, numbers[i].most};
		const char *const bad[] = {numbers[i].below, numbers[i].above, "x", ""};
		for (size_t k = 0; k < COUNT(good); k++) {
			(void)snprintf(line, sizeof(line), "selftest --golden " PEER " --%s=%s",
				       numbers[i].option, good[k]);
			accepts(line);
			const struct options_selftest *s = o.selftest;
			const double values[] = {s->resets, s->listen, s->min_rssi, s->max_time};
			assert_true(values[i] == atof(good[k]));
		}
		for (size_t k = 0; k < COUNT(bad); k++) {
			(void)snprintf(line, sizeof(line), "selftest --%s=%s", numbers[i].option,
				       bad[k]);
			(void)snprintf(why, sizeof(why), "--%s: \"%s\" is not valid; expected %s",
				       numbers[i].option, bad[k], numbers[i].expected);
			refuses(line, why);
		}
	}
	accepts("selftest"); /* nothing is left of the lines before */
	assert_int_equal(o.selftest->resets, 100);
	assert_false(o.selftest->has_golden || o.selftest->has_min_rssi);
}

static void a_golden_unit_is_an_address(void **state)
{
	(void)state;
	accepts("selftest --golden C4:7C:8D:11:22:33/random");
	assert_true(o.selftest->has_golden && o.selftest->golden_typed);
	assert_int_equal(o.selftest->golden.type, ADDRESS_RANDOM);
	accepts("selftest --golden C4:7C:8D:11:22:33");
	assert_true(o.selftest->has_golden && !o.selftest->golden_typed);
	assert_int_equal(o.selftest->golden.octets[0], 0x33);
	refuses("selftest --golden x",
		"--golden: \"x\" is not valid; expected an address like C4:7C:8D:11:22:33, "
		"optionally followed by /public or /random");
	assert_null((accepts(PEER), o.selftest));
}

static void seconds_are_finite_numbers(void **state)
{
	static const char *const wrong[] = {"inf", "nan", "1e999", "1s", "--"};
	char line[80];

	(void)state;
	accepts(PEER " --timeout 2.5");
	assert_true(o.timeout > 2.49 && o.timeout < 2.51);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		(void)snprintf(line, sizeof(line), PEER " --timeout=%s", wrong[i]);
		assert_int_equal(parse(line), CLI_USAGE);
	}
}

static void a_passkey_has_at_most_six_digits(void **state)
{
	(void)state;
	accepts(PEER);
	assert_false(o.has_passkey);
	accepts(PEER " --passkey 000042");
	assert_true(o.has_passkey && o.passkey == 42);
	assert_int_equal(parse(PEER " --passkey 0000042"), CLI_USAGE);
	char words[4][20] = {"blepair", PEER, "--passkey", "012 345"};
	char *argv[] = {words[0], words[1], words[2], words[3], NULL};
	assert_int_equal(options_parse(4, argv, &o), -1);
	assert_true(o.has_passkey && o.passkey == 12345);
}

static void names_have_a_length(void **state)
{
	char line[200];

	(void)state;
	accepts("listen");
	assert_string_equal(o.name, "blepair");
	accepts("listen --name ''");
	(void)snprintf(line, sizeof(line), "listen --name %0*d", 29, 0);
	accepts(line);
	assert_int_equal(strlen(o.name), 29);
	(void)strcat(line, "0");
	assert_int_equal(parse(line), CLI_USAGE);
	assert_non_null(strstr(streams_err, "expected at most 29 octets"));
	accepts("batch x");
	assert_null(o.job_name);
	(void)snprintf(line, sizeof(line), "batch x --run %0*d", 100, 0);
	accepts(line);
	assert_int_equal(strlen(o.job_name), 100);
	(void)strcat(line, "0");
	assert_int_equal(parse(line), CLI_USAGE);
	refuses("batch x --run ''",
		"--run: \"\" is not valid; expected a name of at most 100 octets");
}

static void an_interval_is_a_range_in_units_of_1_25_ms(void **state)
{
	static const struct {
		const char *text;
		uint16_t min, max;
	} intervals[] = {{"7.5", 6, 6},		{"4000", 3200, 3200},
			 {"7.5:4000", 6, 3200}, {"10:20", 8, 16},
			 {"30", 24, 24},	{"11:11.9", 9, 10},
			 {"20.6:20.6", 16, 16}, {"7.50000000000000000000000000000", 6, 6}};
	static const char *const wrong[] = {"7.4",
					    "4001",
					    "20:10",
					    "7.5:4001",
					    "10:",
					    ":10",
					    "7.500000000000000000000000000000",
					    "x",
					    "1:2:3"};
	char line[100], why[160];

	(void)state;
	accepts(PEER);
	assert_int_equal(o.interval_min, 6);
	assert_int_equal(o.interval_max, 12);
	assert_false(o.has_interval);
	for (size_t i = 0; i < COUNT(intervals); i++) {
		(void)snprintf(line, sizeof(line),
			       PEER " --supervision-timeout 32000 --interval %s",
			       intervals[i].text);
		accepts(line);
		assert_true(o.has_interval);
		assert_int_equal(o.interval_min, intervals[i].min);
		assert_int_equal(o.interval_max, intervals[i].max);
	}
	for (size_t i = 0; i < COUNT(wrong); i++) {
		(void)snprintf(line, sizeof(line), PEER " --interval %s", wrong[i]);
		(void)snprintf(why, sizeof(why),
			       "--interval: \"%s\" is not valid; expected milliseconds, 7.5 to "
			       "4000, as MIN or MIN:MAX",
			       wrong[i]);
		refuses(line, why);
	}
}

static void a_time_of_day_is_its_next_occurrence(void **state)
{
	static const char *const wrong[] = {"24:00", "12:60", "-1:00", "12",
					    "1:2:3", "12:-1", "ab:cd"};
	char line[64];
	time_t now;

	(void)state;
	assert_int_equal(setenv("TZ", "Europe/Berlin", 1), 0);
	tzset();
	now = time(NULL);
	for (int hour = 0; hour < 24; hour++) {
		struct tm then;
		(void)snprintf(line, sizeof(line), "batch x --until %d:%02d", hour, hour * 2 + 13);
		accepts(line);
		time_t until = (time_t)(o.until_time / 1000000);
		assert_int_equal(o.until_time % 1000000, 0);
		assert_int_equal(o.until_count, 0);
		assert_true(until > now && until <= now + 90000); /* a day, and one of 25 hours */
		assert_non_null(localtime_r(&until, &then));
		if (then.tm_hour == hour) /* else the clock skips this hour */
			assert_int_equal(then.tm_min, hour * 2 + 13);
		assert_int_equal(then.tm_sec, 0);
	}
	for (size_t i = 0; i < COUNT(wrong); i++) {
		(void)snprintf(line, sizeof(line), "batch x --until %s", wrong[i]);
		assert_int_equal(parse(line) == CLI_USAGE, strcmp(wrong[i], "12") != 0);
	}
	accepts("batch x --until 12");
	assert_int_equal(o.until_time, 0);
	accepts("batch x --until 23:59");
	accepts("batch x --until 0:00");
	accepts("batch x --until 00:59");
}

/* ---- Out-of-band data ---------------------------------------------------------------------------
 */

static void out_of_band_data_are_read(void **state)
{
	(void)state;
	accepts(PEER);
	assert_false(o.oob.has_tk || o.oob.has_peer);
	accepts(PEER " --oob tk=00112233445566778899aabbccddeeff");
	assert_true(o.oob.has_tk);
	refuses(PEER " --oob tk=12", "--oob: out-of-band data: tk is not valid; expected tk=HEX or "
				     "confirm=HEX,random=HEX "
				     "with 32 hexadecimal digits each");
	assert_int_equal(options_read_oob_file(&o), -1); /* there is none */
}

static void a_file_of_out_of_band_data_is_read_later(void **state)
{
	static const char tk[] = "{\"tk\":\"00112233445566778899aabbccddeeff\"}";
	char line[80] = PEER " --oob-file /tmp/blepair-oob-XXXXXX";
	char *path = strstr(line, "/tmp");
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0 && write(fd, tk, sizeof(tk) - 1) == sizeof(tk) - 1);
	close(fd);
	accepts(line);
	assert_false(o.oob.has_tk);
	assert_int_equal(options_read_oob_file(&o), -1);
	assert_true(o.oob.has_tk);
	assert_int_equal(o.oob.tk[0], 0xff);
	accepts(PEER " --sc off --mitm --oob-file /nonexistent"); /* it may hold a TK */
	accepts(line);
	o.sc = SMP_SC_ONLY; /* the contradictions are found then */
	streams_capture();
	assert_int_equal(options_read_oob_file(&o), CLI_USAGE);
	streams_restore();
	assert_int_equal(unlink(path), 0);
	accepts(PEER " --method oob --oob-file /nonexistent");
	streams_capture();
	assert_int_equal(options_read_oob_file(&o), CLI_USAGE);
	streams_restore();
	assert_string_equal(streams_err,
			    "blepair: --oob-file: cannot read /nonexistent: No such file "
			    "or directory; see blepair --help\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(controllers_are_counted, start),
		cmocka_unit_test(words_select),
		cmocka_unit_test(words_that_do_not_exist_are_refused),
		cmocka_unit_test(scan_has_an_order),
		cmocka_unit_test(a_method_is_a_set_of_association_models),
		cmocka_unit_test(a_static_address_is_random),
		cmocka_unit_test(the_address_to_set_is_public),
		cmocka_unit_test(numbers_have_bounds),
		cmocka_unit_test(limits_of_a_selftest_have_bounds),
		cmocka_unit_test(a_golden_unit_is_an_address),
		cmocka_unit_test(seconds_are_finite_numbers),
		cmocka_unit_test(a_passkey_has_at_most_six_digits),
		cmocka_unit_test(names_have_a_length),
		cmocka_unit_test(an_interval_is_a_range_in_units_of_1_25_ms),
		cmocka_unit_test(a_time_of_day_is_its_next_occurrence),
		cmocka_unit_test(out_of_band_data_are_read),
		cmocka_unit_test(a_file_of_out_of_band_data_is_read_later),
	};
	return cmocka_run_group_tests(tests, without_terminal, NULL);
}

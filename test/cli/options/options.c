/* SPDX-License-Identifier: MIT */
#include "options/options.h"

#include <getopt.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "cli/streams.h"
#include "options/table.h"
#include "unit.h"

#define PEER "C4:7C:8D:11:22:33"

static struct options o;

/* Parses a command line whose words are separated by blanks; "''" is an empty word. */
static int parse(const char *line)
{
	static char text[1024];
	char *argv[40] = {"blepair"}, *rest = text, *word;
	int argc = 1, status;

	(void)snprintf(text, sizeof(text), "%s", line);
	while ((word = strsep(&rest, " ")))
		argv[argc++] = strcmp(word, "''") ? word : "";
	/* libc remembers its position within a word of the last command line. */
	optind = 0;
	(void)getopt(1, (char *[]){"blepair", NULL}, "+");
	streams_capture();
	status = options_parse(argc, argv, &o);
	streams_restore();
	return status;
}

static void accepts(const char *line)
{
	if (parse(line) != -1)
		fail_msg("%s: %s", line, streams_err);
	assert_string_equal(streams_err, "");
	assert_string_equal(streams_out, "");
}

/* One line on stderr that names what is wrong and what was expected. */
static void refuses(const char *line, const char *why)
{
	char want[400];

	assert_int_equal(parse(line), CLI_USAGE);
	(void)snprintf(want, sizeof(want), "blepair: %s; see blepair --help\n", why);
	assert_string_equal(streams_err, want);
	assert_string_equal(streams_out, "");
}

static int start(void **state)
{
	(void)state;
	return unsetenv("BLEPAIR_CONTROLLER");
}

/* In every test, standard input and error are not a terminal. */
static int without_terminal(void **state)
{
	(void)start(state);
	return freopen("/dev/null", "r", stdin) ? 0 : -1;
}

/* ---- Commands -------------------------------------------------------------------------------- */

static const struct {
	const char *line;
	enum command command;
	bool store;
} commands[] = {
	{PEER, COMMAND_PAIR, true},
	{"listen", COMMAND_LISTEN, true},
	{"scan", COMMAND_SCAN, false},
	{"info", COMMAND_INFO, false},
	{"controllers", COMMAND_CONTROLLERS, false},
	{"bonds list", COMMAND_BONDS, true},
	{"verify " PEER, COMMAND_VERIFY, true},
	{"explain file", COMMAND_EXPLAIN, false},
	{"batch file", COMMAND_BATCH, true},
};

static void each_command_is_found_among_options(void **state)
{
	char line[100];

	(void)state;
	assert_int_equal(COUNT(commands), options_command_count);
	for (size_t i = 0; i < COUNT(commands); i++) {
		accepts(commands[i].line);
		assert_int_equal(o.command, commands[i].command);
		assert_int_equal(o.no_store, !commands[i].store);
		(void)snprintf(line, sizeof(line), "--json --color never %s -v", commands[i].line);
		accepts(line);
		assert_int_equal(o.command, commands[i].command);
		assert_true(o.json);
		assert_int_equal(o.verbose, 1);
	}
	accepts("-c hci1 scan"); /* a value is no command */
	assert_int_equal(o.command, COMMAND_SCAN);
	accepts("--controller scan info");
	assert_int_equal(o.command, COMMAND_INFO);
	accepts("--store=scan listen");
	assert_int_equal(o.command, COMMAND_LISTEN);
	accepts("-vc scan info"); /* two letters, the second with a value */
}

static void a_word_of_two_letters_takes_its_value(void **state)
{
	(void)state;
	accepts("-chci3 " PEER);
	assert_string_equal(o.controller, "hci3");
	accepts("-vv " PEER);
	assert_int_equal(o.verbose, 2);
	accepts("-w file " PEER);
	assert_string_equal(o.capture, "file");
}

/* Each row of the table with each command: the row alone decides. */
static void a_command_takes_its_own_options_only(void **state)
{
	static const struct {
		const char *option, *value;
	} values[] = {
		{"controller", "hci0"},
		{"own-address", "rpa"},
		{"io", "none"},
		{"sc", "off"},
		{"method", "oob"},
		{"passkey", "1"},
		{"confirm", "yes"},
		{"init-keys", "enc"},
		{"resp-keys", "id"},
		{"min-key-size", "7"},
		{"max-key-size", "16"},
		{"format", "csv"},
		{"scan-timeout", "1"},
		{"timeout", "1"},
		{"retry", "1"},
		{"duration", "1"},
		{"interval", "10"},
		{"latency", "1"},
		{"supervision-timeout", "1000"},
		{"name", "x"},
		{"count", "1"},
		{"run", "x"},
		{"unit-timeout", "1"},
		{"until", "1"},
		{"limit", "1"},
		{"max-failures", "1"},
		{"links", "1"},
		{"color", "never"},
		{"oob-file", "/nonexistent"},
		{"oob", "tk=00112233445566778899aabbccddeeff"},
	};
	char line[160], why[160];

	(void)state;
	for (size_t i = 0; i < options_row_count; i++) {
		const struct options_row *row = &options_rows[i];
		if (!row->name)
			continue;
		const char *value = row->kind == OPTION_TEXT ? "x" : "";
		for (size_t k = 0; k < COUNT(values); k++)
			if (strcmp(values[k].option, row->name) == 0)
				value = values[k].value;
		assert_int_equal(row->argument != NULL, *value != '\0');
		for (size_t k = 0; k < COUNT(commands); k++) {
			(void)snprintf(line, sizeof(line), "%s --%s%s%s", commands[k].line,
				       row->name, *value ? "=" : "", value);
			(void)snprintf(why, sizeof(why), "--%s is not an option of %s;", row->name,
				       options_command_name(commands[k].command));
			int status = parse(line);
			assert_int_equal(!strstr(streams_err, why),
					 (row->commands & commands[k].command) != 0);
			if (!(row->commands & commands[k].command))
				assert_int_equal(status, CLI_USAGE);
		}
	}
}

static void what_a_command_takes(void **state)
{
	static const char *const wrong[][2] = {
		{"scan --mitm", "--mitm is not an option of scan"},
		{PEER " --count 1", "--count is not an option of pairing"},
		{"listen --retry 1", "--retry is not an option of listen"},
		{"verify " PEER " --io none", "--io is not an option of verify"},
		{"bonds list -c hci0", "--controller is not an option of bonds"},
		{"explain x --store y", "--store is not an option of explain"},
		{"info --show-keys", "--show-keys is not an option of info"},
		{"controllers --take", "--take is not an option of controllers"},
		{"batch x --oob-own -", "--oob-own is not an option of batch"},
		{"scan --format csv", "--format is not an option of scan"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		refuses(wrong[i][0], wrong[i][1]);
}

/* ---- Operands -------------------------------------------------------------------------------- */

static void the_peer_is_an_address(void **state)
{
	(void)state;
	accepts(PEER);
	assert_true(o.has_peer && !o.peer_typed);
	assert_int_equal(o.peer.octets[5], 0xc4);
	accepts("verify " PEER "/random");
	assert_true(o.has_peer && o.peer_typed);
	assert_int_equal(o.peer.type, ADDRESS_RANDOM);
	accepts("bonds show " PEER "/public");
	assert_true(o.has_peer && o.peer_typed);
	assert_int_equal(o.bonds_action, BONDS_SHOW);
	accepts("bonds remove " PEER);
	assert_int_equal(o.bonds_action, BONDS_REMOVE);
	accepts("-- " PEER);
	assert_true(o.has_peer);
	accepts("listen");
	assert_false(o.has_peer);
}

static void operands_of_other_commands(void **state)
{
	(void)state;
	accepts("bonds list");
	assert_int_equal(o.bonds_action, BONDS_LIST);
	accepts("bonds export");
	assert_int_equal(o.bonds_action, BONDS_EXPORT);
	accepts("bonds import file");
	assert_int_equal(o.bonds_action, BONDS_IMPORT);
	assert_string_equal(o.input, "file");
	accepts("bonds remove --all");
	assert_true(o.all && o.bonds_action == BONDS_REMOVE);
	accepts("verify --all");
	assert_true(o.all && !o.has_peer);
	accepts("explain -");
	assert_string_equal(o.file, "-");
	accepts("explain --checks");
	assert_true(o.checks && !o.file);
	accepts("batch -");
	assert_string_equal(o.list, "-");
	accepts("batch --match name=x");
	assert_string_equal(o.match, "name=x");
	assert_null(o.list);
}

static void operands_that_are_missing_or_unexpected(void **state)
{
	static const char missing[] = "the address of a peer is missing; expected one like "
				      "C4:7C:8D:11:22:33";
	static const char action[] = "bonds needs an action: list, show, export, import or remove";
	static const char *const wrong[][2] = {
		{"--json", missing},
		{"AA:BB",
		 "\"AA:BB\" is not an address; expected AA:BB:CC:DD:EE:FF, optionally followed by "
		 "/public or /random"},
		{PEER " x", "unexpected argument \"x\""},
		{PEER " x y z", "unexpected argument \"x\""},
		{"listen x", "unexpected argument \"x\""},
		{"scan x", "unexpected argument \"x\""},
		{"info x", "unexpected argument \"x\""},
		{"controllers " PEER, "unexpected argument \"" PEER "\""},
		{"scan scan", "unexpected argument \"scan\""},
		{"bonds", action},
		{"bonds delete", action},
		{"bonds show", "bonds show needs the address of a peer"},
		{"bonds import",
		 "bonds import needs the file of an export, or a directory of BlueZ"},
		{"bonds remove", "bonds remove needs the address of a peer, or --all"},
		{"bonds list x", "unexpected argument \"x\""},
		{"bonds export x", "unexpected argument \"x\""},
		{"bonds show " PEER " x", "unexpected argument \"x\""},
		{"bonds import x y", "unexpected argument \"y\""},
		{"bonds remove x --all", "unexpected argument \"x\""},
		{"bonds list --all", "--all is not an option of bonds list"},
		{"bonds import x --format csv", "--format is not an option of bonds import"},
		{"explain", "explain needs a capture file, or - for standard input"},
		{"explain a b", "unexpected argument \"b\""},
		{"verify", "verify needs the address of a peer, or --all"},
		{"verify --all " PEER, "verify takes an address or --all, not both"},
		{"verify " PEER " x", "unexpected argument \"x\""},
		{"batch",
		 "batch needs a file with a list of units, - for standard input, or --match"},
		{"batch a b", "unexpected argument \"b\""},
		{"batch a --match name=x", "batch takes a list or --match, not both"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		refuses(wrong[i][0], wrong[i][1]);
}

/* ---- Flags and texts ------------------------------------------------------------------------- */

static void each_flag_sets_its_own_field(void **state)
{
	static const struct {
		const char *line;
		const bool *flag;
	} flags[] = {
		{PEER " --take", &o.take},
		{PEER " --unblock", &o.unblock},
		{PEER " --keep-root", &o.keep_root},
		{PEER " --no-bond", &o.no_bond},
		{PEER " --keypress", &o.keypress},
		{PEER " --wait-security-request", &o.wait_security_request},
		{"listen --security-request", &o.security_request},
		{PEER " --no-store", &o.no_store},
		{PEER " --replace-bond", &o.replace_bond},
		{"bonds remove --all", &o.all},
		{"bonds list --yes", &o.yes},
		{"explain x --checks", &o.checks},
		{PEER " --explain", &o.explain},
		{"scan --passive", &o.passive},
		{"batch x --again", &o.again},
		{PEER " --json", &o.json},
		{PEER " --show-keys", &o.show_keys},
		{PEER " --quiet", &o.quiet},
	};
	static const char *const plain[] = {PEER, "listen", "bonds list", "explain x", "batch x"};
	size_t rows = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(flags); i++) {
		for (size_t k = 0; k < COUNT(plain); k++) {
			accepts(plain[k]);
			if (flags[i].flag != &o.no_store)
				assert_false(*flags[i].flag);
		}
		accepts(flags[i].line);
		for (size_t k = 0; k < COUNT(flags); k++)
			if (flags[k].flag != &o.no_store || k == i)
				assert_int_equal(*flags[k].flag, k == i);
	}
	for (size_t i = 0; i < options_row_count; i++)
		rows += options_rows[i].kind == OPTION_FLAG;
	assert_int_equal(rows, COUNT(flags));
	accepts("-q " PEER);
	assert_true(o.quiet);
}

static void each_text_is_stored_in_its_own_field(void **state)
{
	static const struct {
		const char *command, *option;
		const char *const *text;
	} texts[] = {
		{PEER, "oob-own", &o.oob_own},	       {PEER, "store", &o.store},
		{"bonds export", "output", &o.output}, {"explain x", "html", &o.html},
		{"explain x", "svg", &o.svg},	       {"explain x", "keys", &o.keys_file},
		{"batch", "match", &o.match},	       {"batch x", "report", &o.report},
		{PEER, "write", &o.capture},
	};
	char line[100], why[100];
	size_t rows = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		(void)snprintf(line, sizeof(line), "%s --%s some", texts[i].command,
			       texts[i].option);
		accepts(line);
		for (size_t k = 0; k < COUNT(texts); k++)
			assert_int_equal(*texts[k].text && strcmp(*texts[k].text, "some") == 0,
					 k == i);
		(void)snprintf(line, sizeof(line), "%s --%s ''", texts[i].command, texts[i].option);
		(void)snprintf(why, sizeof(why), "--%s needs a value", texts[i].option);
		refuses(line, why);
	}
	for (size_t i = 0; i < options_row_count; i++)
		rows += options_rows[i].kind == OPTION_TEXT;
	assert_int_equal(rows, COUNT(texts));
}

/* ---- Values ---------------------------------------------------------------------------------- */

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
		{PEER, &o.init_keys, SMP_DIST_ENC | SMP_DIST_ID | SMP_DIST_SIGN},
		{PEER, &o.resp_keys, SMP_DIST_ENC | SMP_DIST_ID | SMP_DIST_SIGN},
		{PEER " --no-bond", &o.init_keys, 0},
		{PEER " --no-bond", &o.resp_keys, 0},
		{PEER " --no-bond --resp-keys id", &o.resp_keys, SMP_DIST_ID},
		{PEER " --no-bond --init-keys id", &o.init_keys, SMP_DIST_ID},
		{PEER " --init-keys none", &o.init_keys, 0},
		{PEER " --init-keys none", &o.resp_keys,
		 SMP_DIST_ENC | SMP_DIST_ID | SMP_DIST_SIGN},
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
	static const char own[] = "public, static, static=ADDRESS (its two top bits set) or rpa";
	static const char *const wrong[][4] = {
		{PEER, "io", "screen",
		 "display, display-yesno, keyboard, keyboard-display or none"},
		{PEER, "sc", "on", "prefer, only or off"},
		{PEER, "method", "none", "just-works, numeric, passkey or oob"},
		{PEER, "confirm", "Yes", "ask, yes or no"},
		{PEER, "own-address", "random", own},
		{PEER, "own-address", "static=C0:00", own},
		{PEER, "own-address", "static=40:00:00:00:00:01", own},
		{PEER, "own-address", "static=80:00:00:00:00:01", own},
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

static void a_method_is_a_set_of_association_models(void **state)
{
	(void)state;
	accepts(PEER);
	assert_int_equal(o.methods, 0);
	accepts(PEER " --method just-works");
	assert_int_equal(o.methods, 1U << SMP_JUST_WORKS);
	accepts(PEER " --method numeric");
	assert_int_equal(o.methods, 1U << SMP_NUMERIC_COMPARISON);
	accepts(PEER " --method passkey");
	assert_int_equal(o.methods, 1U << SMP_PASSKEY_WE_SHOW | 1U << SMP_PASSKEY_WE_TYPE |
					    1U << SMP_PASSKEY_BOTH_TYPE);
	accepts(PEER " --method oob");
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
	for (size_t i = 0; i < COUNT(intervals); i++) {
		(void)snprintf(line, sizeof(line),
			       PEER " --supervision-timeout 32000 --interval %s",
			       intervals[i].text);
		accepts(line);
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
	refuses(PEER " --oob-file /nonexistent",
		"--oob-file: cannot read /nonexistent: No such file or directory; expected a JSON "
		"object");
}

/* ---- Several options together ---------------------------------------------------------------- */

static void contradictions_are_refused(void **state)
{
#define TK "--oob tk=00112233445566778899aabbccddeeff"
#define SC "--oob confirm=00112233445566778899aabbccddeeff,random=00112233445566778899aabbccddeeff"
	static const char short_timeout[] =
		"--supervision-timeout is too short; it must exceed (1 + latency) x interval x 2";
	static const char needs_sc[] = "--oob confirm=HEX,random=HEX and --oob-own are for Secure "
				       "Connections, which --sc off excludes";
	static const char *const wrong[][2] = {
		{PEER " --min-key-size 16 --max-key-size 15",
		 "--min-key-size 16 is greater than --max-key-size 15"},
		{PEER " --sc only " TK,
		 "--oob tk=HEX is for legacy pairing, which --sc only excludes"},
		{PEER " --sc off " SC, needs_sc},
		{PEER " --sc off --oob-own -", needs_sc},
		{"bonds export --json --output -",
		 "--json and --output - both write to standard output"},
		{PEER " --store x --no-store", "--store and --no-store exclude each other"},
		{"verify --no-store " PEER,
		 "verify reads the bond from the store, which --no-store excludes"},
		{PEER " --supervision-timeout 100 --interval 50", short_timeout},
		{PEER " --latency 133", short_timeout},
		{PEER " --latency 499 --interval 7.5 --supervision-timeout 7500", short_timeout},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		refuses(wrong[i][0], wrong[i][1]);
	accepts(PEER " --min-key-size 7 --max-key-size 7");
	accepts(PEER " --sc only " SC);
	assert_true(o.oob.has_peer);
	accepts(PEER " --sc off " TK);
	accepts(PEER " --supervision-timeout 110 --interval 50");
	accepts(PEER " --latency 132"); /* 133 x 15 ms x 2 = 3990 ms */
	accepts(PEER " --latency 499 --interval 7.5 --supervision-timeout 7510");
	accepts("bonds export --output -");
	accepts("bonds list --json");
}

static void the_format_names_the_output(void **state)
{
	static const char *const outputs[][2] = {{"json", "bonds.json"},
						 {"csv", "bonds.csv"},
						 {"bluez", "bluetooth"},
						 {"wireshark", "wireshark.txt"}};
	char line[64];

	(void)state;
	for (size_t i = 0; i < COUNT(outputs); i++) {
		(void)snprintf(line, sizeof(line), "bonds export --format %s", outputs[i][0]);
		accepts(line);
		assert_string_equal(o.output, outputs[i][1]);
	}
}

/* A script can do what --passkey and --confirm provide. */
static void without_a_terminal_the_answers_make_the_io_capability(void **state)
{
	static const struct {
		const char *line;
		int io;
	} cases[] = {
		{PEER, SMP_IO_NO_INPUT_NO_OUTPUT},
		{PEER " --passkey 1", SMP_IO_KEYBOARD_ONLY},
		{PEER " --confirm yes", SMP_IO_DISPLAY_YES_NO},
		{PEER " --confirm no", SMP_IO_DISPLAY_YES_NO},
		{PEER " --confirm no --passkey 1", SMP_IO_KEYBOARD_DISPLAY},
		{PEER " --passkey 1 --io display", SMP_IO_DISPLAY_ONLY},
		{"batch x --passkey 1", SMP_IO_KEYBOARD_ONLY},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		accepts(cases[i].line);
		assert_int_equal(o.io, cases[i].io);
	}
}

static void a_required_method_makes_the_io_capability(void **state)
{
	static const struct {
		enum smp_method method;
		int io;
	} cases[] = {
		{SMP_METHOD_NONE, SMP_IO_NO_INPUT_NO_OUTPUT},
		{SMP_JUST_WORKS, SMP_IO_NO_INPUT_NO_OUTPUT},
		{SMP_NUMERIC_COMPARISON, SMP_IO_DISPLAY_YES_NO},
		{SMP_PASSKEY_WE_SHOW, SMP_IO_DISPLAY_ONLY},
		{SMP_PASSKEY_WE_TYPE, SMP_IO_KEYBOARD_ONLY},
		{SMP_PASSKEY_BOTH_TYPE, SMP_IO_KEYBOARD_ONLY},
		{SMP_OOB, SMP_IO_NO_INPUT_NO_OUTPUT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		accepts("batch x");
		o.method = cases[i].method;
		options_settle_io(&o);
		assert_int_equal(o.io, cases[i].io);
		accepts("batch x --io keyboard-display");
		o.method = cases[i].method;
		options_settle_io(&o);
		assert_int_equal(o.io, SMP_IO_KEYBOARD_DISPLAY);
	}
}

/* Both input and errors must be a terminal, and a batch has nobody at it. */
static void a_terminal_can_do_everything(void **state)
{
	int master, terminal, saved[2] = {dup(STDIN_FILENO), dup(STDERR_FILENO)}, got[4];

	(void)state;
	assert_int_equal(openpty(&master, &terminal, NULL, NULL, NULL), 0);
	for (int i = 0; i < 4; i++) {
		struct options with = {0};
		with.command = i == 1 ? COMMAND_BATCH : COMMAND_PAIR;
		(void)dup2(i == 2 ? saved[0] : terminal, STDIN_FILENO);
		(void)dup2(i == 3 ? master : terminal, STDERR_FILENO);
		if (i == 3)
			(void)close(STDERR_FILENO);
		options_settle_io(&with);
		got[i] = (int)with.io;
		(void)dup2(saved[0], STDIN_FILENO);
		(void)dup2(saved[1], STDERR_FILENO);
	}
	assert_int_equal(got[0], SMP_IO_KEYBOARD_DISPLAY);
	assert_int_equal(got[1], SMP_IO_NO_INPUT_NO_OUTPUT);
	assert_int_equal(got[2], SMP_IO_NO_INPUT_NO_OUTPUT);
	assert_int_equal(got[3], SMP_IO_NO_INPUT_NO_OUTPUT);
	for (int i = 0; i < 2; i++)
		close(saved[i]);
	close(master);
	close(terminal);
}

/* ---- Mistakes and help ----------------------------------------------------------------------- */

static void an_unknown_option_has_a_suggestion(void **state)
{
	(void)state;
	refuses("--mtim " PEER, "unknown option \"--mtim\": did you mean --mitm");
	refuses("--jsom " PEER, "unknown option \"--jsom\": did you mean --json");
	refuses("--colour=never " PEER, "unknown option \"--colour=never\"");
	refuses("--colour never " PEER, "unknown option \"--colour\": did you mean --color");
	refuses("--pass-key 1 " PEER, "unknown option \"--pass-key\": did you mean --passkey");
	refuses("--nonsense " PEER, "unknown option \"--nonsense\"");
	refuses("-x " PEER, "unknown option \"-x\": did you mean --io"); /* of two letters */
	refuses("--supervisiontimeot 1 " PEER,
		"unknown option \"--supervisiontimeot\": did you mean --supervision-timeout");
	/* Up to three letters are changed, added or left out, at any place. */
	static const char *const typos[][2] = {
		{"xxxervision-timeout", "xxxxrvision-timeout"},
		{"ervision-timeout", "rvision-timeout"},
		{"xxxsupervision-timeout", "xxxxsupervision-timeout"},
		{"supervision-timexxx", "supervision-timxxxx"},
		{"supervisiontimeo", "supervisiontime"},
		{"supervision-timeoutxxx", "supervision-timeoutxxxx"},
		{"superxxxion-timeout", "supexxxxion-timeout"},
		{"supervin-timeout", "superin-timeout"},
		{"superxxxvision-timeout", "superxxxxvision-timeout"},
		{"xupervision-imeoutx", "xupervision-imeouxx"},
	};
	char line[80], why[160];
	for (size_t i = 0; i < COUNT(typos); i++) {
		(void)snprintf(line, sizeof(line), "--%s " PEER, typos[i][0]);
		(void)snprintf(why, sizeof(why),
			       "unknown option \"--%s\": did you mean --supervision-timeout",
			       typos[i][0]);
		refuses(line, why);
		(void)snprintf(line, sizeof(line), "--%s " PEER, typos[i][1]);
		(void)snprintf(why, sizeof(why), "unknown option \"--%s\"", typos[i][1]);
		refuses(line, why);
	}
	refuses("--json=x " PEER, "unknown option \"--json=x\": did you mean --json");
}

static void a_value_may_not_be_missing(void **state)
{
	(void)state;
	refuses(PEER " --io", "--io needs a value");
	refuses(PEER " -w", "-w needs a value");
}

static void help_names_every_option_and_command(void **state)
{
	char name[64];

	(void)state;
	assert_int_equal(parse("--help"), CLI_OK);
	assert_string_equal(streams_err, "");
	for (size_t i = 0; i < options_row_count; i++) {
		const struct options_row *row = &options_rows[i];
		assert_true(!row->name || strlen(row->name) <= OPTIONS_NAME);
		if (row->name)
			(void)snprintf(name, sizeof(name), "  %c%c%c --%s%s%s",
				       row->letter ? '-' : ' ', row->letter ? row->letter : ' ',
				       row->letter ? ',' : ' ', row->name, row->argument ? " " : "",
				       row->argument ? row->argument : "");
		else
			(void)snprintf(name, sizeof(name), "\n%s:\n", row->help);
		assert_non_null(strstr(streams_out, name));
	}
	size_t summaries = 0;
	const char *end = strstr(streams_out, "\nController:\n");
	for (const char *at = streams_out; (at = strstr(at, "\n  blepair ")) && at < end; at++)
		summaries++;
	assert_int_equal(summaries, options_command_count);
	for (size_t i = 1; i < options_command_count; i++) {
		(void)snprintf(name, sizeof(name), "\n  blepair %-20s %s\n",
			       options_commands[i].name, options_commands[i].summary);
		assert_non_null(strstr(streams_out, name));
	}
	assert_non_null(strstr(streams_out, "\n  blepair ADDRESS "));
	assert_int_equal(parse("scan -h --nonsense"), CLI_OK); /* the first one decides */
	assert_int_equal(parse("--nonsense -h"), CLI_USAGE);
}

static void the_examples_of_the_help_are_valid(void **state)
{
	char lines[2000], *rest = lines, *line;
	int examples = 0;

	(void)state;
	assert_int_equal(parse("--help"), CLI_OK);
	const char *from = strstr(streams_out, "\nExamples:\n");
	assert_non_null(from);
	(void)snprintf(lines, sizeof(lines), "%s", from + strlen("\nExamples:\n"));
	while ((line = strsep(&rest, "\n"))) {
		const char *arguments = strstr(line, "blepair ");
		if (arguments) {
			accepts(arguments + strlen("blepair "));
			examples++;
		}
	}
	assert_true(examples >= 5);
}

/* Names on the left, texts from column 31 to 79 on the right, words whole. */
static void help_fits_a_terminal(void **state)
{
	char *rest = streams_out, *line, joined[65536] = "";
	bool options = false;
	size_t before = 0; /* length of the line before */

	(void)state;
	assert_int_equal(parse("--help"), CLI_OK);
	while ((line = strsep(&rest, "\n"))) {
		options |= strcmp(line, "Controller:") == 0;
		if (strcmp(line, "Examples:") == 0)
			break;
		if (!options)
			continue;
		assert_true(strlen(line) <= 79);
		if (strlen(line) > 31 && strncmp(line, "      --supervision", 19) != 0) {
			assert_true(line[30] == ' ' && line[31] != ' ');
			/* A line is as long as it can be. */
			if (before && line[3] == ' ' && line[6] == ' ')
				assert_true(before + 1 + strcspn(line + 31, " ") > 79);
			before = strlen(line);
			(void)strcat(strcat(joined, line + 31), " ");
		} else {
			before = 0;
		}
	}
	for (size_t i = 0; i < options_row_count; i++)
		if (options_rows[i].name) {
			char text[600];
			(void)snprintf(text, sizeof(text), "%s ", options_rows[i].help);
			assert_non_null(strstr(joined, text));
		}
}

static void the_version_is_printed(void **state)
{
	(void)state;
	assert_int_equal(parse("--version"), CLI_OK);
	assert_string_equal(streams_out, "blepair " VERSION "\n");
	assert_string_equal(streams_err, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_command_is_found_among_options),
		cmocka_unit_test(a_word_of_two_letters_takes_its_value),
		cmocka_unit_test(a_command_takes_its_own_options_only),
		cmocka_unit_test(what_a_command_takes),
		cmocka_unit_test(the_peer_is_an_address),
		cmocka_unit_test(operands_of_other_commands),
		cmocka_unit_test(operands_that_are_missing_or_unexpected),
		cmocka_unit_test(each_flag_sets_its_own_field),
		cmocka_unit_test(each_text_is_stored_in_its_own_field),
		cmocka_unit_test_setup(controllers_are_counted, start),
		cmocka_unit_test(words_select),
		cmocka_unit_test(words_that_do_not_exist_are_refused),
		cmocka_unit_test(a_method_is_a_set_of_association_models),
		cmocka_unit_test(a_static_address_is_random),
		cmocka_unit_test(numbers_have_bounds),
		cmocka_unit_test(seconds_are_finite_numbers),
		cmocka_unit_test(a_passkey_has_at_most_six_digits),
		cmocka_unit_test(names_have_a_length),
		cmocka_unit_test(an_interval_is_a_range_in_units_of_1_25_ms),
		cmocka_unit_test(a_time_of_day_is_its_next_occurrence),
		cmocka_unit_test(out_of_band_data_are_read),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(the_format_names_the_output),
		cmocka_unit_test(without_a_terminal_the_answers_make_the_io_capability),
		cmocka_unit_test(a_required_method_makes_the_io_capability),
		cmocka_unit_test(a_terminal_can_do_everything),
		cmocka_unit_test(an_unknown_option_has_a_suggestion),
		cmocka_unit_test(a_value_may_not_be_missing),
		cmocka_unit_test(help_names_every_option_and_command),
		cmocka_unit_test(the_examples_of_the_help_are_valid),
		cmocka_unit_test(help_fits_a_terminal),
		cmocka_unit_test(the_version_is_printed),
	};
	return cmocka_run_group_tests(tests, without_terminal, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Words of a command line become commands, flags and texts; mistakes are named. */
#include "cli/options/fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "options/table.h"

/* ---- Commands -----------------------------------------------------------------------------------
 */

static const struct {
	const char *line;
	enum command command;
	bool store;
} commands[] = {
	{"pair " PEER, COMMAND_PAIR, true},
	{"listen", COMMAND_LISTEN, true},
	{"scan", COMMAND_SCAN, false},
	{"info", COMMAND_INFO, false},
	{"controllers", COMMAND_CONTROLLERS, false},
	{"bonds list", COMMAND_BONDS, true},
	{"verify " PEER, COMMAND_VERIFY, true},
	{"explain file", COMMAND_EXPLAIN, false},
	{"watch", COMMAND_WATCH, false},
	{"selftest", COMMAND_SELFTEST, false},
	{"batch file", COMMAND_BATCH, true},
};

static void each_command_is_found_among_options(void **state)
{
	char line[100];

	(void)state;
	assert_int_equal(COUNT(commands) + 1, options_command_count); /* help */
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
		{"set-address", "C0:01:02:03:04:05"},
		{"io", "none"},
		{"sc", "off"},
		{"method", "oob"},
		{"passkey", "1"},
		{"confirm", "yes"},
		{"phy", "1m"},
		{"init-keys", "enc"},
		{"resp-keys", "id"},
		{"min-key-size", "7"},
		{"max-key-size", "16"},
		{"keep", "1"},
		{"older-than", "1"},
		{"format", "csv"},
		{"scan-timeout", "1"},
		{"timeout", "1"},
		{"idle-timeout", "1"},
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
		{"bind", "1=hci0"},
		{"hook-timeout", "1"},
		{"linger", "1"},
		{"replug-timeout", "1"},
		{"resets", "1"},
		{"listen", "1"},
		{"golden", PEER},
		{"min-rssi", "-1"},
		{"max-time", "1"},
		{"color", "never"},
		{"sort", "rssi"},
		{"protected", "encrypted"},
		{"read", "2a25"},
		{"expect", "2a25=text:x"},
		{"write-value", "2a25=text:x"},
		{"trigger", "read=2a25"},
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
		{PEER " --count 1", "--count is not an option of pair"},
		{"listen --retry 1", "--retry is not an option of listen"},
		{"verify " PEER " --io none", "--io is not an option of verify"},
		{"bonds list -c hci0", "--controller is not an option of bonds"},
		{"explain x --store y", "--store is not an option of explain"},
		{"info --show-keys", "--show-keys is not an option of info"},
		{"controllers --take", "--take is not an option of controllers"},
		{"batch x --oob-own -", "--oob-own is not an option of batch"},
		{"scan --format csv", "--format is not an option of scan"},
		{"selftest --store x", "--store is not an option of selftest"},
		{"listen --resets 1", "--resets is not an option of listen"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		refuses(wrong[i][0], wrong[i][1]);
}

/* ---- Flags and texts ----------------------------------------------------------------------------
 */

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
		{PEER " --legacy-passkey-mitm", &o.legacy_passkey_mitm},
		{"bonds remove --all", &o.all},
		{"bonds list --yes", &o.yes},
		{"bonds prune --always", &o.always},
		{"explain --checks", &o.checks},
		{"explain x --brief", &o.brief},
		{"explain x --failed", &o.failures},
		{PEER " --explain", &o.explain},
		{"scan --passive", &o.passive},
		{"batch x --again", &o.again},
		{PEER " --json", &o.json},
		{PEER " --show-keys", &o.show_keys},
		{PEER " --quiet", &o.quiet},
		{PEER " --keep-bond", &o.keep_bond},
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
		{PEER, "oob-own", &o.oob_own},	     {PEER, "oob-file", &o.oob_file},
		{PEER, "store", &o.store},	     {"bonds export", "output", &o.output},
		{"explain x", "html", &o.html},	     {"explain x", "svg", &o.svg},
		{"explain x", "keys", &o.keys_file}, {"batch", "match", &o.match},
		{"batch x", "report", &o.report},    {PEER, "write", &o.capture},
		{"batch x", "hook", &o.hook},	     {PEER, "while-connected", &o.while_connected},
		{PEER, "profile", &o.profile},	     {PEER, "junit", &o.junit},
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

/* ---- Mistakes -----------------------------------------------------------------------------------
 */

static void an_unknown_option_has_a_suggestion(void **state)
{
	(void)state;
	refuses("--mtim " PEER, "unknown option \"--mtim\": did you mean --mitm");
	refuses("--jsom " PEER, "unknown option \"--jsom\": did you mean --json");
	refuses("--colour=never " PEER, "unknown option \"--colour\": did you mean --color");
	refuses("--colour never " PEER, "unknown option \"--colour\": did you mean --color");
	refuses("--pass-key 1 " PEER, "unknown option \"--pass-key\": did you mean --passkey");
	refuses("--nonsense " PEER, "unknown option \"--nonsense\"");
	refuses("-x " PEER, "unknown option \"-x\"");
	refuses("--jo none " PEER, "unknown option \"--jo\": did you mean --io");
	refuses("--ab none " PEER, "unknown option \"--ab\""); /* both letters differ */
	refuses("scan --durtion 1", "unknown option \"--durtion\": did you mean --duration");
	refuses("listen --mtch x", "unknown option \"--mtch\""); /* --match is of batch */
	refuses("--supervisiontimeot 1 " PEER,
		"unknown option \"--supervisiontimeot\": did you mean --supervision-timeout");
	/* Of a long name up to three letters are changed, added or left out, at any place. */
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
	refuses("--json=x " PEER, "--json takes no value");
}

static void an_unknown_command_has_a_suggestion(void **state)
{
	(void)state;
	refuses("scann", "unknown command \"scann\": did you mean scan");
	refuses("bond list", "unknown command \"bond\": did you mean bonds");
	refuses("--json exlpain file", "unknown command \"exlpain\": did you mean explain");
	refuses("frobnicate",
		"\"frobnicate\" is neither a command nor an address; expected a command, or "
		"AA:BB:CC:DD:EE:FF, optionally followed by /public or /random");
	refuses("''", "\"\" is neither a command nor an address; expected a command, or "
		      "AA:BB:CC:DD:EE:FF, optionally followed by /public or /random");
	/* A colon makes an address of it. */
	refuses("C4:7C", "\"C4:7C\" is not an address; expected AA:BB:CC:DD:EE:FF, optionally "
			 "followed by /public or /random, or KEY=VALUE, or the label of a unit");
}

static void pair_is_a_command_and_the_command_without_one(void **state)
{
	(void)state;
	accepts("pair " PEER " --json");
	assert_int_equal(o.command, COMMAND_PAIR);
	assert_true(o.has_peer);
	accepts("--json pair " PEER);
	assert_true(o.has_peer);
	refuses("pair", "the peer is missing; expected its address, like C4:7C:8D:11:22:33, a "
			"label, or KEY=VALUE");
}

static void a_peer_is_named_by_its_address_its_label_or_what_it_advertises(void **state)
{
	static const char *const takers[] = {"pair", "verify", "bonds remove", "bonds show"};
	char line[80];

	(void)state;
	for (size_t i = 0; i < COUNT(takers); i++) {
		(void)snprintf(line, sizeof(line), "%s " PEER, takers[i]);
		accepts(line);
		assert_true(o.has_peer && !o.label && !o.match);
		(void)snprintf(line, sizeof(line), "%s SN-1", takers[i]);
		accepts(line);
		assert_true(!o.has_peer && !o.match);
		assert_string_equal(o.label, "SN-1");
		(void)snprintf(line, sizeof(line), "%s label=SN:1=x", takers[i]);
		accepts(line);
		assert_string_equal(o.label, "SN:1=x");
	}
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(line, sizeof(line), "%s name=a:b,rssi=-60", takers[i]);
		accepts(line);
		assert_true(!o.has_peer && !o.label);
		assert_string_equal(o.match, "name=a:b,rssi=-60");
		(void)snprintf(line, sizeof(line), "%s C4:7C", takers[i]);
		refuses(line, "\"C4:7C\" is not an address; expected AA:BB:CC:DD:EE:FF, "
			      "optionally followed by /public or /random, or KEY=VALUE, or the "
			      "label of a unit");
	}
	accepts("name=x");
	assert_int_equal(o.command, COMMAND_PAIR);
	assert_string_equal(o.match, "name=x");
	accepts("label=x");
	assert_string_equal(o.label, "x");
	refuses("pair ''", "\"\" is not an address; expected AA:BB:CC:DD:EE:FF, optionally "
			   "followed by /public or /random, or the label of a unit");
	refuses("pair x --no-store",
		"a label is looked up in the store, which --no-store excludes");
}

static void a_value_may_not_be_missing(void **state)
{
	(void)state;
	refuses(PEER " --io", "--io needs a value");
	refuses(PEER " -w", "-w needs a value");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_command_is_found_among_options),
		cmocka_unit_test(a_word_of_two_letters_takes_its_value),
		cmocka_unit_test(a_command_takes_its_own_options_only),
		cmocka_unit_test(what_a_command_takes),
		cmocka_unit_test(each_flag_sets_its_own_field),
		cmocka_unit_test(each_text_is_stored_in_its_own_field),
		cmocka_unit_test(an_unknown_option_has_a_suggestion),
		cmocka_unit_test(an_unknown_command_has_a_suggestion),
		cmocka_unit_test(pair_is_a_command_and_the_command_without_one),
		cmocka_unit_test(a_peer_is_named_by_its_address_its_label_or_what_it_advertises),
		cmocka_unit_test(a_value_may_not_be_missing),
	};
	return cmocka_run_group_tests(tests, without_terminal, NULL);
}

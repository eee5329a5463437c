/* SPDX-License-Identifier: MIT */
/* Options that contradict each other. */
#include "cli/options/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/exit_code.h"

static void contradictions_are_refused(void **state)
{
#define TK "--oob tk=00112233445566778899aabbccddeeff"
#define SC "--oob confirm=00112233445566778899aabbccddeeff,random=00112233445566778899aabbccddeeff"
	static const char short_timeout[] =
		"--supervision-timeout is too short; it must exceed (1 + latency) x interval x 2";
	static const char needs_sc[] = "--oob confirm=HEX,random=HEX and --oob-own are for Secure "
				       "Connections, which --sc off excludes";
	static const char no_protection[] =
		"--mitm with --sc off needs --oob tk=HEX: Passkey Entry of legacy pairing does not "
		"protect against a man in the middle (--legacy-passkey-mitm: count it as "
		"protection)";
	static const char *const wrong[][2] = {
		{PEER " --min-key-size 16 --max-key-size 15",
		 "--min-key-size 16 is greater than --max-key-size 15"},
		{PEER " --sc only " TK,
		 "--oob tk=HEX is for legacy pairing, which --sc only excludes"},
		{PEER " --sc off " SC, needs_sc},
		{PEER " --sc off --oob-own -", needs_sc},
		{PEER " --sc off --mitm", no_protection},
		{"listen --mitm --sc off", no_protection},
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
	accepts(PEER " --sc off --mitm " TK);
	accepts(PEER " --sc off --mitm --legacy-passkey-mitm");
	accepts("batch x --sc off --mitm"); /* a row may have a TK */
	accepts(PEER " --supervision-timeout 110 --interval 50");
	accepts(PEER " --latency 132"); /* 133 x 15 ms x 2 = 3990 ms */
	accepts(PEER " --latency 499 --interval 7.5 --supervision-timeout 7510");
	accepts("bonds export --output -");
	accepts("bonds list --json");
}

static void options_that_exclude_each_other_are_refused(void **state)
{
	static const char *const wrong[][2] = {
		{"--mitm --no-mitm", "--mitm and --no-mitm exclude each other"},
		{"--no-mitm --mitm", "--mitm and --no-mitm exclude each other"},
		{"--no-bond --replace-bond", "--no-bond and --replace-bond exclude each other"},
		{"--no-bond --keep-bond", "--keep-bond and --no-bond exclude each other"},
		{"--no-store --keep-bond", "--keep-bond and --no-store exclude each other"},
		{"--no-store --replace-bond", "--no-store and --replace-bond exclude each other"},
		{"--quiet --verbose", "--quiet and --verbose exclude each other"},
		{"-v -q", "--quiet and --verbose exclude each other"},
		{"--no-bond --init-keys enc,id",
		 "--no-bond keeps no key: with it, --init-keys takes id or none"},
		{"--no-bond --resp-keys sign",
		 "--no-bond keeps no key: with it, --resp-keys takes id or none"},
		{"--no-bond --resp-keys link",
		 "--no-bond keeps no key: with it, --resp-keys takes id or none"},
		{"--sc off --init-keys enc,link",
		 "link of --init-keys is for Secure Connections, which --sc off excludes"},
		{"--sc off --resp-keys link",
		 "link of --resp-keys is for Secure Connections, which --sc off excludes"},
		{"--legacy-passkey-mitm --sc only",
		 "--legacy-passkey-mitm is for legacy pairing, which --sc only excludes"},
		{"--mitm --io none",
		 "--mitm demands protection against a man in the middle, which --io none gives "
		 "with out-of-band data only"},
		{"--passkey 1 --method numeric_comparison",
		 "--passkey has no use with --method numeric_comparison"},
		{"--passkey 1 --method just_works",
		 "--passkey has no use with --method just_works"},
		{"--passkey 1 --method oob " TK, "--passkey has no use with --method oob"},
		{"--passkey 1 --io none", "--passkey has no use with --io none"},
		{"--keypress --method numeric_comparison",
		 "--keypress has no use with --method numeric_comparison"},
		{"--keypress --sc off",
		 "--keypress is for Secure Connections, which --sc off excludes"},
		{"--confirm yes --method passkey", "--confirm has no use with --method passkey"},
		{"--confirm yes --io keyboard", "--confirm has no use with --io keyboard"},
		{"--confirm no --io display", "--confirm has no use with --io display"},
		{"--confirm yes --sc off",
		 "--confirm is for Secure Connections, which --sc off excludes"},
		{"--keypress --sc off",
		 "--keypress is for Secure Connections, which --sc off excludes"},
		{"--keypress --io display-yesno --confirm yes --sc off",
		 "--keypress is for Secure Connections, which --sc off excludes"},
		{TK " --method passkey", "--oob has no use with --method passkey"},
		{"--oob-own - --method numeric_comparison",
		 "--oob-own has no use with --method numeric_comparison"},
		{"--method numeric_comparison --io keyboard",
		 "--method numeric_comparison is not possible with --io keyboard"},
		{"--method numeric_comparison --io display",
		 "--method numeric_comparison is not possible with --io display"},
		{"--method passkey --io none", "--method passkey is not possible with --io none"},
		{"--method numeric_comparison --sc off",
		 "--method numeric_comparison is for Secure Connections, which --sc off excludes"},
		{"--method just_works --mitm",
		 "--method just_works has no protection against a man in the middle, which --mitm "
		 "demands"},
		{"--method oob", "--method oob needs --oob, --oob-file or --oob-own"},
	};
	static const char *const right[] = {
		"--mitm --mitm",
		"--passkey 1 --method passkey --io display",
		"--passkey 1 --method passkey --io keyboard",
		"--passkey 1 --io display-yesno",
		"--passkey 1",
		"--keypress --method passkey",
		"--confirm yes --method numeric_comparison --io display-yesno",
		"--confirm ask --sc off",
		"--confirm ask --io none",
		"--confirm yes --io display-yesno",
		"--keypress --sc only",
		"--method numeric_comparison --io keyboard-display --mitm",
		"--method just_works --io none",
		("--method oob --io none --mitm " TK),
		"--method oob --oob-own -",
		"--method oob --oob-file x",
		"--no-bond --no-store",
		"--no-bond --init-keys id --resp-keys none",
		"--sc prefer --init-keys enc,link",
		"--sc off --init-keys enc,sign,id",
		"--legacy-passkey-mitm --sc off",
		"--mitm --io display",
		"--no-mitm --io none",
		("--mitm --io none " TK),
		"--mitm --io none --oob-own -",
		"--mitm --io none --oob-file x",
	};
	char line[256];

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		(void)snprintf(line, sizeof(line), PEER " %s", wrong[i][0]);
		refuses(line, wrong[i][1]);
	}
	for (size_t i = 0; i < COUNT(right); i++) {
		(void)snprintf(line, sizeof(line), PEER " %s", right[i]);
		accepts(line);
	}
	accepts("batch --match rssi=-50 --method oob"); /* the rows have the data */
}

/* One would be written over the other: a capture over the bonds, a report over its list. */
static void a_file_has_one_use(void **state)
{
	static const char *const wrong[][2] = {
		{PEER " --store x -w x", "--store and --write name the same file"},
		{"listen --store %s -w %s.link", "--store and --write name the same file"},
		{PEER " --oob-own x --oob-file x", "--oob-file and --oob-own name the same file"},
		{"batch %s --report %s.link", "--report and the list name the same file"},
		{"batch %s --report x -w %s", "--write and the list name the same file"},
		{"batch x --report y -w y", "--report and --write name the same file"},
		{"explain %s --html %s.link", "--html and the capture name the same file"},
		{"explain y --html x --svg x", "--html and --svg name the same file"},
		{"explain x --keys x", "--keys and the capture name the same file"},
	};
	static const char *const right[] = {
		"batch x --report /dev/null -w /dev/null",
		"explain /dev/null --html /dev/null",
		"explain - --html -",
		(PEER " --store x -w y"),
		"explain %s --html x --keys y",
	};
	char file[] = "/tmp/blepair-options.XXXXXX", link[64], line[256];
	int fd = mkstemp(file);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	(void)snprintf(link, sizeof(link), "%s.link", file);
	assert_int_equal(symlink(file, link), 0);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		(void)snprintf(line, sizeof(line), wrong[i][0], file, file);
		refuses(line, wrong[i][1]);
	}
	for (size_t i = 0; i < COUNT(right); i++) {
		(void)snprintf(line, sizeof(line), right[i], file);
		accepts(line);
	}
	assert_int_equal(unlink(link) | unlink(file), 0);
}

static void an_error_ends_its_lines_between_words(void **state)
{
	char *words[] = {(char[]){"blepair"}, (char[]){"explain"}};

	(void)state;
	streams_capture_terminal(40);
	assert_int_equal(options_parse(2, words, &o), CLI_USAGE);
	streams_restore();
	assert_string_equal(streams_err, "blepair: explain needs a capture file,\n"
					 "  or - for standard input; see blepair\n"
					 "  help explain\n");
}

static void standard_output_has_one_use(void **state)
{
	static const char *const wrong[][2] = {
		{"--json --brief", "--json and --brief both write to standard output"},
		{"--json --html -", "--json and --html - both write to standard output"},
		{"--brief --keys -", "--brief and --keys - both write to standard output"},
		{"--svg - --html -", "--html - and --svg - both write to standard output"},
	};
	static const char *const right[] = {"--json --html x", "--brief --html x --svg y",
					    "--html - --svg x --keys y", "--keys -"};
	char line[64];

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		(void)snprintf(line, sizeof(line), "explain x %s", wrong[i][0]);
		refuses(line, wrong[i][1]);
	}
	for (size_t i = 0; i < COUNT(right); i++) {
		(void)snprintf(line, sizeof(line), "explain a %s", right[i]);
		accepts(line);
	}
}

static void the_table_of_checks_takes_no_other_option(void **state)
{
	static const char *const others[] = {"json",  "brief",	    "failed",	 "html x",
					     "svg x", "keys x",	    "show-keys", "verbose",
					     "quiet", "color never"};
	char line[64], text[200];

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		(void)snprintf(line, sizeof(line), "explain --checks --%s", others[i]);
		(void)snprintf(text, sizeof(text),
			       "--checks prints a table and reads no capture: --%.*s has no use "
			       "with it",
			       (int)strcspn(others[i], " "), others[i]);
		refuses(line, text);
	}
	refuses("explain --checks x", "--checks prints a table and reads no capture: \"x\" has no "
				      "use with it");
}

static void files_beside_the_results_are_not_standard_output(void **state)
{
	static const char *const wrong[][2] = {
		{PEER " -w -", "--write takes a file: standard output has the results"},
		{"watch --write -", "--write takes a file: standard output has the results"},
		{PEER " --store -", "--store takes a file: standard output has the results"},
		{"batch a.csv --report -",
		 "--report takes a file: standard output has the results"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		refuses(wrong[i][0], wrong[i][1]);
	accepts(PEER " -w ./-");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(options_that_exclude_each_other_are_refused),
		cmocka_unit_test(a_file_has_one_use),
		cmocka_unit_test(an_error_ends_its_lines_between_words),
		cmocka_unit_test(standard_output_has_one_use),
		cmocka_unit_test(the_table_of_checks_takes_no_other_option),
		cmocka_unit_test(files_beside_the_results_are_not_standard_output),
		cmocka_unit_test(the_format_names_the_output),
	};
	return cmocka_run_group_tests(tests, without_terminal, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Operands, and the IO capability that follows from the options. */
#include "cli/options/fixture.h"

#include <pty.h>
#include <unistd.h>

/* ---- Operands -----------------------------------------------------------------------------------
 */

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
	accepts("bonds restore " PEER " --yes --replace-bond");
	assert_true(o.bonds_action == BONDS_RESTORE && o.has_peer && o.yes && o.replace_bond);
	accepts("bonds restore SN-7");
	assert_string_equal(o.label, "SN-7");
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
	static const char missing[] = "the peer is missing; expected its address, like "
				      "C4:7C:8D:11:22:33, a label, or KEY=VALUE";
	static const char action[] =
		"bonds needs an action: list, show, export, import, remove, prune or restore";
	static const char *const wrong[][2] = {
		{"--json", missing},
		{"AA:BB",
		 "\"AA:BB\" is not an address; expected AA:BB:CC:DD:EE:FF, optionally followed by "
		 "/public or /random, or KEY=VALUE, or the label of a unit"},
		{PEER " x", "unexpected argument \"x\""},
		{PEER " x y z", "unexpected argument \"x\""},
		{"listen x", "unexpected argument \"x\""},
		{"scan x", "unexpected argument \"x\""},
		{"info x", "unexpected argument \"x\""},
		{"controllers " PEER, "unexpected argument \"" PEER "\""},
		{"scan scan", "unexpected argument \"scan\""},
		{"bonds", action},
		{"bonds delete", action},
		{"bonds restore",
		 "bonds restore needs the address of a peer, or the label of a unit"},
		{"bonds restore --all", "--all is not an option of bonds restore"},
		{"bonds list --replace-bond", "--replace-bond is not an option of bonds list"},
		{"bonds show", "bonds show needs the address of a peer, or the label of a unit"},
		{"bonds import",
		 "bonds import needs the file of an export, or a directory of BlueZ"},
		{"bonds remove",
		 "bonds remove needs the address of a peer, the label of a unit, or --all"},
		{"bonds list x", "unexpected argument \"x\""},
		{"bonds export x", "unexpected argument \"x\""},
		{"bonds show " PEER " x", "unexpected argument \"x\""},
		{"bonds import x y", "unexpected argument \"y\""},
		{"bonds remove x --all", "unexpected argument \"x\""},
		{"bonds list --all", "--all is not an option of bonds list"},
		{"bonds prune x", "unexpected argument \"x\""},
		{"bonds list --keep 1", "--keep is not an option of bonds list"},
		{"bonds remove " PEER " --older-than 1",
		 "--older-than is not an option of bonds remove"},
		{"bonds show x --always", "--always is not an option of bonds show"},
		{"bonds import x --format csv", "--format is not an option of bonds import"},
		{"explain", "explain needs a capture file, or - for standard input"},
		{"explain a b",
		 "explain takes one capture, and \"b\" is a second one: explain each by "
		 "itself, or pack them as one archive (tar, ZIP)"},
		{"verify", "verify needs a peer (its address, a label, or KEY=VALUE), or --all"},
		{"verify --all " PEER, "verify takes an address or --all, not both"},
		{"verify " PEER " x", "unexpected argument \"x\""},
		{"batch",
		 "batch needs a file with a list of units, - for standard input, or --match"},
		{"batch a b", "unexpected argument \"b\""},
		{"batch a --match name=x", "batch takes a list or --match, not both"},
		{"batch a --bind 3", "--bind: \"3\" is not valid; expected SLOT=CONTROLLER"},
		{"batch a --bind =hci0",
		 "--bind: \"=hci0\" is not valid; expected SLOT=CONTROLLER"},
		{"batch a --bind 1=hci0 --bind 1=hci1",
		 "--bind: \"1=hci1\" is not valid; expected each slot once"},
		{"batch --match name=x --bind 1=hci0", "--match and --bind exclude each other"},
		{"selftest x", "unexpected argument \"x\""},
		{"selftest -c hci0 -c hci1 -c hci2",
		 "selftest takes one or two controllers, and -c hci2 is the third: test it in "
		 "another run"},
		{"selftest -c hci0 -c hci0", "-c hci0 is given twice"},
		{"selftest --min-rssi -60",
		 "--min-rssi is about the golden unit: give --golden, too"},
		{"selftest --max-time 500",
		 "--max-time is about the golden unit: give --golden, too"},
		{"selftest --passkey 1", "--passkey is about the golden unit: give --golden, too"},
		{"selftest --replug --replug-timeout 0",
		 "--replug needs a --replug-timeout above 0"},
		{"batch a --hook true --keep-root", "--hook and --keep-root exclude each other"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		refuses(wrong[i][0], wrong[i][1]);
}

/* ---- The IO capability --------------------------------------------------------------------------
 */

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_peer_is_an_address),
		cmocka_unit_test(operands_of_other_commands),
		cmocka_unit_test(operands_that_are_missing_or_unexpected),
		cmocka_unit_test(without_a_terminal_the_answers_make_the_io_capability),
		cmocka_unit_test(a_required_method_makes_the_io_capability),
		cmocka_unit_test(a_terminal_can_do_everything),
	};
	return cmocka_run_group_tests(tests, without_terminal, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The operands, defaults that depend on several options, and contradictions. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/oob.h"
#include "options/table.h"

/* ---- Operands -------------------------------------------------------------------------------- */

static int not_an_address(const char *text, const char *otherwise)
{
	return options_usage("\"%s\" is not an address; expected AA:BB:CC:DD:EE:FF, optionally "
			     "followed by /public or /random%s",
			     text, otherwise);
}

/* An address, or the label of a unit. */
static int parse_bonded(struct options *o, const char *text)
{
	if (!*text)
		return not_an_address(text, ", or the label of a unit");
	o->has_peer = address_parse(text, &o->peer, &o->peer_typed);
	if (!o->has_peer)
		o->label = strncmp(text, "label=", 6) == 0 && text[6] ? text + 6 : text;
	return OPTIONS_GO_ON;
}

/* Also KEY=VALUE, what it advertises. A label with a colon is written label=TEXT. */
static int parse_peer(struct options *o, const char *text)
{
	const bool is_label = strncmp(text, "label=", 6) == 0 && text[6];
	const int status = parse_bonded(o, text);

	if (status != OPTIONS_GO_ON || o->has_peer || is_label)
		return status;
	if (strchr(text, ':') && !strchr(text, '='))
		return not_an_address(text, ", or KEY=VALUE, or the label of a unit");
	if (!strchr(text, '='))
		return status;
	o->match = text;
	o->label = NULL;
	return status;
}

static int unexpected(const char *operand)
{
	return options_usage("unexpected argument \"%s\"", operand);
}

/* The options of a single action of bonds; NULL: none is given that is not its own. */
static const char *foreign_option(const struct options *o)
{
	const enum bonds_action action = o->bonds_action;

	if (o->all && action != BONDS_REMOVE)
		return "--all";
	if (o->format && action != BONDS_EXPORT)
		return "--format";
	if (o->keep >= 0 && action != BONDS_PRUNE)
		return "--keep";
	if (o->older_than >= 0 && action != BONDS_PRUNE)
		return "--older-than";
	if (o->replace_bond && action != BONDS_RESTORE)
		return "--replace-bond";
	return o->always && action != BONDS_PRUNE ? "--always" : NULL;
}

/* The operand of an action of bonds. */
static int parse_bonds_operand(struct options *o, const char *operand)
{
	if (o->bonds_action == BONDS_IMPORT) {
		o->input = operand;
		return -1;
	}
	return parse_bonded(o, operand);
}

static int parse_bonds(struct options *o, const char *const operands[], size_t count)
{
	static const char *const words[] = {"list",   "show",  "export",  "import",
					    "remove", "prune", "restore", NULL};
	static const char *const missing[] = {
		NULL,
		"bonds show needs the address of a peer, or the label of a unit",
		NULL,
		"bonds import needs the file of an export, or a directory of BlueZ",
		"bonds remove needs the address of a peer, the label of a unit, or --all",
		NULL,
		"bonds restore needs the address of a peer, or the label of a unit"};
	int i = count ? options_word(operands[0], words) : -1;

	if (i < 0)
		return options_usage(
			"bonds needs an action: list, show, export, import, remove, prune or "
			"restore");
	o->bonds_action = (enum bonds_action)i;
	if (foreign_option(o))
		return options_usage("%s is not an option of bonds %s", foreign_option(o),
				     words[i]);
	if (count == 1)
		return missing[i] && !o->all ? options_usage("%s", missing[i]) : -1;
	if (count > 2 || o->all || !missing[i])
		return unexpected(operands[count - 1]);
	return parse_bonds_operand(o, operands[1]);
}

int options_operands(struct options *o, const char *const operands[], size_t count)
{
	switch (o->command) {
	case COMMAND_BONDS:
		return parse_bonds(o, operands, count);
	case COMMAND_EXPLAIN:
		if (count > 1)
			return options_usage("explain takes one capture, and \"%s\" is a second "
					     "one: explain each by itself, or pack them as one "
					     "archive (tar, ZIP)",
					     operands[1]);
		if (!count && o->checks)
			return -1;
		if (!count)
			return options_usage(
				"explain needs a capture file, or - for standard input");
		o->file = operands[0];
		return -1;
	case COMMAND_VERIFY:
		if (o->all)
			return count ? options_usage("verify takes an address or --all, not both")
				     : -1;
		if (!count)
			return options_usage("verify needs a peer (its address, a label, or "
					     "KEY=VALUE), or --all");
		break;
	case COMMAND_BATCH:
		o->list = operands[0];
		return count > 1 ? unexpected(operands[1]) : -1;
	case COMMAND_PAIR:
		if (!count)
			return options_usage("the peer is missing; expected its address, like "
					     "C4:7C:8D:11:22:33, a label, or KEY=VALUE");
		break;
	case COMMAND_HELP:
		return options_help_operands(operands, count);
	case COMMAND_LISTEN:
	case COMMAND_SCAN:
	case COMMAND_INFO:
	case COMMAND_CONTROLLERS:
	case COMMAND_WATCH:
	case COMMAND_SELFTEST:
		return count ? unexpected(operands[0]) : -1;
	}
	return count > 1 ? unexpected(operands[1]) : parse_peer(o, operands[0]);
}

/* ---- All options together -------------------------------------------------------------------- */

/* The capability of the user at the terminal or of the script that answers. */
static enum smp_io natural_io(const struct options *o)
{
	/* A batch runs unattended, unless --io is given. */
	if (o->command != COMMAND_BATCH && isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		return SMP_IO_KEYBOARD_DISPLAY;
	if (o->has_passkey && o->confirm != CONFIRM_ASK)
		return SMP_IO_KEYBOARD_DISPLAY;
	if (o->has_passkey)
		return SMP_IO_KEYBOARD_ONLY;
	return o->confirm != CONFIRM_ASK ? SMP_IO_DISPLAY_YES_NO : SMP_IO_NO_INPUT_NO_OUTPUT;
}

void options_settle_io(struct options *o)
{
	/* What a required method needs of this side, Vol 3 Part H Table 2.8. */
	static const enum smp_io needs[] = {
		[SMP_JUST_WORKS] = SMP_IO_NO_INPUT_NO_OUTPUT,
		[SMP_NUMERIC_COMPARISON] = SMP_IO_DISPLAY_YES_NO,
		[SMP_PASSKEY_WE_SHOW] = SMP_IO_DISPLAY_ONLY,
		[SMP_PASSKEY_WE_TYPE] = SMP_IO_KEYBOARD_ONLY,
		[SMP_PASSKEY_BOTH_TYPE] = SMP_IO_KEYBOARD_ONLY,
	};

	if (o->io_given)
		return;
	if (o->method != SMP_METHOD_NONE && o->method != SMP_OOB)
		o->io = needs[o->method];
	else
		o->io = natural_io(o);
}

bool options_read_rows(const struct options *o)
{
	return o->command == COMMAND_BATCH && o->list && strcmp(o->list, "-") == 0;
}

/* Each connection to a socket is a controller of its own. */
static int validate_once(const struct options *o)
{
	for (size_t i = 0; i < o->controller_count; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(o->controllers[i], o->controllers[k]) == 0 &&
			    strncmp(o->controllers[i], "unix:", 5) != 0 &&
			    strncmp(o->controllers[i], "tcp:", 4) != 0)
				return options_usage("-c %s is given twice", o->controllers[i]);
	return OPTIONS_GO_ON;
}

static int validate_selftest(struct options *o)
{
	const struct options_selftest *s = options_selftest(o);

	if (o->controller_count > 2)
		return options_usage("selftest takes one or two controllers, and -c %s is the "
				     "third: test it in another run",
				     o->controllers[2]);
	if (s->replug && o->replug_timeout <= 0)
		return options_usage("--replug needs a --replug-timeout above 0");
	if (!s->has_golden && (s->has_min_rssi || s->max_time > 0 || o->has_passkey))
		return options_usage("%s is about the golden unit: give --golden, too",
				     s->has_min_rssi   ? "--min-rssi"
				     : s->max_time > 0 ? "--max-time"
						       : "--passkey");
	return validate_once(o);
}

static int validate_batch(struct options *o)
{
	if (o->list && o->match)
		return options_usage("batch takes a list or --match, not both");
	if (!o->list && !o->match)
		return options_usage(
			"batch needs a file with a list of units, - for standard input, or "
			"--match");
	return validate_once(o);
}

static int validate_controllers(struct options *o)
{
	const char *preset = getenv("BLEPAIR_CONTROLLER");

	if (!o->controller_count)
		o->controllers[o->controller_count++] = preset && *preset ? preset : "hci";
	/* Only batch and selftest use several; otherwise the last one counts, as with every option.
	 */
	o->controller = o->controllers[o->controller_count - 1];
	if (o->command == COMMAND_SELFTEST)
		return validate_selftest(o);
	return o->command == COMMAND_BATCH ? validate_batch(o) : -1;
}

/* complete: --oob-file was read, or is not given. */
static int check_oob(const struct options *o, bool complete)
{
	if (o->sc == SMP_SC_ONLY && o->oob.has_tk)
		return options_usage(
			"--oob tk=HEX is for legacy pairing, which --sc only excludes");
	if (o->sc == SMP_SC_OFF && (o->oob.has_peer || o->oob_own))
		return options_usage(
			"--oob confirm=HEX,random=HEX and --oob-own are for Secure Connections, "
			"which --sc off excludes");
	if (complete && o->sc == SMP_SC_OFF && o->mitm == SMP_MITM_REQUIRE && !o->oob.has_tk &&
	    !o->legacy_passkey_mitm && o->command != COMMAND_BATCH)
		return options_usage(
			"--mitm with --sc off needs --oob tk=HEX: Passkey Entry of legacy pairing "
			"does not protect against a man in the middle (--legacy-passkey-mitm: "
			"count it as protection)");
	return -1;
}

int options_read_oob_file(struct options *o)
{
	struct failure failure;

	if (!o->oob_file)
		return -1;
	if (oob_load(o->oob_file, &o->oob, &failure)) {
		(void)options_usage("--oob-file: %s", failure.text);
		return (int)failure.exit;
	}
	return check_oob(o, true);
}

int options_validate(struct options *o)
{
	/* Not the signing key: data signing was removed in version 6.3 of the Core Specification.
	 */
	const int usual = SMP_DIST_ENC | SMP_DIST_ID;
	static const char *const outputs[] = {"bonds.json", "bonds.csv", "bluetooth",
					      "wireshark.txt"}; /* by format */

	int status = validate_controllers(o);

	if (status != OPTIONS_GO_ON)
		return status;
	options_settle_io(o);
	if (o->scan_timeout < 0)
		o->scan_timeout = o->command != COMMAND_BATCH ? 10 : o->match ? 0 : 30;
	if (o->init_keys < 0)
		o->init_keys = o->no_bond ? 0 : usual;
	if (o->resp_keys < 0)
		o->resp_keys = o->no_bond ? 0 : usual;
	if (o->timeout < 0)
		o->timeout = o->command == COMMAND_LISTEN || o->command == COMMAND_BATCH ||
					     o->command == COMMAND_WATCH || o->all
				     ? 0
				     : 60 + o->linger + (o->while_connected ? o->hook_timeout : 0);
	if (o->min_key_size > o->max_key_size)
		return options_usage("--min-key-size %u is greater than --max-key-size %u",
				     o->min_key_size, o->max_key_size);
	status = check_oob(o, !o->oob_file);
	if (status != OPTIONS_GO_ON)
		return status;
	if (!o->output)
		o->output = outputs[o->format];
	if (o->json && strcmp(o->output, "-") == 0)
		return options_usage("--json and --output - both write to standard output");
	if (o->no_store && o->label)
		return options_usage(
			"a label is looked up in the store, which --no-store excludes");
	if (o->no_store && o->command == COMMAND_VERIFY)
		return options_usage(
			"verify reads the bond from the store, which --no-store excludes");
	if (!(o->command & OPTIONS_KEEPING))
		o->no_store = true;
	/* Core Vol 4 Part E 7.8.12: timeout above (1 + latency) * interval * 2. */
	if ((uint32_t)o->supervision * 4 <= (1 + (uint32_t)o->latency) * o->interval_max)
		return options_usage("--supervision-timeout is too short; it must exceed "
				     "(1 + latency) x interval x 2");
	if (o->json)
		o->color = COLOR_NEVER;
	return -1;
}

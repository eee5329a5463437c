/* SPDX-License-Identifier: MIT */
/* What was said, taken together: the words beside the options, what was left out, what contradicts.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options/table.h"

/* ---- What stands beside the options ---------------------------------------------------------- */

static int parse_address(struct options *o, const char *text)
{
	o->has_peer = true;
	return address_parse(text, &o->peer, &o->peer_typed)
		       ? -1
		       : options_usage("\"%s\" is not an address; expected AA:BB:CC:DD:EE:FF, with "
				       "/public "
				       "or "
				       "/random behind it if known",
				       text);
}

static int parse_bonds(struct options *o, const char *const operands[], size_t count)
{
	static const char *const words[] = {"list", "show", "export", "import", "remove", NULL};
	static const char *const missing[] = {
		NULL, "bonds show which? give the address of a peer", NULL,
		"bonds import what? give the file of an export, or a directory of BlueZ",
		"bonds remove which? give the address of a peer, or --all"};
	int i = count ? options_word(operands[0], words) : -1;

	if (i < 0)
		return options_usage("bonds what? list, show, export, import or remove");
	o->bonds_action = (enum bonds_action)i;
	if (o->all && o->bonds_action != BONDS_REMOVE)
		return options_usage("--all is for bonds remove");
	if (o->format && o->bonds_action != BONDS_EXPORT)
		return options_usage("--format is for bonds export; import sees what it is given");
	if (count == 1)
		return missing[i] && !o->all ? options_usage("%s", missing[i]) : -1;
	if (count > 2 || o->all || o->bonds_action == BONDS_LIST || o->bonds_action == BONDS_EXPORT)
		return options_usage("bonds %s: \"%s\" is too much", words[i], operands[count - 1]);
	if (o->bonds_action != BONDS_IMPORT)
		return parse_address(o, operands[1]);
	o->input = operands[1];
	return -1;
}

int options_operands(struct options *o, const char *const operands[], size_t count)
{
	switch (o->command) {
	case COMMAND_BONDS:
		return parse_bonds(o, operands, count);
	case COMMAND_EXPLAIN:
		if (count > 1)
			return options_usage("one capture, please: \"%s\" is too much",
					     operands[1]);
		if (!count && o->checks)
			return -1;
		if (!count)
			return options_usage(
				"explain what? give a capture file, or - for standard input");
		o->file = operands[0];
		return -1;
	case COMMAND_VERIFY:
		if (o->all)
			return count ? options_usage("--all, or one address: which of the two?")
				     : -1;
		if (!count)
			return options_usage(
				"verify which bond? give the address of its peer, or --all");
		break;
	case COMMAND_BATCH:
		o->list = operands[0];
		return count > 1
			       ? options_usage("one list, please: \"%s\" is too much", operands[1])
			       : -1;
	case COMMAND_PAIR:
		if (!count)
			return options_usage(
				"whom to pair with? give an address like C4:7C:8D:11:22:33");
		break;
	case COMMAND_LISTEN:
	case COMMAND_SCAN:
	case COMMAND_INFO:
	case COMMAND_CONTROLLERS:
		return count ? options_usage("%s takes no address: \"%s\" is too much",
					     options_command_name(o->command), operands[0])
			     : -1;
	}
	return count > 1 ? options_usage("one address, please: \"%s\" is too much", operands[1])
			 : parse_address(o, operands[0]);
}

/* ---- All together ---------------------------------------------------------------------------- */

/* What a person or a script at this end can do, unless it was said. */
static enum smp_io natural_io(const struct options *o)
{
	/* Nobody sits beside a run over many units, unless --io says so. */
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
	/* What the method that must be used needs of us, Vol 3 Part H Table 2.8. */
	static const int needs[] = {
		[SMP_JUST_WORKS] = SMP_IO_NO_INPUT_NO_OUTPUT,
		[SMP_NUMERIC_COMPARISON] = SMP_IO_DISPLAY_YES_NO,
		[SMP_PASSKEY_WE_SHOW] = SMP_IO_DISPLAY_ONLY,
		[SMP_PASSKEY_WE_TYPE] = SMP_IO_KEYBOARD_ONLY,
		[SMP_PASSKEY_BOTH_TYPE] = SMP_IO_KEYBOARD_ONLY,
	};

	if (o->io_said)
		return;
	if (o->method != SMP_METHOD_NONE && o->method != SMP_OOB)
		o->io = needs[o->method];
	else
		o->io = (int)natural_io(o);
}

static int settle_batch(struct options *o)
{
	if (o->list && o->match)
		return options_usage("batch takes a list or --match: which of the two?");
	if (!o->list && !o->match)
		return options_usage(
			"which units? give a file with a list of them, - for standard input, "
			"or --match");
	for (size_t i = 0; i < o->controller_count; i++)
		for (size_t k = 0; k < i; k++)
			/* Every connection to a socket is a controller of its own. */
			if (strcmp(o->controllers[i], o->controllers[k]) == 0 &&
			    strncmp(o->controllers[i], "unix:", 5) != 0 &&
			    strncmp(o->controllers[i], "tcp:", 4) != 0)
				return options_usage("-c %s is there twice", o->controllers[i]);
	return -1;
}

static int settle_controllers(struct options *o)
{
	const char *usual = getenv("BLEPAIR_CONTROLLER");

	if (!o->controller_count)
		o->controllers[o->controller_count++] = usual && *usual ? usual : "hci";
	/* Only batch has several; elsewhere the last one is meant, as with every option. */
	o->controller = o->controllers[o->controller_count - 1];
	return o->command == COMMAND_BATCH ? settle_batch(o) : -1;
}

int options_settle(struct options *o)
{
	const int usual = SMP_DIST_ENC | SMP_DIST_ID | SMP_DIST_SIGN;
	static const char *const outputs[] = {"bonds.json", "bonds.csv", "bluetooth",
					      "wireshark.txt"}; /* by format */

	int status = settle_controllers(o);

	if (status >= 0)
		return status;
	options_settle_io(o);
	if (o->scan_timeout < 0)
		o->scan_timeout = o->command != COMMAND_BATCH ? 10 : o->match ? 0 : 30;
	if (o->init_keys < 0)
		o->init_keys = o->no_bond ? 0 : usual;
	if (o->resp_keys < 0)
		o->resp_keys = o->no_bond ? 0 : usual;
	if (o->timeout < 0)
		o->timeout = o->command == COMMAND_LISTEN || o->command == COMMAND_BATCH || o->all
				     ? 0
				     : 60;
	if (o->min_key_size > o->max_key_size)
		return options_usage("--min-key-size %u is above --max-key-size %u",
				     o->min_key_size, o->max_key_size);
	if (o->sc == SMP_SC_ONLY && o->oob.has_tk)
		return options_usage(
			"--oob tk=... is for legacy pairing, which --sc only excludes");
	if (o->sc == SMP_SC_OFF && (o->oob.has_peer || o->oob_own))
		return options_usage(
			"out-of-band confirm and random are for Secure Connections, which --sc "
			"off excludes");
	if (!o->output)
		o->output = outputs[o->format];
	if (o->json && strcmp(o->output, "-") == 0)
		return options_usage("--json and --output - both want standard output");
	if (o->no_store && o->store)
		return options_usage("--store and --no-store: which of the two?");
	if (o->no_store && o->command == COMMAND_VERIFY)
		return options_usage("verify needs the bond, which --no-store does not know");
	if (!(o->command & OPTIONS_KEEPING))
		o->no_store = true;
	/* Core Vol 4 Part E 7.8.12: timeout above (1 + latency) * interval * 2. */
	if ((uint32_t)o->supervision * 4 <= (1 + (uint32_t)o->latency) * o->interval_max)
		return options_usage(
			"--supervision-timeout is too short for this --interval and --latency; "
			"it must exceed (1 + latency) x interval x 2");
	if (o->json)
		o->color = COLOR_NEVER;
	return -1;
}

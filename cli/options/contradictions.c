/* SPDX-License-Identifier: MIT */
/* Options that exclude each other. A later option replaces an earlier one of the same name only. */
#include <string.h>
#include <sys/stat.h>

#include "crypto/bytes.h"
#include "options/table.h"

#define JUST_WORKS (1U << SMP_JUST_WORKS)
#define NUMERIC	   (1U << SMP_NUMERIC_COMPARISON)
#define WE_SHOW	   (1U << SMP_PASSKEY_WE_SHOW)
#define WE_TYPE	   (1U << SMP_PASSKEY_WE_TYPE | 1U << SMP_PASSKEY_BOTH_TYPE)
#define PASSKEY	   (WE_SHOW | WE_TYPE)
#define OOB	   (1U << SMP_OOB)

static const struct {
	const char *one, *other;
} pairs[] = {
	{"mitm", "no-mitm"},
	{"store", "no-store"},
	{"no-bond", "replace-bond"},
	{"no-store", "replace-bond"}, /* no bond is known that could be replaced */
	{"quiet", "verbose"},
	{"hook", "keep-root"},
	{"while-connected", "keep-root"},
	{"match", "bind"}, /* only a row has a slot */
	{"sort", "json"},  /* events are printed as they happen */
	{"keep-bond", "no-bond"},
	{"keep-bond", "no-store"},
};

/* The keys that are of use in a later connection only; an identity names the peer at once. */
#define KEYS_OF_BOND (SMP_DIST_ENC | SMP_DIST_SIGN | SMP_DIST_LINK)

/* What an option is for: with --method, one of these must be wanted. */
static const struct {
	const char *option;
	unsigned methods;
} uses[] = {
	{"passkey", PASSKEY}, {"keypress", PASSKEY}, {"confirm", NUMERIC},
	{"oob", OOB},	      {"oob-file", OOB},     {"oob-own", OOB},
};

/* The methods that an input and output capability allows, Core Vol 3 Part H Table 2.8. */
static const struct {
	const char *name;
	unsigned methods;
} capabilities[] = {
	[SMP_IO_DISPLAY_ONLY] = {"display", JUST_WORKS | OOB | WE_SHOW},
	[SMP_IO_DISPLAY_YES_NO] = {"display-yesno", JUST_WORKS | OOB | WE_SHOW | NUMERIC},
	[SMP_IO_KEYBOARD_ONLY] = {"keyboard", JUST_WORKS | OOB | WE_TYPE},
	[SMP_IO_NO_INPUT_NO_OUTPUT] = {"none", JUST_WORKS | OOB},
	[SMP_IO_KEYBOARD_DISPLAY] = {"keyboard-display", JUST_WORKS | OOB | PASSKEY | NUMERIC},
};

static bool given(const bool rows[], const char *name)
{
	for (size_t i = 0; i < options_row_count; i++)
		if (options_rows[i].name && strcmp(options_rows[i].name, name) == 0)
			return rows[i];
	return false;
}

static const char *method_name(unsigned methods)
{
	int method = SMP_JUST_WORKS;

	if (methods == PASSKEY)
		return "passkey";
	while (!(methods >> method & 1))
		method++;
	return smp_method_slug((enum smp_method)method);
}

static bool has_oob(const struct options *o)
{
	return o->oob.has_tk || o->oob.has_peer || o->oob_own || o->oob_file;
}

/* Options against --method. */
static int check_method(const struct options *o, const bool rows[])
{
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
		if (given(rows, uses[i].option) && !(o->methods & uses[i].methods))
			return options_usage("--%s has no use with --method %s", uses[i].option,
					     method_name(o->methods));
	if (o->io_given && !(o->methods & capabilities[o->io].methods))
		return options_usage("--method %s is not possible with --io %s",
				     method_name(o->methods), capabilities[o->io].name);
	if (o->methods == NUMERIC && o->sc == SMP_SC_OFF)
		return options_usage(
			"--method numeric_comparison is for Secure Connections, which --sc off "
			"excludes");
	if (o->methods == JUST_WORKS && o->mitm == SMP_MITM_REQUIRE)
		return options_usage("--method just_works has no protection against a man in the "
				     "middle, which --mitm demands");
	if (o->methods == OOB && !has_oob(o) && o->command != COMMAND_BATCH)
		return options_usage("--method oob needs --oob, --oob-file or --oob-own");
	return OPTIONS_GO_ON;
}

/* What legacy pairing has no use for. */
static const char *secure_only(const struct options *o, const bool rows[])
{
	if (given(rows, "keypress"))
		return "keypress";
	return o->confirm != CONFIRM_ASK ? "confirm" : NULL;
}

/* Options against --init-keys and --resp-keys. */
static int check_keys(const struct options *o, const bool rows[])
{
	const struct {
		const char *option;
		int keys;
	} sides[] = {{"init-keys", o->init_keys}, {"resp-keys", o->resp_keys}};

	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
		if (!given(rows, sides[i].option))
			continue;
		if (o->no_bond && (sides[i].keys & KEYS_OF_BOND))
			return options_usage("--no-bond keeps no key: with it, --%s takes id or "
					     "none",
					     sides[i].option);
		/* Vol 3 Part H 2.4.2.4: it is derived from the LTK of Secure Connections. */
		if (o->sc == SMP_SC_OFF && (sides[i].keys & SMP_DIST_LINK))
			return options_usage("link of --%s is for Secure Connections, which --sc "
					     "off excludes",
					     sides[i].option);
	}
	return OPTIONS_GO_ON;
}

/* What prints on standard output: one of these at most, and none of the files. */
static int check_standard_output(const struct options *o)
{
	const struct {
		const char *name;
		bool prints;
	} printers[] = {
		{"--json", o->json},
		{"--brief", o->brief},
		{"--html -", o->html && strcmp(o->html, "-") == 0},
		{"--svg -", o->svg && strcmp(o->svg, "-") == 0},
		{"--keys -", o->keys_file && strcmp(o->keys_file, "-") == 0},
	};
	const struct {
		const char *name, *path;
	} files[] = {{"--write", o->capture},
		     {"--report", o->report},
		     {"--junit", o->junit},
		     {"--store", o->store}};
	const char *first = NULL;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i].path && strcmp(files[i].path, "-") == 0)
			return options_usage("%s takes a file: standard output has the results",
					     files[i].name);
	for (size_t i = 0; i < sizeof(printers) / sizeof(printers[0]); i++) {
		if (printers[i].prints && first)
			return options_usage("%s and %s both write to standard output", first,
					     printers[i].name);
		first = printers[i].prints ? printers[i].name : first;
	}
	return OPTIONS_GO_ON;
}

/* --checks prints a table and reads no capture: nothing else applies to it. */
static int check_checks(const struct options *o, const bool rows[])
{
	if (!o->checks)
		return OPTIONS_GO_ON;
	if (o->file)
		return options_usage("--checks prints a table and reads no capture: \"%s\" "
				     "has no use with it",
				     o->file);
	for (size_t i = 0; i < options_row_count; i++)
		if (rows[i] && strcmp(options_rows[i].name, "checks") != 0)
			return options_usage("--checks prints a table and reads no capture: --%s "
					     "has no use with it",
					     options_rows[i].name);
	return OPTIONS_GO_ON;
}

/* Options against --mitm. In a batch, a row may have out-of-band data or another --io. */
static int check_mitm(const struct options *o)
{
	if (o->legacy_passkey_mitm && o->sc == SMP_SC_ONLY)
		return options_usage("--legacy-passkey-mitm is for legacy pairing, which --sc only "
				     "excludes");
	if (o->mitm == SMP_MITM_REQUIRE && o->io_given && o->io == SMP_IO_NO_INPUT_NO_OUTPUT &&
	    !has_oob(o) && o->command != COMMAND_BATCH)
		return options_usage("--mitm demands protection against a man in the middle, "
				     "which --io none gives with out-of-band data only");
	return OPTIONS_GO_ON;
}

/* The same text, or links to the same regular file; a device can serve twice. */
static bool same_file(const char *a, const char *b)
{
	struct stat as, bs;
	const bool a_exists = stat(a, &as) == 0, b_exists = stat(b, &bs) == 0;

	if (!a_exists || !b_exists)
		return strcmp(a, b) == 0;
	return S_ISREG(as.st_mode) && as.st_dev == bs.st_dev && as.st_ino == bs.st_ino;
}

/* A file that is written must have no other use: its old content would be lost. */
static int check_files(const struct options *o)
{
	const struct {
		const char *name, *path;
	} files[] = {
		{o->command & OPTIONS_KEEPING ? "--store" : "the store", o->store},
		{"--oob-file", o->oob_file},
		{"--profile", o->profile},
		{"--oob-own", o->oob_own},
		{"--html", o->html},
		{"--svg", o->svg},
		{"--keys", o->keys_file},
		{"--report", o->report},
		{"--junit", o->junit},
		{"--write", o->capture},
		{"the list", o->list},
		{"the capture", o->file},
	};

	for (size_t i = 1; i < sizeof(files) / sizeof(files[0]); i++)
		for (size_t k = 0; k < i; k++)
			if (files[i].path && files[k].path && strcmp(files[i].path, "-") != 0 &&
			    same_file(files[i].path, files[k].path))
				return options_usage("%s and %s name the same file", files[k].name,
						     files[i].name);
	return OPTIONS_GO_ON;
}

int options_refuse_store(const struct options *o, const char *store)
{
	struct options with_store = *o;

	with_store.store = store;
	const int status = check_files(&with_store);
	bytes_wipe(&with_store, sizeof(with_store));
	return status;
}

int options_contradictions(const struct options *o, const bool rows[])
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (given(rows, pairs[i].one) && given(rows, pairs[i].other))
			return options_usage("--%s and --%s exclude each other", pairs[i].one,
					     pairs[i].other);
	if (o->has_passkey && o->io_given && !(capabilities[o->io].methods & PASSKEY))
		return options_usage("--passkey has no use with --io %s", capabilities[o->io].name);
	if (o->confirm != CONFIRM_ASK && o->io_given && !(capabilities[o->io].methods & NUMERIC))
		return options_usage("--confirm has no use with --io %s", capabilities[o->io].name);
	if (o->sc == SMP_SC_OFF && secure_only(o, rows))
		return options_usage("--%s is for Secure Connections, which --sc off excludes",
				     secure_only(o, rows));
	int status = check_checks(o, rows);
	if (status == OPTIONS_GO_ON)
		status = check_keys(o, rows);
	if (status == OPTIONS_GO_ON)
		status = check_mitm(o);
	if (status == OPTIONS_GO_ON)
		status = check_files(o);
	if (status == OPTIONS_GO_ON)
		status = check_standard_output(o);
	if (status != OPTIONS_GO_ON)
		return status;
	return o->methods ? check_method(o, rows) : OPTIONS_GO_ON;
}

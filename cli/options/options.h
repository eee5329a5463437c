/* SPDX-License-Identifier: MIT */
/* The command line: one table of options, from which come the parser and --help. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/address.h"
#include "smp/smp.h"

enum command {
	COMMAND_PAIR = 1,
	COMMAND_LISTEN = 2,
	COMMAND_SCAN = 4,
	COMMAND_INFO = 8,
	COMMAND_CONTROLLERS = 16,
	COMMAND_BONDS = 32,
	COMMAND_VERIFY = 64,
	COMMAND_EXPLAIN = 128,
	COMMAND_BATCH = 256,
};

/* In the order of their words in options.c. */
enum bonds_action { BONDS_LIST, BONDS_SHOW, BONDS_EXPORT, BONDS_IMPORT, BONDS_REMOVE };
enum bonds_format { BONDS_JSON, BONDS_CSV, BONDS_BLUEZ, BONDS_WIRESHARK };
enum confirm { CONFIRM_ASK, CONFIRM_YES, CONFIRM_NO };
enum own_address { OWN_AUTO, OWN_PUBLIC, OWN_STATIC, OWN_RPA };
/* How often -c may be given. */
#define OPTIONS_CONTROLLERS 16

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
	enum command command;
	const char *controller; /* the first of */
	const char *controllers[OPTIONS_CONTROLLERS];
	size_t controller_count;
	bool take, unblock, keep_root;

	struct crypto_address peer;
	bool has_peer, peer_typed; /* one was given, and its type */

	bool io_said;
	int io; /* enum smp_io, -1: by what the terminal and the other options allow */
	enum smp_mitm mitm;
	enum smp_sc sc;
	uint16_t methods; /* bits of enum smp_method, 0: any */
	bool no_bond;
	bool has_passkey;
	uint32_t passkey;
	enum confirm confirm;
	struct smp_oob oob;
	const char *oob_own;	  /* file, "-": fresh; NULL: none */
	int init_keys, resp_keys; /* SMP_DIST_*, -1: the default */
	uint8_t min_key_size, max_key_size;
	bool keypress;

	enum own_address own_address;
	bool has_static;
	struct crypto_address static_address;
	bool wait_security_request;
	bool security_request; /* listen: send one */
	bool replace_bond;     /* also by a weaker one */
	const char *store;     /* file, NULL: the usual one */
	bool no_store;
	enum bonds_action bonds_action;
	enum bonds_format format;
	const char *input;  /* bonds import: a file or a directory, "-": standard input */
	const char *output; /* NULL: named by the format; "-": standard output */
	bool all, yes;

	const char *file; /* explain: the capture, "-": standard input */
	const char *html, *svg, *keys_file;
	bool checks;  /* explain: list them */
	bool explain; /* after a failure: show the ladder */

	double scan_timeout;		     /* seconds */
	double timeout;			     /* seconds, 0: none */
	double duration;		     /* scan: seconds, 0: until stopped */
	uint16_t interval_min, interval_max; /* 1.25 ms */
	uint16_t latency;
	uint16_t supervision; /* 10 ms */
	const char *name;
	unsigned count; /* listen: pairings, 0: endless */
	unsigned retry; /* pair: once more, so often, when it fails */
	bool passive;

	/* batch */
	const char *list;	/* file, "-": standard input; NULL: match */
	const char *match;	/* KEY=VALUE,... */
	const char *run;	/* its name, NULL: of the list */
	bool again;		/* all units anew */
	const char *report;	/* file of the HTML report, NULL: none */
	double unit_timeout;	/* seconds, 0: none */
	size_t until_count;	/* units paired, 0: all */
	uint64_t until_time;	/* microseconds since 1970, 0: no such time */
	size_t limit;		/* units begun, 0: all */
	unsigned max_failures;	/* in a row, 0: any number */
	unsigned links;		/* of a controller, 0: as many as it has */
	enum smp_method method; /* that must be used; SMP_METHOD_NONE: any */

	const char *capture;
	bool json, quiet, show_keys;
	int verbose;
	enum color color;
};

/*
 * Parses. Returns -1 to go on, or the exit code to leave with: 0 after --help or --version (on
 * stdout), CLI_USAGE after one line on stderr.
 */
int options_parse(int argc, char *argv[], struct options *options);

/* What this end can do, by what the options provide, unless --io said it. */
void options_settle_io(struct options *options);

/* The row of an option, for whoever checks the documents; NULL beyond the last. */
const char *options_long_name(size_t i);

/* SPDX-License-Identifier: MIT */
/* The command line: one table of options (table.c) makes the parser and --help. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/address.h"
#include "base/level.h"
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
	COMMAND_WATCH = 512,
	COMMAND_HELP = 1024, /* ends in options_parse() */
	COMMAND_SELFTEST = 2048,
};

/* In the order of their words in validate.c and table.c. */
enum bonds_action {
	BONDS_LIST,
	BONDS_SHOW,
	BONDS_EXPORT,
	BONDS_IMPORT,
	BONDS_REMOVE,
	BONDS_PRUNE,
	BONDS_RESTORE
};
enum bonds_format { BONDS_JSON, BONDS_CSV, BONDS_BLUEZ, BONDS_WIRESHARK };
enum confirm { CONFIRM_ASK, CONFIRM_YES, CONFIRM_NO };
enum own_address { OWN_AUTO, OWN_PUBLIC, OWN_STATIC, OWN_RPA };
/* Most -c options. */
#define OPTIONS_CONTROLLERS 16

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* The lines of scan: by the time when a device was heard first, ... */
enum scan_order { SCAN_BY_HEARD, SCAN_BY_RSSI, SCAN_BY_NAME, SCAN_BY_ADDRESS, SCAN_BY_SEEN };

/* What selftest does. */
struct options_selftest {
	unsigned resets;
	double listen;		       /* seconds */
	bool replug;		       /* ask for each controller to be pulled out */
	bool has_golden, golden_typed; /* given; given with its type */
	struct crypto_address golden;
	bool has_min_rssi;
	int min_rssi;	 /* dBm */
	double max_time; /* milliseconds, 0: no limit */
};

struct acceptance;
struct options {
	enum command command;
	const char *controller; /* the last one given */
	const char *controllers[OPTIONS_CONTROLLERS];
	size_t controller_count;
	bool take, unblock, keep_root;

	struct crypto_address peer;
	bool has_peer, peer_typed; /* given; given with its type */

	bool io_given;
	enum smp_io io;
	enum smp_mitm mitm;
	bool legacy_passkey_mitm; /* Passkey Entry of legacy pairing is authenticated */
	enum smp_sc sc;
	uint16_t methods; /* bits of enum smp_method, 0: any */
	bool no_bond;
	bool has_passkey;
	uint32_t passkey;
	enum confirm confirm;
	struct smp_oob oob;
	const char *oob_file;	  /* of the peer's data, for options_read_oob_file() */
	const char *oob_own;	  /* file, "-": fresh data; NULL: none */
	int init_keys, resp_keys; /* SMP_DIST_*, -1: the default */
	uint8_t min_key_size, max_key_size;
	bool keypress;

	enum own_address own_address;
	bool has_static;
	struct crypto_address static_address;
	bool has_set_address; /* set_address: the public one to give the controller */
	struct crypto_address set_address;
	bool wait_security_request;
	bool security_request; /* listen: send one */
	enum security_level
		protected_value; /* listen: what it demands; LEVEL_OPEN: there is none */
	bool replace_bond;	 /* even by a weaker one */
	const char *store;	 /* file, NULL: the default */
	bool no_store;
	enum bonds_action bonds_action;
	enum bonds_format format;
	const char *input;  /* bonds import: a file or a directory, "-": standard input */
	const char *output; /* "-": standard output */
	const char *label;  /* of a unit, instead of the peer; NULL: the peer is given */
	bool all, yes;
	int keep, older_than; /* bonds prune: bonds, days; -1: as the store keeps them */
	bool always;	      /* bonds prune: from now on */

	const char *file; /* explain: the capture, "-": standard input */
	const char *html, *svg, *keys_file;
	bool checks;   /* explain: list all checks */
	bool brief;    /* explain: one sentence for each attempt */
	bool failures; /* explain: only the attempts that failed */
	bool explain;  /* after a failure: show the ladder */

	double scan_timeout;		     /* seconds */
	double timeout;			     /* seconds, 0: none */
	double idle_timeout;		     /* listen: seconds, 0: none */
	double duration;		     /* scan: seconds, 0: until interrupted */
	uint16_t interval_min, interval_max; /* 1.25 ms */
	bool has_interval;		     /* the user chose it */
	uint16_t latency;
	uint16_t supervision; /* 10 ms */
	const char *name;
	unsigned count; /* listen: pairings, watch: attempts; 0: no limit */
	unsigned retry; /* pair: further attempts after a failure */
	unsigned phys;	/* as in Core Vol 4 Part E 7.8.48: 1 LE 1M, 2 LE 2M, 4 LE Coded; 0: all */
	bool passive;
	enum scan_order sort; /* scan */

	/* batch */
	const char *list;  /* file, "-": standard input; NULL: match */
	const char *match; /* KEY=VALUE,..., also in place of the peer of pair and verify */
	const char *const
		*binds; /* of the latest options_parse(): SLOT=CONTROLLER, neither empty */
	size_t bind_count;
	const char *job_name;	     /* --run, NULL: derived from the list */
	bool again;		     /* paired units too */
	const char *report;	     /* file of the HTML report, NULL: none */
	const char *junit;	     /* file of the results for CI systems, NULL: none */
	double unit_timeout;	     /* seconds, 0: none */
	const char *hook;	     /* command after each unit, NULL: none */
	const char *while_connected; /* command beside each link after its success, NULL: none */
	double hook_timeout;	     /* seconds */
	double linger;		/* pair, verify: seconds that the link stays up after a success */
	double replug_timeout;	/* seconds; 0: a controller that is lost is out of service */
	size_t until_count;	/* units paired, 0: all */
	uint64_t until_time;	/* microseconds since 1970, 0: none */
	size_t limit;		/* units started, 0: all */
	unsigned max_failures;	/* in a row, 0: no limit */
	unsigned links;		/* per controller, 0: as many as it supports */
	enum smp_method method; /* required by the list; SMP_METHOD_NONE: any */

	/* What the peer has to show besides pairing, of the latest options_parse(); NULL: nothing.
	 */
	const struct acceptance *acceptance;
	const char *profile; /* its file, for options_read_attribute_files(); NULL: none */
	bool keep_bond;	     /* in spite of what the peer lacks */

	const struct options_selftest *selftest; /* of the latest options_parse(); NULL: another
						    command */

	const char *capture;
	bool json, quiet, show_keys;
	int verbose;
	enum color color;
};

/*
 * Parses the command line. Returns -1 to go on, or the exit code to leave with: 0 after the help or
 * --version (on stdout), the code of a failure after one line on stderr. Texts in options point
 * into argv.
 */
int options_parse(int argc, char *argv[], struct options *options);

/*
 * Reads the file of --oob-file into options->oob. Call it after privilege_begin(): the rights of
 * the user decide whether the file can be read. Returns as options_parse().
 */
int options_read_oob_file(struct options *options);

/* The same for the values to write, and for the attributes of --profile. */
int options_read_attribute_files(struct options *options);

/*
 * Whether an option names the file of the store, also the default one: -1 to go on, or CLI_USAGE
 * after one line on stderr.
 */
int options_refuse_store(const struct options *options, const char *store);

/* Standard input has the units of a batch, and answers no question. */
bool options_read_rows(const struct options *options);

/* Sets the IO capability from the other options and the terminal, unless --io was given. */
void options_settle_io(struct options *options);

/* SPDX-License-Identifier: MIT */
/* Every option: its name, the commands that take it, how its value is read, where it is stored. */
#define _GNU_SOURCE
#include "options/table.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/oob.h"

enum {
	CONNECTING = COMMAND_PAIR | COMMAND_VERIFY | COMMAND_BATCH,
	USING = CONNECTING | COMMAND_LISTEN | COMMAND_SCAN | COMMAND_INFO,
	ALL = USING | COMMAND_CONTROLLERS | COMMAND_BONDS | COMMAND_EXPLAIN,
	RUNNING = CONNECTING | COMMAND_LISTEN,
	KEEPING = OPTIONS_KEEPING,
	SHOWING = COMMAND_PAIR | COMMAND_LISTEN | COMMAND_VERIFY | COMMAND_BONDS | COMMAND_EXPLAIN,
	PAIRING = COMMAND_PAIR | COMMAND_LISTEN | COMMAND_BATCH,
	ONE = COMMAND_PAIR | COMMAND_LISTEN, /* they pair with one peer at a time */
	RADIO = RUNNING | COMMAND_SCAN,
};

/* ---- Values: see parse() of struct options_row ----------------------------------------------- */

static bool number(const char *text, double min, double max, double *out)
{
	char *end;

	errno = 0;
	*out = strtod(text, &end);
	return *text && !*end && !errno && isfinite(*out) && *out >= min && *out <= max;
}

static bool whole(const char *text, long min, long max, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, 10);
	return *text && !*end && !errno && *out >= min && *out <= max;
}

int options_word(const char *value, const char *const words[])
{
	for (int i = 0; words[i]; i++)
		if (strcmp(value, words[i]) == 0)
			return i;
	return -1;
}

static const char *p_controller(struct options *o, const char *v)
{
	if (o->controller_count == OPTIONS_CONTROLLERS)
		return "16 controllers at most";
	o->controllers[o->controller_count++] = v;
	return *v ? NULL : "a controller";
}

static const char *p_io(struct options *o, const char *v)
{
	static const char *const words[] = {"display", "display-yesno",	   "keyboard",
					    "none",    "keyboard-display", NULL};
	int i = options_word(v, words); /* the order is that of enum smp_io */

	if (i < 0)
		return "display, display-yesno, keyboard, keyboard-display or none";
	o->io_given = true;
	o->io = (enum smp_io)i;
	return NULL;
}

static const char *p_mitm(struct options *o, const char *v)
{
	(void)v;
	o->mitm = SMP_MITM_REQUIRE;
	return NULL;
}

static const char *p_no_mitm(struct options *o, const char *v)
{
	(void)v;
	o->mitm = SMP_MITM_OFF;
	return NULL;
}

static const char *p_sc(struct options *o, const char *v)
{
	static const char *const words[] = {"off", "prefer", "only", NULL};
	int i = options_word(v, words);
	o->sc = i < 0 ? SMP_SC_OFF : (enum smp_sc)i;
	return i < 0 ? "prefer, only or off" : NULL;
}

static const char *p_method(struct options *o, const char *v)
{
	static const char *const words[] = {"just-works", "numeric", "passkey", "oob", NULL};
	static const uint16_t methods[] = {1U << SMP_JUST_WORKS, 1U << SMP_NUMERIC_COMPARISON,
					   1U << SMP_PASSKEY_WE_SHOW | 1U << SMP_PASSKEY_WE_TYPE |
						   1U << SMP_PASSKEY_BOTH_TYPE,
					   1U << SMP_OOB};
	int i = options_word(v, words);

	if (i >= 0)
		o->methods = methods[i];
	return i < 0 ? "just-works, numeric, passkey or oob" : NULL;
}

static const char *p_passkey(struct options *o, const char *v)
{
	long n;
	if (strlen(v) > 6 || !whole(v, 0, LONG_MAX, &n))
		return "a number of up to six digits, 0 to 999999";
	o->has_passkey = true;
	o->passkey = (uint32_t)n;
	return NULL;
}

static const char *p_confirm(struct options *o, const char *v)
{
	static const char *const words[] = {"ask", "yes", "no", NULL};
	int i = options_word(v, words);
	o->confirm = i < 0 ? CONFIRM_ASK : (enum confirm)i;
	return i < 0 ? "ask, yes or no" : NULL;
}

static const char *keys(int *out, const char *v)
{
	static const char *const words[] = {"enc", "id", "sign", "link"}; /* SMP_DIST_*, bit 0 on */

	*out = 0;
	if (strcmp(v, "none") == 0)
		return NULL;
	for (;; v++) {
		size_t len = strcspn(v, ","), i = 0;
		while (i < 4 && (strncmp(words[i], v, len) != 0 || words[i][len]))
			i++;
		if (i == 4)
			return "a list of enc, id, sign and link, separated by commas, or none";
		*out |= 1 << i;
		v += len;
		if (!*v)
			return NULL;
	}
}

static const char *p_init_keys(struct options *o, const char *v)
{
	return keys(&o->init_keys, v);
}

static const char *p_resp_keys(struct options *o, const char *v)
{
	return keys(&o->resp_keys, v);
}

static const char *key_size(uint8_t *out, const char *v)
{
	long n;
	if (!whole(v, 7, 16, &n))
		return "7 to 16 octets";
	*out = (uint8_t)n;
	return NULL;
}

static const char *p_min_key(struct options *o, const char *v)
{
	return key_size(&o->min_key_size, v);
}

static const char *p_max_key(struct options *o, const char *v)
{
	return key_size(&o->max_key_size, v);
}

static const char *p_own(struct options *o, const char *v)
{
	static const char expected[] =
		"public, static, static=ADDRESS (its two top bits set) or rpa";
	static const char *const words[] = {"auto", "public", "static", "rpa", NULL};
	bool typed;
	int i = options_word(v, words);

	if (strncmp(v, "static=", 7) == 0) {
		if (!address_parse(v + 7, &o->static_address, &typed))
			return expected;
		o->static_address.type = ADDRESS_RANDOM;
		o->has_static = true;
		o->own_address = OWN_STATIC;
		return address_is_static(&o->static_address) ? NULL : expected;
	}
	o->own_address = i < 0 ? OWN_AUTO : (enum own_address)i;
	return i < 0 ? expected : NULL;
}

static const char *p_retry(struct options *o, const char *v)
{
	long n;
	if (!whole(v, 0, 100, &n))
		return "a number of further attempts, 0 to 100";
	o->retry = (unsigned)n;
	return NULL;
}

static const char *p_format(struct options *o, const char *v)
{
	static const char *const words[] = {"json", "csv", "bluez", "wireshark", NULL};
	int i = options_word(v, words);
	o->format = i < 0 ? BONDS_JSON : (enum bonds_format)i;
	return i < 0 ? "json, csv, bluez or wireshark" : NULL;
}

static const char *p_scan_timeout(struct options *o, const char *v)
{
	if (o->command == COMMAND_BATCH)
		return number(v, 0, 86400, &o->scan_timeout) ? NULL
							     : "seconds, 0 (no limit) to 86400";
	return number(v, 0.1, 3600, &o->scan_timeout) ? NULL : "seconds, 0.1 to 3600";
}

static const char *p_timeout(struct options *o, const char *v)
{
	return number(v, 0, 86400, &o->timeout) ? NULL : "seconds, 0 (no limit) to 86400";
}

static const char *p_unit_timeout(struct options *o, const char *v)
{
	return number(v, 0, 86400, &o->unit_timeout) ? NULL : "seconds, 0 (no limit) to 86400";
}

static const char *p_job_name(struct options *o, const char *v)
{
	o->job_name = v;
	return *v && strlen(v) <= 100 ? NULL : "a name of at most 100 octets";
}

/* The next time at which a local clock shows HH:MM; 0: not a time of day. */
static uint64_t next_time(const char *v)
{
	time_t now = (time_t)(clock_wall() / 1000000), then;
	struct tm today;
	int hour, minute, end = 0;

	if (sscanf(v, "%2d:%2d%n", &hour, &minute, &end) != 2 || v[end] || hour < 0 || hour > 23 ||
	    minute < 0 || minute > 59 || !localtime_r(&now, &today))
		return 0;
	today.tm_hour = hour;
	today.tm_min = minute;
	today.tm_sec = 0;
	today.tm_isdst = -1;
	then = mktime(&today);
	if (then <= now) {
		today.tm_mday++;
		today.tm_isdst = -1;
		then = mktime(&today);
	}
	return then > now ? (uint64_t)then * 1000000 : 0;
}

static const char *p_until(struct options *o, const char *v)
{
	long n;

	o->until_time = next_time(v);
	if (o->until_time)
		return NULL;
	if (!whole(v, 1, 100000000, &n))
		return "a number of units, or a time like 17:30";
	o->until_count = (size_t)n;
	return NULL;
}

static const char *p_limit(struct options *o, const char *v)
{
	long n;

	if (!whole(v, 1, 100000000, &n))
		return "a number of units, 1 to 100000000";
	o->limit = (size_t)n;
	return NULL;
}

static const char *p_max_failures(struct options *o, const char *v)
{
	long n;

	if (!whole(v, 0, 1000000, &n))
		return "a number of failures, 0 (no limit) to 1000000";
	o->max_failures = (unsigned)n;
	return NULL;
}

static const char *p_links(struct options *o, const char *v)
{
	long n;

	if (!whole(v, 1, 16, &n))
		return "a number of links, 1 to 16";
	o->links = (unsigned)n;
	return NULL;
}

static const char *p_duration(struct options *o, const char *v)
{
	return number(v, 0, 86400, &o->duration) ? NULL : "seconds, 0 (until interrupted) to 86400";
}

static const char *p_interval(struct options *o, const char *v)
{
	static const char expected[] = "milliseconds, 7.5 to 4000, as MIN or MIN:MAX";
	char copy[32], *max;
	double low, high;

	if (strlen(v) >= sizeof(copy))
		return expected;
	(void)snprintf(copy, sizeof(copy), "%s", v);
	max = strchr(copy, ':');
	if (max)
		*max++ = '\0';
	if (!number(copy, 7.5, 4000, &low) || !number(max ? max : copy, low, 4000, &high))
		return expected;
	o->interval_min = (uint16_t)(low / 1.25 + 0.5);
	o->interval_max = (uint16_t)(high / 1.25 + 0.5);
	return NULL;
}

static const char *p_latency(struct options *o, const char *v)
{
	long n;
	if (!whole(v, 0, 499, &n))
		return "connection events, 0 to 499";
	o->latency = (uint16_t)n;
	return NULL;
}

static const char *p_supervision(struct options *o, const char *v)
{
	double ms;
	if (!number(v, 100, 32000, &ms))
		return "milliseconds, 100 to 32000";
	o->supervision = (uint16_t)(ms / 10 + 0.5);
	return NULL;
}

static const char *p_name(struct options *o, const char *v)
{
	o->name = v;
	return strlen(v) > 29 ? "at most 29 octets, the room in an advertisement" : NULL;
}

static const char *p_count(struct options *o, const char *v)
{
	long n;
	if (!whole(v, 0, 1000000, &n))
		return "a number of pairings, 0 (no limit) to 1000000";
	o->count = (unsigned)n;
	return NULL;
}

static const char *p_verbose(struct options *o, const char *v)
{
	(void)v;
	o->verbose++;
	return NULL;
}

static const char *p_color(struct options *o, const char *v)
{
	static const char *const words[] = {"auto", "always", "never", NULL};
	int i = options_word(v, words);
	o->color = i < 0 ? COLOR_AUTO : (enum color)i;
	return i < 0 ? "auto, always or never" : NULL;
}

/* ---- The table ------------------------------------------------------------------------------- */

/* How a row stores its value: the first fields of struct options_row. */
#define PLAIN(kind)   kind, 0, NULL, NULL
#define HEADING	      PLAIN(OPTION_HEADING)
#define FLAG(member)  OPTION_FLAG, offsetof(struct options, member), NULL, NULL
#define TEXT(member)  OPTION_TEXT, offsetof(struct options, member), NULL, NULL
#define VALUE(parser) OPTION_VALUE, 0, parser, NULL
#define OOB(reader)   OPTION_OOB, 0, NULL, reader

/* clang-format off */
const struct options_row options_rows[] = {
	{HEADING, NULL, 0, NULL, ALL, "Controller"},
	{VALUE(p_controller), "controller", 'c', "SPEC", USING, "controller to use: hciN, usb:VID:PID, usb:BUS-PORT, usb:SERIAL=TEXT, usb:N, unix:PATH, tcp:HOST:PORT or serial:DEV[,BAUD] (default: $BLEPAIR_CONTROLLER, else the first free controller of the kernel); batch: repeat -c for several controllers, or give all"},
	{FLAG(take), "take", 0, NULL, USING, "take the controller even if it is in use; it is powered on again afterwards"},
	{FLAG(unblock), "unblock", 0, NULL, USING, "clear the rfkill soft block of the controller during this run"},
	{FLAG(keep_root), "keep-root", 0, NULL, ALL, "do not drop root privileges after opening the controller"},
	{VALUE(p_own), "own-address", 0, "KIND", RADIO, "our own address: public (default), static, static=ADDRESS or rpa"},
	{HEADING, NULL, 0, NULL, RUNNING, "Pairing"},
	{VALUE(p_io), "io", 0, "CAPABILITY", PAIRING, "input and output capability: display, display-yesno, keyboard, keyboard-display or none (default: what the terminal offers, or what --passkey and --confirm provide)"},
	{VALUE(p_mitm), "mitm", 0, NULL, RUNNING, "refuse to pair without protection against a man in the middle (default: use it if both devices can)"},
	{VALUE(p_no_mitm), "no-mitm", 0, NULL, PAIRING, "do not request protection against a man in the middle"},
	{VALUE(p_sc), "sc", 0, "USE", PAIRING, "LE Secure Connections: prefer (default), only or off"},
	{VALUE(p_method), "method", 0, "MODEL", PAIRING, "accept only this association model: just-works, numeric, passkey or oob"},
	{VALUE(p_passkey), "passkey", 0, "N", PAIRING, "passkey to enter or to display (default: ask for it, or display a random one)"},
	{VALUE(p_confirm), "confirm", 0, "ANSWER", PAIRING, "answer to numeric comparison: ask (default), yes or no"},
	{OOB(oob_parse), "oob", 0, "DATA", ONE, "out-of-band data of the peer: tk=HEX, or confirm=HEX,random=HEX"},
	{OOB(oob_load), "oob-file", 0, "FILE", ONE, "read the out-of-band data of the peer from a JSON file"},
	{TEXT(oob_own), "oob-own", 0, "FILE", ONE, "print our own out-of-band data; FILE keeps their private part, - discards it after this run"},
	{FLAG(no_bond), "no-bond", 0, NULL, PAIRING, "do not bond and do not exchange keys"},
	{VALUE(p_init_keys), "init-keys", 0, "LIST", PAIRING, "keys that the initiator may distribute: enc,id,sign (default), link or none"},
	{VALUE(p_resp_keys), "resp-keys", 0, "LIST", PAIRING, "keys that the responder may distribute: enc,id,sign (default), link or none"},
	{VALUE(p_min_key), "min-key-size", 0, "N", RUNNING, "minimum encryption key size in octets, 7 to 16 (default 16)"},
	{VALUE(p_max_key), "max-key-size", 0, "N", PAIRING, "maximum encryption key size in octets, 7 to 16 (default 16)"},
	{FLAG(keypress), "keypress", 0, NULL, PAIRING, "offer keypress notifications"},
	{FLAG(wait_security_request), "wait-security-request", 0, NULL, COMMAND_PAIR, "wait for a Security Request from the peer before pairing"},
	{FLAG(security_request), "security-request", 0, NULL, COMMAND_LISTEN, "send a Security Request after each connection"},
	{HEADING, NULL, 0, NULL, KEEPING, "Bonds"},
	{TEXT(store), "store", 0, "FILE", KEEPING, "private database for bonds and attempts (default: blepair/blepair.db in $XDG_STATE_HOME or ~/.local/state)"},
	{FLAG(no_store), "no-store", 0, NULL, USING, "use no database: save nothing and find no bond"},
	{FLAG(replace_bond), "replace-bond", 0, NULL, PAIRING, "replace an existing bond even if the new one is weaker or, with listen, not authenticated"},
	{FLAG(all), "all", 0, NULL, COMMAND_VERIFY | COMMAND_BONDS, "verify, bonds remove: all bonds"},
	{FLAG(yes), "yes", 0, NULL, COMMAND_BONDS, "bonds remove --all: do not ask for confirmation"},
	{VALUE(p_format), "format", 0, "FORM", COMMAND_BONDS, "bonds export: json (default, complete), csv, bluez (files of bluetoothd) or wireshark (keys for decrypting captures)"},
	{TEXT(output), "output", 0, "FILE", COMMAND_BONDS, "bonds export: destination, - for standard output (default: bonds.json, bonds.csv, bluetooth/ or wireshark.txt)"},
	{HEADING, NULL, 0, NULL, COMMAND_EXPLAIN, "Explaining"},
	{TEXT(html), "html", 0, "FILE", COMMAND_EXPLAIN, "write an HTML page with a diagram of the messages"},
	{TEXT(svg), "svg", 0, "FILE", COMMAND_EXPLAIN, "write the diagram as an SVG image"},
	{TEXT(keys_file), "keys", 0, "FILE", COMMAND_EXPLAIN, "write all keys found to this private file"},
	{FLAG(checks), "checks", 0, NULL, COMMAND_EXPLAIN, "print a table of all checks; no capture is read"},
	{FLAG(explain), "explain", 0, NULL, ONE, "after a failure, also print the ladder of messages"},
	{HEADING, NULL, 0, NULL, RADIO, "Time and connection"},
	{VALUE(p_scan_timeout), "scan-timeout", 0, "SECONDS", CONNECTING, "time limit for finding the peer (default 10); batch: stop when no unit was seen for this time (default 30; 0: no limit)"},
	{VALUE(p_timeout), "timeout", 0, "SECONDS", RUNNING, "time limit for the whole run (default 60; listen, batch, verify --all: 0, no limit)"},
	{VALUE(p_retry), "retry", 0, "N", COMMAND_PAIR, "retry a failed pairing up to N times, after 1 s, 2 s, 4 s and so on (default 0)"},
	{VALUE(p_duration), "duration", 0, "SECONDS", COMMAND_SCAN, "how long to scan (default 10; 0: until interrupted)"},
	{VALUE(p_interval), "interval", 0, "MIN[:MAX]", CONNECTING, "connection interval in ms (default 7.5:15)"},
	{VALUE(p_latency), "latency", 0, "N", CONNECTING, "peripheral latency in connection events (default 0)"},
	{VALUE(p_supervision), "supervision-timeout", 0, "MS", CONNECTING, "supervision timeout in ms (default 4000)"},
	{VALUE(p_name), "name", 0, "TEXT", COMMAND_LISTEN, "name to advertise (default blepair)"},
	{VALUE(p_count), "count", 0, "N", COMMAND_LISTEN, "exit after N pairings (default 0: no limit)"},
	{FLAG(passive), "passive", 0, NULL, COMMAND_SCAN, "scan passively: send no scan requests, so most names stay unknown"},
	{HEADING, NULL, 0, NULL, COMMAND_BATCH, "Batch"},
	{TEXT(match), "match", 0, "KEY=VALUE", COMMAND_BATCH, "without a list, pair each matching device once; keys: address, name, service, manufacturer, rssi, separated by commas"},
	{VALUE(p_job_name), "run", 0, "NAME", COMMAND_BATCH, "name of the run in the store (default: derived from the list); an interrupted run continues"},
	{FLAG(again), "again", 0, NULL, COMMAND_BATCH, "start over, including units that are already paired"},
	{VALUE(p_unit_timeout), "unit-timeout", 0, "SECONDS", COMMAND_BATCH, "time limit for one unit, including all retries and pauses (default 90; 0: no limit)"},
	{VALUE(p_until), "until", 0, "N|HH:MM", COMMAND_BATCH, "stop when N units are paired, or start no unit after this time of day"},
	{VALUE(p_limit), "limit", 0, "N", COMMAND_BATCH, "start at most N units"},
	{VALUE(p_max_failures), "max-failures", 0, "N", COMMAND_BATCH, "stop when N units failed in a row (default 10; 0: never)"},
	{VALUE(p_links), "links", 0, "N", COMMAND_BATCH, "simultaneous links per controller, 1 to 16 (default: as many as the controller supports)"},
	{HEADING, NULL, 0, NULL, ALL, "Output"},
	{TEXT(report), "report", 0, "FILE", COMMAND_BATCH, "write an HTML report of the run: yield, failures, times and every unit"},
	{TEXT(capture), "write", 'w', "FILE", USING, "write all HCI traffic to a btsnoop file for btmon or Wireshark"},
	{FLAG(json), "json", 0, NULL, ALL, "print one JSON object per line on standard output, the result last"},
	{FLAG(show_keys), "show-keys", 0, NULL, SHOWING, "print keys"},
	{VALUE(p_verbose), "verbose", 'v', NULL, ALL, "print more details"},
	{FLAG(quiet), "quiet", 'q', NULL, ALL, "print only the result"},
	{VALUE(p_color), "color", 0, "WHEN", ALL, "use colours: auto (default), always or never"},
	{PLAIN(OPTION_VERSION), "version", 0, NULL, ALL, "print the version"},
	{PLAIN(OPTION_HELP), "help", 'h', NULL, ALL, "print this help"},
};
/* clang-format on */

const size_t options_row_count = sizeof(options_rows) / sizeof(options_rows[0]);
_Static_assert(sizeof(options_rows) / sizeof(options_rows[0]) <= OPTIONS_ROWS, "see table.h");

const struct options_command options_commands[] = {
	{NULL, COMMAND_PAIR, "find ADDRESS, connect, pair and report the result"},
	{"listen", COMMAND_LISTEN, "advertise and answer pairing requests"},
	{"scan", COMMAND_SCAN, "list advertising devices"},
	{"info", COMMAND_INFO, "describe the controller"},
	{"verify", COMMAND_VERIFY, "check that a bond works by encrypting with it"},
	{"bonds", COMMAND_BONDS, "list, show, export, import or remove bonds"},
	{"explain", COMMAND_EXPLAIN, "explain a capture: what happened, and why it failed"},
	{"batch", COMMAND_BATCH, "pair many units from a list, or all that match"},
	{"controllers", COMMAND_CONTROLLERS,
	 "list all controllers and whether each can be used now"},
};

const size_t options_command_count = sizeof(options_commands) / sizeof(options_commands[0]);

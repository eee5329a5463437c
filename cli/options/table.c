/* SPDX-License-Identifier: MIT */
/* Every option: what it is called, whose it is, how its value is read and where it is kept. */
#define _GNU_SOURCE
#include "options/table.h"

#include <errno.h>
#include <math.h>
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
	ONE = COMMAND_PAIR | COMMAND_LISTEN, /* at a time */
	RADIO = RUNNING | COMMAND_SCAN,
};

/* ---- Values: each parser stores the value and returns NULL, or what was expected ------------- */

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

static const char *p_take(struct options *o, const char *v)
{
	(void)v;
	o->take = true;
	return NULL;
}

static const char *p_unblock(struct options *o, const char *v)
{
	(void)v;
	o->unblock = true;
	return NULL;
}

static const char *p_keep_root(struct options *o, const char *v)
{
	(void)v;
	o->keep_root = true;
	return NULL;
}

static const char *p_io(struct options *o, const char *v)
{
	static const char *const words[] = {"display", "display-yesno",	   "keyboard",
					    "none",    "keyboard-display", NULL};
	o->io_said = true;
	o->io = options_word(v, words); /* the order is that of enum smp_io */
	return o->io < 0 ? "display, display-yesno, keyboard, keyboard-display or none" : NULL;
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

static const char *p_no_bond(struct options *o, const char *v)
{
	(void)v;
	o->no_bond = true;
	return NULL;
}

static const char *p_passkey(struct options *o, const char *v)
{
	long n;
	if (!whole(v, 0, 999999, &n) || strlen(v) > 6)
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

char options_oob_error[300];

static const char *p_oob(struct options *o, const char *v)
{
	return oob_parse(v, &o->oob, options_oob_error, sizeof(options_oob_error))
		       ? "tk=HEX or confirm=HEX,random=HEX with 32 hexadecimal digits each"
		       : NULL;
}

static const char *p_oob_file(struct options *o, const char *v)
{
	return oob_load(v, &o->oob, options_oob_error, sizeof(options_oob_error))
		       ? options_oob_error
		       : NULL;
}

static const char *p_oob_own(struct options *o, const char *v)
{
	o->oob_own = v;
	return NULL;
}

static const char *keys(int *out, const char *v)
{
	static const char *const words[] = {"enc", "id", "sign", "link", NULL};
	char copy[64], *rest = copy, *part;

	if (strcmp(v, "none") == 0) {
		*out = 0;
		return NULL;
	}
	(void)snprintf(copy, sizeof(copy), "%s", v);
	*out = 0;
	while ((part = strsep(&rest, ","))) {
		int i = options_word(part, words);
		if (i < 0)
			return "a list of enc, id, sign and link, separated by commas, or none";
		*out |= 1 << i;
	}
	return NULL;
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

static const char *p_keypress(struct options *o, const char *v)
{
	(void)v;
	o->keypress = true;
	return NULL;
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

static const char *p_wait(struct options *o, const char *v)
{
	(void)v;
	o->wait_security_request = true;
	return NULL;
}

static const char *p_security_request(struct options *o, const char *v)
{
	(void)v;
	o->security_request = true;
	return NULL;
}

static const char *p_store(struct options *o, const char *v)
{
	o->store = v;
	return *v ? NULL : "a file";
}

static const char *p_no_store(struct options *o, const char *v)
{
	(void)v;
	o->no_store = true;
	return NULL;
}

static const char *p_replace_bond(struct options *o, const char *v)
{
	(void)v;
	o->replace_bond = true;
	return NULL;
}

static const char *p_retry(struct options *o, const char *v)
{
	long n;
	if (!whole(v, 0, 100, &n))
		return "a number of further attempts, 0 to 100";
	o->retry = (unsigned)n;
	return NULL;
}

static const char *p_all(struct options *o, const char *v)
{
	(void)v;
	o->all = true;
	return NULL;
}

static const char *p_yes(struct options *o, const char *v)
{
	(void)v;
	o->yes = true;
	return NULL;
}

static const char *p_html(struct options *o, const char *v)
{
	o->html = v;
	return *v ? NULL : "a file";
}

static const char *p_svg(struct options *o, const char *v)
{
	o->svg = v;
	return *v ? NULL : "a file";
}

static const char *p_keys(struct options *o, const char *v)
{
	o->keys_file = v;
	return *v ? NULL : "a file";
}

static const char *p_checks(struct options *o, const char *v)
{
	(void)v;
	o->checks = true;
	return NULL;
}

static const char *p_explain(struct options *o, const char *v)
{
	(void)v;
	o->explain = true;
	return NULL;
}

static const char *p_format(struct options *o, const char *v)
{
	static const char *const words[] = {"json", "csv", "bluez", "wireshark", NULL};
	int i = options_word(v, words);
	o->format = i < 0 ? BONDS_JSON : (enum bonds_format)i;
	return i < 0 ? "json, csv, bluez or wireshark" : NULL;
}

static const char *p_output(struct options *o, const char *v)
{
	o->output = v;
	return *v ? NULL : "a file, a directory for bluez, or - for standard output";
}

static const char *p_scan_timeout(struct options *o, const char *v)
{
	if (o->command == COMMAND_BATCH)
		return number(v, 0, 86400, &o->scan_timeout) ? NULL
							     : "seconds, 0 (no end) to 86400";
	return number(v, 0.1, 3600, &o->scan_timeout) ? NULL : "seconds, 0.1 to 3600";
}

static const char *p_timeout(struct options *o, const char *v)
{
	return number(v, 0, 86400, &o->timeout) ? NULL : "seconds, 0 (no end) to 86400";
}

static const char *p_unit_timeout(struct options *o, const char *v)
{
	return number(v, 0, 86400, &o->unit_timeout) ? NULL : "seconds, 0 (no end) to 86400";
}

static const char *p_match(struct options *o, const char *v)
{
	o->match = v;
	return NULL;
}

static const char *p_run(struct options *o, const char *v)
{
	o->run = v;
	return *v && strlen(v) <= 100 ? NULL : "a name of at most 100 octets";
}

static const char *p_report(struct options *o, const char *v)
{
	o->report = v;
	return *v ? NULL : "a file";
}

static const char *p_again(struct options *o, const char *v)
{
	(void)v;
	o->again = true;
	return NULL;
}

/* The next time that a clock here shows this. */
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
		return "a number of units, from 1 on";
	o->limit = (size_t)n;
	return NULL;
}

static const char *p_max_failures(struct options *o, const char *v)
{
	long n;

	if (!whole(v, 0, 1000000, &n))
		return "a number of failures, 0 (any) to 1000000";
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
	return number(v, 0, 86400, &o->duration) ? NULL : "seconds, 0 (until stopped) to 86400";
}

static const char *p_interval(struct options *o, const char *v)
{
	static const char expected[] = "milliseconds, 7.5 to 4000, as MIN or MIN:MAX";
	char copy[32], *max;
	double low, high;

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
	return strlen(v) > 29 ? "at most 29 octets, what an advertisement has room for" : NULL;
}

static const char *p_count(struct options *o, const char *v)
{
	long n;
	if (!whole(v, 0, 1000000, &n))
		return "a number of pairings, 0 (no end) to 1000000";
	o->count = (unsigned)n;
	return NULL;
}

static const char *p_passive(struct options *o, const char *v)
{
	(void)v;
	o->passive = true;
	return NULL;
}

static const char *p_capture(struct options *o, const char *v)
{
	o->capture = v;
	return NULL;
}

static const char *p_json(struct options *o, const char *v)
{
	(void)v;
	o->json = true;
	return NULL;
}

static const char *p_verbose(struct options *o, const char *v)
{
	(void)v;
	o->verbose++;
	return NULL;
}

static const char *p_quiet(struct options *o, const char *v)
{
	(void)v;
	o->quiet = true;
	return NULL;
}

static const char *p_show_keys(struct options *o, const char *v)
{
	(void)v;
	o->show_keys = true;
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

/* clang-format off */
const struct options_row options_rows[] = {
	{NULL, 0, NULL, ALL, NULL, "Controller"},
	{"controller", 'c', "SPEC", USING, p_controller, "hciN; usb:VID:PID, usb:BUS-PORT, usb:N or usb:SERIAL=TEXT; unix:PATH; tcp:HOST:PORT; serial:DEV[,BAUD]; batch: any number of -c, or all; default: $BLEPAIR_CONTROLLER, else the kernel's first free one"},
	{"take", 0, NULL, USING, p_take, "take a controller that is up from whoever uses it; it is powered on again afterwards"},
	{"unblock", 0, NULL, USING, p_unblock, "lift rfkill's soft block for this run"},
	{"keep-root", 0, NULL, ALL, p_keep_root, "stay root; else root is given up once the controller is open"},
	{"own-address", 0, "KIND", RADIO, p_own, "public (default), static, static=ADDRESS or rpa"},
	{NULL, 0, NULL, RUNNING, NULL, "Pairing"},
	{"io", 0, "CAPABILITY", PAIRING, p_io, "display, display-yesno, keyboard, keyboard-display or none; default: what a terminal can do, or what --passkey and --confirm provide"},
	{"mitm", 0, NULL, RUNNING, p_mitm, "refuse to pair without protection against a man in the middle (default: take it where both ends can)"},
	{"no-mitm", 0, NULL, PAIRING, p_no_mitm, "do not ask for that protection"},
	{"sc", 0, "USE", PAIRING, p_sc, "Secure Connections: prefer (default), only or off"},
	{"method", 0, "MODEL", PAIRING, p_method, "accept this association model only: just-works, numeric, passkey or oob"},
	{"passkey", 0, "N", PAIRING, p_passkey, "the passkey to type or to show (default: ask, or show a random one)"},
	{"confirm", 0, "ANSWER", PAIRING, p_confirm, "numeric comparison: ask (default), yes or no"},
	{"oob", 0, "DATA", ONE, p_oob, "the peer's out-of-band data: tk=HEX, or confirm=HEX,random=HEX"},
	{"oob-file", 0, "FILE", ONE, p_oob_file, "the same from a JSON file"},
	{"oob-own", 0, "FILE", ONE, p_oob_own, "print our own out-of-band data, kept in FILE (- for this run only)"},
	{"no-bond", 0, NULL, PAIRING, p_no_bond, "do not ask for a bond, exchange no keys"},
	{"init-keys", 0, "LIST", PAIRING, p_init_keys, "what the initiator may distribute: enc,id,sign (default), link, none"},
	{"resp-keys", 0, "LIST", PAIRING, p_resp_keys, "what the responder may distribute, likewise"},
	{"min-key-size", 0, "N", RUNNING, p_min_key, "least octets of a key, 7 to 16 (default 16)"},
	{"max-key-size", 0, "N", PAIRING, p_max_key, "most octets of a key, 7 to 16 (default 16)"},
	{"keypress", 0, NULL, PAIRING, p_keypress, "offer keypress notifications"},
	{"wait-security-request", 0, NULL, COMMAND_PAIR, p_wait, "let the peer begin with a Security Request"},
	{"security-request", 0, NULL, COMMAND_LISTEN, p_security_request, "send a Security Request to whoever connects"},
	{NULL, 0, NULL, KEEPING, NULL, "Bonds"},
	{"store", 0, "FILE", KEEPING, p_store, "keep bonds and attempts in this database, made private (default blepair/blepair.db in $XDG_STATE_HOME, which is ~/.local/state)"},
	{"no-store", 0, NULL, USING, p_no_store, "keep nothing, know no bond"},
	{"replace-bond", 0, NULL, PAIRING, p_replace_bond, "let a pairing replace a bond that is there also when it is weaker, or (listen) not authenticated"},
	{"all", 0, NULL, COMMAND_VERIFY | COMMAND_BONDS, p_all, "verify, bonds remove: all bonds"},
	{"yes", 0, NULL, COMMAND_BONDS, p_yes, "bonds remove --all: do not ask"},
	{"format", 0, "FORM", COMMAND_BONDS, p_format, "of the export: json (default, complete), csv, bluez (as bluetoothd keeps bonds) or wireshark (keys to decrypt captures)"},
	{"output", 0, "FILE", COMMAND_BONDS, p_output, "where the export goes, - for standard output (default bonds.json, bonds.csv, bluetooth/, wireshark.txt)"},
	{NULL, 0, NULL, COMMAND_EXPLAIN, NULL, "Explaining"},
	{"html", 0, "FILE", COMMAND_EXPLAIN, p_html, "also as a page with the ladder as a picture"},
	{"svg", 0, "FILE", COMMAND_EXPLAIN, p_svg, "also as a drawing"},
	{"keys", 0, "FILE", COMMAND_EXPLAIN, p_keys, "write the keys found to this private file"},
	{"checks", 0, NULL, COMMAND_EXPLAIN, p_checks, "list the checks, as a table, and read nothing"},
	{"explain", 0, NULL, ONE, p_explain, "after a failure, show the ladder of messages too"},
	{NULL, 0, NULL, RADIO, NULL, "Time and connection"},
	{"scan-timeout", 0, "SECONDS", CONNECTING, p_scan_timeout, "how long to look for the peer (default 10); batch: how long none of the list may come (default 30; 0: no end)"},
	{"timeout", 0, "SECONDS", RUNNING, p_timeout, "how long all may take (default 60; listen, batch, verify --all: 0, no end)"},
	{"retry", 0, "N", COMMAND_PAIR, p_retry, "after a pairing that fails try again, up to N times, waiting 1 s, 2 s, 4 s and so on (default 0)"},
	{"duration", 0, "SECONDS", COMMAND_SCAN, p_duration, "how long to scan (default 10; 0: until stopped)"},
	{"interval", 0, "MIN[:MAX]", CONNECTING, p_interval, "connection interval in ms (default 7.5:15)"},
	{"latency", 0, "N", CONNECTING, p_latency, "peripheral latency in events (default 0)"},
	{"supervision-timeout", 0, "MS", CONNECTING, p_supervision, "supervision timeout in ms (default 4000)"},
	{"name", 0, "TEXT", COMMAND_LISTEN, p_name, "the name to advertise (default blepair)"},
	{"count", 0, "N", COMMAND_LISTEN, p_count, "leave after N pairings (default 0: no end)"},
	{"passive", 0, NULL, COMMAND_SCAN, p_passive, "only listen, ask nobody for a name"},
	{NULL, 0, NULL, COMMAND_BATCH, NULL, "Many units"},
	{"match", 0, "KEY=VALUE", COMMAND_BATCH, p_match, "without a list: pair whatever fits, each once; keys: address, name, service, manufacturer, rssi, separated by commas"},
	{"run", 0, "NAME", COMMAND_BATCH, p_run, "what the run is called in the store (default: by what the list says); a run that was ended goes on"},
	{"again", 0, NULL, COMMAND_BATCH, p_again, "begin anew, also with units that are paired"},
	{"unit-timeout", 0, "SECONDS", COMMAND_BATCH, p_unit_timeout, "how long a unit may take, all attempts and the time between them together (default 90; 0: no end)"},
	{"until", 0, "N|HH:MM", COMMAND_BATCH, p_until, "leave when N units are paired, or begin none after that time"},
	{"limit", 0, "N", COMMAND_BATCH, p_limit, "begin N units at most"},
	{"max-failures", 0, "N", COMMAND_BATCH, p_max_failures, "leave when N units failed in a row (default 10; 0: never)"},
	{"links", 0, "N", COMMAND_BATCH, p_links, "links of one controller at a time (default: as many as it allows, at most 16)"},
	{NULL, 0, NULL, ALL, NULL, "Output"},
	{"report", 0, "FILE", COMMAND_BATCH, p_report, "write an HTML page about the run: yield, failures, times, every unit"},
	{"write", 'w', "FILE", USING, p_capture, "write all traffic to a btsnoop file for btmon or Wireshark"},
	{"json", 0, NULL, ALL, p_json, "one JSON object a line on stdout, the result last"},
	{"show-keys", 0, NULL, SHOWING, p_show_keys, "print the keys"},
	{"verbose", 'v', NULL, ALL, p_verbose, "say more"},
	{"quiet", 'q', NULL, ALL, p_quiet, "say only the result"},
	{"color", 0, "WHEN", ALL, p_color, "auto (default), always or never"},
	{"version", 0, NULL, ALL, NULL, "print the version"},
	{"help", 'h', NULL, ALL, NULL, "print this"},
};
/* clang-format on */

const size_t options_row_count = sizeof(options_rows) / sizeof(options_rows[0]);
_Static_assert(sizeof(options_rows) / sizeof(options_rows[0]) <= OPTIONS_ROWS,
	       "see options_rows.h");

const struct options_command options_commands[] = {
	{NULL, COMMAND_PAIR, "find ADDRESS, connect, pair, report"},
	{"listen", COMMAND_LISTEN, "advertise, and answer whoever pairs"},
	{"scan", COMMAND_SCAN, "list the devices that advertise"},
	{"info", COMMAND_INFO, "describe the controller"},
	{"verify", COMMAND_VERIFY, "encrypt with the bond, and so prove that it works"},
	{"bonds", COMMAND_BONDS, "list, show, export, import or remove bonds"},
	{"explain", COMMAND_EXPLAIN, "say what happened in a capture FILE, and why it failed"},
	{"batch", COMMAND_BATCH, "pair many units of a list, or all that match"},
	{"controllers", COMMAND_CONTROLLERS,
	 "list all controllers, and whether each can be used now"},
};

const size_t options_command_count = sizeof(options_commands) / sizeof(options_commands[0]);

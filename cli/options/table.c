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

#include "acceptance/acceptance.h"
#include "base/clock.h"
#include "base/oob.h"
#include "base/passkey.h"
#include "base/yes_no.h"

enum {
	CONNECTING = COMMAND_PAIR | COMMAND_VERIFY | COMMAND_BATCH,
	USING = CONNECTING | COMMAND_LISTEN | COMMAND_SCAN | COMMAND_INFO | COMMAND_SELFTEST,
	ALL = USING | COMMAND_CONTROLLERS | COMMAND_BONDS | COMMAND_EXPLAIN | COMMAND_WATCH,
	RUNNING = CONNECTING | COMMAND_LISTEN,
	KEEPING = OPTIONS_KEEPING,
	SHOWING = COMMAND_PAIR | COMMAND_LISTEN | COMMAND_VERIFY | COMMAND_BONDS | COMMAND_EXPLAIN |
		  COMMAND_WATCH,
	PAIRING = COMMAND_PAIR | COMMAND_LISTEN | COMMAND_BATCH,
	ONE = COMMAND_PAIR | COMMAND_LISTEN, /* no list of units: the same for each peer */
	RADIO = RUNNING | COMMAND_SCAN,
	ACCEPTING = CONNECTING,
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

static const char *p_bind(struct options *o, const char *v)
{
	static const char *binds[OPTIONS_CONTROLLERS];
	const char *equals = strchr(v, '=');

	if (!equals || equals == v || !equals[1])
		return "SLOT=CONTROLLER";
	if (o->bind_count == OPTIONS_CONTROLLERS)
		return "16 slots at most";
	for (size_t i = 0; i < o->bind_count; i++)
		if (strncmp(binds[i], v, (size_t)(equals - v) + 1) == 0)
			return "each slot once";
	binds[o->bind_count++] = v;
	o->binds = binds;
	return NULL;
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

/* The names of smp_method_slug(), and passkey for all that have one. */
static const char *p_method(struct options *o, const char *v)
{
	const uint16_t passkey =
		1U << SMP_PASSKEY_WE_SHOW | 1U << SMP_PASSKEY_WE_TYPE | 1U << SMP_PASSKEY_BOTH_TYPE;

	o->methods = strcmp(v, "passkey") == 0 ? passkey : 0;
	for (int m = SMP_JUST_WORKS; m <= SMP_OOB; m++)
		if (strcmp(v, smp_method_slug((enum smp_method)m)) == 0)
			o->methods = (uint16_t)(1U << m);
	/* Of 0.1. */
	if (strcmp(v, "just-works") == 0)
		o->methods = 1U << SMP_JUST_WORKS;
	else if (strcmp(v, "numeric") == 0)
		o->methods = 1U << SMP_NUMERIC_COMPARISON;
	return o->methods ? NULL
			  : "just_works, numeric_comparison, passkey, passkey_we_show, "
			    "passkey_we_type, passkey_both_type or oob";
}

static const char *p_passkey(struct options *o, const char *v)
{
	long n;

	if (!passkey_parse(v, &o->passkey)) {
		if (strlen(v) > 6 || !whole(v, 0, LONG_MAX, &n))
			return "a number of up to six digits, 0 to 999999";
		o->passkey = (uint32_t)n;
	}
	o->has_passkey = true;
	return NULL;
}

static const char *p_protected(struct options *o, const char *v)
{
	return level_parse(v, &o->protected_value) && o->protected_value != LEVEL_OPEN
		       ? NULL
		       : "encrypted, authenticated or secure";
}

static const char *p_confirm(struct options *o, const char *v)
{
	bool yes;

	o->confirm = CONFIRM_ASK;
	if (strcmp(v, "ask") == 0)
		return NULL;
	if (!yes_no_parse(v, &yes))
		return "ask, yes or no";
	o->confirm = yes ? CONFIRM_YES : CONFIRM_NO;
	return NULL;
}

/* Words separated by commas: bit n for word n. False: another word. */
static bool list(int *out, const char *v, const char *const words[])
{
	*out = 0;
	for (;; v++) {
		size_t len = strcspn(v, ","), i = 0;
		while (words[i] && (strncmp(words[i], v, len) != 0 || words[i][len]))
			i++;
		if (!words[i])
			return false;
		*out |= 1 << i;
		v += len;
		if (!*v)
			return true;
	}
}

static const char *keys(int *out, const char *v)
{
	/* SMP_DIST_*, bit 0 on */
	static const char *const words[] = {"enc", "id", "sign", "link", NULL};

	*out = 0;
	return strcmp(v, "none") == 0 || list(out, v, words)
		       ? NULL
		       : "a list of enc, id, sign and link, separated by commas, or none";
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

static const char *p_set_address(struct options *o, const char *v)
{
	static const char expected[] =
		"a public address, not all zero, not all ones, and its lower half not 9E:8B:00 to "
		"9E:8B:3F, which are reserved";
	bool typed;

	o->has_set_address = true;
	return address_parse(v, &o->set_address, &typed) && o->set_address.type == ADDRESS_PUBLIC &&
			       address_may_be_public(&o->set_address)
		       ? NULL
		       : expected;
}

static const char *p_retry(struct options *o, const char *v)
{
	long n;
	if (!whole(v, 0, 100, &n))
		return "a number of further attempts, 0 to 100";
	o->retry = (unsigned)n;
	return NULL;
}

static const char *p_keep(struct options *o, const char *v)
{
	long n;
	if (!whole(v, 0, 1000000, &n))
		return "a number of bonds, 0 to 1000000";
	o->keep = (int)n;
	return NULL;
}

static const char *p_older_than(struct options *o, const char *v)
{
	long n;
	if (!whole(v, 0, 36500, &n))
		return "a number of days, 0 to 36500";
	o->older_than = (int)n;
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

static const char *p_sort(struct options *o, const char *v)
{
	/* The order is that of enum scan_order. */
	static const char *const words[] = {"heard", "rssi", "name", "address", "seen", NULL};
	int i = options_word(v, words);

	o->sort = i < 0 ? SCAN_BY_HEARD : (enum scan_order)i;
	return i < 0 ? "heard, rssi, name, address or seen" : NULL;
}

static const char *p_timeout(struct options *o, const char *v)
{
	return number(v, 0, 86400, &o->timeout) ? NULL : "seconds, 0 (no limit) to 86400";
}

static const char *p_idle_timeout(struct options *o, const char *v)
{
	return number(v, 0, 86400, &o->idle_timeout) ? NULL : "seconds, 0 (no limit) to 86400";
}

static const char *p_unit_timeout(struct options *o, const char *v)
{
	return number(v, 0, 86400, &o->unit_timeout) ? NULL : "seconds, 0 (no limit) to 86400";
}

static const char *p_linger(struct options *o, const char *v)
{
	return number(v, 0.1, 86400, &o->linger) ? NULL : "seconds, 0.1 to 86400";
}

static const char *p_replug_timeout(struct options *o, const char *v)
{
	return number(v, 0, 86400, &o->replug_timeout) ? NULL : "seconds, 0 (never) to 86400";
}

static const char *p_hook_timeout(struct options *o, const char *v)
{
	return number(v, 0.1, 3600, &o->hook_timeout) ? NULL : "seconds, 0.1 to 3600";
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
	o->has_interval = true;
	return NULL;
}

struct options_selftest *options_selftest(struct options *o)
{
	static struct options_selftest s;

	if (!o->selftest)
		s = (struct options_selftest){.resets = 100, .listen = 5};
	o->selftest = &s;
	return &s;
}

struct acceptance *options_acceptance(struct options *o)
{
	static struct acceptance a;

	if (!o->acceptance)
		a = (struct acceptance){0};
	o->acceptance = &a;
	return &a;
}

static const char *p_read(struct options *o, const char *v)
{
	return acceptance_add_read(options_acceptance(o), v);
}

static const char *p_write(struct options *o, const char *v)
{
	return acceptance_add_write(options_acceptance(o), v);
}

static const char *p_expect(struct options *o, const char *v)
{
	return acceptance_add_expect(options_acceptance(o), v);
}

static const char *p_trigger(struct options *o, const char *v)
{
	return acceptance_set_trigger(options_acceptance(o), v);
}

static const char *p_resets(struct options *o, const char *v)
{
	long n;
	if (!whole(v, 1, 1000, &n))
		return "a number of resets, 1 to 1000";
	options_selftest(o)->resets = (unsigned)n;
	return NULL;
}

static const char *p_replug(struct options *o, const char *v)
{
	(void)v;
	options_selftest(o)->replug = true;
	return NULL;
}

static const char *p_listen(struct options *o, const char *v)
{
	return number(v, 0.1, 3600, &options_selftest(o)->listen) ? NULL : "seconds, 0.1 to 3600";
}

static const char *p_golden(struct options *o, const char *v)
{
	struct options_selftest *s = options_selftest(o);

	s->has_golden = true;
	return address_parse(v, &s->golden, &s->golden_typed)
		       ? NULL
		       : "an address like C4:7C:8D:11:22:33, optionally followed by /public or "
			 "/random";
}

static const char *p_min_rssi(struct options *o, const char *v)
{
	struct options_selftest *s = options_selftest(o);
	long n;

	/* Core Vol 4 Part E 7.7.65.2. */
	if (!whole(v, -127, 20, &n))
		return "dBm, -127 to 20";
	s->has_min_rssi = true;
	s->min_rssi = (int)n;
	return NULL;
}

static const char *p_max_time(struct options *o, const char *v)
{
	return number(v, 1, 60000, &options_selftest(o)->max_time) ? NULL
								   : "milliseconds, 1 to 60000";
}

static const char *p_phy(struct options *o, const char *v)
{
	static const char *const words[] = {"1m", "2m", "coded", NULL};
	int phys;

	/* LE 2M finds no device: Core Vol 6 Part B 4.4.2. */
	if (!list(&phys, v, words) || phys == 2)
		return "a list of 1m, 2m and coded, separated by commas, with 1m or coded";
	o->phys = (unsigned)phys;
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
		return o->command == COMMAND_WATCH
			       ? "a number of attempts, 0 (no limit) to 1000000"
			       : "a number of pairings, 0 (no limit) to 1000000";
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
	{VALUE(p_controller), "controller", 'c', "SPEC", USING, "controller to use: hciN, usb:VID:PID, usb:BUS-PORT, usb:SERIAL=TEXT, usb:N, unix:PATH, tcp:HOST:PORT or serial:DEV[,BAUD] (default: $BLEPAIR_CONTROLLER, else the first free controller of the kernel); batch: repeat -c for several controllers, or give all; selftest: repeat it for a second one"},
	{FLAG(take), "take", 0, NULL, USING, "take the controller even if it is in use; it is powered on again afterwards"},
	{FLAG(unblock), "unblock", 0, NULL, USING, "clear the rfkill soft block of the controller during this run"},
	{FLAG(keep_root), "keep-root", 0, NULL, ALL, "do not drop root privileges after opening the controller"},
	{VALUE(p_own), "own-address", 0, "KIND", RADIO, "our own address: public (default), static, static=ADDRESS or rpa"},
	{VALUE(p_set_address), "set-address", 0, "ADDRESS", RUNNING | COMMAND_INFO, "give the controller this public address by a command of its maker, if it has another one"},
	{HEADING, NULL, 0, NULL, RUNNING | COMMAND_BONDS, "Pairing"},
	{VALUE(p_io), "io", 0, "CAPABILITY", PAIRING, "input and output capability: display, display-yesno, keyboard, keyboard-display or none (default: what the terminal offers, or what --passkey and --confirm provide)"},
	{VALUE(p_mitm), "mitm", 0, NULL, RUNNING, "refuse to pair without protection against a man in the middle (default: use it if both devices can)"},
	{VALUE(p_no_mitm), "no-mitm", 0, NULL, PAIRING, "do not request protection against a man in the middle"},
	{FLAG(legacy_passkey_mitm), "legacy-passkey-mitm", 0, NULL, RUNNING | COMMAND_BONDS, "count Passkey Entry of legacy pairing as authenticated, as before version 6.2 of the Core Specification (default: it does not protect against a man in the middle)"},
	{VALUE(p_sc), "sc", 0, "USE", PAIRING, "LE Secure Connections: prefer (default), only or off"},
	{VALUE(p_method), "method", 0, "MODEL", PAIRING, "accept only this association model: just_works, numeric_comparison, passkey (any of passkey_we_show, passkey_we_type and passkey_both_type) or oob"},
	{VALUE(p_passkey), "passkey", 0, "N", PAIRING | COMMAND_SELFTEST, "passkey to enter or to display (default: ask for it, or display a random one)"},
	{VALUE(p_confirm), "confirm", 0, "ANSWER", PAIRING, "answer to numeric comparison: ask (default), yes or no"},
	{OOB(oob_parse), "oob", 0, "DATA", ONE, "out-of-band data of the peer: tk=HEX, or confirm=HEX,random=HEX"},
	{TEXT(oob_file), "oob-file", 0, "FILE", ONE, "read the out-of-band data of the peer from a JSON file"},
	{TEXT(oob_own), "oob-own", 0, "FILE", ONE, "print our own out-of-band data; FILE keeps their private part, - discards it after this run"},
	{FLAG(no_bond), "no-bond", 0, NULL, PAIRING, "do not bond and do not exchange keys"},
	{VALUE(p_init_keys), "init-keys", 0, "LIST", PAIRING, "keys that the initiator may distribute: enc,id (default), sign, link or none"},
	{VALUE(p_resp_keys), "resp-keys", 0, "LIST", PAIRING, "keys that the responder may distribute: enc,id (default), sign, link or none"},
	{VALUE(p_min_key), "min-key-size", 0, "N", RUNNING, "minimum encryption key size in octets, 7 to 16 (default 16)"},
	{VALUE(p_max_key), "max-key-size", 0, "N", PAIRING, "maximum encryption key size in octets, 7 to 16 (default 16)"},
	{FLAG(keypress), "keypress", 0, NULL, PAIRING, "offer keypress notifications, with Secure Connections"},
	{FLAG(wait_security_request), "wait-security-request", 0, NULL, COMMAND_PAIR, "wait for a Security Request from the peer before pairing"},
	{FLAG(security_request), "security-request", 0, NULL, COMMAND_LISTEN, "send a Security Request after each connection"},
	{VALUE(p_protected), "protected", 0, "LEVEL", COMMAND_LISTEN, "have a GATT value that is refused until the link is encrypted, authenticated or secure (authenticated by Secure Connections): a phone that reads it begins to pair"},
	{HEADING, NULL, 0, NULL, KEEPING, "Bonds"},
	{TEXT(store), "store", 0, "FILE", KEEPING, "private database for bonds and attempts (default: blepair/blepair.db in $XDG_STATE_HOME or ~/.local/state)"},
	{FLAG(no_store), "no-store", 0, NULL, USING, "use no database: save nothing and find no bond"},
	{FLAG(replace_bond), "replace-bond", 0, NULL, PAIRING | COMMAND_BONDS, "pair anew in spite of a bond; replace it even if the new one is weaker or, with listen, not authenticated; with bonds restore, even by a weaker one"},
	{FLAG(all), "all", 0, NULL, COMMAND_VERIFY | COMMAND_BONDS, "all bonds: verify checks them, bonds remove removes them"},
	{FLAG(yes), "yes", 0, NULL, COMMAND_BONDS, "bonds remove --all, bonds restore: do not ask for confirmation"},
	{VALUE(p_keep), "keep", 0, "N", COMMAND_BONDS, "bonds prune: keep at most N replaced bonds of each peer (default: the setting of the store, which is 3 at first)"},
	{VALUE(p_older_than), "older-than", 0, "DAYS", COMMAND_BONDS, "bonds prune: remove bonds that were replaced DAYS ago or earlier (default: the setting of the store, which is 90 at first)"},
	{FLAG(always), "always", 0, NULL, COMMAND_BONDS, "bonds prune: make --keep and --older-than the setting of the store; for every later replacement"},
	{VALUE(p_format), "format", 0, "FORM", COMMAND_BONDS, "bonds export: form of the file: json (default, complete), csv, bluez (files of bluetoothd) or wireshark (keys for decrypting captures)"},
	{TEXT(output), "output", 0, "FILE", COMMAND_BONDS, "bonds export: destination, - for standard output (default: bonds.json, bonds.csv, bluetooth/ or wireshark.txt)"},
	{HEADING, NULL, 0, NULL, ACCEPTING, "Attributes"},
	{VALUE(p_read), "read", 0, "UUID", ACCEPTING, "read this attribute of the peer once the link is encrypted, and report it; repeat it for others; UUID: 2A25, one of 128 bits, or a name like serial-number"},
	{VALUE(p_expect), "expect", 0, "UUID=VALUE", ACCEPTING, "read it, and fail unless it has this value: text:TEXT, hex:DIGITS or re:EXPRESSION, a POSIX extended regular expression that matches all of it"},
	{VALUE(p_write), "write-value", 0, "UUID=VALUE", ACCEPTING, "write this value: text:TEXT, hex:DIGITS, or @FILE for the octets of a file; 244 octets at most"},
	{VALUE(p_trigger), "trigger", 0, "read=UUID", ACCEPTING, "begin the pairing as a phone does: read this attribute in clear, and pair when it is refused or the peer sends a Security Request"},
	{TEXT(profile), "profile", 0, "FILE", ACCEPTING, "try the attributes of a JSON file: what to read, write and expect, and at which level each must be refused and allowed"},
	{FLAG(keep_bond), "keep-bond", 0, NULL, COMMAND_PAIR | COMMAND_BATCH, "keep the bond of a peer whose attributes are not as expected, or not protected (default: such a pairing is a failure, and stores no bond)"},
	{HEADING, NULL, 0, NULL, COMMAND_EXPLAIN, "Explaining"},
	{FLAG(brief), "brief", 0, NULL, COMMAND_EXPLAIN, "print one sentence for each attempt, without the ladder of messages"},
	{FLAG(failures), "failed", 0, NULL, COMMAND_EXPLAIN, "show only the attempts that failed, of many"},
	{TEXT(html), "html", 0, "FILE", COMMAND_EXPLAIN, "write an HTML page with a diagram of the messages, - for standard output"},
	{TEXT(svg), "svg", 0, "FILE", COMMAND_EXPLAIN, "write the diagram as an SVG image, - for standard output"},
	{TEXT(keys_file), "keys", 0, "FILE", COMMAND_EXPLAIN, "write all keys found to this private file, - for standard output"},
	{FLAG(checks), "checks", 0, NULL, COMMAND_EXPLAIN, "print a table of all checks; no capture is read"},
	{FLAG(explain), "explain", 0, NULL, ONE | COMMAND_WATCH, "print the ladder of messages after a failure"},
	{HEADING, NULL, 0, NULL, RADIO, "Time and connection"},
	{VALUE(p_scan_timeout), "scan-timeout", 0, "SECONDS", CONNECTING, "time limit for finding the peer (default 10); batch: stop when no unit was seen for this time (default 30; 0, the default with --match: no limit)"},
	{VALUE(p_timeout), "timeout", 0, "SECONDS", RUNNING | COMMAND_WATCH, "time limit for the whole run (default 60; listen, batch, watch, verify --all: 0, no limit)"},
	{VALUE(p_idle_timeout), "idle-timeout", 0, "SECONDS", COMMAND_LISTEN, "listen: close a link on which nothing happens for this time (default 30; 0: never)"},
	{VALUE(p_retry), "retry", 0, "N", COMMAND_PAIR, "retry a failed pairing, or connection, up to N times; after 1 s, 2 s, 4 s and so on (default 0)"},
	{VALUE(p_duration), "duration", 0, "SECONDS", COMMAND_SCAN, "how long to scan (default 10; 0: until interrupted)"},
	{VALUE(p_phy), "phy", 0, "LIST", CONNECTING | COMMAND_SCAN, "PHYs to use: 1m and coded to find devices and to connect, 2m to switch to after encryption; separated by commas (default: all that the controller has)"},
	{TEXT(while_connected), "while-connected", 0, "COMMAND", RUNNING, "run this shell command after a success, while the link is up and encrypted; BLEPAIR_ADDRESS and other variables describe the peer; as the user, never as root"},
	{VALUE(p_hook_timeout), "hook-timeout", 0, "SECONDS", RUNNING, "kill a command of --while-connected or --hook that has not ended after this time (default 10)"},
	{VALUE(p_linger), "linger", 0, "SECONDS", COMMAND_PAIR | COMMAND_VERIFY, "keep the link up for this time after a success; the peer, or Ctrl-C, may end it before"},
	{VALUE(p_interval), "interval", 0, "MIN[:MAX]", CONNECTING, "connection interval in ms (default 7.5:15; in a batch by the number of links)"},
	{VALUE(p_latency), "latency", 0, "N", CONNECTING, "peripheral latency in connection events (default 0)"},
	{VALUE(p_supervision), "supervision-timeout", 0, "MS", CONNECTING, "supervision timeout in ms (default 4000)"},
	{VALUE(p_name), "name", 0, "TEXT", COMMAND_LISTEN, "name to advertise (default blepair)"},
	{VALUE(p_count), "count", 0, "N", COMMAND_LISTEN | COMMAND_WATCH, "exit after N pairings, or, with watch, attempts (default 0: no limit)"},
	{TEXT(match), "match", 0, "KEY=VALUE", COMMAND_BATCH | COMMAND_SCAN, "take each device that matches (batch: without a list, and each once); keys: address, name (* is any text), service, manufacturer and rssi, separated by commas"},
	{VALUE(p_sort), "sort", 0, "KEY", COMMAND_SCAN, "the order of the lines: heard (the first device that was heard comes first, the default), rssi, name, address or seen (how often)"},
	{FLAG(passive), "passive", 0, NULL, COMMAND_SCAN, "scan passively: send no scan requests, so most names stay unknown"},
	{HEADING, NULL, 0, NULL, COMMAND_BATCH, "Batch"},
	{VALUE(p_bind), "bind", 0, "SLOT=SPEC", COMMAND_BATCH, "name a place of a fixture: only this controller of -c pairs the units whose row has this slot; repeat it for each place"},
	{VALUE(p_job_name), "run", 0, "NAME", COMMAND_BATCH, "name of the run in the store (default: derived from the list); an interrupted run continues"},
	{FLAG(again), "again", 0, NULL, COMMAND_BATCH, "start over: pair all units anew, including those that are paired or have a bond"},
	{VALUE(p_unit_timeout), "unit-timeout", 0, "SECONDS", COMMAND_BATCH, "time limit for one unit, including all retries and pauses (default 90; 0: no limit)"},
	{VALUE(p_until), "until", 0, "N|HH:MM", COMMAND_BATCH, "stop when N units are paired, or start no unit after this time of day"},
	{VALUE(p_limit), "limit", 0, "N", COMMAND_BATCH, "start at most N units"},
	{VALUE(p_max_failures), "max-failures", 0, "N", COMMAND_BATCH, "stop when N units failed in a row (default 10; 0: never)"},
	{TEXT(hook), "hook", 0, "COMMAND", COMMAND_BATCH, "run this shell command after each unit, with its result as JSON on standard input; one at a time, as the user, never as root"},
	{VALUE(p_replug_timeout), "replug-timeout", 0, "SECONDS", COMMAND_BATCH | COMMAND_SELFTEST, "wait this long for a controller that was pulled out or hangs, before it counts as out of service (default 60; 0: at once, and only a reset is tried); selftest: also for it to be pulled out"},
	{VALUE(p_links), "links", 0, "N", COMMAND_BATCH, "simultaneous links per controller, 1 to 16 (default: as many as the controller supports)"},
	{HEADING, NULL, 0, NULL, COMMAND_SELFTEST, "Self-test"},
	{VALUE(p_resets), "resets", 0, "N", COMMAND_SELFTEST, "reset each controller N times, 1 to 1000 (default 100)"},
	{VALUE(p_listen), "listen", 0, "SECONDS", COMMAND_SELFTEST, "how long to count advertisements (default 5)"},
	{VALUE(p_replug), "replug", 0, NULL, COMMAND_SELFTEST, "at the end, ask for each controller to be pulled out and plugged in again"},
	{VALUE(p_golden), "golden", 0, "ADDRESS", COMMAND_SELFTEST, "also pair each controller with this unit, whose properties are known"},
	{VALUE(p_min_rssi), "min-rssi", 0, "DBM", COMMAND_SELFTEST, "the golden unit must be heard with at least this strength, in dBm"},
	{VALUE(p_max_time), "max-time", 0, "MS", COMMAND_SELFTEST, "connecting to the golden unit and pairing with it may take this time at most, in ms"},
	{HEADING, NULL, 0, NULL, ALL, "Output"},
	{TEXT(junit), "junit", 0, "FILE", RUNNING | COMMAND_SELFTEST, "write the results as a JUnit file, which CI systems show"},
	{TEXT(report), "report", 0, "FILE", COMMAND_BATCH, "write an HTML report of the run: yield, failures, times and every unit"},
	{TEXT(capture), "write", 'w', "FILE", USING | COMMAND_WATCH, "write all HCI traffic to a btsnoop file for btmon or Wireshark; watch: of all controllers"},
	{FLAG(json), "json", 0, NULL, ALL, "print JSON: one object per line on standard output, the result last"},
	{FLAG(show_keys), "show-keys", 0, NULL, SHOWING, "print keys"},
	{VALUE(p_verbose), "verbose", 'v', NULL, ALL, "print more details"},
	{FLAG(quiet), "quiet", 'q', NULL, ALL, "print only the result"},
	{VALUE(p_color), "color", 0, "WHEN", ALL, "use colours: auto (default), always or never"},
	{PLAIN(OPTION_VERSION), "version", 0, NULL, ALL, "print the version, and those of the libraries that it was built with"},
	{PLAIN(OPTION_HELP), "help", 'h', NULL, ALL, "print a short help; --help all: all options"},
};
/* clang-format on */

const size_t options_row_count = sizeof(options_rows) / sizeof(options_rows[0]);
_Static_assert(sizeof(options_rows) / sizeof(options_rows[0]) <= OPTIONS_ROWS, "see table.h");

/* clang-format off */
const struct options_command options_commands[] = {
	{"pair", COMMAND_PAIR, "[OPTIONS] ADDRESS[/public|/random]|LABEL|KEY=VALUE", "find a peer, connect, pair and report the result",
	 "controller io mitm sc method passkey confirm oob-file no-bond replace-bond store expect retry explain json"},
	{"listen", COMMAND_LISTEN, "[OPTIONS]", "advertise and answer pairing requests",
	 "controller name count security-request protected io mitm passkey confirm replace-bond store idle-timeout timeout explain json"},
	{"scan", COMMAND_SCAN, "[OPTIONS]", "list advertising devices",
	 "controller match sort duration passive phy json"},
	{"info", COMMAND_INFO, "[OPTIONS]", "describe the controller",
	 "controller take unblock json"},
	{"verify", COMMAND_VERIFY, "[OPTIONS] ADDRESS[/public|/random]|LABEL|KEY=VALUE|--all", "check that a bond works by encrypting with it",
	 "controller all mitm min-key-size store scan-timeout timeout while-connected linger json"},
	{"bonds", COMMAND_BONDS, "list|export|prune [OPTIONS]\nshow|restore [OPTIONS] ADDRESS|LABEL\nimport [OPTIONS] FILE\nremove [OPTIONS] ADDRESS|LABEL|--all", "list, show, export, import, remove, prune, restore bonds",
	 "store format output show-keys all yes keep older-than always json"},
	{"explain", COMMAND_EXPLAIN, "[OPTIONS] FILE|-", "explain a capture: what happened, and why it failed",
	 "brief failed html svg keys show-keys checks verbose json"},
	{"watch", COMMAND_WATCH, "[OPTIONS]", "explain every pairing of this machine as it happens",
	 "count timeout explain show-keys write json"},
	{"batch", COMMAND_BATCH, "[OPTIONS] FILE|-|--match KEY=VALUE", "pair many units from a list, or all that match",
	 "controller match bind run again until limit max-failures unit-timeout hook links report store json"},
	{"controllers", COMMAND_CONTROLLERS, "[OPTIONS]", "list all controllers and whether each can be used now",
	 "verbose json"},
	{"selftest", COMMAND_SELFTEST, "[OPTIONS]", "test one or two controllers, and a golden unit",
	 "controller resets listen golden min-rssi max-time passkey replug write json"},
	{"help", COMMAND_HELP, "[COMMAND [all]]", "describe a command and its options", ""},
};
/* clang-format on */

const size_t options_command_count = sizeof(options_commands) / sizeof(options_commands[0]);

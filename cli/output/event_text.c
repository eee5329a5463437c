/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "output/event_text.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/passkey.h"
#include "base/text.h"
#include "base/words.h"
#include "crypto/bytes.h"
#include "output/info_text.h"
#include "output/large_number.h"

/* Where steps and questions are printed; NULL: on standard error. */
static FILE *elsewhere;

static FILE *screen(void)
{
	return elsewhere ? elsewhere : stderr;
}

/* A field of an event; "", 0 or false if it is absent. */
static const char *str(const json_t *e, const char *name)
{
	const char *text = json_string_value(json_object_get(e, name));
	return text ? text : "";
}

static double num(const json_t *e, const char *name)
{
	return json_number_value(json_object_get(e, name));
}

static bool is(const json_t *e, const char *name)
{
	return json_is_true(json_object_get(e, name));
}

static const json_t *obj(const json_t *e, const char *name)
{
	return json_object_get(e, name);
}

/*
 * It is about one of several sessions: the text begins with its number, which an answer may name,
 * and the address of its peer.
 */
static bool has_session(const json_t *e)
{
	return num(e, "session") > 0;
}

enum paint { PLAIN, BOLD, DIM, GREEN, RED, YELLOW };

static const char *paint(const struct event_output *r, enum paint p)
{
	static const char *const codes[] = {"\033[0m",	"\033[1m",  "\033[2m",
					    "\033[32m", "\033[31m", "\033[33m"};
	return r->color ? codes[p] : "";
}

/*
 * Words on the screen. The event is clean, and only paint() adds escape sequences. What is longer
 * than a line, such as a key, stays whole, so that it can be copied.
 */
static struct words screen_words(int column, int indent)
{
	return (struct words){.out = screen(),
			      .width = words_width(fileno(screen())),
			      .indent = indent,
			      .column = column,
			      .whole = true,
			      .painted = true};
}

static void vput(struct words *w, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/* Prints the rest of a line, and its end. */
static void vput(struct words *w, const char *format, va_list arguments)
{
	char *text;
	int len = -1;

	if (!w->width)
		(void)vfprintf(w->out, format, arguments);
	else
		len = vasprintf(&text, format, arguments);
	if (len >= 0) {
		words_put(w, text, (size_t)len);
		bytes_wipe(text, (size_t)len); /* it may have a passkey */
		free(text);
	}
	fputc('\n', w->out);
}

/* Prints a line of a list on standard output. */
static void list(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void list(const char *format, ...)
{
	struct words w = {.out = stdout,
			  .width = words_width(STDOUT_FILENO),
			  .indent = 4,
			  .whole = true,
			  .painted = true};
	va_list arguments;

	va_start(arguments, format);
	vput(&w, format, arguments);
	va_end(arguments);
}

/* Prints words behind this many blanks. */
static void print_words(int blanks, int indent, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void print_words(int blanks, int indent, const char *format, ...)
{
	struct words w = screen_words(blanks, indent);
	va_list arguments;

	fprintf(w.out, "%*s", blanks, "");
	va_start(arguments, format);
	vput(&w, format, arguments);
	va_end(arguments);
}

/* The column of the text of a step, behind its time and its title; and of its further lines where
 * the terminal is too narrow for such a margin. */
enum { STEP_INDENT = 24, NARROW = 56, NARROW_INDENT = 4 };

static int step_indent(void)
{
	const int width = words_width(fileno(screen()));

	return width && width < NARROW ? NARROW_INDENT : STEP_INDENT;
}

/* Prints the elapsed time and a title. */
static struct words step_head(const struct event_output *r, const json_t *e, const char *title)
{
	const int indent = step_indent();
	struct words w = screen_words(indent, indent);

	w.begun = indent == NARROW_INDENT;
	fprintf(w.out, "%s%8.3f%s  %s%-*s%s%s", paint(r, DIM), num(e, "time"), paint(r, PLAIN),
		paint(r, BOLD), w.begun ? 0 : 12, title, paint(r, PLAIN), w.begun ? "" : " ");
	if (w.begun)
		w.column = 10 + words_columns(title, strlen(title));
	return w;
}

/* Prints a line on the screen: the elapsed time, a word, the rest. */
static void step(const struct event_output *r, const json_t *e, const char *title,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

static void step(const struct event_output *r, const json_t *e, const char *title,
		 const char *format, ...)
{
	struct words w = step_head(r, e, title);
	char about[100] = "";
	va_list arguments;

	if (*str(e, "unit"))
		(void)snprintf(about, sizeof(about), "%s: ", str(e, "unit"));
	else if (has_session(e))
		(void)snprintf(about, sizeof(about), "[%.0f] %s: ", num(e, "session"),
			       str(obj(e, "peer"), "address"));
	if (w.width)
		words_put(&w, about, strlen(about));
	else
		fputs(about, w.out);
	va_start(arguments, format);
	vput(&w, format, arguments);
	va_end(arguments);
}

static void show_controller(const struct event_output *r, json_t *e)
{
	step(r, e, "controller", "%s (%s), Bluetooth %s, %s", str(obj(e, "own"), "address"),
	     str(obj(e, "own"), "kind"), str(e, "version"), str(e, "manufacturer"));
}

static void show_note(const struct event_output *r, json_t *e)
{
	step(r, e, "note", "%s%s%s", paint(r, YELLOW), str(e, "text"), paint(r, PLAIN));
}

static void show_scanning(const struct event_output *r, json_t *e)
{
	const char *address = str(obj(e, "peer"), "address");

	const char *what = *address ? address : str(e, "match");

	step(r, e, "scanning", "%s%s", *what ? "for " : "", what);
}

#define RSSI_TEXT 16

/* 127: not measured, Core Vol 4 Part E 7.7.65.2. */
static const char *rssi(const json_t *e, char text[RSSI_TEXT])
{
	if (num(e, "rssi") > 126)
		return "";
	(void)snprintf(text, RSSI_TEXT, "%.0f dBm", num(e, "rssi"));
	return text;
}

/* LE 1M goes without saying. */
static const char *coded(const json_t *e)
{
	return strcmp(str(e, "phy"), "coded") == 0 ? " on LE Coded" : "";
}

static void show_found(const struct event_output *r, json_t *e)
{
	char text[RSSI_TEXT];

	step(r, e, "found", "%s (%s)%s%s%s%s%s", str(obj(e, "peer"), "address"),
	     str(obj(e, "peer"), "kind"), *str(obj(e, "peer"), "name") ? " " : "",
	     str(obj(e, "peer"), "name"), *rssi(e, text) ? " " : "", rssi(e, text), coded(e));
}

static void show_match(const struct event_output *r, json_t *e)
{
	char text[RSSI_TEXT];

	step(r, e, "match", "%s%.0f%s: %s (%s)%s%s%s%s", paint(r, BOLD), num(e, "number"),
	     paint(r, PLAIN), str(obj(e, "peer"), "address"), str(obj(e, "peer"), "kind"),
	     *str(obj(e, "peer"), "name") ? " " : "", str(obj(e, "peer"), "name"),
	     *rssi(e, text) ? " " : "", rssi(e, text));
}

static void show_choose(const struct event_output *r, json_t *e)
{
	step(r, e, "several", "which one? (1 to %.0f)", num(e, "of"));
}

static void show_connecting(const struct event_output *r, json_t *e)
{
	step(r, e, "connecting", "to %s (%s)", str(obj(e, "peer"), "address"),
	     str(obj(e, "peer"), "kind"));
}

static void show_connected(const struct event_output *r, json_t *e)
{
	step(r, e, "connected", "%s%sinterval %.2f ms, as %s%s",
	     has_session(e) ? "" : str(obj(e, "peer"), "address"), has_session(e) ? "" : ", ",
	     num(e, "interval_ms"), str(e, "role"), coded(e));
}

static void show_advertising(const struct event_output *r, json_t *e)
{
	step(r, e, "advertising", "as %s%s%s (%s)", paint(r, BOLD), str(obj(e, "own"), "address"),
	     paint(r, PLAIN), str(obj(e, "own"), "kind"));
}

static void show_security_request(const struct event_output *r, json_t *e)
{
	step(r, e, "security", "the peer requests security%s",
	     is(e, "mitm") ? " with protection against a man in the middle" : "");
}

static void show_features(const struct event_output *r, json_t *e)
{
	step(r, e, "features", "%s, %s%s%s: %s",
	     is(e, "secure_connections") ? "LE Secure Connections" : "LE legacy pairing",
	     paint(r, BOLD), str(e, "method_name"), paint(r, PLAIN), str(e, "because"));
	if (r->verbose)
		step(r, e, "", "initiator %s, responder %s, key of %.0f octets",
		     str(obj(e, "initiator"), "io"), str(obj(e, "responder"), "io"),
		     num(e, "key_size"));
}

/* ---- Questions ------------------------------------------------------------------------------- */

#define WITHIN_TEXT 32

/* The time that the user has: " within 30 s"; "": it is not known. */
static const char *within(const json_t *e, const char *before, char text[WITHIN_TEXT])
{
	*text = '\0';
	if (num(e, "limit_s") > 0)
		(void)snprintf(text, WITHIN_TEXT, "%swithin %.0f s", before, num(e, "limit_s"));
	return text;
}

/* A passkey or a number to compare, which stands alone on its line, and large on a terminal. */
static void print_number(const struct event_output *r, const char *number)
{
	const int width = words_width(fileno(screen()));
	int indent = step_indent();

	if (width && width <= indent + LARGE_NUMBER_COLUMNS)
		indent = 2;
	if (width)
		fputc('\n', screen());
	if (width > indent + LARGE_NUMBER_COLUMNS)
		large_number_print(screen(), number, indent, r->ascii);
	fprintf(screen(), "%*s%s%s%s\n", indent, "", paint(r, BOLD), number, paint(r, PLAIN));
	if (width)
		fputc('\n', screen());
}

/* Of one unit of several a number stands on the line of its unit. */
static bool has_unit(const json_t *e)
{
	return *str(e, "unit");
}

static void show_passkey(const struct event_output *r, json_t *e)
{
	const char *action = str(e, "action");
	char number[PASSKEY_TEXT], limit[WITHIN_TEXT];

	if (strcmp(action, "given") == 0) {
		step(r, e, "passkey", "entered as given in advance");
		return;
	}
	if (strcmp(action, "show") != 0) {
		step(r, e, "passkey",
		     "type the six digits that the peer displays%s:", within(e, ", ", limit));
		return;
	}
	const char *passkey = passkey_group_text(str(e, "passkey"), number);
	if (has_unit(e)) {
		step(r, e, "passkey", "%s%s%s: enter it on the peer%s", paint(r, BOLD), passkey,
		     paint(r, PLAIN), within(e, " ", limit));
	} else {
		step(r, e, "passkey", "enter it on the peer%s:", within(e, ", ", limit));
		print_number(r, passkey);
	}
	bytes_wipe(number, sizeof(number));
}

static void show_confirm(const struct event_output *r, json_t *e)
{
	char text[PASSKEY_TEXT], limit[WITHIN_TEXT];
	const char *number = passkey_group_text(str(e, "number"), text);

	within(e, ", ", limit);
	if (*str(e, "answer")) {
		step(r, e, "compare", "%s%s%s: answered %s, as given in advance", paint(r, BOLD),
		     number, paint(r, PLAIN), str(e, "answer"));
	} else if (has_unit(e)) {
		step(r, e, "compare", "%s%s%s: does the peer display the same number? (yes/no%s)",
		     paint(r, BOLD), number, paint(r, PLAIN), limit);
	} else {
		step(r, e, "compare", "this number with the one that the peer displays:");
		print_number(r, number);
		print_words(step_indent(), step_indent(), "are they the same? (yes/no%s)", limit);
	}
}

static void show_take(const struct event_output *r, json_t *e)
{
	char limit[WITHIN_TEXT];

	step(r, e, "in use", "%s", str(e, "text"));
	print_words(step_indent(), step_indent(), "take it for this run? (yes/no%s)",
		    within(e, ", ", limit));
}

static void show_replace(const struct event_output *r, json_t *e)
{
	char limit[WITHIN_TEXT];

	step(r, e, "bond", "%s", str(e, "text"));
	print_words(step_indent(), step_indent(), "pair anew, and replace the bond? (yes/no%s)",
		    within(e, ", ", limit));
}

/* Before a command does what cannot be undone. */
static void show_question(const struct event_output *r, json_t *e)
{
	char limit[WITHIN_TEXT];

	(void)r;
	print_words(0, 2, "%s (yes/no%s)", str(e, "text"), within(e, ", ", limit));
}

bool event_text_asks(const struct event_text *text)
{
	return text->show == show_passkey || text->show == show_confirm ||
	       text->show == show_take || text->show == show_replace || text->show == show_question;
}

void event_text_ask(const struct event_text *text, const struct event_output *r, json_t *e)
{
	static FILE *terminal;

	text->show(r, e);
	(void)fflush(stderr);
	if (isatty(STDERR_FILENO) || !isatty(STDIN_FILENO))
		return;
	/* Standard error is a file or a pipe: the user looks at the terminal of the answer. */
	if (!terminal && (fcntl(STDIN_FILENO, F_GETFL) & O_ACCMODE) == O_RDWR)
		terminal = fdopen(STDIN_FILENO, "w");
	elsewhere = terminal;
	if (!elsewhere)
		return;
	text->show(r, e);
	(void)fflush(elsewhere);
	elsewhere = NULL;
}

/* ---------------------------------------------------------------------------------------------- */

static void show_keypress(const struct event_output *r, json_t *e)
{
	step(r, e, "keypress", "user of the peer: %s", str(e, "action"));
}

static void show_oob(const struct event_output *r, json_t *e)
{
	step(r, e, "out of band", "for the peer: --oob confirm=%s,random=%s", str(e, "confirm"),
	     str(e, "random"));
}

static void show_encrypted(const struct event_output *r, json_t *e)
{
	step(r, e, "encrypted", "%s", str(e, "with"));
}

static void show_keys(const struct event_output *r, json_t *e)
{
	step(r, e, "keys", "received %s; sent %s", str(e, "received"), str(e, "sent"));
}

/* The value as text if it is text, else its octets; an error; or neither, as of a secret. */
static void show_attribute(const struct event_output *r, json_t *e)
{
	static const char *const words[][2] = {
		{"refused", "refused, as it must be"},
		{"mismatch", ", not as expected"},
		{"given_away", ", which must be refused"},
	};
	const char *result = str(e, "result"), *said = result, *value = str(e, "text");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], result) == 0)
			said = words[i][1];
	if (!*value)
		value = str(e, "octets");
	if (*value && strcmp(result, "read") == 0)
		said = "";
	step(r, e, "attribute", "%s%s%s%s%s: %s%s%s%s", str(e, "name"), *str(e, "name") ? " (" : "",
	     str(e, "uuid"), *str(e, "name") ? ")" : "",
	     strcmp(str(e, "link"), "open") == 0 ? " in clear" : "", value, said,
	     *str(e, "error") ? ": " : "", str(e, "error"));
}

/* Some peers ask for other parameters again and again. */
static void show_parameters(const struct event_output *r, json_t *e)
{
	if (r->verbose)
		step(r, e, "parameters", "interval %.2f ms, latency %.0f, timeout %.0f ms",
		     num(e, "interval_ms"), num(e, "latency"), num(e, "timeout_ms"));
}

static void show_phy(const struct event_output *r, json_t *e)
{
	static const struct {
		const char *word, *name;
	} phys[] = {{"1m", "LE 1M"}, {"2m", "LE 2M"}, {"coded", "LE Coded"}};
	const char *transmit = "", *receive = "";

	for (size_t i = 0; i < sizeof(phys) / sizeof(phys[0]); i++) {
		transmit = strcmp(phys[i].word, str(e, "transmit")) ? transmit : phys[i].name;
		receive = strcmp(phys[i].word, str(e, "receive")) ? receive : phys[i].name;
	}
	if (strcmp(transmit, receive) == 0)
		step(r, e, "phy", "%s", transmit);
	else
		step(r, e, "phy", "%s to the peer, %s from it", transmit, receive);
}

static void show_disconnected(const struct event_output *r, json_t *e)
{
	step(r, e, "disconnected", "%s", str(e, "reason"));
}

static void print_side(const struct event_output *r, FILE *file, const char *side,
		       const json_t *keys)
{
	static const char *const names[] = {"ltk", "ediv", "rand", "irk", "csrk"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (*str(keys, names[i]))
			fprintf(file, "  %-6s %-5s %s%s%s\n", side, names[i], paint(r, BOLD),
				str(keys, names[i]), paint(r, PLAIN));
}

static void print_keys(const struct event_output *r, FILE *file, const json_t *keys)
{
	print_side(r, file, "local", obj(keys, "local"));
	print_side(r, file, "peer", obj(keys, "peer"));
	if (*str(keys, "link_key"))
		fprintf(file, "  link key     %s%s%s\n", paint(r, BOLD), str(keys, "link_key"),
			paint(r, PLAIN));
}

static void show_result(const struct event_output *r, json_t *e)
{
	bool good = strcmp(str(e, "class"), "ok") == 0;
	const json_t *identity = obj(obj(e, "peer"), "identity");
	const char *address = str(obj(e, "peer"), "address");
	bool names = has_session(e) && !strstr(str(e, "text"), address);

	print_words(0, 2, "%s%s%s %s%s%s%s", paint(r, good ? GREEN : RED), paint(r, BOLD),
		    r->ascii ? (good ? "OK" : "FAILED:") : (good ? "✓" : "✗"), names ? address : "",
		    names ? ": " : "", str(e, "text"), paint(r, PLAIN));
	if (*str(e, "detail"))
		print_words(2, 2, "%s", str(e, "detail"));
	if (*str(e, "advice"))
		print_words(2, 4, "%s %s", r->ascii ? "->" : "→", str(e, "advice"));
	if (*str(identity, "address") &&
	    strcmp(str(identity, "address"), str(obj(e, "peer"), "address")) != 0)
		fprintf(stderr, "  identity %s (%s)\n", str(identity, "address"),
			str(identity, "kind"));
	print_keys(r, stderr, obj(e, "keys"));
}

static void show_listed(const struct event_output *r, json_t *e)
{
	bool usable = is(e, "usable");
	const char *what = *str(e, "name") ? str(e, "name") : str(e, "address");

	printf("%s%-12s%s %-8s %-8s %s%s%s%s%s%s%s\n", paint(r, BOLD), str(e, "spec"),
	       paint(r, PLAIN), str(e, "bus"), str(e, "state"), str(e, "usb_id"),
	       *str(e, "usb_id") && *what ? " " : "", what, *str(e, "serial") ? " serial " : "",
	       str(e, "serial"), *str(e, "driver") ? ", driver " : "", str(e, "driver"));
	if (*str(e, "hci"))
		printf("%-12s %s of the kernel\n", "", str(e, "hci"));
	if (*str(e, "maker"))
		printf("%-12s %s%s%s\n", "", str(e, "maker"), *str(e, "known") ? ": " : "",
		       str(e, "known"));
	if (*str(e, "address_default_of"))
		printf("%-12s its address is the default of %s, which others have too\n", "",
		       str(e, "address_default_of"));
	if (*str(e, "address_also_of"))
		printf("%-12s its address is also that of %s\n", "", str(e, "address_also_of"));
	printf("%-12s %s%s%s\n", "", paint(r, usable ? GREEN : YELLOW),
	       usable ? "can be used now" : str(e, "why"), paint(r, PLAIN));
}

static void show_bluetoothd(const struct event_output *r, json_t *e)
{
	(void)r;
	printf("bluetoothd   process %.0f, ", num(e, "process"));
	if (is(e, "auto_enable"))
		printf("powers on each controller that appears: AutoEnable=false in [Policy] of "
		       "%s ends that\n",
		       str(e, "config"));
	else
		printf("does not power on controllers by itself (AutoEnable)\n");
}

static void show_bond(const struct event_output *r, json_t *e)
{
	const json_t *peer = obj(e, "peer"), *identity = obj(peer, "identity");

	const bool hidden = identity && strcmp(str(identity, "address"), str(peer, "address")) != 0;

	list("%s%s%s%s %s%s%s%s%s%s%s: %s, %s%s, %d octets, we are %s as %s, %s",
	     is(e, "in_force") ? "" : "before that ", paint(r, BOLD), str(peer, "address"),
	     paint(r, PLAIN), str(peer, "kind"), hidden ? ", identity " : "",
	     hidden ? str(identity, "address") : "", hidden ? " " : "",
	     hidden ? str(identity, "kind") : "", *str(peer, "label") ? ", label " : "",
	     str(peer, "label"), is(e, "secure_connections") ? "Secure Connections" : "legacy",
	     is(e, "authenticated") ? "authenticated" : "not authenticated",
	     is(e, "was_authenticated") ? " (it was until Core 6.2)" : "", (int)num(e, "key_size"),
	     str(e, "role"), str(obj(e, "local"), "address"), str(e, "made"));
	print_keys(r, stdout, obj(e, "keys"));
}

static void show_attempt(const struct event_output *r, json_t *e)
{
	/* Without a reason of the specification, the class says who failed. */
	bool failed = strcmp(str(e, "result"), "failed") == 0;
	const char *why = str(e, failed && !*str(e, "reason") ? "class" : "reason");
	const json_t *verdict = obj(e, "verdict");
	char total[32] = "";

	if (num(e, "total_ms") > 0)
		(void)snprintf(total, sizeof(total), ", %.0f ms", num(e, "total_ms"));
	list("%s %s%s%s%s%s%s%s%s%s%s", str(e, "ended"), str(e, "result"),
	     *str(e, "method") ? ", " : "", str(e, "method"), *why ? ": " : "", why, total,
	     *str(e, "run") ? ", run " : "", str(e, "run"), *str(e, "slot") ? ", slot " : "",
	     str(e, "slot"));
	if (*str(verdict, "cause") || *str(verdict, "text"))
		list("  %s", str(verdict, *str(verdict, "cause") ? "cause" : "text"));
	if (*str(verdict, "fix"))
		list("  %s %s", r->ascii ? "->" : "→", str(verdict, "fix"));
}

static void show_removed(const struct event_output *r, json_t *e)
{
	const json_t *peer = obj(e, "peer"), *identity = obj(peer, "identity");

	(void)r;
	list("removed %s%s%s", str(identity ? identity : peer, "address"),
	     *str(peer, "label") ? " " : "", str(peer, "label"));
}

static void show_restored(const struct event_output *r, json_t *e)
{
	const json_t *peer = obj(e, "peer"), *identity = obj(peer, "identity");

	(void)r;
	list("restored %s, made %s", str(identity ? identity : peer, "address"), str(e, "made"));
}

static void show_exported(const struct event_output *r, json_t *e)
{
	(void)r;
	printf("%s\n", str(e, "path"));
}

/* The ending of a noun after this number. */
static const char *plural(const json_t *e, const char *name)
{
	return text_s((uint64_t)num(e, name));
}

static void show_batch(const struct event_output *r, json_t *e)
{
	if (num(e, "total") > 0)
		step(r, e, "batch", "%.0f unit%s, %.0f paired before, run %s", num(e, "total"),
		     plural(e, "total"), num(e, "paired_before"), str(e, "run"));
	else
		step(r, e, "batch", "%.0f paired before, run %s", num(e, "paired_before"),
		     str(e, "run"));
}

static const char *unit_label(bool good, bool encrypted, bool final)
{
	if (good)
		return encrypted ? "encrypted" : "paired";
	return final ? "failed" : "not yet";
}

/* What follows for the unit, or for its old bond. */
static void unit_next(json_t *e, bool final, char text[48])
{
	*text = '\0';
	if (num(e, "again_ms") > 0)
		(void)snprintf(text, 48, "; retry in %.1f s", num(e, "again_ms") / 1e3);
	else if (!final)
		(void)snprintf(text, 48, "; will retry");
	else if (is(e, "replaced"))
		(void)snprintf(text, 48, "; the old bond was replaced");
}

/* A live view counts successes; a line for each would only disturb it, unless it has news. */
static void show_unit(const struct event_output *r, json_t *e)
{
	bool good = strcmp(str(e, "class"), "ok") == 0, final = is(e, "final");
	bool encrypted = good && strcmp(str(e, "result"), "encrypted") == 0;
	const enum paint colour = good ? GREEN : final ? RED : YELLOW;
	const char *text =
		encrypted ? "its bond works" : str(e, good && !is(e, "before") ? "method" : "text");
	char name[320], next[48];

	if (r->before && good && !r->verbose && !*str(e, "irk"))
		return;
	(void)snprintf(name, sizeof(name), "%s%s%s%s%s", str(e, "unit"),
		       *str(e, "label") ? " " : "", str(e, "label"),
		       *str(e, "slot") ? ", slot " : "", str(e, "slot"));
	unit_next(e, final, next);
	(void)json_object_del(e, "unit");
	step(r, e, unit_label(good, encrypted, final), "%s%s%s: %s%s", paint(r, colour), name,
	     paint(r, PLAIN), text, next);
	if (*str(e, "detail") && (!good || *str(e, "irk")))
		print_words(STEP_INDENT, STEP_INDENT, "%s", str(e, "detail"));
	if (*str(e, "advice") && final && !good)
		print_words(STEP_INDENT, STEP_INDENT, "%s", str(e, "advice"));
}

/* Why the link stays up. */
static void show_held(const struct event_output *r, json_t *e)
{
	if (strcmp(str(e, "for"), "linger") == 0)
		step(r, e, "linger", "the link stays up for %g s", num(e, "seconds"));
	else if (r->verbose)
		step(r, e, "command", "it runs, for %g s at most", num(e, "seconds"));
}

/* Of --while-connected. Among many units, only one that failed has news. */
static void show_command(const struct event_output *r, json_t *e)
{
	const bool good = strcmp(str(e, "result"), "ok") == 0;

	if (!good || !(r->brief || r->quiet) || r->verbose)
		step(r, e, "command", "%s%s%s", paint(r, good ? PLAIN : RED), str(e, "text"),
		     paint(r, PLAIN));
}

/* Without -v only a hook that failed has news. */
static void show_hook(const struct event_output *r, json_t *e)
{
	const bool good = strcmp(str(e, "result"), "ok") == 0;
	char name[220];

	if (good && !r->verbose)
		return;
	(void)snprintf(name, sizeof(name), "%s%s%s", str(e, "unit"), *str(e, "label") ? " " : "",
		       str(e, "label"));
	(void)json_object_del(e, "unit");
	step(r, e, "hook", "%s%s%s: %s", paint(r, good ? PLAIN : RED), name, paint(r, PLAIN),
	     str(e, "text"));
}

/* A controller is lost, late, or back. */
static void show_interruption(const struct event_output *r, json_t *e)
{
	const bool back = strcmp(str(e, "state"), "back") == 0;
	char name[340];

	(void)snprintf(name, sizeof(name), "%s", str(e, "controller"));
	(void)json_object_del(e, "controller");
	step(r, e, "controller", "%s%s%s: %s", paint(r, back ? GREEN : RED), name, paint(r, PLAIN),
	     str(e, "text"));
}

/* A row of standard input that does not become a unit. */
static void show_row(const struct event_output *r, json_t *e)
{
	const bool good = strcmp(str(e, "class"), "ok") == 0;

	step(r, e, good ? "row" : "refused", "%s%s%s", paint(r, good ? PLAIN : RED), str(e, "text"),
	     paint(r, PLAIN));
}

static void show_summary(const struct event_output *r, json_t *e)
{
	const json_t *items = obj(e, "causes"), *cause;
	size_t i;

	step(r, e, "summary", "%.0f paired, %.0f failed, %.0f left; %.0f attempt%s in %.1f s",
	     num(e, "paired"), num(e, "failed"), num(e, "left"), num(e, "attempts"),
	     plural(e, "attempts"), num(e, "seconds"));
	json_array_foreach(items, i, cause)
	{
		const int digits = snprintf(NULL, 0, "%.0f", num(cause, "count"));
		print_words(step_indent() + (digits < 5 ? 5 - digits : 0), step_indent() + 7,
			    "%.0f  %s", num(cause, "count"), str(cause, "text"));
	}
	items = obj(e, "controllers");
	json_array_foreach(items, i, cause)
	{
		char away[80] = "";
		if (num(cause, "interruptions") > 0)
			(void)snprintf(away, sizeof(away), "; %.0f interruption%s, %.1f s",
				       num(cause, "interruptions"), plural(cause, "interruptions"),
				       num(cause, "away_seconds"));
		print_words(step_indent(), step_indent(), "%s: %.0f paired, up to %.0f link%s%s%s",
			    str(cause, "controller"), num(cause, "paired"), num(cause, "links"),
			    plural(cause, "links"), away,
			    is(cause, "failed_itself") ? "; out of service" : "");
	}
	if (num(e, "interrupted") > 0)
		print_words(step_indent(), step_indent(),
			    "%.0f attempt%s lost to the station, not to the unit: %.0f ppm",
			    num(e, "interrupted"), plural(e, "interrupted"),
			    num(e, "interrupted_ppm"));
}

/* One line for each step: its verdict, the controllers, the step, and what was measured. */
static void show_selftest(const struct event_output *r, json_t *e)
{
	const char *verdict = str(e, "verdict");
	const enum paint colour = strcmp(verdict, "passed") == 0   ? GREEN
				  : strcmp(verdict, "failed") == 0 ? RED
								   : YELLOW;
	char on[16];

	(void)snprintf(on, sizeof(on), "%s%s%s", str(e, "on"), *str(e, "with") ? " to " : "",
		       str(e, "with"));
	printf("%s%-7s%s  %-6s  %-35s  %s\n", paint(r, colour), verdict, paint(r, PLAIN), on,
	       str(e, "title"), str(e, "text"));
}

/* A table to paste into a report. */
static void show_tested(const struct event_output *r, json_t *e)
{
	const json_t *lines = obj(e, "table"), *line;
	size_t i;

	(void)r;
	printf("\nfor a report:\n\n");
	json_array_foreach(lines, i, line)
	{
		printf("%s\n", json_string_value(line));
	}
	putchar('\n');
}

static const struct event_text texts[] = {
	{"controller", false, false, show_controller},
	{"note", false, false, show_note},
	{"scanning", false, false, show_scanning},
	{"found", false, false, show_found},
	{"match", true, false, show_match},
	{"choose", true, false, show_choose},
	{"connecting", false, false, show_connecting},
	{"connected", false, false, show_connected},
	{"advertising", false, false, show_advertising},
	{"security_request", false, false, show_security_request},
	{"features", false, false, show_features},
	{"passkey", true, false, show_passkey},
	{"confirm", true, false, show_confirm},
	{"keypress", false, false, show_keypress},
	{"oob", true, false, show_oob},
	{"encrypted", false, false, show_encrypted},
	{"keys", false, false, show_keys},
	{"attribute", false, false, show_attribute},
	{"parameters", false, false, show_parameters},
	{"phy", false, false, show_phy},
	{"disconnected", false, false, show_disconnected},
	{"held", false, false, show_held},
	{"command", true, false, show_command},
	{"batch", false, false, show_batch},
	{"unit", true, false, show_unit},
	{"row", true, false, show_row},
	{"hook", true, false, show_hook},
	{"interruption", false, false, show_interruption},
	{"summary", false, false, show_summary},
	{"result", true, false, show_result},
	{"info", true, true, info_text_show},
	{"listed", true, true, show_listed},
	{"selftest", true, true, show_selftest},
	{"tested", true, true, show_tested},
	{"bluetoothd", true, true, show_bluetoothd},
	{"bond", true, true, show_bond},
	{"attempt", true, true, show_attempt},
	{"exported", true, true, show_exported},
	{"removed", true, true, show_removed},
	{"restored", true, true, show_restored},
	{"take", true, false, show_take},
	{"replace", true, false, show_replace},
	{"question", true, false, show_question},
};

const struct event_text *event_text(const char *event)
{
	static size_t last; /* in a list, the same event follows */

	if (strcmp(texts[last].event, event) == 0)
		return &texts[last];
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i].event, event) == 0)
			return &texts[last = i];
	return NULL;
}

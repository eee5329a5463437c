/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "output/event.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/bytes.h"

void event_output_init(struct event_output *events, const struct options *options)
{
	(void)setlocale(LC_CTYPE, "");
	/* A line reaches the terminal as a whole, by one system call. */
	(void)setvbuf(stderr, NULL, _IOLBF, 0);
	*events = (struct event_output){
		.json = options->json,
		.quiet = options->quiet,
		.verbose = options->verbose,
		.start = clock_now(),
		.ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0,
	};
	const char *no_color = getenv("NO_COLOR");
	events->color =
		options->color == COLOR_ALWAYS ||
		(options->color == COLOR_AUTO && !(no_color && *no_color) && isatty(STDERR_FILENO));
}

/* ---- For people ------------------------------------------------------------------------------ */

/* Fields of an event; absent ones are empty. */
static const char *s(const json_t *e, const char *name)
{
	const char *text = json_string_value(json_object_get(e, name));
	return text ? text : "";
}

static double n(const json_t *e, const char *name)
{
	return json_number_value(json_object_get(e, name));
}

static bool is(const json_t *e, const char *name)
{
	return json_is_true(json_object_get(e, name));
}

static const json_t *o(const json_t *e, const char *name)
{
	return json_object_get(e, name);
}

enum paint { PLAIN, BOLD, DIM, GREEN, RED, YELLOW };

static const char *paint(const struct event_output *r, enum paint p)
{
	static const char *const codes[] = {"\033[0m",	"\033[1m",  "\033[2m",
					    "\033[32m", "\033[31m", "\033[33m"};
	return r->color ? codes[p] : "";
}

/* A step: elapsed time, a word, the rest. */
static void step(const struct event_output *r, const json_t *e, const char *title,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

static void step(const struct event_output *r, const json_t *e, const char *title,
		 const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s%8.3f%s  %s%-12s%s ", paint(r, DIM), n(e, "time"), paint(r, PLAIN),
		paint(r, BOLD), title, paint(r, PLAIN));
	if (*s(e, "unit"))
		fprintf(stderr, "%s: ", s(e, "unit"));
	va_start(arguments, format);
	(void)vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

static void show_controller(const struct event_output *r, json_t *e)
{
	step(r, e, "controller", "%s (%s), Bluetooth %s, %s", s(o(e, "own"), "address"),
	     s(o(e, "own"), "kind"), s(e, "version"), s(e, "manufacturer"));
}

static void show_note(const struct event_output *r, json_t *e)
{
	step(r, e, "note", "%s%s%s", paint(r, YELLOW), s(e, "text"), paint(r, PLAIN));
}

static void show_scanning(const struct event_output *r, json_t *e)
{
	step(r, e, "scanning", "%s%s", *s(e, "for") ? "for " : "", s(e, "for"));
}

/* 127 is the controller's way to say that it did not measure (Core Vol 4 Part E 7.7.65.2). */
static const char *rssi(const json_t *e, char text[16])
{
	if (n(e, "rssi") > 126)
		return "";
	(void)snprintf(text, 16, "%.0f dBm", n(e, "rssi"));
	return text;
}

static void show_found(const struct event_output *r, json_t *e)
{
	char text[16];

	step(r, e, "found", "%s (%s)%s%s%s%s", s(o(e, "peer"), "address"), s(o(e, "peer"), "kind"),
	     *s(e, "name") ? " " : "", s(e, "name"), *rssi(e, text) ? " " : "", rssi(e, text));
}

static void show_advertisement(const struct event_output *r, json_t *e)
{
	char text[16];

	step(r, e, s(o(e, "peer"), "address"), "%-21s %8s  %s%s%s%s%s", s(o(e, "peer"), "kind"),
	     rssi(e, text), paint(r, BOLD), s(e, "name"), paint(r, PLAIN),
	     *s(e, "name") && *s(e, "says") ? "  " : "", s(e, "says"));
}

static void show_connecting(const struct event_output *r, json_t *e)
{
	step(r, e, "connecting", "to %s (%s)", s(o(e, "peer"), "address"), s(o(e, "peer"), "kind"));
}

static void show_connected(const struct event_output *r, json_t *e)
{
	step(r, e, "connected", "%s, interval %.2f ms, as %s", s(o(e, "peer"), "address"),
	     n(e, "interval_ms"), s(e, "role"));
}

static void show_advertising(const struct event_output *r, json_t *e)
{
	step(r, e, "advertising", "as %s%s%s (%s)", paint(r, BOLD), s(o(e, "own"), "address"),
	     paint(r, PLAIN), s(o(e, "own"), "kind"));
}

static void show_security_request(const struct event_output *r, json_t *e)
{
	step(r, e, "security", "the peer asks for security%s",
	     is(e, "mitm") ? " with protection against a man in the middle" : "");
}

static void show_features(const struct event_output *r, json_t *e)
{
	step(r, e, "features", "%s, %s%s%s: %s",
	     is(e, "secure_connections") ? "LE Secure Connections" : "LE legacy pairing",
	     paint(r, BOLD), s(e, "method_name"), paint(r, PLAIN), s(e, "because"));
	if (r->verbose)
		step(r, e, "", "initiator %s, responder %s, key of %.0f octets",
		     s(o(e, "initiator"), "io"), s(o(e, "responder"), "io"), n(e, "key_size"));
}

static void show_passkey(const struct event_output *r, json_t *e)
{
	if (strcmp(s(e, "action"), "show") == 0)
		step(r, e, "passkey", "%s%s%s: type it on the peer", paint(r, BOLD),
		     s(e, "passkey"), paint(r, PLAIN));
	else
		step(r, e, "passkey", "type the six digits that the peer shows:");
}

static void show_confirm(const struct event_output *r, json_t *e)
{
	step(r, e, "compare", "%s%s%s: does the peer show the same? (yes/no)", paint(r, BOLD),
	     s(e, "number"), paint(r, PLAIN));
}

static void show_keypress(const struct event_output *r, json_t *e)
{
	step(r, e, "keypress", "the peer's user: %s", s(e, "action"));
}

static void show_oob(const struct event_output *r, json_t *e)
{
	step(r, e, "out of band", "ours, for the peer: --oob confirm=%s,random=%s", s(e, "confirm"),
	     s(e, "random"));
}

static void show_encrypted(const struct event_output *r, json_t *e)
{
	step(r, e, "encrypted", "%s", s(e, "with"));
}

static void show_keys(const struct event_output *r, json_t *e)
{
	step(r, e, "keys", "received %s; sent %s", s(e, "received"), s(e, "sent"));
}

static void show_parameters(const struct event_output *r, json_t *e)
{
	step(r, e, "parameters", "interval %.2f ms, latency %.0f, timeout %.0f ms",
	     n(e, "interval_ms"), n(e, "latency"), n(e, "timeout_ms"));
}

static void show_disconnected(const struct event_output *r, json_t *e)
{
	step(r, e, "disconnected", "%s", s(e, "reason"));
}

static void print_side(const struct event_output *r, FILE *file, const char *side,
		       const json_t *keys)
{
	static const char *const names[] = {"ltk", "ediv", "rand", "irk", "csrk"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (*s(keys, names[i]))
			fprintf(file, "  %-6s %-5s %s%s%s\n", side, names[i], paint(r, BOLD),
				s(keys, names[i]), paint(r, PLAIN));
}

static void print_keys(const struct event_output *r, FILE *file, const json_t *keys)
{
	print_side(r, file, "local", o(keys, "local"));
	print_side(r, file, "peer", o(keys, "peer"));
	if (*s(keys, "link_key"))
		fprintf(file, "  link key     %s%s%s\n", paint(r, BOLD), s(keys, "link_key"),
			paint(r, PLAIN));
}

static void show_result(const struct event_output *r, json_t *e)
{
	bool good = strcmp(s(e, "class"), "ok") == 0;
	const json_t *identity = o(o(e, "peer"), "identity");

	fprintf(stderr, "%s%s%s %s%s", paint(r, good ? GREEN : RED), paint(r, BOLD),
		r->ascii ? (good ? "OK" : "FAILED:") : (good ? "✓" : "✗"), s(e, "text"),
		paint(r, PLAIN));
	fputc('\n', stderr);
	if (*s(e, "detail"))
		fprintf(stderr, "  %s\n", s(e, "detail"));
	if (*s(e, "advice"))
		fprintf(stderr, "  %s %s\n", r->ascii ? "->" : "→", s(e, "advice"));
	if (*s(identity, "address") &&
	    strcmp(s(identity, "address"), s(o(e, "peer"), "address")) != 0)
		fprintf(stderr, "  identity %s (%s)\n", s(identity, "address"),
			s(identity, "kind"));
	print_keys(r, stderr, o(e, "keys"));
}

static void show_info(const struct event_output *r, json_t *e)
{
	const char *name;
	json_t *value;

	(void)r;
	json_object_foreach(e, name, value)
	{
		if (strcmp(name, "event") == 0 || strcmp(name, "time") == 0)
			continue;
		if (json_is_string(value))
			printf("%-22s %s\n", name, json_string_value(value));
		else if (json_is_boolean(value))
			printf("%-22s %s\n", name, json_is_true(value) ? "yes" : "no");
		else if (json_is_number(value))
			printf("%-22s %.0f\n", name, json_number_value(value));
		else if (json_is_object(value))
			printf("%-22s %s (%s)\n", name, s(value, "address"), s(value, "kind"));
	}
}

static void show_listed(const struct event_output *r, json_t *e)
{
	bool usable = is(e, "usable");
	const char *what = *s(e, "name") ? s(e, "name") : s(e, "address");

	printf("%s%-12s%s %-8s %-8s %s%s%s%s%s%s%s\n", paint(r, BOLD), s(e, "spec"),
	       paint(r, PLAIN), s(e, "bus"), s(e, "state"), *s(e, "usb_id") ? s(e, "usb_id") : "",
	       *s(e, "usb_id") && *what ? " " : "", what, *s(e, "serial") ? " serial " : "",
	       s(e, "serial"), *s(e, "driver") ? ", driver " : "", s(e, "driver"));
	if (*s(e, "hci"))
		printf("%-12s the kernel's %s\n", "", s(e, "hci"));
	printf("%-12s %s%s%s\n", "", paint(r, usable ? GREEN : YELLOW),
	       usable ? "can be used now" : s(e, "why"), paint(r, PLAIN));
}

static void show_bond(const struct event_output *r, json_t *e)
{
	const json_t *peer = o(e, "peer"), *identity = o(peer, "identity");

	if (!is(e, "in_force"))
		printf("before that ");
	printf("%s%s%s %s", paint(r, BOLD), s(peer, "address"), paint(r, PLAIN), s(peer, "kind"));
	if (identity && strcmp(s(identity, "address"), s(peer, "address")) != 0)
		printf(", identity %s %s", s(identity, "address"), s(identity, "kind"));
	printf(": %s, %s, %.0f octets, we are %s as %s, %s\n",
	       is(e, "secure_connections") ? "Secure Connections" : "legacy",
	       is(e, "authenticated") ? "authenticated" : "not authenticated", n(e, "key_size"),
	       s(e, "role"), s(o(e, "local"), "address"), s(e, "made"));
	print_keys(r, stdout, o(e, "keys"));
}

static void show_attempt(const struct event_output *r, json_t *e)
{
	(void)r;
	printf("%s %s%s%s%s%s", s(e, "ended"), s(e, "result"), *s(e, "method") ? ", " : "",
	       s(e, "method"), *s(e, "reason") ? ": " : "", s(e, "reason"));
	if (n(e, "total_ms") > 0)
		printf(", %.0f ms", n(e, "total_ms"));
	printf("%s%s\n", *s(e, "run") ? ", run " : "", s(e, "run"));
}

static void show_removed(const struct event_output *r, json_t *e)
{
	(void)r;
	printf("removed %s\n", s(o(e, "peer"), "address"));
}

static void show_exported(const struct event_output *r, json_t *e)
{
	(void)r;
	printf("%s\n", s(e, "path"));
}

static void show_take(const struct event_output *r, json_t *e)
{
	step(r, e, "in use", "%s", s(e, "text"));
	step(r, e, "", "take it for this run? (yes/no)");
}

static void show_error(const struct event_output *r, json_t *e)
{
	fprintf(stderr, "%sblepair:%s %s\n", paint(r, RED), paint(r, PLAIN), s(e, "text"));
}

/* What a word wants behind that many. */
static const char *plural(const json_t *e, const char *name)
{
	return n(e, name) == 1 ? "" : "s";
}

static void show_batch(const struct event_output *r, json_t *e)
{
	if (n(e, "total") > 0)
		step(r, e, "batch", "%.0f unit%s, %.0f paired before, run %s", n(e, "total"),
		     plural(e, "total"), n(e, "paired_before"), s(e, "run"));
	else
		step(r, e, "batch", "%.0f paired before, run %s", n(e, "paired_before"),
		     s(e, "run"));
}

/* With a live view, what went well is in its figures. */
static void show_unit(const struct event_output *r, json_t *e)
{
	bool good = strcmp(s(e, "class"), "ok") == 0, final = is(e, "final");
	char name[220], again[48] = "";

	if (r->before && good && !r->verbose)
		return;
	(void)snprintf(name, sizeof(name), "%s%s%s", s(e, "unit"), *s(e, "label") ? " " : "",
		       s(e, "label"));
	if (n(e, "again_ms") > 0)
		(void)snprintf(again, sizeof(again), "; again in %.1f s", n(e, "again_ms") / 1e3);
	else if (!final)
		(void)snprintf(again, sizeof(again), "; it is tried again");
	(void)json_object_del(e, "unit");
	step(r, e,
	     good    ? "paired"
	     : final ? "failed"
		     : "not yet",
	     "%s%s%s: %s%s",
	     paint(r, good    ? GREEN
		      : final ? RED
			      : YELLOW),
	     name, paint(r, PLAIN), good ? s(e, "method") : s(e, "text"), again);
	if (*s(e, "detail") && !good)
		fprintf(stderr, "%24s%s\n", "", s(e, "detail"));
	if (*s(e, "advice") && final && !good)
		fprintf(stderr, "%24s%s\n", "", s(e, "advice"));
}

static void show_summary(const struct event_output *r, json_t *e)
{
	const json_t *list = o(e, "causes"), *cause;
	size_t i;

	step(r, e, "summary", "%.0f paired, %.0f failed, %.0f left; %.0f attempt%s in %.1f s",
	     n(e, "paired"), n(e, "failed"), n(e, "left"), n(e, "attempts"), plural(e, "attempts"),
	     n(e, "seconds"));
	json_array_foreach(list, i, cause)
	{
		fprintf(stderr, "%24s%5.0f  %s\n", "", n(cause, "count"), s(cause, "text"));
	}
	list = o(e, "controllers");
	json_array_foreach(list, i, cause)
	{
		fprintf(stderr, "%24s%s: %.0f paired, up to %.0f link%s%s\n", "",
			s(cause, "controller"), n(cause, "paired"), n(cause, "links"),
			plural(cause, "links"),
			is(cause, "failed_itself") ? "; out of service" : "");
	}
}

/* Which event is shown how, and whether -q still shows it. */
static const struct {
	const char *event;
	bool always;
	void (*show)(const struct event_output *r, json_t *event);
} shows[] = {
	{"controller", false, show_controller},
	{"note", false, show_note},
	{"scanning", false, show_scanning},
	{"found", false, show_found},
	{"advertisement", true, show_advertisement},
	{"connecting", false, show_connecting},
	{"connected", false, show_connected},
	{"advertising", false, show_advertising},
	{"security_request", false, show_security_request},
	{"features", false, show_features},
	{"passkey", true, show_passkey},
	{"confirm", true, show_confirm},
	{"keypress", false, show_keypress},
	{"oob", true, show_oob},
	{"encrypted", false, show_encrypted},
	{"keys", false, show_keys},
	{"parameters", false, show_parameters},
	{"disconnected", false, show_disconnected},
	{"batch", false, show_batch},
	{"unit", true, show_unit},
	{"summary", false, show_summary},
	{"result", true, show_result},
	{"info", true, show_info},
	{"listed", true, show_listed},
	{"bond", true, show_bond},
	{"attempt", true, show_attempt},
	{"exported", true, show_exported},
	{"removed", true, show_removed},
	{"take", true, show_take},
	{"error", true, show_error},
};

static size_t how_shown(const json_t *event)
{
	size_t i = 0;

	while (i < sizeof(shows) / sizeof(shows[0]) &&
	       strcmp(shows[i].event, s(event, "event")) != 0)
		i++;
	return i;
}

void event_emit(struct event_output *r, json_t *event)
{
	double time = (double)(clock_now() - r->start) / 1e6;
	size_t how = how_shown(event);
	bool known = how < sizeof(shows) / sizeof(shows[0]), always = known && shows[how].always;

	if (r->brief && !always && shows[how].show != show_note) {
		json_decref(event);
		return;
	}
	(void)json_object_set_new(event, "time", json_real(time));
	if (r->unit)
		(void)json_object_set_new(event, "unit", json_string(r->unit));
	if (r->controller)
		(void)json_object_set_new(event, "controller", json_string(r->controller));
	if (r->json) {
		(void)json_dumpf(event, stdout,
				 JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9));
		putchar('\n');
		(void)fflush(stdout);
	} else if (known && (always || !r->quiet)) {
		if (r->before)
			r->before(r->before_ctx);
		shows[how].show(r, event);
		(void)fflush(stdout);
	}
	json_decref(event);
}

void event_note(struct event_output *r, int level, const char *format, ...)
{
	char text[320];
	va_list arguments;

	if (level > r->verbose && (r->brief || !r->json))
		return;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	event_emit(r, json_pack("{s:s, s:s}", "event", "note", "text", text));
}

/* SPDX-License-Identifier: MIT */
#include "report/batch_report.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/toolbox.h"
#include "heap.h"
#include "unit.h"

static struct batch_report *report;
static struct failure failure;
static struct batch_report_head head;
static char *page, *visible; /* all of it, and what comes before the script and after the style */

/* Blocks of jansson, which the report must give back. */
static long json_blocks;

void *__real_malloc(size_t size);
void __real_free(void *block);

static size_t json_fail_at; /* which allocation of jansson fails from now, 0: none */

static void *json_malloc(size_t size)
{
	if (json_fail_at && !--json_fail_at)
		return NULL;
	json_blocks++;
	return __real_malloc(size);
}

static void json_release(void *block)
{
	json_blocks -= block != NULL;
	__real_free(block);
}

static int begin(void **state)
{
	(void)state;
	json_blocks = 0;
	head = (struct batch_report_head){.job = "line 3", .host = "station-7"};
	report = batch_report_new();
	return report && crypto_init() == 0 ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	batch_report_free(report);
	assert_int_equal(json_blocks, 0);
	free(page);
	free(visible);
	page = visible = NULL;
	return 0;
}

static bool random_fails;

int __wrap_crypto_random(void *ctx, uint8_t *octets, size_t len);
int __real_crypto_random(void *ctx, uint8_t *octets, size_t len);

int __wrap_crypto_random(void *ctx, uint8_t *octets, size_t len)
{
	return random_fails ? CRYPTO_FAILED : __real_crypto_random(ctx, octets, len);
}

static void print(void)
{
	size_t size;
	FILE *out = open_memstream(&page, &size);

	assert_int_equal(batch_report_print(report, &head, out), 0);
	assert_int_equal(fclose(out), 0);
	char *from = strstr(page, "</style>"), *to = strstr(page, "<script nonce=\"");
	assert_non_null(from);
	assert_non_null(to);
	visible = strndup(from, (size_t)(to - from));
}

static size_t count(const char *what)
{
	size_t found = 0;

	for (const char *p = visible; (p = strstr(p, what)); p++)
		found++;
	return found;
}

#define SHOWS(text)                                                   \
	do {                                                          \
		if (!strstr(visible, text))                           \
			fail_msg("the page does not hold: %s", text); \
	} while (0)

static void paired(const char *unit, const char *time, double pair_ms)
{
	batch_report_add(report, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:f, s:f, s:f, s:f}",
					   "time", time, "unit", unit, "peer", "C4:7C:8D:11:22:33",
					   "controller", "hci0", "result", "paired", "class", "ok",
					   "scan_ms", 40.0, "connect_ms", 60.0, "pair_ms", pair_ms,
					   "total_ms", pair_ms + 100));
}

static void failed(const char *unit, const char *time, const char *class, const char *reason)
{
	json_t *attempt = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "time", time, "unit", unit,
				    "peer", "C4:7C:8D:11:22:33", "controller", "hci1", "result",
				    "failed", "class", class);

	if (reason)
		(void)json_object_set_new(attempt, "reason", json_string(reason));
	batch_report_add(report, attempt);
}

static void it_counts_units_attempts_and_reasons(void **state)
{
	(void)state;
	paired("A", "2026-01-31T10:00:00.000Z", 300);
	failed("B", "2026-01-31T10:00:01.000Z", "not_found", NULL);
	failed("B", "2026-01-31T10:00:09.000Z", "not_found", NULL);
	paired("B", "2026-01-31T10:00:20.000Z", 500);
	failed("C", "2026-01-31T10:00:30.000Z", "not_found", NULL);
	failed("C", "2026-01-31T10:29:59.900Z", "peer_refused", "Authentication Requirements");
	failed("D", "2026-01-31T10:30:00.000Z", "peer_refused", "Authentication Requirements");
	print();
	SHOWS("<h1>Pairing report: <bdi>line 3</bdi></h1>");
	SHOWS("on <bdi>station-7</bdi>, 2026-01-31 09:59:59 to 2026-01-31 10:30:00 UTC");
	SHOWS("<b>50.0 %</b><small>2 of 4 units paired</small>");
	SHOWS("<b>25.0 %</b><small>1 at the first attempt</small>");
	SHOWS("<b>2</b><small>of 7 attempts in all</small>");
	SHOWS("<b>400 ms</b><small>median; 95 % within 600 ms</small>");
	SHOWS("<b>8 / h</b>");
	/* Two units were lost to it; one was not found twice, another once, and neither for good.
	 */
	SHOWS("<td>peer refused: Authentication Requirements<small></small></td><td "
	      "class=\"n\">2</td>"
	      "<td class=\"n\">2</td>");
	SHOWS("<td>not found<small>the peer was not seen</small></td><td class=\"n\">0</td>"
	      "<td class=\"n\">3</td>");
	assert_true(strstr(visible, "<td>peer refused") < strstr(visible, "<td>not found"));
	assert_int_equal(count("<figure>"), 4);
	SHOWS("<bdi>hci0</bdi></td><td class=\"n\">2</td><td class=\"n\">2</td><td "
	      "class=\"n\">0</td>"
	      "<td class=\"n\">100.0 %</td><td class=\"n\">300 ms</td><td class=\"n\">400 ms</td>");
	SHOWS("<bdi>hci1</bdi></td><td class=\"n\">2</td><td class=\"n\">0</td><td "
	      "class=\"n\">2</td>"
	      "<td class=\"n\">0.0 %</td><td class=\"n\">-</td><td class=\"n\">-</td>");
	assert_int_equal(count("<tr data-r=\"ok\">"), 2);
	assert_int_equal(count("<tr data-r=\"no\">"), 2);
}

static void the_latest_attempt_counts_in_whatever_order_they_come(void **state)
{
	(void)state;
	paired("A", "2026-01-31T10:00:20.000Z", 300);
	failed("A", "2026-01-31T10:00:00.000Z", "not_found", NULL);
	failed("B", "2026-01-31T10:00:00.000Z", "not_found", NULL);
	print();
	SHOWS("1 of 2 units paired");
	SHOWS("0 at the first attempt");
	SHOWS("<td class=\"n\">1</td><td><bdi>A</bdi></td>");
	SHOWS("<td class=\"n\">2</td><td class=\"n\">40.0</td>"); /* two attempts */
	assert_int_equal(count("<tr data-r="), 2);
}

/* All but one of very many is not all: 100 % is said of all only. */
static void a_yield_is_not_rounded_up(void **state)
{
	char unit[16];

	(void)state;
	for (int i = 0; i < 4000; i++) {
		(void)snprintf(unit, sizeof(unit), "unit %d", i);
		paired(unit, "2026-01-31T10:00:00.000Z", 300);
	}
	failed("X", "2026-01-31T10:00:30.000Z", "timed_out", NULL);
	print();
	SHOWS("<b>99.9 %</b><small>4000 of 4001 units paired</small>");
	assert_int_equal(count("<tr data-r="), 4001);
}

static void an_empty_run_has_a_page(void **state)
{
	(void)state;
	head = (struct batch_report_head){0};
	print();
	SHOWS("<h1>Pairing report<bdi></bdi></h1>");
	SHOWS("<b>0.0 %</b><small>0 of 0 units paired</small>");
	SHOWS("None: every attempt succeeded.");
	assert_null(strstr(visible, "nan"));
	assert_null(strstr(visible, "inf"));
	assert_int_equal(count("<tr data-r="), 0);
}

/* An attempt with nothing but its class, as of a run that was stopped early. */
static void fields_may_be_missing(void **state)
{
	(void)state;
	batch_report_add(
		report, json_pack("{s:s, s:s}", "peer", "AA:BB:CC:DD:EE:FF", "class", "cancelled"));
	batch_report_add(report, json_object());
	batch_report_add(report, json_pack("{s:s, s:s, s:s, s:f, s:i}", "unit", "Z", "class", "ok",
					   "time", "yesterday", "pair_ms", -1.0, "total_ms", 12));
	print();
	SHOWS("1 of 3 units paired");
	SHOWS("<bdi>AA:BB:CC:DD:EE:FF</bdi>");
	SHOWS("<td>cancelled<small>you cancelled it</small></td>");
	assert_null(strstr(visible, "nan"));
	assert_int_equal(count("<figure>"), 1);
}

#define HOSTILE "\"'><script>alert(1)</script><!--</style></table>&lt;\x1b[2J"

/* In any field: no tag in a text becomes a tag of the page. */
static void no_text_becomes_markup(void **state)
{
	static const char *const fields[] = {"time",  "run",	    "unit",   "label",	"peer",
					     "class", "controller", "method", "result", "reason"};
	static const char *const ends[] = {"ok", "peer_refused"};

	(void)state;
	head = (struct batch_report_head){.job = HOSTILE, .host = HOSTILE};
	for (size_t i = 0; i < COUNT(fields); i++) {
		for (size_t k = 0; k < COUNT(ends); k++) {
			json_t *attempt = json_pack("{s:s, s:s, s:s}", "peer", "AA:BB:CC:DD:EE:FF",
						    "class", ends[k], "unit", fields[i]);
			(void)json_object_set_new(attempt, fields[i], json_string(HOSTILE));
			batch_report_add(report, attempt);
		}
	}
	print();
	assert_int_equal(count("<script"), 0);
	assert_int_equal(count("<!--"), 0);
	assert_int_equal(count("\x1b"), 0);
	assert_int_equal(count("</style"), 1);
	assert_int_equal(count("<table"), count("</table"));
	assert_true(count("&lt;script&gt;alert(1)&lt;/script&gt;") >= COUNT(fields));
	/* The head, too: the title, and one script of the page's own. */
	assert_null(strstr(page, HOSTILE));
	const char *title = strstr(page, "<title>Pairing report: &quot;&#39;&gt;&lt;script&gt;");
	assert_non_null(title);
	assert_null(strstr(strstr(page, "<script nonce=") + 1, "<script"));
}

/* The script and the style bear a nonce that no other page has. */
static void only_its_own_script_may_run(void **state)
{
	char first[33], *at;

	(void)state;
	print();
	at = strstr(page, "script-src 'nonce-");
	assert_non_null(at);
	memcpy(first, at + 18, 32);
	first[32] = '\0';
	assert_int_equal(strspn(first, "0123456789abcdef"), 32);
	char script[64], style[64];
	(void)snprintf(script, sizeof(script), "<script nonce=\"%s\">", first);
	(void)snprintf(style, sizeof(style), "<style nonce=\"%s\">", first);
	assert_non_null(strstr(page, script));
	assert_non_null(strstr(page, style));
	assert_non_null(strstr(page, "default-src 'none'"));
	assert_null(strstr(page, "http://"));
	assert_null(strstr(page, "https://"));
	free(page);
	free(visible);
	print();
	assert_null(strstr(page, first));
}

/* Failures that cost most units come first, then those of most attempts, then by name. */
static void failures_are_in_order_of_their_weight(void **state)
{
	static const char *const order[] = {"<td>b: x", "<td>a: y", "<td>c: a", "<td>c: b"};
	const char *before = NULL;

	(void)state;
	failed("1", "2026-01-31T10:00:00.000Z", "c", "b");
	failed("2", "2026-01-31T10:00:00.000Z", "c", "a");
	failed("3", "2026-01-31T10:00:00.000Z", "a", "y");
	failed("3", "2026-01-31T10:00:01.000Z", "a", "y");
	failed("4", "2026-01-31T10:00:00.000Z", "b", "x");
	failed("5", "2026-01-31T10:00:00.000Z", "b", "x");
	print();
	for (size_t i = 0; i < COUNT(order); i++) {
		const char *at = strstr(visible, order[i]);
		assert_non_null(at);
		assert_true(at > before);
		before = at;
	}
	/* Bars are shares of the largest. */
	SHOWS("<rect class=\"bad\" x=\"0.00\" width=\"1000.00\" height=\"14\"/>");
	assert_int_equal(count("<rect class=\"bad\" x=\"0.00\" width=\"500.00\""), 3);
}

static void a_class_is_explained_where_the_reason_has_no_name(void **state)
{
	(void)state;
	failed("1", "2026-01-31T10:00:00.000Z", "timed_out", NULL);
	failed("2", "2026-01-31T10:00:00.000Z", "timed_out", "named");
	failed("3", "2026-01-31T10:00:00.000Z", "no_such_class", NULL);
	print();
	SHOWS("<td>timed out<small>");
	assert_null(strstr(visible, "<td>timed out<small></small>"));
	SHOWS("<td>timed out: named<small></small>");
	SHOWS("<td>no such class<small></small>");
}

/* Two units at the same moment: a rate would be infinite. */
static void without_a_span_there_is_no_rate(void **state)
{
	(void)state;
	failed("A", "2026-01-31T10:00:00.000Z", "timed_out", NULL);
	failed("B", "2026-01-31T10:00:00.000Z", "timed_out", NULL);
	print();
	assert_int_equal(count("<span>Rate</span>"), 0);
	assert_int_equal(count("<span>A unit takes</span>"), 0); /* none was paired */
	SHOWS("<p>None was paired.</p>");
	free(page);
	free(visible);
	failed("B", "2026-01-31T10:00:10.000Z", "timed_out", NULL);
	print();
	SHOWS("<b>720 / h</b><small>units, over 10.00 s</small>");
	SHOWS("of 3 attempts in all");
}

static void one_unit_has_no_rate(void **state)
{
	(void)state;
	paired("A", "2026-01-31T10:00:00.000Z", 300);
	print();
	assert_int_equal(count("<span>Rate</span>"), 0);
	SHOWS("of 1 attempt in all");
	assert_null(strstr(visible, "None was paired"));
}

static void every_unit_has_a_row(void **state)
{
	(void)state;
	json_t *attempt =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:f, s:f, s:f, s:f}", "time",
			  "2026-01-31T10:00:00.250Z", "unit", "A", "label", "SN-1", "peer",
			  "C4:7C:8D:11:22:33", "controller", "hci0", "result", "paired", "class",
			  "ok", "reason", "not shown", "scan_ms", 1.0, "connect_ms", 2.25,
			  "pair_ms", 3.0, "total_ms", 4.0);
	batch_report_add(report, attempt);
	failed("B", "2026-01-31T10:00:09.000Z", "peer_refused", "Busy");
	print();
	SHOWS("<tr data-r=\"ok\"><td "
	      "class=\"n\">1</td><td><bdi>A</bdi><small><bdi>SN-1</bdi></small>"
	      "</td><td class=\"mono\">C4:7C:8D:11:22:33</td><td><span class=\"ok\">\u2713 paired"
	      "</span></td><td class=\"n\">1</td><td class=\"n\">1.0</td><td class=\"n\">2.2</td>"
	      "<td class=\"n\">3.0</td><td class=\"n\">4.0</td><td><bdi>hci0</bdi></td>"
	      "<td class=\"mono\">2026-01-31 10:00:00</td></tr>");
	SHOWS("<tr data-r=\"no\"><td class=\"n\">2</td><td><bdi>B</bdi></td>"
	      "<td class=\"mono\">C4:7C:8D:11:22:33</td><td><span class=\"no\">\u2717 peer refused"
	      "</span><small>Busy</small></td><td class=\"n\">1</td><td class=\"n\"></td>"
	      "<td class=\"n\"></td><td class=\"n\"></td><td class=\"n\"></td>"
	      "<td><bdi>hci1</bdi></td>");
	assert_null(strstr(visible, "not shown"));
	/* As many headings as cells; numbers are sorted as numbers. */
	assert_int_equal(count("<button type=\"button\" disabled>"), 11);
	SHOWS("<th class=\"t\"><button type=\"button\" disabled>Unit</button>");
	SHOWS("<th class=\"n\"><button type=\"button\" disabled>Pair, ms</button>");
}

/* Browsers lay out the groups that are visible. */
static void a_hundred_rows_are_a_group(void **state)
{
	char unit[16];

	(void)state;
	for (int i = 0; i < 200; i++) {
		(void)snprintf(unit, sizeof(unit), "unit %d", i);
		paired(unit, "2026-01-31T10:00:00.000Z", 300);
	}
	print();
	assert_int_equal(count("</tbody>\n<tbody>"), 1);
	const char *second = strstr(visible, "</tbody>\n<tbody>");
	assert_ptr_equal(strstr(second, "<tr"), second + 17);
	assert_int_equal(strncmp(strstr(second, "<bdi>"), "<bdi>unit 100<", 14), 0);
	/* Of the same class as all in the summary of controllers. */
	SHOWS("<bdi>hci0</bdi></td><td class=\"n\">200</td><td class=\"n\">200</td>");
}

static void units_without_a_controller_are_counted_as_well(void **state)
{
	(void)state;
	batch_report_add(report, json_pack("{s:s, s:s, s:s}", "unit", "A", "class", "not_found",
					   "time", "2026-01-31T10:00:00.000Z"));
	paired("B", "2026-01-31T10:00:00.000Z", 300);
	print();
	SHOWS("<bdi>none</bdi></td><td class=\"n\">1</td><td class=\"n\">0</td>"
	      "<td class=\"n\">1</td><td class=\"n\">0.0 %</td>");
}

/* The run began when its first attempt did: that took an hour. */
static void the_span_begins_with_the_first_attempt(void **state)
{
	(void)state;
	batch_report_add(report,
			 json_pack("{s:s, s:s, s:s, s:f}", "unit", "A", "class", "timed_out",
				   "time", "2026-01-31T10:00:00.000Z", "total_ms", 3600e3));
	failed("B", "2026-01-31T09:30:00.000Z", "timed_out", NULL);
	print();
	SHOWS("2026-01-31 09:00:00 to 2026-01-31 10:00:00 UTC");
	SHOWS("<b>2 / h</b><small>units, over 1 h 0 min</small>");
}

/* A time without fractions, and one that is none: the span is of those that are. */
static void times_may_have_fractions_or_be_missing(void **state)
{
	(void)state;
	failed("A", "2026-01-31T10:00:00", "timed_out", NULL);
	failed("B", "yesterday", "timed_out", NULL);
	failed("C", "2026-01-31T10:00:30.500Z", "timed_out", NULL);
	print();
	SHOWS("2026-01-31 10:00:00 to 2026-01-31 10:00:30 UTC");
	SHOWS("units, over 30.50 s");
	SHOWS("<td class=\"mono\">-</td>");
}

/* Each allocation of an attempt fails once: the page then says that attempts are missing. */
static void attempts_that_find_no_memory_are_missed(void **state)
{
	(void)state;
	print();
	assert_null(strstr(visible, "Attempts are missing"));
	free(page);
	free(visible);
	heap_fail_at(1);
	failed("A", "2026-01-31T10:00:00.000Z", "timed_out", NULL);
	heap_fail_at(0);
	failed("B", "2026-01-31T10:00:00.000Z", "timed_out", NULL);
	print();
	SHOWS("Attempts are missing here");
	assert_int_equal(count("<tr data-r="), 1);
}

static void a_report_needs_memory(void **state)
{
	struct batch_report *none;

	(void)state;
	heap_fail_at(1);
	none = batch_report_new();
	assert_null(none);
	batch_report_free(none);
	for (size_t n = 1; n <= 3; n++) { /* objects and their tables */
		json_fail_at = n;
		none = batch_report_new();
		json_fail_at = 0;
		assert_null(none);
	}
	/* Printing needs some, too: of values, and of failures. */
	paired("A", "2026-01-31T10:00:00.000Z", 300);
	for (size_t n = 1; n <= 2; n++) {
		char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);
		heap_fail_at(n);
		assert_int_equal(batch_report_print(report, &head, out), -1);
		heap_fail_at(0);
		assert_int_equal(fclose(out), 0);
		free(text);
	}
}

/* An attacker who can guess the nonce could run a script. */
static json_t *controller(const char *name, int interruptions)
{
	return json_pack("{s:s, s:i, s:i, s:f, s:f, s:b, s:{}}", "controller", name,
			 "interruptions", interruptions, "interrupted", 0, "away_seconds", 0.0,
			 "longest_seconds", 0.0, "failed_itself", 0, "recovered");
}

/* Interruptions by controller, and what was lost to the station in ppm of all attempts. */
static void interruptions_are_counted_by_controller(void **state)
{
	json_t *station = json_array(), *lost = controller("hci1 <b>", 4);

	(void)state;
	for (int i = 0; i < 3; i++)
		paired("1", "2026-11-20T10:00:00.000Z", 100);
	failed("2", "2026-11-20T10:00:01.000Z", "controller_failed", NULL);
	failed("2", "2026-11-20T10:00:02.000Z", "connection_failed", NULL);
	json_array_append_new(station, controller("hci0", 0));
	json_object_update_new(
		lost, json_pack("{s:i, s:f, s:f, s:b, s:{s:i, s:i, s:i}}", "interrupted", 1,
				"away_seconds", 130.0, "longest_seconds", 62.5, "failed_itself", 1,
				"recovered", "return", 2, "usb_reset", 1, "reset", 0));
	json_array_append_new(station, lost);
	batch_report_station(report, json_array()); /* the later one counts */
	batch_report_station(report, station);
	print();
	SHOWS("1 of 5 attempts were lost to the station, not to the unit: 200000 ppm");
	assert_int_equal(count("<table id=\"interruptions\">"), 1);
	SHOWS("<td><bdi>hci1 &lt;b&gt;</bdi></td><td class=\"n\">4</td>");
	SHOWS("<td class=\"n\">1</td><td>2: it was there again, 1: reset over USB, then out of "
	      "service</td>");
	const char *table = strstr(visible, "id=\"interruptions\"");
	assert_null(memmem(table, (size_t)(strstr(table, "</table>") - table), "hci0", 4));
}

static void without_interruptions_there_is_no_table_of_them(void **state)
{
	json_t *station = json_array();

	(void)state;
	paired("1", "2026-11-20T10:00:00.000Z", 100);
	json_array_append_new(station, controller("hci0", 0));
	batch_report_station(report, station);
	print();
	assert_int_equal(count("Interruptions"), 0);
	free(page);
	free(visible);
	/* Attempts of an earlier process, whose controllers are not known. */
	failed("2", "2026-11-20T10:00:01.000Z", "controller_failed", NULL);
	print();
	SHOWS("1 of 2 attempts were lost to the station, not to the unit: 500000 ppm");
	assert_int_equal(count("<table id=\"interruptions\">"), 0);
}

static void without_randomness_there_is_no_page(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	random_fails = true;
	assert_int_equal(batch_report_print(report, &head, out), -1);
	random_fails = false;
	assert_int_equal(fclose(out), 0);
	assert_null(strstr(text, "nonce"));
	free(text);
}

/* Every element that needs an end has one, in a page with all that it can show. */
static void every_element_is_closed(void **state)
{
	static const char *const names[] = {
		"html", "head",	  "style",  "body",   "title",	"h1",	  "h2",
		"p",	"div",	  "table",  "thead",  "tbody",	"tr",	  "td",
		"th",	"span",	  "small",  "b",      "bdi",	"svg",	  "figure",
		"text", "button", "select", "option", "output", "script", "figcaption"};
	const char *at;

	(void)state;
	for (int i = 0; i < 250; i++) {
		char unit[16];
		(void)snprintf(unit, sizeof(unit), "unit %d", i);
		if (i % 3)
			paired(unit,
			       i % 2 ? "2026-01-31T10:00:00.000Z" : "2026-01-31T11:00:00.000Z",
			       300 + i);
		else
			failed(unit, "2026-01-31T10:00:00.000Z", i % 2 ? "timed_out" : "not_found",
			       i % 2 ? "x" : NULL);
	}
	print();
	/* The script has no markup in it. */
	assert_null(strstr(strstr(page, "<script"), "<div"));
	for (size_t i = 0; i < COUNT(names); i++) {
		size_t opened = 0, closed = 0, len = strlen(names[i]);
		for (at = page; (at = strchr(at, '<')); at++) {
			opened += strncmp(at + 1, names[i], len) == 0 && strchr(" >", at[1 + len]);
			closed += at[1] == '/' && strncmp(at + 2, names[i], len) == 0 &&
				  at[2 + len] == '>';
		}
		assert_true(opened > 0);
		if (opened != closed)
			fail_msg("<%s>: %zu opened, %zu closed", names[i], opened, closed);
	}
	/* The legend names the colours of the bar. */
	SHOWS("<rect class=\"good\" width=\"10\" height=\"10\"/></svg>166 paired at the first "
	      "attempt</span>");
	SHOWS("</svg>0 paired later</span>");
	SHOWS("<rect class=\"bad\" width=\"10\" height=\"10\"/></svg>84 failed</span>");
	SHOWS("<option value=\"ok\">paired</option><option value=\"no\">failed</option>");
}

/* The buffer of the stream is full long before the end of the page. */
static void a_page_that_cannot_be_printed_is_reported(void **state)
{
	char small[64];
	FILE *out = fmemopen(small, sizeof(small), "w");

	(void)state;
	assert_non_null(out);
	setbuf(out, NULL);
	assert_int_equal(batch_report_print(report, &head, out), -1);
	(void)fclose(out);
}

static void nothing_stays_allocated(void **state)
{
	struct batch_report *other = batch_report_new();
	const long before = heap_blocks();

	(void)state;
	struct batch_report *swap = report;
	report = other;
	for (int i = 0; i < 130; i++) {
		char unit[16];
		(void)snprintf(unit, sizeof(unit), "unit %d", i);
		failed(unit, "2026-01-31T10:00:00.000Z", "timed_out", NULL);
		failed(unit, "2026-01-31T10:00:01.000Z", "timed_out", NULL);
		failed(unit, "2026-01-31T10:00:00.000Z", "timed_out", NULL);
	}
	assert_int_equal(heap_blocks(), before + 1); /* the table of units */
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	assert_int_equal(batch_report_print(report, &head, out), 0);
	assert_int_equal(fclose(out), 0);
	__real_free(text);
	assert_int_equal(heap_blocks(), before + 1);
	batch_report_free(report);
	assert_int_equal(heap_blocks(), before - 1);
	report = swap;
}

/* ---- The file -------------------------------------------------------------------------------- */

static char folder[] = "/tmp/blepair-html.XXXXXX";

static int make_folder(void **state)
{
	strcpy(folder, "/tmp/blepair-html.XXXXXX");
	return mkdtemp(folder) ? begin(state) : -1;
}

static int remove_folder(void **state)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/report.html", folder);
	(void)unlink(path);
	return rmdir(folder) == 0 ? end(state) : -1; /* that and nothing else was in it */
}

static void the_file_is_replaced_as_a_whole(void **state)
{
	char path[64], first[16] = "";
	struct stat st;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/report.html", folder);
	FILE *old = fopen(path, "w");
	assert_non_null(old);
	fputs("the old report", old);
	assert_int_equal(fclose(old), 0);
	paired("A", "2026-01-31T10:00:20.000Z", 300);
	assert_int_equal(batch_report_write(report, &head, path, &failure), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	FILE *new = fopen(path, "r");
	assert_int_equal(fread(first, 1, 15, new), 15);
	assert_int_equal(fclose(new), 0);
	assert_string_equal(first, "<!DOCTYPE html>");
}

/* As root, a rename over a device would destroy it for the whole system. */
static void a_fifo_is_written_to_and_not_replaced(void **state)
{
	char path[64], start_[16] = "";
	struct stat st;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/report.html", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC); /* the pipe has room for the page */
	assert_true(fd >= 0);
	paired("A", "2026-01-31T10:00:20.000Z", 300);
	assert_int_equal(batch_report_write(report, &head, path, &failure), 0);
	assert_int_equal(read(fd, start_, 15), 15);
	assert_int_equal(close(fd), 0);
	assert_string_equal(start_, "<!DOCTYPE html>");
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
}

static void a_file_that_cannot_be_is_said(void **state)
{
	char path[64];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/no/such/report.html", folder);
	assert_int_equal(batch_report_write(report, &head, path, &failure), -1);
	assert_non_null(strstr(failure.text, "/no/such/report.html: No such file or directory"));
	/* A folder of that name: the temporary file beside it is gone again, see remove_folder().
	 */
	(void)snprintf(path, sizeof(path), "%s/report.html", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(batch_report_write(report, &head, path, &failure), -1);
	assert_non_null(strstr(failure.text, "Is a directory"));
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_counts_units_attempts_and_reasons, begin, end),
		cmocka_unit_test_setup_teardown(
			the_latest_attempt_counts_in_whatever_order_they_come, begin, end),
		cmocka_unit_test_setup_teardown(a_yield_is_not_rounded_up, begin, end),
		cmocka_unit_test_setup_teardown(an_empty_run_has_a_page, begin, end),
		cmocka_unit_test_setup_teardown(fields_may_be_missing, begin, end),
		cmocka_unit_test_setup_teardown(no_text_becomes_markup, begin, end),
		cmocka_unit_test_setup_teardown(only_its_own_script_may_run, begin, end),
		cmocka_unit_test_setup_teardown(failures_are_in_order_of_their_weight, begin, end),
		cmocka_unit_test_setup_teardown(a_class_is_explained_where_the_reason_has_no_name,
						begin, end),
		cmocka_unit_test_setup_teardown(without_a_span_there_is_no_rate, begin, end),
		cmocka_unit_test_setup_teardown(one_unit_has_no_rate, begin, end),
		cmocka_unit_test_setup_teardown(every_unit_has_a_row, begin, end),
		cmocka_unit_test_setup_teardown(a_hundred_rows_are_a_group, begin, end),
		cmocka_unit_test_setup_teardown(units_without_a_controller_are_counted_as_well,
						begin, end),
		cmocka_unit_test_setup_teardown(the_span_begins_with_the_first_attempt, begin, end),
		cmocka_unit_test_setup_teardown(times_may_have_fractions_or_be_missing, begin, end),
		cmocka_unit_test_setup_teardown(attempts_that_find_no_memory_are_missed, begin,
						end),
		cmocka_unit_test_setup_teardown(a_report_needs_memory, begin, end),
		cmocka_unit_test_setup_teardown(a_page_that_cannot_be_printed_is_reported, begin,
						end),
		cmocka_unit_test_setup_teardown(nothing_stays_allocated, begin, end),
		cmocka_unit_test_setup_teardown(interruptions_are_counted_by_controller, begin,
						end),
		cmocka_unit_test_setup_teardown(without_interruptions_there_is_no_table_of_them,
						begin, end),
		cmocka_unit_test_setup_teardown(without_randomness_there_is_no_page, begin, end),
		cmocka_unit_test_setup_teardown(every_element_is_closed, begin, end),
		cmocka_unit_test_setup_teardown(the_file_is_replaced_as_a_whole, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(a_fifo_is_written_to_and_not_replaced, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(a_file_that_cannot_be_is_said, make_folder,
						remove_folder),
	};
	json_set_alloc_funcs(json_malloc, json_release);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

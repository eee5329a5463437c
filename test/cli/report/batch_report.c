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
#include "report/aggregate.h"
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
	head = (struct batch_report_head){
		.job = "line 3", .list = "lists/line-3.csv", .host = "station-7"};
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
	batch_report_add(report,
			 json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:f, s:f, s:f, s:f}", "time",
				   time, "unit", unit, "peer", "C4:7C:8D:11:22:33", "controller",
				   "hci0", "result", "paired", "class", "ok", "scan_ms", 40.0,
				   "connect_ms", 60.0, "pair_ms", pair_ms, "total_ms",
				   pair_ms + 100),
			 NULL);
}

static void failed(const char *unit, const char *time, const char *class, const char *reason)
{
	json_t *attempt = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "time", time, "unit", unit,
				    "peer", "C4:7C:8D:11:22:33", "controller", "hci1", "result",
				    "failed", "class", class);

	if (reason)
		(void)json_object_set_new(attempt, "reason", json_string(reason));
	batch_report_add(report, attempt, NULL);
}

/* An attempt that failed, with a verdict. */
static void explained(const char *unit, const char *time, const char *check, const char *part)
{
	batch_report_add(
		report,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:[{s:s, s:s, "
			  "s:b, s:s, s:s, s:s}]}}",
			  "time", time, "unit", unit, "peer", "C4:7C:8D:11:22:33", "controller",
			  "hci1", "class", "peer_refused", "reason", "Busy", "verdict", "text",
			  "the responder refused", "check", check, "cause", "it is busy", "fix",
			  "try again", "findings", "id", check, "severity", "fault", "cause", 1,
			  "text", "a finding", "section", "Vol 3", "fix", "try again"),
		part);
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
	SHOWS("<h1><bdi>line 3</bdi></h1>\n<p><bdi>line-3.csv</bdi>, on <bdi>station-7</bdi>, "
	      "2026-01-31 09:59:59 to 10:30:00 UTC");
	assert_non_null(
		strstr(page, "<title>line 3, line-3.csv, 2026-01-31: Pairing report</title>"));
	SHOWS("<p class=\"answer bad\">✗ 2 of 4 units failed</p>");
	SHOWS("<b>50.0 %</b><small>2 of 4 units paired</small>");
	SHOWS("<b>25.0 %</b><small>1 at the first attempt</small>");
	SHOWS("<span>Attempts</span><b>7</b>");
	SHOWS("<b>400 ms</b><small>median; 95 % within 600 ms</small>");
	SHOWS("<b>4 / h</b><small>units paired, over ");
	/* Two units were lost to it; one was not found twice, another once, and neither for good.
	 */
	SHOWS("<b>2</b> units lost<small>2 attempts failed</small></p>\n<div>\n"
	      "<h3>peer refused: Authentication Requirements</h3>\n</div>");
	SHOWS("<b>0</b> units lost<small>3 attempts failed</small></p>\n<div>\n"
	      "<h3>not found</h3>\n<p>the peer was not seen</p>\n</div>");
	assert_true(strstr(visible, "<h3>peer refused") < strstr(visible, "<h3>not found"));
	assert_int_equal(count("<figure>"), 4);
	assert_int_equal(count("<figure class=\"timeline\">"), 1);
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
	SHOWS("<td class=\"n\">1</td><td class=\"name\"><bdi>A</bdi>");
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
	SHOWS("<h1><bdi>Pairing report</bdi></h1>");
	SHOWS("<p class=\"answer open\">– No unit ended</p>");
	assert_non_null(strstr(page, "<title>Pairing report</title>"));
	SHOWS("<b>0.0 %</b><small>0 of 0 units paired</small>");
	SHOWS("No attempt was made.");
	assert_int_equal(count("Controllers"), 0);
	assert_null(strstr(visible, "nan"));
	assert_null(strstr(visible, "inf"));
	assert_int_equal(count("<tr data-r="), 0);
}

/* An attempt with nothing but its class, as of a run that was stopped early. */
static void fields_may_be_missing(void **state)
{
	(void)state;
	batch_report_add(report,
			 json_pack("{s:s, s:s}", "peer", "AA:BB:CC:DD:EE:FF", "class", "cancelled"),
			 NULL);
	batch_report_add(report, json_object(), NULL);
	batch_report_add(report,
			 json_pack("{s:s, s:s, s:s, s:f, s:i}", "unit", "Z", "class", "ok", "time",
				   "yesterday", "pair_ms", -1.0, "total_ms", 12),
			 NULL);
	print();
	SHOWS("1 of 3 units paired");
	SHOWS("<bdi>AA:BB:CC:DD:EE:FF</bdi>");
	SHOWS("<h3>cancelled</h3>\n<p>you cancelled it</p>");
	SHOWS("<h3>failed</h3>");
	assert_null(strstr(visible, "nan"));
	assert_int_equal(count("<figure>"), 1);
}

#define HOSTILE "\"'><script>alert(1)</script><!--</style></table>&lt;\x1b[2J"

static json_t *hostile_verdict(void)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:[{s:s, s:s, s:b, s:s, s:s, s:s}, s, {}]}", "text",
			 HOSTILE, "check", HOSTILE, "cause", HOSTILE, "fix", HOSTILE, "findings",
			 "id", HOSTILE, "severity", HOSTILE, "cause", 1, "text", HOSTILE, "section",
			 HOSTILE, "fix", HOSTILE, HOSTILE);
}

/* In any field: no tag in a text becomes a tag of the page. */
static void no_text_becomes_markup(void **state)
{
	static const char *const fields[] = {"time",  "run",	    "unit",   "label",	"peer",
					     "class", "controller", "method", "result", "reason"};
	static const char *const ends[] = {"ok", "peer_refused"};

	(void)state;
	head = (struct batch_report_head){.job = HOSTILE, .list = HOSTILE, .host = HOSTILE};
	for (size_t i = 0; i < COUNT(fields); i++) {
		for (size_t k = 0; k < COUNT(ends); k++) {
			json_t *attempt = json_pack("{s:s, s:s, s:s}", "peer", "AA:BB:CC:DD:EE:FF",
						    "class", ends[k], "unit", fields[i]);
			(void)json_object_set_new(attempt, "verdict", hostile_verdict());
			(void)json_object_set_new(attempt, fields[i], json_string(HOSTILE));
			batch_report_add(report, attempt, NULL);
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
	const char *title = strstr(page, "<title>&quot;&#39;&gt;&lt;script&gt;");
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
	static const char *const order[] = {"<h3>b: x", "<h3>a: y", "<h3>c: a", "<h3>c: b"};
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
}

static void a_class_is_explained_where_the_reason_has_no_name(void **state)
{
	(void)state;
	failed("1", "2026-01-31T10:00:00.000Z", "timed_out", NULL);
	failed("2", "2026-01-31T10:00:00.000Z", "timed_out", "named");
	failed("3", "2026-01-31T10:00:00.000Z", "no_such_class", NULL);
	print();
	SHOWS("<h3>timed out</h3>\n<p>the peer or the user did not answer in time</p>");
	SHOWS("<h3>timed out: named</h3>\n</div>");
	SHOWS("<h3>no such class</h3>\n</div>");
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
	SHOWS("<p>No unit was paired.</p>");
	free(page);
	free(visible);
	paired("B", "2026-01-31T10:00:10.000Z", 300);
	print();
	SHOWS("<b>360 / h</b><small>units paired, over 10.00 s</small>");
	SHOWS("<span>Attempts</span><b>3</b>");
}

static void one_unit_has_no_rate(void **state)
{
	(void)state;
	paired("A", "2026-01-31T10:00:00.000Z", 300);
	print();
	assert_int_equal(count("<span>Rate</span>"), 0);
	SHOWS("<p class=\"answer good\">✓ 1 unit paired</p>");
	SHOWS("None: every attempt succeeded.");
	SHOWS("1 of 1 unit paired");
	assert_null(strstr(visible, "No unit was paired"));
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
	batch_report_add(report, attempt, NULL);
	failed("B", "2026-01-31T10:00:09.000Z", "peer_refused", "Busy");
	print();
	SHOWS("<tr data-r=\"ok\"><td class=\"n\">1</td><td class=\"name\"><bdi>SN-1</bdi>"
	      "<small><bdi>C4:7C:8D:11:22:33</bdi></small></td><td><span class=\"ok\">✓ paired"
	      "</span></td><td class=\"n\">1</td><td class=\"n\">1.0</td><td class=\"n\">2.2</td>"
	      "<td class=\"n\">3.0</td><td class=\"n\">4.0</td><td><bdi>hci0</bdi></td>"
	      "<td>2026-01-31 10:00:00</td></tr>");
	SHOWS("<tr data-r=\"no\"><td class=\"n\">2</td><td class=\"name\"><bdi>B</bdi>"
	      "<small><bdi>C4:7C:8D:11:22:33</bdi></small></td><td><span class=\"no\">✗ peer "
	      "refused"
	      "</span><small>Busy</small></td><td class=\"n\">1</td><td class=\"n\"></td>"
	      "<td class=\"n\"></td><td class=\"n\"></td><td class=\"n\"></td>"
	      "<td><bdi>hci1</bdi></td>");
	assert_null(strstr(visible, "not shown"));
	/* As many headings as cells; numbers are sorted as numbers. */
	assert_int_equal(count("<button type=\"button\" disabled>"), 10);
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
	batch_report_add(report,
			 json_pack("{s:s, s:s, s:s}", "unit", "A", "class", "not_found", "time",
				   "2026-01-31T10:00:00.000Z"),
			 NULL);
	paired("B", "2026-01-31T10:00:00.000Z", 300);
	print();
	SHOWS("<bdi>none: not seen</bdi></td><td class=\"n\">1</td><td class=\"n\">0</td>"
	      "<td class=\"n\">1</td><td class=\"n\">0.0 %</td>");
}

/* The run began when its first attempt did: that took an hour. */
static void the_span_begins_with_the_first_attempt(void **state)
{
	(void)state;
	batch_report_add(report,
			 json_pack("{s:s, s:s, s:s, s:f}", "unit", "A", "class", "timed_out",
				   "time", "2026-01-31T10:00:00.000Z", "total_ms", 3600e3),
			 NULL);
	paired("B", "2026-01-31T09:30:00.000Z", 300);
	print();
	SHOWS("2026-01-31 09:00:00 to 10:00:00 UTC");
	SHOWS("<b>1 / h</b><small>units paired, over 1 h 0 min</small>");
}

/* A time without fractions, and one that is none: the span is of those that are. */
static void times_may_have_fractions_or_be_missing(void **state)
{
	(void)state;
	failed("A", "2026-01-31T10:00:00", "timed_out", NULL);
	failed("B", "yesterday", "timed_out", NULL);
	batch_report_add(report,
			 json_pack("{s:s, s:s, s:s, s:s}", "time", "2026-02-01T10:00:30.500Z",
				   "unit", "C", "controller", "hci0", "class", "ok"),
			 NULL);
	print();
	SHOWS("2026-01-31 10:00:00 to 2026-02-01 10:00:30 UTC");
	SHOWS("units paired, over 24 h 1 min");
	SHOWS("<td>-</td></tr>");
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
	heap_fail_at(0);
	assert_null(none);
	batch_report_free(none);
	heap_fail_at(2);
	none = batch_report_new();
	heap_fail_at(0);
	assert_null(none);
	for (size_t n = 1; n <= 2; n++) { /* an object and its table */
		json_fail_at = n;
		none = batch_report_new();
		json_fail_at = 0;
		assert_null(none);
	}
	/* Printing needs some, too: of values, of the time of day, of controllers. */
	paired("A", "2026-01-31T10:00:00.000Z", 300);
	for (size_t n = 1; n <= 3; n++) {
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
		"html", "head",	   "style",   "body",	"title",  "h1",	    "h2",
		"p",	"div",	   "table",   "thead",	"tbody",  "tr",	    "td",
		"th",	"span",	   "small",   "b",	"bdi",	  "svg",    "figure",
		"text", "button",  "select",  "option", "output", "script", "figcaption",
		"h3",	"details", "summary", "a",	"header"};
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
			explained(unit, "2026-01-31T10:00:00.000Z", i % 2 ? "silence" : "lost",
				  i % 9 ? "<p>part</p>" : NULL);
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
	assert_int_equal(heap_blocks(), before - 2);
	report = swap;
}

/* ---- Verdicts -------------------------------------------------------------------------------- */

static void a_failure_has_its_cause_and_one_attempt_explained(void **state)
{
	(void)state;
	explained("A", "2026-01-31T10:00:00.000Z", "busy", NULL);
	explained("B", "2026-01-31T10:00:01.000Z", "busy", "<p>messages of B</p>");
	explained("C", "2026-01-31T10:00:02.000Z", "busy", "<p>messages of C</p>");
	explained("D", "2026-01-31T10:00:03.000Z", "other", NULL);
	print();
	/* The reason is the same; the cause is not. */
	assert_int_equal(count("<div class=\"failure\">"), 2);
	SHOWS("<b>3</b> units lost<small>3 attempts failed</small></p>\n<div>\n"
	      "<h3>peer refused: Busy</h3>\n<p>it is busy</p>\n"
	      "<p class=\"quiet\">→ try again</p>\n"
	      "<details><summary>Why: <bdi>B</bdi>, 2026-01-31 10:00:01 UTC</summary>\n"
	      "<div class=\"why\" id=\"why-1\">\n<p>How it ended: the responder refused</p>\n"
	      "<p>messages of B</p></div></details>");
	/* Without messages, its findings. */
	SHOWS("id=\"why-2\">\n<p>How it ended: the responder refused</p>\n"
	      "<div class=\"finding fault\"><b>why</b>a finding<i>→ try again</i>"
	      "<small>Vol 3 [other]</small></div>");
	assert_int_equal(count("messages of B"), 1); /* its ids are there once */
}

static void each_failed_unit_opens_its_verdict(void **state)
{
	(void)state;
	explained("A", "2026-01-31T10:00:00.000Z", "busy", NULL);
	explained("B", "2026-01-31T10:00:01.000Z", "busy", "<p>messages of B</p>");
	explained("C", "2026-01-31T10:00:02.000Z", "busy", "<p>messages of C</p>");
	explained("E", "2026-01-31T10:00:03.000Z", "busy", "<p>messages of E</p>");
	paired("E", "2026-01-31T10:00:04.000Z", 300);
	print();
	assert_int_equal(count("<tr class=\"why\">"), 3);
	SHOWS("<tr class=\"why\"><td colspan=\"10\"><details><summary>Why: it is busy</summary>\n"
	      "<div class=\"why\">\n<p>How it ended: the responder refused</p>\n<div "
	      "class=\"finding fault\">");
	SHOWS("<tr class=\"why\"><td colspan=\"10\"><a href=\"#why-1\">Why</a>: it is busy</td>");
	SHOWS("<p>messages of C</p></div></details>");
	assert_int_equal(count("messages of E"), 0); /* it is paired */
}

/* There is nothing behind it that could be opened. */
static void a_verdict_without_findings_is_its_cause_alone(void **state)
{
	(void)state;
	batch_report_add(report,
			 json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "unit", "A", "class",
				   "not_found", "time", "2026-01-31T10:00:00.000Z", "verdict",
				   "text", "the unit was not found", "cause", "it was not seen",
				   "fix", "check its power"),
			 NULL);
	print();
	SHOWS("<p>it was not seen</p>\n<p class=\"quiet\">→ check its power</p>\n</div>");
	SHOWS("<td colspan=\"10\">Why: it was not seen → check its power</td>");
	assert_int_equal(count("<details>"), 0);
	assert_int_equal(count("href="), 0);
}

/* The example of a failure stays when its unit is tried again. */
static void an_example_may_be_of_a_unit_that_was_paired_later(void **state)
{
	(void)state;
	explained("A", "2026-01-31T10:00:00.000Z", "busy", "<p>messages of A</p>");
	paired("A", "2026-01-31T10:00:01.000Z", 300);
	print();
	SHOWS("<b>0</b> units lost<small>1 attempt failed</small>");
	assert_int_equal(count("messages of A"), 1);
	assert_int_equal(count("<tr class=\"why\">"), 0);
}

static void a_unit_whose_example_was_replaced_shows_its_own_verdict(void **state)
{
	(void)state;
	explained("A", "2026-01-31T10:00:00.000Z", "busy",
		  NULL); /* the example, without messages */
	explained("B", "2026-01-31T10:00:01.000Z", "busy", "<p>messages of B</p>");
	print();
	assert_int_equal(count("<a href=\"#why-1\">"), 1);
	assert_int_equal(count("<summary>Why: it is busy</summary>"), 1);
}

/* However many fail, and however long the messages of one are. */
static void the_page_of_many_failures_is_bounded(void **state)
{
	enum { UNITS = 3000, PART = 20000 };
	static char part[REPORT_PART + 2], unit[16];
	size_t of_messages = 0;

	(void)state;
	memset(part, 'm', PART);
	for (int i = 0; i < UNITS; i++) {
		(void)snprintf(unit, sizeof(unit), "unit %d", i);
		explained(unit, "2026-01-31T10:00:00.000Z", "busy", part);
	}
	memset(part, 'x', REPORT_PART + 1); /* too long */
	explained("last", "2026-01-31T10:00:00.000Z", "long", part);
	print();
	for (const char *p = visible; (p = strstr(p, "mmmm")); p += PART)
		of_messages += PART;
	assert_int_equal(of_messages, (REPORT_PARTS + 1) * PART);
	assert_null(strstr(visible, "xxxx"));
	assert_int_equal(count("<tr class=\"why\">"), UNITS + 1); /* the cause of each */
	assert_int_equal(count("<div class=\"finding fault\">"), 1000 - REPORT_PARTS - 1 + 1);
	assert_true(strlen(visible) - of_messages < UNITS * 1000);
}

static void different_failures_are_bounded(void **state)
{
	char check[16];

	(void)state;
	for (int i = 0; i < REPORT_FAILURES + 5; i++) {
		(void)snprintf(check, sizeof(check), "check %d", i);
		explained(check, "2026-01-31T10:00:00.000Z", check, NULL);
	}
	print();
	assert_int_equal(count("<div class=\"failure\">"), REPORT_FAILURES);
	SHOWS("<b>6</b> units lost<small>6 attempts failed</small></p>\n<div>\n<h3>other "
	      "reasons</h3>");
}

/* ---- Attempts -------------------------------------------------------------------------------- */

/* As the summary on the terminal: a unit that no controller saw had none. */
static void only_attempts_that_a_controller_began_are_counted(void **state)
{
	(void)state;
	batch_report_add(report,
			 json_pack("{s:s, s:s, s:s}", "unit", "A", "class", "not_found", "time",
				   "2026-01-31T10:00:00.000Z"),
			 NULL);
	paired("B", "2026-01-31T10:00:00.000Z", 300);
	print();
	SHOWS("<span>Attempts</span><b>1</b><small>that a controller began</small>");
	SHOWS("<b>1</b> unit lost<small>no attempt</small>");
	SHOWS("<td class=\"n\">0</td>"); /* tries of A */
}

/* What the station lost is not the fault of the unit: it was right at the first attempt. */
static void attempts_that_the_station_lost_are_no_tries_of_the_unit(void **state)
{
	json_t *full;

	(void)state;
	failed("A", "2026-01-31T10:00:00.000Z", "controller_failed", NULL);
	failed("A", "2026-01-31T10:00:01.000Z", "cancelled", NULL);
	full = json_pack("{s:s, s:s, s:s, s:s, s:i}", "time", "2026-01-31T10:00:02.000Z", "unit",
			 "A", "controller", "hci0", "class", "connection_failed", "reason_code", 9);
	batch_report_add(report, full, NULL);
	paired("A", "2026-01-31T10:00:03.000Z", 300);
	print();
	SHOWS("<span>Attempts</span><b>4</b>");
	SHOWS("<b>100.0 %</b><small>1 at the first attempt</small>");
}

static void attempts_of_earlier_processes_are_told_apart(void **state)
{
	(void)state;
	failed("A", "2026-01-31T10:00:00.000Z", "timed_out", NULL);
	failed("B", "2026-01-31T10:00:00.000Z", "timed_out", NULL);
	batch_report_begin(report);
	paired("A", "2026-01-31T12:00:00.000Z", 300);
	print();
	SHOWS("<span>Attempts</span><b>3</b><small>1 of them in the last run</small>");
}

/* ---- Names ----------------------------------------------------------------------------------- */

/* Of several with a long path, only the end is different. */
static void a_long_controller_keeps_its_end(void **state)
{
	static const char path[] = "unix:/run/user/1000/a/very/long/folder/of/sockets/bt-server-le";
	char name[96];

	(void)state;
	for (int i = 2; i < 4; i++) {
		(void)snprintf(name, sizeof(name), "%s #%d", path, i);
		json_t *a = json_pack("{s:s, s:s, s:s}", "time", "2026-01-31T10:00:00.000Z",
				      "class", "ok", "controller", name);
		(void)json_object_set_new(a, "unit", json_sprintf("unit %d", i));
		batch_report_add(report, a, NULL);
	}
	print();
	SHOWS("<td><bdi>unix:/run/us…of/sockets/bt-server-le #2</bdi></td>");
	SHOWS("<td><bdi>unix:/run/us…of/sockets/bt-server-le #3</bdi></td>");
	assert_int_equal(count(path), 2); /* whole in the table of controllers */
}

/* It is cut between characters. */
static void a_long_controller_is_not_cut_within_a_character(void **state)
{
	char name[61] = "";

	(void)state;
	for (int before = 0; before < 3; before++) {
		memset(name, 'a', (size_t)before);
		for (size_t at = (size_t)before; at + 3 <= 60; at += 3)
			memcpy(name + at, "→", 4);
		json_t *a = json_pack("{s:s, s:s, s:s, s:s}", "time", "2026-01-31T10:00:00.000Z",
				      "unit", name, "class", "ok", "controller", name);
		batch_report_add(report, a, NULL);
	}
	print();
	assert_null(strstr(visible, "\xef\xbf\xbd"));
	assert_int_equal(count("…"), 3);
}

/* Names of controllers are in order, also if the last one was used first. */
static void controllers_are_in_order(void **state)
{
	(void)state;
	failed("A", "2026-01-31T10:00:00.000Z", "timed_out", NULL); /* hci1 */
	paired("B", "2026-01-31T10:00:00.000Z", 300);		    /* hci0 */
	print();
	const char *table = strstr(visible, "<h2>Controllers</h2>");
	assert_true(strstr(table, "<bdi>hci0</bdi>") < strstr(table, "<bdi>hci1</bdi>"));
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
		cmocka_unit_test_setup_teardown(a_failure_has_its_cause_and_one_attempt_explained,
						begin, end),
		cmocka_unit_test_setup_teardown(each_failed_unit_opens_its_verdict, begin, end),
		cmocka_unit_test_setup_teardown(a_verdict_without_findings_is_its_cause_alone,
						begin, end),
		cmocka_unit_test_setup_teardown(an_example_may_be_of_a_unit_that_was_paired_later,
						begin, end),
		cmocka_unit_test_setup_teardown(
			a_unit_whose_example_was_replaced_shows_its_own_verdict, begin, end),
		cmocka_unit_test_setup_teardown(the_page_of_many_failures_is_bounded, begin, end),
		cmocka_unit_test_setup_teardown(different_failures_are_bounded, begin, end),
		cmocka_unit_test_setup_teardown(only_attempts_that_a_controller_began_are_counted,
						begin, end),
		cmocka_unit_test_setup_teardown(
			attempts_that_the_station_lost_are_no_tries_of_the_unit, begin, end),
		cmocka_unit_test_setup_teardown(attempts_of_earlier_processes_are_told_apart, begin,
						end),
		cmocka_unit_test_setup_teardown(a_long_controller_keeps_its_end, begin, end),
		cmocka_unit_test_setup_teardown(controllers_are_in_order, begin, end),
		cmocka_unit_test_setup_teardown(a_long_controller_is_not_cut_within_a_character,
						begin, end),
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

/* SPDX-License-Identifier: MIT */
#include "report/batch_report.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/toolbox.h"
#include "unit.h"

static struct batch_report *report;
static struct failure failure;
static struct batch_report_head head;
static char *page, *visible; /* all of it, and what comes before the script and after the style */

static int begin(void **state)
{
	(void)state;
	head = (struct batch_report_head){.job = "line 3", .host = "station-7"};
	report = batch_report_new();
	return report && crypto_init() == 0 ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	batch_report_free(report);
	free(page);
	free(visible);
	page = visible = NULL;
	return 0;
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
	assert_int_equal(st.st_mode & 07777, 0600);
	FILE *new = fopen(path, "r");
	assert_int_equal(fread(first, 1, 15, new), 15);
	assert_int_equal(fclose(new), 0);
	assert_string_equal(first, "<!DOCTYPE html>");
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
		cmocka_unit_test_setup_teardown(the_file_is_replaced_as_a_whole, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(a_file_that_cannot_be_is_said, make_folder,
						remove_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Pasted text is brought to one form: blanks, quotes, colours and HTML do not matter. */
#include "capture/text_compact.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static char out[4096];

/* Compacts text in pieces of size octets. */
static const char *compact(const char *text, size_t size)
{
	static struct text_compact state;
	size_t len = 0, all = strlen(text);

	memset(&state, 0, sizeof(state));
	for (size_t i = 0; i < all; i += size)
		text_compact(&state, (const uint8_t *)text + i, all - i < size ? all - i : size,
			     out, &len);
	text_compact(&state, NULL, 0, out, &len);
	out[len] = '\0';
	return out;
}

static void each_form_becomes_the_same(void **state)
{
	static const struct {
		const char *text, *compact;
	} rows[] = {
		{"< ACL Data TX: Handle 1\n", "<ACLDataTX:Handle1"},
		{"> > ACL\n>> ACL\n | ACL", "ACLACLACL"},
		{"\x1b[1;34m> HCI\x1b[0m (0x03\n|0x0003)", "HCI(0x03|0x0003)"},
		{"[0;34m< HCI[0m (0x03)", "<HCI(0x03)"},
		{"&gt; A &lt; B &amp;lt; C &#62; D &bogus; E & F", "A<B<C>D&bogus;E&F"},
		{"<pre class=\"x\">A <b>B</b><!-- c > d -->E<br/>&gt; F</PRE>", "ABEF"},
		{"<none> (0x08) <ACL: x", "<none>(0x08)<ACL:x"},
		{"dlen 11\n\n#12 1.5", "dlen11#12 1.5"},
		{"= Note: x\n@ MGMT\na = b", "\1Note:x\2MGMTa=b"},
		{"value: 0011=\n2233", "value:00112233"},
		{"x   =\n  =\r\n> y", "x>y"},
		{"Data[4]:\n  00 01 02 03  ab..\nX", "Data[4]:00010203X"},
		{"Data[18]:\n 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f  <b>abcdefghijklm\n"
		 " 10 11  ..\nX",
		 "Data[18]:000102030405060708090a0b0c0d0e0f1011X"},
		{"Data[4]:\n> ACL Data", "Data[4]:ACLData"},
		{"invalid size\n  5f 66 69  _fi\n< ACL", "invalidsize5f6669<ACL"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t size = 1; size < 80; size += 3)
			assert_string_equal(compact(rows[i].text, size), rows[i].compact);
}

static void a_line_of_a_log_is_kept_with_its_blanks(void **state)
{
	static const struct {
		const char *line, *kept;
	} rows[] = {
		{"= bluetoothd: No cache for X      38.873677", "bluetoothd: No cache for X"},
		{"> bluetoothd[12]: x y", "bluetoothd[12]: x y"},
		{"it says \x1b[1m`No agent\tavailable`.", "it says `No agent available`."},
		{"Failed to pair: org.bluez.Error.Rejected",
		 "Failed to pair: org.bluez.Error.Rejected"},
	};
	char text[128], marked[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(text, sizeof(text), "A\n%s\nB", rows[i].line);
		(void)snprintf(marked, sizeof(marked), "\3%s\4B", rows[i].kept);
		assert_non_null(strstr(compact(text, 7), marked));
	}
	/* The program before a packet of the management interface makes it no log. */
	assert_null(strchr(compact("bluetoothd[12]: @ MGMT Command: x\n", 7), TEXT_LOG));
}

static void no_text_becomes_longer_than_it_says(void **state)
{
	char text[600];

	(void)state;
	memset(text, '&', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(strlen(compact(text, 1)), sizeof(text) - 1);
	for (size_t i = 0; i + 9 < sizeof(text); i += 9)
		memcpy(text + i, "No agent\n", 9);
	assert_true(strlen(compact(text, 100)) <= TEXT_ADDED(sizeof(text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_becomes_the_same),
		cmocka_unit_test(a_line_of_a_log_is_kept_with_its_blanks),
		cmocka_unit_test(no_text_becomes_longer_than_it_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

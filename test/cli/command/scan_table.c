/* SPDX-License-Identifier: MIT */
/* The lines of blepair scan. */
#include "command/scan_table.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static struct heard_device lamp(void)
{
	struct heard_device d = {
		.address = {ADDRESS_RANDOM, {1, 2, 3, 4, 5, 0xc6}},
		.connectable = true,
		.rssi = -67,
		.seen = 12,
		.name = "SENSOR-0123456789abcdef",
		.service_count = 2,
		.manufacturer = {0x59, 0},
		.manufacturer_len = 2,
		.services = {
			{0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10, 0, 0, 0x0f, 0x18},
			{0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10, 0, 0, 0x0a, 0x18}}};
	return d;
}

static char *text;
static size_t len;

static const char *row(unsigned width, struct heard_device d)
{
	const struct scan_table t = {.width = width};

	free(text);
	FILE *out = open_memstream(&text, &len);
	const unsigned columns = scan_table_row(out, &t, &d);
	(void)fclose(out);
	if (width)
		assert_true(columns < width);
	return text;
}

static void a_pipe_gets_all_of_a_device_on_one_line(void **state)
{
	struct heard_device d = lamp();

	(void)state;
	assert_string_equal(row(0, d),
			    "C6:05:04:03:02:01 static          -67    12 SENSOR-0123456789abcdef "
			    "180f 180a, Nordic Semiconductor 0x0059\n");
	(void)strcpy(d.name, "lamp");
	d.rssi = 127;
	d.connectable = false;
	d.directed = true;
	d.target = OWN_TARGET_ANOTHER;
	d.phys = HCI_PHYS_CODED;
	d.service_count = d.manufacturer_len = 0;
	d.address.octets[5] = 0x46;
	assert_string_equal(row(0, d),
			    "46:05:04:03:02:01 resolvable        -    12 lamp                 not "
			    "connectable, directed to another device, on LE Coded\n");
	d = (struct heard_device){.connectable = true, .rssi = -1};
	assert_string_equal(row(0, d), "00:00:00:00:00:00 public           -1     0\n");
}

static void a_terminal_gets_what_fits_into_its_width(void **state)
{
	(void)state;
	assert_string_equal(row(120, lamp()),
			    "C6:05:04:03:02:01 static          -67    12 SENSOR-0123456789abc "
			    "180f 180a, Nordic Semiconductor 0x0059\n");
	assert_string_equal(row(80, lamp()),
			    "C6:05:04:03:02:01 static          -67    12 SENSOR-012345678 180f "
			    "180a, Nordic \n");
	assert_string_equal(row(50, lamp()), "C6:05:04:03:02:01  -67    12 SENSOR-0123456789abc\n");
	assert_string_equal(row(35, lamp()), "C6:05:04:03:02:01  -67 SENSOR-0123\n");
	assert_string_equal(row(28, lamp()), "C6:05:04:03:02:01 SENSOR-01\n");
	assert_string_equal(row(10, lamp()), "C6:05:04:\n");
	for (unsigned width = 1; width < 200; width++)
		(void)row(width, lamp());
}

static void a_wide_name_and_a_hostile_one_keep_the_columns(void **state)
{
	struct heard_device d = lamp();

	(void)state;
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	(void)strcpy(d.name, "\xe6\xb8\xa9\xe5\xba\xa6\x1b[2J\x9b");
	assert_non_null(
		strstr(row(0, d), "\xe6\xb8\xa9\xe5\xba\xa6\xef\xbf\xbd[2J\xef\xbf\xbd   "));
	assert_null(strchr(text, '\033'));
	(void)strcpy(d.name, "\xe6\xb8\xa9\xe5\xba\xa6\xe6\xb8\xa9\xe5\xba\xa6\xe6\xb8\xa9");
	/* Ten columns of which nine are left. */
	assert_string_equal(row(28, d), "C6:05:04:03:02:01 \xe6\xb8\xa9\xe5\xba\xa6\xe6\xb8\xa9\xe5"
					"\xba\xa6\n");
	const struct scan_table ascii = {.ascii = true};
	free(text);
	FILE *out = open_memstream(&text, &len);
	(void)scan_table_row(out, &ascii, &d);
	(void)fclose(out);
	assert_non_null(strstr(text, " ????? "));
}

static size_t live(unsigned width, unsigned height, size_t count, double left)
{
	static struct heard_device device;
	static const struct heard_device *list[200];
	const struct scan_table t = {.width = width};
	struct batch_view_drawn drawn;
	size_t lines = 0;

	device = lamp();
	for (size_t i = 0; i < count; i++)
		list[i] = &device;
	free(text);
	FILE *out = open_memstream(&text, &len);
	scan_table_live(out, &t, height, list, count, left, &drawn);
	(void)fclose(out);
	for (const char *at = text; *at; at += strcspn(at, "\n") + 1) {
		assert_int_equal(strcspn(at, "\n"), drawn.columns[lines]);
		assert_true(strcspn(at, "\n") < width);
		lines++;
	}
	assert_int_equal(lines, drawn.lines);
	return lines;
}

static void a_live_view_stays_within_the_terminal(void **state)
{
	(void)state;
	assert_int_equal(live(80, 24, 3, 7.2), 5);
	assert_true(strncmp(text, "ADDRESS           TYPE           RSSI  SEEN NAME ", 48) == 0);
	assert_non_null(strstr(text, "\n3 devices, 7 s left\n"));
	assert_int_equal(live(50, 7, 30, 7), 6);
	assert_non_null(strstr(text, "\n30 devices, 26 not shown, 7 s left\n"));
	assert_int_equal(live(80, 24, 1, -1), 3);
	assert_non_null(strstr(text, "\n1 device; Ctrl-C ends the scan\n"));
	assert_int_equal(live(80, 200, 200, -1), BATCH_VIEW_LINES - 1);
	for (unsigned width = 1; width < 90; width++)
		for (unsigned height = 1; height < 80; height += 3)
			assert_true(live(width, height, 70, 1) < height);
}

static void colours_end_on_the_line(void **state)
{
	const struct scan_table t = {.color = true};
	struct heard_device d = lamp();

	(void)state;
	free(text);
	FILE *out = open_memstream(&text, &len);
	(void)scan_table_row(out, &t, &d);
	*d.name = '\0';
	(void)scan_table_row(out, &t, &d);
	(void)fclose(out);
	assert_non_null(strstr(text, "\033[1mSENSOR-0123456789abcdef\033[0m "));
	assert_null(strchr(strchr(text, '\n'), '\033'));
}

static int finish(void **state)
{
	(void)state;
	free(text);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pipe_gets_all_of_a_device_on_one_line),
		cmocka_unit_test(a_terminal_gets_what_fits_into_its_width),
		cmocka_unit_test(a_wide_name_and_a_hostile_one_keep_the_columns),
		cmocka_unit_test(a_live_view_stays_within_the_terminal),
		cmocka_unit_test(colours_end_on_the_line),
	};
	return cmocka_run_group_tests(tests, NULL, finish);
}

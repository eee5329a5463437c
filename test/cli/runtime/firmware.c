/* SPDX-License-Identifier: MIT */
/* Firmware files as they lie in a folder: read, absent, packed, unusable. */
#include "runtime/firmware.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hci/realtek_image.h"
#include "unit.h"

static char folder[64];
static const char *const names[] = {"rtl_bt/a_fw.bin", "rtl_bt/a_config.bin"};
static struct firmware firmware;

static const struct hci_maker chip = {
	.name = "chip",
	.firmware = "rtl_bt/a_fw.bin",
	.config = "rtl_bt/a_config.bin",
	.package = "firmware-a",
};

static const char *path(const char *name, const char *suffix)
{
	static char text[128];

	(void)snprintf(text, sizeof(text), "%s/%s%s", folder, name, suffix);
	return text;
}

static void put(const char *name, const char *suffix, const void *data, size_t len)
{
	FILE *file = fopen(path(name, suffix), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static int begin(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/blepair-firmware-XXXXXX");
	return mkdtemp(folder) && mkdir(path("rtl_bt", ""), 0700) == 0 ? 0 : -1;
}

static int end(void **state)
{
	static const char *const suffixes[] = {"", ".xz", ".zst"};

	(void)state;
	firmware_free(&firmware);
	for (size_t i = 0; i < COUNT(names) * COUNT(suffixes); i++)
		(void)unlink(path(names[i % 2], suffixes[i / 2]));
	(void)rmdir(path(names[0], ""));
	(void)rmdir(path("rtl_bt", ""));
	return rmdir(folder);
}

static void assert_unusable(const struct hci_maker *maker, const char *file, const char *what)
{
	char expected[300];

	firmware_free(&firmware);
	assert_int_equal(firmware_load(&firmware, maker, folder), FIRMWARE_UNUSABLE);
	(void)snprintf(expected, sizeof(expected), "%s/%s: %s", folder, file, what);
	assert_string_equal(firmware.failure, expected);
}

static void both_files_are_read_whole(void **state)
{
	static uint8_t most[HCI_REALTEK_FILE_MAX];

	(void)state;
	memset(most, 0x5a, sizeof(most));
	put(names[0], "", most, sizeof(most));
	put(names[1], "", "config", 6);
	assert_int_equal(firmware_load(&firmware, &chip, folder), FIRMWARE_READ);
	assert_int_equal(firmware.main.len, sizeof(most));
	assert_memory_equal(firmware.main.data, most, sizeof(most));
	assert_int_equal(firmware.config.len, 6);
	assert_memory_equal(firmware.config.data, "config", 6);
	assert_string_equal(firmware.main.path, path(names[0], ""));
	assert_string_equal(firmware.config.path, path(names[1], ""));
}

static void no_file_is_no_error(void **state)
{
	(void)state;
	assert_int_equal(firmware_load(&firmware, &chip, folder), FIRMWARE_ABSENT);
	assert_int_equal(firmware_load(&firmware, &chip, "/dev/null"), FIRMWARE_ABSENT);
}

static void the_config_may_be_absent_or_empty_if_it_is_not_required(void **state)
{
	struct hci_maker demanding = chip;

	(void)state;
	demanding.config_required = true;
	put(names[0], "", "firmware", 8);
	for (int i = 0; i < 2; i++) {
		firmware_free(&firmware);
		assert_int_equal(firmware_load(&firmware, &chip, folder), FIRMWARE_READ);
		assert_null(firmware.config.data);
		assert_unusable(&demanding, names[1],
				"it is missing or empty, and this controller needs it; install the "
				"package firmware-a again");
		put(names[1], "", "", 0);
	}
	put(names[1], "", "config", 6);
	firmware_free(&firmware);
	assert_int_equal(firmware_load(&firmware, &demanding, folder), FIRMWARE_READ);
}

/* The kernel unpacks them by itself; the message has the lines to type. */
static void a_packed_file_is_named(void **state)
{
	char expected[300];

	(void)state;
	put(names[0], ".xz", "packed", 6);
	(void)snprintf(expected, sizeof(expected),
		       "it is packed, and only the kernel unpacks it; sudo modprobe btusb, or sudo "
		       "unxz -k %s",
		       path(names[0], ".xz"));
	assert_unusable(&chip, "rtl_bt/a_fw.bin.xz", expected);
	put(names[0], ".zst", "packed", 6);
	(void)snprintf(expected, sizeof(expected),
		       "it is packed, and only the kernel unpacks it; sudo modprobe btusb, or sudo "
		       "unzstd %s",
		       path(names[0], ".zst"));
	assert_unusable(&chip, "rtl_bt/a_fw.bin.zst", expected);
	put(names[0], "", "firmware", 8);
	firmware_free(&firmware);
	assert_int_equal(firmware_load(&firmware, &chip, folder), FIRMWARE_READ);
	/* A config that is there, and cannot be read, may be necessary. */
	put(names[1], ".xz", "packed", 6);
	firmware_free(&firmware);
	assert_int_equal(firmware_load(&firmware, &chip, folder), FIRMWARE_UNUSABLE);
}

static void what_is_no_file_is_refused_without_a_wait(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path(names[0], ""), 0600), 0);
	assert_unusable(&chip, names[0],
			"it is not a regular file; install the package firmware-a again");
	assert_int_equal(unlink(path(names[0], "")), 0);
	assert_int_equal(mkdir(path(names[0], ""), 0700), 0);
	assert_unusable(&chip, names[0],
			"it is not a regular file; install the package firmware-a again");
}

static void a_file_of_more_than_1_mib_is_refused(void **state)
{
	(void)state;
	put(names[0], "", "", 0);
	assert_int_equal(truncate(path(names[0], ""), HCI_REALTEK_FILE_MAX + 1), 0);
	assert_unusable(&chip, names[0],
			"it has more than 1 MiB; install the package firmware-a again");
}

static void a_file_that_cannot_be_opened_is_reported(void **state)
{
	(void)state;
	assert_int_equal(symlink("a_fw.bin", path(names[0], "")), 0); /* to itself */
	assert_unusable(&chip, names[0],
			"Too many levels of symbolic links; install the package firmware-a again");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(both_files_are_read_whole),
		CASE(no_file_is_no_error),
		CASE(the_config_may_be_absent_or_empty_if_it_is_not_required),
		CASE(a_packed_file_is_named),
		CASE(what_is_no_file_is_refused_without_a_wait),
		CASE(a_file_of_more_than_1_mib_is_refused),
		CASE(a_file_that_cannot_be_opened_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * Which controllers blepair loads firmware into: by their row, and by the way to them. The loading
 * itself is in test/sim/firmware.c.
 */
#include "runtime/loading.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static const char *asked; /* the file that was asked for, NULL: none was */

enum firmware_status __wrap_firmware_load(struct firmware *f, const struct hci_maker *maker,
					  const char *folder);
void __wrap_event_note(struct event_output *events, int level, const char *format, ...);

enum firmware_status __wrap_firmware_load(struct firmware *f, const struct hci_maker *maker,
					  const char *folder)
{
	assert_string_equal(folder, "/lib/firmware");
	asked = maker->firmware;
	memset(f, 0, sizeof(*f));
	f->main.data = calloc(1, 100);
	f->main.len = 100;
	return FIRMWARE_READ;
}

void __wrap_event_note(struct event_output *events, int level, const char *format, ...)
{
	(void)events;
	(void)level;
	(void)format;
}

static enum loading_progress begin(uint8_t version, uint16_t revision, uint16_t subversion,
				   const char *spec, struct loading *l)
{
	static struct hci_host host;
	struct hci_controller_info c = {.identity = {.versioned = true,
						     .hci_version = version,
						     .hci_revision = revision,
						     .manufacturer = 93,
						     .lmp_subversion = subversion}};
	enum loading_progress progress;

	c.maker = hci_maker_find(&c.identity);
	assert_int_equal(c.maker->readiness, HCI_NO_FIRMWARE);
	memset(l, 0, sizeof(*l));
	asked = NULL;
	hci_host_init(&host);
	progress = loading_begin(l, &host, &c, spec, NULL);
	assert_int_equal(host.command_count, progress == LOADING_RUNNING);
	loading_close(l);
	return progress;
}

/* A serial line has other files; the kernel's controllers are the kernel's to load. */
static void the_way_to_the_controller_counts(void **state)
{
	static const char *const ours[] = {"usb:1-4.2", "usb:0bda:8771", "unix:/tmp/a",
					   "tcp:[::1]:9"};
	static const char *const not_ours[] = {"hci0", "hci:0", "serial:/dev/ttyUSB0,115200"};
	struct loading l;

	(void)state;
	for (size_t i = 0; i < COUNT(ours); i++) {
		assert_int_equal(begin(10, 0xb, 0x8761, ours[i], &l), LOADING_RUNNING);
		assert_string_equal(asked, "rtl_bt/rtl8761bu_fw.bin");
	}
	for (size_t i = 0; i < COUNT(not_ours); i++) {
		assert_int_equal(begin(10, 0xb, 0x8761, not_ours[i], &l), LOADING_FAILED);
		assert_null(asked);
		assert_non_null(strstr(l.text, "install the package firmware-realtek"));
	}
}

static void a_chip_that_only_the_kernel_loads_is_refused(void **state)
{
	struct loading l;

	(void)state;
	assert_int_equal(begin(6, 0xb, 0x1200, "usb:1-2", &l), LOADING_FAILED);
	assert_null(asked);
	assert_non_null(strstr(l.text, "Realtek RTL8723A without firmware"));
	assert_int_equal(begin(6, 0xb, 0x8723, "usb:1-2", &l), LOADING_RUNNING);
	assert_string_equal(asked, "rtl_bt/rtl8723b_fw.bin");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_way_to_the_controller_counts),
		cmocka_unit_test(a_chip_that_only_the_kernel_loads_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

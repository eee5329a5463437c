/* SPDX-License-Identifier: MIT */
#include "output/maker_text.h"

#include <string.h>

#include "unit.h"

static char text[480];

static const struct hci_maker *maker(struct hci_identity identity)
{
	return hci_maker_find(&identity);
}

static void says(const struct hci_maker *m, const char *spec, const char *want)
{
	maker_text(m, spec, text, sizeof(text));
	assert_string_equal(text, want);
}

/* One line: what it is, what it needs, what to do; by the way to it. */
static void a_controller_without_firmware_says_what_to_do(void **state)
{
	const struct hci_maker *realtek = maker((struct hci_identity){.versioned = true,
								      .hci_version = 10,
								      .hci_revision = 11,
								      .manufacturer = 93,
								      .lmp_subversion = 0x8761});
	const struct hci_maker *intel = maker((struct hci_identity){.boot_loader = true});
	const struct hci_maker *mediatek =
		maker((struct hci_identity){.usb = {0x0e8d, 0x7961, 0}, .silent = true});

	(void)state;
	says(realtek, "usb:1-4",
	     "controller usb:1-4: Realtek RTL8761B without firmware: it answers from its ROM, and "
	     "hears nothing, until /lib/firmware/rtl_bt/rtl8761bu_fw.bin is loaded; install the "
	     "package firmware-realtek, plug it in again so that the kernel's btusb sets it up "
	     "(sudo "
	     "modprobe btusb, if it does not), then use -c hciN, or usb: again");
	says(realtek, "hci0",
	     "controller hci0: Realtek RTL8761B without firmware: it answers from its ROM, and "
	     "hears nothing, until /lib/firmware/rtl_bt/rtl8761bu_fw.bin is loaded; install the "
	     "package firmware-realtek, plug it in again; dmesg says why the kernel's driver did "
	     "not set it up");
	says(realtek, "serial:/dev/ttyUSB0",
	     "controller serial:/dev/ttyUSB0: Realtek RTL8761B without firmware: it answers from "
	     "its ROM, and hears nothing, until /lib/firmware/rtl_bt/rtl8761bu_fw.bin is loaded; "
	     "install the package firmware-realtek, attach it to the kernel (btattach), then use "
	     "-c hciN");
	says(intel, "usb:0",
	     "controller usb:0: Intel in its boot loader: it refuses Reset, until "
	     "/lib/firmware/intel/... is loaded; install the package firmware-iwlwifi, plug it in "
	     "again so that the kernel's btusb sets it up (sudo modprobe btusb, if it does not), "
	     "then "
	     "use -c hciN, or usb: again");
	says(mediatek, "usb:1-4",
	     "controller usb:1-4: MediaTek, off: it does not answer while its Bluetooth function "
	     "is off, until /lib/firmware/mediatek/... is loaded; install the package "
	     "firmware-mediatek, plug it in again, and use -c hciN: it works only while the "
	     "kernel's driver runs it");
}

static void a_limit_without_a_remedy_is_only_stated(void **state)
{
	(void)state;
	says(maker((struct hci_identity){.usb = {0x10d7, 0xb012, 0}}), "hci1",
	     "controller hci1: Actions ATS2851: it lists extended commands that fail, so the "
	     "legacy ones are used");
	says(maker((struct hci_identity){.usb = {0x0bda, 0xc123, 0}}), "hci1",
	     "controller hci1: Realtek");
	/* The kernel has set it up, and its versions stay false. */
	says(maker((struct hci_identity){.usb = {0x0a12, 0x0001, 0},
					 .versioned = true,
					 .manufacturer = 15,
					 .hci_version = 6}),
	     "hci1",
	     "controller hci1: clone of CSR: its versions are false; some receive no data before "
	     "the kernel's driver has suspended them once");
}

/* Each of them fits into a line of the program, with the longest spec. */
static void no_row_is_cut(void **state)
{
	size_t count;
	const struct hci_maker *rows = hci_makers(&count);

	(void)state;
	for (size_t n = 0; n < count; n++) {
		maker_text(&rows[n], "usb:SERIAL=0123456789012345678901234567890123456789", text,
			   sizeof(text));
		assert_true(strlen(text) < sizeof(text) - 1);
	}
}

static void fields_of_an_event(void **state)
{
	json_t *event = json_object();

	(void)state;
	maker_fields(event, maker((struct hci_identity){.usb = {0x0bda, 0xa728, 0}}));
	assert_string_equal(json_string_value(json_object_get(event, "maker")),
			    "Realtek RTL8761B of 0bda:a728");
	assert_non_null(json_object_get(event, "known"));
	assert_string_equal(json_string_value(json_object_get(event, "firmware")),
			    "rtl_bt/rtl8761bu_fw.bin");
	json_decref(event);
	event = json_object();
	maker_fields(event, NULL);
	assert_string_equal(json_string_value(json_object_get(event, "maker")), "unknown");
	assert_int_equal(json_object_size(event), 1);
	json_decref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_controller_without_firmware_says_what_to_do),
		cmocka_unit_test(a_limit_without_a_remedy_is_only_stated),
		cmocka_unit_test(no_row_is_cut),
		cmocka_unit_test(fields_of_an_event),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* What is known of controllers, and that docs/controllers.md says the same. */
#include "hci/makers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hci/bringup.h"
#include "unit.h"

/* Versions as drivers of the kernel log them, and as its comments list them. */
static void controllers_are_recognised(void **state)
{
	static const struct {
		struct hci_identity identity;
		const char *name;
	} cases[] = {
		{{.versioned = true,
		  .hci_version = 10,
		  .hci_revision = 0xb,
		  .manufacturer = 93,
		  .lmp_subversion = 0x8761},
		 "Realtek RTL8761B without firmware"},
		{{.versioned = true,
		  .hci_version = 10,
		  .hci_revision = 0xdfc6,
		  .manufacturer = 93,
		  .lmp_subversion = 0xd922},
		 "Realtek"},
		{{.versioned = true,
		  .hci_version = 6,
		  .hci_revision = 0xb,
		  .manufacturer = 93,
		  .lmp_subversion = 0x8723},
		 "Realtek RTL8723B without firmware"},
		{{.versioned = true,
		  .hci_version = 8,
		  .hci_revision = 0xd,
		  .manufacturer = 93,
		  .lmp_subversion = 0x8723},
		 "Realtek RTL8723D without firmware"},
		{{.versioned = true,
		  .hci_version = 8,
		  .hci_revision = 0xc,
		  .manufacturer = 93,
		  .lmp_subversion = 0x8821},
		 "Realtek RTL8821C without firmware"},
		{{.versioned = true,
		  .hci_version = 11,
		  .hci_revision = 0xa,
		  .manufacturer = 93,
		  .lmp_subversion = 0x8852},
		 "Realtek RTL8852A without firmware"},
		/* Another maker's number that is the same says nothing. */
		{{.versioned = true,
		  .hci_version = 10,
		  .hci_revision = 0xb,
		  .manufacturer = 29,
		  .lmp_subversion = 0x8761},
		 "Qualcomm"},
		{{.usb = {0x0bda, 0x8771, 0x200}}, "Realtek RTL8761B"},
		{{.usb = {0x0bda, 0xa728, 0x200}}, "Realtek RTL8761B of 0bda:a728"},
		{{.usb = {0x0bda, 0xc123, 0}}, "Realtek"},
		{{.usb = {0x8087, 0x0032, 0}}, "Intel"},
		{{.usb = {0x8087, 0x0032, 0}, .refused = true, .boot_loader = true},
		 "Intel in its boot loader"},
		/* CSR8510 A10, genuine: 4.0 with build 0x22bb on both. */
		{{.usb = {0x0a12, 0x0001, 0x8891},
		  .versioned = true,
		  .hci_version = 6,
		  .hci_revision = 0x22bb,
		  .manufacturer = 10,
		  .lmp_subversion = 0x22bb},
		 "CSR, or a clone"},
		{{.usb = {0x0a12, 0x0001, 0x8891},
		  .versioned = true,
		  .hci_version = 6,
		  .hci_revision = 0x0810,
		  .manufacturer = 10,
		  .lmp_subversion = 0x1012},
		 "clone of CSR"},
		{{.usb = {0x0a12, 0x0001, 0x7558},
		  .versioned = true,
		  .hci_version = 6,
		  .hci_revision = 0x0709,
		  .manufacturer = 10,
		  .lmp_subversion = 0x0709},
		 "clone of CSR"},
		{{.usb = {0x0a12, 0x0001, 0x0134},
		  .versioned = true,
		  .hci_version = 3,
		  .hci_revision = 0x0c5c,
		  .manufacturer = 10,
		  .lmp_subversion = 0x0c5c},
		 "clone of CSR"},
		{{.usb = {0x0a12, 0x0001, 0x0100},
		  .versioned = true,
		  .hci_version = 3,
		  .hci_revision = 0x0c5c,
		  .manufacturer = 10,
		  .lmp_subversion = 0x0c5c},
		 "CSR, or a clone"},
		{{.usb = {0x0a12, 0x0001, 0x2520},
		  .versioned = true,
		  .hci_version = 9,
		  .hci_revision = 0x3000,
		  .manufacturer = 10,
		  .lmp_subversion = 0x3000},
		 "CSR, or a clone"},
		{{.usb = {0x0a12, 0x0001, 0x2520},
		  .versioned = true,
		  .hci_version = 9,
		  .hci_revision = 0x3000,
		  .manufacturer = 15,
		  .lmp_subversion = 0x3000},
		 "clone of CSR"},
		/* "BCM20702A1 (001.002.014) build 0000", and 1761 after its patch. */
		{{.usb = {0x0a5c, 0x21e8, 0x112},
		  .versioned = true,
		  .hci_version = 6,
		  .hci_revision = 0x1000,
		  .manufacturer = 15,
		  .lmp_subversion = 0x220e},
		 "Broadcom without patch"},
		{{.usb = {0x0a5c, 0x21e8, 0x112},
		  .versioned = true,
		  .hci_version = 6,
		  .hci_revision = 0x16e1,
		  .manufacturer = 15,
		  .lmp_subversion = 0x220e},
		 "Broadcom"},
		{{.versioned = true,
		  .hci_version = 9,
		  .hci_revision = 0x0000,
		  .manufacturer = 305,
		  .lmp_subversion = 0x6119},
		 "Cypress without patch"},
		{{.usb = {0x0e8d, 0x7961, 0}, .silent = true}, "MediaTek, off"},
		{{.usb = {0x0e8d, 0x7961, 0}}, "MediaTek"},
		{{.usb = {0x0cf3, 0xe600, 0}, .silent = true}, "Qualcomm, silent"},
		{{.usb = {0x2fe3, 0x000b, 0},
		  .versioned = true,
		  .hci_version = 13,
		  .manufacturer = 1521},
		 "Zephyr"},
		{{.versioned = true, .hci_version = 13, .manufacturer = 89},
		 "Nordic Semiconductor"},
		{{.usb = {0x10d7, 0xb012, 0}}, "Actions ATS2851"},
		{{.usb = {0x33fa, 0x0010, 0}}, "Barrot"},
		{{.versioned = true, .hci_version = 9, .manufacturer = 63}, NULL},
		{{.usb = {0x1234, 0x5678, 0}, .silent = true}, NULL},
		{{.silent = false}, NULL},
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		const struct hci_maker *found = hci_maker_find(&cases[n].identity);
		if (cases[n].name)
			assert_string_equal(found ? found->name : "none", cases[n].name);
		else
			assert_null(found);
	}
}

/* A row that nothing reaches would be wrong without a sign. */
static void every_row_can_be_found(void **state)
{
	size_t count;
	const struct hci_maker *rows = hci_makers(&count);

	(void)state;
	for (size_t n = 0; n < count; n++) {
		const struct hci_maker *m = &rows[n];
		struct hci_identity i = {
			.versioned = m->by >= HCI_BY_MANUFACTURER,
			.silent = m->by & HCI_BY_SILENCE,
			.boot_loader = m->by & HCI_BY_BOOT_LOADER,
			.manufacturer = m->manufacturer,
			.hci_version = m->hci_version,
			.hci_revision = m->hci_revision,
			.lmp_subversion = m->lmp_subversion,
		};
		if (m->usb) {
			i.usb = m->usb[0];
			i.usb.product = i.usb.product ? i.usb.product : 0xfffe;
			i.usb.release = m->release;
		}
		i.manufacturer = (uint16_t)(i.manufacturer + !!(m->by & HCI_BY_OTHER_MANUFACTURER));
		i.hci_version = (uint8_t)(i.hci_version + !!(m->by & HCI_BY_NEWER_VERSION));
		if (m->by & (HCI_BY_SUBVERSION_AT_MOST | HCI_BY_RELEASE))
			i.hci_revision = i.lmp_subversion;
		if (m->by & (HCI_BY_BUILD | HCI_BY_OTHER_REVISION))
			i.hci_revision = 0x2000;
		if (m->by == (HCI_BY_MANUFACTURER))
			i.hci_revision = 0x2001;
		assert_ptr_equal(hci_maker_find(&i), m);
	}
}

/* The message needs what to do, and where the firmware is. */
static void a_controller_without_firmware_has_a_remedy(void **state)
{
	size_t count, without = 0;
	const struct hci_maker *rows = hci_makers(&count);

	(void)state;
	for (size_t n = 0; n < count; n++) {
		assert_true(!rows[n].firmware == !rows[n].package);
		assert_true(!rows[n].needs_firmware || rows[n].firmware);
		if (rows[n].firmware)
			assert_non_null(strchr(rows[n].firmware, '/'));
		if (rows[n].readiness == HCI_READY)
			assert_int_equal(rows[n].remedy, HCI_REMEDY_NONE);
		if (rows[n].readiness != HCI_READY)
			assert_non_null(rows[n].text);
		if (rows[n].readiness == HCI_NO_FIRMWARE) {
			assert_int_not_equal(rows[n].remedy, HCI_REMEDY_NONE);
			assert_true(rows[n].needs_firmware);
			without++;
		}
	}
	assert_int_equal(without, 17 + 2 + 1 + 1);
}

/* ---- docs/controllers.md ----------------------------------------------------------------------
 */

static void add(char *text, const char *format, unsigned value)
{
	size_t used = strlen(text);

	(void)snprintf(text + used, 400 - used, "%s", used ? ", " : "");
	used = strlen(text);
	(void)snprintf(text + used, 400 - used, format, value);
}

/* How a row is recognised, as the page has it. */
static void recognition(const struct hci_maker *m, char text[400])
{
	text[0] = '\0';
	for (const struct hci_usb_id *u = m->by & HCI_BY_USB ? m->usb : NULL; u && u->vendor; u++) {
		add(text, "%04x:", u->vendor);
		size_t used = strlen(text);
		if (u->product || u->vendor == 0x0c10)
			(void)snprintf(text + used, 400 - used, "%04x", u->product);
		else
			(void)snprintf(text + used, 400 - used, "*");
	}
	if (m->by & HCI_BY_RELEASE)
		add(text, "bcdDevice %04x", m->release);
	if (m->by & HCI_BY_SILENCE)
		add(text, "no answer to Reset", 0);
	if (m->by & HCI_BY_BOOT_LOADER)
		add(text, "Reset unknown, and Intel Read Version names a boot loader", 0);
	if (m->by & HCI_BY_MANUFACTURER)
		add(text, "manufacturer %u", m->manufacturer);
	if (m->by & HCI_BY_OTHER_MANUFACTURER)
		add(text, "manufacturer not %u", m->manufacturer);
	if (m->by & HCI_BY_SUBVERSION)
		add(text, "LMP subversion %04x", m->lmp_subversion);
	if (m->by & HCI_BY_SUBVERSION_AT_MOST)
		add(text, "LMP subversion at most %04x", m->lmp_subversion);
	if (m->by & HCI_BY_REVISION)
		add(text, "HCI revision %04x", m->hci_revision);
	if (m->by & HCI_BY_OTHER_REVISION)
		add(text, "HCI revision not the LMP subversion", 0);
	if (m->by & HCI_BY_BUILD)
		add(text, "build (low 12 bits of the HCI revision) %u", m->hci_revision);
	if (m->by & (HCI_BY_VERSION | HCI_BY_NEWER_VERSION)) {
		add(text, m->by & HCI_BY_VERSION ? "HCI " : "HCI above ", 0);
		size_t used = strlen(text);
		(void)snprintf(text + used, 400 - used, "%s", hci_version_name(m->hci_version));
	}
}

static void read_page(char *page, size_t size)
{
	FILE *file = fopen(PAGE, "r");

	assert_non_null(file);
	size_t len = fread(page, 1, size - 1, file);
	(void)fclose(file);
	page[len] = '\0';
}

/* "rtl_bt/rtl8761bu_fw.bin" is listed as "rtl8761bu_fw.bin". */
static void the_page_has_the_files_of_realtek(void **state)
{
	static char page[100000];
	size_t count, files = 0;
	const struct hci_maker *rows = hci_makers(&count);

	(void)state;
	read_page(page, sizeof(page));
	for (size_t n = 0; n < count; n++) {
		const struct hci_maker *m = &rows[n];
		char chip[32], row[200];
		if (m->manufacturer != 93 || m->readiness != HCI_NO_FIRMWARE)
			continue;
		files++;
		assert_int_equal(sscanf(m->name, "Realtek %31s without firmware", chip), 1);
		(void)snprintf(row, sizeof(row), "\n| %s | %s | %s%s | %s |\n", chip,
			       strchr(m->firmware, '/') + 1,
			       m->config ? strchr(m->config, '/') + 1 : "",
			       m->config_required ? ", required" : "",
			       m->loader == HCI_LOADER_REALTEK ? "the kernel, else blepair"
							       : "the kernel only");
		if (!strstr(page, row))
			fail_msg("docs/controllers.md lacks: %s", row);
	}
	assert_int_equal(files, 17);
}

/* The config belongs to the same chip. */
static void a_loader_has_the_files_of_one_chip(void **state)
{
	size_t count;
	const struct hci_maker *rows = hci_makers(&count);

	(void)state;
	for (size_t n = 0; n < count; n++) {
		const struct hci_maker *m = &rows[n];
		assert_true(m->loader == HCI_LOADER_NONE || m->readiness == HCI_NO_FIRMWARE);
		assert_int_equal(m->loader != HCI_LOADER_NONE, m->config != NULL);
		assert_true(!m->config_required || m->config);
		if (m->config)
			assert_memory_equal(m->config, m->firmware,
					    strlen(m->firmware) - strlen("fw.bin"));
	}
}

/* MAKERS_PRINT=1 prints the rows to put there, without their sources. */
static void the_page_has_the_same_rows(void **state)
{
	static char page[100000];
	size_t count;
	const struct hci_maker *rows = hci_makers(&count);

	(void)state;
	read_page(page, sizeof(page));
	for (size_t n = 0; n < count; n++) {
		char how[400], row[1000];
		recognition(&rows[n], how);
		(void)snprintf(row, sizeof(row), "| %s | %s | %s | %s |", rows[n].name, how,
			       hci_readiness_name(rows[n].readiness),
			       rows[n].text ? rows[n].text : "");
		if (getenv("MAKERS_PRINT"))
			puts(row);
		else if (!strstr(page, row))
			fail_msg("docs/controllers.md lacks: %s", row);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(controllers_are_recognised),
		cmocka_unit_test(every_row_can_be_found),
		cmocka_unit_test(a_controller_without_firmware_has_a_remedy),
		cmocka_unit_test(the_page_has_the_same_rows),
		cmocka_unit_test(the_page_has_the_files_of_realtek),
		cmocka_unit_test(a_loader_has_the_files_of_one_chip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

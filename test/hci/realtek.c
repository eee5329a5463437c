/* SPDX-License-Identifier: MIT */
/*
 * Firmware of Realtek: what of a file a chip gets, the download octet by octet, and files and chips
 * that are refused. Files and ROM are made up after btrtl.c.
 */
#include "hci/realtek.h"

#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "hci/realtek_files.h"
#include "hci/realtek_rom.h"
#include "unit.h"

#define RTL8761B 14 /* projects */
#define RTL8822B 8

static uint8_t file[REALTEK_FILE], expected[REALTEK_FILE], sent[REALTEK_FILE];
static struct hci_realtek_files files;
static struct hci_realtek_image image;
static struct hci_realtek_fault fault;

static const struct hci_realtek_chip rtl8761b = {.lmp_subversion = 0x8761, .rom_version = 1};

static int choose(size_t len, const struct hci_realtek_chip *chip)
{
	files.firmware = file;
	files.firmware_len = len;
	return hci_realtek_select(&files, chip, &image, &fault);
}

static void assert_sends(const uint8_t *octets, size_t len)
{
	assert_int_equal(image.len, len);
	assert_int_equal(hci_realtek_read(&image, 0, sent, sizeof(sent)), len);
	assert_memory_equal(sent, octets, len);
}

static int forget(void **state)
{
	(void)state;
	memset(&files, 0, sizeof(files));
	return 0;
}

/* ---- Files of patches -------------------------------------------------------------------------
 */

/* Octet by octet: header, three tables of two patches, patches, instructions. */
static const uint8_t small[] = {'R',  'e',  'a',  'l',	't',  'e',  'c',  'h', /* signature */
				0x11, 0x22, 0x33, 0x44,			       /* version */
				2,    0,				       /* patches */
				1,    0,    2,	  0, /* chips: ROM 0, ROM 1 */
				5,    0,    6,	  0, /* lengths */
				30,   0,    0,	  0,	35,   0,    0,	  0, /* offsets */
				0xa0, 0xa1, 0xa2, 0xa3, 0xa4,		     /* for ROM 0 */
				0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5,	     /* for ROM 1 */
				0xff, 14,   1,	  0,	0x51, 0x04, 0xfd, 0x77};

static void the_patch_of_the_rom_is_sent_with_the_version_of_the_file(void **state)
{
	struct hci_realtek_chip chip = rtl8761b;

	(void)state;
	memcpy(file, small, sizeof(small));
	assert_int_equal(choose(sizeof(small), &chip), 0);
	assert_sends((const uint8_t *)"\xb0\xb1\x11\x22\x33\x44", 6);
	chip.rom_version = 0;
	assert_int_equal(choose(sizeof(small), &chip), 0);
	assert_sends((const uint8_t *)"\xa0\x11\x22\x33\x44", 5);
	assert_false(hci_realtek_needs_key(&files));
	chip.rom_version = 2;
	assert_int_equal(choose(sizeof(small), &chip), -1);
	assert_string_equal(fault.text, "it has nothing for version 2 of the chip's ROM");
}

static void the_config_follows_as_it_is(void **state)
{
	(void)state;
	memcpy(file, small, sizeof(small));
	files.config = realtek_config;
	files.config_len = sizeof(realtek_config);
	assert_int_equal(choose(sizeof(small), &rtl8761b), 0);
	static const uint8_t patch[] = {0xb0, 0xb1, 0x11, 0x22, 0x33, 0x44};
	memcpy(expected, patch, sizeof(patch));
	memcpy(expected + 6, realtek_config, sizeof(realtek_config));
	assert_sends(expected, 6 + sizeof(realtek_config));
}

static void pieces_are_read_from_any_octet(void **state)
{
	(void)state;
	the_config_follows_as_it_is(state);
	for (size_t at = 0; at <= image.len; at++) {
		for (size_t len = 0; len <= image.len; len++) {
			size_t want = image.len - at < len ? image.len - at : len;
			assert_int_equal(hci_realtek_read(&image, at, sent, len), want);
			assert_memory_equal(sent, expected + at, want);
		}
	}
	assert_int_equal(hci_realtek_read(&image, image.len + 1, sent, 1), 0);
}

/* Whatever is cut off or changed in the header: refused, and nothing is read beyond the end. */
static void a_cut_file_is_refused(void **state)
{
	uint8_t *exact;

	(void)state;
	for (size_t len = 0; len < sizeof(small); len++) {
		exact = test_malloc(len ? len : 1);
		memcpy(exact, small, len);
		files.firmware = exact;
		files.firmware_len = len;
		assert_int_equal(hci_realtek_select(&files, &rtl8761b, &image, &fault), -1);
		assert_string_equal(fault.text,
				    len < 8 ? "it is not a firmware file of Realtek (it "
					      "begins with neither \"Realtech\" nor "
					      "\"RTBTCore\")"
					    : "it is cut or damaged");
		assert_false(fault.config);
		test_free(exact);
	}
}

static void a_damaged_file_is_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *why;
	} cases[] = {
		{0, 'X', "it is not a firmware file of Realtek"},
		{13, 1, "it is cut or damaged"},   /* 258 patches */
		{20, 3, "it is cut or damaged"},   /* a patch shorter than the version */
		{20, 15, "it is cut or damaged"},  /* one that ends an octet behind the file */
		{21, 1, "it is cut or damaged"},   /* a patch that ends behind the file */
		{26, 200, "it is cut or damaged"}, /* a patch that begins there */
		{29, 0xff, "it is cut or damaged"},
		{26, 13, "it is cut or damaged"}, /* a patch in the header */
		{sizeof(small) - 1, 0x78, "it is cut or damaged"},
		{sizeof(small) - 5, 0xff, "it is cut or damaged"}, /* no project */
		{sizeof(small) - 6, 0, "it is cut or damaged"},	   /* an empty instruction */
		{sizeof(small) - 6, 200, "it is cut or damaged"},
		{sizeof(small) - 7, 200, "it is for a chip that is not known here (project 200)"},
		{sizeof(small) - 7, RTL8822B,
		 "it is for another chip (its LMP subversion is 8822, that of this one 8761)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		memcpy(file, small, sizeof(small));
		file[cases[i].at] = cases[i].value;
		assert_int_equal(choose(sizeof(small), &rtl8761b), -1);
		assert_memory_equal(fault.text, cases[i].why, strlen(cases[i].why));
	}
}

/* Other instructions may stand behind the project, read backwards. */
static void the_project_is_found_behind_other_instructions(void **state)
{
	static const uint8_t end[] = {0xff, RTL8761B, 1,    0,	  0xaa, 0xbb,
				      2,    7,	      0x51, 0x04, 0xfd, 0x77};
	const size_t body = sizeof(small) - 8;

	(void)state;
	memcpy(file, small, body);
	memcpy(file + body, end, sizeof(end));
	assert_int_equal(choose(body + sizeof(end), &rtl8761b), 0);
	file[body + 1] = RTL8822B;
	assert_int_equal(choose(body + sizeof(end), &rtl8761b), -1);
}

static void the_files_of_the_other_tests_are_selected(void **state)
{
	(void)state;
	assert_int_equal(choose(realtek_patches(file, RTL8761B, 2, 300), &rtl8761b), 0);
	assert_sends(expected, realtek_patch_sent(expected, 1, 300));
	assert_int_equal(choose(realtek_patches(file, RTL8822B, 2, 300), &rtl8761b), -1);
}

static void a_wrong_config_is_refused(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		const char *why;
	} cases[] = {
		{"\x55\xab\x23\x87\x00", 5, "it is not a config file of Realtek"},
		{"\x55\xab\x23\x88\x00\x00", 6, "it is not a config file of Realtek"},
		{"\x55\xab\x23\x87\x01\x00", 6, "it is cut or damaged"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		memcpy(file, small, sizeof(small));
		files.config = (const uint8_t *)cases[i].octets;
		files.config_len = cases[i].len;
		assert_int_equal(choose(sizeof(small), &rtl8761b), -1);
		assert_true(fault.config);
		assert_memory_equal(fault.text, cases[i].why, strlen(cases[i].why));
	}
	files.config = (const uint8_t *)"\x55\xab\x23\x87\x00\x00"; /* without an entry */
	files.config_len = 6;
	assert_int_equal(choose(sizeof(small), &rtl8761b), 0);
}

/* ---- Files of sections ------------------------------------------------------------------------
 */

static const struct hci_realtek_chip rtl8852c = {
	.lmp_subversion = 0x8852, .rom_version = 1, .key = 3};
#define RTL8852C 25

/* The lengths of the pieces, in order, name the parts. */
static void assert_pieces(const size_t *lengths, size_t count)
{
	assert_int_equal(image.count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(image.pieces[i].len, lengths[i]);
}

static void parts_of_the_chip_are_sent_by_priority(void **state)
{
	static const struct realtek_part parts[] = {
		{1, 2, 5, 0, 10},
		{1, 1, 0, 0, 11}, /* for another ROM */
		{2, 2, 1, 0, 12},
		{1, 2, 5, 0, 13}, /* as the first one: the later one comes first */
		{3, 2, 0, 3, 14}, /* for this key */
		{3, 2, 0, 4, 15}, /* for another key */
		{9, 2, 0, 0, 16}, /* a kind that is not known */
		{3, 2, 0, 0, 17}, /* for a chip with a key, but none is zero */
	};
	static const size_t order[] = {14, 12, 13, 10}, without_key[] = {12, 13, 10};
	struct hci_realtek_chip keyless = rtl8852c;

	(void)state;
	assert_int_equal(choose(realtek_sections(file, RTL8852C, parts, COUNT(parts)), &rtl8852c),
			 0);
	assert_true(hci_realtek_needs_key(&files));
	assert_pieces(order, COUNT(order));
	for (size_t i = 0; i < 14; i++)
		assert_int_equal(image.pieces[0].data[i], realtek_pattern(4, i));
	keyless.key = 0;
	assert_int_equal(choose(files.firmware_len, &keyless), 0);
	assert_pieces(without_key, COUNT(without_key));
	keyless.rom_version = 7;
	assert_int_equal(choose(files.firmware_len, &keyless), -1);
	assert_string_equal(fault.text, "it has nothing for version 7 of the chip's ROM");
}

static void a_cut_section_is_refused(void **state)
{
	static const struct realtek_part parts[] = {{1, 2, 5, 0, 10}, {1, 2, 4, 0, 20}};
	size_t len = realtek_sections(file, RTL8852C, parts, COUNT(parts));

	(void)state;
	/* Count of sections, length of the first, count of its parts, length of that part. */
	static const size_t at[] = {16, 24, 28, 36};
	for (size_t i = 0; i < COUNT(at); i++) {
		file[at[i]] = (uint8_t)(file[at[i]] + 1);
		assert_int_equal(choose(len, &rtl8852c), -1);
		assert_string_equal(fault.text, "it is cut or damaged");
		file[at[i]] = (uint8_t)(file[at[i]] - 1);
		bytes_put_le32(file + at[i], bytes_get_le32(file + at[i]) | 0xffff0000U);
		if (at[i] != 28) /* there it is reserved */
			assert_int_equal(choose(len, &rtl8852c), -1);
		bytes_put_le32(file + at[i], bytes_get_le32(file + at[i]) & 0xffff);
	}
	assert_int_equal(choose(len, &rtl8852c), 0);
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(choose(cut, &rtl8852c), -1);
}

static void too_many_parts_are_refused(void **state)
{
	struct realtek_part parts[HCI_REALTEK_PIECES + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(parts); i++)
		parts[i] = (struct realtek_part){1, 2, (uint8_t)i, 0, 1};
	assert_int_equal(
		choose(realtek_sections(file, RTL8852C, parts, HCI_REALTEK_PIECES), &rtl8852c), 0);
	assert_int_equal(image.len, HCI_REALTEK_PIECES);
	assert_int_equal(choose(realtek_sections(file, RTL8852C, parts, COUNT(parts)), &rtl8852c),
			 -1);
	assert_string_equal(fault.text, "it has more than 64 parts for this chip");
}

/* ---- The download -----------------------------------------------------------------------------
 */

static const uint8_t rom_version[] = {0x0a, 0x0b, 0x00, 0x0a, 0x5d, 0x00, 0x61, 0x87};
static const uint8_t firmware_version[] = {0x0a, 0xc6, 0xdf, 0x0a, 0x5d, 0x00, 0x22, 0xd9};
static const struct hci_identity in_rom = {.versioned = true,
					   .hci_version = 10,
					   .hci_revision = 0x000b,
					   .manufacturer = 93,
					   .lmp_subversion = 0x8761};

static struct hci_host host;
static struct hci_realtek loader;
static struct realtek_rom rom;
static uint16_t opcodes[400];
static uint8_t numbers[400], lengths[400];
static size_t commands;
static uint16_t mute, refuses; /* opcodes */
static size_t cut_answer;      /* octets that the answers lack */

static void rom_begins(const uint8_t *octets, size_t len)
{
	rom = (struct realtek_rom){
		.expected = octets,
		.expected_len = len,
		.rom_version = 1,
		.version = rom_version,
		.firmware = firmware_version,
	};
	mute = refuses = 0;
	cut_answer = 0;
}

/* The answer to a command, H4; the version comes from a controller behind the ROM. */
static size_t answer(const uint8_t *out, size_t len, uint8_t *event)
{
	size_t answered;

	if (!realtek_rom_command(&rom, out, len, event, &answered)) {
		const uint8_t version[15] = {4, 0x0e, 12, 1, out[1], out[2], 0};
		memcpy(event, version, sizeof(version));
		answered = sizeof(version);
		assert_true(realtek_rom_event(&rom, event, answered));
	}
	if (refuses == (out[1] | out[2] << 8))
		event[6] = 0x03;
	answered -= cut_answer;
	event[2] = (uint8_t)(answered - 3);
	return answered;
}

static enum hci_realtek_state load(void)
{
	uint8_t out[HCI_PACKET_MAX], event[20];
	struct hci_input input;
	size_t len;

	hci_host_init(&host);
	hci_realtek_start(&loader, &host, &in_rom, &files);
	for (commands = 0; loader.state < HCI_REALTEK_DONE; commands++) {
		len = hci_host_output(&host, 0, out);
		assert_true(len >= 4);
		assert_true(commands < COUNT(opcodes));
		assert_int_equal(hci_host_output(&host, 0, out + len), 0); /* one at a time */
		opcodes[commands] = (uint16_t)(out[1] | out[2] << 8);
		numbers[commands] = out[4];
		lengths[commands] = out[3];
		if (mute == opcodes[commands]) {
			assert_true(hci_host_expired(&host, HCI_COMMAND_TIMEOUT_US, &input));
			hci_realtek_overdue(&loader, input.note);
			continue;
		}
		len = answer(out, len, event);
		hci_host_input(&host, event, len, &input);
		(void)hci_realtek_input(&loader, &host, &input);
	}
	assert_int_equal(hci_host_output(&host, 0, out), 0);
	return loader.state;
}

/* Makes a file whose patch for the chip has len octets, and a ROM that expects it. */
static void file_of(size_t len)
{
	files = (struct hci_realtek_files){.firmware = file};
	files.firmware_len = realtek_patches(file, RTL8761B, 1, len);
	rom_begins(expected, realtek_patch_sent(expected, 0, len));
	rom.rom_version = 0;
}

static void each_octet_of_the_download(void **state)
{
	(void)state;
	file_of(600);
	files.config = realtek_config;
	files.config_len = sizeof(realtek_config);
	memcpy(expected + 600, realtek_config, sizeof(realtek_config));
	rom.expected_len += sizeof(realtek_config);
	assert_int_equal(load(), HCI_REALTEK_DONE);
	assert_true(rom.runs);
	assert_int_equal(rom.refused, 0);
	static const uint16_t order[] = {0xfc6d, 0xfc20, 0xfc20, 0xfc20, 0x1001};
	assert_int_equal(commands, COUNT(order));
	assert_memory_equal(opcodes, order, sizeof(order));
	assert_memory_equal(numbers + 1, "\0\1\x82", 3);
	assert_memory_equal(lengths, "\0\xfd\xfd", 3);
	assert_int_equal(lengths[3], 1 + 600 + sizeof(realtek_config) - 504);
	assert_int_equal(loader.identity.lmp_subversion, 0xd922);
	assert_int_equal(loader.identity.hci_revision, 0xdfc6);
}

/* 0 to 127, then 1 to 127 again; twice round. */
static void numbers_of_fragments_repeat_without_0(void **state)
{
	(void)state;
	file_of(65535);
	assert_int_equal(load(), HCI_REALTEK_DONE);
	assert_int_equal(rom.fragments, 65535 / 252 + 1);
	assert_int_equal(numbers[1 + 127], 127);
	assert_int_equal(numbers[1 + 128], 1);
	assert_int_equal(numbers[1 + 254], 127);
	assert_int_equal(numbers[1 + 255], 1);
	assert_int_equal(numbers[1 + 260], 6 | 0x80);
}

/* As the kernel does it: the last fragment is empty if all others are full. */
static void the_last_fragment_is_shorter_than_the_others(void **state)
{
	static const struct {
		size_t len;
		size_t fragments;
		uint8_t last;
	} cases[] = {{251, 1, 251}, {252, 2, 0}, {253, 2, 1}, {504, 3, 0}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		file_of(cases[i].len);
		assert_int_equal(load(), HCI_REALTEK_DONE);
		assert_int_equal(rom.fragments, cases[i].fragments);
		assert_int_equal(lengths[cases[i].fragments], 1 + cases[i].last);
		assert_int_equal(numbers[cases[i].fragments], 0x80 | (cases[i].fragments - 1));
	}
}

static void a_chip_with_a_key_is_asked_for_it(void **state)
{
	static const struct realtek_part parts[] = {
		{3, 1, 0, 3, 100}, {3, 1, 0, 4, 200}, {1, 1, 1, 0, 300}};

	(void)state;
	files = (struct hci_realtek_files){
		.firmware = file, .firmware_len = realtek_sections(file, RTL8761B, parts, 3)};
	for (size_t i = 0; i < 400; i++)
		expected[i] = i < 100 ? realtek_pattern(0, i) : realtek_pattern(2, i - 100);
	rom_begins(expected, 400);
	rom.rom_version = 0;
	rom.key = 3;
	/* It takes no config file. */
	files.config = realtek_config;
	files.config_len = sizeof(realtek_config);
	assert_int_equal(load(), HCI_REALTEK_DONE);
	static const uint16_t order[] = {0xfc6d, 0xfc61, 0xfc20, 0xfc20, 0x1001};
	assert_int_equal(commands, COUNT(order));
	assert_memory_equal(opcodes, order, sizeof(order));
}

static void a_file_that_cannot_be_used_is_not_sent(void **state)
{
	(void)state;
	file_of(600);
	rom.rom_version = 1;
	assert_int_equal(load(), HCI_REALTEK_FAILED);
	assert_int_equal(commands, 1);
	assert_string_equal(loader.fault.text, "it has nothing for version 1 of the chip's ROM");
}

static void a_chip_that_does_not_take_it_is_reported(void **state)
{
	static const struct {
		uint16_t refuses, mute;
		size_t cut;
		const char *failure;
	} cases[] = {
		{0xfc6d, 0, 0, "it refused Realtek Read ROM Version (Hardware Failure)"},
		{0xfc20, 0, 0, "it refused fragment 1 of 3 (Hardware Failure)"},
		{0x1001, 0, 0, "it refused Read Local Version Information (Hardware Failure)"},
		{0, 0xfc6d, 0,
		 "Realtek Read ROM Version: the controller did not answer Realtek Read ROM Version "
		 "(0xfc6d) within 2 s"},
		{0, 0xfc20, 0,
		 "fragment 1 of 3: the controller did not answer Realtek Download (0xfc20) within "
		 "2 "
		 "s"},
		{0, 0, 1, "its answer to Realtek Read ROM Version is too short"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		file_of(600);
		refuses = cases[i].refuses;
		mute = cases[i].mute;
		cut_answer = cases[i].cut;
		assert_int_equal(load(), HCI_REALTEK_FAILED);
		assert_string_equal(loader.failure, cases[i].failure);
		assert_string_equal(loader.fault.text, "");
		hci_realtek_overdue(&loader, "late"); /* changes nothing any more */
		assert_string_equal(loader.failure, cases[i].failure);
	}
}

/* The ROM notices each wrong octet: else the tests above would prove nothing. */
static void the_rom_refuses_what_it_does_not_expect(void **state)
{
	(void)state;
	for (size_t at = 0; at < 600; at += 37) {
		file_of(600);
		expected[at] ^= 1;
		assert_int_equal(load(), HCI_REALTEK_FAILED);
		assert_false(rom.runs);
		assert_int_equal(rom.refused, 1);
	}
	file_of(600);
	rom.expected_len--;
	assert_int_equal(load(), HCI_REALTEK_FAILED);
	file_of(600);
	rom.next = 1;
	assert_int_equal(load(), HCI_REALTEK_FAILED);
	assert_string_equal(loader.failure,
			    "it refused fragment 1 of 3 (Invalid HCI Command Parameters)");
}

static void a_chip_that_still_runs_from_its_rom_is_reported(void **state)
{
	(void)state;
	file_of(600);
	rom.forgets = true;
	assert_int_equal(load(), HCI_REALTEK_FAILED);
	assert_string_equal(loader.failure,
			    "it took all 3 fragments of the firmware, and still runs from its ROM");
}

static void other_inputs_change_nothing(void **state)
{
	const struct hci_input other = {.kind = HCI_IN_COMMAND, .opcode = HCI_RESET};
	const struct hci_input event = {.kind = HCI_IN_EVENT};
	const struct hci_input accepted = {
		.kind = HCI_IN_COMMAND, .opcode = 0xfc6d, .status_only = true};

	(void)state;
	file_of(600);
	hci_host_init(&host);
	hci_realtek_start(&loader, &host, &in_rom, &files);
	assert_int_equal(hci_realtek_input(&loader, &host, &other), HCI_REALTEK_ROM_VERSION);
	assert_int_equal(hci_realtek_input(&loader, &host, &event), HCI_REALTEK_ROM_VERSION);
	assert_int_equal(hci_realtek_input(&loader, &host, &accepted), HCI_REALTEK_FAILED);
	assert_int_equal(hci_realtek_input(&loader, &host, &accepted), HCI_REALTEK_FAILED);
}

#define CASE(name) cmocka_unit_test_setup(name, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_patch_of_the_rom_is_sent_with_the_version_of_the_file),
		CASE(the_config_follows_as_it_is),
		CASE(pieces_are_read_from_any_octet),
		CASE(a_cut_file_is_refused),
		CASE(a_damaged_file_is_refused),
		CASE(the_project_is_found_behind_other_instructions),
		CASE(the_files_of_the_other_tests_are_selected),
		CASE(a_wrong_config_is_refused),
		CASE(parts_of_the_chip_are_sent_by_priority),
		CASE(a_cut_section_is_refused),
		CASE(too_many_parts_are_refused),
		CASE(each_octet_of_the_download),
		CASE(numbers_of_fragments_repeat_without_0),
		CASE(the_last_fragment_is_shorter_than_the_others),
		CASE(a_chip_with_a_key_is_asked_for_it),
		CASE(a_file_that_cannot_be_used_is_not_sent),
		CASE(a_chip_that_does_not_take_it_is_reported),
		CASE(the_rom_refuses_what_it_does_not_expect),
		CASE(a_chip_that_still_runs_from_its_rom_is_reported),
		CASE(other_inputs_change_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

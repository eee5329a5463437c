/* SPDX-License-Identifier: MIT */
/* All binary formats: the packets put into a file are read back, wherever it is cut. */
#include "capture/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/explain/files.h"
#include "cli/explain/packed.h"

/* ---- Calls of the system --------------------------------------------------------------------- */

/* Octets that can be read before reading fails; SIZE_MAX: it does not. */
static size_t readable = SIZE_MAX;

ssize_t __real_read(int fd, void *to, size_t len);
ssize_t __wrap_read(int fd, void *to, size_t len);
ssize_t __wrap_read(int fd, void *to, size_t len)
{
	if (readable == SIZE_MAX)
		return __real_read(fd, to, len);
	if (readable == 0) {
		errno = EIO;
		return -1;
	}
	ssize_t got = __real_read(fd, to, len < readable ? len : readable);
	readable -= got > 0 ? (size_t)got : 0;
	return got;
}

/* Whether memory was freed with the secret in it. */
static const char *secret;
static bool freed_secret;

/* Blocks of memory in use, and how many can still be allocated; SIZE_MAX: any number. */
static long blocks;
static size_t allocatable = SIZE_MAX;

static bool allocates(void)
{
	if (allocatable == 0) {
		errno = ENOMEM;
		return false;
	}
	allocatable -= allocatable != SIZE_MAX;
	blocks++;
	return true;
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
	return allocates() ? __real_calloc(count, size) : NULL;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return allocates() ? __real_malloc(size) : NULL;
}

void __real_free(void *p);
void __wrap_free(void *p);
void __wrap_free(void *p)
{
	if (p && secret && memmem(p, malloc_usable_size(p), secret, strlen(secret)))
		freed_secret = true;
	blocks -= p != NULL;
	__real_free(p);
}

static char path[] = "/tmp/capture-XXXXXX";

static void write_file(const void *octets, size_t len)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, octets, len), (ssize_t)len);
	close(fd);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

/* ---- All formats ----------------------------------------------------------------------------- */

static void every_format_is_read_back(void **state)
{
	static struct file file;
	struct reading reading;

	(void)state;
	for (size_t i = 0; i < formats_count; i++) {
		file_make(&file, &formats[i]);
		reading_take(&reading, file.octets, file.len);
		assert_string_equal(reading.failure.text, "");
		assert_string_equal(reading.format, formats[i].name);
		assert_int_equal(reading.count, formats[i].air ? AIR_SAMPLES : HOST_SAMPLES);
		assert_samples(&reading, &formats[i], reading.count);
		assert_string_equal(reading.missing, "");
		reading_free(&reading);
	}
}

static void every_format_is_read_back_when_it_is_packed(void **state)
{
	static struct file file;
	struct reading reading;

	(void)state;
	for (size_t i = 0; i < formats_count; i++)
		for (enum packed_kind kind = PACKED_GZIP; kind < PACKED_KINDS; kind++) {
			size_t len;
			file_make(&file, &formats[i]);
			const struct packed_file inside = {"a.pklg", file.octets, file.len};
			if (kind == PACKED_ZIP_PASSWORD || kind == PACKED_TAR_SPARSE)
				continue;
			uint8_t *packed = packed_make(kind, &inside, 1, &len);
			reading_take(&reading, packed, len);
			assert_string_equal(reading.failure.text, "");
			assert_string_equal(reading.format, formats[i].name);
			assert_samples(&reading, &formats[i],
				       formats[i].air ? AIR_SAMPLES : HOST_SAMPLES);
			assert_string_equal(reading.missing, "");
			reading_free(&reading);
			free(packed);
		}
}

/* ---- Archives -------------------------------------------------------------------------------- */

/* The captures of an archive, as "name format count", each on a line. */
static void list_captures(char *to, size_t room, const struct packed_file *files, size_t count)
{
	struct failure failure = {.text = ""};
	struct explain_packet packet;
	size_t len, at = 0;
	uint8_t *zip = packed_make(PACKED_ZIP, files, count, &len);
	struct explain_capture *capture = capture_open_memory(zip, len, &failure);

	*to = '\0';
	if (!capture)
		(void)snprintf(to, room, "%s", failure.text);
	while (capture) {
		uint64_t packets = 0;
		while (capture_next(capture, &packet))
			assert_int_equal(packet.number, ++packets);
		at += (size_t)snprintf(to + at, room - at, "%s %s %d\n", capture_inside(capture),
				       capture_format(capture), (int)packets);
		assert_true(at < room);
		if (!capture_following(capture)) {
			assert_null(capture_missing(capture));
			capture_close(capture);
			capture = NULL;
		}
	}
	free(zip);
}

static void an_archive_is_searched_for_captures(void **state)
{
	static const char text[] = "< HCI Command: Reset (0x03|0x0003) plen 0\n",
			  other[] = "notes of the day\n";
	static struct file h4, logger, air;
	char list[FAILURE_TEXT];

	(void)state;
	file_make(&h4, &formats[1]);
	file_make(&logger, &formats[4]);
	file_make(&air, &formats[12]);
	const struct packed_file files[] = {
		{"logs/", NULL, 0},
		{"logs/notes.txt", other, sizeof(other) - 1},
		{"logs/any name", h4.octets, h4.len},
		{"empty.log", "", 0},
		{"trace.txt", text, sizeof(text) - 1},
		{"no.dat", logger.octets, logger.len},
		{"yes.pklg", logger.octets, logger.len},
		{"cut.cfa", h4.octets, 9},
		{"sniffer", air.octets, air.len},
	};
	list_captures(list, sizeof(list), files, COUNT(files));
	assert_string_equal(list, "logs/any name btsnoop, HCI UART (H4) 6\n"
				  "trace.txt text of btmon 1\n"
				  "yes.pklg PacketLogger, big-endian 6\n"
				  "sniffer pcap, nRF Sniffer 4\n");
	list_captures(list, sizeof(list), files, 2);
	assert_string_equal(list,
			    "the capture holds no capture: put btsnoop, pcap, pcapng or .pklg "
			    "files into it");
	list_captures(list, sizeof(list), &files[3], 1);
	assert_string_equal(list,
			    "the capture holds no capture: put btsnoop, pcap, pcapng or .pklg "
			    "files into it");
	list_captures(list, sizeof(list), &files[7], 1);
	assert_string_equal(list, "the capture (btsnoop) ends in its header: it holds no packet");
}

/* Every form of text, behind more prose than the first octets hold. */
static void text_in_an_archive_is_a_capture_if_it_has_packets(void **state)
{
	static const char wide[] = "\xff\xfe<\0 \0H\0C\0I\0 \0C\0o\0m\0m\0a\0n\0d\0:\0 \0R\0e\0s\0"
				   "e\0t\0 \0(\0\x30\0x\0\x30\0\x33\0|\0\x30\0x\0\x30\0\x30\0\x30\0"
				   "\x33\0)\0 \0p\0l\0e\0n\0 \0\x30\0\n";
	static char mail[2][20000];
	char list[FAILURE_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(mail); i++) {
		while (strlen(mail[i]) < sizeof(mail[i]) - 200)
			strcat(mail[i], PROSE);
		strcat(mail[i], i ? BTSTACK_RESET : BTMON_RESET);
	}
	const struct packed_file files[] = {
		{"notes", mail[0], 19000},
		{"btmon", mail[0], strlen(mail[0])},
		{"btstack", mail[1], strlen(mail[1])},
		{"wide", wide, sizeof(wide) - 1},
		{"octets", "\1\2\3\4\5\6\7\x0e\x0f", 9},
	};
	list_captures(list, sizeof(list), files, COUNT(files));
	assert_string_equal(list, "btmon text of btmon 1\n"
				  "btstack log of BTstack 1\n"
				  "wide text of btmon 1\n");
}

/* The log in a report's text is that of the phone's memory, which is shorter. */
static void a_bug_report_is_read_from_its_log_or_from_its_text(void **state)
{
	static const struct packed_packet packet = {0x20, 5, "\x03\x0c\0", 3, 4};
	static struct file h4;
	size_t len;
	uint8_t *snooz = packed_snooz(2, 1, &packet, 1, &len);
	char *report = packed_report(snooz, len, 100);
	char list[FAILURE_TEXT];

	(void)state;
	file_make(&h4, &formats[1]);
	const struct packed_file files[] = {
		{"bugreport.txt", report, strlen(report)},
		{"FS/data/misc/bluetooth/logs/btsnoop_hci.log", h4.octets, h4.len},
		{"FS/data/misc/bluetooth/logs/btsnooz_hci.log", snooz, len},
		{"bugreport.txt", report, strlen(report)},
	};
	list_captures(list, sizeof(list), files, 1);
	assert_string_equal(list, "bugreport.txt btsnoop, HCI UART (H4) 1\n");
	list_captures(list, sizeof(list), &files[1], 3);
	assert_string_equal(
		list, "FS/data/misc/bluetooth/logs/btsnoop_hci.log btsnoop, HCI UART (H4) 6\n"
		      "FS/data/misc/bluetooth/logs/btsnooz_hci.log btsnoop, HCI UART (H4) 1\n");
	struct reading reading;
	reading_take(&reading, report, strlen(report));
	assert_int_equal(reading.count, 1);
	assert_int_equal(reading.packets[0].kind, EXPLAIN_COMMAND);
	reading_free(&reading);
	free(report);
	free(snooz);
}

/* Cut at each octet: the packets before the cut are read, and a cut packet is reported. */
static void every_cut_is_reported(void **state)
{
	static struct file file, whole;
	struct reading reading;
	char clause[64];

	(void)state;
	for (size_t i = 0; i < formats_count; i++) {
		const struct format *format = &formats[i];
		size_t ends[1 + HOST_SAMPLES], count = 0;
		file_make(&whole, format);
		file.len = 0;
		format->begin(format, &file);
		ends[0] = file.len;
		for (; count < (format->air ? AIR_SAMPLES : HOST_SAMPLES); count++) {
			format->add(format, &file,
				    format->air ? &air_samples[count] : &host_samples[count],
				    sample_time(count));
			ends[count + 1] = file.len;
		}
		assert_int_equal(file.len, whole.len);
		size_t full = 0;
		for (size_t len = 0; len < whole.len; len++) {
			full += full < count && len == ends[full + 1];
			reading_take(&reading, whole.octets, len);
			/* Too little to detect the format or the link type. */
			if (*reading.failure.text) {
				assert_true(len < ends[0] || len < 4 + 9 + 1 + 8);
				continue;
			}
			assert_int_equal(reading.count, full);
			assert_samples(&reading, format, full);
			(void)snprintf(clause, sizeof(clause),
				       "the capture ends in the middle of frame %zu", full + 1);
			/* pcapng: its interfaces are between header and packets. */
			if (len != ends[full])
				assert_string_equal(reading.missing, clause);
			else
				assert_string_equal(reading.missing, "");
			reading_free(&reading);
		}
	}
}

/* The commands that an explanation advises depend on it. */
static void the_format_shows_the_system_of_the_host(void **state)
{
	struct reading reading;

	(void)state;
	for (size_t i = 0; i < formats_count; i++) {
		static struct file file;
		enum explain_system system = EXPLAIN_SYSTEM_UNKNOWN;
		if (strstr(formats[i].name, "Linux monitor"))
			system = EXPLAIN_SYSTEM_LINUX;
		else if (strstr(formats[i].name, "PacketLogger"))
			system = EXPLAIN_SYSTEM_APPLE;
		file_make(&file, &formats[i]);
		reading_take(&reading, file.octets, file.len);
		assert_true(reading.count > 0);
		for (size_t k = 0; k < reading.count; k++)
			assert_int_equal(reading.packets[k].system, system);
		reading_free(&reading);
	}
	static const char text[] = "< HCI Command: Reset (0x03|0x0003) plen 0  #1 [hci0] 1.5\n";
	reading_take(&reading, text, sizeof(text) - 1);
	assert_int_equal(reading.count, 1);
	assert_int_equal(reading.packets[0].system, EXPLAIN_SYSTEM_LINUX);
	reading_free(&reading);
}

/* Each octet is damaged in turn: reading stays within bounds (for the sanitizers), and ends. */
static void damage_is_survived(void **state)
{
	static struct file file;
	static const uint8_t damages[] = {0x01, 0x80, 0xff};
	struct reading reading;

	(void)state;
	for (size_t i = 0; i <= formats_count; i++) {
		if (i < formats_count)
			file_make(&file, &formats[i]);
		else
			file_make_mixed(&file);
		for (size_t at = 0; at < file.len; at++)
			for (size_t d = 0; d < COUNT(damages); d++) {
				file.octets[at] ^= damages[d];
				reading_take(&reading, file.octets, file.len);
				assert_true(*reading.failure.text ||
					    reading.count <= HOST_SAMPLES + 40);
				reading_free(&reading);
				file.octets[at] ^= damages[d];
			}
	}
}

#define SECTION "\x0a\x0d\x0d\x0a\0\0\0\x1c"

static void a_file_that_is_no_capture_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		const char *words;
	} rows[] = {
		{"", 0, "is empty. To get a capture: run `sudo btmon -w FILE` while you pair"},
		{"\0\1\2", 3, "is not a capture that can be read"},
		{"\x1f\x8b\x08", 3, "holds no capture that can be read: the file is cut"},
		{"\xfd\x37zXZ\0", 6, "holds no capture that can be read: the file is cut"},
		{"\x28\xb5\x2f\xfd", 4, "holds no capture that can be read: the file is cut"},
		{"7z\xbc\xaf\x27\x1c", 6, "is a 7z archive: unpack it"},
		{"\xfe\xff\0<", 4, "text without a packet"},
		{"PK\x03\x04zip", 7, "holds no capture that can be read: "},
		{"\xff\xfe<\0", 4, "text without a packet"},
		{"btsnoop\0\0\0\0\2\0\0\3\xea", 16, "is of version 2"},
		{"btsnoop\0\0\0\0\1\0\0\3\xeb", 16, "is of datalink 1003"},
		{"btsnoop\0\0\0", 10, "ends in its header"},
		{"\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\xff\xff\0\0\1\0\0\0", 24,
		 "is of link type 1, a network: capture HCI"},
		{"\xd4\xc3\xb2\xa1\2\0\4", 7, "ends in its header"},
		{SECTION "\x1a\x2b\x3c\x4d\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\x1c"
			 "\0\0\0\1\0\0\0\x14\0\1\0\0\0\0\0\0\0\0\0\x14",
		 48, "is of link type 1, a network: capture HCI"},
		{SECTION "\x1a\x2b\x3c\x4d\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\x1c", 28,
		 "has no interface"},
		{SECTION "\x1a\x2b\x3c\x4e\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\x1c", 28,
		 "cannot be read: the capture is damaged at frame 1"},
		{SECTION, 8, "cannot be read: the capture ends in the middle of frame 1"},
	};
	struct reading reading;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		reading_take(&reading, rows[i].octets, rows[i].len);
		assert_non_null(strstr(reading.failure.text, rows[i].words));
	}
	struct failure failure;
	assert_null(capture_open("/nonexistent/file", &failure));
	assert_string_equal(failure.text,
			    "/nonexistent/file cannot be opened: No such file or directory");
	assert_null(capture_open("/", &failure));
	assert_string_equal(failure.text, "/ cannot be opened: Is a directory; name a capture in "
					  "it, or pack it as one archive (tar, ZIP)");
}

/* Phones and analysers give the same name to different formats. */
static void a_name_does_not_decide(void **state)
{
	static struct file file;
	char cfa[sizeof(path) + 4];
	struct failure failure;

	(void)state;
	(void)snprintf(cfa, sizeof(cfa), "%s.cfa", path);
	file_make(&file, &formats[1]);
	write_file(file.octets, file.len);
	assert_int_equal(rename(path, cfa), 0);
	struct explain_capture *capture = capture_open(cfa, &failure);
	assert_non_null(capture);
	assert_string_equal(capture_format(capture), "btsnoop, HCI UART (H4)");
	assert_null(capture_inside(capture));
	assert_false(capture_following(capture));
	capture_close(capture);
	assert_int_equal(rename(cfa, path), 0);
	write_file("\0\1\2", 3);
	assert_int_equal(rename(path, cfa), 0);
	assert_null(capture_open(cfa, &failure));
	assert_non_null(
		strstr(failure.text, ".cfa is not btsnoop; if it is a capture of Frontline's"));
	assert_int_equal(failure.exit, CLI_NOT_A_CAPTURE);
	assert_int_equal(rename(cfa, path), 0);
}

/* A file, and a pipe that gives an octet at a time, are read as memory is. */
static void files_and_pipes_are_read_alike(void **state)
{
	static struct file file;
	struct explain_packet packet;
	struct failure failure;
	uint64_t octets, size;

	(void)state;
	for (size_t i = 0; i < formats_count; i++) {
		size_t count = formats[i].air ? AIR_SAMPLES : HOST_SAMPLES, n = 0;
		file_make(&file, &formats[i]);
		write_file(file.octets, file.len);
		struct explain_capture *capture = capture_open(path, &failure);
		assert_non_null(capture);
		while (capture_next(capture, &packet))
			n++;
		capture_progress(capture, &octets, &size);
		assert_int_equal(size, file.len);
		assert_int_equal(octets, file.len);
		assert_int_equal(n, count);
		assert_null(capture_missing(capture));
		capture_close(capture);

		int ends[2], in = dup(STDIN_FILENO);
		assert_int_equal(pipe(ends), 0);
		assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
		for (size_t at = 0; at < file.len; at++)
			assert_int_equal(write(ends[1], file.octets + at, 1), 1);
		close(ends[1]);
		capture = capture_open("-", &failure);
		assert_non_null(capture);
		for (n = 0; capture_next(capture, &packet); n++)
			;
		capture_progress(capture, &octets, &size);
		assert_int_equal(size, 0);
		assert_int_equal(octets, file.len);
		assert_int_equal(n, count);
		capture_close(capture);
		assert_true(dup2(in, STDIN_FILENO) >= 0);
		close(in);
		close(ends[0]);
	}
}

static void a_failing_read_is_reported(void **state)
{
	static const char line[] = "< HCI Command: Reset (0x03|0x0003) plen 0\n";
	static char text[120 * (sizeof(line) - 1)];
	static struct file file;
	struct explain_packet packet;
	struct failure failure;
	const size_t header = 24, record = 16 + 8;
	static char expected[128];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = line[i % (sizeof(line) - 1)];
	/* From the beginning. */
	write_file(text, sizeof(text));
	readable = 0;
	assert_null(capture_open(path, &failure));
	(void)snprintf(expected, sizeof(expected), "%s cannot be read: Input/output error", path);
	assert_string_equal(failure.text, expected);
	assert_int_equal(failure.exit, CLI_INTERNAL);
	/* In a text. */
	readable = 100 * (sizeof(line) - 1);
	struct explain_capture *capture = capture_open(path, &failure);
	assert_non_null(capture);
	for (size_t i = 0; i < 100; i++)
		assert_true(capture_next(capture, &packet));
	assert_false(capture_next(capture, &packet));
	assert_string_equal(capture_missing(capture),
			    "reading failed after frame 100: Input/output error");
	capture_close(capture);
	/* In a record, and between two. */
	file_make(&file, &formats[7]);
	for (size_t cut = header; cut < header + record; cut += 5) {
		static uint8_t large[24 + 16 + 65000 + 24];
		memcpy(large, file.octets, header);
		memcpy(large + header, "\0\0\0\0\0\0\0\0\xe8\xfd\0\0\xe8\xfd\0\0\0\0\0\0\2", 21);
		memcpy(large + header + 16 + 65000, file.octets + header, record);
		write_file(large, sizeof(large));
		readable = 16 + 65000 + cut;
		capture = capture_open(path, &failure);
		assert_non_null(capture);
		assert_true(capture_next(capture, &packet));
		assert_false(capture_next(capture, &packet));
		assert_string_equal(capture_missing(capture),
				    "reading failed in frame 2: Input/output error");
		capture_close(capture);
	}
	readable = SIZE_MAX;
}

/* A capture holds keys. */
static void a_closed_capture_leaves_nothing_on_the_heap(void **state)
{
	static const char text[] = "< HCI Command: LE Start Encryption (0x08|0x0019) plen 28\n"
				   "Long term key: 00112233445566778899aabbccddeeff\n";
	static const char *const secrets[] = {"00112233445566778899aabbccddeeff",
					      "\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc"};
	struct explain_packet packet;
	struct failure failure;

	(void)state;
	write_file(text, sizeof(text) - 1);
	for (size_t i = 0; i < COUNT(secrets); i++) {
		secret = secrets[i];
		struct explain_capture *capture = capture_open(path, &failure);
		assert_non_null(capture);
		assert_true(capture_next(capture, &packet));
		assert_int_equal(packet.len, 31);
		assert_false(capture_next(capture, &packet));
		capture_close(capture);
		assert_false(freed_secret);
	}
	secret = NULL;
}

/* A file of each format, from 0; the last one is text. False: there is no such one. */
static bool make_any(struct file *file, size_t i)
{
	static const char text[] = "< HCI Command: Reset (0x03|0x0003) plen 0\n";

	if (i < formats_count) {
		file_make(file, &formats[i]);
	} else {
		file->len = 0;
		file_put(file, text, sizeof(text) - 1);
	}
	return i <= formats_count;
}

static void all_memory_is_freed(void **state)
{
	static struct file file;
	struct explain_packet packet;
	struct failure failure;
	const long before = blocks;

	(void)state;
	for (size_t i = 0; make_any(&file, i); i++) {
		write_file(file.octets, file.len);
		struct explain_capture *capture = capture_open(path, &failure);
		assert_non_null(capture);
		while (capture_next(capture, &packet))
			;
		capture_close(capture);
		assert_int_equal(blocks, before);
		capture = capture_open_memory(file.octets, file.len, &failure);
		assert_non_null(capture);
		capture_close(capture);
		assert_int_equal(blocks, before);
	}
	/* Nor does a capture that cannot be opened leave any. */
	assert_null(capture_open("/nonexistent/file", &failure));
	assert_null(capture_open("/", &failure));
	assert_null(capture_open_memory("btsnoop\0\0\0\0\1\0\0\3\xeb", 16, &failure));
	assert_null(capture_open_memory("\x1f\x8b", 2, &failure));
	assert_int_equal(blocks, before);
}

static void a_lack_of_memory_is_reported(void **state)
{
	static struct file file;
	struct failure failure;
	const long before = blocks;

	(void)state;
	for (size_t i = 0; make_any(&file, i); i++)
		for (size_t n = 0; n < 2; n++) {
			allocatable = n;
			failure.text[0] = '\0';
			assert_null(capture_open_memory(file.octets, file.len, &failure));
			allocatable = SIZE_MAX;
			assert_non_null(strstr(failure.text, " cannot be read: out of memory"));
			assert_int_equal(failure.exit, CLI_INTERNAL);
			assert_int_equal(blocks, before);
		}
	write_file(file.octets, file.len);
	int free_before = dup(STDIN_FILENO);
	close(free_before);
	for (size_t n = 0; n < 2; n++) {
		allocatable = n;
		assert_null(capture_open(path, &failure));
		allocatable = SIZE_MAX;
		assert_non_null(strstr(failure.text, " cannot be opened: Cannot allocate memory"));
	}
	int free_after = dup(STDIN_FILENO);
	close(free_after);
	assert_int_equal(free_after, free_before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_is_read_back),
		cmocka_unit_test(every_format_is_read_back_when_it_is_packed),
		cmocka_unit_test(an_archive_is_searched_for_captures),
		cmocka_unit_test(text_in_an_archive_is_a_capture_if_it_has_packets),
		cmocka_unit_test(a_bug_report_is_read_from_its_log_or_from_its_text),
		cmocka_unit_test(every_cut_is_reported),
		cmocka_unit_test(the_format_shows_the_system_of_the_host),
		cmocka_unit_test(damage_is_survived),
		cmocka_unit_test(a_file_that_is_no_capture_is_refused_with_a_reason),
		cmocka_unit_test(a_name_does_not_decide),
		cmocka_unit_test(files_and_pipes_are_read_alike),
		cmocka_unit_test(a_failing_read_is_reported),
		cmocka_unit_test(a_closed_capture_leaves_nothing_on_the_heap),
		cmocka_unit_test(all_memory_is_freed),
		cmocka_unit_test(a_lack_of_memory_is_reported),
	};
	return cmocka_run_group_tests_name("explain/capture/capture", tests, make_file,
					   remove_file);
}

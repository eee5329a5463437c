/* SPDX-License-Identifier: MIT */
#include "hci/realtek_image.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"

#define SIGNATURE 8
#define HEADER	  14 /* of a file of patches */
#define ENTRY	  8  /* of one patch, in the tables behind the header */
#define SECTIONS  20 /* the header of a file of sections */
#define SECTION	  8  /* the header of a section; then the count of its parts */
#define PART	  8  /* the header of a part */
#define TAIL	  7  /* the signature of the end, and the shortest instruction */
#define CONFIG	  6  /* the header of a config file */

static const uint8_t patches_begin[SIGNATURE] = {'R', 'e', 'a', 'l', 't', 'e', 'c', 'h'};
static const uint8_t sections_begin[SIGNATURE] = {'R', 'T', 'B', 'T', 'C', 'o', 'r', 'e'};
static const uint8_t file_end[4] = {0x51, 0x04, 0xfd, 0x77};
static const uint8_t config_begin[4] = {0x55, 0xab, 0x23, 0x87};

enum section { SECTION_SNIPPETS = 1, SECTION_DUMMY_HEADER = 2, SECTION_SECURITY_HEADER = 3 };

/* The chips by project, with the LMP subversion of their ROM. */
static const struct {
	uint8_t project;
	uint16_t lmp_subversion;
} projects[] = {
	{0, 0x1200},  {1, 0x8723},  {2, 0x8821},  {3, 0x8761},	{7, 0x8703},  {8, 0x8822},
	{9, 0x8723},  {10, 0x8821}, {13, 0x8822}, {14, 0x8761}, {18, 0x8852}, {20, 0x8852},
	{25, 0x8852}, {36, 0x8851}, {44, 0x8922}, {47, 0x8852}, {51, 0x8761},
};

static int refuse(struct hci_realtek_fault *fault, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(struct hci_realtek_fault *fault, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(fault->text, sizeof(fault->text), format, arguments);
	va_end(arguments);
	return -1;
}

static int cut(struct hci_realtek_fault *fault)
{
	return refuse(fault, "it is cut or damaged");
}

/* Octets that are read from the front. */
struct rest {
	const uint8_t *data;
	size_t len;
};

/* The next octets, NULL: there are fewer. */
static const uint8_t *take(struct rest *rest, size_t len)
{
	const uint8_t *p = rest->data;

	if (len > rest->len)
		return NULL;
	rest->data += len;
	rest->len -= len;
	return p;
}

static bool begins(const struct hci_realtek_files *f, const uint8_t signature[SIGNATURE])
{
	return f->firmware_len >= SIGNATURE && bytes_equal(f->firmware, signature, SIGNATURE);
}

bool hci_realtek_needs_key(const struct hci_realtek_files *files)
{
	return begins(files, sections_begin);
}

/* ---- Which chip the file is for ---------------------------------------------------------------
 */

/* The project, or -1: the end has none. first: the first octet behind the header. */
static int find_project(const struct hci_realtek_files *f, size_t first)
{
	const uint8_t *p = f->firmware;
	size_t at = f->firmware_len - sizeof(file_end);

	while (at >= first + 3 && p[at - 1] != 0xff) {
		size_t len = p[at - 2];
		if (p[at - 1] == 0 && len == 1)
			return p[at - 3];
		if (len == 0 || len > at - 2 - first)
			return -1;
		at -= 2 + len;
	}
	return -1;
}

static int check_project(const struct hci_realtek_files *f, size_t first,
			 const struct hci_realtek_chip *chip, struct hci_realtek_fault *fault)
{
	int project;

	if (f->firmware_len < first + TAIL ||
	    !bytes_equal(f->firmware + f->firmware_len - sizeof(file_end), file_end,
			 sizeof(file_end)))
		return cut(fault);
	project = find_project(f, first);
	if (project < 0)
		return cut(fault);
	for (size_t i = 0; i < sizeof(projects) / sizeof(projects[0]); i++) {
		if (projects[i].project != project)
			continue;
		if (projects[i].lmp_subversion == chip->lmp_subversion)
			return 0;
		return refuse(
			fault,
			"it is for another chip (its LMP subversion is %04x, that of this one "
			"%04x)",
			projects[i].lmp_subversion, chip->lmp_subversion);
	}
	return refuse(fault, "it is for a chip that is not known here (project %d)", project);
}

static int no_patch(const struct hci_realtek_chip *chip, struct hci_realtek_fault *fault)
{
	return refuse(fault, "it has nothing for version %u of the chip's ROM", chip->rom_version);
}

/* ---- Pieces -----------------------------------------------------------------------------------
 */

/* Puts a piece before the one at that place. */
static int insert(struct hci_realtek_image *image, size_t at, const uint8_t *data, size_t len,
		  struct hci_realtek_fault *fault)
{
	if (len == 0)
		return 0;
	if (image->count == HCI_REALTEK_PIECES)
		return refuse(fault, "it has more than %d parts for this chip", HCI_REALTEK_PIECES);
	memmove(&image->pieces[at + 1], &image->pieces[at],
		(image->count - at) * sizeof(image->pieces[0]));
	image->pieces[at].data = data;
	image->pieces[at].len = len;
	image->count++;
	image->len += len;
	return 0;
}

static int append(struct hci_realtek_image *image, const uint8_t *data, size_t len,
		  struct hci_realtek_fault *fault)
{
	return insert(image, image->count, data, len, fault);
}

size_t hci_realtek_read(const struct hci_realtek_image *image, size_t at, uint8_t *to, size_t len)
{
	size_t done = 0;

	for (size_t i = 0; i < image->count && done < len; i++) {
		size_t here = image->pieces[i].len;
		if (at >= here) {
			at -= here;
			continue;
		}
		size_t part = here - at < len - done ? here - at : len - done;
		memcpy(to + done, image->pieces[i].data + at, part);
		done += part;
		at = 0;
	}
	return done;
}

/* ---- A file of patches ------------------------------------------------------------------------
 */

static int select_patch(const struct hci_realtek_files *f, const struct hci_realtek_chip *chip,
			struct hci_realtek_image *image, struct hci_realtek_fault *fault)
{
	const uint8_t *version = f->firmware + SIGNATURE, *chips = f->firmware + HEADER;
	size_t count = bytes_get_le16(f->firmware + HEADER - 2), i = 0;
	const uint8_t *lengths = chips + 2 * count, *offsets = lengths + 2 * count;

	if (count * ENTRY > f->firmware_len - HEADER - TAIL)
		return cut(fault);
	while (i < count && bytes_get_le16(chips + 2 * i) != chip->rom_version + 1)
		i++;
	if (i == count)
		return no_patch(chip, fault);
	size_t len = bytes_get_le16(lengths + 2 * i), offset = bytes_get_le32(offsets + 4 * i);
	if (len < 4 || offset < HEADER || offset > f->firmware_len ||
	    len > f->firmware_len - offset)
		return cut(fault);
	if (append(image, f->firmware + offset, len - 4, fault))
		return -1;
	return append(image, version, 4, fault);
}

/* ---- A file of sections -----------------------------------------------------------------------
 */

struct selection {
	const struct hci_realtek_chip *chip;
	struct hci_realtek_image *image;
	struct hci_realtek_fault *fault;
	uint8_t priorities[HCI_REALTEK_PIECES];
};

static int insert_by_priority(struct selection *s, uint8_t priority, const uint8_t *data,
			      size_t len)
{
	size_t at = 0;

	while (at < s->image->count && s->priorities[at] < priority)
		at++;
	if (len == 0)
		return 0;
	if (insert(s->image, at, data, len, s->fault))
		return -1;
	memmove(&s->priorities[at + 1], &s->priorities[at], s->image->count - 1 - at);
	s->priorities[at] = priority;
	return 0;
}

static bool is_for(const struct hci_realtek_chip *chip, uint32_t kind, const uint8_t *part)
{
	if (part[0] != chip->rom_version + 1)
		return false;
	return kind != SECTION_SECURITY_HEADER || (chip->key && part[2] == chip->key);
}

static int select_section(struct selection *s, uint32_t kind, struct rest section)
{
	const uint8_t *head = take(&section, 4), *part, *data;
	unsigned count = head ? bytes_get_le16(head) : 0;

	if (!head)
		return cut(s->fault);
	for (unsigned i = 0; i < count; i++) {
		part = take(&section, PART);
		size_t len = part ? bytes_get_le32(part + 4) : 0;
		data = take(&section, len);
		if (!part || !data)
			return cut(s->fault);
		if (is_for(s->chip, kind, part) && insert_by_priority(s, part[1], data, len))
			return -1;
	}
	return 0;
}

static int select_sections(const struct hci_realtek_files *f, const struct hci_realtek_chip *chip,
			   struct hci_realtek_image *image, struct hci_realtek_fault *fault)
{
	struct selection s = {.chip = chip, .image = image, .fault = fault};
	struct rest rest = {f->firmware + SECTIONS, f->firmware_len - SECTIONS - TAIL};
	uint32_t count = bytes_get_le32(f->firmware + SECTIONS - 4);

	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *head = take(&rest, SECTION);
		struct rest section = {NULL, head ? bytes_get_le32(head + 4) : 0};
		section.data = take(&rest, section.len);
		if (!head || !section.data)
			return cut(fault);
		uint32_t kind = bytes_get_le32(head);
		if (kind >= SECTION_SNIPPETS && kind <= SECTION_SECURITY_HEADER &&
		    select_section(&s, kind, section))
			return -1;
	}
	return image->len ? 0 : no_patch(chip, fault);
}

/* ---- All --------------------------------------------------------------------------------------
 */

/* A chip with a key takes only what is signed with it, which a config file is not. */
static int add_config(const struct hci_realtek_files *f, const struct hci_realtek_chip *chip,
		      struct hci_realtek_image *image, struct hci_realtek_fault *fault)
{
	if (f->config_len == 0 || chip->key)
		return 0;
	fault->config = true;
	if (f->config_len < CONFIG || !bytes_equal(f->config, config_begin, sizeof(config_begin)))
		return refuse(fault, "it is not a config file of Realtek (it does not begin with "
				     "55 ab 23 87)");
	if (bytes_get_le16(f->config + 4) > f->config_len - CONFIG)
		return cut(fault);
	return append(image, f->config, f->config_len, fault);
}

int hci_realtek_select(const struct hci_realtek_files *f, const struct hci_realtek_chip *chip,
		       struct hci_realtek_image *image, struct hci_realtek_fault *fault)
{
	const bool patches = begins(f, patches_begin);

	memset(image, 0, sizeof(*image));
	memset(fault, 0, sizeof(*fault));
	if (!patches && !begins(f, sections_begin))
		return refuse(fault, "it is not a firmware file of Realtek (it begins with neither "
				     "\"Realtech\" nor \"RTBTCore\")");
	if (check_project(f, patches ? HEADER : SECTIONS, chip, fault))
		return -1;
	if (patches ? select_patch(f, chip, image, fault) : select_sections(f, chip, image, fault))
		return -1;
	return add_config(f, chip, image, fault);
}

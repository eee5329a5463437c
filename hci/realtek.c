/* SPDX-License-Identifier: MIT */
#include "hci/realtek.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "hci/error.h"

#define LAST	0x80 /* of a fragment's number */
#define NUMBERS 127  /* numbers that repeat, 1 to 127; 0 is only of the first fragment */

static enum hci_realtek_state fail(struct hci_realtek *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static enum hci_realtek_state fail(struct hci_realtek *r, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(r->failure, sizeof(r->failure), format, arguments);
	va_end(arguments);
	r->state = HCI_REALTEK_FAILED;
	return r->state;
}

/* ---- Commands ---------------------------------------------------------------------------------
 */

/* Where the chip has its key: the kind of access, and the address. Linux before 6.12.62 and 6.19
 * read another one. */
static const uint8_t key_register[] = {0x10, 0xa4, 0xad, 0x00, 0xb0};

static size_t build_nothing(const struct hci_realtek *r, uint8_t *p)
{
	(void)r;
	(void)p;
	return 0;
}

static size_t build_register(const struct hci_realtek *r, uint8_t *p)
{
	(void)r;
	memcpy(p, key_register, sizeof(key_register));
	return sizeof(key_register);
}

static size_t build_fragment(const struct hci_realtek *r, uint8_t *p)
{
	size_t n = r->fragment;

	p[0] = (uint8_t)(n ? (n - 1) % NUMBERS + 1 : 0);
	if (n + 1 == r->fragments)
		p[0] |= LAST;
	return 1 +
	       hci_realtek_read(&r->image, n * HCI_REALTEK_FRAGMENT, p + 1, HCI_REALTEK_FRAGMENT);
}

/* ---- Answers: p is behind the status, its length was checked ----------------------------------
 */

static enum hci_realtek_state select_image(struct hci_realtek *r)
{
	if (hci_realtek_select(&r->files, &r->chip, &r->image, &r->fault)) {
		r->state = HCI_REALTEK_FAILED;
		return r->state;
	}
	r->fragments = r->image.len / HCI_REALTEK_FRAGMENT + 1;
	return HCI_REALTEK_FRAGMENTS;
}

static enum hci_realtek_state take_rom_version(struct hci_realtek *r, const uint8_t *p)
{
	r->chip.rom_version = p[0];
	return hci_realtek_needs_key(&r->files) ? HCI_REALTEK_KEY : select_image(r);
}

static enum hci_realtek_state take_key(struct hci_realtek *r, const uint8_t *p)
{
	r->chip.key = p[0];
	return select_image(r);
}

/* The number comes back; the kernel does not look at it either. */
static enum hci_realtek_state take_fragment(struct hci_realtek *r, const uint8_t *p)
{
	(void)p;
	return ++r->fragment < r->fragments ? HCI_REALTEK_FRAGMENTS : HCI_REALTEK_VERSION;
}

static enum hci_realtek_state take_version(struct hci_realtek *r, const uint8_t *p)
{
	const struct hci_maker *maker;

	r->identity.hci_version = p[0];
	r->identity.hci_revision = bytes_get_le16(p + 1);
	r->identity.manufacturer = bytes_get_le16(p + 4);
	r->identity.lmp_subversion = bytes_get_le16(p + 6);
	maker = hci_maker_find(&r->identity);
	if (maker && maker->readiness == HCI_NO_FIRMWARE)
		return fail(
			r, "it took all %zu fragments of the firmware, and still runs from its ROM",
			r->fragments);
	return HCI_REALTEK_DONE;
}

/* ---- The table --------------------------------------------------------------------------------
 */

/* clang-format off */
static const struct {
	uint16_t opcode;
	size_t (*build)(const struct hci_realtek *r, uint8_t *p);
	enum hci_realtek_state (*take)(struct hci_realtek *r, const uint8_t *p);
} steps[] = {
	[HCI_REALTEK_ROM_VERSION] = {HCI_REALTEK_READ_ROM_VERSION, build_nothing,  take_rom_version},
	[HCI_REALTEK_KEY]         = {HCI_REALTEK_READ_REGISTER,    build_register, take_key},
	[HCI_REALTEK_FRAGMENTS]   = {HCI_REALTEK_DOWNLOAD,         build_fragment, take_fragment},
	[HCI_REALTEK_VERSION]     = {HCI_READ_LOCAL_VERSION,       build_nothing,  take_version},
};
/* clang-format on */

static void send(struct hci_realtek *r, struct hci_host *host)
{
	uint8_t parameters[1 + HCI_REALTEK_FRAGMENT] = {0};
	size_t len = steps[r->state].build(r, parameters);

	(void)hci_host_command(host, steps[r->state].opcode, parameters, len);
}

/* "fragment 3 of 120", or the name of the command. */
static void name_step(const struct hci_realtek *r, char text[48])
{
	if (r->state == HCI_REALTEK_FRAGMENTS)
		(void)snprintf(text, 48, "fragment %zu of %zu", r->fragment + 1, r->fragments);
	else
		(void)snprintf(text, 48, "%s", hci_command_name(steps[r->state].opcode));
}

void hci_realtek_start(struct hci_realtek *r, struct hci_host *host,
		       const struct hci_identity *identity, const struct hci_realtek_files *files)
{
	memset(r, 0, sizeof(*r));
	r->identity = *identity;
	r->files = *files;
	r->chip.lmp_subversion = identity->lmp_subversion;
	send(r, host);
}

enum hci_realtek_state hci_realtek_input(struct hci_realtek *r, struct hci_host *host,
					 const struct hci_input *input)
{
	char step[48];

	if (r->state >= HCI_REALTEK_DONE || input->kind != HCI_IN_COMMAND ||
	    input->opcode != steps[r->state].opcode)
		return r->state;
	name_step(r, step);
	if (input->status != HCI_SUCCESS)
		return fail(r, "it refused %s (%s)", step, hci_error_name(input->status));
	if (input->status_only || input->len + 1 < hci_command_format(input->opcode)->returned)
		return fail(r, "its answer to %s is too short", step);
	r->state = steps[r->state].take(r, input->data);
	if (r->state < HCI_REALTEK_DONE)
		send(r, host);
	return r->state;
}

void hci_realtek_overdue(struct hci_realtek *r, const char *note)
{
	char step[48];

	if (r->state >= HCI_REALTEK_DONE)
		return;
	name_step(r, step);
	(void)fail(r, "%s: %s", step, note);
}

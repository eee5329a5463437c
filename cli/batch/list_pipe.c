/* SPDX-License-Identifier: MIT */
/* Each unit is its flags, then all members in a fixed size, then its texts. */
#define _GNU_SOURCE
#include "batch/list_pipe.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/bytes.h"

/* The longest text of a field; label, name and slot have lower limits of their own. */
#define TEXT_MAX (UUID_TEXT + 3 + 2 * ACCEPTANCE_VALUE + 8)

enum {
	HAS_ADDRESS = 1,
	TYPED = 2,
	HAS_SERVICE = 4,
	HAS_MANUFACTURER = 8,
	HAS_RSSI = 16,
	HAS_PASSKEY = 32,
	HAS_OOB_TK = 64,
	HAS_OOB_PEER = 128,
	FLAGS_ALL = 255,
};

/* ---- Sending --------------------------------------------------------------------------------- */

static unsigned flags_of(const struct batch_unit_spec *s)
{
	return (s->has_address ? HAS_ADDRESS : 0U) | (s->typed ? TYPED : 0U) |
	       (s->has_service ? HAS_SERVICE : 0U) | (s->has_manufacturer ? HAS_MANUFACTURER : 0U) |
	       (s->has_rssi ? HAS_RSSI : 0U) | (s->has_passkey ? HAS_PASSKEY : 0U) |
	       (s->oob && s->oob->has_tk ? HAS_OOB_TK : 0U) |
	       (s->oob && s->oob->has_peer ? HAS_OOB_PEER : 0U);
}

static void put_number(FILE *out, uint32_t number)
{
	uint8_t octets[4];

	bytes_put_le32(octets, number);
	(void)fwrite(octets, sizeof(octets), 1, out);
	bytes_wipe(octets, sizeof(octets)); /* a passkey */
}

/* The length with the zero, and the text without it; 0: there is no text. */
static void put_text(FILE *out, const char *text)
{
	const size_t len = text ? strlen(text) : 0;

	put_number(out, text ? (uint32_t)len + 1 : 0);
	(void)fwrite(text ? text : "", 1, len, out);
}

static void put_spec(FILE *out, const struct batch_unit_spec *s)
{
	const uint8_t small[] = {s->address.type, (uint8_t)s->rssi, s->manufacturer_len,
				 s->level,	  s->method,	    s->confirm};

	put_number(out, flags_of(s));
	put_number(out, s->line);
	put_number(out, s->company);
	put_number(out, s->passkey);
	(void)fwrite(small, sizeof(small), 1, out);
	(void)fwrite(s->address.octets, sizeof(s->address.octets), 1, out);
	(void)fwrite(s->service, sizeof(s->service), 1, out);
	(void)fwrite(s->manufacturer, sizeof(s->manufacturer), 1, out);
	if (flags_of(s) & (HAS_OOB_TK | HAS_OOB_PEER)) {
		(void)fwrite(s->oob->tk, 16, 1, out);
		(void)fwrite(s->oob->peer_confirm, 16, 1, out);
		(void)fwrite(s->oob->peer_random, 16, 1, out);
	}
	put_text(out, s->name);
	put_text(out, s->label);
	put_text(out, s->slot);
	put_number(out, s->expect_count);
	for (size_t i = 0; i < s->expect_count; i++)
		put_text(out, s->expects[i]);
}

int batch_list_send(const struct batch_list *list, FILE *out)
{
	put_number(out, (uint32_t)list->count);
	for (size_t i = 0; i < list->count; i++)
		put_spec(out, &list->specs[i]);
	return ferror(out) ? -1 : 0;
}

/* ---- Receiving ------------------------------------------------------------------------------- */

static bool get(FILE *in, void *octets, size_t len)
{
	return fread(octets, len, 1, in) == 1;
}

static bool get_number(FILE *in, uint32_t most, uint32_t *number)
{
	uint8_t octets[4];
	bool got = get(in, octets, sizeof(octets));

	*number = got ? bytes_get_le32(octets) : 0;
	bytes_wipe(octets, sizeof(octets));
	return got && *number <= most;
}

static bool get_text(FILE *in, char **text)
{
	uint32_t size;

	if (!get_number(in, TEXT_MAX + 1, &size))
		return false;
	if (!size)
		return true;
	*text = calloc(1, size);
	return *text && (size == 1 || get(in, *text, size - 1)) && strlen(*text) == size - 1 &&
	       text_is_utf8(*text, size - 1);
}

static bool get_oob(FILE *in, uint32_t flags, struct batch_unit_spec *s)
{
	if (!(flags & (HAS_OOB_TK | HAS_OOB_PEER)))
		return true;
	s->oob = calloc(1, sizeof(*s->oob));
	if (!s->oob)
		return false;
	s->oob->has_tk = flags & HAS_OOB_TK;
	s->oob->has_peer = flags & HAS_OOB_PEER;
	return get(in, s->oob->tk, 16) && get(in, s->oob->peer_confirm, 16) &&
	       get(in, s->oob->peer_random, 16);
}

static bool get_small(FILE *in, struct batch_unit_spec *s)
{
	uint8_t small[6];

	if (!get(in, small, sizeof(small)))
		return false;
	s->address.type = small[0];
	s->rssi = (int8_t)small[1];
	s->manufacturer_len = small[2];
	s->level = small[3];
	s->method = small[4];
	s->confirm = small[5];
	return s->address.type <= 1 && s->manufacturer_len <= BATCH_MANUFACTURER_MAX &&
	       s->level <= 4 && s->method <= SMP_OOB && s->confirm <= CONFIRM_NO;
}

static bool get_expects(FILE *in, struct batch_unit_spec *s)
{
	uint32_t count;
	bool good = get_number(in, ACCEPTANCE_OF_ROW, &count);

	while (good && s->expect_count < count) {
		char *text = NULL;
		good = get_text(in, &text) && text && !batch_spec_expect(s, text);
		if (text)
			bytes_wipe(text, strlen(text));
		free(text);
	}
	return good;
}

static bool get_spec(FILE *in, struct batch_unit_spec *s)
{
	uint32_t flags, company;
	struct failure failure;

	if (!get_number(in, FLAGS_ALL, &flags) || !get_number(in, UINT32_MAX, &s->line) ||
	    !get_number(in, UINT16_MAX, &company) || !get_number(in, 999999, &s->passkey))
		return false;
	s->company = (uint16_t)company;
	s->has_address = flags & HAS_ADDRESS;
	s->typed = flags & TYPED;
	s->has_service = flags & HAS_SERVICE;
	s->has_manufacturer = flags & HAS_MANUFACTURER;
	s->has_rssi = flags & HAS_RSSI;
	s->has_passkey = flags & HAS_PASSKEY;
	return get_small(in, s) && get(in, s->address.octets, sizeof(s->address.octets)) &&
	       get(in, s->service, sizeof(s->service)) &&
	       get(in, s->manufacturer, sizeof(s->manufacturer)) && get_oob(in, flags, s) &&
	       get_text(in, &s->name) && get_text(in, &s->label) && get_text(in, &s->slot) &&
	       get_expects(in, s) && batch_unit_spec_check(s, "", &failure) == 0;
}

int batch_list_receive(struct batch_list *list, FILE *in)
{
	uint32_t count;

	*list = (struct batch_list){NULL, 0, 0};
	if (!get_number(in, UINT32_MAX, &count))
		return -1;
	list->specs = calloc(count ? count : 1, sizeof(*list->specs));
	if (!list->specs)
		return -1;
	for (list->room = count; list->count < count;)
		if (!get_spec(in, &list->specs[list->count++]))
			return -1;
	return 0;
}

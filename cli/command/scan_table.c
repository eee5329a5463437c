/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "command/scan_table.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/address.h"
#include "base/hex.h"
#include "base/text.h"
#include "crypto/bytes.h"
#include "hci/bringup.h"

/* ---- Cells ----------------------------------------------------------------------------------- */

/* Columns of a character; -1: it is not printed as it is. */
static int columns_of(const struct scan_table *t, uint32_t code)
{
	int columns;

	if (text_is_control(code) || (t->ascii && code > 0x7e))
		return -1;
	columns = code < 0x7f ? 1 : wcwidth((wchar_t)code);
	return columns < 0 ? 1 : columns;
}

/* Prints what fits into so many columns. Returns the columns used. */
static unsigned put(FILE *out, const struct scan_table *t, unsigned most, const char *text)
{
	unsigned used = 0;

	while (*text) {
		uint32_t code;
		const size_t len = text_character(text, strnlen(text, 4), &code);
		const int columns = len ? columns_of(t, code) : -1;
		const unsigned wide = columns < 0 ? 1 : (unsigned)columns;
		if (used + wide > most)
			break;
		if (columns < 0)
			fputs(t->ascii ? "?" : "\xef\xbf\xbd", out);
		else
			(void)fwrite(text, 1, len, out);
		used += wide;
		text += len ? len : 1;
	}
	return used;
}

/* ---- Columns --------------------------------------------------------------------------------- */

/* "non-resolvable" is the longest type, "ff:..." the address. */
enum { ADDRESS = 17, TYPE = 14, RSSI = 4, SEEN = 5, NAME = 20, SAYS = 12 };

struct columns {
	bool type, rssi, seen, says;
	unsigned name; /* 0: none */
	unsigned rest; /* for what else it advertises */
};

static struct columns columns_of_table(const struct scan_table *t)
{
	struct columns c = {true, true, true, true, NAME, UINT32_MAX};
	const unsigned width = t->width ? t->width - 1 : 0;
	unsigned used = ADDRESS;

	if (!t->width)
		return c;
	c.rssi = width >= used + 1 + RSSI + 1 + 8;
	used += c.rssi ? 1 + RSSI : 0;
	c.seen = c.rssi && width >= used + 1 + SEEN + 1 + 8;
	used += c.seen ? 1 + SEEN : 0;
	c.type = c.seen && width >= used + 1 + TYPE + 1 + NAME;
	used += c.type ? 1 + TYPE : 0;
	const unsigned left = width > used + 1 ? width - used - 1 : 0;
	c.says = left >= 16 + 1 + SAYS;
	c.name = !c.says ? left : left >= NAME + 1 + 2 * SAYS ? NAME : 16;
	c.rest = c.says ? left - c.name - 1 : 0;
	return c;
}

static unsigned put_line(FILE *out, const struct scan_table *t, const char *address,
			 const char *type, const char *rssi, const char *seen, const char *name,
			 const char *says, const char *paint)
{
	const struct columns c = columns_of_table(t);
	const unsigned most = t->width ? t->width - 1 : UINT32_MAX;
	unsigned used = put(out, t, most, address), named;

	used += c.type ? (unsigned)fprintf(out, " %-*s", TYPE, type) : 0;
	used += c.rssi ? (unsigned)fprintf(out, " %*s", RSSI, rssi) : 0;
	used += c.seen ? (unsigned)fprintf(out, " %*s", SEEN, seen) : 0;
	if (c.name && (*name || (c.says && *says))) {
		fprintf(out, " %s", t->color ? paint : "");
		named = put(out, t, t->width ? c.name : UINT32_MAX, name);
		fputs(t->color && *paint ? "\033[0m" : "", out);
		used += 1 + named;
		if (c.says && *says) {
			used += (unsigned)fprintf(
				out, "%*s", (int)(named < c.name ? c.name - named : 0) + 1, "");
			used += put(out, t, c.rest, says);
		}
	}
	fputs("\n", out);
	return used;
}

/* ---- Devices --------------------------------------------------------------------------------- */

static const char *type_of(const struct crypto_address *a)
{
	if (a->type == ADDRESS_PUBLIC)
		return "public";
	if (address_is_static(a))
		return "static";
	return address_is_resolvable(a) ? "resolvable" : "non-resolvable";
}

/* As one usually writes it: four or eight digits of one that is based on the Base UUID. */
static void put_service(FILE *out, const uint8_t uuid[16])
{
	/* Core Vol 3 Part B 2.5.1, in wire order. */
	static const uint8_t base[12] = {0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10, 0, 0};
	char text[33];

	(void)hex_format(uuid, 16, text);
	if (!bytes_equal(uuid, base, sizeof(base)))
		fprintf(out, "%.8s-%.4s-%.4s-%.4s-%.12s", text, text + 8, text + 12, text + 16,
			text + 20);
	else
		fprintf(out, "%.*s", uuid[14] || uuid[15] ? 8 : 4,
			text + (uuid[14] || uuid[15] ? 0 : 4));
}

static void put_says(FILE *out, const struct heard_device *d)
{
	const char *comma = "";

	for (size_t i = 0; i < d->service_count; i++) {
		fputs(i ? " " : "", out);
		put_service(out, d->services[i]);
		comma = ", ";
	}
	if (d->manufacturer_len) {
		uint16_t id = bytes_get_le16(d->manufacturer);
		const char *name = hci_company_name(id);
		fprintf(out, "%s%s 0x%04x", comma, name ? name : "company", id);
		comma = ", ";
	}
	if (!d->connectable) {
		fprintf(out, "%snot connectable", comma);
		comma = ", ";
	}
	if (d->directed) {
		fprintf(out, "%sdirected to %s", comma,
			d->target != OWN_TARGET_ANOTHER ? "us" : "another device");
		comma = ", ";
	}
	if (d->phys == hci_phy_set(HCI_PHY_CODED))
		fprintf(out, "%son LE Coded", comma);
}

unsigned scan_table_head(FILE *out, const struct scan_table *t)
{
	return put_line(out, t, "ADDRESS          ", "TYPE", "RSSI", "SEEN", "NAME", "ADVERTISES",
			"");
}

unsigned scan_table_row(FILE *out, const struct scan_table *t, const struct heard_device *d)
{
	char address[ADDRESS_TEXT], rssi[8] = "-", seen[24], *says = NULL;
	size_t len;
	FILE *text = open_memstream(&says, &len);

	if (!text)
		return 0;
	put_says(text, d);
	(void)fclose(text);
	if (d->rssi != 127)
		(void)snprintf(rssi, sizeof(rssi), "%d", d->rssi);
	(void)snprintf(seen, sizeof(seen), "%lu", d->seen);
	const unsigned columns =
		put_line(out, t, address_format(&d->address, address), type_of(&d->address), rssi,
			 seen, d->name, says, *d->name ? "\033[1m" : "");
	free(says);
	return columns;
}

static unsigned put_end(FILE *out, const struct scan_table *t, size_t count, size_t shown,
			double left)
{
	char text[100];
	int used = snprintf(text, sizeof(text), "%zu device%s", count, text_s(count));

	if (shown < count)
		used += snprintf(text + used, sizeof(text) - (size_t)used, ", %zu not shown",
				 count - shown);
	if (left >= 0)
		(void)snprintf(text + used, sizeof(text) - (size_t)used, ", %.0f s left", left);
	else
		(void)snprintf(text + used, sizeof(text) - (size_t)used, "; Ctrl-C ends the scan");
	const unsigned columns = put(out, t, t->width - 1, text);
	fputs("\n", out);
	return columns;
}

void scan_table_live(FILE *out, const struct scan_table *t, unsigned height,
		     const struct heard_device *const *devices, size_t count, double left,
		     struct batch_view_drawn *drawn)
{
	const unsigned lines = height < BATCH_VIEW_LINES ? height : BATCH_VIEW_LINES;
	/* The head, the last line, and the line of the cursor. */
	const size_t room = lines > 3 ? lines - 3 : 0, shown = count < room ? count : room;

	drawn->lines = 0;
	if (height < 2 || t->width < 2)
		return;
	if (height > 2)
		drawn->columns[drawn->lines++] = scan_table_head(out, t);
	for (size_t i = 0; i < shown; i++)
		drawn->columns[drawn->lines++] = scan_table_row(out, t, devices[i]);
	drawn->columns[drawn->lines++] = put_end(out, t, count, shown, left);
}

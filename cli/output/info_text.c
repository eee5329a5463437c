/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "output/info_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/words.h"

/* A field of the event; "", 0 or false if it is absent. */
static const char *str(const json_t *e, const char *name)
{
	const char *text = json_string_value(json_object_get(e, name));
	return text ? text : "";
}

static int num(const json_t *e, const char *name)
{
	return (int)json_number_value(json_object_get(e, name));
}

static bool is(const json_t *e, const char *name)
{
	return json_is_true(json_object_get(e, name));
}

static const char *address(const json_t *e, const char *name)
{
	return str(json_object_get(e, name), "address");
}

/* ---- Values: each prints nothing if there is nothing to say ---------------------------------- */

static void put_ready(FILE *out, const json_t *e)
{
	const char *readiness = str(e, "readiness");

	fprintf(out, "%s",
		strcmp(readiness, "ready") == 0	    ? "yes"
		: strcmp(readiness, "limited") == 0 ? "with limits, see below"
		: *readiness			    ? "no: it has no firmware"
						    : "");
}

static void put_roles(FILE *out, const json_t *e)
{
	const bool central = strstr(str(e, "states"), "be central");
	const bool peripheral = strstr(str(e, "states"), "be peripheral");

	if (*str(e, "states"))
		fputs(central && peripheral ? "central (blepair ADDRESS) and peripheral (listen)"
		      : central		    ? "central only (blepair ADDRESS)"
		      : peripheral	    ? "peripheral only (listen)"
					    : "neither central nor peripheral",
		      out);
}

static void put_address(FILE *out, const json_t *e)
{
	const char *state = str(e, "address_state");

	if (is(e, "has_public_address"))
		fprintf(out, "%s, public, its own", address(e, "public_address"));
	else if (*str(e, "address_default_of"))
		fprintf(out,
			"%s, public, the default of %s, which others have too: a static random "
			"one is used",
			address(e, "public_address"), str(e, "address_default_of"));
	else if (*state)
		fprintf(out, "none of its own (%s): a static random one is used", state);
}

static void put_static(FILE *out, const json_t *e)
{
	if (*address(e, "static_address"))
		fprintf(out, "%s, random, made with the chip", address(e, "static_address"));
}

static void put_set_address(FILE *out, const json_t *e)
{
	const char *kept = str(e, "set_address");

	if (*kept && strcmp(kept, "no") != 0)
		fprintf(out, "possible by --set-address, %s", kept);
}

static void put_missing(FILE *out, const json_t *e)
{
	fputs(str(e, "missing_commands"), out);
}

static void put_version(FILE *out, const json_t *e)
{
	fprintf(out, "%s, %s", str(e, "version"), is(e, "dual_mode") ? "LE and BR/EDR" : "LE only");
}

static void put_phys(FILE *out, const json_t *e)
{
	fputs(str(e, "phys"), out);
}

static void put_features(FILE *out, const json_t *e)
{
	fputs(str(e, "le_features"), out);
}

static void put_advertising(FILE *out, const json_t *e)
{
	fputs(is(e, "extended_advertising") ? "legacy and extended" : "legacy only", out);
}

static void put_buffers(FILE *out, const json_t *e)
{
	if (num(e, "acl_count"))
		fprintf(out, "%d of %d octets%s", num(e, "acl_count"), num(e, "acl_length"),
			is(e, "shared_buffers") ? ", shared with BR/EDR" : "");
}

static void put_accept_list(FILE *out, const json_t *e)
{
	if (num(e, "accept_list_size"))
		fprintf(out, "%d addresses", num(e, "accept_list_size"));
}

static void put_manufacturer(FILE *out, const json_t *e)
{
	fprintf(out, "%s (company 0x%04x)", str(e, "manufacturer"), (unsigned)num(e, "company"));
}

static void put_maker(FILE *out, const json_t *e)
{
	const char *maker = str(e, "maker");

	if (strcmp(maker, "unknown") != 0 && strcmp(maker, str(e, "manufacturer")) != 0)
		fputs(maker, out);
}

static void put_known(FILE *out, const json_t *e)
{
	fputs(str(e, "known"), out);
}

static void put_firmware(FILE *out, const json_t *e)
{
	if (*str(e, "firmware"))
		fprintf(out, "/lib/firmware/%s", str(e, "firmware"));
}

static void put_revision(FILE *out, const json_t *e)
{
	fprintf(out, "HCI 0x%04x, LMP subversion 0x%04x", (unsigned)num(e, "revision"),
		(unsigned)num(e, "lmp_subversion"));
}

/* In their order; a row without a value is the name of a group. */
static const struct {
	const char *label;
	void (*put)(FILE *out, const json_t *e);
} rows[] = {
	{"Pairing", NULL},
	{"ready", put_ready},
	{"roles", put_roles},
	{"lacks commands", put_missing},
	{"address", put_address},
	{"static address", put_static},
	{"set address", put_set_address},
	{"Radio", NULL},
	{"Bluetooth", put_version},
	{"PHYs", put_phys},
	{"features", put_features},
	{"advertising", put_advertising},
	{"packet buffers", put_buffers},
	{"accept list", put_accept_list},
	{"Origin", NULL},
	{"manufacturer", put_manufacturer},
	{"chip", put_maker},
	{"known of it", put_known},
	{"firmware", put_firmware},
	{"revision", put_revision},
};

/* ---------------------------------------------------------------------------------------------- */

enum { LABEL = 14, VALUE = 2 + LABEL + 2 };

static void put_row(const char *label, const char *value, size_t len)
{
	struct words w = {.out = stdout,
			  .width = words_width(STDOUT_FILENO),
			  .indent = VALUE,
			  .column = VALUE,
			  .whole = true};

	printf("  %-*s  ", LABEL, label);
	if (w.width)
		words_put(&w, value, len);
	else
		fputs(value, stdout);
	putchar('\n');
}

void info_text_show(const struct event_output *r, json_t *e)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *value = NULL;
		size_t len;
		if (!rows[i].put) {
			printf("%s%s%s\n", r->color ? "\033[1m" : "", rows[i].label,
			       r->color ? "\033[0m" : "");
			continue;
		}
		FILE *out = open_memstream(&value, &len);
		if (!out)
			continue;
		rows[i].put(out, e);
		if (fclose(out) == 0 && len)
			put_row(rows[i].label, value, len);
		free(value);
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * What a unit has to show besides pairing: a list of attributes that are read or written, what is
 * expected of them, and which links they must be refused on. It is data; session/attributes.c does
 * it.
 */
#pragma once

#include "acceptance/uuid.h"
#include "base/failure.h"
#include "base/level.h"

#define ACCEPTANCE_ITEMS  16 /* of the command line and a profile, at most */
#define ACCEPTANCE_OF_ROW 8  /* more, of the row of a unit */

/* Octets of a value to expect or to write: one request carries it. */
#define ACCEPTANCE_VALUE (ATT_CLIENT_MTU - 3)

enum acceptance_action {
	ACCEPTANCE_READ,
	ACCEPTANCE_WRITE,
	ACCEPTANCE_LEVELS, /* reads LE GATT Security Levels (2BF5), and compares it if it exists */
};

enum acceptance_form {
	ACCEPTANCE_ANY,	    /* whatever the value is */
	ACCEPTANCE_OCTETS,  /* exactly .value */
	ACCEPTANCE_PATTERN, /* .value is a regular expression that matches all of it, see pattern.h
			     */
};

/* On which links an access must be refused. */
enum acceptance_refused {
	ACCEPTANCE_REFUSED_NEVER,
	ACCEPTANCE_REFUSED_OPEN,	  /* in clear */
	ACCEPTANCE_REFUSED_ENCRYPTED,	  /* and encrypted, without authentication */
	ACCEPTANCE_REFUSED_AUTHENTICATED, /* and authenticated by legacy pairing */
};

struct acceptance_item {
	struct att_uuid service; /* .len 0: any */
	struct att_uuid uuid;
	enum acceptance_action action;
	enum acceptance_form expects;
	enum acceptance_refused refused;
	enum security_level allowed; /* from this level on it must work */
	enum { ACCEPTANCE_SHOWN, ACCEPTANCE_SECRET } secrecy;
	const char *file; /* to read the value from, by acceptance_read_files(); or NULL */
	size_t len;	  /* of the value to write or to expect */
	uint8_t value[ACCEPTANCE_VALUE + 1];
};

struct acceptance {
	size_t count;
	struct acceptance_item items[ACCEPTANCE_ITEMS + ACCEPTANCE_OF_ROW + 1];
	const struct acceptance_item *trigger; /* one of items, whose refusal begins the pairing; or
						  NULL */
};

/*
 * Take an argument of --read, --write-value, --expect and --trigger: NULL, or what was expected. An
 * expectation joins a read of the same attribute.
 */
const char *acceptance_add_read(struct acceptance *acceptance, const char *uuid);
const char *acceptance_add_write(struct acceptance *acceptance, const char *argument);
const char *acceptance_add_expect(struct acceptance *acceptance, const char *argument);
const char *acceptance_set_trigger(struct acceptance *acceptance, const char *argument);

/*
 * What the row of a unit expects, "UUID=VALUE": VALUE is a text, or begins with text:, hex: or re:.
 * NULL, or what was expected. It replaces the expectation of all units for this attribute; its
 * secrecy and its levels stay. At most ACCEPTANCE_OF_ROW of them fit.
 */
const char *acceptance_set_row(struct acceptance *acceptance, const char *argument);

/* A copy, with a trigger of its own. from: or NULL, for an empty one. */
void acceptance_copy(struct acceptance *to, const struct acceptance *from);

/* Take "text:...", "hex:..." or "re:..." of an item: NULL, or what was expected. */
const char *acceptance_take_expectation(struct acceptance_item *item, const char *text);
const char *acceptance_take_value(struct acceptance_item *item, const char *text);

/* A pattern is whole and was checked: for an item that another process has made. */
bool acceptance_is_judgeable(const struct acceptance_item *item);

/* Adds ACCEPTANCE_LEVELS, if there is an item that must be refused. */
void acceptance_add_levels(struct acceptance *acceptance);

/*
 * The value of LE GATT Security Levels claims no level at which an item must be refused: at each
 * level of security mode 1 that it lists, all of GATT is allowed (Vol 3 Part C 12.7).
 */
bool acceptance_levels_agree(const struct acceptance *acceptance, const uint8_t *value, size_t len);

/*
 * Reads the files of the values to write, with the rights of the user. 0, or -1 with failure.
 */
int acceptance_read_files(struct acceptance *acceptance, struct failure *failure);

/* Whether a value is the expected one. */
bool acceptance_matches(const struct acceptance_item *item, const uint8_t *value, size_t len);

/* Whether an access must be refused, and whether it must work, on a link of that level. */
bool acceptance_must_refuse(const struct acceptance_item *item, enum security_level level);
bool acceptance_must_work(const struct acceptance_item *item, enum security_level level);

/* The name of the attribute with its UUID, "Serial Number (2A25)", or the UUID. Returns text. */
#define ACCEPTANCE_NAME 64
const char *acceptance_name(const struct acceptance_item *item, char text[ACCEPTANCE_NAME]);

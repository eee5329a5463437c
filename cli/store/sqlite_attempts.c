/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "store/sqlite.h"

enum statement { INSERT, MERGE, ALL, OF_PEER, OF_UNIT, OF_JOB };

/* %f: every field; %p: parameter N for field N - 1. */
static const char *const patterns[] = {
	[INSERT] = "INSERT INTO attempt (%f) VALUES (%p)",
	[MERGE] = "INSERT INTO attempt (%f) SELECT %p WHERE NOT EXISTS"
		  " (SELECT 1 FROM attempt WHERE time = ?1 AND +run IS ?2 AND +unit IS ?3"
		  " AND +peer IS ?5 AND +controller IS ?6 AND +result IS ?8)",
	[ALL] = "SELECT %f FROM (SELECT id AS place, * FROM attempt"
		" ORDER BY id DESC LIMIT ?1) ORDER BY place",
	[OF_PEER] = "SELECT %f FROM (SELECT id AS place, * FROM attempt"
		    " WHERE id IN (SELECT id FROM attempt WHERE peer IN (?2, ?3) UNION"
		    /* A unit that was never seen has no peer: its key may be the address. */
		    " SELECT id FROM attempt WHERE unit IN (?2, ?2 || '/public', ?2 || '/random',"
		    " ?3, ?3 || '/public', ?3 || '/random'))"
		    " AND (?4 IS NULL OR run = ?4) ORDER BY id DESC LIMIT ?1) ORDER BY place",
	[OF_UNIT] = "SELECT %f FROM (SELECT id AS place, * FROM attempt WHERE id IN"
		    " (SELECT id FROM attempt WHERE label = ?2 UNION"
		    " SELECT id FROM attempt WHERE unit = ?2)"
		    " ORDER BY id DESC LIMIT ?1) ORDER BY place",
	[OF_JOB] = "SELECT %f FROM (SELECT id AS place, * FROM attempt"
		   " WHERE run = ?2 ORDER BY id DESC LIMIT ?1) ORDER BY place",
};

/* A field that no attempt has in a store that an older version made and that cannot be upgraded. */
static const char *field_of(size_t field, int version)
{
	static const struct {
		const char *name;
		int since;
	} columns[] = {{"slot", 4}, {"verdict", 5}, {"attributes", 6}};
	const char *name = attempt_field(field);

	for (size_t i = 0; name && i < sizeof(columns) / sizeof(columns[0]); i++)
		if (columns[i].since > version && strcmp(name, columns[i].name) == 0)
			return "NULL";
	return name;
}

static const char *field_of_3(size_t field)
{
	return field_of(field, 3);
}

static const char *field_of_4(size_t field)
{
	return field_of(field, 4);
}

static const char *field_of_5(size_t field)
{
	return field_of(field, 5);
}

static sqlite3_stmt *prepare(const struct sqlite *db, enum statement which, struct failure *failure)
{
	static const char *(*const fields[])(size_t field) = {field_of_3, field_of_4, field_of_5,
							      attempt_field};
	static char texts[4][sizeof(patterns) / sizeof(patterns[0])][SQL_ROOM];
	const int i = db->version < 4 ? 0 : db->version > 6 ? 3 : db->version - 3;

	return sqlite_prepare(db, sqlite_expand(texts[i][which], patterns[which], fields[i], 1),
			      failure);
}

static void bind_attempt(sqlite3_stmt *statement, const struct attempt *attempt)
{
	for (int i = 0; attempt_field((size_t)i); i++) {
		struct attempt_value value = attempt_get(attempt, (size_t)i);
		switch (value.type) {
		case ATTEMPT_TEXT:
			sqlite_bind_string(statement, i + 1, value.text);
			break;
		case ATTEMPT_INTEGER:
			(void)sqlite3_bind_int64(statement, i + 1, value.integer);
			break;
		case ATTEMPT_REAL:
			(void)sqlite3_bind_double(statement, i + 1, value.real);
			break;
		case ATTEMPT_ABSENT:
			break;
		}
	}
}

static int insert(const struct sqlite *db, enum statement which, const struct attempt *attempt,
		  struct failure *failure)
{
	sqlite3_stmt *statement = prepare(db, which, failure);

	if (!statement)
		return -1;
	bind_attempt(statement, attempt);
	return sqlite_finish(db, statement, failure);
}

int sqlite_attempt_add(const struct sqlite *db, const struct attempt *attempt,
		       struct failure *failure)
{
	return insert(db, INSERT, attempt, failure);
}

int sqlite_attempt_merge(const struct sqlite *db, const struct attempt *attempt,
			 struct failure *failure)
{
	return insert(db, MERGE, attempt, failure);
}

/* Reads the current row; its texts are valid until the next step. */
static int read_row(const struct sqlite *db, sqlite3_stmt *row, struct attempt *attempt,
		    struct failure *failure)
{
	const char *expected = NULL;

	attempt_clear(attempt);
	for (int i = 0; !expected && attempt_field((size_t)i); i++) {
		struct attempt_value value = {.type = ATTEMPT_ABSENT};
		switch (sqlite3_column_type(row, i)) {
		case SQLITE_INTEGER:
			value.type = ATTEMPT_INTEGER;
			value.integer = sqlite3_column_int64(row, i);
			break;
		case SQLITE_FLOAT:
			value.type = ATTEMPT_REAL;
			value.real = sqlite3_column_double(row, i);
			break;
		case SQLITE_TEXT:
			value.type = ATTEMPT_TEXT;
			value.text = (const char *)sqlite3_column_text(row, i);
			break;
		default:
			break;
		}
		expected = attempt_set(attempt, (size_t)i, &value);
	}
	return expected ? sqlite_damaged(db, failure, "an attempt has an invalid value") : 0;
}

static sqlite3_stmt *select_attempts(const struct sqlite *db, const struct store_attempts *which,
				     struct failure *failure)
{
	enum statement by = which->peer ? OF_PEER : which->unit ? OF_UNIT : OF_JOB;
	const char *key = which->peer ? which->peer : which->unit ? which->unit : which->job;
	sqlite3_stmt *rows = prepare(db, key ? by : ALL, failure);

	if (!rows)
		return NULL;
	(void)sqlite3_bind_int64(rows, 1, which->last ? (int64_t)which->last : -1);
	if (key)
		sqlite_bind_string(rows, 2, key);
	if (which->peer) {
		sqlite_bind_string(rows, 3, which->or_peer);
		sqlite_bind_string(rows, 4, which->job);
	}
	return rows;
}

int sqlite_attempts_read(const struct sqlite *db, const struct store_attempts *which,
			 void (*each)(void *ctx, const struct attempt *attempt), void *ctx,
			 struct failure *failure)
{
	struct attempt attempt;
	int status;
	sqlite3_stmt *rows = select_attempts(db, which, failure);

	if (!rows)
		return -1;
	while ((status = sqlite_step(db, rows, failure)) == 1) {
		if ((status = read_row(db, rows, &attempt, failure)))
			break;
		each(ctx, &attempt);
	}
	sqlite_release(db, rows);
	return status;
}

/* Only the latest attempts with each address count: a peer may have any number of them. */
#define LABEL_OF(parameter)                                                     \
	"SELECT id FROM (SELECT id, label FROM attempt WHERE peer = " parameter \
	" ORDER BY id DESC LIMIT 20) WHERE label IS NOT NULL"

int sqlite_attempts_label(const struct sqlite *db, const struct crypto_address *peer,
			  const struct bond_record *bond, char label[STORE_LABEL],
			  struct failure *failure)
{
	const struct crypto_address *const addresses[] = {peer, bond ? &bond->peer : NULL,
							  bond ? bond_identity(bond) : NULL};
	char text[ADDRESS_TEXT];
	sqlite3_stmt *rows = sqlite_prepare(
		db,
		"SELECT label FROM attempt WHERE id = (SELECT max(id) FROM (" LABEL_OF(
			"?1") " UNION ALL " LABEL_OF("?2") " UNION ALL " LABEL_OF("?3") "))",
		failure);
	int status;

	if (!rows)
		return -1;
	for (int i = 0; i < 3; i++)
		if (addresses[i])
			sqlite_bind_string(rows, i + 1, address_format(addresses[i], text));
	*label = '\0';
	status = sqlite_step(db, rows, failure);
	if (status == 1)
		(void)snprintf(label, STORE_LABEL, "%s",
			       (const char *)sqlite3_column_text(rows, 0));
	sqlite_release(db, rows);
	return status;
}

/* SPDX-License-Identifier: MIT */
/* Our identity addresses and their IRKs. */
#include <string.h>

#include "base/hex.h"
#include "crypto/bytes.h"
#include "store/sqlite.h"

/* Reads a row of address, irk, made. made is valid until the next step. */
static int read_row(const struct sqlite *db, sqlite3_stmt *row, struct contents_identity *identity,
		    struct failure *failure)
{
	const char *address = (const char *)sqlite3_column_text(row, 0);
	const char *irk = (const char *)sqlite3_column_text(row, 1);
	bool typed;

	identity->made = (const char *)sqlite3_column_text(row, 2);
	if (!address_parse(address, &identity->address, &typed))
		return sqlite_damaged(db, failure, "an identity without an address");
	if (!hex_parse(irk, identity->irk, sizeof(identity->irk)))
		return sqlite_damaged(db, failure, "an identity without a key");
	return 0;
}

int sqlite_identity_add(const struct sqlite *db, const struct contents_identity *identity,
			struct failure *failure)
{
	sqlite3_stmt *statement = sqlite_prepare(
		db, "INSERT OR IGNORE INTO identity (address, irk, made) VALUES (?1, ?2, ?3)",
		failure);

	if (!statement)
		return -1;
	sqlite_bind_address(statement, 1, &identity->address);
	sqlite_bind_irk(statement, 2, identity->irk);
	sqlite_bind_string(statement, 3, identity->made);
	return sqlite_finish(db, statement, failure);
}

int sqlite_identity_irk(const struct sqlite *db, const struct crypto_address *identity,
			uint8_t irk[16], struct failure *failure)
{
	struct contents_identity found;
	sqlite3_stmt *row = sqlite_prepare(
		db, "SELECT address, irk, made FROM identity WHERE address = ?1", failure);

	if (!row)
		return -1;
	sqlite_bind_address(row, 1, identity);
	int status = sqlite_step(db, row, failure);
	if (status == 1 && read_row(db, row, &found, failure))
		status = -1;
	if (status == 1)
		memcpy(irk, found.irk, sizeof(found.irk));
	sqlite_release(db, row);
	bytes_wipe(&found, sizeof(found));
	return status;
}

int sqlite_identity_static(const struct sqlite *db, size_t place, struct crypto_address *address,
			   struct failure *failure)
{
	struct contents_identity identity;
	bool found = false;
	int status;
	sqlite3_stmt *rows =
		sqlite_prepare(db, "SELECT address, irk, made FROM identity ORDER BY id", failure);

	if (!rows)
		return -1;
	while (!found && (status = sqlite_step(db, rows, failure)) == 1) {
		if ((status = read_row(db, rows, &identity, failure)))
			break;
		found = address_is_static(&identity.address) && place-- == 0;
	}
	sqlite_release(db, rows);
	if (found)
		*address = identity.address;
	bytes_wipe(&identity, sizeof(identity));
	return found ? 1 : status;
}

int sqlite_identities_read(const struct sqlite *db, const struct contents_reader *reader,
			   struct failure *failure)
{
	struct contents_identity identity;
	int status;
	sqlite3_stmt *rows =
		sqlite_prepare(db, "SELECT address, irk, made FROM identity ORDER BY id", failure);

	if (!rows)
		return -1;
	while ((status = sqlite_step(db, rows, failure)) == 1) {
		if ((status = read_row(db, rows, &identity, failure)))
			break;
		reader->identity(reader->ctx, &identity);
	}
	sqlite_release(db, rows);
	bytes_wipe(&identity, sizeof(identity));
	return status;
}

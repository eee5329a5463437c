/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/hex.h"
#include "crypto/bytes.h"
#include "transfer/bluez.h"
#include "transfer/ini.h"

/* ---- The files ------------------------------------------------------------------------------- */

struct ltk {
	bool present;
	uint8_t key[16];
	uint64_t type, size, ediv, rand;
};

struct key {
	bool present;
	uint8_t key[16];
};

struct file {
	uint8_t type; /* 1 + address type; 0: not in the file */
	struct ltk central, peripheral;
	struct key irk, local_csrk, remote_csrk, own_irk;
	const char *wrong; /* group and key of the first invalid value, or NULL */
};

enum kind { TYPE, NUMBER, KEY };

/* clang-format off */
static const struct row {
	const char *group, *name, *both;
	enum kind kind;
	size_t at; /* a KEY: a bool, then 16 octets */
} rows[] = {
#define ROW(group, name, kind, member) {group, name, group ": " name, kind, offsetof(struct file, member)}
#define ROWS_OF_LTK(group, member)                       \
	ROW(group, "Key", KEY, member),                  \
	ROW(group, "Authenticated", NUMBER, member.type), \
	ROW(group, "EncSize", NUMBER, member.size),      \
	ROW(group, "EDiv", NUMBER, member.ediv),         \
	ROW(group, "Rand", NUMBER, member.rand)
	ROW("General", "AddressType", TYPE, type),
	ROW("General", "IdentityResolvingKey", KEY, own_irk),
	ROWS_OF_LTK("LongTermKey", central),
	ROWS_OF_LTK("PeripheralLongTermKey", peripheral),
	ROWS_OF_LTK("SlaveLongTermKey", peripheral), /* before 5.66 */
	ROW("IdentityResolvingKey", "Key", KEY, irk),
	ROW("LocalSignatureKey", "Key", KEY, local_csrk),
	ROW("RemoteSignatureKey", "Key", KEY, remote_csrk),
};
/* clang-format on */

#define VALUE_ROOM 40 /* of the longest, a key with "0x" and the zero at its end */

static bool set(const struct row *row, struct file *file, const char *text)
{
	uint8_t *to = (uint8_t *)file + row->at, key[16];
	char *end;
	bool fine = true;

	switch (row->kind) {
	case TYPE:
		fine = strcmp(text, "public") == 0 || strcmp(text, "static") == 0;
		*to = 1 + (*text == 'p' ? ADDRESS_PUBLIC : ADDRESS_RANDOM);
		break;
	case NUMBER:
		fine = *text >= '0' && *text <= '9';
		errno = 0;
		*(uint64_t *)(void *)to = strtoull(text, &end, 10);
		fine = fine && !*end && !errno;
		break;
	case KEY:
		fine = hex_parse(strncmp(text, "0x", 2) ? text : text + 2, key, 16);
		*(bool *)to = true;
		bytes_reverse(to + 1, key, 16);
		bytes_wipe(key, sizeof(key));
		break;
	}
	return fine;
}

static bool is(struct ini_part part, const char *name)
{
	return part.len == strlen(name) && strncmp(name, part.at, part.len) == 0;
}

static void take(void *ctx, struct ini_part group, struct ini_part name, struct ini_part value)
{
	struct file *file = ctx;
	char text[VALUE_ROOM] = "";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		if (!is(group, row->group) || !is(name, row->name))
			continue;
		bool fits = value.len < sizeof(text);
		if (fits)
			memcpy(text, value.at, value.len);
		if ((!fits || !set(row, file, text)) && !file->wrong)
			file->wrong = row->both;
		bytes_wipe(text, sizeof(text));
	}
}

static int parse(const char *text, size_t len, struct file *file, struct failure *failure)
{
	memset(file, 0, sizeof(*file));
	size_t line = ini_read(text, len, take, file);
	if (line)
		return failure_set(failure, CLI_USAGE, "line %zu: expected [GROUP] or KEY=VALUE",
				   line);
	if (file->wrong)
		return failure_set(failure, CLI_USAGE, "%s has not the form that BlueZ gives it",
				   file->wrong);
	return 0;
}

/* ---- Meaning --------------------------------------------------------------------------------- */

static void put_key(bool *has, uint8_t to[16], const struct key *key)
{
	*has = key->present;
	memcpy(to, key->key, sizeof(key->key));
}

int bluez_read_identity(const char *directory, const char *text, size_t len, struct smp_keys *us,
			struct failure *failure)
{
	struct file file;
	bool typed;
	int status = parse(text, len, &file, failure);

	memset(us, 0, sizeof(*us));
	(void)address_parse(directory, &us->identity, &typed);
	us->identity.type = file.type ? file.type - 1 : ADDRESS_PUBLIC;
	put_key(&us->has_irk, us->irk, &file.own_irk);
	us->has_identity = us->has_irk;
	bytes_wipe(&file, sizeof(file));
	return status;
}

static bool is_secure(const struct ltk *ltk)
{
	return ltk->present && ltk->type >= 2;
}

/* NULL, or why there is no usable bond with these keys. */
static const char *check(const struct ltk *a, const struct ltk *b)
{
	if (!a->present)
		return "it has no long term key of Bluetooth LE";
	if (a->type > 3)
		return "it was made with the debug key, which is public";
	if (a->size < 7 || a->size > 16)
		return "its key has less than 7 or more than 16 octets";
	if (b->present && (a->type != b->type || a->size != b->size))
		return "its two keys are not of the same strength: pair again";
	if (a->ediv > UINT16_MAX || (b->present && b->ediv > UINT16_MAX))
		return "its EDiv is beyond 65535";
	return NULL;
}

/* Like the kernel, uses no octets beyond the size. */
static void put_ltk(struct smp_keys *keys, const struct ltk *ltk)
{
	keys->has_ltk = ltk->present;
	memcpy(keys->ltk, ltk->key, ltk->present ? (size_t)ltk->size : 0);
	keys->ediv = (uint16_t)ltk->ediv;
	bytes_put_le64(keys->rand, ltk->rand);
}

static void put_keys(struct smp_bond *bond, const struct file *file, const struct smp_keys *us,
		     const struct crypto_address *peer)
{
	bond->local = *us;
	bond->peer.has_identity = file->irk.present;
	if (file->irk.present)
		bond->peer.identity = *peer;
	put_key(&bond->peer.has_irk, bond->peer.irk, &file->irk);
	put_key(&bond->peer.has_csrk, bond->peer.csrk, &file->remote_csrk);
	put_key(&bond->local.has_csrk, bond->local.csrk, &file->local_csrk);
}

enum bluez_found bluez_read(const char *directory, const char *text, size_t len, const char *made,
			    const struct smp_keys *us, struct bond_record *r,
			    struct failure *failure)
{
	struct file file;
	enum bluez_found found = BLUEZ_NO_BOND;
	bool typed;

	memset(r, 0, sizeof(*r));
	if (parse(text, len, &file, failure)) {
		bytes_wipe(&file, sizeof(file));
		return BLUEZ_WRONG;
	}
	/* Secure Connections has one key, in either group; a legacy key beside it is older. */
	if (is_secure(&file.central))
		file.peripheral = file.central;
	else if (is_secure(&file.peripheral))
		file.central = file.peripheral;

	const struct ltk *ltk = file.central.present ? &file.central : &file.peripheral;
	const char *no =
		file.type ? check(ltk, &file.peripheral) : "it is no device of Bluetooth LE";
	if (no) {
		(void)failure_set(failure, CLI_USAGE, "%s", no);
	} else {
		found = BLUEZ_BOND;
		(void)snprintf(r->made, sizeof(r->made), "%s", made);
		r->central = file.central.present;
		r->local = us->identity;
		(void)address_parse(directory, &r->peer, &typed);
		r->peer.type = file.type - 1;
		r->bond.bonded = true;
		r->bond.secure_connections = ltk->type >= 2;
		r->bond.authenticated = ltk->type % 2;
		r->bond.key_size = (uint8_t)ltk->size;
		put_keys(&r->bond, &file, us, &r->peer);
		put_ltk(&r->bond.peer, &file.central);
		put_ltk(&r->bond.local, &file.peripheral);
	}
	bytes_wipe(&file, sizeof(file));
	return found;
}

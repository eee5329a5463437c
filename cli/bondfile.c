/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "cli/bondfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/address.h"
#include "cli/oob.h"
#include "cli/report.h"
#include "crypto/bytes.h"

static int fail(char error[BONDFILE_ERROR], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(char error[BONDFILE_ERROR], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(error, BONDFILE_ERROR, format, arguments);
	va_end(arguments);
	return BONDFILE_FAILED;
}

/* ---- Keys and addresses to and from JSON ----------------------------------------------------- */

json_t *bondfile_keys(const struct smp_keys *keys)
{
	json_t *json = json_object();
	uint8_t ediv[2];

	bytes_put_le16(ediv, keys->ediv);
	if (keys->has_ltk) {
		(void)json_object_set_new(json, "ltk", report_hex(keys->ltk, 16));
		(void)json_object_set_new(json, "ediv", report_hex(ediv, 2));
		(void)json_object_set_new(json, "rand", report_hex(keys->rand, 8));
	}
	if (keys->has_irk)
		(void)json_object_set_new(json, "irk", report_hex(keys->irk, 16));
	if (keys->has_identity)
		(void)json_object_set_new(json, "identity", report_address(&keys->identity));
	if (keys->has_csrk)
		(void)json_object_set_new(json, "csrk", report_hex(keys->csrk, 16));
	return json;
}

/* A value that must be hexadecimal when it is there; *there tells. */
static bool get_hex(const json_t *json, const char *name, uint8_t *out, size_t len, bool *there)
{
	const json_t *value = json_object_get(json, name);

	*there = value != NULL;
	return !value || (json_is_string(value) && oob_hex(json_string_value(value), out, len));
}

static bool get_address(const json_t *json, struct crypto_address *address)
{
	const char *text = json_string_value(json_object_get(json, "address"));
	const char *type = json_string_value(json_object_get(json, "type"));
	bool typed;

	if (!text || !type || !address_parse(text, address, &typed) || typed)
		return false;
	address->type = strcmp(type, "random") == 0;
	return address->type || strcmp(type, "public") == 0;
}

static bool get_keys(const json_t *json, struct smp_keys *keys)
{
	uint8_t ediv[2] = {0};
	bool has_ediv, has_rand;
	const json_t *identity = json_object_get(json, "identity");

	memset(keys, 0, sizeof(*keys));
	keys->has_identity = identity != NULL;
	bool right = json_is_object(json) && get_hex(json, "ltk", keys->ltk, 16, &keys->has_ltk) &&
		     get_hex(json, "ediv", ediv, 2, &has_ediv) &&
		     get_hex(json, "rand", keys->rand, 8, &has_rand) &&
		     get_hex(json, "irk", keys->irk, 16, &keys->has_irk) &&
		     get_hex(json, "csrk", keys->csrk, 16, &keys->has_csrk) &&
		     (!identity || get_address(identity, &keys->identity));
	keys->ediv = bytes_get_le16(ediv);
	return right && has_ediv == keys->has_ltk && has_rand == keys->has_ltk;
}

static json_t *record_to_json(const struct bond_record *r)
{
	const struct smp_bond *b = &r->bond;
	json_t *json =
		json_pack("{s:s, s:o, s:o, s:b, s:b, s:i, s:s, s:o, s:o}", "role",
			  r->central ? "central" : "peripheral", "local", report_address(&r->local),
			  "peer", report_address(&r->peer), "secure_connections",
			  b->secure_connections, "authenticated", b->authenticated, "key_size",
			  b->key_size, "method", smp_method_slug(b->method), "local_keys",
			  bondfile_keys(&b->local), "peer_keys", bondfile_keys(&b->peer));

	if (b->has_link_key)
		(void)json_object_set_new(json, "link_key", report_hex(b->link_key, 16));
	return json;
}

/* NULL, or what is wrong. Key sizes are checked: CVE-2026-43020. */
static const char *record_from_json(const json_t *json, struct bond_record *r)
{
	const char *role = json_string_value(json_object_get(json, "role"));
	const char *method = json_string_value(json_object_get(json, "method"));
	const json_t *size = json_object_get(json, "key_size");
	const json_t *sc = json_object_get(json, "secure_connections");
	const json_t *authenticated = json_object_get(json, "authenticated");
	json_int_t octets = json_integer_value(size);

	memset(r, 0, sizeof(*r));
	if (!role || (strcmp(role, "central") != 0 && strcmp(role, "peripheral") != 0))
		return "\"role\" must be central or peripheral";
	r->central = strcmp(role, "central") == 0;
	if (!get_address(json_object_get(json, "local"), &r->local))
		return "\"local\" must have address and type";
	if (!get_address(json_object_get(json, "peer"), &r->peer))
		return "\"peer\" must have address and type";
	if (!json_is_integer(size) || octets < 7 || octets > 16)
		return "\"key_size\" must be 7 to 16";
	if (!json_is_boolean(sc) || !json_is_boolean(authenticated))
		return "\"secure_connections\" and \"authenticated\" must be true or false";
	for (int m = SMP_METHOD_NONE; method && m <= SMP_OOB; m++)
		if (strcmp(method, smp_method_slug((enum smp_method)m)) == 0)
			r->bond.method = (enum smp_method)m;
	if (r->bond.method == SMP_METHOD_NONE)
		return "\"method\" is not one of ours";
	r->bond.bonded = true;
	r->bond.key_size = (uint8_t)octets;
	r->bond.secure_connections = json_is_true(sc);
	r->bond.authenticated = json_is_true(authenticated);
	if (!get_keys(json_object_get(json, "local_keys"), &r->bond.local) ||
	    !get_keys(json_object_get(json, "peer_keys"), &r->bond.peer))
		return "\"local_keys\" and \"peer_keys\" must hold hexadecimal keys of full length";
	if (!get_hex(json, "link_key", r->bond.link_key, 16, &r->bond.has_link_key))
		return "\"link_key\" must have 32 hexadecimal digits";
	return NULL;
}

/* ---- The file -------------------------------------------------------------------------------- */

static json_t *bonds(const struct bondfile *file)
{
	return json_object_get(file->root, "bonds");
}

static json_t *identities(const struct bondfile *file)
{
	return json_object_get(file->root, "identities");
}

static int check(const struct bondfile *file, char error[BONDFILE_ERROR])
{
	struct bond_record record;
	struct crypto_address address;
	uint8_t irk[16];
	bool there;
	size_t i;
	const json_t *item;

	if (json_integer_value(json_object_get(file->root, "version")) != 1)
		return fail(error,
			    "bond file %s: \"version\" is not 1: made by another program, or by a "
			    "later blepair; it was left as it is",
			    file->path);
	if (!json_is_array(bonds(file)) || !json_is_array(identities(file)))
		return fail(error, "bond file %s: \"bonds\" and \"identities\" must be lists",
			    file->path);
	json_array_foreach(bonds(file), i, item)
	{
		const char *what = record_from_json(item, &record);
		bytes_wipe(&record, sizeof(record));
		if (what)
			return fail(error, "bond file %s: bond %zu: %s", file->path, i + 1, what);
	}
	json_array_foreach(identities(file), i, item)
	{
		if (!get_address(item, &address) || !get_hex(item, "irk", irk, 16, &there) ||
		    !there)
			return fail(error,
				    "bond file %s: identity %zu: address, type and irk expected",
				    file->path, i + 1);
	}
	return 0;
}

int bondfile_open(struct bondfile *file, const char *path, char error[BONDFILE_ERROR])
{
	json_error_t where;
	struct stat status;

	*file = (struct bondfile){.path = path};
	if (!path || (stat(path, &status) < 0 && errno == ENOENT)) {
		file->root = json_pack("{s:i, s:[], s:[]}", "version", 1, "identities", "bonds");
		return file->root ? 0 : fail(error, "out of memory");
	}
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0) {
		if (fd >= 0)
			close(fd);
		return fail(error, "bond file %s: cannot read it: %s", path, strerror(errno));
	}
	if (status.st_mode & 077) {
		close(fd);
		return fail(error, "bond file %s: others may read it; it holds keys: chmod 600 it",
			    path);
	}
	file->root = json_loadfd(fd, JSON_REJECT_DUPLICATES, &where);
	close(fd);
	if (!json_is_object(file->root))
		return fail(error, "bond file %s: line %d: %s; it was left as it is", path,
			    file->root ? 1 : where.line, file->root ? "no object" : where.text);
	return check(file, error);
}

void bondfile_close(struct bondfile *file)
{
	json_decref(file->root);
	file->root = NULL;
}

/* Beside the old file, onto the disk, then in its place. */
static int save(const struct bondfile *file, char error[BONDFILE_ERROR])
{
	char temporary[PATH_MAX], folder[PATH_MAX];

	if (!file->path)
		return 0;
	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", file->path) >=
	    (int)sizeof(temporary))
		return fail(error, "bond file: its name is too long");
	int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		return fail(error, "bond file %s: cannot write beside it: %s", file->path,
			    strerror(errno));

	bool written = json_dumpfd(file->root, fd, JSON_INDENT(2) | JSON_PRESERVE_ORDER) == 0 &&
		       write(fd, "\n", 1) == 1 && fsync(fd) == 0;
	int saved = errno;
	written = close(fd) == 0 && written;
	if (!written || rename(temporary, file->path) < 0) {
		saved = written ? errno : saved;
		(void)unlink(temporary);
		return fail(error, "bond file %s: cannot write it: %s; the old one is as it was",
			    file->path, strerror(saved));
	}
	(void)snprintf(folder, sizeof(folder), "%s", file->path);
	fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
	return 0;
}

/* ---- Bonds ----------------------------------------------------------------------------------- */

static bool is_peer(const struct bond_record *r, const struct crypto_address *peer)
{
	return address_equal(&r->peer, peer) ||
	       (r->bond.peer.has_identity && address_equal(&r->bond.peer.identity, peer)) ||
	       (r->bond.peer.has_irk && address_resolves(peer, r->bond.peer.irk));
}

bool bondfile_find(const struct bondfile *file, const struct crypto_address *peer,
		   struct bond_record *record)
{
	for (size_t i = json_array_size(bonds(file)); i--;)
		if (!record_from_json(json_array_get(bonds(file), i), record) &&
		    is_peer(record, peer))
			return true;
	memset(record, 0, sizeof(*record));
	return false;
}

bool bondfile_get(const struct bondfile *file, size_t place, struct bond_record *record)
{
	/* All were checked when the file was opened. */
	return place < json_array_size(bonds(file)) &&
	       !record_from_json(json_array_get(bonds(file), place), record);
}

static bool weaker(const struct smp_bond *a, const struct smp_bond *b)
{
	return a->authenticated < b->authenticated ||
	       a->secure_connections < b->secure_connections || a->key_size < b->key_size;
}

int bondfile_add(struct bondfile *file, const struct bond_record *record, enum bondfile_rule rule,
		 char error[BONDFILE_ERROR])
{
	const struct crypto_address *peer =
		record->bond.peer.has_identity ? &record->bond.peer.identity : &record->peer;

	for (size_t i = json_array_size(bonds(file)); i--;) {
		struct bond_record old;
		if (record_from_json(json_array_get(bonds(file), i), &old) ||
		    !(is_peer(&old, peer) || is_peer(&old, &record->peer)))
			continue;
		bool keep = rule == BONDFILE_NOT_WEAKER &&
			    (!record->bond.authenticated || weaker(&record->bond, &old.bond));
		bytes_wipe(&old, sizeof(old));
		if (keep)
			return BONDFILE_KEPT;
		(void)json_array_remove(bonds(file), i);
	}
	(void)json_array_append_new(bonds(file), record_to_json(record));
	return save(file, error);
}

/* ---- Our own identities ---------------------------------------------------------------------- */

int bondfile_irk(struct bondfile *file, const struct crypto_address *identity, uint8_t irk[16],
		 char error[BONDFILE_ERROR])
{
	size_t i;
	json_t *item;
	bool there;

	json_array_foreach(identities(file), i, item)
	{
		struct crypto_address address;
		if (get_address(item, &address) && address_equal(&address, identity) &&
		    get_hex(item, "irk", irk, 16, &there) && there)
			return 0;
	}
	if (crypto_random(NULL, irk, 16))
		return fail(error, "the source of randomness failed");
	item = report_address(identity);
	(void)json_object_set_new(item, "irk", report_hex(irk, 16));
	(void)json_array_append_new(identities(file), item);
	return save(file, error);
}

bool bondfile_static(const struct bondfile *file, struct crypto_address *address)
{
	size_t i;
	json_t *item;

	json_array_foreach(identities(file), i, item)
	{
		if (get_address(item, address) && address_is_static(address))
			return true;
	}
	return false;
}

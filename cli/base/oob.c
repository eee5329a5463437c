/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/oob.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/json_fields.h"
#include "crypto/bytes.h"

static int wrong(char *error, size_t len, const char *format, const char *what)
{
	(void)snprintf(error, len, format, what);
	return -1;
}

static const char expected[] =
	"out-of-band data: \"%s\" is not right; expected tk=HEX or confirm=HEX,random=HEX with 32 "
	"hexadecimal digits each";

/* One name and value into oob; seen collects what was there. */
static int take(struct smp_oob *oob, unsigned *seen, const char *name, const char *value)
{
	static const char *const names[] = {"tk", "confirm", "random"};
	uint8_t *const to[] = {oob->tk, oob->peer_confirm, oob->peer_random};

	for (unsigned i = 0; i < 3; i++) {
		if (strcmp(name, names[i]) != 0)
			continue;
		*seen |= 1U << i;
		return hex_parse(value, to[i], 16) ? 0 : -1;
	}
	return -1;
}

static int conclude(struct smp_oob *oob, unsigned seen)
{
	bool confirm = seen & 2, random = seen & 4;

	oob->has_tk |= (seen & 1) != 0;
	oob->has_peer |= confirm && random;
	return seen && confirm == random ? 0 : -1;
}

int oob_parse(const char *text, struct smp_oob *oob, char *error, size_t error_len)
{
	char copy[160];
	unsigned seen = 0;

	if (strlen(text) >= sizeof(copy))
		return wrong(error, error_len, expected, "it is too long");
	(void)snprintf(copy, sizeof(copy), "%s", text);

	char *rest = copy, *part;
	while ((part = strsep(&rest, ","))) {
		char *equals = strchr(part, '=');
		if (equals)
			*equals++ = '\0';
		if (!equals || take(oob, &seen, part, equals))
			return wrong(error, error_len, expected, part);
	}
	int status = conclude(oob, seen);
	bytes_wipe(copy, sizeof(copy));
	return status ? wrong(error, error_len, expected, "one half of it") : 0;
}

/* Unbuffered: a stream would leave its copy of the secrets on the heap. */
static json_t *load(int fd, json_error_t *where)
{
	json_t *file = fd < 0 ? NULL : json_loadfd(fd, 0, where);

	if (fd < 0)
		(void)snprintf(where->text, sizeof(where->text), "%s", strerror(errno));
	else
		close(fd);
	return file;
}

int oob_load(const char *path, struct smp_oob *oob, char *error, size_t error_len)
{
	json_error_t where;
	json_t *file = load(open(path, O_RDONLY | O_CLOEXEC), &where);
	const char *name;
	json_t *value;
	unsigned seen = 0;
	int status = 0;

	if (!json_is_object(file)) {
		(void)snprintf(error, error_len, "--oob-file %s: %s; expected a JSON object", path,
			       file ? "no object" : where.text);
		json_decref(file);
		return -1;
	}
	/* What blepair prints has more in it (the address, say): only these names count. */
	json_object_foreach(file, name, value)
	{
		if (strcmp(name, "tk") != 0 && strcmp(name, "confirm") != 0 &&
		    strcmp(name, "random") != 0)
			continue;
		if (!json_is_string(value) || take(oob, &seen, name, json_string_value(value)))
			status = -1;
	}
	json_decref(file);
	if (status || conclude(oob, seen))
		return wrong(error, error_len, expected, path);
	return 0;
}

/* Cb = f4(PKb, PKb, rb, 0): 2.3.5.6.4. */
static int complete(struct oob_own *own)
{
	return crypto_p256_public(own->keypair.private_key, own->keypair.public_key) ||
			       crypto_f4(own->keypair.public_key, own->keypair.public_key,
					 own->random, 0, own->confirm)
		       ? -1
		       : 0;
}

static int make(struct oob_own *own)
{
	return crypto_p256_generate(&own->keypair, crypto_random, NULL) ||
			       crypto_random(NULL, own->random, 16)
		       ? -1
		       : complete(own);
}

static bool write_own(int fd, const struct oob_own *own)
{
	char private_text[65], random_text[33], line[160];
	int len =
		snprintf(line, sizeof(line), "{\"private_key\": \"%s\", \"own_random\": \"%s\"}\n",
			 hex_format(own->keypair.private_key, 32, private_text),
			 hex_format(own->random, 16, random_text));
	bool written = write(fd, line, (size_t)len) == len;

	bytes_wipe(private_text, sizeof(private_text));
	bytes_wipe(random_text, sizeof(random_text));
	bytes_wipe(line, sizeof(line));
	return close(fd) == 0 && written;
}

static int save(const char *path, const struct oob_own *own)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd >= 0 && write_own(fd, own) ? 0 : -1;
}

static const char broken[] = "--oob-own %s: cannot make the data: cryptography failed here";

int oob_own_load(const char *path, struct oob_own *own, char *error, size_t error_len)
{
	struct stat status;

	if (strcmp(path, "-") == 0)
		return make(own) ? wrong(error, error_len, broken, path) : 0;
	if (stat(path, &status) < 0 && errno == ENOENT) {
		if (make(own))
			return wrong(error, error_len, broken, path);
		if (save(path, own)) {
			(void)snprintf(error, error_len, "--oob-own %s: cannot write it: %s", path,
				       strerror(errno));
			return -1;
		}
		return 0;
	}
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &status) == 0 && status.st_mode & 077) {
		close(fd);
		return wrong(
			error, error_len,
			"--oob-own %s: others may read it; it holds a private key: chmod 600 it",
			path);
	}

	json_error_t where;
	json_t *file = load(fd, &where);
	const char *private_text = json_string_value(json_object_get(file, "private_key"));
	const char *random_text = json_string_value(json_object_get(file, "own_random"));
	bool right = private_text && random_text &&
		     hex_parse(private_text, own->keypair.private_key, 32) &&
		     hex_parse(random_text, own->random, 16) && complete(own) == 0;
	json_decref(file);
	return right ? 0
		     : wrong(error, error_len,
			     "--oob-own %s: not a file that blepair made; name one that does not "
			     "exist to have it made",
			     path);
}

int oob_own_renew(const char *path, struct oob_own *own, char *error, size_t error_len)
{
	char temporary[PATH_MAX];

	if (make(own))
		return wrong(error, error_len, broken, path);
	if (strcmp(path, "-") == 0)
		return 0;
	/* Beside the old file, then in its place: there is always one that is whole. */
	int len = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	int fd = len < (int)sizeof(temporary) ? mkostemp(temporary, O_CLOEXEC) : -1; /* 0600 */
	if (fd >= 0 && write_own(fd, own) && rename(temporary, path) == 0)
		return 0;
	(void)snprintf(
		error, error_len,
		"--oob-own %s: cannot put fresh data there: %s; remove it, its data are spent",
		path, strerror(errno));
	if (fd >= 0)
		(void)unlink(temporary);
	return -1;
}

json_t *oob_event(const struct oob_own *own, const struct crypto_address *address)
{
	return json_pack("{s:s, s:o, s:o, s:o}", "event", "oob", "own", json_address(address),
			 "confirm", json_hex(own->confirm, 16), "random",
			 json_hex(own->random, 16));
}

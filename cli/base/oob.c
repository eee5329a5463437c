/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/oob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/apart.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "crypto/bytes.h"

static int malformed(const char *what, const char *how, struct failure *failure)
{
	return failure_set(failure, CLI_USAGE,
			   "out-of-band data: %s is %s; expected tk=HEX or "
			   "confirm=HEX,random=HEX with 32 hexadecimal digits each",
			   what, how);
}

enum taken { TAKEN, NOT_VALID, NO_SUCH_NAME };

/* Stores the value of a name; seen collects the names. */
static enum taken take(struct smp_oob *oob, unsigned *seen, const char *name, const char *value)
{
	const struct {
		const char *name;
		uint8_t *to;
	} fields[] = {
		{"tk", oob->tk},
		{"confirm", oob->peer_confirm},
		{"random", oob->peer_random},
	};

	for (unsigned i = 0; i < 3; i++) {
		if (strcmp(fields[i].name, name) != 0)
			continue;
		*seen |= 1U << i;
		return value && hex_parse(value, fields[i].to, 16) ? TAKEN : NOT_VALID;
	}
	return NO_SUCH_NAME;
}

static int conclude(struct smp_oob *oob, unsigned seen)
{
	bool tk = seen & 1, confirm = seen & 2, random = seen & 4;

	if (!seen || confirm != random)
		return -1;
	oob->has_tk |= tk;
	oob->has_peer |= confirm;
	return 0;
}

int oob_parse(const char *text, struct smp_oob *oob, struct failure *failure)
{
	char copy[160];
	unsigned seen = 0;
	bool valid = true;

	if (strlen(text) >= sizeof(copy))
		return malformed("the text", "too long", failure);
	(void)snprintf(copy, sizeof(copy), "%s", text);

	char *rest = copy, *part = copy;
	while (valid && (part = strsep(&rest, ","))) {
		char *equals = strchr(part, '=');
		if (equals)
			*equals++ = '\0';
		valid = take(oob, &seen, part, equals) == TAKEN;
	}
	if (!valid)
		(void)malformed(*part ? part : "an empty part", "not valid", failure);
	else if (conclude(oob, seen))
		valid = malformed("confirm or random", "missing", failure) == 0;
	bytes_wipe(copy, sizeof(copy));
	return valid ? 0 : -1;
}

/* Opens a file for reading; is_private: nobody else may read it. A descriptor, or -1. */
static int open_file(const char *path, bool is_private, struct failure *failure)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	char word[TEXT_WORD];
	int wrong = 0;

	if (fd < 0)
		return file_cannot_read(path, errno, failure);
	if (fstat(fd, &status))
		wrong = file_cannot_read(path, errno, failure);
	else if (S_ISDIR(status.st_mode))
		wrong = file_cannot_read(path, EISDIR, failure);
	else if (is_private && S_ISREG(status.st_mode) && status.st_uid != geteuid())
		wrong = failure_set(failure, CLI_PERMISSION,
				    "%s belongs to another user, who knows the private key in it; "
				    "name a file of your own",
				    path);
	else if (is_private && status.st_mode & 077)
		wrong = failure_set(failure, CLI_PERMISSION,
				    "%s is open to others, but holds a private key; make it "
				    "private: chmod 600 %s",
				    path, text_shell_word(path, word));
	if (wrong)
		(void)close(fd);
	return wrong ? -1 : fd;
}

/* Reads without a stream, whose buffer would leave the secrets on the heap. Closes fd. */
static json_t *load(int fd, json_error_t *where)
{
	json_t *file = json_loadfd(fd, 0, where);

	(void)close(fd);
	return file;
}

/* A file of the peer's data, which others may have written. */
struct foreign {
	const char *path;
	int fd;
	struct smp_oob *oob;
};

static int parse(void *ctx, struct failure *failure)
{
	const struct foreign *f = ctx;
	json_error_t where;
	json_t *file = json_loadfd(f->fd, 0, &where);
	const char *name;
	json_t *value;
	unsigned seen = 0;
	int status = 0;

	if (!json_is_object(file)) {
		(void)failure_set(failure, CLI_USAGE, "cannot read %s: %s; expected a JSON object",
				  f->path, file ? "not an object" : where.text);
		json_decref(file);
		return -1;
	}
	/* The "oob" event of blepair has more fields, the address for one: they are skipped. */
	json_object_foreach(file, name, value)
	{
		if (take(f->oob, &seen, name, json_string_value(value)) == NOT_VALID)
			status = -1;
	}
	json_decref(file);
	return status || conclude(f->oob, seen) ? malformed(f->path, "not valid", failure) : 0;
}

static int send(const void *ctx, FILE *out)
{
	const struct smp_oob *oob = ((const struct foreign *)ctx)->oob;
	const int kinds = oob->has_tk | oob->has_peer << 1;

	return fputc(kinds, out) == EOF || fwrite(oob->tk, 16, 1, out) != 1 ||
			       fwrite(oob->peer_confirm, 16, 1, out) != 1 ||
			       fwrite(oob->peer_random, 16, 1, out) != 1
		       ? -1
		       : 0;
}

static int receive(void *ctx, FILE *in)
{
	struct smp_oob *oob = ((struct foreign *)ctx)->oob;
	const int kinds = fgetc(in);

	if (kinds < 0 || kinds > 3 || fread(oob->tk, 16, 1, in) != 1 ||
	    fread(oob->peer_confirm, 16, 1, in) != 1 || fread(oob->peer_random, 16, 1, in) != 1)
		return -1;
	oob->has_tk = kinds & 1;
	oob->has_peer = kinds & 2;
	return 0;
}

int oob_load(const char *path, struct smp_oob *oob, struct failure *failure)
{
	struct foreign f = {path, open_file(path, false, failure), oob};
	const struct apart apart = {parse, send, receive, &f};

	if (f.fd < 0)
		return -1;
	int status = apart_run(&apart, failure);
	(void)close(f.fd);
	return status;
}

/* Computes the public key and Cb = f4(PKb, PKb, rb, 0): 2.3.5.6.4. */
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

/* Digit by digit: a text of its own would have to be wiped. */
static void put_hex(FILE *file, const uint8_t *value, size_t len)
{
	while (len)
		(void)fprintf(file, "%02x", value[--len]);
}

static void write_own(FILE *file, const struct oob_own *own)
{
	(void)fputs("{\"private_key\": \"", file);
	put_hex(file, own->keypair.private_key, 32);
	(void)fputs("\", \"own_random\": \"", file);
	put_hex(file, own->random, 16);
	(void)fputs("\"}\n", file);
}

static int no_cryptography(struct failure *failure)
{
	return failure_set(failure, CLI_INTERNAL,
			   "cannot make out-of-band data: the cryptographic library failed");
}

int oob_own_load(const char *path, struct oob_own *own, struct failure *failure)
{
	static struct file_out out;
	struct stat status;

	if (strcmp(path, "-") == 0)
		return make(own) ? no_cryptography(failure) : 0;
	if (stat(path, &status) < 0 && errno == ENOENT) {
		if (make(own))
			return no_cryptography(failure);
		if (file_create(&out, path, FILE_PRIVATE, failure))
			return -1;
		write_own(out.stream, own);
		return file_commit_new(&out, failure);
	}
	int fd = open_file(path, true, failure);
	json_error_t where;
	if (fd < 0)
		return -1;
	json_t *file = load(fd, &where);
	const char *private_text = json_string_value(json_object_get(file, "private_key"));
	const char *random_text = json_string_value(json_object_get(file, "own_random"));
	bool right = private_text && random_text &&
		     hex_parse(private_text, own->keypair.private_key, 32) &&
		     hex_parse(random_text, own->random, 16) && complete(own) == 0;
	json_decref(file);
	return right ? 0
		     : failure_set(failure, CLI_USAGE,
				   "%s is not a file of --oob-own; name one that does not exist "
				   "to create it",
				   path);
}

int oob_own_renew(const char *path, struct oob_own *own, struct failure *failure)
{
	static struct file_out out;

	if (make(own))
		return no_cryptography(failure);
	if (strcmp(path, "-") == 0)
		return 0;
	if (file_create(&out, path, FILE_PRIVATE, failure))
		return -1;
	write_own(out.stream, own);
	return file_commit(&out, failure);
}

json_t *oob_event(const struct oob_own *own, const struct crypto_address *address)
{
	return json_pack("{s:s, s:o, s:o, s:o}", "event", "oob", "own", json_address(address),
			 "confirm", json_hex(own->confirm, 16), "random",
			 json_hex(own->random, 16));
}

/* SPDX-License-Identifier: MIT */
#include "selftest/compare.h"

#include <stdio.h>

#include "crypto/bytes.h"

/* Octets of the longest key: nothing in a self-test asks for less. */
#define KEY_SIZE 16

/* ---- What each end has by itself ------------------------------------------------------------- */

/* NULL: as the model demands. */
static const char *off_model(const struct selftest_model *model, const struct selftest_role *role,
			     const struct smp_bond *bond)
{
	if (bond->method != role->method)
		return "used another association model";
	if (bond->secure_connections != model->secure)
		return model->secure ? "paired without Secure Connections"
				     : "paired with Secure Connections";
	if (bond->authenticated != smp_authenticates(role->method, model->secure, false))
		return bond->authenticated ? "counts its bond as authenticated"
					   : "does not count its bond as authenticated";
	if (bond->key_size != KEY_SIZE)
		return "has a shorter key";
	return bond->bonded ? NULL : "has no bond";
}

/* ---- The keys of one end, at both ------------------------------------------------------------ */

static bool same_ltk(const struct smp_keys *sent, const struct smp_keys *received)
{
	return sent->has_ltk && received->has_ltk &&
	       bytes_equal(sent->ltk, received->ltk, sizeof(sent->ltk));
}

static bool same_name(const struct smp_keys *sent, const struct smp_keys *received)
{
	return sent->ediv == received->ediv &&
	       bytes_equal(sent->rand, received->rand, sizeof(sent->rand));
}

static bool same_irk(const struct smp_keys *sent, const struct smp_keys *received)
{
	return sent->has_irk && received->has_irk &&
	       bytes_equal(sent->irk, received->irk, sizeof(sent->irk));
}

static bool same_identity(const struct smp_keys *sent, const struct smp_keys *received)
{
	return sent->has_identity && received->has_identity &&
	       crypto_address_equal(&sent->identity, &received->identity);
}

static const struct {
	const char *name;
	bool (*same)(const struct smp_keys *sent, const struct smp_keys *received);
} keys[] = {
	{"LTK", same_ltk},
	{"EDIV and Rand", same_name},
	{"IRK", same_irk},
	{"identity address", same_identity},
};

/* NULL: all are the same. */
static const char *other_key(const struct smp_keys *sent, const struct smp_keys *received)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!keys[i].same(sent, received))
			return keys[i].name;
	return NULL;
}

bool selftest_compare(const struct selftest_model *model, const struct smp_bond *central,
		      const struct smp_bond *peripheral, char *text, size_t size)
{
	const struct {
		const char *end;
		const struct selftest_role *role;
		const struct smp_bond *bond, *other;
	} ends[] = {{"central", &model->central, central, peripheral},
		    {"peripheral", &model->peripheral, peripheral, central}};
	const char *what;

	for (size_t i = 0; i < 2; i++) {
		what = off_model(model, ends[i].role, ends[i].bond);
		if (what) {
			(void)snprintf(text, size, "the %s %s", ends[i].end, what);
			return false;
		}
		what = other_key(&ends[i].bond->local, &ends[i].other->peer);
		if (what) {
			(void)snprintf(text, size, "the %s of the %s is not the same at both ends",
				       what, ends[i].end);
			return false;
		}
	}
	return true;
}

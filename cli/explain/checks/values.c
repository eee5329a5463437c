/* SPDX-License-Identifier: MIT */
/* Conditions on values that can be recomputed, and on values that must be random. */
#include <stdio.h>
#include <string.h>

#include "checks/conditions.h"
#include "crypto/bytes.h"
#include "smp/pdu.h"
#include "smp/reason.h"

static bool just_works(const struct explain_case *c)
{
	return c->facts->features.method == SMP_JUST_WORKS;
}

/* ---- Wrong values ---------------------------------------------------------------------------- */

static bool two_passkeys(const struct explain_facts *facts)
{
	return facts->has_tk[0] && facts->has_tk[1] && facts->passkey[0] != facts->passkey[1];
}

/* Legacy pairing, without a search: the captured host knows its own passkey. */
static bool differs_from_ours(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const int8_t end = (int8_t)!a->captured_end;

	if (!a->own || !a->own->other_passkey || c->facts->features.secure_connections ||
	    c->facts->confirm[end].result != EXPLAIN_UNKNOWN)
		return false;
	check_found(f, EXPLAIN_NOBODY, a->party[end].confirm.frame,
		    "the two ends used different passkeys: the %s's confirm value does not match "
		    "the passkey of the %s",
		    check_role(end), check_role(a->captured_end));
	check_add_frame(f, a->party[end].random.frame);
	return true;
}

bool check_passkeys_differ(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_facts *facts = c->facts;
	const struct explain_party *p = c->attempt->party;

	if (two_passkeys(facts)) {
		/* Only the users know which of two passkeys is the right one. */
		bool zero = just_works(c);
		int8_t wrong = zero && facts->passkey[EXPLAIN_R] ? EXPLAIN_R : EXPLAIN_I;
		check_found(
			f, zero ? wrong : EXPLAIN_NOBODY, p[wrong].confirm.frame,
			zero ? "the %s computed its confirm value with a passkey, although this "
			       "is Just Works: its TK must be 0"
			     : "the two ends used different passkeys: their confirm values "
			       "match with one each",
			check_role(wrong));
		check_add_frame(f, p[!wrong].confirm.frame);
		return true;
	}
	if (!facts->passkeys_differ)
		return differs_from_ours(c, f);
	return check_found(f, EXPLAIN_NOBODY, c->attempt->failed.frame,
			   "the two ends used different passkeys: all values match, and bit %u "
			   "(round %u) differs",
			   facts->differ_round, facts->differ_round + 1);
}

static bool wrong_value(const struct explain_case *c, struct explain_finding *f,
			const struct explain_proof proofs[2], const char *what, bool check)
{
	EACH_END(end) {
		const struct explain_proof *proof = &proofs[end];
		const struct explain_party *p = &c->attempt->party[end];
		uint64_t frame = check ? p->check.frame : p->confirm.frame;
		if (proof->result == EXPLAIN_EXPLAINED)
			return check_found(f, end, frame,
					   "the %s's %s does not match; it does if it is "
					   "computed %s",
					   check_role(end), what, proof->how);
		if (proof->result == EXPLAIN_WRONG)
			return check_found(
				f, end, frame,
				"the %s's %s does not match, and none of the %u "
				"explanations that were tried fits (%s)",
				check_role(end), what, proof->tried,
				proof->tried >= CRYPTO_PASSKEYS
					? "all passkeys, addresses and types, byte orders"
					: "addresses and types, keys, byte orders");
	}
	return false;
}

bool check_confirm_wrong(const struct explain_case *c, struct explain_finding *f)
{
	return wrong_value(c, f, c->facts->confirm, "confirm value", false);
}

bool check_commitment_wrong(const struct explain_case *c, struct explain_finding *f)
{
	return wrong_value(c, f, c->facts->commitment, "confirm value", false);
}

bool check_dhkey_check_wrong(const struct explain_case *c, struct explain_finding *f)
{
	return wrong_value(c, f, c->facts->check, "DHKey check", true);
}

/* One end's value is right, and the other end rejected it: the other computed another value. */
bool check_rejected_right(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_facts *facts = c->facts;
	int8_t by = a->failed_by, other = (int8_t)!by;
	bool sc = facts->features.secure_connections;
	/* No user entered a passkey, so no user made the mistake. */
	bool certain = just_works(c) || facts->features.method == SMP_NUMERIC_COMPARISON;

	if (!mark_is_set(&a->failed) || !facts->has_features ||
	    (a->reason != SMP_CONFIRM_VALUE_FAILED && a->reason != SMP_DHKEY_CHECK_FAILED))
		return false;
	const struct explain_proof *proof = a->reason == SMP_DHKEY_CHECK_FAILED ? facts->check
					    : sc				? facts->commitment
										: facts->confirm;
	if (proof[other].result != EXPLAIN_RIGHT || two_passkeys(facts) || facts->passkeys_differ)
		return false;
	check_found(f, certain ? by : EXPLAIN_NOBODY, a->failed.frame,
		    certain ? "the %s rejected a correct value of the %s: the %s itself computes "
			      "with other addresses, features or byte order"
			    : "the %s rejected a value of the %s that matches: the %s has another "
			      "passkey, or computes with other addresses, features or byte order",
		    check_role(by), check_role(other), check_role(by));
	check_add_frame(f, a->party[other].confirm.frame);
	return true;
}

bool check_wrong_stk(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_proof *key = &c->facts->key;
	const struct explain_attempt *a = c->attempt;
	int8_t by = a->air ? EXPLAIN_I : a->captured_end;

	if (!c->facts->has_stk ||
	    (key->result != EXPLAIN_WRONG && key->result != EXPLAIN_EXPLAINED))
		return false;
	uint64_t frame = a->has_encrypt_key ? a->encrypt.frame : a->ltk_reply.frame;
	if (key->result == EXPLAIN_EXPLAINED)
		return check_found(f, by, frame,
				   "the %s encrypts with another key than the STK: it is the STK "
				   "computed %s",
				   check_role(by), key->how);
	return check_found(f, by, frame,
			   "the %s encrypts with another key than the STK of the two confirm "
			   "values",
			   check_role(by));
}

/* ---- Attacks --------------------------------------------------------------------------------- */

bool check_invalid_key(const struct explain_case *c, struct explain_finding *f)
{
	EACH_END(end)
		if (c->facts->bad_point[end])
			return check_found(f, end, c->attempt->party[end].public_key.frame,
					   "the %s's public key is not a point on P-256",
					   check_role(end));
	return false;
}

bool check_reflected_key(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_party *p = c->attempt->party;

	if (!mark_is_set(&p[0].public_key) || !mark_is_set(&p[1].public_key) ||
	    memcmp(p[0].public_key_value, p[1].public_key_value, 32) != 0 ||
	    (c->facts->debug_key[0] && c->facts->debug_key[1]))
		return false;
	check_found(f, EXPLAIN_R, p[EXPLAIN_R].public_key.frame,
		    "the responder sent the initiator's own public key back");
	check_add_frame(f, p[EXPLAIN_I].public_key.frame);
	return true;
}

bool check_mirrored(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_party *p = c->attempt->party;
	uint8_t rounds = p[0].confirms < p[1].confirms ? p[0].confirms : p[1].confirms;

	for (uint8_t i = 0; i < rounds && i < EXPLAIN_ROUNDS; i++) {
		if (memcmp(p[0].confirm_value[i], p[1].confirm_value[i], 16) != 0)
			continue;
		check_found(f, EXPLAIN_R, p[EXPLAIN_R].confirm.frame,
			    "the responder sent the initiator's own confirm value back");
		check_add_frame(f, p[EXPLAIN_I].confirm.frame);
		return true;
	}
	if (!p[0].randoms || !p[1].randoms ||
	    memcmp(p[0].random_value[0], p[1].random_value[0], 16) != 0)
		return false;
	check_found(f, EXPLAIN_R, p[EXPLAIN_R].random.frame,
		    "the responder sent the initiator's own random value back");
	check_add_frame(f, p[EXPLAIN_I].random.frame);
	return true;
}

/* ---- Values that must be random ---------------------------------------------------------------
 */

/* Longer periods occur by chance. */
enum { LONGEST_PERIOD = 8 };

static bool repeats(const uint8_t *v, size_t len, size_t period)
{
	return memcmp(v, v + period, len - period) == 0;
}

static bool counts(const uint8_t *v, size_t len)
{
	for (size_t i = 2; i < len; i++)
		if ((uint8_t)(v[i] - v[i - 1]) != (uint8_t)(v[1] - v[0]))
			return false;
	return true;
}

/* The pattern of a value of 8 octets or more that no random generator made, or NULL. */
static const char *pattern(const uint8_t *v, size_t len)
{
	if (bytes_all_zero(v, len))
		return "all zero";
	if (repeats(v, len, 1))
		return "one octet repeated";
	if (counts(v, len))
		return "an arithmetic series";
	for (size_t period = LONGEST_PERIOD; period; period--)
		if (period <= len / 2 && repeats(v, len, period))
			return "a short pattern repeated";
	return NULL;
}

/* The patterned values of one end. */
struct patterned {
	char names[300];
	size_t len, found;
	uint64_t frames[EXPLAIN_FINDING_FRAMES];
};

static void examine(struct patterned *p, const char *name, const struct explain_mark *mark,
		    const uint8_t *value, size_t len)
{
	const char *how = mark_is_set(mark) ? pattern(value, len) : NULL;

	if (!how)
		return;
	/* At most four values, each with less than 60 letters. */
	p->len += (size_t)snprintf(p->names + p->len, sizeof(p->names) - p->len, "%s%s (%s)",
				   p->found ? ", " : "", name, how);
	p->frames[p->found++] = mark->frame;
}

/* Adds the patterned values of an end to the finding, which may be about the other end already. */
static void add_patterns(struct explain_finding *f, const struct patterned *p, int8_t end,
			 const char *one, const char *many)
{
	const size_t len = strlen(f->text);

	if (!p->found)
		return;
	(void)snprintf(f->text + len, sizeof(f->text) - len,
		       "%sthe %s's %s constant or patterned: %s", len ? "; " : "", check_role(end),
		       p->found > 1 ? many : one, p->names);
	f->by = len ? EXPLAIN_NOBODY : end;
	for (size_t i = 0; i < p->found; i++)
		check_add_frame(f, p->frames[i]);
}

/* One octet repeated in its first octets: the others of a shortened LTK are zero. */
static bool constant(const struct explain_mark *mark, const uint8_t *value, size_t len)
{
	return mark_is_set(mark) && len && repeats(value, len, 1);
}

bool check_constant_key(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const int8_t end = (int8_t)!a->failed_by;
	const struct explain_party *p = &a->party[end];
	uint8_t size = c->facts->features.key_size < 16 ? c->facts->features.key_size : 16;
	const struct explain_mark *mark = NULL;

	if (!mark_is_set(&a->failed) || a->reason != SMP_KEY_REJECTED || !c->facts->has_features)
		return false;
	if (constant(&p->ltk, p->ltk_value, size))
		mark = &p->ltk;
	else if (constant(&p->csrk, p->csrk_value, 16))
		mark = &p->csrk;
	else if (constant(&p->irk, p->irk_value, 16))
		mark = &p->irk;
	return mark && check_found(f, end, mark->frame,
				   "the %s's %s is one octet repeated: anyone can guess it",
				   check_role(end),
				   mark == &p->ltk    ? "LTK"
				   : mark == &p->csrk ? "CSRK"
						      : "IRK");
}

bool check_patterned_keys(const struct explain_case *c, struct explain_finding *f)
{
	EACH_END(end) {
		const struct explain_party *p = &c->attempt->party[end];
		struct patterned found = {.len = 0};
		examine(&found, "LTK", &p->ltk, p->ltk_value, 16);
		examine(&found, "Rand", &p->identification, p->rand_value, 8);
		examine(&found, "IRK", &p->irk, p->irk_value, 16);
		examine(&found, "CSRK", &p->csrk, p->csrk_value, 16);
		add_patterns(f, &found, end, "key is", "keys are");
	}
	return *f->text;
}

bool check_patterned_nonce(const struct explain_case *c, struct explain_finding *f)
{
	EACH_END(end) {
		const struct explain_party *p = &c->attempt->party[end];
		struct patterned found = {.len = 0};
		examine(&found, "random value", &p->random, p->random_value[0], 16);
		examine(&found, "confirm value", &p->confirm, p->confirm_value[0], 16);
		examine(&found, "public key", &p->public_key, p->public_key_value, 32);
		add_patterns(f, &found, end, "value is", "values are");
	}
	return *f->text;
}

static bool used_before(const struct explain_case *c, struct explain_finding *f,
			enum explain_kept kind, int8_t end, const struct explain_mark *mark,
			const uint8_t *octets, const char *what, bool only_failed)
{
	const struct explain_kept_value *before;

	if (!mark_is_set(mark) || history_has_trace(c->history, c->attempt))
		return false;
	before = history_find_value(c->history, kind, octets);
	if (!before || (only_failed && !before->failed))
		return false;
	check_found(f, end, mark->frame, "the %s used its %s before%s", check_role(end), what,
		    only_failed ? ", in a pairing that failed" : "");
	check_add_frame(f, before->frame);
	return true;
}

bool check_repeated_nonce(const struct explain_case *c, struct explain_finding *f)
{
	EACH_END(end) {
		const struct explain_party *p = &c->attempt->party[end];
		if (used_before(c, f, EXPLAIN_KEPT_NONCE, end, &p->random, p->random_value[0],
				"random value", false))
			return true;
		for (uint8_t i = 1; i < p->randoms && i < EXPLAIN_ROUNDS; i++)
			if (memcmp(p->random_value[i], p->random_value[i - 1], 16) == 0)
				return check_found(f, end, p->random.frame,
						   "the %s used the same random value in rounds %u "
						   "and %u",
						   check_role(end), i, i + 1);
	}
	return false;
}

bool check_repeated_ltk(const struct explain_case *c, struct explain_finding *f)
{
	EACH_END(end) {
		const struct explain_party *p = &c->attempt->party[end];
		if (used_before(c, f, EXPLAIN_KEPT_LTK, end, &p->ltk, p->ltk_value, "LTK", false))
			return true;
	}
	return false;
}

bool check_repeated_public_key(const struct explain_case *c, struct explain_finding *f)
{
	EACH_END(end) {
		const struct explain_party *p = &c->attempt->party[end];
		if (!c->facts->debug_key[end] &&
		    used_before(c, f, EXPLAIN_KEPT_PUBLIC_KEY, end, &p->public_key,
				p->public_key_value, "public key", true))
			return true;
	}
	return false;
}

/* Part H 2.3.6 allows one key pair for some pairings that succeed. */
bool check_kept_public_key(const struct explain_case *c, struct explain_finding *f)
{
	EACH_END(end) {
		const struct explain_party *p = &c->attempt->party[end];
		const struct explain_kept_value *before = history_find_value(
			c->history, EXPLAIN_KEPT_PUBLIC_KEY, p->public_key_value);
		if (!c->facts->debug_key[end] && before && !before->failed &&
		    used_before(c, f, EXPLAIN_KEPT_PUBLIC_KEY, end, &p->public_key,
				p->public_key_value, "public key", false))
			return true;
	}
	return false;
}

/* What stands for the keys of one owner. */
static void name_known(const struct explain_known *known, const char *owner, char text[40])
{
	const char *const names[] = {known->ltk, known->irk, known->csrk};
	static const char *const keys[] = {"LTK", "IRK", "CSRK"};
	size_t len = 0;

	for (size_t i = 0; i < 3; i++)
		if (names[i] && strcmp(names[i], owner) == 0)
			len += (size_t)snprintf(text + len, 40 - len, "%s%s", len ? " and " : "",
						keys[i]);
}

bool check_known_key(const struct explain_case *c, struct explain_finding *f)
{
	EACH_END(end) {
		const struct explain_known *known = &c->facts->known[end];
		const struct explain_party *p = &c->attempt->party[end];
		const char *owner = known->ltk ? known->ltk : known->irk ? known->irk : known->csrk;
		char keys[40] = "", div[80] = "";

		if (!owner)
			continue;
		name_known(known, owner, keys);
		if (known->has_div)
			(void)snprintf(div, sizeof(div),
				       ", and the LTK follows from its diversifier 0x%04x",
				       known->div);
		check_found(f, end,
			    known->ltk	 ? p->ltk.frame
			    : known->irk ? p->irk.frame
					 : p->csrk.frame,
			    "the %s's %s %s published: %s uses %s when the application sets "
			    "none%s",
			    check_role(end), keys, strchr(keys, ' ') ? "are" : "is", owner,
			    strchr(keys, ' ') ? "them" : "it", div);
		if (known->irk)
			check_add_frame(f, p->irk.frame);
		if (known->csrk)
			check_add_frame(f, p->csrk.frame);
		return true;
	}
	return false;
}

bool check_repeated_passkey(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_kept_peer *before = history_find_peer(c->history, c->attempt);

	if (!c->facts->has_sc_passkey || !before || !before->has_passkey ||
	    before->passkey != c->facts->sc_passkey || history_has_trace(c->history, c->attempt))
		return false;
	check_found(f, EXPLAIN_NOBODY, c->attempt->party[EXPLAIN_I].confirm.frame,
		    "an earlier pairing of these two ends used the same passkey: an attacker who "
		    "heard it can be in the middle of this one");
	check_add_frame(f, before->frame);
	return true;
}

bool check_debug_key(const struct explain_case *c, struct explain_finding *f)
{
	EACH_END(end)
		if (c->facts->debug_key[end])
			return check_found(
				f, end, c->attempt->party[end].public_key.frame,
				"%s used the published debug key%s",
				c->facts->debug_key[!end] ? "both ends"
				: end == EXPLAIN_I	  ? "the initiator"
							  : "the responder",
				c->facts->ltk_computed
					? ": the LTK was computed from the capture alone, "
					  "and anyone who listened can compute it"
					: "");
	return false;
}

bool check_small_key(const struct explain_case *c, struct explain_finding *f)
{
	const struct smp_features *features = &c->facts->features;
	const struct explain_party *p = c->attempt->party;
	int8_t end = features->response.max_key_size < features->request.max_key_size ? EXPLAIN_R
										      : EXPLAIN_I;

	if (mark_is_set(&c->attempt->failed) && c->attempt->reason == SMP_ENCRYPTION_KEY_SIZE)
		return false; /* the key is not used */
	return c->facts->has_features && features->key_size >= 7 && features->key_size < 16 &&
	       check_found(f, end, p[end].features.frame,
			   "the key has only %u of 16 octets: the %s supports no more",
			   features->key_size, check_role(end));
}

bool check_downgrade(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_kept_peer *before = history_find_peer(c->history, c->attempt);
	const struct smp_features *features = &c->facts->features;

	if (!c->facts->has_features || !before || history_has_trace(c->history, c->attempt))
		return false;
	bool sc = before->secure_connections && !features->secure_connections;
	if (!sc && features->key_size >= before->key_size)
		return false;
	check_found(
		f, EXPLAIN_NOBODY, c->attempt->party[EXPLAIN_R].features.frame,
		sc ? "legacy pairing, although these two ends supported Secure Connections before"
		   : "a key of %u octets, although these two ends used %u before",
		features->key_size, before->key_size);
	check_add_frame(f, before->frame);
	return true;
}

/* ---- Listeners ------------------------------------------------------------------------------- */

bool check_open_book(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_facts *facts = c->facts;
	const struct explain_party *p = c->attempt->party;
	bool proven = facts->confirm[EXPLAIN_I].result == EXPLAIN_RIGHT &&
		      facts->confirm[EXPLAIN_R].result == EXPLAIN_RIGHT;

	if (!facts->has_stk)
		return false;
	check_found(f, EXPLAIN_NOBODY, p[EXPLAIN_I].confirm.frame,
		    "%s with %s%s: anyone who listened can compute the STK and read everything, "
		    "the distributed keys too",
		    proven ? "both confirm values and the STK match" : "the STK follows",
		    facts->passkey[0] ? "a passkey that a search finds in a second"
		    : just_works(c)   ? "TK 0"
				      : "the passkey 000000",
		    proven ? ", so phase 2 was correct" : "");
	check_add_frame(f, p[EXPLAIN_R].confirm.frame);
	check_add_frame(f, p[EXPLAIN_R].random.frame);
	return true;
}

bool check_read_along(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_kept_value *before;

	if (!a->air || !a->has_encrypt_key || c->facts->has_stk)
		return false;
	before = history_find_value(c->history, EXPLAIN_KEPT_LTK, a->encrypt_key);
	check_found(f, EXPLAIN_NOBODY, a->encrypt.frame, "the link could be decrypted: its key %s",
		    before ? "was distributed before in this capture"
			   : "follows from this capture");
	if (before)
		check_add_frame(f, before->frame);
	return true;
}

bool check_passkey_shown(const struct explain_case *c, struct explain_finding *f)
{
	return c->facts->has_sc_passkey &&
	       check_found(f, EXPLAIN_NOBODY, c->attempt->party[EXPLAIN_I].confirm.frame,
			   "the twenty confirm values reveal the passkey; it must never be used "
			   "again");
}

/* The capture is of a host already: what it lacks is what came before, or was never sent. */
static const char *after_not_computable(const struct explain_attempt *a)
{
	if (a->air)
		return NULL;
	if (a->party[EXPLAIN_I].has_address && a->party[EXPLAIN_R].has_address)
		return "nothing can be captured better: what is missing was never sent over this "
		       "link";
	return a->excerpt ? "explain the trace from the connection on: it has the addresses"
			  : "start the capture before Bluetooth is switched on: the host sets its "
			    "own address then";
}

bool check_not_computable(const struct explain_case *c, struct explain_finding *f)
{
	f->fix = after_not_computable(c->attempt);
	/* With Secure Connections, the capture of a host has the keys unless the pairing failed. */
	return c->attempt->pairing && c->facts->obstacle && !c->facts->has_ltk &&
	       (c->attempt->air || !c->facts->features.secure_connections) &&
	       !c->attempt->own_run && c->facts->progress.done > 2 &&
	       check_found(f, EXPLAIN_NOBODY, c->attempt->party[EXPLAIN_R].features.frame, "%s",
			   c->facts->obstacle);
}

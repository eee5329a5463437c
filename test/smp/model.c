/* SPDX-License-Identifier: MIT */
/*
 * A search of all states that an attacker in the middle can drive two engines into. In each step it
 * sends either of them any PDU of the specification: the last one of the other end of this kind (in
 * turn, out of turn, repeated), its own one reflected, other octets, another public key, other
 * features; or the user, the link or the clock acts. No path may use a key, or succeed, without the
 * checks of the method (smp/spy.h asserts them); where the method authenticates, only with values
 * of the other end.
 *
 * The search is exhaustive within this alphabet: a state is the memory of both engines and their
 * last PDUs; each is visited once. Users are honest: they confirm equal numbers, and type the
 * number that is shown.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "smp/harness.h"
#include "smp/method.h"
#include "smp/spy.h"

/* The PDUs that are recorded for replay: one of each code. */
#define RECORDED (SMP_PAIRING_DHKEY_CHECK + 1)

struct side {
	struct end end; /* its engine, and where its randomness stands */
	uint8_t last[RECORDED][65];
	bool asked, shown;
	uint32_t number;
	bool used; /* its key was */
};

struct world {
	struct side sides[2]; /* by role */
	struct spy spy;
};

static struct crypto_keypair stranger;
static uint64_t *seen, seen_count, steps, deepest, all_states;
static unsigned paired[2]; /* how often each role came to that */

#define SEEN_BITS 22
#define SEEN_MAX  (1U << (SEEN_BITS - 1))

static uint64_t mix(uint64_t hash, const void *octets, size_t len)
{
	const uint8_t *p = octets;
	uint64_t word;

	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&word, p, 8);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15;
		hash ^= hash >> 29;
	}
	while (len--)
		hash = (hash ^ *p++) * 0x100000001b3;
	return hash ^ hash >> 32;
}

/* False when this state was there before. */
static bool is_new(const struct world *w)
{
	uint64_t hash = 1;

	for (int n = 0; n < 2; n++) {
		const struct side *s = &w->sides[n];
		const struct smp *smp = &s->end.smp;
		hash = mix(hash, &smp->state, 1);
		hash = mix(hash, s->last, sizeof(s->last));
		if (smp->state == SMP_STATE_FAILED) /* nothing more comes of it */
			continue;
		hash = mix(hash, smp->preq, sizeof(smp->preq));
		hash = mix(hash, smp->pres, sizeof(smp->pres));
		hash = mix(hash, &smp->secret, sizeof(smp->secret));
		hash = mix(hash, &smp->keys_due, 1);
		const bool flags[] = {smp->has_peer_key,  smp->debug_key, smp->confirm_sent,
				      smp->timer_running, s->asked,	  s->shown};
		hash = mix(hash, flags, sizeof(flags));
		hash = mix(hash, &s->end.seed, sizeof(s->end.seed));
		hash = mix(hash, &w->spy.records[n], sizeof(w->spy.records[n]));
	}
	uint64_t at = hash >> (64 - SEEN_BITS);
	hash |= 1;
	for (; seen[at]; at = (at + 1) & ((1U << SEEN_BITS) - 1))
		if (seen[at] == hash)
			return false;
	seen[at] = hash;
	if (++seen_count > SEEN_MAX)
		fail_msg("more states than the stated bound");
	return true;
}

/* Where the method authenticates, whose key is used has the other's own values. */
static void insist_on_the_other(const struct world *w, enum smp_role role)
{
	const struct smp *smp = &w->sides[role].end.smp;
	const struct side *other = &w->sides[!role];

	if (!smp_authenticates(smp->features.method, smp->features.secure_connections, true))
		return;
	if (smp->features.secure_connections)
		assert_memory_equal(smp->secret.peer_key, other->last[SMP_PAIRING_PUBLIC_KEY] + 1,
				    64);
	assert_memory_equal(smp->secret.peer_random, other->last[SMP_PAIRING_RANDOM] + 1, 16);
}

/* The codes that are recorded. Keys are not: an attacker can make them up, and the link is
 * encrypted.
 */
static bool is_proof(uint8_t code)
{
	return code < RECORDED && (code <= SMP_PAIRING_RANDOM || code >= SMP_PAIRING_PUBLIC_KEY);
}

static void happen(struct world *w, enum smp_role role, const struct smp_event *event)
{
	struct side *s = &w->sides[role];
	struct smp_actions actions;

	steps++;
	smp_step(&s->end.smp, event, &actions);
	for (size_t n = 0; n < actions.count; n++) {
		const struct smp_action *a = &actions.list[n];
		if (a->kind == SMP_ACT_SEND && is_proof(a->pdu.data[0]))
			memcpy(s->last[a->pdu.data[0]], a->pdu.data, a->pdu.len);
		if (a->kind == SMP_ACT_SHOW_PASSKEY)
			s->shown = true;
		if (a->kind == SMP_ACT_ASK_CONFIRM)
			s->asked = true;
		if (a->kind == SMP_ACT_SHOW_PASSKEY || a->kind == SMP_ACT_ASK_CONFIRM)
			s->number = a->number;
		if (a->kind == SMP_ACT_ENCRYPT || a->kind == SMP_ACT_LTK_REPLY) {
			insist_on_the_other(w, role);
			s->used = true;
		}
		if (a->kind == SMP_ACT_PAIRED) {
			assert_true(s->used);
			paired[role]++;
		}
	}
}

static void search(const struct world *from, unsigned depth);

static void try(const struct world *from, enum smp_role role, const struct smp_event *event,
		unsigned depth)
{
	struct world *w = malloc(sizeof(*w));

	assert_non_null(w);
	*w = *from;
	/* The engines are elsewhere now; so are what they point to and who looks on. */
	for (int n = 0; n < 2; n++) {
		w->sides[n].end.smp.config.random_ctx = &w->sides[n].end;
		w->spy.records[n].smp = &w->sides[n].end.smp;
	}
	spy = w->spy;
	happen(w, role, event);
	w->spy = spy;
	/* Pointers are no part of a state. */
	for (int n = 0; n < 2; n++)
		w->spy.records[n].smp = NULL;
	/*
	 * An end that is over, and has sent nothing new, equals one that is left alone: the
	 * other sees nothing of it. What can be done to the other then is found without this step.
	 */
	const struct side *after = &w->sides[role], *before = &from->sides[role];
	bool over =
		after->end.smp.state == SMP_STATE_FAILED || after->end.smp.state == SMP_STATE_DONE;
	if (!(over && memcmp(after->last, before->last, sizeof(after->last)) == 0) && is_new(w))
		search(w, depth + 1);
	free(w);
}

static void try_pdu(const struct world *from, enum smp_role role, const uint8_t *pdu,
		    unsigned depth)
{
	const struct smp_event event = {.kind = SMP_EV_PDU,
					.pdu = {pdu, smp_pdu_format(pdu[0])->length}};
	try(from, role, &event, depth);
}

static void try_code(const struct world *from, enum smp_role role, uint8_t code, unsigned depth)
{
	static const uint8_t features[][6] = {{3, 0, 1, 7, 2, 2}, {4, 1, 0x0d, 16, 2, 2}};
	uint8_t pdu[65] = {code};
	bool is_features = code == SMP_PAIRING_REQUEST || code == SMP_PAIRING_RESPONSE;

	if (code < RECORDED && from->sides[!role].last[code][0])
		try_pdu(from, role, from->sides[!role].last[code], depth);
	if (code < RECORDED && !is_features && from->sides[role].last[code][0])
		try_pdu(from, role, from->sides[role].last[code], depth);
	for (size_t n = 0; is_features && n < COUNT(features); n++) {
		memcpy(pdu + 1, features[n], 6);
		try_pdu(from, role, pdu, depth);
	}
	if (is_features)
		return;
	if (code == SMP_PAIRING_PUBLIC_KEY)
		memcpy(pdu + 1, stranger.public_key, 64);
	else
		for (size_t n = 1; n < sizeof(pdu); n++) /* no two the same: a key may not be */
			pdu[n] = (uint8_t)(code == SMP_KEYPRESS_NOTIFICATION ? 1 : n);
	if (code == SMP_IDENTITY_ADDRESS_INFORMATION)
		pdu[1] = 0;
	try_pdu(from, role, pdu, depth);
}

static void search(const struct world *from, unsigned depth)
{
	deepest = depth > deepest ? depth : deepest;
	for (enum smp_role role = SMP_INITIATOR; role <= SMP_RESPONDER; role++) {
		const struct side *s = &from->sides[role], *other = &from->sides[!role];
		if (s->end.smp.state == SMP_STATE_FAILED)
			continue;
		for (uint8_t code = 1; code <= SMP_LAST_PDU; code++)
			if (smp_pdu_format(code))
				try_code(from, role, code, depth);
		uint32_t passkey = other->shown ? other->number : 123456;
		const struct smp_event events[] = {
			{.kind = SMP_EV_START},
			{.kind = SMP_EV_PASSKEY, .passkey = passkey},
			{.kind = SMP_EV_PASSKEY, .passkey = passkey ^ 1},
			{.kind = SMP_EV_CONFIRM, .yes = false},
			{.kind = SMP_EV_CANCEL},
			{.kind = SMP_EV_KEYPRESS, .keypress = SMP_KEYPRESS_DIGIT},
			{.kind = SMP_EV_ENCRYPTED, .status = 0},
			{.kind = SMP_EV_ENCRYPTED, .status = 0x06},
			{.kind = SMP_EV_LTK_REQUEST},
			{.kind = SMP_EV_LTK_REQUEST, .ltk_request = {.ediv = 1}},
			{.kind = SMP_EV_TIMEOUT},
			{.kind = SMP_EV_DISCONNECTED, .status = 0x13},
		};
		for (size_t n = 0; n < COUNT(events); n++)
			try(from, role, &events[n], depth);
		if (s->asked && other->asked && s->number == other->number) {
			const struct smp_event yes = {.kind = SMP_EV_CONFIRM, .yes = true};
			try(from, role, &yes, depth);
		}
	}
}

static const struct scenario {
	const char *name;
	struct kind kind;
	bool strict; /* both demand Secure Connections and protection */
} scenarios[] = {
	{"legacy Just Works", {false, 3, 3, 0}, false},
	{"legacy passkey, the initiator shows", {false, 0, 2, 0}, false},
	{"legacy passkey, the responder shows", {false, 2, 0, 0}, false},
	{"legacy passkey, both type", {false, 2, 2, 0}, false},
	{"legacy out of band", {false, 3, 3, 4}, false},
	{"Just Works", {true, 3, 3, 0}, false},
	{"Numeric Comparison", {true, 1, 1, 0}, false},
	{"Numeric Comparison, demanded", {true, 4, 1, 0}, true},
	{"out of band, both", {true, 3, 3, 3}, false},
	{"out of band, to the initiator", {true, 3, 3, 1}, false},
	{"out of band, to the responder, demanded", {true, 3, 3, 2}, true},
	{"passkey, the initiator shows", {true, 0, 2, 0}, false},
	{"passkey, the responder shows, demanded", {true, 2, 0, 0}, true},
	{"passkey, both type", {true, 2, 2, 0}, false},
};

static void explore(const struct scenario *s)
{
	struct world *w = calloc(1, sizeof(*w));
	uint64_t steps_before = steps;

	assert_non_null(w);
	seen_count = deepest = 0;
	memset(seen, 0, sizeof(*seen) << SEEN_BITS);
	spy_reset();
	struct end *i = &w->sides[0].end, *r = &w->sides[1].end;
	prepare_kind(i, r, &s->kind);
	for (int n = 0; n < 2; n++) {
		struct end *end = n ? r : i;
		end->config.sc = s->strict ? SMP_SC_ONLY : i->config.sc;
		end->config.mitm = s->strict ? SMP_MITM_REQUIRE : SMP_MITM_PREFER;
		end->config.init_keys = SMP_DIST_ENC | SMP_DIST_SIGN;
		end->config.resp_keys = SMP_DIST_ENC | SMP_DIST_ID;
		end_begin(end);
	}
	w->spy = spy;
	paired[0] = paired[1] = 0;
	(void)is_new(w);
	search(w, 0);
	/* Left alone, both get there: the search saw what it is about. */
	assert_true(paired[0] && paired[1]);
	all_states += seen_count;
	printf("# %-40s %8lu states, %9lu steps, %3lu deep\n", s->name, (unsigned long)seen_count,
	       (unsigned long)(steps - steps_before), (unsigned long)deepest);
	free(w);
}

static void no_path_goes_around_the_checks(void **state)
{
	(void)state;
	for (size_t n = 0; n < COUNT(scenarios); n++)
		explore(&scenarios[n]);
	printf("# model: %lu states, %lu steps\n", (unsigned long)all_states, (unsigned long)steps);
	/* A search that ends early would pass as well. */
	assert_int_equal(COUNT(scenarios), 14);
	assert_true(all_states >= 12000);
	assert_true(steps >= 800000);
}

/* The mutant of this line removes the check of a value that the peer sent as a proof. */
static bool is_authentication_check(const char *line)
{
	return strstr(line, ": no verify_dhkey_check") ||
	       (strstr(line, ": no check_") && !strstr(line, ": no check_repeated_attempts") &&
		!strstr(line, ": no check_requested_level"));
}

/*
 * The search can fail: without any one of the rows' checks, it finds a path. This program is run
 * again for each, with the check removed (smp/mutant.c).
 */
static void each_check_is_missed(void **state)
{
	char path[PATH_MAX], command[PATH_MAX + 64], line[200];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	unsigned checks = 0;

	(void)state;
	if (getenv("BLEPAIR_MUTANT")) /* one of those runs */
		return;
	assert_true(len > 0);
	path[len] = '\0';
	(void)snprintf(command, sizeof(command), "BLEPAIR_MUTANT=list '%s'", path);
	FILE *list = popen(command, "re");
	assert_non_null(list);
	for (unsigned n = 0; fgets(line, sizeof(line), list); n++) {
		if (!is_authentication_check(line))
			continue;
		(void)snprintf(command, sizeof(command), "BLEPAIR_MUTANT=%u '%s' >/dev/null 2>&1",
			       n, path);
		if (system(command) == 0)
			fail_msg("not missed: %s", line);
		checks++;
	}
	assert_int_equal(pclose(list), 0);
	assert_int_equal(checks, 13);
}

static int start(void **state)
{
	(void)state;
	seen = calloc(1U << SEEN_BITS, sizeof(*seen));
	return !seen || crypto_init() || crypto_p256_generate(&stranger, crypto_random, NULL);
}

static int end(void **state)
{
	(void)state;
	free(seen);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_path_goes_around_the_checks),
		cmocka_unit_test(each_check_is_missed),
	};
	return cmocka_run_group_tests(tests, start, end);
}

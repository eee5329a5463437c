/* SPDX-License-Identifier: MIT */
/*
 * The cryptographic library fails during a pairing, at each of its calls in turn: that side ends
 * with an internal failure, sends Pairing Failed once, uses no key and wipes its secrets.
 */
#include <string.h>

#include "crypto/fake_psa.h"
#include "smp/harness.h"

static struct end i, r;

static const struct scenario {
	struct kind kind;
	bool made_late; /* key pairs are made in the pairing */
	bool link_key;
} scenarios[] = {
	{{false, 3, 3, 0}, false, false}, {{false, 0, 2, 0}, false, false},
	{{false, 3, 3, 4}, false, false}, {{true, 3, 3, 0}, false, true},
	{{true, 3, 3, 0}, true, false},	  {{true, 1, 1, 0}, false, false},
	{{true, 4, 2, 0}, false, false},  {{true, 3, 3, 3}, false, false},
};

static void prepare(const struct scenario *s)
{
	prepare_kind(&i, &r, &s->kind);
	if (s->made_late)
		i.config.keypair = r.config.keypair = NULL;
	if (s->link_key)
		i.config.init_keys = i.config.resp_keys = r.config.init_keys = r.config.resp_keys =
			SMP_DIST_ALL;
	end_begin(&i);
	end_begin(&r);
}

static void each_call_fails_once(void **state)
{
	const struct run run = {0};
	unsigned broken = 0;

	(void)state;
	for (size_t n = 0; n < COUNT(scenarios); n++) {
		prepare(&scenarios[n]);
		fake_psa_fails = fake_psa_calls = 0;
		run_pairing(&i, &r, &run);
		assert_true(i.paired && r.paired);
		unsigned calls = fake_psa_calls;
		for (unsigned call = 1; call <= calls; call++) {
			prepare(&scenarios[n]);
			fake_psa_calls = 0;
			fake_psa_fails = call;
			run_pairing(&i, &r, &run);
			fake_psa_fails = 0;
			const struct end *ill = i.failure.by == SMP_BY_INTERNAL ? &i : &r;
			const struct end *other = ill == &i ? &r : &i;
			assert_true(ill->failed);
			assert_int_equal(ill->failure.by, SMP_BY_INTERNAL);
			assert_int_equal(ill->failure.reason, SMP_UNSPECIFIED_REASON);
			assert_int_equal(end_last(ill), SMP_PAIRING_FAILED);
			assert_int_equal(ill->sent_after_end, 0);
			/* Only what comes after the keys, the link key, can fail so late. */
			if (!scenarios[n].link_key)
				assert_false(ill->encrypts || ill->replies);
			assert_true(other->failed && other->failure.by == SMP_BY_PEER);
			broken++;
		}
	}
	assert_true(broken > 300);
}

/* A failure of smp_prepare() is not final: the value is computed when it is needed. */
static void ahead_of_time(void **state)
{
	const struct run run = {0};

	(void)state;
	for (unsigned call = 1; call <= 2; call++) {
		prepare(&scenarios[4]);
		fake_psa_calls = 0;
		fake_psa_fails = call;
		smp_prepare(&i.smp);
		assert_false(i.smp.secret.has_keypair);
		fake_psa_fails = 0;
		smp_prepare(&i.smp);
		assert_true(i.smp.secret.has_keypair);
		run_pairing(&i, &r, &run);
		assert_true(i.paired && r.paired);
	}
}

static void make_ahead(void *ctx, struct end *initiator, struct end *responder)
{
	unsigned *made = ctx;

	smp_prepare(&initiator->smp);
	smp_prepare(&responder->smp);
	*made += initiator->smp.secret.has_dhkey && initiator->smp.state == SMP_STATE_COMMITMENT;
}

/* With smp_prepare() the DHKey is ready before it is needed. */
static void the_dhkey_too(void **state)
{
	unsigned made = 0;
	const struct run run = {.before = make_ahead, .ctx = &made};

	(void)state;
	prepare(&scenarios[4]);
	run_pairing(&i, &r, &run);
	assert_true(i.paired && r.paired);
	assert_true(made > 0);
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_call_fails_once),
		cmocka_unit_test(ahead_of_time),
		cmocka_unit_test(the_dhkey_too),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}

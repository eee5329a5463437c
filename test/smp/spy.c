/* SPDX-License-Identifier: MIT */
#include "smp/spy.h"

#include <string.h>

#include "crypto/bytes.h"
#include "unit.h"

struct spy spy;

void spy_reset(void)
{
	memset(spy.records, 0, sizeof(spy.records));
	spy.count = 0;
}

static struct spy_record *record_of(const struct smp *smp)
{
	for (size_t i = 0; i < spy.count; i++)
		if (spy.records[i].smp == smp)
			return &spy.records[i];
	return NULL;
}

/* clang-format off */
int __real_smp_init(struct smp *smp, const struct smp_config *config);
int __wrap_smp_init(struct smp *smp, const struct smp_config *config);
int __real_smp_do(struct smp *smp, uint8_t verb);
int __wrap_smp_do(struct smp *smp, uint8_t verb);
void __real_smp_step(struct smp *smp, const struct smp_event *event, struct smp_actions *actions);
void __wrap_smp_step(struct smp *smp, const struct smp_event *event, struct smp_actions *actions);
/* clang-format on */

int __wrap_smp_init(struct smp *smp, const struct smp_config *config)
{
	struct spy_record *r = record_of(smp);

	if (!r) {
		assert_true(spy.count < SPY_ENGINES);
		r = &spy.records[spy.count++];
	}
	*r = (struct spy_record){
		.smp = smp,
		.has_peer_oob = config->oob.has_peer,
		.has_tk = config->oob.has_tk,
		.min_key_size = config->min_key_size,
		.sc_only = config->sc == SMP_SC_ONLY,
		.mitm_demanded = config->mitm == SMP_MITM_REQUIRE,
	};
	return __real_smp_init(smp, config);
}

/* Verbs for an encrypted link only. */
static bool is_for_encrypted(uint8_t verb)
{
	switch (verb) {
	case smp_verb_keep_ltk:
	case smp_verb_keep_ediv:
	case smp_verb_keep_irk:
	case smp_verb_keep_identity:
	case smp_verb_keep_csrk:
	case smp_verb_send_keys:
	case smp_verb_finish:
		return true;
	default: /* of phases 1 and 2 */
		return false;
	}
}

int __wrap_smp_do(struct smp *smp, uint8_t verb)
{
	struct spy_record *r = record_of(smp);
	uint8_t round = smp->secret.round;

	if (!r)
		return __real_smp_do(smp, verb);
	if (is_for_encrypted(verb))
		assert_true(r->encrypted);

	int reason = __real_smp_do(smp, verb);
	if (reason)
		return reason;
	switch (verb) {
	case smp_verb_choose_method:
		r->features = true;
		break;
	case smp_verb_pick_passkey:
	case smp_verb_take_passkey:
		r->passkey = true;
		break;
	case smp_verb_make_random:
		r->fresh = true;
		break;
	case smp_verb_check_legacy_confirm:
		r->legacy_checked = r->fresh;
		break;
	case smp_verb_check_commitment:
		r->commitment_checked = r->fresh;
		break;
	case smp_verb_check_round_confirm:
		/* In order, each with a random value of its own. */
		assert_true(round < 20 && r->fresh);
		assert_int_equal(r->rounds, (1U << round) - 1);
		r->rounds |= 1U << round;
		r->fresh = false;
		break;
	case smp_verb_check_oob:
		r->oob_checked = true;
		break;
	case smp_verb_make_stk:
	case smp_verb_make_ltk:
		r->key_made = true;
		break;
	case smp_verb_verify_dhkey_check:
		/* It means something only with the MacKey of this pairing. */
		r->dhkey_check_verified = r->key_made;
		break;
	default:
		break;
	}
	return 0;
}

static void insist_on_checks(const struct spy_record *r, const struct smp *smp)
{
	const struct smp_features *f = &smp->features;
	bool initiator = smp->config.role == SMP_INITIATOR;

	assert_true(r->features && r->key_made);
	assert_in_range(f->key_size, r->min_key_size, 16);
	assert_false(r->sc_only && !f->secure_connections);
	assert_false(r->mitm_demanded && f->method == SMP_JUST_WORKS);
	switch (f->method) {
	case SMP_METHOD_NONE:
		fail_msg("a key without a method");
		break;
	case SMP_JUST_WORKS:
		if (f->secure_connections && initiator)
			assert_true(r->commitment_checked);
		break;
	case SMP_NUMERIC_COMPARISON:
		assert_true(f->secure_connections && r->compared);
		assert_true(r->commitment_checked || !initiator);
		break;
	case SMP_PASSKEY_WE_SHOW:
	case SMP_PASSKEY_WE_TYPE:
	case SMP_PASSKEY_BOTH_TYPE:
		assert_true(r->passkey);
		assert_true(r->rounds == 0xfffff || !f->secure_connections);
		break;
	case SMP_OOB:
		assert_true(f->secure_connections ? r->oob_checked || !r->has_peer_oob : r->has_tk);
		break;
	}
	assert_true(f->secure_connections ? r->dhkey_check_verified : r->legacy_checked);
}

static void look_at(struct spy_record *r, const struct smp *smp, const struct smp_action *a)
{
	switch (a->kind) {
	case SMP_ACT_ENCRYPT:
	case SMP_ACT_LTK_REPLY:
		insist_on_checks(r, smp);
		assert_false(bytes_all_zero(a->ltk, 7));
		assert_true(bytes_all_zero(a->ltk + smp->features.key_size,
					   16U - smp->features.key_size));
		spy.keys_out++;
		break;
	case SMP_ACT_PAIRED:
		insist_on_checks(r, smp);
		assert_true(r->encrypted);
		assert_int_equal(smp->keys_due, 0);
		r->over = true;
		spy.paired++;
		break;
	case SMP_ACT_FAILED:
		r->over = true;
		spy.failed++;
		break;
	case SMP_ACT_SEND:
	case SMP_ACT_LTK_NEGATIVE:
	case SMP_ACT_ASK_PASSKEY:
	case SMP_ACT_SHOW_PASSKEY:
	case SMP_ACT_ASK_CONFIRM:
	case SMP_ACT_PROMPT_END:
	case SMP_ACT_PEER_KEYPRESS:
	case SMP_ACT_TIMER_START:
	case SMP_ACT_TIMER_STOP:
	case SMP_ACT_SECURITY_REQUEST:
	case SMP_ACT_FEATURES:
		break;
	}
}

void __wrap_smp_step(struct smp *smp, const struct smp_event *event, struct smp_actions *actions)
{
	struct spy_record *r = record_of(smp);
	uint8_t state = smp->state;

	if (!r) {
		__real_smp_step(smp, event, actions);
		return;
	}
	spy.steps++;
	if (event->kind == SMP_EV_CONFIRM && event->yes &&
	    (state == SMP_STATE_COMPARING || state == SMP_STATE_COMPARING_CHECKED))
		r->compared = true;
	if (event->kind == SMP_EV_ENCRYPTED && event->status == 0 && state == SMP_STATE_ENCRYPTING)
		r->encrypted = true;
	bool over = r->over;
	__real_smp_step(smp, event, actions);
	assert_true(actions->count < SMP_MAX_ACTIONS);
	for (size_t i = 0; i < actions->count; i++) {
		/* After success only the peer's or our own Pairing Failed is news; after failure
		 * nothing is. */
		if (over)
			assert_int_equal(actions->list[i].kind, SMP_ACT_FAILED);
		look_at(r, smp, &actions->list[i]);
	}
	if (state == SMP_STATE_FAILED)
		assert_int_equal(actions->count, 0);
	assert_int_equal(smp->timer_running, smp_busy(smp));
	if (r->over) {
		assert_true(bytes_all_zero((const uint8_t *)&smp->secret, sizeof(smp->secret)));
		assert_true(smp->state == SMP_STATE_DONE || smp->state == SMP_STATE_FAILED);
	}
	if (smp->state == SMP_STATE_FAILED)
		assert_true(bytes_all_zero((const uint8_t *)&smp->bond, sizeof(smp->bond)));
}

/* SPDX-License-Identifier: MIT */
#include "selftest/plan.h"

#include <string.h>

#include "unit.h"

static struct selftest_plan plan;

static unsigned planned(enum selftest_kind kind)
{
	return selftest_count(&plan, kind, SELFTEST_OPEN, SELFTEST_NOBODY);
}

static void two_controllers_pair_by_every_model_in_both_roles(void **state)
{
	size_t count, pairs = 0;
	const struct selftest_model *models = selftest_models(&count);

	(void)state;
	selftest_plan(&plan, 2, false, false);
	assert_int_equal(planned(SELFTEST_PAIR), 2 * count);
	for (size_t i = 0; i < plan.count; i++) {
		const struct selftest_step *s = &plan.steps[i];
		if (s->kind != SELFTEST_PAIR)
			continue;
		assert_ptr_equal(s->model, &models[pairs / 2]);
		assert_int_equal(s->on, pairs % 2);
		assert_int_equal(s->with, 1 - pairs % 2);
		assert_string_equal(selftest_title(s), s->model->title);
		pairs++;
	}
}

static void each_controller_is_brought_up_reset_and_listens_first(void **state)
{
	static const enum selftest_kind kinds[] = {SELFTEST_BRING_UP, SELFTEST_RESETS,
						   SELFTEST_LISTEN};

	(void)state;
	selftest_plan(&plan, 2, true, true);
	for (size_t i = 0; i < 2 * COUNT(kinds); i++) {
		assert_int_equal(plan.steps[i].kind, kinds[i / 2]);
		assert_int_equal(plan.steps[i].on, i % 2);
		assert_int_equal(plan.steps[i].with, SELFTEST_NOBODY);
	}
	assert_int_equal(planned(SELFTEST_GOLDEN), 2);
	assert_int_equal(planned(SELFTEST_REPLUG), 2);
	/* A person is needed only at the end. */
	assert_int_equal(plan.steps[plan.count - 3].kind, SELFTEST_GOLDEN);
	assert_int_equal(plan.steps[plan.count - 1].kind, SELFTEST_REPLUG);
	assert_true(plan.count <= SELFTEST_STEPS);
}

static void one_controller_has_one_line_for_the_pairings_that_it_cannot_do(void **state)
{
	(void)state;
	selftest_plan(&plan, 1, false, false);
	assert_int_equal(planned(SELFTEST_PAIR), 1);
	assert_int_equal(planned(SELFTEST_GOLDEN), 0);
	assert_int_equal(planned(SELFTEST_REPLUG), 0);
	assert_int_equal(planned(SELFTEST_KINDS), 4);
}

static void verdicts_are_counted_by_kind_and_controller(void **state)
{
	(void)state;
	selftest_plan(&plan, 2, false, false);
	plan.steps[0].verdict = plan.steps[1].verdict = plan.steps[2].verdict = SELFTEST_PASSED;
	assert_int_equal(selftest_count(&plan, SELFTEST_KINDS, SELFTEST_PASSED, SELFTEST_NOBODY),
			 3);
	assert_int_equal(selftest_count(&plan, SELFTEST_BRING_UP, SELFTEST_PASSED, SELFTEST_NOBODY),
			 2);
	assert_int_equal(selftest_count(&plan, SELFTEST_KINDS, SELFTEST_PASSED, 0), 2);
	assert_string_equal(selftest_verdict_name(SELFTEST_SKIPPED), "skipped");
	assert_string_equal(selftest_kind_name(SELFTEST_LISTEN), "listen");
	assert_string_equal(selftest_letter(1), "B");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_controllers_pair_by_every_model_in_both_roles),
		cmocka_unit_test(each_controller_is_brought_up_reset_and_listens_first),
		cmocka_unit_test(one_controller_has_one_line_for_the_pairings_that_it_cannot_do),
		cmocka_unit_test(verdicts_are_counted_by_kind_and_controller),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

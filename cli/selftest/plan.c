/* SPDX-License-Identifier: MIT */
#include "selftest/plan.h"

static const struct {
	const char *name, *title;
} kinds[] = {
	[SELFTEST_BRING_UP] = {"bring_up", "bring-up"},	  [SELFTEST_RESETS] = {"resets", "resets"},
	[SELFTEST_LISTEN] = {"listen", "advertisements"}, [SELFTEST_PAIR] = {"pair", "pairing"},
	[SELFTEST_GOLDEN] = {"golden", "golden unit"},	  [SELFTEST_REPLUG] = {"replug", "replug"},
};

const char *selftest_kind_name(enum selftest_kind kind)
{
	return kinds[kind].name;
}

const char *selftest_verdict_name(enum selftest_verdict verdict)
{
	static const char *const names[] = {[SELFTEST_OPEN] = "open",
					    [SELFTEST_PASSED] = "passed",
					    [SELFTEST_FAILED] = "failed",
					    [SELFTEST_SKIPPED] = "skipped"};

	return names[verdict];
}

const char *selftest_title(const struct selftest_step *step)
{
	return step->model ? step->model->title : kinds[step->kind].title;
}

const char *selftest_letter(unsigned controller)
{
	static const char *const letters[SELFTEST_CONTROLLERS] = {"A", "B"};

	return letters[controller];
}

static struct selftest_step *add(struct selftest_plan *plan, enum selftest_kind kind, unsigned on,
				 unsigned with)
{
	struct selftest_step *step = &plan->steps[plan->count++];

	*step = (struct selftest_step){
		.kind = kind, .on = on, .with = with, .rssi = SELFTEST_RSSI_UNKNOWN};
	return step;
}

static void add_for_each(struct selftest_plan *plan, enum selftest_kind kind, unsigned controllers)
{
	for (unsigned on = 0; on < controllers; on++)
		(void)add(plan, kind, on, SELFTEST_NOBODY);
}

void selftest_plan(struct selftest_plan *plan, unsigned controllers, bool golden, bool replug)
{
	size_t count;
	const struct selftest_model *models = selftest_models(&count);

	plan->count = 0;
	add_for_each(plan, SELFTEST_BRING_UP, controllers);
	add_for_each(plan, SELFTEST_RESETS, controllers);
	add_for_each(plan, SELFTEST_LISTEN, controllers);
	if (controllers < SELFTEST_CONTROLLERS)
		(void)add(plan, SELFTEST_PAIR, 0, SELFTEST_NOBODY);
	for (size_t i = 0; controllers == SELFTEST_CONTROLLERS && i < count; i++)
		for (unsigned on = 0; on < SELFTEST_CONTROLLERS; on++)
			add(plan, SELFTEST_PAIR, on, 1 - on)->model = &models[i];
	if (golden)
		add_for_each(plan, SELFTEST_GOLDEN, controllers);
	if (replug)
		add_for_each(plan, SELFTEST_REPLUG, controllers);
}

unsigned selftest_count(const struct selftest_plan *plan, enum selftest_kind kind,
			enum selftest_verdict verdict, unsigned on)
{
	unsigned count = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct selftest_step *step = &plan->steps[i];
		count += (kind == SELFTEST_KINDS || step->kind == kind) &&
			 step->verdict == verdict && (on == SELFTEST_NOBODY || step->on == on);
	}
	return count;
}

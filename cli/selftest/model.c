/* SPDX-License-Identifier: MIT */
#include "selftest/model.h"

#define NONE	 SMP_IO_NO_INPUT_NO_OUTPUT
#define DISPLAY	 SMP_IO_DISPLAY_ONLY
#define YES_NO	 SMP_IO_DISPLAY_YES_NO
#define KEYBOARD SMP_IO_KEYBOARD_ONLY

/* clang-format off */
static const struct selftest_model models[] = {
	/* name                              title                                  SC     central                            peripheral */
	{"legacy_just_works",               "legacy Just Works",                    false, {NONE, SMP_JUST_WORKS},            {NONE, SMP_JUST_WORKS}},
	{"legacy_passkey_central_shows",    "legacy passkey, central shows it",     false, {DISPLAY, SMP_PASSKEY_WE_SHOW},    {KEYBOARD, SMP_PASSKEY_WE_TYPE}},
	{"legacy_passkey_peripheral_shows", "legacy passkey, peripheral shows it",  false, {KEYBOARD, SMP_PASSKEY_WE_TYPE},   {DISPLAY, SMP_PASSKEY_WE_SHOW}},
	{"legacy_passkey_both_type",        "legacy passkey, both type it",         false, {KEYBOARD, SMP_PASSKEY_BOTH_TYPE}, {KEYBOARD, SMP_PASSKEY_BOTH_TYPE}},
	{"legacy_oob",                      "legacy out of band",                   false, {NONE, SMP_OOB},                   {NONE, SMP_OOB}},
	{"sc_just_works",                   "SC Just Works",                        true,  {NONE, SMP_JUST_WORKS},            {NONE, SMP_JUST_WORKS}},
	{"sc_numeric_comparison",           "SC numeric comparison",                true,  {YES_NO, SMP_NUMERIC_COMPARISON},  {YES_NO, SMP_NUMERIC_COMPARISON}},
	{"sc_passkey_central_shows",        "SC passkey, central shows it",         true,  {DISPLAY, SMP_PASSKEY_WE_SHOW},    {KEYBOARD, SMP_PASSKEY_WE_TYPE}},
	{"sc_passkey_peripheral_shows",     "SC passkey, peripheral shows it",      true,  {KEYBOARD, SMP_PASSKEY_WE_TYPE},   {DISPLAY, SMP_PASSKEY_WE_SHOW}},
	{"sc_passkey_both_type",            "SC passkey, both type it",             true,  {KEYBOARD, SMP_PASSKEY_BOTH_TYPE}, {KEYBOARD, SMP_PASSKEY_BOTH_TYPE}},
	{"sc_oob",                          "SC out of band",                       true,  {NONE, SMP_OOB},                   {NONE, SMP_OOB}},
};
/* clang-format on */

const struct selftest_model *selftest_models(size_t *count)
{
	*count = sizeof(models) / sizeof(models[0]);
	return models;
}

void selftest_model_options(const struct selftest_model *model, bool central, uint32_t passkey,
			    struct options *o)
{
	o->io_given = true;
	o->io = central ? model->central.io : model->peripheral.io;
	o->sc = model->secure ? SMP_SC_ONLY : SMP_SC_OFF;
	o->mitm = SMP_MITM_PREFER;
	o->has_passkey = true;
	o->passkey = passkey;
	o->confirm = CONFIRM_YES;
	o->oob = (struct smp_oob){0};
	o->init_keys = o->resp_keys = SMP_DIST_ENC | SMP_DIST_ID;
}

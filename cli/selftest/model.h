/* SPDX-License-Identifier: MIT */
/*
 * The association models by which two controllers pair with each other, and how the program answers
 * at both ends: one row each, Core Vol 3 Part H 2.3.5.1.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options/options.h"
#include "smp/smp.h"

/* One end of a pairing: what its user could do, and the method as this end sees it. */
struct selftest_role {
	enum smp_io io;
	enum smp_method method;
};

struct selftest_model {
	const char *name;  /* for JSON */
	const char *title; /* for people */
	bool secure;	   /* LE Secure Connections, else legacy pairing */
	struct selftest_role central, peripheral;
};

/* All rows. */
const struct selftest_model *selftest_models(size_t *count);

/* The row has out-of-band data. */
static inline bool selftest_model_oob(const struct selftest_model *model)
{
	return model->central.method == SMP_OOB;
}

/* Sets the options of a pairing by this model, for the session of one end. Its out-of-band data are
 * the caller's. */
void selftest_model_options(const struct selftest_model *model, bool central, uint32_t passkey,
			    struct options *options);

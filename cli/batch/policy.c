/* SPDX-License-Identifier: MIT */
#include "batch/policy.h"

#include "smp/reason.h"

/* clang-format off */
static const struct batch_policy policies[] = {
	/* end                   code                          tries rest longer see */
	{BATCH_NOT_ESTABLISHED,   -1,                            5,    0,   true,  false},
	{BATCH_NO_ANSWER,         -1,                            3,    2,   false, true},
	{BATCH_LOST,              -1,                            3,    2,   true,  false},
	{BATCH_REFUSED,           SMP_REPEATED_ATTEMPTS,         5,    3,   true,  false},
	{BATCH_REFUSED,           SMP_BUSY,                      5,    2,   true,  false},
	{BATCH_REFUSED,           SMP_BREDR_PAIRING_IN_PROGRESS, 3,    2,   false, false},
	{BATCH_REFUSED,           SMP_UNSPECIFIED_REASON,        2,    2,   false, false},
	{BATCH_REFUSED,           -1,                            1,    0,   false, false},
	{BATCH_UNENCRYPTED,       -1,                            2,    2,   false, false},
	{BATCH_BOND_LOST,         -1,                            1,    0,   false, false},
	{BATCH_SMP_TIMEOUT,       -1,                            2,    2,   false, false},
	{BATCH_WE_REFUSED,        SMP_REPEATED_ATTEMPTS,         5,    3,   true,  false},
	{BATCH_WE_REFUSED,        -1,                            1,    0,   false, false},
	{BATCH_WRONG_ATTRIBUTE,   -1,                            1,    0,   false, false},
	{BATCH_UNPROTECTED,       -1,                            1,    0,   false, false},
	{BATCH_UNIT_TIMEOUT,      -1,                            1,    0,   false, false},
	{BATCH_INTERNAL_ERROR,    -1,                            1,    0,   false, false},
	{BATCH_NOT_SEEN,          -1,                            1,    0,   false, false},
	{BATCH_CONTROLLER_FULL,   -1,                            0,    0,   false, false},
	{BATCH_CONTROLLER_FAILED, -1,                            0,    0,   false, false},
	{BATCH_CANCELLED,         -1,                            0,    0,   false, true},
	{BATCH_SUCCEEDED,         -1,                            1,    0,   false, false},
};
/* clang-format on */

const struct batch_policy *batch_policy_row(size_t i)
{
	return i < sizeof(policies) / sizeof(policies[0]) ? &policies[i] : NULL;
}

const struct batch_policy *batch_policy(enum batch_end end, int code)
{
	const struct batch_policy *p = policies;

	while (p->end != end || (p->code >= 0 && p->code != code))
		p++;
	return p;
}

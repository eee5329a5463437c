/* SPDX-License-Identifier: MIT */
#include "smp/irk.h"

#include "crypto/bytes.h"

#define LENGTH 16

enum smp_irk smp_judge_irk(const uint8_t irk[LENGTH])
{
	uint8_t steps[LENGTH - 1];
	bool zero = bytes_all_zero(irk, LENGTH), patterned;

	for (size_t i = 0; i < LENGTH - 1; i++)
		steps[i] = (uint8_t)(irk[i + 1] - irk[i]);
	/* 00 01 02 ..., ff fe fd ..., and one octet repeated: the steps are equal. */
	patterned = bytes_equal(steps, steps + 1, LENGTH - 2);
	for (size_t period = 2; period <= LENGTH / 2; period *= 2)
		patterned |= bytes_equal(irk, irk + period, LENGTH - period);
	bytes_wipe(steps, sizeof(steps));
	if (zero)
		return SMP_IRK_ALL_ZERO;
	return patterned ? SMP_IRK_PATTERNED : SMP_IRK_RANDOM;
}

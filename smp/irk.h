/* SPDX-License-Identifier: MIT */
/* What an IRK is worth: some firmware ships one that is not random, the same in every device. */
#pragma once

#include <stdint.h>

enum smp_irk {
	SMP_IRK_NONE, /* none was received */
	SMP_IRK_RANDOM,
	SMP_IRK_ALL_ZERO,  /* "no privacy", Core Vol 3 Part C 10.7: it resolves nothing */
	SMP_IRK_PATTERNED, /* octets that repeat or count: probably not of this device alone */
};

/* Judges the 16 octets of an IRK; never SMP_IRK_NONE. Its time does not depend on the octets. */
enum smp_irk smp_judge_irk(const uint8_t irk[16]);

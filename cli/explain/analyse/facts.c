/* SPDX-License-Identifier: MIT */
#include "analyse/facts.h"

#include <string.h>

bool analyse_key_size_is_valid(const struct smp_features *features)
{
	return features->key_size >= 7 && features->key_size <= 16;
}

void analyse_note_value(struct explain_facts *facts, const char *name, uint64_t frame, bool secret,
			enum explain_result result, const uint8_t octets[16])
{
	struct explain_value *value;

	if (facts->value_count == EXPLAIN_VALUES)
		return;
	value = &facts->values[facts->value_count++];
	*value = (struct explain_value){name, frame, secret, result, 16, {0}};
	memcpy(value->octets, octets, 16);
}

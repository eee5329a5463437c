/* SPDX-License-Identifier: MIT */
#include "base/yes_no.h"

#include <stddef.h>
#include <strings.h>

bool yes_no_parse(const char *typed, bool *yes)
{
	static const struct {
		const char *word;
		bool yes;
	} words[] = {{"y", true},     {"yes", true},	{"j", true},  {"ja", true},
		     {"true", true},  {"1", true},	{"n", false}, {"no", false},
		     {"nein", false}, {"false", false}, {"0", false}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(typed, words[i].word) == 0) {
			*yes = words[i].yes;
			return true;
		}
	return false;
}

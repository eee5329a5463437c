/* SPDX-License-Identifier: MIT */
#include "acceptance/pattern.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/bytes.h"
#include "l2cap/att_client.h"

/* The product of all counts in braces, which a compiler may write out. */
#define MOST_COPIES 256

/* The copies that the braces at p ask for; 0: they are not a repetition. */
static unsigned long copies(const char *p)
{
	char *end;
	unsigned long least, most;

	if (!isdigit((unsigned char)p[1]) && p[1] != ',')
		return 0;
	least = most = strtoul(p + 1, &end, 10);
	if (*end == ',')
		most = strtoul(end + 1, &end, 10);
	return most > least ? most : least;
}

static bool is_bounded(const char *pattern)
{
	unsigned long product = 1;

	for (const char *p = pattern; *p; p++) {
		if (*p == '\\' && p[1]) {
			p++;
		} else if (*p == '{') {
			unsigned long n = copies(p);
			product *= n ? n : 1;
			if (n > MOST_COPIES || product > MOST_COPIES)
				return false;
		}
	}
	return true;
}

static bool has_back_reference(const char *pattern)
{
	for (const char *p = pattern; *p; p++) {
		if (*p != '\\' || !p[1])
			continue;
		p++;
		if (isdigit((unsigned char)*p))
			return true;
	}
	return false;
}

const char *pattern_check(const char *pattern)
{
	regex_t compiled;

	if (!*pattern || strlen(pattern) > PATTERN_MAX)
		return "an expression of 1 to 200 octets";
	if (has_back_reference(pattern))
		return "an expression without back-references";
	if (!is_bounded(pattern))
		return "an expression with fewer repetitions: the counts in braces multiply to 256 "
		       "at most";
	if (regcomp(&compiled, pattern, REG_EXTENDED))
		return "a POSIX extended regular expression";
	regfree(&compiled);
	return NULL;
}

bool pattern_matches(const char *pattern, const uint8_t *value, size_t len)
{
	char text[ATT_VALUE_MAX + 1];
	regmatch_t whole;
	regex_t compiled;
	bool matches;

	if (len > ATT_VALUE_MAX || memchr(value, 0, len) ||
	    regcomp(&compiled, pattern, REG_EXTENDED))
		return false;
	memcpy(text, value, len);
	text[len] = '\0';
	/* The leftmost match is the longest there (POSIX): a whole one is found if there is one. */
	matches = regexec(&compiled, text, 1, &whole, 0) == 0 && whole.rm_so == 0 &&
		  (size_t)whole.rm_eo == len;
	regfree(&compiled);
	bytes_wipe(text, sizeof(text));
	return matches;
}

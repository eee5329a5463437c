/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/time.h"

#include <ctype.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"

const char *time_format(uint64_t time, char text[TIME_TEXT])
{
	time_t seconds = (time_t)(time / 1000000);
	struct tm utc;
	char whole[TIME_TEXT];

	(void)strftime(whole, sizeof(whole), "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &utc));
	(void)snprintf(text, TIME_TEXT, "%.19s.%03uZ", whole, (unsigned)(time / 1000 % 1000));
	return text;
}

const char *time_now(char text[TIME_TEXT])
{
	return time_format(clock_wall(), text);
}

bool time_is_valid(const char *text)
{
	static const char form[] = "0000-00-00T00:00:00.000Z";
	size_t i = 0;

	for (; form[i] && text[i]; i++)
		if (form[i] == '0' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
			return false;
	return form[i] == text[i];
}

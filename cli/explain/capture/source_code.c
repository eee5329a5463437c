/* SPDX-License-Identifier: MIT */
#include "capture/source_code.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* How far a line is searched: a text may be one line alone. */
enum { LINE = 512 };

/* Whether the name of a function that prints stands before end, as LOG_ERR. */
static bool prints(const char *line, const char *end)
{
	static const char *const words[] = {"print", "log", "puts", "trace"};
	const char *p = end;

	while (p > line && (isalnum((unsigned char)p[-1]) || p[-1] == '_'))
		p--;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (const char *at = p; at + strlen(words[i]) <= end; at++)
			if (strncasecmp(at, words[i], strlen(words[i])) == 0)
				return true;
	return false;
}

bool capture_is_source(const char *text, const char *p)
{
	static const char *const begins[] = {"case ", "#define ", "if (", "} else if (",
					     "else if ("};
	const char *line = p;

	while (line > text && line[-1] != '\n' && p - line < LINE)
		line--;
	for (const char *at = line; at + 1 < p; at++)
		if (at[0] == '(' && at[1] == '"' && prints(line, at))
			return true;
	while (line < p && strchr(" \t+->", *line))
		line++;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if ((size_t)(p - line) >= strlen(begins[i]) &&
		    memcmp(line, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

bool capture_is_statement(const char *p, const char *end)
{
	const char *stop = end - p < LINE ? end : p + LINE,
		   *line = memchr(p, '\n', (size_t)(stop - p));

	if (!line)
		line = stop;
	while (line > p && isspace((unsigned char)line[-1]))
		line--;
	return line > p && strchr(";{,:", line[-1]);
}

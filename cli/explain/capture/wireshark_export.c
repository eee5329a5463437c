/* SPDX-License-Identifier: MIT */
#include "capture/wireshark_export.h"

#include <stdio.h>
#include <string.h>

/* ---- PDML ------------------------------------------------------------------------------------ */

/* "<field name="btsmp.reason" showname="Reason: Unspecified Reason (0x08)" size="1" .../>" */
static bool of_pdml(char *line)
{
	static const char shown[] = " showname=\"";
	char *p, *end;

	if (strncmp(line, "<proto ", 7) != 0 && strncmp(line, "<field ", 7) != 0)
		return false;
	p = strstr(line, " hide=\"yes\"") ? NULL : strstr(line, shown);
	end = p ? strstr(p + sizeof(shown) - 1, "\" ") : NULL;
	if (!end) {
		*line = '\0';
		return true;
	}
	p += sizeof(shown) - 1;
	memmove(line, p, (size_t)(end - p));
	line[end - p] = '\0';
	return true;
}

/* ---- CSV ------------------------------------------------------------------------------------- */

/* The columns that Wireshark has unless they are changed. */
enum { NUMBER, TIME, SOURCE, DESTINATION, PROTOCOL, LENGTH, INFO, COLUMNS };

static bool of_csv(char *line)
{
	char copy[EXPLAIN_LINE_MAX + 1], *columns[COLUMNS], *p = copy;

	if (*line != '"' || line[1] == '"' || line[1 + strspn(line + 1, "0123456789")] != '"')
		return false;
	memcpy(copy, line, strlen(line) + 1);
	for (int i = 0; i < COLUMNS; i++) {
		if (*p != '"')
			return false;
		columns[i] = ++p;
		/* The last one may have quotes of its own. */
		p = i == INFO ? strrchr(p, '"') : strstr(p, "\",");
		if (!p)
			return false;
		*p++ = '\0';
		p += i != INFO;
	}
	/* The quotes and commas took more room. */
	(void)snprintf(line, EXPLAIN_LINE_MAX + 1, "%s %s %s \xe2\x86\x92 %s %s %s %s",
		       columns[NUMBER], columns[TIME], columns[SOURCE], columns[DESTINATION],
		       columns[PROTOCOL], columns[LENGTH], columns[INFO]);
	return true;
}

bool wireshark_export_line(char *line)
{
	return of_pdml(line) || of_csv(line);
}

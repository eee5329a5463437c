/* SPDX-License-Identifier: MIT */
#include "capture/wireshark_pdml.h"

#include <string.h>

/* "<field name="btsmp.reason" showname="Reason: Unspecified Reason (0x08)" size="1" .../>" */
bool wireshark_pdml_line(char *line)
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

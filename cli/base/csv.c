/* SPDX-License-Identifier: MIT */
#include "base/csv.h"

bool csv_cell(const char *line, size_t *at, char *cell)
{
	size_t n = 0, i = *at;

	cell[0] = '\0';
	while (line[i] == ' ' || line[i] == '\t')
		i++;
	if (line[i] == '"') {
		for (i++; line[i] && (line[i] != '"' || line[i + 1] == '"'); i++) {
			i += line[i] == '"';
			cell[n++] = line[i];
		}
		cell[n] = '\0';
		if (line[i++] != '"')
			return false;
		while (line[i] == ' ' || line[i] == '\t')
			i++;
		if (line[i] && line[i] != ',')
			return false;
	} else {
		while (line[i] && line[i] != ',')
			cell[n++] = line[i++];
		while (n && (cell[n - 1] == ' ' || cell[n - 1] == '\t'))
			n--;
	}
	cell[n] = '\0';
	*at = i;
	return true;
}

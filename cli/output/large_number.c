/* SPDX-License-Identifier: MIT */
#include "output/large_number.h"

#include <stdint.h>

enum { ROWS = 5, COLUMNS = 3 };

/* The rows of each digit from the top, the leftmost column in bit 2. */
static const uint8_t digits[10][ROWS + 1] = {
	{7, 5, 5, 5, 7}, {2, 6, 2, 2, 7}, {7, 1, 7, 4, 7}, {7, 1, 3, 1, 7}, {5, 5, 7, 1, 1},
	{7, 4, 7, 1, 7}, {7, 4, 7, 5, 7}, {7, 1, 1, 2, 2}, {7, 5, 7, 5, 7}, {7, 5, 7, 1, 7},
};

static bool is_set(char digit, int row, int column)
{
	return digits[digit - '0'][row] >> (COLUMNS - 1 - column) & 1;
}

/* One cell of a line has one row, or two of them: the upper and the lower half. */
static const char *cell(char digit, int row, int column, bool ascii)
{
	static const char *const halves[] = {" ", "▄", "▀", "█"};

	if (ascii)
		return is_set(digit, row, column) ? "#" : " ";
	return halves[2 * is_set(digit, row, column) + is_set(digit, row + 1, column)];
}

void large_number_print(FILE *out, const char *text, int indent, bool ascii)
{
	for (int row = 0; row < ROWS; row += ascii ? 1 : 2) {
		fprintf(out, "%*s", indent, "");
		for (const char *c = text; *c; c++) {
			if (*c < '0' || *c > '9') {
				fputs("  ", out);
				continue;
			}
			for (int column = 0; column < COLUMNS; column++)
				fputs(cell(*c, row, column, ascii), out);
			fputs(c[1] ? " " : "", out);
		}
		fputc('\n', out);
	}
}

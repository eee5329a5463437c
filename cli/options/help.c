/* SPDX-License-Identifier: MIT */
/* --help, from the table. */
#include <stdio.h>
#include <string.h>

#include "options/table.h"

/* Prints text from column 31 on, wrapped at 80. */
static void print_help(const char *text)
{
	int column = 31;

	while (*text) {
		int len = (int)strcspn(text, " ");
		if (column + len > 79) {
			printf("\n%31s", "");
			column = 31;
		}
		printf("%s%.*s", column == 31 ? "" : " ", len, text);
		column += len + 1;
		text += len;
		text += *text == ' ';
	}
	putchar('\n');
}

void options_help(void)
{
	/* One write, at the end: stdio forgets why an earlier one has failed. */
	static char room[32768];

	(void)setvbuf(stdout, room, _IOFBF, sizeof(room));
	puts("usage: blepair [OPTIONS] ADDRESS[/public|/random]\n"
	     "       blepair verify [OPTIONS] ADDRESS|--all\n"
	     "       blepair batch [OPTIONS] FILE|-|--match KEY=VALUE\n"
	     "       blepair listen|scan|info|controllers|selftest|watch [OPTIONS]\n"
	     "       blepair bonds list|show ADDRESS|LABEL|export|import FILE|remove ADDRESS|prune "
	     "[OPTIONS]\n"
	     "       blepair explain [OPTIONS] FILE|-\n\n"
	     "Pairs with a Bluetooth LE device and explains failures.\n");
	for (size_t i = 0; i < options_command_count; i++)
		printf("  blepair %-20s %s\n",
		       options_commands[i].name ? options_commands[i].name : "ADDRESS",
		       options_commands[i].summary);
	for (size_t i = 0; i < options_row_count; i++) {
		char left[64];
		const struct options_row *r = &options_rows[i];
		if (!r->name) {
			printf("\n%s:\n", r->help);
			continue;
		}
		(void)snprintf(left, sizeof(left), "  %c%c%s --%s%s%s", r->letter ? '-' : ' ',
			       r->letter ? r->letter : ' ', r->letter ? "," : " ", r->name,
			       r->argument ? " " : "", r->argument ? r->argument : "");
		if (strlen(left) > 29)
			printf("%s\n%31s", left, "");
		else
			printf("%-31s", left);
		print_help(r->help);
	}
	puts("\nExamples:\n"
	     "  sudo blepair C4:7C:8D:11:22:33\n"
	     "  blepair -c usb:0a12:0001 --sc only C4:7C:8D:11:22:33/random\n"
	     "  blepair -c unix:/tmp/bt-server-le C4:7C:8D:11:22:33/random\n"
	     "  blepair -c serial:/dev/ttyACM0,1000000 --mitm --passkey 123456 "
	     "C4:7C:8D:11:22:33\n"
	     "  blepair listen -c tcp:localhost:4321 --json --count 1\n"
	     "  blepair explain --html why.html btsnoop_hci.log\n"
	     "  sudo blepair watch -w pairing.btsnoop");
}

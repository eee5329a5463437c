/* SPDX-License-Identifier: MIT */
/* The command line, one argument per line: all values are within bounds, or the exit code is 2. */
#include "options/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "fuzz/fuzz.h"
#include "options/table.h"

#define ARGUMENTS 32

/* fuzz/oob.c reads files. */
int __wrap_oob_load(const char *path, struct smp_oob *oob, struct failure *failure);
int __wrap_oob_load(const char *path, struct smp_oob *oob, struct failure *failure)
{
	oob->has_tk = true;
	return *path ? 0 : failure_set(failure, CLI_USAGE, "no file");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	struct options o;
	static char name[] = "blepair";
	char *argv[ARGUMENTS + 2] = {name}, *text = fuzz_text(&in), *rest = text, *line;
	int argc = 1;

	/* libc remembers its position within a word of the last command line. */
	char *nobody[] = {name, NULL};
	optind = 0;
	(void)getopt(1, nobody, "+");
	(void)unsetenv("BLEPAIR_CONTROLLER");
	while (argc <= ARGUMENTS && (line = strsep(&rest, "\n")))
		argv[argc++] = line;
	fuzz_hush();
	int status = options_parse(argc, argv, &o);
	fuzz_speak();
	if (status == -1)
		status = options_read_oob_file(&o);
	insist(status == -1 || status == CLI_OK || status == CLI_USAGE);
	if (status == -1) {
		insist(o.command && (o.command & (o.command - 1)) == 0);
		insist(o.io <= SMP_IO_KEYBOARD_DISPLAY);
		insist(o.passkey <= 999999);
		insist(o.min_key_size >= 7 && o.min_key_size <= o.max_key_size &&
		       o.max_key_size <= 16);
		insist(o.init_keys >= -1 && o.init_keys <= SMP_DIST_ALL);
		insist(o.resp_keys >= -1 && o.resp_keys <= SMP_DIST_ALL);
		insist(o.interval_min <= o.interval_max && o.latency <= 499);
		insist(o.timeout >= 0 && o.scan_timeout >= 0 && o.duration >= 0);
	}
	free(text);
	return 0;
}

void fuzz_seeds(fuzz_seed *seed)
{
	static const char *const lines[] = {
		"AA:BB:CC:DD:EE:FF/random",
		"-c\nhci0\n--mitm\n--io\nkeyboard-display\n--passkey\n123456\n00:AA:01:00:00:42",
		"--json\n--sc\nonly\n--min-key-size\n16\n--init-keys\nenc,id,sign,link\n-w\nfile\n"
		"00:AA:01:00:00:42",
		"listen\n--name\nx\n--count\n2\n--security-request\n--confirm\nyes",
		"scan\n--duration\n2.5\n--passive",
		"info\n-vv\n--color\nnever",
		"controllers\n--json",
		"bonds\nexport\n--store\nbonds.db\n--format\nbluez",
		"--oob\ntk=00112233445566778899aabbccddeeff\n00:AA:01:00:00:42",
		"verify\n--store=b\n--timeout=20\n--own-address\nrpa\n00:AA:01:00:00:42/"
		"public",
		"--help",
		"--nonsense",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		seed(lines[i], strlen(lines[i]));
	/* Every option, with a value that may or may not be valid. */
	for (size_t i = 0; i < options_row_count; i++) {
		char text[120];
		if (!options_rows[i].name)
			continue;
		int len = snprintf(text, sizeof(text), "--%s\n7\n00:AA:01:00:00:42",
				   options_rows[i].name);
		seed(text, (size_t)len);
	}
}

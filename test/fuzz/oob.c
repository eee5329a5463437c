/* SPDX-License-Identifier: MIT */
/* Out-of-band data as an argument and as a JSON file: accepted whole, or refused with one line. */
#include "base/oob.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/bytes.h"
#include "fuzz/fuzz.h"

static void look(int status, const struct smp_oob *oob, const struct failure *failure)
{
	if (status) {
		insist(status == -1 && failure->exit == CLI_USAGE && *failure->text);
		return;
	}
	/* At least one kind, each complete; never our own random values. */
	insist(oob->has_tk || oob->has_peer);
	insist(!oob->has_own && bytes_all_zero(oob->own_random, 16));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	struct smp_oob oob = {0}, other = {0};
	struct failure failure = {0};
	bool file = fuzz_u8(&in) & 1;

	if (file) {
		look(oob_load(fuzz_file(in.data, in.len), &other, &failure), &other, &failure);
	} else {
		char *text = fuzz_text(&in);
		look(oob_parse(text, &oob, &failure), &oob, &failure);
		free(text);
	}
	return 0;
}

#define HEX  "00112233445566778899aabbccddeeff"
#define HEX2 "0123456789ABCDEF0123456789abcdef"

void fuzz_seeds(fuzz_seed *seed)
{
	static const char *const texts[] = {
		"0tk=" HEX,
		"0confirm=" HEX ",random=" HEX2,
		"0random=" HEX2 ",confirm=" HEX,
		"1{\"tk\":\"" HEX "\"}",
		"1{\"event\":\"oob\",\"address\":\"00:AA:01:00:00:42\",\"confirm\":\"" HEX
		"\",\"random\":\"" HEX2 "\"}",
		"1[\"tk\"]",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		seed(texts[i], strlen(texts[i]));
}

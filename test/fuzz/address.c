/* SPDX-License-Identifier: MIT */
/* Addresses as people write them: formatting and parsing again gives the same address. */
#include "base/address.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	struct crypto_address address, again;
	char *text = fuzz_text(&in), written[ADDRESS_TEXT];
	bool typed;

	if (address_parse(text, &address, &typed)) {
		bool again_typed;
		insist(strlen(address_format(&address, written)) == ADDRESS_TEXT - 1);
		insist(address_parse(written, &again, &again_typed));
		insist(!again_typed && memcmp(again.octets, address.octets, 6) == 0);
		insist(address.type <= ADDRESS_RANDOM && (typed || address.type == ADDRESS_PUBLIC));
		insist(strcmp(address_kind(&address), "") != 0);
		insist(!(address_is_static(&address) && address_is_resolvable(&address)));
	}
	free(text);
	return 0;
}

void fuzz_seeds(fuzz_seed *seed)
{
	static const char *const texts[] = {"AA:BB:CC:DD:EE:FF", "00-11-22-33-44-55/public",
					    "c6:05:04:03:02:01/random"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		seed(texts[i], strlen(texts[i]));
}

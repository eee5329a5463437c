/* SPDX-License-Identifier: MIT */
/* A profile of attributes, its expectations held against a value, and the arguments of options. */
#include "acceptance/profile.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"

static void look(const struct acceptance *a)
{
	static const uint8_t value[] = "SN-0001";

	insist(a->count <= ACCEPTANCE_ITEMS + ACCEPTANCE_OF_ROW + 1);
	for (size_t i = 0; i < a->count; i++) {
		const struct acceptance_item *item = &a->items[i];
		char name[ACCEPTANCE_NAME];
		insist(item->uuid.len == 2 || item->uuid.len == 16);
		insist(item->len <= ACCEPTANCE_VALUE);
		insist(acceptance_is_judgeable(item));
		insist(*acceptance_name(item, name));
		insist(!acceptance_must_refuse(item, item->allowed));
		(void)acceptance_matches(item, value, sizeof(value) - 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct acceptance a;
	struct fuzz_input in = {data, len};
	struct failure failure;
	char *text;

	memset(&a, 0, sizeof(a));
	if (profile_load(fuzz_file(data, len), &a, &failure) == 0)
		acceptance_add_levels(&a);
	else
		insist(*failure.text && failure.exit == CLI_USAGE);
	look(&a);
	memset(&a, 0, sizeof(a));
	text = fuzz_text(&in);
	insist((acceptance_set_row(&a, text) == NULL) <= (a.count == 1));
	if (acceptance_set_row(&a, text) == NULL)
		look(&a);
	free(text);
	return 0;
}

#define SEED(text) seed(text, sizeof(text) - 1)

void fuzz_seeds(fuzz_seed *seed)
{
	SEED("{\"attributes\": [{\"characteristic\": \"serial-number\", \"expect\": "
	     "\"re:SN-[0-9]{4}\"}]}");
	SEED("{\"attributes\": [{\"characteristic\": \"2A26\", \"service\": \"180A\", \"refused\": "
	     "\"open\", \"allowed\": \"encrypted\", \"secret\": true}]}");
	SEED("{\"attributes\": [{\"characteristic\": \"B1E9A101-6C4E-4F0E-9B0A-7D3F5C21E8A4\", "
	     "\"write\": \"hex:0102\"}, {\"characteristic\": \"2a25\", \"write\": \"text:x\"}]}");
	SEED("2a25=re:(a|b){2,3}[0-9]+");
	SEED("serial-number=text:x");
	SEED("2A50=hex:0102");
}

/* SPDX-License-Identifier: MIT */
#include "print/key_file.h"

#include "base/hex.h"
#include "crypto/bytes.h"
#include "print/describe.h"

void print_keys_begin(FILE *file)
{
	fputs("# Keys found by blepair explain: name, value, owner; the most significant octet is\n"
	      "# first. The toolbar of nRF Sniffer in Wireshark takes LTK and IRK by these names\n"
	      "# while it captures; crackle -l takes an LTK, without 0x, for an existing "
	      "capture.\n",
	      file);
}

/* Room for the hexadecimal digits of a key, and a zero. */
enum { HEX_TEXT = 2 * 16 + 1 };

static size_t put(FILE *file, const char *name, const uint8_t *key, size_t len, const char *owner)
{
	char text[HEX_TEXT];

	fprintf(file, "%-10s 0x%s%s%s\n", name, hex_format(key, len, text), *owner ? "  " : "",
		owner);
	bytes_wipe(text, sizeof(text));
	return 1;
}

size_t print_keys_write(FILE *file, const struct explain_verdict *v, uint64_t number)
{
	static const char *const owners[] = {"of the initiator", "of the responder"};
	const struct explain_facts *facts = &v->facts;
	const struct explain_attempt *a = v->attempt;
	bool bonded = !facts->has_stk && !facts->has_ltk && a->has_encrypt_key;
	char i[DESCRIBE_ADDRESS], r[DESCRIBE_ADDRESS];
	size_t count = 0;
	uint8_t tk[16] = {0};

	fprintf(file, "\n# attempt %llu: %s, %s\n", (unsigned long long)number,
		describe_address(v, EXPLAIN_I, i), describe_address(v, EXPLAIN_R, r));
	if (facts->has_stk) {
		bytes_put_le32(tk, facts->passkey[0]);
		count += put(file, "TK", tk, 16, "");
		count += put(file, "STK", facts->stk, 16, "");
		bytes_wipe(tk, sizeof(tk));
	}
	if (facts->has_ltk)
		count += put(file, "SC LTK", facts->ltk, 16, "of both");
	EACH_END(end) {
		const struct explain_party *p = &a->party[end];
		if (mark_is_set(&p->ltk))
			count += put(file, "Legacy LTK", p->ltk_value, 16, owners[end]);
		if (mark_is_set(&p->identification)) {
			count += put(file, "EDIV", p->ediv_value, 2, owners[end]);
			count += put(file, "Rand", p->rand_value, 8, owners[end]);
		}
		if (mark_is_set(&p->irk))
			count += put(file, "IRK", p->irk_value, 16, owners[end]);
		if (mark_is_set(&p->csrk))
			count += put(file, "CSRK", p->csrk_value, 16, owners[end]);
	}
	/* EDIV and Rand of an LTK of Secure Connections are zero, Vol 3 Part H 2.4.4. */
	if (bonded)
		count +=
			put(file,
			    bytes_all_zero(a->encrypt_ediv, 2) && bytes_all_zero(a->encrypt_rand, 8)
				    ? "SC LTK"
				    : "Legacy LTK",
			    a->encrypt_key, 16, "of this link");
	return count;
}

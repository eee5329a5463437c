/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "explain/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/bytes.h"
#include "explain/words.h"

FILE *explain_keys_open(const char *path)
{
	FILE *file;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return NULL;
	/* An older file of that name may have been readable by others. */
	if (fchmod(fd, 0600) < 0 && errno != EPERM) {
		close(fd);
		return NULL;
	}
	file = fdopen(fd, "w");
	if (!file) {
		close(fd);
		return NULL;
	}
	fputs("# Keys found by blepair explain, the most significant octet first: KIND VALUE. For\n"
	      "# Wireshark, put one into Preferences, Protocols, Bluetooth Low Energy, or the key\n"
	      "# field of the nRF sniffer's toolbar, as 0x and the value.\n",
	      file);
	return file;
}

static size_t put(FILE *file, const char *kind, const uint8_t *key, size_t len)
{
	char text[33];

	fprintf(file, "%-6s 0x%s\n", kind, explain_put_hex(key, len, text));
	bytes_wipe(text, sizeof(text));
	return 1;
}

size_t explain_keys_write(FILE *file, const struct explain_verdict *v, uint64_t number)
{
	const struct explain_facts *facts = &v->facts;
	char i[100], r[100];
	size_t count = 0;
	uint8_t tk[16] = {0};

	fprintf(file, "\n# attempt %llu: %s, %s\n", (unsigned long long)number,
		explain_put_address(v, EXPLAIN_I, i), explain_put_address(v, EXPLAIN_R, r));
	if (facts->has_stk) {
		bytes_put_le32(tk, facts->passkey[0]);
		count += put(file, "TK", tk, 16);
		count += put(file, "STK", facts->stk, 16);
		bytes_wipe(tk, sizeof(tk));
	}
	if (facts->has_ltk)
		count += put(file, "LTK", facts->ltk, 16);
	for (int8_t end = 0; end < 2; end++) {
		const struct explain_party *p = &v->attempt->party[end];
		if (explain_seen(&p->ltk))
			count += put(file, "LTK", p->ltk_value, 16);
		if (explain_seen(&p->identification)) {
			count += put(file, "EDIV", p->ediv_value, 2);
			count += put(file, "Rand", p->rand_value, 8);
		}
		if (explain_seen(&p->irk))
			count += put(file, "IRK", p->irk_value, 16);
		if (explain_seen(&p->csrk))
			count += put(file, "CSRK", p->csrk_value, 16);
	}
	if (!facts->has_stk && !facts->has_ltk && v->attempt->has_encrypt_key)
		count += put(file, "KEY", v->attempt->encrypt_key, 16);
	return count;
}

/* SPDX-License-Identifier: MIT */
/* Any capture, from its packets to the printed verdict: tracker, checks, text and JSON. */
#include <stdlib.h>
#include <string.h>

#include "analyse/management.h"
#include "cli/explain/files.h"
#include "crypto/bytes.h"
#include "crypto/toolbox.h"
#include "fuzz/fuzz.h"
#include "print/json.h"
#include "print/terminal.h"
#include "track/tracker.h"

static struct judge {
	struct explain_tracker tracker;
	struct explain_history history;
	struct explain_verdict verdict;
	FILE *out;
} judge;

static void finished(void *ctx, const struct explain_attempt *attempt)
{
	static const struct explain_style style = {.ladder = true, .show_keys = true, .width = 80};
	struct explain_verdict *v = &judge.verdict;
	unsigned none = 0;

	(void)ctx;
	insist(attempt->finalized);
	if (!verdict_is_worth_reporting(attempt))
		return;
	verdict_judge(attempt, &judge.history, &none, v);
	insist(*v->text && strlen(v->text) < sizeof(v->text));
	insist(!strstr(v->text, "nobody"));
	for (size_t i = 0; i < v->count; i++)
		insist(*v->findings[i].text);
	print_verdict(judge.out, v, &style, 1);
	json_t *object = print_json(v, true);
	insist(object != NULL);
	json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct explain_packet packet;
	struct failure failure = {.text = ""};
	char *text = NULL, summary[400];
	size_t text_len = 0;

	insist(crypto_init() == 0);
	memset(&judge, 0, sizeof(judge));
	judge.out = open_memstream(&text, &text_len);
	insist(judge.out != NULL);
	track_init(&judge.tracker, finished, NULL);
	judge.tracker.searches = 0; /* they take seconds */
	struct explain_capture *capture = capture_open_memory(data, len, &failure);
	while (capture && capture_next(capture, &packet))
		track_packet(&judge.tracker, &packet);
	track_end(&judge.tracker);
	(void)track_bredr_summary(&judge.tracker.links.bredr, summary, sizeof(summary));
	if (capture)
		capture_close(capture);
	(void)fclose(judge.out);
	free(text);
	return 0;
}

/* A record of btsnoop's Linux monitor: lengths, flags (index and opcode), drops, time. */
static size_t put_record(uint8_t *to, uint16_t opcode, const uint8_t *data, size_t len)
{
	memset(to, 0, 24);
	to[3] = to[7] = (uint8_t)len;
	to[11] = (uint8_t)opcode;
	memcpy(to + 24, data, len);
	return 24 + len;
}

/* Each message of the management interface, and an event of a BR/EDR connection. */
static size_t monitor(uint8_t *to)
{
	static const uint8_t header[16] = {'b', 't', 's', 'n', 'o', 'o', 'p', 0,
					   0,	0,   0,	  1,   0,   0,	 7,   0xd1},
			     request[] = {0x40, 0, 11, 0, 7, 0, 6, 0, 1, 3, 0, 1, 16, 1, 1},
			     connected[] = {3, 11, 0, 11, 0, 1, 2, 3, 4, 5, 6, 1, 0};
	size_t used = sizeof(header);

	memcpy(to, header, used);
	used += put_record(to + used, 3, connected, sizeof(connected));
	used += put_record(to + used, 4, request, sizeof(request));
	for (unsigned code = 0; code <= UINT16_MAX; code++) {
		const struct management_message *m = management_message((uint16_t)code);
		uint8_t data[16] = {1, 0, 0, 0, (uint8_t)code, code >> 8 & 0x7f};
		if (!m)
			continue;
		if (m->address != MANAGEMENT_NO_ADDRESS)
			data[6 + m->address + 6] = MANAGEMENT_LE_RANDOM;
		used += put_record(to + used, code & EXPLAIN_MANAGEMENT_EVENT ? 17 : 16, data,
				   6U + m->kept);
	}
	return used;
}

void fuzz_seeds(fuzz_seed *seed)
{
	static struct file file;
	static uint8_t octets[4096];
	size_t len;

	for (size_t i = 0; i < formats_count; i++) {
		file_make(&file, &formats[i]);
		seed(file.octets, file.len);
	}
	file_make_encrypted(&file);
	seed(file.octets, file.len);
	seed(octets, monitor(octets));
	char *text = stored("pairing_failed_0x08.btmon.txt", &len);
	seed(text, len < 8192 ? len : 8192);
	free(text);
}

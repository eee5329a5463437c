/* SPDX-License-Identifier: MIT */
#include "cli/explain/print/fixture.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/bytes.h"
#include "hci/protocol.h"
#include "smp/pdu.h"
#include "smp/reason.h"
#include "stack.h"

struct explain_attempt attempt;
struct explain_verdict verdict;
FILE *out;
static char *text;
static size_t text_len;

const struct explain_origin print_origin = {.name = MARKUP ".btsnoop",
					    .format = "btsnoop " MARKUP,
					    .clock = EXPLAIN_CLOCK_UNIX,
					    .captured = 1795577238123456,
					    .reported = "2026-11-30T06:51:53.000Z"};

static const struct explain_check refused = {
	"test-refused", EXPLAIN_FAULT, true, NULL, 0, "", "Vol 3 " MARKUP, "do this and " MARKUP};
static const struct explain_check hint = {"test-hint", EXPLAIN_HINT, false, NULL,
					  0,	       "",	     "-",   "do that"};

static void step(enum explain_layer layer, int8_t from, uint16_t code, const uint8_t *data,
		 size_t len)
{
	uint16_t n = attempt.step_count++;
	struct explain_step *s = &attempt.steps[n];

	*s = (struct explain_step){.at = {10U + n, 1000000U + 250000U * n, false},
				   .layer = (uint8_t)layer,
				   .from = from,
				   .whole = true,
				   .code = code,
				   .len = (uint16_t)len,
				   .kept = (uint8_t)len};
	memcpy(s->data, data, len);
}

int print_begin(void **state)
{
	static const uint8_t key[28] = {0x40, 0, 0, 0, 0, 0, 0, 0,  0,	0,  0,	0,  1,	2,
					3,    4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

	(void)state;
	memset(&attempt, 0, sizeof(attempt));
	attempt.captured_end = I;
	attempt.first = (struct explain_mark){.frame = 10, .time_us = 1000000};
	for (int end = 0; end < 2; end++) {
		attempt.party[end].has_address = true;
		attempt.party[end].address = (struct crypto_address){
			(uint8_t)end, {1, 2, 3, 4, 5, (uint8_t)(0xc6 + end)}};
	}
	step(EXPLAIN_LAYER_COMMAND, I, HCI_LE_ENABLE_ENCRYPTION, key, 28);
	step(EXPLAIN_LAYER_SMP, I, SMP_PAIRING_REQUEST, (uint8_t[]){1, 3, 0, 1, 16, 1, 1}, 7);
	step(EXPLAIN_LAYER_SMP, R, SMP_PAIRING_FAILED, (uint8_t[]){5, SMP_BUSY}, 2);
	step(EXPLAIN_LAYER_SIGNALING, R, 0x01, (uint8_t[]){1, 9, 2, 0, 0, 0}, 6);
	step(EXPLAIN_LAYER_EVENT, I, HCI_DISCONNECTION_COMPLETE, (uint8_t[]){0, 0x40, 0, 0x13}, 4);

	memset(&verdict, 0, sizeof(verdict));
	verdict.attempt = &attempt;
	verdict.outcome = EXPLAIN_REFUSED;
	verdict.failed = true;
	verdict.by = R;
	verdict.frame = 12;
	(void)snprintf(verdict.text, sizeof(verdict.text), "the responder refused " MARKUP);
	verdict.findings[0] = (struct explain_finding){.check = &refused,
						       .cause = true,
						       .by = I,
						       .frames = {11, 5},
						       .frame_count = 2,
						       .text = "the initiator sent " MARKUP};
	verdict.findings[1] = (struct explain_finding){.check = &hint,
						       .by = EXPLAIN_NOBODY,
						       .frames = {12},
						       .frame_count = 1,
						       .text = "good to know"};
	verdict.count = 2;
	verdict.facts.has_features = true;
	verdict.facts.features.method = SMP_JUST_WORKS;
	verdict.facts.features.key_size = 16;
	verdict.facts.values[0] =
		(struct explain_value){.name = "TK", .frame = 11, .secret = true, .len = 16};
	bytes_put_le32(verdict.facts.values[0].octets, 0x56ce4);
	verdict.facts.values[1] = (struct explain_value){
		.name = "c1", .frame = 11, .result = EXPLAIN_RIGHT, .len = 2, .octets = {2, 1}};
	verdict.facts.value_count = 2;
	out = open_memstream(&text, &text_len);
	assert_non_null(out);
	return 0;
}

int print_end(void **state)
{
	(void)state;
	(void)fclose(out);
	free(text);
	return 0;
}

const char *printed(void)
{
	assert_int_equal(fflush(out), 0);
	return text;
}

void print_again(void)
{
	(void)print_end(NULL);
	out = open_memstream(&text, &text_len);
	assert_non_null(out);
}

size_t times(const char *part)
{
	size_t n = 0;

	for (const char *p = printed(); (p = strstr(p, part)); p++)
		n++;
	return n;
}

void has(const char *part)
{
	if (!times(part))
		fail_msg("not \"%s\" in:\n%s", part, printed());
}

void has_not(const char *part)
{
	if (times(part))
		fail_msg("\"%s\" in:\n%s", part, printed());
}

void leaves_no_key(void (*print)(void))
{
	attempt.step_count = 1;
	attempt.steps[0].at.frame = 11;
	stack_run(print);
	has(KEY_TEXT);
	has(TK_TEXT);
	assert_false(stack_holds(KEY_TEXT, 16));
	assert_false(stack_holds(TK_TEXT, 32));
}

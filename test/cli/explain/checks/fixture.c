/* SPDX-License-Identifier: MIT */
#include "cli/explain/checks/fixture.h"

#include <string.h>

#include "smp/pdu.h"

struct explain_attempt attempt;
struct explain_facts facts;
struct explain_history history;
struct explain_case tested;
struct explain_finding finding;

int case_begin(void **state)
{
	(void)state;
	memset(&attempt, 0, sizeof(attempt));
	memset(&facts, 0, sizeof(facts));
	memset(&history, 0, sizeof(history));
	attempt.captured_end = I;
	attempt.clock = EXPLAIN_CLOCK_UNIX;
	attempt.failed_by = attempt.after_by = attempt.disconnected_by = NOBODY;
	attempt.first = at(1, 0);
	facts.progress.early = facts.progress.late = EXPLAIN_NO_STEP;
	facts.progress.unexpected = facts.progress.beyond = EXPLAIN_NO_STEP;
	for (int end = 0; end < 2; end++)
		facts.progress.not_negotiated_step[end] = EXPLAIN_NO_STEP;
	tested = (struct explain_case){.attempt = &attempt,
				       .facts = &facts,
				       .history = &history,
				       .outcome = EXPLAIN_UNFINISHED,
				       .turn = NOBODY};
	return 0;
}

struct explain_mark at(uint64_t frame, uint64_t time_us)
{
	return (struct explain_mark){.frame = frame, .time_us = time_us};
}

struct explain_step *case_pdu(int8_t from, uint8_t code, uint64_t frame, uint64_t time_us)
{
	struct explain_step *s = &attempt.steps[attempt.step_count++];
	const struct smp_pdu_format *format = smp_pdu_format(code);

	*s = (struct explain_step){.at = at(frame, time_us),
				   .layer = EXPLAIN_LAYER_SMP,
				   .from = from,
				   .whole = true,
				   .code = code,
				   .len = (uint16_t)(format ? format->length : 1),
				   .data = {code}};
	s->kept = (uint8_t)s->len;
	attempt.party[from].last = attempt.last = s->at;
	return s;
}

void case_features(uint8_t io_i, uint8_t auth_i, uint8_t io_r, uint8_t auth_r)
{
	memcpy(attempt.party[I].features_pdu,
	       (uint8_t[]){SMP_PAIRING_REQUEST, io_i, 0, auth_i, 16, 7, 7}, 7);
	memcpy(attempt.party[R].features_pdu,
	       (uint8_t[]){SMP_PAIRING_RESPONSE, io_r, 0, auth_r, 16, 7, 7}, 7);
	attempt.party[I].features = at(1, 0);
	attempt.party[R].features = at(2, 0);
	attempt.pairing = true;
	case_negotiate();
}

void case_negotiate(void)
{
	memcpy(&facts.features.request, attempt.party[I].features_pdu + 1, 6);
	memcpy(&facts.features.response, attempt.party[R].features_pdu + 1, 6);
	smp_negotiate(SMP_INITIATOR, &facts.features);
	facts.has_features = true;
}

void case_walk(void)
{
	sequence_walk(&attempt, &facts.features, &facts.progress);
}

void case_finds(explain_condition *condition, int8_t by, const char *text, uint64_t frame,
		uint64_t second, uint64_t third)
{
	const uint64_t frames[EXPLAIN_FINDING_FRAMES] = {frame, second, third};

	finding = (struct explain_finding){.by = 99};
	assert_true(condition(&tested, &finding));
	assert_string_equal(finding.text, text);
	assert_int_equal(finding.by, by);
	assert_memory_equal(finding.frames, frames, sizeof(frames));
}

void case_finds_nothing(explain_condition *condition)
{
	finding = (struct explain_finding){.by = NOBODY};
	if (condition(&tested, &finding))
		fail_msg("found: %s", finding.text);
}

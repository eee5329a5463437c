/* SPDX-License-Identifier: MIT */
/* The properties of the table itself. */
#include "smp/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smp/pdu.h"
#include "smp/reason.h"
#include "smp/smp.h"
#include "smp/table.h"
#include "smp/verbs.h"
#include "unit.h"

static bool for_role(const struct smp_row *row, unsigned who)
{
	return (row->who & who) != 0;
}

static bool is_end(uint8_t state)
{
	return state == SMP_STATE_DONE || state == SMP_STATE_FAILED;
}

static bool has_verb(const struct smp_row *row, uint8_t verb)
{
	return memchr(row->verbs, verb, SMP_ROW_VERBS) != NULL;
}

/* The cues that a row may raise, by the verbs that raise them. */
static bool raises(const struct smp_row *row, uint8_t cue)
{
	switch (cue) {
	case SMP_ON_LEGACY_TK_KNOWN:
	case SMP_ON_LEGACY_SHOW:
	case SMP_ON_LEGACY_TYPE:
	case SMP_ON_SECURE_CONNECTIONS:
		return has_verb(row, smp_verb_start_method);
	case SMP_ON_SC_COMPARE:
	case SMP_ON_SC_SHOW:
	case SMP_ON_SC_TYPE:
	case SMP_ON_SC_OOB:
		return has_verb(row, smp_verb_start_authentication);
	case SMP_ON_PEER_KEYS_COMPLETE:
		return has_verb(row, smp_verb_expect_keys) || has_verb(row, smp_verb_keep_ediv) ||
		       has_verb(row, smp_verb_keep_irk) || has_verb(row, smp_verb_keep_identity) ||
		       has_verb(row, smp_verb_keep_csrk) || has_verb(row, smp_verb_keep_ltk);
	default:
		return false;
	}
}

static bool is_cue(uint8_t on)
{
	return on >= SMP_ON_LEGACY_TK_KNOWN && on <= SMP_ON_PEER_KEYS_COMPLETE;
}

/* Marks what can be reached for a role through rows that `use` allows; returns the marks. */
static void reach(unsigned who, bool (*use)(const struct smp_row *), bool reached[SMP_STATE_COUNT])
{
	bool cues[SMP_ON_COUNT] = {false}, more = true;

	memset(reached, 0, SMP_STATE_COUNT * sizeof(bool));
	reached[SMP_STATE_IDLE] = true;
	while (more) {
		more = false;
		for (size_t i = 0; i < smp_table_rows; i++) {
			const struct smp_row *row = &smp_table[i];
			if (!for_role(row, who) ||
			    (row->in != SMP_STATE_ANY && !reached[row->in]) ||
			    (is_cue(row->on) && !cues[row->on]) || (use && !use(row)))
				continue;
			for (uint8_t cue = SMP_ON_LEGACY_TK_KNOWN; cue <= SMP_ON_PEER_KEYS_COMPLETE;
			     cue++) {
				if (raises(row, cue) && !cues[cue])
					cues[cue] = more = true;
			}
			if (row->to != SMP_STATE_STAY && !reached[row->to])
				reached[row->to] = more = true;
		}
	}
}

static void every_row_is_well_formed(void **state)
{
	(void)state;
	for (size_t i = 0; i < smp_table_rows; i++) {
		const struct smp_row *row = &smp_table[i];
		assert_in_range(row->who, SMP_WHO_INITIATOR, SMP_WHO_BOTH);
		assert_true(row->in < SMP_STATE_COUNT && row->to < SMP_STATE_COUNT);
		assert_true(row->on > SMP_ON_NOTHING && row->on < SMP_ON_COUNT);
		assert_true(row->when < SMP_GUARD_COUNT);
		assert_non_null(row->section);
		/* Verbs stand at the front, without holes. */
		for (size_t k = 1; k < SMP_ROW_VERBS; k++)
			assert_false(row->verbs[k] && !row->verbs[k - 1]);
		/* A PDU has a format, hence an exact length that was checked before. */
		if (row->on <= SMP_LAST_PDU)
			assert_non_null(smp_pdu_format(row->on));
	}
}

/* First match wins: a row behind an unguarded one of the same place would never be used. */
static void no_row_stands_in_the_shadow_of_another(void **state)
{
	(void)state;
	for (size_t i = 0; i < smp_table_rows; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct smp_row *late = &smp_table[i], *early = &smp_table[k];
			bool covers = early->on == late->on && early->when == smp_guard_always &&
				      (early->who & late->who) == late->who &&
				      (early->in == late->in ||
				       (early->in == SMP_STATE_ANY && late->in != SMP_STATE_IDLE &&
					!is_end(late->in)));
			if (covers)
				fail_msg("row %zu is hidden by row %zu (%s, %s)", i, k,
					 smp_table_state(late->in), smp_table_on(late->on));
		}
	}
}

static void every_state_is_reached_in_some_role(void **state)
{
	bool initiator[SMP_STATE_COUNT], responder[SMP_STATE_COUNT];

	(void)state;
	reach(SMP_WHO_INITIATOR, NULL, initiator);
	reach(SMP_WHO_RESPONDER, NULL, responder);
	for (uint8_t s = SMP_STATE_IDLE; s < SMP_STATE_COUNT; s++)
		if (!initiator[s] && !responder[s])
			fail_msg("%s cannot be reached", smp_table_state(s));
	assert_true(initiator[SMP_STATE_DONE] && responder[SMP_STATE_DONE]);
}

/* From each state that a role reaches, an end is reached by rows of that very state. */
static void no_state_is_a_dead_end(void **state)
{
	const unsigned roles[] = {SMP_WHO_INITIATOR, SMP_WHO_RESPONDER};

	(void)state;
	for (size_t n = 0; n < COUNT(roles); n++) {
		bool reached[SMP_STATE_COUNT];
		reach(roles[n], NULL, reached);
		for (uint8_t s = SMP_STATE_IDLE + 1; s < SMP_STATE_COUNT; s++) {
			bool goes_on = is_end(s) || !reached[s];
			for (size_t i = 0; i < smp_table_rows; i++) {
				const struct smp_row *row = &smp_table[i];
				goes_on |= for_role(row, roles[n]) && row->in == s &&
					   (row->to != SMP_STATE_STAY ||
					    raises(row, SMP_ON_PEER_KEYS_COMPLETE));
			}
			if (!goes_on)
				fail_msg("%s leads nowhere", smp_table_state(s));
		}
	}
}

static bool without_checks(const struct smp_row *row)
{
	return !has_verb(row, smp_verb_check_legacy_confirm) &&
	       !has_verb(row, smp_verb_verify_dhkey_check);
}

static bool without_commitments(const struct smp_row *row)
{
	return !has_verb(row, smp_verb_check_legacy_confirm) &&
	       !has_verb(row, smp_verb_check_commitment) &&
	       !has_verb(row, smp_verb_check_round_confirm) && !has_verb(row, smp_verb_check_oob);
}

/*
 * The proof that no path goes around the checks: without the rows that check, neither role gets to
 * encryption. For the confirm values of Secure Connections that holds for the initiator; the
 * responder of Just Works and Numeric Comparison committed itself and has none to check.
 */
static void nothing_is_encrypted_without_its_check(void **state)
{
	bool reached[SMP_STATE_COUNT];
	const unsigned roles[] = {SMP_WHO_INITIATOR, SMP_WHO_RESPONDER};

	(void)state;
	for (size_t n = 0; n < COUNT(roles); n++) {
		reach(roles[n], without_checks, reached);
		assert_false(reached[SMP_STATE_KEY_WANTED] || reached[SMP_STATE_ENCRYPTING] ||
			     reached[SMP_STATE_KEYS] || reached[SMP_STATE_DONE]);
	}
	reach(SMP_WHO_INITIATOR, without_commitments, reached);
	assert_false(reached[SMP_STATE_ENCRYPTING]);
}

/* The four events that can happen at any time have a row for every state. */
static void four_events_end_every_state(void **state)
{
	const uint8_t any_time[] = {SMP_ON_PAIRING_FAILED, SMP_ON_TIMEOUT, SMP_ON_CANCEL,
				    SMP_ON_DISCONNECTED};

	(void)state;
	for (size_t n = 0; n < COUNT(any_time); n++) {
		unsigned who = 0;
		for (size_t i = 0; i < smp_table_rows; i++)
			if (smp_table[i].in == SMP_STATE_ANY && smp_table[i].on == any_time[n] &&
			    smp_table[i].when == smp_guard_always &&
			    smp_table[i].to == SMP_STATE_FAILED)
				who |= smp_table[i].who;
		assert_int_equal(who, SMP_WHO_BOTH);
	}
}

static void every_verb_and_guard_is_used(void **state)
{
	bool verbs[SMP_VERB_COUNT] = {true}, guards[SMP_GUARD_COUNT] = {false};

	(void)state;
	for (size_t i = 0; i < smp_table_rows; i++) {
		guards[smp_table[i].when] = true;
		for (size_t k = 0; k < SMP_ROW_VERBS; k++)
			verbs[smp_table[i].verbs[k]] = true;
	}
	for (uint8_t v = 0; v < SMP_VERB_COUNT; v++)
		if (!verbs[v])
			fail_msg("%s is never used", smp_table_verb(v));
	for (uint8_t g = 0; g < SMP_GUARD_COUNT; g++)
		if (!guards[g])
			fail_msg("%s is never used", smp_table_guard(g));
}

/*
 * Every state with every event: the engine, put into each state of each role and given each PDU and
 * each local event, either goes on by a row, refuses, or ignores; it never sends after the end, and
 * while it waits the 30 s timer runs (3.4).
 */
static void every_state_takes_every_event(void **state)
{
	static struct smp smp;
	struct smp_actions actions;
	uint8_t pdu[66];

	(void)state;
	for (uint8_t s = SMP_STATE_IDLE; s < SMP_STATE_COUNT; s++) {
		for (int role = SMP_INITIATOR; role <= SMP_RESPONDER; role++) {
			for (unsigned n = 0; n < 256 + 10; n++) {
				const struct smp_config config = {.role = (enum smp_role)role,
								  .min_key_size = 7,
								  .max_key_size = 16,
								  .random = crypto_random};
				struct smp_event event = {.kind = SMP_EV_PDU};
				assert_int_equal(smp_init(&smp, &config), 0);
				smp.state = s;
				smp.timer_running = smp_busy(&smp);
				const struct smp_pdu_format *format = smp_pdu_format((uint8_t)n);
				memset(pdu, 0, sizeof(pdu));
				pdu[0] = (uint8_t)n;
				event.pdu.data = pdu;
				event.pdu.len = format ? format->length : 3;
				if (n >= 256)
					event = (struct smp_event){
						.kind = (enum smp_event_kind)(n - 256)};
				if (event.kind == SMP_EV_PDU && n >= 256)
					event.pdu.data = pdu;
				smp_step(&smp, &event, &actions);
				bool failed = false;
				for (size_t i = 0; i < actions.count; i++) {
					/* Pairing Failed may precede the verdict, nothing follows
					 * it. */
					assert_false(failed);
					failed = actions.list[i].kind == SMP_ACT_FAILED;
				}
				assert_int_equal(failed, smp.state == SMP_STATE_FAILED &&
								 s != SMP_STATE_FAILED);
				if (s == SMP_STATE_FAILED ||
				    (s == SMP_STATE_DONE && pdu[0] != SMP_PAIRING_FAILED))
					assert_int_equal(actions.count, 0);
				if (smp_busy(&smp))
					assert_true(smp.timer_running);
				if (n == SMP_PAIRING_FAILED)
					for (size_t i = 0; i < actions.count; i++)
						assert_int_not_equal(actions.list[i].kind,
								     SMP_ACT_SEND);
			}
		}
	}
}

/* ---- The table on a page --------------------------------------------------------------------- */

/* The cell of one event in one state: a mark, and a second one if a guard decides. */
static void cell(char out[3], unsigned who, uint8_t state, uint8_t on, const char *letters)
{
	char marks[2] = {
		on <= SMP_LAST_PDU && state != SMP_STATE_IDLE && !is_end(state) ? '!' : '.', ' '};

	for (size_t i = 0; i < smp_table_rows; i++) {
		const struct smp_row *row = &smp_table[i];
		if (row->on != on || !for_role(row, who) ||
		    !(row->in == state ||
		      (row->in == SMP_STATE_ANY && state != SMP_STATE_IDLE && !is_end(state))))
			continue;
		char mark = row->to == SMP_STATE_STAY ? '=' : letters[row->to];
		if (row->when == smp_guard_always) {
			if (marks[1] == ' ')
				marks[0] = mark;
			else
				marks[1] = marks[0] != mark ? mark : ' ';
			break;
		}
		if (marks[1] == ' ') {
			marks[1] = marks[0];
			marks[0] = mark;
		}
	}
	(void)snprintf(out, 3, "%c%c", marks[0], marks[1]);
}

static void draw(FILE *to)
{
	static const char letters[] = "??abcdefghijklmnopqrstuvwxyz";
	const unsigned roles[] = {SMP_WHO_INITIATOR, SMP_WHO_RESPONDER};

	fprintf(to,
		"What each state (a column) does with each event (a row).\n"
		"  letter  goes on to that state     =  stays, having done something or nothing\n"
		"  !       out of turn: fails        .  ignored     blank  never in that state\n"
		"  two     the second is for when the guard of the first does not hold\n\n");
	for (uint8_t s = SMP_STATE_IDLE; s < SMP_STATE_COUNT; s++)
		fprintf(to, "  %c %s\n", letters[s], smp_table_state(s));
	for (size_t n = 0; n < COUNT(roles); n++) {
		bool reached[SMP_STATE_COUNT];
		reach(roles[n], NULL, reached);
		fprintf(to, "\n%-31s", roles[n] == SMP_WHO_INITIATOR ? "initiator" : "responder");
		for (uint8_t s = SMP_STATE_IDLE; s < SMP_STATE_COUNT; s++)
			fprintf(to, s + 1 < SMP_STATE_COUNT ? "%c  " : "%c\n", letters[s]);
		for (uint8_t on = 1; on < SMP_ON_COUNT; on++) {
			char line[31 + 3 * SMP_STATE_COUNT + 1];
			if ((on <= SMP_LAST_PDU && !smp_pdu_format(on)) || is_cue(on))
				continue;
			int used = snprintf(line, sizeof(line), "%-30s ", smp_table_on(on));
			for (uint8_t s = SMP_STATE_IDLE; s < SMP_STATE_COUNT; s++) {
				char mark[3] = "  ";
				/* Never at rest where a cue goes on at once. */
				if (reached[s] && s != SMP_STATE_FEATURES_AGREED &&
				    s != SMP_STATE_KEYS_EXCHANGED)
					cell(mark, roles[n], s, on, letters);
				used += snprintf(line + used, sizeof(line) - (size_t)used, "%s ",
						 mark);
			}
			while (used && line[used - 1] == ' ')
				line[--used] = 0;
			fprintf(to, "%s\n", line);
		}
	}
}

/*
 * table.golden is for reading: a change of the table shows there as a change of behaviour. Written
 * anew when BLEPAIR_GOLDEN is set.
 */
static void the_page_is_the_reviewed_one(void **state)
{
	char *drawn = NULL, *kept = NULL;
	size_t drawn_len = 0, kept_len = 0;
	FILE *file;

	(void)state;
	file = open_memstream(&drawn, &drawn_len);
	assert_non_null(file);
	draw(file);
	assert_int_equal(fclose(file), 0);
	if (getenv("BLEPAIR_GOLDEN")) {
		file = fopen(GOLDEN, "w");
		assert_non_null(file);
		assert_int_equal(fwrite(drawn, 1, drawn_len, file), drawn_len);
		assert_int_equal(fclose(file), 0);
	}
	file = fopen(GOLDEN, "r");
	assert_non_null(file);
	kept = calloc(1, drawn_len + 2);
	assert_non_null(kept);
	kept_len = fread(kept, 1, drawn_len + 1, file);
	assert_int_equal(fclose(file), 0);
	if (kept_len != drawn_len || memcmp(kept, drawn, drawn_len) != 0)
		fail_msg("the table differs from %s; it is now:\n%s", GOLDEN, drawn);
	free(drawn);
	free(kept);
}

/*
 * The engine acts as the page shows: a PDU out of turn is refused with Unspecified Reason, or Key
 * Rejected during key distribution (3.5.5); an ignored one causes no action.
 */
static void the_engine_acts_as_the_page_shows(void **state)
{
	static const char letters[] = "??abcdefghijklmnopqrstuvwxyz";
	static struct smp smp;
	struct smp_actions actions;
	size_t refused = 0, ignored = 0;

	(void)state;
	for (int role = SMP_INITIATOR; role <= SMP_RESPONDER; role++) {
		bool reached[SMP_STATE_COUNT];
		reach(role == SMP_INITIATOR ? SMP_WHO_INITIATOR : SMP_WHO_RESPONDER, NULL, reached);
		for (uint8_t s = SMP_STATE_IDLE; s < SMP_STATE_COUNT; s++) {
			for (uint8_t code = 1; code <= SMP_LAST_PDU; code++) {
				uint8_t pdu[65] = {code};
				char mark[3];
				const struct smp_event event = {
					.kind = SMP_EV_PDU,
					.pdu = {pdu, smp_pdu_format(code)->length}};
				const struct smp_config config = {.role = (enum smp_role)role,
								  .min_key_size = 7,
								  .max_key_size = 16,
								  .random = crypto_random};
				if (!reached[s] || s == SMP_STATE_FEATURES_AGREED ||
				    s == SMP_STATE_KEYS_EXCHANGED)
					continue;
				cell(mark,
				     role == SMP_INITIATOR ? SMP_WHO_INITIATOR : SMP_WHO_RESPONDER,
				     s, code, letters);
				assert_int_equal(smp_init(&smp, &config), 0);
				smp.state = s;
				smp.timer_running = smp_busy(&smp);
				if (mark[0] != '.' && mark[0] != '!')
					continue;
				smp_step(&smp, &event, &actions);
				if (mark[0] == '.') {
					assert_int_equal(actions.count, 0);
					assert_int_equal(smp.state, s);
					ignored++;
					continue;
				}
				assert_int_equal(smp.state, SMP_STATE_FAILED);
				assert_int_equal(actions.count, 3);
				assert_int_equal(actions.list[0].kind, SMP_ACT_SEND);
				assert_int_equal(actions.list[0].pdu.data[0], SMP_PAIRING_FAILED);
				assert_int_equal(actions.list[0].pdu.data[1],
						 s == SMP_STATE_KEYS ? SMP_KEY_REJECTED
								     : SMP_UNSPECIFIED_REASON);
				assert_int_equal(actions.list[1].kind, SMP_ACT_TIMER_STOP);
				assert_int_equal(actions.list[2].kind, SMP_ACT_FAILED);
				refused++;
			}
		}
	}
	assert_true(refused > 200 && ignored > 50);
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_well_formed),
		cmocka_unit_test(no_row_stands_in_the_shadow_of_another),
		cmocka_unit_test(every_state_is_reached_in_some_role),
		cmocka_unit_test(no_state_is_a_dead_end),
		cmocka_unit_test(nothing_is_encrypted_without_its_check),
		cmocka_unit_test(four_events_end_every_state),
		cmocka_unit_test(every_verb_and_guard_is_used),
		cmocka_unit_test(every_state_takes_every_event),
		cmocka_unit_test(the_page_is_the_reviewed_one),
		cmocka_unit_test(the_engine_acts_as_the_page_shows),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Attempts in the database: kept, selected, merged. */
#include <stdio.h>
#include <string.h>

#include "cli/store/fixture.h"

static const char complete[] =
	"{\"time\":\"2026-11-25T10:17:50.406Z\",\"run\":\"night\",\"unit\":\"line 3\","
	"\"label\":\"lamp\",\"peer\":\"C4:00:00:00:00:01\",\"controller\":\"hci0\","
	"\"method\":\"just_works\",\"result\":\"failed\",\"class\":\"peer_refused\","
	"\"reason\":\"Repeated Attempts\",\"reason_code\":9,\"scan_ms\":1.5,\"connect_ms\":2.5,"
	"\"pair_ms\":3.5,\"total_ms\":7.5,\"retries\":2,\"slot\":\"3\",\"verdict\":{\"text\":\"it "
	"refused\",\"findings\":[]},\"attributes\":\"[]\"}";

static void append_json(void *ctx, const struct attempt *attempt)
{
	(void)json_array_append_new(ctx, attempt_to_json(attempt));
}

static json_t *attempts(const struct store_attempts *which)
{
	json_t *list = json_array();

	if (store_attempts(&store, which, append_json, list, &failure))
		fail_msg("%s", failure.text);
	return list;
}

static void every_field_is_kept(void **state)
{
	static const struct store_attempts all;
	json_t *json = json_loads(complete, 0, NULL);
	struct attempt attempt, bare;
	struct store_entry entries[] = {{.attempt = &attempt}, {.attempt = &bare}};

	(void)state;
	assert_int_equal(attempt_from_json(json, &attempt, &failure), 0);
	attempt_init(&bare, "failed", CLI_TIMED_OUT, NULL, ATTEMPT_NONE);
	open_store();
	assert_int_equal(store_write(&store, entries, 2, &failure), 0);
	json_t *list = attempts(&all);
	assert_int_equal(json_array_size(list), 2);
	json_decref(json);
	json = json_loads(complete, 0, NULL);
	assert_true(json_equal(json_array_get(list, 0), json));
	json_t *expected = attempt_to_json(&bare);
	assert_true(json_equal(json_array_get(list, 1), expected));
	json_decref(expected);
	json_decref(list);
	json_decref(json);
}

static void write_attempt(const char *peer, const char *job, const char *reason)
{
	struct attempt attempt;
	struct store_entry entry = {.attempt = &attempt};

	attempt_init(&attempt, "failed", CLI_TIMED_OUT, reason, ATTEMPT_NONE);
	(void)snprintf(attempt.peer, sizeof(attempt.peer), "%s", peer);
	attempt.job = job;
	assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
}

/* The reasons of the selected attempts, in their order. */
static const char *select_reasons(struct store_attempts which)
{
	static char text[32];
	json_t *list = attempts(&which);

	text[0] = '\0';
	for (size_t i = 0; i < json_array_size(list); i++)
		(void)strcat(text,
			     json_string_value(json_object_get(json_array_get(list, i), "reason")));
	json_decref(list);
	return text;
}

static void attempts_are_selected_by_peer_job_and_number(void **state)
{
	(void)state;
	open_store();
	write_attempt("A", "night", "1");
	write_attempt("B", NULL, "2");
	write_attempt("C", "night", "3");
	write_attempt("A", "day", "4");
	write_attempt("", "day", "5");
	assert_string_equal(select_reasons((struct store_attempts){0}), "12345");
	assert_string_equal(select_reasons((struct store_attempts){.peer = "A"}), "14");
	assert_string_equal(select_reasons((struct store_attempts){.peer = "A", .or_peer = "C"}),
			    "134");
	assert_string_equal(select_reasons((struct store_attempts){.peer = "D"}), "");
	assert_string_equal(select_reasons((struct store_attempts){.job = "night"}), "13");
	assert_string_equal(select_reasons((struct store_attempts){.peer = "A", .job = "day"}),
			    "4");
	/* The newest of them, still the oldest first. */
	assert_string_equal(select_reasons((struct store_attempts){.last = 2}), "45");
	assert_string_equal(select_reasons((struct store_attempts){.last = 1, .peer = "A"}), "4");
	assert_string_equal(select_reasons((struct store_attempts){.last = 9}), "12345");
}

static void write_labelled(const char *peer, const char *label)
{
	struct attempt attempt;
	struct store_entry entry = {.attempt = &attempt};

	attempt_init(&attempt, "failed", CLI_TIMED_OUT, NULL, ATTEMPT_NONE);
	(void)snprintf(attempt.peer, sizeof(attempt.peer), "%s", peer);
	attempt.label = label;
	assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
}

/* bond: as store_label(). */
static const char *label_of(uint8_t last_octet, const struct bond_record *bond)
{
	static char label[STORE_LABEL];
	const struct crypto_address peer = {ADDRESS_RANDOM, {last_octet, 0, 0, 0, 0, 0xc4}};
	int found = store_label(&store, &peer, bond, label, &failure);

	assert_int_equal(found, *label != '\0');
	return label;
}

static void a_peer_has_the_label_of_its_latest_attempt(void **state)
{
	struct bond_record bond = record(9, true);
	char text[ADDRESS_TEXT];

	(void)state;
	open_store();
	assert_string_equal(label_of(1, NULL), "");
	write_labelled("C4:00:00:00:00:01", "SN-1");
	write_labelled("C4:00:00:00:00:02", "SN-2");
	write_labelled("C4:00:00:00:00:01", NULL);
	assert_string_equal(label_of(1, NULL), "SN-1");
	assert_string_equal(label_of(2, NULL), "SN-2");
	assert_string_equal(label_of(3, NULL), "");
	write_labelled("C4:00:00:00:00:01", "SN-3");
	assert_string_equal(label_of(1, NULL), "SN-3");
	/* Its bond knows the other addresses of a device. */
	write_labelled(address_format(&bond.peer, text), "SN-4");
	assert_string_equal(label_of(3, &bond), "SN-4");
	write_labelled(address_format(bond_identity(&bond), text), "SN-5");
	assert_string_equal(label_of(3, &bond), "SN-5");
	assert_string_equal(label_of(3, NULL), "");
	/* Only its latest 20 attempts are read. */
	for (int i = 0; i < 19; i++)
		write_labelled("C4:00:00:00:00:02", NULL);
	assert_string_equal(label_of(2, NULL), "SN-2");
	write_labelled("C4:00:00:00:00:02", NULL);
	assert_string_equal(label_of(2, NULL), "");
}

static int import_attempt(json_t *attempt)
{
	size_t kept[STORE_KEPT];
	json_t *json = json_pack("{s:i, s:[], s:[O]}", "version", 1, "bonds", "attempts", attempt);
	int status = store_import(&store, json, "x.json", kept, &failure);

	json_decref(json);
	return status;
}

/* The same time, job, unit, peer, controller and result make the same attempt. */
static void a_merged_attempt_is_kept_once(void **state)
{
	static const struct {
		const char *field, *value;
	} others[] = {
		{"time", "2026-11-25T10:17:50.407Z"}, {"run", "day"},	      {"unit", "line 4"},
		{"peer", "C4:00:00:00:00:02"},	      {"controller", "hci1"}, {"result", "paired"},
	};
	json_t *json = json_loads(complete, 0, NULL);

	(void)state;
	open_store();
	assert_int_equal(import_attempt(json), 0);
	assert_int_equal(import_attempt(json), 0);
	assert_int_equal(query("SELECT count(*) FROM attempt"), 1);
	for (size_t i = 0; i < COUNT(others); i++) {
		json_t *other = json_deep_copy(json);
		assert_int_equal(
			json_object_set_new(other, others[i].field, json_string(others[i].value)),
			0);
		assert_int_equal(import_attempt(other), 0);
		assert_int_equal(query("SELECT count(*) FROM attempt"), 2 * i + 2);
		if (strcmp(others[i].field, "time") != 0 && strcmp(others[i].field, "result") != 0)
			assert_int_equal(json_object_del(other, others[i].field), 0);
		else
			assert_int_equal(json_object_set_new(other, "unit", json_string("else")),
					 0);
		assert_int_equal(import_attempt(other), 0);
		assert_int_equal(import_attempt(other), 0);
		assert_int_equal(query("SELECT count(*) FROM attempt"), 2 * i + 3);
		json_decref(other);
	}
	json_decref(json);
}

static void an_invalid_value_is_reported(void **state)
{
	static const struct store_attempts all;
	static const char *const wrongs[] = {"retries = 'many'", "time = 'now'", "reason_code = -1",
					     "pair_ms = 'x'", "peer = '00:00:00:00:00:00/public'"};

	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		char sql[100];
		json_t *list = json_array();
		(void)snprintf(sql, sizeof(sql), "UPDATE attempt SET %s", wrongs[i]);
		open_store();
		write_attempt("A", NULL, NULL);
		execute(sql);
		*failure.text = '\0';
		assert_int_equal(store_attempts(&store, &all, append_json, list, &failure), -1);
		assert_non_null(
			strstr(failure.text, "it is damaged (an attempt has an invalid value"));
		assert_int_equal(json_array_size(list), 0);
		assert_null(store_export(&store, &failure));
		json_decref(list);
		store_close(&store);
		drop("");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_field_is_kept),
		CASE(attempts_are_selected_by_peer_job_and_number),
		CASE(a_peer_has_the_label_of_its_latest_attempt),
		CASE(a_merged_attempt_is_kept_once),
		CASE(an_invalid_value_is_reported),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The queue of events for the engine. */
#include "session/queue.h"

#include <string.h>

#include "unit.h"

static bool add(struct session_queue *queue, uint32_t passkey)
{
	const struct smp_event event = {.kind = SMP_EV_PASSKEY, .passkey = passkey};

	return session_queue_add(queue, &event);
}

static void events_leave_in_the_order_in_which_they_came(void **state)
{
	struct session_queue queue = {0};
	uint32_t in = 0, out = 0;

	(void)state;
	/* Around the end of the ring, with every number of events in it. */
	for (unsigned round = 0; round < 5 * SESSION_QUEUE; round++) {
		for (unsigned i = 0; i < round % SESSION_QUEUE + 1; i++)
			assert_true(add(&queue, in++));
		for (unsigned i = 0; i < round % SESSION_QUEUE + 1; i++) {
			assert_int_equal(queue.events[queue.first].passkey, out++);
			session_queue_remove(&queue);
		}
		assert_int_equal(queue.count, 0);
	}
}

static void a_full_queue_accepts_no_event_and_keeps_the_others(void **state)
{
	struct session_queue queue = {0};

	(void)state;
	for (uint32_t i = 0; i < SESSION_QUEUE; i++)
		assert_true(add(&queue, i));
	assert_false(add(&queue, 99));
	for (uint32_t i = 0; i < SESSION_QUEUE; i++) {
		assert_int_equal(queue.events[queue.first].passkey, i);
		session_queue_remove(&queue);
	}
}

static void no_passkey_stays_in_the_queue(void **state)
{
	static const struct session_queue zero;
	struct session_queue queue = {0};

	(void)state;
	for (uint32_t i = 0; i < SESSION_QUEUE; i++)
		assert_true(add(&queue, 123456));
	for (uint32_t i = 0; i < SESSION_QUEUE; i++)
		session_queue_remove(&queue);
	assert_memory_equal(queue.events, zero.events, sizeof(queue.events));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_leave_in_the_order_in_which_they_came),
		cmocka_unit_test(a_full_queue_accepts_no_event_and_keeps_the_others),
		cmocka_unit_test(no_passkey_stays_in_the_queue),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "cli/batch/fixture.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "batch/record.h"
#include "batch/slot.h"

struct batch_job job;
struct batch_controller controllers[FIXTURE_CONTROLLERS + 1];
struct batch_unit units[FIXTURE_UNITS];
struct options options;
struct store store;
json_t *events;
uint64_t now;

static struct event_output output;
static char labels[FIXTURE_UNITS][8], folder[64];

uint64_t clock_now(void)
{
	return now;
}

uint64_t clock_wall(void)
{
	return now;
}

int clock_wait(struct pollfd *fds, size_t count, uint64_t deadline)
{
	(void)fds;
	(void)count;
	now = deadline > now ? deadline : now;
	return 0;
}

void __wrap_event_emit(struct event_output *to, json_t *object);
void __wrap_event_note(struct event_output *to, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void __wrap_event_emit(struct event_output *to, json_t *object)
{
	assert_non_null(to);
	assert_int_equal(json_array_append_new(events, object), 0);
}

void __wrap_event_note(struct event_output *to, int level, const char *format, ...)
{
	char text[320];
	va_list arguments;

	(void)level;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	__wrap_event_emit(to, json_pack("{s:s, s:s}", "event", "note", "text", text));
}

static void request(void *ctx)
{
	(void)ctx; /* batch/run.c would ask the scheduler */
}

int begin(void **state)
{
	(void)state;
	memset(&job, 0, sizeof(job));
	memset(controllers, 0, sizeof(controllers));
	memset(units, 0, sizeof(units));
	memset(&output, 0, sizeof(output));
	options = (struct options){.sc = SMP_SC_PREFER};
	*folder = '\0';
	now = UINT64_C(1764400000000000); /* in November 2025 */
	events = json_array();
	store_init_none(&store);
	job.options = &options;
	job.events = &output;
	job.store = &store;
	job.units = units;
	job.controllers = controllers;
	job.controller_count = FIXTURE_CONTROLLERS;
	(void)strcpy(job.name, "order-7");
	job.started = clock_now();
	job.schedule_timer = (struct loop_timer){.fire = request};
	if (crypto_init() || batch_scheduler_init(&job.scheduler, clock_now()))
		return -1;
	for (size_t i = 0; i < FIXTURE_CONTROLLERS; i++) {
		struct batch_controller *c = &controllers[i];
		c->job = &job;
		c->state = BATCH_UP;
		(void)snprintf(c->spec, sizeof(c->spec), "hci%zu", i);
		(void)strcpy(c->name, c->spec);
		c->controller.spec = c->spec;
		c->controller.loop = &job.runtime.loop;
		c->controller.store = &store;
		c->index = batch_add_controller(&job.scheduler);
		for (size_t k = 0; k < HCI_LINKS_MAX; k++)
			c->slots[k].controller = c;
		batch_controller_up(&job.scheduler, clock_now(), c->index);
	}
	batch_record_init(&job);
	/* A loop that goes beyond the last controller finds this one. */
	controllers[FIXTURE_CONTROLLERS] = controllers[0];
	controllers[FIXTURE_CONTROLLERS].slots[0].state = BATCH_SLOT_LINKED;
	controllers[FIXTURE_CONTROLLERS].slots[0].unit = &units[0];
	return 0;
}

int end(void **state)
{
	static const char *const endings[] = {"", "-wal", "-shm", "-runs"};

	(void)state;
	batch_scheduler_free(&job.scheduler);
	store_close(&store);
	json_decref(events);
	for (size_t i = 0; *folder && i < COUNT(endings); i++) {
		char path[96];
		(void)snprintf(path, sizeof(path), "%s/store.db%s", folder, endings[i]);
		(void)unlink(path);
	}
	return *folder ? rmdir(folder) : 0;
}

void with_store(void)
{
	struct failure failure;
	char path[96];

	(void)strcpy(folder, "/tmp/blepair-test.XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/store.db", folder);
	assert_int_equal(store_init(&store, path, &failure), 0);
}

void with_broken_store(void)
{
	struct failure failure;

	assert_int_equal(store_init(&store, "/nonexistent/store.db", &failure), 0);
}

static struct crypto_address address_of(size_t unit)
{
	return (struct crypto_address){ADDRESS_RANDOM, {(uint8_t)unit, 0, 0, 0, 0, 0xc4}};
}

void add_units(size_t count)
{
	assert_true(job.unit_count + count <= FIXTURE_UNITS);
	for (; count--; job.unit_count++) {
		struct batch_unit *unit = &units[job.unit_count];
		(void)snprintf(labels[job.unit_count], sizeof(labels[0]), "SN-%zu", job.unit_count);
		unit->spec.line = (uint32_t)job.unit_count + 2;
		unit->spec.has_address = true;
		unit->spec.address = address_of(job.unit_count);
		unit->spec.label = labels[job.unit_count];
		assert_int_equal(batch_add_unit(&job.scheduler, unit), 0);
	}
}

struct batch_slot *start_unit(size_t unit, size_t controller)
{
	struct batch_controller *c = &controllers[controller];
	const struct batch_advertiser device = {.connectable = true, .address = address_of(unit)};
	struct batch_slot *slot = NULL;

	batch_saw(&job.scheduler, clock_now(), controller, &device);
	assert_ptr_equal(batch_next(&job.scheduler, clock_now(), controller), &units[unit]);
	for (size_t i = 0; i < HCI_LINKS_MAX && !slot; i++)
		if (c->slots[i].state == BATCH_SLOT_FREE)
			slot = &c->slots[i];
	assert_non_null(slot);
	batch_slot_start(slot, &units[unit]);
	return slot;
}

struct batch_slot *link_unit(size_t unit, size_t controller)
{
	struct batch_slot *slot = start_unit(unit, controller);

	slot->state = BATCH_SLOT_LINKED;
	batch_linked(&job.scheduler, slot->unit);
	return slot;
}

extern const uint8_t __bss_start[],
	_end[]; /* of the linker: all static variables that start as 0 */

/* Octet by octet: the sanitizers put gaps between variables. */
__attribute__((no_sanitize("address"))) bool static_memory_holds(const uint8_t octets[16])
{
	for (const volatile uint8_t *at = __bss_start; at + 16 <= _end; at++) {
		size_t same = 0;
		while (same < 16 && at[same] == octets[same])
			same++;
		if (same == 16)
			return true;
	}
	return false;
}

void run_timers(void)
{
	struct loop *loop = &job.runtime.loop;

	while (loop->timers && loop->timers->at <= now) {
		struct loop_timer *timer = loop->timers;
		loop_timer_stop(loop, timer);
		timer->fire(timer->ctx);
	}
}

void pass(uint64_t duration)
{
	now += duration;
	run_timers();
}

const json_t *event(size_t n)
{
	assert_true(n < json_array_size(events));
	return json_array_get(events, n);
}

const char *text_of(const json_t *object, const char *field)
{
	const char *text = json_string_value(json_object_get(object, field));

	return text ? text : "";
}

int number_of(const json_t *object, const char *field)
{
	const json_t *value = json_object_get(object, field);

	return value ? (int)json_number_value(value) : -1;
}

bool flag_of(const json_t *object, const char *field)
{
	const json_t *value = json_object_get(object, field);

	assert_true(json_is_boolean(value));
	return json_is_true(value);
}

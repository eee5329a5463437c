/* SPDX-License-Identifier: MIT */
#include "cli/batch/schedule.h"

#include <string.h>

#include "base/address.h"

struct batch_scheduler batch;
struct batch_unit units[64];
uint64_t now, due;

int fresh(void **state)
{
	(void)state;
	now = 1000 * SECOND;
	memset(units, 0, sizeof(units));
	memset(&batch, 0xff, sizeof(batch));
	return batch_scheduler_init(&batch, now);
}

int over(void **state)
{
	(void)state;
	batch_scheduler_free(&batch);
	return 0;
}

struct crypto_address address(size_t i)
{
	struct crypto_address a = {.type = ADDRESS_RANDOM, .octets = {0, 0, 0, 0, 0, 0xc0}};

	memcpy(a.octets, &i, 4);
	return a;
}

void add_addresses(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		units[i].spec.has_address = true;
		units[i].spec.address = address(i);
		assert_int_equal(batch_add_unit(&batch, &units[i]), 0);
	}
}

void see(size_t controller, size_t i)
{
	struct batch_advertiser s = {.connectable = true, .rssi = -50, .address = address(i)};

	batch_saw(&batch, now, controller, &s);
}

void join(size_t count)
{
	for (size_t i = 0; i < count; i++)
		batch_controller_up(&batch, now, batch_add_controller(&batch));
}

struct batch_unit *begin(size_t controller)
{
	struct batch_unit *u = batch_next(&batch, now, controller);

	if (u)
		batch_linked(&batch, u);
	return u;
}

enum batch_verdict end(struct batch_unit *u, enum batch_end how, int code)
{
	return batch_attempt_ended(&batch, now, u, how, code, &due);
}

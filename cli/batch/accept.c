/* SPDX-License-Identifier: MIT */
#include "batch/accept.h"

#include <string.h>

static bool is_done(const struct batch_unit *unit)
{
	return unit->state == BATCH_PAIRED || unit->state == BATCH_FAILED;
}

/* The units that are left, once these are few: looking for them takes time for every unit. */
static bool find_last(struct batch_job *job)
{
	const struct batch_scheduler *s = &job->scheduler;

	if (job->last_known)
		return true;
	if (s->match ||
	    s->total - s->counts[BATCH_PAIRED] - s->counts[BATCH_FAILED] > HCI_ACCEPTED_MAX)
		return false;
	for (size_t i = 0; i < job->unit_count; i++)
		if (!is_done(&job->units[i]))
			job->last[job->last_count++] = &job->units[i];
	job->last_known = true;
	return true;
}

static bool add(struct hci_accepted *devices, size_t room, size_t *count, uint8_t type,
		const uint8_t address[6])
{
	if (*count == room)
		return false;
	devices[*count].type = type;
	memcpy(devices[(*count)++].address, address, 6);
	return true;
}

size_t batch_accept(struct batch_job *job, struct hci_accepted *devices, size_t room)
{
	size_t count = 0;

	if (!room || job->input || !find_last(job)) /* the next row may be any device */
		return 0;
	for (size_t i = 0; i < job->last_count; i++) {
		const struct batch_unit_spec *spec = &job->last[i]->spec;
		const uint8_t type = spec->address.type;
		if (is_done(job->last[i]))
			continue;
		if (!spec->has_address || !add(devices, room, &count, type, spec->address.octets))
			return 0;
		/* Without a type, the address may be of either. */
		if (!spec->typed && !add(devices, room, &count, !type, spec->address.octets))
			return 0;
	}
	return count;
}

/* SPDX-License-Identifier: MIT */
#include "batch/resume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "crypto/bytes.h"

static void count_unit(void *ctx, const char *unit, enum store_state state, unsigned attempts)
{
	(void)unit;
	(void)state;
	(void)attempts;
	++*(size_t *)ctx;
}

int batch_resume_claim(struct batch_job *job, struct failure *failure)
{
	char base[BATCH_JOB_NAME], name[BATCH_JOB_NAME];
	size_t units = 1;

	memcpy(base, job->name, sizeof(base));
	memcpy(name, base, sizeof(name));
	for (unsigned n = 2; units; n++) {
		units = 0;
		if (store_units(job->store, name, count_unit, &units, failure) < 0)
			return -1;
		if (units || job->options->again)
			memcpy(job->name, name, sizeof(name));
		(void)snprintf(name, sizeof(name), "%.150s#%u", base, n);
	}
	return store_claim_job(job->store, job->name, failure);
}

/*
 * Excludes the device that was paired under this address, of either type: also under its identity
 * and its IRK.
 */
static void exclude(struct batch_job *job, struct crypto_address address)
{
	static struct bond_record record;
	struct failure failure;

	for (address.type = ADDRESS_PUBLIC; address.type <= ADDRESS_RANDOM; address.type++)
		(void)batch_exclude_device(&job->scheduler, &address, NULL);
	address.type = ADDRESS_PUBLIC; /* as of an address without a type */
	if (store_find_by_user_address(job->store, &address, false, &record, NULL, &failure) <= 0)
		return;
	const struct smp_keys *keys = &record.bond.peer;
	bool unique = keys->has_irk && smp_judge_irk(keys->irk) == SMP_IRK_RANDOM;
	(void)batch_exclude_device(&job->scheduler, bond_identity(&record),
				   unique ? keys->irk : NULL);
	bytes_wipe(&record, sizeof(record));
}

static void load_attempt(void *ctx, const struct attempt *attempt)
{
	struct batch_job *job = ctx;
	struct crypto_address address;
	bool typed;
	bool done =
		strcmp(attempt->result, "paired") == 0 || strcmp(attempt->result, "encrypted") == 0;

	if (done && address_parse(attempt->peer, &address, &typed))
		exclude(job, address);
	if (job->report)
		batch_report_add(job->report, attempt_to_json(attempt), NULL);
}

static int load_unit(struct batch_job *job, struct batch_unit *unit, struct failure *failure)
{
	enum store_state state = STORE_NO_UNIT;
	char key[BATCH_UNIT_NAME];

	if (store_unit(job->store, job->name, batch_unit_key(&unit->spec, key), &state, NULL,
		       failure) < 0)
		return -1;
	/* Only names and the like come in scan responses. */
	job->active_scan |= !unit->spec.has_address;
	if (state == STORE_DONE) {
		batch_add_paired_before(&job->scheduler, unit);
		job->paired_before++;
		return 0;
	}
	return batch_add_unit(&job->scheduler, unit)
		       ? failure_set(failure, CLI_INTERNAL, "no memory for the units")
		       : 0;
}

int batch_resume_load(struct batch_job *job, struct batch_list *list, struct failure *failure)
{
	const struct store_attempts which = {.job = job->name};

	job->units = calloc(list->count + 1, sizeof(*job->units));
	if (!job->units)
		return failure_set(failure, CLI_INTERNAL, "no memory for the units");
	for (size_t i = 0; i < list->count; i++)
		job->units[i].spec = list->specs[i];
	job->unit_count = list->count;
	list->count = 0; /* the job owns them now */
	for (size_t i = 0; i < job->unit_count; i++)
		if (load_unit(job, &job->units[i], failure))
			return -1;
	int status = store_attempts(job->store, &which, load_attempt, job, failure);
	if (job->report)
		batch_report_begin(job->report);
	return status;
}

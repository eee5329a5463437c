/* SPDX-License-Identifier: MIT */
/* Writes to a store, blocking. The program writes by requests. */
#pragma once

#include "store/store.h"

/* store_request_write() of a store whose requests complete at once. 0 or -1. */
static inline int store_write(struct store *to, struct store_entry *entries, size_t count,
			      struct failure *why)
{
	struct store_request request = {.done = NULL};

	store_request_write(to, &request, entries, count);
	if (request.result)
		*why = request.failure;
	return request.result;
}

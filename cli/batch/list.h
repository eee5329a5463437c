/* SPDX-License-Identifier: MIT */
/* Lists of units: CSV with a header, or JSON with an object a line (docs/batch.md). */
#pragma once

#include "batch/spec.h"

struct batch_list {
	struct batch_unit_spec *specs;
	size_t count, room;
};

/*
 * Reads a whole list of len octets; name is the file in messages. 0, or -1 with the place, the
 * text there and what was expected. Free the list in either case.
 */
int batch_list_read(struct batch_list *list, const char *name, const char *text, size_t len,
		    struct failure *failure);

/* Wipes and frees. */
void batch_list_free(struct batch_list *list);

/* SPDX-License-Identifier: MIT */
#include "batch/unit.h"

void batch_queue_append(struct batch_queue *queue, struct batch_unit *unit)
{
	/* The last of an empty queue is not valid. */
	struct batch_unit **end = queue->first ? queue->last : &queue->first;

	unit->next = NULL;
	unit->link = end;
	*end = unit;
	queue->last = &unit->next;
}

void batch_queue_remove(struct batch_queue *queue, struct batch_unit *unit)
{
	*unit->link = unit->next;
	if (unit->next)
		unit->next->link = unit->link;
	else
		queue->last = unit->link;
	unit->next = NULL;
	unit->link = NULL;
}

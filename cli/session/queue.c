/* SPDX-License-Identifier: MIT */
#include "session/queue.h"

#include "crypto/bytes.h"

bool session_queue_add(struct session_queue *queue, const struct smp_event *event)
{
	if (queue->count == SESSION_QUEUE)
		return false;
	queue->events[(queue->first + queue->count++) % SESSION_QUEUE] = *event;
	return true;
}

void session_queue_remove(struct session_queue *queue)
{
	bytes_wipe(&queue->events[queue->first], sizeof(queue->events[0]));
	queue->first = (queue->first + 1) % SESSION_QUEUE;
	queue->count--;
}

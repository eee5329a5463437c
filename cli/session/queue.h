/* SPDX-License-Identifier: MIT */
/*
 * Events that wait for the engine. An action that raises the next event (a scripted answer) queues
 * it: the engine's list of actions is carried out to its end first, and never by recursion.
 */
#pragma once

#include "smp/smp.h"

/*
 * The most that can wait: the event under way, a refusal of its method, and a scripted passkey:
 * eight keypresses and the number.
 */
#define SESSION_QUEUE 11

struct session_queue {
	struct smp_event events[SESSION_QUEUE]; /* borrowed PDUs are valid only for the first */
	size_t first, count;
};

/* Copies an event to the end. False: the queue is full, which is a programming error. */
bool session_queue_add(struct session_queue *queue, const struct smp_event *event);

/* Removes the first event, which may have held a passkey. There must be one. */
void session_queue_remove(struct session_queue *queue);

/* SPDX-License-Identifier: MIT */
/* A list of units on its way from the process that parsed it (base/apart.h). */
#pragma once

#include <stdio.h>

#include "batch/list.h"

/* Sends all units. 0 or -1. */
int batch_list_send(const struct batch_list *list, FILE *out);

/*
 * Receives what batch_list_send() sent. The sender is not trusted: every value is checked as the
 * parsers of a list check it. 0, or -1; free the list in either case.
 */
int batch_list_receive(struct batch_list *list, FILE *in);

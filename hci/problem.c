/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "hci/transport.h"

int hci_problem_set(struct hci_problem *problem, enum hci_trouble trouble, const char *format, ...)
{
	va_list arguments;

	problem->trouble = trouble;
	va_start(arguments, format);
	(void)vsnprintf(problem->text, sizeof(problem->text), format, arguments);
	va_end(arguments);
	return -1;
}

/* SPDX-License-Identifier: MIT */
#include "hci/failure.h"

#include <stdarg.h>
#include <stdio.h>

int hci_failure_set(struct hci_failure *failure, enum hci_failure_kind kind, const char *format,
		    ...)
{
	va_list arguments;

	failure->kind = kind;
	va_start(arguments, format);
	(void)vsnprintf(failure->text, sizeof(failure->text), format, arguments);
	va_end(arguments);
	return -1;
}

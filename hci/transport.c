/* SPDX-License-Identifier: MIT */
#include "hci/transport.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hci/h4_stream.h"

static const struct hci_transport_ops *const transports[] = {
	&hci_transport_unix,
	&hci_transport_tcp,
	&hci_transport_serial,
};

#define COUNT (sizeof(transports) / sizeof(transports[0]))

int hci_problem_set(struct hci_problem *problem, enum hci_trouble trouble, const char *format, ...)
{
	va_list arguments;

	problem->trouble = trouble;
	va_start(arguments, format);
	(void)vsnprintf(problem->text, sizeof(problem->text), format, arguments);
	va_end(arguments);
	return -1;
}

/* Words that other tools use for the kernel's controllers and for USB. */
static int is_reserved(const char *spec)
{
	return (strncmp(spec, "hci", 3) == 0 &&
		(isdigit((unsigned char)spec[3]) || spec[3] == ':')) ||
	       strncmp(spec, "usb:", 4) == 0;
}

struct hci_transport *hci_transport_open(const char *spec, struct hci_problem *problem)
{
	for (size_t i = 0; i < COUNT; i++) {
		size_t len = strlen(transports[i]->scheme);
		if (strncmp(spec, transports[i]->scheme, len) == 0)
			return transports[i]->open(spec + len, problem);
	}

	char forms[160] = "";
	for (size_t i = 0; i < COUNT; i++) {
		size_t used = strlen(forms);
		(void)snprintf(forms + used, sizeof(forms) - used, "%s%s", i ? ", " : "",
			       transports[i]->form);
	}
	if (is_reserved(spec))
		(void)hci_problem_set(problem, HCI_TROUBLE_SPEC,
				      "controller \"%s\": this version cannot open it yet; use one "
				      "of %s",
				      spec, forms);
	else
		(void)hci_problem_set(problem, HCI_TROUBLE_SPEC,
				      "controller \"%s\": not understood; expected one of %s", spec,
				      forms);
	return NULL;
}

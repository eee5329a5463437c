/* SPDX-License-Identifier: MIT */
#include "hci/transport.h"

#include <stdio.h>
#include <string.h>

#include "hci/h4_stream.h"
#include "hci/usb.h"
#include "hci/user_channel.h"

static const struct hci_transport_ops *const transports[] = {
	&hci_transport_user_channel, &hci_transport_usb,    &hci_transport_unix,
	&hci_transport_tcp,	     &hci_transport_serial,
};

#define COUNT (sizeof(transports) / sizeof(transports[0]))

struct hci_transport *hci_transport_open(const char *spec, const struct hci_access *access,
					 struct hci_failure *failure)
{
	char forms[200] = "";

	for (size_t i = 0; i < COUNT; i++) {
		size_t len = strlen(transports[i]->scheme), used = strlen(forms);
		if (strncmp(spec, transports[i]->scheme, len) == 0)
			return transports[i]->open(spec + len, access, failure);
		(void)snprintf(forms + used, sizeof(forms) - used, "%s%s", i ? ", " : "",
			       transports[i]->form);
	}
	(void)hci_failure_set(failure, HCI_FAILURE_SPEC, "controller \"%s\": expected one of %s",
			      spec, forms);
	return NULL;
}

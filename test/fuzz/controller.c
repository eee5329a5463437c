/* SPDX-License-Identifier: MIT */
/* The words that name a controller, on a machine that has one of each kind and no network. */
#include "hci/transport.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "hci/fake_kernel.h"
#include "hci/fake_libusb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	struct hci_access access = {0};
	struct hci_failure failure = {0};
	uint8_t flags = fuzz_u8(&in);
	char *spec = fuzz_text(&in);

	if (!fake.count) {
		fake_kernel_reset();
		fake_usb_reset();
		fake_kernel_add(0);
		(void)fake_usb_plug(1, 4, 0x0a12, 0x0001);
		(void)fake_usb_plug(1, 5, 0x0a12, 0x0001);
	}
	fake.sealed = true;
	fake.controllers[0].powered = flags & 1;
	fake.controllers[0].held = flags & 2;
	access.take = flags & 4;
	struct hci_transport *t = hci_transport_open(spec, &access, &failure);
	if (t) {
		struct pollfd fds[HCI_TRANSPORT_FDS];
		size_t n = t->ops->watch(t, fds);
		insist(n >= 1 && n <= HCI_TRANSPORT_FDS);
		memset(fds, 0, sizeof(fds));
		(void)t->ops->ready(t, fds, n, &failure);
		if (t->ops->release)
			t->ops->release(t);
		t->ops->close(t);
	} else {
		/* One line, which names the controller. */
		insist(failure.kind != HCI_FAILURE_NONE);
		insist(memchr(failure.text, 0, sizeof(failure.text)));
		insist(strlen(failure.text) > 20);
	}
	fake.sealed = false;
	free(spec);
	return 0;
}

void fuzz_seeds(fuzz_seed *seed)
{
	static const char *const specs[] = {
		"0hci",		 "1hci0",	   "5hci:0",	    "2hci0",
		"0usb:1-4",	 "0usb:0a12:0001", "0usb:SERIAL=x", "0usb:1",
		"0unix:/tmp/no", "0tcp:host:1234", "0tcp:[::1]:9",  "0serial:/dev/ttyUSB0,1000000",
	};

	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++)
		seed(specs[i], strlen(specs[i]));
}

/* SPDX-License-Identifier: MIT */
/* What hci/ uses of libusb. */
#include <libusb.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/words.h"
#include "stubs/stub.h"

/* clang-format off */
#define USB(result, name, parameters, arguments) STUB(LIBRARY_USB, result, libusb_##name, parameters, arguments)

USB(struct libusb_transfer *, alloc_transfer, (int packets), (packets))
USB(int, attach_kernel_driver, (libusb_device_handle *h, int n), (h, n))
USB(int, cancel_transfer, (struct libusb_transfer *t), (t))
USB(int, claim_interface, (libusb_device_handle *h, int n), (h, n))
USB(int, clear_halt, (libusb_device_handle *h, unsigned char endpoint), (h, endpoint))
USB(void, close, (libusb_device_handle *h), (h))
USB(int, detach_kernel_driver, (libusb_device_handle *h, int n), (h, n))
USB(void, exit, (libusb_context *c), (c))
USB(void, free_config_descriptor, (struct libusb_config_descriptor *config), (config))
USB(void, free_device_list, (libusb_device **list, int unref), (list, unref))
USB(void, free_pollfds, (const struct libusb_pollfd **fds), (fds))
USB(void, free_transfer, (struct libusb_transfer *t), (t))
USB(int, get_active_config_descriptor, (libusb_device *d, struct libusb_config_descriptor **config), (d, config))
USB(uint8_t, get_bus_number, (libusb_device *d), (d))
USB(uint8_t, get_device_address, (libusb_device *d), (d))
USB(int, get_device_descriptor, (libusb_device *d, struct libusb_device_descriptor *out), (d, out))
USB(ssize_t, get_device_list, (libusb_context *c, libusb_device ***list), (c, list))
USB(const struct libusb_pollfd **, get_pollfds, (libusb_context *c), (c))
USB(int, get_port_numbers, (libusb_device *d, uint8_t *ports, int room), (d, ports, room))
USB(int, handle_events_timeout_completed, (libusb_context *c, struct timeval *limit, int *completed), (c, limit, completed))
USB(int, open, (libusb_device *d, libusb_device_handle **h), (d, h))
USB(libusb_device *, ref_device, (libusb_device *d), (d))
USB(int, release_interface, (libusb_device_handle *h, int n), (h, n))
USB(void, set_pollfd_notifiers, (libusb_context *c, libusb_pollfd_added_cb added, libusb_pollfd_removed_cb removed, void *ctx), (c, added, removed, ctx))
USB(const char *, strerror, (int error), (error))
USB(int, submit_transfer, (struct libusb_transfer *t), (t))
USB(void, unref_device, (libusb_device *d), (d))
/* clang-format on */

/*
 * Without the library one line says so, and the run goes on: it may use other controllers.
 */
__attribute__((visibility("hidden"))) int libusb_init(libusb_context **context)
{
	static __typeof__(libusb_init) *init;
	static bool reported;
	struct failure failure;

	if (!init && library_need(LIBRARY_USB, &failure)) {
		if (!reported)
			words_complain("%s", failure.text);
		reported = true;
		return LIBUSB_ERROR_NOT_SUPPORTED;
	}
	if (!init)
		init = (__typeof__(libusb_init) *)stub_function(LIBRARY_USB, "libusb_init");
	return init(context);
}

/* SPDX-License-Identifier: MIT */
#include "hci/fake_libusb.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "unit.h"

struct libusb_context {
	int nothing;
};

struct libusb_device_handle {
	struct libusb_device *device;
};

struct fake_usb fake_usb = {.fd = -1};

void fake_usb_reset(void)
{
	assert_int_equal(fake_usb.contexts, 0);
	assert_int_equal(fake_usb.transfers, 0);
	assert_int_equal(fake_usb.flying_count, 0);
	assert_false(fake_usb.open);
	for (size_t i = 0; i < fake_usb.count; i++)
		assert_int_equal(fake_usb.devices[i].references, 1);
	if (fake_usb.fd >= 0)
		close(fake_usb.fd);
	memset(&fake_usb, 0, sizeof(fake_usb));
	fake_usb.allocations = -1;
	fake_usb.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_true(fake_usb.fd >= 0);
}

/* ---- Devices --------------------------------------------------------------------------------- */

static const struct libusb_endpoint_descriptor endpoints[] = {
	{.bEndpointAddress = 0x81, .bmAttributes = 3, .wMaxPacketSize = 16},
	{.bEndpointAddress = 0x82, .bmAttributes = 2, .wMaxPacketSize = 64},
	{.bEndpointAddress = 0x02, .bmAttributes = 2, .wMaxPacketSize = 64},
};
static const struct libusb_interface_descriptor setting = {
	.bNumEndpoints = 3,
	.bInterfaceClass = 0xe0,
	.bInterfaceSubClass = 1,
	.bInterfaceProtocol = 1,
	.endpoint = endpoints,
};
static const struct libusb_interface interface = {&setting, 1};
static const struct libusb_config_descriptor config = {
	.bNumInterfaces = 1, .bConfigurationValue = 1, .interface = &interface};

struct libusb_device *fake_usb_plug(uint8_t bus, uint8_t port, uint16_t vendor, uint16_t product)
{
	assert_true(fake_usb.count < COUNT(fake_usb.devices));
	struct libusb_device *d = &fake_usb.devices[fake_usb.count++];

	*d = (struct libusb_device){
		.descriptor = {.idVendor = vendor, .idProduct = product},
		.config = &config,
		.bus = bus,
		.address = (uint8_t)(fake_usb.count + 1),
		.ports = {port},
		.depth = 1,
		.references = 1,
	};
	return d;
}

int LIBUSB_CALL libusb_init(libusb_context **context)
{
	static struct libusb_context one;

	if (fake_usb.init_error)
		return fake_usb.init_error;
	fake_usb.contexts++;
	*context = &one;
	return 0;
}

void LIBUSB_CALL libusb_exit(libusb_context *context)
{
	assert_non_null(context);
	fake_usb.contexts--;
}

const char *LIBUSB_CALL libusb_strerror(int code)
{
	return code == LIBUSB_ERROR_NO_MEM ? "Insufficient memory" : "Input/Output Error";
}

ssize_t LIBUSB_CALL libusb_get_device_list(libusb_context *context, libusb_device ***list)
{
	(void)context;
	if (fake_usb.list_error)
		return fake_usb.list_error;
	*list = calloc(fake_usb.count + 1, sizeof(**list));
	assert_non_null(*list);
	for (size_t i = 0; i < fake_usb.count; i++)
		(*list)[i] = libusb_ref_device(&fake_usb.devices[i]);
	return (ssize_t)fake_usb.count;
}

void LIBUSB_CALL libusb_free_device_list(libusb_device **list, int unref)
{
	for (size_t i = 0; unref && list[i]; i++)
		libusb_unref_device(list[i]);
	free(list);
}

libusb_device *LIBUSB_CALL libusb_ref_device(libusb_device *device)
{
	device->references++;
	return device;
}

void LIBUSB_CALL libusb_unref_device(libusb_device *device)
{
	assert_true(--device->references > 0);
}

int LIBUSB_CALL libusb_get_device_descriptor(libusb_device *device,
					     struct libusb_device_descriptor *descriptor)
{
	*descriptor = device->descriptor;
	return device->broken ? LIBUSB_ERROR_IO : 0;
}

int LIBUSB_CALL libusb_get_active_config_descriptor(libusb_device *device,
						    struct libusb_config_descriptor **found)
{
	if (!device->config)
		return LIBUSB_ERROR_NOT_FOUND;
	*found = malloc(sizeof(**found));
	assert_non_null(*found);
	**found = *device->config;
	return 0;
}

void LIBUSB_CALL libusb_free_config_descriptor(struct libusb_config_descriptor *descriptor)
{
	free(descriptor);
}

uint8_t LIBUSB_CALL libusb_get_bus_number(libusb_device *device)
{
	return device->bus;
}

uint8_t LIBUSB_CALL libusb_get_device_address(libusb_device *device)
{
	return device->address;
}

int LIBUSB_CALL libusb_get_port_numbers(libusb_device *device, uint8_t *ports, int max)
{
	assert_true(device->depth <= max);
	memcpy(ports, device->ports, (size_t)device->depth);
	return device->depth;
}

/* ---- One in use ------------------------------------------------------------------------------ */

int LIBUSB_CALL libusb_open(libusb_device *device, libusb_device_handle **handle)
{
	static struct libusb_device_handle one;

	if (fake_usb.open_error)
		return fake_usb.open_error;
	assert_false(fake_usb.open);
	fake_usb.open = true;
	one.device = libusb_ref_device(device);
	*handle = &one;
	if (fake_usb.added)
		fake_usb.added(fake_usb.fd, POLLOUT, fake_usb.notified);
	return 0;
}

void LIBUSB_CALL libusb_close(libusb_device_handle *handle)
{
	assert_false(fake_usb.claimed);
	fake_usb.open = false;
	libusb_unref_device(handle->device);
	fake_usb.removed(fake_usb.fd, fake_usb.notified);
}

int LIBUSB_CALL libusb_detach_kernel_driver(libusb_device_handle *handle, int number)
{
	(void)handle;
	(void)number;
	return fake_usb.detach_error;
}

int LIBUSB_CALL libusb_attach_kernel_driver(libusb_device_handle *handle, int number)
{
	(void)handle;
	(void)number;
	assert_false(fake_usb.claimed);
	fake_usb.attached = !fake_usb.attach_error;
	fake_usb.attachments += fake_usb.attached;
	return fake_usb.attach_error;
}

/* Either would cost the controller its firmware. */
int LIBUSB_CALL libusb_reset_device(libusb_device_handle *handle)
{
	(void)handle;
	fail_msg("the device is reset");
	return 0;
}

int LIBUSB_CALL libusb_set_configuration(libusb_device_handle *handle, int configuration)
{
	(void)handle;
	(void)configuration;
	fail_msg("the device is configured anew");
	return 0;
}

int LIBUSB_CALL libusb_claim_interface(libusb_device_handle *handle, int number)
{
	(void)handle;
	(void)number;
	fake_usb.claimed = !fake_usb.claim_error;
	return fake_usb.claim_error;
}

int LIBUSB_CALL libusb_release_interface(libusb_device_handle *handle, int number)
{
	(void)handle;
	(void)number;
	/* A transfer in flight would be lost. */
	for (size_t i = 0; i < fake_usb.flying_count; i++)
		assert_true(fake_usb.stuck[fake_usb.flying[i].transfer->endpoint]);
	fake_usb.claimed = false;
	return 0;
}

int LIBUSB_CALL libusb_clear_halt(libusb_device_handle *handle, unsigned char endpoint)
{
	(void)handle;
	assert_int_equal(fake_usb_in_flight(endpoint), 0);
	fake_usb.halts_cleared++;
	return fake_usb.clear_error;
}

/* ---- Transfers ------------------------------------------------------------------------------- */

struct libusb_transfer *LIBUSB_CALL libusb_alloc_transfer(int packets)
{
	assert_int_equal(packets, 0);
	if (fake_usb.allocations == 0)
		return NULL;
	fake_usb.allocations -= fake_usb.allocations > 0;
	fake_usb.transfers++;
	return calloc(1, sizeof(struct libusb_transfer));
}

void LIBUSB_CALL libusb_free_transfer(struct libusb_transfer *transfer)
{
	if (!transfer)
		return;
	for (size_t i = 0; i < fake_usb.flying_count; i++)
		assert_ptr_not_equal(fake_usb.flying[i].transfer, transfer);
	fake_usb.transfers--;
	free(transfer);
}

int LIBUSB_CALL libusb_submit_transfer(struct libusb_transfer *transfer)
{
	if (fake_usb.submit_error)
		return fake_usb.submit_error;
	assert_int_equal(transfer->timeout, 0); /* none */
	assert_int_equal(transfer->type, transfer->endpoint == 0 ? LIBUSB_TRANSFER_TYPE_CONTROL
					 : transfer->endpoint == 0x81
						 ? LIBUSB_TRANSFER_TYPE_INTERRUPT
						 : LIBUSB_TRANSFER_TYPE_BULK);
	for (size_t i = 0; i < fake_usb.flying_count; i++)
		assert_ptr_not_equal(fake_usb.flying[i].transfer, transfer);
	assert_true(fake_usb.flying_count < FAKE_USB_FLYING);
	fake_usb.flying[fake_usb.flying_count].transfer = transfer;
	fake_usb.flying[fake_usb.flying_count++].due = false;
	return 0;
}

int LIBUSB_CALL libusb_cancel_transfer(struct libusb_transfer *transfer)
{
	for (size_t i = 0; i < fake_usb.flying_count && !fake_usb.stuck[transfer->endpoint]; i++) {
		if (fake_usb.flying[i].transfer != transfer || fake_usb.flying[i].due)
			continue;
		fake_usb.flying[i].due = true;
		fake_usb.flying[i].status = LIBUSB_TRANSFER_CANCELLED;
		fake_usb.flying[i].len = 0;
		return 0;
	}
	return LIBUSB_ERROR_NOT_FOUND;
}

static size_t oldest(uint8_t endpoint)
{
	for (size_t i = 0; i < fake_usb.flying_count; i++)
		if (fake_usb.flying[i].transfer->endpoint == endpoint && !fake_usb.flying[i].due)
			return i;
	return FAKE_USB_FLYING;
}

bool fake_usb_complete(uint8_t endpoint, enum libusb_transfer_status status, const void *data,
		       size_t len)
{
	size_t i = oldest(endpoint);

	if (i == FAKE_USB_FLYING)
		return false;
	assert_true(len <= sizeof(fake_usb.flying[i].data));
	fake_usb.flying[i].due = true;
	fake_usb.flying[i].status = (int)status;
	fake_usb.flying[i].len = (int)len;
	if (len)
		memcpy(fake_usb.flying[i].data, data, len);
	return true;
}

const struct libusb_transfer *fake_usb_out(uint8_t endpoint)
{
	size_t i = oldest(endpoint);
	return i == FAKE_USB_FLYING ? NULL : fake_usb.flying[i].transfer;
}

size_t fake_usb_in_flight(uint8_t endpoint)
{
	size_t count = 0;

	for (size_t i = 0; i < fake_usb.flying_count; i++)
		count += fake_usb.flying[i].transfer->endpoint == endpoint;
	return count;
}

int LIBUSB_CALL libusb_handle_events_timeout_completed(libusb_context *context,
						       struct timeval *wait, int *completed)
{
	(void)context;
	(void)completed;
	fake_usb.turns++;
	if (wait->tv_usec > fake_usb.waited_us)
		fake_usb.waited_us = (long)wait->tv_usec;
	for (size_t i = 0; i < fake_usb.flying_count;) {
		struct libusb_transfer *t = fake_usb.flying[i].transfer;
		if (!fake_usb.flying[i].due) {
			i++;
			continue;
		}
		t->status = (enum libusb_transfer_status)fake_usb.flying[i].status;
		t->actual_length = fake_usb.flying[i].len;
		assert_true(t->actual_length <= t->length || !(t->endpoint & LIBUSB_ENDPOINT_IN));
		if (t->endpoint & LIBUSB_ENDPOINT_IN)
			memcpy(t->buffer, fake_usb.flying[i].data, (size_t)t->actual_length);
		fake_usb.flying_count--;
		memmove(&fake_usb.flying[i], &fake_usb.flying[i + 1],
			(fake_usb.flying_count - i) * sizeof(fake_usb.flying[0]));
		t->callback(t);
	}
	return 0;
}

/* ---- Descriptors to be polled ---------------------------------------------------------------- */

void LIBUSB_CALL libusb_set_pollfd_notifiers(libusb_context *context, libusb_pollfd_added_cb added,
					     libusb_pollfd_removed_cb removed, void *ctx)
{
	(void)context;
	fake_usb.added = added;
	fake_usb.removed = removed;
	fake_usb.notified = ctx;
}

const struct libusb_pollfd **LIBUSB_CALL libusb_get_pollfds(libusb_context *context)
{
	static struct libusb_pollfd one;
	size_t count = fake_usb.fds ? fake_usb.fds : 1;
	const struct libusb_pollfd **list = calloc(count + 1, sizeof(*list));

	(void)context;
	assert_non_null(list);
	one = (struct libusb_pollfd){.fd = fake_usb.fd, .events = POLLOUT};
	for (size_t i = 0; i < count; i++)
		list[i] = &one;
	return list;
}

void LIBUSB_CALL libusb_free_pollfds(const struct libusb_pollfd **list)
{
	free(list);
}

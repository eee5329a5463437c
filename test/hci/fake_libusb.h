/* SPDX-License-Identifier: MIT */
/*
 * A fake libusb that replaces the library when it is linked in. The test plugs in the devices and
 * completes the transfers; their callbacks run as the real ones do, in
 * libusb_handle_events_timeout_completed().
 */
#pragma once

#include <libusb.h>
#include <stdbool.h>

#define FAKE_USB_FLYING 32

struct libusb_device {
	struct libusb_device_descriptor descriptor;
	const struct libusb_config_descriptor *config; /* NULL: it is not configured */
	uint8_t bus, address, ports[7];
	int depth;
	int references;
	bool broken; /* its descriptor cannot be read */
};

struct fake_usb {
	struct libusb_device devices[8];
	size_t count;
	/* Results of the next calls: a LIBUSB_ERROR_*, 0: success. */
	int init_error, list_error, open_error, detach_error, claim_error, attach_error;
	int submit_error, clear_error;
	int allocations; /* transfers that can be allocated, -1: any number */
	/* Effects of the calls. */
	bool open, claimed, attached;
	unsigned attachments; /* of the kernel's driver */
	unsigned halts_cleared;
	size_t contexts, transfers;
	struct {
		struct libusb_transfer *transfer;
		bool due;
		int status;
		int len;
		uint8_t data[1024];
	} flying[FAKE_USB_FLYING];
	size_t flying_count;
	libusb_pollfd_added_cb added;
	libusb_pollfd_removed_cb removed;
	void *notified;
	int fd;		 /* to be polled */
	size_t fds;	 /* how often it is listed, 0: once */
	bool stuck[256]; /* by endpoint: cancelled transfers do not return */
	unsigned turns;	 /* calls to handle events */
	long waited_us;	 /* the longest wait for events that was asked for */
};

extern struct fake_usb fake_usb;

/* Nothing plugged in, everything succeeds. Fails the test when an object of before was not freed.
 */
void fake_usb_reset(void);

/* A controller of class E0/01/01 with the pipes 0x81, 0x82 and 0x02 at this bus and port. */
struct libusb_device *fake_usb_plug(uint8_t bus, uint8_t port, uint16_t vendor, uint16_t product);

/* Ends the oldest transfer in flight of a pipe (0: commands), at the next turn. False: none is. */
bool fake_usb_complete(uint8_t endpoint, enum libusb_transfer_status status, const void *data,
		       size_t len);

/* The oldest transfer out of a pipe in flight, whole; NULL: none. */
const struct libusb_transfer *fake_usb_out(uint8_t endpoint);

size_t fake_usb_in_flight(uint8_t endpoint);

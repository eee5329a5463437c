/* SPDX-License-Identifier: MIT */
/*
 * The pipes of a USB controller, Core Vol 4 Part B 2.1 and 2.2: commands by control transfers,
 * events by interrupt transfers, ACL data by bulk transfers both ways. All asynchronous: they move
 * while libusb handles events.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hci/h4.h"
#include "hci/transport.h"
#include "hci/usb_device.h"

/*
 * A transfer in takes one packet of its pipe, so that each is delivered as soon as it is there: no
 * zero-length packet is needed to end an event or ACL packet that fills its last one, and one that
 * comes is nothing. Several are in flight; the pieces are put together by the lengths in the HCI
 * headers.
 */
#define HCI_USB_EVENT_TRANSFERS 4
#define HCI_USB_ACL_TRANSFERS	8
#define HCI_USB_IN_TRANSFERS	(HCI_USB_EVENT_TRANSFERS + HCI_USB_ACL_TRANSFERS)

/* Transfers out wait in line, one of each pipe in flight. */
#define HCI_USB_OUT_QUEUE 64
#define HCI_USB_OUT_MAX	  (LIBUSB_CONTROL_SETUP_SIZE + 3 + 255)

/* Received packets that wait to be taken: what one turn of the loop can bring. */
#define HCI_USB_RECEIVED_MAX 16384

struct hci_usb_pipes;

struct hci_usb_in_pipe {
	struct hci_usb_pipes *pipes;
	uint8_t endpoint, type; /* HCI_EVENT or HCI_ACL */
	struct hci_h4 h4;	/* puts packets together */
	unsigned in_flight, stalls;
	bool stalled; /* to be cleared once nothing is in flight */
};

struct hci_usb_in_transfer {
	struct libusb_transfer *transfer;
	struct hci_usb_in_pipe *pipe;
	bool flying;
	uint8_t data[HCI_USB_PACKET_MAX];
};

struct hci_usb_out_pipe {
	struct hci_usb_pipes *pipes;
	struct libusb_transfer *transfer;
	uint8_t endpoint; /* 0: control */
	bool flying, stalled;
	unsigned stalls;
	size_t first, count;
	struct {
		uint16_t len;
		uint8_t data[HCI_USB_OUT_MAX]; /* of commands: set-up first */
	} queue[HCI_USB_OUT_QUEUE];
};

struct hci_usb_pipes {
	libusb_device_handle *handle;
	const char *port;	    /* for words: "1-4.2" */
	char *note;		    /* of the transport, HCI_NOTE_MAX octets */
	struct hci_failure failure; /* once set nothing goes in or out */
	bool deaf;		    /* what still comes is dropped */

	struct hci_usb_in_pipe event, acl;
	struct hci_usb_in_transfer in[HCI_USB_IN_TRANSFERS];
	struct hci_usb_out_pipe command, data;

	uint8_t received[HCI_USB_RECEIVED_MAX]; /* packets, each behind two octets of length */
	size_t received_at, received_len;
};

/*
 * Makes the transfers for an interface that was claimed. pipes: zeroed but for port and note, which
 * live as long as it. False: out of memory; hci_usb_pipes_free() is due all the same.
 */
bool hci_usb_pipes_init(struct hci_usb_pipes *pipes, libusb_device_handle *handle,
			const struct hci_usb_interface *interface);

/*
 * The next packet, H4 type first, into packet (HCI_PACKET_MAX octets): its length, or 0: none, and
 * all that was stopped goes on (transfers in, halted pipes, what waits to go out). -1: failure.
 */
int hci_usb_pipes_receive(struct hci_usb_pipes *pipes, uint8_t *packet);

/* Takes one packet, type first. 0, or -1 with problem. */
int hci_usb_pipes_send(struct hci_usb_pipes *pipes, const uint8_t *packet, size_t len,
		       struct hci_failure *problem);

/* Gives transfers to the device where there is none in flight. 0, or -1: failure. */
int hci_usb_pipes_start(struct hci_usb_pipes *pipes);

/* Calls back what is in flight; it is back when hci_usb_pipes_flying() says so. */
void hci_usb_pipes_cancel(struct hci_usb_pipes *pipes);
bool hci_usb_pipes_flying(const struct hci_usb_pipes *pipes);

/* Frees what is not in flight. */
void hci_usb_pipes_free(struct hci_usb_pipes *pipes);

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
 * An IN transfer takes one USB packet, so that each is delivered at once and no zero-length packet
 * is needed to end an HCI packet. Several transfers are in flight; the lengths in the HCI headers
 * join the pieces. Zero-length packets are ignored.
 */
#define HCI_USB_EVENT_TRANSFERS 4
#define HCI_USB_ACL_TRANSFERS	8
#define HCI_USB_IN_TRANSFERS	(HCI_USB_EVENT_TRANSFERS + HCI_USB_ACL_TRANSFERS)

/* OUT transfers are queued; one of each pipe is in flight. */
#define HCI_USB_OUT_QUEUE 64
#define HCI_USB_OUT_MAX	  (LIBUSB_CONTROL_SETUP_SIZE + 3 + 255)

/* Octets of received packets not yet taken: as many as one turn of the loop delivers. */
#define HCI_USB_RECEIVED_MAX 16384

struct hci_usb_pipes;

struct hci_usb_in_pipe {
	struct hci_usb_pipes *pipes;
	uint8_t endpoint, type; /* HCI_EVENT or HCI_ACL */
	struct hci_h4 h4;	/* puts packets together */
	unsigned in_flight, stalls;
	bool stalled; /* clear the halt once nothing is in flight */
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
		uint8_t data[HCI_USB_OUT_MAX]; /* commands: set-up packet first */
	} queue[HCI_USB_OUT_QUEUE];
};

struct hci_usb_pipes {
	libusb_device_handle *handle;
	const char *port;	    /* for messages: "1-4.2" */
	char *note;		    /* of the transport, HCI_NOTE_MAX octets */
	struct hci_failure failure; /* once set, no transfer starts */
	bool deaf;		    /* drop received data */

	struct hci_usb_in_pipe event, acl;
	struct hci_usb_in_transfer in[HCI_USB_IN_TRANSFERS];
	struct hci_usb_out_pipe command, data;

	uint8_t received[HCI_USB_RECEIVED_MAX]; /* packets, each behind two octets of length */
	size_t received_at, received_len;
};

/*
 * Allocates the transfers of a claimed interface. pipes: zero except port and note, which must
 * outlive it. False: out of memory; call hci_usb_pipes_free() in any case.
 */
bool hci_usb_pipes_init(struct hci_usb_pipes *pipes, libusb_device_handle *handle,
			const struct hci_usb_interface *interface);

/*
 * Copies the next packet, H4 type first, to packet (HCI_PACKET_MAX octets). Returns its length; 0:
 * none, and stopped transfers are started again; -1: see pipes->failure.
 */
int hci_usb_pipes_receive(struct hci_usb_pipes *pipes, uint8_t *packet);

/* Queues one packet, H4 type first. 0, or -1 with failure. */
int hci_usb_pipes_send(struct hci_usb_pipes *pipes, const uint8_t *packet, size_t len,
		       struct hci_failure *failure);

/* Submits the transfers that are not in flight. 0, or -1: see pipes->failure. */
int hci_usb_pipes_start(struct hci_usb_pipes *pipes);

/* Cancels the transfers in flight; they have returned when hci_usb_pipes_flying() is false. */
void hci_usb_pipes_cancel(struct hci_usb_pipes *pipes);
bool hci_usb_pipes_flying(const struct hci_usb_pipes *pipes);

/* Frees the transfers that are not in flight. */
void hci_usb_pipes_free(struct hci_usb_pipes *pipes);

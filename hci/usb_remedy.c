/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/usb_remedy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "crypto/bytes.h"

/* USB 2.0 11.24.2: class requests to a hub. */
#define GET_HUB_DESCRIPTOR 0xa0, 6
#define CLEAR_PORT_FEATURE 0x23, 1
#define SET_PORT_FEATURE   0x23, 3
#define PORT_POWER	   8	  /* Table 11-17 */
#define HUB_DESCRIPTOR	   0x2900 /* Table 11-13 */
#define HUB_DESCRIPTOR_3   0x2a00 /* USB 3.2 10.15.2.1 */
#define POWER_SWITCHING	   0x0003 /* of wHubCharacteristics */
#define EACH_PORT	   0x0001

#define REQUEST_MS   1000
#define POWER_OFF_MS 1000 /* until the capacitors of a dongle are empty */

/* A number of sysfs, -1: there is none. Without stdio: a child of a program with threads. */
static int read_number(const char *device, const char *name)
{
	char path[128], text[12];

	(void)snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/%s", device, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	return len > 0 ? atoi(text) : -1;
}

/* A descriptor, or -1 with errno. */
static int open_device(const char *device)
{
	const int bus = read_number(device, "busnum"), number = read_number(device, "devnum");
	char path[48];

	if (bus < 0 || number < 0) {
		errno = ENODEV;
		return -1;
	}
	(void)snprintf(path, sizeof(path), "/dev/bus/usb/%03d/%03d", bus, number);
	return open(path, O_RDWR | O_CLOEXEC);
}

int hci_usb_remedy_reset(const char *port)
{
	int fd = open_device(port);

	if (fd < 0)
		return errno;
	int error = ioctl(fd, USBDEVFS_RESET, NULL) < 0 ? errno : 0;
	close(fd);
	return error;
}

/* ---- Power ----------------------------------------------------------------------------------- */

/* "1-4.2" is port 2 of 1-4, "1-4" is port 4 of usb1. 0: it is no port. */
static int split(const char *port, char *hub, size_t size)
{
	const char *dot = strrchr(port, '.'), *dash = strchr(port, '-');

	if (!dash)
		return 0;
	if (dot)
		(void)snprintf(hub, size, "%.*s", (int)(dot - port), port);
	else
		(void)snprintf(hub, size, "usb%.*s", (int)(dash - port), port);
	return atoi((dot ? dot : dash) + 1);
}

/* Returns the length of the answer, or -1 with errno. */
static int request(int hub, uint8_t type, uint8_t code, uint16_t value, uint16_t index, void *data,
		   uint16_t len)
{
	struct usbdevfs_ctrltransfer transfer = {.bRequestType = type,
						 .bRequest = code,
						 .wValue = value,
						 .wIndex = index,
						 .wLength = len,
						 .timeout = REQUEST_MS,
						 .data = data};

	return ioctl(hub, USBDEVFS_CONTROL, &transfer);
}

static int switches_each_port(int hub)
{
	uint8_t d[5] = {0};
	int got = request(hub, GET_HUB_DESCRIPTOR, HUB_DESCRIPTOR, 0, d, sizeof(d));

	if (got < 0)
		got = request(hub, GET_HUB_DESCRIPTOR, HUB_DESCRIPTOR_3, 0, d, sizeof(d));
	if (got < 0)
		return errno;
	return got == sizeof(d) && (bytes_get_le16(d + 3) & POWER_SWITCHING) == EACH_PORT
		       ? 0
		       : EOPNOTSUPP;
}

static int cycle(int hub, uint16_t number)
{
	if (request(hub, CLEAR_PORT_FEATURE, PORT_POWER, number, NULL, 0) < 0)
		return errno;
	(void)poll(NULL, 0, POWER_OFF_MS);
	return request(hub, SET_PORT_FEATURE, PORT_POWER, number, NULL, 0) < 0 ? errno : 0;
}

int hci_usb_remedy_power(const char *port)
{
	char name[32];
	const int number = split(port, name, sizeof(name));
	int hub = number > 0 ? open_device(name) : -1;

	if (number <= 0)
		return ENODEV;
	if (hub < 0)
		return errno;
	int error = switches_each_port(hub);
	if (!error)
		error = cycle(hub, (uint16_t)number);
	close(hub);
	return error;
}

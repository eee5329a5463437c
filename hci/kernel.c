/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/kernel.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/bytes.h"
#include "hci/kernel_socket.h"
#include "hci/mgmt.h"

/* ---- Linux ioctls that libc lacks -------------------------------------------------- */

struct device_list {
	uint16_t count;
	struct {
		uint16_t index;
		uint32_t flags;
	} devices[HCI_KERNEL_MAX];
};

struct device_info {
	uint16_t index;
	char name[8];
	uint8_t address[6];
	uint32_t flags;
	uint8_t type; /* bus in the low four bits */
	uint8_t features[8];
	uint32_t numbers[3];
	uint16_t sizes[4];
	uint32_t statistics[10];
};

#define GET_DEVICE_LIST _IOR('H', 210, int)
#define GET_DEVICE_INFO _IOR('H', 211, int)

static const char *bus_name(uint8_t type)
{
	static const char *const names[] = {"virtual", "USB", "PC Card", "UART", "RS232",  "PCI",
					    "SDIO",    "SPI", "I2C",	 "SMD",	 "virtio", "IPC"};
	return (type & 0x0f) < sizeof(names) / sizeof(names[0]) ? names[type & 0x0f] : "unknown";
}

/* ---- One controller -------------------------------------------------------------------------- */

/* The last component of the target of a link in sysfs; empty: no link. */
static void link_end(const char *path, char *name, size_t size)
{
	char target[512];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	target[len > 0 ? len : 0] = '\0';
	const char *slash = strrchr(target, '/');
	(void)snprintf(name, size, "%s", slash ? slash + 1 : "");
}

/* Bits of device_info.flags. */
enum { FLAG_UP = 1, FLAG_INIT = 2, FLAG_RUNNING = 4 };

static enum hci_kernel_state state_of(int mgmt, uint32_t flags,
				      const struct hci_kernel_controller *c)
{
	struct hci_mgmt_message m;

	/* Address, version, manufacturer, supported and current settings; bit 0 is powered. */
	const bool listed = hci_mgmt_read(mgmt, HCI_MGMT_READ_INFO, c->index, &m) && m.len >= 17;
	/* The index lacks a controller under a user channel, and one that is not set up yet. The
	 * kernel sets one up that rfkill blocks, too. */
	if (!listed && flags & FLAG_INIT)
		return HCI_KERNEL_SETUP;
	if (c->rfkill.soft || c->rfkill.hard)
		return HCI_KERNEL_BLOCKED;
	if (listed)
		return m.data[13] & 1 ? HCI_KERNEL_POWERED : HCI_KERNEL_FREE;
	return flags & (FLAG_UP | FLAG_RUNNING) ? HCI_KERNEL_HELD : HCI_KERNEL_FAILED;
}

const char *hci_kernel_state_name(enum hci_kernel_state state)
{
	static const char *const names[] = {"free", "up", "set-up", "held", "blocked", "failed"};
	return names[state];
}

/* An attribute of the USB device behind a controller, in hexadecimal; 0: there is none. */
static uint16_t read_id(const char *device, const char *name)
{
	char path[192];
	unsigned value = 0;

	(void)snprintf(path, sizeof(path), "/sys/bus/usb/devices/%.*s/%s",
		       (int)strcspn(device, ":"), device, name);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%4x", &value) != 1)
		value = 0;
	(void)fclose(file);
	return (uint16_t)value;
}

/* The parent of hciN in sysfs. */
static void read_parent(uint16_t index, char *name, size_t size)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "/sys/class/bluetooth/hci%u/device", index);
	link_end(path, name, size);
}

struct hci_usb_id hci_kernel_usb(uint16_t index)
{
	char device[64];

	read_parent(index, device, sizeof(device));
	if (!*device)
		return (struct hci_usb_id){0};
	return (struct hci_usb_id){read_id(device, "idVendor"), read_id(device, "idProduct"),
				   read_id(device, "bcdDevice")};
}

void hci_kernel_port(uint16_t index, char *port, size_t size)
{
	char device[64];

	read_parent(index, device, sizeof(device));
	const size_t len = strcspn(device, ":");
	/* The name of a USB interface; others have a parent, too. */
	(void)snprintf(port, size, "%.*s",
		       device[len] && hci_kernel_usb(index).vendor ? (int)len : 0, device);
}

static void describe(int raw, int mgmt, uint16_t index, struct hci_kernel_controller *c)
{
	struct device_info info = {.index = index};
	char path[96];

	*c = (struct hci_kernel_controller){.index = index, .bus = "unknown"};
	if (ioctl(raw, GET_DEVICE_INFO, &info) == 0) {
		memcpy(c->address, info.address, 6);
		c->bus = bus_name(info.type);
	}
	read_parent(index, c->device, sizeof(c->device));
	(void)snprintf(path, sizeof(path), "/sys/class/bluetooth/hci%u/device/driver", index);
	link_end(path, c->driver, sizeof(c->driver));
	c->usb = hci_kernel_usb(index);
	hci_rfkill_read(index, &c->rfkill);
	c->state = state_of(mgmt, info.flags, c);
}

static int by_index(const void *a, const void *b)
{
	const struct hci_kernel_controller *one = a, *other = b;

	return (int)one->index - (int)other->index;
}

size_t hci_kernel_list(struct hci_kernel_controller list[HCI_KERNEL_MAX])
{
	struct device_list devices = {.count = HCI_KERNEL_MAX};
	size_t count = 0;
	int raw = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC, HCI_KERNEL_PROTOCOL);

	if (raw < 0)
		return 0;
	int mgmt = hci_mgmt_open();
	if (ioctl(raw, GET_DEVICE_LIST, &devices) == 0)
		for (; count < devices.count && count < HCI_KERNEL_MAX; count++)
			describe(raw, mgmt, devices.devices[count].index, &list[count]);
	qsort(list, count, sizeof(list[0]), by_index);
	close(raw);
	if (mgmt >= 0)
		close(mgmt);
	errno = 0;
	return count;
}

const struct hci_kernel_controller *hci_kernel_find(const struct hci_kernel_controller *list,
						    size_t count, uint16_t index)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].index == index)
			return &list[i];
	return NULL;
}

/* ---- Programs that use controllers
 * ------------------------------------------------------------------------------ */

#define INODES 32

/* The inodes of all HCI sockets: the last column but one of the table. */
static size_t hci_inodes(unsigned long inodes[INODES])
{
	FILE *file = fopen("/proc/net/hci", "re");
	char line[256];
	size_t count = 0;

	if (!file)
		return 0;
	while (count < INODES && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %*s %*s %*s %*s %lu", &inodes[count]) == 1)
			count++;
	(void)fclose(file);
	return count;
}

/* True when a process has one of these sockets open. */
static bool has_socket(const char *pid, const unsigned long *inodes, size_t count)
{
	struct dirent *entry;
	char folder[64 + sizeof(entry->d_name)], path[2 * sizeof(folder)], target[64];
	unsigned long inode;
	bool has = false;

	(void)snprintf(folder, sizeof(folder), "/proc/%s/fd", pid);
	DIR *directory = opendir(folder);
	while (directory && !has && (entry = readdir(directory))) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		ssize_t len = readlink(path, target, sizeof(target) - 1);
		target[len > 0 ? len : 0] = '\0';
		if (sscanf(target, "socket:[%lu]", &inode) != 1)
			continue;
		for (size_t i = 0; i < count; i++)
			has |= inodes[i] == inode;
	}
	if (directory)
		(void)closedir(directory);
	return has;
}

static void add_holder(char *text, size_t size, const char *pid)
{
	char path[300], name[32] = "";
	size_t used = strlen(text);

	(void)snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(name, sizeof(name), file)) {
		name[strcspn(name, "\n")] = '\0';
		(void)snprintf(text + used, size - used, "%s%s (process %s)", used ? ", " : "",
			       name, pid);
	}
	(void)fclose(file);
}

void hci_kernel_holders(char *text, size_t size)
{
	unsigned long inodes[INODES];
	size_t count = hci_inodes(inodes);
	struct dirent *entry;

	text[0] = '\0';
	DIR *directory = opendir("/proc");
	while (directory && (entry = readdir(directory)))
		if (isdigit((unsigned char)entry->d_name[0]) && atol(entry->d_name) != getpid() &&
		    has_socket(entry->d_name, inodes, count))
			add_holder(text, size, entry->d_name);
	if (directory)
		(void)closedir(directory);
}

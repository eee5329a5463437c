/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/inventory.h"

#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hci/usb_device.h"

static bool may_administer(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

	return syscall(SYS_capget, &header, data) == 0 && data[0].effective >> CAP_NET_ADMIN & 1;
}

#define SET(field, ...) ((void)snprintf(field, sizeof(field), __VA_ARGS__))

/* Sets why a kernel controller cannot be used as it is; empty: it can. */
static void explain(struct hci_inventory_entry *e, const struct hci_kernel_controller *c)
{
	const char *holders = *e->holders ? e->holders : "the kernel or bluetoothd";

	switch (c->state) {
	case HCI_KERNEL_POWERED:
		SET(e->why, "up, used by %s: give --take", holders);
		break;
	case HCI_KERNEL_SETUP:
		SET(e->why, "being set up by the kernel: wait a moment");
		break;
	case HCI_KERNEL_FAILED:
		SET(e->why, "the kernel could not set it up: see dmesg");
		break;
	case HCI_KERNEL_HELD:
		SET(e->why, "held exclusively by %s: end that program",
		    *e->holders ? e->holders : "another program");
		break;
	case HCI_KERNEL_BLOCKED:
		SET(e->why, "%s",
		    c->rfkill.hard ? "blocked by a switch of the machine: turn it on there"
				   : "blocked by rfkill: give --unblock");
		break;
	case HCI_KERNEL_FREE:
		break;
	}
}

/* What the USB device alone shows: the controller is not asked. */
static const struct hci_maker *maker_of(const struct hci_usb_id *usb)
{
	const struct hci_identity identity = {.usb = *usb};

	return hci_maker_find(&identity);
}

static void add_kernel(struct hci_inventory_entry *e, const struct hci_kernel_controller *c)
{
	const uint8_t *a = c->address;

	*e = (struct hci_inventory_entry){.rfkill_soft = c->rfkill.soft,
					  .rfkill_hard = c->rfkill.hard};
	e->maker = maker_of(&c->usb);
	SET(e->spec, "hci%u", c->index);
	SET(e->kind, "kernel");
	SET(e->bus, "%s", c->bus);
	if (a[0] | a[1] | a[2] | a[3] | a[4] | a[5])
		SET(e->address, "%02X:%02X:%02X:%02X:%02X:%02X", a[5], a[4], a[3], a[2], a[1],
		    a[0]);
	SET(e->driver, "%s", c->driver);
	SET(e->path, "%.47s", c->device);
	SET(e->state, "%s", hci_kernel_state_name(c->state));
	if (c->state == HCI_KERNEL_POWERED || c->state == HCI_KERNEL_HELD)
		hci_kernel_holders(e->holders, sizeof(e->holders));
	explain(e, c);
	e->permitted = may_administer();
	if (!*e->why && !e->permitted)
		SET(e->why, "not permitted without CAP_NET_ADMIN: use sudo, or setcap");
	e->usable = !*e->why;
}

static void add_usb(struct hci_inventory_entry *e, const struct hci_usb_device *d,
		    const struct hci_kernel_controller *c)
{
	*e = (struct hci_inventory_entry){.maker = maker_of(&d->id), .permitted = d->permitted};
	SET(e->spec, "usb:%s", d->port);
	SET(e->kind, "usb");
	SET(e->bus, "USB");
	SET(e->usb_id, "%04x:%04x", d->id.vendor, d->id.product);
	SET(e->name, "%s", d->name);
	SET(e->serial, "%s", d->serial);
	SET(e->driver, "%s", d->driver);
	SET(e->path, "%s", d->port);
	if (d->hci >= 0)
		SET(e->hci, "hci%d", d->hci % 10000);
	SET(e->state, "%s", c ? hci_kernel_state_name(c->state) : "free");
	/* rfkill stops the kernel, not libusb; missing firmware stops both, if it is necessary. */
	if (c && c->state == HCI_KERNEL_FAILED && e->maker && e->maker->needs_firmware)
		SET(e->why, "the kernel could not load its firmware (%s): see dmesg",
		    e->maker->firmware);
	else if (c && c->state != HCI_KERNEL_BLOCKED && c->state != HCI_KERNEL_FAILED) {
		hci_kernel_holders(e->holders, sizeof(e->holders));
		explain(e, c);
	}
	if (!*e->why && !d->permitted)
		SET(e->why, "not permitted: use sudo, or a udev rule");
	e->usable = !*e->why;
}

size_t hci_inventory(struct hci_inventory_entry list[HCI_INVENTORY_MAX])
{
	struct hci_kernel_controller kernel[HCI_KERNEL_MAX];
	struct hci_usb_device usb[HCI_USB_MAX];
	size_t kernels = hci_kernel_list(kernel), count = 0;
	libusb_context *context;

	for (; count < kernels; count++)
		add_kernel(&list[count], &kernel[count]);
	if (libusb_init(&context))
		return count;
	size_t usbs = hci_usb_list(context, 0, 0, usb);
	for (size_t i = 0; i < usbs; i++)
		add_usb(&list[count++], &usb[i],
			usb[i].hci < 0 ? NULL
				       : hci_kernel_find(kernel, kernels, (uint16_t)usb[i].hci));
	hci_usb_forget(usb, usbs);
	libusb_exit(context);
	return count;
}

void hci_inventory_text(char *text, size_t size)
{
	static struct hci_inventory_entry list[HCI_INVENTORY_MAX];
	size_t count = hci_inventory(list);

	(void)snprintf(text, size, count ? "are " : "is none at all");
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(text);
		bool kernel = !*list[i].usb_id;
		(void)snprintf(text + used, size - used, "%s%s (%s)", i ? ", " : "", list[i].spec,
			       kernel ? list[i].state : list[i].usb_id);
	}
}

bool hci_inventory_usb_instead(char spec[HCI_SPEC_MAX])
{
	static struct hci_inventory_entry list[HCI_INVENTORY_MAX];
	const struct hci_inventory_entry *best = NULL;
	size_t count = may_administer() ? 0 : hci_inventory(list);

	for (size_t i = 0; i < count; i++)
		if (*list[i].usb_id && list[i].permitted &&
		    (!best || (list[i].usable && !best->usable)))
			best = &list[i];
	if (best)
		memcpy(spec, best->spec, HCI_SPEC_MAX);
	return best;
}

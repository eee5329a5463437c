/* SPDX-License-Identifier: MIT */
#include "output/maker_text.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* The words for a remedy, by the way to the controller; "": any other. The first match counts. */
static const struct {
	enum hci_remedy remedy;
	const char *scheme;
	const char *words;
} remedies[] = {
	{HCI_REMEDY_SET_UP, "usb:",
	 "plug it in again so that the kernel's btusb sets it up (sudo modprobe btusb, if it "
	 "does not), then use -c hciN, or usb: again"},
	{HCI_REMEDY_SET_UP, "hci",
	 "plug it in again; dmesg says why the kernel's driver did not set it up"},
	{HCI_REMEDY_SET_UP, "", "attach it to the kernel (btattach), then use -c hciN"},
	{HCI_REMEDY_KERNEL, "hci",
	 "plug it in again; dmesg says why the kernel's driver did not set it up"},
	{HCI_REMEDY_KERNEL, "",
	 "plug it in again, and use -c hciN: it works only while the kernel's driver runs it"},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void append(char *text, size_t size, const char *more)
{
	size_t used = strlen(text);

	(void)snprintf(text + used, size - used, "%s", more);
}

static void append_remedy(char *text, size_t size, const struct hci_maker *maker, const char *spec)
{
	for (size_t i = 0; i < COUNT(remedies); i++) {
		if (remedies[i].remedy != maker->remedy ||
		    strncmp(spec, remedies[i].scheme, strlen(remedies[i].scheme)) != 0)
			continue;
		append(text, size, "; ");
		if (maker->package) {
			append(text, size, "install the package ");
			append(text, size, maker->package);
			append(text, size, ", ");
		}
		append(text, size, remedies[i].words);
		return;
	}
}

void maker_text(const struct hci_maker *maker, const char *spec, char *text, size_t size)
{
	(void)snprintf(text, size, "controller %s: %s%s%s", spec, maker->name,
		       maker->text ? ": " : "", maker->text ? maker->text : "");
	if (maker->readiness == HCI_NO_FIRMWARE && maker->firmware) {
		append(text, size, ", until /lib/firmware/");
		append(text, size, maker->firmware);
		append(text, size,
		       strrchr(maker->firmware, '/')[1] ? " is loaded" : "... is loaded");
	}
	append_remedy(text, size, maker, spec);
}

void maker_fields(json_t *event, const struct hci_maker *maker)
{
	(void)json_object_set_new(event, "maker", text_json(maker ? maker->name : "unknown"));
	if (maker && maker->text)
		(void)json_object_set_new(event, "known", text_json(maker->text));
	if (maker && maker->firmware)
		(void)json_object_set_new(event, "firmware", text_json(maker->firmware));
}

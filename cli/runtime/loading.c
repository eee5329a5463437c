/* SPDX-License-Identifier: MIT */
#include "runtime/loading.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "output/maker_text.h"

/*
 * Controllers that it does not load. hci: the kernel drives them. serial: the files of chips on a
 * serial line are others, and change its speed.
 */
static const char *const not_ours[] = {"hci", "serial:"};

static bool is_ours(const struct hci_maker *maker, const char *spec)
{
	for (size_t i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++)
		if (strncmp(spec, not_ours[i], strlen(not_ours[i])) == 0)
			return false;
	return maker->loader == HCI_LOADER_REALTEK;
}

static enum loading_progress fail(struct loading *l, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Puts the controller before the text. */
static enum loading_progress fail(struct loading *l, const char *format, ...)
{
	va_list arguments;
	int len =
		snprintf(l->text, sizeof(l->text), "controller %s: %s: ", l->spec, l->maker->name);

	if (len > 0 && (size_t)len < sizeof(l->text)) {
		va_start(arguments, format);
		(void)vsnprintf(l->text + len, sizeof(l->text) - (size_t)len, format, arguments);
		va_end(arguments);
	}
	firmware_free(&l->firmware);
	return LOADING_FAILED;
}

/* As without a loader: how to let the kernel do it. */
static enum loading_progress refuse(struct loading *l)
{
	maker_text(l->maker, l->spec, l->text, sizeof(l->text));
	return LOADING_FAILED;
}

enum loading_progress loading_begin(struct loading *l, struct hci_host *host,
				    const struct hci_controller_info *controller, const char *spec,
				    struct event_output *events)
{
	l->spec = spec;
	l->maker = controller->maker;
	l->events = events;
	if (!is_ours(l->maker, spec))
		return refuse(l);
	if (l->done)
		return fail(l,
			    "it took its firmware, and runs from its ROM again after Reset; plug "
			    "it in again");
	switch (firmware_load(&l->firmware, l->maker, FIRMWARE_FOLDER)) {
	case FIRMWARE_READ:
		break;
	case FIRMWARE_ABSENT:
		return refuse(l);
	case FIRMWARE_UNUSABLE:
		return fail(l, "%s", l->firmware.failure);
	}
	event_note(events, 0, "controller %s: %s: loading %s", spec, l->maker->name,
		   l->firmware.main.path);
	const struct hci_realtek_files files = {
		.firmware = l->firmware.main.data,
		.firmware_len = l->firmware.main.len,
		.config = l->firmware.config.data,
		.config_len = l->firmware.config.len,
	};
	hci_realtek_start(&l->realtek, host, &controller->identity, &files);
	return LOADING_RUNNING;
}

/* A file cannot be used, or the controller does not take it. */
static enum loading_progress report(struct loading *l)
{
	const struct hci_realtek *r = &l->realtek;
	const struct firmware_file *file =
		r->fault.config ? &l->firmware.config : &l->firmware.main;

	if (*r->fault.text)
		return fail(l, "%s: %s; install the package %s again", file->path, r->fault.text,
			    l->maker->package);
	return fail(l, "%s (%s); plug it in again", r->failure, l->firmware.main.path);
}

enum loading_progress loading_input(struct loading *l, struct hci_host *host,
				    const struct hci_input *input)
{
	const struct hci_realtek *r = &l->realtek;

	switch (hci_realtek_input(&l->realtek, host, input)) {
	case HCI_REALTEK_ROM_VERSION:
	case HCI_REALTEK_KEY:
	case HCI_REALTEK_FRAGMENTS:
	case HCI_REALTEK_VERSION:
		return LOADING_RUNNING;
	case HCI_REALTEK_DONE:
		break;
	case HCI_REALTEK_FAILED:
		return report(l);
	}
	event_note(l->events, 1, "controller %s: it took %zu fragments, and runs firmware %04x%04x",
		   l->spec, r->fragments, r->identity.hci_revision, r->identity.lmp_subversion);
	firmware_free(&l->firmware);
	l->done = true;
	return LOADING_DONE;
}

enum loading_progress loading_overdue(struct loading *l, const char *note)
{
	hci_realtek_overdue(&l->realtek, note);
	return report(l);
}

void loading_forget(struct loading *l)
{
	l->done = false;
}

void loading_close(struct loading *l)
{
	firmware_free(&l->firmware);
	l->done = false;
}

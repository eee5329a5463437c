/* SPDX-License-Identifier: MIT */
/* blepair controllers: lists them, and whether each can be used now. Opens none. */
#include <jansson.h>

#include "base/privilege.h"
#include "command/command.h"
#include "hci/inventory.h"
#include "output/outcome.h"

/* Fields that are empty are left out. */
static void set(json_t *event, const char *name, const char *text)
{
	/* The strings of a USB device may be no UTF-8. */
	if (*text && json_object_set_new(event, name, json_string(text)))
		(void)json_object_set_new(event, name, json_string("?"));
}

static void emit(struct event_output *events, const struct hci_inventory_entry *e)
{
	json_t *event =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "event", "listed", "spec", e->spec,
			  "kind", e->kind, "bus", e->bus, "state", e->state, "usable", e->usable);

	set(event, "why", e->why);
	set(event, "address", e->address);
	set(event, "usb_id", e->usb_id);
	set(event, "name", e->name);
	set(event, "serial", e->serial);
	set(event, "path", e->path);
	set(event, "driver", e->driver);
	set(event, "hci", e->hci);
	set(event, "holders", e->holders);
	if (e->rfkill_soft || e->rfkill_hard)
		set(event, "rfkill", e->rfkill_hard ? "hard" : "soft");
	event_emit(events, event);
}

enum cli_exit cmd_controllers(const struct options *options, struct event_output *events,
			      struct store *store)
{
	static struct hci_inventory_entry list[HCI_INVENTORY_MAX];
	struct outcome outcome = {.exit = CLI_OK, .result = "listed", .reason_code = -1};
	size_t count, usable = 0;

	(void)options;
	(void)store;
	privilege_raise(); /* whether it can be used is a question of rights */
	count = hci_inventory(list);
	if (privilege_drop())
		return CLI_INTERNAL;
	for (size_t i = 0; i < count; i++) {
		emit(events, &list[i]);
		usable += list[i].usable;
	}
	if (count) {
		(void)snprintf(outcome.text, sizeof(outcome.text),
			       "%zu controller%s, %zu can be used now", count,
			       count == 1 ? "" : "s", usable);
	} else {
		outcome_fail(&outcome, CLI_NO_CONTROLLER, "there is no Bluetooth controller");
		outcome_advice(&outcome, "plug one in, or name a virtual or serial one with -c");
	}
	outcome_report(&outcome, events, NULL, NULL);
	return outcome.exit;
}

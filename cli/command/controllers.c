/* SPDX-License-Identifier: MIT */
/* blepair controllers: lists them, and whether each can be used now. Opens none. */
#include <jansson.h>

#include <string.h>

#include "base/address.h"
#include "base/privilege.h"
#include "base/text.h"
#include "command/command.h"
#include "hci/bluetoothd.h"
#include "hci/inventory.h"
#include "hci/public_address.h"
#include "output/maker_text.h"
#include "output/outcome.h"

/* Fields that are empty are left out. */
static void set(json_t *event, const char *name, const char *text)
{
	if (*text)
		(void)json_object_set_new(event, name, text_json(text));
}

/* Whether its address is its own: by what is known of it, and by the other controllers. */
static void judge_address(json_t *event, const struct hci_inventory_entry *list, size_t count,
			  const struct hci_inventory_entry *e)
{
	const struct hci_shared_address *shared;
	struct crypto_address address;
	bool typed;

	if (!address_parse(e->address, &address, &typed))
		return;
	shared = hci_shared_address(address.octets);
	if (shared)
		set(event, "address_default_of", shared->of);
	for (size_t i = 0; i < count; i++)
		if (&list[i] != e && strcmp(list[i].address, e->address) == 0) {
			set(event, "address_also_of", list[i].spec);
			return;
		}
}

static void emit(struct event_output *events, const struct hci_inventory_entry *list, size_t count,
		 const struct hci_inventory_entry *e)
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
	judge_address(event, list, count, e);
	if (e->maker)
		maker_fields(event, e->maker);
	if (e->rfkill_soft || e->rfkill_hard)
		set(event, "rfkill", e->rfkill_hard ? "hard" : "soft");
	event_emit(events, event);
}

/* It may hold a controller, or take it back as soon as it is given back. */
static void emit_bluetoothd(struct event_output *events, const struct hci_bluetoothd *b)
{
	if (b->process)
		event_emit(events, json_pack("{s:s, s:i, s:b, s:o}", "event", "bluetoothd",
					     "process", (int)b->process, "auto_enable",
					     b->auto_enable, "config", text_json(b->config)));
}

enum cli_exit cmd_controllers(const struct options *options, struct event_output *events,
			      struct store *store)
{
	static struct hci_inventory_entry list[HCI_INVENTORY_MAX];
	struct outcome outcome = {.exit = CLI_OK, .result = "listed", .reason_code = -1};
	struct hci_bluetoothd bluetoothd;
	size_t count, usable = 0;

	(void)options;
	(void)store;
	privilege_raise(); /* whether it can be used is a question of rights */
	count = hci_inventory(list);
	if (privilege_drop())
		return CLI_INTERNAL;
	hci_bluetoothd_find(&bluetoothd); /* a file that another process names is read */
	for (size_t i = 0; i < count; i++) {
		emit(events, list, count, &list[i]);
		usable += list[i].usable;
	}
	emit_bluetoothd(events, &bluetoothd);
	if (count) {
		(void)snprintf(outcome.text, sizeof(outcome.text),
			       "%zu controller%s, %zu can be used now", count, text_s(count),
			       usable);
	} else {
		outcome_fail(&outcome, CLI_NO_CONTROLLER, "there is no Bluetooth controller");
		outcome_advice(&outcome, "plug one in, or name a virtual or serial one with -c");
	}
	outcome_report(&outcome, events, NULL, NULL);
	return outcome.exit;
}

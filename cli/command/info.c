/* SPDX-License-Identifier: MIT */
/* blepair info: what the controller reports about itself. */
#include <stdio.h>
#include <string.h>

#include "base/json_fields.h"
#include "command/command.h"
#include "output/maker_text.h"
#include "output/outcome.h"
#include "runtime/runtime.h"

struct info {
	struct event_output *events;
	struct controller controller;
	enum cli_exit code;
};

/* LE features by bit, Core Vol 6 Part B 4.6; those of interest here. */
static const struct {
	unsigned bit;
	const char *name;
} features[] = {
	{0, "encryption"},
	{1, "connection parameter request"},
	{3, "peripheral-initiated features exchange"},
	{5, "data packet length extension"},
	{6, "LL privacy"},
	{7, "extended scan filter policies"},
	{8, "LE 2M PHY"},
	{11, "LE Coded PHY"},
	{12, "extended advertising"},
	{14, "channel selection algorithm #2"},
};

/* Supported state combinations, Core Vol 4 Part E 7.8.27; those of the first octet that matter. */
static const struct {
	unsigned bit;
	const char *name;
} states[] = {
	{0, "advertise (non-connectable)"},
	{2, "advertise (connectable)"},
	{4, "scan passively"},
	{5, "scan actively"},
	{6, "initiate, be central"},
	{7, "be peripheral"},
};

#define TEXT 400

static void join(char *text, size_t size, bool has, const char *name)
{
	size_t used = strlen(text);

	if (has)
		(void)snprintf(text + used, size - used, "%s%s", used ? ", " : "", name);
}

/* Whether it has an address of its own, and whether it can be given one. */
static void describe_addresses(json_t *event, const struct hci_controller_info *c)
{
	const struct hci_address_command *command =
		hci_address_command(c->manufacturer, hci_controller_dual_mode(c));
	const struct hci_shared_address *shared = hci_shared_address(c->address);
	struct crypto_address made = {.type = ADDRESS_RANDOM};

	(void)json_object_set_new(event, "address_state",
				  json_string(hci_address_state_name(c->address_state)));
	if (shared)
		(void)json_object_set_new(event, "address_default_of", json_string(shared->of));
	if (c->has_static_address) {
		memcpy(made.octets, c->static_address, sizeof(made.octets));
		(void)json_object_set_new(event, "static_address", json_address(&made));
	}
	(void)json_object_set_new(event, "set_address",
				  json_string(command && command->opcode && c->identity.versioned
						      ? hci_address_kept_name(command->kept)
						      : "no"));
}

static void up(void *ctx)
{
	struct info *i = ctx;
	const struct hci_controller_info *c = &i->controller.bringup.controller;
	struct crypto_address address = {.type = ADDRESS_PUBLIC};
	char le[TEXT] = "", can[TEXT] = "", missing[TEXT] = "", phys[TEXT] = "";
	static const uint16_t wanted[] = {
		HCI_LE_ENABLE_ENCRYPTION,	 HCI_LE_LTK_REPLY,
		HCI_LE_LTK_NEGATIVE_REPLY,	 HCI_LE_CREATE_CONNECTION,
		HCI_LE_CREATE_CONNECTION_CANCEL, HCI_LE_CONNECTION_UPDATE,
		HCI_LE_SET_SCAN_ENABLE,		 HCI_LE_SET_ADVERTISING_ENABLE,
	};

	memcpy(address.octets, c->address, sizeof(address.octets));
	for (size_t k = 0; k < sizeof(features) / sizeof(features[0]); k++)
		join(le, sizeof(le), hci_controller_feature(c, features[k].bit), features[k].name);
	for (size_t k = 0; k < sizeof(states) / sizeof(states[0]); k++)
		join(can, sizeof(can), c->le_states[0] >> states[k].bit & 1, states[k].name);
	for (size_t k = 0; k < sizeof(wanted) / sizeof(wanted[0]); k++)
		join(missing, sizeof(missing), !hci_controller_has(c, wanted[k]),
		     hci_command_name(wanted[k]));
	for (int phy = HCI_PHY_1M; phy <= HCI_PHY_CODED; phy++)
		join(phys, sizeof(phys), i->controller.gap.phys & hci_phy_set((uint8_t)phy),
		     hci_phy_name((uint8_t)phy));
	const char *company = hci_company_name(c->manufacturer);
	json_t *event = json_pack(
		"{s:s, s:o, s:b, s:s, s:i, s:s, s:i, s:i, s:b, s:s, s:s, s:s, s:i, s:i, "
		"s:b, s:i, s:b, s:s}",
		"event", "info", "public_address", json_address(&address), "has_public_address",
		c->has_address, "version", hci_version_name(c->hci_version), "revision",
		c->hci_revision, "manufacturer", company ? company : "unknown", "company",
		c->manufacturer, "lmp_subversion", c->lmp_subversion, "dual_mode",
		hci_controller_dual_mode(c), "le_features", le, "states", can, "missing_commands",
		missing, "acl_length", c->acl_length, "acl_count", c->acl_count, "shared_buffers",
		c->shared_buffers, "accept_list_size", c->accept_list_size, "extended_advertising",
		hci_controller_extended(c), "phys", phys);
	describe_addresses(event, c);
	maker_fields(event, c->maker);
	(void)json_object_set_new(
		event, "readiness",
		json_string(hci_readiness_name(c->maker ? c->maker->readiness : HCI_READY)));
	event_emit(i->events, event);
	controller_finish(&i->controller);
}

static void failed(void *ctx, enum cli_exit code, const char *text)
{
	struct info *i = ctx;
	struct outcome outcome;

	outcome_fail(&outcome, code, "%s", text);
	outcome_report(&outcome, i->events, NULL, NULL);
	i->code = code;
}

enum cli_exit cmd_info(const struct options *options, struct event_output *events,
		       struct store *store)
{
	static const struct controller_user user = {.up = up, .failed = failed};
	static struct info info;
	struct runtime run;

	memset(&info, 0, sizeof(info));
	info.events = events;
	(void)runtime_run_controller(&run, &info.controller, options, events, store,
				     (struct controller_setup){.user = &user, .ctx = &info});
	runtime_close(&run);
	return info.code;
}

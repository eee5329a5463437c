/* SPDX-License-Identifier: MIT */
#include "checks/advice.h"

#include <stdio.h>
#include <string.h>

#include "checks/table.h"

enum action {
	REMOVE_BOND,
	REMOVE_BOTH_BONDS,
	REMOVE_BOND_OR_UPDATE,
	PAIRING_MODE,
	ANSWER,
	NO_SC,
	ONE_STACK,
	LONGER_KEY,
	ACTIONS
};

/* The end that has to act. */
enum actor { THE_END, THE_OTHER, INITIATOR, HERE };

/* A check, the end that has to act, and what it does. */
static const struct {
	const char *id;
	enum actor actor;
	enum action action;
	bool only_here; /* no advice if that is not the captured host */
} advice[] = {
	{"no-bond", THE_OTHER, REMOVE_BOND, false},
	{"bond-refused-here", THE_OTHER, REMOVE_BOND, false},
	{"stale-bond", THE_END, REMOVE_BOND, false},
	{"old-bond-confirmation", THE_END, REMOVE_BOND_OR_UPDATE, false},
	{"mic-failure", HERE, REMOVE_BOTH_BONDS, true},
	{"encryption-refused", HERE, REMOVE_BOTH_BONDS, true},
	{"reason-dhkey-check-failed", HERE, REMOVE_BOTH_BONDS, true},
	{"newer-bits-refused", INITIATOR, NO_SC, false},
	{"two-stacks", THE_END, ONE_STACK, false},
	{"key-size-refused", THE_END, LONGER_KEY, false},
	{"own-demand-refused", THE_END, PAIRING_MODE, true},
	{"reason-pairing-not-supported", THE_END, PAIRING_MODE, false},
	{"reason-numeric-comparison-failed", THE_END, ANSWER, true},
	{"reason-passkey-entry-failed", THE_END, ANSWER, true},
};

/*
 * What to do, with a place for the end, and the command on each system of the captured host. In a
 * command, @ is the address of the other end.
 */
static const struct {
	const char *what;
	const char *command[EXPLAIN_SYSTEMS];
	const char *central, *peripheral; /* hints for an end whose system is not known */
} actions[ACTIONS] = {
	[REMOVE_BOND] =
		{"remove the bond on %s, and pair again",
		 {[EXPLAIN_SYSTEM_LINUX] = "`bluetoothctl remove @`",
		  [EXPLAIN_SYSTEM_ANDROID] = "`Settings > Bluetooth > Forget`",
		  [EXPLAIN_SYSTEM_APPLE] = "`Settings > Bluetooth > Forget This Device`",
		  [EXPLAIN_SYSTEM_BLEPAIR] = "`blepair bonds remove @`"},
		 "on a telephone `Settings > Bluetooth > Forget`, with BlueZ `bluetoothctl remove "
		 "@`",
		 "its pairing mode or a reset may do that; in firmware, Zephyr has `bt_unpair()`, "
		 "NimBLE `ble_gap_unpair()`"},
	[REMOVE_BOTH_BONDS] = {"remove the bond on both ends and pair again, on %s with",
			       {[EXPLAIN_SYSTEM_LINUX] = "`bluetoothctl remove @`",
				[EXPLAIN_SYSTEM_ANDROID] = "`Settings > Bluetooth > Forget`",
				[EXPLAIN_SYSTEM_APPLE] =
					"`Settings > Bluetooth > Forget This Device`",
				[EXPLAIN_SYSTEM_BLEPAIR] = "`blepair bonds remove @`"},
			       NULL,
			       NULL},
	[REMOVE_BOND_OR_UPDATE] =
		{"install a newer kernel on %s; until then, remove the bond there and pair again",
		 {[EXPLAIN_SYSTEM_LINUX] = "`bluetoothctl remove @`"},
		 NULL,
		 NULL},
	[PAIRING_MODE] = {"on %s, switch pairing on, and remove an old bond with the other end",
			  {[EXPLAIN_SYSTEM_LINUX] =
				   "`bluetoothctl pairable on`, `bluetoothctl remove @`",
			   [EXPLAIN_SYSTEM_BLEPAIR] = "`blepair bonds remove @`"},
			  NULL,
			  NULL},
	[ANSWER] = {"on %s, answer when it asks, or let a program answer",
		    {[EXPLAIN_SYSTEM_LINUX] =
			     "`bluetoothctl`, there `agent on` and `default-agent`"},
		    NULL,
		    NULL},
	[NO_SC] = {"on %s, pair without Secure Connections",
		   {[EXPLAIN_SYSTEM_LINUX] = "`btmgmt sc off`",
		    [EXPLAIN_SYSTEM_BLEPAIR] = "`blepair --sc off @`"},
		   NULL,
		   NULL},
	[ONE_STACK] =
		{"on %s, let only one of the two stacks answer: stop the application that speaks "
		 "SMP itself, or give the controller to it alone",
		 {[EXPLAIN_SYSTEM_LINUX] =
			  "`btmgmt power off`, and start it with the HCI user channel"},
		 NULL,
		 NULL},
	[LONGER_KEY] =
		{"raise the maximum encryption key size of %s to 16 octets, or let the end that "
		 "refused accept a shorter key",
		 {NULL},
		 NULL,
		 NULL},
};

static int8_t end_of(const struct explain_case *c, const struct explain_finding *f,
		     enum actor actor)
{
	switch (actor) {
	case THE_END:
		return f->by;
	case THE_OTHER:
		return f->by == EXPLAIN_NOBODY ? EXPLAIN_NOBODY : (int8_t)!f->by;
	case INITIATOR:
		return EXPLAIN_I;
	case HERE:
		break;
	}
	return c->attempt->captured_end;
}

static enum explain_system system_of(const struct explain_attempt *a, int8_t end)
{
	return end == a->captured_end && a->system < EXPLAIN_SYSTEMS
		       ? (enum explain_system)a->system
		       : EXPLAIN_SYSTEM_UNKNOWN;
}

static const char *place(const struct explain_attempt *a, int8_t end)
{
	static const char *const here[EXPLAIN_SYSTEMS] = {
		[EXPLAIN_SYSTEM_UNKNOWN] = "the captured host",
		[EXPLAIN_SYSTEM_LINUX] = "this computer",
		[EXPLAIN_SYSTEM_ANDROID] = "this telephone",
		[EXPLAIN_SYSTEM_APPLE] = "this Mac or iPhone",
		[EXPLAIN_SYSTEM_BLEPAIR] = "this computer",
	};

	if (a->captured_end == EXPLAIN_NOBODY)
		return end == EXPLAIN_I ? "the initiator" : "the responder";
	return end == a->captured_end ? here[system_of(a, end)] : "the peer";
}

/* The address under which an end knows the other: the identity address, if it is known. */
static void name_other(const struct explain_case *c, int8_t end, char text[20])
{
	const struct explain_party *p = &c->attempt->party[!end];
	struct crypto_address address = p->has_address ? p->address : p->reported;
	const uint8_t *o = address.octets;

	(void)snprintf(text, 20, "ADDRESS");
	if (!p->has_address && !p->is_reported)
		return;
	if (p->has_address)
		(void)history_resolve(c->history, c->attempt, &p->address, &address);
	(void)snprintf(text, 20, "%02X:%02X:%02X:%02X:%02X:%02X", o[5], o[4], o[3], o[2], o[1],
		       o[0]);
}

static void append(char *text, size_t size, const char *more, const char *address)
{
	size_t at = strlen(text);

	for (; *more && at + 1 < size; more++) {
		if (*more != '@') {
			text[at++] = *more;
			continue;
		}
		for (const char *a = address; *a && at + 1 < size; a++)
			text[at++] = *a;
	}
	text[at] = '\0';
}

void check_advise(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	char address[20];
	size_t row = 0;

	f->advice[0] = '\0';
	while (row < sizeof(advice) / sizeof(advice[0]) &&
	       strcmp(advice[row].id, f->check->id) != 0)
		row++;
	if (f->fix || row == sizeof(advice) / sizeof(advice[0]))
		return;
	const int8_t end = end_of(c, f, advice[row].actor);
	const enum action action = advice[row].action;
	const char *command =
		end == EXPLAIN_NOBODY ? NULL : actions[action].command[system_of(a, end)];
	if (end == EXPLAIN_NOBODY || (advice[row].only_here && !command))
		return;
	if (!command)
		command = end == EXPLAIN_I ? actions[action].central : actions[action].peripheral;
	(void)snprintf(f->advice, sizeof(f->advice), actions[action].what, place(a, end));
	if (!command)
		return;
	name_other(c, end, address);
	append(f->advice, sizeof(f->advice), action == REMOVE_BOTH_BONDS ? " " : ": ", address);
	append(f->advice, sizeof(f->advice), command, address);
}

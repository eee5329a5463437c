/* SPDX-License-Identifier: MIT */
#include "cli/runtime/controllers.h"

#include <stdio.h>
#include <string.h>

struct controllers all;

static const char *const specs[CONTROLLERS] = {"sim:0", "sim:1", "sim:2"};
static struct hci_transport_ops slow_ops;

/* ---- In the place of the operating system ---------------------------------------------------- */

struct hci_transport *__real_hci_transport_open(const char *spec, const struct hci_access *access,
						struct hci_failure *failure);
struct hci_transport *__wrap_hci_transport_open(const char *spec, const struct hci_access *access,
						struct hci_failure *failure);
int __wrap_privilege_drop(void);
enum firmware_status __wrap_firmware_load(struct firmware *f, const struct hci_maker *maker,
					  const char *folder);

static int refuse(struct hci_transport *transport, const struct pollfd *fds, size_t count,
		  struct hci_failure *failure)
{
	(void)transport;
	(void)fds;
	(void)count;
	return hci_failure_set(failure, HCI_FAILURE_IN_USE, "it cannot be opened");
}

static int (*real_send)(struct hci_transport *transport, const uint8_t *packet, size_t len,
			struct hci_failure *failure);

static int maybe_send(struct hci_transport *transport, const uint8_t *packet, size_t len,
		      struct hci_failure *failure)
{
	return all.send_fails ? hci_failure_set(failure, HCI_FAILURE_GONE, "it was pulled out")
			      : real_send(transport, packet, len, failure);
}

static void release(struct hci_transport *transport)
{
	(void)snprintf(transport->note, sizeof(transport->note), "it is given back");
	transport->phase = all.slow_release ? HCI_PHASE_RELEASING : HCI_PHASE_RELEASED;
}

struct hci_transport *__wrap_hci_transport_open(const char *spec, const struct hci_access *access,
						struct hci_failure *failure)
{
	size_t i = (size_t)(spec[4] - '0');
	struct hci_transport *t;

	if (all.kind != HCI_FAILURE_NONE && !access->take) {
		(void)hci_failure_set(failure, all.kind, "it cannot be opened");
		return NULL;
	}
	t = __real_hci_transport_open(spec, access, failure);
	all.transports[i] = t;
	if (!t)
		return NULL;
	if (all.port)
		(void)snprintf(t->port, sizeof(t->port), "%s", all.port);
	slow_ops = *t->ops;
	slow_ops.release = release;
	real_send = t->ops->send;
	slow_ops.send = maybe_send;
	t->ops = &slow_ops;
	if (all.refuses_late && !access->take)
		slow_ops.ready = refuse;
	if ((all.slow[i] || (all.slow_again && all.opened++)) && !access->take) {
		t->phase = HCI_PHASE_OPENING;
		(void)hci_failure_set(&t->waiting, HCI_FAILURE_BUSY, "it waits for somebody");
	}
	return t;
}

/* Whatever this machine has. */
enum firmware_status __wrap_firmware_load(struct firmware *f, const struct hci_maker *maker,
					  const char *folder)
{
	(void)maker;
	(void)folder;
	memset(f, 0, sizeof(*f));
	return FIRMWARE_ABSENT;
}

int __wrap_privilege_drop(void)
{
	all.drops++;
	return all.failing ? -1 : 0;
}

int __real_own_identity_choose(struct own_identity *own, const struct options *options,
			       bool be_known_to_peer, const struct hci_controller_info *controller,
			       const struct own_others *others, struct store *store,
			       struct event_output *events, struct failure *failure);
int __wrap_own_identity_choose(struct own_identity *own, const struct options *options,
			       bool be_known_to_peer, const struct hci_controller_info *controller,
			       const struct own_others *others, struct store *store,
			       struct event_output *events, struct failure *failure);
int __wrap_isatty(int fd);

int __wrap_own_identity_choose(struct own_identity *own, const struct options *options,
			       bool be_known_to_peer, const struct hci_controller_info *controller,
			       const struct own_others *others, struct store *store,
			       struct event_output *events, struct failure *failure)
{
	if (all.no_identity)
		return failure_set(failure, CLI_PERMISSION, "there is no identity");
	return __real_own_identity_choose(own, options, be_known_to_peer, controller, others, store,
					  events, failure);
}

int __wrap_isatty(int fd)
{
	return all.person && !(all.redirected >> fd & 1);
}

static struct sim_controller *radio(size_t i)
{
	return i ? &all.radios[i] : &sim.controller;
}

void controllers_wake(size_t i)
{
	static const uint8_t nothing[] = {HCI_EVENT, 0x0e, 3, 1, 0, 0}; /* credits, no command */

	sim_controller_inject(radio(i), nothing, sizeof(nothing));
}

void controllers_open_now(size_t i)
{
	all.transports[i]->phase = HCI_PHASE_OPEN;
	controllers_wake(i);
}

void controllers_release_now(size_t i)
{
	all.transports[i]->phase = HCI_PHASE_RELEASED;
	controllers_wake(i);
}

/* ---- The program ----------------------------------------------------------------------------- */

static void note(const struct controller *c, const char *what)
{
	size_t len = strlen(all.log);

	(void)snprintf(all.log + len, sizeof(all.log) - len, "%s%d %s", len ? ", " : "",
		       (int)(c - all.controllers), what);
}

static void up(void *ctx)
{
	struct controller *c = ctx;

	note(c, "up");
	if (all.up)
		all.up(c);
	if (all.finishes)
		controller_finish(c);
}

static void failed(void *ctx, enum cli_exit code, const char *text)
{
	char what[32];

	(void)snprintf(what, sizeof(what), "failed %d", (int)code);
	note(ctx, what);
	(void)snprintf(all.failure, sizeof(all.failure), "%s", text);
}

static enum remedy sick(void *ctx, const char *text)
{
	note(ctx, "sick");
	(void)snprintf(all.failure, sizeof(all.failure), "%s", text);
	if (all.finishes)
		controller_finish(ctx);
	return all.resets ? REMEDY_RESET : REMEDY_NONE;
}

static bool lost(void *ctx, const char *text)
{
	note(ctx, "lost");
	(void)snprintf(all.failure, sizeof(all.failure), "%s", text);
	return all.waits;
}

static void late(void *ctx, const char *text)
{
	note(ctx, "late");
	(void)snprintf(all.failure, sizeof(all.failure), "%s", text);
}

static void data(void *ctx, struct hci_link *link, uint8_t pb, const uint8_t *octets, size_t len)
{
	(void)ctx;
	(void)pb;
	assert_true(len > 0 && all.data_count < COUNT(all.data));
	all.data[all.data_count].handle = link->handle;
	all.data[all.data_count++].first = octets[0];
}

static void on_idle(void *ctx)
{
	(void)ctx;
	all.idles++;
}

static void packet(void *ctx, bool received, const uint8_t *octets, size_t len)
{
	(void)ctx;
	assert_true(len > 1 && octets[0] >= HCI_COMMAND);
	all.packets[received]++;
}

static void interrupted(void *ctx)
{
	(void)ctx;
	for (size_t i = 0; i < all.count; i++) {
		struct controller *c = &all.controllers[i];
		if (c->state != CONTROLLER_UP)
			continue;
		note(c, "interrupted");
		hci_gap_scan(&c->gap, c->own.type, false);
	}
}

static void redraw(void *ctx)
{
	(void)ctx;
	all.redraws++;
}

static void root_gone(void *ctx)
{
	(void)ctx;
	all.roots_gone += all.drops && !all.packets[0];
}

static int run(int argc, char *argv[])
{
	static struct controller_user user;
	struct failure failure;

	user = (struct controller_user){
		.up = up,
		.failed = failed,
		.data = data,
		.on_idle = on_idle,
		.packet = packet,
		.sick = all.no_sick ? NULL : sick,
		.lost = all.knows_loss ? lost : NULL,
		.late = all.knows_loss ? late : NULL,
	};
	if (options_parse(argc, argv, &all.options) >= 0)
		return CLI_USAGE;
	event_output_init(&all.events, &all.options);
	all.options.json = !all.person || all.json;
	all.events.json = !all.text;
	if (all.options.no_store)
		store_init_none(&all.store);
	else if (store_init(&all.store, all.options.store, &failure))
		return CLI_INTERNAL;
	if (runtime_init(&all.run, &all.options, &all.store))
		return CLI_INTERNAL;
	all.run.opening = (unsigned)all.count;
	all.run.redraw = redraw;
	all.run.root_gone = root_gone;
	all.run.interrupted = all.interrupts ? interrupted : NULL;
	for (size_t i = 0; i < all.count; i++)
		runtime_open(&all.run, &all.controllers[i],
			     &(struct controller_setup){
				     .spec = specs[i],
				     .capture = all.capture,
				     .events = &all.events,
				     .user = &user,
				     .ctx = &all.controllers[i],
			     });
	runtime_run(&all.run);
	runtime_close(&all.run);
	store_close(&all.store);
	return (int)all.controllers[0].failure.exit;
}

/* ---- For tests ------------------------------------------------------------------------------- */

int controllers_begin(void **state)
{
	char address[] = "00:1B:DC:00:00:0x/public";

	memset(&all, 0, sizeof(all));
	all.count = 1;
	program_replace(run);
	if (sim_begin(state))
		return -1;
	for (size_t i = 1; i < CONTROLLERS; i++) {
		address[16] = (char)('1' + i);
		sim_controller_add(&all.radios[i], specs[i], raw_peer_address(address).octets);
	}
	return 0;
}

int controllers_end(void **state)
{
	all.slow_release = false;
	if (world_runs()) /* after a failed test, it may wait for a controller */
		program_interrupt();
	int status = sim_end(state);

	program_replace(NULL);
	return status;
}

struct wanted {
	size_t i;
	enum controller_state state;
};

static bool reached(void *ctx)
{
	const struct wanted *wanted = ctx;

	return all.controllers[wanted->i].state == wanted->state;
}

void controllers_until(size_t i, enum controller_state state)
{
	struct wanted wanted = {i, state};

	if (!world_until(reached, &wanted, 10 * WORLD_S))
		fail_msg("controller %zu is in state %d, and should be in %d", i,
			 (int)all.controllers[i].state, (int)state);
}

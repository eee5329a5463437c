/* SPDX-License-Identifier: MIT */
/* A controller that is pulled out and comes back, and one that hangs: in the simulated world. */
#include "runtime/recovery.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cli/notes.h"
#include "cli/runtime/controllers.h"
#include "descriptors.h"

/* ---- In the place of USB --------------------------------------------------------------------- */

static struct {
	bool there;		   /* something is at the port */
	int news;		   /* of the kernel, -1: there are none */
	unsigned looks;		   /* at the port */
	int start_error;	   /* no remedy can be started */
	int result[2];		   /* of each remedy: 0, an errno */
	bool endless;		   /* the kernel takes long */
	void (*cured[2])(void *);  /* what a remedy does to the controller, or NULL */
	unsigned started[2], ends; /* remedies */
	int ready, remedy;
} usb;

int __real_hci_usb_recovery_start(struct hci_usb_recovery *recovery, enum hci_usb_remedy remedy,
				  const char *port);
int __wrap_hci_usb_recovery_start(struct hci_usb_recovery *recovery, enum hci_usb_remedy remedy,
				  const char *port);
int __wrap_hci_usb_recovery_end(struct hci_usb_recovery *recovery);
bool __wrap_hci_place_find(const struct hci_place *place, char spec[HCI_PLACE_SPEC]);
int __wrap_hci_uevents_open(void);
bool __wrap_hci_uevents_take(int fd);

static void child_ends(void *arg)
{
	const uint64_t one = 1;

	(void)arg;
	if (usb.cured[usb.remedy])
		usb.cured[usb.remedy](NULL);
	(void)!write(usb.ready, &one, sizeof(one));
}

int __wrap_hci_usb_recovery_start(struct hci_usb_recovery *recovery, enum hci_usb_remedy remedy,
				  const char *port)
{
	if (strcmp(port, all.port) != 0)
		return EINVAL;
	if (usb.start_error)
		return usb.start_error;
	usb.started[remedy]++;
	usb.remedy = (int)remedy;
	usb.ready = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	*recovery = (struct hci_usb_recovery){.child = 1, .fd = usb.ready};
	if (!usb.endless)
		world_post(300 * WORLD_MS, child_ends, NULL, 0);
	return 0;
}

int __wrap_hci_usb_recovery_end(struct hci_usb_recovery *recovery)
{
	usb.ends++;
	close(recovery->fd);
	*recovery = (struct hci_usb_recovery){0};
	return usb.endless ? ETIMEDOUT : usb.result[usb.remedy];
}

bool __wrap_hci_place_find(const struct hci_place *place, char spec[HCI_PLACE_SPEC])
{
	usb.looks++;
	(void)snprintf(spec, HCI_PLACE_SPEC, "%s", place->spec);
	return usb.there;
}

int __wrap_hci_uevents_open(void)
{
	usb.news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return usb.news;
}

bool __wrap_hci_uevents_take(int fd)
{
	uint64_t counter;

	return read(fd, &counter, sizeof(counter)) == sizeof(counter);
}

/* ---- Set-up ---------------------------------------------------------------------------------- */

static int set_up(void **state)
{
	memset(&usb, 0, sizeof(usb));
	usb.there = true;
	usb.news = -1;
	if (controllers_begin(state))
		return -1;
	all.knows_loss = all.waits = all.resets = true;
	return 0;
}

static void start(const char *options)
{
	program_start("batch list.csv%s", options);
	controllers_until(0, CONTROLLER_UP);
}

static enum cli_exit ends(void)
{
	return (enum cli_exit)program_ends(200 * WORLD_S);
}

static const char *text_in(const json_t *event, const char *field)
{
	const char *text = json_string_value(json_object_get(event, field));

	return text ? text : "";
}

/* The last interruption event has that state and remedy. */
static void reported(const char *state, const char *remedy)
{
	const json_t *event = program_event("interruption");

	assert_non_null(event);
	assert_string_equal(text_in(event, "controller"), "sim:0");
	assert_string_equal(text_in(event, "state"), state);
	assert_string_equal(text_in(event, "remedy"), remedy);
}

static void pull_out(void)
{
	usb.there = false;
	sim_controller_vanish(&sim.controller);
	controllers_until(0, CONTROLLER_AWAY);
}

static void plug_in(void *arg)
{
	(void)arg;
	sim_controller_return(&sim.controller);
	usb.there = true;
}

static void hang(void)
{
	sim.controller.deaf = true;
	all.controllers[0].state = CONTROLLER_UP;
	controllers_wake(0);
}

/* A command that gets no answer: it hangs. */
static void scan(struct controller *c)
{
	hci_gap_scan(&c->gap, c->own.type, false);
	controller_flush(c);
	hang();
}

/* ---- Pulled out ------------------------------------------------------------------------------ */

static void one_that_is_plugged_in_again_is_up_again(void **state)
{
	const struct recovery_figures *figures = &all.controllers[0].recovery.figures;

	(void)state;
	start("");
	pull_out();
	assert_string_equal(all.log, "0 up, 0 lost");
	reported("lost", "return");
	world_pass(20 * WORLD_S);
	assert_int_equal(all.controllers[0].state, CONTROLLER_AWAY);
	plug_in(NULL);
	controllers_until(0, CONTROLLER_UP);
	assert_string_equal(all.log, "0 up, 0 lost, 0 up");
	reported("back", "return");
	assert_int_equal(figures->interruptions, 1);
	assert_int_equal(figures->recovered[REMEDY_RETURN], 1);
	assert_in_range(figures->away, 20 * WORLD_S, 25 * WORLD_S);
	assert_int_equal(figures->longest, figures->away);
	/* Any number of times. */
	pull_out();
	plug_in(NULL);
	controllers_until(0, CONTROLLER_UP);
	assert_int_equal(figures->interruptions, 2);
	assert_in_range(figures->longest, 20 * WORLD_S, figures->away - 1);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
	assert_false(figures->unfinished);
}

static void one_that_is_not_wanted_any_more_has_failed(void **state)
{
	(void)state;
	all.waits = false;
	start("");
	sim_controller_vanish(&sim.controller);
	assert_int_equal(ends(), CLI_CONTROLLER_FAILED);
	assert_string_equal(all.log, "0 up, 0 lost, 0 failed 13");
	assert_null(program_event("interruption"));
}

static void a_command_that_does_not_know_losses_fails_as_before(void **state)
{
	(void)state;
	all.knows_loss = false;
	start("");
	sim_controller_vanish(&sim.controller);
	assert_int_equal(ends(), CLI_CONTROLLER_FAILED);
	assert_string_equal(all.log, "0 up, 0 failed 13");
}

static void one_that_was_never_up_is_not_waited_for(void **state)
{
	(void)state;
	all.slow[0] = true;
	program_start("batch list.csv");
	world_pass(WORLD_S);
	sim_controller_vanish(&sim.controller);
	assert_int_equal(ends(), CLI_CONTROLLER_FAILED);
	assert_string_equal(all.log, "0 failed 13");
}

/* --replug-timeout: it is reported once, and may come back all the same. */
static void after_the_limit_it_is_late_and_still_waited_for(void **state)
{
	(void)state;
	start(" --replug-timeout 30");
	pull_out();
	world_pass(29 * WORLD_S);
	assert_string_equal(all.log, "0 up, 0 lost");
	world_pass(2 * WORLD_S);
	assert_string_equal(all.log, "0 up, 0 lost, 0 late");
	reported("late", "");
	assert_non_null(strstr(all.failure, "it is not back after 30 s"));
	world_pass(300 * WORLD_S);
	plug_in(NULL);
	controllers_until(0, CONTROLLER_UP);
	assert_string_equal(all.log, "0 up, 0 lost, 0 late, 0 up");
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

/* udev has not set its rights yet, or the kernel still sets it up: the reason is reported at the
 * limit.
 */
static void one_that_cannot_be_opened_yet_is_tried_again(void **state)
{
	(void)state;
	start(" --replug-timeout 30");
	pull_out();
	all.kind = HCI_FAILURE_PERMISSION;
	plug_in(NULL);
	world_pass(31 * WORLD_S);
	assert_string_equal(all.log, "0 up, 0 lost, 0 late");
	assert_non_null(strstr(all.failure,
			       "controller sim:0: it is there again, but not permitted any more"));
	all.kind = HCI_FAILURE_NONE;
	all.slow[0] = true; /* and it does not open within the limit for that */
	world_pass(20 * WORLD_S);
	assert_string_equal(all.log, "0 up, 0 lost, 0 late");
	all.slow[0] = false;
	world_pass(20 * WORLD_S);
	assert_string_equal(all.log, "0 up, 0 lost, 0 late, 0 up");
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

static void news_of_the_kernel_are_looked_at_soon(void **state)
{
	const uint64_t one = 1;
	uint64_t back_at;

	(void)state;
	all.port = "1-4.2";
	start("");
	const int descriptors = descriptors_open();
	pull_out();
	world_pass(8 * WORLD_S + 10 * WORLD_MS); /* the schedule looks every 4 s by now */
	plug_in(NULL);
	back_at = world_now();
	/* Many devices come at once: they do not put off the look. */
	for (int i = 0; i < 30 && all.controllers[0].state == CONTROLLER_AWAY; i++) {
		assert_int_equal(write(usb.news, &one, sizeof(one)), sizeof(one));
		world_pass(10 * WORLD_MS);
	}
	controllers_until(0, CONTROLLER_UP);
	assert_true(world_now() - back_at < 200 * WORLD_MS);
	assert_int_equal(descriptors_open(), descriptors);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

/* The schedule is a handful of looks, also in a long wait; with news it begins anew. */
static void it_is_not_looked_for_all_the_time(void **state)
{
	const uint64_t one = 1;

	(void)state;
	all.port = "1-4.2";
	start("");
	pull_out();
	/* After 0.1, 0.3, 0.7, 1.5, 3.1, 6.3 s, and every 4 s from then on. */
	world_pass(6500 * WORLD_MS);
	assert_int_equal(usb.looks, 6);
	world_pass(33500 * WORLD_MS);
	assert_int_equal(usb.looks, 14);
	assert_int_equal(write(usb.news, &one, sizeof(one)), sizeof(one));
	world_pass(2 * WORLD_S);
	assert_int_equal(usb.looks, 14 + 4);
	program_interrupt();
	assert_int_equal(ends(), CLI_CANCELLED);
}

static void a_signal_ends_the_wait(void **state)
{
	(void)state;
	start("");
	pull_out();
	world_pass(WORLD_S);
	program_interrupt();
	assert_int_equal(ends(), CLI_CANCELLED);
	assert_string_equal(all.log, "0 up, 0 lost, 0 failed 11");
	assert_true(all.controllers[0].recovery.figures.unfinished);
	assert_in_range(all.controllers[0].recovery.figures.away, WORLD_S, 2 * WORLD_S);
}

/* ---- Hangs ----------------------------------------------------------------------------------- */

static void on_up_hang(struct controller *c)
{
	scan(c);
	all.up = NULL;
}

static void one_that_answers_a_reset_needs_no_more(void **state)
{
	static const uint8_t error[] = {HCI_EVENT, 0x10, 1, 0x42};

	(void)state;
	all.port = "1-4.2";
	start("");
	sim_controller_inject(&sim.controller, error, sizeof(error));
	world_pass(WORLD_S);
	assert_string_equal(all.log, "0 up, 0 sick, 0 up");
	reported("back", "reset");
	assert_int_equal(usb.started[HCI_USB_RESET], 0);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

static bool is_sick(void *ctx)
{
	(void)ctx;
	return strcmp(all.log, "0 up, 0 sick") == 0;
}

/* No command is due while it scans: it is asked for its version after ten quiet seconds. */
static void one_that_hangs_while_nothing_happens_is_noticed(void **state)
{
	(void)state;
	start("");
	world_pass(60 * WORLD_S); /* it answers each time */
	assert_string_equal(all.log, "0 up");
	sim.controller.deaf = true;
	assert_true(world_until(is_sick, NULL, 13 * WORLD_S));
	sim.controller.deaf = false;
	controllers_until(0, CONTROLLER_UP);
	reported("back", "reset");
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

static void one_that_hangs_is_reset_over_usb(void **state)
{
	(void)state;
	all.port = "1-4.2";
	all.up = on_up_hang;
	usb.cured[HCI_USB_RESET] = plug_in;
	program_start("batch list.csv");
	world_pass(30 * WORLD_S);
	assert_string_equal(all.log, "0 up, 0 sick, 0 up");
	reported("back", "usb_reset");
	assert_int_equal(usb.started[HCI_USB_RESET], 1);
	assert_int_equal(usb.started[HCI_USB_POWER], 0);
	assert_int_equal(usb.ends, 1);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

static void then_the_power_of_its_port_is_switched(void **state)
{
	(void)state;
	all.port = "1-4.2";
	all.up = on_up_hang;
	usb.cured[HCI_USB_POWER] = plug_in;
	program_start("batch list.csv");
	world_pass(40 * WORLD_S);
	assert_string_equal(all.log, "0 up, 0 sick, 0 up");
	reported("back", "port_power");
	assert_int_equal(usb.started[HCI_USB_RESET], 1);
	assert_int_equal(usb.started[HCI_USB_POWER], 1);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

/* Each is tried once, and the reasons are noted: no permission, a hub that cannot. */
static void after_the_last_remedy_it_has_failed(void **state)
{
	(void)state;
	all.port = "1-4.2";
	all.up = on_up_hang;
	usb.result[HCI_USB_RESET] = EACCES;
	usb.result[HCI_USB_POWER] = EOPNOTSUPP;
	sim.broken = true;
	program_start("batch list.csv");
	assert_int_equal(ends(), CLI_CONTROLLER_FAILED);
	assert_string_equal(all.log, "0 up, 0 sick, 0 failed 13");
	assert_int_equal(usb.started[HCI_USB_RESET], 1);
	assert_int_equal(usb.started[HCI_USB_POWER], 1);
	assert_true(all.controllers[0].recovery.figures.unfinished);
	assert_int_equal(note_level("sim:0: it is reset over USB: this failed: Permission denied"),
			 0);
	assert_int_equal(note_level("sim:0: the power of its port is switched off and on: this "
				    "failed: Operation not supported"),
			 0);
}

/* The kernel may hold a reset for as long as the device is silent: no longer than the limit. */
static void a_remedy_has_a_limit(void **state)
{
	(void)state;
	all.port = "1-4.2";
	all.up = on_up_hang;
	usb.endless = true;
	sim.broken = true;
	program_start("batch list.csv");
	assert_int_equal(program_ends(60 * WORLD_S), CLI_CONTROLLER_FAILED);
	assert_int_equal(usb.ends, 2);
	assert_non_null(strstr(all.failure, "Reset: the controller does not answer within 2 s"));
	assert_non_null(strstr(all.failure,
			       "; a reset, also over USB and by the power of its port, "
			       "did not help"));
}

/* It enumerates, but the kernel does not let go of it: the next remedy follows. */
static void one_that_is_not_up_soon_after_a_remedy_gets_the_next(void **state)
{
	(void)state;
	all.port = "1-4.2";
	all.up = on_up_hang;
	usb.cured[HCI_USB_RESET] = plug_in;
	all.slow_again = true;
	sim.broken = true;
	program_start("batch list.csv");
	assert_int_equal(program_ends(120 * WORLD_S), CLI_CONTROLLER_FAILED);
	assert_int_equal(usb.started[HCI_USB_RESET], 1);
	assert_int_equal(usb.started[HCI_USB_POWER], 1);
	assert_non_null(strstr(all.failure, "it waits for somebody"));
}

/* It is pulled out, and plugged in again, before its reset is over. */
static void one_that_is_pulled_out_meanwhile_is_waited_for(void **state)
{
	(void)state;
	all.port = "1-4.2";
	all.up = on_up_hang;
	usb.result[HCI_USB_RESET] = ENODEV;
	usb.there = false;
	program_start("batch list.csv");
	world_pass(20 * WORLD_S);
	assert_int_equal(all.controllers[0].state, CONTROLLER_AWAY);
	plug_in(NULL);
	controllers_until(0, CONTROLLER_UP);
	reported("back", "return");
	assert_int_equal(usb.started[HCI_USB_POWER], 0);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

static void one_that_comes_back_and_is_silent_is_reset_over_usb(void **state)
{
	(void)state;
	all.port = "1-4.2";
	start("");
	pull_out();
	plug_in(NULL);
	sim.controller.deaf = true;
	usb.cured[HCI_USB_RESET] = plug_in;
	world_pass(20 * WORLD_S);
	assert_string_equal(all.log, "0 up, 0 lost, 0 up");
	reported("back", "usb_reset");
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

/* It would be opened in the middle of it. */
static void it_is_not_looked_for_during_a_remedy(void **state)
{
	unsigned looks;

	(void)state;
	all.port = "1-4.2";
	start("");
	pull_out();
	plug_in(NULL);
	sim.controller.deaf = true;
	sim.broken = true;
	usb.endless = true;
	world_pass(5 * WORLD_S);
	assert_int_equal(usb.started[HCI_USB_RESET], 1);
	looks = usb.looks;
	world_pass(10 * WORLD_S);
	assert_int_equal(usb.ends, 0);
	assert_int_equal(usb.looks, looks);
	program_interrupt();
	assert_int_equal(ends(), CLI_CANCELLED);
}

/* Without a port there is nothing else to try, and nothing was tried. */
static void without_a_port_one_that_comes_back_and_is_silent_has_failed(void **state)
{
	(void)state;
	start("");
	pull_out();
	plug_in(NULL);
	sim.controller.deaf = true;
	sim.broken = true;
	assert_int_equal(ends(), CLI_CONTROLLER_FAILED);
	assert_string_equal(all.log, "0 up, 0 lost, 0 failed 13");
	assert_non_null(strstr(all.failure, "does not answer within 2 s"));
	assert_null(strstr(all.failure, "did not help"));
}

static void a_remedy_that_cannot_be_started_is_the_last(void **state)
{
	(void)state;
	all.port = "1-4.2";
	all.up = on_up_hang;
	usb.start_error = ENOMEM;
	sim.broken = true;
	program_start("batch list.csv");
	assert_int_equal(ends(), CLI_CONTROLLER_FAILED);
	assert_int_equal(note_level("sim:0 cannot be reset over USB: Cannot allocate memory"), 0);
	assert_int_equal(usb.ends, 0);
}

/* The remedy went well, and then nothing is at the port any more. */
static void one_that_is_gone_after_a_remedy_is_waited_for(void **state)
{
	(void)state;
	all.port = "1-4.2";
	all.up = on_up_hang;
	program_start("batch list.csv");
	world_pass(4 * WORLD_S);
	usb.there = false;
	world_pass(60 * WORLD_S);
	assert_int_equal(all.controllers[0].state, CONTROLLER_AWAY);
	assert_int_equal(usb.started[HCI_USB_RESET], 1);
	assert_int_equal(usb.started[HCI_USB_POWER], 0);
	plug_in(NULL);
	controllers_until(0, CONTROLLER_UP);
	reported("back", "return");
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

static void leave_port(void *arg)
{
	(void)arg;
	usb.there = false;
}

/* It is there again, silent, and gone again. */
static void one_that_is_late_is_late_once(void **state)
{
	(void)state;
	all.port = "1-4.2";
	start(" --replug-timeout 30");
	pull_out();
	world_pass(31 * WORLD_S);
	assert_string_equal(all.log, "0 up, 0 lost, 0 late");
	plug_in(NULL);
	sim.controller.deaf = true;
	usb.result[HCI_USB_RESET] = ENODEV;
	usb.cured[HCI_USB_RESET] = leave_port;
	world_pass(60 * WORLD_S);
	assert_string_equal(all.log, "0 up, 0 lost, 0 late");
	assert_int_equal(usb.started[HCI_USB_RESET], 1);
	plug_in(NULL);
	controllers_until(0, CONTROLLER_UP);
	assert_string_equal(all.log, "0 up, 0 lost, 0 late, 0 up");
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

/* A device that disappears whenever it is used. */
static void remedies_are_bounded(void **state)
{
	(void)state;
	all.port = "1-4.2";
	start("");
	pull_out();
	plug_in(NULL);
	sim.controller.deaf = true;
	usb.result[HCI_USB_RESET] = ENODEV;
	sim.broken = true;
	assert_int_equal(ends(), CLI_CONTROLLER_FAILED);
	/* To wait for it, and to reset it, in turn: six. */
	assert_int_equal(usb.started[HCI_USB_RESET], 3);
	assert_int_equal(sim.controller.opened, 1 + 3);
	assert_non_null(strstr(all.failure, "; a reset over USB did not help"));
}

static void a_signal_ends_a_remedy(void **state)
{
	(void)state;
	all.port = "1-4.2";
	all.up = on_up_hang;
	usb.endless = true;
	sim.broken = true;
	program_start("batch list.csv");
	world_pass(6 * WORLD_S);
	assert_int_equal(usb.started[HCI_USB_RESET], 1);
	assert_int_equal(usb.ends, 0);
	program_interrupt();
	assert_int_equal(ends(), CLI_CANCELLED);
	assert_int_equal(usb.ends, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, controllers_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(one_that_is_plugged_in_again_is_up_again),
		CASE(one_that_is_not_wanted_any_more_has_failed),
		CASE(a_command_that_does_not_know_losses_fails_as_before),
		CASE(one_that_was_never_up_is_not_waited_for),
		CASE(after_the_limit_it_is_late_and_still_waited_for),
		CASE(one_that_cannot_be_opened_yet_is_tried_again),
		CASE(news_of_the_kernel_are_looked_at_soon),
		CASE(it_is_not_looked_for_all_the_time),
		CASE(a_signal_ends_the_wait),
		CASE(one_that_answers_a_reset_needs_no_more),
		CASE(one_that_hangs_while_nothing_happens_is_noticed),
		CASE(one_that_hangs_is_reset_over_usb),
		CASE(then_the_power_of_its_port_is_switched),
		CASE(after_the_last_remedy_it_has_failed),
		CASE(a_remedy_has_a_limit),
		CASE(one_that_is_not_up_soon_after_a_remedy_gets_the_next),
		CASE(one_that_is_pulled_out_meanwhile_is_waited_for),
		CASE(one_that_comes_back_and_is_silent_is_reset_over_usb),
		CASE(it_is_not_looked_for_during_a_remedy),
		CASE(without_a_port_one_that_comes_back_and_is_silent_has_failed),
		CASE(a_remedy_that_cannot_be_started_is_the_last),
		CASE(one_that_is_gone_after_a_remedy_is_waited_for),
		CASE(one_that_is_late_is_late_once),
		CASE(remedies_are_bounded),
		CASE(a_signal_ends_a_remedy),
	};
	return cmocka_run_group_tests_name("cli/runtime/recovery", tests, NULL, NULL);
}

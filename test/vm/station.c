/* SPDX-License-Identifier: MIT */
/*
 * The station of docs/factory.md, with the text of the document: its udev rule under a real udevd,
 * and the command of its service, run by a user whose only permission is the group.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "vm/usb_controller.h"
#include "vm/vm_fixture.h"

#define SOCKET "/tmp/bt-server-le"
#define RADIO  "unix:" SOCKET
#define GROUP  990 /* blepair, of the image's /etc/group */

static const struct vm_user stranger = {.uid = 1001}, station = {.uid = 1001, .group = GROUP},
			    service = {.uid = 1001, .group = GROUP, .path = "/tmp/service"};

static struct vm_program p, peers[2];
static struct usb_controller *usb[2];
static pid_t udevd;

/* ---- The document ---------------------------------------------------------------------------- */

static void sh(const char *command)
{
	if (system(command))
		fail_msg("%s", command);
}

static int prepare(void **state)
{
	(void)state;
	sh("mkdir -p /etc/udev/rules.d /tmp/station && chown 1001:1001 /tmp/station");
	/* The rule, from the here document in the shell commands. */
	sh("sed -n '/rules.d.*RULE/,/^RULE/{/RULE/!p}' /test/factory.md "
	   ">/etc/udev/rules.d/70-blepair.rules"
	   " && grep -q GROUP= /etc/udev/rules.d/70-blepair.rules");
	udevd = vm_spawn("/usr/bin/systemd-udevd", NULL);
	for (int i = 0; access("/run/udev/control", F_OK) && i < 1000; i++)
		usleep(10000);
	/* The command that activates it. */
	sh("sed -n 's/sudo //g; /^udevadm control/p' /test/factory.md >/tmp/force && grep -q "
	   "trigger /tmp/force"
	   " && sh -e /tmp/force");
	/* The command of the systemd service. */
	sh("(echo '#!/bin/sh'; echo 'cd /tmp/station'; sed -n 's/^ExecStart=/exec /p' "
	   "/test/blepair@.service"
	   " | sed 's/%i/order-4711/g') >/tmp/service && grep -q 'order-4711.csv -c all' "
	   "/tmp/service"
	   " && chmod 755 /tmp/service");
	return 0;
}

static int finish(void **state)
{
	(void)state;
	vm_kill(&udevd);
	return 0;
}

/* ---- Dongles --------------------------------------------------------------------------------- */

static void plug(size_t port, uint16_t vendor, uint16_t product)
{
	const struct usb_controller_options options = {.port = (unsigned)port,
						       .socket = SOCKET,
						       .vendor = vendor,
						       .product = product,
						       .serial = "UNIT"};

	usb[port] = usb_controller_plug(&options);
	(void)vm_wait_index((uint16_t)port);
	sh("udevadm settle --timeout=20");
}

/* A dongle that the rule matches, and one that it does not. */
static int setup(void **state)
{
	(void)state;
	vm_btvirt(0);
	plug(0, 0x0a12, 0x0001);
	plug(1, 0x1d6b, 0xb1e0);
	sh("rm -rf /tmp/station/*");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (p.events)
		vm_forget(&p);
	for (size_t i = 0; i < COUNT(peers); i++) {
		if (peers[i].events)
			vm_forget(&peers[i]);
		if (usb[i])
			usb_controller_unplug(usb[i]);
		usb[i] = NULL;
	}
	vm_btvirt_end();
	return 0;
}

static unsigned read_number(const char *port, const char *name)
{
	char path[64];
	unsigned value = 0;

	(void)snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/%s", port, name);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%u", &value), 1);
	(void)fclose(file);
	return value;
}

static struct stat node(const char *port)
{
	char path[64];
	struct stat file;

	(void)snprintf(path, sizeof(path), "/dev/bus/usb/%03u/%03u", read_number(port, "busnum"),
		       read_number(port, "devnum"));
	assert_int_equal(stat(path, &file), 0);
	return file;
}

static void write_order(const char *first, const char *second)
{
	FILE *file = fopen("/tmp/station/order-4711.csv", "w");

	assert_non_null(file);
	(void)fprintf(file, "address\n%s\n%s\n", first, second);
	(void)fclose(file);
}

static const char *unit(size_t i, const char *own)
{
	vm_start(&peers[i], NULL, "listen", "-c", RADIO, "--io", "none", "--own-address", own,
		 NULL);
	vm_go(&peers[i], NULL, "advertising");
	return vm_text(vm_event(&peers[i], "advertising"), "own.address");
}

static json_int_t summary_number(const char *field)
{
	return json_integer_value(json_object_get(vm_event(&p, "summary"), field));
}

/* ---- The tests ------------------------------------------------------------------------------- */

static void the_rule_applies_to_that_dongle_only(void **state)
{
	struct stat its, other;

	(void)state;
	its = node("1-1");
	other = node("1-2");
	assert_int_equal(its.st_gid, GROUP);
	assert_int_equal(its.st_mode & 0777, 0660);
	assert_int_equal(other.st_gid, 0);
	assert_int_equal(other.st_mode & 0002, 0);
}

static void a_user_outside_the_group_is_refused(void **state)
{
	(void)state;
	write_order("00:AA:01:05:00:42", "00:AA:01:06:00:42");
	assert_int_equal(
		vm_run(&p, &stranger, "batch", "/tmp/station/order-4711.csv", "-c", "all", NULL),
		3);
	assert_non_null(
		strstr(vm_verdict(&p), "usb:1-1 (not permitted: use sudo, or a udev rule)"));
}

static void a_user_in_the_group_can_pair(void **state)
{
	(void)state;
	assert_int_equal(
		vm_run(&p, &station, "-c", "usb:1-1", "--io", "none", unit(0, "public"), NULL), 0);
	(void)vm_wait_index(0); /* btusb drives it again */
	assert_int_equal(node("1-1").st_gid, GROUP);
}

/* hci0 is the kernel's, which the user may not open. */
static void a_user_in_the_group_needs_no_name_of_a_controller(void **state)
{
	(void)state;
	assert_int_equal(vm_run(&p, &station, "--io", "none", unit(0, "public"), NULL), 0);
	/* The first event. */
	const char *note = vm_text(json_array_get(p.events, 0), "text");
	if (!strstr(note, "using usb:1-1"))
		fail_msg("%s", note);
}

/* The same command again, as Restart=on-abnormal does after kill -9. */
static void the_service_continues_after_a_kill(void **state)
{
	static const char late[] = "static=C0:00:00:00:00:01";
	struct stat report;

	(void)state;
	write_order(unit(0, "public"), strchr(late, '=') + 1);
	vm_start(&p, &service, NULL);
	vm_go(&p, NULL, "unit");
	assert_string_equal(vm_text(vm_event(&p, "unit"), "result"), "paired");
	assert_string_equal(vm_text(vm_event(&p, "unit"), "controller"), "usb:1-1");
	kill(p.pid, SIGKILL);
	assert_int_equal(vm_end(&p), 128 + SIGKILL);
	vm_forget(&p);
	vm_forget(&peers[0]);
	(void)unit(0, late);
	if (vm_run(&p, &service, NULL))
		fail_msg("%s", vm_verdict(&p));
	assert_int_equal(summary_number("paired_before"), 1);
	assert_int_equal(summary_number("attempts"), 1);
	assert_int_equal(stat("/tmp/station/order-4711.html", &report), 0);
	assert_int_equal(report.st_uid, 1001);
}

static json_int_t interruptions(const char *state)
{
	const json_t *event;
	json_int_t times = 0;
	size_t i;

	json_array_foreach(p.events, i, event)
	{
		times += strcmp(vm_text(event, "event"), "interruption") == 0 &&
			 strcmp(vm_text(event, "state"), state) == 0;
	}
	return times;
}

/* The same rule gives its new device file to the group: the service has no other right. */
static void a_dongle_of_the_service_is_plugged_in_again(void **state)
{
	static const char late[] = "static=C0:00:00:00:00:01";

	(void)state;
	write_order(unit(0, "public"), strchr(late, '=') + 1);
	vm_start(&p, &service, NULL);
	vm_go(&p, NULL, "unit");
	usb_controller_unplug(usb[0]);
	usb[0] = NULL;
	vm_go(&p, NULL, "interruption");
	plug(0, 0x0a12, 0x0001);
	vm_go_times(&p, "interruption", 2);
	(void)unit(1, late);
	if (vm_end(&p))
		fail_msg("%s", vm_verdict(&p));
	assert_int_equal(interruptions("lost"), 1);
	assert_int_equal(interruptions("back"), 1);
	assert_int_equal(summary_number("paired"), 2);
	assert_int_equal(summary_number("attempts"), 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_rule_applies_to_that_dongle_only),
		CASE(a_user_outside_the_group_is_refused),
		CASE(a_user_in_the_group_can_pair),
		CASE(a_user_in_the_group_needs_no_name_of_a_controller),
		CASE(the_service_continues_after_a_kill),
		CASE(a_dongle_of_the_service_is_plugged_in_again),
	};
	return cmocka_run_group_tests_name("vm/station", tests, prepare, finish);
}

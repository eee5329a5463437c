/* SPDX-License-Identifier: MIT */
/*
 * With BlueZ: a controller of bluetoothd is taken with --take and given back; bluetoothd uses a
 * bond of blepair without pairing again, and blepair one of bluetoothd.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "vm/vm_fixture.h"

#define FIRST  "00:AA:01:00:00:00"
#define SECOND "00:AA:01:01:00:01"
#define BONDS  "/tmp/bonds.db"
#define THEIRS "/tmp/theirs.db"
#define USERS  "/tmp/users.db"

static struct vm_program p, other;
static pid_t dbus, bluetoothd;

static void wait_for_file(const char *path)
{
	for (int i = 0; access(path, F_OK); i++) {
		if (i == 1000)
			fail_msg("%s does not appear", path);
		usleep(10000);
	}
}

static void start_bluetoothd_with(const char *config)
{
	(void)setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/run/dbus.socket", 1);
	dbus = vm_spawn("/usr/bin/dbus-daemon", "--config-file=/etc/dbus.conf", "--nofork", NULL);
	wait_for_file("/run/dbus.socket");
	FILE *file = fopen("/tmp/main.conf", "w");
	assert_non_null(file);
	(void)fputs(config, file);
	(void)fclose(file);
	bluetoothd =
		vm_spawn("/usr/libexec/bluetooth/bluetoothd", "-n", "-f", "/tmp/main.conf", NULL);
}

static void start_bluetoothd(void)
{
	start_bluetoothd_with("[Policy]\nAutoEnable=true\n"); /* as in distributions */
}

static int setup(void **state)
{
	(void)state;
	(void)!system("rm -rf /var/lib/bluetooth/* /tmp/bluetooth");
	vm_unlink_store(BONDS);
	vm_unlink_store(THEIRS);
	vm_unlink_store(USERS);
	vm_btvirt(2);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (p.events)
		vm_forget(&p);
	if (other.events)
		vm_forget(&other);
	vm_kill(&bluetoothd);
	vm_kill(&dbus);
	(void)unlink("/run/dbus.socket");
	vm_btvirt_end();
	return 0;
}

static void assert_success(const struct vm_program *program)
{
	if (program->code)
		fail_msg("%d: %s", program->code, vm_verdict(program));
}

static void bluetoothctl(const char *words)
{
	char line[160];

	(void)snprintf(line, sizeof(line), "bluetoothctl -- %s >/tmp/bluetoothctl 2>&1", words);
	for (int i = 0; i < 20; i++) {
		if (system(line) == 0)
			return;
		usleep(300000); /* bluetoothd is not ready */
	}
	(void)!system("cat /tmp/bluetoothctl");
	fail_msg("bluetoothctl %s failed", words);
}

/* ---- Taken from bluetoothd ------------------------------------------------------------------- */

static void bluetoothd_is_named_as_the_user(void **state)
{
	(void)state;
	start_bluetoothd();
	vm_wait_powered(0, true);
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "hci0", NULL), 4);
	if (!strstr(vm_verdict(&p), "controller hci0: it is up, used by bluetoothd (process "))
		fail_msg("%s", vm_verdict(&p));
}

/* As a user who may not see its descriptors, too. */
static void bluetoothd_is_listed_with_its_setting(void **state)
{
	const struct vm_user user = {.uid = 1000};

	(void)state;
	start_bluetoothd();
	vm_wait_powered(0, true);
	assert_int_equal(vm_run(&p, &user, "controllers", NULL), 0);
	const json_t *found = vm_event(&p, "bluetoothd");
	assert_int_equal(json_integer_value(json_object_get(found, "process")), bluetoothd);
	assert_true(json_is_true(json_object_get(found, "auto_enable")));
	assert_string_equal(vm_text(found, "config"), "/tmp/main.conf");
}

/* docs/factory.md: it runs, and no run needs --take. */
static void without_auto_enable_it_leaves_controllers_alone(void **state)
{
	(void)state;
	start_bluetoothd_with("[Policy]\nAutoEnable=false\n");
	bluetoothctl("list"); /* it is ready */
	for (int run = 0; run < 3; run++) {
		(void)vm_run(&p, NULL, "info", "-c", "hci0", NULL);
		assert_success(&p);
		vm_forget(&p);
		sleep(1);
		assert_false(vm_powered(0));
	}
	assert_int_equal(vm_run(&p, NULL, "controllers", NULL), 0);
	assert_true(json_is_false(json_object_get(vm_event(&p, "bluetoothd"), "auto_enable")));
}

static void taken_from_bluetoothd_and_given_back(void **state)
{
	(void)state;
	start_bluetoothd();
	vm_wait_powered(0, true);
	vm_wait_powered(1, true);
	vm_start(&other, NULL, "listen", "-c", "hci1", "--take", "--io", "none", NULL);
	vm_go(&other, NULL, "advertising");
	(void)vm_run(&p, NULL, "-c", "hci0", "--take", "--io", "none", SECOND, NULL);
	assert_success(&p);
	kill(other.pid, SIGTERM);
	assert_int_equal(vm_end(&other), 0);
	vm_wait_powered(0, true);
	vm_wait_powered(1, true);
}

/* ---- A bond of blepair ----------------------------------------------------------------------- */

/* Pairs hci0 with a listener on hci1; each keeps its bond in a store. */
static void bond(const char *secure)
{
	vm_start(&other, NULL, "listen", "-c", "hci1", "--io", "none", "--store", THEIRS, "--count",
		 "1", NULL);
	vm_go(&other, NULL, "advertising");
	(void)vm_run(&p, NULL, "-c", "hci0", "--io", "none", "--sc", secure, "--store", BONDS,
		     SECOND, NULL);
	assert_success(&p);
	assert_int_equal(vm_end(&other), 0);
	vm_forget(&p);
	vm_forget(&other);
}

static void export(const char *file)
{
	(void)vm_run(&p, NULL, "bonds", "export", "--format", "bluez", "--store", file, "--output",
		     "/var/lib/bluetooth", NULL);
	assert_success(&p);
	vm_forget(&p);
}

/* bluetoothd connects to the listener, and encrypts by the bond. */
static void assert_bluetoothd_uses_the_bond(void)
{
	export(BONDS);
	start_bluetoothd();
	vm_wait_powered(0, true);
	vm_start(&other, NULL, "listen", "-c", "hci1", "--take", "--io", "none", "--store", THEIRS,
		 "--count", "1", NULL);
	vm_go(&other, NULL, "advertising");
	pid_t client = fork();
	if (client == 0) {
		bluetoothctl("connect " SECOND);
		_exit(0);
	}
	(void)vm_end(&other);
	vm_kill(&client);
	assert_success(&other);
	assert_string_equal(vm_text(vm_event(&other, "result"), "result"), "encrypted");
	assert_null(vm_event(&other, "features")); /* no pairing */
}

static void bluetoothd_uses_a_legacy_bond(void **state)
{
	(void)state;
	bond("off");
	assert_bluetoothd_uses_the_bond();
}

static void bluetoothd_uses_a_secure_bond(void **state)
{
	(void)state;
	bond("only");
	assert_bluetoothd_uses_the_bond();
}

/* The bond of the other end: bluetoothd is the peripheral and recognizes its central. */
static void bluetoothd_uses_the_bond_of_a_peripheral(void **state)
{
	struct vm_kernel advertiser = {0};

	(void)state;
	bond("only");
	export(THEIRS);
	start_bluetoothd();
	vm_wait_powered(1, true);
	vm_kernel_attach(&advertiser, 1);
	vm_kernel_advertise(&advertiser, true);
	(void)vm_run(&p, NULL, "verify", "-c", "hci0", "--take", "--store", BONDS, SECOND, NULL);
	assert_success(&p);
	assert_string_equal(vm_text(vm_event(&p, "result"), "result"), "encrypted");
}

/* ---- A bond of bluetoothd -------------------------------------------------------------------- */

#define INFO "/var/lib/bluetooth/" FIRST "/" SECOND "/info"

/* bluetoothd pairs with the listener; then blepair uses bluetoothd's bond and identity. */
static void pair_with_the_bond_of_bluetoothd(const char *secure)
{
	static const struct vm_user sudo = {.sudo = true}, user = {.uid = 1000};
	struct stat status;

	start_bluetoothd();
	vm_wait_powered(0, true);
	vm_start(&other, NULL, "listen", "-c", "hci1", "--take", "--io", "none", "--sc", secure,
		 "--store", THEIRS, "--count", "1", NULL);
	vm_go(&other, NULL, "advertising");
	pid_t client = fork();
	if (client == 0)
		_exit(system("(echo agent NoInputNoOutput; sleep 1; echo scan on; sleep 2; "
			     "echo pair " SECOND "; sleep 60) | bluetoothctl >/tmp/bluetoothctl"));
	if (vm_end(&other))
		(void)!system("cat /tmp/bluetoothctl");
	assert_success(&other);
	assert_string_equal(vm_text(vm_event(&other, "result"), "result"), "paired");
	for (int i = 0; system("grep -q TermKey " INFO " 2>/dev/null"); i++) {
		if (i == 100)
			fail_msg("bluetoothd does not keep the bond");
		usleep(100000);
	}
	vm_kill(&client);
	vm_forget(&other);

	(void)vm_run(&p, NULL, "bonds", "import", "/var/lib/bluetooth", "--store", BONDS, NULL);
	assert_success(&p);
	if (!strstr(vm_verdict(&p), "1 bond: 1 of new peers"))
		fail_msg("%s", vm_verdict(&p));
	vm_forget(&p);
	/* Only root can read the directory; the store belongs to the user. */
	(void)vm_run(&p, &sudo, "bonds", "import", "/var/lib/bluetooth", "--store", USERS, NULL);
	assert_success(&p);
	assert_int_equal(stat(USERS, &status), 0);
	assert_int_equal(status.st_uid, 1000);
	vm_forget(&p);
	assert_int_equal(vm_run(&p, &user, "bonds", "import", "/var/lib/bluetooth", NULL), 5);
	if (!strstr(vm_verdict(&p), "/var/lib/bluetooth/" FIRST ": Permission denied"))
		fail_msg("%s", vm_verdict(&p));
	vm_forget(&p);
	vm_kill(&bluetoothd);

	vm_start(&other, NULL, "listen", "-c", "hci1", "--take", "--io", "none", "--store", THEIRS,
		 "--count", "1", NULL);
	vm_go(&other, NULL, "advertising");
	(void)vm_run(&p, NULL, "verify", "-c", "hci0", "--take", "--store", BONDS, SECOND, NULL);
	assert_success(&p);
	assert_string_equal(vm_text(vm_event(&p, "result"), "result"), "encrypted");
}

static void a_legacy_bond_of_bluetoothd_is_used(void **state)
{
	(void)state;
	pair_with_the_bond_of_bluetoothd("off");
}

static void a_secure_bond_of_bluetoothd_is_used(void **state)
{
	(void)state;
	pair_with_the_bond_of_bluetoothd("only");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- Attributes of bluetoothd ---------------------------------------------------------------- */

#define SERVICE	  "b1e9a102-6c4e-4f0e-9b0a-7d3f5c21e8a4"
#define PROTECTED "b1e9a103-6c4e-4f0e-9b0a-7d3f5c21e8a4"
#define OPEN	  "b1e9a104-6c4e-4f0e-9b0a-7d3f5c21e8a4"

/* bluetoothctl registers an application with a value that demands encryption, "SN", and an open
 * one, "AB"; it advertises, and accepts a pairing. */
static pid_t start_application(const char *flags)
{
	char line[1024];
	pid_t client = fork();

	if (client)
		return client;
	(void)setsid(); /* to end all of it */
	(void)snprintf(
		line, sizeof(line),
		"(echo agent NoInputNoOutput; sleep 1; echo default-agent; echo select " SECOND
		"; sleep 1; echo pairable on; echo menu gatt; sleep 1;"
		" echo register-service " SERVICE "; sleep 1; echo yes; sleep 1;"
		" echo register-characteristic " PROTECTED " %s; sleep 1;"
		" echo '0x53 0x4e'; sleep 1;"
		" echo register-characteristic " OPEN " read; sleep 1;"
		" echo '0x41 0x42'; sleep 1;"
		" echo register-application; sleep 2; echo back; echo advertise on;"
		" sleep 1; touch /tmp/application;"
		" while true; do sleep 2; echo yes; done)"
		" | bluetoothctl >/tmp/bluetoothctl 2>&1",
		flags);
	_exit(system(line));
}

static void write_profile(void)
{
	FILE *file = fopen("/tmp/profile.json", "w");

	assert_non_null(file);
	(void)fputs("{\"attributes\": [{\"characteristic\": \"" PROTECTED
		    "\", \"service\": \"" SERVICE "\", \"expect\": \"text:SN\","
		    " \"refused\": \"open\", \"allowed\": \"encrypted\"},"
		    " {\"characteristic\": \"" OPEN "\", \"expect\": \"hex:4142\"}]}",
		    file);
	assert_int_equal(fclose(file), 0);
}

static const char *attribute(size_t i, const char *field)
{
	const json_t *list = json_object_get(vm_event(&p, "result"), "attributes");

	return vm_text(json_array_get(list, i), field);
}

/* Pairs with the application, and returns the exit code. */
static int pair_with_application(const char *flags)
{
	pid_t client;
	int code;

	(void)unlink("/tmp/application");
	write_profile();
	start_bluetoothd();
	vm_wait_powered(1, true);
	client = start_application(flags);
	for (int i = 0; access("/tmp/application", F_OK); i++) {
		if (i == 600)
			fail_msg("bluetoothctl registers no application");
		usleep(100000);
	}
	code = vm_run(&p, NULL, "-c", "hci0", "--take", "--io", "none", "--store", BONDS,
		      "--profile", "/tmp/profile.json", SECOND "/public", NULL);
	(void)kill(-client, SIGKILL);
	vm_kill(&client);
	return code;
}

static void a_protected_attribute_of_bluetoothd_is_refused_and_read(void **state)
{
	(void)state;
	if (pair_with_application("encrypt-read"))
		(void)!system("cat /tmp/bluetoothctl");
	assert_success(&p);
	assert_string_equal(attribute(0, "result"), "refused");
	assert_string_equal(attribute(0, "link"), "open");
	assert_string_equal(attribute(1, "text"), "SN");
	assert_string_equal(attribute(1, "link"), "encrypted");
	assert_string_equal(attribute(2, "text"), "AB");
}

static void an_open_attribute_of_bluetoothd_is_given_away(void **state)
{
	(void)state;
	assert_int_equal(pair_with_application("read"), 25);
	assert_string_equal(attribute(0, "result"), "given_away");
	assert_null(vm_event(&p, "features")); /* no pairing */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(bluetoothd_is_named_as_the_user),
		CASE(bluetoothd_is_listed_with_its_setting),
		CASE(without_auto_enable_it_leaves_controllers_alone),
		CASE(taken_from_bluetoothd_and_given_back),
		CASE(bluetoothd_uses_a_legacy_bond),
		CASE(bluetoothd_uses_a_secure_bond),
		CASE(bluetoothd_uses_the_bond_of_a_peripheral),
		CASE(a_legacy_bond_of_bluetoothd_is_used),
		CASE(a_secure_bond_of_bluetoothd_is_used),
		CASE(a_protected_attribute_of_bluetoothd_is_refused_and_read),
		CASE(an_open_attribute_of_bluetoothd_is_given_away),
	};
	return cmocka_run_group_tests_name("vm/bluez", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * blepair watch, beside bluetoothd that pairs with blepair listen: both hosts are of this machine,
 * so each pairing is seen twice.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "unit.h"
#include "vm/vm_fixture.h"

#define PEER	"00:AA:01:01:00:01" /* hci1 */
#define THEIRS	"/tmp/theirs.db"
#define OURS	"/tmp/ours.db"
#define CAPTURE "/tmp/watch.btsnoop"

static struct vm_program watch, peer, explain;
static pid_t dbus, bluetoothd, client;

static void start_bluetoothd(void)
{
	(void)setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/run/dbus.socket", 1);
	dbus = vm_spawn("/usr/bin/dbus-daemon", "--config-file=/etc/dbus.conf", "--nofork", NULL);
	for (int i = 0; access("/run/dbus.socket", F_OK); i++) {
		assert_true(i < 1000);
		usleep(10000);
	}
	FILE *file = fopen("/tmp/main.conf", "w");
	assert_non_null(file);
	(void)fputs("[Policy]\nAutoEnable=true\n", file);
	(void)fclose(file);
	bluetoothd =
		vm_spawn("/usr/libexec/bluetooth/bluetoothd", "-n", "-f", "/tmp/main.conf", NULL);
	vm_wait_powered(0, true);
}

static int setup(void **state)
{
	(void)state;
	(void)!system("rm -rf /var/lib/bluetooth/*");
	(void)unlink(CAPTURE);
	vm_unlink_store(THEIRS);
	vm_unlink_store(OURS);
	vm_btvirt(2);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vm_kill(&client);
	if (watch.events)
		vm_forget(&watch);
	if (peer.events)
		vm_forget(&peer);
	if (explain.events)
		vm_forget(&explain);
	vm_kill(&bluetoothd);
	vm_kill(&dbus);
	(void)unlink("/run/dbus.socket");
	vm_btvirt_end();
	return 0;
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* The index-th attempt that a program explained, or NULL. */
static json_t *explained(const struct vm_program *p, size_t index)
{
	for (size_t i = 0; i < json_array_size(p->events); i++) {
		json_t *event = json_array_get(p->events, i);
		if (strcmp(vm_text(event, "event"), "explained") == 0 && index-- == 0)
			return event;
	}
	return NULL;
}

/* The same attempt in another list: it ended in the same frame. */
static const json_t *same_attempt(const struct vm_program *p, const json_t *event)
{
	for (size_t i = 0; explained(p, i); i++)
		if (json_equal(json_object_get(explained(p, i), "frame"),
			       json_object_get(event, "frame")))
			return explained(p, i);
	return NULL;
}

/* What watch wrote explains to what watch said. */
static void assert_capture_says_the_same(int code)
{
	struct stat status;

	assert_int_equal(stat(CAPTURE, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	if (vm_run(&explain, NULL, "explain", CAPTURE, NULL) != code)
		fail_msg("%d: %s", explain.code, vm_verdict(&explain));
	for (size_t i = 0; explained(&watch, i); i++) {
		const json_t *live = explained(&watch, i), *later = same_attempt(&explain, live);
		if (!later || strcmp(vm_text(live, "outcome"), vm_text(later, "outcome")) != 0)
			fail_msg("%s: %s; later %s", vm_text(live, "outcome"),
				 vm_text(live, "text"), vm_text(later, "text"));
	}
}

static void start_watch(void)
{
	vm_start(&watch, NULL, "watch", "--count", "2", "-w", CAPTURE, NULL);
	vm_go(&watch, NULL, "note");
	assert_string_equal(vm_text(vm_event(&watch, "note"), "text"), "watching hci0, hci1");
}

static void end_watch(int code, const char *outcome)
{
	if (vm_end(&watch) != code)
		fail_msg("%d: %s", watch.code, vm_verdict(&watch));
	for (size_t i = 0; i < 2; i++)
		if (strcmp(vm_text(explained(&watch, i), "outcome"), outcome) != 0)
			fail_msg("attempt %zu: %s: %s", i + 1,
				 vm_text(explained(&watch, i), "outcome"),
				 vm_text(explained(&watch, i), "text"));
}

/* bluetoothctl does this, a line at a time. */
static void run_client(const char *script)
{
	char line[400];

	(void)snprintf(line, sizeof(line), "(%s; sleep 60) | bluetoothctl >/tmp/bluetoothctl 2>&1",
		       script);
	client = fork();
	if (client == 0)
		_exit(system(line));
}

static void start_peer(const char *io)
{
	vm_start(&peer, NULL, "listen", "-c", "hci1", "--take", "--io", io, "--store", THEIRS,
		 strcmp(io, "none") == 0 ? NULL : "--confirm", "yes", NULL);
	vm_go(&peer, NULL, "advertising");
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void a_pairing_of_bluetoothd_is_explained_while_its_link_is_up(void **state)
{
	(void)state;
	start_bluetoothd();
	start_peer("none");
	start_watch();
	run_client("echo agent NoInputNoOutput; sleep 1; echo scan on; sleep 2; echo pair " PEER);
	end_watch(0, "paired");
	assert_null(vm_event(&peer, "disconnected"));
	assert_string_equal(vm_text(vm_event(&watch, "result"), "result"), "watched");
	assert_capture_says_the_same(0);
}

static void a_refusal_of_the_agent_is_explained(void **state)
{
	(void)state;
	start_bluetoothd();
	start_peer("display-yesno");
	start_watch();
	run_client("echo agent off; sleep 1; echo agent DisplayYesNo; sleep 1; echo scan on; "
		   "sleep 2; echo pair " PEER "; sleep 4; echo no");
	end_watch(15, "refused");
	assert_int_equal(json_integer_value(json_object_get(vm_event(&watch, "result"), "failed")),
			 2);
	assert_capture_says_the_same(15);
}

/* bluetoothd does not have the bond that blepair uses. */
static void a_lost_bond_is_explained(void **state)
{
	struct vm_kernel advertiser = {0};

	(void)state;
	vm_start(&peer, NULL, "listen", "-c", "hci1", "--io", "none", "--store", THEIRS, "--count",
		 "1", NULL);
	vm_go(&peer, NULL, "advertising");
	if (vm_run(&explain, NULL, "-c", "hci0", "--io", "none", "--store", OURS, PEER, NULL))
		fail_msg("%s", vm_verdict(&explain));
	assert_int_equal(vm_end(&peer), 0);
	vm_forget(&peer);
	vm_forget(&explain);
	start_bluetoothd();
	vm_wait_powered(1, true);
	vm_kernel_attach(&advertiser, 1);
	vm_kernel_advertise(&advertiser, true);
	start_watch();
	assert_int_equal(
		vm_run(&peer, NULL, "verify", "-c", "hci0", "--take", "--store", OURS, PEER, NULL),
		12);
	end_watch(15, "bond_lost");
	assert_capture_says_the_same(15);
}

static void without_the_capability_it_names_what_is_missing(void **state)
{
	static const struct vm_user user = {.uid = 1000};

	(void)state;
	assert_int_equal(vm_run(&watch, &user, "watch", NULL), 5);
	if (!strstr(vm_verdict(&watch), "needs the capability CAP_NET_RAW: run it with sudo"))
		fail_msg("%s", vm_verdict(&watch));
}

/* The line of /proc/PID/status that begins with name. */
static void assert_status(pid_t pid, const char *line)
{
	char command[120];

	(void)snprintf(command, sizeof(command), "grep -q '^%s' /proc/%d/status", line, (int)pid);
	if (system(command)) {
		(void)snprintf(command, sizeof(command), "cat /proc/%d/status >&2", (int)pid);
		(void)!system(command);
		fail_msg("no %s", line);
	}
}

static void it_runs_without_privileges_as_the_caller_of_sudo(void **state)
{
	static const struct vm_user sudo = {.sudo = true};
	struct stat status;

	(void)state;
	vm_start(&watch, &sudo, "watch", "-w", CAPTURE, NULL);
	vm_go(&watch, NULL, "note");
	assert_status(watch.pid, "Uid:.1000.1000.1000");
	assert_status(watch.pid, "CapPrm:.0000000000000000");
	assert_status(watch.pid, "NoNewPrivs:.1");
#ifndef __SANITIZE_ADDRESS__
	assert_status(watch.pid, "Seccomp:.2");
#endif
	assert_int_equal(stat(CAPTURE, &status), 0);
	assert_int_equal(status.st_uid, 1000);
	assert_int_equal(kill(watch.pid, SIGINT), 0);
	assert_int_equal(vm_end(&watch), 0);
	assert_string_equal(vm_text(vm_event(&watch, "result"), "result"), "watched");
}

/* Each management command makes two records; some ten thousand fill the buffer of the channel. */
static void what_the_kernel_dropped_is_reported(void **state)
{
	const struct {
		unsigned short family, device, channel;
	} address = {AF_BLUETOOTH, 0xffff, 3};
	static const uint8_t read_version[6] = {0x01, 0, 0xff, 0xff, 0, 0};
	int fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC, 1);
	uint8_t reply[64];

	(void)state;
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	vm_start(&watch, NULL, "watch", NULL);
	vm_go(&watch, NULL, "note");
	assert_int_equal(kill(watch.pid, SIGSTOP), 0);
	for (unsigned i = 0; i < 20000; i++) {
		assert_int_equal(write(fd, read_version, sizeof(read_version)),
				 (ssize_t)sizeof(read_version));
		assert_true(read(fd, reply, sizeof(reply)) > 0);
	}
	assert_int_equal(kill(watch.pid, SIGCONT), 0);
	/* The gap is before the next record that finds room. */
	json_array_clear(watch.events);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(write(fd, read_version, sizeof(read_version)),
				 (ssize_t)sizeof(read_version));
		assert_true(read(fd, reply, sizeof(reply)) > 0);
		usleep(50000);
	}
	vm_go(&watch, NULL, "note");
	if (!strstr(vm_text(vm_event(&watch, "note"), "text"), " missing before frame "))
		fail_msg("%s", vm_text(vm_event(&watch, "note"), "text"));
	close(fd);
	assert_int_equal(kill(watch.pid, SIGTERM), 0);
	assert_int_equal(vm_end(&watch), 0);
}

/* Reads what a terminal shows until it has that text. */
static void expect(int terminal, const char *text)
{
	char shown[4096];
	size_t len = 0;

	while (len < sizeof(shown) - 1) {
		struct pollfd readable = {.fd = terminal, .events = POLLIN};
		const int ready = poll(&readable, 1, 20000);
		const ssize_t got =
			ready > 0 ? read(terminal, shown + len, sizeof(shown) - 1 - len) : 0;
		if (got <= 0)
			break;
		len += (size_t)got;
		shown[len] = '\0';
		if (strstr(shown, text))
			return;
	}
	shown[len] = '\0';
	fail_msg("no \"%s\" in \"%s\"", text, shown);
}

/* With the filter of system calls. */
static void keys_of_a_terminal_are_read_and_the_terminal_is_restored(void **state)
{
	struct termios now;
	int terminal, status;

	(void)state;
	(void)!system("mount -t devpts devpts /dev/pts 2>/dev/null");
	client = forkpty(&terminal, NULL, NULL, NULL);
	assert_true(client >= 0);
	if (client == 0) {
		execl("/usr/bin/blepair", "blepair", "watch", NULL);
		_exit(127);
	}
	expect(terminal, "watching hci0, hci1; 0 attempts (q: quit)");
	assert_int_equal(tcgetattr(terminal, &now), 0);
	assert_false(now.c_lflag & (ICANON | ECHO));
	assert_int_equal(write(terminal, "l", 1), 1);
	expect(terminal, "no attempt has failed yet");
	assert_int_equal(write(terminal, "q", 1), 1);
	expect(terminal, "\r\033[K");
	expect(terminal, "0 attempts");
	assert_int_equal(tcgetattr(terminal, &now), 0);
	assert_int_equal(now.c_lflag & (ICANON | ECHO), ICANON | ECHO);
	assert_int_equal(waitpid(client, &status, 0), client);
	client = 0;
	assert_int_equal(status, 0);
	close(terminal);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_pairing_of_bluetoothd_is_explained_while_its_link_is_up),
		CASE(a_refusal_of_the_agent_is_explained),
		CASE(a_lost_bond_is_explained),
		CASE(without_the_capability_it_names_what_is_missing),
		CASE(it_runs_without_privileges_as_the_caller_of_sudo),
		CASE(what_the_kernel_dropped_is_reported),
		CASE(keys_of_a_terminal_are_read_and_the_terminal_is_restored),
	};
	return cmocka_run_group_tests_name("vm/watch", tests, NULL, NULL);
}

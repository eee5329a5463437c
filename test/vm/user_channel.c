/* SPDX-License-Identifier: MIT */
/*
 * The user channel on a real kernel: the behaviour and messages of blepair in each state of a
 * controller, and that blepair restores the controller's state.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "unit.h"
#include "vm/vm_fixture.h"

/* The addresses of btvirt's controllers on /dev/vhci. */
#define FIRST  "00:AA:01:00:00:00"
#define SECOND "00:AA:01:01:00:01"

static struct vm_program p, other;

static int setup(void **state)
{
	(void)state;
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
	vm_btvirt_end();
	return 0;
}

/* The verdict contains all of these texts, up to a NULL. */
static void assert_verdict_contains(const struct vm_program *program, ...)
{
	va_list list;

	va_start(list, program);
	for (const char *t = va_arg(list, const char *); t; t = va_arg(list, const char *))
		if (!strstr(vm_verdict(program), t))
			fail_msg("\"%s\" is not in: %s", t, vm_verdict(program));
	va_end(list);
}

static const char *assert_note(const struct vm_program *program, const char *text)
{
	json_t *event;
	size_t i;

	json_array_foreach(program->events, i,
			   event) if (strstr(vm_text(event, "text"), text)) return vm_text(event,
											   "text");
	fail_msg("no note contains \"%s\"", text);
	return NULL;
}

/* ---- A controller that is free --------------------------------------------------------------- */

static void one_that_is_down_is_opened(void **state)
{
	(void)state;
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "hci0", NULL), 0);
	assert_string_equal(vm_text(vm_event(&p, "info"), "public_address.address"), FIRST);
	assert_false(vm_powered(0));
	assert_int_equal(vm_wait_index(0), 0);
}

static void a_colon_in_the_name_is_accepted(void **state)
{
	(void)state;
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "hci:1", NULL), 0);
	assert_string_equal(vm_text(vm_event(&p, "info"), "public_address.address"), SECOND);
}

static void without_a_name_the_first_free_one_is_used(void **state)
{
	(void)state;
	vm_power(0, true);
	assert_int_equal(vm_run(&p, NULL, "info", NULL), 0);
	assert_string_equal(vm_text(vm_event(&p, "info"), "public_address.address"), SECOND);
	assert_true(vm_powered(0));
}

static void blepair_waits_for_one_that_is_being_set_up(void **state)
{
	struct stat file;
	pid_t btvirt;

	(void)state;
	vm_btvirt_end();
	btvirt = vm_spawn("/usr/bin/btvirt", "-l1", NULL);
	while (stat("/sys/class/bluetooth/hci0", &file))
		usleep(1000);
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "hci0", NULL), 0);
	vm_kill(&btvirt);
}

/* ---- One that is up -------------------------------------------------------------------------- */

static void one_that_is_up_is_refused(void **state)
{
	(void)state;
	vm_power(0, true);
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "hci0", NULL), 4);
	assert_verdict_contains(&p, "controller hci0: it is up", "--take", NULL);
	assert_string_equal(vm_text(vm_event(&p, "result"), "class"), "controller_busy");
	assert_true(vm_powered(0));
}

static void up_names_the_programs_that_may_use_it(void **state)
{
	struct vm_kernel holder;

	(void)state;
	vm_kernel_up(&holder, 0, VM_NONE, true);
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "hci0", NULL), 4);
	assert_verdict_contains(&p, "used by user_channel (process ", NULL);
	vm_kernel_down(&holder);
}

static void take_powers_it_off_and_restores_it(void **state)
{
	(void)state;
	vm_power(0, true);
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "hci0", "--take", NULL), 0);
	assert_note(&p, "hci0 is taken from ");
	vm_wait_powered(0, true);
}

static void taken_and_interrupted_is_given_back(void **state)
{
	(void)state;
	vm_power(0, true);
	vm_start(&p, NULL, "listen", "-c", "hci0", "--take", NULL);
	vm_go(&p, NULL, "advertising");
	kill(p.pid, SIGINT);
	assert_int_equal(vm_end(&p), 0); /* the normal end of an unlimited listen */
	assert_true(vm_powered(0));
}

static void taken_and_terminated_while_it_opens_is_given_back(void **state)
{
	(void)state;
	for (int delay = 0; delay < 40; delay += 4) {
		vm_power(0, true);
		vm_start(&p, NULL, "listen", "-c", "hci0", "--take", NULL);
		usleep((useconds_t)delay * 1000);
		kill(p.pid, SIGTERM);
		(void)vm_end(&p);
		vm_wait_powered(0, true);
		vm_forget(&p);
	}
}

static void held_by_another_program(void **state)
{
	(void)state;
	vm_start(&other, NULL, "listen", "-c", "hci0", NULL);
	vm_go(&other, NULL, "advertising");
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "hci0", "--take", NULL), 4);
	assert_verdict_contains(&p, "controller hci0: ", "blepair (process ",
				"holds it exclusively", NULL);
}

static void held_until_the_other_one_ends(void **state)
{
	(void)state;
	vm_start(&other, NULL, "listen", "-c", "hci0", NULL);
	vm_go(&other, NULL, "advertising");
	vm_start(&p, NULL, "info", "-c", "hci0", NULL);
	usleep(200000);
	kill(other.pid, SIGTERM);
	assert_int_equal(vm_end(&p), 0);
}

/* ---- One that is blocked --------------------------------------------------------------------- */

static void blocked_is_refused(void **state)
{
	(void)state;
	vm_block("hci0", true);
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "hci0", NULL), 14);
	assert_verdict_contains(&p, "controller hci0: rfkill blocks it", "--unblock", NULL);
	assert_string_equal(vm_text(vm_event(&p, "result"), "class"), "controller_blocked");
}

static void unblock_lifts_it_for_the_run(void **state)
{
	(void)state;
	vm_block("hci0", true);
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "hci0", "--unblock", NULL), 0);
	assert_note(&p, "rfkill blocked hci0");
	assert_true(vm_is_blocked("hci0"));
}

static void blocked_while_held_goes_on(void **state)
{
	(void)state;
	vm_start(&p, NULL, "listen", "-c", "hci0", NULL);
	vm_go(&p, NULL, "advertising");
	vm_block("hci0", true);
	assert_int_equal(vm_run(&other, NULL, "scan", "-c", "hci1", "--duration", "0.5", NULL), 0);
	assert_string_equal(vm_text(vm_event(&other, "advertisement"), "peer.address"), FIRST);
	kill(p.pid, SIGTERM);
	assert_int_equal(vm_end(&p), 0);
}

/* ---- One that is missing or vanishes --------------------------------------------------------- */

static void one_that_does_not_exist(void **state)
{
	(void)state;
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "hci7", NULL), 3);
	assert_verdict_contains(&p, "controller hci7: there is no such controller", "hci0 (free)",
				"hci1 (free)", NULL);
}

static void no_controller_exists(void **state)
{
	(void)state;
	vm_btvirt_end();
	assert_int_equal(vm_run(&p, NULL, "info", NULL), 3);
	assert_verdict_contains(&p, "the kernel has no Bluetooth controller; there is none at all",
				NULL);
}

static void vanishes_while_held(void **state)
{
	(void)state;
	vm_start(&p, NULL, "listen", "-c", "hci0", NULL);
	vm_go(&p, NULL, "advertising");
	vm_btvirt_end();
	assert_int_equal(vm_end(&p), 13);
	assert_verdict_contains(&p, "controller hci0: it is gone", NULL);
	assert_string_equal(vm_text(vm_event(&p, "result"), "class"), "controller_failed");
}

static void vanishes_during_pairing(void **state)
{
	struct vm_kernel k;

	(void)state;
	vm_kernel_up(&k, 0, VM_DISPLAY, true);
	k.other = &p;
	vm_kernel_advertise(&k, true);
	vm_start(&p, NULL, "-c", "hci1", "--io", "keyboard", k.text, NULL);
	vm_go(&p, NULL, "passkey");
	vm_btvirt_end();
	assert_int_equal(vm_end(&p), 13);
	assert_verdict_contains(&p, "controller hci1: it is gone", NULL);
	close(k.fd);
}

/* ---- Permissions ----------------------------------------------------------------------------- */

static void refused_without_permission(void **state)
{
	const struct vm_user user = {.uid = 1000};

	(void)state;
	assert_int_equal(vm_run(&p, &user, "info", "-c", "hci0", NULL), 5);
	assert_verdict_contains(&p, "controller hci0: not permitted", "CAP_NET_ADMIN",
				"sudo setcap cap_net_admin+ep /usr/bin/blepair", "udev", NULL);
}

static void status_of(pid_t pid, const char *name, char value[64])
{
	char path[64], line[256];
	size_t len = strlen(name);

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	value[0] = '\0';
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, name, len) == 0)
			(void)sscanf(line + len, " %63[^\n]", value);
	(void)fclose(file);
}

static void sudo_drops_root(void **state)
{
	const struct vm_user sudo = {.sudo = true};
	char value[64];
	struct stat file;

	(void)state;
	vm_power(0, true);
	vm_unlink_store("/tmp/bonds.db");
	(void)unlink("/tmp/capture");
	vm_start(&p, &sudo, "listen", "-c", "hci0", "--take", "--store", "/tmp/bonds.db", "-w",
		 "/tmp/capture", NULL);
	vm_go(&p, NULL, "advertising");
	status_of(p.pid, "Uid:", value);
	assert_string_equal(value, "1000\t1000\t1000\t1000");
	status_of(p.pid, "Gid:", value);
	assert_string_equal(value, "1000\t1000\t1000\t1000");
	status_of(p.pid, "CapPrm:", value);
	assert_string_equal(value, "0000000000000000");
	status_of(p.pid, "NoNewPrivs:", value);
	assert_string_equal(value, "1");
	kill(p.pid, SIGTERM);
	assert_int_equal(vm_end(&p), 0);
	/* The user owns its files, and it could still give the controller back. */
	assert_int_equal(stat("/tmp/bonds.db", &file), 0);
	assert_int_equal(file.st_uid, 1000);
	assert_int_equal(stat("/tmp/capture", &file), 0);
	assert_int_equal(file.st_uid, 1000);
	assert_true(vm_powered(0));
}

static void root_keeps_only_cap_dac_override(void **state)
{
	char value[64];

	(void)state;
	vm_start(&p, NULL, "listen", "-c", "hci0", NULL);
	vm_go(&p, NULL, "advertising");
	status_of(p.pid, "CapPrm:", value);
	assert_string_equal(value, "0000000000000002"); /* CAP_DAC_OVERRIDE */
	kill(p.pid, SIGTERM);
	assert_int_equal(vm_end(&p), 0);
	vm_forget(&p);
	vm_start(&p, NULL, "listen", "-c", "hci0", "--keep-root", NULL);
	vm_go(&p, NULL, "advertising");
	status_of(p.pid, "CapPrm:", value);
	assert_string_not_equal(value, "0000000000000002");
}

/* The effect of setcap cap_net_admin+ep. */
static void grant(const char *path)
{
	/* Revision 2 with the effective flag; permitted: bit 12; Linux, capability.h. */
	const uint32_t value[] = {0x02000001, 1U << 12, 0, 0, 0};

	if (setxattr(path, "security.capability", value, sizeof(value), 0))
		fail_msg("setxattr %s", path);
}

static void a_file_capability_is_enough(void **state)
{
	const struct vm_user user = {.uid = 1000, .path = "/tmp/blepair"};
	char value[64];

	(void)state;
	assert_int_equal(system("cp /usr/bin/blepair /tmp/blepair && chmod 755 /tmp/blepair"), 0);
	grant("/tmp/blepair");
	vm_power(0, true);
	vm_start(&p, &user, "listen", "-c", "hci0", "--take", NULL);
	vm_go(&p, NULL, "advertising");
	status_of(p.pid, "CapPrm:", value);
	assert_string_equal(value, "0000000000000000");
	kill(p.pid, SIGTERM);
	assert_int_equal(vm_end(&p), 0);
	vm_wait_powered(0, true);
	(void)unlink("/tmp/blepair");
}

/* ---- blepair controllers --------------------------------------------------------------------- */

static const json_t *listed(const char *spec)
{
	json_t *event;
	size_t i;

	json_array_foreach(p.events, i,
			   event) if (strcmp(vm_text(event, "spec"), spec) == 0) return event;
	fail_msg("%s is not listed", spec);
	return NULL;
}

static void all_are_listed(void **state)
{
	(void)state;
	vm_btvirt(4);
	vm_power(1, true);
	vm_block("hci2", true);
	vm_start(&other, NULL, "listen", "-c", "hci3", NULL);
	vm_go(&other, NULL, "advertising");
	assert_int_equal(vm_run(&p, NULL, "controllers", NULL), 0);
	assert_string_equal(vm_text(listed("hci0"), "state"), "free");
	assert_string_equal(vm_text(listed("hci0"), "address"), FIRST);
	assert_string_equal(vm_text(listed("hci0"), "bus"), "virtual");
	assert_true(json_is_true(json_object_get(listed("hci0"), "usable")));
	assert_string_equal(vm_text(listed("hci1"), "state"), "up");
	assert_non_null(strstr(vm_text(listed("hci1"), "why"), "--take"));
	assert_false(json_is_true(json_object_get(listed("hci1"), "usable")));
	assert_string_equal(vm_text(listed("hci2"), "state"), "blocked");
	assert_string_equal(vm_text(listed("hci2"), "rfkill"), "soft");
	assert_non_null(strstr(vm_text(listed("hci2"), "why"), "--unblock"));
	assert_string_equal(vm_text(listed("hci3"), "state"), "held");
	assert_non_null(strstr(vm_text(listed("hci3"), "holders"), "blepair (process "));
	assert_verdict_contains(&p, "4 controllers, 1 can be used now", NULL);
}

static void all_are_listed_without_permission(void **state)
{
	const struct vm_user user = {.uid = 1000};

	(void)state;
	assert_int_equal(vm_run(&p, &user, "controllers", NULL), 0);
	assert_non_null(strstr(vm_text(listed("hci0"), "why"), "CAP_NET_ADMIN"));
	assert_verdict_contains(&p, "2 controllers, 0 can be used now", NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(one_that_is_down_is_opened),
		CASE(a_colon_in_the_name_is_accepted),
		CASE(without_a_name_the_first_free_one_is_used),
		CASE(blepair_waits_for_one_that_is_being_set_up),
		CASE(one_that_is_up_is_refused),
		CASE(up_names_the_programs_that_may_use_it),
		CASE(take_powers_it_off_and_restores_it),
		CASE(taken_and_interrupted_is_given_back),
		CASE(taken_and_terminated_while_it_opens_is_given_back),
		CASE(held_by_another_program),
		CASE(held_until_the_other_one_ends),
		CASE(blocked_is_refused),
		CASE(unblock_lifts_it_for_the_run),
		CASE(blocked_while_held_goes_on),
		CASE(one_that_does_not_exist),
		CASE(no_controller_exists),
		CASE(vanishes_while_held),
		CASE(vanishes_during_pairing),
		CASE(refused_without_permission),
		CASE(sudo_drops_root),
		CASE(root_keeps_only_cap_dac_override),
		CASE(a_file_capability_is_enough),
		CASE(all_are_listed),
		CASE(all_are_listed_without_permission),
	};
	return cmocka_run_group_tests_name("vm/user_channel", tests, NULL, NULL);
}

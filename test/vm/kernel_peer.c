/* SPDX-License-Identifier: MIT */
/*
 * blepair over the user channel against the Security Manager of the Linux kernel, in both roles.
 * The keys of both ends are compared, then used on a new link.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"
#include "vm/vm_fixture.h"

#define OURS   "hci1"
#define OUR_BD "00:AA:01:01:00:01"
#define KEYS   "enc,id,sign" /* all that the kernel takes */

static struct vm_program p;
static struct vm_kernel k;

static int setup(void **state)
{
	(void)state;
	vm_unlink_store("/tmp/bonds.db");
	vm_btvirt(2);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (p.events)
		vm_forget(&p);
	if (k.fd > 0)
		close(k.fd);
	k.fd = 0;
	vm_btvirt_end();
	return 0;
}

/* A way to pair, for either role; io: of the kernel; our_io: the value of blepair's --io. */
struct scenario {
	const char *name;
	bool secure;
	uint8_t io;
	const char *our_io, *method, *answer;
	const char *listen_method; /* when the kernel is the initiator */
};

static struct scenario scenarios[] = {
	{"legacy Just Works", false, VM_NONE, "none", "just_works", NULL, "just_works"},
	{"legacy passkey, the kernel shows", false, VM_DISPLAY, "keyboard", "passkey_we_type", NULL,
	 "passkey_we_type"},
	{"legacy passkey, we show", false, VM_KEYBOARD, "display", "passkey_we_show", NULL,
	 "passkey_we_show"},
	{"SC Just Works", true, VM_NONE, "none", "just_works", NULL, "just_works"},
	{"SC numeric comparison", true, VM_DISPLAY_YESNO, "display-yesno", "numeric_comparison",
	 "yes", "numeric_comparison"},
	{"SC passkey, the kernel shows", true, VM_DISPLAY, "keyboard", "passkey_we_type", NULL,
	 "passkey_we_type"},
	{"SC passkey, we show", true, VM_KEYBOARD, "display", "passkey_we_show", NULL,
	 "passkey_we_show"},
};

static void assert_same_key(const char *side, const char *key, bool has, const uint8_t value[16])
{
	char path[32];

	(void)snprintf(path, sizeof(path), "keys.%s.%s", side, key);
	const char *ours = vm_text(vm_event(&p, "result"), path);
	if (!has || !vm_same_key(ours, value))
		fail_msg("%s is %s here, and different in the kernel", path, ours);
}

/* Both ends have the same keys and report the same strength. */
static void assert_keys_agree(const struct scenario *scenario)
{
	/* The kernel counts Passkey Entry of legacy pairing; from Core 6.2 on, blepair does not. */
	bool authenticated = strcmp(scenario->method, "just_works") != 0;
	const json_t *result = vm_event(&p, "result");

	assert_string_equal(vm_text(result, "result"), "paired");
	assert_int_equal(json_is_true(json_object_get(result, "authenticated")),
			 authenticated && scenario->secure);
	assert_int_equal(json_is_true(json_object_get(result, "secure_connections")),
			 scenario->secure);
	assert_same_key("local", "ltk", k.keys.ltk[1].has, k.keys.ltk[1].value);
	assert_int_equal(k.keys.ltk[1].type, (scenario->secure ? 2 : 0) + authenticated);
	assert_int_equal(k.keys.ltk[1].size, 16);
	if (scenario->secure)
		assert_same_key("peer", "ltk", k.keys.ltk[1].has, k.keys.ltk[1].value);
	else
		assert_same_key("peer", "ltk", k.keys.ltk[0].has, k.keys.ltk[0].value);
	assert_same_key("local", "irk", k.keys.irk, k.keys.irk_value);
	/* The kernel distributes no IRK without privacy, and signs in legacy pairing only. */
	if (!scenario->secure)
		assert_same_key("local", "csrk", k.keys.csrk, k.keys.csrk_value);
}

static void answer_prompt(const struct scenario *scenario)
{
	if (!scenario->answer)
		return;
	vm_go(&p, &k, "confirm");
	vm_type(&p, scenario->answer);
}

static void begin(const struct scenario *scenario)
{
	vm_kernel_up(&k, 0, scenario->io, scenario->secure);
	k.other = &p;
	vm_kernel_advertise(&k, true);
	vm_start(&p, NULL, "-c", OURS, "--io", scenario->our_io, "--store", "/tmp/bonds.db",
		 "--show-keys", "--init-keys", KEYS, "--resp-keys", KEYS, k.text, NULL);
}

static void as_responder(void **state)
{
	const struct scenario *scenario = *state;

	begin(scenario);
	answer_prompt(scenario);
	vm_go(&p, &k, NULL);
	if (p.code)
		fail_msg("%s", vm_verdict(&p));
	assert_string_equal(vm_text(vm_event(&p, "features"), "method"), scenario->method);
	assert_keys_agree(scenario);

	/* Encrypt with the bond. */
	vm_forget(&p);
	vm_kernel_advertise(&k, true);
	vm_start(&p, NULL, "verify", "-c", OURS, "--store", "/tmp/bonds.db", k.text, NULL);
	vm_go(&p, &k, NULL);
	if (p.code)
		fail_msg("%s", vm_verdict(&p));
	assert_string_equal(vm_text(vm_event(&p, "result"), "result"), "encrypted");
}

static void as_initiator(void **state)
{
	const struct scenario *scenario = *state;

	vm_kernel_up(&k, 0, scenario->io, scenario->secure);
	k.other = &p;
	vm_start(&p, NULL, "listen", "-c", OURS, "--io", scenario->our_io, "--store",
		 "/tmp/bonds.db", "--count", "1", "--show-keys", "--init-keys", KEYS, "--resp-keys",
		 KEYS, NULL);
	vm_go(&p, &k, "advertising");
	vm_kernel_pair(&k, OUR_BD);
	answer_prompt(scenario);
	vm_go(&p, &k, NULL);
	if (p.code)
		fail_msg("%s", vm_verdict(&p));
	assert_string_equal(vm_text(vm_event(&p, "features"), "method"), scenario->listen_method);
	vm_go_kernel(&p, &k, &k.paired);
	assert_int_equal(k.status, 0);
	assert_keys_agree(scenario);

	/* The kernel reconnects, and encrypts on a Security Request. */
	vm_forget(&p);
	vm_start(&p, NULL, "listen", "-c", OURS, "--security-request", "--store", "/tmp/bonds.db",
		 "--count", "1", NULL);
	vm_go(&p, &k, "advertising");
	vm_kernel_connect(&k, OUR_BD);
	vm_go(&p, &k, NULL);
	if (p.code)
		fail_msg("%s", vm_verdict(&p));
	assert_string_equal(vm_text(vm_event(&p, "result"), "result"), "encrypted");
}

/* ---- Failures -------------------------------------------------------------------------------- */

static const struct scenario *const comparison = &scenarios[4];

static void the_kernels_user_rejects(void **state)
{
	(void)state;
	begin(comparison);
	k.reject = true;
	answer_prompt(comparison);
	vm_go(&p, &k, NULL);
	assert_int_equal(p.code, 8);
	assert_string_equal(vm_text(vm_event(&p, "result"), "reason"), "Numeric Comparison Failed");
	assert_int_equal(k.compared, atol(vm_text(vm_event(&p, "confirm"), "number")));
}

static void our_user_rejects(void **state)
{
	(void)state;
	begin(comparison);
	vm_go(&p, &k, "confirm");
	vm_type(&p, "no");
	vm_go(&p, &k, NULL);
	assert_int_equal(p.code, 9);
	vm_go_kernel(&p, &k, &k.failed);
	assert_false(k.keys.ltk[1].has);
}

static void secure_only_refuses_a_legacy_kernel(void **state)
{
	(void)state;
	vm_kernel_up(&k, 0, VM_NONE, false);
	vm_kernel_advertise(&k, true);
	vm_start(&p, NULL, "-c", OURS, "--io", "none", "--sc", "only", k.text, NULL);
	vm_go(&p, &k, NULL);
	if (p.code != 9)
		fail_msg("%s", vm_verdict(&p));
}

static void interrupted_during_pairing(void **state)
{
	(void)state;
	vm_power(1, true);
	vm_kernel_up(&k, 0, VM_DISPLAY, true);
	k.other = &p;
	vm_kernel_advertise(&k, true);
	vm_start(&p, NULL, "-c", OURS, "--take", "--io", "keyboard", k.text, NULL);
	vm_go(&p, NULL, "passkey");
	kill(p.pid, SIGINT);
	vm_go_kernel(&p, &k, &k.disconnected); /* the link was closed, not dropped */
	vm_go(&p, &k, NULL);
	assert_int_equal(p.code, 11);
	vm_wait_powered(1, true);
}

static void the_kernel_loses_power_during_pairing(void **state)
{
	(void)state;
	vm_kernel_up(&k, 0, VM_DISPLAY, true);
	k.other = &p;
	vm_kernel_advertise(&k, true);
	vm_start(&p, NULL, "-c", OURS, "--io", "keyboard", k.text, NULL);
	vm_go(&p, NULL, "passkey");
	vm_power(0, false);
	vm_go(&p, NULL, NULL);
	assert_int_equal(p.code, 7);
	assert_string_equal(vm_text(vm_event(&p, "result"), "class"), "connection_failed");
}

int main(void)
{
	struct CMUnitTest tests[2 * COUNT(scenarios) + 5];
	char names[2 * COUNT(scenarios)][80];
	size_t n = 0;

	for (size_t i = 0; i < COUNT(scenarios); i++) {
		(void)snprintf(names[n], sizeof(names[n]), "kernel as responder: %s",
			       scenarios[i].name);
		tests[n] =
			(struct CMUnitTest){names[n], as_responder, setup, teardown, &scenarios[i]};
		n++;
		(void)snprintf(names[n], sizeof(names[n]), "kernel as initiator: %s",
			       scenarios[i].name);
		tests[n] =
			(struct CMUnitTest){names[n], as_initiator, setup, teardown, &scenarios[i]};
		n++;
	}
#define CASE(name) (struct CMUnitTest) cmocka_unit_test_setup_teardown(name, setup, teardown)
	tests[n++] = CASE(the_kernels_user_rejects);
	tests[n++] = CASE(our_user_rejects);
	tests[n++] = CASE(secure_only_refuses_a_legacy_kernel);
	tests[n++] = CASE(interrupted_during_pairing);
	tests[n++] = CASE(the_kernel_loses_power_during_pairing);
	return _cmocka_run_group_tests("vm/kernel_peer", tests, n, NULL, NULL);
}

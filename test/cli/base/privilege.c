/* SPDX-License-Identifier: MIT */
/* Each case changes users, so it runs in a process of its own. */
#include "base/privilege.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#define CALLER 1234

static long failing = -1; /* the system call that fails */

static bool fails(long number)
{
	return number == failing;
}

long __real_syscall(long number, void *a, void *b);
long __wrap_syscall(long number, void *a, void *b);
long __wrap_syscall(long number, void *a, void *b)
{
	return fails(number) ? -1 : __real_syscall(number, a, b);
}

int __real_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
int __wrap_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
int __wrap_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	return fails(SYS_prctl) ? -1 : __real_prctl(option, a, b, c, d);
}

int __real_seteuid(uid_t uid);
int __wrap_seteuid(uid_t uid);
int __wrap_seteuid(uid_t uid)
{
	return fails(SYS_setreuid) ? -1 : __real_seteuid(uid);
}

int __real_setresuid(uid_t r, uid_t e, uid_t s);
int __wrap_setresuid(uid_t r, uid_t e, uid_t s);
int __wrap_setresuid(uid_t r, uid_t e, uid_t s)
{
	return fails(SYS_setresuid) ? -1 : __real_setresuid(r, e, s);
}

int __real_setresgid(gid_t r, gid_t e, gid_t s);
int __wrap_setresgid(gid_t r, gid_t e, gid_t s);
int __wrap_setresgid(gid_t r, gid_t e, gid_t s)
{
	return fails(SYS_setresgid) ? -1 : __real_setresgid(r, e, s);
}

int __real_setgroups(size_t count, const gid_t *groups);
int __wrap_setgroups(size_t count, const gid_t *groups);
int __wrap_setgroups(size_t count, const gid_t *groups)
{
	return fails(SYS_setgroups) ? -1 : __real_setgroups(count, groups);
}

/* Ends the child with the line of the check that failed. */
#define CHECK(condition)                                                                \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			_exit(1);                                                       \
		}                                                                       \
	} while (0)

static void in_child(void (*run)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child) {
		run();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void as_root(void (*run)(void))
{
	if (geteuid() != 0) {
		puts("SKIPPED, not tested here: this needs root");
		skip();
	}
	in_child(run);
}

static void sudo(const char *uid, const char *gid)
{
	(void)setenv("SUDO_UID", uid, 1);
	(void)setenv("SUDO_GID", gid, 1);
}

static unsigned capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	failing = -1;
	CHECK(syscall(SYS_capget, &header, data) == 0);
	CHECK((data[0].inheritable | data[1].inheritable | data[1].permitted | data[1].effective) ==
	      0);
	CHECK(data[0].permitted == data[0].effective);
	return data[0].permitted;
}

static void check_ids(uid_t effective, uid_t saved)
{
	uid_t r, e, s;

	CHECK(getresuid(&r, &e, &s) == 0);
	CHECK(e == effective && s == saved);
}

/* The bounding set: a program that is executed could get these. */
static void nothing_is_left_in_the_bounding_set(void)
{
	for (int capability = 0; capability <= CAP_AUDIT_READ; capability++)
		CHECK(prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 0);
}

static void run_through_sudo(void)
{
	gid_t groups[4], r, e, s;

	CHECK(setgroups(2, (const gid_t[]){0, 5}) == 0);
	sudo("1234", "1235");
	CHECK(privilege_begin(0) == 0);
	check_ids(CALLER, 0);
	CHECK(getresgid(&r, &e, &s) == 0 && r == 1235 && e == 1235 && s == 1235);
	CHECK(getgroups(4, groups) == 0); /* the user does not exist here: it has no groups */
	privilege_raise();
	check_ids(0, 0);
	privilege_lower();
	check_ids(CALLER, 0);
	CHECK(privilege_held());
	CHECK(privilege_drop() == 0);
	CHECK(!privilege_held());
	nothing_is_left_in_the_bounding_set();
	check_ids(CALLER, CALLER);
	CHECK(getuid() == CALLER && seteuid(0) != 0);
	CHECK(capabilities() == 0);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	privilege_raise(); /* no way back */
	check_ids(CALLER, CALLER);
}

static void files_belong_to_the_caller_of_sudo(void **state)
{
	(void)state;
	as_root(run_through_sudo);
}

static void run_with_groups(void)
{
	gid_t groups[64], expected[64];
	int n, m = 64;
	const struct passwd *nobody = getpwnam("nobody");
	char id[16];

	CHECK(nobody);
	(void)snprintf(id, sizeof(id), "%u", nobody->pw_uid);
	sudo(id, "1235");
	(void)setenv("HOME", "/root", 1);
	CHECK(getgrouplist("nobody", 1235, expected, &m) >= 0);
	CHECK(privilege_begin(0) == 0);
	n = getgroups(64, groups);
	CHECK(n == m);
	for (int i = 0; i < n; i++)
		CHECK(groups[i] == expected[i]);
	/* HOME may still be that of root. */
	CHECK(strcmp(privilege_home(), getpwuid(nobody->pw_uid)->pw_dir) == 0);
}

static void the_caller_of_sudo_has_its_own_groups_and_home(void **state)
{
	(void)state;
	as_root(run_with_groups);
}

static void run_as_root(void)
{
	gid_t groups[4];

	(void)unsetenv("SUDO_UID");
	CHECK(setgroups(2, (const gid_t[]){0, 5}) == 0);
	CHECK(privilege_begin(0) == 0);
	CHECK(privilege_held());
	privilege_lower();
	check_ids(0, 0);
	CHECK(privilege_drop() == 0);
	check_ids(0, 0);
	CHECK(capabilities() == 1U << CAP_DAC_OVERRIDE);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	nothing_is_left_in_the_bounding_set();
	CHECK(getgroups(4, groups) == 0);
	CHECK(access("/proc/self/status", R_OK) == 0);
	CHECK(setgroups(0, NULL) != 0); /* needs a capability that is gone */
}

static void root_without_sudo_keeps_the_right_to_files_alone(void **state)
{
	(void)state;
	as_root(run_as_root);
}

static void run_kept(void)
{
	sudo("1234", "1235");
	CHECK(privilege_begin(1) == 0);
	CHECK(!privilege_held()); /* it is what the user asked for */
	check_ids(0, 0);
	privilege_raise();
	privilege_lower();
	CHECK(privilege_drop() == 0);
	check_ids(0, 0);
	CHECK(setgroups(0, NULL) == 0); /* needs a capability */
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
}

static void keep_root_changes_nothing(void **state)
{
	(void)state;
	as_root(run_kept);
}

static void run_with_wrong_ids(void)
{
	/* The last one is 5 for strtoul() of 64 bits, and the one before it 1 for 32 bits. */
	static const char *const wrong[] = {"",	   "0",		  "-5",
					    "12a", "4294967295",  "99999999999999999999",
					    "+5",  "-4294967295", "-18446744073709551611"};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		sudo(wrong[i], "1235");
		CHECK(privilege_begin(0) == 0);
		check_ids(0, 0);
		sudo("1234", wrong[i]);
		CHECK(privilege_begin(0) == 0);
		check_ids(0, 0);
	}
	(void)unsetenv("SUDO_GID");
	CHECK(privilege_begin(0) == 0);
	check_ids(0, 0);
}

static void ids_of_sudo_that_are_not_valid_are_ignored(void **state)
{
	(void)state;
	as_root(run_with_wrong_ids);
}

static void run_as_user(void)
{
	if (geteuid() == 0)
		CHECK(setresuid(CALLER, CALLER, CALLER) == 0);
	uid_t uid = geteuid();
	sudo("1235", "1235"); /* left over in the environment */
	CHECK(privilege_begin(0) == 0);
	CHECK(!privilege_held());
	check_ids(uid, uid);
	privilege_raise();
	privilege_lower();
	CHECK(privilege_drop() == 0);
	check_ids(uid, uid);
	CHECK(capabilities() == 0);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
}

static void a_user_stays_this_user(void **state)
{
	(void)state;
	in_child(run_as_user);
}

/* As with a capability of the file, or an ambient one. */
static void run_with_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	CHECK(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
	CHECK(setresuid(CALLER, CALLER, CALLER) == 0);
	data[0].permitted = data[0].effective = 1U << CAP_NET_ADMIN | 1U << CAP_DAC_OVERRIDE;
	data[0].inheritable = data[0].permitted;
	CHECK(syscall(SYS_capset, &header, data) == 0);
	CHECK(privilege_begin(0) == 0);
	CHECK(privilege_held());
	CHECK(privilege_drop() == 0);
	CHECK(!privilege_held());
	CHECK(capabilities() == 0);
}

static void a_user_loses_all_capabilities(void **state)
{
	(void)state;
	as_root(run_with_capabilities);
}

static void run_home(void)
{
	const struct passwd *user = getpwuid(geteuid());

	(void)setenv("HOME", "/some/where", 1);
	CHECK(strcmp(privilege_home(), "/some/where") == 0);
	(void)setenv("HOME", "", 1);
	CHECK(!user == !privilege_home());
	CHECK(!user || strcmp(privilege_home(), getpwuid(geteuid())->pw_dir) == 0);
	(void)unsetenv("HOME");
	CHECK(!user == !privilege_home());
}

static void home_is_the_variable_or_that_of_the_user(void **state)
{
	(void)state;
	in_child(run_home);
}

static void run_homeless(void)
{
	sudo("1234", "1234");
	CHECK(!getpwuid(1234));
	CHECK(privilege_begin(0) == 0);
	CHECK(!privilege_home());
}

static void a_caller_that_does_not_exist_has_no_home(void **state)
{
	(void)state;
	as_root(run_homeless);
}

static void run_failing_begin(void)
{
	static const long calls[] = {SYS_setgroups, SYS_setresgid, SYS_setreuid};

	sudo("1234", "1235");
	for (size_t i = 0; i < COUNT(calls); i++) {
		failing = calls[i];
		CHECK(privilege_begin(0) == -1);
	}
}

static void run_failing_drop(void)
{
	static const long calls[] = {SYS_setreuid, SYS_setresuid, SYS_prctl, SYS_capget,
				     SYS_capset};

	sudo("1234", "1235");
	for (size_t i = 0; i < COUNT(calls); i++) {
		pid_t child = fork();
		int status;
		if (!child) {
			CHECK(privilege_begin(0) == 0);
			failing = calls[i];
			CHECK(privilege_drop() == -1);
			_exit(0);
		}
		CHECK(waitpid(child, &status, 0) == child && status == 0);
	}
}

static void no_failure_to_give_up_rights_is_overlooked(void **state)
{
	(void)state;
	as_root(run_failing_begin);
	as_root(run_failing_drop);
}

static void run_failing_lower(void)
{
	int status;
	pid_t child;

	sudo("1234", "1235");
	CHECK(privilege_begin(0) == 0);
	privilege_raise();
	child = fork();
	if (!child) {
		failing = SYS_setreuid;
		privilege_lower();
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void it_ends_rather_than_goes_on_as_root(void **state)
{
	(void)state;
	as_root(run_failing_lower);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_belong_to_the_caller_of_sudo),
		cmocka_unit_test(the_caller_of_sudo_has_its_own_groups_and_home),
		cmocka_unit_test(root_without_sudo_keeps_the_right_to_files_alone),
		cmocka_unit_test(keep_root_changes_nothing),
		cmocka_unit_test(ids_of_sudo_that_are_not_valid_are_ignored),
		cmocka_unit_test(a_user_stays_this_user),
		cmocka_unit_test(a_user_loses_all_capabilities),
		cmocka_unit_test(home_is_the_variable_or_that_of_the_user),
		cmocka_unit_test(a_caller_that_does_not_exist_has_no_home),
		cmocka_unit_test(no_failure_to_give_up_rights_is_overlooked),
		cmocka_unit_test(it_ends_rather_than_goes_on_as_root),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

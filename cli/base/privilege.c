/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool keeps;
static uid_t caller; /* of sudo; 0: not started by sudo */

static bool read_id(const char *name, unsigned *id)
{
	const char *text = getenv(name);
	char *end;

	/* strtoul() takes signs, and returns -N as a large or a small number. */
	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	*id = (unsigned)value;
	return !*end && !errno && value > 0 && value < UINT32_MAX;
}

int privilege_begin(int keep)
{
	unsigned uid, gid;

	keeps = keep;
	if (keeps || geteuid() != 0 || !read_id("SUDO_UID", &uid) || !read_id("SUDO_GID", &gid))
		return 0;
	const struct passwd *user = getpwuid(uid);
	caller = uid;
	/* The groups for good; only the effective user, so that privilege_raise() can return to
	 * root. */
	if ((user ? initgroups(user->pw_name, gid) : setgroups(0, NULL)) ||
	    setresgid(gid, gid, gid) || seteuid(uid))
		return -1;
	return 0;
}

const char *privilege_home(void)
{
	const char *home = getenv("HOME");
	const struct passwd *user;

	if (!caller && home && *home)
		return home;
	user = getpwuid(caller ? caller : geteuid());
	return user ? user->pw_dir : NULL;
}

void privilege_raise(void)
{
	if (caller && seteuid(0) != 0)
		return; /* opening the controller will report that it is not permitted */
}

void privilege_lower(void)
{
	/* This worked in privilege_begin(). Never continue as root by mistake. */
	if (caller && seteuid(caller) != 0)
		abort();
}

/* Drops all capabilities except these. */
static int limit_capabilities(unsigned long kept)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (syscall(SYS_capget, &header, data))
		return -1;
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].permitted &= i ? 0 : (unsigned)kept;
		data[i].effective &= i ? 0 : (unsigned)kept;
		data[i].inheritable = 0;
	}
	return (int)syscall(SYS_capset, &header, data);
}

static unsigned long permitted_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (syscall(SYS_capget, &header, data))
		return ~0UL;
	return data[0].permitted | data[1].permitted;
}

bool privilege_held(void)
{
	return !keeps && (caller || geteuid() == 0 || permitted_capabilities());
}

/* What root has besides its capabilities. A container may forbid these calls, and no right needs
 * them: no_new_privs and the empty sets of capabilities bind anyway. */
static void limit_root(void)
{
	for (unsigned long capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0;)
		capability++;
	if (!caller)
		(void)setgroups(0, NULL);
}

int privilege_drop(void)
{
	if (keeps)
		return 0;
	if (caller && seteuid(0))
		return -1;
	if (geteuid() == 0)
		limit_root();
	if (caller && setresuid(caller, caller, caller))
		return -1;
	caller = 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return limit_capabilities(geteuid() == 0 ? 1UL << CAP_DAC_OVERRIDE : 0);
}

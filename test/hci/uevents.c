/* SPDX-License-Identifier: MIT */
/* News of devices: taken whole, whatever they say. */
#include "hci/uevents.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

static int near, far = -1, socket_error, bind_error, lost;
static struct sockaddr_nl bound;

int __wrap_socket(int domain, int type, int protocol);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len);
ssize_t __real_recv(int fd, void *data, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t len, int flags);

int __wrap_socket(int domain, int type, int protocol)
{
	int pair[2];

	assert_int_equal(domain, AF_NETLINK);
	assert_int_equal(protocol, NETLINK_KOBJECT_UEVENT);
	assert_int_equal(type, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (socket_error) {
		errno = socket_error;
		return -1;
	}
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair),
			 0);
	far = pair[1];
	return near = pair[0];
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
	assert_int_equal(fd, near);
	assert_int_equal(len, sizeof(bound));
	bound = *(const struct sockaddr_nl *)(const void *)address;
	errno = bind_error;
	return bind_error ? -1 : 0;
}

ssize_t __wrap_recv(int fd, void *data, size_t len, int flags)
{
	if (lost) {
		lost--;
		errno = ENOBUFS;
		return -1;
	}
	return __real_recv(fd, data, len, flags);
}

static int tear_down(void **state)
{
	(void)state;
	if (far >= 0)
		close(far);
	far = -1;
	socket_error = bind_error = lost = 0;
	return 0;
}

/* Those of the kernel, and those of udev, which come when the rights of the file are set. */
static void both_kinds_of_news_are_joined(void **state)
{
	(void)state;
	const int fd = hci_uevents_open();

	assert_int_equal(fd, near);
	assert_int_equal(bound.nl_family, AF_NETLINK);
	assert_int_equal(bound.nl_groups, 1 | 2);
	assert_int_equal(bound.nl_pid, 0); /* the kernel chooses it */
	close(fd);
}

static void all_that_came_is_taken(void **state)
{
	char large[9000] = "add@/devices";

	(void)state;
	const int fd = hci_uevents_open();
	assert_false(hci_uevents_take(fd));
	assert_int_equal(send(far, large, sizeof(large), 0), sizeof(large));
	assert_int_equal(send(far, "", 0, 0), 0);
	assert_int_equal(send(far, "x", 1, 0), 1);
	assert_true(hci_uevents_take(fd));
	assert_false(hci_uevents_take(fd));
	close(fd);
}

static void news_that_were_lost_are_news(void **state)
{
	(void)state;
	const int fd = hci_uevents_open();
	lost = 1;
	assert_true(hci_uevents_take(fd));
	assert_false(hci_uevents_take(fd));
	close(fd);
}

static void there_may_be_none(void **state)
{
	(void)state;
	socket_error = EPROTONOSUPPORT;
	assert_int_equal(hci_uevents_open(), -1);
	socket_error = 0;
	bind_error = EPERM;
	assert_int_equal(hci_uevents_open(), -1);
	assert_int_equal(send(far, "x", 1, MSG_NOSIGNAL), -1); /* it was closed */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(both_kinds_of_news_are_joined, tear_down),
		cmocka_unit_test_teardown(all_that_came_is_taken, tear_down),
		cmocka_unit_test_teardown(news_that_were_lost_are_news, tear_down),
		cmocka_unit_test_teardown(there_may_be_none, tear_down),
	};
	return cmocka_run_group_tests_name("hci/uevents", tests, NULL, NULL);
}

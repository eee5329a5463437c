/* SPDX-License-Identifier: MIT */
/* The requests that reset a USB device or switch the power of its port, to a faked kernel. */
#include "hci/usb_remedy.h"

#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptors.h"
#include "hci/fake_kernel.h"
#include "hci/usb_recovery.h"
#include "unit.h"

static struct {
	char log[400]; /* "RESET /dev/bus/usb/001/007, ..." */
	uint8_t characteristics;
	bool usb3;	   /* it has only the descriptor of USB 3 */
	size_t descriptor; /* octets */
	int reset_error, descriptor_error, clear_error, set_error;
	int waited_ms;
} usb;

ssize_t __real_readlink(const char *path, char *target, size_t size);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout);

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	if (count)
		return __real_poll(fds, count, timeout);
	usb.waited_ms += timeout;
	return 0;
}

static void note(int fd, const char *what)
{
	char link[64], file[300];
	const size_t len = strlen(usb.log);

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	const ssize_t got = __real_readlink(link, file, sizeof(file) - 1);
	file[got > 0 ? got : 0] = '\0';
	const char *device = strstr(file, "/dev/bus/usb/");
	(void)snprintf(usb.log + len, sizeof(usb.log) - len, "%s%s %s", len ? ", " : "", what,
		       device ? device + 13 : file);
}

static int fails(int error)
{
	errno = error;
	return -1;
}

static int control(int fd, struct usbdevfs_ctrltransfer *t)
{
	char what[60];

	assert_true(t->timeout > 0);
	if (t->bRequestType == 0xa0) {
		const uint8_t d[] = {9, (uint8_t)(t->wValue >> 8), 4, usb.characteristics, 0};
		assert_int_equal(t->bRequest, 6);
		if (usb.descriptor_error)
			return fails(usb.descriptor_error);
		if (usb.usb3 && t->wValue != 0x2a00)
			return fails(EPIPE);
		assert_true(t->wLength >= usb.descriptor);
		memcpy(t->data, d, usb.descriptor);
		return (int)usb.descriptor;
	}
	/* USB 2.0 Table 11-15: class request to another recipient, the port. */
	assert_int_equal(t->bRequestType, 0x23);
	assert_int_equal(t->wValue, 8);
	assert_int_equal(t->wLength, 0);
	(void)snprintf(what, sizeof(what), "%s %u",
		       t->bRequest == 1	  ? "OFF"
		       : t->bRequest == 3 ? "ON"
					  : "?",
		       t->wIndex);
	note(fd, what);
	const int error = t->bRequest == 1 ? usb.clear_error : usb.set_error;
	return error ? fails(error) : 0;
}

static int on_ioctl(int fd, unsigned long request, void *argument)
{
	if (request == USBDEVFS_CONTROL)
		return control(fd, argument);
	assert_int_equal(request, USBDEVFS_RESET);
	note(fd, "RESET");
	return usb.reset_error ? fails(usb.reset_error) : 0;
}

static void plug(const char *name, const char *bus, const char *number)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/busnum", name);
	fake_file(path, bus);
	(void)snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/devnum", name);
	fake_file(path, number);
}

static int set_up(void **state)
{
	(void)state;
	fake_kernel_reset();
	fake.usb_ioctl = on_ioctl;
	memset(&usb, 0, sizeof(usb));
	usb.descriptor = 5;
	usb.characteristics = 0x01;
	plug("usb1", "1\n", "1\n");
	plug("1-4", "1\n", "12\n");
	plug("1-4.2", "1\n", "7\n");
	fake_file("/dev/bus/usb/001/001", "");
	fake_file("/dev/bus/usb/001/012", "");
	fake_file("/dev/bus/usb/001/007", "");
	return 0;
}

static void the_device_at_the_port_is_reset(void **state)
{
	(void)state;
	assert_int_equal(hci_usb_remedy_reset("1-4.2"), 0);
	assert_string_equal(usb.log, "RESET 001/007");
	usb.reset_error = EIO;
	assert_int_equal(hci_usb_remedy_reset("1-4.2"), EIO);
	assert_int_equal(hci_usb_remedy_reset("1-4.3"), ENODEV);
}

static void the_power_of_its_port_goes_off_and_on(void **state)
{
	(void)state;
	assert_int_equal(hci_usb_remedy_power("1-4.2"), 0);
	assert_string_equal(usb.log, "OFF 2 001/012, ON 2 001/012");
	assert_int_equal(usb.waited_ms, 1000);
	usb.log[0] = '\0';
	assert_int_equal(hci_usb_remedy_power("1-4"), 0); /* of the root hub */
	assert_string_equal(usb.log, "OFF 4 001/001, ON 4 001/001");
}

/* The other ports would lose their power, too: USB 2.0 Table 11-13. */
static void a_hub_that_cannot_switch_one_port_is_left_alone(void **state)
{
	static const uint8_t others[] = {0x00, 0x02, 0x03, 0x08};

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		usb.characteristics = others[i];
		assert_int_equal(hci_usb_remedy_power("1-4.2"), EOPNOTSUPP);
	}
	usb.characteristics = 0x01;
	usb.descriptor = 4; /* cut */
	assert_int_equal(hci_usb_remedy_power("1-4.2"), EOPNOTSUPP);
	assert_string_equal(usb.log, "");
}

static void a_hub_of_usb_3_has_another_descriptor(void **state)
{
	(void)state;
	usb.usb3 = true;
	usb.characteristics = 0x09;
	assert_int_equal(hci_usb_remedy_power("1-4.2"), 0);
	assert_string_equal(usb.log, "OFF 2 001/012, ON 2 001/012");
}

static void what_the_hub_refuses_is_reported(void **state)
{
	(void)state;
	usb.descriptor_error = ETIMEDOUT;
	assert_int_equal(hci_usb_remedy_power("1-4.2"), ETIMEDOUT);
	assert_string_equal(usb.log, "");
	usb.descriptor_error = 0;
	usb.clear_error = EPIPE;
	assert_int_equal(hci_usb_remedy_power("1-4.2"), EPIPE);
	assert_string_equal(usb.log, "OFF 2 001/012");
	usb.clear_error = 0;
	usb.set_error = EIO;
	assert_int_equal(hci_usb_remedy_power("1-4.2"), EIO);
}

static void a_port_that_is_none_is_refused(void **state)
{
	static const char *const wrong[] = {"", "1", "usb1", "1-", "1-4.", "x-y"};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(hci_usb_remedy_power(wrong[i]), ENODEV);
	/* There is such a hub, but no file for it. */
	plug("1-5", "1\n", "13\n");
	assert_int_equal(hci_usb_remedy_power("1-5.1"), ENOENT);
	assert_string_equal(usb.log, "");
}

/* ---- In a child process ---------------------------------------------------------------------- */

static int pipe_error, fork_error; /* of the next call */

int __real_pipe2(int ends[2], int flags);
int __wrap_pipe2(int ends[2], int flags);
int __wrap_pipe2(int ends[2], int flags)
{
	return pipe_error ? fails(pipe_error) : __real_pipe2(ends, flags);
}

pid_t __real_fork(void);
pid_t __wrap_fork(void);
pid_t __wrap_fork(void)
{
	return fork_error ? fails(fork_error) : __real_fork();
}

/* Neither the child nor a descriptor is left. */
static int run(enum hci_usb_remedy remedy, const char *port)
{
	const int descriptors = descriptors_open();
	struct hci_usb_recovery r;

	assert_int_equal(hci_usb_recovery_start(&r, remedy, port), 0);
	struct pollfd fd = {.fd = r.fd, .events = POLLIN};
	assert_int_equal(__real_poll(&fd, 1, 10000), 1);
	const int result = hci_usb_recovery_end(&r);
	assert_int_equal(r.child, 0);
	assert_int_equal(descriptors_open(), descriptors);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return result;
}

static void a_child_that_cannot_be_started_is_reported(void **state)
{
	const int descriptors = descriptors_open();
	struct hci_usb_recovery r;

	(void)state;
	pipe_error = EMFILE;
	assert_int_equal(hci_usb_recovery_start(&r, HCI_USB_RESET, "1-4.2"), EMFILE);
	pipe_error = 0;
	fork_error = EAGAIN;
	assert_int_equal(hci_usb_recovery_start(&r, HCI_USB_RESET, "1-4.2"), EAGAIN);
	fork_error = 0;
	assert_int_equal(descriptors_open(), descriptors);
}

static int die(int fd, unsigned long request, void *argument)
{
	(void)fd;
	(void)request;
	(void)argument;
	return raise(SIGKILL);
}

static void a_child_that_is_killed_is_reported(void **state)
{
	(void)state;
	fake.usb_ioctl = die;
	assert_int_equal(run(HCI_USB_RESET, "1-4.2"), ECHILD);
}

static void a_child_does_it_and_reports(void **state)
{
	(void)state;
	assert_int_equal(run(HCI_USB_RESET, "1-4.2"), 0);
	usb.reset_error = EACCES;
	assert_int_equal(run(HCI_USB_RESET, "1-4.2"), EACCES);
	assert_int_equal(run(HCI_USB_POWER, "1-4.2"), 0);
	usb.characteristics = 0;
	assert_int_equal(run(HCI_USB_POWER, "1-4.2"), EOPNOTSUPP);
	assert_string_equal(usb.log, ""); /* it was not this process */
}

static int block(int fd, unsigned long request, void *argument)
{
	(void)fd;
	(void)request;
	(void)argument;
	(void)alarm(2);
	return pause(); /* the signal ends the child */
}

/* Not killed: it may just have switched the port off. */
static void one_that_is_not_done_is_left_to_end(void **state)
{
	struct hci_usb_recovery r;
	int status;

	(void)state;
	fake.usb_ioctl = block;
	assert_int_equal(hci_usb_recovery_start(&r, HCI_USB_RESET, "1-4.2"), 0);
	const pid_t child = r.child;
	assert_int_equal(hci_usb_recovery_end(&r), ETIMEDOUT);
	assert_int_equal(hci_usb_recovery_end(&r), ETIMEDOUT); /* nothing is under way */
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WTERMSIG(status), SIGALRM);
}

/* What this process gives back is free at once, long before the child ends. */
static void the_child_keeps_nothing_of_ours(void **state)
{
	struct hci_usb_recovery r;
	int ends[2];
	char octet;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	fake.usb_ioctl = block;
	assert_int_equal(hci_usb_recovery_start(&r, HCI_USB_RESET, "1-4.2"), 0);
	close(ends[1]);
	struct pollfd fd = {.fd = ends[0], .events = POLLIN};
	assert_int_equal(__real_poll(&fd, 1, 1500), 1);
	assert_int_equal(read(ends[0], &octet, 1), 0);
	assert_int_equal(waitpid(r.child, NULL, WNOHANG), 0); /* it goes on */
	close(ends[0]);
	(void)hci_usb_recovery_end(&r);
}

static void nor_does_it_keep_descriptor_0(void **state)
{
	struct hci_usb_recovery r;
	int ends[2], saved = dup(STDIN_FILENO);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[1], STDIN_FILENO), STDIN_FILENO);
	close(ends[1]);
	fake.usb_ioctl = block;
	assert_int_equal(hci_usb_recovery_start(&r, HCI_USB_RESET, "1-4.2"), 0);
	descriptor_0_restore(saved); /* which closes the pipe here */
	struct pollfd fd = {.fd = ends[0], .events = POLLIN};
	assert_int_equal(__real_poll(&fd, 1, 1500), 1);
	assert_int_equal(waitpid(r.child, NULL, WNOHANG), 0); /* it goes on */
	close(ends[0]);
	(void)hci_usb_recovery_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_device_at_the_port_is_reset, set_up),
		cmocka_unit_test_setup(the_power_of_its_port_goes_off_and_on, set_up),
		cmocka_unit_test_setup(a_hub_that_cannot_switch_one_port_is_left_alone, set_up),
		cmocka_unit_test_setup(a_hub_of_usb_3_has_another_descriptor, set_up),
		cmocka_unit_test_setup(what_the_hub_refuses_is_reported, set_up),
		cmocka_unit_test_setup(a_port_that_is_none_is_refused, set_up),
		cmocka_unit_test_setup(a_child_does_it_and_reports, set_up),
		cmocka_unit_test_setup(a_child_that_cannot_be_started_is_reported, set_up),
		cmocka_unit_test_setup(a_child_that_is_killed_is_reported, set_up),
		cmocka_unit_test_setup(one_that_is_not_done_is_left_to_end, set_up),
		cmocka_unit_test_setup(the_child_keeps_nothing_of_ours, set_up),
		cmocka_unit_test_setup(nor_does_it_keep_descriptor_0, set_up),
	};
	return cmocka_run_group_tests_name("hci/usb_remedy", tests, NULL, NULL);
}

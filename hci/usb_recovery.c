/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/usb_recovery.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hci/usb_remedy.h"

#define DESCRIPTORS 1024 /* a process has by default */

/* It must not keep what the parent gives back: controllers, the store, standard output. */
static void close_others(int kept)
{
	for (int fd = 0; fd < DESCRIPTORS; fd++)
		if (fd != kept)
			close(fd);
}

static void work(int out, enum hci_usb_remedy remedy, const char *port)
{
	close_others(out);
	int error =
		remedy == HCI_USB_RESET ? hci_usb_remedy_reset(port) : hci_usb_remedy_power(port);
	(void)!write(out, &error, sizeof(error)); /* or it ends without one */
	_exit(0);
}

int hci_usb_recovery_start(struct hci_usb_recovery *r, enum hci_usb_remedy remedy, const char *port)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return errno;
	pid_t child = fork();
	if (child == 0)
		work(ends[1], remedy, port);
	int error = errno;
	close(ends[1]);
	if (child < 0) {
		close(ends[0]);
		return error;
	}
	*r = (struct hci_usb_recovery){.child = child, .fd = ends[0]};
	return 0;
}

int hci_usb_recovery_end(struct hci_usb_recovery *r)
{
	int error = ETIMEDOUT;

	if (!r->child)
		return error;
	const ssize_t got = read(r->fd, &error, sizeof(error));
	if (got == 0)
		error = ECHILD; /* it was killed */
	/* Its place in the table of processes lasts until the end of this one then. */
	(void)waitpid(r->child, NULL, got < 0 ? WNOHANG : 0);
	close(r->fd);
	*r = (struct hci_usb_recovery){0};
	return error;
}

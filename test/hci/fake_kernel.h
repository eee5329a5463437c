/* SPDX-License-Identifier: MIT */
/*
 * A fake of the Linux kernel below libc, put in by the linker (--wrap, see CMakeLists.txt): HCI
 * and management sockets, /sys, /proc, /dev and /etc/bluetooth, and capabilities. Other calls reach
 * the real kernel, unless the fake is sealed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake_controller {
	uint16_t index;
	uint8_t address[6];
	uint32_t flags;	  /* of the device information, 0: by the state below */
	uint8_t type;	  /* bus, as in the kernel's device information */
	bool powered;	  /* up, used by the kernel */
	bool held;	  /* by a user channel of another program */
	bool setting_up;  /* the kernel still sets it up */
	bool broken;	  /* its set-up failed */
	bool blocked;	  /* by rfkill, softly: set by fake_rfkill() and by /dev/rfkill */
	int bind_error;	  /* errno of a user channel, 0: by the state above */
	unsigned free_in; /* opening fails this many times */
};

#define FAKE_CONTROLLERS 20
#define FAKE_SOCKETS	 16

struct fake_kernel {
	bool absent;	       /* a kernel without Bluetooth */
	bool unprivileged;     /* without CAP_NET_ADMIN */
	bool sealed;	       /* no file, host or socket of the real system can be reached */
	bool mgmt_mute;	       /* no command of management is answered */
	size_t info_cut;       /* octets that Read Controller Information lacks */
	unsigned interrupts;   /* calls of read and write on a channel that a signal interrupts */
	int channel_error;     /* errno of all later ones, 0: none */
	size_t count_beyond;   /* controllers that its list claims to have beyond its end */
	bool cut;	       /* a channel takes all octets of a packet but the last */
	uint8_t power_status;  /* of Set Powered */
	bool power_mute;       /* it is not answered */
	bool rfkill_read_only; /* /dev/rfkill cannot be written */
	unsigned powered_on, powered_off;				 /* commands that came */
	int (*usb_ioctl)(int fd, unsigned long request, void *argument); /* 'U' of usbfs */
	struct fake_controller controllers[FAKE_CONTROLLERS];
	size_t count;
	struct {
		int near, far; /* ends of a socket pair */
		uint16_t device, channel;
		bool bound;
	} sockets[FAKE_SOCKETS];
	size_t socket_count;
};

extern struct fake_kernel fake;

/* An empty machine; the folder of the last one is removed. */
void fake_kernel_reset(void);
struct fake_controller *fake_kernel_add(uint16_t index);
struct fake_controller *fake_kernel_find(uint16_t index);

/* Makes a file, or a link, at an absolute path, with its folders. */
void fake_file(const char *path, const char *text);
void fake_octets(const char *path, const void *octets, size_t len);
void fake_link(const char *path, const char *target);
/* A switch of this number at a controller. */
void fake_rfkill(uint16_t index, unsigned number, bool soft, bool hard);
/* A process that holds the socket of this inode, which /proc/net/hci knows. */
void fake_process(unsigned pid, const char *name, unsigned inode);

/* The far end of the youngest socket of this channel, -1: none was bound. */
int fake_far(uint16_t channel);

/* An event of management to every management socket. */
void fake_mgmt_event(uint16_t event, uint16_t index, const void *data, size_t len);

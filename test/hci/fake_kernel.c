/* SPDX-License-Identifier: MIT */
#include "hci/fake_kernel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/capability.h>
#include <linux/rfkill.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "crypto/bytes.h"
#include "hci/kernel.h"
#include "hci/kernel_socket.h"
#include "hci/mgmt.h"
#include "unit.h"

struct fake_kernel fake;

static char root[] = "/tmp/blepair-fake.XXXXXX";
static bool rooted;

/* The functions of libc, and those that the linker replaces them by: see the end. */
/* clang-format off */
int __real_socket(int domain, int type, int protocol);
int __real_bind(int fd, const struct sockaddr *address, socklen_t len);
int __real_connect(int fd, const struct sockaddr *address, socklen_t len);
int __real_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **found);
int __real_ioctl(int fd, unsigned long request, ...);
ssize_t __real_send(int fd, const void *data, size_t len, int flags);
ssize_t __real_read(int fd, void *data, size_t len);
ssize_t __real_write(int fd, const void *data, size_t len);
int __real_open(const char *path, int flags, ...);
FILE *__real_fopen(const char *path, const char *mode);
DIR *__real_opendir(const char *path);
ssize_t __real_readlink(const char *path, char *target, size_t size);
int __real_faccessat(int folder, const char *path, int mode, int flags);
long __real_syscall(long number, ...);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **found);
int __wrap_ioctl(int fd, unsigned long request, ...);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);
ssize_t __wrap_read(int fd, void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
int __wrap_open(const char *path, int flags, ...);
FILE *__wrap_fopen(const char *path, const char *mode);
DIR *__wrap_opendir(const char *path);
ssize_t __wrap_readlink(const char *path, char *target, size_t size);
int __wrap_faccessat(int folder, const char *path, int mode, int flags);
long __wrap_syscall(long number, ...);
/* clang-format on */

/* ---- Files ----------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *at)
{
	(void)status;
	(void)flag;
	(void)at;
	return remove(path);
}

static void unroot(void)
{
	if (rooted)
		(void)nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	rooted = false;
}

static int near_of_rfkill = -1;

void fake_kernel_reset(void)
{
	static bool registered;

	for (size_t i = 0; i < fake.socket_count; i++)
		close(fake.sockets[i].far);
	unroot();
	memset(&fake, 0, sizeof(fake));
	near_of_rfkill = -1;
	strcpy(root + sizeof(root) - 7, "XXXXXX");
	assert_non_null(mkdtemp(root));
	rooted = true;
	if (!registered)
		registered = atexit(unroot) == 0;
}

/* Where a path of the kernel lies in the fake; others stay, or do not exist when sealed. */
static const char *place(const char *path, char out[512])
{
	static const char *const kernels[] = {"/sys/", "/proc/", "/dev/rfkill", "/dev/bus/usb",
					      "/etc/bluetooth/"};

	(void)snprintf(out, 512, "%s%s", root, path);
	if (strcmp(path, "/proc") == 0)
		return out;
	for (size_t i = 0; i < COUNT(kernels); i++)
		if (strncmp(path, kernels[i], strlen(kernels[i])) == 0 &&
		    strcmp(path, "/proc/self/exe") != 0)
			return out;
	return fake.sealed ? "" : path;
}

static void make_folders(char *path)
{
	for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
}

void fake_file(const char *path, const char *text)
{
	fake_octets(path, text, strlen(text));
}

void fake_octets(const char *path, const void *octets, size_t len)
{
	char where[512];

	(void)snprintf(where, sizeof(where), "%s%s", root, path);
	make_folders(where);
	int fd = __real_open(where, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(__real_write(fd, octets, len), len);
	close(fd);
}

void fake_link(const char *path, const char *target)
{
	char where[512];

	(void)snprintf(where, sizeof(where), "%s%s", root, path);
	make_folders(where);
	(void)unlink(where);
	assert_int_equal(symlink(target, where), 0);
}

struct fake_controller *fake_kernel_find(uint16_t index)
{
	for (size_t i = 0; i < fake.count; i++)
		if (fake.controllers[i].index == index)
			return &fake.controllers[i];
	return NULL;
}

struct fake_controller *fake_kernel_add(uint16_t index)
{
	assert_true(fake.count < FAKE_CONTROLLERS);
	fake.controllers[fake.count] =
		(struct fake_controller){.index = index, .address = {6, 5, 4, 3, 2, 1}, .type = 1};
	return &fake.controllers[fake.count++];
}

void fake_rfkill(uint16_t index, unsigned number, bool soft, bool hard)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "/sys/class/bluetooth/hci%u/rfkill%u/soft", index,
		       number);
	fake_file(path, soft ? "1\n" : "0\n");
	(void)snprintf(path, sizeof(path), "/sys/class/bluetooth/hci%u/rfkill%u/hard", index,
		       number);
	fake_file(path, hard ? "1\n" : "0\n");
	fake_kernel_find(index)->blocked = soft || hard;
}

void fake_process(unsigned pid, const char *name, unsigned inode)
{
	char path[64], text[128];

	(void)snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	(void)snprintf(text, sizeof(text), "%s\n", name);
	fake_file(path, text);
	(void)snprintf(path, sizeof(path), "/proc/%u/fd/3", pid);
	fake_link(path, "/dev/null");
	(void)snprintf(path, sizeof(path), "/proc/%u/fd/4", pid);
	(void)snprintf(text, sizeof(text), "socket:[%u]", inode);
	fake_link(path, text);
	(void)snprintf(text, sizeof(text),
		       "sk               RefCnt Rmem   Wmem   User   Inode  Parent\n"
		       "0000000000000000 2      0      0      0      %u 0\n",
		       inode);
	fake_file("/proc/net/hci", text);
}

/* ---- Sockets --------------------------------------------------------------------------------- */

static size_t socket_of(int fd)
{
	for (size_t i = fake.socket_count; i-- > 0;)
		if (fake.sockets[i].near == fd)
			return i;
	return FAKE_SOCKETS;
}

int fake_far(uint16_t channel)
{
	for (size_t i = fake.socket_count; i-- > 0;)
		if (fake.sockets[i].bound && fake.sockets[i].channel == channel)
			return fake.sockets[i].far;
	return -1;
}

static void send_message(int far, uint16_t event, uint16_t index, const void *data, size_t len)
{
	uint8_t message[6 + 300];

	bytes_put_le16(message, event);
	bytes_put_le16(message + 2, index);
	bytes_put_le16(message + 4, (uint16_t)len);
	if (len)
		memcpy(message + 6, data, len);
	/* A closed end receives nothing. */
	(void)__real_send(far, message, 6 + len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void fake_mgmt_event(uint16_t event, uint16_t index, const void *data, size_t len)
{
	for (size_t i = 0; i < fake.socket_count; i++)
		if (fake.sockets[i].bound && fake.sockets[i].channel == HCI_KERNEL_CHANNEL_CONTROL)
			send_message(fake.sockets[i].far, event, index, data, len);
}

/* Under a user channel, while it is set up and when it failed, management does not know it. */
static bool indexed(const struct fake_controller *c)
{
	return c && !c->held && !c->setting_up && !c->broken;
}

static void on_mgmt(int far, const uint8_t *message)
{
	uint16_t opcode = bytes_get_le16(message), index = bytes_get_le16(message + 2);
	struct fake_controller *c = fake_kernel_find(index);
	uint8_t answer[3 + 280] = {0};
	size_t len = 3;

	if (fake.mgmt_mute)
		return;
	bytes_put_le16(answer, opcode);
	if (!indexed(c)) {
		answer[2] = HCI_MGMT_INVALID_INDEX;
	} else if (opcode == HCI_MGMT_READ_INFO) {
		memcpy(answer + 3, c->address, 6);
		answer[3 + 13] = 0xde | c->powered; /* with other settings */
		len = sizeof(answer) - fake.info_cut;
	} else if (opcode == HCI_MGMT_SET_POWERED) {
		*(message[6] ? &fake.powered_on : &fake.powered_off) += 1;
		answer[2] = fake.power_status;
		if (!fake.power_status)
			c->powered = message[6];
		len += 4;
		if (fake.power_mute)
			return;
	}
	send_message(far, answer[2] ? HCI_MGMT_COMMAND_STATUS : HCI_MGMT_COMMAND_COMPLETE, index,
		     answer, answer[2] ? 3 : len);
}

static int bind_user(struct fake_controller *c)
{
	if (fake.unprivileged)
		return EPERM;
	if (!c)
		return ENODEV;
	if (c->bind_error)
		return c->bind_error;
	if (c->blocked)
		return ERFKILL;
	if (c->free_in) {
		c->free_in--;
		return EBUSY;
	}
	return c->powered || c->held || c->setting_up || c->broken ? EBUSY : 0;
}

/* ---- Functions that replace those of libc --------------------------------------------------- */

int __wrap_socket(int domain, int type, int protocol)
{
	int pair[2];

	if (domain != AF_BLUETOOTH)
		return __real_socket(domain, type, protocol);
	assert_int_equal(type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK), SOCK_RAW);
	assert_true(type & SOCK_CLOEXEC);
	assert_int_equal(protocol, HCI_KERNEL_PROTOCOL);
	if (fake.absent) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	/* The places of those whose near end was closed since are free again. */
	size_t i = 0;
	while (i < fake.socket_count && fcntl(fake.sockets[i].near, F_GETFD) >= 0)
		i++;
	assert_true(i < FAKE_SOCKETS);
	if (i < fake.socket_count)
		close(fake.sockets[i].far);
	else
		fake.socket_count++;
	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_SEQPACKET | (type & (SOCK_CLOEXEC | SOCK_NONBLOCK)), 0,
				    pair),
			 0);
	fake.sockets[i].near = pair[0];
	fake.sockets[i].far = pair[1];
	fake.sockets[i].bound = false;
	return pair[0];
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
	const unsigned short *numbers = (const unsigned short *)(const void *)address;
	size_t i = socket_of(fd);

	if (i == FAKE_SOCKETS)
		return __real_bind(fd, address, len);
	assert_int_equal(numbers[0], AF_BLUETOOTH);
	int error =
		numbers[2] == HCI_KERNEL_CHANNEL_USER ? bind_user(fake_kernel_find(numbers[1])) : 0;
	if (error) {
		errno = error;
		return -1;
	}
	fake.sockets[i].device = numbers[1];
	fake.sockets[i].channel = numbers[2];
	fake.sockets[i].bound = true;
	return 0;
}

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
	if (!fake.sealed)
		return __real_connect(fd, address, len);
	errno = ECONNREFUSED;
	return -1;
}

int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
		       struct addrinfo **found)
{
	return fake.sealed ? EAI_NONAME : __real_getaddrinfo(host, port, hints, found);
}

#define GET_DEVICE_LIST _IOR('H', 210, int)
#define GET_DEVICE_INFO _IOR('H', 211, int)

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;

	va_start(arguments, request);
	uint8_t *p = va_arg(arguments, uint8_t *);
	va_end(arguments);
	if (fake.usb_ioctl && _IOC_TYPE(request) == 'U')
		return fake.usb_ioctl(fd, request, p);
	if (socket_of(fd) == FAKE_SOCKETS)
		return __real_ioctl(fd, request, p);
	if (request ==
	    GET_DEVICE_LIST) { /* a count, then pairs of index and flags, 8 octets each */
		size_t max = *(uint16_t *)(void *)p, n = fake.count < max ? fake.count : max;
		*(uint16_t *)(void *)p = (uint16_t)(n + fake.count_beyond);
		for (size_t i = 0; i < n; i++)
			*(uint16_t *)(void *)(p + 4 + i * 8) = fake.controllers[i].index;
		return 0;
	}
	assert_int_equal(request, GET_DEVICE_INFO);
	const struct fake_controller *c = fake_kernel_find(*(uint16_t *)(void *)p);
	if (!c) {
		errno = ENODEV;
		return -1;
	}
	/* index, name of 8, address, flags, type: as the compiler lays them out. */
	memcpy(p + 10, c->address, 6);
	*(uint32_t *)(void *)(p + 16) =
		c->flags ? c->flags
			 : (c->powered || c->held ? 1U | 4U : 0) | (c->setting_up ? 2U : 0);
	p[20] = c->type;
	return 0;
}

ssize_t __wrap_send(int fd, const void *data, size_t len, int flags)
{
	size_t i = socket_of(fd);

	if (i == FAKE_SOCKETS)
		return __real_send(fd, data, len, flags);
	assert_true(len >= 6);
	const uint8_t *message = data;
	assert_int_equal(bytes_get_le16(message + 4), len - 6);
	bool set = bytes_get_le16(message) == HCI_MGMT_SET_POWERED;
	assert_int_equal(len - 6, set); /* one octet, 0 or 1 */
	assert_true(!set || message[6] <= 1);
	on_mgmt(fake.sockets[i].far, data);
	return (ssize_t)len;
}

/* Whether a call on a channel fails. */
static bool channel_fails(int fd)
{
	if (socket_of(fd) == FAKE_SOCKETS || (!fake.interrupts && !fake.channel_error))
		return false;
	errno = fake.interrupts ? EINTR : fake.channel_error;
	fake.interrupts -= fake.interrupts > 0;
	return true;
}

ssize_t __wrap_read(int fd, void *data, size_t len)
{
	return channel_fails(fd) ? -1 : __real_read(fd, data, len);
}

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	const struct rfkill_event *event = data;

	if (channel_fails(fd))
		return -1;
	if (fd < 0 || fd != near_of_rfkill)
		return __real_write(fd, data, len - (fake.cut && socket_of(fd) != FAKE_SOCKETS));
	if (fake.rfkill_read_only) {
		errno = EIO;
		return -1;
	}
	assert_int_equal(event->op, RFKILL_OP_CHANGE);
	for (size_t i = 0; i < fake.count; i++) {
		char path[512], where[128];
		(void)snprintf(where, sizeof(where), "/sys/class/bluetooth/hci%u/rfkill%u",
			       fake.controllers[i].index, event->idx);
		if (access(place(where, path), F_OK) == 0)
			fake_rfkill(fake.controllers[i].index, event->idx, event->soft, false);
	}
	return (ssize_t)len;
}

int __wrap_open(const char *path, int flags, ...)
{
	char where[512];
	va_list arguments;

	va_start(arguments, flags);
	int fd = __real_open(place(path, where), flags, va_arg(arguments, int));
	va_end(arguments);
	if (strcmp(path, "/dev/rfkill") == 0)
		near_of_rfkill = fd;
	return fd;
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	char where[512];
	return __real_fopen(place(path, where), mode);
}

DIR *__wrap_opendir(const char *path)
{
	char where[512];
	return __real_opendir(place(path, where));
}

ssize_t __wrap_readlink(const char *path, char *target, size_t size)
{
	char where[512];
	return __real_readlink(place(path, where), target, size);
}

int __wrap_faccessat(int folder, const char *path, int mode, int flags)
{
	char where[512];
	return __real_faccessat(folder, place(path, where), mode, flags);
}

/* Asked for capabilities only. */
long __wrap_syscall(long number, ...)
{
	va_list arguments;

	va_start(arguments, number);
	void *first = va_arg(arguments, void *);
	struct __user_cap_data_struct *data = va_arg(arguments, void *);
	va_end(arguments);
	if (number != SYS_capget)
		return __real_syscall(number, first, data);
	data[0].effective = fake.unprivileged ? 0 : 1U << CAP_NET_ADMIN;
	return 0;
}

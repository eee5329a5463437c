/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into BlueZ's btvirt, for tests. Implements its AF_ALG sockets (ecb(aes), cmac(aes)) in
 * user space, for kernels without them, and moves its fixed socket names into the directory
 * $BLEPAIR_BTVIRT, so that several can run at once. When btvirt listens it writes to and closes the
 * descriptor $BLEPAIR_BTVIRT_READY. btvirt ends with its parent.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/if_alg.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "crypto/backend.h"

#define FDS 1024

static struct {
	bool used, cmac;
	uint8_t key[16];
	uint8_t result[16];
} algs[FDS];

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* These replace functions of libc, with its types; declared for -Wmissing-prototypes. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

__attribute__((constructor)) static void start(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (backend_start())
		abort();
}

static bool is_alg(int fd)
{
	return fd >= 0 && fd < FDS && algs[fd].used;
}

int socket(int domain, int type, int protocol)
{
	if (domain != AF_ALG)
		return NEXT(socket)(domain, type, protocol);

	int fd = eventfd(0, EFD_CLOEXEC);
	if (fd >= FDS) {
		close(fd);
		return -1;
	}
	memset(&algs[fd], 0, sizeof(algs[fd]));
	algs[fd].used = true;
	return fd;
}

/* /tmp/bt-server-le becomes $BLEPAIR_BTVIRT/bt-server-le. */
static bool moved(const char *path, char *to, size_t size)
{
	const char *folder = getenv("BLEPAIR_BTVIRT");

	return folder && strncmp(path, "/tmp/bt-server-", 15) == 0 &&
	       snprintf(to, size, "%s/%s", folder, path + 5) < (int)size;
}

int bind(int fd, const struct sockaddr *address, socklen_t len)
{
	struct sockaddr_un own = {.sun_family = AF_UNIX};

	if (is_alg(fd)) {
		const struct sockaddr_alg *alg = (const void *)address;
		algs[fd].cmac = strcmp((const char *)alg->salg_name, "cmac(aes)") == 0;
		return 0;
	}
	if (address->sa_family == AF_UNIX &&
	    moved(((const struct sockaddr_un *)(const void *)address)->sun_path, own.sun_path,
		  sizeof(own.sun_path)))
		return NEXT(bind)(fd, (struct sockaddr *)&own, sizeof(own));
	return NEXT(bind)(fd, address, len);
}

int unlink(const char *path)
{
	char own[108];

	return NEXT(unlink)(moved(path, own, sizeof(own)) ? own : path);
}

int listen(int fd, int backlog)
{
	struct sockaddr_un address;
	socklen_t len = sizeof(address);
	int status = NEXT(listen)(fd, backlog);
	const char *ready = getenv("BLEPAIR_BTVIRT_READY");

	if (status == 0 && ready && getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
	    strstr(address.sun_path, "bt-server-le")) {
		(void)dprintf(atoi(ready), "ready\n");
		close(atoi(ready));
	}
	return status;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	if (!is_alg(fd))
		return NEXT(setsockopt)(fd, level, name, value, len);
	if (len == 16)
		memcpy(algs[fd].key, value, 16);
	return 0;
}

int accept(int fd, struct sockaddr *address, socklen_t *len)
{
	if (!is_alg(fd))
		return NEXT(accept)(fd, address, len);

	int child = socket(AF_ALG, SOCK_SEQPACKET, 0);
	if (child >= 0) {
		algs[child].cmac = algs[fd].cmac;
		memcpy(algs[child].key, algs[fd].key, 16);
	}
	return child;
}

int accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	return is_alg(fd) ? accept(fd, address, len) : NEXT(accept4)(fd, address, len, flags);
}

static ssize_t compute(int fd, const uint8_t *data, size_t len)
{
	int error = algs[fd].cmac ? backend_cmac(algs[fd].key, data, len, algs[fd].result)
		    : len == 16	  ? backend_aes128(algs[fd].key, data, algs[fd].result)
				  : -1;
	return error ? -1 : (ssize_t)len;
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
	return is_alg(fd) ? compute(fd, data, len) : NEXT(send)(fd, data, len, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	uint8_t data[1024];
	size_t len = 0;

	if (!is_alg(fd))
		return NEXT(sendmsg)(fd, message, flags);
	for (size_t i = 0; i < message->msg_iovlen; i++) {
		size_t n = message->msg_iov[i].iov_len;
		if (n > sizeof(data) - len)
			return -1;
		memcpy(data + len, message->msg_iov[i].iov_base, n);
		len += n;
	}
	return compute(fd, data, len);
}

static ssize_t take(int fd, void *to, size_t len)
{
	len = len < 16 ? len : 16;
	memcpy(to, algs[fd].result, len);
	return (ssize_t)len;
}

ssize_t read(int fd, void *to, size_t len)
{
	return is_alg(fd) ? take(fd, to, len) : NEXT(read)(fd, to, len);
}

ssize_t __read_chk(int fd, void *to, size_t len, size_t size);
ssize_t __read_chk(int fd, void *to, size_t len, size_t size)
{
	if (len > size)
		abort();
	return read(fd, to, len);
}

ssize_t recv(int fd, void *to, size_t len, int flags)
{
	return is_alg(fd) ? take(fd, to, len) : NEXT(recv)(fd, to, len, flags);
}

int close(int fd)
{
	if (is_alg(fd))
		algs[fd].used = false;
	return NEXT(close)(fd);
}

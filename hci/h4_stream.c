/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/h4_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "hci/h4.h"

/* Commands wait for credit in the host, so this buffer stays small. */
#define OUT_MAX (8 * HCI_PACKET_MAX)

struct stream {
	struct hci_transport base;
	int fd;
	char name[128]; /* the spec, for messages */
	struct hci_h4 h4;
	uint8_t in[2048];
	size_t in_at, in_len;
	uint8_t out[OUT_MAX];
	size_t out_len;
};

static struct stream *stream_of(struct hci_transport *transport)
{
	return (struct stream *)(void *)transport;
}

static struct hci_transport *stream_new(const struct hci_transport_ops *ops, int fd,
					const char *where, bool hunt, struct hci_failure *failure)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s) {
		close(fd);
		(void)hci_failure_set(failure, HCI_FAILURE_NOT_FOUND,
				      "controller %s%s: out of memory", ops->scheme, where);
		return NULL;
	}
	s->base.ops = ops;
	s->base.phase = HCI_PHASE_OPEN;
	s->fd = fd;
	(void)snprintf(s->name, sizeof(s->name), "%s%s", ops->scheme, where);
	hci_h4_init(&s->h4, hunt);
	return &s->base;
}

static enum hci_failure_kind trouble_of(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return HCI_FAILURE_PERMISSION;
	case EBUSY:
	case EAGAIN:
		return HCI_FAILURE_BUSY;
	default:
		return HCI_FAILURE_NOT_FOUND;
	}
}

static int cannot_open(struct hci_failure *failure, const char *scheme, const char *where,
		       int error, const char *advice)
{
	return hci_failure_set(failure, trouble_of(error),
			       "controller %s%s: cannot open it: %s; %s", scheme, where,
			       strerror(error), advice);
}

/* ---- Common to all streams ------------------------------------------------------------------ */

static size_t stream_watch(struct hci_transport *transport, struct pollfd *fds)
{
	struct stream *s = stream_of(transport);

	fds[0] = (struct pollfd){
		.fd = s->fd,
		.events = (short)((s->base.phase == HCI_PHASE_OPENING ? 0 : POLLIN) |
				  (s->base.phase == HCI_PHASE_OPENING || s->out_len ? POLLOUT : 0)),
	};
	return 1;
}

static int gone(const struct stream *s, struct hci_failure *failure, const char *how)
{
	return hci_failure_set(failure, HCI_FAILURE_GONE, "controller %s: it is gone: %s", s->name,
			       how);
}

static int flush_out(struct stream *s, struct hci_failure *failure)
{
	while (s->out_len) {
		ssize_t n = write(s->fd, s->out, s->out_len);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n < 0)
			return gone(s, failure, strerror(errno));
		s->out_len -= (size_t)n;
		memmove(s->out, s->out + n, s->out_len);
	}
	return 0;
}

static int finish_connecting(struct stream *s, struct hci_failure *failure)
{
	int error = 0;
	socklen_t len = sizeof(error);

	(void)getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error)
		return cannot_open(failure, "", s->name, error, "is a controller listening there?");
	s->base.phase = HCI_PHASE_OPEN;
	return 0;
}

static int stream_ready(struct hci_transport *transport, const struct pollfd *fds, size_t count,
			struct hci_failure *failure)
{
	struct stream *s = stream_of(transport);
	short revents = count ? fds[0].revents : 0;

	if (s->base.phase == HCI_PHASE_OPENING) {
		if (!(revents & (POLLOUT | POLLERR | POLLHUP)))
			return 0;
		if (finish_connecting(s, failure))
			return -1;
	}
	if (revents & POLLOUT && flush_out(s, failure))
		return -1;
	if (revents & (POLLIN | POLLHUP | POLLERR) && s->in_at == s->in_len) {
		ssize_t n = read(s->fd, s->in, sizeof(s->in));
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n < 0)
			return gone(s, failure, strerror(errno));
		if (n == 0)
			return gone(s, failure, "the other end closed the connection");
		s->in_at = 0;
		s->in_len = (size_t)n;
	}
	return 0;
}

static int stream_receive(struct hci_transport *transport, uint8_t *packet,
			  struct hci_failure *failure)
{
	struct stream *s = stream_of(transport);
	size_t used;

	enum hci_h4_status status =
		hci_h4_push(&s->h4, s->in + s->in_at, s->in_len - s->in_at, &used);
	s->in_at += used;
	switch (status) {
	case HCI_H4_MORE:
		break;
	case HCI_H4_PACKET:
		memcpy(packet, s->h4.packet, s->h4.length);
		return (int)s->h4.length;
	case HCI_H4_BAD_TYPE:
		return hci_failure_set(failure, HCI_FAILURE_PROTOCOL,
				       "controller %s: octet 0x%02x at offset %llu is no H4 packet "
				       "type: the other end does not speak H4, or octets were lost "
				       "(check speed and flow control)",
				       s->name, s->h4.bad, (unsigned long long)s->h4.octets);
	case HCI_H4_OTHER:
		return hci_failure_set(
			failure, HCI_FAILURE_NOT_FOUND,
			"controller %s: it speaks %s, which is not supported, and not H4: attach "
			"it to the kernel (btattach -P %s), then use hciN",
			s->name,
			strcmp(s->h4.protocol, "3wire") == 0 ? "three-wire UART (H5)" : "BCSP",
			s->h4.protocol);
	case HCI_H4_TOO_LONG:
		return hci_failure_set(
			failure, HCI_FAILURE_PROTOCOL,
			"controller %s: a packet of more than %d octets begins before "
			"offset %llu: octets were lost",
			s->name, HCI_PACKET_MAX, (unsigned long long)s->h4.octets);
	}
	return 0;
}

static int stream_send(struct hci_transport *transport, const uint8_t *packet, size_t len,
		       struct hci_failure *failure)
{
	struct stream *s = stream_of(transport);

	if (len > sizeof(s->out) - s->out_len)
		return hci_failure_set(failure, HCI_FAILURE_GONE,
				       "controller %s: it takes no more data", s->name);
	memcpy(s->out + s->out_len, packet, len);
	s->out_len += len;
	return flush_out(s, failure);
}

static void stream_close(struct hci_transport *transport)
{
	struct stream *s = stream_of(transport);

	/* A serial line that takes nothing (CTS) would delay close() by up to 30 s. */
	(void)tcflush(s->fd, TCIOFLUSH);
	close(s->fd);
	explicit_bzero(s, sizeof(*s)); /* keys have passed through its buffers */
	free(s);
}

/* ---- unix:PATH ------------------------------------------------------------------------------- */

static struct hci_transport *unix_open(const char *where, const struct hci_access *access,
				       struct hci_failure *failure)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)access;
	if (!*where || strlen(where) >= sizeof(address.sun_path)) {
		(void)hci_failure_set(failure, HCI_FAILURE_SPEC,
				      "controller unix:%s: the path must have 1 to %zu characters",
				      where, sizeof(address.sun_path) - 1);
		return NULL;
	}
	memcpy(address.sun_path, where, strlen(where));

	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = errno;
		if (fd >= 0)
			close(fd);
		(void)cannot_open(failure, "unix:", where, error,
				  "is a virtual controller (btvirt -s) running there?");
		return NULL;
	}
	return stream_new(&hci_transport_unix, fd, where, false, failure);
}

/* ---- tcp:HOST:PORT --------------------------------------------------------------------------- */

static struct hci_transport *tcp_open(const char *where, const struct hci_access *access,
				      struct hci_failure *failure)
{
	char host[128];
	const char *colon = strrchr(where, ':');
	size_t len = colon ? (size_t)(colon - where) : 0;

	(void)access;
	if (!colon || len == 0 || len >= sizeof(host) || !colon[1]) {
		(void)hci_failure_set(failure, HCI_FAILURE_SPEC,
				      "controller tcp:%s: expected tcp:HOST:PORT", where);
		return NULL;
	}
	/* [::1]:1234 */
	bool bracketed = where[0] == '[' && where[len - 1] == ']';
	(void)snprintf(host, sizeof(host), "%.*s", (int)(bracketed ? len - 2 : len),
		       bracketed ? where + 1 : where);

	/* Nothing is asked of a name server: the run could not end in time while one is silent. */
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV},
			*found = NULL;
	const bool local = strcmp(host, "localhost") == 0;
	int error = getaddrinfo(local ? "127.0.0.1" : host, colon + 1, &hints, &found);
	if (error) {
		(void)hci_failure_set(failure, HCI_FAILURE_SPEC,
				      "controller tcp:%s: expected a numeric address or localhost, "
				      "and the number of a port; getent hosts NAME finds the "
				      "address of a name",
				      where);
		return NULL;
	}

	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int connected = fd < 0 ? -1 : connect(fd, found->ai_addr, found->ai_addrlen);
	error = errno;
	freeaddrinfo(found);
	if (connected < 0 && (fd < 0 || error != EINPROGRESS)) {
		if (fd >= 0)
			close(fd);
		(void)cannot_open(failure, "tcp:", where, error,
				  "is a controller listening there?");
		return NULL;
	}

	const int on = 1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	struct hci_transport *transport = stream_new(&hci_transport_tcp, fd, where, false, failure);
	if (transport && connected < 0) {
		transport->phase = HCI_PHASE_OPENING;
		(void)hci_failure_set(
			&transport->waiting, HCI_FAILURE_NOT_FOUND,
			"controller tcp:%s: it does not answer; is the host right, and "
			"no firewall between?",
			where);
	}
	return transport;
}

/* ---- serial:DEV[,BAUD] ----------------------------------------------------------------------- */

static const struct {
	long baud;
	speed_t speed;
} speeds[] = {
	{9600, B9600},	     {19200, B19200},	  {38400, B38400},     {57600, B57600},
	{115200, B115200},   {230400, B230400},	  {460800, B460800},   {921600, B921600},
	{1000000, B1000000}, {2000000, B2000000}, {3000000, B3000000}, {4000000, B4000000},
};

static bool find_speed(const char *text, speed_t *speed)
{
	char *end;
	long baud = strtol(text, &end, 10);

	for (size_t i = 0; *text && !*end && i < sizeof(speeds) / sizeof(speeds[0]); i++) {
		if (speeds[i].baud == baud) {
			*speed = speeds[i].speed;
			return true;
		}
	}
	return false;
}

static struct hci_transport *serial_open(const char *where, const struct hci_access *access,
					 struct hci_failure *failure)
{
	char device[128];
	const char *comma = strrchr(where, ',');
	size_t len = comma ? (size_t)(comma - where) : strlen(where);
	speed_t speed = B115200;

	(void)access;
	if (len == 0 || len >= sizeof(device) || (comma && !find_speed(comma + 1, &speed))) {
		(void)hci_failure_set(
			failure, HCI_FAILURE_SPEC,
			"controller serial:%s: expected serial:DEVICE[,BAUD] with BAUD "
			"one of 9600 ... 115200 (default) ... 921600, 1000000 ... 4000000; it "
			"speaks H4, not three-wire UART (H5) or BCSP",
			where);
		return NULL;
	}
	memcpy(device, where, len);
	device[len] = '\0';

	int fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios line;
	if (fd < 0 || tcgetattr(fd, &line) < 0) {
		int error = errno;
		if (fd >= 0)
			close(fd);
		(void)cannot_open(failure, "serial:", where, error,
				  error == EACCES ? "join the group of the device (often dialout)"
						  : "is it a serial device, and plugged in?");
		return NULL;
	}
	cfmakeraw(&line);
	line.c_cflag |= CLOCAL | CREAD | CRTSCTS; /* Part A 5: RTS/CTS flow control */
	(void)cfsetspeed(&line, speed);
	if (tcsetattr(fd, TCSANOW, &line) < 0) {
		int error = errno;
		close(fd);
		(void)cannot_open(failure, "serial:", where, error, "does it have this speed?");
		return NULL;
	}
	(void)tcflush(fd, TCIOFLUSH);
	return stream_new(&hci_transport_serial, fd, where, true, failure);
}

#define STREAM_OPS                                                               \
	.watch = stream_watch, .ready = stream_ready, .receive = stream_receive, \
	.send = stream_send, .close = stream_close

const struct hci_transport_ops hci_transport_unix = {
	.scheme = "unix:", .form = "unix:PATH", .open = unix_open, STREAM_OPS};

const struct hci_transport_ops hci_transport_tcp = {
	.scheme = "tcp:", .form = "tcp:HOST:PORT", .open = tcp_open, STREAM_OPS};

const struct hci_transport_ops hci_transport_serial = {
	.scheme = "serial:", .form = "serial:DEVICE[,BAUD]", .open = serial_open, STREAM_OPS};

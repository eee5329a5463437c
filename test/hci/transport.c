/* SPDX-License-Identifier: MIT */
/* The transports over real sockets and a real terminal line, and the capture writer. */
#include "hci/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "descriptors.h"
#include "hci/btsnoop.h"
#include "heap.h"
#include "stack.h"
#include "unit.h"

static const struct hci_access access_none;
static const uint8_t reset[] = {1, 0x03, 0x0c, 0};
static const uint8_t complete[] = {4, 0x0e, 4, 1, 0x03, 0x0c, 0};

static int descriptors;
static long blocks;

static int count_resources(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN); /* as the program does */
	descriptors = descriptors_open();
	blocks = heap_blocks();
	return 0;
}

/* No descriptor and no memory is left. */
static int check_resources(void **state)
{
	(void)state;
	assert_int_equal(descriptors_open(), descriptors);
	assert_int_equal(heap_blocks(), blocks);
	return 0;
}

/* Waits for the transport and lets it work. */
static int turn(struct hci_transport *t, struct hci_failure *failure)
{
	struct pollfd fds[HCI_TRANSPORT_FDS];
	size_t n = t->ops->watch(t, fds);

	assert_true(poll(fds, n, 60000) > 0);
	return t->ops->ready(t, fds, n, failure);
}

/* A packet each way over a connection that is up, the answer in two pieces; then the far end goes.
 */
static void talk(struct hci_transport *t, const char *spec, int far)
{
	struct hci_failure failure;
	uint8_t packet[HCI_PACKET_MAX], got[8];

	assert_int_equal(t->ops->send(t, reset, sizeof(reset), &failure), 0);
	for (ssize_t n = 0; n < (ssize_t)sizeof(reset);) {
		struct pollfd fd = {.fd = far, .events = POLLIN};
		if (poll(&fd, 1, 10) == 0)
			assert_int_equal(turn(t, &failure), 0);
		else
			n += read(far, got + n, sizeof(reset) - (size_t)n);
	}
	assert_memory_equal(got, reset, sizeof(reset));
	assert_int_equal(write(far, complete, 3), 3);
	assert_int_equal(turn(t, &failure), 0);
	assert_int_equal(t->ops->receive(t, packet, &failure), 0);
	assert_int_equal(write(far, complete + 3, 4), 4);
	assert_int_equal(turn(t, &failure), 0);
	assert_int_equal(t->ops->receive(t, packet, &failure), sizeof(complete));
	assert_memory_equal(packet, complete, sizeof(complete));
	close(far);
	assert_int_equal(turn(t, &failure), -1);
	assert_int_equal(failure.kind, HCI_FAILURE_GONE);
	char want[200];
	(void)snprintf(want, sizeof(want),
		       "controller %s: it is gone: the other end closed the connection", spec);
	assert_string_equal(failure.text, want);
	t->ops->close(t);
}

static void over_a_unix_socket(void **state)
{
	char folder[] = "/tmp/blepair-test.XXXXXX", spec[64];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct hci_failure failure;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", folder);
	(void)snprintf(spec, sizeof(spec), "unix:%s/s", folder);
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server, 1), 0);
	struct hci_transport *t = hci_transport_open(spec, &access_none, &failure);
	assert_non_null(t);
	talk(t, spec, accept(server, NULL, NULL));
	close(server);
	(void)unlink(address.sun_path);
	(void)rmdir(folder);
	assert_null(hci_transport_open(spec, &access_none, &failure));
	assert_int_equal(failure.kind, HCI_FAILURE_NOT_FOUND);
}

static void over_tcp(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	struct hci_failure failure;
	char spec[64];

	(void)state;
	int server = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&address, &len), 0);
	(void)snprintf(spec, sizeof(spec), "tcp:127.0.0.1:%u", ntohs(address.sin_port));
	struct hci_transport *t = hci_transport_open(spec, &access_none, &failure);
	assert_non_null(t);
	talk(t, spec, accept(server, NULL, NULL));
	close(server);
}

/* Old octets on the line come first, and are skipped. */
static void over_a_serial_line(void **state)
{
	struct hci_failure failure;
	uint8_t packet[HCI_PACKET_MAX];
	char spec[64];

	(void)state;
	int far = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(far >= 0 && grantpt(far) == 0 && unlockpt(far) == 0);
	(void)snprintf(spec, sizeof(spec), "serial:%s,1000000", ptsname(far));
	struct hci_transport *t = hci_transport_open(spec, &access_none, &failure);
	assert_non_null(t);
	assert_int_equal(write(far, "\x02\x04\x0e", 3), 3);
	assert_int_equal(write(far, complete, sizeof(complete)), sizeof(complete));
	int len = 0;
	while (len == 0) {
		assert_int_equal(turn(t, &failure), 0);
		len = t->ops->receive(t, packet, &failure);
	}
	assert_int_equal(len, sizeof(complete));
	/* After that a bad octet is an error. */
	assert_int_equal(write(far, "\x55", 1), 1);
	assert_int_equal(turn(t, &failure), 0);
	assert_int_equal(t->ops->receive(t, packet, &failure), -1);
	assert_int_equal(failure.kind, HCI_FAILURE_PROTOCOL);
	assert_non_null(strstr(failure.text, "octet 0x55 at offset 10"));
	t->ops->close(t);
	close(far);
}

static void specs_that_are_refused(void **state)
{
	static const struct {
		const char *spec;
		enum hci_failure_kind kind;
	} cases[] = {
		{"", HCI_FAILURE_SPEC},
		{"hcix", HCI_FAILURE_SPEC},
		{"hci:-1", HCI_FAILURE_SPEC},
		{"hci65535", HCI_FAILURE_SPEC},
		{"hci65534", HCI_FAILURE_NOT_FOUND},
		{"usb:", HCI_FAILURE_NOT_FOUND},
		{"usb:ffff:fffe", HCI_FAILURE_NOT_FOUND},
		{"usb:SERIAL=no such", HCI_FAILURE_NOT_FOUND},
		{"unix:", HCI_FAILURE_SPEC},
		{"tcp:host", HCI_FAILURE_SPEC},
		{"serial:/dev/null,12345", HCI_FAILURE_SPEC},
		{"serial:", HCI_FAILURE_SPEC},
		{"serial:/dev/null", HCI_FAILURE_NOT_FOUND},
		{"unix:/no/such", HCI_FAILURE_NOT_FOUND},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct hci_failure failure = {0};
		assert_null(hci_transport_open(cases[i].spec, &access_none, &failure));
		assert_int_equal(failure.kind, cases[i].kind);
		assert_true(strlen(failure.text) > 20);
	}
	struct hci_failure failure = {0};
	assert_null(hci_transport_open("tty0", &access_none, &failure));
	assert_string_equal(failure.text,
			    "controller \"tty0\": expected one of hciN, usb:VID:PID, usb:BUS-PORT, "
			    "usb:N, usb:SERIAL=TEXT, unix:PATH, tcp:HOST:PORT, "
			    "serial:DEVICE[,BAUD]");
}

/* The format of btmon and Wireshark: version 1, datalink 1002. */
static void captures(void **state)
{
	static const uint8_t header[16] = {'b', 't', 's', 'n', 'o', 'o', 'p', 0,
					   0,	0,   0,	  1,   0,   0,	 3,   0xea};
	uint8_t file[16], record[24];

	(void)state;
	assert_int_equal(hci_btsnoop_file_header(file), 16);
	assert_memory_equal(file, header, 16);
	(void)hci_btsnoop_record_header(record, true, 0, HCI_EVENT, 7);
	assert_memory_equal(
		record, "\0\0\0\x07\0\0\0\x07\0\0\0\x03\0\0\0\0\x00\xdc\xdd\xb3\x0f\x2f\x80\x00",
		24);
	(void)hci_btsnoop_record_header(record, false, 1, HCI_ACL, 300);
	assert_memory_equal(record + 4, "\0\0\x01\x2c\0\0\0\x00", 8);
	assert_int_equal(record[23], 1);

	char path[] = "/tmp/blepair-test.XXXXXX";
	struct hci_btsnoop snoop;
	struct hci_failure failure;
	struct stat status;
	int fd = mkstemp(path);
	assert_int_equal(write(fd, record, sizeof(record)), sizeof(record));
	hci_btsnoop_start(&snoop, open(path, O_WRONLY), true);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_size, sizeof(record)); /* unchanged until the first packet */
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			hci_btsnoop_write(&snoop, true, 0, complete, sizeof(complete), &failure),
			0);
	hci_btsnoop_close(&snoop);
	assert_int_equal(snoop.fd, -1);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_size, 16 + 2 * (24 + 7));
	close(fd);
	(void)unlink(path);
}

static int connected_pair(struct hci_transport **t)
{
	char folder[] = "/tmp/blepair-test.XXXXXX", spec[64];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct hci_failure failure;

	assert_non_null(mkdtemp(folder));
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", folder);
	(void)snprintf(spec, sizeof(spec), "unix:%s/s", folder);
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server, 1), 0);
	*t = hci_transport_open(spec, &access_none, &failure);
	assert_non_null(*t);
	int far = accept(server, NULL, NULL);
	close(server);
	(void)unlink(address.sun_path);
	(void)rmdir(folder);
	return far;
}

/* A far end that reads nothing: some packets are kept, more are refused; then it reads again. */
static void a_stream_that_is_full(void **state)
{
	struct hci_transport *t;
	struct hci_failure failure = {0};
	uint8_t packet[HCI_PACKET_MAX] = {HCI_ACL}, sink[65536];
	int far = connected_pair(&t), sent = 0;
	size_t at = 0;

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN); /* as the program does */
	/* Octet n of the stream is n modulo 251. */
	for (;; sent++) {
		for (size_t i = 0; i < sizeof(packet); i++)
			packet[i] = (uint8_t)(((size_t)sent * sizeof(packet) + i) % 251);
		if (t->ops->send(t, packet, sizeof(packet), &failure))
			break;
		assert_true(sent < 10000);
	}
	assert_int_equal(failure.kind, HCI_FAILURE_GONE);
	assert_non_null(strstr(failure.text, "takes no more data"));
	for (ssize_t left = (ssize_t)sizeof(packet) * sent; left > 0;) {
		ssize_t got = recv(far, sink, sizeof(sink), MSG_DONTWAIT);
		for (ssize_t i = 0; i < got; i++)
			assert_int_equal(sink[i], at++ % 251);
		if (got > 0)
			left -= got;
		else
			assert_int_equal(turn(t, &failure), 0);
	}
	assert_int_equal(t->ops->send(t, packet, sizeof(packet), &failure), 0);
	close(far);
	assert_int_equal(t->ops->send(t, packet, sizeof(packet), &failure), -1);
	assert_non_null(strstr(failure.text, "it is gone: Broken pipe"));
	const struct pollfd writable = {.revents = POLLOUT};
	assert_int_equal(t->ops->ready(t, &writable, 1, &failure), -1);
	t->ops->close(t);
}

/* No data to read; a packet that is too long; a connection that is reset. */
static void errors_of_a_stream(void **state)
{
	struct hci_transport *t;
	struct hci_failure failure = {0};
	const struct pollfd in = {.revents = POLLIN};
	uint8_t packet[HCI_PACKET_MAX];
	int far = connected_pair(&t);

	(void)state;
	assert_int_equal(t->ops->ready(t, &in, 1, &failure), 0);
	assert_int_equal(t->ops->ready(t, &in, 0, &failure), 0);
	assert_int_equal(write(far, "\2\x2a\x20\xff\xff", 5), 5);
	assert_int_equal(t->ops->ready(t, &in, 1, &failure), 0);
	assert_int_equal(t->ops->receive(t, packet, &failure), -1);
	assert_int_equal(failure.kind, HCI_FAILURE_PROTOCOL);
	assert_non_null(strstr(failure.text, "octets were lost"));
	t->ops->close(t);
	close(far);

	far = connected_pair(&t);
	assert_int_equal(t->ops->send(t, reset, sizeof(reset), &failure), 0);
	close(far); /* with octets unread: a reset */
	assert_int_equal(t->ops->ready(t, &in, 1, &failure), -1);
	assert_int_equal(failure.kind, HCI_FAILURE_GONE);
	t->ops->close(t);
}

/* A port without a listener answers later than connect(). */
static void a_port_without_a_listener(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	struct hci_failure failure = {0};
	char spec[64];

	(void)state;
	int server = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&address, &len), 0);
	(void)snprintf(spec, sizeof(spec), "tcp:[127.0.0.1]:%u", ntohs(address.sin_port));
	struct hci_transport *t = hci_transport_open(spec, &access_none, &failure);
	if (t) {
		const struct pollfd not_yet = {.revents = 0};
		assert_int_equal(t->phase, HCI_PHASE_OPENING);
		assert_non_null(strstr(t->waiting.text, "it does not answer"));
		assert_int_equal(t->ops->ready(t, &not_yet, 1, &failure), 0);
		assert_int_equal(turn(t, &failure), -1);
		t->ops->close(t);
	}
	assert_int_equal(failure.kind, HCI_FAILURE_NOT_FOUND);
	assert_non_null(strstr(failure.text, "Connection refused"));
	close(server);
	assert_null(hci_transport_open("tcp:127.0.0.1:no such service", &access_none, &failure));
	assert_non_null(strstr(failure.text, "expected a numeric address or localhost"));
	/* A connection to a broadcast address is refused at once. */
	failure.text[0] = '\0';
	assert_null(hci_transport_open("tcp:255.255.255.255:1", &access_none, &failure));
	assert_non_null(strstr(failure.text, "is a controller listening there?"));
}

/* A record that is cut by a full disk. */
static void a_capture_on_a_full_disk(void **state)
{
	struct hci_btsnoop snoop;
	struct hci_failure failure = {0};
	static uint8_t long_one[HCI_PACKET_MAX + 8] = {HCI_ACL};

	(void)state;
	/* A pipe that takes less than a record. */
	int ends[2];
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
	hci_btsnoop_start(&snoop, ends[1], false);
	int written = 0;
	while (hci_btsnoop_write(&snoop, true, 0, long_one, sizeof(long_one), &failure) == 0)
		assert_true(written++ < 100);
	assert_non_null(strstr(failure.text, "cannot write the capture file"));
	hci_btsnoop_close(&snoop);
	close(ends[0]);
}

/* ---- Streams -----------------------------------------------------------------------------------
 */

static void a_stream_is_watched_for_what_it_waits_for(void **state)
{
	struct hci_transport *t;
	struct hci_failure failure = {0};
	struct pollfd fd;
	static uint8_t packet[HCI_PACKET_MAX] = {HCI_ACL};
	int far = connected_pair(&t);

	(void)state;
	assert_int_equal(t->ops->watch(t, &fd), 1);
	assert_int_equal(fd.events, POLLIN);
	while (t->ops->send(t, packet, sizeof(packet), &failure) == 0)
		;
	assert_int_equal(t->ops->watch(t, &fd), 1);
	assert_int_equal(fd.events, POLLIN | POLLOUT);
	t->phase = HCI_PHASE_OPENING;
	assert_int_equal(t->ops->watch(t, &fd), 1);
	assert_int_equal(fd.events, POLLOUT);
	t->ops->close(t);
	close(far);
}

/* Nothing is read before the poll reports it, nor while octets wait to be received. */
static void a_stream_reads_in_turn(void **state)
{
	static const uint8_t first[] = {4, 0x10, 1, 1}, second[] = {4, 0x10, 1, 2};
	const struct pollfd in = {.revents = POLLIN}, none = {0};
	struct hci_transport *t;
	struct hci_failure failure = {0};
	uint8_t packet[HCI_PACKET_MAX];
	int far = connected_pair(&t);

	(void)state;
	assert_int_equal(write(far, first, sizeof(first)), sizeof(first));
	assert_int_equal(t->ops->ready(t, &none, 1, &failure), 0);
	assert_int_equal(t->ops->receive(t, packet, &failure), 0);
	assert_int_equal(t->ops->ready(t, &in, 0, &failure), 0); /* the events of another one */
	assert_int_equal(t->ops->receive(t, packet, &failure), 0);
	assert_int_equal(t->ops->ready(t, &in, 1, &failure), 0);
	assert_int_equal(write(far, second, sizeof(second)), sizeof(second));
	assert_int_equal(t->ops->ready(t, &in, 1, &failure), 0);
	assert_int_equal(t->ops->receive(t, packet, &failure), sizeof(first));
	assert_memory_equal(packet, first, sizeof(first));
	assert_int_equal(t->ops->receive(t, packet, &failure), 0);
	assert_int_equal(t->ops->ready(t, &in, 1, &failure), 0);
	assert_int_equal(t->ops->receive(t, packet, &failure), sizeof(second));
	assert_memory_equal(packet, second, sizeof(second));
	t->ops->close(t);
	close(far);
}

static const uint8_t key[16] = {0x9d, 0x3c, 0x71, 0xe8, 0x52, 0xb6, 0x0f, 0xca,
				0x84, 0x2e, 0xd5, 0x69, 0xa1, 0x17, 0xf3, 0x48};

static void a_closed_stream_leaves_no_key_on_the_heap(void **state)
{
	uint8_t command[4 + 16] = {HCI_COMMAND, 0x1a, 0x20, 16};
	struct hci_transport *t;
	struct hci_failure failure = {0};
	int far = connected_pair(&t);

	(void)state;
	memcpy(command + 4, key, sizeof(key));
	assert_int_equal(t->ops->send(t, command, sizeof(command), &failure), 0);
	assert_non_null(memmem(t, malloc_usable_size(t), key, sizeof(key)));
	heap_forbid(key, sizeof(key));
	t->ops->close(t);
	heap_forbid(NULL, 0);
	close(far);
}

/* A server at a UNIX socket whose path has this many characters. */
static int serve(struct sockaddr_un *address, char folder[32], size_t len)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	strcpy(folder, "/tmp/blepair-test.XXXXXX");
	assert_non_null(mkdtemp(folder));
	memset(address->sun_path, 's', len);
	memcpy(address->sun_path, folder, strlen(folder));
	address->sun_path[strlen(folder)] = '/';
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(server, (struct sockaddr *)address, sizeof(*address)), 0);
	assert_int_equal(listen(server, 0), 0);
	return server;
}

static void unserve(int server, const struct sockaddr_un *address, const char *folder)
{
	close(server);
	(void)unlink(address->sun_path);
	(void)rmdir(folder);
}

/* unix(7): 108 octets with the zero at the end. */
static void the_longest_path_of_a_unix_socket(void **state)
{
	struct sockaddr_un address;
	struct hci_failure failure = {0};
	char folder[32], spec[128];
	int server = serve(&address, folder, 107);

	(void)state;
	(void)snprintf(spec, sizeof(spec), "unix:%s", address.sun_path);
	struct hci_transport *t = hci_transport_open(spec, &access_none, &failure);
	assert_non_null(t);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	t->ops->close(t);
	strcat(spec, "s");
	assert_null(hci_transport_open(spec, &access_none, &failure));
	assert_int_equal(failure.kind, HCI_FAILURE_SPEC);
	assert_non_null(strstr(failure.text, "the path must have 1 to 107 characters"));
	unserve(server, &address, folder);
}

static void a_server_without_room_is_busy(void **state)
{
	struct sockaddr_un address;
	struct hci_failure failure = {0};
	struct hci_transport *opened[8];
	char folder[32], spec[128];
	int server = serve(&address, folder, 60);
	size_t n = 0;

	(void)state;
	(void)snprintf(spec, sizeof(spec), "unix:%s", address.sun_path);
	while (n < COUNT(opened) && (opened[n] = hci_transport_open(spec, &access_none, &failure)))
		n++;
	assert_true(n < COUNT(opened));
	assert_int_equal(failure.kind, HCI_FAILURE_BUSY);
	assert_non_null(strstr(failure.text, strerror(EAGAIN)));
	assert_non_null(strstr(failure.text, "btvirt"));
	for (size_t i = 0; i < n; i++)
		opened[i]->ops->close(opened[i]);
	unserve(server, &address, folder);
}

static void without_memory_a_stream_is_not_opened(void **state)
{
	struct sockaddr_un address;
	struct hci_failure failure = {0};
	char folder[32], spec[128];
	int server = serve(&address, folder, 60);

	(void)state;
	(void)snprintf(spec, sizeof(spec), "unix:%s", address.sun_path);
	heap_fail_at(1);
	assert_null(hci_transport_open(spec, &access_none, &failure));
	heap_fail_at(0);
	assert_int_equal(failure.kind, HCI_FAILURE_NOT_FOUND);
	assert_non_null(strstr(failure.text, "out of memory"));
	/* Over TCP, while it is being connected. */
	heap_fail_at(1);
	assert_null(hci_transport_open("tcp:127.0.0.1:1", &access_none, &failure));
	heap_fail_at(0);
	unserve(server, &address, folder);
}

/* ---- tcp: -------------------------------------------------------------------------------------
 */

static void specs_of_tcp(void **state)
{
	static const struct {
		const char *spec, *text;
	} cases[] = {
		{"tcp:", "expected tcp:HOST:PORT"},
		{"tcp:127.0.0.1", "expected tcp:HOST:PORT"},
		{"tcp:127.0.0.1:", "expected tcp:HOST:PORT"},
		{"tcp::1", "expected tcp:HOST:PORT"},
		/* No name is looked up. */
		{"tcp:[::1]:no such",
		 "controller tcp:[::1]:no such: expected a numeric address or localhost, and the "
		 "number of a port; getent hosts NAME finds the address of a name"},
		{"tcp:[::1:1", "expected a numeric address or localhost"},
		{"tcp:::1]:1", "expected a numeric address or localhost"},
		{"tcp:station-7:1", "expected a numeric address or localhost"},
		{"tcp:127.0.0.1:http", "and the number of a port"},
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct hci_failure failure = {0};
		assert_null(hci_transport_open(cases[n].spec, &access_none, &failure));
		assert_int_equal(failure.kind, HCI_FAILURE_SPEC);
		if (!strstr(failure.text, cases[n].text))
			fail_msg("\"%s\" is not in \"%s\"", cases[n].text, failure.text);
	}
}

/* Small packets are sent at once (tcp(7)); the host may have 127 characters. */
static void a_tcp_connection(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	struct hci_failure failure = {0};
	char host[129], spec[200];

	(void)state;
	memset(host, '0', 128); /* an octal number: 0177 is 127 */
	strcpy(host + 128 - 9, "177.0.0.1");
	int server = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&address, &len), 0);
	(void)snprintf(spec, sizeof(spec), "tcp:%s:%u", host, ntohs(address.sin_port));
	assert_null(hci_transport_open(spec, &access_none, &failure));
	assert_int_equal(failure.kind, HCI_FAILURE_SPEC);
	(void)snprintf(spec, sizeof(spec), "tcp:%s:%u", host + 1, ntohs(address.sin_port));
	struct hci_transport *t = hci_transport_open(spec, &access_none, &failure);
	assert_non_null(t);
	int far = accept(server, NULL, NULL), on = 0;
	struct pollfd fd;
	const struct pollfd not_yet = {.revents = POLLIN};
	if (t->phase == HCI_PHASE_OPENING) {
		assert_int_equal(t->waiting.kind, HCI_FAILURE_NOT_FOUND);
		assert_int_equal(t->ops->ready(t, &not_yet, 1, &failure), 0);
		assert_int_equal(t->phase, HCI_PHASE_OPENING);
	}
	while (t->phase == HCI_PHASE_OPENING)
		assert_int_equal(turn(t, &failure), 0);
	assert_int_equal(t->ops->watch(t, &fd), 1);
	len = sizeof(on);
	assert_int_equal(getsockopt(fd.fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
	assert_int_equal(on, 1);
	/* Any packet may come first, unlike on a serial line. */
	uint8_t packet[HCI_PACKET_MAX];
	int got = 0;
	assert_int_equal(write(far, "\4\x10\1\1", 4), 4);
	while (got == 0) {
		assert_int_equal(turn(t, &failure), 0);
		got = t->ops->receive(t, packet, &failure);
	}
	assert_int_equal(got, 4);
	assert_memory_equal(packet, "\4\x10\1\1", 4);
	t->ops->close(t);
	close(far);
	close(server);
}

/* ---- serial: -----------------------------------------------------------------------------------
 */

static const struct {
	const char *text;
	speed_t speed;
} speeds[] = {
	{"", B115200},		{",9600", B9600},	{",19200", B19200},
	{",38400", B38400},	{",57600", B57600},	{",115200", B115200},
	{",230400", B230400},	{",460800", B460800},	{",921600", B921600},
	{",1000000", B1000000}, {",2000000", B2000000}, {",3000000", B3000000},
	{",4000000", B4000000},
};

static int open_terminal(char device[64])
{
	int far = posix_openpt(O_RDWR | O_NOCTTY);

	assert_true(far >= 0 && grantpt(far) == 0 && unlockpt(far) == 0);
	(void)snprintf(device, 64, "%s", ptsname(far));
	return far;
}

/* Core Vol 4 Part A 5: 8 data bits, no parity, one stop bit, RTS/CTS. */
static void a_serial_line_is_raw_with_flow_control(void **state)
{
	char device[64], spec[100];
	int far = open_terminal(device);

	(void)state;
	for (size_t n = 0; n < COUNT(speeds); n++) {
		struct hci_failure failure = {0};
		struct termios line;
		struct pollfd fd;
		(void)snprintf(spec, sizeof(spec), "serial:%s%s", device, speeds[n].text);
		struct hci_transport *t = hci_transport_open(spec, &access_none, &failure);
		assert_non_null(t);
		assert_int_equal(t->ops->watch(t, &fd), 1);
		assert_int_equal(tcgetattr(fd.fd, &line), 0);
		assert_int_equal(cfgetispeed(&line), speeds[n].speed);
		assert_int_equal(cfgetospeed(&line), speeds[n].speed);
		assert_int_equal(line.c_cflag & (CSIZE | PARENB | CSTOPB), CS8);
		assert_int_equal(line.c_cflag & (CLOCAL | CREAD | CRTSCTS),
				 CLOCAL | CREAD | CRTSCTS);
		assert_int_equal(line.c_lflag & (ICANON | ECHO | ISIG), 0);
		assert_int_equal(line.c_oflag & OPOST, 0);
		t->ops->close(t);
	}
	close(far);
}

static void specs_of_serial_lines(void **state)
{
	static const char *const bad[] = {",", ",0", ",115201", ",115200x", ",x", ",9600,9600x"};
	char device[64], spec[300];
	struct hci_failure failure = {0};
	int far = open_terminal(device);

	(void)state;
	for (size_t n = 0; n < COUNT(bad); n++) {
		(void)snprintf(spec, sizeof(spec), "serial:%s%s", device, bad[n]);
		failure.kind = HCI_FAILURE_NONE;
		assert_null(hci_transport_open(spec, &access_none, &failure));
		assert_int_equal(failure.kind, HCI_FAILURE_SPEC);
	}
	/* The path may have 127 characters; slashes at the front change nothing. */
	for (int len = 127; len <= 128; len++) {
		char path[130];
		memset(path, '/', sizeof(path));
		strcpy(path + len - strlen(device), device);
		(void)snprintf(spec, sizeof(spec), "serial:%s,9600", path);
		struct hci_transport *t = hci_transport_open(spec, &access_none, &failure);
		assert_int_equal(t != NULL, len == 127);
		if (t)
			t->ops->close(t);
	}
	assert_int_equal(failure.kind, HCI_FAILURE_SPEC);
	close(far);
	assert_null(hci_transport_open("serial:/no/such", &access_none, &failure));
	assert_int_equal(failure.kind, HCI_FAILURE_NOT_FOUND);
	assert_string_equal(failure.text,
			    "controller serial:/no/such: cannot open it: No such file "
			    "or directory; is it a serial device, and plugged in?");
}

/* It calls every 250 ms, whatever the host sends. */
static void a_controller_of_the_three_wire_protocol_is_refused(void **state)
{
	static const uint8_t sync[] = {0xc0, 0x00, 0x2f, 0x00, 0xd0, 0x01, 0x7e, 0xc0};
	struct hci_failure failure = {0};
	char device[64], spec[100], want[300];
	uint8_t packet[HCI_PACKET_MAX];
	int far = open_terminal(device), got = 0;

	(void)state;
	(void)snprintf(spec, sizeof(spec), "serial:%s", device);
	struct hci_transport *t = hci_transport_open(spec, &access_none, &failure);
	assert_non_null(t);
	assert_int_equal(write(far, sync, sizeof(sync)), sizeof(sync));
	while (got == 0) {
		assert_int_equal(turn(t, &failure), 0);
		got = t->ops->receive(t, packet, &failure);
	}
	assert_int_equal(got, -1);
	assert_int_equal(failure.kind, HCI_FAILURE_NOT_FOUND);
	(void)snprintf(want, sizeof(want),
		       "controller serial:%s: it speaks three-wire UART (H5), which is not "
		       "supported, and not H4: attach it to the kernel (btattach -P 3wire), then "
		       "use hciN",
		       device);
	assert_string_equal(failure.text, want);
	t->ops->close(t);
	close(far);
}

static void octets_from_before_the_opening_are_flushed(void **state)
{
	struct hci_failure failure = {0};
	char device[64], spec[100];
	uint8_t packet[HCI_PACKET_MAX];
	struct termios line;
	int far = open_terminal(device), near = open(device, O_RDWR | O_NOCTTY), len = 0;

	(void)state;
	assert_true(near >= 0);
	assert_int_equal(tcgetattr(near, &line), 0);
	cfmakeraw(&line);
	assert_int_equal(tcsetattr(near, TCSANOW, &line), 0);
	assert_int_equal(write(far, "\1\2\3\4", 4), 4);
	struct pollfd waiting = {.fd = near, .events = POLLIN};
	assert_int_equal(poll(&waiting, 1, 60000), 1);
	(void)snprintf(spec, sizeof(spec), "serial:%s", device);
	struct hci_transport *t = hci_transport_open(spec, &access_none, &failure);
	assert_non_null(t);
	assert_int_equal(write(far, complete, sizeof(complete)), sizeof(complete));
	while (len == 0) {
		assert_int_equal(turn(t, &failure), 0);
		len = t->ops->receive(t, packet, &failure);
	}
	assert_int_equal(len, sizeof(complete));
	assert_int_equal(write(far, "\x55", 1), 1);
	assert_int_equal(turn(t, &failure), 0);
	assert_int_equal(t->ops->receive(t, packet, &failure), -1);
	assert_non_null(strstr(failure.text, "octet 0x55 at offset 7 ")); /* not 11 */
	t->ops->close(t);
	close(near);
	close(far);
}

/* ---- Captures: the btsnoop format, RFC 1761 with datalink 1002
 * ----------------------------------- */

static void a_capture_holds_each_packet(void **state)
{
	/* Length twice, flags, drops, microseconds since year 0, packet. */
	static const uint8_t want[] = {
		'b',  't',  's',  'n',	'o',  'o',  'p',  0,	0,    0,    0, 1,    0,	   0,
		3,    0xea, /**/
		0,    0,    0,	  4,	0,    0,    0,	  4,	0,    0,    0, 2,    0,	   0,
		0,    0,    0x00, 0xdc, 0xdd, 0xb3, 0x0f, 0x2f, 0x80, 0x05, 1, 0x03, 0x0c, 0, /**/
		0,    0,    0,	  7,	0,    0,    0,	  7,	0,    0,    0, 3,    0,	   0,
		0,    0,    0x00, 0xdc, 0xdd, 0xb4, 0x0f, 0x2f, 0x80, 0x06, 4, 0x0e, 4,	   1,
		0x03, 0x0c, 0};
	char path[] = "/tmp/blepair-test.XXXXXX";
	struct hci_btsnoop snoop;
	struct hci_failure failure = {0};
	uint8_t got[sizeof(want) + 1];
	int fd = mkstemp(path);

	(void)state;
	hci_btsnoop_start(&snoop, fd, false);
	assert_int_equal(hci_btsnoop_write(&snoop, false, 5, reset, sizeof(reset), &failure), 0);
	assert_int_equal(
		hci_btsnoop_write(&snoop, true, 0x100000006, complete, sizeof(complete), &failure),
		0);
	assert_int_equal(pread(fd, got, sizeof(got), 0), sizeof(want));
	assert_memory_equal(got, want, sizeof(want));
	hci_btsnoop_close(&snoop);
	hci_btsnoop_close(&snoop); /* it is closed */
	/* A packet longer than any is cut. */
	static const uint8_t long_one[HCI_PACKET_MAX + 8] = {HCI_ACL};
	struct stat status;
	fd = open(path, O_RDWR);
	hci_btsnoop_start(&snoop, fd, true);
	assert_int_equal(hci_btsnoop_write(&snoop, true, 0, long_one, sizeof(long_one), &failure),
			 0);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_size, 16 + 24 + HCI_PACKET_MAX);
	assert_int_equal(pread(fd, got, 24, 16), 24);
	assert_memory_equal(got, "\0\0\4\2\0\0\4\2\0\0\0\1", 12);
	hci_btsnoop_close(&snoop);
	(void)unlink(path);
	/* Data has the flag of neither commands nor events. */
	uint8_t record[HCI_BTSNOOP_RECORD_HEADER];
	for (int received = 0; received < 2; received++) {
		assert_int_equal(hci_btsnoop_record_header(record, received, 0, HCI_ACL, 1), 24);
		assert_int_equal(record[11], received);
		(void)hci_btsnoop_record_header(record, received, 0, HCI_ISO, 1);
		assert_int_equal(record[11], received);
	}
}

static uint8_t command_with_key[4 + 16];
static struct hci_btsnoop capture;

static void write_key(void)
{
	struct hci_failure failure = {0};

	assert_int_equal(hci_btsnoop_write(&capture, false, 0, command_with_key,
					   sizeof(command_with_key), &failure),
			 0);
}

static void keys_in_a_capture_leave_the_stack(void **state)
{
	int ends[2];

	(void)state;
	memcpy(command_with_key, "\1\x1a\x20\x10", 4);
	memcpy(command_with_key + 4, key, sizeof(key));
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	hci_btsnoop_start(&capture, ends[1], false);
	stack_run(write_key);
	assert_false(stack_holds(key, sizeof(key)));
	hci_btsnoop_close(&capture);
	close(ends[0]);
}

/* setrlimit(2): a record is cut at the limit, the next one fails. */
static void a_record_that_is_cut_is_reported(void **state)
{
	char path[] = "/tmp/blepair-test.XXXXXX";
	struct hci_btsnoop snoop;
	struct hci_failure failure = {0};
	struct rlimit before, limit;
	int fd = mkstemp(path);

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 16 + 24 + 4 + 24 + 3;
	hci_btsnoop_start(&snoop, fd, true);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	int first = hci_btsnoop_write(&snoop, false, 0, reset, sizeof(reset), &failure);
	int second = hci_btsnoop_write(&snoop, false, 0, reset, sizeof(reset), &failure);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(first, 0);
	assert_int_equal(second, -1);
	assert_int_equal(failure.kind, HCI_FAILURE_GONE);
	assert_string_equal(failure.text, "cannot write the capture file: No space left on device");
	hci_btsnoop_close(&snoop);
	/* An error of write() itself, and of the truncation. */
	hci_btsnoop_start(&snoop, open(path, O_RDONLY), false);
	assert_int_equal(hci_btsnoop_write(&snoop, false, 0, reset, sizeof(reset), &failure), -1);
	assert_string_equal(failure.text, "cannot write the capture file: Bad file descriptor");
	hci_btsnoop_close(&snoop);
	hci_btsnoop_start(&snoop, open(path, O_RDONLY), true);
	assert_int_equal(hci_btsnoop_write(&snoop, false, 0, reset, sizeof(reset), &failure), -1);
	assert_string_equal(failure.text, "cannot write the capture file: Invalid argument");
	hci_btsnoop_close(&snoop);
	(void)unlink(path);
}

/* A program without standard input gets descriptor 0, which is one like another. */
static void descriptor_0_is_used_and_closed(void **state)
{
	struct sockaddr_un address;
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct hci_failure failure = {0};
	char folder[32], specs[3][128], device[64], path[] = "/tmp/blepair-test.XXXXXX";
	socklen_t len = sizeof(in);
	int server = serve(&address, folder, 60), line = open_terminal(device);
	int tcp = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(bind(tcp, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(tcp, 1), 0);
	assert_int_equal(getsockname(tcp, (struct sockaddr *)&in, &len), 0);
	(void)snprintf(specs[0], sizeof(specs[0]), "unix:%s", address.sun_path);
	(void)snprintf(specs[1], sizeof(specs[1]), "tcp:127.0.0.1:%u", ntohs(in.sin_port));
	(void)snprintf(specs[2], sizeof(specs[2]), "serial:%s", device);
	for (size_t n = 0; n < COUNT(specs); n++) {
		struct pollfd fd;
		int saved = descriptor_0_free();
		struct hci_transport *t = hci_transport_open(specs[n], &access_none, &failure);
		assert_non_null(t);
		assert_int_equal(t->ops->watch(t, &fd), 1);
		assert_int_equal(fd.fd, 0);
		t->ops->close(t);
		assert_true(fcntl(0, F_GETFD) < 0);
		descriptor_0_restore(saved);
	}
	unserve(server, &address, folder);
	close(tcp);
	/* Refused: closed as well. */
	static const char *const bad[] = {"serial:/dev/null", "tcp:255.255.255.255:1"};
	(void)snprintf(specs[0], sizeof(specs[0]), "unix:%s", address.sun_path);
	for (size_t n = 0; n <= COUNT(bad); n++) {
		int saved = descriptor_0_free();
		assert_null(hci_transport_open(n < COUNT(bad) ? bad[n] : specs[0], &access_none,
					       &failure));
		assert_true(fcntl(0, F_GETFD) < 0);
		descriptor_0_restore(saved);
	}
	close(line);
	struct hci_btsnoop snoop;
	int saved = descriptor_0_free();
	hci_btsnoop_start(&snoop, mkstemp(path), false);
	hci_btsnoop_close(&snoop);
	assert_true(fcntl(0, F_GETFD) < 0);
	descriptor_0_restore(saved);
	(void)unlink(path);
}

/* A TCP connection with small buffers takes packets in part; the rest follows in order. */
static void a_packet_that_is_taken_in_part_is_continued(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	struct hci_failure failure = {0};
	uint8_t packet[HCI_PACKET_MAX], sink[65536];
	const int small = 1;
	size_t sent = 0, at = 0;
	char spec[64];

	(void)state;
	int server = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(setsockopt(server, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&address, &len), 0);
	(void)snprintf(spec, sizeof(spec), "tcp:127.0.0.1:%u", ntohs(address.sin_port));
	struct hci_transport *t = hci_transport_open(spec, &access_none, &failure);
	assert_non_null(t);
	while (t->phase == HCI_PHASE_OPENING)
		assert_int_equal(turn(t, &failure), 0);
	int far = accept(server, NULL, NULL);
	struct pollfd fd;
	assert_int_equal(t->ops->watch(t, &fd), 1);
	assert_int_equal(setsockopt(fd.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	/* Octet n of the stream is n modulo 251. */
	do {
		for (size_t i = 0; i < sizeof(packet); i++)
			packet[i] = (uint8_t)((sent + i) % 251);
		sent += sizeof(packet);
	} while (t->ops->send(t, packet, sizeof(packet), &failure) == 0);
	sent -= sizeof(packet);
	while (at < sent) {
		ssize_t got = recv(far, sink, sizeof(sink), MSG_DONTWAIT);
		for (ssize_t i = 0; i < got; i++)
			assert_int_equal(sink[i], at++ % 251);
		if (at == sent)
			break;
		struct pollfd fds[2] = {{.fd = far, .events = POLLIN}};
		assert_int_equal(t->ops->watch(t, &fds[1]), 1);
		assert_true(poll(fds, fds[1].events & POLLOUT ? 2 : 1, 60000) > 0);
		assert_int_equal(t->ops->ready(t, &fds[1], 1, &failure), 0);
	}
	t->ops->close(t);
	close(far);
	close(server);
}

#define COUNTED(test) cmocka_unit_test_setup_teardown(test, count_resources, check_resources)

int main(void)
{
	const struct CMUnitTest tests[] = {
		COUNTED(over_a_unix_socket),
		COUNTED(over_tcp),
		COUNTED(over_a_serial_line),
		COUNTED(captures),
		COUNTED(specs_that_are_refused),
		COUNTED(a_stream_that_is_full),
		COUNTED(errors_of_a_stream),
		COUNTED(a_port_without_a_listener),
		COUNTED(a_capture_on_a_full_disk),
		COUNTED(a_stream_is_watched_for_what_it_waits_for),
		COUNTED(a_stream_reads_in_turn),
		COUNTED(a_closed_stream_leaves_no_key_on_the_heap),
		COUNTED(the_longest_path_of_a_unix_socket),
		COUNTED(a_server_without_room_is_busy),
		COUNTED(without_memory_a_stream_is_not_opened),
		COUNTED(specs_of_tcp),
		COUNTED(a_tcp_connection),
		COUNTED(a_serial_line_is_raw_with_flow_control),
		COUNTED(specs_of_serial_lines),
		COUNTED(a_controller_of_the_three_wire_protocol_is_refused),
		COUNTED(octets_from_before_the_opening_are_flushed),
		COUNTED(a_capture_holds_each_packet),
		COUNTED(keys_in_a_capture_leave_the_stack),
		COUNTED(a_record_that_is_cut_is_reported),
		COUNTED(descriptor_0_is_used_and_closed),
		COUNTED(a_packet_that_is_taken_in_part_is_continued),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
